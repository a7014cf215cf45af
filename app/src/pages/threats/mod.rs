//! The threat model of a feature: the four questions, its threats, and one threat.

pub mod model;
pub mod threat;

#[cfg(test)]
pub(in crate::pages) mod fixture;

pub use model::{ThreatModelScreen, model_form};
pub use threat::{ThreatScreen, new_threat_form, threat_form};

use leptos::prelude::*;
use sluice_domain::{
    access::Action,
    lifecycle::Refusal,
    threat::{Severity, ThreatStatus},
    words::{self, Label},
};
use sluice_service::features::FeatureSummary;
use time::OffsetDateTime;

use crate::{
    components::{Badge, IconName, Timestamp, Tone},
    form::Form,
};

/// Why the reader may not change something, and who can; nothing when they may. `can` completes "… of this product
/// can".
pub(in crate::pages) fn closed_to_reader(
    summary: &FeatureSummary,
    action: Action,
    can: &str,
) -> Option<String> {
    if let Some(why) = at_rest(summary) {
        return Some(why);
    }
    (!summary.may(action))
        .then(|| format!("Any {} of this product can {can}.", words::who_can(action.product_roles())))
}

/// Why nothing about a feature changes, whoever reads; nothing while work goes on.
pub(in crate::pages) fn at_rest(summary: &FeatureSummary) -> Option<String> {
    summary.progress.attempt().err().map(|refusal| match refusal {
        Refusal::Finished => {
            "Every gate of this feature is open: its record is complete and no longer changes.".to_owned()
        }
        other => words::refusal(&other),
    })
}

/// Who changed something last, for the head of a card.
fn last_change(who: &str, at: OffsetDateTime, now: OffsetDateTime) -> AnyView {
    view! {
        <span class="muted small">
            {format!("Last changed by {who}, ")}
            <Timestamp at now />
        </span>
    }
    .into_any()
}

/// How bad a threat is, as a chip.
pub(in crate::pages) fn severity_badge(severity: Severity) -> AnyView {
    let (tone, icon) = match severity {
        Severity::Low => (Tone::Neutral, IconName::Dot),
        Severity::Medium => (Tone::Waiting, IconName::Dot),
        Severity::High | Severity::Critical => (Tone::Blocked, IconName::Warning),
    };
    view! { <Badge text=severity.title() tone icon /> }.into_any()
}

/// Where the work on a threat stands, as a chip.
fn status_badge(status: ThreatStatus) -> AnyView {
    let (tone, icon) = match status {
        ThreatStatus::Open => (Tone::Waiting, IconName::Warning),
        ThreatStatus::Planned => (Tone::Accent, IconName::Clock),
        ThreatStatus::Treated => (Tone::Open, IconName::Check),
        ThreatStatus::Verified => (Tone::Open, IconName::Shield),
    };
    view! { <Badge text=status.title() tone icon /> }.into_any()
}

/// What was typed, with the line ends that are stored, so that equal texts compare equal.
fn typed(form: &Form, name: &str) -> String {
    form.value(name).replace("\r\n", "\n").trim().to_owned()
}
