//! The steps of a review: vetoes, edits under the reviewers' eyes, and gates that are handed back.

use sluice_domain::{
    access::Role,
    audit::Verb,
    gate::{Blocker, Verdict},
    ids::FeatureKey,
    lifecycle::{Progress, Refusal, Turn},
    policy::Tier,
};
use sluice_service::{
    Error,
    gates::{MySeat, PastSignOff},
};

use crate::{
    line::{new_value, story},
    stale::rename,
    support::{
        TestResult, World,
        steps::{request, sign_form},
    },
};

const REVIEWER: Role = Role::SecurityReviewer;

async fn sign_offs(world: &World, key: &FeatureKey) -> TestResult<Vec<PastSignOff>> {
    Ok(world.service.review_page(&world.cast.first, key).await?.sign_offs)
}

fn phase_of(progress: &Progress) -> &str {
    progress.attempt().map_or("", |attempt| attempt.phase.as_str())
}

#[tokio::test]
async fn a_person_has_one_standing_sign_off() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_review(Tier::Low).await?;
    let progress = world.sign(&cast.first, &key, REVIEWER, Verdict::Deny).await?;
    assert_eq!(phase_of(&progress), "requirements", "a denial opens nothing");
    for verdict in [Verdict::Approve, Verdict::Deny] {
        let again = world.sign(&cast.first, &key, REVIEWER, verdict).await;
        assert!(matches!(again, Err(Error::Refused(Refusal::AlreadySigned))), "{again:?}");
    }
    let page = world.service.review_page(&cast.first, &key).await?;
    let seat = page.attempt.ok_or("no attempt")?.seat;
    assert!(matches!(seat, MySeat::No(Refusal::AlreadySigned)), "the page says so before: {seat:?}");
    assert_eq!(sign_offs(&world, &key).await?.len(), 1);

    // Withdrawn, the person may sign anew in the same cycle.
    world.withdraw(&cast.first, &key).await?;
    let nothing = world.withdraw(&cast.first, &key).await;
    assert!(matches!(nothing, Err(Error::NotFound)), "{nothing:?}");
    let progress = world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    assert_eq!(phase_of(&progress), "design");
    Ok(())
}

#[tokio::test]
async fn a_filled_quorum_takes_no_further_approval() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_review(Tier::Low).await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Deny).await?;
    world.sign(&cast.second, &key, REVIEWER, Verdict::Approve).await?;
    world.withdraw(&cast.second, &key).await?;
    world.sign(&cast.second, &key, REVIEWER, Verdict::Approve).await?;
    let third = crate::support::cast::join(
        &world.service,
        &cast.admin,
        "Theo Third",
        &[],
        Some(cast.product),
        &[REVIEWER],
    )
    .await?;
    let full = world.sign(&third, &key, REVIEWER, Verdict::Approve).await;
    assert!(matches!(full, Err(Error::Refused(Refusal::SeatsFilled(REVIEWER)))), "{full:?}");
    Ok(())
}

#[tokio::test]
async fn a_denial_vetoes_until_it_is_withdrawn_and_then_the_gate_opens() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_review(Tier::Low).await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Deny).await?;
    world.tick();
    let progress = world.sign(&cast.second, &key, REVIEWER, Verdict::Approve).await?;
    assert_eq!(phase_of(&progress), "requirements", "the quorum is there, the veto stands");
    let blockers = world.blockers(&key).await?;
    assert_eq!(blockers, [Blocker::Vetoed { name: cast.first.name.clone(), role: REVIEWER }]);

    world.tick();
    let guessed = world.withdraw_with("nine herons over a slow river", &cast.first, &key).await;
    assert!(
        matches!(guessed, Err(Error::Invalid(_))),
        "it takes the password, as it may open the gate: {guessed:?}"
    );
    let progress = world.withdraw(&cast.first, &key).await?;
    assert_eq!(phase_of(&progress), "design", "nothing else was missing");
    let story = story(&world, &key).await?;
    let last: Vec<_> = story.iter().filter_map(|entry| entry.verb).collect();
    assert!(last.contains(&Verb::SignOffWithdrawn) && last.contains(&Verb::GateOpened));
    let record = sign_offs(&world, &key).await?;
    let denial =
        record.iter().find(|sign_off| sign_off.verdict == Verdict::Deny).ok_or("the denial is gone")?;
    let (how, _, why) = denial.ended.clone().ok_or("it still stands")?;
    assert_eq!((how.as_str(), why.as_str()), ("withdrawn", "I read it again."));
    Ok(())
}

#[tokio::test]
async fn an_edit_during_the_review_voids_approvals_and_says_so() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_review(Tier::Low).await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Deny).await?;
    world.tick();
    world.sign(&cast.second, &key, REVIEWER, Verdict::Approve).await?;
    world.tick();

    // Owner and target date are no part of the dossier.
    let mut edit = rename(&world, "Pay by link", 1)?;
    edit.owner = cast.developer.person;
    service.edit_feature(&cast.manager, &key, edit).await?;
    assert!(sign_offs(&world, &key).await?.iter().all(|sign_off| sign_off.ended.is_none()));

    world.tick();
    let mut edit = rename(&world, "Pay by any link", 2)?;
    edit.owner = cast.developer.person;
    service.edit_feature(&cast.manager, &key, edit).await?;
    let record = sign_offs(&world, &key).await?;
    let approval =
        record.iter().find(|sign_off| sign_off.verdict == Verdict::Approve).ok_or("no approval")?;
    assert_eq!(approval.ended.as_ref().map(|(how, ..)| how.as_str()), Some("voided"));
    let denial = record.iter().find(|sign_off| sign_off.verdict == Verdict::Deny).ok_or("no denial")?;
    assert_eq!(denial.ended, None, "an edit of one letter does not lift a veto");

    let story = story(&world, &key).await?;
    let edited = story.iter().rfind(|entry| entry.verb == Some(Verb::FeatureEdited)).ok_or("no edit")?;
    let voided: Vec<_> = story.iter().filter(|entry| entry.verb == Some(Verb::SignOffVoided)).collect();
    assert_eq!(voided.len(), 1);
    assert_eq!((voided[0].at, voided[0].actor), (edited.at, edited.actor), "in the same act, by who edited");
    let now = world.dossier(&key).await?;
    assert_eq!(new_value(voided[0], "dossier"), Some(now.to_string().as_str()));
    assert_ne!(approval.dossier, now);

    // The cycle goes on: the reviewer reads what changed and signs again.
    let page = service.review_page(&cast.second, &key).await?.attempt.ok_or("no attempt")?;
    assert_eq!(page.attempt.cycle, 1);
    assert!(page.compared.is_some() && !page.changes.is_empty(), "the page shows what changed since");
    world.sign(&cast.second, &key, REVIEWER, Verdict::Approve).await?;
    let progress = world.withdraw(&cast.first, &key).await?;
    assert_eq!(phase_of(&progress), "design");
    Ok(())
}

#[tokio::test]
async fn what_was_not_read_is_not_signed() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_review(Tier::Low).await?;
    let read = world.dossier(&key).await?;
    service.edit_feature(&cast.manager, &key, rename(&world, "Pay by any link", 1)?).await?;
    for verdict in [Verdict::Approve, Verdict::Deny] {
        let signed = service.sign_gate(&cast.first, &key, sign_form(verdict, REVIEWER, read)).await;
        assert!(matches!(signed, Err(Error::Refused(Refusal::DossierChanged))), "{signed:?}");
    }
    assert_eq!(sign_offs(&world, &key).await?.len(), 0);
    // Even back to the same words: another version is another dossier.
    service.edit_feature(&cast.manager, &key, rename(&world, "Pay by link", 2)?).await?;
    assert_ne!(world.dossier(&key).await?, read);
    Ok(())
}

#[tokio::test]
async fn a_return_starts_the_next_cycle_and_keeps_the_record() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_review(Tier::Low).await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Deny).await?;
    world.tick();
    let covers = world.dossier(&key).await?;
    let stale = world.hand_back(&cast.first, &key, 2).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    let vetoed = world.hand_back(&cast.second, &key, 1).await;
    assert!(
        matches!(vetoed, Err(Error::Refused(Refusal::DeniedByOther))),
        "nobody ends another's veto: {vetoed:?}"
    );
    world.hand_back(&cast.first, &key, 1).await?;

    let page = service.review_page(&cast.second, &key).await?;
    let attempt = page.attempt.ok_or("no attempt")?.attempt;
    assert_eq!((attempt.cycle, &attempt.turn), (2, &Turn::Team));
    let [returned] = page.returned.as_slice() else { return Err("one attempt was returned".into()) };
    assert_eq!((returned.cycle, returned.reason.as_str()), (1, "Name the refunds."));
    assert_eq!(returned.by, cast.first.name);
    let [denial] = page.sign_offs.as_slice() else { return Err("the old sign-off is gone".into()) };
    assert_eq!((denial.cycle, denial.current, denial.ended.as_ref()), (1, false, None));
    let late = service.sign_gate(&cast.first, &key, sign_form(Verdict::Approve, REVIEWER, covers)).await;
    assert!(matches!(late, Err(Error::Refused(Refusal::NotInReview))), "{late:?}");
    let late = world.withdraw(&cast.first, &key).await;
    assert!(matches!(late, Err(Error::NotFound)), "what belongs to an ended cycle stays: {late:?}");

    // The denial of cycle 1 is no veto in cycle 2, and who signed then may sign now.
    assert!(!world.blockers(&key).await?.iter().any(|blocker| matches!(blocker, Blocker::Vetoed { .. })));
    request(service, &cast.manager, &key).await?;
    assert_ne!(world.dossier(&key).await?, covers, "the cycle is part of what is signed");
    let progress = world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    assert_eq!(phase_of(&progress), "design");
    let record = sign_offs(&world, &key).await?;
    let cycles: Vec<_> = record.iter().map(|sign_off| (sign_off.cycle, sign_off.verdict)).collect();
    assert_eq!(cycles, [(2, Verdict::Approve), (1, Verdict::Deny)]);
    let steps = service.feature_page(&cast.manager, &key).await?.summary.steps;
    assert!(matches!(steps[0].state, sluice_service::features::PhaseState::Passed { cycle: 2, .. }));
    Ok(())
}

#[tokio::test]
async fn who_holds_two_seats_acts_in_the_one_they_took() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::Medium, "release").await?;
    world.hand_over(&key).await?;
    let roles = [REVIEWER, Role::ReleaseManager];
    let both =
        crate::support::cast::join(service, &cast.admin, "Bo Both", &[], Some(cast.product), &roles).await?;
    world.sign(&both, &key, Role::ReleaseManager, Verdict::Approve).await?;
    world.tick();
    world.withdraw(&both, &key).await?;
    world.tick();
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    world.tick();
    let progress = world.sign(&both, &key, Role::ReleaseManager, Verdict::Approve).await?;
    assert_eq!(phase_of(&progress), "post-release");
    let story = story(&world, &key).await?;
    let own = story.iter().filter(|entry| entry.actor == Some(both.person));
    let own: Vec<_> = own.filter_map(|entry| Some((entry.verb?, entry.role?))).collect();
    let verbs = [Verb::GateSigned, Verb::SignOffWithdrawn, Verb::GateSigned, Verb::GateOpened];
    assert_eq!(own, verbs.map(|verb| (verb, Role::ReleaseManager)));
    Ok(())
}
