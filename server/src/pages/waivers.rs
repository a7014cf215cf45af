//! Waivers: ask for one, decide about it, take it back, end it; those of a feature and of a product.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{
        Section,
        error::wait_words,
        waivers::{
            NewWaiverScreen, ProductWaiversScreen, WaiverForms, WaiverScreen, WaiversScreen, new_waiver_form,
        },
    },
};
use sluice_domain::{
    access::Action,
    form::{FieldProblem, Fields},
    ids::FeatureKey,
    lifecycle::Refusal,
    place::Place,
    words,
};
use sluice_service::{
    Error, new_form_id,
    waivers::{
        DecideWaiver, EndWaiver, NewWaiverPage, RequestWaiver, WaiverPage, WaiverVerdict, WithdrawWaiver,
    },
};

use super::{
    feature_key, product_key,
    threats::{demand, number, titled},
};
use crate::web::{App, Done, FormFields, Reply, Visit, fields};

/// The waivers of a feature; `?below=` leads to older ones.
///
/// # Errors
/// When there is no feature that the person may see.
pub async fn list(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let below = fields::query(query.as_deref()).get("below").parse().ok();
    let page = app.service.waivers_page(visit.actor()?, &feature_key(&key)?, below).await?;
    let title = format!("Waivers of {}", page.summary.key);
    Ok(visit.ok(Section::Features, title, move || view! { <WaiversScreen page /> }))
}

/// The waivers of a product.
///
/// # Errors
/// When there is no product whose features the person may read.
pub async fn of_product(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let query = fields::query(query.as_deref());
    let page =
        app.service.product_waivers(visit.actor()?, &product_key(&key)?, Some(query.get("after"))).await?;
    let title = format!("Waivers of {}", page.key);
    Ok(visit.ok(Section::Products, title, move || view! { <ProductWaiversScreen page /> }))
}

/// The form that asks for a waiver; `?subject=` names the blocker that was come from, `?renews=` the waiver that is to
/// be prolonged.
///
/// # Errors
/// When the person may not ask for waivers, or there is no such waiver.
pub async fn new_form(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let query = fields::query(query.as_deref());
    let renews = match query.get("renews") {
        "" => None,
        text => Some(number(text)?),
    };
    let page = app.service.new_waiver_page(visit.actor()?, &feature_key(&key)?, renews).await?;
    demand(&page.summary, Action::RequestWaiver)?;
    let form = new_waiver_form(new_form_id(), &page, query.get("subject"));
    Ok(new_screen(&visit, StatusCode::OK, page, form, None))
}

/// Asks for a waiver.
///
/// # Errors
/// When the person may not ask for waivers.
pub async fn request(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    let outcome = match RequestWaiver::parse(&fields) {
        Ok(command) => app.service.request_waiver(actor, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    let (status, notice, problems) = match outcome {
        Ok(number) => return Ok(visit.done(Done::WAIVER_REQUESTED, &Place::Waiver(number).path(&key))),
        Err(Error::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, None, problems),
        Err(Error::Refused(refusal @ Refusal::Waiver(_))) => {
            (StatusCode::CONFLICT, Some(words::refusal(&refusal)), Vec::new())
        }
        Err(other) => return Err(other.into()),
    };
    let renews = fields.get("renews").parse().ok();
    let page = match app.service.new_waiver_page(actor, &key, renews).await {
        // A renewal of nothing is a request like any other.
        Err(Error::NotFound) if renews.is_some() => app.service.new_waiver_page(actor, &key, None).await?,
        page => page?,
    };
    demand(&page.summary, Action::RequestWaiver)?;
    Ok(new_screen(&visit, status, page, Form::refused(&fields, &problems), notice))
}

/// One waiver.
///
/// # Errors
/// When there is none that the person may see.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path((key, waiver)): Path<(String, String)>,
) -> Reply {
    let page = app.service.waiver_page(visit.actor()?, &feature_key(&key)?, number(&waiver)?).await?;
    screen(&visit, StatusCode::OK, page, WaiverForms::default(), None)
}

/// Approves or refuses a request.
///
/// # Errors
/// When the person may not decide about waivers, or there is no such waiver.
pub async fn decide(
    State(app): State<App>,
    visit: Visit,
    Path((key, waiver)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key, number) = (visit.actor()?, feature_key(&key)?, number(&waiver)?);
    let (outcome, done) = match DecideWaiver::parse(&fields) {
        Ok(command) => {
            let done = match command.verdict {
                WaiverVerdict::Approve => Done::WAIVER_APPROVED,
                WaiverVerdict::Refuse => Done::WAIVER_REFUSED,
            };
            (app.service.decide_waiver(actor, &key, number, command).await, done)
        }
        Err(problems) => (Err(problems.into()), Done::SAVED),
    };
    match outcome {
        Ok(()) => Ok(visit.done(done, &Place::Waiver(number).path(&key))),
        Err(error) => {
            let forms = |fields: &Fields, problems: &[FieldProblem]| WaiverForms {
                decide: Form::refused(fields, problems),
                ..WaiverForms::default()
            };
            refused(&app, &visit, (&key, number), Action::ApproveWaiver, error, &fields, forms).await
        }
    }
}

/// Takes the person's own request back.
///
/// # Errors
/// When the person may not ask for waivers, or there is no such waiver.
pub async fn withdraw(
    State(app): State<App>,
    visit: Visit,
    Path((key, waiver)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key, number) = (visit.actor()?, feature_key(&key)?, number(&waiver)?);
    let outcome = match WithdrawWaiver::parse(&fields) {
        Ok(command) => app.service.withdraw_waiver(actor, &key, number, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(()) => Ok(visit.done(Done::WAIVER_WITHDRAWN, &Place::Waiver(number).path(&key))),
        Err(error) => {
            let forms = |_: &Fields, _: &[FieldProblem]| WaiverForms::default();
            refused(&app, &visit, (&key, number), Action::RequestWaiver, error, &fields, forms).await
        }
    }
}

/// Ends a waiver before its time.
///
/// # Errors
/// When the person may not end it, or there is no such waiver.
pub async fn end(
    State(app): State<App>,
    visit: Visit,
    Path((key, waiver)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key, number) = (visit.actor()?, feature_key(&key)?, number(&waiver)?);
    let outcome = match EndWaiver::parse(&fields) {
        Ok(command) => app.service.end_waiver(actor, &key, number, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(()) => Ok(visit.done(Done::WAIVER_ENDED, &Place::Waiver(number).path(&key))),
        Err(error) => {
            let forms = |fields: &Fields, problems: &[FieldProblem]| WaiverForms {
                end: Form::refused(fields, problems),
                ..WaiverForms::default()
            };
            refused(&app, &visit, (&key, number), Action::ApproveWaiver, error, &fields, forms).await
        }
    }
}

/// The waiver again, as it is now, with what was typed and why nothing was done.
async fn refused(
    app: &App,
    visit: &Visit,
    (key, number): (&FeatureKey, i32),
    action: Action,
    error: Error,
    fields: &Fields,
    forms: impl FnOnce(&Fields, &[FieldProblem]) -> WaiverForms,
) -> Reply {
    let wait = if let Error::Throttled(seconds) = &error { Some(*seconds) } else { None };
    let (status, notice, problems) = match error {
        Error::Invalid(problems) => (StatusCode::UNPROCESSABLE_ENTITY, None, problems),
        Error::Refused(refusal @ Refusal::Waiver(_)) => {
            (StatusCode::CONFLICT, Some(words::refusal(&refusal)), Vec::new())
        }
        Error::Stale => {
            let notice = "Somebody else took a step with this waiver meanwhile, so nothing was done. Read how it stands now.";
            (StatusCode::CONFLICT, Some(notice.to_owned()), Vec::new())
        }
        Error::Throttled(seconds) => (StatusCode::TOO_MANY_REQUESTS, Some(wait_words(seconds)), Vec::new()),
        Error::Busy => {
            let notice = "The server is busy right now. Nothing was done; try again in a moment.";
            (StatusCode::SERVICE_UNAVAILABLE, Some(notice.to_owned()), Vec::new())
        }
        other => return Err(other.into()),
    };
    let page = app.service.waiver_page(visit.actor()?, key, number).await?;
    // A form may have been refused before it was looked at who sent it. The owner of a feature may end its waivers with
    // the roles of the team.
    if !page.summary.may(action) && !page.steps.end {
        return Err(Error::Denied(action).into());
    }
    let mut response = screen(visit, status, page, forms(fields, &problems), notice)?;
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

fn screen(
    visit: &Visit,
    status: StatusCode,
    page: WaiverPage,
    forms: WaiverForms,
    notice: Option<String>,
) -> Reply {
    let title = titled(status, format!("W-{} of {}", page.waiver.number, page.summary.key));
    let viewer = visit.actor()?.name.clone();
    Ok(visit.page(
        status,
        Section::Features,
        title,
        move || view! { <WaiverScreen page viewer forms notice /> },
    ))
}

fn new_screen(
    visit: &Visit,
    status: StatusCode,
    page: NewWaiverPage,
    form: Form,
    notice: Option<String>,
) -> Response {
    let title = titled(status, format!("Ask for a waiver for {}", page.summary.key));
    visit.page(status, Section::Features, title, move || view! { <NewWaiverScreen page form notice /> })
}
