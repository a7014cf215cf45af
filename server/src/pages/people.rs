//! People: the list, invitations, roles for the workspace, accounts.

use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use leptos::prelude::*;
use secrecy::ExposeSecret as _;
use sluice_app::{
    form::Form,
    pages::{
        Section,
        people::{InvitePage, InvitedPage, PeoplePage, PersonDetails},
    },
};
use sluice_domain::{
    access::Action,
    form::Fields,
    ids::{PersonId, ProductId},
};
use sluice_service::{
    Error,
    people::{AccountChange, Invite, PeopleFilter, WorkspaceRoleChange},
};

use super::{demand, id, may};
use crate::web::{App, Done, Failure, FormFields, Reply, Visit, fields};

/// The most pages of products that are gathered for a field to choose from.
const PRODUCT_PAGES: usize = 20;

/// Everybody with an account.
///
/// # Errors
/// When somebody else than an administrator or auditor asks.
pub async fn list(State(app): State<App>, visit: Visit, RawQuery(query): RawQuery) -> Reply {
    let actor = visit.actor()?;
    let filter = PeopleFilter::parse(&fields::query(query.as_deref()));
    let list = app.service.people(actor, &filter).await?;
    let invitations = if may(actor, Action::ManagePeople) {
        Some(app.service.open_invitations(actor).await?)
    } else {
        None
    };
    let now = app.service.now().await?;
    Ok(visit.ok(Section::People, "People", move || view! { <PeoplePage list filter invitations now /> }))
}

/// The form that invites a person.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn invite_form(State(app): State<App>, visit: Visit) -> Reply {
    demand(visit.actor()?, Action::ManagePeople)?;
    let products = products(&app, &visit).await?;
    Ok(visit.ok(
        Section::People,
        "Invite a person",
        move || view! { <InvitePage form=Form::new() products /> },
    ))
}

/// Invites a person. The link is on the answer itself, because it is stored nowhere and shown this once.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn invite(State(app): State<App>, visit: Visit, FormFields(fields): FormFields) -> Reply {
    demand(visit.actor()?, Action::ManagePeople)?;
    let outcome = match Invite::parse(&fields) {
        Ok(command) => {
            let name = command.name.to_string();
            app.service.invite(visit.actor()?, command).await.map(|link| (name, link))
        }
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok((name, link)) => {
            let expires_at = link.expires_at;
            let link = app.settings.public_url.join(&format!("/join/{}", link.token.expose_secret()));
            Ok(visit.ok(Section::People, "The invitation is ready", move || {
                view! { <InvitedPage link name expires_at /> }
            }))
        }
        Err(Error::Invalid(problems)) => {
            let form = Form::refused(&fields, &problems);
            let products = products(&app, &visit).await?;
            Ok(visit.refused(
                Section::People,
                "Invite a person",
                move || view! { <InvitePage form products /> },
            ))
        }
        Err(other) => Err(other.into()),
    }
}

/// Every product, for a field to choose from.
async fn products(app: &App, visit: &Visit) -> Result<Vec<(ProductId, String, String)>, Failure> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..PRODUCT_PAGES {
        let page = app.service.products(visit.actor()?, after.as_deref()).await?;
        found.extend(
            page.items.into_iter().map(|product| (product.id, product.key.to_string(), product.name)),
        );
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(found)
}

/// Withdraws an invitation.
///
/// # Errors
/// When it is not open any more.
pub async fn withdraw_invitation(
    State(app): State<App>,
    visit: Visit,
    Path(invitation): Path<String>,
) -> Reply {
    demand(visit.actor()?, Action::ManagePeople)?;
    app.service.withdraw_invitation(visit.actor()?, id(&invitation)?).await?;
    Ok(visit.done(Done::INVITATION_WITHDRAWN, "/people"))
}

/// A person.
///
/// # Errors
/// When there is no such person, or somebody may not read about them.
pub async fn show(State(app): State<App>, visit: Visit, Path(person): Path<String>) -> Reply {
    details(&app, &visit, id(&person)?, StatusCode::OK, Form::new()).await
}

async fn details(app: &App, visit: &Visit, person: PersonId, status: StatusCode, form: Form) -> Reply {
    let page = app.service.person(visit.actor()?, person).await?;
    let now = app.service.now().await?;
    let title = if status == StatusCode::OK { page.name.clone() } else { format!("Error: {}", page.name) };
    Ok(visit.page(status, Section::People, title, move || view! { <PersonDetails page form now /> }))
}

/// Disables an account.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn disable(
    State(app): State<App>,
    visit: Visit,
    Path(person): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    demand(visit.actor()?, Action::ManagePeople)?;
    let person = id(&person)?;
    let outcome = match AccountChange::parse(&fields) {
        Ok(command) => app.service.disable_person(visit.actor()?, person, command).await,
        Err(problems) => Err(problems.into()),
    };
    changed(&app, &visit, person, &fields, outcome, Done::PERSON_DISABLED).await
}

/// Enables a disabled account.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn enable(
    State(app): State<App>,
    visit: Visit,
    Path(person): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    demand(visit.actor()?, Action::ManagePeople)?;
    let person = id(&person)?;
    let outcome = match AccountChange::parse(&fields) {
        Ok(command) => app.service.enable_person(visit.actor()?, person, command).await,
        Err(problems) => Err(problems.into()),
    };
    changed(&app, &visit, person, &fields, outcome, Done::PERSON_ENABLED).await
}

/// Grants a role for the workspace.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn grant_workspace_role(
    State(app): State<App>,
    visit: Visit,
    Path(person): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    demand(visit.actor()?, Action::ManagePeople)?;
    let person = id(&person)?;
    let outcome = match WorkspaceRoleChange::parse(&fields) {
        Ok(command) => app.service.grant_workspace_role(visit.actor()?, person, command).await,
        Err(problems) => Err(problems.into()),
    };
    changed(&app, &visit, person, &fields, outcome, Done::ROLE_GRANTED).await
}

/// Revokes a role for the workspace.
///
/// # Errors
/// When somebody else than an administrator asks.
pub async fn revoke_workspace_role(
    State(app): State<App>,
    visit: Visit,
    Path(person): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    demand(visit.actor()?, Action::ManagePeople)?;
    let person = id(&person)?;
    let outcome = match WorkspaceRoleChange::parse(&fields) {
        Ok(command) => app.service.revoke_workspace_role(visit.actor()?, person, command).await,
        Err(problems) => Err(problems.into()),
    };
    changed(&app, &visit, person, &fields, outcome, Done::ROLE_REVOKED).await
}

/// What follows a change of a person: their page, with a notice or with what is wrong.
async fn changed(
    app: &App,
    visit: &Visit,
    person: PersonId,
    fields: &Fields,
    outcome: Result<(), Error>,
    done: Done,
) -> Reply {
    match outcome {
        // Somebody who took the role of administrator from themselves may not read this page any more.
        Ok(()) if done == Done::ROLE_REVOKED && visit.actor()?.person == person => {
            Ok(visit.done(done, "/account"))
        }
        Ok(()) => Ok(visit.done(done, &format!("/people/{person}"))),
        Err(Error::Invalid(problems)) => {
            let form = Form::refused(fields, &problems);
            details(app, visit, person, StatusCode::UNPROCESSABLE_ENTITY, form).await
        }
        Err(Error::Stale) => {
            // The page draws the new version into its form, so the same step can be taken with open eyes.
            let sentence = "The account was changed while you were looking at it. Nothing was done: look again, \
                            then decide.";
            let form = Form::refused(fields, &[]).fail("", sentence);
            details(app, visit, person, StatusCode::CONFLICT, form).await
        }
        Err(other) => Err(other.into()),
    }
}
