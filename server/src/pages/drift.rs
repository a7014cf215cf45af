//! What changed after a gate opened, and manifests of what was signed.

use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{Section, drift::DriftScreen, manifest::ManifestScreen},
};
use sluice_domain::{access::Action, canonical::Digest, place::Place, policy::PhaseKey, words};
use sluice_service::{
    Error,
    gates::{AcceptDrift, DriftPage},
};

use super::{
    feature_key,
    threats::{number, titled},
};
use crate::web::{App, Done, Failure, FormFields, Reply, Visit, fields};

fn phase_key(text: &str) -> Result<PhaseKey, Failure> {
    text.parse().map_err(|_| Failure::not_found())
}

/// What changed after the gate of a phase opened.
///
/// # Errors
/// When there is no feature that the person may see, or that gate never opened.
pub async fn show(State(app): State<App>, visit: Visit, Path((key, phase)): Path<(String, String)>) -> Reply {
    let page = app.service.drift_page(visit.actor()?, &feature_key(&key)?, &phase_key(&phase)?).await?;
    screen(&visit, StatusCode::OK, page, Form::new(), None)
}

/// Accepts it.
///
/// # Errors
/// When the person may not accept it.
pub async fn accept(
    State(app): State<App>,
    visit: Visit,
    Path((key, phase)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key, phase) = (visit.actor()?, feature_key(&key)?, phase_key(&phase)?);
    let outcome = match AcceptDrift::parse(&fields) {
        Ok(command) => app.service.accept_drift(actor, &key, &phase, command).await,
        Err(problems) => Err(problems.into()),
    };
    let (status, notice, problems) = match outcome {
        Ok(()) => return Ok(visit.done(Done::DRIFT_ACCEPTED, &Place::Drift(phase).path(&key))),
        Err(Error::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, None, problems),
        Err(Error::Refused(refusal)) => (StatusCode::CONFLICT, Some(words::refusal(&refusal)), Vec::new()),
        Err(Error::Stale) => {
            let notice = "Nothing drifts here any more: somebody accepted it, or took the change back.";
            (StatusCode::CONFLICT, Some(notice.to_owned()), Vec::new())
        }
        Err(other) => return Err(other.into()),
    };
    let page = app.service.drift_page(actor, &key, &phase).await?;
    if !page.summary.may(Action::AcceptDrift) {
        return Err(Error::Denied(Action::AcceptDrift).into());
    }
    screen(&visit, status, page, Form::refused(&fields, &problems), notice)
}

fn screen(visit: &Visit, status: StatusCode, page: DriftPage, form: Form, notice: Option<String>) -> Reply {
    let title = titled(status, format!("What changed after {} of {}", page.phase.name, page.summary.key));
    let viewer = visit.actor()?.name.clone();
    Ok(visit.page(
        status,
        Section::Features,
        title,
        move || view! { <DriftScreen page viewer form notice /> },
    ))
}

/// The manifest of an attempt at a gate; `?digest=` names one of several.
///
/// # Errors
/// When there is none that the person may see.
pub async fn manifest(
    State(app): State<App>,
    visit: Visit,
    Path((key, phase, cycle)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Reply {
    let wanted = match fields::query(query.as_deref()).get("digest") {
        "" => None,
        text => Some(text.parse::<Digest>().map_err(|_| Failure::not_found())?),
    };
    let (key, phase, cycle) = (feature_key(&key)?, phase_key(&phase)?, number(&cycle)?);
    let page = app.service.manifest_page(visit.actor()?, &key, &phase, cycle, wanted).await?;
    let title = format!("Manifest of {} {}, cycle {cycle}", page.summary.key, page.phase.name);
    Ok(visit.ok(Section::Features, title, move || view! { <ManifestScreen page /> }))
}
