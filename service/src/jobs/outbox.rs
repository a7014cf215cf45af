//! Jobs: what is to be done at an instant, unless its matter has passed by then.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_domain::{
    access::Role,
    calendar::{Calendar, Clock},
    gate::{Debt, WaiverFact},
    ids::{FeatureId, Id},
    notification::{Because, Gate, Notice},
    policy::{Phase, PhaseKey},
    turn::Side,
    waiver::last_day,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{MOST, Ran};
use crate::{
    Service,
    actor::Origin,
    clock::fresh_id,
    db::{
        permit::{InFeature, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result},
    features::row::{self, Feature},
    notifications::{To, holders, notify, reviewers, team},
    turns::Turns,
};

/// What is to be done. It names what it is about with the instant that counts (in Unix seconds): where that has moved,
/// another job was made, and this one is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "args", rename_all = "kebab-case")]
enum Job {
    /// A turn runs out some days later.
    TurnEnding { turn: i32, due: i64 },
    /// A turn is due on this day.
    TurnDue { turn: i32, due: i64 },
    /// A turn is long over its time.
    TurnOverdue { turn: i32, due: i64 },
    /// The time to sign an owed gate runs out.
    OwedEnding { phase: PhaseKey, due: i64 },
    /// The time to sign an owed gate is over.
    OwedOverdue { phase: PhaseKey, due: i64 },
    /// A waiver runs out.
    WaiverEnding { number: i32, until: i64 },
}

/// How a job came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Dropped,
}

/// Makes the jobs that come with where a feature stands: those of the turn that runs, of the gates that are owed, of the
/// waivers in force. What is made already stays as it is, and what is past is not made any more.
pub(crate) async fn enqueue(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    turn: Option<(i32, Clock)>,
    debts: &[Debt],
    waivers: &[WaiverFact],
) -> Result<()> {
    let terms = &feature.policy.policy.terms;
    let (calendar, reminders, now) = (&terms.calendar, &terms.reminders, write.now);
    let mut jobs: Vec<(OffsetDateTime, Job)> = Vec::new();
    let mut add = |at: Option<OffsetDateTime>, job| jobs.extend(at.map(|at| (at, job)));
    if let Some((turn, clock)) = turn
        && let Some(at) = clock.due(calendar)
    {
        let due = at.unix_timestamp();
        add(ahead(calendar, now, at, reminders.before_days), Job::TurnEnding { turn, due });
        add(Some(calendar.opens(calendar.date(at))), Job::TurnDue { turn, due });
        let late = calendar.after(at, calendar.working_days(reminders.escalate_days));
        add(Some(late), Job::TurnOverdue { turn, due });
    }
    for debt in debts {
        let (phase, due) = (debt.phase.clone(), debt.due.unix_timestamp());
        let near = ahead(calendar, now, debt.due, reminders.before_days);
        add(near, Job::OwedEnding { phase: phase.clone(), due });
        add(Some(debt.due), Job::OwedOverdue { phase, due });
    }
    for waiver in waivers {
        let job = Job::WaiverEnding { number: waiver.number, until: waiver.until.unix_timestamp() };
        add(ahead(calendar, now, waiver.until, reminders.before_days), job);
    }
    jobs.retain(|(at, _)| *at > now);
    if jobs.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = jobs.iter().map(|_| fresh_id::<()>(now).uuid()).collect();
    let at: Vec<OffsetDateTime> = jobs.iter().map(|(at, _)| *at).collect();
    let what: Vec<serde_json::Value> = jobs
        .iter()
        .map(|(_, job)| serde_json::to_value(job))
        .collect::<Result<_, _>>()
        .map_err(Error::internal)?;
    sqlx::query!(
        "insert into job (id, feature_id, kind, args, run_at, created_at)
         select t.id, $4, t.what ->> 'kind', t.what -> 'args', t.at, $5
         from unnest($1::uuid[], $2::timestamptz[], $3::jsonb[]) as t (id, at, what)
         on conflict do nothing",
        &ids,
        &at,
        &what,
        permit.feature().uuid(),
        now
    )
    .execute(write.connection())
    .await?;
    Ok(())
}

/// The instant so many working days before another; none where that is past, or on no day before.
fn ahead(calendar: &Calendar, now: OffsetDateTime, at: OffsetDateTime, days: u16) -> Option<OffsetDateTime> {
    let left = calendar.working_time(now, at) - calendar.working_days(days);
    (days > 0 && left > Duration::ZERO).then(|| calendar.after(now, left))
}

/// How long a job that failed is put off: a minute, then twice as long each time, up to a day.
fn put_off(attempts: i32) -> Duration {
    Duration::minutes(1 << attempts.clamp(0, 10)).min(Duration::DAY)
}

impl Service {
    /// Does the jobs that are due, one after the other.
    pub(super) async fn work_off(&self, ran: &mut Ran) -> Result<()> {
        for _ in 0..MOST {
            match self.next_job().await? {
                None => break,
                Some(Ok(Outcome::Done)) => ran.done += 1,
                Some(Ok(Outcome::Dropped)) => ran.dropped += 1,
                Some(Err(())) => ran.failed += 1,
            }
        }
        Ok(())
    }

    /// Does the next job that is due and that nobody else is at. `None` where there is none; `Some(Err(()))` for one that
    /// failed and was put off.
    async fn next_job(&self) -> Result<Option<Result<Outcome, ()>>> {
        let service = self.clone();
        uncancelled(|token| async move {
            let mut write = service.db.begin(&token, &Origin::default()).await?.at_now().await?;
            let now = write.now;
            let row = sqlx::query!(
                "select id, feature_id, kind, args, attempts from job where done_at is null and run_at <= $1
                 order by run_at, id limit 1 for update skip locked",
                now
            )
            .fetch_optional(write.connection())
            .await?;
            let Some(row) = row else { return Ok(None) };
            let job = serde_json::from_value(json!({"kind": &row.kind, "args": row.args}));
            let done = match job {
                Ok(job) => service.finish(write, Id::new(row.feature_id), row.id, job).await,
                Err(error) => {
                    // Or putting it off would wait for the lock that is held here.
                    drop(write);
                    Err(Error::internal(error))
                }
            };
            Ok(Some(match done {
                Ok(outcome) => Ok(outcome),
                Err(error) => {
                    tracing::error!(target: "job", %error, kind = row.kind, "a job failed and is put off");
                    let until = now + put_off(row.attempts);
                    service.db.put_off_job(row.id, until, &error.to_string()).await?;
                    Err(())
                }
            }))
        })
        .await
    }

    /// Does a job whose row is locked, and notes that it is done, in one transaction.
    async fn finish(&self, mut write: Write, feature: FeatureId, id: Uuid, job: Job) -> Result<Outcome> {
        let feature = row::load(write.connection(), &self.policies, feature).await?;
        let permit = Write::authorize_time(feature.id, feature.product);
        let outcome = match job {
            Job::TurnEnding { turn, due } => {
                remind(&mut write, &permit, &feature, turn, due, Told::Ahead).await?
            }
            Job::TurnDue { turn, due } => {
                remind(&mut write, &permit, &feature, turn, due, Told::OnTheDay).await?
            }
            Job::TurnOverdue { turn, due } => {
                remind(&mut write, &permit, &feature, turn, due, Told::Late).await?
            }
            Job::OwedEnding { phase, due } => owed(&mut write, &permit, &feature, &phase, due, false).await?,
            Job::OwedOverdue { phase, due } => owed(&mut write, &permit, &feature, &phase, due, true).await?,
            Job::WaiverEnding { number, until } => {
                waiver_ends(&mut write, &permit, &feature, number, until).await?
            }
        };
        let now = write.now;
        sqlx::query!(
            "update job set done_at = $2, outcome = $3 where id = $1 and done_at is null",
            id,
            now,
            match outcome {
                Outcome::Done => "done",
                Outcome::Dropped => "dropped",
            }
        )
        .execute(write.connection())
        .await?;
        write.commit_unrecorded().await?;
        Ok(outcome)
    }
}

/// When somebody is told of a turn that runs out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Some days before it is due.
    Ahead,
    /// On the day.
    OnTheDay,
    /// Once it is overdue for as long as the policy waits with telling others.
    Late,
}

/// Tells whose turn it is that it runs out, or everybody whom it concerns that it is over. A reminder that comes late,
/// because no server ran, says what is so by now; one that the next of them has overtaken says nothing.
async fn remind(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    turn: i32,
    due: i64,
    told: Told,
) -> Result<Outcome> {
    let policy = &feature.policy.policy;
    let calendar = &policy.terms.calendar;
    let Ok(attempt) = feature.progress.attempt() else { return Ok(Outcome::Dropped) };
    let turns = Turns::of(write.connection(), feature.id).await?;
    let at = turns
        .clock(feature, attempt)
        .filter(|_| turns.running == Some(turn))
        .and_then(|clock| clock.due(calendar))
        .filter(|at| at.unix_timestamp() == due);
    let (Some(at), Some(phase)) = (at, policy.phase(&attempt.phase)) else {
        return Ok(Outcome::Dropped);
    };
    let (gate, side, due) = (Gate::from(phase), Side::from(&attempt.turn), calendar.date(at));
    let today = calendar.date(write.now);
    let escalation = calendar.after(at, calendar.working_days(policy.terms.reminders.escalate_days));
    let overtaken = match told {
        Told::Ahead => today >= due,
        Told::OnTheDay => write.now >= escalation,
        Told::Late => false,
    };
    if overtaken {
        return Ok(Outcome::Dropped);
    }
    let mut to = match side {
        Side::Reviewers => reviewers(write, feature.id).await?,
        Side::Team => team(write, feature).await?,
    };
    if told == Told::Late {
        to.push(To::person(feature.owner, Because::Owner));
        to.extend(holders(write, feature.product, &policy.terms.reminders.escalate_to).await?);
    }
    let notice = if told == Told::Late || today > due {
        Notice::TurnOverdue { gate, side, due }
    } else {
        Notice::TurnEnding { gate, side, due, days: calendar.days_between(today, due) }
    };
    notify(write, permit, to, &notice).await?;
    Ok(Outcome::Done)
}

/// Tells who can sign an owed gate that the time for it runs out or is over.
async fn owed(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    phase: &PhaseKey,
    due: i64,
    overdue: bool,
) -> Result<Outcome> {
    let policy = &feature.policy.policy;
    let until = sqlx::query_scalar!(
        r#"select owed_until as "owed_until!" from gate_attempt
           where feature_id = $1 and phase = $2 and outcome = 'owed' and undone_at is null and paid_at is null"#,
        feature.id.uuid(),
        phase.as_str()
    )
    .fetch_optional(write.connection())
    .await?;
    let until = until.filter(|until| until.unix_timestamp() == due);
    // What comes late is overtaken by the job of the deadline itself.
    let until = until.filter(|until| overdue || write.now < *until);
    let (Some(until), Some(phase)) = (until, policy.phase(phase)) else { return Ok(Outcome::Dropped) };
    let mut to = holders(write, feature.product, &seats(phase, feature)).await?;
    to.push(To::person(feature.owner, Because::Owner));
    let (gate, due) = (Gate::from(phase), policy.terms.calendar.date(until));
    let notice = if overdue {
        to.extend(holders(write, feature.product, &policy.terms.reminders.escalate_to).await?);
        Notice::OwedOverdue { gate, due }
    } else {
        Notice::OwedEnding { gate, due }
    };
    notify(write, permit, to, &notice).await?;
    Ok(Outcome::Done)
}

/// The roles that sign a phase's gate.
fn seats(phase: &Phase, feature: &Feature) -> Vec<Role> {
    phase.gate.sign_offs_for(feature.tier).map(|rule| rule.role).collect()
}

/// Tells whose waiver it is that it runs out.
async fn waiver_ends(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    number: i32,
    until: i64,
) -> Result<Outcome> {
    let found = sqlx::query!(
        "select until, requested_by, decided_by from waiver
         where feature_id = $1 and number = $2 and state = 'approved'",
        feature.id.uuid(),
        number
    )
    .fetch_optional(write.connection())
    .await?;
    let Some(waiver) = found.filter(|waiver| waiver.until.unix_timestamp() == until) else {
        return Ok(Outcome::Dropped);
    };
    let to = [
        Some(To::person(Id::new(waiver.requested_by), Because::Asker)),
        Some(To::person(feature.owner, Because::Owner)),
        waiver.decided_by.map(|person| To::person(Id::new(person), Because::Decider)),
    ];
    let until = last_day(waiver.until, &feature.policy.policy.terms.calendar);
    notify(write, permit, to.into_iter().flatten(), &Notice::WaiverEnding { number, until }).await?;
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_reminder_comes_working_days_before() {
        let calendar = Calendar::default();
        // Monday, 10:00, two working days before Wednesday, 10:00; the weekend is none.
        let due = datetime!(2026-11-25 10:00 UTC);
        let friday = datetime!(2026-11-20 12:00 UTC);
        assert_eq!(ahead(&calendar, friday, due, 2), Some(datetime!(2026-11-23 10:00 UTC)));
        assert_eq!(ahead(&calendar, friday, due, 3), None, "past already");
        assert_eq!(ahead(&calendar, friday, due, 0), None, "not asked for");
    }

    #[test]
    fn what_fails_is_put_off_for_longer_each_time() {
        assert_eq!(put_off(0), Duration::minutes(1));
        assert_eq!(put_off(3), Duration::minutes(8));
        assert_eq!(put_off(100), Duration::minutes(1024));
    }
}
