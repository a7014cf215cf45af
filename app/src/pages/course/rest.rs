//! Hold and resume, cancel and reopen.

use leptos::prelude::*;
use sluice_domain::place::Place;
use sluice_service::features::FeatureSummary;

use super::{CourseStep, address, heading};
use crate::{
    components::{
        Button, ButtonKind, Card, ErrorSummary, FormActions, HiddenField, InputKind, LinkButton, PostForm,
        TextArea, TextField,
    },
    form::Form,
};

pub(super) const HOLD_EFFECT: &str = "Nothing about the feature changes until somebody resumes it: no work, no evidence, no sign-off. Whoever has the turn keeps it, its time stands still, and sign-offs given so far stand. Comments stay open.";
pub(super) const RESUME_EFFECT: &str = "The feature goes on where it was: the same attempt, the same turn, and every sign-off that stood. The time of the turn runs again from now.";
pub(super) const CANCEL_EFFECT: &str = "The feature is given up. Nothing of its record is lost and no sign-off is voided, but nothing changes any more, and it leaves the lists of what is under way. A product manager can reopen it.";
pub(super) const REOPEN_EFFECT: &str = "The feature goes on where it was when it was cancelled: the same attempt, the same turn, and every sign-off that stood, a denial included.";

/// The form that puts a feature on hold.
pub(super) fn hold(summary: &FeatureSummary, form: Form) -> AnyView {
    let until = view! {
        <TextField
            form=form.clone()
            name="until"
            label="Look at it again on"
            hint="A day on which somebody decides whether it goes on. Nothing happens by itself."
            kind=InputKind::Date
            optional=true
        />
    }
    .into_any();
    let reason = reason(&form, "Why it has to wait, and for what.", false);
    card(summary, CourseStep::Hold, form, HOLD_EFFECT, view! { {reason} {until} }.into_any())
}

/// The form that lets a feature go on.
pub(super) fn resume(summary: &FeatureSummary, form: Form) -> AnyView {
    let reason = reason(&form, "What has changed, if there is something to say.", true);
    card(summary, CourseStep::Resume, form, RESUME_EFFECT, reason)
}

/// The form that gives a feature up.
pub(super) fn cancel(summary: &FeatureSummary, form: Form) -> AnyView {
    let reason = reason(&form, "Why it is given up. Whoever looks for it later finds this first.", false);
    card(summary, CourseStep::Cancel, form, CANCEL_EFFECT, reason)
}

/// The form that takes a cancellation back.
pub(super) fn reopen(summary: &FeatureSummary, form: Form) -> AnyView {
    let reason = reason(&form, "Why it goes on after all.", false);
    card(summary, CourseStep::Reopen, form, REOPEN_EFFECT, reason)
}

/// The field for the reason.
pub(super) fn reason(form: &Form, hint: &'static str, optional: bool) -> AnyView {
    let label = if optional { "Note" } else { "The reason" };
    let hint = format!("{hint} Part of the record.");
    view! { <TextArea form=form.clone() name="reason" label hint optional /> }.into_any()
}

fn card(
    summary: &FeatureSummary,
    step: CourseStep,
    form: Form,
    effect: &'static str,
    fields: AnyView,
) -> AnyView {
    let kind = if step == CourseStep::Cancel { ButtonKind::Danger } else { ButtonKind::Primary };
    let id = form.value("id");
    let effect = view! { <p class="measure">{effect}</p> }.into_any();
    let fields = view! {
        <HiddenField name="id" value=id />
        {fields}
    }
    .into_any();
    form_card(summary, step, form, effect, fields, heading(step).to_owned(), kind)
}

/// A card with what a step does, its fields, and the way back.
pub(super) fn form_card(
    summary: &FeatureSummary,
    step: CourseStep,
    form: Form,
    effect: AnyView,
    fields: AnyView,
    button: String,
    kind: ButtonKind,
) -> AnyView {
    let title = heading(step);
    let (action, back) = (address(summary, step), Place::Course.path(&summary.key));
    view! {
        <Card title id=step.code()>
            <PostForm action>
                <ErrorSummary form />
                {effect}
                {fields}
                <FormActions>
                    <Button kind>{button}</Button>
                    <LinkButton href=back kind=ButtonKind::Link>
                        "Back, and change nothing"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}
