//! What a field of the policy language can be. Each knows how it is read and what it looks like in the JSON Schema.

use serde_json::{Value, json};

use crate::policy::problem::PolicyProblem;

/// What all fields have.
pub(in crate::policy) struct Head {
    /// The key.
    key: &'static str,
    /// Whether it has to be there.
    needed: bool,
    /// What it is for, in a sentence: editors show it.
    about: &'static str,
}

/// A field that has to be there.
pub(super) const fn needed(key: &'static str, about: &'static str) -> Head {
    Head { key, needed: true, about }
}

/// A field that may be left out.
pub(super) const fn optional(key: &'static str, about: &'static str) -> Head {
    Head { key, needed: false, about }
}

/// A field of a table.
pub(in crate::policy) trait Field: Sync {
    /// What all fields have.
    fn head(&self) -> &Head;

    /// The key.
    fn key(&self) -> &'static str {
        self.head().key
    }

    /// What its values look like.
    fn values(&self) -> Value;
}

/// A table of the language.
pub(in crate::policy) struct Table {
    /// Its fields, in the order in which people write them.
    pub(in crate::policy) fields: &'static [&'static dyn Field],
    /// What the schema says besides the fields: which of them go together.
    pub(super) together: Option<fn() -> Value>,
}

impl Table {
    /// Its keys, in order.
    pub(in crate::policy) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.key())
    }

    /// What the table looks like.
    pub(super) fn schema(&self) -> Value {
        let properties: serde_json::Map<String, Value> = self
            .fields
            .iter()
            .map(|field| {
                let mut values = field.values();
                if let Some(values) = values.as_object_mut() {
                    values.insert("description".into(), field.head().about.into());
                }
                (field.key().to_owned(), values)
            })
            .collect();
        let needed: Vec<&str> = self
            .fields
            .iter()
            .map(|field| field.head())
            .filter(|head| head.needed)
            .map(|head| head.key)
            .collect();
        let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if let Some(object) = schema.as_object_mut() {
            if !needed.is_empty() {
                object.insert("required".into(), json!(needed));
            }
            if let Some(Value::Object(more)) = self.together.map(|together| together()) {
                object.extend(more);
            }
        }
        schema
    }
}

/// A text for people to read.
pub(in crate::policy) struct Text {
    pub(super) head: Head,
    /// The most characters.
    pub(in crate::policy) max: usize,
    /// Whether it may have more than one line.
    pub(in crate::policy) lines: bool,
}

/// A text of a form of its own, such as a key.
pub(in crate::policy) struct Formed {
    pub(super) head: Head,
    pub(in crate::policy) form: &'static Form,
}

/// Several texts of one form, each once.
pub(in crate::policy) struct FormedList {
    pub(super) head: Head,
    pub(in crate::policy) form: &'static Form,
    /// The most of them.
    pub(in crate::policy) max: usize,
}

/// What texts of a form look like.
pub(in crate::policy) struct Form {
    /// The form as a regular expression (ECMA 262), for the schema.
    pub(super) pattern: &'static str,
    /// The most characters.
    pub(super) max: usize,
    /// Whether a text is of the form.
    pub(in crate::policy) sound: fn(&str) -> bool,
    /// What is wrong with a text that is not: the problem about what was written.
    pub(in crate::policy) wrong: fn(String) -> PolicyProblem,
}

impl Form {
    fn schema(&self) -> Value {
        json!({ "type": "string", "pattern": self.pattern, "maxLength": self.max })
    }
}

/// A whole number.
pub(in crate::policy) struct Number {
    pub(super) head: Head,
    pub(in crate::policy) min: u16,
    pub(in crate::policy) max: u16,
}

/// A yes or no; no when it is left out.
pub(in crate::policy) struct Flag {
    pub(super) head: Head,
}

/// The words of an enumeration that a field takes.
pub(in crate::policy) struct Words<T: 'static> {
    pub(in crate::policy) all: &'static [T],
    pub(in crate::policy) code: fn(T) -> &'static str,
    /// What is wrong with any other word: the problem about what was written and what would do.
    pub(in crate::policy) unknown: fn(String, String) -> PolicyProblem,
}

impl<T: Copy> Words<T> {
    /// The codes, in order.
    pub(in crate::policy) fn codes(&self) -> impl Iterator<Item = &'static str> {
        self.all.iter().map(|item| (self.code)(*item))
    }

    /// What a word means.
    pub(in crate::policy) fn read(&self, word: &str) -> Option<T> {
        self.all.iter().copied().find(|item| (self.code)(*item) == word)
    }

    /// The problem about a word that means nothing.
    pub(in crate::policy) fn problem(&self, given: String) -> PolicyProblem {
        (self.unknown)(given, self.codes().collect::<Vec<_>>().join(", "))
    }

    fn schema(&self) -> Value {
        json!({ "enum": self.codes().collect::<Vec<_>>() })
    }
}

/// One word.
pub(in crate::policy) struct Choice<T: 'static> {
    pub(super) head: Head,
    pub(in crate::policy) of: &'static Words<T>,
}

/// Several words, each once.
pub(in crate::policy) struct Choices<T: 'static> {
    pub(super) head: Head,
    pub(in crate::policy) of: &'static Words<T>,
}

/// A table.
pub(in crate::policy) struct Inner {
    pub(super) head: Head,
    pub(in crate::policy) table: &'static Table,
}

/// Tables, one after the other.
pub(in crate::policy) struct List {
    pub(super) head: Head,
    pub(in crate::policy) of: ListOf,
    /// The most of them.
    pub(in crate::policy) max: usize,
    /// What is wrong where there are none, if it is.
    pub(in crate::policy) empty: Option<PolicyProblem>,
}

/// What the tables of a list are like.
pub(in crate::policy) enum ListOf {
    /// All alike.
    Same(&'static Table),
    /// Its field `kind` says of which kind each is, and the other fields depend on it: the kinds with their fields.
    ByKind(fn() -> Vec<(&'static str, &'static Table)>),
}

/// A table whose keys are the words of an enumeration.
pub(in crate::policy) struct ByWord<T: 'static> {
    pub(super) head: Head,
    pub(in crate::policy) of: &'static Words<T>,
    pub(in crate::policy) each: Each,
}

/// What stands behind each word.
pub(in crate::policy) enum Each {
    /// A whole number.
    Number(u16, u16),
    /// A table.
    Table(&'static Table),
}

fn number(min: u16, max: u16) -> Value {
    json!({ "type": "integer", "minimum": min, "maximum": max })
}

macro_rules! fields {
    ($($kind:ty: $this:ident => $values:expr;)*) => { $(
        impl Field for $kind {
            fn head(&self) -> &Head {
                &self.head
            }

            fn values(&self) -> Value {
                let $this = self;
                $values
            }
        }
    )* };
}

fields! {
    Text: it => json!({ "type": "string", "pattern": "\\S", "maxLength": it.max });
    Formed: it => it.form.schema();
    FormedList: it => json!({
        "type": "array", "items": it.form.schema(), "uniqueItems": true, "maxItems": it.max,
    });
    Number: it => number(it.min, it.max);
    Flag: _it => json!({ "type": "boolean", "default": false });
    Inner: it => it.table.schema();
    List: it => {
        let items = match &it.of {
            ListOf::Same(table) => table.schema(),
            ListOf::ByKind(all) => {
                let kinds = all().into_iter().map(|(kind, table)| {
                    let mut schema = table.schema();
                    schema["properties"]["kind"]["enum"] = json!([kind]);
                    schema
                });
                json!({ "oneOf": kinds.collect::<Vec<_>>() })
            }
        };
        let least = usize::from(it.empty.is_some());
        json!({ "type": "array", "items": items, "minItems": least, "maxItems": it.max })
    };
}

impl<T: Copy + Sync> Field for Choice<T> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn values(&self) -> Value {
        self.of.schema()
    }
}

impl<T: Copy + Sync> Field for Choices<T> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn values(&self) -> Value {
        json!({ "type": "array", "items": self.of.schema(), "uniqueItems": true, "minItems": 1 })
    }
}

impl<T: Copy + Sync> Field for ByWord<T> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn values(&self) -> Value {
        let properties: serde_json::Map<String, Value> = self
            .of
            .codes()
            .map(|code| {
                let values = match &self.each {
                    Each::Number(min, max) => number(*min, *max),
                    Each::Table(table) => table.schema(),
                };
                (code.to_owned(), values)
            })
            .collect();
        json!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}
