//! "My work": each thing in due order, with the reason why it is with the person.

use sluice_domain::{access::Role, gate::Verdict, ids::FeatureKey, policy::Tier, record::RecordKind};
use sluice_service::{
    Actor, new_form_id,
    work::{Task, Why},
};

use crate::support::{
    TestResult, World,
    cast::join,
    forms::with,
    steps::{request, threat_form},
};

impl World {
    /// What is with somebody about a feature, and why.
    async fn work_of(&self, who: &Actor, key: &FeatureKey) -> TestResult<Vec<(Task, Why)>> {
        let work = self.service.my_work(who).await?;
        Ok(work.mine.into_iter().filter(|item| item.key == *key).map(|item| (item.what, item.why)).collect())
    }
}

#[tokio::test]
async fn the_reason_says_whose_it_is_and_who_else_could() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;

    // The manager owns it; the developer can clear what their roles can, which is counted; reviewers have nothing yet.
    let owner = world.work_of(&cast.manager, &key).await?;
    assert!(
        matches!(&owner[..], [(Task::Clear { blockers }, Why::OwnsFeature)] if *blockers > 0),
        "{owner:?}"
    );
    let page = service.feature_page(&cast.manager, &key).await?;
    let can = |role: Role| {
        let blockers = page.summary.decision.for_team();
        blockers.filter(|blocker| blocker.cleared_by().contains(&role)).count()
    };
    let most = [Role::Developer, Role::Designer, Role::IncidentManager].into_iter().map(can).max();
    let developer = world.work_of(&cast.developer, &key).await?;
    match (&developer[..], most) {
        ([], Some(0) | None) => {}
        ([(Task::Clear { .. }, Why::Clears { blockers: Some(blockers), .. })], Some(most)) => {
            assert_eq!(usize::try_from(*blockers)?, most, "the role that can clear the most");
        }
        other => return Err(format!("{other:?}").into()),
    }
    assert!(world.work_of(&cast.first, &key).await?.is_empty());

    world.clear(&key).await?;
    assert_eq!(world.work_of(&cast.manager, &key).await?, [(Task::RequestReview, Why::OwnsFeature)]);
    let developer = world.work_of(&cast.developer, &key).await?;
    assert!(matches!(&developer[..], [(Task::RequestReview, Why::Requests { .. })]), "{developer:?}");

    request(service, &cast.manager, &key).await?;
    let signs = |others| Why::Signs { role: Role::SecurityReviewer, colleagues: 1, others };
    assert_eq!(world.work_of(&cast.first, &key).await?, [(Task::Sign, signs(1))]);
    let waiting = service.my_work(&cast.manager).await?.waiting;
    assert!(
        matches!(&waiting[0].why, Why::Awaits { roles, requested: true } if roles.contains(&Role::SecurityReviewer)),
        "{waiting:?}"
    );
    assert!(waiting[0].due.is_some_and(|due| due > waiting[0].since.date()), "reviewers have their days");

    // One of two signed, as far as the other is concerned: nobody else is left.
    world.sign(&cast.second, &key, Role::SecurityReviewer, Verdict::Deny).await?;
    assert!(world.work_of(&cast.second, &key).await?.is_empty());
    let left = world.work_of(&cast.first, &key).await?;
    assert!(left.is_empty() || left == [(Task::Sign, signs(0))], "{left:?}");
    Ok(())
}

#[tokio::test]
async fn records_and_threats_are_with_their_owner_while_they_are_open() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let tester = cast.tester.person.to_string();
    let mine = async |who: &Actor| -> TestResult<Vec<(Task, Option<time::Date>)>> {
        let work = service.my_work(who).await?.mine;
        let owned = work.into_iter().filter(|item| item.why == Why::OwnsIt);
        Ok(owned.map(|item| (item.what, item.due)).collect())
    };
    let set = [("owner", tester.as_str()), ("due", "2026-11-05"), ("state", "open")];
    let finding = world.record(&key, RecordKind::Finding, &set).await?;
    let found = mine(&cast.tester).await?;
    assert!(
        matches!(&found[..], [(Task::SeeTo { kind: RecordKind::Finding, number, state: "Open", .. }, Some(due))]
            if *number == finding && due.day() == 5),
        "{found:?}"
    );
    // What is due later, or never, comes behind.
    let threat = threat_form(&new_form_id())?;
    let threat = sluice_service::threats::EditThreat { owner: Some(cast.tester.person), ..threat };
    service.add_threat(&cast.developer, &key, threat).await?;
    let found = mine(&cast.tester).await?;
    assert!(matches!(&found[..], [(Task::SeeTo { .. }, _), (Task::Treat { .. }, None)]), "{found:?}");
    // A proposed requirement waits; once it is accepted it is nobody's work.
    let set = [("owner", tester.as_str()), ("state", "proposed")];
    let requirement = world.record(&key, RecordKind::Requirement, &set).await?;
    assert_eq!(mine(&cast.tester).await?.len(), 3);
    let kind = RecordKind::Requirement;
    world
        .change_record(&key, (kind, requirement), kind.spec().editors, |form| with(form, "state", "accepted"))
        .await?;
    assert_eq!(mine(&cast.tester).await?.len(), 2);
    assert!(mine(&cast.manager).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_notice_is_with_the_stakeholders_until_one_acknowledges_it() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let number = world.record(&key, RecordKind::Notice, &[("state", "draft"), ("answer", "")]).await?;
    assert!(world.work_of(&cast.stakeholder, &key).await?.is_empty(), "a draft is not sent");
    let state = |code| RecordKind::Notice.spec().state(code).ok_or("no such state");
    world.tick();
    world.bring(&key, (RecordKind::Notice, number), state("sent")?).await?;
    let informed = Why::Informed { role: Role::Stakeholder };
    let found = world.work_of(&cast.stakeholder, &key).await?;
    assert!(
        matches!(&found[..], [(Task::Acknowledge { number: 1, .. }, why)] if *why == informed),
        "{found:?}"
    );
    let others = [Role::Stakeholder];
    let outsider = join(service, &cast.admin, "Olga Other", &[], Some(cast.other_product), &others).await?;
    assert!(world.work_of(&outsider, &key).await?.is_empty(), "stakeholders of another product");
    world
        .change_record(&key, (RecordKind::Notice, number), &others, |form| {
            with(with(form, "state", "acknowledged"), "answer", "We are ready.")
        })
        .await?;
    assert!(world.work_of(&cast.stakeholder, &key).await?.is_empty());
    assert_eq!(world.count("select count(*) from notice_waiting").await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_comes_to_block_during_a_review_is_the_teams_work() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::Low, "design").await?;
    world.hand_over(&key).await?;
    assert!(world.work_of(&cast.developer, &key).await?.is_empty());
    service.add_threat(&cast.developer, &key, threat_form(&new_form_id())?).await?;
    let owner = world.work_of(&cast.manager, &key).await?;
    assert!(matches!(&owner[..], [(Task::Clear { blockers: 1 }, Why::OwnsFeature)]), "{owner:?}");
    let developer = world.work_of(&cast.developer, &key).await?;
    assert!(matches!(&developer[..], [(Task::Clear { blockers: 1 }, Why::Clears { .. })]), "{developer:?}");
    let reviewer = world.work_of(&cast.first, &key).await?;
    assert!(matches!(&reviewer[..], [(Task::Sign, Why::Signs { .. })]), "{reviewer:?}");
    Ok(())
}

#[tokio::test]
async fn what_each_role_can_do_follows_every_gate_state() -> TestResult {
    let world = World::new().await?;
    let key = world.in_review(Tier::Low).await?;
    let acts = "select count(*) from gate_task where act = ";
    assert!(world.count(&format!("{acts}'sign'")).await? > 0);
    assert_eq!(world.count(&format!("{acts}'clear'")).await?, 0);
    world.hand_back(&world.cast.first, &key, 1).await?;
    assert_eq!(world.count(&format!("{acts}'sign'")).await?, 0);
    assert_eq!(world.count(&format!("{acts}'request'")).await?, 1, "nothing blocks it");
    // Whatever is there agrees with where the features stand.
    let wrong = "select count(*) from gate_task t join feature f on f.id = t.feature_id
                 join gate_state s on s.feature_id = t.feature_id
                 where t.product_id <> f.product_id or t.since <> f.turn_since
                    or t.due <> case when t.act = 'sign' then (s.due_at at time zone 'UTC')::date
                                      else least(f.target_date, (s.due_at at time zone 'UTC')::date) end or f.status <> 'active'
                    or t.act = 'sign' and f.turn <> 'reviewers' or t.act = 'request' and f.turn <> 'team'";
    assert_eq!(world.count(wrong).await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_an_emergency_leaves_owed_is_work_from_that_moment_on() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::Low, "testing").await?;
    world.release(&key).await?;
    let owed = async |who: &Actor| -> TestResult<Vec<(Task, Why)>> {
        let work = world.work_of(who, &key).await?;
        let of_owed = |task: &Task| matches!(task, Task::SignOwed { .. } | Task::CatchUp { .. });
        Ok(work.into_iter().filter(|(what, _)| of_owed(what)).collect())
    };
    // Two gates, five working days: the reviewers read that the team has to catch up first, and the team that it has to.
    for reviewer in [&cast.first, &cast.second] {
        let work = owed(reviewer).await?;
        assert_eq!(work.len(), 2, "{work:?}");
        for (what, why) in &work {
            assert!(matches!(what, Task::SignOwed { left: Some(5), .. }), "{what:?}");
            assert!(matches!(why, Why::SignsOwed { role: Role::SecurityReviewer, ready: false }), "{why:?}");
        }
    }
    let team = owed(&cast.manager).await?;
    assert!(
        team.iter().any(|(what, why)| matches!(
            (what, why),
            (Task::CatchUp { gate, left: Some(5), blockers }, Why::OwnsFeature)
                if gate.starts_with("Test") && *blockers > 0
        )),
        "{team:?}"
    );
    for nobody in [&cast.stranger, &cast.auditor, &cast.admin] {
        assert!(owed(nobody).await?.is_empty(), "{}", nobody.name);
    }
    // Done, it is the reviewers' alone; the days run; and once they are over it says so.
    world.catch_up(&key, "testing").await?;
    let testing = async |who: &Actor| -> TestResult<Vec<(Task, Why)>> {
        let of_testing = |task: &Task| match task {
            Task::SignOwed { gate, .. } | Task::CatchUp { gate, .. } => gate.starts_with("Test"),
            _ => false,
        };
        Ok(owed(who).await?.into_iter().filter(|(what, _)| of_testing(what)).collect())
    };
    assert!(testing(&cast.manager).await?.is_empty());
    let ready = testing(&cast.first).await?;
    assert!(matches!(&ready[..], [(_, Why::SignsOwed { ready: true, .. })]), "{ready:?}");
    world.clock.advance(time::Duration::days(30));
    let late = testing(&cast.first).await?;
    assert!(matches!(&late[..], [(Task::SignOwed { left: None, .. }, _)]), "{late:?}");
    // Nothing is anybody's work on a feature that rests.
    world.rest(&cast.manager, &key, crate::course::Step::Hold, &new_form_id()).await?;
    assert!(owed(&cast.first).await?.is_empty());
    Ok(())
}
