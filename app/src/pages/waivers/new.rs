//! The form that asks for a waiver.

use leptos::prelude::*;
use sluice_domain::{calendar::Calendar, place::Place, text::Reason, waiver::last_day, words};
use sluice_service::waivers::{NewWaiverPage, WaiverItem};

use super::terms_words;
use crate::{
    components::{
        Button, ButtonKind, Card, Choice, EmptyState, ErrorSummary, FormActions, HiddenField, IconName,
        InputKind, LinkButton, Notice, NoticeKind, PostForm, RadioGroup, TextArea, TextField,
        time_words::{date_words, iso_date},
    },
    form::Form,
    pages::{FeatureFrame, FeatureSection},
};

/// The form that asks for a waiver, or for the renewal of one.
#[component]
pub fn NewWaiverScreen(
    /// What can be waived.
    page: NewWaiverPage,
    /// What the form holds.
    form: Form,
    /// Why the last step was refused, in a sentence.
    #[prop(optional_no_strip)]
    notice: Option<String>,
) -> impl IntoView {
    let via = ("Waivers".to_owned(), Place::Waivers.path(&page.summary.key));
    let here = match &page.renewing {
        Some(renewed) => format!("Renew W-{}", renewed.number),
        None => "Ask for a waiver".to_owned(),
    };
    let notice = notice.map(|title| view! { <Notice kind=NoticeKind::Danger title /> });
    // What was typed stays on the page, though its blocker may be gone from the list by now.
    let typed = !form.value("reason").is_empty() || !form.value("compensation").is_empty();
    let body = if page.terms.is_none() || (page.choices.is_empty() && !typed) {
        nothing(&page)
    } else {
        asking(&page, form, here.clone())
    };
    let summary = page.summary;
    view! {
        <FeatureFrame summary section=FeatureSection::Waivers here via>
            {notice}
            {body}
        </FeatureFrame>
    }
}

/// The form of a new request. `id` is the waiver's future id, so that sending the form twice asks once. `subject` is the
/// blocker that was come from.
#[must_use]
pub fn new_waiver_form(id: impl Into<String>, page: &NewWaiverPage, subject: &str) -> Form {
    let form = Form::new().with("id", id);
    match (&page.renewing, page.choices.as_slice()) {
        (Some(renewed), _) => renewal(form, renewed),
        (None, [only]) => form.with("subject", only.subject.as_str()),
        (None, _) => form.with("subject", subject),
    }
}

/// A renewal begins with what is in force.
fn renewal(form: Form, renewed: &WaiverItem) -> Form {
    form.with("subject", renewed.subject.as_str())
        .with("renews", renewed.number.to_string())
        .with("compensation", renewed.compensation.as_str())
}

fn nothing(page: &NewWaiverPage) -> AnyView {
    let why = match &page.terms {
        None => terms_words(None),
        Some(_) if page.summary.decision.blockers.is_empty() => "Nothing blocks the gate now.".to_owned(),
        Some(_) => "What blocks the gate now may not be waived, or a waiver was asked for already. It is cleared where the gate \
                    leads to."
            .to_owned(),
    };
    let href = Place::Waivers.path(&page.summary.key);
    view! {
        <Card title="Ask for a waiver">
            <EmptyState title="There is nothing to waive" why icon=IconName::Shield>
                <LinkButton href kind=ButtonKind::Quiet>
                    "Back to the waivers"
                </LinkButton>
            </EmptyState>
        </Card>
    }
    .into_any()
}

fn asking(page: &NewWaiverPage, form: Form, title: String) -> AnyView {
    let key = &page.summary.key;
    let (action, back) = (Place::NewWaiver.path(key), Place::Waivers.path(key));
    let (id, renews) = (form.value("id"), form.value("renews"));
    let renews = (!renews.is_empty()).then(|| view! { <HiddenField name="renews" value=renews /> });
    let what = if let Some(renewed) = &page.renewing {
        renewed_thing(renewed, &page.summary.calendar)
    } else {
        let options = page
            .choices
            .iter()
            .map(|choice| Choice::new(choice.subject.clone(), choice.sentence.clone()))
            .collect::<Vec<_>>();
        view! { <RadioGroup form=form.clone() name="subject" legend="What is waived" options /> }.into_any()
    };
    let max = u32::try_from(Reason::MAX).unwrap_or(u32::MAX);
    let terms = terms_words(page.terms.as_ref());
    let zone = page.summary.calendar.zone();
    let holds = format!("The waiver holds until this day is over, in {zone}; then the blocker is back.");
    let day_hint = match page.latest {
        Some(latest) => format!("{holds} {} ({}) at the latest.", date_words(latest), iso_date(latest)),
        None => holds,
    };
    let button = if page.renewing.is_some() { "Ask for the renewal" } else { "Ask for the waiver" };
    view! {
        <Card title>
            <PostForm action>
                <ErrorSummary form=form.clone() />
                <p class="muted measure">{terms}</p>
                <HiddenField name="id" value=id />
                {renews}
                {what}
                <TextArea
                    form=form.clone()
                    name="reason"
                    label="The reason"
                    hint="Why it cannot be cleared in time, and what happens if the feature waits. Part of the record."
                    maxlength=max
                />
                <TextArea
                    form=form.clone()
                    name="compensation"
                    label="The compensating control"
                    hint="What keeps the risk down meanwhile, and who sees to it. Part of the record."
                    maxlength=max
                />
                <TextField form name="until" label="The last day" kind=InputKind::Date hint=day_hint />
                <FormActions>
                    <Button>{button}</Button>
                    <LinkButton href=back kind=ButtonKind::Link>
                        "Back to the waivers"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

/// What a renewal is about, and what becomes of the waiver that it prolongs.
fn renewed_thing(renewed: &WaiverItem, calendar: &Calendar) -> AnyView {
    let effect = format!(
        "W-{} stays in force until the end of {} ({}), whatever is decided about the renewal.",
        renewed.number,
        date_words(last_day(renewed.until, calendar)),
        words::Label::label(&renewed.state)
    );
    view! {
        <HiddenField name="subject" value=renewed.subject.clone() />
        <p>
            <strong>{renewed.blocker.clone()}</strong>
        </p>
        <p>{effect}</p>
    }
    .into_any()
}
