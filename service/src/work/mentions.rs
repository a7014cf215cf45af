use sluice_domain::ids::{CommentId, FeatureKey, Id, PersonId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::{Error, Result};

/// The most mentions on the page.
const MOST: i64 = 50;

/// How far back unseen mentions are looked for, in mentions.
const CANDIDATES: i64 = 1_000;

/// How much of a comment is shown, in characters.
const EXCERPT: i32 = 200;

/// A comment that mentions the reader and that they have not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MentionItem {
    /// The comment.
    pub comment: CommentId,
    /// Its number within the feature.
    pub number: i32,
    /// Who wrote it.
    pub author: String,
    /// How it begins.
    pub excerpt: String,
    /// The feature.
    pub key: FeatureKey,
    /// What that is called.
    pub title: String,
    /// When.
    pub at: OffsetDateTime,
}

/// Comments that mention somebody and that they have not seen, the newest first. In products that they left they are no
/// longer shown.
pub(super) async fn unseen(connection: &mut PgConnection, person: PersonId) -> Result<Vec<MentionItem>> {
    let rows = sqlx::query!(
        r#"select c.id, c.number, left(c.text, $4) as "excerpt!", a.name as author, f.number as feature_number, f.title,
                  p.key as product_key, m.mentioned_at as "mentioned_at!"
           from (select comment_id, mentioned_at from mention where person_id = $1
                 order by mentioned_at desc limit $3) m
           join comment c on c.id = m.comment_id
           join person a on a.id = c.author_id
           join feature f on f.id = c.feature_id
           join product p on p.id = f.product_id
           where c.author_id <> $1
             and not exists (select from mention_seen s where s.comment_id = c.id and s.person_id = $1)
             and f.product_id in (select product_id from product_grant where person_id = $1)
           order by m.mentioned_at desc, c.id desc limit $2"#,
        person.uuid(),
        MOST,
        CANDIDATES,
        EXCERPT
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(MentionItem {
                comment: Id::new(row.id),
                number: row.number,
                author: row.author,
                excerpt: row.excerpt,
                key: FeatureKey {
                    product: row.product_key.parse().map_err(Error::internal)?,
                    number: row.feature_number,
                },
                title: row.title,
                at: row.mentioned_at,
            })
        })
        .collect()
}
