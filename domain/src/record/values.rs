use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::RecordKind;

/// What the fields of a record hold: a text, or a list of texts where the field takes many. Empty fields are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(BTreeMap<String, Value>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Many(Vec<String>),
}

impl Values {
    /// The text of a field; empty where it has none.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        match self.0.get(key) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// The values of a field that takes many.
    #[must_use]
    pub fn many(&self, key: &str) -> &[String] {
        match self.0.get(key) {
            Some(Value::Many(values)) => values,
            _ => &[],
        }
    }

    /// Whether the field holds anything.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Puts a text into a field; an empty one leaves it absent.
    pub fn set_text(&mut self, key: &str, text: impl Into<String>) {
        let text = text.into();
        if text.is_empty() {
            self.0.remove(key);
        } else {
            self.0.insert(key.to_owned(), Value::Text(text));
        }
    }

    /// Puts a list into a field; an empty one leaves it absent.
    pub fn set_many(&mut self, key: &str, values: Vec<String>) {
        if values.is_empty() {
            self.0.remove(key);
        } else {
            self.0.insert(key.to_owned(), Value::Many(values));
        }
    }

    /// The same values with one text more, for making records in code.
    #[must_use]
    pub fn with(mut self, key: &str, text: impl Into<String>) -> Self {
        self.set_text(key, text);
        self
    }

    /// The same values with one list more.
    #[must_use]
    pub fn with_many<S: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = S>) -> Self {
        self.set_many(key, values.into_iter().map(Into::into).collect());
        self
    }

    /// A field as one text, for comparisons and the log: lists in order, separated by commas.
    #[must_use]
    pub fn joined(&self, key: &str) -> String {
        match self.0.get(key) {
            None => String::new(),
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Many(values)) => values.join(", "),
        }
    }
}

/// What a record refers to within its feature: `R-3`, `T-4`, `E-2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordRef {
    /// A record.
    Record(RecordKind, i32),
    /// A threat.
    Threat(i32),
    /// An item of evidence.
    Evidence(i32),
}

impl RecordRef {
    /// Where it is.
    #[must_use]
    pub const fn place(self) -> crate::place::Place {
        match self {
            Self::Record(kind, number) => crate::place::Place::Record(kind, number),
            Self::Threat(number) => crate::place::Place::Threat(number),
            Self::Evidence(number) => crate::place::Place::Evidence(number),
        }
    }
}

impl fmt::Display for RecordRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(kind, number) => f.write_str(&kind.key(*number)),
            Self::Threat(number) => write!(f, "T-{number}"),
            Self::Evidence(number) => write!(f, "E-{number}"),
        }
    }
}

/// A text that refers to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no reference such as R-3")]
pub struct ReferenceError;

impl FromStr for RecordRef {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let (prefix, digits) = text.rsplit_once('-').ok_or(ReferenceError)?;
        if digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ReferenceError);
        }
        let number = digits.parse().map_err(|_| ReferenceError)?;
        match prefix {
            "T" => Ok(Self::Threat(number)),
            "E" => Ok(Self::Evidence(number)),
            _ => RecordKind::ALL
                .iter()
                .find(|kind| kind.spec().prefix == Some(prefix))
                .map(|kind| Self::Record(*kind, number))
                .ok_or(ReferenceError),
        }
    }
}
