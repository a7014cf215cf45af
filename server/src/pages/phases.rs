//! The work of a phase.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use http::StatusCode;
use leptos::prelude::*;
use sluice_app::pages::{
    Section,
    phases::{OpenControl, PhaseWorkPage},
};
use sluice_domain::{access::Action, place::Place, policy::PhaseKey};
use sluice_service::{
    Error,
    phases::{MarkControl, PhasePage},
};

use super::feature_key;
use crate::web::{App, Done, Failure, FormFields, Reply, Visit, fields};

/// The checklist of a phase; `?open=` opens the form of one control.
///
/// # Errors
/// When there is no such feature, or its policy has no such phase.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path((key, phase)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Reply {
    let page = app.service.phase_page(visit.actor()?, &feature_key(&key)?, &phase_key(&phase)?).await?;
    let query = fields::query(query.as_deref());
    let open = Some(query.get("open")).filter(|control| !control.is_empty()).map(OpenControl::new);
    Ok(visit.ok(Section::Features, title(&page), move || view! { <PhaseWorkPage page open /> }))
}

/// Marks a control.
///
/// # Errors
/// When the lifecycle refuses it, or the person may not do it.
pub async fn mark(
    State(app): State<App>,
    visit: Visit,
    Path((key, phase)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (key, phase) = (feature_key(&key)?, phase_key(&phase)?);
    let actor = visit.actor()?;
    let (outcome, place) = match MarkControl::parse(&fields) {
        Ok(command) => {
            let place = Place::Control(phase.clone(), command.control.clone());
            (app.service.mark_control(actor, &key, &phase, command).await, place)
        }
        Err(problems) => (Err(problems.into()), Place::Phase(phase.clone())),
    };
    let (status, open) = match outcome {
        Ok(()) => return Ok(visit.done(Done::CONTROL_SAVED, &place.path(&key))),
        Err(Error::Invalid(problems)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, OpenControl::refused(&fields, &problems))
        }
        Err(Error::Stale) => (StatusCode::CONFLICT, OpenControl::conflict(&fields)),
        Err(other) => return Err(other.into()),
    };
    let page = app.service.phase_page(actor, &key, &phase).await?;
    // Whoever may not do controls is told that, and not what is wrong with the form.
    if !page.summary.may(Action::DoControl) {
        return Err(Error::Denied(Action::DoControl).into());
    }
    Ok(again(&visit, status, page, open))
}

/// The page again, with what was typed.
fn again(visit: &Visit, status: StatusCode, page: PhasePage, open: OpenControl) -> Response {
    let title = title(&page);
    let body = move || view! { <PhaseWorkPage page open=Some(open) /> };
    if status == StatusCode::CONFLICT {
        visit.page(status, Section::Features, format!("Conflict: {title}"), body)
    } else {
        visit.refused(Section::Features, title, body)
    }
}

fn title(page: &PhasePage) -> String {
    format!("{} · {} {}", page.phase.name, page.summary.key, page.summary.title)
}

fn phase_key(text: &str) -> Result<PhaseKey, Failure> {
    PhaseKey::parse(text).map_err(|_| Failure::not_found())
}
