//! Records: added, edited, brought from state to state, and what that does to gates and sign-offs.

use sluice_domain::{
    access::{Action, Role},
    audit::Verb,
    form::{Fields, Problem},
    gate::{Blocker, Verdict},
    ids::FeatureKey,
    lifecycle::Refusal,
    policy::{EvidenceKind, Tier},
    record::{RecordForm, RecordKind, RecordRef, Shortfall},
};
use sluice_service::{
    Actor, Error, new_form_id,
    records::{AddStarters, RecordItem},
};

use crate::support::{
    TestResult, World, cast, fields,
    forms::{Pairs, command, filled, kept, with},
    steps::parsed,
};

const REQUIREMENT: RecordKind = RecordKind::Requirement;

impl World {
    /// The form of a requirement.
    fn requirement(&self, title: &str) -> Pairs {
        with(filled(REQUIREMENT, self.named(), "As the team agreed."), "title", title)
    }

    async fn item(&self, key: &FeatureKey, kind: RecordKind, number: i32) -> TestResult<RecordItem> {
        let page = self.service.record_page(&self.cast.auditor, key, kind, Some(number)).await?;
        Ok(page.item.ok_or("there is no such record")?)
    }

    /// The form of a record that is there.
    async fn form(&self, key: &FeatureKey, kind: RecordKind, number: i32) -> TestResult<Pairs> {
        let item = self.item(key, kind, number).await?;
        Ok(kept(kind, item.version, item.state.code, &item.title, &item.values))
    }

    async fn edit(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        (kind, number): (RecordKind, i32),
        form: Pairs,
    ) -> Result<(), Error> {
        let command = command(kind, form).map_err(Error::internal)?;
        self.service.edit_record(actor, key, number, command).await
    }

    async fn shortfalls(&self, key: &FeatureKey) -> TestResult<Vec<Shortfall>> {
        let blockers = self.blockers(key).await?.into_iter();
        let short = blockers.filter_map(|blocker| match blocker {
            Blocker::RecordsShort { shortfall, .. } => Some(shortfall),
            _ => None,
        });
        Ok(short.collect())
    }
}

/// The problems of a refused step, by field.
fn problems<T: std::fmt::Debug>(outcome: Result<T, Error>) -> TestResult<Vec<(&'static str, Problem)>> {
    match outcome {
        Err(Error::Invalid(problems)) => {
            Ok(problems.into_iter().map(|problem| (problem.field, problem.problem)).collect())
        }
        other => Err(format!("no refused form: {other:?}").into()),
    }
}

#[tokio::test]
async fn records_are_numbered_by_kind_and_edited_by_version() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    for number in 1..=2 {
        let form = command(REQUIREMENT, world.requirement("Tokens expire"))?;
        assert_eq!(service.add_record(&cast.developer, &key, form).await?, number);
    }
    assert_eq!(world.record(&key, RecordKind::Decision, &[]).await?, 1, "each kind counts for itself");

    world.tick();
    let before = world.form(&key, REQUIREMENT, 2).await?;
    let form = with(before.clone(), "title", "Tokens expire after an hour");
    world.edit(&cast.tester, &key, (REQUIREMENT, 2), form).await?;
    let item = world.item(&key, REQUIREMENT, 2).await?;
    assert_eq!(
        (item.title.as_str(), item.version, item.author.as_str()),
        ("Tokens expire after an hour", 2, "Tess Tester")
    );
    assert_eq!(item.state_by, "Devi Developer", "the state is still the developer's");
    assert_eq!(item.owner.as_deref(), Some("Devi Developer"));

    let events = world.events().await?;
    let stale = world.edit(&cast.developer, &key, (REQUIREMENT, 2), with(before, "title", "Mine")).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    let same = world.form(&key, REQUIREMENT, 2).await?;
    world.edit(&cast.developer, &key, (REQUIREMENT, 2), same).await?;
    assert_eq!(world.events().await?, events, "neither a stale edit nor one without a change is an event");
    let nothing = world.edit(&cast.developer, &key, (REQUIREMENT, 9), world.requirement("No such")).await;
    assert!(matches!(nothing, Err(Error::NotFound)), "{nothing:?}");
    Ok(())
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_record_and_of_some_kinds_there_is_one() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let (key, other) = (world.feature(Tier::Low).await?, world.feature(Tier::Low).await?);
    let form = world.requirement("Tokens expire");
    let send = async |actor: &Actor, key: &FeatureKey, form: &Pairs| {
        let command = command(REQUIREMENT, form.clone()).map_err(Error::internal)?;
        service.add_record(actor, key, command).await
    };
    let (one, two) = tokio::join!(send(&cast.developer, &key, &form), send(&cast.developer, &key, &form));
    assert_eq!((one?, two?), (1, 1));
    assert_eq!(send(&cast.developer, &key, &form).await?, 1);
    assert_eq!(world.count("select count(*) from record").await?, 1);

    let changed = send(&cast.developer, &key, &with(form.clone(), "title", "Another")).await;
    assert_eq!(problems(changed)?, [("title", Problem::SentBefore)]);
    for (actor, key) in [(&cast.tester, &key), (&cast.developer, &other)] {
        let taken = send(actor, key, &form).await;
        assert!(matches!(taken, Err(Error::NotFound)), "an id of somebody or something else: {taken:?}");
    }

    let plan = || command(RecordKind::Plan, filled(RecordKind::Plan, world.named(), "As agreed."));
    let (one, two) = tokio::join!(
        service.add_record(&cast.manager, &key, plan()?),
        service.add_record(&cast.developer, &key, plan()?)
    );
    let outcomes = [one, two];
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(1))).count(), 1, "{outcomes:?}");
    assert_eq!(
        outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Stale))).count(),
        1,
        "{outcomes:?}"
    );
    Ok(())
}

#[tokio::test]
async fn who_has_no_role_in_the_product_learns_nothing_and_an_auditor_only_reads() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    world.record(&key, REQUIREMENT, &[]).await?;
    let events = world.events().await?;
    let form = || command(REQUIREMENT, world.requirement("Tokens expire"));
    let starters = || parsed(AddStarters::parse(&fields(&[("starter", "throttle")])));
    let stranger = &cast.stranger;
    let outcomes = [
        service.records_page(stranger, &key, REQUIREMENT, &Fields::default()).await.map(drop),
        service.record_page(stranger, &key, REQUIREMENT, Some(1)).await.map(drop),
        service.starters_page(stranger, &key).await.map(drop),
        service.add_record(stranger, &key, form()?).await.map(drop),
        service.edit_record(stranger, &key, 1, form()?).await,
        service.add_starters(stranger, &key, starters()?).await.map(drop),
    ];
    for outcome in outcomes {
        assert!(matches!(outcome, Err(Error::NotFound)), "{outcome:?}");
    }
    let page = service.record_page(&cast.auditor, &key, REQUIREMENT, Some(1)).await?;
    assert!(!page.may_write && page.states.is_empty());
    let outcomes = [
        service.add_record(&cast.auditor, &key, form()?).await.map(drop),
        service.edit_record(&cast.auditor, &key, 1, form()?).await,
        service.add_starters(&cast.auditor, &key, starters()?).await.map(drop),
    ];
    for outcome in outcomes {
        assert!(matches!(outcome, Err(Error::Denied(Action::EditRecord))), "{outcome:?}");
    }
    assert_eq!(world.events().await?, events, "nothing was written");
    Ok(())
}

#[tokio::test]
async fn names_of_what_is_elsewhere_are_refused() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let other = world.feature(Tier::Low).await?;
    world.record(&other, REQUIREMENT, &[]).await?;
    let owner = with(world.requirement("Tokens expire"), "owner", cast.stranger.person.to_string());
    let outcome = service.add_record(&cast.developer, &key, command(REQUIREMENT, owner)?).await;
    assert_eq!(problems(outcome)?, [("owner", Problem::NotInProduct)]);
    let change = filled(RecordKind::Change, world.named(), "Token service");
    let elsewhere = command(RecordKind::Change, with(change.clone(), "implements", "R-1"))?;
    let outcome = service.add_record(&cast.developer, &key, elsewhere).await;
    assert_eq!(problems(outcome)?, [("implements", Problem::NoSuchThing("R-1".to_owned()))]);

    // A kind of another route: the form says which kind it is.
    world.record(&key, REQUIREMENT, &[]).await?;
    let outcome = service.edit_record(&cast.developer, &key, 1, command(RecordKind::Change, change)?).await;
    assert!(matches!(outcome, Err(Error::NotFound)), "there is R-1 and no C-1: {outcome:?}");
    Ok(())
}

#[tokio::test]
async fn marketing_acknowledges_what_was_sent_and_writes_nothing_else() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let notice = (RecordKind::Notice, 1);
    world.record(&key, RecordKind::Notice, &[("answer", "")]).await?;
    let page = service.record_page(&cast.stakeholder, &key, RecordKind::Notice, Some(1)).await?;
    assert!(!page.may_write && page.states.is_empty(), "a draft is not acknowledged");

    world.tick();
    world
        .edit(&cast.manager, &key, notice, with(world.form(&key, notice.0, 1).await?, "state", "sent"))
        .await?;
    let page = service.record_page(&cast.stakeholder, &key, RecordKind::Notice, Some(1)).await?;
    assert_eq!(page.states.iter().map(|state| state.code).collect::<Vec<_>>(), ["acknowledged"]);
    let form = with(world.form(&key, notice.0, 1).await?, "state", "acknowledged");
    let outcome =
        world.edit(&cast.stakeholder, &key, notice, with(form.clone(), "text", "Another text.")).await;
    assert_eq!(
        problems(outcome)?,
        [("text", Problem::NotYours(RecordKind::Notice.spec().editors))],
        "the text is not theirs"
    );
    let outcome = world.edit(&cast.manager, &key, notice, form.clone()).await;
    assert!(
        problems(outcome)?.contains(&("state", Problem::NotYours(&[Role::Stakeholder]))),
        "nobody acknowledges their own"
    );
    world.tick();
    world.edit(&cast.stakeholder, &key, notice, with(form, "answer", "Please name the date.")).await?;
    let item = world.item(&key, RecordKind::Notice, 1).await?;
    assert_eq!((item.state.code, item.state_by.as_str()), ("acknowledged", "Mark Market"));
    assert_eq!(item.values.text("answer"), "Please name the date.");

    // What was acknowledged is not rewritten behind their back.
    let form = with(world.form(&key, notice.0, 1).await?, "text", "Rewritten.");
    let outcome = world.edit(&cast.manager, &key, notice, form.clone()).await;
    assert_eq!(problems(outcome)?, [("state", Problem::NotYours(&[Role::Stakeholder]))]);
    world.edit(&cast.manager, &key, notice, with(form, "state", "sent")).await?;
    Ok(())
}

#[tokio::test]
async fn a_fix_is_validated_by_somebody_else() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.feature(Tier::Low).await?;
    let finding = (RecordKind::Finding, 1);
    world.record(&key, finding.0, &[]).await?;
    let at_once = with(world.form(&key, finding.0, 1).await?, "state", "validated");
    let outcome = world.edit(&cast.tester, &key, finding, at_once).await;
    assert_eq!(problems(outcome)?, [("state", Problem::NotYet(vec!["Fixed"]))]);

    let fixed = with(world.form(&key, finding.0, 1).await?, "state", "fixed");
    world.edit(&cast.developer, &key, finding, fixed).await?;
    let validated = with(world.form(&key, finding.0, 1).await?, "state", "validated");
    let outcome = world.edit(&cast.developer, &key, finding, validated.clone()).await;
    assert_eq!(problems(outcome)?, [("state", Problem::ByAnother)]);
    world.tick();
    world.edit(&cast.tester, &key, finding, validated).await?;
    let item = world.item(&key, finding.0, 1).await?;
    assert_eq!((item.state.code, item.state_by.as_str()), ("validated", "Tess Tester"));
    Ok(())
}

#[tokio::test]
async fn what_a_rule_misses_goes_away_with_the_record_and_comes_back_with_its_state() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.feature(Tier::Low).await?;
    let missing = Shortfall::Nothing { kind: REQUIREMENT, what: "security requirement" };
    assert!(world.shortfalls(&key).await?.contains(&missing));
    world.supply(&key, &missing).await?;
    let left = world.shortfalls(&key).await?;
    assert!(!left.contains(&missing), "{left:?}");

    let proposed = with(world.form(&key, REQUIREMENT, 1).await?, "state", "proposed");
    world.edit(&cast.developer, &key, (REQUIREMENT, 1), proposed).await?;
    let waits = |short: &Shortfall| matches!(short, Shortfall::Waits { kind: REQUIREMENT, number: 1, .. });
    assert!(world.shortfalls(&key).await?.iter().any(waits), "a proposed requirement waits");
    let refused = world.service.request_review(&cast.manager, &key).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Blocked(_)))), "{refused:?}");

    // The page of the phase says the same, at the control and below it.
    let page = world.service.phase_page(&cast.developer, &key, &"requirements".parse()?).await?;
    let control = page.controls.iter().find(|state| state.control.key.as_str() == "security-requirements");
    let control = control.ok_or("no such control")?;
    assert!(!control.met && control.lacks.iter().any(waits), "{:?}", control.lacks);
    let work = page.work.iter().find(|work| work.kind == REQUIREMENT).ok_or("no work")?;
    assert_eq!((work.total, work.open, work.items.len(), work.may_write), (1, 1, 1, true));
    Ok(())
}

#[tokio::test]
async fn an_edit_under_the_eyes_of_the_reviewers_voids_what_they_signed() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_review(Tier::Low).await?;
    // A denial keeps the gate shut, so that the approval beside it stands and waits.
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Deny).await?;
    world.sign(&cast.second, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    let before = world.dossier(&key).await?;

    // What this gate does not read voids nothing.
    world.tick();
    world.record(&key, RecordKind::Lessons, &[]).await?;
    assert_eq!(world.dossier(&key).await?, before);

    world.tick();
    let form = with(world.form(&key, REQUIREMENT, 1).await?, "acceptance", "Seen in a test.");
    world.edit(&cast.developer, &key, (REQUIREMENT, 1), form).await?;
    assert_ne!(world.dossier(&key).await?, before, "the requirement is part of what is signed");
    let page = world.service.review_page(&cast.first, &key).await?;
    let approval = page.sign_offs.iter().find(|sign_off| sign_off.verdict == Verdict::Approve);
    assert!(approval.is_some_and(|approval| approval.ended.is_some()), "{:?}", page.sign_offs);
    Ok(())
}

#[tokio::test]
async fn an_event_names_the_role_by_which_the_kind_allowed_it() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_review(Tier::Medium).await?;
    let notice = world.record(&key, RecordKind::Notice, &[("state", "sent"), ("answer", "")]).await?;
    // A denial keeps the gate shut, so that the approval beside it stands and waits.
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Deny).await?;
    world.sign(&cast.second, &key, Role::SecurityReviewer, Verdict::Approve).await?;

    // Their first role allows to edit records, but not this kind, or not this step.
    let join = async |name: &str, roles: &[Role]| {
        cast::join(service, &cast.admin, name, &[], Some(cast.product), roles).await
    };
    let coder = join("Cora Coder", &[Role::Stakeholder, Role::ProductManager, Role::Developer]).await?;
    let seller = join("Sina Seller", &[Role::ProductManager, Role::Stakeholder]).await?;
    let roles_of = async |actor: &Actor| -> TestResult<Vec<_>> {
        let history = service.feature_history(&cast.auditor, &key, None).await?.items.into_iter();
        let own = history.filter(|entry| entry.actor == Some(actor.person)).rev();
        Ok(own.filter_map(|entry| Some((entry.verb?, entry.role?))).collect())
    };

    world.tick();
    let check = command(RecordKind::Check, filled(RecordKind::Check, world.named(), "As the team agreed."))?;
    service.add_record(&coder, &key, check).await?;
    world.tick();
    let form = with(world.form(&key, RecordKind::Check, 1).await?, "title", "Another check");
    world.edit(&coder, &key, (RecordKind::Check, 1), form).await?;
    assert_eq!(
        roles_of(&coder).await?,
        [(Verb::RecordAdded, Role::Developer), (Verb::RecordEdited, Role::Developer)]
    );

    world.tick();
    let form = with(world.form(&key, RecordKind::Notice, notice).await?, "state", "acknowledged");
    world.edit(&seller, &key, (RecordKind::Notice, notice), form).await?;
    let marketing = Role::Stakeholder;
    assert_eq!(
        roles_of(&seller).await?,
        [(Verb::RecordEdited, marketing), (Verb::SignOffVoided, marketing)],
        "and so do its consequences"
    );
    Ok(())
}

#[tokio::test]
async fn starters_are_added_once_and_begin_as_accepted_security_requirements() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let pick = |codes: &[&str]| {
        let pairs: Vec<(&str, &str)> = codes.iter().map(|code| ("starter", *code)).collect();
        parsed(AddStarters::parse(&fields(&pairs)))
    };
    assert!(AddStarters::parse(&Fields::default()).is_err(), "nothing was picked");
    assert!(AddStarters::parse(&fields(&[("starter", "none")])).is_err(), "no such starter");
    assert_eq!(service.add_starters(&cast.tester, &key, pick(&["throttle", "api-limits"])?).await?, 2);
    let events = world.events().await?;
    assert_eq!(service.add_starters(&cast.tester, &key, pick(&["throttle", "api-limits"])?).await?, 0);
    assert_eq!(world.events().await?, events, "sent twice is added once");
    assert_eq!(service.add_starters(&cast.manager, &key, pick(&["throttle", "data-minimal"])?).await?, 1);
    let page = service.starters_page(&cast.auditor, &key).await?;
    assert_eq!(page.taken, ["throttle", "api-limits", "data-minimal"].into());
    let first = world.item(&key, REQUIREMENT, 1).await?;
    assert_eq!((first.state.code, first.values.text("class")), ("accepted", "security"));
    assert_eq!(first.author, "Tess Tester");
    for (who, narrowed) in [(&cast.stakeholder, true), (&cast.releaser, true), (&cast.first, true)] {
        let outcome = service.add_starters(who, &key, pick(&["payment-once"])?).await;
        assert!(matches!(outcome, Err(Error::Denied(_))) == narrowed, "{}: {outcome:?}", who.name);
    }
    let history = service.feature_history(&cast.auditor, &key, None).await?;
    let added = history.items.iter().filter(|entry| entry.verb == Some(Verb::RecordAdded)).count();
    assert_eq!(added, 3, "each is an event of its own");
    Ok(())
}

#[tokio::test]
async fn production_takes_what_staging_has_seen() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let artefact = world.record(&key, RecordKind::Artefact, &[]).await?;
    let artefact = RecordRef::Record(RecordKind::Artefact, artefact).to_string();
    let production = || {
        let form = filled(RecordKind::Promotion, world.named(), "Rolled out.");
        let form = with(with(form, "environment", "production"), "artefacts", artefact.as_str());
        command(RecordKind::Promotion, form)
    };
    let early = service.add_record(&cast.releaser, &key, production()?).await;
    assert_eq!(problems(early)?, [("artefacts", Problem::StagingFirst)]);
    let staged = world.record(&key, RecordKind::Promotion, &[("artefacts", &artefact)]).await?;
    let early = service.add_record(&cast.releaser, &key, production()?).await;
    assert_eq!(problems(early)?, [("artefacts", Problem::StagingFirst)], "deployed is not verified");
    // A tester takes the step, with the evidence, and writes nothing else.
    let proof = world.prove(&cast.tester, &key, EvidenceKind::TestReport, &[]).await?;
    let form = with(world.form(&key, RecordKind::Promotion, staged).await?, "state", "verified");
    let form = with(form, "evidence", RecordRef::Evidence(proof).to_string());
    world.edit(&cast.tester, &key, (RecordKind::Promotion, staged), form).await?;
    assert_eq!(service.add_record(&cast.releaser, &key, production()?).await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_long_list_goes_on_and_its_states_are_counted() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    for number in 1..=101 {
        let state = if number % 10 == 0 { "proposed" } else { "accepted" };
        let form = with(with(world.requirement("Tokens expire"), "state", state), "id", new_form_id());
        let form: RecordForm = command(REQUIREMENT, form)?;
        assert_eq!(service.add_record(&cast.developer, &key, form).await?, number);
    }
    let page = service.records_page(&cast.auditor, &key, REQUIREMENT, &Fields::default()).await?;
    assert_eq!((page.items.len(), page.next), (100, Some(100)));
    let counts: Vec<(&str, i64)> = page.counts.iter().map(|(state, count)| (state.code, *count)).collect();
    assert_eq!(counts, [("accepted", 91), ("proposed", 10), ("dropped", 0)]);
    let page = service.records_page(&cast.auditor, &key, REQUIREMENT, &fields(&[("after", "100")])).await?;
    assert_eq!((page.items.len(), page.next), (1, None));
    let narrowed = fields(&[("state", "proposed"), ("after", "50")]);
    let page = service.records_page(&cast.auditor, &key, REQUIREMENT, &narrowed).await?;
    assert_eq!(page.items.iter().map(|item| item.number).collect::<Vec<_>>(), [60, 70, 80, 90, 100]);
    Ok(())
}
