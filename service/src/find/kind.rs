//! What can be found, by the code that its entry carries.

use sluice_domain::{ids::FeatureKey, place::Place};

/// A kind of thing that search finds.
struct Kind {
    code: &'static str,
    label: &'static str,
    letters: &'static str,
}

const fn kind(code: &'static str, label: &'static str, letters: &'static str) -> Kind {
    Kind { code, label, letters }
}

const KINDS: &[Kind] = &[
    kind("feature", "feature", ""),
    kind("threat", "threat", "T"),
    kind("evidence", "evidence", "E"),
    kind("requirement", "requirement", "R"),
];

/// Codes and names of every kind.
pub(super) fn all() -> Vec<(&'static str, String)> {
    KINDS.iter().map(|kind| (kind.code, label(kind.code))).collect()
}

/// Whether there is such a kind.
pub(super) fn known(code: &str) -> bool {
    KINDS.iter().any(|kind| kind.code == code)
}

/// What people call one.
pub(super) fn label(code: &str) -> String {
    KINDS
        .iter()
        .find(|kind| kind.code == code)
        .map_or_else(|| code.replace('-', " "), |kind| kind.label.to_owned())
}

/// What people call this one: `PAY-12`, `T-4`.
pub(super) fn key(code: &str, number: i32, feature: &FeatureKey) -> String {
    match KINDS.iter().find(|kind| kind.code == code) {
        Some(Kind { letters, .. }) if !letters.is_empty() => format!("{letters}-{number}"),
        _ if code == "feature" => feature.to_string(),
        _ => label(code),
    }
}

/// Its page.
pub(super) fn path(code: &str, number: i32, feature: &FeatureKey) -> String {
    match code {
        "feature" => Place::Feature.path(feature),
        "threat" => Place::Threat(number).path(feature),
        "evidence" => Place::Evidence(number).path(feature),
        record => format!("/features/{feature}/records/{record}/{number}"),
    }
}

/// The kind and the number that a key within a feature names: `T-4`.
pub(super) fn parse(key: &str) -> Option<(&'static str, i32)> {
    let (letters, number) = key.split_once('-')?;
    let kind =
        KINDS.iter().find(|kind| !kind.letters.is_empty() && kind.letters.eq_ignore_ascii_case(letters))?;
    Some((kind.code, number.parse().ok().filter(|number| *number > 0)?))
}
