//! Policies as trees of values, so that tests can change any one thing in them.

use std::error::Error;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A sound policy that uses every field of the language.
pub(crate) const FULL: &str = include_str!("../samples/every-field.toml");

/// A policy's text as a tree.
pub(crate) fn read(source: &str) -> Result<Value, Box<dyn Error>> {
    Ok(toml::from_str(source)?)
}

/// A value as TOML, its tables written in one line.
fn toml_of(value: &Value) -> String {
    match value {
        Value::Object(table) => {
            let fields: Vec<String> =
                table.iter().map(|(key, value)| format!("{} = {}", json!(key), toml_of(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(toml_of).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// A tree as the text of a policy.
pub(crate) fn file_of(policy: &Value) -> String {
    let fields = policy.as_object().into_iter().flatten();
    let lines: Vec<String> =
        fields.map(|(key, value)| format!("{} = {}", json!(key), toml_of(value))).collect();
    lines.join("\n")
}

/// JSON pointers to everything below a value.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(table) => table.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (key, child) in children {
        let pointer = format!("{at}/{key}");
        pointers(child, &pointer, found);
        found.push(pointer);
    }
}

/// JSON pointers to everything in a tree.
pub(crate) fn below(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    pointers(value, "", &mut found);
    found
}

/// The table or list that holds what the pointer points at, and its name there.
pub(crate) fn holder<'v, 'p>(policy: &'v mut Value, pointer: &'p str) -> Option<(&'v mut Value, &'p str)> {
    let (holder, name) = pointer.rsplit_once('/')?;
    Some((policy.pointer_mut(holder)?, name))
}

/// How one thing in a policy is changed.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Remove,
    Repeat,
    Put(Value),
    /// What stands at the other place.
    Copy,
}

/// Where something is changed, another place, and what is done.
pub(crate) type Step = (prop::sample::Index, prop::sample::Index, Change);

/// One change: of what, with another place to copy from, and what is done.
pub(crate) fn change() -> impl Strategy<Value = Step> {
    let value = prop_oneof![
        any::<i16>().prop_map(|number| json!(number)),
        any::<bool>().prop_map(|flag| json!(flag)),
        "[a-z:. -]{0,12}".prop_map(|text| json!(text)),
        Just(json!([])),
        Just(Value::Object(Map::new())),
    ];
    let what = prop_oneof![
        2 => Just(Change::Remove),
        1 => Just(Change::Repeat),
        2 => value.prop_map(Change::Put),
        2 => Just(Change::Copy),
    ];
    (any::<prop::sample::Index>(), any::<prop::sample::Index>(), what)
}

/// Changes a tree step by step.
pub(crate) fn spoil(policy: &mut Value, steps: &[Step]) {
    for (index, other, change) in steps {
        let places = below(policy);
        let copied = policy.pointer(other.get::<String>(&places)).cloned();
        let Some((holder, name)) = holder(policy, index.get::<String>(&places)) else { continue };
        let value = match change {
            Change::Put(value) => Some(value.clone()),
            Change::Copy => copied,
            Change::Remove | Change::Repeat => None,
        };
        match holder {
            Value::Object(table) => match (change, value) {
                (Change::Remove, _) => {
                    table.remove(name);
                }
                (_, Some(value)) => {
                    table.insert(name.to_owned(), value);
                }
                _ => {}
            },
            Value::Array(list) => {
                let Some(at) = name.parse().ok().filter(|at: &usize| *at < list.len()) else { continue };
                match (change, value) {
                    (Change::Remove, _) => {
                        list.remove(at);
                    }
                    (Change::Repeat, _) => list.push(list[at].clone()),
                    (_, Some(value)) => list[at] = value,
                    _ => {}
                }
            }
            _ => {}
        }
    }
}
