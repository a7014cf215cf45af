//! Replay: what a version would have decided at any instant. With the version that a feature followed, it is what was
//! decided then.

use std::{collections::BTreeMap, process::Stdio};

use serde_json::Value;
use sluice_domain::{
    access::Role,
    canonical::Digest,
    gate::{Blocker, Verdict},
    ids::FeatureKey,
    lifecycle::{Progress, Turn},
    policy::{self, Policy, Tier},
};
use sluice_service::{
    new_form_id,
    policies::{Compared, ImpactTotals},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::{
    course::Step,
    policies::{looser, renamed, stricter},
    stale::rename,
    support::{TestResult, World, steps::request},
};

/// What somebody saw at an instant.
#[derive(Debug)]
struct Seen {
    at: OffsetDateTime,
    progress: Progress,
    blockers: Vec<Blocker>,
}

async fn look(world: &World, key: &FeatureKey, seen: &mut Vec<Seen>) -> TestResult<Progress> {
    let summary = world.service.feature_page(&world.cast.manager, key).await?.summary;
    let progress = summary.progress;
    seen.push(Seen {
        at: world.clock.now(),
        progress: progress.clone(),
        blockers: summary.decision.blockers,
    });
    world.tick();
    Ok(progress)
}

/// A feature lives through its first gates, looked at after every single step.
async fn live(world: &World, key: &FeatureKey, until: &str) -> TestResult<Vec<Seen>> {
    let (service, cast) = (&world.service, world.cast);
    let mut seen = Vec::new();
    let mut reviewers = [&cast.first, &cast.second].into_iter().cycle();
    loop {
        let progress = look(world, key, &mut seen).await?;
        let attempt = progress.attempt()?;
        if attempt.phase.as_str() == until {
            return Ok(seen);
        }
        let blockers = world.blockers(key).await?;
        if attempt.turn != Turn::Team {
            let Some(Blocker::SignOffsMissing { role, .. }) = blockers.first() else {
                return Err(format!("no seat is free: {blockers:?}").into());
            };
            let actor = match role {
                Role::ReleaseManager => &cast.releaser,
                _ => reviewers.next().ok_or("no reviewer")?,
            };
            world.sign(actor, key, *role, Verdict::Approve).await?;
            continue;
        }
        match blockers.iter().find(|blocker| !blocker.is_for_reviewers()) {
            Some(blocker) => world.clear_one(key, blocker).await?,
            None => request(service, &cast.manager, key).await?,
        }
    }
}

async fn replay(
    world: &World,
    source: &str,
    at: OffsetDateTime,
) -> TestResult<(Vec<Compared>, ImpactTotals)> {
    let policy: Policy = policy::parse(source)?;
    let mut found = Vec::new();
    let mut keep = |compared: &Compared| found.push(compared.clone());
    let digest = Digest::of(source.as_bytes());
    let totals = world.service.replay_policy(&policy, digest, at, &mut keep).await?;
    Ok((found, totals))
}

#[tokio::test]
async fn replaying_a_features_own_version_gives_what_was_decided_at_every_instant() -> TestResult {
    let world = World::new().await?;
    let born = world.clock.now();
    world.tick();
    let key = world.feature(Tier::Medium).await?;
    let mut seen = live(&world, &key, "development").await?;
    // What comes later changes nothing of what was: an edit that drifts, a detour, another feature.
    let page = world.service.feature_page(&world.cast.manager, &key).await?;
    world
        .service
        .edit_feature(&world.cast.manager, &key, rename(&world, "Other words", page.version)?)
        .await?;
    look(&world, &key, &mut seen).await?;
    world.feature(Tier::Low).await?;

    let (before, totals) = replay(&world, policy::BUILT_IN, born).await?;
    assert!(before.is_empty() && totals == ImpactTotals::default(), "{before:?}");
    assert!(seen.len() > 15, "{}", seen.len());
    for Seen { at, progress, blockers } in &seen {
        // The instant itself, and just before the next step.
        for at in [*at, *at + time::Duration::seconds(59)] {
            let (found, totals) = replay(&world, policy::BUILT_IN, at).await?;
            let [compared] = found.as_slice() else { return Err(format!("{at}: {found:?}").into()) };
            let attempt = progress.attempt()?;
            assert_eq!(
                (&compared.feature, &compared.phase, compared.cycle),
                (&key, &attempt.phase, attempt.cycle)
            );
            assert_eq!(&compared.before.blockers, blockers, "at {at}");
            assert!(!compared.differs(), "at {at}: {:?}", compared.change);
            assert_eq!((totals.total, totals.more, totals.less, totals.gone), (1, 0, 0, 0));
            // A version that says the same in another text decides the same: who signed counts for it too.
            let (found, _) = replay(&world, &renamed("2027.0"), at).await?;
            assert!(!found[0].differs(), "at {at}: {:?}", found[0].change);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_stricter_version_would_have_blocked_what_its_control_asks() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    let seen = live(&world, &key, "design").await?;
    for Seen { at, progress, .. } in &seen {
        let (found, totals) = replay(&world, &stricter("2027.1"), *at).await?;
        let appears: Vec<String> = found[0].change.appears.iter().map(Blocker::subject).collect();
        assert_eq!(appears, ["control:requirements/sponsor"], "at {at}");
        assert!(found[0].change.vanishes.is_empty(), "at {at}: {:?}", found[0].change.vanishes);
        assert_eq!((totals.total, totals.more), (1, 1));
        // Once the gate is behind, it is that gate that asked.
        let behind = progress.attempt()?.phase.as_str() == "design";
        assert_eq!(matches!(found[0].change.appears[0], Blocker::Earlier { .. }), behind, "at {at}");
    }
    Ok(())
}

#[tokio::test]
async fn a_feature_on_hold_is_looked_at_and_marked_and_a_cancelled_one_is_not() -> TestResult {
    let world = World::new().await?;
    let (held, other, gone) =
        (world.feature(Tier::Low).await?, world.feature(Tier::Low).await?, world.feature(Tier::Low).await?);
    let manager = &world.cast.manager;
    world.tick();
    let before = world.clock.now();
    world.tick();
    world.rest(manager, &held, Step::Hold, &new_form_id()).await?;
    world.rest(manager, &gone, Step::Cancel, &new_form_id()).await?;
    world.tick();
    let marks = |found: &[Compared]| {
        found.iter().map(|compared| (compared.feature.clone(), compared.held)).collect::<BTreeMap<_, _>>()
    };
    let (found, totals) = replay(&world, &stricter("2027.1"), world.clock.now()).await?;
    assert_eq!(marks(&found), BTreeMap::from([(held.clone(), true), (other.clone(), false)]));
    assert!(found.iter().all(Compared::differs), "it will be blocked when it goes on");
    assert_eq!((totals.total, totals.more), (2, 2));
    // It was under way then.
    let (found, _) = replay(&world, &stricter("2027.1"), before).await?;
    assert_eq!(marks(&found).get(&held), Some(&false));
    assert_eq!(found.len(), 3);
    // The impact before an activation counts it, and its page marks it.
    world.imported("2027.1", &stricter("2027.1")).await?;
    let run = world.look("2027.1", "").await?;
    assert_eq!((run.total, run.more), (2, 2));
    let rows = world.service.policy_run_page(&world.cast.admin, run.id, None).await?.rows;
    let marked: BTreeMap<_, _> = rows.iter().map(|row| (row.feature.clone(), row.held)).collect();
    assert_eq!(marked, BTreeMap::from([(held, true), (other, false)]));
    Ok(())
}

#[tokio::test]
async fn a_replay_sees_the_past_and_writes_nothing() -> TestResult {
    let world = World::new().await?;
    let key = world.in_phase(Tier::Low, "design").await?;
    let events = world.events().await?;
    let (found, _) = replay(&world, &stricter("2027.1"), world.clock.now()).await?;
    assert_eq!(found[0].feature, key);
    assert_eq!(world.events().await?, events);
    // The connection that looked at the past is back in the present.
    for _ in 0..20 {
        assert!(world.service.feature_page(&world.cast.manager, &key).await.is_ok());
    }
    Ok(())
}

/// What a version asks less is named as well: by the impact before its activation, and by a replay.
#[tokio::test]
async fn a_looser_version_would_have_unblocked_what_its_control_asked() -> TestResult {
    let world = World::new().await?;
    world.feature(Tier::Low).await?;
    world.tick();
    world.imported("2027.1", &looser("2027.1")).await?;
    let run = world.look("2027.1", "").await?;
    assert_eq!((run.total, run.more, run.less), (1, 0, 1));
    let page = world.service.policy_run_page(&world.cast.admin, run.id, None).await?;
    assert!(!page.causes.is_empty() && page.causes.iter().all(|it| (it.more, it.less) == (0, 1)), "{page:?}");
    assert!(page.rows[0].after < Some(page.rows[0].before), "{:?}", page.rows);

    let (found, totals) = replay(&world, &looser("2027.1"), world.clock.now()).await?;
    assert_eq!((totals.more, totals.less), (0, 1));
    let vanishes: Vec<String> = found[0].change.vanishes.iter().map(Blocker::subject).collect();
    let of_control = |subject: &String| subject.starts_with("control:requirements/risk-assessed");
    assert!(!vanishes.is_empty() && vanishes.iter().all(of_control), "{vanishes:?}");
    assert!(found[0].change.appears.is_empty());
    Ok(())
}

/// The page replays whole days: what there was at their end.
#[tokio::test]
async fn a_day_that_has_passed_is_replayed_with_what_there_was_then() -> TestResult {
    let world = World::new().await?;
    let first = world.feature(Tier::Low).await?;
    let day = world.clock.now().date().to_string();
    world.clock.advance(time::Duration::days(2));
    world.feature(Tier::Low).await?;
    world.imported("2027.1", &stricter("2027.1")).await?;
    let run = world.look("2027.1", &day).await?;
    assert_eq!((run.total, run.more, run.less), (1, 1, 0));
    let page = world.service.policy_run_page(&world.cast.admin, run.id, None).await?;
    assert_eq!(page.rows.iter().map(|row| &row.feature).collect::<Vec<_>>(), [&first]);
    assert_eq!(page.causes[0].cause.words, "“A sponsor is named” is not done");
    let today = world.look("2027.1", &world.clock.now().date().to_string()).await;
    assert!(today.is_err(), "a day that is not over has no end yet: {today:?}");
    Ok(())
}

/// Runs `sluice policy replay` on the database of a test, with this policy on its standard input.
async fn command(world: &World, source: &str, at: &str, more: &[&str]) -> TestResult<(i32, String, String)> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sluice"))
        .args(["policy", "replay", "-", "--at", at])
        .args(more)
        .env_clear()
        .env("DATABASE_URL", &world.runtime_url)
        .env("DATABASE_OWNER_URL", &world.owner_url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    program.stdin.take().ok_or("no standard input")?.write_all(source.as_bytes()).await?;
    let output = program.wait_with_output().await?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes);
    Ok((output.status.code().unwrap_or(-1), text(output.stdout)?, text(output.stderr)?))
}

#[tokio::test]
async fn a_pipeline_replays_a_file_for_people_and_for_programs() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    let at = world.clock.now().format(&Rfc3339)?;
    let before = (world.clock.now() - time::Duration::days(1)).format(&Rfc3339)?;
    let events = world.events().await?;

    let (code, out, err) = command(&world, &stricter("2027.1"), &at, &[]).await?;
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with(&format!("{key}  Requirements and planning, cycle 1: ")), "{out}");
    assert!(out.contains("\n  + “A sponsor is named” is not done\n"), "{out}");
    assert!(
        out.contains("Features that followed sdl then: 1\n  of which 2027.1 asks something more: 1\n"),
        "{out}"
    );

    let (code, out, _) = command(&world, &looser("2027.1"), &at, &["--json"]).await?;
    let said: Value = serde_json::from_str(&out)?;
    assert_eq!((code, &said["policy"], &said["version"]), (0, &"sdl".into(), &"2027.1".into()));
    assert_eq!(said["totals"], serde_json::json!({"features": 1, "more": 0, "less": 1, "gone": 0}));
    let feature = &said["features"][0];
    assert_eq!((&feature["feature"], &feature["appears"]), (&key.to_string().into(), &serde_json::json!([])));
    assert_eq!(feature["vanishes"][0]["code"], "control.records-short");
    let blocking = feature["would_block_by"].as_array().ok_or("no list")?;
    assert_eq!(feature["would_be_open"], false);
    assert_eq!(feature["would_block"], blocking.len());
    assert!(!blocking.contains(&feature["vanishes"][0]) && !blocking.is_empty());

    // A gate about which both decide the same is said with --all.
    let same = renamed("2027.1");
    let (_, out, _) = command(&world, &same, &at, &[]).await?;
    assert!(out.starts_with("Features that followed sdl then: 1\n"), "{out}");
    let (code, out, _) = command(&world, &same, &at, &["--all"]).await?;
    assert_eq!(code, 0);
    assert!(out.starts_with(&format!("{key}  ")) && out.contains(" with 2027.1\n"), "{out}");

    let (code, out, _) = command(&world, &stricter("2027.1"), &before, &[]).await?;
    assert_eq!(code, 0);
    assert!(out.starts_with("Features that followed sdl then: 0\n"), "{out}");

    let (code, out, err) = command(&world, &stricter("2027.1"), "2999-01-01T00:00:00Z", &[]).await?;
    assert!(code != 0 && out.is_empty() && err.contains("lies in the future"), "{code} {err}");
    let wrong = stricter("2027.1").replacen("tiers =", "tires =", 1);
    let (code, out, err) = command(&world, &wrong, &at, &[]).await?;
    assert!(code != 0 && out.is_empty() && err.contains("tires"), "{code} {err}");
    assert_eq!(world.events().await?, events, "nothing is written");
    Ok(())
}
