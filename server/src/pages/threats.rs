//! The threat model: its four questions and its threats.

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{
        Section,
        threats::{ThreatModelScreen, ThreatScreen, model_form, new_threat_form, threat_form},
    },
};
use sluice_domain::{access::Action, place::Place};
use sluice_service::{
    Error,
    features::FeatureSummary,
    new_form_id,
    threats::{AnswerThreatModel, EditThreat, ThreatModelPage, ThreatPage},
};

use super::feature_key;
use crate::web::{App, Done, Failure, FormFields, Reply, Visit};

/// The threat model.
///
/// # Errors
/// When there is no feature that the person may see.
pub async fn model(State(app): State<App>, visit: Visit, Path(key): Path<String>) -> Reply {
    let page = app.service.threat_model_page(visit.actor()?, &feature_key(&key)?).await?;
    let form = model_form(&page);
    Ok(model_screen(&visit, StatusCode::OK, page, form))
}

/// Answers the four questions.
///
/// # Errors
/// When the person may not edit the threat model.
pub async fn answer(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    let outcome = match AnswerThreatModel::parse(&fields) {
        Ok(command) => app.service.answer_threat_model(actor, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    let (status, problems) = match outcome {
        Ok(()) => return Ok(visit.done(Done::SAVED, &Place::ThreatModel.path(&key))),
        Err(Error::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, problems),
        Err(Error::Stale) => (StatusCode::CONFLICT, Vec::new()),
        Err(other) => return Err(other.into()),
    };
    let page = app.service.threat_model_page(actor, &key).await?;
    demand(&page.summary, Action::EditThreatModel)?;
    let mut form = Form::refused(&fields, &problems);
    if status == StatusCode::CONFLICT {
        // Saving again then means: mine over theirs, which the page shows side by side.
        form = form.set("version", page.version.to_string());
    }
    Ok(model_screen(&visit, status, page, form))
}

/// The form of a new threat.
///
/// # Errors
/// When the person may not edit the threat model.
pub async fn new_form(State(app): State<App>, visit: Visit, Path(key): Path<String>) -> Reply {
    let page = app.service.threat_page(visit.actor()?, &feature_key(&key)?, None).await?;
    demand(&page.summary, Action::EditThreatModel)?;
    Ok(threat_screen(&visit, StatusCode::OK, page, new_threat_form(new_form_id())))
}

/// Adds a threat.
///
/// # Errors
/// When the person may not edit the threat model.
pub async fn add(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    let outcome = match EditThreat::parse(&fields) {
        Ok(command) => app.service.add_threat(actor, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    let problems = match outcome {
        Ok(number) => return Ok(visit.done(Done::THREAT_ADDED, &Place::Threat(number).path(&key))),
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other.into()),
    };
    let page = app.service.threat_page(actor, &key, None).await?;
    demand(&page.summary, Action::EditThreatModel)?;
    Ok(threat_screen(&visit, StatusCode::UNPROCESSABLE_ENTITY, page, Form::refused(&fields, &problems)))
}

/// One threat: its form, or the threat to read.
///
/// # Errors
/// When there is none that the person may see.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path((key, threat)): Path<(String, String)>,
) -> Reply {
    let page = app.service.threat_page(visit.actor()?, &feature_key(&key)?, Some(number(&threat)?)).await?;
    let form = page.threat.as_ref().map(threat_form).unwrap_or_default();
    Ok(threat_screen(&visit, StatusCode::OK, page, form))
}

/// Edits a threat.
///
/// # Errors
/// When the person may not edit the threat model, or there is no such threat.
pub async fn edit(
    State(app): State<App>,
    visit: Visit,
    Path((key, threat)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key, number) = (visit.actor()?, feature_key(&key)?, number(&threat)?);
    let outcome = match EditThreat::parse(&fields) {
        Ok(command) => app.service.edit_threat(actor, &key, number, command).await,
        Err(problems) => Err(problems.into()),
    };
    let (status, problems) = match outcome {
        Ok(()) => return Ok(visit.done(Done::SAVED, &Place::ThreatModel.path(&key))),
        Err(Error::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, problems),
        Err(Error::Stale) => (StatusCode::CONFLICT, Vec::new()),
        Err(other) => return Err(other.into()),
    };
    let page = app.service.threat_page(actor, &key, Some(number)).await?;
    demand(&page.summary, Action::EditThreatModel)?;
    let mut form = Form::refused(&fields, &problems);
    if let (StatusCode::CONFLICT, Some(theirs)) = (status, &page.threat) {
        form = form.set("version", theirs.version.to_string());
    }
    Ok(threat_screen(&visit, status, page, form))
}

fn model_screen(visit: &Visit, status: StatusCode, page: ThreatModelPage, form: Form) -> Response {
    let title = titled(status, format!("Threat model of {}", page.summary.key));
    let conflict = status == StatusCode::CONFLICT;
    visit.page(status, Section::Features, title, move || view! { <ThreatModelScreen page form conflict /> })
}

fn threat_screen(visit: &Visit, status: StatusCode, page: ThreatPage, form: Form) -> Response {
    let key = &page.summary.key;
    let title = match &page.threat {
        None => format!("Add a threat to {key}"),
        Some(threat) => format!("T-{} of {key}", threat.number),
    };
    let conflict = status == StatusCode::CONFLICT;
    visit.page(
        status,
        Section::Features,
        titled(status, title),
        move || view! { <ThreatScreen page form conflict /> },
    )
}

/// The title of a page, which says first when the page is about an error.
pub(super) fn titled(status: StatusCode, title: String) -> String {
    if status.is_success() { title } else { format!("Error: {title}") }
}

/// Demands that the reader may do this now. A form that is drawn again asks for it itself: the use case may have
/// refused the form before it looked at who sent it.
pub(super) fn demand(summary: &FeatureSummary, action: Action) -> Result<(), Failure> {
    if !summary.may(action) {
        return Err(Error::Denied(action).into());
    }
    summary.progress.attempt().map(drop).map_err(|refusal| Error::Refused(refusal).into())
}

/// A number within an address. `04` and `+4` would be further addresses of the same page.
pub(super) fn number(text: &str) -> Result<i32, Failure> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain).ok_or_else(Failure::not_found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        assert!(matches!(number("4"), Ok(4)));
        for wrong in ["", "0", "04", "+4", "-4", "4a", "99999999999"] {
            assert!(number(wrong).is_err(), "{wrong:?}");
        }
    }
}
