//! Lifecycle policies: versions are imported once, never changed, and read from memory.

mod coverage;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use sluice_domain::{
    audit::{Object, ObjectKind, Value, Verb},
    canonical::Digest,
    ids::{Id, PolicyVersionId},
    policy::{self, Policy},
};
use sqlx::PgConnection;
use time::OffsetDateTime;

pub use coverage::coverage_csv;

use crate::{
    Service,
    actor::{Actor, Origin},
    clock::fresh_id,
    db::write::{Write, uncancelled},
    error::{Error, Result},
};

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

    /// The newest version of the policy of a new workspace, which new features start under.
    pub(crate) async fn current(&self, connection: &mut PgConnection) -> Result<Arc<LoadedPolicy>> {
        let id = sqlx::query_scalar!(
            "select id from policy_version where key = $1 order by created_at desc, id desc limit 1",
            policy::BUILT_IN_KEY
        )
        .fetch_one(&mut *connection)
        .await?;
        self.load(connection, Id::new(id)).await
    }
}

impl Service {
    /// Imports the policies that come with this program, unless these versions are there. Returns whether any was new.
    ///
    /// # Errors
    /// When the database is out of reach, or a version is there with another text.
    pub async fn import_built_in_policy(&self) -> Result<bool> {
        let mut new = false;
        // The one of a new workspace comes last: lists show the newest first.
        for source in policy::BUILT_INS.iter().rev() {
            new |= self.import_policy_as_system((*source).to_owned()).await?;
        }
        Ok(new)
    }

    /// Imports a policy text on behalf of Sluice itself, unless that version is there.
    pub(crate) async fn import_policy_as_system(&self, source: String) -> Result<bool> {
        let db = self.db.clone();
        uncancelled(|token| async move {
            let parsed = policy::parse(&source).map_err(Error::internal)?;
            let digest = Digest::of(source.as_bytes());
            let mut begun = db.begin(&token, &Origin::default()).await?;
            let there = sqlx::query_scalar!(
                "select digest from policy_version where key = $1 and version = $2",
                parsed.key,
                parsed.version
            )
            .fetch_optional(begun.connection())
            .await?;
            if let Some(there) = there {
                // A released version that changed its text would make every sign-off under it mean something else.
                return if there == digest.as_bytes() {
                    Ok(false)
                } else {
                    Err(Error::internal(format!(
                        "policy {} {} is stored with another text; give the changed text a new version",
                        parsed.key, parsed.version
                    )))
                };
            }
            let mut write = begun.at_now().await?;
            let permit = Write::authorize_system();
            let id: PolicyVersionId = fresh_id(write.now);
            let now = write.now;
            let inserted = sqlx::query!(
                "insert into policy_version (id, key, version, title, source, digest, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7) on conflict (key, version) do nothing",
                id.uuid(),
                parsed.key,
                parsed.version,
                parsed.title,
                source,
                digest.as_bytes().as_slice(),
                now
            )
            .execute(write.connection())
            .await?;
            if inserted.rows_affected() == 0 {
                return Ok(false);
            }
            let name = format!("{} {}", parsed.key, parsed.version);
            let mut event =
                write.event(&permit, Verb::PolicyImported, Object::new(ObjectKind::Policy, id, name));
            event.change("digest", Value::None, Value::Digest(digest));
            write.commit(event, Vec::new()).await?;
            Ok(true)
        })
        .await
    }

    /// Every policy version, newest first.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn policies(&self, _actor: &Actor) -> Result<Vec<Arc<LoadedPolicy>>> {
        let mut connection = self.db.reads().acquire().await?;
        let ids =
            sqlx::query_scalar!("select id from policy_version order by created_at desc, id desc limit 200")
                .fetch_all(&mut *connection)
                .await?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.push(self.policies.load(&mut connection, Id::new(id)).await?);
        }
        Ok(found)
    }

    /// One policy version by key and version.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none.
    pub async fn policy(&self, _actor: &Actor, key: &str, version: &str) -> Result<Arc<LoadedPolicy>> {
        let mut connection = self.db.reads().acquire().await?;
        let id = sqlx::query_scalar!(
            "select id from policy_version where key = $1 and version = $2",
            key,
            version
        )
        .fetch_optional(&mut *connection)
        .await?
        .ok_or(Error::NotFound)?;
        self.policies.load(&mut connection, Id::new(id)).await
    }
}
