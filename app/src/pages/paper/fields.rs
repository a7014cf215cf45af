//! Records with every field.

use std::collections::BTreeMap;

use leptos::prelude::*;
use sluice_domain::{
    ids::{FeatureKey, PersonId},
    place::Place,
    record::{Field, Input, RecordKind, Values},
};
use sluice_service::{paper::FiledKind, records::RecordItem};

use super::exact;
use crate::components::{Fact, FactList, Prose};

/// Names of the people whom records name.
pub(super) type Names = BTreeMap<PersonId, String>;

/// The records of one kind.
pub(super) fn kind(filed: FiledKind, names: &Names) -> AnyView {
    let spec = filed.kind.spec();
    let title = if filed.kind.is_single() {
        capital(spec.name)
    } else {
        format!("{} ({})", capital(spec.plural), filed.items.len())
    };
    let records = filed.items.iter().map(|item| record(item, names)).collect_view();
    view! {
        <h3>{title}</h3>
        {records}
    }
    .into_any()
}

fn record(item: &RecordItem, names: &Names) -> AnyView {
    let spec = item.kind.spec();
    let key = item.kind.key(item.number);
    // Of these a feature has one: the heading of the kind names it.
    let heading = (!item.kind.is_single()).then(|| view! { <h4>{format!("{key} {}", item.title)}</h4> });
    let mut facts = Vec::new();
    if spec.states.len() > 1 {
        let state = format!("{}, by {}, {}", item.state.label, item.state_by, exact(item.state_at));
        facts.push(Fact::text("State", state));
    }
    let mut empty = Vec::new();
    for field in spec.fields {
        if item.values.has(field.key) {
            facts.push(Fact::view(field.label, value(field, &item.values, names)));
        } else {
            empty.push(field.label);
        }
    }
    if !empty.is_empty() {
        facts.push(Fact::text("Left empty", empty.join(", ")));
    }
    facts.push(Fact::text(
        "Written by",
        format!("{}, {}, version {}", item.author, exact(item.changed_at), item.version),
    ));
    let id = (!item.kind.is_single()).then_some(key);
    view! {
        <article class="filed" id=id>
            {heading}
            <FactList facts />
        </article>
    }
    .into_any()
}

/// What a field holds, for reading.
fn value(field: &'static Field, values: &Values, names: &Names) -> AnyView {
    let text = values.text(field.key).to_owned();
    match field.input {
        Input::Line | Input::Day => text.into_any(),
        Input::Note | Input::Body => view! { <Prose markdown=text /> }.into_any(),
        Input::Link => link(text),
        Input::Digest => view! { <span class="mono digest">{text}</span> }.into_any(),
        Input::Choice(choices) => {
            let label = choices.iter().find(|choice| choice.code == text).map(|choice| choice.label);
            label.map_or(text, ToOwned::to_owned).into_any()
        }
        Input::Person => name(&text, names).into_any(),
        Input::People => {
            let people: Vec<String> =
                values.many(field.key).iter().map(|person| name(person, names)).collect();
            people.join(", ").into_any()
        }
        Input::Points(_) => {
            let points =
                values.many(field.key).iter().map(|point| view! { <li>{point.clone()}</li> }).collect_view();
            view! { <ul>{points}</ul> }.into_any()
        }
        Input::References { .. } => references(values.many(field.key)),
        Input::Set => set(text),
    }
}

fn name(person: &str, names: &Names) -> String {
    let found = person.parse().ok().and_then(|person: PersonId| names.get(&person));
    found.cloned().unwrap_or_else(|| "a person who is not on record any more".to_owned())
}

/// An address elsewhere, which on paper has to be read in full.
fn link(address: String) -> AnyView {
    if address.starts_with("https://") || address.starts_with("http://") {
        let words = address.clone();
        view! {
            <a class="address" href=address rel="nofollow noopener">
                {words}
            </a>
        }
        .into_any()
    } else {
        address.into_any()
    }
}

/// References within the record: each leads to its place on this page.
fn references(keys: &[String]) -> AnyView {
    let links = keys
        .iter()
        .enumerate()
        .map(|(place, key)| {
            let separator = (place > 0).then_some(", ");
            view! {
                {separator}
                <a href=format!("#{key}")>{key.clone()}</a>
            }
        })
        .collect_view();
    view! { <span>{links}</span> }.into_any()
}

/// What a step of Sluice set: the key of a feature leads there.
fn set(text: String) -> AnyView {
    match text.parse::<FeatureKey>() {
        Ok(key) => view! { <a href=Place::Feature.path(&key)>{text}</a> }.into_any(),
        Err(_) => text.into_any(),
    }
}

/// A word at the start of a heading.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The name of a kind in a heading.
pub(super) fn plural(kind: RecordKind) -> String {
    capital(kind.spec().plural)
}
