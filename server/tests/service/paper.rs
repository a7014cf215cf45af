//! The record of a feature and the trace: everything is in them, however much there is, with as many queries as ever.

use std::time::Instant;

use sluice_domain::{
    access::Role,
    audit::Authentication,
    gate::Verdict,
    ids::FeatureKey,
    policy::{EvidenceKind, Tier},
    record::{RecordForm, RecordKind, risk::questions},
    relation::RelationEnd,
};
use sluice_service::{
    Actor, Error,
    evidence::Target,
    features::PhaseState,
    new_form_id,
    paper::{AttemptOutcome, TraceQuery, TraceSide},
    relations::RelateFeatures,
    risk::RateFeature,
};

use crate::{
    queries::Counter,
    support::{
        TestResult, World, fields,
        steps::{answers_form, parsed, request, threat_form, treat_form},
    },
};

async fn add(
    world: &World,
    actor: &Actor,
    key: &FeatureKey,
    kind: RecordKind,
    form: &[(&str, &str)],
) -> TestResult<i32> {
    let id = new_form_id();
    let mut pairs = vec![("id", id.as_str()), ("version", "0")];
    pairs.extend(form);
    let form = parsed(RecordForm::parse(kind, &fields(&pairs)))?;
    Ok(world.service.add_record(actor, key, form).await?)
}

/// A requirement and a threat, one change that implements both, and a check of it; a change for nothing.
async fn linked(world: &World, key: &FeatureKey) -> TestResult {
    let developer = &world.cast.developer;
    let requirement = [
        ("state", "accepted"),
        ("title", "Links expire"),
        ("class", "security"),
        ("family", "authorisation"),
        ("priority", "must"),
    ];
    add(world, developer, key, RecordKind::Requirement, &requirement).await?;
    let functional =
        [("state", "accepted"), ("title", "Links open"), ("class", "functional"), ("priority", "must")];
    add(world, developer, key, RecordKind::Requirement, &functional).await?;
    let threat = world.service.add_threat(developer, key, threat_form(&new_form_id())?).await?;
    world.service.edit_threat(developer, key, threat, treat_form(1, "planned")?).await?;
    world.prove(developer, key, EvidenceKind::Design, &[Target::Threat(threat)]).await?;
    let decision = [
        ("state", "accepted"),
        ("title", "Links are signed"),
        ("context", "Links travel."),
        ("decision", "Each carries a signature."),
        ("requirements", "R-1, T-1"),
    ];
    add(world, developer, key, RecordKind::Decision, &decision).await?;
    let (author, reviewer) = (developer.person.to_string(), world.cast.tester.person.to_string());
    for (title, implements) in [("Sign links", "R-1, T-1"), ("Tidy up", "")] {
        let change = [
            ("state", "merged"),
            ("title", title),
            ("link", "https://git.example.org/1"),
            ("author", author.as_str()),
            ("reviewers", reviewer.as_str()),
            ("implements", implements),
        ];
        add(world, developer, key, RecordKind::Change, &change).await?;
    }
    let check = [
        ("state", "passed"),
        ("title", "CodeQL"),
        ("class", "security"),
        ("source", "https://ci.example.org/1"),
        ("ran", "2026-11-03"),
        ("change", "C-1"),
    ];
    add(world, developer, key, RecordKind::Check, &check).await?;
    Ok(())
}

/// Puts many rows of a kind into a feature, past the use cases: nobody types five thousand findings.
async fn many(world: &World, key: &FeatureKey, kind: RecordKind, fields: &str, count: i32) -> TestResult {
    let sql = format!(
        "set session_replication_role = replica;
         insert into record (id, feature_id, kind, number, title, state, fields, state_by, state_at, salt, author_id,
                             changed_at, created_at, event_id)
         select gen_random_uuid(), f.id, '{}', 1000 + n, 'Number ' || n, '{}', '{fields}', f.owner_id, f.created_at,
                f.scope_salt, f.owner_id, f.created_at, f.created_at, f.event_id
         from feature f, generate_series(1, {count}) n
         where f.number = {};
         set session_replication_role = origin;",
        kind.code(),
        kind.spec().first_state().code,
        key.number
    );
    world.as_superuser().await?.batch_execute(&sql).await?;
    Ok(())
}

async fn many_threats(world: &World, key: &FeatureKey, count: i32) -> TestResult {
    let sql = format!(
        "set session_replication_role = replica;
         insert into threat (id, feature_id, number, title, stride, severity, status, salt, author_id, changed_at,
                             event_id)
         select gen_random_uuid(), f.id, 1000 + n, 'Number ' || n, 'spoofing', 'low', 'open', f.scope_salt, f.owner_id,
                f.created_at, f.event_id
         from feature f, generate_series(1, {count}) n where f.number = {};
         set session_replication_role = origin;",
        key.number
    );
    world.as_superuser().await?.batch_execute(&sql).await?;
    Ok(())
}

/// Does what the first gate of a low-risk feature asks of the team.
async fn planned(world: &World, key: &FeatureKey) -> TestResult {
    let manager = &world.cast.manager;
    let mut answers = vec![("version", "0"), ("from", "low")];
    answers.extend(questions().map(|question| (question.key, "no")));
    let answers = parsed(RateFeature::parse(&fields(&answers)))?;
    world.service.rate_feature(manager, key, answers).await?;
    let plan = [("scope", "Links that ask for a payment."), ("goals", "Half of the invoices carry one.")];
    add(world, manager, key, RecordKind::Plan, &plan).await?;
    Ok(())
}

#[tokio::test]
async fn the_record_names_the_features_that_this_one_is_related_to() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let (key, original) = (world.feature(Tier::Low).await?, world.feature(Tier::Low).await?);
    let duplicate = RelateFeatures { end: RelationEnd::DuplicateOf, other: original.clone() };
    service.relate_features(&cast.manager, &key, duplicate).await?;
    let record = service.feature_record(&cast.auditor, &key).await?;
    assert_eq!(record.relations.original().map(|related| &related.key), Some(&original));
    let record = service.feature_record(&cast.auditor, &original).await?;
    assert_eq!(record.relations.ends.keys().collect::<Vec<_>>(), [&RelationEnd::DuplicatedBy]);
    Ok(())
}

#[tokio::test]
async fn the_record_tells_the_whole_story() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    service.answer_threat_model(&cast.developer, &key, answers_form("Links.", 0)?).await?;
    linked(&world, &key).await?;
    planned(&world, &key).await?;
    request(service, &cast.manager, &key).await?;
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Deny).await?;
    world.tick();
    world.withdraw(&cast.first, &key).await?;
    world.hand_back(&cast.second, &key, 1).await?;
    world.tick();
    request(service, &cast.manager, &key).await?;
    world.sign(&cast.second, &key, Role::SecurityReviewer, Verdict::Approve).await?;

    let record = service.feature_record(&cast.auditor, &key).await?;
    assert!(record.relations.is_empty());
    assert_eq!(record.printed_by, cast.auditor.name);
    assert!(record.rated.is_some());
    assert_eq!(record.phases.len(), 6);
    let passed = &record.phases[0];
    assert!(matches!(passed.state, PhaseState::Passed { cycle: 2, .. }), "{:?}", passed.state);
    assert!(matches!(record.phases[1].state, PhaseState::Here { .. }));
    assert!(passed.controls.iter().all(|control| control.met), "{:#?}", passed.controls);
    let returned = passed.attempts[0].ended.as_ref().ok_or("it was returned")?;
    assert_eq!(returned.how, AttemptOutcome::Returned);
    assert_eq!(
        (returned.by.as_deref(), returned.reason.as_str()),
        (Some("Rolf Reviewer"), "Name the refunds.")
    );
    let opened = passed.attempts[1].ended.as_ref().ok_or("it opened")?;
    assert_eq!((opened.how, opened.tier), (AttemptOutcome::Opened, Some(Tier::Low)));
    let ended = passed.sign_offs[0].ended.as_ref().ok_or("it was withdrawn")?;
    assert_eq!((ended.0.as_str(), ended.2.as_str()), ("withdrawn", "I read it again."));
    assert!(passed.sign_offs[1].ended.is_none());
    assert_eq!(passed.sign_offs[1].authentication, Some(Authentication::Password));

    let everywhere = record.phases.iter().flat_map(|phase| &phase.records).chain(&record.other);
    let kinds: Vec<(RecordKind, usize)> = everywhere.map(|filed| (filed.kind, filed.items.len())).collect();
    for kind in [(RecordKind::Change, 2), (RecordKind::Check, 1)] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let mut once: Vec<RecordKind> = kinds.iter().map(|(kind, _)| *kind).collect();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), kinds.len(), "each kind is printed once");
    assert!(record.names.contains_key(&cast.tester.person), "reviewers are named");
    assert_eq!(record.threats.len(), 1);
    assert!(record.threat_model.is_some());
    let evidence = record.evidence.last().ok_or("evidence")?;
    assert_eq!(evidence.versions.len(), 1);
    assert!(record.evidence.iter().any(|item| item.targets.contains(&Target::Threat(1))));
    assert!(record.cuts.is_empty());
    let events = world.count("select count(*) from audit.event where feature_id is not null").await?;
    assert_eq!(i64::try_from(record.history.len())?, events, "every event of the only feature");
    assert!(record.history.is_sorted_by_key(|entry| (entry.at, entry.id)), "the oldest first");
    Ok(())
}

#[tokio::test]
async fn the_trace_leads_both_ways() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::High).await?;
    linked(&world, &key).await?;
    let page = service.trace_page(&cast.auditor, &key, TraceQuery::default()).await?;
    let shown: Vec<(String, usize, usize, usize, usize)> = page
        .rows
        .iter()
        .map(|row| {
            (
                row.what.what.to_string(),
                row.decisions.len(),
                row.links.len(),
                row.proofs.len(),
                row.gaps.len(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [("R-1".to_owned(), 1, 1, 1, 0), ("T-1".to_owned(), 1, 1, 2, 0), ("R-2".to_owned(), 0, 0, 0, 2)]
    );
    let gaps = TraceQuery::parse(&fields(&[("gaps", "yes")]));
    let page = service.trace_page(&cast.manager, &key, gaps).await?;
    assert_eq!((page.rows.len(), page.total, page.gaps), (1, 3, 1));
    let orphans = TraceQuery { side: TraceSide::Changes, gaps: true, after: None };
    let page = service.trace_page(&cast.manager, &key, orphans).await?;
    assert_eq!(page.rows.iter().map(|row| row.what.title.as_str()).collect::<Vec<_>>(), ["Tidy up"]);
    Ok(())
}

#[tokio::test]
async fn another_products_record_and_trace_do_not_exist() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    for who in [&cast.stranger, &cast.admin] {
        let record = service.feature_record(who, &key).await.map(drop);
        assert!(matches!(record, Err(Error::NotFound)), "{record:?}");
        let trace = service.trace_page(who, &key, TraceQuery::default()).await.map(drop);
        assert!(matches!(trace, Err(Error::NotFound)), "{trace:?}");
    }
    assert!(service.feature_record(&cast.auditor, &key).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_large_feature_takes_as_many_statements_as_a_small_one() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::High).await?;
    linked(&world, &key).await?;
    let counter = Counter::start();
    let ask = async || -> TestResult<[usize; 2]> {
        Ok([
            counter.of(|| service.feature_record(&cast.manager, &key)).await?.len(),
            counter.of(|| service.trace_page(&cast.manager, &key, TraceQuery::default())).await?.len(),
        ])
    };
    let small = ask().await?;
    println!("record: {} statements, trace: {}", small[0], small[1]);
    let requirement = r#"{"class": "security", "family": "privacy", "priority": "must"}"#;
    many(&world, &key, RecordKind::Requirement, requirement, 500).await?;
    let finding = r#"{"severity": "low", "description": "It is so.", "source": ["T-1"], "change": ["C-1"]}"#;
    many(&world, &key, RecordKind::Finding, finding, 2_000).await?;
    many_threats(&world, &key, 300).await?;
    assert_eq!(ask().await?, small);

    let begun = Instant::now();
    let record = service.feature_record(&cast.manager, &key).await?;
    println!("the record of a large feature is read in {:?}", begun.elapsed());
    assert_eq!(record.threats.len(), 301);
    assert!(record.cuts.is_empty());
    let page = service.trace_page(&cast.manager, &key, TraceQuery::default()).await?;
    assert_eq!((page.total, page.rows.len()), (803, 100));
    Ok(())
}

#[tokio::test]
async fn what_is_left_out_is_said() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::High).await?;
    let requirement = r#"{"class": "security", "family": "privacy", "priority": "must"}"#;
    many(&world, &key, RecordKind::Requirement, requirement, 5_003).await?;
    let record = service.feature_record(&cast.manager, &key).await?;
    let cut: Vec<(&str, i64, i64)> =
        record.cuts.iter().map(|cut| (cut.what, cut.total, cut.printed)).collect();
    assert_eq!(cut, [("requirements", 5_003, 5_000)]);
    // Controls are judged by all of them, printed or not.
    let lacks = record.phases.iter().flat_map(|phase| &phase.controls).map(|control| control.lacks.len());
    assert!(lacks.max() >= Some(5_003), "every proposed requirement is in the way");
    let page = service.trace_page(&cast.manager, &key, TraceQuery::default()).await?;
    assert_eq!((page.total, page.cut.as_slice()), (5_000, ["requirements"].as_slice()));
    Ok(())
}
