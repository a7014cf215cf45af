//! Which policy a product follows, and which version of it a feature.

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
        policies::{MigrationScreen, ProductPolicyScreen},
    },
};
use sluice_domain::{access::Action, form::Fields, ids::FeatureKey, place::Place, words};
use sluice_service::{
    Error,
    policies::{ChoosePolicy, MigrateFeature, MigrationPage, ProductPolicyPage},
};

use crate::{
    pages::{demand, feature_key, product_key},
    web::{App, Done, FormFields, Reply, Visit, fields},
};

/// Which policy new features of a product follow.
///
/// # Errors
/// When there is no such product, or somebody may not know of it.
pub async fn of_product(State(app): State<App>, visit: Visit, Path(key): Path<String>) -> Reply {
    let page = app.service.product_policy_page(visit.actor()?, &product_key(&key)?).await?;
    let form = chosen(&page);
    Ok(product_screen(&visit, StatusCode::OK, page, form))
}

fn chosen(page: &ProductPolicyPage) -> Form {
    let key =
        page.choices.iter().find(|choice| choice.is_chosen).map(|choice| choice.active.policy.key.clone());
    Form::new().with("policy", key.unwrap_or_default()).with("version", page.version.to_string())
}

fn product_screen(visit: &Visit, status: StatusCode, page: ProductPolicyPage, form: Form) -> Response {
    let title = format!("Policy of {}", page.product);
    let title = if status == StatusCode::OK { title } else { format!("Error: {title}") };
    let conflict = status == StatusCode::CONFLICT;
    visit.page(status, Section::Products, title, move || view! { <ProductPolicyScreen page form conflict /> })
}

/// Chooses the policy of a product's new features.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn choose(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, product_key(&key)?);
    let outcome = match ChoosePolicy::parse(&fields) {
        Ok(command) => app.service.choose_policy(actor, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    let (status, problems) = match outcome {
        Ok(()) => return Ok(visit.done(Done::SAVED, &format!("/products/{key}/policy"))),
        Err(Error::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, problems),
        Err(Error::Stale) => (StatusCode::CONFLICT, Vec::new()),
        Err(other) => return Err(other.into()),
    };
    let page = app.service.product_policy_page(actor, &key).await?;
    demand(actor, Action::ManagePolicies)?;
    let form = Form::refused(&fields, &problems);
    let form =
        if status == StatusCode::CONFLICT { form.set("version", page.version.to_string()) } else { form };
    Ok(product_screen(&visit, status, page, form))
}

/// The version that a feature follows; `?to=` shows what a move to another one would bring about.
///
/// # Errors
/// When there is no such feature that somebody may know of.
pub async fn of_feature(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let key = feature_key(&key)?;
    let query = fields::query(query.as_deref());
    // What is no version's id chooses none.
    let to = query.get("to").parse().ok();
    let page = app.service.migration_page(visit.actor()?, &key, to).await?;
    Ok(feature_screen(&visit, StatusCode::OK, page, Form::new(), None))
}

fn feature_screen(
    visit: &Visit,
    status: StatusCode,
    page: MigrationPage,
    form: Form,
    notice: Option<String>,
) -> Response {
    let title = format!("Policy of {}", page.key);
    let title = if status == StatusCode::OK { title } else { format!("Error: {title}") };
    visit.page(status, Section::Features, title, move || view! { <MigrationScreen page form notice /> })
}

/// Moves a feature to another version of its policy.
///
/// # Errors
/// When the person may not move it.
pub async fn migrate(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    let outcome = match MigrateFeature::parse(&fields) {
        Ok(command) => app.service.migrate_feature(actor, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(()) => Ok(visit.done(Done::FEATURE_MIGRATED, &Place::Policy.path(&key))),
        Err(Error::Invalid(problems)) => {
            let form = Form::refused(&fields, &problems);
            again(&app, &visit, &key, &fields, (StatusCode::UNPROCESSABLE_ENTITY, form, None)).await
        }
        Err(Error::Stale) => {
            let notice = "Something changed since you opened this page, so nothing was moved. Read what a move would change \
                          now."
                .to_owned();
            let form = Form::refused(&fields, &[]);
            again(&app, &visit, &key, &fields, (StatusCode::CONFLICT, form, Some(notice))).await
        }
        Err(Error::Refused(refusal)) => {
            let (form, notice) = (Form::refused(&fields, &[]), words::refusal(&refusal));
            again(&app, &visit, &key, &fields, (StatusCode::CONFLICT, form, Some(notice))).await
        }
        Err(other) => Err(other.into()),
    }
}

/// The page again, for somebody who may move the feature. A version that cannot be looked at is left out.
async fn again(
    app: &App,
    visit: &Visit,
    key: &FeatureKey,
    fields: &Fields,
    (status, form, notice): (StatusCode, Form, Option<String>),
) -> Reply {
    let (actor, to) = (visit.actor()?, fields.get("to").parse().ok());
    let page = match app.service.migration_page(actor, key, to).await {
        Err(Error::NotFound | Error::Refused(_)) if to.is_some() => {
            app.service.migration_page(actor, key, None).await?
        }
        page => page?,
    };
    if !page.may_migrate {
        return Err(Error::Denied(Action::MigrateFeature).into());
    }
    Ok(feature_screen(visit, status, page, form, notice))
}
