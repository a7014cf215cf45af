use sluice_domain::{
    access::{Action, Role},
    ids::{Id, ProductId},
    text::ProductKey,
};

use super::FeatureCounts;
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    people::{may, product_roles},
};

/// Products on one page of the list.
const PAGE: i64 = 50;

/// A product in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductListItem {
    /// Id.
    pub id: ProductId,
    /// Key.
    pub key: ProductKey,
    /// Name.
    pub name: String,
    /// How many features there are, where the actor may read them.
    pub features: Option<FeatureCounts>,
    /// How many people hold a role in it.
    pub people: i64,
    /// The actor's own roles in it.
    pub my_roles: Vec<Role>,
}

/// A page of products, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductList {
    /// The products.
    pub items: Vec<ProductListItem>,
    /// What to ask for after these.
    pub next: Option<String>,
    /// Whether the actor may create a product.
    pub may_create: bool,
}

impl Service {
    /// The products that the actor knows of: those with a role of theirs; all of them for administrators and auditors.
    /// `after` is where the page before ended.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn products(&self, actor: &Actor, after: Option<&str>) -> Result<ProductList> {
        // What is no key is no place in the list either; the list then starts over.
        let after = after.and_then(|key| key.parse::<ProductKey>().ok());
        let reads_all = may(actor, Action::ReadProduct);
        let rows = sqlx::query!(
            r#"select p.id, p.key, p.name, f.active as "active!", f.in_review as "in_review!",
                      f.finished as "finished!", g.people as "people!", g.mine as "mine!"
               from product p
               cross join lateral (
                   select count(*) filter (where f.status in ('active', 'held')) as active,
                          count(*) filter (where f.status = 'active' and f.turn = 'reviewers') as in_review,
                          count(*) filter (where f.status = 'finished') as finished
                   from feature f where f.product_id = p.id
               ) f
               cross join lateral (
                   select count(distinct g.person_id) as people,
                          coalesce(array_agg(g.role) filter (where g.person_id = $2), '{}') as mine
                   from product_grant g where g.product_id = p.id
               ) g
               where ($1::text is null or p.key > $1)
                 and ($3 or exists (select from product_grant g where g.product_id = p.id and g.person_id = $2))
               order by p.key
               limit $4"#,
            after.as_ref().map(ProductKey::as_str),
            actor.person.uuid(),
            may(actor, Action::ReadGrants),
            PAGE + 1
        )
        .fetch_all(self.db.reads())
        .await?;
        let mut items = rows
            .into_iter()
            .map(|row| {
                let counts =
                    FeatureCounts { active: row.active, in_review: row.in_review, finished: row.finished };
                let my_roles = product_roles(&row.mine);
                // Administrators manage products without reading what is in them.
                Ok(ProductListItem {
                    id: Id::new(row.id),
                    key: row.key.parse().map_err(Error::internal)?,
                    name: row.name,
                    features: (reads_all || !my_roles.is_empty()).then_some(counts),
                    people: row.people,
                    my_roles,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let next = (items.len() > page).then(|| items[page - 1].key.to_string());
        items.truncate(page);
        Ok(ProductList { items, next, may_create: may(actor, Action::ManageProducts) })
    }
}
