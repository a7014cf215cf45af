//! Two approvals of one gate at the same moment: one of them opens it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use http::StatusCode;
use sluice_domain::{canonical::Digest, ids::FeatureKey, policy::Tier, record::RecordKind};
use tokio::task::JoinSet;

use super::{AT_ONCE, approve, expect, races};
use crate::{
    client::Browser,
    program::{Folder, Program, free_port},
    support::{TestResult, World},
};

/// A feature whose first gate waits for one approval, made without detours.
async fn ready_for_approval(world: &World) -> TestResult<(FeatureKey, Digest)> {
    let key = world.feature(Tier::Low).await?;
    world.keep_tier(&key).await?;
    world.record(&key, RecordKind::Plan, &[]).await?;
    world
        .record(&key, RecordKind::Requirement, &[("class", "security"), ("family", "authentication")])
        .await?;
    world.service.request_review(&world.cast.manager, &key).await?;
    let dossier = world.dossier(&key).await?;
    Ok((key, dossier))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_open_each_gate_once() -> TestResult {
    let races = races()?;
    let world = Arc::new(World::new().await?);
    let folder = Folder::new()?;
    let (one, other) = (free_port()?, free_port()?);
    let one = Program::serve(&world, &folder, one).await?;
    let other = Program::serve(&world, &folder, other).await?;
    let ports = [one.port, other.port];
    let first = Browser::sign_in(ports[0], &world.cast.first.email).await?;
    let second = Browser::sign_in(ports[1], &world.cast.second.email).await?;

    let begun = Instant::now();
    let (next, mut workers) = (Arc::new(AtomicUsize::new(0)), JoinSet::new());
    for _ in 0..AT_ONCE {
        let (world, next) = (Arc::clone(&world), Arc::clone(&next));
        let (first, second) = (first.clone(), second.clone());
        workers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= races {
                    return TestResult::Ok(());
                }
                let (key, dossier) = ready_for_approval(&world).await?;
                // Mostly two reviewers; now and then one reviewer in two windows, whose requests reach both servers.
                let rival = if number % 4 == 3 { &first } else { &second };
                let dossier = dossier.to_string();
                let (mine, theirs) = (ports[number % 2], ports[(number + 1) % 2]);
                let (a, b) = tokio::try_join!(
                    approve(&first, mine, &key, &dossier),
                    approve(rival, theirs, &key, &dossier)
                )?;
                let won = [&a, &b].iter().filter(|answer| answer.status == StatusCode::SEE_OTHER).count();
                let told = [&a, &b].iter().filter(|answer| answer.status == StatusCode::CONFLICT).count();
                if (won, told) != (1, 1) {
                    return Err(format!("{key}: {} and {}", a.status, b.status).into());
                }
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker??;
    }
    println!("{races} races in {:.1} s", begun.elapsed().as_secs_f64());

    let event = |verb: &str| format!("select count(*) from audit.event where verb = '{verb}'");
    let features =
        |verb: &str| format!("select count(distinct feature_id) from audit.event where verb = '{verb}'");
    for verb in ["gate.opened", "gate.signed", "gate.review-requested", "feature.created"] {
        expect(&world, verb, &event(verb), races).await?;
        expect(&world, verb, &features(verb), races).await?;
    }
    expect(
        &world,
        "each feature moved on by one phase",
        "select count(*) from feature where phase = 'design' and cycle = 1 and turn = 'team'",
        races,
    )
    .await?;
    expect(&world, "one sign-off a gate", "select count(*) from sign_off where ended is null", races).await?;
    expect(
        &world,
        "each gate opened with its sign-off's event",
        "select count(*) from gate_attempt a
         join sign_off s on (s.feature_id, s.phase, s.cycle) = (a.feature_id, a.phase, a.cycle)
         join audit.event e on e.id = s.event_id and e.id = a.event_id and e.verb = 'gate.signed'
         join audit.event o on o.feature_id = a.feature_id and o.verb = 'gate.opened' and o.xid = e.xid
         where a.outcome = 'opened' and a.phase = 'requirements' and a.cycle = 1",
        races,
    )
    .await?;
    expect(
        &world,
        "and the next attempt began",
        "select count(*) from gate_attempt where phase = 'design' and cycle = 1 and outcome is null",
        races,
    )
    .await?;
    expect(&world, "no attempt is left over", "select count(*) from gate_attempt", 2 * races).await?;
    // Both servers still serve both people.
    for port in ports {
        for browser in [&first, &second] {
            assert_eq!(browser.get(port, "/work").await?.status, StatusCode::OK);
        }
    }
    one.kill().await?;
    other.kill().await
}
