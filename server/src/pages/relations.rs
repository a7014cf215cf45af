//! The relations of a feature.

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
        relations::{RelationForms, RelationsScreen},
    },
};
use sluice_domain::{access::Action, place::Place, words};
use sluice_service::{
    Error,
    relations::{RelateFeatures, RelationsPage, UnrelateFeatures},
};

use super::{
    feature_key,
    threats::{demand, titled},
};
use crate::web::{App, Done, FormFields, Reply, Visit};

/// The relations of a feature.
///
/// # Errors
/// When there is no feature that the person may see.
pub async fn show(State(app): State<App>, visit: Visit, Path(key): Path<String>) -> Reply {
    let page = app.service.relations_page(visit.actor()?, &feature_key(&key)?).await?;
    Ok(screen(&visit, StatusCode::OK, page, RelationForms::default()))
}

/// Relates the feature to another one.
///
/// # Errors
/// When the person may not relate this feature, or not say it of the other one.
pub async fn relate(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    let outcome = match RelateFeatures::parse(&fields) {
        Ok(command) => app.service.relate_features(actor, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    let problems = match outcome {
        Ok(()) => return Ok(visit.done(Done::RELATED, &Place::Relations.path(&key))),
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other.into()),
    };
    let page = app.service.relations_page(actor, &key).await?;
    demand(&page.summary, Action::RelateFeature)?;
    let forms = RelationForms { relate: Form::refused(&fields, &problems), ..RelationForms::default() };
    Ok(screen(&visit, StatusCode::UNPROCESSABLE_ENTITY, page, forms))
}

/// Takes a relation back.
///
/// # Errors
/// When the person may not relate this feature, or not say it of the other one.
pub async fn unrelate(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    let outcome = match UnrelateFeatures::parse(&fields) {
        Ok(command) => app.service.unrelate_features(actor, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    let problems = match outcome {
        Ok(()) => return Ok(visit.done(Done::UNRELATED, &Place::Relations.path(&key))),
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other.into()),
    };
    let page = app.service.relations_page(actor, &key).await?;
    demand(&page.summary, Action::RelateFeature)?;
    // The form has no field to lead to: its errors belong to the whole.
    let sentences = problems.iter().map(words::problem);
    let unrelate = sentences.fold(Form::new(), |form, sentence| form.fail("", sentence));
    let forms = RelationForms { unrelate, ..RelationForms::default() };
    Ok(screen(&visit, StatusCode::UNPROCESSABLE_ENTITY, page, forms))
}

fn screen(visit: &Visit, status: StatusCode, page: RelationsPage, forms: RelationForms) -> Response {
    let title = titled(status, format!("Relations of {}", page.summary.key));
    visit.page(status, Section::Features, title, move || view! { <RelationsScreen page forms /> })
}
