use sluice_domain::{
    access::Action,
    form::Fields,
    ids::{FeatureKey, PersonId, ProductId},
    mention::{Mention, Mentionable, mentions},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::mentions::{mentionable, people_mentioned};
use crate::{
    Service,
    actor::Actor,
    db::read::demand,
    error::{Error, Result},
    features::{
        FeatureSummary,
        page::{Opened, open},
        row::Feature,
    },
};

/// Comments on one page.
const PAGE: usize = 50;

/// One comment more than a page shows, to know whether there is more.
const LIMIT: i64 = 51;

/// How many comments stand before the one that a link leads to.
const CONTEXT: i32 = 5;

/// The most people who are listed as those who can be mentioned. Whoever is not on the list can be mentioned as well.
const LISTED: i64 = 200;

/// Which page of the comments to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommentAt {
    /// The newest ones.
    #[default]
    Newest,
    /// Those before this number.
    Before(i32),
    /// Those from this number on.
    From(i32),
    /// The page with this one on it.
    Around(i32),
}

impl CommentAt {
    /// Reads the page from a query string; what does not parse shows the newest.
    #[must_use]
    pub fn parse(fields: &Fields) -> Self {
        let number = |name: &str| fields.get(name).parse::<i32>().ok().filter(|number| *number > 0);
        number("at")
            .map(Self::Around)
            .or_else(|| number("before").map(Self::Before))
            .or_else(|| number("from").map(Self::From))
            .unwrap_or_default()
    }
}

/// The comments on a feature: one page of them, the oldest first.
#[derive(Clone, Debug)]
pub struct CommentsPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The comments.
    pub items: Vec<CommentItem>,
    /// The number before which earlier comments stand, where there are any.
    pub earlier: Option<i32>,
    /// The number from which later ones go on, where there are any.
    pub later: Option<i32>,
    /// Whether the reader watches the feature.
    pub watching: bool,
    /// Who can be mentioned, by name.
    pub people: Vec<Mentionable>,
    /// Whether more people can be mentioned than are listed.
    pub more_people: bool,
}

/// One comment.
#[derive(Clone, Debug)]
pub struct CommentItem {
    /// Its number within the feature.
    pub number: i32,
    /// Who wrote it.
    pub author: PersonId,
    /// Their name.
    pub author_name: String,
    /// What it says, in Markdown.
    pub text: String,
    /// Whom it mentions, and where in the text.
    pub mentions: Vec<Mention>,
    /// When it was written.
    pub written_at: OffsetDateTime,
    /// When it was edited last.
    pub edited_at: Option<OffsetDateTime>,
    /// The version, for edits.
    pub version: i32,
    /// Whether the reader wrote it.
    pub mine: bool,
}

/// One comment of the reader's own, to edit.
#[derive(Clone, Debug)]
pub struct CommentPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The comment.
    pub comment: CommentItem,
    /// Who can be mentioned, by name.
    pub people: Vec<Mentionable>,
    /// Whether more people can be mentioned than are listed.
    pub more_people: bool,
}

impl Service {
    /// A page of the comments on a feature.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no feature that the actor may see.
    pub async fn comments_page(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        at: CommentAt,
    ) -> Result<CommentsPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let (rows, earlier, later) = page(&mut connection, &feature, at).await?;
        let items = items(&mut connection, rows, actor).await?;
        let watching = sqlx::query_scalar!(
            r#"select exists (select from watch where person_id = $1 and feature_id = $2) as "watching!""#,
            actor.person.uuid(),
            feature.id.uuid()
        )
        .fetch_one(&mut *connection)
        .await?;
        let (people, more_people) = people(&mut connection, feature.product).await?;
        Ok(CommentsPage { summary, items, earlier, later, watching, people, more_people })
    }

    /// A comment of the actor's own, for the form that edits it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the actor may see, [`Error::Denied`] when somebody else wrote it.
    pub async fn comment_page(&self, actor: &Actor, key: &FeatureKey, number: i32) -> Result<CommentPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        demand(&summary.grants, actor, Action::WriteComment)?;
        let rows = from(&mut connection, feature.id.uuid(), number, 1).await?;
        let found = items(&mut connection, rows, actor).await?.pop();
        let comment = found.filter(|item| item.number == number).ok_or(Error::NotFound)?;
        if !comment.mine {
            return Err(Error::Denied(Action::WriteComment));
        }
        let (people, more_people) = people(&mut connection, feature.product).await?;
        Ok(CommentPage { summary, comment, people, more_people })
    }
}

/// A comment as its row says.
struct Row {
    id: Uuid,
    number: i32,
    text: String,
    author_id: Uuid,
    author_name: String,
    written_at: OffsetDateTime,
    edited_at: Option<OffsetDateTime>,
    version: i32,
}

/// The rows of a page in their order, and where the pages beside it are.
async fn page(
    connection: &mut PgConnection,
    feature: &Feature,
    at: CommentAt,
) -> Result<(Vec<Row>, Option<i32>, Option<i32>)> {
    let id = feature.id.uuid();
    let mut rows = match at {
        CommentAt::Newest => before(connection, id, None).await?,
        CommentAt::Before(number) => before(connection, id, Some(number)).await?,
        CommentAt::From(number) => from(connection, id, number, LIMIT).await?,
        CommentAt::Around(number) => {
            // A link to one of the newest leads to the page where the talk goes on.
            let newest = feature.comments.saturating_sub(i32::try_from(PAGE).unwrap_or(i32::MAX));
            match number {
                _ if number > newest => before(connection, id, None).await?,
                _ => from(connection, id, number.saturating_sub(CONTEXT), LIMIT).await?,
            }
        }
    };
    // What is one too many is the farthest: behind when reading on, in front when reading back.
    rows.truncate(PAGE);
    rows.sort_by_key(|row| row.number);
    let earlier = rows.first().map(|row| row.number).filter(|first| *first > 1);
    let later = rows.last().map(|row| row.number + 1).filter(|next| *next <= feature.comments);
    Ok((rows, earlier, later))
}

/// The newest comments before a number, the newest first.
async fn before(connection: &mut PgConnection, feature: Uuid, number: Option<i32>) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        "select c.id, c.number, c.text, c.author_id, a.name as author_name, c.written_at, c.edited_at, c.version
         from comment c join person a on a.id = c.author_id
         where c.feature_id = $1 and ($2::int is null or c.number < $2)
         order by c.number desc limit $3",
        feature,
        number,
        LIMIT
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// The comments from a number on, the oldest first.
async fn from(connection: &mut PgConnection, feature: Uuid, number: i32, limit: i64) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        "select c.id, c.number, c.text, c.author_id, a.name as author_name, c.written_at, c.edited_at, c.version
         from comment c join person a on a.id = c.author_id
         where c.feature_id = $1 and c.number >= $2
         order by c.number limit $3",
        feature,
        number,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

async fn items(connection: &mut PgConnection, rows: Vec<Row>, actor: &Actor) -> Result<Vec<CommentItem>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let people = people_mentioned(connection, &ids).await?;
    let item = |row: Row| CommentItem {
        number: row.number,
        author: PersonId::new(row.author_id),
        author_name: row.author_name,
        mentions: people.get(&row.id).map(|people| mentions(&row.text, people)).unwrap_or_default(),
        text: row.text,
        written_at: row.written_at,
        edited_at: row.edited_at,
        version: row.version,
        mine: row.author_id == actor.person.uuid(),
    };
    Ok(rows.into_iter().map(item).collect())
}

/// Who can be mentioned in a product, by name, and whether there are more of them.
async fn people(connection: &mut PgConnection, product: ProductId) -> Result<(Vec<Mentionable>, bool)> {
    let rows = sqlx::query!(
        "select id, name, email from person
         where disabled_at is null and id in (select person_id from product_grant where product_id = $1)
         order by name, id limit $2",
        product.uuid(),
        LISTED + 1
    )
    .fetch_all(connection)
    .await?;
    let mut people: Vec<Mentionable> =
        rows.into_iter().map(|row| mentionable(row.id, row.name, &row.email)).collect();
    let listed = usize::try_from(LISTED).unwrap_or(usize::MAX);
    let more = people.len() > listed;
    people.truncate(listed);
    Ok((people, more))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_page_shows_the_newest() {
        let parse = |name: &str, value: &str| {
            CommentAt::parse(&Fields::new(vec![(name.to_owned(), value.to_owned())]))
        };
        assert_eq!(parse("at", "3"), CommentAt::Around(3));
        assert_eq!(parse("before", "51"), CommentAt::Before(51));
        assert_eq!(parse("from", "51"), CommentAt::From(51));
        for (name, value) in [("at", "0"), ("before", "-1"), ("from", "x"), ("at", "99999999999"), ("", "")] {
            assert_eq!(parse(name, value), CommentAt::Newest, "{name}={value}");
        }
    }
}
