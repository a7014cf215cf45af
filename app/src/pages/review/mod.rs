//! Review and sign-off of the gate that a feature stands at.

pub(in crate::pages) mod dossier;
pub(in crate::pages) mod record;
pub(in crate::pages) mod sign;

pub use sign::{RETURN_REASON, WITHDRAW_REASON};

use leptos::prelude::*;
use sluice_domain::{
    access::Action,
    gate::{Blocker, Decision},
    lifecycle::{Refusal, Turn},
    words::{self, Label},
};
use sluice_service::{
    features::FeatureSummary,
    gates::{PastSignOff, ReviewPage, ReviewedAttempt},
};

use crate::{
    components::{
        Badge, Card, Column, Fact, FactList, IconName, Notice, NoticeKind, TableHead, TableWrap, Timestamp,
        Tone, blocked_since,
    },
    form::Form,
    pages::{FeatureFrame, FeatureSection, turn_words},
};

/// What the forms of the page hold. Their fields have names of their own: an id stands on a page once.
#[derive(Clone, Debug, Default)]
pub struct ReviewForms {
    /// The sign-off.
    pub sign: Form,
    /// Returning for changes.
    pub give_back: Form,
    /// Withdrawing one's own sign-off.
    pub withdraw: Form,
}

/// The review of the current gate: what is signed, what changed, who signed, and the reader's own part in it.
#[component]
pub fn ReviewScreen(
    /// The review.
    page: ReviewPage,
    /// The name that is printed on the reader's sign-off.
    viewer: String,
    /// What the forms hold.
    forms: ReviewForms,
    /// Why the last step was refused, in a sentence.
    #[prop(optional_no_strip)]
    notice: Option<String>,
) -> impl IntoView {
    let ReviewPage { summary, attempt, sign_offs, returned } = page;
    let reviewing = attempt.as_ref().is_some_and(|attempt| attempt.attempt.turn != Turn::Team);
    // Why nothing was done, and that the dossier is another one by now, are two things to know: neither hides the other.
    let other_dossier = attempt.as_ref().and_then(|attempt| changed_since(attempt, &forms.sign));
    let mut notices: Vec<String> = notice.into_iter().chain(other_dossier).collect();
    notices.dedup();
    let notice =
        notices.into_iter().map(|title| view! { <Notice kind=NoticeKind::Danger title /> }).collect_view();
    let unplaced = unplaced(&summary, attempt.as_ref(), &sign_offs, &forms);
    // The team needs the reasons first; reviewers have them as background.
    let returned = record::returned(returned, summary.now);
    let (before, after) = if reviewing { (None, returned) } else { (returned, None) };
    let reading = match &attempt {
        None => ().into_any(),
        Some(attempt) if reviewing => in_review(&summary, attempt, &sign_offs, viewer, forms),
        Some(attempt) => {
            let changes = dossier::changes(&summary, attempt);
            let items = dossier::items(&summary, attempt, "The dossier so far", TEAM_LEAD);
            view! { {changes} {items} }.into_any()
        }
    };
    let past = record::past(&summary.key, sign_offs, summary.now);
    let with_gate = !reviewing;
    view! {
        <FeatureFrame summary section=FeatureSection::Review here="Review and sign-offs" with_gate>
            {notice}
            {unplaced}
            {before}
            {reading}
            {past}
            {after}
        </FeatureFrame>
    }
}

const TEAM_LEAD: &str = "This is what reviewers will be asked to sign. It changes with your work.";
const REVIEW_LEAD: &str =
    "Your sign-off covers exactly these versions. If one of them changes, it no longer counts.";

fn in_review(
    summary: &FeatureSummary,
    attempt: &ReviewedAttempt,
    sign_offs: &[PastSignOff],
    viewer: String,
    forms: ReviewForms,
) -> AnyView {
    let ReviewForms { sign, give_back, withdraw } = forms;
    let progress = progress(summary, attempt);
    let changes = dossier::changes(summary, attempt);
    let items = dossier::items(summary, attempt, "What is signed", REVIEW_LEAD);
    // Who can sign has no standing sign-off to withdraw, so the page asks for a password once at most.
    let can_sign = sign::can_sign(attempt);
    let own = own_sign_off(summary, sign_offs)
        .filter(|_| !can_sign)
        .map(|own| sign::withdrawing(summary, own, withdraw));
    let back = summary
        .may(Action::ReturnForChanges)
        .then(|| sign::returning(summary, attempt.attempt.cycle, give_back));
    let seat = sign::signing(summary, attempt, viewer, sign);
    view! { {progress} {changes} {items} {seat} {own} {back} }.into_any()
}

/// The reader's standing sign-off of the attempt under way.
fn own_sign_off<'a>(summary: &FeatureSummary, sign_offs: &'a [PastSignOff]) -> Option<&'a PastSignOff> {
    let own = sign_offs.iter().find(|past| past.mine && past.current && past.ended.is_none());
    own.filter(|_| summary.may(Action::SignForAnother))
}

/// The form came back, and the dossier is another one than it was sent for.
fn changed_since(attempt: &ReviewedAttempt, form: &Form) -> Option<String> {
    let sent = form.value("dossier");
    (!sent.is_empty() && sent != attempt.dossier.to_string())
        .then(|| words::refusal(&Refusal::DossierChanged))
}

/// What was typed into a form that the page no longer has, because the turn or the sign-off is over by now.
fn unplaced(
    summary: &FeatureSummary,
    attempt: Option<&ReviewedAttempt>,
    sign_offs: &[PastSignOff],
    forms: &ReviewForms,
) -> Option<AnyView> {
    let open = attempt.filter(|attempt| attempt.attempt.turn != Turn::Team);
    let may_sign = open.is_some_and(sign::can_sign);
    let may_return = open.is_some() && summary.may(Action::ReturnForChanges);
    let may_withdraw = open.is_some() && own_sign_off(summary, sign_offs).is_some();
    let text = [
        (may_sign, forms.sign.value("reason")),
        (may_return, forms.give_back.value(RETURN_REASON)),
        (may_withdraw, forms.withdraw.value(WITHDRAW_REASON)),
    ]
    .into_iter()
    .find_map(|(has_place, text)| (!has_place && !text.trim().is_empty()).then_some(text))?;
    let notice = view! {
        <Notice title="What you wrote was not sent. Here it is, to copy:">
            <p class="pre">{text}</p>
        </Notice>
    };
    Some(notice.into_any())
}

/// How far the review is: who asked, which seats are filled, what else stands in the way.
fn progress(summary: &FeatureSummary, attempt: &ReviewedAttempt) -> AnyView {
    let (since, now) = (attempt.attempt.since, summary.now);
    let who = attempt.requested_by.clone().unwrap_or_else(|| "Somebody".to_owned());
    let asked = view! {
        {format!("{who}, ")}
        <Timestamp at=since now />
    };
    let digest = attempt.dossier.to_string();
    let dossier = view! {
        <span class="mono" title=digest>{attempt.dossier.short()}</span>
    };
    let mut facts = vec![Fact::view("Requested by", asked), Fact::view("Dossier", dossier)];
    facts.extend(turn_words::left(summary).map(|left| Fact::text("Time", left)));
    let seats = attempt
        .phase
        .gate
        .sign_offs_for(summary.tier)
        .map(|rule| {
            let need = rule.quorum.for_tier(summary.tier);
            let have = filled(&summary.decision, rule.role, need);
            let badge = if have >= need {
                view! { <Badge text="Complete" tone=Tone::Open icon=IconName::Check /> }.into_any()
            } else {
                let text = format!("{} missing", need - have);
                view! { <Badge text tone=Tone::Waiting icon=IconName::Clock /> }.into_any()
            };
            view! {
                <tr>
                    <th scope="row">{rule.role.title()}</th>
                    <td>{rule.meaning.clone()}</td>
                    <td class="num">{format!("{have} of {need}")}</td>
                    <td>{badge}</td>
                </tr>
            }
        })
        .collect_view();
    let others = other_blockers(summary);
    let columns = vec![
        Column::text("Role"),
        Column::text("What the signature says"),
        Column::number("Signed"),
        Column::text("State"),
    ];
    let name = format!("{} gate, cycle {}", attempt.phase.name, attempt.attempt.cycle);
    let side = view! {
        <Badge text="The reviewers have the turn" tone=Tone::Waiting icon=IconName::Clock />
    }
    .into_any();
    view! {
        <Card title=name side>
            <div class="stack">
                <FactList facts />
                {others}
                <TableWrap id="seats" caption="Sign-offs that this gate asks for">
                    <TableHead columns />
                    <tbody>{seats}</tbody>
                </TableWrap>
            </div>
        </Card>
    }
    .into_any()
}

/// How many seats of a role are filled, as the decision counted them.
fn filled(decision: &Decision, role: sluice_domain::access::Role, need: u8) -> u8 {
    let missing = decision.blockers.iter().find_map(|blocker| match blocker {
        Blocker::SignOffsMissing { role: missing, have, .. } if *missing == role => Some(*have),
        _ => None,
    });
    missing.unwrap_or(need)
}

/// Vetoes, and what became untrue while the reviewers read.
fn other_blockers(summary: &FeatureSummary) -> Option<AnyView> {
    let decision = &summary.decision;
    let sentences: Vec<AnyView> = decision
        .blockers
        .iter()
        .filter(|blocker| !matches!(blocker, Blocker::SignOffsMissing { .. }))
        .map(|blocker| {
            let since = summary.since(blocker).map(|since| blocked_since(since, summary.now));
            let between = since.is_some().then_some(" · ");
            view! { <li>{words::blocker(blocker)} <span class="muted small">{between} {since}</span></li> }
                .into_any()
        })
        .collect();
    if sentences.is_empty() {
        return None;
    }
    let notice = view! {
        <Notice kind=NoticeKind::Warning title="Besides sign-offs, this keeps the gate closed:">
            <ul>{sentences}</ul>
        </Notice>
    };
    Some(notice.into_any())
}

#[cfg(test)]
mod tests;
