//! The parts that belong to no single phase: threat model, evidence, relations, lineage, history.

use leptos::prelude::*;
use sluice_domain::{ids::FeatureKey, place::Place, record::RecordKind, threat::Question, words::Label};
use sluice_service::{
    evidence::Target,
    features::{FeatureSummary, Lineage, Relative},
    history::HistoryEntry,
    paper::{FiledEvidence, FiledVersion, ThreatAnswers},
    relations::Relations,
    threats::ThreatItem,
};

use super::{exact, moment, part};
use crate::{
    components::{Column, Fact, FactList, Prose, TableHead, TableWrap},
    islands::readable_size,
    pages::{history, relations::groups},
};

/// The threat model: its four answers, and its threats with everything that is known of them.
pub(super) fn threats(answers: Option<ThreatAnswers>, threats: Vec<ThreatItem>) -> AnyView {
    let answers = match answers {
        None => view! { <p class="muted">"None of the four questions was answered."</p> }.into_any(),
        Some(answers) => four_answers(answers),
    };
    let list = if threats.is_empty() {
        view! { <p class="muted">"No threat is on record."</p> }.into_any()
    } else {
        let count = threats.len();
        let threats = threats.into_iter().map(threat).collect_view();
        view! {
            <h3>{format!("Threats ({count}), the worst first")}</h3>
            {threats}
        }
        .into_any()
    };
    part("threat-model", "Threat model", view! { {answers} {list} }.into_any())
}

fn prose(text: String) -> AnyView {
    if text.is_empty() { "Not answered".into_any() } else { view! { <Prose markdown=text /> }.into_any() }
}

fn four_answers(answers: ThreatAnswers) -> AnyView {
    let written = format!("{}, {}, version {}", answers.author, exact(answers.changed_at), answers.version);
    let facts = vec![
        Fact::view(Question::Scope.title(), prose(answers.scope)),
        Fact::view(Question::Threats.title(), prose(answers.threats)),
        Fact::view(Question::Response.title(), prose(answers.response)),
        Fact::view(Question::Review.title(), prose(answers.review)),
        Fact::text("Written by", written),
    ];
    view! {
        <h3>"The four questions"</h3>
        <div class="filed">
            <FactList facts />
        </div>
    }
    .into_any()
}

fn threat(threat: ThreatItem) -> AnyView {
    let key = format!("T-{}", threat.number);
    let mut facts = vec![
        Fact::text("Severity", threat.severity.title()),
        Fact::text("Kind", threat.stride.title()),
        Fact::text("Status", threat.status.title()),
        Fact::text(
            "Treatment",
            threat.treatment.map_or_else(|| "Not decided".to_owned(), |treatment| treatment.title()),
        ),
    ];
    if !threat.element.is_empty() {
        facts.push(Fact::text("Where", threat.element));
    }
    if !threat.description.is_empty() {
        facts.push(Fact::view("How", prose(threat.description)));
    }
    if !threat.countermeasure.is_empty() {
        facts.push(Fact::view("What is done", prose(threat.countermeasure)));
    }
    if let Some((_, owner)) = threat.owner {
        facts.push(Fact::text("Owner", owner));
    }
    if !threat.evidence.is_empty() {
        let evidence = threat
            .evidence
            .into_iter()
            .map(|attached| {
                let number = attached.number;
                view! {
                    <li>
                        <a href=format!("#E-{number}")>{format!("E-{number}")}</a>
                        {format!(" {} ({})", attached.title, attached.kind)}
                    </li>
                }
            })
            .collect_view();
        facts.push(Fact::view("Evidence", view! { <ul>{evidence}</ul> }));
    }
    let written = format!("{}, {}, version {}", threat.author, exact(threat.changed_at), threat.version);
    facts.push(Fact::text("Written by", written));
    view! {
        <article class="filed" id=key.clone()>
            <h4>{format!("{key} {}", threat.title)}</h4>
            <FactList facts />
        </article>
    }
    .into_any()
}

/// The evidence with all of its versions.
pub(super) fn evidence(items: Vec<FiledEvidence>, summary: &FeatureSummary) -> AnyView {
    let body = if items.is_empty() {
        view! { <p class="muted">"No evidence is on record."</p> }.into_any()
    } else {
        items.into_iter().map(|item| one_item(item, summary)).collect_view().into_any()
    };
    part("evidence", "Evidence", body)
}

fn one_item(item: FiledEvidence, summary: &FeatureSummary) -> AnyView {
    let key = format!("E-{}", item.number);
    let mut facts = vec![Fact::text("Kind", item.kind.label())];
    let targets: Vec<String> = item.targets.iter().map(|target| target_words(target, summary)).collect();
    let proves = if targets.is_empty() { "Nothing in particular".to_owned() } else { targets.join("; ") };
    facts.push(Fact::text("Attached to", proves));
    let current = item.versions.len();
    for (place, version) in item.versions.into_iter().enumerate() {
        let current = place + 1 == current;
        let label = format!("Version {}{}", version.version, if current { ", current" } else { "" });
        facts.push(Fact::view(label, one_version(version)));
    }
    view! {
        <article class="filed" id=key.clone()>
            <h3>{format!("{key} {}", item.title)}</h3>
            <FactList facts />
        </article>
    }
    .into_any()
}

fn one_version(version: FiledVersion) -> AnyView {
    let kind = version.media_type.map(|kind| format!(", {kind}")).unwrap_or_default();
    let file = format!("{}, {}{kind}", version.file_name, readable_size(version.size));
    let note = (!version.note.is_empty()).then(|| view! { <p class="pre">{version.note}</p> });
    view! {
        <p>{file}</p>
        <p>
            <span class="muted">"SHA-256 "</span>
            <span class="mono digest">{version.digest.to_string()}</span>
        </p>
        <p>{format!("Uploaded by {}, {}", version.author, exact(version.uploaded_at))}</p>
        {note}
    }
    .into_any()
}

fn target_words(target: &Target, summary: &FeatureSummary) -> String {
    match target {
        Target::Threat(number) => format!("threat T-{number}"),
        Target::Control(phase, control) => {
            let name = summary
                .steps
                .iter()
                .find(|step| step.key == *phase)
                .map_or_else(|| phase.to_string(), |step| step.name.clone());
            format!("control “{control}” of {name}")
        }
    }
}

/// The features that it duplicates, is part of or follows up on, and those that are so of it.
pub(super) fn relations(relations: &Relations) -> AnyView {
    let body = if relations.is_empty() {
        view! { <p class="muted">"It is related to no other feature that you may see."</p> }.into_any()
    } else {
        groups(relations, None)
    };
    part("relations", "Relations", body)
}

/// What the feature came out of, and what came out of it.
pub(super) fn lineage(lineage: Lineage, key: &FeatureKey) -> AnyView {
    let body = if lineage.is_empty() {
        view! { <p class="muted">"It came out of no other feature that you may see, and none came out of it."</p> }
            .into_any()
    } else {
        relatives(&lineage, key)
    };
    part("lineage", "Lineage", body)
}

/// Both directions of a lineage, as a list.
pub(in crate::pages) fn relatives(lineage: &Lineage, key: &FeatureKey) -> AnyView {
    let line = |words: &'static str, relative: &Relative, earlier: &FeatureKey| {
        let other = relative.key.to_string();
        let href = Place::Feature.path(&relative.key);
        let feedback = relative.feedback.map(|number| {
            let place = Place::Record(RecordKind::Feedback, number).path(earlier);
            let name = RecordKind::Feedback.key(number);
            view! {
                " ("
                <a href=place>{name}</a>
                ")"
            }
        });
        view! {
            <li>
                {words}
                " "
                <a href=href>{other}</a>
                {format!(" {}", relative.title)}
                {feedback}
            </li>
        }
    };
    let origins =
        lineage.origins.iter().map(|relative| line("Came out of", relative, &relative.key)).collect_view();
    let successors = lineage.successors.iter().map(|relative| line("Led to", relative, key)).collect_view();
    view! { <ul class="plain stack-s">{origins} {successors}</ul> }.into_any()
}

/// What happened, the oldest event first; `total` where there is more than is shown.
pub(super) fn history(entries: Vec<HistoryEntry>, total: Option<i64>) -> AnyView {
    let more = total.map(|total| {
        let words = format!("The feature has {total} events; these are the latest {}.", entries.len());
        view! { <p>{words}</p> }
    });
    let rows = entries.into_iter().map(event_row).collect_view();
    let columns = ["When", "Who", "What"].map(Column::text).to_vec();
    let body = view! {
        {more}
        <TableWrap id="history-caption" caption="What happened to this feature, in order">
            <TableHead columns />
            <tbody>{rows}</tbody>
        </TableWrap>
    };
    part("history", "History", body.into_any())
}

fn event_row(entry: HistoryEntry) -> AnyView {
    let sentence = history::sentence(&entry);
    let role = history::role(&entry).map(|role| view! { <small>{role}</small> });
    let reason = entry.reason.map(|reason| view! { <small class="pre">{reason}</small> });
    view! {
        <tr>
            <td>{moment(entry.at)}</td>
            <td>{entry.actor_name} {role}</td>
            <td>{sentence} {reason}</td>
        </tr>
    }
    .into_any()
}
