use std::collections::BTreeMap;

use sluice_domain::{
    access::{Action, Role, allowed},
    ids::{Id, PersonId, ProductId},
    record::ListKind,
    text::ProductKey,
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    Service,
    actor::Actor,
    db::read::{demand, read_grants},
    error::{Error, Result},
    features::phase_of,
    guides::{points, unattested},
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

/// How many features of a product are in a phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseCount {
    /// Key of the phase, to narrow the list of features by.
    pub phase: String,
    /// Its name.
    pub name: String,
    /// How many are in it.
    pub features: i64,
    /// How many of these are with the reviewers.
    pub in_review: i64,
}

/// How far the people of a product are with its coding standards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StandardsSummary {
    /// How many standards are in force.
    pub in_force: i64,
    /// Who has not attested all of them, by name.
    pub unattested: Vec<String>,
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
    /// How many features are in which phase, in the order of the phases; empty where the actor may not read them.
    pub phases: Vec<PhaseCount>,
    /// Its coding standards.
    pub standards: StandardsSummary,
    /// Its lists, with how many points each has.
    pub lists: Vec<(ListKind, usize)>,
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
        let (features, phases) = if allowed(&mine, Action::ReadProduct) {
            let (counts, phases) = self.standing(&mut connection, id).await?;
            (Some(counts), phases)
        } else {
            (None, Vec::new())
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
        let asked: Vec<_> = grants
            .iter()
            .filter(|grant| !grant.disabled)
            .filter(|grant| {
                let roles = Action::AttestStandard.product_roles();
                product_roles(&grant.roles).iter().any(|role| roles.contains(role))
            })
            .map(|grant| grant.id)
            .collect();
        let standards = unattested(&mut connection, id, &asked).await?;
        let lists = points(&mut connection, id).await?;
        Ok(ProductPage {
            id,
            key: key.clone(),
            name: row.name,
            description: row.description,
            created_at: row.created_at,
            version: row.version,
            features,
            phases,
            standards: StandardsSummary {
                in_force: standards.standards_in_force,
                unattested: standards.people,
            },
            lists: lists.into_iter().map(|(kind, points)| (kind, points.len())).collect(),
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

    /// How many features stand where. One query, answered by an index alone; phases of different versions of a policy
    /// that are called the same are counted together.
    async fn standing(
        &self,
        connection: &mut PgConnection,
        product: ProductId,
    ) -> Result<(FeatureCounts, Vec<PhaseCount>)> {
        let rows = sqlx::query!(
            r#"select status, phase, turn, policy_version_id, count(*) as "features!"
               from feature where product_id = $1
               group by status, phase, turn, policy_version_id"#,
            product.uuid()
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut counts = FeatureCounts::default();
        let mut phases: BTreeMap<(usize, String), PhaseCount> = BTreeMap::new();
        for row in rows {
            match row.status.as_str() {
                "finished" => {
                    counts.finished += row.features;
                    continue;
                }
                "cancelled" => continue,
                // What is on hold stands in its phase, and nobody reviews it.
                _ => {}
            }
            let in_review = if row.turn == "reviewers" && row.status == "active" { row.features } else { 0 };
            counts.active += row.features;
            counts.in_review += in_review;
            let policy = self.policies.load(connection, Id::new(row.policy_version_id)).await?;
            let (name, (position, _)) = phase_of(&policy, &row.phase, true);
            let name = name.unwrap_or_else(|| row.phase.clone());
            let phase = phases.entry((position, name.clone())).or_insert_with(|| PhaseCount {
                phase: row.phase,
                name,
                features: 0,
                in_review: 0,
            });
            phase.features += row.features;
            phase.in_review += in_review;
        }
        Ok((counts, phases.into_values().collect()))
    }
}
