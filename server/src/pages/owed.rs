//! What an emergency skipped: sign it afterwards, withdraw.

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{
        Section,
        course::{OwedForms, OwedScreen},
        review::WITHDRAW_REASON,
    },
};
use sluice_domain::{
    access::Action, form::FieldProblem, gate::Verdict, ids::FeatureKey, lifecycle::SignedOwed, place::Place,
    policy::PhaseKey,
};
use sluice_service::{
    Error,
    gates::{OwedPage, SignGate, WithdrawSignOff},
};

use super::{
    course::because,
    feature_key,
    review::{action_of, named_back, renamed},
    threats::titled,
};
use crate::web::{App, Done, Failure, FormFields, Reply, Visit};

fn phase_key(text: &str) -> Result<PhaseKey, Failure> {
    text.parse().map_err(|_| Failure::not_found())
}

/// What an emergency skipped at the gate of one phase.
///
/// # Errors
/// When there is no feature that the person may see, or no such phase.
pub async fn show(State(app): State<App>, visit: Visit, Path((key, phase)): Path<(String, String)>) -> Reply {
    let page = app.service.owed_page(visit.actor()?, &feature_key(&key)?, &phase_key(&phase)?).await?;
    screen(&visit, StatusCode::OK, page, OwedForms::default(), None)
}

/// Signs an owed gate.
///
/// # Errors
/// When the person may not sign what is owed.
pub async fn sign(
    State(app): State<App>,
    visit: Visit,
    Path((key, phase)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key, phase) = (visit.actor()?, feature_key(&key)?, phase_key(&phase)?);
    let (outcome, verdict) = match SignGate::parse(&fields) {
        Ok(command) => {
            let verdict = command.verdict;
            (app.service.sign_owed(actor, &key, &phase, command).await, Some(verdict))
        }
        Err(problems) => (Err(problems.into()), None),
    };
    let place = Place::Owed(phase.clone()).path(&key);
    match outcome {
        Ok(SignedOwed::Pays) => Ok(visit.done(Done::OWED_PAID, &place)),
        Ok(SignedOwed::Stands(_)) if verdict == Some(Verdict::Deny) => Ok(visit.done(Done::DENIED, &place)),
        Ok(SignedOwed::Stands(_)) => Ok(visit.done(Done::OWED_SIGNED, &place)),
        Err(error) => {
            let forms = |problems: &[FieldProblem]| OwedForms {
                sign: Form::refused(&fields, problems),
                ..OwedForms::default()
            };
            let action = action_of(&fields, Action::SignOwed);
            refused(&app, &visit, (&key, &phase), action, error, forms).await
        }
    }
}

/// Takes the person's own sign-off of an owed gate back.
///
/// # Errors
/// When the person may not sign what is owed.
pub async fn withdraw(
    State(app): State<App>,
    visit: Visit,
    Path((key, phase)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key, phase) = (visit.actor()?, feature_key(&key)?, phase_key(&phase)?);
    let outcome = match WithdrawSignOff::parse(&renamed(&fields, WITHDRAW_REASON)) {
        Ok(command) => app.service.withdraw_owed(actor, &key, &phase, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(()) => Ok(visit.done(Done::WITHDRAWN, &Place::Owed(phase).path(&key))),
        Err(error) => {
            let forms = |problems: &[FieldProblem]| OwedForms {
                withdraw: Form::refused(&fields, &named_back(problems, WITHDRAW_REASON)),
                ..OwedForms::default()
            };
            refused(&app, &visit, (&key, &phase), Action::SignOwed, error, forms).await
        }
    }
}

/// The page again, as it is now, with what was typed and why nothing was done.
async fn refused(
    app: &App,
    visit: &Visit,
    (key, phase): (&FeatureKey, &PhaseKey),
    action: Action,
    error: Error,
    forms: impl FnOnce(&[FieldProblem]) -> OwedForms,
) -> Reply {
    let wait = if let Error::Throttled(seconds) = &error { Some(*seconds) } else { None };
    let (status, notice, problems) = match error {
        // The page below answers the same for a feature that the person may not see.
        Error::NotFound => {
            let notice = "You have no standing sign-off at this gate: it was withdrawn or voided already.";
            (StatusCode::CONFLICT, Some(notice.to_owned()), Vec::new())
        }
        other => because(other)?,
    };
    let page = app.service.owed_page(visit.actor()?, key, phase).await?;
    // Whoever signed for somebody else needs no seat of their own to take that back.
    let has_signed = page.owed.as_ref().is_some_and(|owed| owed.own.is_some());
    if !page.summary.may(action) && !has_signed {
        return Err(Error::Denied(action).into());
    }
    let mut response = screen(visit, status, page, forms(&problems), notice)?;
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

fn screen(
    visit: &Visit,
    status: StatusCode,
    page: OwedPage,
    forms: OwedForms,
    notice: Option<String>,
) -> Result<Response, Failure> {
    let title = titled(status, format!("Owed at {} of {}", page.phase.name, page.summary.key));
    let viewer = visit.actor()?.name.clone();
    Ok(visit.page(
        status,
        Section::Features,
        title,
        move || view! { <OwedScreen page viewer forms notice /> },
    ))
}
