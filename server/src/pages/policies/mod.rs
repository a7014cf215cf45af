//! Lifecycle policies: read, imported, compared, activated, and followed.

pub mod follow;
pub mod manage;
mod upload;

use axum::{
    body::Body,
    extract::{Path, RawQuery, State},
    response::Response,
};
use http::{HeaderValue, header};
use leptos::prelude::*;
use sluice_app::pages::{
    Section,
    coverage::CoveragePage,
    policies::{PolicyListPage, PolicyPage},
};
use sluice_service::policies::coverage_csv;

use super::evidence::{attachment, inert};
use crate::web::{App, Failure, Reply, Visit, fields};

/// Every policy version.
///
/// # Errors
/// When the database is out of reach.
pub async fn list(State(app): State<App>, visit: Visit) -> Reply {
    let list = app.service.policies(visit.actor()?).await?;
    Ok(visit.ok(Section::Policies, "Policies", move || view! { <PolicyListPage list /> }))
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
    storable([&key, &version])?;
    let page = app.service.policy_page(visit.actor()?, &key, &version).await?;
    let title = format!("{} {}", page.loaded.policy.title, page.loaded.policy.version);
    Ok(visit.ok(Section::Policies, title, move || view! { <PolicyPage page /> }))
}

/// How far a policy version covers a framework; `?show=gaps` leaves out what is covered.
///
/// # Errors
/// When there is no such version, or its controls cannot name such a framework.
pub async fn coverage(
    State(app): State<App>,
    visit: Visit,
    Path((key, version, framework)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Reply {
    storable([&key, &version])?;
    let gaps_only = fields::query(query.as_deref()).get("show") == "gaps";
    let (loaded, coverage) = app.service.policy_coverage(visit.actor()?, &key, &version, &framework).await?;
    let title = format!("{} in {} {}", coverage.title, loaded.policy.title, loaded.policy.version);
    Ok(visit.ok(Section::Policies, title, move || view! { <CoveragePage loaded coverage gaps_only /> }))
}

/// The same for spreadsheets.
///
/// # Errors
/// When there is no such version, or its controls cannot name such a framework.
pub async fn coverage_table(
    State(app): State<App>,
    visit: Visit,
    Path((key, version, framework)): Path<(String, String, String)>,
) -> Reply {
    storable([&key, &version])?;
    let (_, coverage) = app.service.policy_coverage(visit.actor()?, &key, &version, &framework).await?;
    let mut response = Response::new(Body::from(coverage_csv(&coverage)?));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        attachment(&format!("sluice-{key}-{version}-{}.csv", coverage.key)),
    );
    inert(headers);
    Ok(response)
}

/// Nothing else can be stored, and the database refuses some of it, such as NUL.
fn storable(parts: [&str; 2]) -> Result<(), Failure> {
    if parts.iter().any(|part| part.chars().any(char::is_control)) {
        return Err(Failure::not_found());
    }
    Ok(())
}
