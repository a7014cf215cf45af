use std::sync::Arc;

use sluice_domain::{access::Action, ids::Id, policy::PolicyDifference};
use time::OffsetDateTime;

use super::{LoadedPolicy, PolicyRun, active, replay::runs_of};
use crate::{Service, actor::Actor, error::Result, people::may};

/// The most versions of a list.
const MOST: i64 = 200;

/// A policy version in a list.
#[derive(Clone, Debug)]
pub struct PolicyListItem {
    /// The version.
    pub loaded: Arc<LoadedPolicy>,
    /// Whether new features of products that follow the policy start under it.
    pub is_active: bool,
}

/// Every policy version.
#[derive(Clone, Debug)]
pub struct PolicyList {
    /// The versions, newest first.
    pub items: Vec<PolicyListItem>,
    /// Whether the actor may import and activate.
    pub may_manage: bool,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// When a version became active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// When.
    pub at: OffsetDateTime,
    /// Who did it, where the actor may know; nobody where Sluice itself did.
    pub by: Option<String>,
    /// Why.
    pub reason: String,
}

/// One policy version.
#[derive(Clone, Debug)]
pub struct PolicyPage {
    /// The version.
    pub loaded: Arc<LoadedPolicy>,
    /// Whether it is the active one.
    pub is_active: bool,
    /// The active version of the policy, where there is one.
    pub active: Option<String>,
    /// The other versions of the policy, newest first.
    pub others: Vec<String>,
    /// When it became active, latest first.
    pub activations: Vec<Activation>,
    /// The latest looks at what it would decide, where the actor may read them.
    pub runs: Vec<PolicyRun>,
    /// Whether the actor may activate it.
    pub may_manage: bool,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// Two versions of a policy, side by side.
#[derive(Clone, Debug)]
pub struct PolicyComparison {
    /// The earlier one.
    pub from: Arc<LoadedPolicy>,
    /// The later one.
    pub to: Arc<LoadedPolicy>,
    /// What is different.
    pub difference: PolicyDifference,
    /// Every version of the policy, newest first.
    pub versions: Vec<String>,
    /// The active version, where there is one.
    pub active: Option<String>,
}

impl Service {
    /// Every policy version, newest first.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn policies(&self, actor: &Actor) -> Result<PolicyList> {
        let mut connection = self.db.reads().acquire().await?;
        let now = self.db.now_on(&mut connection).await?;
        let rows = sqlx::query!(
            r#"select v.id, v.id = (select a.version_id from policy_activation a where a.policy_key = v.key
                                    order by a.activated_at desc, a.id desc limit 1) as is_active
               from policy_version v order by v.created_at desc, v.id desc limit $1"#,
            MOST
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            items.push(PolicyListItem {
                loaded: self.policies.load(&mut connection, Id::new(row.id)).await?,
                is_active: row.is_active.unwrap_or_default(),
            });
        }
        Ok(PolicyList { items, may_manage: may(actor, Action::ManagePolicies), now })
    }

    /// One policy version by key and version.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is none.
    pub async fn policy(&self, _actor: &Actor, key: &str, version: &str) -> Result<Arc<LoadedPolicy>> {
        let mut connection = self.db.reads().acquire().await?;
        self.policies.named(&mut connection, key, version).await
    }

    /// One policy version with how it stands among the others.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is none.
    pub async fn policy_page(&self, actor: &Actor, key: &str, version: &str) -> Result<PolicyPage> {
        let mut connection = self.db.reads().acquire().await?;
        let now = self.db.now_on(&mut connection).await?;
        let loaded = self.policies.named(&mut connection, key, version).await?;
        let active = active(&mut connection, key).await?.map(|(id, _)| id);
        let versions = versions(&mut connection, key).await?;
        let activations = sqlx::query!(
            r#"select a.activated_at, p.name as "name?", a.reason
               from policy_activation a left join person p on p.id = a.activated_by
               where a.version_id = $1 and a.policy_key = $2
               order by a.activated_at desc, a.id desc limit 20"#,
            loaded.id.uuid(),
            key
        )
        .fetch_all(&mut *connection)
        .await?;
        // Who administers is nobody's business but administrators' and auditors'.
        let may_read_runs = may(actor, Action::ReadPolicyRuns);
        let runs = if may_read_runs { runs_of(&mut connection, loaded.id, 5).await? } else { Vec::new() };
        Ok(PolicyPage {
            is_active: active == Some(loaded.id),
            active: versions.iter().find(|(id, _)| Some(*id) == active).map(|(_, name)| name.clone()),
            others: versions.into_iter().filter(|(id, _)| *id != loaded.id).map(|(_, name)| name).collect(),
            activations: activations
                .into_iter()
                .map(|row| Activation {
                    at: row.activated_at,
                    by: row.name.filter(|_| may_read_runs),
                    reason: row.reason,
                })
                .collect(),
            runs,
            may_manage: may(actor, Action::ManagePolicies),
            loaded,
            now,
        })
    }

    /// What is different between two versions of a policy.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when one of them is not there.
    pub async fn policy_comparison(
        &self,
        _actor: &Actor,
        key: &str,
        from: &str,
        to: &str,
    ) -> Result<PolicyComparison> {
        let mut connection = self.db.reads().acquire().await?;
        let from = self.policies.named(&mut connection, key, from).await?;
        let to = self.policies.named(&mut connection, key, to).await?;
        let active = active(&mut connection, key).await?.map(|(id, _)| id);
        let versions = versions(&mut connection, key).await?;
        Ok(PolicyComparison {
            difference: from.policy.difference(&to.policy),
            from,
            to,
            active: versions.iter().find(|(id, _)| Some(*id) == active).map(|(_, name)| name.clone()),
            versions: versions.into_iter().map(|(_, name)| name).collect(),
        })
    }
}

/// The versions of a policy, newest first.
async fn versions(
    connection: &mut sqlx::PgConnection,
    key: &str,
) -> Result<Vec<(sluice_domain::ids::PolicyVersionId, String)>> {
    let rows = sqlx::query!(
        "select id, version from policy_version where key = $1 order by created_at desc, id desc limit $2",
        key,
        MOST
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (Id::new(row.id), row.version)).collect())
}
