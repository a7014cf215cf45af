//! The evidence of a feature: the list with the form that adds an item, and one item with all of its versions.

pub mod item;
pub mod list;

pub use item::{EvidenceItemScreen, ItemForms};
pub use list::{EvidenceListScreen, evidence_form};

use leptos::prelude::*;
use sluice_domain::{ids::FeatureKey, place::Place};
use sluice_service::evidence::TargetOption;

use crate::{
    components::{Choice, FieldError},
    form::Form,
    islands::{FileDrop, FileField, readable_size},
};

/// The name of the field that takes the file.
const FILE: &str = "file";

/// Where one version of an item is downloaded.
fn download_path(key: &FeatureKey, number: i32, version: i32) -> String {
    format!("{}/versions/{version}/download", Place::Evidence(number).path(key))
}

/// A link that downloads. Browsers must not fetch it ahead.
fn download_link(key: &FeatureKey, number: i32, version: i32, file_name: &str) -> AnyView {
    let href = download_path(key, number, version);
    view! {
        <a href=href data-no-prefetch="true">
            {file_name.to_owned()}
        </a>
    }
    .into_any()
}

/// The file field, with a place to drop a file where JavaScript runs.
fn file_field(form: &Form, hint: &str, limit: u64) -> AnyView {
    let invalid = form.error(FILE).is_some();
    let hint = format!("{hint} Up to {}.", readable_size(limit));
    let described_by = if invalid { format!("{FILE}-hint {FILE}-error") } else { format!("{FILE}-hint") };
    let field = FileField { described_by, required: true, invalid, limit, ..FileField::new(FILE) };
    view! {
        <div class=if invalid { "field invalid" } else { "field" }>
            <label for=FILE>"File"</label>
            <span class="hint" id=format!("{FILE}-hint")>
                {hint}
            </span>
            <FileDrop field />
            <FieldError form=form.clone() name=FILE />
        </div>
    }
    .into_any()
}

/// What a target is called where several phases stand side by side.
fn target_choice(option: &TargetOption) -> Choice {
    let label = match &option.phase {
        Some(phase) => format!("{phase}: {}", option.label),
        None => option.label.clone(),
    };
    let choice = Choice::new(option.target.code(), label);
    if option.kinds.is_empty() {
        return choice;
    }
    let kinds: Vec<&str> = option.kinds.iter().map(|kind| kind.label()).collect();
    choice.hint(format!("Proved by: {}", sluice_domain::words::join(&kinds, "or")))
}

#[cfg(test)]
mod tests;
