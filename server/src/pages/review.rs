//! Review and sign-off: ask for it, sign, withdraw, return.

use axum::extract::{Path, State};
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{
        Section,
        review::{RETURN_REASON, ReviewForms, ReviewScreen, WITHDRAW_REASON},
    },
};
use sluice_domain::{
    access::Action,
    form::{FieldProblem, Fields},
    gate::Verdict,
    ids::FeatureKey,
    place::Place,
    words,
};
use sluice_service::{
    Error,
    gates::{ReturnForChanges, ReviewPage, SignGate, WithdrawSignOff},
};

use super::{feature_key, threats::titled};
use crate::web::{App, Done, FormFields, Reply, Visit};

/// The review of the gate that the feature stands at.
///
/// # Errors
/// When there is no feature that the person may see.
pub async fn show(State(app): State<App>, visit: Visit, Path(key): Path<String>) -> Reply {
    let page = app.service.review_page(visit.actor()?, &feature_key(&key)?).await?;
    screen(&visit, StatusCode::OK, page, ReviewForms::default(), None)
}

/// Signs the gate.
///
/// # Errors
/// When the person may not sign gates.
pub async fn sign(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    let (outcome, verdict) = match SignGate::parse(&fields) {
        Ok(command) => {
            let verdict = command.verdict;
            (app.service.sign_gate(actor, &key, command).await, Some(verdict))
        }
        Err(problems) => (Err(problems.into()), None),
    };
    match outcome {
        Ok(_) if verdict == Some(Verdict::Deny) => Ok(visit.done(Done::DENIED, &Place::Review.path(&key))),
        Ok(progress) => {
            // The phase in the form only chooses the words of the notice.
            let done = Done::after_signing(fields.get("phase"), &progress);
            let place = if done == Done::SIGNED { Place::Review } else { Place::Feature };
            Ok(visit.done(done, &place.path(&key)))
        }
        Err(error) => {
            let forms = |problems: &[FieldProblem]| ReviewForms {
                sign: Form::refused(&fields, problems),
                ..ReviewForms::default()
            };
            let action = action_of(&fields, Action::SignGate);
            refused(&app, &visit, &key, action, error, forms).await
        }
    }
}

/// The action of a sign-off: who signs in a seat that was handed to them needs no seat of their own.
pub(super) fn action_of(fields: &Fields, own: Action) -> Action {
    if fields.get("role").contains('/') { Action::SignForAnother } else { own }
}

/// Hands the turn to the reviewers.
///
/// # Errors
/// When the person may not request reviews.
pub async fn request(State(app): State<App>, visit: Visit, Path(key): Path<String>) -> Reply {
    let key = feature_key(&key)?;
    match app.service.request_review(visit.actor()?, &key).await {
        Ok(()) => Ok(visit.done(Done::REVIEW_REQUESTED, &Place::Review.path(&key))),
        Err(error) => {
            refused(&app, &visit, &key, Action::RequestReview, error, |_| ReviewForms::default()).await
        }
    }
}

/// Ends the cycle and hands the turn back to the team.
///
/// # Errors
/// When the person may not return gates.
pub async fn return_for_changes(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    let outcome = match ReturnForChanges::parse(&renamed(&fields, RETURN_REASON)) {
        Ok(command) => app.service.return_for_changes(actor, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(()) => Ok(visit.done(Done::RETURNED, &Place::Review.path(&key))),
        Err(error) => {
            let forms = |problems: &[FieldProblem]| ReviewForms {
                give_back: Form::refused(&fields, &named_back(problems, RETURN_REASON)),
                ..ReviewForms::default()
            };
            refused(&app, &visit, &key, Action::ReturnForChanges, error, forms).await
        }
    }
}

/// Takes the person's own sign-off back.
///
/// # Errors
/// When the person may not sign gates.
pub async fn withdraw(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    let outcome = match WithdrawSignOff::parse(&renamed(&fields, WITHDRAW_REASON)) {
        Ok(command) => app.service.withdraw_sign_off(actor, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(_) => Ok(visit.done(Done::WITHDRAWN, &Place::Review.path(&key))),
        Err(error) => {
            let forms = |problems: &[FieldProblem]| ReviewForms {
                withdraw: Form::refused(&fields, &named_back(problems, WITHDRAW_REASON)),
                ..ReviewForms::default()
            };
            refused(&app, &visit, &key, Action::SignGate, error, forms).await
        }
    }
}

/// The review again, as it is now, with what was typed and why nothing was done.
async fn refused(
    app: &App,
    visit: &Visit,
    key: &FeatureKey,
    action: Action,
    error: Error,
    forms: impl FnOnce(&[FieldProblem]) -> ReviewForms,
) -> Reply {
    let wait = if let Error::Throttled(seconds) = &error { Some(*seconds) } else { None };
    let (status, notice, problems) = match error {
        Error::Invalid(problems) => (StatusCode::UNPROCESSABLE_ENTITY, None, problems),
        Error::Refused(refusal) => (StatusCode::CONFLICT, Some(words::refusal(&refusal)), Vec::new()),
        Error::Stale => {
            let notice = "The gate is no longer as you saw it: another cycle has begun, or another sign-off stands. Nothing was \
                          done; read how it stands now.";
            (StatusCode::CONFLICT, Some(notice.to_owned()), Vec::new())
        }
        // The page below answers the same for a feature that the person may not see.
        Error::NotFound => {
            let notice = "You have no standing sign-off at this gate: it was withdrawn or voided already.";
            (StatusCode::CONFLICT, Some(notice.to_owned()), Vec::new())
        }
        Error::Throttled(seconds) => {
            let minutes = seconds.div_ceil(60).max(1);
            let unit = if minutes == 1 { "minute" } else { "minutes" };
            let notice =
                format!("Too many wrong passwords. Nothing was signed; try again in {minutes} {unit}.");
            (StatusCode::TOO_MANY_REQUESTS, Some(notice), Vec::new())
        }
        Error::Busy => {
            let notice = "The server is busy right now. Nothing was done; try again in a moment.";
            (StatusCode::SERVICE_UNAVAILABLE, Some(notice.to_owned()), Vec::new())
        }
        other => return Err(other.into()),
    };
    let page = app.service.review_page(visit.actor()?, key).await?;
    let signed_for_another =
        page.sign_offs.iter().any(|past| past.mine && past.current && past.on_behalf_of.is_some());
    if !page.summary.may(action) && !signed_for_another {
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
    page: ReviewPage,
    forms: ReviewForms,
    notice: Option<String>,
) -> Reply {
    let title = titled(status, format!("Review of {}", page.summary.key));
    let viewer = visit.actor()?.name.clone();
    Ok(visit.page(
        status,
        Section::Features,
        title,
        move || view! { <ReviewScreen page viewer forms notice /> },
    ))
}

/// The fields with `name` called `reason`, as the use cases know it: on the page each reason has a name of its own.
pub(super) fn renamed(fields: &Fields, name: &str) -> Fields {
    let pair = |(key, value): &(String, String)| {
        let key = if key == name { "reason" } else { key.as_str() };
        (key.to_owned(), value.clone())
    };
    Fields::new(fields.pairs().iter().filter(|(key, _)| key != "reason").map(pair).collect())
}

/// Problems of `reason` under the name that it has on the page.
pub(super) fn named_back(problems: &[FieldProblem], name: &'static str) -> Vec<FieldProblem> {
    let back = |problem: &FieldProblem| {
        let field = if problem.field == "reason" { name } else { problem.field };
        FieldProblem { field, ..problem.clone() }
    };
    problems.iter().map(back).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_reason_reaches_the_use_case_and_its_problem_comes_back() {
        let sent = fields(&[("return-reason", "Add a test"), ("cycle", "2"), ("reason", "from elsewhere")]);
        let command = ReturnForChanges::parse(&renamed(&sent, RETURN_REASON)).expect("a command");
        assert_eq!((command.reason.as_str(), command.cycle), ("Add a test", 2));

        let sent = fields(&[("return-reason", ""), ("cycle", "2")]);
        let problems =
            ReturnForChanges::parse(&renamed(&sent, RETURN_REASON)).expect_err("a reason is needed");
        let form = Form::refused(&sent, &named_back(&problems, RETURN_REASON));
        assert!(form.error("return-reason").is_some() && form.error("reason").is_none());
    }
}
