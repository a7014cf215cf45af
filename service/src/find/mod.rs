//! Search over everything that has a title: features, threats, evidence, and the records of the phases.
//!
//! Three steps, each bounded whatever is asked: the thing whose key was typed; entries with the words, of which the
//! newest are looked at and the best shown; and, where these are few, entries with words that are spelt alike.

mod kind;
mod query;

use sluice_domain::ids::{FeatureKey, Id, kind::Feature};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub use kind::EntryKind;
pub use query::SearchQuery;

use self::query::{Scope, loosened};
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    features::Readables,
};

/// Results on one page.
const PAGE: usize = 20;

/// The most results in all. Whoever has not found it by then asks with another word.
const MOST: usize = 200;

/// The most pages.
const PAGES: usize = MOST / PAGE;

/// How many entries with the words are ranked: the newest of them.
const RANKED: i64 = 400;

/// What surrounds a hit in a title: characters for private use, which become [`Segment`]s before anybody sees them.
const MARKS: (char, char) = ('\u{E000}', '\u{E001}');
/// How the database is asked to mark them.
const HIGHLIGHT: &str = "StartSel=\u{E000}, StopSel=\u{E001}, HighlightAll=true";

/// What was found.
#[derive(Clone, Debug)]
pub struct SearchResults {
    /// One page of it, the best first.
    pub hits: Vec<Hit>,
    /// The next page, where there is one.
    pub next: Option<usize>,
    /// More was found than is shown.
    pub capped: bool,
    /// Products to search in: key and name.
    pub products: Vec<(String, String)>,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// One thing that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// What kind of thing it is.
    pub kind: EntryKind,
    /// What people call it: `PAY-12`, `T-4`; nothing for a kind of which a feature has one.
    pub key: Option<String>,
    /// Its title, in pieces.
    pub title: Vec<Segment>,
    /// Its page.
    pub path: String,
    /// The feature that it belongs to.
    pub feature: FeatureKey,
    /// The feature's title; nothing where it is the feature itself.
    pub feature_title: Option<String>,
    /// The product's name.
    pub product: String,
    /// When it was last changed.
    pub changed_at: OffsetDateTime,
    /// Why it is here.
    pub found: FoundBy,
}

/// Why something is among the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// Its key was typed.
    Key,
    /// It has the words.
    Words,
    /// It has words that are spelt alike.
    Similar,
}

/// A piece of a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The text.
    pub text: String,
    /// Whether it is one of the words that were looked for.
    pub hit: bool,
}

/// Which entry was found, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    feature: Id<Feature>,
    kind: String,
    number: i32,
    by: FoundBy,
}

impl Service {
    /// Looks for something in the products that the actor may read.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn search(&self, actor: &Actor, query: &SearchQuery) -> Result<SearchResults> {
        let now = self.now().await?;
        let mut connection = self.db.reads().acquire().await?;
        let readables = Readables::of(&mut connection, actor).await?;
        let (mut found, mut similar) = (Vec::new(), String::new());
        if let Some(scope) = Scope::of(&readables, query) {
            found.extend(by_key(&mut connection, &scope, query).await?);
            if !query.is_key() {
                add(&mut found, by_words(&mut connection, &scope, &query.text).await?);
                if found.len() < PAGE
                    && let Some(loose) = loosened(&mut connection, query).await?
                {
                    add(&mut found, by_similar(&mut connection, &scope, &query.text, &loose).await?);
                    similar = loose;
                }
            }
        }
        let capped = found.len() > MOST;
        found.truncate(MOST);
        let page = query.page.clamp(1, PAGES);
        let next = (page < PAGES && found.len() > page * PAGE).then_some(page + 1);
        let shown: Vec<Found> = found.into_iter().skip((page - 1) * PAGE).take(PAGE).collect();
        Ok(SearchResults {
            hits: hits(&mut connection, &shown, &query.text, &similar).await?,
            next,
            capped,
            products: readables.choices(),
            now,
        })
    }
}

/// Adds what is not there yet.
fn add(found: &mut Vec<Found>, more: Vec<Found>) {
    for one in more {
        let there =
            |have: &Found| (have.feature, have.number) == (one.feature, one.number) && have.kind == one.kind;
        if !found.iter().any(there) {
            found.push(one);
        }
    }
}

/// What the typed key names: `PAY-12`, `PAY-12 T-4`.
async fn by_key(connection: &mut PgConnection, scope: &Scope, query: &SearchQuery) -> Result<Option<Found>> {
    let Some((key, within)) = query.key() else { return Ok(None) };
    let (kind, number) = within.unwrap_or((EntryKind::Feature, key.number));
    let feature = sqlx::query_scalar!(
        "select e.feature_id
         from product p
         join feature f on f.product_id = p.id and f.number = $2
         join search_entry e on e.feature_id = f.id and e.kind = $3 and e.number = $4
         where p.key = $1 and ($5::uuid[] is null or p.id = any($5)) and ($6::text is null or p.key = $6)
           and ($7::text is null or e.kind = $7)",
        key.product.as_str(),
        key.number,
        kind.code(),
        number,
        scope.products.as_deref(),
        query.product,
        query.kind.map(EntryKind::code)
    )
    .fetch_optional(connection)
    .await?;
    Ok(feature.map(|id| Found {
        feature: Id::new(id),
        kind: kind.code().to_owned(),
        number,
        by: FoundBy::Key,
    }))
}

/// Entries with the words: of the newest ones the best.
async fn by_words(connection: &mut PgConnection, scope: &Scope, text: &str) -> Result<Vec<Found>> {
    let rows = sqlx::query!(
        "select e.feature_id, e.kind, e.number
         from (select * from search_entry
               where numnode(websearch_to_tsquery('english', $1)) > 0
                 and words @@ (websearch_to_tsquery('english', $1) && $2::text::tsquery)
               order by changed_at desc limit $4) e
         where $3::uuid[] is null or e.product_id = any($3)
         order by ts_rank_cd(e.words, websearch_to_tsquery('english', $1)) desc, e.kind = 'feature' desc,
                  e.changed_at desc, e.feature_id, e.kind, e.number
         limit $5",
        text,
        scope.within,
        scope.products.as_deref(),
        RANKED,
        i64::try_from(MOST + 1).unwrap_or(i64::MAX)
    )
    .fetch_all(connection)
    .await?;
    let found = |feature, kind, number| Found { feature: Id::new(feature), kind, number, by: FoundBy::Words };
    Ok(rows.into_iter().map(|row| found(row.feature_id, row.kind, row.number)).collect())
}

/// Entries with words that are spelt alike, the most similar title first.
async fn by_similar(
    connection: &mut PgConnection,
    scope: &Scope,
    text: &str,
    loose: &str,
) -> Result<Vec<Found>> {
    let rows = sqlx::query!(
        "select e.feature_id, e.kind, e.number
         from (select * from search_entry
               where words @@ ($1::text::tsquery && $2::text::tsquery)
               order by changed_at desc limit $4) e
         where $3::uuid[] is null or e.product_id = any($3)
         order by word_similarity($5, e.title) desc, ts_rank_cd(e.words, $1::text::tsquery) desc,
                  e.kind = 'feature' desc, e.changed_at desc, e.feature_id, e.kind, e.number
         limit $6",
        loose,
        scope.within,
        scope.products.as_deref(),
        RANKED,
        text,
        i64::try_from(MOST + 1).unwrap_or(i64::MAX)
    )
    .fetch_all(connection)
    .await?;
    let found =
        |feature, kind, number| Found { feature: Id::new(feature), kind, number, by: FoundBy::Similar };
    Ok(rows.into_iter().map(|row| found(row.feature_id, row.kind, row.number)).collect())
}

/// What a page shows of the entries that were found.
async fn hits(connection: &mut PgConnection, found: &[Found], text: &str, similar: &str) -> Result<Vec<Hit>> {
    let features: Vec<Uuid> = found.iter().map(|one| one.feature.uuid()).collect();
    let kinds: Vec<String> = found.iter().map(|one| one.kind.clone()).collect();
    let numbers: Vec<i32> = found.iter().map(|one| one.number).collect();
    let rows = sqlx::query!(
        r#"select e.feature_id, e.kind, e.number, e.title, e.changed_at, f.number as feature_number,
                  f.title as feature_title, p.key as product_key, p.name as product_name,
                  ts_headline('english', e.title, websearch_to_tsquery('english', $4) || $5::text::tsquery, $6)
                      as "marked!"
           from unnest($1::uuid[], $2::text[], $3::int[]) with ordinality as found (feature_id, kind, number, place)
           join search_entry e on e.feature_id = found.feature_id and e.kind = found.kind
                              and e.number = found.number
           join feature f on f.id = e.feature_id
           join product p on p.id = f.product_id
           order by found.place"#,
        &features,
        &kinds,
        &numbers,
        text,
        similar,
        HIGHLIGHT
    )
    .fetch_all(connection)
    .await?;
    let mut hits = Vec::with_capacity(rows.len());
    for row in rows {
        // A kind that a newer program wrote, while both run.
        let Some(kind) = EntryKind::from_code(&row.kind) else { continue };
        let feature = FeatureKey {
            product: row.product_key.parse().map_err(Error::internal)?,
            number: row.feature_number,
        };
        let this = |one: &&Found| {
            (one.feature.uuid(), one.number) == (row.feature_id, row.number) && one.kind == row.kind
        };
        hits.push(Hit {
            kind,
            key: kind.key(row.number, &feature),
            title: segments(&row.title, &row.marked),
            path: kind.place(row.number).path(&feature),
            feature_title: (kind != EntryKind::Feature).then_some(row.feature_title),
            feature,
            product: row.product_name,
            changed_at: row.changed_at,
            found: found.iter().find(this).map_or(FoundBy::Words, |one| one.by),
        });
    }
    Ok(hits)
}

/// The pieces of a title whose hits are marked. Where the marked text is not the title, the title stays whole.
fn segments(title: &str, marked: &str) -> Vec<Segment> {
    let (start, stop) = MARKS;
    let plain = |text: &str| Segment { text: text.to_owned(), hit: false };
    let mut pieces = Vec::new();
    for (index, part) in marked.split(start).enumerate() {
        match part.split_once(stop) {
            Some((hit, rest)) if index > 0 => {
                pieces.push(Segment { text: hit.to_owned(), hit: true });
                pieces.push(plain(rest));
            }
            _ => pieces.push(plain(part)),
        }
    }
    pieces.retain(|piece| !piece.text.is_empty());
    let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
    if whole == title { pieces } else { vec![plain(title)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_cut_out_and_what_does_not_fit_stays_whole() {
        let hit = |text: &str, hit| Segment { text: text.to_owned(), hit };
        assert_eq!(
            segments("Card tokenisation <b>", "Card \u{E000}tokenisation\u{E001} <b>"),
            [hit("Card ", false), hit("tokenisation", true), hit(" <b>", false)]
        );
        assert_eq!(segments("<i>Card</i>", " \u{E000}Card\u{E001} "), [hit("<i>Card</i>", false)]);
        let hostile = "a\u{E001}b\u{E000}";
        assert_eq!(segments(hostile, hostile), [hit(hostile, false)]);
    }
}
