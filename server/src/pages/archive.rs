//! The archives of a feature.

use axum::{
    body::Body,
    extract::{Path, RawQuery, State},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{Section, archive::ArchiveScreen},
};
use sluice_domain::{access::Action, ids::FeatureKey, place::Place, words};
use sluice_service::{Error, archive::MakeArchive, new_form_id};

use super::{
    evidence::{attachment, inert},
    feature_key,
    threats::{number, titled},
};
use crate::web::{App, Done, FormFields, Reply, Visit, fields};

/// The archives of a feature; `?before=` names the number before which the page begins.
///
/// # Errors
/// When there is no feature that the person may see.
pub async fn list(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let before = fields::query(query.as_deref()).get("before").parse().ok();
    screen(&app, &visit, StatusCode::OK, &feature_key(&key)?, before, Form::new()).await
}

/// Makes an archive.
///
/// # Errors
/// When the person may not archive this feature.
pub async fn make(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    let outcome = match MakeArchive::parse(&fields) {
        Ok(command) => app.service.make_archive(actor, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    let (status, form) = match outcome {
        Ok(_) => return Ok(visit.done(Done::ARCHIVED, &Place::Archive.path(&key))),
        // There is nothing that was typed: a form that is new will do.
        Err(Error::Invalid(problems)) => {
            let sentences = problems.iter().map(words::problem);
            let form = sentences.fold(Form::new(), |form, sentence| form.fail("", sentence));
            (StatusCode::UNPROCESSABLE_ENTITY, form)
        }
        Err(Error::Busy) => {
            let sentence =
                "Too many files are on their way right now. Nothing was archived; try again in a moment.";
            (StatusCode::SERVICE_UNAVAILABLE, Form::new().fail("", sentence))
        }
        Err(Error::StorageFull) => {
            let sentence =
                "There is no room left to keep the archive. Tell an administrator; nothing was changed.";
            (StatusCode::INSUFFICIENT_STORAGE, Form::new().fail("", sentence))
        }
        Err(other) => return Err(other.into()),
    };
    screen(&app, &visit, status, &key, None, form).await
}

/// The bytes of one archive, as a download that does nothing wherever it lands.
///
/// # Errors
/// When there is none that the person may see.
pub async fn download(
    State(app): State<App>,
    visit: Visit,
    Path((key, archive)): Path<(String, String)>,
) -> Reply {
    let file = app.service.download_archive(visit.actor()?, &feature_key(&key)?, number(&archive)?).await?;
    let mut response = Response::new(Body::from_stream(file.stream));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(file.size));
    headers.insert(header::CONTENT_DISPOSITION, attachment(&file.file_name));
    inert(headers);
    Ok(response)
}

async fn screen(
    app: &App,
    visit: &Visit,
    status: StatusCode,
    key: &FeatureKey,
    before: Option<i32>,
    form: Form,
) -> Reply {
    let page = app.service.archive_page(visit.actor()?, key, before).await?;
    if !status.is_success() && !page.summary.may(Action::ArchiveFeature) {
        return Err(Error::Denied(Action::ArchiveFeature).into());
    }
    let form = form.with("id", new_form_id());
    let title = titled(status, format!("Archives of {key}"));
    Ok(visit.page(status, Section::Features, title, move || view! { <ArchiveScreen page form /> }))
}
