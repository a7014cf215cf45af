use sluice_domain::{
    access::{Action, Grants, allowed},
    ids::{FeatureId, FeatureKey},
};
use sqlx::PgConnection;

use crate::{
    actor::Actor,
    db::{
        permit::{InFeature, Permit},
        write::Write,
    },
    error::{Error, Result},
};

/// The most relatives of each kind that a page names.
const MOST: i64 = 100;

/// What a feature came out of, and what came out of it, as far as the reader may see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// Features that it came out of.
    pub origins: Vec<Relative>,
    /// Features that came out of it.
    pub successors: Vec<Relative>,
}

impl Lineage {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.origins.is_empty() && self.successors.is_empty()
    }
}

/// A feature that is linked to another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relative {
    /// Its key.
    pub key: FeatureKey,
    /// What it is called.
    pub title: String,
    /// Number of the feedback, of whichever feature is the earlier one, that led from one to the other.
    pub feedback: Option<i32>,
}

/// Reads the lineage of a feature. A link leads to another product only for those who may read that product.
pub(crate) async fn lineage(
    connection: &mut PgConnection,
    actor: &Actor,
    feature: FeatureId,
) -> Result<Lineage> {
    let everywhere =
        allowed(&Grants { workspace: actor.workspace.clone(), ..Grants::default() }, Action::ReadProduct);
    let rows = sqlx::query!(
        r#"select linked.is_origin as "is_origin!", linked.feedback, p.key, f.number, f.title
           from (
               (select true as is_origin, origin_id as id, feedback, created_at
                from feature_link where feature_id = $1 order by created_at, origin_id limit $4)
               union all
               (select false, feature_id, feedback, created_at
                from feature_link where origin_id = $1 order by created_at, feature_id limit $4)
           ) linked
           join feature f on f.id = linked.id
           join product p on p.id = f.product_id
           where $2 or exists (select from product_grant g where g.person_id = $3 and g.product_id = p.id)
           order by linked.created_at, p.key, f.number"#,
        feature.uuid(),
        everywhere,
        actor.person.uuid(),
        MOST
    )
    .fetch_all(connection)
    .await?;
    let mut lineage = Lineage::default();
    for row in rows {
        let relative = Relative {
            key: FeatureKey { product: row.key.parse().map_err(Error::internal)?, number: row.number },
            title: row.title,
            feedback: row.feedback,
        };
        if row.is_origin {
            lineage.origins.push(relative);
        } else {
            lineage.successors.push(relative);
        }
    }
    Ok(lineage)
}

/// Stores that a feature came out of a piece of feedback of another one. Both rows are locked.
pub(crate) async fn insert_link(
    write: &mut Write,
    feature: &Permit<InFeature>,
    origin: &Permit<InFeature>,
    feedback: i32,
    author: sluice_domain::ids::PersonId,
) -> Result<()> {
    let now = write.now;
    sqlx::query!(
        "insert into feature_link (feature_id, origin_id, feedback, created_at, author_id)
         values ($1, $2, $3, $4, $5)",
        feature.feature().uuid(),
        origin.feature().uuid(),
        feedback,
        now,
        author.uuid()
    )
    .execute(write.connection())
    .await?;
    Ok(())
}
