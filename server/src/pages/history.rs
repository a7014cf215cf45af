//! The history: of one feature, of the whole workspace, and its export.

use axum::{
    body::Body,
    extract::{Path, RawQuery, State},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{
        Section,
        history::{FeatureHistoryScreen, HistoryScreen},
    },
};
use sluice_domain::{
    access::Action,
    form::{FieldProblem, Fields},
};
use sluice_service::history::HistoryFilter;

use super::{
    demand,
    evidence::{attachment, inert},
    feature_key,
};
use crate::web::{App, FormFields, Reply, Visit, fields};

/// What happened to a feature; `?after=` names where the page before ended.
///
/// # Errors
/// When there is no feature that the person may see.
pub async fn feature(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let query = fields::query(query.as_deref());
    let after = Some(query.get("after")).filter(|after| !after.is_empty());
    let page = app.service.feature_history(visit.actor()?, &feature_key(&key)?, after).await?;
    let title = format!("History of {}", page.summary.key);
    let later = after.is_some();
    Ok(visit.ok(Section::Features, title, move || view! { <FeatureHistoryScreen page later /> }))
}

/// The history of the workspace, narrowed by the query.
///
/// # Errors
/// For everybody but auditors.
pub async fn show(State(app): State<App>, visit: Visit, RawQuery(query): RawQuery) -> Reply {
    let fields = fields::query(query.as_deref());
    let actor = visit.actor()?;
    // Asks for the right to read, so it comes before anything is said about the filter.
    let people = app.service.people_who_acted(actor).await?;
    let filter = match HistoryFilter::parse(&fields) {
        Ok(filter) => filter,
        Err(problems) => return Ok(unreadable(&visit, people, &fields, &problems)),
    };
    let page = Some(app.service.history(actor, &filter).await?);
    let form = Form::refused(&fields, &[]);
    Ok(visit.ok(Section::History, "History", move || view! { <HistoryScreen page people form /> }))
}

/// Exports what the filter selects. It is posted, because it writes: that somebody exported is an event.
///
/// # Errors
/// For everybody but auditors.
pub async fn export(State(app): State<App>, visit: Visit, FormFields(fields): FormFields) -> Reply {
    let actor = visit.actor()?;
    demand(actor, Action::ReadHistory)?;
    let filter = match HistoryFilter::parse(&fields) {
        Ok(filter) => filter,
        Err(problems) => {
            let people = app.service.people_who_acted(actor).await?;
            return Ok(unreadable(&visit, people, &fields, &problems));
        }
    };
    let export = app.service.export_csv(actor, &filter).await?;
    let mut response = Response::new(Body::from_stream(export.stream));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, attachment(&export.file_name));
    inert(headers);
    Ok(response)
}

/// The filter again, with what is wrong with it, and no events: those of another filter would mislead.
fn unreadable(
    visit: &Visit,
    people: Vec<(sluice_domain::ids::PersonId, String)>,
    fields: &Fields,
    problems: &[FieldProblem],
) -> Response {
    let form = Form::refused(fields, problems);
    visit.page(StatusCode::UNPROCESSABLE_ENTITY, Section::History, "Error: History", move || {
        view! { <HistoryScreen page=None people form /> }
    })
}
