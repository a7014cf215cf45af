use std::fmt;

use sluice_domain::{
    audit::Verb,
    form::{Check, FieldProblem, Fields, Problem},
    ids::{FeatureKey, PersonId},
    text::{ProductKey, TextError},
};
use time::Date;

/// Which events to show.
#[derive(Clone, Debug, Default)]
pub struct HistoryFilter {
    /// Only what this person did.
    pub person: Option<PersonId>,
    /// Only events of this kind.
    pub verb: Option<Verb>,
    /// Only what happened in this product or feature.
    pub object: Option<HistoryObject>,
    /// From the beginning of this day, UTC.
    pub from: Option<Date>,
    /// To the end of this day, UTC.
    pub to: Option<Date>,
    /// Where the page before ended.
    pub after: Option<String>,
}

/// A product or feature, by the key that people type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryObject {
    /// A product and everything in it.
    Product(ProductKey),
    /// A feature.
    Feature(FeatureKey),
}

impl fmt::Display for HistoryObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product(key) => write!(f, "{key}"),
            Self::Feature(key) => write!(f, "{key}"),
        }
    }
}

impl HistoryObject {
    /// Reads a key: `PAY` or `PAY-12`, in whatever case it was typed.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        match text.parse() {
            Ok(key) => Some(Self::Feature(key)),
            Err(_) => text.parse().ok().map(Self::Product),
        }
    }
}

impl HistoryFilter {
    /// Reads the filter from a query string. An auditor who mistypes is told so: a filter that is silently dropped
    /// would show events that nobody asked for.
    ///
    /// # Errors
    /// Every field that does not parse.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let person = check.optional_choice(fields, "person", "Person", |text| text.parse().ok());
        let verb = check.optional_choice(fields, "verb", "Action", Verb::from_code);
        let typed = fields.get("object").trim();
        let object = HistoryObject::parse(typed);
        if object.is_none() && !typed.is_empty() {
            check.note("object", "Product or feature", Problem::Text(TextError::Malformed));
        }
        let from = check.optional_day(fields, "from", "From");
        let to = check.optional_day(fields, "to", "To");
        let after = Some(fields.get("after").to_owned()).filter(|text| !text.is_empty());
        check.finish(Some(Self { person, verb, object, from, to, after }))
    }

    /// Whether anything narrows the events.
    #[must_use]
    pub fn narrows(&self) -> bool {
        self.person.is_some()
            || self.verb.is_some()
            || self.object.is_some()
            || self.from.is_some()
            || self.to.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<HistoryFilter, Vec<FieldProblem>> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        HistoryFilter::parse(&Fields::new(pairs))
    }

    #[test]
    fn an_object_is_a_product_or_a_feature_in_any_case() {
        let object = |text| parse(&[("object", text)]).ok().and_then(|filter| filter.object);
        assert!(matches!(object("pay"), Some(HistoryObject::Product(_))));
        assert_eq!(object(" pay-12 ").map(|object| object.to_string()).as_deref(), Some("PAY-12"));
        assert!(object("").is_none());
    }

    #[test]
    fn what_does_not_parse_is_named() {
        let problems =
            parse(&[("verb", "dance"), ("object", "?"), ("from", "yesterday")]).err().unwrap_or_default();
        let names: Vec<&str> = problems.iter().map(|problem| problem.field).collect();
        assert_eq!(names, ["verb", "object", "from"]);
        assert!(parse(&[]).is_ok_and(|filter| !filter.narrows()));
    }
}
