//! What a product's people go by: coding standards, which they attest, and lists.

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
        guides::{ListsScreen, PublishScreen, StandardScreen, StandardsScreen, list_form, publish_form},
    },
};
use sluice_domain::{
    access::Action, ids::StandardId, place::ProductPlace, record::ListKind, text::ProductKey,
};
use sluice_service::{
    Error,
    guides::{EditList, Edition, GuidedProduct, ListsPage, PublishStandard, StandardPage},
    new_form_id,
};

use super::{id, product_key, threats::titled};
use crate::web::{App, Done, Failure, FormFields, Reply, Visit, fields};

/// The coding standards of a product.
///
/// # Errors
/// When there is no such product, or somebody may not know of it.
pub async fn standards(State(app): State<App>, visit: Visit, Path(key): Path<String>) -> Reply {
    let page = app.service.standards(visit.actor()?, &product_key(&key)?).await?;
    let title = format!("Coding standards of {}", page.product.key);
    Ok(visit.ok(Section::Products, title, move || view! { <StandardsScreen page /> }))
}

/// One edition of a standard.
///
/// # Errors
/// When there is none in this product, or somebody may not know of it.
pub async fn standard(
    State(app): State<App>,
    visit: Visit,
    Path((key, standard)): Path<(String, String)>,
) -> Reply {
    let page = app.service.standard(visit.actor()?, &product_key(&key)?, id(&standard)?).await?;
    Ok(standard_screen(&visit, StatusCode::OK, page, Form::new()))
}

/// Attests an edition of a standard.
///
/// # Errors
/// When somebody may not attest it.
pub async fn attest(
    State(app): State<App>,
    visit: Visit,
    Path((key, standard)): Path<(String, String)>,
) -> Reply {
    let (actor, key, standard) = (visit.actor()?, product_key(&key)?, id::<_>(&standard)?);
    let problems = match app.service.attest_standard(actor, &key, standard).await {
        Ok(()) => {
            return Ok(visit.done(Done::STANDARD_ATTESTED, &ProductPlace::Standards.path(&key)));
        }
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other.into()),
    };
    let page = app.service.standard(actor, &key, standard).await?;
    let form = Form::refused(&sluice_domain::form::Fields::default(), &problems);
    Ok(standard_screen(&visit, StatusCode::UNPROCESSABLE_ENTITY, page, form))
}

fn standard_screen(visit: &Visit, status: StatusCode, page: StandardPage, form: Form) -> Response {
    let title = format!("{} {}", page.edition.title, page.edition.edition);
    visit.page(
        status,
        Section::Products,
        titled(status, title),
        move || view! { <StandardScreen page form /> },
    )
}

/// The form that publishes a standard; `?replaces=` names the edition that a new one supersedes.
///
/// # Errors
/// When somebody may not publish here.
pub async fn publish_form_page(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let query = fields::query(query.as_deref());
    let (product, before) = publishing(&app, &visit, &product_key(&key)?, query.get("replaces")).await?;
    let form = publish_form(&new_form_id(), before.as_ref());
    Ok(publish_screen(&visit, StatusCode::OK, product, before, form))
}

/// Publishes a standard or a new edition of one.
///
/// # Errors
/// When somebody may not publish here.
pub async fn publish(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let key = product_key(&key)?;
    let outcome = match PublishStandard::parse(&fields) {
        Ok(command) => app.service.publish_standard(visit.actor()?, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    let problems = match outcome {
        Ok(_) => return Ok(visit.done(Done::STANDARD_PUBLISHED, &ProductPlace::Standards.path(&key))),
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other.into()),
    };
    let (product, before) = publishing(&app, &visit, &key, fields.get("replaces")).await?;
    let form = Form::refused(&fields, &problems);
    Ok(publish_screen(&visit, StatusCode::UNPROCESSABLE_ENTITY, product, before, form))
}

fn publish_screen(
    visit: &Visit,
    status: StatusCode,
    product: GuidedProduct,
    before: Option<Edition>,
    form: Form,
) -> Response {
    let title = titled(status, format!("Publish a coding standard of {}", product.key));
    visit.page(status, Section::Products, title, move || view! { <PublishScreen product before form /> })
}

/// The product that somebody may publish for, and the edition that theirs supersedes. Where another edition came first,
/// theirs follows that one: sending the form again then supersedes it knowingly.
async fn publishing(
    app: &App,
    visit: &Visit,
    key: &ProductKey,
    replaces: &str,
) -> Result<(GuidedProduct, Option<Edition>), Failure> {
    let actor = visit.actor()?;
    let page = app.service.standards(actor, key).await?;
    if !page.product.may(Action::ManageGuides) {
        return Err(Error::Denied(Action::ManageGuides).into());
    }
    if replaces.is_empty() {
        return Ok((page.product, None));
    }
    let named: StandardId = id(replaces)?;
    let page = app.service.standard(actor, key, named).await?;
    let before = match page.successor {
        Some((successor, _)) => app.service.standard(actor, key, successor).await?.edition,
        None => page.edition,
    };
    Ok((page.product, Some(before)))
}

/// The lists of a product; `?edit=` opens one for editing.
///
/// # Errors
/// When there is no such product, or somebody may not know of it.
pub async fn lists(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let page = app.service.product_lists(visit.actor()?, &product_key(&key)?).await?;
    let query = fields::query(query.as_deref());
    let edited = ListKind::from_code(query.get("edit"))
        .and_then(|kind| page.lists.iter().find(|list| list.kind == kind))
        .map(|list| (list.kind, list_form(list)));
    Ok(lists_screen(&visit, StatusCode::OK, page, edited))
}

/// Edits one of a product's lists.
///
/// # Errors
/// When somebody may not edit it.
pub async fn edit_list(
    State(app): State<App>,
    visit: Visit,
    Path((key, list)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, product_key(&key)?);
    let kind = ListKind::from_code(&list).ok_or_else(Failure::not_found)?;
    let outcome = match EditList::parse(&fields) {
        Ok(command) => app.service.edit_product_list(actor, &key, kind, command).await,
        Err(problems) => Err(problems.into()),
    };
    let (status, problems) = match outcome {
        Ok(()) => return Ok(visit.done(Done::SAVED, &ProductPlace::List(kind).path(&key))),
        Err(Error::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, problems),
        Err(Error::Stale) => (StatusCode::CONFLICT, Vec::new()),
        Err(other) => return Err(other.into()),
    };
    let page = app.service.product_lists(actor, &key).await?;
    if !page.product.may(Action::ManageGuides) {
        return Err(Error::Denied(Action::ManageGuides).into());
    }
    Ok(lists_screen(&visit, status, page, Some((kind, Form::refused(&fields, &problems)))))
}

fn lists_screen(
    visit: &Visit,
    status: StatusCode,
    page: ListsPage,
    edited: Option<(ListKind, Form)>,
) -> Response {
    let title = titled(status, format!("Lists of {}", page.product.key));
    let conflict = status == StatusCode::CONFLICT;
    visit.page(status, Section::Products, title, move || view! { <ListsScreen page edited conflict /> })
}
