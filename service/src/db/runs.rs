//! How far looks at another version of a policy are. They follow from the record and are no part of it.
//!
//! Each function is one statement. A process works on a run while its lease lasts, and every step renews it: whoever
//! lost the lease, or works on a run that was called off, changes nothing any more.

use serde_json::Value;
use sluice_domain::{
    ids::{Id, PersonId, PolicyRunId, PolicyVersionId},
    policy::{RunKind, RunState},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Database;
use crate::error::{Error, Result};

/// How many runs may be under way.
const MOST: i64 = 4;

/// For how long a run belongs to a process that says nothing more: longer than a step takes.
const LEASE_SECONDS: f64 = 30.0;

/// A run to begin.
pub(crate) struct NewRun {
    pub(crate) id: PolicyRunId,
    pub(crate) kind: RunKind,
    pub(crate) version: PolicyVersionId,
    pub(crate) at: OffsetDateTime,
    pub(crate) by: PersonId,
}

/// A run that a process works on.
pub(crate) struct ClaimedRun {
    pub(crate) kind: RunKind,
    pub(crate) version: PolicyVersionId,
    pub(crate) at: OffsetDateTime,
    pub(crate) place: Option<Uuid>,
    pub(crate) causes: Value,
}

/// What a step found; what concerns single features, column by column.
#[derive(Default)]
pub(crate) struct Advance {
    pub(crate) place: Uuid,
    pub(crate) done: i32,
    pub(crate) more: i32,
    pub(crate) less: i32,
    pub(crate) gone: i32,
    pub(crate) causes: Value,
    pub(crate) features: Vec<Uuid>,
    pub(crate) phases: Vec<String>,
    pub(crate) held: Vec<bool>,
    pub(crate) before: Vec<i32>,
    pub(crate) after: Vec<Option<i32>>,
    pub(crate) appears: Vec<Value>,
    pub(crate) vanishes: Vec<Value>,
}

impl Database {
    /// Stores a new run. False while as many are under way as may be; a form that was sent before is no new one.
    pub(crate) async fn create_run(&self, run: &NewRun) -> Result<bool> {
        Ok(sqlx::query_scalar!(
            r#"with made as (
                   insert into policy_run (id, kind, version_id, at, started_by, started_at)
                   select $1, $2, $3, $4, $5, coalesce($6::timestamptz, clock_timestamp())
                   where (select count(*) from policy_run where state = 'running') < $7
                   on conflict (id) do nothing
                   returning id
               )
               select exists (select from made) or exists (select from policy_run where id = $1) as "there!""#,
            run.id.uuid(),
            run.kind.code(),
            run.version.uuid(),
            run.at,
            run.by.uuid(),
            self.injected(),
            MOST
        )
        .fetch_one(&self.writes)
        .await?)
    }

    /// Takes a run over that nobody works on.
    pub(crate) async fn claim_run(&self, run: PolicyRunId, worker: Uuid) -> Result<Option<ClaimedRun>> {
        let row = sqlx::query!(
            "update policy_run set worker = $2,
                    lease_until = coalesce($3::timestamptz, clock_timestamp()) + make_interval(secs => $4)
             where id = $1 and state = 'running'
               and (lease_until is null or lease_until < coalesce($3::timestamptz, clock_timestamp()))
             returning kind, version_id, at, place, causes",
            run.uuid(),
            worker,
            self.injected(),
            LEASE_SECONDS
        )
        .fetch_optional(&self.writes)
        .await?;
        row.map(|row| {
            Ok(ClaimedRun {
                kind: RunKind::from_code(&row.kind).ok_or_else(|| Error::internal("unknown kind of run"))?,
                version: Id::new(row.version_id),
                at: row.at,
                place: row.place,
                causes: row.causes,
            })
        })
        .transpose()
    }

    /// Says how many features are left to look at. False where the run is somebody else's by now.
    pub(crate) async fn count_run(&self, run: PolicyRunId, worker: Uuid, left: i32) -> Result<bool> {
        let counted = sqlx::query!(
            "update policy_run set total = done + $3 where id = $1 and worker = $2 and state = 'running'",
            run.uuid(),
            worker,
            left
        )
        .execute(&self.writes)
        .await?;
        Ok(counted.rows_affected() == 1)
    }

    /// Stores what a step found. False where the run was called off or is somebody else's by now.
    pub(crate) async fn advance_run(&self, run: PolicyRunId, worker: Uuid, step: Advance) -> Result<bool> {
        Ok(sqlx::query_scalar!(
            r#"with mine as (
                   update policy_run
                   set place = $3, done = done + $4, more = more + $5, less = less + $6, gone = gone + $7,
                       causes = $8,
                       lease_until = coalesce($9::timestamptz, clock_timestamp()) + make_interval(secs => $10)
                   where id = $1 and worker = $2 and state = 'running'
                   returning id
               ), found as (
                   insert into policy_run_row (run_id, feature_id, phase, before, after, appears, vanishes, held)
                   select mine.id, r.* from mine,
                          unnest($11::uuid[], $12::text[], $13::int[], $14::int[], $15::jsonb[], $16::jsonb[],
                                 $17::bool[]) as r
               )
               select exists (select from mine) as "mine!""#,
            run.uuid(),
            worker,
            step.place,
            step.done,
            step.more,
            step.less,
            step.gone,
            step.causes,
            self.injected(),
            LEASE_SECONDS,
            &step.features,
            &step.phases,
            &step.before,
            &step.after as &[Option<i32>],
            &step.appears,
            &step.vanishes,
            &step.held
        )
        .fetch_one(&self.writes)
        .await?)
    }

    /// Ends a run; with a worker, only while it is that worker's. False where it had ended.
    pub(crate) async fn end_run(
        &self,
        run: PolicyRunId,
        worker: Option<Uuid>,
        state: RunState,
    ) -> Result<bool> {
        let ended = sqlx::query!(
            "update policy_run set state = $3, ended_at = coalesce($4::timestamptz, clock_timestamp()),
                    lease_until = null
             where id = $1 and state = 'running' and ($2::uuid is null or worker = $2)",
            run.uuid(),
            worker,
            state.code(),
            self.injected()
        )
        .execute(&self.writes)
        .await?;
        Ok(ended.rows_affected() == 1)
    }

    /// Runs that nobody works on, oldest first.
    pub(crate) async fn waiting_runs(&self) -> Result<Vec<PolicyRunId>> {
        let ids = sqlx::query_scalar!(
            "select id from policy_run
             where state = 'running'
               and (lease_until is null or lease_until < coalesce($1::timestamptz, clock_timestamp()))
             order by started_at, id limit $2",
            self.injected(),
            MOST
        )
        .fetch_all(&self.reads)
        .await?;
        Ok(ids.into_iter().map(Id::new).collect())
    }
}
