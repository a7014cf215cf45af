//! Clients that go away in the middle of a request (the driver's trap: a future that is dropped inside `begin` gives
//! its connection back inside an open transaction).

use std::{
    collections::BTreeSet,
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use sluice_domain::policy::Tier;
use sluice_service::new_form_id;
use tokio_postgres::Client;

use crate::support::{TestResult, World, steps::threat_form, within};

/// How many requests break off.
const REQUESTS: usize = 500;
/// How many are under way at once.
const AT_ONCE: usize = 10;
/// How long a transaction may take to end. The database itself ends those that idle, but only after 30 seconds.
const PATIENCE: Duration = Duration::from_secs(12);

/// Polls a future so many times and then drops it; what it gave, if it was fast enough.
async fn at_most<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// Sessions of the application that are inside a transaction.
async fn in_transaction(raw: &Client) -> TestResult<i64> {
    let row = raw
        .query_one(
            "select count(*) from pg_stat_activity
             where datname = current_database() and application_name = 'sluice' and xact_start is not null",
            &[],
        )
        .await?;
    Ok(row.get(0))
}

/// A few numbers that look random and are the same each time.
fn dice(seed: usize) -> usize {
    let mixed = (seed as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from((mixed >> 32) % 24).unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_breaks_off_leaves_no_transaction_and_loses_nothing() -> TestResult {
    let world = World::new().await?;
    let raw = world.as_superuser().await?;
    let keys = [world.feature(Tier::Low).await?, world.feature(Tier::Low).await?];
    let mut acknowledged = BTreeSet::new();
    for batch in 0..REQUESTS / AT_ONCE {
        let mut tasks = Vec::new();
        for place in 0..AT_ONCE {
            let number = batch * AT_ONCE + place;
            let (service, actor) = (world.service.clone(), world.cast.developer.clone());
            let key = keys[number % keys.len()].clone();
            let (id, polls) = (new_form_id(), dice(number));
            let command = threat_form(&id)?;
            let task = tokio::spawn(async move {
                let adding = async { service.add_threat(&actor, &key, command).await };
                (id, at_most(polls, adding).await)
            });
            // Some handlers are dropped between two steps, others are aborted from outside, at whatever they are doing.
            if number.is_multiple_of(3) {
                for _ in 0..polls {
                    tokio::task::yield_now().await;
                }
                task.abort();
            }
            tasks.push(task);
        }
        for task in tasks {
            match task.await {
                Ok((id, Some(outcome))) => {
                    outcome?;
                    acknowledged.insert(id);
                }
                Ok((_, None)) => {}
                Err(error) if error.is_cancelled() => {}
                Err(error) => return Err(error.into()),
            }
        }
        // A connection that went back to the pool inside a transaction stays so, as nobody else uses the pool now.
        within(PATIENCE, "no session is inside a transaction", async || Ok(in_transaction(&raw).await? == 0))
            .await?;
    }

    let stored: BTreeSet<String> =
        raw.query("select id::text from threat", &[]).await?.iter().map(|row| row.get(0)).collect();
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "acknowledged and not there: {lost:?}");
    assert!(!acknowledged.is_empty() && acknowledged.len() < REQUESTS, "some broke off, some did not");
    let half = raw
        .query_one(
            "select count(*) from threat t full join (select * from audit.event where verb = 'threat.added') e
                 on e.object_id = t.id::text and e.id = t.event_id
             where t.id is null or e.id is null",
            &[],
        )
        .await?;
    assert_eq!(half.get::<_, i64>(0), 0, "a threat without its event, or the other way round");
    // What the breaking off left behind can be worked with.
    for key in &keys {
        world.mark(&world.cast.manager, key, "requirements", "scope-and-goals").await?;
    }
    Ok(())
}
