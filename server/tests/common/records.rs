//! Forms of records, filled in from their specs: whatever a kind asks for, these tests can say.

use sluice_domain::{
    form::Fields,
    ids::PersonId,
    record::{Input, ListKind, RecordForm, RecordKind, Values},
};
use sluice_service::new_form_id;

/// A form as it would be sent.
pub(crate) type Pairs = Vec<(String, String)>;

/// Whom a filled-in form names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    /// Owner, author of changes, who watches.
    pub(crate) one: PersonId,
    /// Reviewers: two others.
    pub(crate) others: [PersonId; 2],
}

/// The form of a new record of a kind: every field filled in, the first choice taken, the product's own lists confirmed
/// point by point. What it refers to and its title in `words` are the caller's.
pub(crate) fn filled(kind: RecordKind, named: Named, words: &str) -> Pairs {
    let spec = kind.spec();
    let mut pairs = vec![
        ("id".to_owned(), new_form_id()),
        ("version".to_owned(), "0".to_owned()),
        ("state".to_owned(), spec.first_state().code.to_owned()),
        ("title".to_owned(), words.to_owned()),
    ];
    let mut put = |key: &str, value: String| pairs.push((key.to_owned(), value));
    for field in spec.fields {
        match field.input {
            Input::Line | Input::Note | Input::Body => put(field.key, words.to_owned()),
            Input::Link => put(field.key, "https://code.example.org/merge/1".to_owned()),
            Input::Digest => put(field.key, "ab".repeat(32)),
            Input::Day => put(field.key, "2026-12-01".to_owned()),
            Input::Choice(choices) => put(field.key, choices[0].code.to_owned()),
            Input::Person => put(field.key, named.one.to_string()),
            Input::People => named.others.iter().for_each(|person| put(field.key, person.to_string())),
            Input::Points(list) => points(list).for_each(|point| put(field.key, point)),
            Input::References { .. } | Input::Set => {}
        }
    }
    pairs
}

/// The points of a list, as a product starts with them.
fn points(list: ListKind) -> impl Iterator<Item = String> {
    list.defaults().iter().map(|point| (*point).to_owned())
}

/// The form of a record that is there, as its page would send it back.
pub(crate) fn kept(kind: RecordKind, version: i32, state: &str, title: &str, values: &Values) -> Pairs {
    let mut pairs = vec![
        ("version".to_owned(), version.to_string()),
        ("state".to_owned(), state.to_owned()),
        ("title".to_owned(), title.to_owned()),
    ];
    for field in kind.spec().fields {
        if field.input.is_many() {
            pairs.extend(values.many(field.key).iter().map(|value| (field.key.to_owned(), value.clone())));
        } else if values.has(field.key) {
            pairs.push((field.key.to_owned(), values.text(field.key).to_owned()));
        }
    }
    pairs
}

/// The same form with another value in a field.
pub(crate) fn with(mut pairs: Pairs, key: &str, value: impl Into<String>) -> Pairs {
    pairs.retain(|(name, _)| name != key);
    pairs.push((key.to_owned(), value.into()));
    pairs
}

/// The command of a form that has no problem.
pub(crate) fn command(kind: RecordKind, pairs: Pairs) -> Result<RecordForm, String> {
    RecordForm::parse(kind, &Fields::new(pairs)).map_err(|problems| format!("refused: {problems:?}"))
}
