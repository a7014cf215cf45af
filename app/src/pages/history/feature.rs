//! What happened to one feature.

use leptos::prelude::*;
use sluice_domain::{audit::Verb, place::Place};
use sluice_service::history::{FeatureHistory, HistoryEntry};

use super::{changes, feature_history, object_link, role, sentence};
use crate::{
    components::{Card, EmptyState, IconName, Pager, Timeline, TimelineEntry, Tone},
    pages::{FeatureFrame, FeatureSection},
};

/// What happened to a feature, newest first.
#[component]
pub fn FeatureHistoryScreen(
    /// One page of it.
    page: FeatureHistory,
    /// Whether it is a later page than the first.
    #[prop(optional)]
    later: bool,
) -> impl IntoView {
    let FeatureHistory { summary, items, next } = page;
    let now = summary.now;
    let newest = Place::History.path(&summary.key);
    let next = next.map(|after| feature_history(&summary.key, &after));
    let text = match items.len() {
        1 => "1 event, newest first".to_owned(),
        count => format!("{count} events, newest first"),
    };
    let back = later.then(|| {
        view! {
            <p>
                <a href=newest>"Back to the newest events"</a>
            </p>
        }
    });
    let body = if items.is_empty() {
        view! { <EmptyState title="Nothing earlier" why="The story of this feature begins on the pages before this one." /> }
            .into_any()
    } else {
        let entries = items.iter().map(timeline_entry).collect();
        view! {
            <Timeline entries now />
            <Pager text next />
        }
        .into_any()
    };
    view! {
        <FeatureFrame summary section=FeatureSection::History here="History">
            <Card title="What happened">
                {back}
                {body}
            </Card>
        </FeatureFrame>
    }
}

fn timeline_entry(entry: &HistoryEntry) -> TimelineEntry {
    let (tone, icon) = sign(entry);
    TimelineEntry {
        role: role(entry),
        link: object_link(entry),
        changes: changes(entry),
        tone,
        icon,
        ..TimelineEntry::new(entry.at, entry.actor_name.clone(), sentence(entry))
    }
}

/// The sign and colour of an event.
fn sign(entry: &HistoryEntry) -> (Tone, IconName) {
    let denied = || {
        entry.changes.iter().any(|change| change.field == "verdict" && change.new.as_deref() == Some("deny"))
    };
    match entry.verb {
        Some(Verb::GateOpened) => (Tone::Open, IconName::Gate),
        Some(Verb::GateSigned) if denied() => (Tone::Blocked, IconName::Cross),
        Some(Verb::GateSigned) => (Tone::Open, IconName::Check),
        Some(Verb::ReviewRequested) => (Tone::Accent, IconName::Arrow),
        Some(Verb::ReturnedForChanges | Verb::SignOffVoided | Verb::SignOffWithdrawn) => {
            (Tone::Waiting, IconName::Warning)
        }
        Some(Verb::EvidenceAdded | Verb::EvidenceSuperseded) => (Tone::Neutral, IconName::File),
        Some(Verb::EvidenceAttached | Verb::EvidenceDetached) => (Tone::Neutral, IconName::Link),
        Some(Verb::ThreatModelAnswered | Verb::ThreatAdded | Verb::ThreatEdited) => {
            (Tone::Neutral, IconName::Shield)
        }
        Some(Verb::ControlMarked) => (Tone::Neutral, IconName::Check),
        Some(Verb::FeatureCreated) => (Tone::Accent, IconName::Plus),
        _ => (Tone::Neutral, IconName::Dot),
    }
}
