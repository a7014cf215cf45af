//! What people are told of waivers, and the job that notes a lapse.

use sluice_domain::{access::Role, gate::Verdict, lifecycle::Refusal, notification::Notice, policy::Tier};
use sluice_service::{Actor, Error, new_form_id};
use time::{Duration, macros::date};

use crate::{
    support::{TestResult, World, steps::sign_form},
    waivers::{UNTIL, approve, ask, asking, blocks, waived},
};

#[tokio::test]
async fn approvers_are_told_of_a_request_and_whose_waiver_it_is_of_what_becomes_of_it() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let told = async |actor: &Actor| -> TestResult<Vec<Notice>> {
        Ok(service.notifications(actor, None).await?.items.into_iter().map(|item| item.notice).collect())
    };
    let (key, subject) = waived(&world).await?;
    let asked = Notice::WaiverRequested { number: 1 };
    let approved = Notice::WaiverApproved { number: 1, until: date!(2026 - 11 - 20) };
    for actor in [&cast.first, &cast.second] {
        assert!(told(actor).await?.contains(&asked), "{}", actor.name);
    }
    for actor in [&cast.developer, &cast.manager] {
        let told = told(actor).await?;
        assert!(told.contains(&approved) && !told.contains(&asked), "{}: {told:?}", actor.name);
    }
    assert!(!told(&cast.first).await?.contains(&approved), "who decides knows");

    // Lapsed, once, whatever notes it first: the next write or the job.
    world.clock.advance(UNTIL - world.clock.now());
    let anew = asking(&new_form_id(), &subject, "2026-12-01", "")?;
    service.request_waiver(&cast.tester, &key, anew).await?;
    service.run_due_jobs().await?;
    for actor in [&cast.developer, &cast.manager, &cast.first] {
        let lapsed = Notice::WaiverLapsed { number: 1 };
        assert_eq!(
            told(actor).await?.iter().filter(|notice| **notice == lapsed).count(),
            1,
            "{}",
            actor.name
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_job_notes_a_lapse_and_the_decision_knew_it_on_the_instant() -> TestResult {
    let world = World::new().await?;
    let service = &world.service;
    let (key, subject) = waived(&world).await?;
    let states = async |state: &str| {
        world.count(&format!("select count(*) from waiver where state = '{state}'")).await
    };
    world.clock.advance(UNTIL - world.clock.now() - Duration::SECOND);
    service.run_due_jobs().await?;
    assert_eq!((states("approved").await?, blocks(&world, &key, &subject).await?), (1, false));
    world.clock.advance(Duration::SECOND);
    assert!(blocks(&world, &key, &subject).await?);
    for _ in 0..2 {
        service.run_due_jobs().await?;
        assert_eq!((states("lapsed").await?, blocks(&world, &key, &subject).await?), (1, true));
    }
    assert_eq!(world.count("select count(*) from audit.event where verb = 'waiver.lapsed'").await?, 1);
    Ok(())
}

/// Between the end of a waiver and the job that notes it, pages and writes see what the job will leave.
#[tokio::test]
async fn who_signs_before_the_job_has_noted_a_lapse_signs_what_it_would_leave() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::High).await?;
    // Something that no other work of the gate brings along.
    let decision = service.feature_page(&cast.manager, &key).await?.summary.decision;
    let subject = decision.waivable.iter().find(|subject| subject.contains("/secure-communication"));
    let subject = subject.ok_or("it cannot be waived")?;
    ask(&world, &cast.developer, &key, subject).await?;
    approve(&world, &cast.first, &key, 1).await?;
    world.hand_over(&key).await?;
    world.approve(&key).await?;
    world.hand_over(&key).await?;
    let reviewer = Role::SecurityReviewer;
    world.sign(&cast.first, &key, reviewer, Verdict::Approve).await?;
    let shown = world.dossier(&key).await?;
    world.clock.advance(UNTIL - world.clock.now());
    let standing = "select count(*) from sign_off where ended is null and phase = 'design'";
    let lapsed = "select count(*) from audit.event where verb = 'waiver.lapsed'";
    let voided = "select count(*) from audit.event where verb = 'sign-off.voided'";

    // What was on screen before relied on the waiver.
    let late = service.sign_gate(&cast.second, &key, sign_form(Verdict::Approve, reviewer, shown)).await;
    assert!(matches!(late, Err(Error::Refused(Refusal::DossierChanged))), "{late:?}");
    assert_eq!((world.count(standing).await?, world.count(lapsed).await?), (1, 0), "nothing was written");
    assert!(blocks(&world, &key, subject).await?);
    let now = world.dossier(&key).await?;
    assert_ne!(now, shown, "the waiver left the dossier on the instant");

    // What is on screen now does not, and stands; the approval that did is voided in the same act.
    let progress = world.sign(&cast.second, &key, reviewer, Verdict::Approve).await?;
    assert_eq!(progress.attempt()?.phase.as_str(), "design", "what it waived blocks again");
    assert_eq!(
        (world.count(standing).await?, world.count(lapsed).await?, world.count(voided).await?),
        (1, 1, 1)
    );
    let page = service.review_page(&cast.second, &key).await?;
    assert!(page.sign_offs[0].mine && page.sign_offs[0].ended.is_none(), "{:?}", page.sign_offs[0]);
    // The job has nothing left to say about it.
    service.run_due_jobs().await?;
    assert_eq!(
        (world.count(standing).await?, world.count(lapsed).await?, world.count(voided).await?),
        (1, 1, 1)
    );
    assert_eq!(world.dossier(&key).await?, now);
    Ok(())
}
