//! Evidence: uploads, versions, what they are attached to, and downloads that never become a page.

mod disposition;
mod upload;

pub(super) use disposition::attachment;

use axum::{
    body::Body,
    extract::{Multipart, Path, RawQuery, State, multipart::MultipartRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{
        Section,
        evidence::{EvidenceItemScreen, EvidenceListScreen, ItemForms, evidence_form},
    },
};
use sluice_domain::{
    access::Action,
    form::{FieldProblem, Fields, Problem},
    ids::FeatureKey,
    place::Place,
    words,
};
use sluice_service::{
    Error, Result,
    evidence::{AddEvidence, EvidenceList, EvidencePage, SupersedeEvidence, Target},
};

use self::upload::{Received, receive};
use super::{
    feature_key,
    threats::{demand, number, titled},
};
use crate::web::{App, Done, FormFields, Reply, Visit, fields};

/// The evidence of a feature; `?for=` names what a new item is meant to prove.
///
/// # Errors
/// When there is no feature that the person may see.
pub async fn list(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let page = app.service.evidence_list(visit.actor()?, &feature_key(&key)?).await?;
    let form = evidence_form(&page, fields::query(query.as_deref()).get("for"));
    Ok(list_screen(&app, &visit, StatusCode::OK, page, form))
}

/// Adds an item.
///
/// # Errors
/// When the person may not add evidence to this feature.
pub async fn add(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    // Asked before a byte of the file is taken in.
    let page = app.service.evidence_list(actor, &key).await?;
    demand(&page.summary, Action::AddEvidence)?;
    let form = match form {
        Ok(form) => form,
        Err(rejection) => return Ok(rejection.into_response()),
    };
    let Received { fields, file } = match receive(form, app.settings.max_upload_bytes).await {
        Ok(received) => received,
        Err(status) => return Ok(status.into_response()),
    };
    visit.sent(&fields, true);
    let actor = visit.actor()?;
    let outcome = match Received::with(file, AddEvidence::parse(&fields)) {
        Ok((command, upload)) => app.service.add_evidence(actor, &key, command, upload).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(number) => Ok(visit.done(Done::EVIDENCE_ADDED, &Place::Evidence(number).path(&key))),
        Err(error) => {
            let (status, form) = refusal(error, &fields)?;
            Ok(list_screen(&app, &visit, status, page, file_again(form)))
        }
    }
}

/// One item with its versions.
///
/// # Errors
/// When there is none that the person may see.
pub async fn show(State(app): State<App>, visit: Visit, Path((key, item)): Path<(String, String)>) -> Reply {
    let page = app.service.evidence_item(visit.actor()?, &feature_key(&key)?, number(&item)?).await?;
    Ok(item_screen(&app, &visit, StatusCode::OK, page, ItemForms::default(), false))
}

/// Adds a version that takes the place of the current one.
///
/// # Errors
/// When the person may not add evidence to this feature, or there is no such item.
pub async fn supersede(
    State(app): State<App>,
    visit: Visit,
    Path((key, item)): Path<(String, String)>,
    form: Result<Multipart, MultipartRejection>,
) -> Reply {
    let (actor, key, number) = (visit.actor()?, feature_key(&key)?, number(&item)?);
    let page = app.service.evidence_item(actor, &key, number).await?;
    demand(&page.summary, Action::AddEvidence)?;
    let form = match form {
        Ok(form) => form,
        Err(rejection) => return Ok(rejection.into_response()),
    };
    let Received { fields, file } = match receive(form, app.settings.max_upload_bytes).await {
        Ok(received) => received,
        Err(status) => return Ok(status.into_response()),
    };
    visit.sent(&fields, true);
    let actor = visit.actor()?;
    let outcome = match Received::with(file, SupersedeEvidence::parse(&fields)) {
        Ok((command, upload)) => app.service.supersede_evidence(actor, &key, number, command, upload).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(_) => Ok(visit.done(Done::EVIDENCE_SUPERSEDED, &Place::Evidence(number).path(&key))),
        Err(Error::Stale) => {
            let page = app.service.evidence_item(actor, &key, number).await?;
            let supersede = Form::refused(&fields, &[]).set("version", page.item.version.to_string());
            let forms = ItemForms { supersede, ..ItemForms::default() };
            Ok(item_screen(&app, &visit, StatusCode::CONFLICT, page, forms, true))
        }
        Err(error) => {
            let (status, form) = refusal(error, &fields)?;
            let forms = ItemForms { supersede: file_again(form), ..ItemForms::default() };
            Ok(item_screen(&app, &visit, status, page, forms, false))
        }
    }
}

/// Attaches an item to a control or threat.
///
/// # Errors
/// When the person may not add evidence to this feature, or there is no such item.
pub async fn attach(
    State(app): State<App>,
    visit: Visit,
    Path((key, item)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key, number) = (visit.actor()?, feature_key(&key)?, number(&item)?);
    let outcome = match Target::from_form(&fields) {
        Ok(target) => app.service.attach_evidence(actor, &key, number, target).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(()) => Ok(visit.done(Done::ATTACHED, &Place::Evidence(number).path(&key))),
        Err(error) => {
            let (status, attach) = refusal(error, &fields)?;
            let forms = ItemForms { attach, ..ItemForms::default() };
            item_again(&app, &visit, &key, number, status, forms).await
        }
    }
}

/// Detaches an item from a control or threat.
///
/// # Errors
/// When the person may not add evidence to this feature, or there is no such item.
pub async fn detach(
    State(app): State<App>,
    visit: Visit,
    Path((key, item)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key, number) = (visit.actor()?, feature_key(&key)?, number(&item)?);
    let outcome = match Target::from_form(&fields) {
        Ok(target) => app.service.detach_evidence(actor, &key, number, target).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(()) => Ok(visit.done(Done::DETACHED, &Place::Evidence(number).path(&key))),
        Err(error) => {
            let (status, detach) = refusal(error, &fields)?;
            // A detaching form has no field to lead to: its errors belong to the whole.
            let errors = detach.errors().into_iter().map(|(_, sentence)| sentence);
            let detach = errors.fold(Form::new(), |form, sentence| form.fail("", sentence));
            let forms = ItemForms { detach, ..ItemForms::default() };
            item_again(&app, &visit, &key, number, status, forms).await
        }
    }
}

/// The bytes of one version. They go out as a download of no known type and may do nothing wherever they land: an
/// uploaded page must never run as one of ours (ASVS 3.2.1).
///
/// # Errors
/// When there is none that the person may see.
pub async fn download(
    State(app): State<App>,
    visit: Visit,
    Path((key, item, version)): Path<(String, String, String)>,
) -> Reply {
    let (key, item, version) = (feature_key(&key)?, number(&item)?, number(&version)?);
    let file = app.service.download(visit.actor()?, &key, item, version).await?;
    let mut response = Response::new(Body::from_stream(file.stream));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(file.size));
    headers.insert(header::CONTENT_DISPOSITION, attachment(&file.file_name));
    inert(headers);
    Ok(response)
}

/// A download that was opened after all runs nothing, loads nothing and stays in no cache.
pub(super) fn inert(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// The status and the form for what a person can put right; everything else is a failure.
fn refusal(error: Error, fields: &Fields) -> Result<(StatusCode, Form)> {
    let whole = |sentence: String| Form::refused(fields, &[]).fail("", sentence);
    match error {
        Error::Invalid(problems) => {
            let status = if problems.iter().any(is_too_large) {
                StatusCode::PAYLOAD_TOO_LARGE
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            Ok((status, Form::refused(fields, &problems)))
        }
        Error::Refused(refusal) => Ok((StatusCode::CONFLICT, whole(words::refusal(&refusal)))),
        Error::Busy => {
            let sentence =
                "Too many files are being uploaded right now. Nothing was stored; try again in a moment.";
            Ok((StatusCode::SERVICE_UNAVAILABLE, whole(sentence.to_owned())))
        }
        Error::StorageFull => {
            let sentence =
                "There is no room left to store the file. Tell an administrator; nothing was changed.";
            Ok((StatusCode::INSUFFICIENT_STORAGE, whole(sentence.to_owned())))
        }
        other => Err(other),
    }
}

fn is_too_large(problem: &FieldProblem) -> bool {
    matches!(problem.problem, Problem::FileTooLarge { .. })
}

/// A form that comes back has lost its file, whatever was wrong with it: it says so.
fn file_again(form: Form) -> Form {
    if form.error("file").is_some() {
        return form;
    }
    form.fail("file", "Choose the file again: browsers do not keep it when a form comes back.")
}

fn list_screen(app: &App, visit: &Visit, status: StatusCode, page: EvidenceList, form: Form) -> Response {
    let title = titled(status, format!("Evidence of {}", page.summary.key));
    let limit = app.settings.max_upload_bytes;
    visit.page(status, Section::Features, title, move || view! { <EvidenceListScreen page form limit /> })
}

async fn item_again(
    app: &App,
    visit: &Visit,
    key: &FeatureKey,
    number: i32,
    status: StatusCode,
    forms: ItemForms,
) -> Reply {
    let page = app.service.evidence_item(visit.actor()?, key, number).await?;
    if !page.summary.may(Action::AddEvidence) {
        return Err(Error::Denied(Action::AddEvidence).into());
    }
    Ok(item_screen(app, visit, status, page, forms, false))
}

fn item_screen(
    app: &App,
    visit: &Visit,
    status: StatusCode,
    page: EvidencePage,
    forms: ItemForms,
    conflict: bool,
) -> Response {
    let title = titled(status, format!("E-{} of {}", page.item.number, page.summary.key));
    let limit = app.settings.max_upload_bytes;
    visit.page(status, Section::Features, title, move || {
        view! { <EvidenceItemScreen page forms limit conflict /> }
    })
}
