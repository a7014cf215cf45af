//! "My work".

use axum::{extract::State, response::IntoResponse as _, response::Redirect};
use leptos::prelude::*;
use sluice_app::pages::{Section, work::WorkPage};

use crate::web::{App, FormFields, Reply, Visit};

/// A person's inbox.
///
/// # Errors
/// When the database is out of reach.
pub async fn show(State(app): State<App>, visit: Visit) -> Reply {
    let actor = visit.actor()?;
    let work = app.service.my_work(actor).await?;
    // The roles are in rising order.
    let workspace = actor.workspace.last().copied();
    Ok(visit.ok(Section::Work, "My work", move || view! { <WorkPage work workspace /> }))
}

/// Takes a comment that mentions the person off their list, or all of them. What is on no list changes nothing.
///
/// # Errors
/// When the database is out of reach.
pub async fn see_mentions(State(app): State<App>, visit: Visit, FormFields(fields): FormFields) -> Reply {
    let actor = visit.actor()?;
    let comment = fields.get("comment");
    if comment == "all" {
        app.service.see_mentions(actor, None).await?;
    } else if let Ok(comment) = comment.parse() {
        app.service.see_mentions(actor, Some(comment)).await?;
    }
    Ok(Redirect::to("/work").into_response())
}
