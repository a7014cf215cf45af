//! Search.

use axum::extract::{RawQuery, State};
use leptos::prelude::*;
use sluice_app::pages::{Section, search::SearchPage};
use sluice_service::find::SearchQuery;

use super::views::around;
use crate::web::{App, Reply, Visit, fields};

/// What was found.
///
/// # Errors
/// When the database is out of reach.
pub async fn show(State(app): State<App>, visit: Visit, RawQuery(query): RawQuery) -> Reply {
    let fields = fields::query(query.as_deref());
    let query = SearchQuery::parse(&fields);
    let results = app.service.search(visit.actor()?, &query).await?;
    let views = around(&app, &visit, &fields, "search").await?;
    let title = if query.text.is_empty() { "Search".to_owned() } else { format!("Search: {}", query.text) };
    Ok(visit.ok(Section::Other, title, move || view! { <SearchPage results query views /> }))
}
