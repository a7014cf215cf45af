//! The questionnaire one question at a time. The answers travel in the address, so that the browser's own way back
//! works, and everything works without a script.

use leptos::prelude::*;
use sluice_domain::{place::Place, record::risk::questions};
use sluice_service::risk::RiskPage;

use super::{hidden_state, last_fields, yes_no};
use crate::{
    components::{
        Button, ButtonKind, Card, ErrorSummary, FormActions, HiddenField, LinkButton, PostForm, RadioGroup,
    },
    form::Form,
    pages::{FeatureFrame, FeatureSection},
};

/// How many steps there are: a question each, and one for what the questions do not see.
pub const STEPS: usize = 7;

/// One step of the questionnaire.
#[component]
pub fn RiskStepScreen(
    /// The questionnaire.
    page: RiskPage,
    /// The answers so far.
    form: Form,
    /// The step, from 1.
    step: usize,
) -> impl IntoView {
    let action = Place::Risk.path(&page.summary.key);
    let side = view! { <span class="muted">{format!("{step} of {STEPS}")}</span> }.into_any();
    let back = back(&action, &form, step);
    let body = if let Some(question) = questions().nth(step - 1) {
        let answered = carried(&form, Some(question.key));
        let options = yes_no();
        view! {
            <form class="form" method="get" action=action>
                <ErrorSummary form=form.clone() />
                {answered}
                <HiddenField name="asked" value=question.key />
                <HiddenField name="step" value=(step + 1).to_string() />
                <RadioGroup form name=question.key legend=question.label options inline=true />
                <FormActions>
                    <Button>"Next"</Button>
                    {back}
                </FormActions>
            </form>
        }
        .into_any()
    } else {
        let (answered, state, fields) = (carried(&form, None), hidden_state(&form), last_fields(&form));
        view! {
            <PostForm action>
                <ErrorSummary form=form.clone() />
                {answered}
                {state}
                {fields}
                <FormActions>
                    <Button>"Show what this changes"</Button>
                    {back}
                </FormActions>
            </PostForm>
        }
        .into_any()
    };
    view! {
        <FeatureFrame summary=page.summary section=FeatureSection::Overview here="Risk questionnaire">
            <Card title="Risk questionnaire" side>
                {body}
            </Card>
        </FeatureFrame>
    }
}

/// The answers to the other questions.
fn carried(form: &Form, besides: Option<&str>) -> Vec<AnyView> {
    questions()
        .filter(|question| Some(question.key) != besides && !form.value(question.key).is_empty())
        .map(|question| view! { <HiddenField name=question.key value=form.value(question.key) /> }.into_any())
        .collect()
}

/// The way to the step before, with the answers so far.
fn back(action: &str, form: &Form, step: usize) -> AnyView {
    if step == 1 {
        let href = action.to_owned();
        return view! {
            <LinkButton href kind=ButtonKind::Link>
                "All questions on one page"
            </LinkButton>
        }
        .into_any();
    }
    // Only our own codes come into the address, so nothing has to be escaped.
    let answers: String = questions()
        .filter_map(|question| {
            let code = ["yes", "no"].into_iter().find(|code| form.is(question.key, code))?;
            Some(format!("&{}={code}", question.key))
        })
        .collect();
    let href = format!("{action}?step={}{answers}", step - 1);
    view! {
        <LinkButton href kind=ButtonKind::Link>
            "Back"
        </LinkButton>
    }
    .into_any()
}
