//! Lifecycle policies, read.

use axum::extract::{Path, State};
use leptos::prelude::*;
use sluice_app::pages::{
    Section,
    policies::{PolicyListPage, PolicyPage},
};

use crate::web::{App, Failure, Reply, Visit};

/// Every policy version.
///
/// # Errors
/// When the database is out of reach.
pub async fn list(State(app): State<App>, visit: Visit) -> Reply {
    let policies = app.service.policies(visit.actor()?).await?;
    let now = app.service.now().await?;
    Ok(visit.ok(Section::Policies, "Policies", move || view! { <PolicyListPage policies now /> }))
}

/// One policy version.
///
/// # Errors
/// When there is none with this key and version.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path((key, version)): Path<(String, String)>,
) -> Reply {
    // Nothing else can be stored, and the database refuses some of it, such as NUL.
    if [&key, &version].iter().any(|part| part.chars().any(char::is_control)) {
        return Err(Failure::not_found());
    }
    let loaded = app.service.policy(visit.actor()?, &key, &version).await?;
    let now = app.service.now().await?;
    let title = format!("{} {}", loaded.policy.title, loaded.policy.version);
    Ok(visit.ok(Section::Policies, title, move || view! { <PolicyPage loaded now /> }))
}
