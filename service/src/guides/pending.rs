//! Who has not attested yet: for gates, for the product's page, and for the person's own work.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sluice_domain::{
    canonical::{self, Digest},
    dossier::{Item, ItemKind},
    ids::{Id, ProductId, StandardId},
    text::ProductKey,
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::attesting_roles;
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    features::row::salt,
};

/// The most standards in somebody's work; whoever has more reads them by product.
const MOST: i64 = 100;

/// How far some people are with a product's coding standards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unattested {
    /// How many standards are in force.
    pub(crate) standards_in_force: i64,
    /// The names of those of the people who miss at least one of them, by name.
    pub(crate) people: Vec<String>,
}

/// Which of these people have not attested every coding standard that is in force for the product.
pub(crate) async fn unattested(
    connection: &mut PgConnection,
    product: ProductId,
    people: &[Uuid],
) -> Result<Unattested> {
    let row = sqlx::query!(
        r#"with in_force as (select id from coding_standard where product_id = $1 and superseded_at is null)
           select (select count(*) from in_force) as "standards!",
                  array(select p.name from person p
                        where p.id = any($2)
                          and exists (select from in_force s
                                      where not exists (select from attestation a
                                                        where a.standard_id = s.id and a.person_id = p.id))
                        order by lower(p.name), p.id) as "people!""#,
        product.uuid(),
        people
    )
    .fetch_one(connection)
    .await?;
    Ok(Unattested { standards_in_force: row.standards, people: row.people })
}

/// How far authors are with the coding standards of several products.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attestations {
    in_force: BTreeMap<ProductId, InForce>,
    /// Who misses at least one standard of a product: sorted by name.
    missing: Vec<(ProductId, Uuid, String)>,
}

/// The coding standards of a product that are in force.
#[derive(Clone, Debug, Default)]
struct InForce {
    /// How many editions were ever published: whatever changes what is in force publishes one.
    editions: i32,
    /// What each of them commits to, in the order of their titles.
    commitments: Vec<String>,
}

impl Attestations {
    /// How many standards of a product are in force.
    pub(crate) fn in_force(&self, product: ProductId) -> i64 {
        let count = self.in_force.get(&product).map_or(0, |standards| standards.commitments.len());
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// What stands in dossiers for the coding standards of a product that are in force.
    ///
    /// Who has attested them is no part of it. Whoever signs signs that the work follows these editions; an attestation
    /// that misses blocks the gate whatever was signed, and none is ever taken back, so one that comes in only completes
    /// what was signed. As an item it would void the approvals of every colleague for it.
    pub(crate) fn item(&self, product: ProductId) -> Item {
        let (editions, commitments) = match self.in_force.get(&product) {
            Some(standards) => (standards.editions, standards.commitments.as_slice()),
            None => (0, [].as_slice()),
        };
        Item {
            kind: ItemKind::Standards,
            key: ItemKind::Standards.code().to_owned(),
            version: editions,
            digest: Digest::of(canonical::to_string(&json!(commitments)).as_bytes()),
        }
    }

    /// The names of those of these people who miss at least one standard of the product, by name.
    pub(crate) fn missing(&self, product: ProductId, people: &BTreeSet<Uuid>) -> Vec<String> {
        let missing = self.missing.iter().filter(|(of, person, _)| *of == product && people.contains(person));
        missing.map(|(_, _, name)| name.clone()).collect()
    }
}

/// Which of these authors have not attested every coding standard that is in force for their product.
pub(crate) async fn attested(
    connection: &mut PgConnection,
    products: &BTreeSet<ProductId>,
    authors: &BTreeSet<(ProductId, Uuid)>,
) -> Result<Attestations> {
    let ids: Vec<Uuid> = products.iter().map(|product| product.uuid()).collect();
    let rows = sqlx::query!(
        r#"select product_id as "product!", editions as "editions!", title as "title!", edition as "edition!",
                  link as "link!", summary as "summary!", salt as "salt!"
           from (select product_id, title, edition, link, summary, salt, superseded_at,
                        count(*) over (partition by product_id)::int as editions
                 from coding_standard where product_id = any($1)) published
           where superseded_at is null order by product_id, title collate "C""#,
        &ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut in_force: BTreeMap<ProductId, InForce> = BTreeMap::new();
    for row in rows {
        let content: Value = json!([row.title, row.edition, row.link, row.summary]);
        let standards = in_force.entry(Id::new(row.product)).or_default();
        standards.editions = row.editions;
        let commitment = salt(row.salt)?.commit(canonical::to_string(&content).as_bytes());
        standards.commitments.push(commitment.to_string());
    }
    let (of, people): (Vec<Uuid>, Vec<Uuid>) =
        authors.iter().map(|(product, person)| (product.uuid(), *person)).unzip();
    let missing = sqlx::query!(
        r#"select a.product as "product!", p.id, p.name
           from unnest($1::uuid[], $2::uuid[]) as a (product, person)
           join person p on p.id = a.person
           where exists (select from coding_standard s
                         where s.product_id = a.product and s.superseded_at is null
                           and not exists (select from attestation t where t.standard_id = s.id and t.person_id = p.id))
           order by lower(p.name), p.id"#,
        &of,
        &people
    )
    .fetch_all(connection)
    .await?;
    Ok(Attestations {
        in_force,
        missing: missing.into_iter().map(|row| (Id::new(row.product), row.id, row.name)).collect(),
    })
}

/// A coding standard that waits for a person to attest it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardToAttest {
    /// Key of the product.
    pub product: ProductKey,
    /// Name of the product.
    pub product_name: String,
    /// The edition.
    pub standard: StandardId,
    /// What the standard is called.
    pub title: String,
    /// Which edition.
    pub edition: String,
    /// Since when it is in force.
    pub since: OffsetDateTime,
}

impl StandardToAttest {
    /// Where it is read and attested.
    #[must_use]
    pub fn path(&self) -> String {
        sluice_domain::place::ProductPlace::Standard(self.standard).path(&self.product)
    }
}

impl Service {
    /// The standards in force that the actor's roles ask them to attest and that they have not, oldest first.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn standards_to_attest(&self, actor: &Actor) -> Result<Vec<StandardToAttest>> {
        let rows = sqlx::query!(
            "select s.id, s.title, s.edition, s.published_at, p.key, p.name
             from coding_standard s join product p on p.id = s.product_id
             where s.superseded_at is null
               and s.product_id in (select product_id from product_grant where person_id = $1 and role = any($2))
               and not exists (select from attestation a where a.standard_id = s.id and a.person_id = $1)
             order by s.published_at, s.id limit $3",
            actor.person.uuid(),
            &attesting_roles(),
            MOST
        )
        .fetch_all(self.db.reads())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(StandardToAttest {
                    product: row.key.parse().map_err(Error::internal)?,
                    product_name: row.name,
                    standard: Id::new(row.id),
                    title: row.title,
                    edition: row.edition,
                    since: row.published_at,
                })
            })
            .collect()
    }
}
