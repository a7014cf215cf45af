//! One phase: its gate, who signed it, its checklist, its records.

use leptos::prelude::*;
use sluice_domain::{
    gate::{Mark, Verdict},
    policy::Proof,
    words::{self, Label},
};
use sluice_service::{
    features::FeatureSummary,
    paper::{Attempt, FiledControl, FiledPhase, FiledSignOff},
};

use super::{exact, fields, moment, part};
use crate::components::{Column, TableHead, TableWrap};

/// The part of one phase.
pub(super) fn part_of(
    place: usize,
    filed: FiledPhase,
    summary: &FeatureSummary,
    names: &fields::Names,
) -> AnyView {
    let FiledPhase { phase, attempts, sign_offs, controls, records, elsewhere, .. } = filed;
    let key = phase.key.to_string();
    let gate = gate(&phase.name, &key, attempts);
    let sign_offs = signed(&phase.name, &key, sign_offs);
    let checklist = checklist(&phase.name, &key, controls);
    let records = records.into_iter().map(|kind| fields::kind(kind, names)).collect_view();
    let elsewhere = elsewhere
        .into_iter()
        .map(|(kind, phase)| {
            let name = summary
                .steps
                .iter()
                .find(|step| step.key == phase)
                .map_or_else(|| phase.to_string(), |step| step.name.clone());
            let words = format!("{} are printed with ", fields::plural(kind));
            view! {
                <p class="muted">
                    {words} <a href=format!("#phase-{phase}")>{name}</a> "."
                </p>
            }
        })
        .collect_view();
    let body = view! {
        <p class="measure">{phase.purpose}</p>
        {gate}
        {sign_offs}
        {checklist}
        {records}
        {elsewhere}
    };
    part(&format!("phase-{key}"), &format!("Phase {place}: {}", phase.name), body.into_any())
}

fn gate(name: &str, key: &str, attempts: Vec<Attempt>) -> AnyView {
    if attempts.is_empty() {
        return view! {
            <h3>"Gate"</h3>
            <p class="muted">"The feature has not come to this gate yet."</p>
        }
        .into_any();
    }
    let rows = attempts.into_iter().map(attempt_row).collect_view();
    let columns = ["Cycle", "Begun", "Review requested", "Outcome"].map(Column::text).to_vec();
    view! {
        <h3>"Gate"</h3>
        <TableWrap id=format!("gate-{key}") caption=format!("Attempts at the gate of {name}, in order")>
            <TableHead columns />
            <tbody>{rows}</tbody>
        </TableWrap>
    }
    .into_any()
}

fn attempt_row(attempt: Attempt) -> AnyView {
    let requested = attempt.requested.map(|(by, at)| {
        view! {
            {by}
            ", "
            {moment(at)}
        }
    });
    let outcome = attempt.ended.map_or_else(|| "Under way".into_any(), outcome);
    view! {
        <tr>
            <th scope="row">{attempt.cycle}</th>
            <td>{moment(attempt.started_at)}</td>
            <td>{requested}</td>
            <td>{outcome}</td>
        </tr>
    }
    .into_any()
}

/// What an attempt came to.
fn outcome(ended: AttemptEnd) -> AnyView {
    let by = ended.by.map(|by| format!(" by {by}")).unwrap_or_default();
    let tier = ended.tier.map(|tier| format!("Under the rules for {}.", Label::label(&tier)));
    let (what, more) = match ended.how {
        AttemptOutcome::Opened => ("Opened".to_owned(), None),
        AttemptOutcome::Returned => (format!("Returned for changes{by},"), None),
        AttemptOutcome::MovedBack => (format!("Moved back{by},"), None),
        AttemptOutcome::Owed { paid_at: Some(at), .. } => {
            let words = format!("Its sign-offs were complete on {}.", exact(at));
            ("Passed in an emergency".to_owned(), Some(words))
        }
        AttemptOutcome::Owed { until, .. } => {
            let until = until.map(|until| format!(" until {}", exact(until))).unwrap_or_default();
            ("Passed in an emergency".to_owned(), Some(format!("Its sign-offs are owed{until}.")))
        }
    };
    let undone = ended.undone_at.map(|at| format!("Undone by a move back on {}.", exact(at)));
    let reason = (!ended.reason.is_empty()).then(|| view! { <p class="pre">{ended.reason}</p> });
    view! {
        <b>{what}</b>
        " "
        {moment(ended.at)}
        {tier.map(|tier| view! { <p>{tier}</p> })}
        {more.map(|more| view! { <p>{more}</p> })}
        {undone.map(|undone| view! { <p>{undone}</p> })}
        {reason}
    }
    .into_any()
}

fn signed(name: &str, key: &str, sign_offs: Vec<FiledSignOff>) -> AnyView {
    if sign_offs.is_empty() {
        return view! {
            <h3>"Sign-offs"</h3>
            <p class="muted">"Nobody signed this gate."</p>
        }
        .into_any();
    }
    let rows = sign_offs.into_iter().map(sign_off_row).collect_view();
    let columns = ["Signed by", "What it says", "Covers", "Standing"].map(Column::text).to_vec();
    view! {
        <h3>"Sign-offs"</h3>
        <TableWrap id=format!("sign-offs-{key}") caption=format!("Sign-offs of the gate of {name}, in order")>
            <TableHead columns />
            <tbody>{rows}</tbody>
        </TableWrap>
    }
    .into_any()
}

fn sign_off_row(sign_off: FiledSignOff) -> AnyView {
    let verdict = match sign_off.verdict {
        Verdict::Approve => "Approved",
        Verdict::Deny => "Denied",
    };
    let how = sign_off.authentication.map(|how| format!("Authenticated by {}", how.label()));
    let reason = (!sign_off.reason.is_empty()).then(|| view! { <p class="pre">{sign_off.reason}</p> });
    let standing = match sign_off.ended {
        None => "Stands".into_any(),
        Some((how, at, why)) => {
            let word = if how == "withdrawn" { "Withdrawn " } else { "Voided " };
            view! {
                <b>{word}</b>
                {moment(at)}
                <p class="pre">{why}</p>
            }
            .into_any()
        }
    };
    view! {
        <tr>
            <th scope="row">
                {sign_off.name} <small>{sign_off.role.label()}</small> <small>{exact(sign_off.signed_at)}</small>
                {how.map(|how| view! { <small>{how}</small> })}
            </th>
            <td>
                <b>{format!("{verdict}. ")}</b>
                {sign_off.meaning}
                {reason}
            </td>
            <td>
                {format!("Cycle {}, dossier ", sign_off.cycle)}
                <span class="mono digest">{sign_off.dossier.to_string()}</span>
            </td>
            <td>{standing}</td>
        </tr>
    }
    .into_any()
}

fn checklist(name: &str, key: &str, controls: Vec<FiledControl>) -> AnyView {
    if controls.is_empty() {
        return view! {
            <h3>"Checklist"</h3>
            <p class="muted">"A feature of this tier owes nothing here."</p>
        }
        .into_any();
    }
    let rows = controls.into_iter().map(control_row).collect_view();
    let columns = ["Control", "State", "What was said", "Proof"].map(Column::text).to_vec();
    view! {
        <h3>"Checklist"</h3>
        <TableWrap id=format!("checklist-{key}") caption=format!("The controls of {name}")>
            <TableHead columns />
            <tbody>{rows}</tbody>
        </TableWrap>
    }
    .into_any()
}

fn control_row(filed: FiledControl) -> AnyView {
    let FiledControl { control, owed, mark, note, said, evidence, met, lacks } = filed;
    let state = match (mark, met) {
        (Mark::NotApplicable, _) => "Not applicable",
        (_, true) => "Met",
        (_, false) => "Not met",
    };
    let proof = match &control.proof {
        Proof::Statement => "By what was said".to_owned(),
        Proof::Evidence(kinds) => {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.label()).collect();
            format!("By evidence: {}", words::join(&kinds, "or"))
        }
        Proof::Records { rule, .. } => {
            let kinds: Vec<String> =
                rule.reads().iter().map(|kind| fields::plural(*kind).to_lowercase()).collect();
            format!("By records: {}", kinds.join(", "))
        }
    };
    let attached = evidence
        .into_iter()
        .enumerate()
        .map(|(place, number)| {
            let separator = if place > 0 { ", " } else { "Attached: " };
            view! {
                {separator}
                <a href=format!("#E-{number}")>{format!("E-{number}")}</a>
            }
        })
        .collect_view();
    let lacks =
        lacks.iter().map(|lack| view! { <p>{format!("{}.", words::shortfall(lack))}</p> }).collect_view();
    let said = said.map(|(version, author, at)| {
        view! { <small>{format!("{author}, {}, version {version}", exact(at))}</small> }
    });
    let source = (!control.source.is_empty()).then(|| view! { <small>{control.source}</small> });
    let not_owed = (!owed).then(|| view! { <small>"Not owed by this tier"</small> });
    view! {
        <tr>
            <th scope="row">{control.title} {source} {not_owed}</th>
            <td>{state}</td>
            <td>
                <p class="pre">{note}</p>
                {said}
            </td>
            <td>
                <p>{proof}</p>
                {attached}
                {lacks}
            </td>
        </tr>
    }
    .into_any()
}
