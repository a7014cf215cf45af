//! Importing and activating policies, and looking at what a version would decide.

use axum::{
    extract::{Multipart, Path, RawQuery, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderName, HeaderValue, StatusCode};
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{
        Section,
        policies::{
            ActivatePolicyPage, ImportPolicyPage, PolicyDifferencePage, PolicyRunScreen, ReplayPolicyPage,
        },
    },
};
use sluice_domain::{
    access::Action,
    form::{FieldProblem, Fields},
    policy::RunState,
};
use sluice_service::{
    Error, new_form_id,
    policies::{ActivatePolicy, ActivationPage, ImportPolicy, StartPolicyRun},
};

use super::{storable, upload};
use crate::{
    pages::{demand, id},
    web::{App, Done, FormFields, Reply, Visit, fields},
};

/// A page about a run that is under way shows anew after as many seconds: without scripts, for everybody.
const REFRESH: (HeaderName, HeaderValue) =
    (HeaderName::from_static("refresh"), HeaderValue::from_static("3"));

/// The form that imports a policy.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn import_form(visit: Visit) -> Reply {
    demand(visit.actor()?, Action::ManagePolicies)?;
    Ok(visit.ok(Section::Policies, "Import a policy", || view! { <ImportPolicyPage form=Form::new() /> }))
}

/// Imports a policy.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn import(State(app): State<App>, visit: Visit, form: Multipart) -> Reply {
    demand(visit.actor()?, Action::ManagePolicies)?;
    let upload::Received { fields, mut problems } = match upload::receive(form).await {
        Ok(received) => received,
        Err(status) => return Ok(status.into_response()),
    };
    let outcome = match ImportPolicy::parse(&fields) {
        // What was typed is not asked about when a file was meant to take its place.
        _ if !problems.is_empty() => Err(Error::Invalid(std::mem::take(&mut problems))),
        Ok(command) => app.service.import_policy(visit.actor()?, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(imported) => {
            let done = if imported.is_new { Done::POLICY_IMPORTED } else { Done::POLICY_THERE };
            Ok(visit.done(done, &path(&imported.key, &imported.version)))
        }
        Err(Error::Invalid(problems)) => {
            let form = Form::refused(&fields, &problems);
            Ok(visit.refused(
                Section::Policies,
                "Import a policy",
                move || view! { <ImportPolicyPage form problems /> },
            ))
        }
        Err(other) => Err(other.into()),
    }
}

/// The address of a version. Keys and versions are made of letters, digits, dots and hyphens.
fn path(key: &str, version: &str) -> String {
    format!("/policies/{key}/{version}")
}

/// What a version says otherwise than another one, `?from=`.
///
/// # Errors
/// When one of the two is not there.
pub async fn difference(
    State(app): State<App>,
    visit: Visit,
    Path((key, version)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Reply {
    let query = fields::query(query.as_deref());
    storable([&key, &version])?;
    let from = if query.get("from").is_empty() { version.as_str() } else { query.get("from") };
    storable([from, &version])?;
    let page = app.service.policy_comparison(visit.actor()?, &key, from, &version).await?;
    let title = format!("What {version} changes");
    Ok(visit.ok(Section::Policies, title, move || view! { <PolicyDifferencePage page /> }))
}

/// What there is to know before a version is activated.
///
/// # Errors
/// When somebody else than an administrator asks, or there is no such version.
pub async fn activate_form(
    State(app): State<App>,
    visit: Visit,
    Path((key, version)): Path<(String, String)>,
) -> Reply {
    demand(visit.actor()?, Action::ManagePolicies)?;
    storable([&key, &version])?;
    let page = app.service.activation_page(visit.actor()?, &key, &version).await?;
    Ok(activation(&visit, StatusCode::OK, page, Form::new().with("id", new_form_id())))
}

fn activation(visit: &Visit, status: StatusCode, page: ActivationPage, form: Form) -> Response {
    let from = page.active.as_ref().map(|(active, _)| active.id.to_string()).unwrap_or_default();
    // The form is about the version that is active now; after a conflict, going on means: over that one.
    let form = form.set("from", from).set("run", new_form_id());
    let title = format!("Activate {} {}", page.loaded.policy.title, page.loaded.policy.version);
    let title = if status == StatusCode::OK { title } else { format!("Error: {title}") };
    let conflict = status == StatusCode::CONFLICT;
    visit.page(status, Section::Policies, title, move || view! { <ActivatePolicyPage page form conflict /> })
}

/// Activates a version.
///
/// # Errors
/// When somebody else than an administrator asks, or there is no such version.
pub async fn activate(
    State(app): State<App>,
    visit: Visit,
    Path((key, version)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let actor = visit.actor()?;
    demand(actor, Action::ManagePolicies)?;
    storable([&key, &version])?;
    let outcome = match ActivatePolicy::parse(&fields) {
        Ok(command) => app.service.activate_policy(actor, &key, &version, command).await,
        Err(problems) => Err(problems.into()),
    };
    let (status, problems) = match outcome {
        Ok(()) => return Ok(visit.done(Done::POLICY_ACTIVATED, &path(&key, &version))),
        Err(Error::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, problems),
        Err(Error::Stale) => (StatusCode::CONFLICT, Vec::new()),
        Err(other) => return Err(other.into()),
    };
    let page = app.service.activation_page(actor, &key, &version).await?;
    Ok(activation(&visit, status, page, Form::refused(&fields, &problems)))
}

/// Begins to look at the impact of a version.
///
/// # Errors
/// When somebody else than an administrator asks, or there is no such version.
pub async fn impact(
    State(app): State<App>,
    visit: Visit,
    Path((key, version)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let actor = visit.actor()?;
    demand(actor, Action::ManagePolicies)?;
    storable([&key, &version])?;
    // An impact is about now, whatever a form says of an instant.
    let now = Fields::new(vec![("id".to_owned(), fields.get("id").to_owned())]);
    let outcome = match StartPolicyRun::parse(&now) {
        Ok(command) => app.service.start_policy_run(actor, &key, &version, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(run) => Ok(visit.done(Done::RUN_BEGUN, &format!("/policy-runs/{run}"))),
        Err(Error::Invalid(problems)) => {
            let page = app.service.activation_page(actor, &key, &version).await?;
            let form = Form::refused(&fields, &problems).set("id", new_form_id());
            Ok(activation(&visit, StatusCode::UNPROCESSABLE_ENTITY, page, form))
        }
        Err(other) => Err(other.into()),
    }
}

/// The form that replays a version at an instant of the past.
///
/// # Errors
/// When somebody else than an administrator asks, or there is no such version.
pub async fn replay_form(
    State(app): State<App>,
    visit: Visit,
    Path((key, version)): Path<(String, String)>,
) -> Reply {
    replay_page(&app, &visit, (&key, &version), Form::new().with("id", new_form_id()), &[]).await
}

async fn replay_page(
    app: &App,
    visit: &Visit,
    (key, version): (&str, &str),
    form: Form,
    problems: &[FieldProblem],
) -> Reply {
    demand(visit.actor()?, Action::ManagePolicies)?;
    storable([key, version])?;
    let loaded = app.service.policy(visit.actor()?, key, version).await?;
    let name = format!("{} {}", loaded.policy.title, loaded.policy.version);
    let (title, here) = (format!("Replay {name}"), path(key, version));
    let body = move || view! { <ReplayPolicyPage name here form /> };
    Ok(if problems.is_empty() {
        visit.ok(Section::Policies, title, body)
    } else {
        visit.refused(Section::Policies, title, body)
    })
}

/// Begins to replay a version at an instant of the past.
///
/// # Errors
/// When somebody else than an administrator asks, or there is no such version.
pub async fn replay(
    State(app): State<App>,
    visit: Visit,
    Path((key, version)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let actor = visit.actor()?;
    demand(actor, Action::ManagePolicies)?;
    storable([&key, &version])?;
    let outcome = match StartPolicyRun::replay(&fields) {
        Ok(command) => app.service.start_policy_run(actor, &key, &version, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(run) => Ok(visit.done(Done::RUN_BEGUN, &format!("/policy-runs/{run}"))),
        Err(Error::Invalid(problems)) => {
            let form = Form::refused(&fields, &problems);
            replay_page(&app, &visit, (&key, &version), form, &problems).await
        }
        Err(other) => Err(other.into()),
    }
}

/// A look at what a version would decide: how far it is, and what it found.
///
/// # Errors
/// When somebody else than administrators and auditors asks, or there is no such run.
pub async fn run(
    State(app): State<App>,
    visit: Visit,
    Path(run): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    demand(visit.actor()?, Action::ReadPolicyRuns)?;
    let query = fields::query(query.as_deref());
    let after = Some(query.get("after")).filter(|after| !after.is_empty());
    let page = app.service.policy_run_page(visit.actor()?, id(&run)?, after).await?;
    let under_way = page.run.state == RunState::Running;
    let title = format!("What {} {} would decide", page.loaded.policy.title, page.loaded.policy.version);
    let mut response = visit.ok(Section::Policies, title, move || view! { <PolicyRunScreen page /> });
    if under_way {
        let (name, value) = REFRESH;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// Calls a run off.
///
/// # Errors
/// When somebody else than an administrator asks, or there is no such run.
pub async fn cancel_run(State(app): State<App>, visit: Visit, Path(run): Path<String>) -> Reply {
    demand(visit.actor()?, Action::ManagePolicies)?;
    app.service.cancel_policy_run(visit.actor()?, id(&run)?).await?;
    Ok(visit.done(Done::RUN_CANCELLED, &format!("/policy-runs/{run}")))
}
