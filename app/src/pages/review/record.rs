//! What was signed, withdrawn, voided and returned before.

use leptos::prelude::*;
use sluice_domain::{gate::Verdict, ids::FeatureKey, words::Label};
use sluice_service::gates::{PastSignOff, ReturnedAttempt};
use time::OffsetDateTime;

use crate::components::{
    Badge, Card, Column, EmptyState, IconName, TableHead, TableWrap, Timestamp, Tone,
    time_words::moment_words,
};

/// Every sign-off of the feature, ended ones included.
pub(in crate::pages) fn past(key: &FeatureKey, sign_offs: Vec<PastSignOff>, now: OffsetDateTime) -> AnyView {
    if sign_offs.is_empty() {
        return view! {
            <Card title="Sign-offs">
                <EmptyState
                    title="Nobody signed yet"
                    why="A sign-off says who approved which dossier, in which role and when. Every one stays here, also when it was withdrawn."
                />
            </Card>
        }
        .into_any();
    }
    let rows = sign_offs.into_iter().map(|past| sign_off_row(key, past, now)).collect_view();
    let columns = ["Gate", "Signed by", "Decision", "What it says"].map(Column::text).to_vec();
    view! {
        <Card title="Sign-offs" flush=true>
            <TableWrap id="sign-offs" caption="Every sign-off of this feature, newest first">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn sign_off_row(key: &FeatureKey, past: PastSignOff, now: OffsetDateTime) -> AnyView {
    let gate = format!("{}, cycle {}", past.phase, past.cycle);
    let decision = match past.verdict {
        Verdict::Approve => {
            view! { <Badge text="Approved" tone=Tone::Open icon=IconName::Check /> }.into_any()
        }
        Verdict::Deny => view! { <Badge text="Denied" tone=Tone::Blocked icon=IconName::Cross /> }.into_any(),
    };
    let reason = (!past.reason.is_empty()).then(|| view! { <p class="pre">{past.reason}</p> });
    let state = state(past.ended, past.current, now);
    let digest = past.dossier.to_string();
    let manifest = format!("{}?digest={digest}", past.manifest.path(key));
    view! {
        <tr>
            <th scope="row">{gate}</th>
            <td>
                {past.name}
                {past.on_behalf_of.map(|name| format!(", for {name}"))}
                <p class="muted small">{past.role.label()}</p>
                <p class="small">
                    <Timestamp at=past.signed_at now />
                    <span class="muted">
                        {format!(" {}", moment_words(past.signed_at))}
                        {past.authentication.map(|how| format!(", authenticated by {}", how.label()))}
                    </span>
                </p>
            </td>
            <td>
                <div class="stack-s">
                    <div>{decision}</div>
                    <div>{state}</div>
                </div>
            </td>
            <td>
                {past.meaning}
                {reason}
                <p class="muted small" title=digest>
                    "Dossier "
                    <a class="mono" href=manifest>{past.dossier.short()}</a>
                </p>
            </td>
        </tr>
    }
    .into_any()
}

/// Whether a sign-off stands, and how it ended where it does not.
fn state(ended: Option<(String, OffsetDateTime, String)>, current: bool, now: OffsetDateTime) -> AnyView {
    let Some((how, at, why)) = ended else {
        let (text, tone) =
            if current { ("Stands", Tone::Open) } else { ("Stands in the record", Tone::Neutral) };
        return view! { <Badge text tone icon=IconName::Check /> }.into_any();
    };
    let word = match how.as_str() {
        "withdrawn" => "Withdrawn",
        "voided" => "Voided",
        _ => "Ended",
    };
    let why = (!why.is_empty()).then(|| view! { <p class="pre small">{why}</p> });
    view! {
        <Badge text=word tone=Tone::Neutral icon=IconName::Cross />
        " "
        <Timestamp at now />
        {why}
    }
    .into_any()
}

/// Attempts that reviewers returned, newest first.
pub(super) fn returned(attempts: Vec<ReturnedAttempt>, now: OffsetDateTime) -> Option<AnyView> {
    if attempts.is_empty() {
        return None;
    }
    let items = attempts
        .into_iter()
        .map(|attempt| {
            let line = format!("{}, cycle {}: returned by {}, ", attempt.phase, attempt.cycle, attempt.by);
            view! {
                <li>
                    <b>{line}</b>
                    <Timestamp at=attempt.at now />
                    <p class="pre">{attempt.reason}</p>
                </li>
            }
        })
        .collect_view();
    let card = view! {
        <Card title="Returned for changes" id="returned">
            <ul class="plain stack">{items}</ul>
        </Card>
    };
    Some(card.into_any())
}
