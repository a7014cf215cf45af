//! The forms of records, filled in as a person would fill them in.

use std::collections::BTreeMap;

use sluice_domain::{
    canonical::Digest,
    form::Fields,
    record::{Input, ListKind, RecordForm, RecordKind},
};
use time::OffsetDateTime;

use super::{
    cast::Cast,
    script::{Change, Entry, Field, Requirement, Said},
};
use crate::cli::Failed;

/// A form as a browser sends it.
pub(super) type Pairs = Vec<(&'static str, String)>;

/// What the words of the story stand for while a feature's form is filled in.
pub(super) struct Reader<'a> {
    pub(super) cast: &'a Cast,
    /// The product's key.
    pub(super) product: &'static str,
    /// The points of the product's own lists.
    pub(super) lists: &'a BTreeMap<(&'static str, ListKind), Vec<&'static str>>,
    /// The end of the story.
    pub(super) now: OffsetDateTime,
    /// What [`Said::Everything`] means.
    pub(super) everything: &'a [String],
    /// The number of the evidence that was added last.
    pub(super) last_evidence: i32,
}

impl Reader<'_> {
    /// What a field sends.
    pub(super) fn read(&self, (key, said): &Field) -> Result<Pairs, Failed> {
        let one = |text: String| vec![(*key, text)];
        Ok(match said {
            Said::T(text) => one((*text).to_owned()),
            Said::Is(who) => one(self.cast.actor(*who)?.person.to_string()),
            Said::Are(people) => {
                let mut pairs = Vec::new();
                for who in *people {
                    pairs.push((*key, self.cast.actor(*who)?.person.to_string()));
                }
                pairs
            }
            Said::On(when) => one(when.instant(self.now).date().to_string()),
            Said::In(days) => one((self.now + time::Duration::days(*days)).date().to_string()),
            Said::Points(list, left_out) => {
                let own = self.lists.get(&(self.product, *list)).map(Vec::as_slice);
                let points = own.unwrap_or(list.defaults());
                let confirmed = points.iter().enumerate().filter(|(place, _)| !left_out.contains(place));
                confirmed.map(|(_, point)| (*key, (*point).to_owned())).collect()
            }
            Said::Everything => one(self.everything.join(", ")),
            Said::LastEvidence => one(format!("E-{}", self.last_evidence)),
            Said::Digest(words) => one(Digest::of(words.as_bytes()).to_string()),
        })
    }

    /// What several fields send.
    pub(super) fn read_all(&self, fields: &[Field]) -> Result<Pairs, Failed> {
        let mut pairs = Vec::new();
        for field in fields {
            pairs.extend(self.read(field)?);
        }
        Ok(pairs)
    }
}

/// A requirement as a record.
pub(super) fn requirement(requirement: &Requirement) -> Entry {
    let class = if requirement.family.is_empty() { "functional" } else { "security" };
    Entry {
        kind: RecordKind::Requirement,
        state: "",
        title: requirement.title,
        fields: vec![
            ("class", Said::T(class)),
            ("family", Said::T(requirement.family)),
            ("priority", Said::T("must")),
            ("acceptance", Said::T(requirement.acceptance)),
        ]
        .into(),
    }
}

/// A change as a record, without its link.
pub(super) fn change(change: &Change) -> Entry {
    Entry {
        kind: RecordKind::Change,
        state: "merged",
        title: change.title,
        fields: vec![
            ("author", Said::Is(change.author)),
            ("reviewers", Said::Are(change.reviewers)),
            ("implements", change.implements),
            ("note", Said::T(change.note)),
        ]
        .into(),
    }
}

/// Where a product's code and its pipeline live.
pub(super) fn code_host(product: &str, what: &str) -> String {
    format!("https://code.example.org/{}/{what}", product.to_lowercase())
}

/// The form of a record.
pub(super) fn form(
    kind: RecordKind,
    state: &str,
    title: &str,
    version: i32,
    id: Option<String>,
    pairs: &Pairs,
) -> Result<RecordForm, Failed> {
    let spec = kind.spec();
    let state = if state.is_empty() { spec.first_state().code } else { state };
    let mut sent: Vec<(String, String)> = vec![
        ("version".to_owned(), version.to_string()),
        ("state".to_owned(), state.to_owned()),
        ("title".to_owned(), title.to_owned()),
    ];
    sent.extend(id.map(|id| ("id".to_owned(), id)));
    for (key, value) in pairs {
        let field = spec.field(key).ok_or_else(|| format!("{} has no field {key}", spec.name))?;
        if !matches!(field.input, Input::Set) {
            sent.push(((*key).to_owned(), value.clone()));
        }
    }
    RecordForm::parse(kind, &Fields::new(sent)).map_err(|problems| format!("{problems:?}").into())
}
