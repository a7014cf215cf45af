//! The risk questionnaire: on one page or one question at a time, what the answers change, and saving them.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use http::StatusCode;
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{
        Section,
        risk::{RiskEffectScreen, RiskScreen, RiskStepScreen, STEPS, current, risk_form},
    },
};
use sluice_domain::{
    access::Action,
    form::{FieldProblem, Fields, Problem},
    ids::FeatureKey,
    place::Place,
    record::risk::questions,
};
use sluice_service::{
    Error,
    risk::{RateFeature, RiskEffect, RiskPage},
};

use super::{
    feature_key,
    threats::{demand, titled},
};
use crate::web::{App, Done, FormFields, Reply, Visit, fields};

/// The questionnaire; `?step=` asks one question at a time, with the answers so far beside it.
///
/// # Errors
/// When there is no feature that the person may see.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let page = app.service.risk_page(visit.actor()?, &feature_key(&key)?).await?;
    let form = risk_form(&page);
    let query = fields::query(query.as_deref());
    let step: Option<usize> = query.get("step").parse().ok().filter(|step| (1..=STEPS).contains(step));
    match step {
        Some(step) if demand(&page.summary, Action::EditFeature).is_ok() => {
            Ok(step_screen(&visit, page, form, &query, step))
        }
        _ => Ok(screen(&visit, StatusCode::OK, page, form)),
    }
}

/// The step that was asked for, or the first one before it that has no answer yet.
fn step_screen(visit: &Visit, page: RiskPage, form: Form, query: &Fields, step: usize) -> Response {
    let answer = |key: &str| ["yes", "no"].into_iter().find(|code| query.get(key) == *code);
    let form = questions().fold(form, |form, question| match answer(question.key) {
        Some(code) => form.set(question.key, code),
        None => form,
    });
    let open = questions().take(step - 1).position(|question| form.value(question.key).is_empty());
    let (step, form, status) = match open.and_then(|index| Some((index, questions().nth(index)?))) {
        None => (step, form, StatusCode::OK),
        Some((index, question)) if query.get("asked") == question.key => {
            let problem =
                FieldProblem { field: question.key, label: question.label, problem: Problem::Unanswered };
            let form = form.fail(question.key, sluice_domain::words::problem(&problem));
            (index + 1, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Some((index, _)) => (index + 1, form, StatusCode::OK),
    };
    let title = titled(status, format!("Risk questionnaire of {}, {step} of {STEPS}", page.summary.key));
    visit.page(status, Section::Features, title, move || view! { <RiskStepScreen page form step /> })
}

/// Shows what the answers change, or saves them.
///
/// # Errors
/// When the person may not answer.
pub async fn answer(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    if fields.get("go") == "edit" {
        return again(&app, &visit, &key, StatusCode::OK, Form::refused(&fields, &[])).await;
    }
    let outcome = match RateFeature::parse(&fields) {
        Err(problems) => Err(problems.into()),
        Ok(command) if fields.get("go") == "save" => {
            app.service.rate_feature(actor, &key, command).await.map(|()| None)
        }
        Ok(command) => app.service.risk_effect(actor, &key, &command).await.map(Some),
    };
    match outcome {
        Ok(None) => Ok(visit.done(Done::FEATURE_RATED, &Place::Feature.path(&key))),
        Ok(Some(effect)) => Ok(effect_screen(&visit, effect, Form::refused(&fields, &[]))),
        Err(Error::Invalid(problems)) => {
            let form = Form::refused(&fields, &problems);
            again(&app, &visit, &key, StatusCode::UNPROCESSABLE_ENTITY, form).await
        }
        Err(Error::Stale) => {
            again(&app, &visit, &key, StatusCode::CONFLICT, Form::refused(&fields, &[])).await
        }
        Err(other) => Err(other.into()),
    }
}

/// The questionnaire again, with what was typed.
async fn again(app: &App, visit: &Visit, key: &FeatureKey, status: StatusCode, form: Form) -> Reply {
    let page = app.service.risk_page(visit.actor()?, key).await?;
    demand(&page.summary, Action::EditFeature)?;
    // After a conflict, which the page shows, going on means: mine over theirs.
    let form = if status == StatusCode::CONFLICT { current(form, &page) } else { form };
    Ok(screen(visit, status, page, form))
}

fn screen(visit: &Visit, status: StatusCode, page: RiskPage, form: Form) -> Response {
    let title = titled(status, format!("Risk questionnaire of {}", page.summary.key));
    let conflict = status == StatusCode::CONFLICT;
    visit.page(status, Section::Features, title, move || view! { <RiskScreen page form conflict /> })
}

fn effect_screen(visit: &Visit, effect: RiskEffect, form: Form) -> Response {
    let title = format!("What the answers change for {}", effect.page.summary.key);
    visit.ok(Section::Features, title, move || view! { <RiskEffectScreen effect form /> })
}
