//! What a person is told.

use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse as _, Redirect},
};
use leptos::prelude::*;
use sluice_app::pages::{Section, notifications::NotificationsPage};

use crate::web::{App, FormFields, Reply, Visit, fields};

/// A page of what the person is told.
///
/// # Errors
/// When the database is out of reach.
pub async fn show(State(app): State<App>, visit: Visit, RawQuery(query): RawQuery) -> Reply {
    let fields = fields::query(query.as_deref());
    let after = Some(fields.get("after")).filter(|after| !after.is_empty());
    let later = after.is_some();
    let list = app.service.notifications(visit.actor()?, after).await?;
    Ok(visit.ok(Section::Notifications, "Notifications", move || view! { <NotificationsPage list later /> }))
}

/// Marks one thing as read, or all of them. What is nobody's, or somebody else's, changes nothing.
///
/// # Errors
/// When the database is out of reach.
pub async fn mark_read(State(app): State<App>, visit: Visit, FormFields(fields): FormFields) -> Reply {
    let actor = visit.actor()?;
    let notification = fields.get("notification");
    if notification == "all" {
        app.service.mark_read(actor, None).await?;
    } else if let Ok(notification) = notification.parse() {
        app.service.mark_read(actor, Some(notification)).await?;
    }
    Ok(Redirect::to("/notifications").into_response())
}
