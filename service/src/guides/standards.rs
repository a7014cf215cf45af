use std::collections::{BTreeMap, BTreeSet};

use sluice_domain::{
    access::{Action, Grants, Role, allowed},
    ids::{Id, PersonId, ProductId, StandardId},
    text::ProductKey,
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{attest::statement, attesting_roles, open};
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    people::product_roles,
};

/// The most superseded editions on the page; all of them are in the history.
const MOST: usize = 100;

/// The product that guides belong to, and what the reader may do with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuidedProduct {
    /// Id.
    pub id: ProductId,
    /// Key.
    pub key: ProductKey,
    /// Name.
    pub name: String,
    /// What the reader holds.
    pub grants: Grants,
}

impl GuidedProduct {
    /// Whether the reader's roles allow an action.
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        allowed(&self.grants, action)
    }
}

/// An edition of a coding standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Its id.
    pub id: StandardId,
    /// What the standard is called.
    pub title: String,
    /// Which edition.
    pub edition: String,
    /// Where it can be read; empty where its summary is all of it.
    pub link: String,
    /// What it asks for.
    pub summary: String,
    /// Who published it.
    pub publisher: String,
    /// When.
    pub published_at: OffsetDateTime,
    /// When another edition took its place.
    pub superseded_at: Option<OffsetDateTime>,
    /// Who attested it, by time.
    pub attested: Vec<Attested>,
    /// Who works on the product and has not attested it, with their roles, by name. Nobody once it is superseded.
    pub missing: Vec<(String, Vec<Role>)>,
    /// When the reader attested it.
    pub mine: Option<OffsetDateTime>,
}

/// That somebody attested an edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested {
    /// Their name at that time.
    pub name: String,
    /// When.
    pub at: OffsetDateTime,
    /// What they said.
    pub statement: String,
}

/// The coding standards of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardsPage {
    /// The product.
    pub product: GuidedProduct,
    /// The editions in force, by title.
    pub in_force: Vec<Edition>,
    /// The editions that were superseded, newest first.
    pub superseded: Vec<Edition>,
    /// Whether there are more superseded editions than shown.
    pub more: bool,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// One edition of a coding standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardPage {
    /// The product.
    pub product: GuidedProduct,
    /// The edition.
    pub edition: Edition,
    /// What somebody says by attesting it.
    pub statement: String,
    /// The edition in force, where this one is superseded.
    pub successor: Option<(StandardId, String)>,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

impl Service {
    /// The coding standards of a product, with who attested them and who has not.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such product, or the actor may not know of it.
    pub async fn standards(&self, actor: &Actor, key: &ProductKey) -> Result<StandardsPage> {
        let mut connection = self.db.reads().acquire().await?;
        let now = self.db.now_on(&mut connection).await?;
        let product = open(&mut connection, actor, key).await?;
        let rows = sqlx::query_as!(
            Row,
            "select s.id, s.title, s.edition, s.link, s.summary, p.name as publisher, s.published_at, s.superseded_at
             from coding_standard s join person p on p.id = s.published_by
             where s.product_id = $1 and s.superseded_at is null",
            product.id.uuid()
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut old = sqlx::query_as!(
            Row,
            "select s.id, s.title, s.edition, s.link, s.summary, p.name as publisher, s.published_at, s.superseded_at
             from coding_standard s join person p on p.id = s.published_by
             where s.product_id = $1 and s.superseded_at is not null
             order by s.superseded_at desc, s.id desc limit $2",
            product.id.uuid(),
            i64::try_from(MOST + 1).unwrap_or(i64::MAX)
        )
        .fetch_all(&mut *connection)
        .await?;
        let more = old.len() > MOST;
        old.truncate(MOST);
        let mut editions =
            with_people(&mut connection, actor, product.id, rows.into_iter().chain(old)).await?;
        let superseded =
            editions.split_off(editions.iter().take_while(|e| e.superseded_at.is_none()).count());
        editions.sort_by_key(|edition| (edition.title.to_lowercase(), edition.id));
        Ok(StandardsPage { product, in_force: editions, superseded, more, now })
    }

    /// One edition of a coding standard.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none in this product, or the actor may not know of it.
    pub async fn standard(
        &self,
        actor: &Actor,
        key: &ProductKey,
        standard: StandardId,
    ) -> Result<StandardPage> {
        let mut connection = self.db.reads().acquire().await?;
        let now = self.db.now_on(&mut connection).await?;
        let product = open(&mut connection, actor, key).await?;
        let row = sqlx::query_as!(
            Row,
            "select s.id, s.title, s.edition, s.link, s.summary, p.name as publisher, s.published_at, s.superseded_at
             from coding_standard s join person p on p.id = s.published_by
             where s.product_id = $1 and s.id = $2",
            product.id.uuid(),
            standard.uuid()
        )
        .fetch_optional(&mut *connection)
        .await?
        .ok_or(Error::NotFound)?;
        let successor = if row.superseded_at.is_some() {
            sqlx::query!(
                "select id, edition from coding_standard
                 where product_id = $1 and title = $2 and superseded_at is null",
                product.id.uuid(),
                row.title
            )
            .fetch_optional(&mut *connection)
            .await?
            .map(|row| (Id::new(row.id), row.edition))
        } else {
            None
        };
        let edition = with_people(&mut connection, actor, product.id, [row])
            .await?
            .pop()
            .ok_or_else(|| Error::internal("an edition was lost"))?;
        let statement = statement(&edition.title, &edition.edition, &product.name);
        Ok(StandardPage { product, edition, statement, successor, now })
    }
}

struct Row {
    id: Uuid,
    title: String,
    edition: String,
    link: String,
    summary: String,
    publisher: String,
    published_at: OffsetDateTime,
    superseded_at: Option<OffsetDateTime>,
}

/// The same editions with who attested each of them and who has not: two queries, however many there are.
async fn with_people(
    connection: &mut PgConnection,
    actor: &Actor,
    product: ProductId,
    rows: impl IntoIterator<Item = Row>,
) -> Result<Vec<Edition>> {
    let rows: Vec<Row> = rows.into_iter().collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let asked = sqlx::query!(
        r#"select p.id, p.name, array_agg(g.role) as "roles!"
           from product_grant g join person p on p.id = g.person_id
           where g.product_id = $1 and g.role = any($2) and p.disabled_at is null
           group by p.id order by lower(p.name), p.id"#,
        product.uuid(),
        &attesting_roles()
    )
    .fetch_all(&mut *connection)
    .await?;
    let attestations = sqlx::query!(
        "select standard_id, person_id, printed_name, statement, attested_at from attestation
         where standard_id = any($1) order by attested_at, person_id",
        &ids
    )
    .fetch_all(connection)
    .await?;
    let mut attested: BTreeMap<Uuid, Vec<(PersonId, Attested)>> = BTreeMap::new();
    for row in attestations {
        let by = Attested { name: row.printed_name, at: row.attested_at, statement: row.statement };
        attested.entry(row.standard_id).or_default().push((Id::new(row.person_id), by));
    }
    let editions = rows.into_iter().map(|row| {
        let attested = attested.remove(&row.id).unwrap_or_default();
        let done: BTreeSet<PersonId> = attested.iter().map(|(person, _)| *person).collect();
        let missing = asked
            .iter()
            .filter(|person| row.superseded_at.is_none() && !done.contains(&Id::new(person.id)))
            .map(|person| (person.name.clone(), product_roles(&person.roles)))
            .collect();
        let mine = attested.iter().find(|(person, _)| *person == actor.person).map(|(_, by)| by.at);
        Edition {
            id: Id::new(row.id),
            title: row.title,
            edition: row.edition,
            link: row.link,
            summary: row.summary,
            publisher: row.publisher,
            published_at: row.published_at,
            superseded_at: row.superseded_at,
            attested: attested.into_iter().map(|(_, by)| by).collect(),
            missing,
            mine,
        }
    });
    Ok(editions.collect())
}
