//! What is filed and what is traced: the whole record of a feature for print, and what answers what.

mod fields;
mod phase;
mod rest;
pub mod take_up;
pub mod trace;
mod waivers;

#[cfg(test)]
mod tests;

pub(in crate::pages) use rest::relatives;
pub use take_up::TakeUpScreen;
pub use trace::TraceScreen;

use leptos::prelude::*;
use sluice_domain::{
    lifecycle::{Progress, Turn},
    place::Place,
    words::Label,
};
use sluice_service::{
    features::{FeatureSummary, PhaseState},
    paper::{Cut, FeatureRecord, FiledPhase},
};
use time::{OffsetDateTime, UtcOffset};

use super::{
    course,
    risk::{because_list, why_words},
};
use crate::components::{
    Breadcrumb, Column, Fact, FactList, Notice, NoticeKind, PageHead, Prose, TableHead, TableWrap,
    time_words::{date_words, iso_moment},
};

/// The whole record of a feature, as one page that prints well.
#[component]
pub fn FeatureRecordScreen(
    /// The record.
    record: FeatureRecord,
) -> impl IntoView {
    let summary = record.summary.clone();
    let banner = course::banner(&summary);
    let trail = vec![
        ("Features".to_owned(), "/features".to_owned()),
        (format!("{} {}", summary.key, summary.title), Place::Feature.path(&summary.key)),
    ];
    let cuts = cuts(&record.cuts);
    let head = head(&record);
    let line = line(&record.phases);
    let contents = contents(&record);
    let description = description(&record.description);
    let FeatureRecord {
        phases,
        other,
        threat_model,
        threats,
        evidence,
        waivers,
        lineage,
        relations,
        history,
        names,
        cuts: left_out,
        ..
    } = record;
    let phases = phases
        .into_iter()
        .enumerate()
        .map(|(place, filed)| phase::part_of(place + 1, filed, &summary, &names))
        .collect_view();
    let other = (!other.is_empty()).then(|| {
        let kinds = other.into_iter().map(|kind| fields::kind(kind, &names)).collect_view();
        part("other", "Other records", kinds.into_any())
    });
    let threats = rest::threats(threat_model, threats);
    let evidence = rest::evidence(evidence, &summary);
    let waivers = waivers::waivers(waivers, &summary.calendar);
    let relations = rest::relations(&relations);
    let lineage = rest::lineage(lineage, &summary.key);
    let total = left_out.iter().find(|cut| cut.what == "events").map(|cut| cut.total);
    let history = rest::history(history, total);
    let title = summary.title.clone();
    view! {
        <Breadcrumb trail here="Record" />
        <PageHead
            title
            key=summary.key.to_string()
            lead="The record of this feature: everything that was written down, proved and signed, as it stood at the instant below."
        />
        {banner}
        <p class="muted measure paper-hint">
            "To file it, use your browser’s own “Print”, on paper or as a PDF. The page is laid out for A4."
        </p>
        <article class="paper">
            {cuts} {head} {line} {contents} {description} {phases} {other} {threats} {evidence} {waivers} {relations} {lineage} {history}
        </article>
    }
}

/// A part of the record, with its heading.
fn part(id: &str, title: &str, body: AnyView) -> AnyView {
    let (id, title) = (id.to_owned(), title.to_owned());
    view! {
        <section class="paper-part" id=id>
            <h2>{title}</h2>
            {body}
        </section>
    }
    .into_any()
}

/// An instant to the second: paper has no "two hours ago".
fn exact(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!("{}, {:02}:{:02}:{:02} UTC", date_words(at.date()), at.hour(), at.minute(), at.second())
}

fn moment(at: OffsetDateTime) -> AnyView {
    view! { <time datetime=iso_moment(at)>{exact(at)}</time> }.into_any()
}

/// What there is more of than the page shows: nobody may take a part for the whole.
fn cuts(cuts: &[Cut]) -> Option<AnyView> {
    if cuts.is_empty() {
        return None;
    }
    let items = cuts
        .iter()
        .map(|cut| {
            let which = if matches!(cut.what, "events" | "waivers") { "the latest" } else { "the first" };
            view! { <li>{format!("Of {} {}, {which} {} are printed.", cut.total, cut.what, cut.printed)}</li> }
        })
        .collect_view();
    let view = view! {
        <Notice kind=NoticeKind::Warning title="This record is not complete">
            <ul>{items}</ul>
        </Notice>
    };
    Some(view.into_any())
}

fn head(record: &FeatureRecord) -> AnyView {
    let summary = &record.summary;
    let policy = view! {
        {format!("{} {}", summary.policy_title, summary.policy_version)}
        <br />
        <span class="muted">"SHA-256 "</span>
        <span class="mono digest">{record.policy_digest.to_string()}</span>
    };
    let mut facts = vec![
        Fact::text("Feature", format!("{} {}", summary.key, summary.title)),
        Fact::text("Product", summary.product_name.clone()),
        Fact::text("Risk tier", summary.tier.title()),
        Fact::view("Why this tier", why(record)),
        Fact::text("Owner", summary.owner_name.clone()),
        Fact::view("Policy", policy),
        Fact::view("Created", moment(record.created_at)),
    ];
    if let Some(date) = summary.target_date {
        facts.push(Fact::text("Target date", date_words(date)));
    }
    if let Some(sprint) = &summary.sprint {
        facts.push(Fact::text("Sprint", sprint.to_string()));
    }
    facts.extend([
        Fact::text("Stands at", standing(summary)),
        Fact::view("As of", moment(summary.now)),
        Fact::text("Printed by", record.printed_by.clone()),
        Fact::text("Left out", "Comments: they are talk, and prove nothing. The files of evidence: they are named by their SHA-256."),
    ]);
    part("particulars", "Particulars", view! { <FactList facts /> }.into_any())
}

/// Why the feature has its tier: the answers that set it, who gave them and when.
fn why(record: &FeatureRecord) -> AnyView {
    let words = why_words(record.summary.tier, record.rated.as_ref());
    let rated = record.rated.as_ref();
    let because = rated
        .filter(|rated| rated.assessment.tier == record.summary.tier)
        .and_then(|rated| because_list(&rated.assessment.because));
    let answered = rated.map(|rated| {
        view! { <p class="muted">{format!("Answered by {}, {}", rated.author, exact(rated.at))}</p> }
    });
    view! {
        <p>{words}</p>
        {because}
        {answered}
    }
    .into_any()
}

fn standing(summary: &FeatureSummary) -> String {
    match &summary.progress {
        Progress::Finished { at } => format!("Every gate is open, since {}", exact(*at)),
        Progress::Held { since, .. } => format!("On hold since {}", exact(*since)),
        Progress::Cancelled { at, .. } => format!("Cancelled, since {}", exact(*at)),
        Progress::Active(attempt) => {
            let name = summary.current().map_or_else(|| attempt.phase.to_string(), |step| step.name.clone());
            let whose = match attempt.turn {
                Turn::Team => "the team has",
                Turn::Reviewers { .. } => "the reviewers have",
            };
            format!("{name}, cycle {}: {whose} the turn since {}", attempt.cycle, exact(attempt.since))
        }
    }
}

/// The phase line as a table: on paper, colours and pictures say nothing.
fn line(phases: &[FiledPhase]) -> AnyView {
    let rows = phases
        .iter()
        .map(|filed| {
            let begun = filed.attempts.first().map(|attempt| moment(attempt.started_at));
            let (state, opened) = match &filed.state {
                PhaseState::Passed { at, .. } => ("Passed", Some(moment(*at))),
                PhaseState::Owed { at, .. } => {
                    ("Passed in an emergency, its sign-offs are owed", Some(moment(*at)))
                }
                PhaseState::Here { in_review: true, .. } => ("In review", None),
                PhaseState::Here { .. } => ("Under way", None),
                PhaseState::Todo => ("To come", None),
            };
            let href = format!("#phase-{}", filed.phase.key);
            view! {
                <tr>
                    <th scope="row">
                        <a href=href>{filed.phase.name.clone()}</a>
                    </th>
                    <td>{state}</td>
                    <td>{begun}</td>
                    <td>{opened}</td>
                    <td class="num">{filed.attempts.len()}</td>
                </tr>
            }
        })
        .collect_view();
    let mut columns = ["Phase", "State", "Begun", "Gate opened"].map(Column::text).to_vec();
    columns.push(Column::number("Attempts"));
    let table = view! {
        <TableWrap id="phases-caption" caption="The phases in order">
            <TableHead columns />
            <tbody>{rows}</tbody>
        </TableWrap>
    };
    part("phases", "Phases", table.into_any())
}

fn contents(record: &FeatureRecord) -> AnyView {
    let entry = |id: String, words: String| {
        view! {
            <li>
                <a href=format!("#{id}")>{words}</a>
            </li>
        }
    };
    let count = |count: usize| if count == 0 { "none".to_owned() } else { count.to_string() };
    let mut entries = vec![
        entry("particulars".into(), "Particulars".into()),
        entry("phases".into(), "Phases".into()),
        entry("description".into(), "Description".into()),
    ];
    for (place, filed) in record.phases.iter().enumerate() {
        let words = format!("Phase {}: {}", place + 1, filed.phase.name);
        entries.push(entry(format!("phase-{}", filed.phase.key), words));
    }
    if !record.other.is_empty() {
        entries.push(entry("other".into(), "Other records".into()));
    }
    entries.push(entry("threat-model".into(), format!("Threat model ({})", count(record.threats.len()))));
    entries.push(entry("evidence".into(), format!("Evidence ({})", count(record.evidence.len()))));
    if !record.waivers.is_empty() {
        entries.push(entry("waivers".into(), format!("Waivers ({})", record.waivers.len())));
    }
    entries.push(entry("relations".into(), "Relations".into()));
    entries.push(entry("lineage".into(), "Lineage".into()));
    entries.push(entry("history".into(), format!("History ({})", count(record.history.len()))));
    let list = view! {
        <nav aria-label="Contents">
            <ol class="contents">{entries}</ol>
        </nav>
    };
    part("contents", "Contents", list.into_any())
}

fn description(text: &str) -> AnyView {
    let body = if text.trim().is_empty() {
        view! { <p class="muted">"Nothing is written."</p> }.into_any()
    } else {
        view! { <Prose markdown=text.to_owned() /> }.into_any()
    };
    part("description", "Description", body)
}
