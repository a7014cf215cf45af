//! Turns and time: whose clock runs, what Sluice does by itself when time has come, and who is told.

use sluice_domain::{
    access::Role,
    calendar::Reading,
    gate::Verdict,
    ids::FeatureKey,
    notification::{Because, Notice},
    policy::Tier,
    turn::Side,
};
use sluice_service::{Actor, jobs::Ran, notifications::Notification, turns::TurnClock};
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

use crate::{
    stale::rename,
    support::{TestResult, World, steps::request},
};

impl World {
    /// Everything that somebody is told, the newest first.
    async fn told(&self, who: &Actor) -> TestResult<Vec<Notification>> {
        Ok(self.service.notifications(who, None).await?.items)
    }

    /// How often somebody was told this.
    async fn times(&self, who: &Actor, code: &str) -> TestResult<usize> {
        Ok(self.told(who).await?.iter().filter(|told| told.notice.code() == code).count())
    }

    /// The clock of whoever has the turn.
    async fn turn_clock(&self, key: &FeatureKey) -> TestResult<TurnClock> {
        let page = self.service.feature_page(&self.cast.manager, key).await?;
        Ok(page.summary.clock.ok_or("no clock runs")?)
    }

    /// Sets the clock to an instant that is not past.
    fn wait_until(&self, instant: OffsetDateTime) {
        self.clock.advance((instant - self.clock.now()).max(Duration::ZERO));
    }

    /// A waiver of the first blocker that may be waived, in force until then.
    async fn waiver(&self, key: &FeatureKey, until: OffsetDateTime) -> TestResult<String> {
        let page = self.service.feature_page(&self.cast.manager, key).await?;
        let subject = page.summary.decision.waivable.first().ok_or("nothing can be waived")?.clone();
        let database = self.as_superuser().await?;
        database.batch_execute("alter table waiver disable trigger user").await?;
        database
            .execute(
                "insert into waiver (id, feature_id, number, phase, subject, code, blocker, reason, compensation, until,
                                     state, requested_by, requested_at, decided_by, decided_role, decided_at, event_id,
                                     product_id, salt)
                 select $1, id, 1, phase, $2, 'code', 'Blocker', 'Why', 'Instead', $3, 'approved', $4, created_at, $5,
                        'security-reviewer', created_at, event_id, product_id, scope_salt from feature",
                &[
                    &Uuid::from_u128(7),
                    &subject,
                    &std::time::SystemTime::from(until),
                    &self.cast.developer.person.uuid(),
                    &self.cast.second.person.uuid(),
                ],
            )
            .await?;
        database.batch_execute("alter table waiver enable trigger user").await?;
        // Any write settles the feature, and settling sees the waiver.
        self.service.edit_feature(&self.cast.manager, key, rename(self, "Pay by a link", 1)?).await?;
        Ok(subject)
    }
}

fn codes(told: &[Notification]) -> Vec<&'static str> {
    told.iter().map(|told| told.notice.code()).collect()
}

#[tokio::test]
async fn a_clock_runs_only_for_whose_turn_it_is() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    // Tuesday, 09:00; the team has ten working days, reviewers have two.
    let key = world.feature(Tier::Low).await?;
    let clock = world.turn_clock(&key).await?;
    assert_eq!((clock.side, clock.reading), (Side::Team, Reading::Left { days: 9 }));
    world.wait_until(datetime!(2026-11-05 9:00 UTC));
    world.clear(&key).await?;
    world.wait_until(datetime!(2026-11-05 12:00 UTC));
    request(&world.service, &cast.manager, &key).await?;
    let clock = world.turn_clock(&key).await?;
    assert_eq!((clock.side, clock.reading), (Side::Reviewers, Reading::Left { days: 2 }));
    assert_eq!(clock.due, Some(datetime!(2026-11-09 12:00 UTC).date()));
    world.wait_until(datetime!(2026-11-11 9:00 UTC));
    assert_eq!(world.turn_clock(&key).await?.reading, Reading::Overdue { days: 2 });

    // The team used 19 of its 80 hours; the four days of the reviewers are not its own.
    world.hand_back(&cast.first, &key, 1).await?;
    let clock = world.turn_clock(&key).await?;
    assert_eq!(clock.side, Side::Team);
    assert_eq!(clock.due, Some(datetime!(2026-11-20 14:00 UTC).date()));
    assert_eq!(clock.reading, Reading::Left { days: 7 });
    // The second review has its own two days.
    world.tick();
    request(&world.service, &cast.manager, &key).await?;
    assert_eq!(world.turn_clock(&key).await?.reading, Reading::Left { days: 2 });

    let rows = world
        .as_superuser()
        .await?
        .query("select side, cycle, ended_at is null from turn order by number", &[])
        .await?;
    let rows: Vec<(String, i32, bool)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let expected = [("team", 1, false), ("reviewers", 1, false), ("team", 2, false), ("reviewers", 2, true)];
    assert_eq!(rows, expected.map(|(side, cycle, runs)| (side.to_owned(), cycle, runs)));
    let due = "select count(*) from gate_state s join gate_task t using (feature_id)
               where t.act = 'sign' and t.due = (s.due_at at time zone 'UTC')::date";
    assert!(world.count(due).await? > 0, "work is listed by the clock");
    let mine = world.service.my_work(&cast.first).await?.mine;
    assert_eq!(mine[0].due, Some(datetime!(2026-11-13 9:00 UTC).date()));
    Ok(())
}

#[tokio::test]
async fn reviewers_are_reminded_and_a_late_turn_is_escalated_once() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_review(Tier::Low).await?;
    let due = world.clock.now() + Duration::days(2);
    let told = world.told(&cast.first).await?;
    assert_eq!(codes(&told), ["review-requested"]);
    assert_eq!((told[0].because, told[0].role), (Because::Role, Some(Role::SecurityReviewer)));
    assert_eq!(told[0].by.as_deref(), Some(cast.manager.name.as_str()));
    assert_eq!(told[0].feature.as_ref().map(|(about, _)| about), Some(&key));
    assert_eq!(service.run_due_jobs().await?, Ran::default(), "nothing is due yet");

    world.wait_until(due - Duration::DAY);
    assert_eq!(service.run_due_jobs().await?, Ran { done: 1, ..Ran::default() });
    let told = world.told(&cast.second).await?;
    assert!(matches!(told[0].notice, Notice::TurnEnding { side: Side::Reviewers, days: 1, .. }), "{told:?}");
    assert_eq!(told[0].by, None, "it is nobody's doing");
    // Once is enough, whoever looks and however often.
    assert_eq!(service.run_due_jobs().await?, Ran::default());

    world.wait_until(due);
    assert_eq!(service.run_due_jobs().await?.done, 1);
    assert!(matches!(
        world.told(&cast.first).await?[0].notice,
        Notice::TurnEnding { side: Side::Reviewers, days: 0, .. }
    ));
    let events = world.events().await?;
    world.wait_until(due + Duration::days(4));
    assert_eq!(service.run_due_jobs().await?.done, 1);
    for who in [&cast.manager, &cast.first] {
        assert_eq!(world.times(who, "turn-overdue").await?, 1, "{}", who.name);
    }
    assert_eq!(world.told(&cast.tester).await?.len(), world.times(&cast.tester, "turn-ending").await?);
    assert_eq!(world.events().await?, events, "telling is no event");
    Ok(())
}

/// No server ran while a turn came to its end: what is said then is so by then, and is said once.
#[tokio::test]
async fn a_reminder_that_comes_late_says_what_is_so_by_now() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    world.in_review(Tier::Low).await?;
    let due = world.clock.now() + Duration::days(2);
    world.wait_until(due + Duration::days(1));
    assert_eq!(service.run_due_jobs().await?, Ran { done: 1, dropped: 1, ..Ran::default() });
    assert_eq!(world.times(&cast.first, "turn-overdue").await?, 1);
    assert_eq!(world.times(&cast.first, "turn-ending").await?, 0);
    assert_eq!(world.times(&cast.manager, "turn-overdue").await?, 0, "it is not told further yet");
    Ok(())
}

#[tokio::test]
async fn a_reminder_is_dropped_when_the_turn_has_gone() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_review(Tier::Low).await?;
    world.tick();
    world.hand_back(&cast.first, &key, 1).await?;
    assert_eq!(world.times(&cast.manager, "returned").await?, 1);
    world.wait_until(world.clock.now() + Duration::days(7));
    assert_eq!(service.run_due_jobs().await?, Ran { dropped: 3, ..Ran::default() });
    assert_eq!(world.times(&cast.first, "turn-ending").await?, 0);
    // The team is told of its second turn; what was made for its first is dropped, and what came too late for it.
    world.wait_until(world.clock.now() + Duration::days(14));
    assert_eq!(service.run_due_jobs().await?, Ran { done: 1, dropped: 5, ..Ran::default() });
    let told = world.told(&cast.manager).await?;
    assert!(codes(&told).contains(&"turn-overdue") && !codes(&told).contains(&"turn-ending"), "{told:?}");
    Ok(())
}

#[tokio::test]
async fn several_servers_share_the_work() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    for _ in 0..6 {
        world.feature(Tier::Low).await?;
    }
    world.wait_until(world.clock.now() + Duration::days(60));
    let [a, b, c] = [world.service.clone(), world.service.clone(), world.service.clone()];
    let (a, b, c) = tokio::join!(a.run_due_jobs(), b.run_due_jobs(), c.run_due_jobs());
    let ran = [a?, b?, c?];
    let sum = |of: fn(&Ran) -> usize| ran.iter().map(of).sum::<usize>();
    // Each turn is late by now: the two reminders before that have been overtaken.
    assert_eq!((sum(|ran| ran.done), sum(|ran| ran.dropped), sum(|ran| ran.failed)), (6, 12, 0), "{ran:?}");
    assert_eq!(world.times(&cast.manager, "turn-overdue").await?, 6);
    Ok(())
}

#[tokio::test]
async fn a_waiver_lapses_on_the_minute_and_the_job_agrees_with_the_decision() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let until = datetime!(2026-11-06 12:00 UTC);
    let subject = world.waiver(&key, until).await?;
    let blocks = async || -> TestResult<(bool, i64)> {
        let blockers = world.blockers(&key).await?;
        let listed = format!("select count(*) from gate_blocker where subject = '{subject}'");
        Ok((blockers.iter().any(|blocker| blocker.subject() == subject), world.count(&listed).await?))
    };
    assert_eq!(blocks().await?, (false, 0));
    let shown = service.feature_page(&cast.manager, &key).await?.summary.decision;
    assert_eq!(shown.changes_at, Some(until));

    // A working day before, those whose it is are told.
    world.wait_until(until - Duration::DAY);
    assert_eq!(service.run_due_jobs().await?, Ran { done: 1, ..Ran::default() });
    for (who, because) in
        [(&cast.developer, Because::Asker), (&cast.second, Because::Decider), (&cast.manager, Because::Owner)]
    {
        let told = world.told(who).await?;
        assert!(matches!(told[0].notice, Notice::WaiverEnding { number: 1, .. }), "{told:?}");
        assert_eq!(told[0].because, because);
    }

    world.wait_until(until - Duration::SECOND);
    assert_eq!(service.run_due_jobs().await?, Ran::default());
    assert_eq!(blocks().await?, (false, 0));
    world.wait_until(until);
    // The decision knows at once; lists follow with the job.
    assert_eq!(blocks().await?, (true, 0));
    let events = world.events().await?;
    let (a, b) = (service.clone(), service.clone());
    let (a, b) = tokio::join!(a.run_due_jobs(), b.run_due_jobs());
    assert_eq!(a?.decided + b?.decided, 1, "one of them does it");
    assert_eq!(blocks().await?, (true, 1));
    assert_eq!(world.events().await?, events + 2, "it lapsed, and the gate was decided anew");
    let lapsed = "select count(*) from waiver w join audit.event e on e.id = w.event_id
                  where w.state = 'lapsed' and e.verb = 'waiver.lapsed' and e.actor is null and e.object_name = 'W-1'";
    assert_eq!(world.count(lapsed).await?, 1);
    assert_eq!(world.times(&cast.developer, "waiver-lapsed").await?, 1);
    assert_eq!(service.run_due_jobs().await?, Ran::default());
    Ok(())
}

#[tokio::test]
async fn a_decision_that_time_leaves_as_it_was_is_no_event() -> TestResult {
    let world = World::new().await?;
    world.feature(Tier::Low).await?;
    world.tick();
    let database = world.as_superuser().await?;
    database
        .execute("update gate_state set changes_at = $1", &[&std::time::SystemTime::from(world.clock.now())])
        .await?;
    let events = world.events().await?;
    assert_eq!(world.service.run_due_jobs().await?, Ran { decided: 1, ..Ran::default() });
    assert_eq!(world.service.run_due_jobs().await?, Ran::default());
    assert_eq!(world.events().await?, events);
    Ok(())
}

#[tokio::test]
async fn a_job_that_fails_is_put_off_and_keeps_no_other_from_its_turn() -> TestResult {
    let world = World::new().await?;
    world.feature(Tier::Low).await?;
    let database = world.as_superuser().await?;
    database
        .execute(
            "insert into job (id, feature_id, kind, args, run_at, created_at)
             select $1, id, 'nonsense', '{}', created_at, created_at from feature",
            &[&Uuid::from_u128(1)],
        )
        .await?;
    world.wait_until(world.clock.now() + Duration::days(60));
    let ran = world.service.run_due_jobs().await?;
    assert_eq!((ran.failed, ran.done, ran.dropped), (1, 1, 2), "{ran:?}");
    assert_eq!(world.service.run_due_jobs().await?, Ran::default(), "it is not tried again at once");
    world.wait_until(world.clock.now() + Duration::minutes(2));
    assert_eq!(world.service.run_due_jobs().await?.failed, 1);
    let kept = "select count(*) from job where attempts = 2 and failure <> '' and done_at is null";
    assert_eq!(world.count(kept).await?, 1);
    Ok(())
}

#[tokio::test]
async fn signers_learn_what_voided_their_sign_off() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::High, "design").await?;
    world.hand_over(&key).await?;
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    world.tick();
    world.as_superuser().await?.execute("delete from notification", &[]).await?;
    world.service.edit_feature(&cast.manager, &key, rename(&world, "Pay by another link", 1)?).await?;
    // The scope is signed at the gate before as well: whoever may accept that is told, too.
    let told = world.told(&cast.first).await?;
    let voided = |told: &&Notification| matches!(told.notice, Notice::SignOffVoided { .. });
    let mine = told.iter().find(voided).ok_or_else(|| format!("{told:?}"))?;
    let Notice::SignOffVoided { changed, more, .. } = &mine.notice else { unreachable!("found as one") };
    assert!(changed.contains(&"Scope of the feature".to_owned()), "{changed:?}");
    assert_eq!(*more, 0);
    assert_eq!(mine.because, Because::Signer);
    assert!(world.told(&cast.second).await?.iter().find(voided).is_none(), "who did not sign is not told");
    Ok(())
}

#[tokio::test]
async fn notifications_are_a_persons_own() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    world.in_review(Tier::Low).await?;
    let unread = async |who: &Actor| -> TestResult<u32> {
        Ok(service.actor(who.person, sluice_service::Origin::default()).await?.ok_or("nobody")?.unread)
    };
    assert_eq!((unread(&cast.first).await?, unread(&cast.second).await?), (1, 1));
    assert_eq!(unread(&cast.stranger).await?, 0);
    let id = world.told(&cast.first).await?[0].id;
    // Whoever it is not for changes nothing by marking it.
    service.mark_read(&cast.second, Some(id)).await?;
    assert_eq!(unread(&cast.first).await?, 1);
    service.mark_read(&cast.first, Some(id)).await?;
    assert_eq!((unread(&cast.first).await?, unread(&cast.second).await?), (0, 1));
    assert!(!world.told(&cast.first).await?[0].unread);
    service.mark_read(&cast.second, None).await?;
    assert_eq!(unread(&cast.second).await?, 0);

    // What happens in a product that somebody left is no longer told.
    let database = world.as_superuser().await?;
    database.execute("update notification set read_at = null", &[]).await?;
    database.batch_execute("alter table product_grant disable trigger user").await?;
    let left = cast.first.person.uuid();
    database.execute("delete from product_grant where person_id = $1", &[&left]).await?;
    assert!(world.told(&cast.first).await?.is_empty());
    assert_eq!(unread(&cast.first).await?, 0);
    Ok(())
}

#[tokio::test]
async fn paging_shows_each_notification_once_and_the_unread_first() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    world.in_review(Tier::Low).await?;
    let database = world.as_superuser().await?;
    database
        .batch_execute(
            "insert into notification (id, person_id, product_id, feature_id, kind, args, because, created_at, read_at)
             select gen_random_uuid(), n.person_id, n.product_id, n.feature_id, 'held', '{}', 'owner', n.created_at,
                    case when i % 2 = 0 then n.created_at end
             from notification n, generate_series(1, 60) i",
        )
        .await?;
    let (mut seen, mut unread, mut after, mut pages) = (Vec::new(), Vec::new(), None, 0);
    loop {
        let list = world.service.notifications(&cast.first, after.as_deref()).await?;
        pages += 1;
        seen.extend(list.items.iter().map(|item| item.id));
        unread.extend(list.items.iter().map(|item| item.unread));
        after = list.next;
        if after.is_none() {
            break;
        }
    }
    let total = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((pages, total, seen.len()), (2, 61, 61));
    assert!(unread.is_sorted_by(|a, b| a >= b), "what is unread comes first");
    assert_eq!(unread.iter().filter(|unread| **unread).count(), 31);
    // A cursor that is none begins at the top.
    assert_eq!(world.service.notifications(&cast.first, Some("x.y")).await?.items.len(), 50);
    Ok(())
}
