//! The feature's own page: the gate, what the feature is, and what happened lately.

use leptos::prelude::*;
use sluice_domain::{
    access::Action,
    audit::Verb,
    ids::FeatureKey,
    place::Place,
    words::{self, Label},
};
use sluice_service::{
    features::{FeaturePage, FeatureSummary, Lineage},
    history::HistoryEntry,
    relations::Relations,
    risk::Rated,
};
use time::OffsetDateTime;

use crate::{
    components::{
        Badge, ButtonKind, Card, Fact, FactList, FieldChange, IconName, LinkButton, Prose, Timeline,
        TimelineEntry, Timestamp, Tone,
    },
    pages::{
        FeatureFrame, FeatureSection,
        comments::watch_control,
        features::tier_tone,
        paper::relatives,
        relations::groups,
        risk::{because_list, why_words},
        threats::at_rest,
    },
};

/// The feature's own page.
#[component]
pub fn FeatureOverviewPage(
    /// The feature.
    page: FeaturePage,
) -> impl IntoView {
    let counts = counts(&page);
    let FeaturePage { summary, description, lineage, relations, latest, rated, watching, .. } = page;
    let may_edit = summary.may(Action::EditFeature) && summary.progress.is_active();
    let edit = Place::EditFeature.path(&summary.key);
    // The panel of the gate has the primary action.
    let editing = may_edit.then(|| {
        view! {
            <LinkButton href=edit kind=ButtonKind::Quiet>
                "Edit"
            </LinkButton>
        }
    });
    let watch = watch_control(&summary, watching, false);
    let action = (editing.is_some() || watch.is_some()).then(|| {
        view! {
            {editing}
            {watch}
        }
        .into_any()
    });
    let risk = risk(&summary, rated.as_ref(), may_edit);
    let about = about(&summary, description, may_edit);
    let related = relations_card(&relations, &lineage, &summary.key);
    let lately = lately(&summary.key, latest, summary.now);
    view! {
        <FeatureFrame summary section=FeatureSection::Overview with_gate=true nostrip:action=action>
            {risk}
            {about}
            {related}
            {lately}
            {counts}
        </FeatureFrame>
    }
}

fn about(summary: &FeatureSummary, description: String, may_edit: bool) -> AnyView {
    let body = if description.trim().is_empty() {
        let first = if may_edit { " Use “Edit” to write it." } else { "" };
        let words = format!(
            "Nothing is written yet. A description says what the feature does, for whom, and what it leaves out; reviewers sign it.{first}"
        );
        view! { <p class="muted measure">{words}</p> }.into_any()
    } else {
        view! { <Prose markdown=description /> }.into_any()
    };
    let footer = (!may_edit).then(|| {
        let words = at_rest(summary).unwrap_or_else(|| {
            let who = words::who_can(Action::EditFeature.product_roles());
            format!("The {who} of {} can edit the feature.", summary.product_name)
        });
        view! { <span>{words}</span> }.into_any()
    });
    view! {
        <Card title="Description" nostrip:footer=footer>
            {body}
        </Card>
    }
    .into_any()
}

/// The features that it is related to, where it came from and what came of it; nothing where there is nothing to tell.
fn relations_card(relations: &Relations, lineage: &Lineage, key: &FeatureKey) -> Option<AnyView> {
    if relations.is_empty() && lineage.is_empty() {
        return None;
    }
    let groups = groups(relations, None);
    let relatives = (!lineage.is_empty()).then(|| relatives(lineage, key));
    let href = Place::Relations.path(key);
    let side = view! { <a href=href>"All relations"</a> }.into_any();
    Some(
        view! {
            <Card title="Relations" side>
                <div class="stack">{groups} {relatives}</div>
            </Card>
        }
        .into_any(),
    )
}

/// The tier and why it is so; while nobody answered the questions, the way to them.
fn risk(summary: &FeatureSummary, rated: Option<&Rated>, may_edit: bool) -> AnyView {
    let href = Place::Risk.path(&summary.key);
    let link = match (rated, may_edit) {
        (None, true) => "Answer six questions",
        (Some(_), true) => "The answers, and to change them",
        (_, false) => "The questionnaire",
    };
    let side = view! { <Badge text=summary.tier.title() tone=tier_tone(summary.tier) /> }.into_any();
    let words = why_words(summary.tier, rated);
    let because = rated
        .filter(|rated| rated.assessment.tier == summary.tier)
        .and_then(|rated| because_list(&rated.assessment.because));
    view! {
        <Card title="Risk" side>
            <p>{words}</p>
            {because}
            <p>
                <a href=href>{link}</a>
            </p>
        </Card>
    }
    .into_any()
}

fn lately(key: &FeatureKey, latest: Vec<HistoryEntry>, now: OffsetDateTime) -> AnyView {
    let side = view! { <a href=Place::History.path(key)>"The whole history"</a> }.into_any();
    let entries = latest.into_iter().map(entry).collect::<Vec<_>>();
    view! {
        <Card title="Lately" side>
            <Timeline entries now />
        </Card>
    }
    .into_any()
}

/// An event as one line; what changed in detail is told by the history.
fn entry(event: HistoryEntry) -> TimelineEntry {
    let sentence = match (event.verb, event.object_kind) {
        (Some(verb), Some(kind)) => words::sentence(verb, kind, &event.object_name),
        _ => format!("did {} on {}", event.verb_code, event.object_name),
    };
    let (tone, icon) = match event.verb {
        Some(Verb::GateOpened) => (Tone::Open, IconName::Gate),
        Some(Verb::GateSigned) => (Tone::Accent, IconName::Check),
        Some(Verb::ReviewRequested) => (Tone::Waiting, IconName::Clock),
        Some(Verb::ReturnedForChanges | Verb::SignOffWithdrawn) => (Tone::Waiting, IconName::Arrow),
        Some(Verb::SignOffVoided) => (Tone::Blocked, IconName::Cross),
        Some(Verb::EvidenceAdded | Verb::EvidenceSuperseded) => (Tone::Neutral, IconName::File),
        _ => (Tone::Neutral, IconName::Dot),
    };
    let reason =
        event.reason.map(|reason| FieldChange { field: "Reason".to_owned(), old: None, new: Some(reason) });
    TimelineEntry {
        role: event.role.map(|role| format!("as {}", role.label())),
        changes: reason.into_iter().collect(),
        tone,
        icon,
        ..TimelineEntry::new(event.at, event.actor_name, sentence)
    }
}

fn counts(page: &FeaturePage) -> AnyView {
    let key = &page.summary.key;
    let (at, now) = (page.created_at, page.summary.now);
    let link = |count: i64, noun: &str, place: Place| {
        let words = if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") };
        view! { <a href=place.path(key)>{words}</a> }.into_any()
    };
    let facts = vec![
        Fact::view("Threat model", link(page.threats, "threat", Place::ThreatModel)),
        Fact::view("Evidence", link(page.evidence, "item", Place::EvidenceList)),
        Fact::view("Sign-offs", link(page.sign_offs, "sign-off", Place::Review)),
        Fact::view("Created", view! { <Timestamp at now /> }),
    ];
    view! {
        <Card title="The record so far">
            <FactList facts />
        </Card>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use sluice_domain::audit::ObjectKind;

    use super::*;
    use crate::pages::features::sample;

    fn event(verb: Option<Verb>) -> HistoryEntry {
        HistoryEntry {
            id: "0190b7d4-0000-7000-8000-000000000001".parse().unwrap(),
            at: sample::NOW,
            actor: None,
            actor_name: "<script>Eve".to_owned(),
            role: None,
            workspace_role: None,
            authentication: None,
            verb,
            verb_code: "gate.sung-<script>".to_owned(),
            object_kind: Some(ObjectKind::Gate),
            object_kind_code: "gate".to_owned(),
            object_id: "x".to_owned(),
            object_name: "<script>Design".to_owned(),
            product: None,
            feature: None,
            changes: Vec::new(),
            reason: Some("<script>because".to_owned()),
            request: None,
            address: None,
        }
    }

    #[test]
    fn nothing_that_people_wrote_becomes_markup() {
        let mut page = sample::page("</h1><script>alert(1)</script>", "**Bold** <script>alert(2)</script>");
        page.latest = vec![event(Some(Verb::ReturnedForChanges)), event(None)];
        let html = view! { <FeatureOverviewPage page /> }.to_html();
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("<strong>Bold</strong>"), "{html}");
        assert!(html.contains("returned the &lt;script&gt;Design gate for changes"), "{html}");
        assert!(html.contains("&lt;script&gt;because"), "{html}");
    }

    #[test]
    fn a_tier_that_nobody_assessed_says_so() {
        let html = view! { <FeatureOverviewPage page=sample::page("Card tokenisation", "") /> }.to_html();
        assert!(html.contains("Tier not assessed yet") && html.contains("Answer six questions"), "{html}");
        assert!(html.contains("href=\"/features/PAY-12/risk\""), "{html}");
    }

    #[test]
    fn only_those_who_may_edit_get_the_link_and_the_others_read_who_can() {
        let page = sample::page("Card tokenisation", "");
        let html = view! { <FeatureOverviewPage page=page.clone() /> }.to_html();
        assert!(html.contains("href=\"/features/PAY-12/edit\""), "{html}");
        let mut reader = page;
        reader.summary.grants = sluice_domain::access::Grants::default();
        let html = view! { <FeatureOverviewPage page=reader /> }.to_html();
        assert!(!html.contains("/features/PAY-12/edit"), "{html}");
        assert!(html.contains("The product manager of Payments can edit the feature."), "{html}");
    }
}
