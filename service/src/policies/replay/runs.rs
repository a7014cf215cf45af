use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use sluice_domain::{
    access::Action,
    form::{Check, FieldProblem, Fields, Problem},
    gate::Blocker,
    ids::{Id, PolicyRunId, PolicyVersionId},
    policy::{RunKind, RunState},
    words,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    Cause, CauseCount, Look,
    engine::{CHUNK, Compared, following},
};
use crate::{
    Service,
    actor::Actor,
    clock::fresh_id,
    db::runs::{Advance, ClaimedRun, NewRun},
    error::{Error, Result},
    people::invalid,
    policies::LoadedPolicy,
};

/// Begins to look at what a version would decide.
#[derive(Clone, Debug)]
pub struct StartPolicyRun {
    /// Its id, made with the form: sending the form twice begins one.
    pub id: PolicyRunId,
    /// The instant to look at; now where there is none.
    pub at: Option<OffsetDateTime>,
}

impl StartPolicyRun {
    /// Parses the fields `id` and `at`: a day, which means its end, or an instant with its zone; empty for now.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let at = match instant(fields.get("at")) {
            Some(at) => Some(at),
            // It says what is wrong, if anything was written.
            None => check.optional_day(fields, "at", "The day").map(end_of),
        };
        let command = id.map(|id| Self { id, at });
        check.finish(command)
    }

    /// The same for a replay, which is about the past: the day has to be there.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn replay(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let command = Self::parse(fields)?;
        if command.at.is_none() {
            let problem = Problem::NotADay;
            return Err(vec![FieldProblem { field: "at", label: "The day", problem }]);
        }
        Ok(command)
    }
}

/// Reads an instant of the past that somebody names: a day, which means its end in UTC, or an instant with its zone.
#[must_use]
pub fn instant(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim();
    let day = || {
        let fields = Fields::new(vec![("at".to_owned(), text.to_owned())]);
        Check::default().optional_day(&fields, "at", "The day").map(end_of)
    };
    OffsetDateTime::parse(text, &Rfc3339).ok().or_else(day)
}

/// The last instant of a day that the database tells apart from the next day.
fn end_of(day: time::Date) -> OffsetDateTime {
    day.next_day().map_or_else(
        || day.midnight().assume_utc(),
        |next| next.midnight().assume_utc() - time::Duration::MICROSECOND,
    )
}

impl Service {
    /// Begins to look at what a version would decide about the features that follow its policy, in the background.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an instant that lies in the future, [`Error::Busy`] while many runs are under way,
    /// [`Error::NotFound`] when there is no such version, [`Error::Denied`] for anybody but an administrator.
    pub async fn start_policy_run(
        &self,
        actor: &Actor,
        key: &str,
        version: &str,
        command: StartPolicyRun,
    ) -> Result<PolicyRunId> {
        Self::demand_workspace(actor, Action::ManagePolicies)?;
        let mut connection = self.db.reads().acquire().await?;
        let loaded = self.policies.named(&mut connection, key, version).await?;
        let now = self.db.now_on(&mut connection).await?;
        drop(connection);
        if command.at.is_some_and(|at| at > now) {
            return Err(invalid("at", "The day", Problem::NotYetPast));
        }
        let new = NewRun {
            id: command.id,
            kind: if command.at.is_some() { RunKind::Replay } else { RunKind::Impact },
            version: loaded.id,
            at: command.at.unwrap_or(now),
            by: actor.person,
        };
        if !self.db.create_run(&new).await? {
            return Err(Error::Busy);
        }
        let service = self.clone();
        let run = command.id;
        // Whoever asked does not wait for it, and it does not end when they go away.
        tokio::spawn(async move { service.work_on(run).await }.in_current_span());
        Ok(run)
    }

    /// Calls a run off. One that has ended stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such run, [`Error::Denied`] for anybody but an administrator.
    pub async fn cancel_policy_run(&self, actor: &Actor, run: PolicyRunId) -> Result<()> {
        Self::demand_workspace(actor, Action::ManagePolicies)?;
        if self.db.end_run(run, None, RunState::Cancelled).await? || self.run_exists(run).await? {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }

    async fn run_exists(&self, run: PolicyRunId) -> Result<bool> {
        Ok(sqlx::query_scalar!(
            r#"select exists (select from policy_run where id = $1) as "there!""#,
            run.uuid()
        )
        .fetch_one(self.db.reads())
        .await?)
    }

    /// Goes on with runs that nobody works on any more, because the process that did has ended. Returns how many.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn resume_policy_runs(&self) -> Result<usize> {
        let waiting = self.db.waiting_runs().await?;
        for run in &waiting {
            self.work_on(*run).await;
        }
        Ok(waiting.len())
    }

    /// Works on a run until it is done, unless another process does.
    async fn work_on(&self, run: PolicyRunId) {
        let worker = fresh_id::<()>(self.db.clock.rough()).uuid();
        match self.look_at_all(run, worker).await {
            Ok(()) => {}
            // Another process, or this one when it can, goes on where this one stopped.
            Err(error @ (Error::Unavailable(_) | Error::StorageFull | Error::Busy)) => {
                tracing::warn!(%run, %error, "a policy run was interrupted");
            }
            Err(error) => {
                tracing::error!(%run, ?error, "a policy run failed");
                if let Err(error) = self.db.end_run(run, Some(worker), RunState::Broken).await {
                    tracing::warn!(%run, %error, "a policy run that failed is not marked");
                }
            }
        }
    }

    async fn look_at_all(&self, run: PolicyRunId, worker: Uuid) -> Result<()> {
        let Some(claimed) = self.db.claim_run(run, worker).await? else { return Ok(()) };
        let ClaimedRun { kind, version, at, place, causes } = claimed;
        let look = match kind {
            RunKind::Impact => Look::Now(at),
            RunKind::Replay => Look::AsOf(at),
        };
        let loaded = self.version(version).await?;
        let mut tx = look.begin(self.db.reads()).await?;
        let ids = following(&mut tx, &loaded.policy.key, place).await?;
        tx.rollback().await?;
        let mut counts =
            Counts::from(serde_json::from_value::<Vec<CauseCount>>(causes).map_err(Error::internal)?);
        let total = i32::try_from(ids.len()).map_err(Error::internal)?;
        if !self.db.count_run(run, worker, total).await? {
            return Ok(());
        }
        for chunk in ids.chunks(CHUNK) {
            let Some(last) = chunk.last() else { break };
            let compared = self.look_at((&*loaded).into(), chunk, look).await?;
            let mut advance = Advance {
                place: *last,
                done: i32::try_from(chunk.len()).map_err(Error::internal)?,
                ..Advance::default()
            };
            for one in &compared {
                counts.add(one);
                note(&mut advance, one);
            }
            advance.causes = counts.value()?;
            if !self.db.advance_run(run, worker, advance).await? {
                // Called off, or another process has taken it over.
                return Ok(());
            }
        }
        self.db.end_run(run, Some(worker), RunState::Finished).await?;
        Ok(())
    }

    async fn version(&self, id: PolicyVersionId) -> Result<Arc<LoadedPolicy>> {
        let mut connection = self.db.reads().acquire().await?;
        self.policies.load(&mut connection, Id::new(id.uuid())).await
    }
}

/// Notes a feature in what is stored of a chunk.
fn note(advance: &mut Advance, compared: &Compared) {
    advance.more += i32::from(!compared.change.appears.is_empty());
    advance.less += i32::from(!compared.change.vanishes.is_empty());
    advance.gone += i32::from(compared.after.is_none());
    if !compared.differs() {
        return;
    }
    let count = |blockers: usize| i32::try_from(blockers).unwrap_or(i32::MAX);
    advance.features.push(compared.id.uuid());
    advance.phases.push(compared.phase.to_string());
    advance.held.push(compared.held);
    advance.before.push(count(compared.before.blockers.len()));
    advance.after.push(compared.after.as_ref().map(|after| count(after.blockers.len())));
    advance.appears.push(causes(&compared.change.appears));
    advance.vanishes.push(causes(&compared.change.vanishes));
}

/// What blocks, in words that name nothing that people wrote; each once.
fn causes(blockers: &[Blocker]) -> Value {
    let mut causes: Vec<Cause> = blockers.iter().map(Cause::of).collect();
    causes.sort();
    causes.dedup();
    json!(causes)
}

/// How many features each cause concerns.
struct Counts(BTreeMap<Cause, (i32, i32)>);

impl From<Vec<CauseCount>> for Counts {
    fn from(counts: Vec<CauseCount>) -> Self {
        Self(counts.into_iter().map(|count| (count.cause, (count.more, count.less))).collect())
    }
}

impl Counts {
    fn add(&mut self, compared: &Compared) {
        let causes = |blockers: &[Blocker]| {
            blockers.iter().map(Cause::of).collect::<std::collections::BTreeSet<Cause>>()
        };
        for cause in causes(&compared.change.appears) {
            self.0.entry(cause).or_default().0 += 1;
        }
        for cause in causes(&compared.change.vanishes) {
            self.0.entry(cause).or_default().1 += 1;
        }
    }

    fn value(&self) -> Result<Value> {
        let counts: Vec<CauseCount> = self
            .0
            .iter()
            .map(|(cause, (more, less))| CauseCount { cause: cause.clone(), more: *more, less: *less })
            .collect();
        serde_json::to_value(counts).map_err(Error::internal)
    }
}

impl Cause {
    fn of(blocker: &Blocker) -> Self {
        Self { code: blocker.code().to_owned(), words: words::cause(blocker) }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn at(text: &str) -> Result<Option<OffsetDateTime>, Vec<Problem>> {
        let fields = Fields::new(vec![
            ("id".into(), "0190b7d4-0000-7000-8000-000000000001".into()),
            ("at".into(), text.into()),
        ]);
        StartPolicyRun::parse(&fields)
            .map(|command| command.at)
            .map_err(|problems| problems.into_iter().map(|problem| problem.problem).collect())
    }

    #[test]
    fn a_day_means_its_end_and_an_instant_itself() {
        assert_eq!(at(""), Ok(None));
        assert_eq!(at("2026-11-20"), Ok(Some(datetime!(2026-11-20 23:59:59.999999 UTC))));
        assert_eq!(at(" 2026-11-20T12:30:00+02:00 "), Ok(Some(datetime!(2026-11-20 10:30 UTC))));
        assert_eq!(at("yesterday"), Err(vec![Problem::NotADay]));
    }
}
