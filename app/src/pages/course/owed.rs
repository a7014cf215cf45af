//! What an emergency skipped at one gate: what is missing, what is signed, and the reader's own part in it.

use leptos::prelude::*;
use sluice_domain::{
    access::Action,
    gate::Blocker,
    lifecycle::Refusal,
    place::Place,
    words::{self, Label},
};
use sluice_service::{
    features::FeatureSummary,
    gates::{OwedPage, OwedReview, OwnSignOff},
};

use crate::{
    components::{BlockerLine, Card, GatePanel, GateState, Notice, NoticeKind, time_words::moment_words},
    form::Form,
    pages::{
        FeatureFrame, FeatureSection,
        feature_frame::blocker_line,
        review::{dossier, record, sign},
    },
};

/// What the forms of the page hold. Their fields have names of their own: an id stands on a page once.
#[derive(Clone, Debug, Default)]
pub struct OwedForms {
    /// The sign-off.
    pub sign: Form,
    /// Withdrawing one's own sign-off.
    pub withdraw: Form,
}

const LEAD: &str = "This is the dossier as it is now, not as it was when the emergency went through. Your sign-off covers exactly these versions.";

/// What an emergency skipped at the gate of one phase, to be signed.
#[component]
pub fn OwedScreen(
    /// The gate.
    page: OwedPage,
    /// The name that is printed on the reader's sign-off.
    viewer: String,
    /// What the forms hold.
    forms: OwedForms,
    /// Why the last step was refused, in a sentence.
    #[prop(optional_no_strip)]
    notice: Option<String>,
) -> impl IntoView {
    let OwedPage { summary, phase, owed, paid_at, sign_offs } = page;
    let notice = notice.map(|title| view! { <Notice kind=NoticeKind::Danger title /> });
    let here = format!("What is owed at {}", phase.name);
    let main = if let Some(review) = &owed {
        reviewing(&summary, &phase.name, &phase.key, review, viewer, forms)
    } else {
        let words = paid_at.map_or_else(
            || format!("No emergency went through the gate of {}, so nothing is owed there.", phase.name),
            |at| {
                format!("What the emergency skipped at {} is signed, since {}.", phase.name, moment_words(at))
            },
        );
        view! { <Card title=here.clone()><p>{words}</p></Card> }.into_any()
    };
    let past = record::past(&summary.key, sign_offs, summary.now);
    view! {
        <FeatureFrame summary section=FeatureSection::Review here>
            {notice}
            {main}
            {past}
        </FeatureFrame>
    }
}

fn reviewing(
    summary: &FeatureSummary,
    name: &str,
    phase: &sluice_domain::policy::PhaseKey,
    review: &OwedReview,
    viewer: String,
    forms: OwedForms,
) -> AnyView {
    // What reviewers clear here is signed on this page; a debt is never waived. The sign-offs are missing since the
    // emergency; of the rest it is known only where it blocks the current gate too.
    let line = |blocker: &Blocker| {
        let line = blocker_line(summary, &review.decision, blocker);
        BlockerLine {
            since: if line.later { Some(review.since) } else { line.since },
            link: line.link.filter(|_| !blocker.is_for_reviewers()),
            ..line
        }
    };
    let blockers: Vec<BlockerLine> = review.decision.things().into_iter().map(line).collect();
    let met: Vec<String> = review.decision.met.iter().map(words::met).collect();
    let state = if review.decision.things_in_the_way() > 0 { GateState::Blocked } else { GateState::Waiting };
    let footer = format!(
        "An emergency went through this gate on {}. What is missing here is owed until {}; after that it blocks every gate.",
        moment_words(review.since),
        moment_words(review.due)
    );
    let action = Place::Owed(phase.clone()).path(&summary.key);
    let items =
        dossier::card(&summary.key, (&review.items, review.dossier), ("What is signed", LEAD), false, None);
    let seat = signing(summary, name, review, viewer, action.clone(), forms.sign);
    let own = review.own.filter(|_| summary.may(Action::SignForAnother) && summary.progress.is_active());
    let own = own.map(|own| withdrawing(&action, own, forms.withdraw));
    view! {
        <GatePanel
            title=format!("{name} gate: owed")
            cycle=u32::try_from(review.cycle).unwrap_or(1)
            state
            now=summary.now
            blockers
            met
            footer
            id="owed"
        />
        {items}
        {seat}
        {own}
    }
    .into_any()
}

fn signing(
    summary: &FeatureSummary,
    name: &str,
    review: &OwedReview,
    viewer: String,
    action: String,
    form: Form,
) -> AnyView {
    let mut offers = sign::offers(&review.seat, &review.delegated);
    if offers.is_empty() {
        return sign::closed_seat(&review.decision, &review.seat, &review.delegated);
    }
    // Before the team has done its part there is nothing to approve.
    let wait = (!review.decision.is_ready_for_review()).then(|| {
        offers = sign::only_denials(std::mem::take(&mut offers));
        let team = review.decision.for_team().cloned().collect();
        let words = words::refusal(&Refusal::Blocked(team));
        view! { <p class="measure">{format!("It cannot be approved yet. {words}")}</p> }.into_any()
    });
    let next =
        summary.steps.iter().skip_while(|step| step.name != name).nth(1).map(|step| step.name.as_str());
    let signed = sign::Signed {
        viewer,
        product: &summary.product_name,
        phase: name,
        next,
        items: review.items.len(),
        dossier: review.dossier,
        when: ", after the emergency",
    };
    sign::sign_form(action, signed, &offers, form, wait)
}

/// The form that takes the reader's own sign-off back.
fn withdrawing(action: &str, own: OwnSignOff, form: Form) -> AnyView {
    let said = format!(
        "You {} as {}. Withdrawn, it no longer counts, and it stays in the record.",
        sign::past(own.verdict),
        own.role.label()
    );
    sign::withdraw_form(action, own.id, said.into_any(), form)
}
