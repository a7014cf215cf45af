//! What every page about a feature says first while it rests, and until an emergency is paid for.

use leptos::prelude::*;
use sluice_domain::{gate::Debt, lifecycle::Progress, place::Place};
use sluice_service::features::FeatureSummary;

use crate::components::{
    Badge, IconName, Notice, NoticeKind, Timestamp, Tone, counted,
    time_words::{date_words, iso_moment, moment_words},
};

/// Why nobody works on a feature, in a word or two; nothing while somebody does, and for a finished one.
pub(in crate::pages) const fn rests(progress: &Progress) -> Option<&'static str> {
    match progress {
        Progress::Held { .. } => Some("On hold"),
        Progress::Cancelled { .. } => Some("Cancelled"),
        Progress::Active(_) | Progress::Finished { .. } => None,
    }
}

/// Chips beside the title.
pub(in crate::pages) fn chips(summary: &FeatureSummary) -> AnyView {
    let rest =
        rests(&summary.progress).map(|text| view! { <Badge text tone=Tone::Waiting icon=IconName::Clock /> });
    let owed = (!summary.decision.debts.is_empty()).then(|| {
        view! { <Badge text="Emergency: sign-offs owed" tone=Tone::Blocked icon=IconName::Warning /> }
    });
    view! { {rest} {owed} }.into_any()
}

/// The banner.
pub(in crate::pages) fn banner(summary: &FeatureSummary) -> AnyView {
    let rest = resting(summary);
    let owed = owed(summary);
    view! { {rest} {owed} }.into_any()
}

fn resting(summary: &FeatureSummary) -> Option<AnyView> {
    let (title, since, rests, until) = match &summary.progress {
        Progress::Held { since, until, .. } => {
            ("This feature is on hold", *since, ". Nothing about it changes until it is resumed.", *until)
        }
        Progress::Cancelled { at, .. } => {
            ("This feature is cancelled", *at, ". Nothing about it changes until it is reopened.", None)
        }
        Progress::Active(_) | Progress::Finished { .. } => return None,
    };
    let until = until.map(|day| format!(" Somebody looks at it again on {}.", date_words(day)));
    let who = summary.resting.as_ref().map_or_else(String::new, |resting| format!("{}, ", resting.by));
    let reason =
        summary.resting.as_ref().map(|resting| view! { <p class="pre">{resting.reason.clone()}</p> });
    let href = Place::Course.path(&summary.key);
    let now = summary.now;
    let notice = view! {
        <Notice kind=NoticeKind::Warning title>
            <p>
                {who}
                <Timestamp at=since now />
                {rests}
                {until}
            </p>
            {reason}
            <p>
                <a href=href>"What can be done"</a>
            </p>
        </Notice>
    };
    Some(notice.into_any())
}

fn owed(summary: &FeatureSummary) -> Option<AnyView> {
    let debts = &summary.decision.debts;
    if debts.is_empty() {
        return None;
    }
    let overdue = debts.iter().any(|debt| summary.now >= debt.due);
    let title = format!(
        "Released in an emergency: the sign-offs of {} are {}",
        counted(debts.len(), "gate"),
        if overdue { "overdue" } else { "owed" }
    );
    let lines = debts.iter().map(|debt| line(summary, debt)).collect_view();
    let notice = view! {
        <Notice kind=NoticeKind::Danger title>
            <ul>{lines}</ul>
        </Notice>
    };
    Some(notice.into_any())
}

fn line(summary: &FeatureSummary, debt: &Debt) -> AnyView {
    let href = Place::Owed(debt.phase.clone()).path(&summary.key);
    let missing = match debt.missing.len() {
        1 => "1 thing is missing".to_owned(),
        count => format!("{} are missing", counted(count, "thing")),
    };
    let due = debt.due;
    let word = if summary.now >= due { "were due on " } else { "are due on " };
    view! {
        <li>
            <a href=href>{format!("{} gate", debt.name)}</a>
            {format!(": {missing}; its sign-offs {word}")}
            <time datetime=iso_moment(due)>{moment_words(due)}</time>
        </li>
    }
    .into_any()
}
