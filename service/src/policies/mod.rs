//! Lifecycle policies: versions are imported once, never changed, and read from memory. One version of a policy is
//! active: new features start under it, and stay on it until somebody moves them.

mod activate;
mod choose;
mod coverage;
mod import;
mod list;
mod migrate;
mod parts;
mod replay;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use sluice_domain::{
    canonical::Digest,
    ids::{Id, PolicyVersionId, ProductId},
    policy::{self, Policy},
};
use sqlx::PgConnection;
use time::OffsetDateTime;

pub use activate::{ActivatePolicy, ActivationPage};
pub use choose::{ChoosePolicy, PolicyChoice, ProductPolicyPage};
pub use coverage::coverage_csv;
pub use import::{ImportPolicy, Imported};
pub use list::{Activation, PolicyComparison, PolicyList, PolicyListItem, PolicyPage};
pub use migrate::{MigrateFeature, MigrationEffect, MigrationPage, MigrationTarget};
pub(crate) use parts::GateParts;
pub use replay::{
    Cause, CauseCount, Compared, ImpactTotals, PolicyRun, PolicyRunPage, RunRow, StartPolicyRun, instant,
};

use crate::error::{Error, Result};

/// A policy version as stored: the parsed policy and the digest of its exact text.
#[derive(Debug)]
pub struct LoadedPolicy {
    /// Id of the version.
    pub id: PolicyVersionId,
    /// What it says.
    pub policy: Policy,
    /// SHA-256 of its text.
    pub digest: Digest,
    /// The text.
    pub source: String,
    /// When it was imported.
    pub imported_at: OffsetDateTime,
}

/// Parsed versions by id. A version never changes, so an entry is never stale.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies(Arc<RwLock<HashMap<PolicyVersionId, Arc<LoadedPolicy>>>>);

impl Policies {
    /// The version with this id.
    pub(crate) async fn load(
        &self,
        connection: &mut PgConnection,
        id: PolicyVersionId,
    ) -> Result<Arc<LoadedPolicy>> {
        if let Some(found) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(Arc::clone(found));
        }
        let row =
            sqlx::query!("select source, digest, created_at from policy_version where id = $1", id.uuid())
                .fetch_one(connection)
                .await?;
        let loaded = Arc::new(LoadedPolicy {
            id,
            policy: policy::parse(&row.source).map_err(Error::internal)?,
            digest: Digest::try_from(row.digest.as_slice()).map_err(Error::internal)?,
            source: row.source,
            imported_at: row.created_at,
        });
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&loaded));
        Ok(loaded)
    }

    /// The version that new features of a product start under: the active one of the policy that the product follows.
    pub(crate) async fn current(
        &self,
        connection: &mut PgConnection,
        product: ProductId,
    ) -> Result<Arc<LoadedPolicy>> {
        let id = sqlx::query_scalar!(
            "select a.version_id from product p join policy_activation a on a.policy_key = p.policy_key
             where p.id = $1 order by a.activated_at desc, a.id desc limit 1",
            product.uuid()
        )
        .fetch_one(&mut *connection)
        .await?;
        self.load(connection, Id::new(id)).await
    }

    /// The active version of the policy that a product follows or, where no product is named, of the policy of a new
    /// workspace.
    pub(crate) async fn usual(
        &self,
        connection: &mut PgConnection,
        product: Option<&str>,
    ) -> Result<Arc<LoadedPolicy>> {
        let id = sqlx::query_scalar!(
            "select a.version_id from policy_activation a
             where a.policy_key = coalesce((select policy_key from product where key = $1), $2)
             order by a.activated_at desc, a.id desc limit 1",
            product,
            policy::BUILT_IN_KEY
        )
        .fetch_one(&mut *connection)
        .await?;
        self.load(connection, Id::new(id)).await
    }

    /// The version with this key and name.
    pub(crate) async fn named(
        &self,
        connection: &mut PgConnection,
        key: &str,
        version: &str,
    ) -> Result<Arc<LoadedPolicy>> {
        let id = sqlx::query_scalar!(
            "select id from policy_version where key = $1 and version = $2",
            key,
            version
        )
        .fetch_optional(&mut *connection)
        .await?
        .ok_or(Error::NotFound)?;
        self.load(connection, Id::new(id)).await
    }
}

/// The active version of a policy, and since when.
pub(crate) async fn active(
    connection: &mut PgConnection,
    key: &str,
) -> Result<Option<(PolicyVersionId, OffsetDateTime)>> {
    let row = sqlx::query!(
        "select version_id, activated_at from policy_activation where policy_key = $1
         order by activated_at desc, id desc limit 1",
        key
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (Id::new(row.version_id), row.activated_at)))
}

/// Key of the advisory lock that [`lock_policies`] takes.
const POLICIES: i64 = 0x706f_6c69_6369_6573;

/// Lets one transaction at a time say which version is active. It comes before every other lock.
async fn lock_policies(connection: &mut PgConnection) -> Result<()> {
    sqlx::query_scalar!(r#"select 1 as "locked!" from pg_advisory_xact_lock($1)"#, POLICIES)
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// What a policy version is called in the record.
fn name_of(policy: &Policy) -> String {
    format!("{} {}", policy.key, policy.version)
}
