use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sluice_domain::{
    access::{Action, WorkspaceRole},
    ids::{FeatureKey, Id, PolicyRunId, PolicyVersionId},
    policy::{RunKind, RunState},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    policies::LoadedPolicy,
};

/// Features on one page.
const PAGE: i64 = 50;

/// What is asked, in words that name the policy and nothing that people wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cause {
    /// The code of the blocker.
    pub code: String,
    /// What is asked, in a sentence.
    pub words: String,
}

/// What is asked, and how many features it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseCount {
    /// What.
    #[serde(flatten)]
    pub cause: Cause,
    /// Features that it would block.
    pub more: i32,
    /// Features that it would block no more.
    pub less: i32,
}

/// A look at what a version would decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRun {
    /// Its id.
    pub id: PolicyRunId,
    /// What it looks at.
    pub kind: RunKind,
    /// The instant that is decided about.
    pub at: OffsetDateTime,
    /// How far it is.
    pub state: RunState,
    /// Who began it.
    pub started_by: String,
    /// When.
    pub started_at: OffsetDateTime,
    /// When it ended.
    pub ended_at: Option<OffsetDateTime>,
    /// How many features there are to look at.
    pub total: i32,
    /// How many were looked at.
    pub done: i32,
    /// Of how many it asks something more.
    pub more: i32,
    /// Of how many it asks something less.
    pub less: i32,
    /// How many are in a phase that it does not have.
    pub gone: i32,
}

/// A feature about which the version decides otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// The feature.
    pub feature: FeatureKey,
    /// Whether the actor may read it.
    pub may_open: bool,
    /// The phase that it is in.
    pub phase: String,
    /// Whether it was on hold: what is decided counts once it goes on.
    pub held: bool,
    /// How many things block its gate.
    pub before: i32,
    /// How many would; nothing where the version does not have the phase.
    pub after: Option<i32>,
    /// What would block besides.
    pub appears: Vec<Cause>,
    /// What would block no more.
    pub vanishes: Vec<Cause>,
}

/// A run with what it found.
#[derive(Clone, Debug)]
pub struct PolicyRunPage {
    /// The run.
    pub run: PolicyRun,
    /// The version.
    pub loaded: Arc<LoadedPolicy>,
    /// What is asked more or less, what concerns most features first.
    pub causes: Vec<CauseCount>,
    /// Features about which it decides otherwise, oldest first.
    pub rows: Vec<RunRow>,
    /// What to ask for after these.
    pub next: Option<String>,
    /// Whether the actor may call it off and activate the version.
    pub may_manage: bool,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

struct Row {
    id: Uuid,
    kind: String,
    at: OffsetDateTime,
    state: String,
    started_by: String,
    started_at: OffsetDateTime,
    ended_at: Option<OffsetDateTime>,
    total: i32,
    done: i32,
    more: i32,
    less: i32,
    gone: i32,
}

impl TryFrom<Row> for PolicyRun {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: Id::new(row.id),
            kind: RunKind::from_code(&row.kind).ok_or_else(|| Error::internal("unknown kind of run"))?,
            at: row.at,
            state: RunState::from_code(&row.state)
                .ok_or_else(|| Error::internal("unknown state of a run"))?,
            started_by: row.started_by,
            started_at: row.started_at,
            ended_at: row.ended_at,
            total: row.total,
            done: row.done,
            more: row.more,
            less: row.less,
            gone: row.gone,
        })
    }
}

/// The latest looks at what a version would decide.
pub(crate) async fn runs_of(
    connection: &mut PgConnection,
    version: PolicyVersionId,
    most: i64,
) -> Result<Vec<PolicyRun>> {
    let rows = sqlx::query_as!(
        Row,
        "select r.id, r.kind, r.at, r.state, p.name as started_by, r.started_at, r.ended_at, r.total, r.done, r.more,
                r.less, r.gone
         from policy_run r join person p on p.id = r.started_by
         where r.version_id = $1 order by r.started_at desc, r.id desc limit $2",
        version.uuid(),
        most
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The latest look of one kind at what a version would decide.
pub(crate) async fn latest_run(
    connection: &mut PgConnection,
    version: PolicyVersionId,
    kind: RunKind,
) -> Result<Option<PolicyRun>> {
    let row = sqlx::query_as!(
        Row,
        "select r.id, r.kind, r.at, r.state, p.name as started_by, r.started_at, r.ended_at, r.total, r.done, r.more,
                r.less, r.gone
         from policy_run r join person p on p.id = r.started_by
         where r.version_id = $1 and r.kind = $2 order by r.started_at desc, r.id desc limit 1",
        version.uuid(),
        kind.code()
    )
    .fetch_optional(connection)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// The latest look of one kind that was finished, of those that were begun since an instant.
pub(crate) async fn latest_finished(
    connection: &mut PgConnection,
    version: PolicyVersionId,
    kind: RunKind,
    since: OffsetDateTime,
) -> Result<Option<PolicyRun>> {
    let row = sqlx::query_as!(
        Row,
        "select r.id, r.kind, r.at, r.state, p.name as started_by, r.started_at, r.ended_at, r.total, r.done, r.more,
                r.less, r.gone
         from policy_run r join person p on p.id = r.started_by
         where r.version_id = $1 and r.kind = $2 and r.state = 'finished' and r.started_at >= $3
         order by r.started_at desc, r.id desc limit 1",
        version.uuid(),
        kind.code(),
        since
    )
    .fetch_optional(connection)
    .await?;
    row.map(TryInto::try_into).transpose()
}

impl Service {
    /// A look at what a version would decide: how far it is, and what it found. `after` is where the page before ended.
    ///
    /// Features are named by their keys, and what is asked of them in the policy's words: administrators, who may not
    /// read features, learn what a policy would do and nothing of what people wrote.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such run, [`Error::Denied`] for anybody but administrators and auditors.
    pub async fn policy_run_page(
        &self,
        actor: &Actor,
        run: PolicyRunId,
        after: Option<&str>,
    ) -> Result<PolicyRunPage> {
        Self::demand_workspace(actor, Action::ReadPolicyRuns)?;
        let mut connection = self.db.reads().acquire().await?;
        let now = self.db.now_on(&mut connection).await?;
        let row = sqlx::query_as!(
            Row,
            "select r.id, r.kind, r.at, r.state, p.name as started_by, r.started_at, r.ended_at, r.total, r.done,
                    r.more, r.less, r.gone
             from policy_run r join person p on p.id = r.started_by where r.id = $1",
            run.uuid()
        )
        .fetch_optional(&mut *connection)
        .await?
        .ok_or(Error::NotFound)?;
        let more = sqlx::query!("select version_id, causes from policy_run where id = $1", run.uuid())
            .fetch_one(&mut *connection)
            .await?;
        let loaded = self.policies.load(&mut connection, Id::new(more.version_id)).await?;
        let mut causes: Vec<CauseCount> = serde_json::from_value(more.causes).map_err(Error::internal)?;
        causes.sort_by_key(|count| std::cmp::Reverse(count.more.max(count.less)));
        // What is no place in the list begins it anew.
        let after: Option<Uuid> = after.and_then(|text| text.parse().ok());
        let mut rows = sqlx::query!(
            r#"select r.feature_id, p.key, f.number, r.phase, r.before, r.after, r.appears, r.vanishes, r.held,
                      ($2 or exists (select from product_grant g
                                     where g.person_id = $3 and g.product_id = f.product_id)) as "may_open!"
               from policy_run_row r
               join feature f on f.id = r.feature_id
               join product p on p.id = f.product_id
               where r.run_id = $1 and ($4::uuid is null or r.feature_id > $4)
               order by r.feature_id limit $5"#,
            run.uuid(),
            actor.workspace.contains(&WorkspaceRole::Auditor),
            actor.person.uuid(),
            after,
            PAGE + 1
        )
        .fetch_all(&mut *connection)
        .await?;
        let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let next = (rows.len() > page).then(|| rows[page - 1].feature_id.to_string());
        rows.truncate(page);
        let rows = rows
            .into_iter()
            .map(|row| {
                let name = loaded.policy.phases.iter().find(|phase| phase.key.as_str() == row.phase);
                Ok(RunRow {
                    feature: FeatureKey {
                        product: row.key.parse().map_err(Error::internal)?,
                        number: row.number,
                    },
                    may_open: row.may_open,
                    phase: name.map_or_else(|| row.phase.clone(), |phase| phase.name.clone()),
                    held: row.held,
                    before: row.before,
                    after: row.after,
                    appears: serde_json::from_value(row.appears).map_err(Error::internal)?,
                    vanishes: serde_json::from_value(row.vanishes).map_err(Error::internal)?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(PolicyRunPage {
            run: row.try_into()?,
            loaded,
            causes,
            rows,
            next,
            may_manage: crate::people::may(actor, Action::ManagePolicies),
            now,
        })
    }
}
