//! Seats at gates that are handed to somebody else for a while.

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
        delegations::{DelegationsScreen, delegation_form},
    },
};
use sluice_domain::{access::Action, place::ProductPlace};
use sluice_service::{
    Error,
    delegations::{DelegateSeat, DelegationsPage, EndDelegation},
    new_form_id,
};

use super::{id, product_key, threats::titled};
use crate::web::{App, Done, FormFields, Reply, Visit, fields};

/// The seats of a product that were handed on.
///
/// # Errors
/// When there is no such product, or the person may not know of it.
pub async fn list(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let query = fields::query(query.as_deref());
    let after = Some(query.get("after")).filter(|after| !after.is_empty());
    let page = app.service.delegations(visit.actor()?, &product_key(&key)?, after).await?;
    Ok(screen(&visit, StatusCode::OK, page, delegation_form(&new_form_id())))
}

/// Hands a seat on.
///
/// # Errors
/// When the person has no seat there.
pub async fn delegate(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, product_key(&key)?);
    let outcome = match DelegateSeat::parse(&fields) {
        Ok(command) => app.service.delegate_seat(actor, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    let problems = match outcome {
        Ok(()) => return Ok(visit.done(Done::SEAT_HANDED_ON, &ProductPlace::Delegations.path(&key))),
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other.into()),
    };
    let page = app.service.delegations(actor, &key, None).await?;
    if !page.product.may(Action::DelegateSeat) {
        return Err(Error::Denied(Action::DelegateSeat).into());
    }
    Ok(screen(&visit, StatusCode::UNPROCESSABLE_ENTITY, page, Form::refused(&fields, &problems)))
}

/// Takes a seat back.
///
/// # Errors
/// When the person handed no such seat on, or it is over.
pub async fn end(
    State(app): State<App>,
    visit: Visit,
    Path((key, delegation)): Path<(String, String)>,
    FormFields(_): FormFields,
) -> Reply {
    let (key, id) = (product_key(&key)?, id(&delegation)?);
    app.service.end_delegation(visit.actor()?, &key, EndDelegation { id }).await?;
    Ok(visit.done(Done::SEAT_TAKEN_BACK, &ProductPlace::Delegations.path(&key)))
}

fn screen(visit: &Visit, status: StatusCode, page: DelegationsPage, form: Form) -> Response {
    let title = titled(status, format!("Handed-on seats of {}", page.product.key));
    visit.page(status, Section::Products, title, move || view! { <DelegationsScreen page form /> })
}
