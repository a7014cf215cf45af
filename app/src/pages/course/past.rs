//! Steps that were taken, and releases that were asked for.

use leptos::prelude::*;
use sluice_domain::words::Label;
use sluice_service::course::{CourseChange, CourseKind, CoursePage, EmergencyEnd, PastEmergency};
use time::OffsetDateTime;

use crate::components::{
    Badge, Card, EmptyState, IconName, Timestamp, Tone,
    time_words::{date_words, moment_words},
};

/// What happened to the feature's course before, the newest first.
pub(super) fn past(page: &CoursePage) -> AnyView {
    let now = page.summary.now;
    let mut lines: Vec<(OffsetDateTime, AnyView)> =
        page.changes.iter().map(|change| (change.at, change_line(change, now))).collect();
    lines.extend(page.emergencies.iter().map(|emergency| (emergency.at, emergency_line(emergency, now))));
    lines.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    if lines.is_empty() {
        return view! {
            <Card title="What happened before">
                <EmptyState
                    title="The feature has kept its course"
                    why="Holds, cancellations, moves back and releases in an emergency are told here, with who, when and why."
                    icon=IconName::Clock
                />
            </Card>
        }
        .into_any();
    }
    let lines = lines.into_iter().map(|(_, line)| line).collect_view();
    view! {
        <Card title="What happened before" id="before">
            <ul class="plain stack">{lines}</ul>
        </Card>
    }
    .into_any()
}

fn change_line(change: &CourseChange, now: OffsetDateTime) -> AnyView {
    let phase = &change.phase;
    let what = match change.kind {
        CourseKind::Held => format!("Put on hold in {phase}"),
        CourseKind::Resumed => format!("Resumed in {phase}"),
        CourseKind::Cancelled => format!("Cancelled in {phase}"),
        CourseKind::Reopened => format!("Reopened in {phase}"),
        CourseKind::MovedBack => {
            format!("Moved back from {phase} to {}", change.to.as_deref().unwrap_or_default())
        }
    };
    let until =
        change.until.map(|day| format!(", to be looked at on {}", date_words(day))).unwrap_or_default();
    line(format!("{what}{until} by {}, ", change.by), change.at, now, &change.reason, ().into_any())
}

fn emergency_line(emergency: &PastEmergency, now: OffsetDateTime) -> AnyView {
    let (text, tone) = match emergency.end {
        EmergencyEnd::Open => ("Waits for agreement", Tone::Waiting),
        EmergencyEnd::Outdated => ("Counts no more: its attempt is over", Tone::Neutral),
        EmergencyEnd::Released => ("Released", Tone::Blocked),
        EmergencyEnd::CalledOff => ("Called off", Tone::Neutral),
    };
    let ended = emergency.ended.as_ref().map(|(by, at, why)| {
        let why = (!why.is_empty()).then(|| format!(": {why}"));
        view! { <p class="pre small">{format!("{by}, {}", moment_words(*at))} {why}</p> }
    });
    let consents = consents(emergency, now);
    let more = view! {
        <p>
            <Badge text tone icon=IconName::Warning />
        </p>
        {ended}
        {consents}
    }
    .into_any();
    let what = format!("Release in an emergency asked for by {}, ", emergency.by);
    line(what, emergency.at, now, "", more)
}

fn line(what: String, at: OffsetDateTime, now: OffsetDateTime, reason: &str, more: AnyView) -> AnyView {
    let reason = (!reason.is_empty()).then(|| view! { <p class="pre">{reason.to_owned()}</p> });
    view! {
        <li>
            <b>{what}</b>
            <Timestamp at now />
            {reason}
            {more}
        </li>
    }
    .into_any()
}

/// Who agreed, in which role, and why; and who of them had a part in what was skipped.
pub(super) fn consents(emergency: &PastEmergency, now: OffsetDateTime) -> AnyView {
    let open = emergency.end == EmergencyEnd::Open;
    let lines = emergency
        .consents
        .iter()
        .map(|consent| {
            let who = format!("{}, {}, ", consent.name, consent.role.label());
            let part = consent.contributed.then_some(" Wrote part of what is skipped.");
            let lost =
                (open && !consent.counts).then_some(" No longer holds this role, so it does not count.");
            let at = consent.at;
            view! {
                <li>
                    {who}
                    <Timestamp at now />
                    "."
                    {part}
                    {lost}
                    <p class="pre small">{consent.reason.clone()}</p>
                </li>
            }
        })
        .collect_view();
    view! { <ul aria-label="Who agreed">{lines}</ul> }.into_any()
}
