use std::sync::Arc;

use serde_json::json;
use sluice_domain::{
    canonical::{self, Digest, Salt},
    dossier::{Item, ItemKind},
    ids::{FeatureId, FeatureKey, Id, PersonId, ProductId},
    lifecycle::{Attempt, Cycles, OwedGate, Progress, Turn},
    policy::{PhaseKey, Tier},
    text::Sprint,
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{
    clock::fresh_salt,
    db::permit::{InFeature, Permit},
    error::{Error, Result},
    policies::{LoadedPolicy, Policies},
};

/// A feature as its row says.
#[derive(Clone, Debug)]
pub(crate) struct Feature {
    pub(crate) id: FeatureId,
    pub(crate) product: ProductId,
    pub(crate) product_name: String,
    pub(crate) key: FeatureKey,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) owner: PersonId,
    pub(crate) owner_name: String,
    pub(crate) target_date: Option<Date>,
    pub(crate) sprint: Option<Sprint>,
    pub(crate) tier: Tier,
    pub(crate) policy: Arc<LoadedPolicy>,
    pub(crate) progress: Progress,
    pub(crate) version: i32,
    pub(crate) scope_version: i32,
    pub(crate) scope_salt: Salt,
    pub(crate) created_at: OffsetDateTime,
    /// The highest cycle that each phase has seen.
    pub(crate) cycles: Cycles,
    /// The gates that an emergency went through and that are not signed yet, in the order in which it did.
    pub(crate) owed: Vec<OwedGate>,
    /// How many comments there are; they are numbered without a gap, because none is ever taken away.
    pub(crate) comments: i32,
}

impl Feature {
    /// What of the feature itself a dossier covers.
    pub(crate) fn scope_item(&self) -> Item {
        let content = json!({"title": self.title, "description": self.description, "tier": self.tier.code()});
        Item {
            kind: ItemKind::Scope,
            key: "scope".into(),
            version: self.scope_version,
            digest: self.scope_salt.commit(canonical::to_string(&content).as_bytes()),
        }
    }

    /// Takes a new salt for a new version of the scope.
    pub(crate) fn renew_scope(&mut self) {
        self.scope_version += 1;
        self.scope_salt = fresh_salt();
    }
}

/// Finds a feature by its key, without a lock.
pub(crate) async fn find(
    connection: &mut PgConnection,
    policies: &Policies,
    key: &FeatureKey,
) -> Result<Feature> {
    let id = sqlx::query_scalar!(
        "select f.id from feature f join product p on p.id = f.product_id where p.key = $1 and f.number = $2",
        key.product.as_str(),
        key.number
    )
    .fetch_optional(&mut *connection)
    .await?
    .ok_or(Error::NotFound)?;
    load(connection, policies, Id::new(id)).await
}

/// Finds a feature by its key and locks its row: writes to one feature happen one after the other.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    policies: &Policies,
    key: &FeatureKey,
) -> Result<Feature> {
    let id = sqlx::query_scalar!(
        "select f.id from feature f join product p on p.id = f.product_id where p.key = $1 and f.number = $2
         for update of f",
        key.product.as_str(),
        key.number
    )
    .fetch_optional(&mut *connection)
    .await?
    .ok_or(Error::NotFound)?;
    load(connection, policies, Id::new(id)).await
}

/// Locks the row of a feature, unless somebody else works on it: whoever does settles it anyway.
pub(crate) async fn lock_if_free(
    connection: &mut PgConnection,
    policies: &Policies,
    id: FeatureId,
) -> Result<Option<Feature>> {
    let found = sqlx::query_scalar!("select id from feature where id = $1 for update skip locked", id.uuid())
        .fetch_optional(&mut *connection)
        .await?;
    match found {
        Some(_) => Ok(Some(load(connection, policies, id).await?)),
        None => Ok(None),
    }
}

/// Reads a feature by its id, without a lock.
pub(crate) async fn load(
    connection: &mut PgConnection,
    policies: &Policies,
    id: FeatureId,
) -> Result<Feature> {
    load_many(connection, policies, &[id.uuid()]).await?.pop().ok_or(Error::NotFound)
}

/// Reads features by their ids, in the order of the ids. What is not there is left out.
pub(crate) async fn load_many(
    connection: &mut PgConnection,
    policies: &Policies,
    ids: &[Uuid],
) -> Result<Vec<Feature>> {
    let rows = sqlx::query!(
        r#"select f.id, f.product_id, p.key as product_key, p.name as product_name, f.number, f.title, f.description,
                f.owner_id, o.name as owner_name, f.target_date, f.sprint, f.tier, f.policy_version_id, f.status, f.phase,
                f.cycle, f.turn, f.turn_since, f.requested_by, f.finished_at, f.held_since, f.held_until,
                f.cancelled_at, f.version, f.scope_version, f.scope_salt, f.created_at,
                a.phases as "phases!", a.cycles as "cycles!", a.owed as "owed!: Vec<Option<OffsetDateTime>>",
                coalesce((select max(c.number) from comment c where c.feature_id = f.id), 0) as "comments!"
         from feature f
         join product p on p.id = f.product_id
         join person o on o.id = f.owner_id
         cross join lateral (
             select coalesce(array_agg(t.phase order by t.started_at, t.ended_at), '{}') as phases,
                    coalesce(array_agg(t.cycle order by t.started_at, t.ended_at), '{}') as cycles,
                    coalesce(array_agg(case when t.outcome = 'owed' and t.paid_at is null and t.undone_at is null
                                            then t.owed_until end order by t.started_at, t.ended_at), '{}') as owed
             from gate_attempt t where t.feature_id = f.id
         ) a
         where f.id = any($1)
         order by f.id"#,
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut features = Vec::with_capacity(rows.len());
    for row in rows {
        let policy = policies.load(connection, Id::new(row.policy_version_id)).await?;
        let attempt = Attempt {
            phase: row.phase.parse().map_err(Error::internal)?,
            cycle: row.cycle,
            turn: row.requested_by.map_or(Turn::Team, |id| Turn::Reviewers { requested_by: Id::new(id) }),
            since: row.turn_since,
        };
        let progress = match (row.finished_at, row.cancelled_at, row.held_since) {
            (Some(at), _, _) => Progress::Finished { at },
            (None, Some(at), _) => Progress::Cancelled { attempt, at },
            (None, None, Some(since)) => Progress::Held { attempt, since, until: row.held_until },
            (None, None, None) => Progress::Active(attempt),
        };
        let (mut cycles, mut owed) = (Cycles::default(), Vec::new());
        for ((phase, cycle), due) in row.phases.iter().zip(row.cycles).zip(row.owed) {
            let phase: PhaseKey = phase.parse().map_err(Error::internal)?;
            owed.extend(due.map(|due| OwedGate { phase: phase.clone(), cycle, due }));
            cycles.note(phase, cycle);
        }
        features.push(Feature {
            id: Id::new(row.id),
            product: Id::new(row.product_id),
            product_name: row.product_name,
            key: FeatureKey {
                product: row.product_key.parse().map_err(Error::internal)?,
                number: row.number,
            },
            title: row.title,
            description: row.description,
            owner: Id::new(row.owner_id),
            owner_name: row.owner_name,
            target_date: row.target_date,
            sprint: row.sprint.map(|sprint| sprint.parse()).transpose().map_err(Error::internal)?,
            tier: Tier::from_code(&row.tier).ok_or_else(|| Error::internal("unknown tier"))?,
            policy,
            progress,
            version: row.version,
            scope_version: row.scope_version,
            scope_salt: salt(row.scope_salt)?,
            created_at: row.created_at,
            cycles,
            owed,
            comments: row.comments,
        });
    }
    Ok(features)
}

/// Reads a salt from its column.
pub(crate) fn salt(bytes: Vec<u8>) -> Result<Salt> {
    bytes.try_into().map(Salt).map_err(|_| Error::internal("a salt is not 32 bytes long"))
}

/// Reads a digest from its column.
pub(crate) fn digest(bytes: &[u8]) -> Result<Digest> {
    Digest::try_from(bytes).map_err(Error::internal)
}

/// Stores where a feature stands after a transition.
pub(crate) async fn store_progress(
    connection: &mut PgConnection,
    permit: &Permit<InFeature>,
    progress: &Progress,
) -> Result<()> {
    match progress {
        Progress::Active(attempt) => {
            let requested_by = match attempt.turn {
                Turn::Team => None,
                Turn::Reviewers { requested_by } => Some(requested_by.uuid()),
            };
            sqlx::query!(
                "update feature set status = 'active', phase = $2, cycle = $3, turn = $4, turn_since = $5,
                        requested_by = $6, held_since = null, held_until = null, cancelled_at = null
                 where id = $1",
                permit.feature().uuid(),
                attempt.phase.as_str(),
                attempt.cycle,
                if requested_by.is_some() { "reviewers" } else { "team" },
                attempt.since,
                requested_by
            )
            .execute(connection)
            .await?;
        }
        // The attempt waits as it is.
        Progress::Held { since, until, .. } => {
            sqlx::query!(
                "update feature set status = 'held', held_since = $2, held_until = $3 where id = $1",
                permit.feature().uuid(),
                since,
                *until
            )
            .execute(connection)
            .await?;
        }
        Progress::Cancelled { at, .. } => {
            sqlx::query!(
                "update feature set status = 'cancelled', cancelled_at = $2, held_since = null, held_until = null
                 where id = $1",
                permit.feature().uuid(),
                at
            )
            .execute(connection)
            .await?;
        }
        Progress::Finished { at } => {
            sqlx::query!(
                "update feature set status = 'finished', turn = 'team', turn_since = $2, requested_by = null,
                        finished_at = $2 where id = $1",
                permit.feature().uuid(),
                at
            )
            .execute(connection)
            .await?;
        }
    }
    Ok(())
}
