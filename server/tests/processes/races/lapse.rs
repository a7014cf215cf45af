//! An approval, and the end of a waiver on which it rests.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use http::StatusCode;
use sluice_domain::{ids::FeatureKey, policy::Tier, waiver::WaiverVerdict};
use sluice_service::{
    new_form_id,
    waivers::{DecideWaiver, RequestWaiver},
};

use super::{Arena, Signer, approve, races};
use crate::{
    client::Browser,
    support::{TestResult, cast::PASSWORD, fields, steps::parsed, until},
};

/// What is waived.
const WAIVED: &str = "control:build/said";

/// In how many milliseconds the waiver of a race ends: mostly long enough to sign before and to read the dossier, which
/// says when it ends.
const TERM: i64 = 300;

/// How many microseconds before the end of the waiver the approval is sent. It follows what happened, so that some
/// approvals come before the end and some after.
struct Lead {
    microseconds: AtomicI64,
    opened: AtomicUsize,
    refused: AtomicUsize,
}

impl Lead {
    const STEP: i64 = 1_000;
    const MOST: i64 = 400_000;

    fn note(&self, opened: bool) {
        let by = if opened { -Self::STEP } else { Self::STEP };
        let lead = self.microseconds.load(Ordering::Relaxed) + by;
        self.microseconds.store(lead.clamp(-Self::MOST, Self::MOST), Ordering::Relaxed);
    }
}

/// A feature under review whose gate rests on a waiver.
async fn waived(arena: &Arena, decider: &Signer) -> TestResult<FeatureKey> {
    let (service, cast) = (&arena.world.service, arena.world.cast);
    let key = arena.world.feature(Tier::Medium).await?;
    let day = (service.now().await?.date() + time::Duration::days(7)).to_string();
    let form = [
        ("id", &*new_form_id()),
        ("subject", WAIVED),
        ("reason", "The author is away."),
        ("compensation", "The team reviews every change together."),
        ("until", &day),
        ("renews", ""),
    ];
    let form = parsed(RequestWaiver::parse(&fields(&form)))?;
    let number = service.request_waiver(&cast.developer, &key, form).await?;
    let form = [
        ("verdict", WaiverVerdict::Approve.code()),
        ("version", "1"),
        ("reason", ""),
        ("password", PASSWORD),
    ];
    let form = parsed(DecideWaiver::parse(&fields(&form)))?;
    service.decide_waiver(&decider.actor, &key, number, form).await?;
    service.request_review(&cast.manager, &key).await?;
    Ok(key)
}

/// Lets the waiver end soon: waivers end with a day, and nobody waits for that here.
async fn end_in(arena: &Arena, key: &FeatureKey, milliseconds: i64) -> TestResult {
    arena
        .hand
        .execute(
            "with moved as (
                 update waiver w set until = clock_timestamp() + $2::bigint * interval '1 millisecond'
                 from feature f where f.id = w.feature_id and f.number = $1
                 returning w.feature_id, w.until
             )
             update gate_state g set changes_at = m.until from moved m where g.feature_id = m.feature_id",
            &[&key.number, &milliseconds],
        )
        .await?;
    Ok(())
}

/// A feature whose gate waits for its second sign-off, while the waiver on which it rests still holds; and its dossier.
async fn almost_signed(arena: &Arena, before: &Signer) -> TestResult<(FeatureKey, String)> {
    let mut term = TERM;
    loop {
        let key = waived(arena, before).await?;
        end_in(arena, &key, term).await?;
        match arena.sign_before(before, &key).await {
            Err(error) if is_over(arena, &key, 0).await? => {
                println!("{key}: too late to sign before: {error}");
            }
            other => other?,
        }
        let dossier = arena.world.dossier(&key).await?.to_string();
        if !is_over(arena, &key, 0).await? {
            return Ok((key, dossier));
        }
        // The machine has other things to do.
        term *= 2;
    }
}

/// Returns when the database's clock is so many microseconds before the end of the waiver.
async fn wait_for_end(arena: &Arena, key: &FeatureKey, before: i64) -> TestResult {
    while !is_over(arena, key, before).await? {}
    Ok(())
}

/// Whether the database's clock is as far.
async fn is_over(arena: &Arena, key: &FeatureKey, before: i64) -> TestResult<bool> {
    let sql = "select clock_timestamp() >= w.until - $2::bigint * interval '1 microsecond'
               from waiver w join feature f on f.id = w.feature_id where f.number = $1";
    Ok(arena.watcher.query_one(sql, &[&key.number, &before]).await?.get(0))
}

/// Writes to the feature, at the moment at which the waiver is over: by a person at the other server, or as a job of a
/// third process. Both note that it has lapsed.
async fn note_lapse(arena: &Arena, key: &FeatureKey, manager: &Browser, number: usize) -> TestResult {
    wait_for_end(arena, key, 0).await?;
    if number.is_multiple_of(2) {
        arena.world.service.run_due_jobs().await?;
        return Ok(());
    }
    let owner = arena.world.cast.manager.person.to_string();
    let form = [
        ("version", "1"),
        ("title", "Pay by link"),
        ("description", "A link that asks for a payment."),
        ("owner", &owner),
        ("target-date", "2099-12-31"),
    ];
    let answer = manager.post(arena.ports(number / 2).1, &format!("/features/{key}/edit"), &form).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{key}: {}", answer.body);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_gate_opens_on_a_waiver_that_is_over() -> TestResult {
    let arena = Arena::open().await?;
    let (before, last) = (arena.reviewer("Quinn Before").await?, arena.reviewer("Quentin Last").await?);
    let manager = arena.browser(&arena.world.cast.manager).await?;
    let lead = Lead {
        microseconds: AtomicI64::new(15_000),
        opened: AtomicUsize::new(0),
        refused: AtomicUsize::new(0),
    };
    arena
        .race("approve and lapse", async |_, number| {
            let (key, dossier) = almost_signed(&arena, &before).await?;
            let (mine, _) = arena.ports(number / 2);
            let approval = async {
                wait_for_end(&arena, &key, lead.microseconds.load(Ordering::Relaxed)).await?;
                approve(&last.browser, mine, &key, &dossier).await
            };
            let (approved, ()) = tokio::try_join!(approval, note_lapse(&arena, &key, &manager, number))?;
            until("the lapse is on record", async || {
                arena.world.service.run_due_jobs().await?;
                let sql = "select w.state = 'lapsed' from waiver w join feature f on f.id = w.feature_id
                           where f.number = $1";
                Ok(arena.watcher.query_one(sql, &[&key.number]).await?.get(0))
            })
            .await?;
            let row = arena
                .watcher
                .query_one(
                    "select a.outcome is not distinct from 'opened', coalesce(a.ended_at < w.until, false),
                            (select count(*) from sign_off s where s.feature_id = f.id and s.ended is null),
                            (select count(*) from sign_off s where s.feature_id = f.id and s.ended = 'voided'),
                            exists (select from gate_blocker b where b.feature_id = f.id and b.subject = $2)
                     from feature f
                     join gate_attempt a on a.feature_id = f.id and a.phase = 'build' and a.cycle = 1
                     join waiver w on w.feature_id = f.id
                     where f.number = $1",
                    &[&key.number, &WAIVED],
                )
                .await?;
            let (opened, in_time): (bool, bool) = (row.get(0), row.get(1));
            let (standing, voided): (i64, i64) = (row.get(2), row.get(3));
            assert!(row.get::<_, bool>(4), "{key}: what was waived blocks again");
            match (opened, approved.status) {
                (true, StatusCode::SEE_OTHER) => {
                    assert!(in_time, "{key} opened when the waiver was over");
                    assert_eq!((standing, voided), (2, 0), "{key}");
                    lead.opened.fetch_add(1, Ordering::Relaxed);
                }
                (false, StatusCode::CONFLICT) => {
                    assert_eq!((standing, voided), (0, 1), "{key}");
                    lead.refused.fetch_add(1, Ordering::Relaxed);
                }
                (_, status) => return Err(format!("{key}: {status} {}", approved.body).into()),
            }
            lead.note(opened);
            Ok(())
        })
        .await?;
    arena.stands_on_firm_ground().await?;
    let [opened, refused] = [&lead.opened, &lead.refused].map(|count| count.load(Ordering::Relaxed));
    println!("the approval was first {opened} times; the end was {refused} times, and it was refused");
    let enough = races()? / 50;
    assert!(opened >= enough && refused >= enough, "{opened} to {refused}");
    arena.close().await
}
