//! What is filed and what is traced: the record of a feature for print, and what answers what.

use axum::extract::{Path, RawQuery, State};
use leptos::prelude::*;
use sluice_app::pages::{
    Section,
    paper::{FeatureRecordScreen, TraceScreen},
};
use sluice_service::paper::TraceQuery;

use super::feature_key;
use crate::web::{App, Reply, Visit, fields};

/// The whole record of a feature, for print.
///
/// # Errors
/// When there is no feature that the person may see.
pub async fn record(State(app): State<App>, visit: Visit, Path(key): Path<String>) -> Reply {
    let record = app.service.feature_record(visit.actor()?, &feature_key(&key)?).await?;
    let title = format!("Record of {}", record.summary.key);
    Ok(visit.ok(Section::Features, title, move || view! { <FeatureRecordScreen record /> }))
}

/// What answers what; `?from=changes` reads it from the other end, `?gaps=yes` shows gaps only.
///
/// # Errors
/// When there is no feature that the person may see.
pub async fn trace(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let query = TraceQuery::parse(&fields::query(query.as_deref()));
    let page = app.service.trace_page(visit.actor()?, &feature_key(&key)?, query).await?;
    let title = format!("What answers what in {}", page.summary.key);
    Ok(visit.ok(Section::Features, title, move || view! { <TraceScreen page /> }))
}
