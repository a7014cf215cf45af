//! Saved views.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{
        Section,
        views::{EditViewPage, SaveViewPage, SavedViewsPage, Views},
    },
};
use sluice_domain::{form::Fields, ids::SavedViewId};
use sluice_service::{
    Error, new_form_id,
    views::{RenameView, SaveView, SavedView, ViewAddress},
};

use super::id;
use crate::web::{App, Done, Failure, FormFields, Reply, Visit, fields};

const HOME: &str = "/views";

/// What a list shows of saved views: the person's own for this page or another, and the one that led here.
///
/// # Errors
/// When the database is out of reach.
pub async fn around(app: &App, visit: &Visit, query: &Fields, page: &str) -> Result<Views, Failure> {
    let actor = visit.actor()?;
    let own = app.service.saved_views(actor).await?;
    let opened = match query.get("saved").parse::<SavedViewId>() {
        Err(_) => None,
        Ok(id) => match app.service.saved_view(actor, id).await {
            Ok(opened) => Some(opened).filter(|opened| opened.view.address.page() == page),
            // It was deleted since; what its address looks for is there all the same.
            Err(Error::NotFound) => None,
            Err(other) => return Err(other.into()),
        },
    };
    Ok(Views { own, opened, form_id: new_form_id() })
}

/// The person's own views.
///
/// # Errors
/// When the database is out of reach.
pub async fn list(State(app): State<App>, visit: Visit) -> Reply {
    let views = app.service.saved_views(visit.actor()?).await?;
    let now = app.service.now().await?;
    Ok(visit.ok(Section::Features, "Saved views", move || view! { <SavedViewsPage views now /> }))
}

/// Saves what a list shows.
///
/// # Errors
/// When the form is of no list, or the database is out of reach.
pub async fn save(State(app): State<App>, visit: Visit, FormFields(fields): FormFields) -> Reply {
    let query = fields::query(Some(fields.get("query")));
    let outcome = match SaveView::parse(&fields, &query) {
        Ok(command) => app.service.save_view(visit.actor()?, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(saved) => {
            let view = app.service.saved_view(visit.actor()?, saved).await?.view;
            Ok(visit.done(Done::VIEW_SAVED, &view.opened()))
        }
        Err(Error::Invalid(problems)) => {
            let address = ViewAddress::parse(fields.get("of"), &query)
                .unwrap_or_else(|| ViewAddress::Features(Box::default()));
            let form = Form::refused(&fields, &problems);
            let form = if form.value("id").is_empty() { form.set("id", new_form_id()) } else { form };
            Ok(visit.refused(
                Section::Features,
                "Save a view",
                move || view! { <SaveViewPage form address /> },
            ))
        }
        Err(other) => Err(other.into()),
    }
}

/// Opens a view: on to the list that it shows.
///
/// # Errors
/// When there is none.
pub async fn open(State(app): State<App>, visit: Visit, Path(view): Path<String>) -> Reply {
    let opened = app.service.saved_view(visit.actor()?, id(&view)?).await?;
    Ok(Redirect::to(&opened.view.opened()).into_response())
}

/// The form that renames one of the person's own views.
///
/// # Errors
/// When they have none of that id.
pub async fn edit_form(State(app): State<App>, visit: Visit, Path(view): Path<String>) -> Reply {
    let view = own(&app, &visit, &view).await?;
    let form = Form::new().with("name", view.name.clone());
    let title = format!("View {}", view.name);
    Ok(visit.ok(Section::Features, title, move || view! { <EditViewPage view form /> }))
}

/// Renames one of the person's own views.
///
/// # Errors
/// When they have none of that id.
pub async fn rename(
    State(app): State<App>,
    visit: Visit,
    Path(view): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let outcome = match RenameView::parse(&fields) {
        Ok(command) => app.service.rename_view(visit.actor()?, id(&view)?, &command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(()) => Ok(visit.done(Done::SAVED, HOME)),
        Err(Error::Invalid(problems)) => {
            let view = own(&app, &visit, &view).await?;
            let (title, form) = (format!("View {}", view.name), Form::refused(&fields, &problems));
            Ok(visit.refused(Section::Features, title, move || view! { <EditViewPage view form /> }))
        }
        Err(other) => Err(other.into()),
    }
}

/// Deletes one of the person's own views.
///
/// # Errors
/// When they have none of that id.
pub async fn delete(State(app): State<App>, visit: Visit, Path(view): Path<String>) -> Reply {
    app.service.delete_view(visit.actor()?, id(&view)?).await?;
    Ok(visit.done(Done::VIEW_DELETED, HOME))
}

/// One of the person's own views; another person's is none of theirs to change.
async fn own(app: &App, visit: &Visit, view: &str) -> Result<SavedView, Failure> {
    let opened = app.service.saved_view(visit.actor()?, id(view)?).await?;
    if opened.mine { Ok(opened.view) } else { Err(Failure::not_found()) }
}
