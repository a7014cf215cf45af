//! Products, and who holds which role in them.

use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{
        Section,
        products::{EditProductPage, NewProductPage, ProductDetails, ProductsPage},
    },
};
use sluice_domain::{access::Action, text::ProductKey};
use sluice_service::{
    Error, new_form_id,
    products::{CreateProduct, EditProduct, RoleChange},
};

use super::{demand, may, product_key};
use crate::web::{App, Done, FormFields, Reply, Visit, fields};

/// The products that somebody knows of.
///
/// # Errors
/// When the database is out of reach.
pub async fn list(State(app): State<App>, visit: Visit, RawQuery(query): RawQuery) -> Reply {
    let query = fields::query(query.as_deref());
    let after = Some(query.get("after").to_owned()).filter(|after| !after.is_empty());
    let list = app.service.products(visit.actor()?, after.as_deref()).await?;
    Ok(visit.ok(Section::Products, "Products", move || view! { <ProductsPage list after /> }))
}

/// The form for a new product.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn new_form(visit: Visit) -> Reply {
    demand(visit.actor()?, Action::ManageProducts)?;
    let form = Form::new().with("id", new_form_id());
    Ok(visit.ok(Section::Products, "New product", move || view! { <NewProductPage form /> }))
}

/// Creates a product.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn create(State(app): State<App>, visit: Visit, FormFields(fields): FormFields) -> Reply {
    demand(visit.actor()?, Action::ManageProducts)?;
    let outcome = match CreateProduct::parse(&fields) {
        Ok(command) => app.service.create_product(visit.actor()?, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(key) => Ok(visit.done(Done::PRODUCT_CREATED, &home(&key))),
        Err(Error::Invalid(problems)) => {
            let form = Form::refused(&fields, &problems);
            Ok(visit.refused(Section::Products, "New product", move || view! { <NewProductPage form /> }))
        }
        Err(other) => Err(other.into()),
    }
}

fn home(key: &ProductKey) -> String {
    format!("/products/{key}")
}

/// A product.
///
/// # Errors
/// When there is none of that key, or somebody may not know of it.
pub async fn show(State(app): State<App>, visit: Visit, Path(key): Path<String>) -> Reply {
    details(&app, &visit, &product_key(&key)?, StatusCode::OK, Form::new()).await
}

async fn details(app: &App, visit: &Visit, key: &ProductKey, status: StatusCode, form: Form) -> Reply {
    let actor = visit.actor()?;
    let page = app.service.product(actor, key).await?;
    // A refused form is shown again to those only who may send it.
    if status != StatusCode::OK {
        demand(actor, Action::ManagePeople)?;
    }
    let people = if page.may_manage_people { app.service.all_people(actor).await? } else { Vec::new() };
    let links = may(actor, Action::ReadGrants);
    let now = app.service.now().await?;
    let title = if status == StatusCode::OK { page.name.clone() } else { format!("Error: {}", page.name) };
    Ok(visit.page(status, Section::Products, title, move || {
        view! { <ProductDetails page form people links now /> }
    }))
}

/// The form that edits a product.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn edit_form(State(app): State<App>, visit: Visit, Path(key): Path<String>) -> Reply {
    let actor = visit.actor()?;
    let page = app.service.product(actor, &product_key(&key)?).await?;
    demand(actor, Action::ManageProducts)?;
    let form = Form::new()
        .with("name", page.name.clone())
        .with("description", page.description.clone())
        .with("version", page.version.to_string());
    Ok(visit.ok(Section::Products, "Edit the product", move || view! { <EditProductPage page form /> }))
}

/// Edits a product.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn edit(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let key = product_key(&key)?;
    let outcome = match EditProduct::parse(&fields) {
        Ok(command) => app.service.edit_product(visit.actor()?, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(()) => Ok(visit.done(Done::SAVED, &home(&key))),
        Err(Error::Invalid(problems)) => {
            let page = app.service.product(visit.actor()?, &key).await?;
            demand(visit.actor()?, Action::ManageProducts)?;
            let form = Form::refused(&fields, &problems);
            Ok(visit.refused(
                Section::Products,
                "Edit the product",
                move || view! { <EditProductPage page form /> },
            ))
        }
        Err(Error::Stale) => {
            let page = app.service.product(visit.actor()?, &key).await?;
            // With the version that the other person saved, sending the form again replaces it knowingly.
            let form = Form::refused(&fields, &[]).set("version", page.version.to_string());
            let title = "Error: Edit the product";
            Ok(visit.page(StatusCode::CONFLICT, Section::Products, title, move || {
                view! { <EditProductPage page form conflict=true /> }
            }))
        }
        Err(other) => Err(other.into()),
    }
}

/// Grants a role in a product.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn grant(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let key = product_key(&key)?;
    let outcome = match RoleChange::parse(&fields) {
        Ok(command) => app.service.grant_role(visit.actor()?, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(()) => Ok(visit.done(Done::ROLE_GRANTED, &home(&key))),
        Err(Error::Invalid(problems)) => {
            let form = Form::refused(&fields, &problems);
            details(&app, &visit, &key, StatusCode::UNPROCESSABLE_ENTITY, form).await
        }
        Err(other) => Err(other.into()),
    }
}

/// Revokes a role in a product.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn revoke(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let key = product_key(&key)?;
    let outcome = match RoleChange::parse(&fields) {
        Ok(command) => app.service.revoke_role(visit.actor()?, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(()) => Ok(visit.done(Done::ROLE_REVOKED, &home(&key))),
        Err(Error::Invalid(problems)) => {
            let form = Form::refused(&fields, &problems);
            details(&app, &visit, &key, StatusCode::UNPROCESSABLE_ENTITY, form).await
        }
        Err(other) => Err(other.into()),
    }
}
