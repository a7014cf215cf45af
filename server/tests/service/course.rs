//! A feature's course besides its gates: hold and resume, cancel and reopen, move back.

use sluice_domain::{
    access::{Action, Role},
    audit::Verb,
    form::Fields,
    gate::{Mark, Verdict},
    ids::FeatureKey,
    lifecycle::{Progress, Refusal, Turn},
    policy::{EvidenceKind, Tier},
    record::RecordKind,
};
use sluice_service::{
    Actor, Error,
    course::{CancelFeature, CourseKind, HoldFeature, MoveBack, ReopenFeature, ResumeFeature},
    features::{FeatureFilter, Included, PhaseState, Rest},
    new_form_id,
    talk::WriteComment,
};

use crate::{
    line::{new_value, story},
    stale::rename,
    support::{
        TestResult, World, fields,
        forms::{command, filled},
        steps::{answers_form, evidence_form, mark_form, parsed, phase_key, request, threat_form, upload},
    },
};

const REVIEWER: Role = Role::SecurityReviewer;

/// The steps that begin or end a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Hold,
    Resume,
    Cancel,
    Reopen,
}

impl World {
    /// Takes a step, with the form of this id.
    pub(crate) async fn rest(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        step: Step,
        id: &str,
    ) -> Result<(), Error> {
        let form = fields(&[("id", id), ("reason", "The supplier is late.")]);
        let service = &self.service;
        match step {
            Step::Hold => service.hold_feature(actor, key, HoldFeature::parse(&form)?).await,
            Step::Resume => service.resume_feature(actor, key, ResumeFeature::parse(&form)?).await,
            Step::Cancel => service.cancel_feature(actor, key, CancelFeature::parse(&form)?).await,
            Step::Reopen => service.reopen_feature(actor, key, ReopenFeature::parse(&form)?).await,
        }
    }

    /// Takes a step as the manager.
    async fn manage(&self, key: &FeatureKey, step: Step) -> Result<(), Error> {
        self.tick();
        self.rest(&self.cast.manager, key, step, &new_form_id()).await
    }

    async fn progress(&self, key: &FeatureKey) -> TestResult<Progress> {
        Ok(self.service.feature_page(&self.cast.auditor, key).await?.summary.progress)
    }

    /// What the page shows of a move back, digest included.
    async fn seen(&self, actor: &Actor, key: &FeatureKey, to: &str) -> TestResult<String> {
        let page = self.service.course_page(actor, key, &fields(&[("to", to)])).await?;
        let effect = page.back.ok_or("the page says nothing of a move back")?;
        Ok(effect.map_err(|refusal| format!("{refusal}"))?.seen.to_string())
    }

    /// Moves back after reading what that does.
    pub(crate) async fn move_back(&self, actor: &Actor, key: &FeatureKey, to: &str) -> TestResult {
        let seen = self.seen(actor, key, to).await?;
        Ok(self.service.move_back(actor, key, back_form(&new_form_id(), to, &seen)?).await?)
    }
}

pub(crate) fn back_form(id: &str, to: &str, seen: &str) -> TestResult<MoveBack> {
    let form = [("id", id), ("to", to), ("seen", seen), ("reason", "The design leaves refunds out.")];
    parsed(MoveBack::parse(&fields(&form)))
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> TestResult<Refusal> {
    match result {
        Err(Error::Refused(refusal)) => Ok(refusal),
        other => Err(format!("not refused: {other:?}").into()),
    }
}

/// Everything that can be written to a feature, each as somebody who might.
async fn writes(world: &World, key: &FeatureKey) -> TestResult<Vec<(&'static str, Result<(), Error>)>> {
    let (service, cast) = (&world.service, world.cast);
    let phase = phase_key("requirements")?;
    let mark = mark_form("scope-and-goals", Mark::Open, "Said again.", 0)?;
    let evidence = evidence_form(&new_form_id(), EvidenceKind::Other, &[])?;
    let file = upload("plan.json", b"{}").await?;
    let record = command(RecordKind::Plan, filled(RecordKind::Plan, world.named(), "The plan."))?;
    Ok(vec![
        ("edit", service.edit_feature(&cast.manager, key, rename(world, "Renamed", 1)?).await),
        ("mark", service.mark_control(&cast.manager, key, &phase, mark).await),
        ("evidence", service.add_evidence(&cast.developer, key, evidence, file).await.map(drop)),
        ("threat model", service.answer_threat_model(&cast.developer, key, answers_form("Links.", 0)?).await),
        ("threat", service.add_threat(&cast.developer, key, threat_form(&new_form_id())?).await.map(drop)),
        ("record", service.add_record(&cast.manager, key, record).await.map(drop)),
        ("request", request(service, &cast.manager, key).await),
        ("withdraw", world.withdraw(&cast.first, key).await.map(drop)),
        ("return", world.hand_back(&cast.second, key, 1).await),
        (
            "move back",
            service
                .move_back(&cast.manager, key, back_form(&new_form_id(), "requirements", &"0".repeat(64))?)
                .await,
        ),
    ])
}

#[tokio::test]
async fn on_hold_and_cancelled_nothing_is_written_and_everything_stands() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::High, "design").await?;
    world.hand_over(&key).await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    let before = world.progress(&key).await?;
    for (begin, end, expected) in
        [(Step::Hold, Step::Resume, Refusal::OnHold), (Step::Cancel, Step::Reopen, Refusal::Cancelled)]
    {
        world.manage(&key, begin).await?;
        let events = world.events().await?;
        for (what, outcome) in writes(&world, &key).await? {
            assert_eq!(refusal(outcome)?, expected, "{what} after {begin:?}");
        }
        assert_eq!(world.events().await?, events, "a refused write leaves no event");
        let page = world.service.feature_page(&cast.auditor, &key).await?;
        let resting = page.summary.resting.ok_or("the page does not say who and why")?;
        assert_eq!(
            (resting.by.as_str(), resting.reason.as_str()),
            (&*cast.manager.name, "The supplier is late.")
        );
        assert!(world.service.review_page(&cast.first, &key).await?.attempt.is_none(), "nothing to sign");
        let inbox = world.service.my_work(&cast.second).await?;
        assert!(inbox.mine.is_empty(), "nobody is asked for anything: {:?}", inbox.mine);

        // Talking about it stays open.
        let comment = parsed(WriteComment::parse(&fields(&[("id", &new_form_id()), ("text", "When?")])))?;
        world.service.write_comment(&cast.developer, &key, comment).await?;

        world.manage(&key, end).await?;
        let after = world.progress(&key).await?;
        let (before, after) = (before.attempt()?, after.attempt()?);
        assert_eq!((&before.phase, before.cycle, &before.turn), (&after.phase, after.cycle, &after.turn));
        assert!(after.since > before.since, "the turn runs again from then on");
    }
    let sign_offs = world.service.review_page(&cast.first, &key).await?.sign_offs;
    assert!(sign_offs.iter().all(|sign_off| sign_off.ended.is_none()), "{sign_offs:?}");
    assert_eq!(sign_offs.iter().filter(|sign_off| sign_off.current).count(), 1);
    // What was missing before is enough now: the first sign-off still counts.
    let progress = world.sign(&cast.second, &key, REVIEWER, Verdict::Approve).await?;
    assert_eq!(progress.attempt()?.phase.as_str(), "development");

    let verbs: Vec<Verb> = story(&world, &key).await?.iter().filter_map(|entry| entry.verb).collect();
    for verb in [Verb::FeatureHeld, Verb::FeatureResumed, Verb::FeatureCancelled, Verb::FeatureReopened] {
        assert_eq!(verbs.iter().filter(|other| **other == verb).count(), 1, "{verb:?}");
    }
    let page = world.service.course_page(&cast.auditor, &key, &Fields::default()).await?;
    let kinds: Vec<CourseKind> = page.changes.iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [CourseKind::Reopened, CourseKind::Cancelled, CourseKind::Resumed, CourseKind::Held]);
    Ok(())
}

#[tokio::test]
async fn each_step_fits_where_it_begins_and_is_taken_once() -> TestResult {
    let world = World::new().await?;
    let manager = &world.cast.manager;
    let key = world.feature(Tier::Low).await?;
    assert_eq!(refusal(world.manage(&key, Step::Resume).await)?, Refusal::NotOnHold);
    assert_eq!(refusal(world.manage(&key, Step::Reopen).await)?, Refusal::NotCancelled);
    let id = new_form_id();
    world.rest(manager, &key, Step::Hold, &id).await?;
    let events = world.events().await?;
    world.rest(manager, &key, Step::Hold, &id).await?;
    assert_eq!(world.events().await?, events, "the form was sent twice");
    assert_eq!(refusal(world.manage(&key, Step::Hold).await)?, Refusal::OnHold);
    assert_eq!(refusal(world.manage(&key, Step::Reopen).await)?, Refusal::NotCancelled);
    world.manage(&key, Step::Cancel).await?;
    assert_eq!(refusal(world.manage(&key, Step::Cancel).await)?, Refusal::Cancelled);
    assert_eq!(refusal(world.manage(&key, Step::Hold).await)?, Refusal::Cancelled);
    assert_eq!(refusal(world.manage(&key, Step::Resume).await)?, Refusal::Cancelled);
    // Another step under the id of the first is nobody's.
    let stolen = world.rest(manager, &key, Step::Reopen, &id).await;
    assert!(matches!(stolen, Err(Error::NotFound)), "{stolen:?}");
    world.manage(&key, Step::Reopen).await?;

    // A day that is over is no day to look at it again; today is.
    for (day, fits) in [("2026-11-02", false), ("2026-11-03", true)] {
        let form = fields(&[("id", &new_form_id()), ("reason", "The supplier is late."), ("until", day)]);
        let held = world.service.hold_feature(manager, &key, parsed(HoldFeature::parse(&form))?).await;
        assert_eq!(held.is_ok(), fits, "{day}: {held:?}");
    }
    let Progress::Held { until, .. } = world.progress(&key).await? else {
        return Err("it is not on hold".into());
    };
    assert_eq!(until.map(|day| day.to_string()).as_deref(), Some("2026-11-03"));
    for empty in ["", "  "] {
        let form = fields(&[("id", &new_form_id()), ("reason", empty)]);
        assert!(HoldFeature::parse(&form).is_err() && CancelFeature::parse(&form).is_err());
        assert!(ReopenFeature::parse(&form).is_err() && ResumeFeature::parse(&form).is_ok());
    }
    Ok(())
}

#[tokio::test]
async fn lists_tell_what_rests_and_the_board_shows_what_is_worked_on() -> TestResult {
    let world = World::new().await?;
    let (held, cancelled) = (world.feature(Tier::Low).await?, world.feature(Tier::Low).await?);
    world.manage(&held, Step::Hold).await?;
    world.manage(&cancelled, Step::Cancel).await?;
    let list = async |included| -> TestResult<Vec<(String, Option<Rest>)>> {
        let filter = FeatureFilter { included, ..FeatureFilter::default() };
        let items = world.service.features(&world.cast.manager, &filter).await?.items;
        Ok(items.into_iter().map(|item| (item.key.to_string(), item.rest)).collect())
    };
    assert_eq!(list(Included::UnderWay).await?, [(held.to_string(), Some(Rest::Held))]);
    assert_eq!(list(Included::Cancelled).await?, [(cancelled.to_string(), Some(Rest::Cancelled))]);
    assert_eq!(list(Included::Finished).await?, []);
    assert_eq!(list(Included::All).await?.len(), 2);
    let filter = FeatureFilter { board: true, ..FeatureFilter::default() };
    let board = world.service.feature_board(&world.cast.manager, &filter).await?;
    assert!(board.columns.iter().all(|column| column.count == 0));
    Ok(())
}

#[tokio::test]
async fn the_course_is_the_managers_and_nobody_elses_product() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.feature(Tier::Low).await?;
    for step in [Step::Hold, Step::Resume, Step::Cancel, Step::Reopen] {
        let action = match step {
            Step::Hold | Step::Resume => Action::HoldFeature,
            Step::Cancel | Step::Reopen => Action::CancelFeature,
        };
        for actor in [&cast.developer, &cast.first, &cast.releaser, &cast.auditor] {
            let denied = world.rest(actor, &key, step, &new_form_id()).await;
            assert!(matches!(denied, Err(Error::Denied(it)) if it == action), "{step:?}: {denied:?}");
        }
        for actor in [&cast.stranger, &cast.admin] {
            let nothing = world.rest(actor, &key, step, &new_form_id()).await;
            assert!(
                matches!(nothing, Err(Error::NotFound | Error::Denied(_))),
                "{step:?} by {}: {nothing:?}",
                actor.name
            );
        }
        let nothing = world.rest(&cast.stranger, &key, step, &new_form_id()).await;
        assert!(matches!(nothing, Err(Error::NotFound)), "{nothing:?}");
    }
    let seen = "0".repeat(64);
    let moved = async |actor: &Actor| {
        let form = back_form(&new_form_id(), "requirements", &seen).map_err(Error::internal)?;
        world.service.move_back(actor, &key, form).await
    };
    assert!(matches!(moved(&cast.developer).await, Err(Error::Denied(Action::MoveBack))));
    assert!(matches!(moved(&cast.stranger).await, Err(Error::NotFound)));
    let page = world.service.course_page(&cast.stranger, &key, &Fields::default()).await;
    assert!(matches!(page, Err(Error::NotFound)), "{page:?}");
    Ok(())
}

#[tokio::test]
async fn back_and_forward_again_begins_new_cycles_and_deletes_nothing() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::High, "development").await?;
    world.hand_over(&key).await?;
    world.tick();
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    let signed = world.service.review_page(&cast.first, &key).await?.sign_offs.len();

    // The page says by name what ends.
    let page = world.service.course_page(&cast.manager, &key, &fields(&[("to", "requirements")])).await?;
    let effect = page.back.ok_or("no effect")?.map_err(|refusal| format!("{refusal}"))?;
    assert_eq!(effect.voided, [(cast.first.name.clone(), REVIEWER, Verdict::Approve)]);
    assert_eq!(effect.undone.len(), 2, "{effect:?}");
    assert_eq!(effect.cycle, 2);

    world.tick();
    world.move_back(&cast.manager, &key, "requirements").await?;
    let progress = world.progress(&key).await?;
    let attempt = progress.attempt()?;
    assert_eq!((attempt.phase.as_str(), attempt.cycle, &attempt.turn), ("requirements", 2, &Turn::Team));
    let summary = world.service.feature_page(&cast.manager, &key).await?.summary;
    let passed = summary.steps.iter().filter(|step| matches!(step.state, PhaseState::Passed { .. })).count();
    assert_eq!(passed, 0, "the gates from there on are closed again");

    let sign_offs = world.service.review_page(&cast.first, &key).await?.sign_offs;
    assert_eq!(sign_offs.len(), signed, "nothing is deleted");
    let voided: Vec<_> = sign_offs.iter().filter(|sign_off| sign_off.ended.is_some()).collect();
    assert_eq!(voided.len(), 1, "what was signed at gates that had opened stays in the record as it is");
    let (how, _, why) = voided[0].ended.clone().ok_or("it did not end")?;
    assert_eq!((how.as_str(), why.as_str()), ("voided", "The feature was moved back."));
    assert!(sign_offs.iter().all(|sign_off| !sign_off.current), "none counts in the new cycle");

    let told = story(&world, &key).await?;
    let verbs: Vec<_> = told.iter().rev().take(2).filter_map(|entry| entry.verb).collect();
    assert_eq!(verbs, [Verb::SignOffVoided, Verb::FeatureMovedBack]);
    let moved = told.iter().find(|entry| entry.verb == Some(Verb::FeatureMovedBack)).ok_or("no event")?;
    assert_eq!(moved.reason.as_deref(), Some("The design leaves refunds out."));
    assert_eq!(new_value(moved, "cycle"), Some("2"));

    // Forward again: every gate asks for its sign-offs anew.
    for (phase, cycle) in [("requirements", 2), ("design", 2), ("development", 2), ("testing", 1)] {
        let progress = world.progress(&key).await?;
        let attempt = progress.attempt()?;
        assert_eq!((attempt.phase.as_str(), attempt.cycle), (phase, cycle));
        if phase == "testing" {
            break;
        }
        assert!(world.blockers(&key).await?.iter().any(|blocker| blocker.code() == "sign-off.missing"));
        world.hand_over(&key).await?;
        world.approve(&key).await?;
    }
    let attempts = world.count("select count(*) from gate_attempt").await?;
    assert_eq!(attempts, 3 + 3 + 1, "three attempts that were undone or left, three anew, and testing");
    Ok(())
}

#[tokio::test]
async fn a_move_back_does_what_was_shown_and_nothing_else() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::High, "design").await?;
    world.hand_over(&key).await?;
    let seen = world.seen(&cast.manager, &key, "requirements").await?;
    // Somebody signs after the page was read: the form names a move that voids nothing.
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    let form = || back_form(&new_form_id(), "requirements", &seen);
    let stale = world.service.move_back(&cast.manager, &key, form()?).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    assert_eq!(world.progress(&key).await?.attempt()?.phase.as_str(), "design");

    for to in ["design", "testing", "elsewhere"] {
        let page = world.service.course_page(&cast.manager, &key, &fields(&[("to", to)])).await?;
        assert!(matches!(page.back, Some(Err(Refusal::NotEarlier))), "{to}: {:?}", page.back);
        let refused =
            world.service.move_back(&cast.manager, &key, back_form(&new_form_id(), to, &seen)?).await;
        assert_eq!(refusal(refused)?, Refusal::NotEarlier, "{to}");
    }

    // Nobody else's veto ends by it; who denied may move it back.
    world.sign(&cast.second, &key, REVIEWER, Verdict::Deny).await?;
    let page = world.service.course_page(&cast.manager, &key, &fields(&[("to", "requirements")])).await?;
    assert!(matches!(page.back, Some(Err(Refusal::DeniedByOther))), "{:?}", page.back);
    assert_eq!(refusal(world.service.move_back(&cast.manager, &key, form()?).await)?, Refusal::DeniedByOther);
    let seen = world.seen(&cast.second, &key, "requirements").await?;
    let id = new_form_id();
    world.service.move_back(&cast.second, &key, back_form(&id, "requirements", &seen)?).await?;
    let events = world.events().await?;
    world.service.move_back(&cast.second, &key, back_form(&id, "requirements", &seen)?).await?;
    assert_eq!(world.events().await?, events, "the form was sent twice");
    assert_eq!(world.progress(&key).await?.attempt()?.cycle, 2);
    Ok(())
}

#[tokio::test]
async fn nobody_gets_past_a_veto_by_cancelling_and_reopening() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_review(Tier::Low).await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Deny).await?;
    world.manage(&key, Step::Cancel).await?;
    world.manage(&key, Step::Reopen).await?;
    let progress = world.sign(&cast.second, &key, REVIEWER, Verdict::Approve).await?;
    assert_eq!(progress.attempt()?.phase.as_str(), "requirements", "the denial stands");
    assert!(world.blockers(&key).await?.iter().any(|blocker| blocker.code() == "sign-off.vetoed"));
    Ok(())
}

#[tokio::test]
async fn what_went_through_every_gate_keeps_its_course() -> TestResult {
    let world = World::new().await?;
    let key = world.in_phase(Tier::Low, "post-release").await?;
    world.hand_over(&key).await?;
    assert!(matches!(world.approve(&key).await?, Progress::Finished { .. }));
    for step in [Step::Hold, Step::Resume, Step::Cancel, Step::Reopen] {
        assert_eq!(refusal(world.manage(&key, step).await)?, Refusal::Finished, "{step:?}");
    }
    let back = back_form(&new_form_id(), "design", &"0".repeat(64))?;
    assert_eq!(refusal(world.service.move_back(&world.cast.manager, &key, back).await)?, Refusal::Finished);
    Ok(())
}
