//! Features: the list, the forms, the feature's own page.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use http::StatusCode;
use leptos::prelude::*;
use sluice_app::{
    components::Choice,
    form::Form,
    pages::{
        Section,
        features::{
            EditFeaturePage, FeatureListPage, FeatureOverviewPage, NewFeaturePage, Shown, edit_form as stored,
        },
    },
};
use sluice_domain::{
    access::Action,
    ids::{FeatureKey, ProductId},
    place::Place,
};
use sluice_service::{
    Error,
    features::{CreateFeature, EditFeature, FeatureFilter, FeaturePage},
    new_form_id,
};

use super::{feature_key, views::around};
use crate::web::{App, Done, Failure, FormFields, Reply, Visit, fields};

/// The list or the board, narrowed by the query.
///
/// # Errors
/// When the database is out of reach.
pub async fn list(State(app): State<App>, visit: Visit, RawQuery(query): RawQuery) -> Reply {
    let fields = fields::query(query.as_deref());
    let filter = FeatureFilter::parse(&fields);
    let shown = if filter.board {
        Shown::Board(app.service.feature_board(visit.actor()?, &filter).await?)
    } else {
        Shown::Table(app.service.features(visit.actor()?, &filter).await?)
    };
    let views = around(&app, &visit, &fields, "features").await?;
    Ok(visit.ok(Section::Features, "Features", move || view! { <FeatureListPage shown filter views /> }))
}

/// The form for a new feature; `?product=` chooses its product.
///
/// # Errors
/// When the person may create features in no product.
pub async fn new_form(State(app): State<App>, visit: Visit, RawQuery(query): RawQuery) -> Reply {
    let products = products(&app, &visit).await?;
    let query = fields::query(query.as_deref());
    let chosen = match products.as_slice() {
        [only] => Some(only),
        several => several.iter().find(|product| product.key == query.get("product")),
    };
    let form = Form::new()
        .with("id", new_form_id())
        .with("product", chosen.map(|product| product.choice.value.clone()).unwrap_or_default());
    let (products, policies) = offered(&app, products).await?;
    Ok(visit.ok(
        Section::Features,
        "New feature",
        move || view! { <NewFeaturePage products policies form /> },
    ))
}

/// Creates a feature.
///
/// # Errors
/// When the person may not create it there.
pub async fn create(State(app): State<App>, visit: Visit, FormFields(fields): FormFields) -> Reply {
    let outcome = match CreateFeature::parse(&fields) {
        Ok(command) => app.service.create_feature(visit.actor()?, command).await,
        Err(problems) => Err(problems.into()),
    };
    let problems = match outcome {
        Ok(key) => return Ok(visit.done(Done::FEATURE_CREATED, &Place::Feature.path(&key))),
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other.into()),
    };
    let (products, policies) = offered(&app, products(&app, &visit).await?).await?;
    let form = Form::refused(&fields, &problems);
    Ok(visit.refused(
        Section::Features,
        "New feature",
        move || view! { <NewFeaturePage products policies form /> },
    ))
}

/// The feature's own page.
///
/// # Errors
/// When there is none that the person may see.
pub async fn show(State(app): State<App>, visit: Visit, Path(key): Path<String>) -> Reply {
    let page = app.service.feature_page(visit.actor()?, &feature_key(&key)?).await?;
    let title = format!("{} {}", page.summary.key, page.summary.title);
    Ok(visit.ok(Section::Features, title, move || view! { <FeatureOverviewPage page /> }))
}

/// The form that edits a feature.
///
/// # Errors
/// When the person may not edit it.
pub async fn edit_form(State(app): State<App>, visit: Visit, Path(key): Path<String>) -> Reply {
    let (page, people) = editable(&app, &visit, &feature_key(&key)?).await?;
    let (title, form) = (edit_title(&page), stored(&page));
    Ok(visit.ok(Section::Features, title, move || view! { <EditFeaturePage page people form /> }))
}

/// Edits a feature.
///
/// # Errors
/// When the lifecycle refuses it, or the person may not edit it.
pub async fn edit(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let key = feature_key(&key)?;
    let outcome = match EditFeature::parse(&fields) {
        Ok(command) => app.service.edit_feature(visit.actor()?, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    let (form, conflict) = match outcome {
        Ok(()) => return Ok(visit.done(Done::SAVED, &Place::Feature.path(&key))),
        Err(Error::Invalid(problems)) => (Form::refused(&fields, &problems), false),
        Err(Error::Stale) => (Form::refused(&fields, &[]), true),
        Err(other) => return Err(other.into()),
    };
    let (page, people) = editable(&app, &visit, &key).await?;
    Ok(edit_again(&visit, page, people, form, conflict))
}

/// The form again, with what was typed.
fn edit_again(visit: &Visit, page: FeaturePage, people: Vec<Choice>, form: Form, conflict: bool) -> Response {
    let title = edit_title(&page);
    let body = move || view! { <EditFeaturePage page people form conflict /> };
    if conflict {
        visit.page(StatusCode::CONFLICT, Section::Features, format!("Conflict: {title}"), body)
    } else {
        visit.refused(Section::Features, title, body)
    }
}

fn edit_title(page: &FeaturePage) -> String {
    format!("Edit {} {}", page.summary.key, page.summary.title)
}

/// A feature that the person may edit, with the people who can own it.
async fn editable(app: &App, visit: &Visit, key: &FeatureKey) -> Result<(FeaturePage, Vec<Choice>), Failure> {
    let actor = visit.actor()?;
    let page = app.service.feature_page(actor, key).await?;
    if !page.summary.may(Action::EditFeature) {
        return Err(Error::Denied(Action::EditFeature).into());
    }
    let people = app.service.people_in_product(actor, page.summary.product).await?;
    let people = people.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)).collect();
    Ok((page, people))
}

/// A product in which the person may create features.
struct Creatable {
    id: ProductId,
    key: String,
    choice: Choice,
}

/// What the form offers: the products, and the policy that new features of each start under.
async fn offered(
    app: &App,
    products: Vec<Creatable>,
) -> Result<(Vec<Choice>, Vec<(String, String)>), Failure> {
    let ids: Vec<ProductId> = products.iter().map(|product| product.id).collect();
    let named = app.service.policies_of_products(&ids).await?;
    let label = |id: ProductId| products.iter().find(|product| product.id == id);
    let policies = named
        .into_iter()
        .filter_map(|(id, policy)| Some((label(id)?.choice.label.clone(), policy)))
        .collect();
    Ok((products.into_iter().map(|product| product.choice).collect(), policies))
}

/// The products in which the person may create features; without any there is no form to show.
async fn products(app: &App, visit: &Visit) -> Result<Vec<Creatable>, Failure> {
    let actor = visit.actor()?;
    let roles = Action::CreateFeature.product_roles();
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = app.service.products(actor, after.as_deref()).await?;
        let mine =
            page.items.into_iter().filter(|product| product.my_roles.iter().any(|role| roles.contains(role)));
        found.extend(mine.map(|product| Creatable {
            id: product.id,
            key: product.key.to_string(),
            choice: Choice::new(product.id.to_string(), format!("{} ({})", product.name, product.key)),
        }));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    if found.is_empty() { Err(Error::Denied(Action::CreateFeature).into()) } else { Ok(found) }
}
