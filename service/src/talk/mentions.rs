use std::collections::{BTreeMap, BTreeSet};

use sluice_domain::{
    audit::{Event, Value},
    ids::{CommentId, Id, PersonId, ProductId},
    mention::{Mentionable, may_mention, mentions},
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    db::{
        permit::{InFeature, Permit},
        write::Write,
    },
    error::Result,
};

/// The most people whom one text is compared with. The database has picked out those whose names occur in it.
const MOST: i64 = 1_000;

/// Somebody by what they can be mentioned by. Of the e-mail address only the part before its `@` is read.
pub(super) fn mentionable(person: Uuid, name: String, email: &str) -> Mentionable {
    let handle = email.split('@').next().unwrap_or_default().to_owned();
    Mentionable { person: Id::new(person), name, handle }
}

/// Whom a text mentions: people with an account and a role in the product. Nobody else can be, so that nobody learns
/// of a product that is closed to them, and nobody of who is outside.
pub(super) async fn mentioned(
    connection: &mut PgConnection,
    product: ProductId,
    text: &str,
) -> Result<BTreeSet<PersonId>> {
    if !may_mention(text) {
        return Ok(BTreeSet::new());
    }
    let rows = sqlx::query!(
        "select p.id, p.name, p.email from person p
         where p.disabled_at is null
           and p.id in (select person_id from product_grant where product_id = $1)
           and (position('@' || lower(p.name) in lower($2)) > 0
                or position('@' || lower(split_part(p.email, '@', 1)) in lower($2)) > 0)
         order by p.name, p.id limit $3",
        product.uuid(),
        text,
        MOST
    )
    .fetch_all(connection)
    .await?;
    let people: Vec<Mentionable> =
        rows.into_iter().map(|row| mentionable(row.id, row.name, &row.email)).collect();
    Ok(mentions(text, &people).into_iter().flat_map(|mention| mention.people).collect())
}

/// Stores whom a comment mentions now, and tells the event who is new and who is no longer named.
pub(super) async fn store_mentions(
    write: &mut Write,
    permit: &Permit<InFeature>,
    comment: CommentId,
    people: &BTreeSet<PersonId>,
    event: &mut Event,
) -> Result<()> {
    let ids: Vec<Uuid> = people.iter().map(|person| person.uuid()).collect();
    let gone = sqlx::query_scalar!(
        "delete from mention where comment_id = $1 and person_id <> all($2) returning person_id",
        comment.uuid(),
        &ids
    )
    .fetch_all(write.connection())
    .await?;
    let now = write.now;
    let new = sqlx::query_scalar!(
        "insert into mention (comment_id, person_id, feature_id, mentioned_at)
         select $1, person, $3, $4 from unnest($2::uuid[]) as person
         on conflict do nothing returning person_id",
        comment.uuid(),
        &ids,
        permit.feature().uuid(),
        now
    )
    .fetch_all(write.connection())
    .await?;
    for person in gone {
        event.change("mentioned", Value::code(person), Value::None);
    }
    for person in new {
        event.change("mentioned", Value::None, Value::code(person));
    }
    Ok(())
}

/// The people whom comments mention, by comment, with what they are mentioned by: as stored when it was written, so
/// that a name is still highlighted when its bearer has left the product.
pub(super) async fn people_mentioned(
    connection: &mut PgConnection,
    comments: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<Mentionable>>> {
    let rows = sqlx::query!(
        "select m.comment_id, p.id, p.name, p.email from mention m join person p on p.id = m.person_id
         where m.comment_id = any($1)",
        comments
    )
    .fetch_all(connection)
    .await?;
    let mut people: BTreeMap<Uuid, Vec<Mentionable>> = BTreeMap::new();
    for row in rows {
        people.entry(row.comment_id).or_default().push(mentionable(row.id, row.name, &row.email));
    }
    Ok(people)
}
