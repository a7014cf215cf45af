//! Waivers from the request to the end: done, refused for each reason, stale, sent twice, lapsed on the instant.

use sluice_domain::{
    access::{Action, Role},
    audit::Verb,
    form::Problem,
    gate::{Blocker, Verdict},
    ids::FeatureKey,
    lifecycle::{Progress, Refusal},
    policy::Tier,
    waiver::{WaiverRefusal, WaiverState, WaiverVerdict},
};
use sluice_service::{
    Actor, Error, Voids,
    features::PhaseState,
    new_form_id,
    products::RoleChange,
    waivers::{DecideWaiver, EndWaiver, RequestWaiver, WaiverItem, WithdrawWaiver},
    work::Task,
};
use time::{
    Duration, OffsetDateTime,
    macros::{date, datetime},
};

use crate::{
    line::story,
    support::{
        TestResult, World,
        cast::{PASSWORD, answering, join},
        fields,
        steps::{parsed, request},
    },
};

/// The last day that these tests ask for, and when it is over.
const LAST_DAY: &str = "2026-11-20";
pub(crate) const UNTIL: OffsetDateTime = datetime!(2026-11-21 0:00 UTC);

/// What of the first gate may be waived: there is no plan yet.
pub(crate) async fn missing(world: &World, key: &FeatureKey) -> TestResult<Blocker> {
    let decision = world.service.feature_page(&world.cast.manager, key).await?.summary.decision;
    let found = decision.blockers.iter().find(|blocker| decision.may_waive(blocker));
    Ok(found.cloned().ok_or("nothing may be waived")?)
}

pub(crate) fn asking(id: &str, subject: &str, until: &str, renews: &str) -> TestResult<RequestWaiver> {
    let form = [
        ("id", id),
        ("subject", subject),
        ("reason", "The author is away until the end of the month."),
        ("compensation", "The team reviews every change of the scope together."),
        ("until", until),
        ("renews", renews),
    ];
    parsed(RequestWaiver::parse(&fields(&form)))
}

pub(crate) async fn ask(world: &World, actor: &Actor, key: &FeatureKey, subject: &str) -> Result<i32, Error> {
    let command = asking(&new_form_id(), subject, LAST_DAY, "").map_err(Error::internal)?;
    world.service.request_waiver(actor, key, command).await
}

fn deciding(verdict: WaiverVerdict, version: i32, password: &str) -> Result<DecideWaiver, Error> {
    let version = version.to_string();
    let reason = if verdict == WaiverVerdict::Refuse { "Write the plan." } else { "" };
    let form =
        [("verdict", verdict.code()), ("version", &*version), ("reason", reason), ("password", password)];
    Ok(DecideWaiver::parse(&fields(&form))?)
}

pub(crate) async fn approve(
    world: &World,
    actor: &Actor,
    key: &FeatureKey,
    number: i32,
) -> Result<(), Error> {
    let command = deciding(WaiverVerdict::Approve, 1, PASSWORD)?;
    world.service.decide_waiver(actor, key, number, command).await
}

async fn end(world: &World, actor: &Actor, key: &FeatureKey, number: i32, version: i32) -> Result<(), Error> {
    let version = version.to_string();
    let form = fields(&[("version", &version), ("reason", "It was put right.")]);
    world.service.end_waiver(actor, key, number, EndWaiver::parse(&form)?).await
}

async fn withdraw(world: &World, actor: &Actor, key: &FeatureKey, number: i32) -> Result<(), Error> {
    let form = fields(&[("version", "1")]);
    world.service.withdraw_waiver(actor, key, number, WithdrawWaiver::parse(&form)?).await
}

async fn read(world: &World, key: &FeatureKey, number: i32) -> TestResult<WaiverItem> {
    Ok(world.service.waiver_page(&world.cast.auditor, key, number).await?.waiver)
}

pub(crate) async fn blocks(world: &World, key: &FeatureKey, subject: &str) -> TestResult<bool> {
    Ok(world.blockers(key).await?.iter().any(|blocker| blocker.subject() == subject))
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, Error>) -> TestResult<WaiverRefusal> {
    match outcome {
        Err(Error::Refused(Refusal::Waiver(refusal))) => Ok(refusal),
        other => Err(format!("the rules of waivers do not refuse it: {other:?}").into()),
    }
}

fn problems<T: std::fmt::Debug>(outcome: Result<T, Error>) -> TestResult<Vec<(&'static str, Problem)>> {
    match outcome {
        Err(Error::Invalid(problems)) => {
            Ok(problems.into_iter().map(|problem| (problem.field, problem.problem)).collect())
        }
        other => Err(format!("the form is not refused: {other:?}").into()),
    }
}

/// A feature with one waiver in force, and what it waives.
pub(crate) async fn waived(world: &World) -> TestResult<(FeatureKey, String)> {
    let key = world.feature(Tier::Low).await?;
    let subject = missing(world, &key).await?.subject();
    ask(world, &world.cast.developer, &key, &subject).await?;
    approve(world, &world.cast.first, &key, 1).await?;
    Ok((key, subject))
}

#[tokio::test]
async fn a_waiver_is_asked_for_and_approved_by_somebody_else_and_no_longer_blocks() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let blocker = missing(&world, &key).await?;
    let subject = blocker.subject();
    assert_eq!(ask(&world, &cast.developer, &key, &subject).await?, 1);
    assert!(blocks(&world, &key, &subject).await?, "a request changes nothing yet");
    let item = read(&world, &key, 1).await?;
    assert_eq!((item.state, item.until, item.version), (WaiverState::Requested, UNTIL, 1));
    assert_eq!(item.blocker, sluice_domain::words::blocker(&blocker));

    // It waits for the reviewers, and for nobody else.
    let waits = async |actor: &Actor| -> TestResult<bool> {
        let mine = service.my_work(actor).await?.mine;
        Ok(mine.iter().any(|item| matches!(item.what, Task::DecideWaiver { number: 1, .. })))
    };
    assert!(waits(&cast.first).await? && waits(&cast.second).await?);
    for actor in [&cast.manager, &cast.developer, &cast.releaser, &cast.stranger, &cast.auditor] {
        assert!(!waits(actor).await?, "{}", actor.name);
    }

    world.tick();
    approve(&world, &cast.first, &key, 1).await?;
    let summary = service.feature_page(&cast.manager, &key).await?.summary;
    assert!(!summary.decision.blockers.iter().any(|blocker| blocker.subject() == subject));
    let [waived] = summary.decision.waived.as_slice() else { return Err("one thing is waived".into()) };
    assert_eq!((waived.waiver.number, waived.waiver.until), (1, UNTIL));
    assert!(!waits(&cast.second).await?, "it is decided");
    let decided = read(&world, &key, 1).await?.decided.ok_or("nobody decided")?;
    assert_eq!((decided.name.as_str(), decided.role), (cast.first.name.as_str(), Role::SecurityReviewer));

    // The history names who did what; the log has the password's step-up.
    let story = story(&world, &key).await?;
    let verbs: Vec<_> = story.iter().filter_map(|entry| entry.verb).collect();
    assert!(verbs.contains(&Verb::WaiverRequested) && verbs.contains(&Verb::WaiverApproved));
    assert_eq!(
        world.count("select count(*) from audit.event where verb = 'waiver.approved' and authentication = 'password'").await?,
        1
    );
    assert_eq!(world.count("select waived::bigint from gate_state").await?, 1);
    Ok(())
}

#[tokio::test]
async fn with_a_waiver_the_gate_opens_and_the_line_says_so() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let (key, subject) = waived(&world).await?;
    world.clear(&key).await?;
    assert!(!blocks(&world, &key, &subject).await?);
    request(service, &cast.manager, &key).await?;
    let page = service.review_page(&cast.second, &key).await?.attempt.ok_or("no attempt")?;
    let item = page.items.iter().find(|item| item.key == "W-1").ok_or("the dossier names the waiver")?;
    assert!(item.label.starts_with("W-1 waives: "), "{item:?}");
    // Who decided about a waiver reviewed, and may sign; who asked for it wrote a part of the dossier.
    let progress = world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    assert_eq!(progress.attempt()?.phase.as_str(), "design");
    let summary = service.feature_page(&cast.manager, &key).await?.summary;
    assert!(matches!(summary.steps[0].state, PhaseState::Passed { .. }));
    assert!(summary.decision.waived.iter().any(|waived| waived.blocker.subject() == subject), "still waived");

    // When it lapses the thing blocks the gate where the feature stands now, as what an earlier gate asked for.
    world.clock.advance(UNTIL - world.clock.now());
    let back = world.blockers(&key).await?;
    let back = back.iter().find(|blocker| blocker.subject() == subject).ok_or("it is not back")?;
    assert!(matches!(back, Blocker::Earlier { .. }), "{back:?}");
    assert!(
        !world.blockers(&key).await?.iter().any(|blocker| matches!(blocker, Blocker::Drifted { .. })),
        "a waiver that is over is no drift beside the thing itself"
    );
    Ok(())
}

#[tokio::test]
async fn nobody_decides_who_asked_or_contributed_or_whom_the_policy_does_not_name() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.feature(Tier::Low).await?;
    // A developer who is a reviewer too asks; another one of that kind has written a part.
    let both = async |name: &str| {
        join(
            &world.service,
            &cast.admin,
            name,
            &[],
            Some(cast.product),
            &[Role::Developer, Role::SecurityReviewer],
        )
        .await
    };
    let (asker, writer) = (both("Alma Asks").await?, both("Wim Writes").await?);
    world.mark(&writer, &key, "requirements", "security-requirements").await?;
    let subject = missing(&world, &key).await?.subject();
    ask(&world, &asker, &key, &subject).await?;
    let events = world.events().await?;

    for verdict in WaiverVerdict::ALL {
        let decide = async |actor: &Actor| {
            world.service.decide_waiver(actor, &key, 1, deciding(*verdict, 1, PASSWORD)?).await
        };
        assert_eq!(refusal(decide(&asker).await)?, WaiverRefusal::OwnRequest);
        assert_eq!(refusal(decide(&writer).await)?, WaiverRefusal::Contributor);
        for actor in [&cast.manager, &cast.developer, &cast.releaser, &cast.tester, &cast.stakeholder] {
            let denied = decide(actor).await;
            assert!(
                matches!(denied, Err(Error::Denied(Action::ApproveWaiver))),
                "{}: {denied:?}",
                actor.name
            );
        }
        let stranger = decide(&cast.stranger).await;
        assert!(matches!(stranger, Err(Error::NotFound)), "{stranger:?}");
    }
    let page = world.service.waiver_page(&asker, &key, 1).await?;
    assert_eq!(page.steps.decide, Err(WaiverRefusal::OwnRequest), "the page says so before");
    let guessed = deciding(WaiverVerdict::Approve, 1, "nine herons over a slow river")?;
    let guessed = world.service.decide_waiver(&cast.first, &key, 1, guessed).await;
    assert_eq!(problems(guessed)?, [("password", Problem::WrongPassword)]);
    assert_eq!(world.events().await?, events, "nothing was written");
    assert!(blocks(&world, &key, &subject).await?);

    // The database holds that nobody approves their own, whatever the program does.
    let error = world
        .as_superuser()
        .await?
        .batch_execute(
            "begin; select set_config('sluice.event', gen_random_uuid()::text, true);
             update waiver set state = 'approved', decided_by = requested_by, decided_at = now() where number = 1",
        )
        .await
        .err()
        .and_then(|error| error.as_db_error().map(|error| error.constraint().unwrap_or_default().to_owned()));
    assert_eq!(error.as_deref(), Some("waiver_by_another"));
    Ok(())
}

#[tokio::test]
async fn a_request_is_refused_for_each_reason() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let subject = missing(&world, &key).await?.subject();
    let never = world.blockers(&key).await?;
    let never = never
        .iter()
        .map(Blocker::subject)
        .find(|subject| subject.contains("risk-assessed"))
        .ok_or("the risk questionnaire is missing")?;
    let events = world.events().await?;

    for actor in [&cast.first, &cast.stakeholder] {
        let denied = ask(&world, actor, &key, &subject).await;
        assert!(matches!(denied, Err(Error::Denied(Action::RequestWaiver))), "{}: {denied:?}", actor.name);
    }
    let stranger = ask(&world, &cast.stranger, &key, &subject).await;
    assert!(matches!(stranger, Err(Error::NotFound)), "{stranger:?}");
    let asks = async |subject: &str, until: &str, renews: &str| -> TestResult<Result<i32, Error>> {
        let command = asking(&new_form_id(), subject, until, renews)?;
        Ok(service.request_waiver(&cast.developer, &key, command).await)
    };
    assert_eq!(refusal(asks(&never, LAST_DAY, "").await?)?, WaiverRefusal::NeverWaived);
    assert_eq!(refusal(asks("finding:9", LAST_DAY, "").await?)?, WaiverRefusal::NotBlocking);
    assert_eq!(refusal(asks(&subject, LAST_DAY, "7").await?)?, WaiverRefusal::NotInForce);
    assert_eq!(problems(asks(&subject, "2026-11-02", "").await?)?, [("until", Problem::DayOver)]);
    let last = date!(2027 - 02 - 01);
    assert_eq!(problems(asks(&subject, "2027-02-02", "").await?)?, [("until", Problem::DayTooLate { last })]);
    assert_eq!(world.events().await?, events, "nothing was written");

    let empty = RequestWaiver::parse(&fields(&[("id", &new_form_id())])).err().ok_or("it parses")?;
    let named: Vec<_> = empty.iter().map(|problem| problem.field).collect();
    assert_eq!(named, ["subject", "reason", "compensation", "until"]);

    assert_eq!(asks(&subject, LAST_DAY, "").await??, 1);
    assert_eq!(refusal(asks(&subject, LAST_DAY, "").await?)?, WaiverRefusal::Asked(1));
    approve(&world, &cast.first, &key, 1).await?;
    assert_eq!(refusal(asks(&subject, LAST_DAY, "").await?)?, WaiverRefusal::Waived(1));
    Ok(())
}

#[tokio::test]
async fn the_same_form_asks_once_and_other_content_is_refused() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let subject = missing(&world, &key).await?.subject();
    let id = new_form_id();
    let send = async |actor: &Actor, until: &str| -> TestResult<Result<i32, Error>> {
        Ok(service.request_waiver(actor, &key, asking(&id, &subject, until, "")?).await)
    };
    assert_eq!(send(&cast.developer, LAST_DAY).await??, 1);
    let events = world.events().await?;
    assert_eq!(send(&cast.developer, LAST_DAY).await??, 1);
    assert_eq!(world.events().await?, events);
    assert_eq!(problems(send(&cast.developer, "2026-11-19").await?)?, [("reason", Problem::SentBefore)]);
    let other = send(&cast.tester, LAST_DAY).await?;
    assert!(matches!(other, Err(Error::NotFound)), "{other:?}");
    assert_eq!(world.count("select count(*) from waiver").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_step_that_somebody_else_took_first_is_stale() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let (key, _) = waived(&world).await?;
    let late = approve(&world, &cast.second, &key, 1).await;
    assert!(matches!(late, Err(Error::Stale)), "{late:?}");
    let late = withdraw(&world, &cast.developer, &key, 1).await;
    assert!(matches!(late, Err(Error::Stale)), "{late:?}");
    let late = end(&world, &cast.first, &key, 1, 1).await;
    assert!(matches!(late, Err(Error::Stale)), "{late:?}");
    let again = deciding(WaiverVerdict::Refuse, 2, PASSWORD)?;
    let again = service.decide_waiver(&cast.second, &key, 1, again).await;
    assert_eq!(refusal(again)?, WaiverRefusal::Decided);
    for number in [2, 99] {
        let nothing = approve(&world, &cast.first, &key, number).await;
        assert!(matches!(nothing, Err(Error::NotFound)), "{nothing:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_request_is_refused_or_taken_back_and_keeps_blocking() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let subject = missing(&world, &key).await?.subject();
    ask(&world, &cast.developer, &key, &subject).await?;
    let silent = fields(&[("verdict", "refuse"), ("version", "1"), ("reason", ""), ("password", PASSWORD)]);
    let silent = DecideWaiver::parse(&silent).err().ok_or("a refusal needs a reason")?;
    assert_eq!(silent[0].problem, Problem::ReasonNeeded);
    let refuse = deciding(WaiverVerdict::Refuse, 1, PASSWORD)?;
    service.decide_waiver(&cast.first, &key, 1, refuse).await?;
    assert_eq!(read(&world, &key, 1).await?.state, WaiverState::Refused);

    // Asked for again, and taken back by who asked, and by nobody else.
    assert_eq!(ask(&world, &cast.developer, &key, &subject).await?, 2);
    assert_eq!(refusal(withdraw(&world, &cast.manager, &key, 2).await)?, WaiverRefusal::OthersRequest);
    withdraw(&world, &cast.developer, &key, 2).await?;
    let item = read(&world, &key, 2).await?;
    assert_eq!(item.state, WaiverState::Withdrawn);
    assert_eq!(item.ended.and_then(|end| end.name), Some(cast.developer.name.clone()));
    assert!(blocks(&world, &key, &subject).await?);
    assert_eq!(ask(&world, &cast.developer, &key, &subject).await?, 3, "and once more");

    // What was put right meanwhile can only be refused.
    world.clear(&key).await?;
    assert_eq!(refusal(approve(&world, &cast.first, &key, 3).await)?, WaiverRefusal::NotBlocking);
    Ok(())
}

#[tokio::test]
async fn a_request_whose_last_day_is_over_is_not_approved() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.feature(Tier::Low).await?;
    let subject = missing(&world, &key).await?.subject();
    ask(&world, &cast.developer, &key, &subject).await?;
    world.clock.advance(UNTIL - world.clock.now());
    assert_eq!(refusal(approve(&world, &cast.first, &key, 1).await)?, WaiverRefusal::TermOver);
    let page = world.service.waiver_page(&cast.first, &key, 1).await?;
    assert_eq!(page.steps.approve, Err(WaiverRefusal::TermOver));
    Ok(())
}

#[tokio::test]
async fn a_waiver_lapses_on_the_instant_and_the_blocker_is_back() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let (key, subject) = waived(&world).await?;
    world.clock.advance(UNTIL - world.clock.now() - Duration::NANOSECOND);
    assert!(!blocks(&world, &key, &subject).await?);
    assert_eq!(service.product_waivers(&cast.manager, &"PAY".parse()?, None).await?.in_force.len(), 1);
    world.clock.advance(Duration::NANOSECOND);
    assert!(blocks(&world, &key, &subject).await?, "nothing else has to happen");
    assert_eq!(read(&world, &key, 1).await?.state, WaiverState::Lapsed, "the pages say so too");
    assert!(service.product_waivers(&cast.manager, &"PAY".parse()?, None).await?.in_force.is_empty());
    assert_eq!(refusal(end(&world, &cast.first, &key, 1, 2).await)?, WaiverRefusal::NotInForce);
    let renewal = asking(&new_form_id(), &subject, "2026-12-01", "1")?;
    assert_eq!(
        refusal(service.request_waiver(&cast.developer, &key, renewal).await)?,
        WaiverRefusal::NotInForce
    );

    // The next write notes it, as Sluice's own doing.
    world.tick();
    let anew = asking(&new_form_id(), &subject, "2026-12-01", "")?;
    assert_eq!(service.request_waiver(&cast.developer, &key, anew).await?, 2);
    assert_eq!(world.count("select count(*) from waiver where state = 'lapsed'").await?, 1);
    assert_eq!(
        world
            .count("select count(*) from audit.event where verb = 'waiver.lapsed' and actor is null")
            .await?,
        1
    );
    Ok(())
}

#[tokio::test]
async fn a_renewal_is_approved_anew_and_takes_over() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let (key, subject) = waived(&world).await?;
    world.tick();
    let page = service.new_waiver_page(&cast.developer, &key, Some(1)).await?;
    assert_eq!(page.choices.iter().map(|choice| choice.subject.as_str()).collect::<Vec<_>>(), [&*subject]);
    let renewal = asking(&new_form_id(), &subject, "2026-12-01", "1")?;
    assert_eq!(service.request_waiver(&cast.developer, &key, renewal).await?, 2);
    assert_eq!(read(&world, &key, 1).await?.renewed_by, Some(2));
    assert!(!service.waiver_page(&cast.developer, &key, 1).await?.steps.renew, "it was asked for already");
    assert_eq!(service.product_waivers(&cast.auditor, &"PAY".parse()?, None).await?.asked.len(), 1);
    approve(&world, &cast.second, &key, 2).await?;
    assert_eq!(read(&world, &key, 2).await?.renews, Some(1));

    // The earlier one ends at its own time, and the renewal holds on.
    world.clock.advance(UNTIL - world.clock.now());
    assert!(!blocks(&world, &key, &subject).await?);
    let decision = service.feature_page(&cast.manager, &key).await?.summary.decision;
    assert_eq!(decision.waived[0].waiver.number, 2);
    world.clock.advance(datetime!(2026-12-02 0:00 UTC) - world.clock.now());
    assert!(blocks(&world, &key, &subject).await?);
    Ok(())
}

#[tokio::test]
async fn an_approver_or_the_owner_ends_a_waiver_early_and_the_blocker_is_back() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let (key, subject) = waived(&world).await?;
    for actor in [&cast.developer, &cast.tester, &cast.releaser] {
        let denied = end(&world, actor, &key, 1, 2).await;
        assert!(matches!(denied, Err(Error::Denied(Action::ApproveWaiver))), "{}: {denied:?}", actor.name);
    }
    let stranger = end(&world, &cast.stranger, &key, 1, 2).await;
    assert!(matches!(stranger, Err(Error::NotFound)), "{stranger:?}");
    end(&world, &cast.second, &key, 1, 2).await?;
    assert!(blocks(&world, &key, &subject).await?);
    let item = read(&world, &key, 1).await?;
    assert_eq!(item.state, WaiverState::Ended);
    assert_eq!(item.ended.map(|end| end.reason), Some("It was put right.".to_owned()));

    // The manager owns the feature.
    ask(&world, &cast.developer, &key, &subject).await?;
    approve(&world, &cast.first, &key, 2).await?;
    end(&world, &cast.manager, &key, 2, 2).await?;
    assert!(blocks(&world, &key, &subject).await?);
    assert_eq!(refusal(end(&world, &cast.manager, &key, 2, 3).await)?, WaiverRefusal::NotInForce);
    Ok(())
}

#[tokio::test]
async fn whatever_changes_the_waivers_voids_approvals_that_stand() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let (key, subject) = waived(&world).await?;
    world.clear(&key).await?;
    request(service, &cast.manager, &key).await?;
    let standing = async || {
        world.count("select count(*) from sign_off where ended is null and verdict = 'approve'").await
    };
    let veto = |progress: &Progress| progress.attempt().map(|attempt| attempt.phase.to_string());
    // A denial keeps the gate closed, so that the approval stands and waits.
    world.sign(&cast.second, &key, Role::SecurityReviewer, Verdict::Deny).await?;
    let progress = world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    assert_eq!(veto(&progress)?, "requirements");
    assert_eq!(standing().await?, 1);

    // A renewal that is asked for changes nothing; approved, it is another dossier.
    let renewal = asking(&new_form_id(), &subject, "2026-12-01", "1")?;
    service.request_waiver(&cast.developer, &key, renewal).await?;
    assert_eq!(standing().await?, 1);
    let before = world.dossier(&key).await?;
    let told = approve(&world, &answering(&cast.first, Voids::Ask), &key, 2).await;
    assert!(matches!(told, Err(Error::WouldVoid(_))), "whoever approves is told first: {told:?}");
    assert_eq!((read(&world, &key, 2).await?.state, standing().await?), (WaiverState::Requested, 1));
    approve(&world, &cast.first, &key, 2).await?;
    assert_ne!(world.dossier(&key).await?, before);
    assert_eq!(standing().await?, 0);
    assert_eq!(world.count("select count(*) from audit.event where verb = 'sign-off.voided'").await?, 1);

    // So does the end of one, and one that lapses.
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    assert_eq!(standing().await?, 1);
    end(&world, &cast.manager, &key, 2, 2).await?;
    assert_eq!(standing().await?, 0);
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    world.clock.advance(UNTIL - world.clock.now());
    let progress = world.withdraw(&cast.second, &key).await?;
    assert_eq!(veto(&progress)?, "requirements", "the veto is gone, and the blocker is back");
    assert!(blocks(&world, &key, &subject).await?);
    assert_eq!(standing().await?, 0, "what relied on the waiver counts no longer");
    Ok(())
}

#[tokio::test]
async fn who_asked_for_a_waiver_in_force_does_not_sign_the_gate() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.feature(Tier::Low).await?;
    let change = RoleChange { person: cast.second.person, role: Role::Developer };
    world.service.grant_role(&cast.admin, &"PAY".parse()?, change).await?;
    let subject = missing(&world, &key).await?.subject();
    ask(&world, &cast.second, &key, &subject).await?;
    approve(&world, &cast.first, &key, 1).await?;
    world.hand_over(&key).await?;
    let signed = world.sign(&cast.second, &key, Role::SecurityReviewer, Verdict::Approve).await;
    assert!(matches!(signed, Err(Error::Refused(Refusal::Contributor))), "{signed:?}");
    // The database's own guard knows it too, for as long as the waiver is in force.
    let person = cast.second.person;
    let knows = format!(
        "select count(*) from feature f
         where contributed_to_gate(f.id, f.phase, f.policy_version_id, f.tier, '{person}')"
    );
    assert_eq!(world.count(&knows).await?, 1);
    end(&world, &cast.manager, &key, 1, 2).await?;
    assert_eq!(world.count(&knows).await?, 0);
    Ok(())
}

#[tokio::test]
async fn waivers_are_seen_by_who_may_read_the_product_and_rewritten_by_nobody() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let (key, _) = waived(&world).await?;
    let product = "PAY".parse()?;
    for actor in [&cast.manager, &cast.stakeholder, &cast.auditor] {
        assert_eq!(service.waivers_page(actor, &key, None).await?.items.len(), 1, "{}", actor.name);
        assert_eq!(service.product_waivers(actor, &product, None).await?.in_force.len(), 1, "{}", actor.name);
    }
    for actor in [&cast.stranger, &cast.admin] {
        assert!(matches!(service.waivers_page(actor, &key, None).await, Err(Error::NotFound)));
        assert!(matches!(service.waiver_page(actor, &key, 1).await, Err(Error::NotFound)));
        assert!(matches!(service.new_waiver_page(actor, &key, None).await, Err(Error::NotFound)));
        assert!(matches!(service.product_waivers(actor, &product, None).await, Err(Error::NotFound)));
    }
    assert!(service.waivers_page(&cast.manager, &key, Some(1)).await?.items.is_empty(), "older ones");

    // The run-time role goes around the program, and the database refuses.
    let client = world.as_runtime().await?;
    for sql in [
        "update waiver set until = until + interval '1 year'",
        "update waiver set reason = 'Other words.'",
        "update waiver set state = 'requested'",
        "update waiver set state = 'refused'",
        "delete from waiver",
    ] {
        let event = "select set_config('sluice.event', gen_random_uuid()::text, true)";
        let refused = client.batch_execute(&format!("begin; {event}; {sql}; commit")).await;
        client.batch_execute("rollback").await?;
        assert!(refused.is_err(), "{sql}");
    }
    assert_eq!(world.count("select count(*) from waiver where state = 'approved' and version = 2").await?, 1);
    Ok(())
}
