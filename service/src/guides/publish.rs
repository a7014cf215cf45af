use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{ProductId, StandardId},
    text::{Edition, Link, Note, ProductKey, TextError, Title},
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    clock::fresh_salt,
    db::{
        permit::{InProduct, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result, violates},
    jobs::{Ground, ground_changed},
    people::invalid,
};

/// Publishes an edition of a coding standard.
#[derive(Clone, Debug)]
pub struct PublishStandard {
    /// Its id, made with the form: sending the form twice publishes one edition.
    pub id: StandardId,
    /// A standard of its own, or an edition that supersedes another.
    pub of: StandardOf,
    /// What tells it from other editions.
    pub edition: Edition,
    /// Where it can be read.
    pub link: Option<Link>,
    /// What it asks for.
    pub summary: Note,
}

/// What an edition is an edition of.
#[derive(Clone, Debug)]
pub enum StandardOf {
    /// A standard that the product did not have.
    New(Title),
    /// The standard of this edition, which it supersedes.
    After(StandardId),
}

impl PublishStandard {
    /// Parses the fields `id`, `replaces` (an id) or `title`, `edition`, `link` and `summary`.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let of = if fields.get("replaces").is_empty() {
            check.text(fields, "title", "Title").map(StandardOf::New)
        } else {
            let replaced = check.choice(fields, "replaces", "The edition before", |text| text.parse().ok());
            replaced.map(StandardOf::After)
        };
        let edition = check.text(fields, "edition", "Edition");
        let link =
            if fields.get("link").trim().is_empty() { None } else { check.text(fields, "link", "Link") };
        let summary: Option<Note> = check.text(fields, "summary", "Summary");
        if summary.as_ref().is_some_and(|summary| summary.as_str().is_empty()) {
            check.note("summary", "Summary", Problem::Text(TextError::Empty));
        }
        let command = (|| Some(Self { id: id?, of: of?, edition: edition?, link, summary: summary? }))();
        check.finish(command)
    }

    fn link(&self) -> &str {
        self.link.as_ref().map_or("", Link::as_str)
    }
}

/// The edition that another one supersedes.
struct Before {
    id: Uuid,
    title: String,
    edition: String,
    link: String,
    summary: String,
}

impl Service {
    /// Publishes a coding standard of a product, or a new edition of one. A new edition supersedes the one before in
    /// the same transaction, and everybody is asked to attest anew. Returns its id.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the product has such a standard or edition already, or another edition came first.
    pub async fn publish_standard(
        &self,
        actor: &Actor,
        key: &ProductKey,
        command: PublishStandard,
    ) -> Result<StandardId> {
        let (db, actor, key) = (self.db.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            // The product's row orders what is published for it.
            let product =
                sqlx::query_scalar!("select id from product where key = $1 for update", key.as_str())
                    .fetch_optional(begun.connection())
                    .await?
                    .map(ProductId::new)
                    .ok_or(Error::NotFound)?;
            let before = match &command.of {
                StandardOf::New(_) => None,
                StandardOf::After(before) => {
                    // Attestations of it that are under way come first.
                    sqlx::query!(
                        "select id from coding_standard where id = $1 and product_id = $2 for update",
                        before.uuid(),
                        product.uuid()
                    )
                    .fetch_optional(begun.connection())
                    .await?;
                    Some(*before)
                }
            };
            let mut write = begun.at_now().await?;
            let permit = write.authorize_product(&actor, Action::ManageGuides, product).await?;
            if sent_before(write.connection(), &permit, &actor, &command).await? {
                return Ok(command.id);
            }
            let before = match before {
                Some(id) => Some(in_force(write.connection(), &permit, id).await?),
                None => None,
            };
            let title = match (&command.of, &before) {
                (StandardOf::New(title), _) => {
                    demand_new(write.connection(), &permit, title).await?;
                    title.to_string()
                }
                (StandardOf::After(_), Some(before)) => before.title.clone(),
                (StandardOf::After(_), None) => return Err(Error::NotFound),
            };
            store(&mut write, &permit, &actor, &command, &title, before.as_ref()).await?;
            let object = Object::new(ObjectKind::Standard, command.id, key.as_str());
            let mut event = write.event(&permit, Verb::StandardPublished, object);
            let of_before = |text: fn(&Before) -> &String| {
                before.as_ref().map_or(Value::None, |it| Value::text(text(it)))
            };
            event
                .change("title", Value::None, Value::text(&title))
                .change("edition", of_before(|it| &it.edition), Value::text(command.edition.as_str()))
                .change("link", of_before(|it| &it.link), Value::text(command.link()))
                .change("summary", of_before(|it| &it.summary), Value::text(command.summary.as_str()))
                .change(
                    "supersedes",
                    Value::None,
                    before.as_ref().map_or(Value::None, |it| Value::code(it.id)),
                );
            ground_changed(&mut write, &permit, Ground::Everybodys).await?;
            write.commit(event, Vec::new()).await?;
            Ok(command.id)
        })
        .await
    }
}

/// Whether the same form was sent before. The same id with other content is refused.
async fn sent_before(
    connection: &mut PgConnection,
    permit: &Permit<InProduct>,
    actor: &Actor,
    command: &PublishStandard,
) -> Result<bool> {
    let earlier = sqlx::query!(
        "select product_id, title, edition, link, summary, published_by from coding_standard where id = $1",
        command.id.uuid()
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = earlier else { return Ok(false) };
    if row.product_id != permit.product().uuid() || row.published_by != actor.person.uuid() {
        return Err(Error::NotFound);
    }
    let same_title = match &command.of {
        StandardOf::New(title) => row.title == title.as_str(),
        StandardOf::After(_) => true,
    };
    if same_title
        && row.edition == command.edition.as_str()
        && row.link == command.link()
        && row.summary == command.summary.as_str()
    {
        return Ok(true);
    }
    Err(invalid("edition", "Edition", Problem::SentBefore))
}

/// The edition that is to be superseded, while it is in force.
async fn in_force(
    connection: &mut PgConnection,
    permit: &Permit<InProduct>,
    id: StandardId,
) -> Result<Before> {
    let row = sqlx::query!(
        "select id, title, edition, link, summary, superseded_at from coding_standard
         where id = $1 and product_id = $2",
        id.uuid(),
        permit.product().uuid()
    )
    .fetch_optional(connection)
    .await?
    .ok_or(Error::NotFound)?;
    if row.superseded_at.is_some() {
        return Err(invalid("", "Standard", Problem::Superseded));
    }
    Ok(Before { id: row.id, title: row.title, edition: row.edition, link: row.link, summary: row.summary })
}

/// A standard has one title, however it is written: a second one would be attested beside the first.
async fn demand_new(connection: &mut PgConnection, permit: &Permit<InProduct>, title: &Title) -> Result<()> {
    let there = sqlx::query_scalar!(
        r#"select exists (select from coding_standard
                          where product_id = $1 and superseded_at is null and lower(title) = lower($2)) as "there!""#,
        permit.product().uuid(),
        title.as_str()
    )
    .fetch_one(connection)
    .await?;
    if there { Err(invalid("title", "Title", Problem::Taken)) } else { Ok(()) }
}

async fn store(
    write: &mut Write,
    permit: &Permit<InProduct>,
    actor: &Actor,
    command: &PublishStandard,
    title: &str,
    before: Option<&Before>,
) -> Result<()> {
    let now = write.now;
    if let Some(before) = before {
        let done = sqlx::query!(
            "update coding_standard set superseded_at = $3
             where id = $1 and product_id = $2 and superseded_at is null",
            before.id,
            permit.product().uuid(),
            now
        )
        .execute(write.connection())
        .await?;
        if done.rows_affected() != 1 {
            return Err(Error::Stale);
        }
    }
    let salt = fresh_salt();
    let stored = sqlx::query!(
        "insert into coding_standard (id, product_id, title, edition, link, summary, published_by, published_at, salt)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        command.id.uuid(),
        permit.product().uuid(),
        title,
        command.edition.as_str(),
        command.link(),
        command.summary.as_str(),
        actor.person.uuid(),
        now,
        salt.0.as_slice()
    )
    .execute(write.connection())
    .await;
    match stored {
        Ok(_) => Ok(()),
        Err(error) if violates(&error, "coding_standard_edition_unique") => {
            Err(invalid("edition", "Edition", Problem::Taken))
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0197a3f0-0000-7000-8000-000000000001";

    fn parse(pairs: &[(&str, &str)]) -> Result<PublishStandard, Vec<&'static str>> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        PublishStandard::parse(&Fields::new(pairs))
            .map_err(|problems| problems.iter().map(|problem| problem.field).collect())
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let wrong = parse(&[("id", "x"), ("link", "javascript:alert(1)"), ("summary", " ")]);
        assert_eq!(wrong.err(), Some(vec!["id", "title", "edition", "link", "summary"]));
    }

    #[test]
    fn a_new_edition_takes_its_title_from_the_one_before() {
        let form =
            [("id", ID), ("replaces", ID), ("title", "Another"), ("edition", "2"), ("summary", "Read it.")];
        let command = parse(&form).expect("an edition");
        assert!(matches!(command.of, StandardOf::After(id) if id.to_string() == ID));
        assert!(command.link.is_none());
    }
}
