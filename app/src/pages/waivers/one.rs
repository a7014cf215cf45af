//! One waiver: what it lets pass, why, who decided; and the reader's own part in it.

use leptos::prelude::*;
use sluice_domain::{
    access::Role,
    place::Place,
    text::{Note, Reason},
    waiver::{WaiverState, WaiverVerdict},
    words::{self, Label},
};
use sluice_service::{
    features::FeatureSummary,
    waivers::{WaiverItem, WaiverPage},
};
use time::OffsetDateTime;

use super::{OUTGROWN, gate::ask_href, last_day_of, state_badge};
use crate::{
    components::{
        Button, ButtonKind, Card, Choice, ErrorSummary, Fact, FactList, FormActions, HiddenField, InputKind,
        LinkButton, Notice, NoticeKind, Oath, PostForm, RadioGroup, TextArea, TextField, Timestamp,
        time_words::date_words,
    },
    form::Form,
    pages::{FeatureFrame, FeatureSection},
};

/// What the forms of the page hold. One of them is on it at a time.
#[derive(Clone, Debug, Default)]
pub struct WaiverForms {
    /// The decision about the request.
    pub decide: Form,
    /// The end before its time.
    pub end: Form,
}

/// One waiver.
#[component]
pub fn WaiverScreen(
    /// The waiver.
    page: WaiverPage,
    /// The name that is printed on the reader's decision.
    viewer: String,
    /// What the forms hold.
    forms: WaiverForms,
    /// Why the last step was refused, in a sentence.
    #[prop(optional_no_strip)]
    notice: Option<String>,
) -> impl IntoView {
    let via = ("Waivers".to_owned(), Place::Waivers.path(&page.summary.key));
    let here = format!("W-{}", page.waiver.number);
    let notice = notice.map(|title| view! { <Notice kind=NoticeKind::Danger title /> });
    let outgrown = page.outgrown.then(|| view! { <Notice kind=NoticeKind::Warning title=OUTGROWN /> });
    let unplaced = unplaced(&page, &forms);
    let reading = reading(&page);
    let action = next_step(&page);
    let steps = match page.waiver.state {
        WaiverState::Requested => {
            let deciding = deciding(&page, viewer, forms.decide);
            let withdrawing = page.steps.withdraw.then(|| withdrawing(&page));
            view! { {deciding} {withdrawing} }.into_any()
        }
        WaiverState::Approved if page.steps.end => ending(&page, forms.end),
        _ => ().into_any(),
    };
    let summary = page.summary;
    view! {
        <FeatureFrame summary section=FeatureSection::Waivers here via nostrip:action=action>
            {notice}
            {outgrown}
            {unplaced}
            {reading}
            {steps}
        </FeatureFrame>
    }
}

/// The primary action where the waiver is over or runs out: its renewal, or a new one.
fn next_step(page: &WaiverPage) -> Option<AnyView> {
    let (key, waiver) = (&page.summary.key, &page.waiver);
    if page.steps.renew {
        let href = format!("{}?renews={}", Place::NewWaiver.path(key), waiver.number);
        return Some(
            view! { <LinkButton href kind=ButtonKind::Quiet>"Ask for a renewal"</LinkButton> }.into_any(),
        );
    }
    let over = !matches!(waiver.state, WaiverState::Requested | WaiverState::Approved);
    let decision = &page.summary.decision;
    let blocker = decision.blockers.iter().find(|blocker| blocker.subject() == waiver.subject);
    let asks = over
        && page.summary.may(sluice_domain::access::Action::RequestWaiver)
        && blocker.is_some_and(|blocker| decision.may_waive(blocker));
    asks.then(|| {
        let href = ask_href(&page.summary, &waiver.subject);
        view! { <LinkButton href kind=ButtonKind::Quiet>"Ask for a new waiver"</LinkButton> }.into_any()
    })
}

/// What was typed into a form that the page no longer has, because the step was taken by somebody else.
fn unplaced(page: &WaiverPage, forms: &WaiverForms) -> Option<AnyView> {
    let decides = page.waiver.state == WaiverState::Requested && page.steps.decide.is_ok();
    let ends = page.waiver.state == WaiverState::Approved && page.steps.end;
    let text = [(decides, forms.decide.value("reason")), (ends, forms.end.value("reason"))]
        .into_iter()
        .find_map(|(has_place, text)| (!has_place && !text.trim().is_empty()).then_some(text))?;
    let notice = view! {
        <Notice title="What you wrote was not sent. Here it is, to copy:">
            <p class="pre">{text}</p>
        </Notice>
    };
    Some(notice.into_any())
}

fn reading(page: &WaiverPage) -> AnyView {
    let (key, waiver, now) = (&page.summary.key, &page.waiver, page.summary.now);
    let mut facts = vec![
        Fact::view("What is waived", what(page)),
        Fact::text("Asked for in", page.phase.clone()),
        Fact::view("Asked for by", who_when(waiver.requester.clone(), waiver.requested_at, now)),
        Fact::view("Last day", last_day(page)),
        Fact::view("The reason", pre(&waiver.reason)),
        Fact::view("The compensating control", pre(&waiver.compensation)),
    ];
    let other = |number: i32| {
        let href = Place::Waiver(number).path(key);
        view! { <a href=href>{format!("W-{number}")}</a> }
    };
    if let Some(number) = waiver.renews {
        facts.push(Fact::view("Renews", other(number)));
    }
    if let Some(number) = waiver.renewed_by {
        facts.push(Fact::view("Renewed by", other(number)));
    }
    if let Some(decided) = &waiver.decided {
        let label = if waiver.state == WaiverState::Refused { "Refused by" } else { "Approved by" };
        let name = format!("{}, {}", decided.name, decided.role.label());
        let said = (!decided.reason.is_empty()).then(|| pre(&decided.reason));
        let by = who_when(name, decided.at, now);
        facts.push(Fact::view(label, view! { {by} {said} }));
    }
    if let Some(ended) = &waiver.ended {
        let said = (!ended.reason.is_empty()).then(|| pre(&ended.reason));
        let by = match &ended.name {
            Some(name) => who_when(name.clone(), ended.at, now),
            None => view! { <Timestamp at=ended.at now /> }.into_any(),
        };
        facts.push(Fact::view(waiver.state.title(), view! { {by} {said} }));
    }
    let side = state_badge(waiver.state);
    view! {
        <Card title=format!("Waiver W-{}", waiver.number) id="waiver" side>
            <FactList facts />
        </Card>
    }
    .into_any()
}

/// The blocker as it was asked for; while it is missing, with the way to clear it.
fn what(page: &WaiverPage) -> AnyView {
    let sentence = page.waiver.blocker.clone();
    let clear = page.place.as_ref().map(|place| {
        let href = place.path(&page.summary.key);
        view! {
            " "
            <a href=href>"Clear it"</a>
        }
    });
    view! {
        {sentence}
        {clear}
    }
    .into_any()
}

fn who_when(who: String, at: OffsetDateTime, now: OffsetDateTime) -> AnyView {
    view! {
        {who}
        ", "
        <Timestamp at now />
    }
    .into_any()
}

fn pre(text: &str) -> AnyView {
    let text = text.to_owned();
    view! { <p class="pre">{text}</p> }.into_any()
}

/// The last day, and where it is over.
fn last_day(page: &WaiverPage) -> AnyView {
    let day = last_day_of(&page.summary, &page.waiver);
    let zone = format!(" (it ends with this day in {})", page.summary.calendar.zone());
    view! {
        {day}
        <span class="muted">{zone}</span>
    }
    .into_any()
}

/// What an approver signs, word for word.
fn statement(viewer: &str, role: Role, summary: &FeatureSummary, waiver: &WaiverItem) -> String {
    let (product, calendar) = (&summary.product_name, &summary.calendar);
    format!(
        "I, {viewer}, {} for {product}, let the gate pass over this until the end of {}: {}. This is my electronic \
         signature.",
        role.label(),
        date_words(sluice_domain::waiver::last_day(waiver.until, calendar)),
        waiver.blocker
    )
}

fn deciding(page: &WaiverPage, viewer: String, form: Form) -> AnyView {
    let role = match &page.steps.decide {
        Ok(role) => *role,
        Err(refusal) => {
            let why = words::refusal(&sluice_domain::lifecycle::Refusal::Waiver(refusal.clone()));
            return view! {
                <Card title="Decide" id="decide">
                    <p>{why}</p>
                </Card>
            }
            .into_any();
        }
    };
    let (waiver, key) = (&page.waiver, &page.summary.key);
    let action = Place::Waiver(waiver.number).path(key);
    let statement = statement(&viewer, role, &page.summary, waiver);
    let only_refuse = page.steps.approve.as_ref().err().map(|refusal| {
        let why = words::refusal(&sluice_domain::lifecycle::Refusal::Waiver(refusal.clone()));
        view! { <p>{why}</p> }
    });
    let mut options = vec![
        Choice::new(WaiverVerdict::Refuse.code(), "Refuse")
            .hint("It keeps blocking. Say why, so that the team knows what has to be done."),
    ];
    if only_refuse.is_none() {
        options.insert(
            0,
            Choice::new(WaiverVerdict::Approve.code(), "Approve")
                .hint("It no longer blocks until the last day is over. Sign-offs that stand at the gate are voided."),
        );
    }
    let (version, max) = (waiver.version.to_string(), u32::try_from(Note::MAX).unwrap_or(u32::MAX));
    view! {
        <Card title="Decide" id="decide">
            <PostForm action>
                <ErrorSummary form=form.clone() />
                <Oath
                    statement
                    binding="Your decision below says whether you approve or refuse; your password, given anew, makes it yours."
                />
                {only_refuse}
                <HiddenField name="version" value=version />
                <RadioGroup form=form.clone() name="verdict" legend="Your decision" options />
                <TextArea
                    form=form.clone()
                    name="reason"
                    label="Reason"
                    hint="Needed to refuse. Part of the record."
                    optional=true
                    maxlength=max
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
                    <Button>"Decide"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn withdrawing(page: &WaiverPage) -> AnyView {
    let action = format!("{}/withdraw", Place::Waiver(page.waiver.number).path(&page.summary.key));
    let version = page.waiver.version.to_string();
    view! {
        <Card title="Your request" id="withdraw">
            <PostForm action>
                <p>"You asked for this waiver. Taken back, it is decided by nobody; it stays in the record."</p>
                <HiddenField name="version" value=version />
                <FormActions>
                    <Button kind=ButtonKind::Quiet>"Withdraw the request"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn ending(page: &WaiverPage, form: Form) -> AnyView {
    let action = format!("{}/end", Place::Waiver(page.waiver.number).path(&page.summary.key));
    let (version, max) = (page.waiver.version.to_string(), u32::try_from(Reason::MAX).unwrap_or(u32::MAX));
    view! {
        <Card title="End it early" id="end">
            <PostForm action>
                <ErrorSummary form=form.clone() />
                <p>
                    "What it names blocks again at once if it is still missing. Sign-offs that stand at the gate are voided."
                </p>
                <HiddenField name="version" value=version />
                <TextArea form name="reason" label="The reason" hint="Part of the record." rows=2 maxlength=max />
                <FormActions>
                    <Button kind=ButtonKind::Danger>"End the waiver"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}
