use std::fmt::Write as _;

use sluice_domain::form::Fields;

use crate::{features::FeatureFilter, find::SearchQuery};

/// What a view shows: a page with filters that it knows, whatever was typed into the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewAddress {
    /// The features, as a table or a board.
    Features(Box<FeatureFilter>),
    /// What a search finds.
    Search(SearchQuery),
}

impl ViewAddress {
    /// Reads the page's code and its query.
    #[must_use]
    pub fn parse(page: &str, query: &Fields) -> Option<Self> {
        match page {
            "features" => {
                Some(Self::Features(Box::new(FeatureFilter { after: None, ..FeatureFilter::parse(query) })))
            }
            "search" => Some(Self::Search(SearchQuery { page: 1, ..SearchQuery::parse(query) })),
            _ => None,
        }
    }

    /// Reads what [`Self::path`] wrote. What cannot be read shows every feature.
    pub(super) fn stored(path: &str) -> Self {
        let (page, query) = path.split_once('?').unwrap_or((path, ""));
        let fields = Fields::new(
            query
                .split('&')
                .filter_map(|pair| {
                    let (name, value) = pair.split_once('=')?;
                    Some((name.to_owned(), decode(value)?))
                })
                .collect(),
        );
        Self::parse(page.trim_start_matches('/'), &fields).unwrap_or_else(|| Self::Features(Box::default()))
    }

    /// The page's code.
    #[must_use]
    pub const fn page(&self) -> &'static str {
        match self {
            Self::Features(_) => "features",
            Self::Search(_) => "search",
        }
    }

    /// The filters as a query string.
    #[must_use]
    pub fn query(&self) -> String {
        let pairs = match self {
            Self::Features(filter) => filter.pairs(),
            Self::Search(query) => query.pairs(),
        };
        let pairs: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        pairs.join("&")
    }

    /// The address of the page.
    #[must_use]
    pub fn path(&self) -> String {
        let (page, query) = (self.page(), self.query());
        if query.is_empty() { format!("/{page}") } else { format!("/{page}?{query}") }
    }
}

/// A value of a query string.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// What [`encode`] wrote.
fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_reads_back() {
        let query = Fields::new(
            [("q", "ä & b=c%? +"), ("view", "board"), ("mine", "yes"), ("after", "1~x"), ("evil", "x")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
        );
        let view = ViewAddress::parse("features", &query).expect("a page");
        assert_eq!(view.path(), "/features?view=board&q=%C3%A4%20%26%20b%3Dc%25%3F%20%2B&mine=yes");
        assert_eq!(ViewAddress::stored(&view.path()), view);
        let search = ViewAddress::parse("search", &query).expect("a page");
        assert_eq!(ViewAddress::stored(&search.path()), search);
        assert_eq!(search.path(), "/search?q=%C3%A4%20%26%20b%3Dc%25%3F%20%2B");
    }

    #[test]
    fn what_is_no_view_shows_every_feature() {
        assert!(ViewAddress::parse("https://example.org", &Fields::default()).is_none());
        for odd in ["", "/people?q=x", "javascript:alert(1)", "/features?q=%", "/features?q=%ZZ&=&x"] {
            assert_eq!(ViewAddress::stored(odd).path(), "/features", "{odd}");
        }
    }
}
