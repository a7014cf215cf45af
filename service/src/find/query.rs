use std::collections::BTreeMap;

use sluice_domain::{form::Fields, ids::FeatureKey, text::ProductKey};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{EntryKind, PAGES};
use crate::{error::Result, features::Readables};

/// The most characters of what is looked for.
const LONGEST: usize = 200;

/// The most words that count as meant beside the one that was typed.
const ALIKE: usize = 8;

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// Words, or a key.
    pub text: String,
    /// Only this kind of thing.
    pub kind: Option<EntryKind>,
    /// Only in the product with this key.
    pub product: Option<String>,
    /// The page of results, from 1.
    pub page: usize,
}

impl SearchQuery {
    /// Reads the query of an address; what does not parse is left out.
    #[must_use]
    pub fn parse(fields: &Fields) -> Self {
        Self {
            text: fields.get("q").trim().chars().take(LONGEST).collect(),
            kind: EntryKind::from_code(fields.get("kind")),
            product: fields.get("product").parse::<ProductKey>().ok().map(|key| key.to_string()),
            page: fields.get("page").parse().unwrap_or(1).clamp(1, PAGES),
        }
    }

    /// The query as names and values of an address, without the page: what [`Self::parse`] reads.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let pairs = [
            ("q", self.text.clone()),
            ("kind", self.kind.map(|kind| kind.code().to_owned()).unwrap_or_default()),
            ("product", self.product.clone().unwrap_or_default()),
        ];
        pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The key that was typed, with the thing within the feature that it names: `PAY-12`, `pay-12 t-4`, `PAY-12/T-4`.
    pub(super) fn key(&self) -> Option<(FeatureKey, Option<(EntryKind, i32)>)> {
        let mut words = self.words();
        let key = words.next()?.to_ascii_uppercase().parse().ok()?;
        Some((key, words.next().and_then(EntryKind::parse_key)))
    }

    /// Whether a key is all that was typed.
    pub(super) fn is_key(&self) -> bool {
        match self.key() {
            Some((_, None)) => self.words().count() == 1,
            Some((_, Some(_))) => self.words().count() == 2,
            None => false,
        }
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split([' ', '/']).filter(|word| !word.is_empty())
    }

    /// Whether it asks for exact phrases or leaves words out: then nothing similar is meant.
    fn is_strict(&self) -> bool {
        self.text.contains('"') || self.text.split(' ').any(|word| word.starts_with('-'))
    }
}

/// Within what to look.
pub(super) struct Scope {
    /// Ids of the products that may be read; nothing for somebody who may read all.
    pub(super) products: Option<Vec<Uuid>>,
    /// The lexemes of products and kind that entries have to have, as a text query. See the migration.
    pub(super) within: String,
}

impl Scope {
    /// The scope; nothing where there is nothing to look for, or nowhere to look.
    pub(super) fn of(readables: &Readables, query: &SearchQuery) -> Option<Self> {
        let keys: Option<Vec<&str>> = match &query.product {
            None if readables.everywhere => None,
            None => Some(readables.products.iter().map(|product| product.key.as_str()).collect()),
            Some(key) if readables.everywhere => Some(vec![key]),
            Some(key) => {
                let readable = readables.products.iter().filter(|product| product.key == *key);
                Some(readable.map(|product| product.key.as_str()).collect())
            }
        };
        if query.text.is_empty() || keys.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        let mut parts = Vec::new();
        if let Some(keys) = keys {
            let lexemes: Vec<String> = keys.iter().map(|key| quoted(&format!("product {key}"))).collect();
            parts.push(format!("({})", lexemes.join(" | ")));
        }
        parts.extend(query.kind.iter().map(|kind| quoted(&format!("kind {}", kind.code()))));
        Some(Self { products: readables.ids(), within: parts.join(" & ") })
    }
}

/// A lexeme as the text of a query.
fn quoted(lexeme: &str) -> String {
    format!("'{}'", lexeme.replace('\\', "\\\\").replace('\'', "''"))
}

/// The query with, beside each word, those that are spelt alike; nothing where there are none.
pub(super) async fn loosened(connection: &mut PgConnection, query: &SearchQuery) -> Result<Option<String>> {
    if query.is_strict() {
        return Ok(None);
    }
    let rows = sqlx::query!(
        r#"select asked.lexeme as "lexeme!", near.word as "word?"
           from (select lexeme from unnest(tsvector_to_array(to_tsvector('english', $1))) as t (lexeme) limit 8) asked
           left join lateral (
               select w.word from search_word w
               where length(asked.lexeme) between 4 and 30 and w.word % asked.lexeme
               order by similarity(w.word, asked.lexeme) desc, w.word limit 20
           ) near on true"#,
        query.text
    )
    .fetch_all(connection)
    .await?;
    let mut near: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        near.entry(row.lexeme).or_default().extend(row.word);
    }
    Ok(loose(&near))
}

/// Each word or one of those near it that may be meant.
fn loose(near: &BTreeMap<String, Vec<String>>) -> Option<String> {
    let mut more = false;
    let groups: Vec<String> = near
        .iter()
        .map(|(lexeme, near)| {
            let meant = near.iter().filter(|word| *word != lexeme && may_mean(lexeme, word)).take(ALIKE);
            let words: Vec<String> = std::iter::once(lexeme).chain(meant).map(|word| quoted(word)).collect();
            more |= words.len() > 1;
            format!("({})", words.join(" | "))
        })
        .collect();
    more.then(|| groups.join(" & "))
}

/// Whether somebody who typed one word may have meant the other: it begins with what was typed, or differs by a slip
/// of the finger, by two in a long word. What is compared with are stems: the end of a word that is mistyped was not
/// taken off, so a few letters at its end do not count.
fn may_mean(typed: &str, word: &str) -> bool {
    const ENDING: usize = 5;
    const LONG: usize = 8;
    let length = typed.chars().count();
    let slips = if length < LONG { 1 } else { 2 };
    let distances = distances(typed, word);
    let ends = if length < LONG { 0 } else { ENDING };
    word.starts_with(typed) || distances.iter().rev().take(ends + 1).any(|distance| *distance <= slips)
}

/// How many slips lie between a word and each beginning of what was typed, from the empty one to the whole: a letter
/// more, less, or another one, or two letters exchanged.
fn distances(typed: &str, word: &str) -> Vec<usize> {
    let (typed, word): (Vec<char>, Vec<char>) = (typed.chars().collect(), word.chars().collect());
    // Three rows of the table are enough: the one before the last tells of exchanged letters.
    let mut earlier: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=word.len()).collect();
    let mut ends = vec![word.len()];
    for (row, a) in typed.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, b) in word.iter().enumerate() {
            let mut fewest =
                (last[column] + usize::from(a != b)).min(last[column + 1] + 1).min(next[column] + 1);
            if row > 0 && column > 0 && *a == word[column - 1] && typed[row - 1] == *b {
                fewest = fewest.min(earlier[column - 1] + 1);
            }
            next.push(fewest);
        }
        ends.push(next[word.len()]);
        earlier = std::mem::replace(&mut last, next);
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> SearchQuery {
        SearchQuery::parse(&Fields::new(vec![("q".to_owned(), text.to_owned())]))
    }

    #[test]
    fn keys_are_recognised_however_they_are_typed() {
        for text in ["PAY-12", "pay-12", " Pay-12 "] {
            let query = query(text);
            let (key, within) = query.key().expect("a key");
            assert_eq!((key.to_string().as_str(), within, query.is_key()), ("PAY-12", None, true), "{text}");
        }
        for text in ["pay-12 t-4", "PAY-12/T-4"] {
            let query = query(text);
            assert_eq!(query.key().and_then(|(_, within)| within), Some((EntryKind::Threat, 4)), "{text}");
            assert!(query.is_key());
        }
        assert!(query("pay-12 tokens").key().is_some() && !query("pay-12 tokens").is_key());
        for text in ["", "tokens", "T-0", "PAY-0"] {
            assert!(query(text).key().is_none(), "{text}");
        }
    }

    #[test]
    fn a_query_reads_back_and_drops_what_it_does_not_know() {
        let fields = [("q", "a"), ("kind", "threat"), ("product", "PAY"), ("page", "99"), ("x", "y")];
        let fields = Fields::new(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
        let query = SearchQuery::parse(&fields);
        assert_eq!(query.page, PAGES);
        assert_eq!(query.pairs().len(), 3);
        let odd = [("kind", "' | 'x"), ("product", "' | 'x"), ("page", "-1")];
        let odd = Fields::new(odd.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
        assert_eq!(SearchQuery::parse(&odd), SearchQuery { page: 1, ..SearchQuery::default() });
    }

    #[test]
    fn words_stay_words_in_a_loosened_query() {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let near = BTreeMap::from([
            ("o'br\\ien".to_owned(), Vec::new()),
            ("paymnet".to_owned(), words(&["payment", "pavement", "pay", "paymnet"])),
        ]);
        assert_eq!(loose(&near).as_deref(), Some("('o''br\\\\ien') & ('paymnet' | 'payment')"));
        assert_eq!(loose(&BTreeMap::from([("card".to_owned(), words(&["refund"]))])), None);
        assert!(query("\"card data\"").is_strict() && query("card -data").is_strict());
    }

    #[test]
    fn slips_are_counted() {
        for (one, other, slips) in [
            ("", "", 0),
            ("card", "card", 0),
            ("card", "cards", 1),
            ("refnud", "refund", 1),
            ("autent", "authent", 1),
            ("kitten", "sitting", 3),
            ("über", "uber", 1),
            ("", "abc", 3),
        ] {
            assert_eq!(distances(one, other).last(), Some(&slips), "{one} {other}");
            assert_eq!(distances(other, one).last(), Some(&slips), "{other} {one}");
        }
        for (typed, word) in [("token", "tokenis"), ("tokenisaton", "tokenis"), ("refnud", "refund")] {
            assert!(may_mean(typed, word), "{typed} {word}");
        }
        for (typed, word) in [("card", "care taker"), ("payment", "pay"), ("tokenisaton", "card")] {
            assert!(!may_mean(typed, word), "{typed} {word}");
        }
    }
}
