//! Records: their lists, their forms, and the starter list.

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
        records::{RecordScreen, RecordsScreen, StartersScreen, new_record_form, record_form},
    },
};
use sluice_domain::{
    access::Action,
    form::Fields,
    ids::FeatureKey,
    place::Place,
    record::{RecordForm, RecordKind},
};
use sluice_service::{
    Actor, Error, new_form_id,
    records::{AddStarters, RecordPage, StartersPage},
};

use super::{
    feature_key,
    threats::{demand, number, titled},
};
use crate::web::{App, Done, Failure, FormFields, Reply, Visit, fields};

/// The records of a kind; of a kind of which a feature has one, that record with its form.
///
/// # Errors
/// When there is no such feature that the person may see, or no such kind.
pub async fn list(
    State(app): State<App>,
    visit: Visit,
    Path((key, kind)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Reply {
    let (actor, key, kind) = (visit.actor()?, feature_key(&key)?, record_kind(&kind)?);
    let query = fields::query(query.as_deref());
    if kind.is_single() {
        let page = app.service.record_page(actor, &key, kind, Some(1)).await?;
        let form = stored_or_new(&page, actor, &query);
        return Ok(record_screen(&visit, StatusCode::OK, page, form));
    }
    let page = app.service.records_page(actor, &key, kind, &query).await?;
    let title = format!("{} of {key}", sentence_start(kind.spec().plural));
    let later = query.get("after").parse::<i32>().is_ok_and(|after| after > 0);
    Ok(visit.ok(Section::Features, title, move || view! { <RecordsScreen page later /> }))
}

/// Writes the one record of a kind, for the first time or again.
///
/// # Errors
/// When the person may not write it, or it is no such kind.
pub async fn keep(
    State(app): State<App>,
    visit: Visit,
    Path((key, kind)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (key, kind) = (feature_key(&key)?, record_kind(&kind)?);
    if !kind.is_single() {
        return Err(Failure::not_found());
    }
    save(&app, &visit, &key, kind, 1, &fields).await
}

/// The form of a new record. Fields in the address are filled in.
///
/// # Errors
/// When there is no such feature that the person may see, or no such kind.
pub async fn new_form(
    State(app): State<App>,
    visit: Visit,
    Path((key, kind)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Reply {
    let (actor, key, kind) = (visit.actor()?, feature_key(&key)?, numbered_kind(&kind)?);
    let page = app.service.record_page(actor, &key, kind, None).await?;
    let form = stored_or_new(&page, actor, &fields::query(query.as_deref()));
    Ok(record_screen(&visit, StatusCode::OK, page, form))
}

/// Adds a record.
///
/// # Errors
/// When the person may not write records of the kind.
pub async fn add(
    State(app): State<App>,
    visit: Visit,
    Path((key, kind)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key, kind) = (visit.actor()?, feature_key(&key)?, numbered_kind(&kind)?);
    let outcome = match RecordForm::parse(kind, &fields) {
        Ok(form) => app.service.add_record(actor, &key, form).await,
        Err(problems) => Err(problems.into()),
    };
    let problems = match outcome {
        Ok(_) => return Ok(visit.done(Done::RECORD_ADDED, &Place::Records(kind).path(&key))),
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other.into()),
    };
    let page = app.service.record_page(actor, &key, kind, None).await?;
    demand_record(&page)?;
    Ok(record_screen(&visit, StatusCode::UNPROCESSABLE_ENTITY, page, Form::refused(&fields, &problems)))
}

/// One record: its form, the step that the reader may take, or the record to read.
///
/// # Errors
/// When there is none that the person may see.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path((key, kind, record)): Path<(String, String, String)>,
) -> Reply {
    let (actor, key, kind) = (visit.actor()?, feature_key(&key)?, numbered_kind(&kind)?);
    let page = app.service.record_page(actor, &key, kind, Some(number(&record)?)).await?;
    let form = page.item.as_ref().map(record_form).unwrap_or_default();
    Ok(record_screen(&visit, StatusCode::OK, page, form))
}

/// Edits a record, or takes the next step with it.
///
/// # Errors
/// When the person may not do that, or there is no such record.
pub async fn edit(
    State(app): State<App>,
    visit: Visit,
    Path((key, kind, record)): Path<(String, String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (key, kind, number) = (feature_key(&key)?, numbered_kind(&kind)?, number(&record)?);
    save(&app, &visit, &key, kind, number, &fields).await
}

/// The starter list of security requirements.
///
/// # Errors
/// When there is no such feature that the person may see.
pub async fn starters(State(app): State<App>, visit: Visit, Path(key): Path<String>) -> Reply {
    let page = app.service.starters_page(visit.actor()?, &feature_key(&key)?).await?;
    Ok(starters_screen(&visit, StatusCode::OK, page, Form::new()))
}

/// Adds what was picked from the starter list.
///
/// # Errors
/// When the person may not write requirements.
pub async fn add_starters(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    let outcome = match AddStarters::parse(&fields) {
        Ok(command) => app.service.add_starters(actor, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    let problems = match outcome {
        Ok(_) => {
            let place = Place::Records(RecordKind::Requirement);
            return Ok(visit.done(Done::STARTERS_ADDED, &place.path(&key)));
        }
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other.into()),
    };
    let page = app.service.starters_page(actor, &key).await?;
    demand(&page.summary, Action::EditRecord)?;
    if !page.may_write {
        return Err(Error::Denied(Action::EditRecord).into());
    }
    let form = Form::refused(&fields, &problems);
    Ok(starters_screen(&visit, StatusCode::UNPROCESSABLE_ENTITY, page, form))
}

/// Saves a record that has a number; of a kind of which a feature has one, for the first time as well.
async fn save(
    app: &App,
    visit: &Visit,
    key: &FeatureKey,
    kind: RecordKind,
    number: i32,
    fields: &Fields,
) -> Reply {
    let actor = visit.actor()?;
    let outcome = match RecordForm::parse(kind, fields) {
        Ok(form) if kind.is_single() && form.version == 0 => {
            app.service.add_record(actor, key, form).await.map(drop)
        }
        Ok(form) => app.service.edit_record(actor, key, number, form).await,
        Err(problems) => Err(problems.into()),
    };
    let (status, problems) = match outcome {
        Ok(()) => return Ok(visit.done(Done::SAVED, &Place::Record(kind, number).path(key))),
        Err(Error::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, problems),
        Err(Error::Stale) => (StatusCode::CONFLICT, Vec::new()),
        Err(other) => return Err(other.into()),
    };
    let page = app.service.record_page(actor, key, kind, Some(number)).await?;
    demand_record(&page)?;
    let mut form = Form::refused(fields, &problems);
    if let (StatusCode::CONFLICT, Some(theirs)) = (status, &page.item) {
        // Saving again then means: mine over theirs, which the page shows side by side.
        form = form.set("version", theirs.version.to_string());
    }
    Ok(record_screen(visit, status, page, form))
}

/// The form with what is stored, or with what a new record begins with.
fn stored_or_new(page: &RecordPage, actor: &Actor, query: &Fields) -> Form {
    match &page.item {
        Some(item) => record_form(item),
        None => new_record_form(page, new_form_id(), actor.person, query),
    }
}

/// Demands that the reader may do something with the record now, before they are told what is wrong with their form.
fn demand_record(page: &RecordPage) -> Result<(), Failure> {
    demand(&page.summary, Action::EditRecord)?;
    let may = if page.item.is_some() { !page.states.is_empty() } else { page.may_write };
    if may { Ok(()) } else { Err(Error::Denied(Action::EditRecord).into()) }
}

fn record_screen(visit: &Visit, status: StatusCode, page: RecordPage, form: Form) -> Response {
    let (key, spec) = (&page.summary.key, page.kind.spec());
    let title = match &page.item {
        None if !page.kind.is_single() => format!("New {} of {key}", spec.name),
        Some(item) => format!("{} of {key}", sentence_start(&page.kind.key(item.number))),
        None => format!("{} of {key}", sentence_start(spec.name)),
    };
    let conflict = status == StatusCode::CONFLICT;
    visit.page(
        status,
        Section::Features,
        titled(status, title),
        move || view! { <RecordScreen page form conflict /> },
    )
}

fn starters_screen(visit: &Visit, status: StatusCode, page: StartersPage, form: Form) -> Response {
    let title = titled(status, format!("Starter list for {}", page.summary.key));
    visit.page(status, Section::Features, title, move || view! { <StartersScreen page form /> })
}

fn sentence_start(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The kind that an address names. The risk questionnaire sets the tier and has a page of its own.
fn record_kind(code: &str) -> Result<RecordKind, Failure> {
    RecordKind::from_code(code).filter(|kind| *kind != RecordKind::Risk).ok_or_else(Failure::not_found)
}

/// A kind of which a feature has many.
fn numbered_kind(code: &str) -> Result<RecordKind, Failure> {
    record_kind(code).and_then(|kind| if kind.is_single() { Err(Failure::not_found()) } else { Ok(kind) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_addresses_and_no_others() {
        assert!(record_kind("plan").is_ok() && numbered_kind("plan").is_err());
        assert!(record_kind("requirement").is_ok() && numbered_kind("requirement").is_ok());
        for wrong in ["risk", "", "Plan", "../plan", "threat"] {
            assert!(record_kind(wrong).is_err(), "{wrong:?}");
        }
    }
}
