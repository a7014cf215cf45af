//! What was signed is kept: a promise is not dropped in silence, a waiver of drift covers what drifted and no more, and a
//! record is archived when all of it is.

use sluice_domain::{
    access::Role,
    audit::Verb,
    gate::{Blocker, Mark, Verdict},
    ids::FeatureKey,
    policy::{PhaseKey, Tier},
    record::RecordKind,
};
use sluice_service::{new_form_id, talk::WriteComment};

use crate::{
    line::story,
    reading::{accepting, drifts, said},
    stale::rename,
    support::{
        TestResult, World, fields,
        steps::{mark_form, parsed, phase_key, request},
    },
    waivers::{approve, ask, blocks},
};

const REVIEWER: Role = Role::SecurityReviewer;
const DRIFTED: &str = "select count(*) from audit.event where verb = 'gate.drifted'";

async fn bring(world: &World, key: &FeatureKey, kind: RecordKind, number: i32, to: &str) -> TestResult {
    world.tick();
    let state = kind.spec().state(to).ok_or("there is no such state")?;
    world.bring(key, (kind, number), state).await
}

/// Numbers of the records of a kind that are in a state.
async fn numbers(world: &World, kind: RecordKind, state: &str) -> TestResult<Vec<i32>> {
    let rows = world
        .as_superuser()
        .await?
        .query(
            "select number from record where kind = $1 and state = $2 order by number",
            &[&kind.code(), &state],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

#[tokio::test]
async fn what_was_promised_at_a_gate_is_not_dropped_without_somebody_of_that_gate() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::High, "design").await?;
    let phase: PhaseKey = phase_key("requirements")?;
    let (test, requirement) = (RecordKind::SecurityTest, RecordKind::Requirement);
    let tests = numbers(&world, test, "promised").await?;
    let requirements = numbers(&world, requirement, "accepted").await?;
    let (kept, dropped) = (tests[0], tests[1]);
    assert!(!drifts(&world, &key).await?);

    // Going on with what was promised is no drift.
    bring(&world, &key, test, kept, "passed").await?;
    assert!(!drifts(&world, &key).await?);
    assert_eq!(world.count(DRIFTED).await?, 0);

    bring(&world, &key, test, dropped, "not-needed").await?;
    assert!(drifts(&world, &key).await?);
    assert_eq!(world.count(DRIFTED).await?, 1);
    let page = service.drift_page(&cast.first, &key, &phase).await?;
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].key, format!("S-{dropped}"));
    assert_eq!(said(&page.items[0], "state"), Some(("promised", "not-needed")));

    // A requirement that was accepted is another item of the same drift.
    bring(&world, &key, requirement, requirements[0], "dropped").await?;
    let page = service.drift_page(&cast.first, &key, &phase).await?;
    assert_eq!(page.items.len(), 2);
    // Taken up again, it says what was signed.
    bring(&world, &key, requirement, requirements[0], "accepted").await?;
    let page = service.drift_page(&cast.first, &key, &phase).await?;
    assert_eq!(page.items.len(), 1);

    // Somebody of that gate agrees; from then on the promise counts as set aside, and to make it again is another one.
    service.accept_drift(&cast.first, &key, &phase, accepting(&page, REVIEWER)?).await?;
    assert!(!drifts(&world, &key).await?);
    bring(&world, &key, test, dropped, "promised").await?;
    assert!(drifts(&world, &key).await?);
    Ok(())
}

/// The subject of the drift that blocks.
async fn drift(world: &World, key: &FeatureKey) -> TestResult<Option<String>> {
    let blockers = world.blockers(key).await?;
    let drifted = |blocker: &&Blocker| matches!(blocker, Blocker::Drifted { .. });
    Ok(blockers.iter().find(drifted).map(Blocker::subject))
}

#[tokio::test]
async fn a_waiver_of_drift_lets_no_later_change_pass() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::Low, "design").await?;
    let version = service.feature_page(&cast.manager, &key).await?.version;
    let told = "select count(*) from notification where kind = 'gate-drifted'";
    service.edit_feature(&cast.manager, &key, rename(&world, "Pay by post", version)?).await?;
    let subject = drift(&world, &key).await?.ok_or("it drifted")?;
    let notices = world.count(told).await?;
    assert_eq!((world.count(DRIFTED).await?, notices > 0), (1, true));

    ask(&world, &cast.developer, &key, &subject).await?;
    approve(&world, &cast.first, &key, 1).await?;
    assert_eq!(drift(&world, &key).await?, None);
    // Other work makes no news of what is let pass.
    world.tick();
    world.record(&key, RecordKind::Decision, &[]).await?;
    assert_eq!(world.count(DRIFTED).await?, 1);

    // More of it is another thing: it blocks, and those of the gate are told.
    world.tick();
    service.edit_feature(&cast.manager, &key, rename(&world, "Pay by pigeon", version + 1)?).await?;
    let next = drift(&world, &key).await?.ok_or("the waiver let it pass")?;
    assert_ne!(next, subject);
    assert!(blocks(&world, &key, &next).await?);
    assert_eq!(world.count(DRIFTED).await?, 2);
    assert!(world.count(told).await? > notices);
    let drifted = story(&world, &key).await?.iter().filter(|it| it.verb == Some(Verb::GateDrifted)).count();
    assert_eq!(drifted, 2);

    // That drift is news does not depend on whether a waiver lets it pass.
    ask(&world, &cast.developer, &key, &next).await?;
    approve(&world, &cast.first, &key, 2).await?;
    world.as_superuser().await?.batch_execute("update gate_state set drift = '{}'").await?;
    world.tick();
    world.record(&key, RecordKind::Decision, &[]).await?;
    assert_eq!(drift(&world, &key).await?, None);
    assert_eq!(world.count(DRIFTED).await?, 3);
    Ok(())
}

async fn comment(world: &World, key: &FeatureKey) -> TestResult {
    let form = [("id", &*new_form_id()), ("text", "One thing more.")];
    let command = parsed(WriteComment::parse(&fields(&form)))?;
    world.service.write_comment(&world.cast.developer, key, command).await?;
    Ok(())
}

/// Whether the gate and the page say that the record is archived as it is now: both say the same.
async fn archived(world: &World, key: &FeatureKey) -> TestResult<bool> {
    let page = world.service.archive_page(&world.cast.manager, key, None).await?;
    let missing = world.blockers(key).await?.iter().any(|blocker| matches!(blocker, Blocker::NotArchived));
    assert_eq!(page.covers_gate, Some(!missing));
    Ok(!missing)
}

#[tokio::test]
async fn an_archive_is_of_the_whole_record_as_it_is_now() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::High, "post-release").await?;
    assert!(!archived(&world, &key).await?);
    world.tick();
    world.clear(&key).await?;
    assert!(archived(&world, &key).await?);

    // Whatever happens to the feature, also outside of what the last gate looks at.
    let anew = async || -> TestResult {
        assert!(!archived(&world, &key).await?);
        world.tick();
        world.archive(&cast.manager, &key).await?;
        assert!(archived(&world, &key).await?);
        world.tick();
        Ok(())
    };
    world.tick();
    comment(&world, &key).await?;
    anew().await?;
    let control = mark_form("scope-and-goals", Mark::Done, "As it was said before.", 0)?;
    let marked = service.mark_control(&cast.manager, &key, &phase_key("requirements")?, control).await;
    assert!(marked.is_err(), "it is proved by records: {marked:?}");
    assert!(archived(&world, &key).await?, "what was refused changed nothing");
    let requirement = numbers(&world, RecordKind::Requirement, "accepted").await?[0];
    bring(&world, &key, RecordKind::Requirement, requirement, "dropped").await?;
    anew().await?;
    let phase = phase_key("requirements")?;
    let page = service.drift_page(&cast.second, &key, &phase).await?;
    service.accept_drift(&cast.second, &key, &phase, accepting(&page, REVIEWER)?).await?;
    world.clear(&key).await?;
    if !archived(&world, &key).await? {
        anew().await?;
    }

    // The review of this gate is no part of it, or nothing could ever be reviewed.
    world.tick();
    request(service, &cast.manager, &key).await?;
    world.tick();
    assert!(archived(&world, &key).await?);
    world.sign(&cast.first, &key, REVIEWER, Verdict::Deny).await?;
    assert!(archived(&world, &key).await?);
    world.tick();
    world.withdraw(&cast.first, &key).await?;
    assert!(archived(&world, &key).await?);

    // A signature of another gate, as one that was owed, is something else.
    let database = world.as_superuser().await?;
    let signed = async |phase: &str| -> TestResult<bool> {
        world.tick();
        database.batch_execute("begin").await?;
        let at = std::time::SystemTime::from(world.clock.now());
        database
            .execute(
                "insert into audit.event (id, at, authentication, verb, object_kind, object_id, object_name, product_id,
                                          feature_id, body)
                 select gen_random_uuid(), $1, 'password', 'gate.signed', 'sign-off', s.id::text, 'X', f.product_id, f.id,
                        '{}'
                 from feature f join sign_off s on s.feature_id = f.id where s.phase = $2 limit 1",
                &[&at, &phase],
            )
            .await?;
        database.batch_execute("commit").await?;
        archived(&world, &key).await
    };
    assert!(signed("post-release").await?);
    assert!(!signed("design").await?);
    Ok(())
}

#[tokio::test]
async fn what_happened_is_known_as_of_any_instant() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    let mut known = Vec::new();
    for _ in 0..3 {
        known.push((world.clock.now(), world.count("select count(*) from feature_event").await?));
        world.tick();
        comment(&world, &key).await?;
    }
    let runtime = world.as_runtime().await?;
    for (at, count) in known {
        runtime.batch_execute("begin; set local search_path = asof, public").await?;
        let at = at.format(&time::format_description::well_known::Rfc3339)?;
        runtime.execute("select set_config('sluice.as_of', $1, true)", &[&at]).await?;
        let then: i64 = runtime.query_one("select count(*) from feature_event", &[]).await?.get(0);
        runtime.batch_execute("rollback").await?;
        assert_eq!(then, count);
    }
    Ok(())
}
