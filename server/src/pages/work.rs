//! "My work".

use axum::extract::State;
use leptos::prelude::*;
use sluice_app::pages::{Section, work::WorkPage};

use crate::web::{App, Reply, Visit};

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
