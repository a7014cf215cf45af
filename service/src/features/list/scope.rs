//! What surrounds every list: the products that the actor may read, and what there is to filter by.

use std::sync::Arc;

use sluice_domain::{
    access::{Action, WorkspaceRole},
    ids::{Id, PersonId, ProductId},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::FeatureFilter;
use crate::{Service, actor::Actor, error::Result, policies::LoadedPolicy};

/// What a list can be filtered by.
#[derive(Clone, Debug, Default)]
pub struct FilterChoices {
    /// Products: key and name.
    pub products: Vec<(String, String)>,
    /// Phases, those of the current policy first: key and name.
    pub phases: Vec<(String, String)>,
    /// People who may own features in these products.
    pub owners: Vec<(PersonId, String)>,
}

/// A product that the actor may read.
pub(crate) struct Readable {
    pub(crate) id: ProductId,
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) may_create: bool,
}

/// The products that the actor may read.
pub(crate) struct Readables {
    /// They may read all of them; then these are the first ones, to choose from.
    pub(crate) everywhere: bool,
    /// The products, by key.
    pub(crate) products: Vec<Readable>,
}

impl Readables {
    /// Looks them up: those in which the actor holds a role. An auditor reads all; to choose from, 500 are enough.
    pub(crate) async fn of(connection: &mut PgConnection, actor: &Actor) -> Result<Self> {
        let everywhere = actor.workspace.contains(&WorkspaceRole::Auditor);
        let creators: Vec<String> =
            Action::CreateFeature.product_roles().iter().map(|role| role.code().to_owned()).collect();
        let rows = sqlx::query!(
            r#"select p.id, p.key, p.name,
                      exists (select from product_grant g
                              where g.person_id = $2 and g.product_id = p.id and g.role = any($3)) as "may_create!"
               from product p
               where $1 or p.id in (select product_id from product_grant where person_id = $2)
               order by p.key limit case when $1 then 500 end"#,
            everywhere,
            actor.person.uuid(),
            &creators
        )
        .fetch_all(connection)
        .await?;
        let products = rows
            .into_iter()
            .map(|row| Readable {
                id: Id::new(row.id),
                key: row.key,
                name: row.name,
                may_create: row.may_create,
            })
            .collect();
        Ok(Self { everywhere, products })
    }

    /// Their ids, for a condition; nothing where there is no condition.
    pub(crate) fn ids(&self) -> Option<Vec<Uuid>> {
        (!self.everywhere).then(|| self.products.iter().map(|product| product.id.uuid()).collect())
    }

    /// The product with this key, if the actor may read it.
    pub(crate) fn known<'a>(&self, key: Option<&'a str>) -> Option<&'a str> {
        key.filter(|key| self.products.iter().any(|product| product.key == **key))
    }

    /// Keys and names, to choose from.
    pub(crate) fn choices(&self) -> Vec<(String, String)> {
        self.products.iter().map(|product| (product.key.clone(), product.name.clone())).collect()
    }
}

impl Service {
    /// What there is to filter by. Names are those of people who hold a role in one of the products, or who own a
    /// feature there: other people's names are nobody's business.
    pub(super) async fn choices(
        &self,
        connection: &mut PgConnection,
        readables: &Readables,
        filter: &FeatureFilter,
    ) -> Result<FilterChoices> {
        let ids = readables.ids();
        let owners = sqlx::query!(
            "(select p.id, p.name from person p
              where exists (select from product_grant g
                            where g.person_id = p.id and ($1::uuid[] is null or g.product_id = any($1)))
              order by p.name, p.id limit 500)
             union
             (select p.id, p.name from person p
              where p.id = $2
                and exists (select from feature f
                            where f.owner_id = $2 and ($1::uuid[] is null or f.product_id = any($1))))
             order by name, id",
            ids.as_deref(),
            filter.owner.map(PersonId::uuid)
        )
        .fetch_all(&mut *connection)
        .await?;
        Ok(FilterChoices {
            products: readables.choices(),
            phases: self.phases(connection, readables.known(filter.product.as_deref())).await?,
            owners: owners.into_iter().filter_map(|row| Some((Id::new(row.id?), row.name?))).collect(),
        })
    }

    /// The phases in which a feature can be: those of the policy that the product follows, in their order, then those
    /// that only other versions and policies know.
    async fn phases(
        &self,
        connection: &mut PgConnection,
        product: Option<&str>,
    ) -> Result<Vec<(String, String)>> {
        let ids = sqlx::query_scalar!(
            "select v.id from policy_version v
             order by v.id = (select a.version_id from policy_activation a
                              where a.policy_key = coalesce((select policy_key from product where key = $1), $2)
                              order by a.activated_at desc, a.id desc limit 1) desc nulls last,
                      v.created_at desc, v.id desc limit 200",
            product,
            sluice_domain::policy::BUILT_IN_KEY
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut phases: Vec<(String, String)> = Vec::new();
        for id in ids {
            let policy: Arc<LoadedPolicy> = self.policies.load(connection, Id::new(id)).await?;
            for phase in &policy.policy.phases {
                if phases.iter().all(|(key, _)| key != phase.key.as_str()) {
                    phases.push((phase.key.to_string(), phase.name.clone()));
                }
            }
        }
        Ok(phases)
    }
}
