use std::collections::BTreeMap;

use sluice_domain::{
    access::{Action, Grants, allowed},
    ids::{FeatureId, FeatureKey, Id},
    relation::{RelationEnd, RelationKind},
};
use sqlx::PgConnection;

use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    features::{
        FeatureSummary, Lineage, lineage,
        page::{Opened, open},
        phase_of,
    },
};

/// The most features that are named of each relation.
const MOST: i64 = 100;

/// The relations of a feature, as far as the reader may see the other ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relations {
    /// The other features by how this one sees them; the first hundred of each.
    pub ends: BTreeMap<RelationEnd, Vec<Related>>,
    /// How its parts stand, where it has any.
    pub parts: Option<Parts>,
}

impl Relations {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// What it is a duplicate of.
    #[must_use]
    pub fn original(&self) -> Option<&Related> {
        self.ends.get(&RelationEnd::DuplicateOf)?.first()
    }
}

/// How the parts of a feature stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// How many there are.
    pub total: i64,
    /// How many of them are neither finished nor cancelled.
    pub open: i64,
}

/// A feature at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Its key.
    pub key: FeatureKey,
    /// What it is called.
    pub title: String,
    /// Its product's name.
    pub product_name: String,
    /// Where it stands.
    pub standing: Standing,
}

/// Where a related feature stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In the phase of this name.
    Under(String),
    /// On hold, in the phase of this name.
    OnHold(String),
    /// It went through its whole lifecycle.
    Finished,
    /// It was cancelled.
    Cancelled,
}

/// The page of a feature's relations.
#[derive(Clone, Debug)]
pub struct RelationsPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// Its relations.
    pub relations: Relations,
    /// What it came out of as feedback, and what came out of it so.
    pub lineage: Lineage,
}

impl Service {
    /// The relations of a feature.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such feature that the actor may see.
    pub async fn relations_page(&self, actor: &Actor, key: &FeatureKey) -> Result<RelationsPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let relations = relations(self, &mut connection, actor, feature.id).await?;
        let lineage = lineage(&mut connection, actor, feature.id).await?;
        Ok(RelationsPage { summary, relations, lineage })
    }
}

/// Reads the relations of a feature with one query. What the reader may not see at the other end is not there at all: it
/// is not counted either.
pub(crate) async fn relations(
    service: &Service,
    connection: &mut PgConnection,
    actor: &Actor,
    feature: FeatureId,
) -> Result<Relations> {
    let everywhere =
        allowed(&Grants { workspace: actor.workspace.clone(), ..Grants::default() }, Action::ReadProduct);
    let rows = sqlx::query!(
        r#"select kind as "kind!", said_here as "said_here!", total as "total!", open as "open!",
                  product_key as "product_key!", product_name as "product_name!", number as "number!",
                  title as "title!", status as "status!", phase as "phase!", policy_version_id as "policy!"
           from (
               select linked.kind, linked.said_here, p.key as product_key, p.name as product_name, f.number, f.title,
                      f.status, f.phase, f.policy_version_id,
                      count(*) over (partition by linked.kind, linked.said_here) as total,
                      count(*) filter (where f.status in ('active', 'held'))
                          over (partition by linked.kind, linked.said_here) as open,
                      row_number() over (partition by linked.kind, linked.said_here
                                         order by linked.created_at, linked.id) as place
               from (
                   select kind, true as said_here, other_id as id, created_at from relation where feature_id = $1
                   union all
                   select kind, false, feature_id, created_at from relation where other_id = $1
               ) linked
               join feature f on f.id = linked.id
               join product p on p.id = f.product_id
               where $2 or exists (select from product_grant g where g.person_id = $3 and g.product_id = p.id)
           ) seen
           where place <= $4
           order by kind, said_here, place"#,
        feature.uuid(),
        everywhere,
        actor.person.uuid(),
        MOST
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut relations = Relations::default();
    for row in rows {
        let kind =
            RelationKind::from_code(&row.kind).ok_or_else(|| Error::internal("unknown kind of relation"))?;
        let end = RelationEnd::of(kind, row.said_here);
        if end == RelationEnd::ParentOf {
            relations.parts = Some(Parts { total: row.total, open: row.open });
        }
        // Loaded once and kept: there are few policies.
        let policy = service.policies.load(connection, Id::new(row.policy)).await?;
        let phase = || phase_of(&policy, &row.phase, true).0.unwrap_or_else(|| row.phase.clone());
        let standing = match row.status.as_str() {
            "finished" => Standing::Finished,
            "cancelled" => Standing::Cancelled,
            "held" => Standing::OnHold(phase()),
            _ => Standing::Under(phase()),
        };
        let product = row.product_key.parse().map_err(Error::internal)?;
        relations.ends.entry(end).or_default().push(Related {
            key: FeatureKey { product, number: row.number },
            title: row.title,
            product_name: row.product_name,
            standing,
        });
    }
    Ok(relations)
}
