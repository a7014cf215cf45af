//! What an emergency skipped at one gate: what is missing, what is signed, and the reader's own part in it.

use leptos::prelude::*;
use sluice_domain::{
    access::{Action, Role},
    gate::{Blocker, Verdict},
    lifecycle::{Refusal, Seats},
    place::Place,
    words::{self, Label},
};
use sluice_service::{
    features::FeatureSummary,
    gates::{MySeat, OwedPage, OwedReview},
};

use crate::{
    components::{
        BlockerLine, Button, ButtonKind, Card, ErrorSummary, FormActions, GatePanel, GateState, HiddenField,
        InputKind, Notice, NoticeKind, Oath, PostForm, RadioGroup, TextArea, TextField,
        time_words::moment_words,
    },
    form::Form,
    pages::{
        FeatureFrame, FeatureSection,
        feature_frame::blocker_line,
        review::{dossier, record, sign},
    },
};

/// The name of the reason in the form that withdraws a sign-off. The use case calls it `reason`.
pub const WITHDRAW_REASON: &str = "withdraw-reason";

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
    // What reviewers clear here is signed on this page; a debt is never waived.
    let line = |blocker: &Blocker| BlockerLine {
        link: blocker_line(&summary.key, &review.decision, blocker)
            .link
            .filter(|_| !blocker.is_for_reviewers()),
        ..blocker_line(&summary.key, &review.decision, blocker)
    };
    let blockers: Vec<BlockerLine> = review.decision.things().into_iter().map(line).collect();
    let met: Vec<String> = review.decision.met.iter().map(words::met).collect();
    let state = if review.decision.is_ready_for_review() { GateState::Waiting } else { GateState::Blocked };
    let footer = format!(
        "An emergency went through this gate on {}. What is missing here is owed until {}; after that it blocks every gate.",
        moment_words(review.since),
        moment_words(review.due)
    );
    let action = Place::Owed(phase.clone()).path(&summary.key);
    let items =
        dossier::card(&summary.key, (&review.items, review.dossier), ("What is signed", LEAD), false, None);
    let seat = signing(summary, name, review, viewer, action.clone(), forms.sign);
    let own = review.own.filter(|_| summary.may(Action::SignOwed) && summary.progress.is_active());
    let own = own.map(|(role, verdict)| withdrawing(action, role, verdict, forms.withdraw));
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

/// Why the reader does not sign, and who can.
fn closed(review: &OwedReview, why: String) -> AnyView {
    let missing: Vec<Role> = review
        .decision
        .blockers
        .iter()
        .filter_map(|blocker| match blocker {
            Blocker::SignOffsMissing { role, .. } => Some(*role),
            _ => None,
        })
        .collect();
    let who = (!missing.is_empty()).then(|| {
        let who = words::who_can(&missing);
        view! {
            <p class="muted">
                {format!("Any {who} of this product can sign who wrote no part of this dossier.")}
            </p>
        }
    });
    view! {
        <Card title="Sign" id="sign">
            <p>{why}</p>
            {who}
        </Card>
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
    let mut seats = match &review.seat {
        MySeat::Sign(seats) => seats.clone(),
        MySeat::No(refusal) => return closed(review, words::refusal(refusal)),
        MySeat::Reader => return closed(review, "Your roles in this product sign no gates.".to_owned()),
    };
    // Before the team has done its part there is nothing to approve.
    let ready = review.decision.is_ready_for_review();
    if !ready {
        seats = Seats { free: Vec::new(), ..seats };
    }
    let wait = (!ready).then(|| {
        let team = review.decision.for_team().cloned().collect();
        let words = words::refusal(&Refusal::Blocked(team));
        view! { <p class="measure">{format!("It cannot be approved yet. {words}")}</p> }
    });
    let verdict = if seats.free.is_empty() { Verdict::Deny } else { Verdict::Approve };
    let roles = if seats.free.is_empty() { seats.held.clone() } else { seats.free.clone() };
    let next = summary.steps.iter().skip_while(|step| step.name != name).nth(1).map(|step| step.name.clone());
    let statement = sign::statement(
        viewer,
        &roles,
        &summary.product_name,
        review.items.len(),
        verdict,
        name,
        next.as_deref(),
    );
    let binding = format!(
        "Dossier {}, after the emergency. Your decision below says whether you approve or deny; your password, given \
         anew, binds it to this dossier.",
        review.dossier.short()
    );
    let seat = sign::seat_field(&sign::own_seats(&seats), &form);
    let decisions = sign::decisions(!seats.free.is_empty());
    let dossier = review.dossier.to_string();
    view! {
        <Card title="Sign" id="sign">
            <PostForm action>
                <ErrorSummary form=form.clone() />
                {wait}
                <Oath statement binding />
                <HiddenField name="dossier" value=dossier />
                {seat}
                <RadioGroup form=form.clone() name="verdict" legend="Your decision" options=decisions />
                <TextArea
                    form=form.clone()
                    name="reason"
                    label="Reason"
                    hint="Needed to deny. Part of the record."
                    optional=true
                />
                <TextField
                    form
                    name="password"
                    label="Password"
                    kind=InputKind::Password
                    hint="Your own, once more: it makes this your signature."
                    autocomplete="current-password"
                />
                <FormActions>
                    <Button>"Sign"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

/// The form that takes the reader's own sign-off back.
fn withdrawing(action: String, role: Role, verdict: Verdict, form: Form) -> AnyView {
    let did = if verdict == Verdict::Approve { "approved" } else { "denied" };
    let line =
        format!("You {did} as {}. Withdrawn, it no longer counts, and it stays in the record.", role.label());
    view! {
        <Card title="Your sign-off" id="withdraw">
            <PostForm action=format!("{action}/withdraw")>
                <ErrorSummary form=form.clone() />
                <p>{line}</p>
                <TextArea
                    form=form.clone()
                    name=WITHDRAW_REASON
                    label="The reason"
                    hint="Why you take it back. Part of the record."
                    rows=2
                />
                <TextField
                    form
                    name="password"
                    label="Password"
                    hint="Your own, once more: taking a signature back is as much an act as giving it."
                    kind=InputKind::Password
                    autocomplete="current-password"
                />
                <FormActions>
                    <Button kind=ButtonKind::Danger>"Withdraw your sign-off"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}
