//! Since when something blocks a gate, and whether the feature may go to production.

use sluice_domain::{
    access::Role,
    gate::{Blocker, Clearance, Verdict},
    ids::FeatureKey,
    policy::Tier,
};
use sluice_service::{features::FeatureSummary, new_form_id};
use time::Duration;

use crate::{
    stale::rename,
    support::{
        TestResult, World,
        steps::{answers_form, request, threat_form, treat_form},
    },
};

async fn summary(world: &World, key: &FeatureKey) -> TestResult<FeatureSummary> {
    Ok(world.service.feature_page(&world.cast.manager, key).await?.summary)
}

/// A blocker keeps its first instant while it blocks, whatever else is done; it starts anew when it comes back.
#[tokio::test]
async fn since_stays_while_it_blocks_and_starts_anew_when_it_comes_back() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::Low, "design").await?;
    world.clear(&key).await?;
    world.clock.advance(Duration::HOUR);
    let first = world.clock.now();
    let number = service.add_threat(&cast.developer, &key, threat_form(&new_form_id())?).await?;
    let of_threat = async || -> TestResult<Vec<_>> {
        let summary = summary(&world, &key).await?;
        let of = |blocker: &&Blocker| matches!(blocker, Blocker::ThreatUntreated { .. });
        Ok(summary.decision.blockers.iter().filter(of).map(|blocker| summary.since(blocker)).collect())
    };
    assert_eq!(of_threat().await?, [Some(first)]);

    world.clock.advance(Duration::days(3));
    let version = service.threat_model_page(&cast.developer, &key).await?.version;
    service.answer_threat_model(&cast.developer, &key, answers_form("Links and cards.", version)?).await?;
    assert_eq!(of_threat().await?, [Some(first)], "another write does not move it");

    let page = service.threat_page(&cast.developer, &key, Some(number)).await?;
    let version = page.threat.map_or(0, |threat| threat.version);
    let treated = treat_form(version, "treated")?;
    service.edit_threat(&cast.developer, &key, number, treated).await?;
    assert_eq!(of_threat().await?, []);

    world.clock.advance(Duration::days(2));
    let again = world.clock.now();
    let page = service.threat_page(&cast.developer, &key, Some(number)).await?;
    let version = page.threat.map_or(0, |threat| threat.version);
    service.edit_threat(&cast.developer, &key, number, treat_form(version, "open")?).await?;
    assert_eq!(of_threat().await?, [Some(again)]);
    Ok(())
}

/// More of the same is the same: a threat model that was stale is stale since then, whatever else changes in the scope.
#[tokio::test]
async fn more_of_the_same_blocks_since_the_first_of_it() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::High, "design").await?;
    world.clear(&key).await?;
    world.clock.advance(Duration::HOUR);
    let first = world.clock.now();
    for title in ["Pay by any link", "Pay by every link"] {
        let version = service.feature_page(&cast.manager, &key).await?.version;
        service.edit_feature(&cast.manager, &key, rename(&world, title, version)?).await?;
        let summary = summary(&world, &key).await?;
        let of = |code: &str| {
            let blocker = summary.decision.blockers.iter().find(|blocker| blocker.code() == code)?;
            Some((blocker.subject(), summary.since(blocker)))
        };
        for code in ["threat-model.stale", "gate.drifted"] {
            let (subject, since) = of(code).ok_or_else(|| format!("{title}: {code} does not block"))?;
            assert_eq!(since, Some(first), "{title}: {subject}");
        }
        world.clock.advance(Duration::days(2));
    }
    Ok(())
}

/// What reviewers clear is with them since they have the turn, not since the phase began; a denial since it was given.
#[tokio::test]
async fn sign_offs_are_waited_for_since_the_turn() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.feature(Tier::Low).await?;
    world.clear(&key).await?;
    world.clock.advance(Duration::days(2));
    let handed = world.clock.now();
    request(&world.service, &cast.manager, &key).await?;
    world.clock.advance(Duration::days(1));
    let denied = world.clock.now();
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Deny).await?;
    world.clock.advance(Duration::days(1));
    let summary = summary(&world, &key).await?;
    let since: Vec<_> =
        summary.decision.blockers.iter().map(|blocker| (blocker.code(), summary.since(blocker))).collect();
    assert_eq!(since, [("sign-off.vetoed", Some(denied)), ("sign-off.missing", Some(handed))]);
    Ok(())
}

/// Clearance to ship: the gates before the deployment come first; then what is marked has to be met, and sign-offs of
/// the release gate are not waited for.
#[tokio::test]
async fn a_feature_is_cleared_to_ship_when_what_is_marked_is_met() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    let Some(Clearance::NotCleared { gates, .. }) = summary(&world, &key).await?.clearance else {
        return Err("a feature at its first gate is not cleared".into());
    };
    assert_eq!(gates.len(), 4, "{gates:?}");

    let key = world.in_phase(Tier::Low, "release").await?;
    let clearance = summary(&world, &key).await?.clearance;
    assert!(
        matches!(&clearance, Some(Clearance::NotCleared { gates, things }) if gates.is_empty() && !things.is_empty()),
        "{clearance:?}"
    );
    world.clear(&key).await?;
    let cleared = summary(&world, &key).await?;
    assert_eq!(cleared.clearance, Some(Clearance::Cleared));
    assert!(!cleared.decision.blockers.is_empty(), "the gate itself still waits for its sign-offs");
    Ok(())
}
