//! The history: a feature's own story, and the search over all events for auditors.

pub mod feature;
pub mod workspace;

pub use feature::FeatureHistoryScreen;
pub use workspace::HistoryScreen;

use sluice_domain::{
    audit::ObjectKind,
    ids::FeatureKey,
    place::{Place, ProductPlace},
    record::RecordKind,
    words::{self, Label},
};
use sluice_service::history::HistoryEntry;

use crate::components::FieldChange;

/// What happened, as the rest of a sentence that begins with who.
pub(in crate::pages) fn sentence(entry: &HistoryEntry) -> String {
    match (entry.verb, entry.object_kind) {
        (Some(verb), Some(kind)) => words::sentence(verb, kind, &entry.object_name),
        // Written by a newer version of the program: its code is better than nothing.
        _ => format!("{} {}", entry.verb_code, entry.object_name),
    }
}

/// What changed, and the reason, which reads well beside it.
fn changes(entry: &HistoryEntry) -> Vec<FieldChange> {
    let record = match entry.object_kind {
        Some(ObjectKind::Record) => RecordKind::from_key(&entry.object_name).map(|(kind, _)| kind),
        _ => None,
    };
    let changed = entry.changes.iter().map(|change| FieldChange {
        field: record
            .map_or_else(|| words::field(&change.field), |kind| words::record_field(kind, &change.field)),
        old: change.old.as_deref().map(|old| words::value(record, &change.field, old)),
        new: change.new.as_deref().map(|new| words::value(record, &change.field, new)),
    });
    let reason = entry.reason.clone().map(|reason| FieldChange {
        field: "Reason".to_owned(),
        old: None,
        new: Some(reason),
    });
    changed.chain(reason).collect()
}

/// In which role somebody acted.
pub(in crate::pages) fn role(entry: &HistoryEntry) -> Option<String> {
    let product = entry.role.map(|role| role.label());
    let workspace = entry.workspace_role.map(|role| role.label());
    product.or(workspace).map(|role| format!("as {role}"))
}

/// Where the object of an event is: words and address.
pub(in crate::pages) fn object_link(entry: &HistoryEntry) -> Option<(String, String)> {
    let name = &entry.object_name;
    if let Some(key) = &entry.feature {
        let place = feature_place(entry.object_kind, name);
        let label = match &place {
            Place::Feature => key.to_string(),
            Place::Comments => format!("{key}, comments"),
            Place::Threat(_) | Place::Evidence(_) | Place::Record(..) | Place::Waiver(_) => {
                format!("{key}, {name}")
            }
            Place::ThreatModel => format!("{key}, threat model"),
            Place::Comment(number) => format!("{key}, comment {number}"),
            _ => format!("{key}, review"),
        };
        return Some((label, place.path(key)));
    }
    match entry.object_kind {
        Some(ObjectKind::Person) => {
            let label = if name.is_empty() { "Person".to_owned() } else { name.clone() };
            Some((label, format!("/people/{}", entry.object_id)))
        }
        Some(ObjectKind::Policy) => Some((format!("Policy {name}"), "/policies".to_owned())),
        Some(ObjectKind::Standard) => {
            let (key, id) = (entry.product.as_ref()?, entry.object_id.parse().ok()?);
            Some((format!("{key}, coding standard"), ProductPlace::Standard(id).path(key)))
        }
        Some(ObjectKind::ProductList) => {
            let key = entry.product.as_ref()?;
            Some((format!("{key}, lists"), ProductPlace::Lists.path(key)))
        }
        _ => entry.product.as_ref().map(|key| (key.to_string(), format!("/products/{key}"))),
    }
}

fn feature_place(kind: Option<ObjectKind>, name: &str) -> Place {
    let number = || name.split_once('-').and_then(|(_, digits)| digits.parse().ok());
    match kind {
        Some(ObjectKind::Threat) => number().map_or(Place::ThreatModel, Place::Threat),
        Some(ObjectKind::Evidence) => number().map_or(Place::EvidenceList, Place::Evidence),
        Some(ObjectKind::ThreatModel) => Place::ThreatModel,
        Some(ObjectKind::Waiver) => number().map_or(Place::Waivers, Place::Waiver),
        Some(ObjectKind::Record) => {
            RecordKind::from_key(name).map_or(Place::Feature, |(kind, number)| Place::Record(kind, number))
        }
        Some(ObjectKind::Comment) => name.parse().map_or(Place::Comments, Place::Comment),
        Some(ObjectKind::Gate | ObjectKind::SignOff) => Place::Review,
        _ => Place::Feature,
    }
}

/// The address of a feature's history from where the page before ended.
fn feature_history(key: &FeatureKey, after: &str) -> String {
    format!("{}?{}", Place::History.path(key), query([("after", after)]))
}

/// A query string. What is not plainly harmless is percent-encoded.
pub(in crate::pages) fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
        out
    })
}

#[cfg(test)]
mod tests;
