//! What the form of a record holds, and both versions of it where two people wrote at once.

use leptos::prelude::*;
use sluice_domain::{
    form::Fields,
    ids::PersonId,
    record::{Input, RecordKind, TitleFrom, Values},
};
use sluice_service::records::{RecordItem, RecordPage};

use super::{fields::chosen_references, reading::Known};
use crate::{
    components::{Conflict, ConflictField},
    form::Form,
};

/// The form with the record as it is stored.
#[must_use]
pub fn record_form(item: &RecordItem) -> Form {
    let form = Form::new()
        .with("version", item.version.to_string())
        .with("title", item.title.as_str())
        .with("state", item.state.code);
    with_values(form, item.kind, &item.values)
}

/// The form of a new record: what is drawn from the feature, and over it what the address asks for. `id` is its future
/// id, so that sending the form twice adds one record; `me` is who writes it.
#[must_use]
pub fn new_record_form(page: &RecordPage, id: impl Into<String>, me: PersonId, query: &Fields) -> Form {
    let spec = page.kind.spec();
    let form = Form::new().with("id", id).with("version", "0").with("state", spec.first_state().code);
    let mut form = with_values(form, page.kind, &page.draft);
    if spec.field("author").is_some() && page.people.iter().any(|(person, _)| *person == me) {
        form = form.set("author", me.to_string());
    }
    let asked = spec.fields.iter().filter(|field| !matches!(field.input, Input::Set)).map(|field| field.key);
    for key in asked.chain(["title", "state"]) {
        let mut values = query.all(key);
        if let Some(first) = values.next() {
            form = values.fold(form.set(key, first), |form, value| form.with(key, value));
        }
    }
    form
}

fn with_values(form: Form, kind: RecordKind, values: &Values) -> Form {
    kind.spec().fields.iter().fold(form, |form, field| match field.input {
        Input::Set => form,
        _ if field.input.is_many() => {
            values.many(field.key).iter().fold(form, |form, value| form.with(field.key, value.as_str()))
        }
        _ => form.with(field.key, values.text(field.key)),
    })
}

/// What somebody else saved beside what was typed.
pub(super) fn both_versions(page: &RecordPage, theirs: &RecordItem, form: &Form) -> AnyView {
    let spec = page.kind.spec();
    let known = Known::of(page);
    let typed = |name: &str| form.value(name).replace("\r\n", "\n").trim().to_owned();
    let mut fields = Vec::new();
    if let TitleFrom::Asked { label, .. } = spec.title {
        fields.push(ConflictField {
            label: label.to_owned(),
            theirs: theirs.title.clone(),
            yours: typed("title"),
        });
    }
    for field in spec.fields.iter().filter(|field| !matches!(field.input, Input::Set)) {
        let (old, new) = match field.input {
            Input::References { .. } => {
                (theirs.values.many(field.key).to_vec(), chosen_references(form, field.key))
            }
            _ if field.input.is_many() => (theirs.values.many(field.key).to_vec(), form.values(field.key)),
            _ => (vec![theirs.values.text(field.key).to_owned()], vec![typed(field.key)]),
        };
        fields.push(ConflictField {
            label: field.label.to_owned(),
            theirs: known.plain(field, &old),
            yours: known.plain(field, &new),
        });
    }
    if spec.states.len() > 1 {
        let chosen = typed("state");
        fields.push(ConflictField {
            label: "State".to_owned(),
            theirs: theirs.state.label.to_owned(),
            yours: spec.state(&chosen).map_or("Not chosen", |state| state.label).to_owned(),
        });
    }
    view! { <Conflict who=theirs.author.clone() at=theirs.changed_at now=page.summary.now fields /> }
        .into_any()
}
