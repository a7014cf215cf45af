//! Feedback that becomes a feature.

use axum::extract::{Path, State};
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{Section, paper::TakeUpScreen},
};
use sluice_domain::{access::Action, ids::FeatureKey, place::Place, record::RecordKind};
use sluice_service::{
    Error, new_form_id,
    records::{RecordPage, TakeUpFeedback},
};

use super::{
    feature_key,
    threats::{demand, number},
};
use crate::web::{App, Done, Failure, FormFields, Reply, Visit};

/// The form; it proposes what the feedback says in a line.
///
/// # Errors
/// When there is no such feedback that the person may take up.
pub async fn form(
    State(app): State<App>,
    visit: Visit,
    Path((key, feedback)): Path<(String, String)>,
) -> Reply {
    let page = feedback_page(&app, &visit, &feature_key(&key)?, number(&feedback)?).await?;
    let proposed = page.item.as_ref().map(|item| item.title.clone()).unwrap_or_default();
    let form = Form::new().with("id", new_form_id()).with("title", proposed);
    Ok(visit.ok(Section::Features, title(&page), move || view! { <TakeUpScreen page form /> }))
}

/// Makes a feature out of the feedback.
///
/// # Errors
/// When the person may not create features there.
pub async fn take_up(
    State(app): State<App>,
    visit: Visit,
    Path((key, feedback)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key, number) = (visit.actor()?, feature_key(&key)?, number(&feedback)?);
    let outcome = match TakeUpFeedback::parse(&fields) {
        Ok(command) => app.service.take_up_feedback(actor, &key, number, command).await,
        Err(problems) => Err(problems.into()),
    };
    let problems = match outcome {
        Ok(made) => return Ok(visit.done(Done::FEATURE_CREATED, &Place::Feature.path(&made))),
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other.into()),
    };
    let page = feedback_page(&app, &visit, &key, number).await?;
    let form = Form::refused(&fields, &problems);
    Ok(visit.refused(Section::Features, title(&page), move || view! { <TakeUpScreen page form /> }))
}

/// The feedback, for somebody who may make a feature of it now.
async fn feedback_page(
    app: &App,
    visit: &Visit,
    key: &FeatureKey,
    number: i32,
) -> Result<RecordPage, Failure> {
    let page = app.service.record_page(visit.actor()?, key, RecordKind::Feedback, Some(number)).await?;
    demand(&page.summary, Action::CreateFeature)?;
    Ok(page)
}

fn title(page: &RecordPage) -> String {
    let number = page.item.as_ref().map_or(0, |item| item.number);
    format!("Make {} of {} a feature", RecordKind::Feedback.key(number), page.summary.key)
}
