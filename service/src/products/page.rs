use sluice_domain::{
    access::{Action, Role, allowed},
    ids::{Id, PersonId, ProductId},
    text::ProductKey,
};
use time::OffsetDateTime;

use crate::{
    Service,
    actor::Actor,
    db::read::{demand, read_grants},
    error::{Error, Result},
    people::product_roles,
};

/// How many features a product has, by where they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeatureCounts {
    /// On their way.
    pub active: i64,
    /// Of these, with the reviewers.
    pub in_review: i64,
    /// Through every gate.
    pub finished: i64,
}

/// The roles of one person in a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductGrant {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Whether their account is disabled, so that the roles count for nothing.
    pub disabled: bool,
    /// The roles.
    pub roles: Vec<Role>,
}

/// A product's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductPage {
    /// Id.
    pub id: ProductId,
    /// Key.
    pub key: ProductKey,
    /// Name.
    pub name: String,
    /// What it is, in Markdown.
    pub description: String,
    /// Since when it is here.
    pub created_at: OffsetDateTime,
    /// Version, for edits.
    pub version: i32,
    /// How many features there are, where the actor may read them.
    pub features: Option<FeatureCounts>,
    /// Who holds which role, by name.
    pub grants: Vec<ProductGrant>,
    /// The actor's own roles.
    pub my_roles: Vec<Role>,
    /// Whether the actor may change name and description.
    pub may_edit: bool,
    /// Whether the actor may grant and revoke roles.
    pub may_manage_people: bool,
    /// Whether the actor may create a feature.
    pub may_create_feature: bool,
}

impl Service {
    /// A product and who holds which role in it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such product, or the actor may not know of it.
    pub async fn product(&self, actor: &Actor, key: &ProductKey) -> Result<ProductPage> {
        let mut connection = self.db.reads().acquire().await?;
        let row = sqlx::query!(
            "select id, name, description, version, created_at from product where key = $1",
            key.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?
        .ok_or(Error::NotFound)?;
        let id: ProductId = Id::new(row.id);
        let mine = read_grants(&mut connection, actor, id).await?;
        demand(&mine, actor, Action::ReadGrants)?;
        let features = if allowed(&mine, Action::ReadProduct) {
            let counts = sqlx::query!(
                r#"select count(*) filter (where status = 'active') as "active!",
                          count(*) filter (where status = 'active' and turn = 'reviewers') as "in_review!",
                          count(*) filter (where status = 'finished') as "finished!"
                   from feature where product_id = $1"#,
                id.uuid()
            )
            .fetch_one(&mut *connection)
            .await?;
            Some(FeatureCounts {
                active: counts.active,
                in_review: counts.in_review,
                finished: counts.finished,
            })
        } else {
            None
        };
        let grants = sqlx::query!(
            r#"select p.id, p.name, p.disabled_at is not null as "disabled!", array_agg(g.role) as "roles!"
               from product_grant g join person p on p.id = g.person_id
               where g.product_id = $1
               group by p.id order by lower(p.name), p.id limit 500"#,
            id.uuid()
        )
        .fetch_all(&mut *connection)
        .await?;
        Ok(ProductPage {
            id,
            key: key.clone(),
            name: row.name,
            description: row.description,
            created_at: row.created_at,
            version: row.version,
            features,
            grants: grants
                .into_iter()
                .map(|grant| ProductGrant {
                    person: Id::new(grant.id),
                    name: grant.name,
                    disabled: grant.disabled,
                    roles: product_roles(&grant.roles),
                })
                .collect(),
            may_edit: allowed(&mine, Action::ManageProducts),
            may_manage_people: allowed(&mine, Action::ManagePeople),
            may_create_feature: allowed(&mine, Action::CreateFeature),
            my_roles: mine.product.into_iter().collect(),
        })
    }
}
