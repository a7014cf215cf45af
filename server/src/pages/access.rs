//! The way in and out: sign-in, sign-out, one-time links, and the start page.

use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use leptos::prelude::*;
use secrecy::SecretString;
use sluice_app::{
    components::StyleGuide,
    form::Form,
    pages::{
        Section,
        access::{CARRIED, CARRIED_ACTION, JoinPage, KeptPage, LinkOverPage, SignInPage},
        error::wait_words,
    },
};
use sluice_domain::{access::WorkspaceRole, form::Fields};
use sluice_service::{
    Error,
    people::{Accept, InvitationInfo},
};
use tower_sessions::Session;

use super::{is_local, local_or_start};
use crate::web::{App, Done, FormFields, Reply, Visit, fields, sessions};

/// A form that was sent without a session: its address and its fields.
type Carried = (String, Fields);

/// The start page: where somebody's work is.
///
/// # Errors
/// When the database is out of reach.
pub async fn landing(State(app): State<App>, visit: Visit) -> Reply {
    let actor = visit.actor()?;
    let works_in_products = !app.service.person(actor, actor.person).await?.grants.is_empty();
    let holds = |role: WorkspaceRole| actor.workspace.contains(&role);
    let home = if works_in_products {
        "/work"
    } else if holds(WorkspaceRole::Auditor) {
        "/history"
    } else if holds(WorkspaceRole::Administrator) {
        "/people"
    } else {
        "/work"
    };
    Ok(Redirect::to(home).into_response())
}

/// Asks who is there.
pub async fn sign_in_form(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let query = fields::query(query.as_deref());
    let next = local_or_start(query.get("next")).to_owned();
    if visit.viewer().is_some() {
        return Redirect::to(&next).into_response();
    }
    sign_in_page(&visit, StatusCode::OK, Form::new(), next, None)
}

/// Signs somebody in, and leads on to where they were going.
///
/// # Errors
/// When the database is out of reach, or too many people sign in at once.
pub async fn sign_in(
    State(app): State<App>,
    visit: Visit,
    session: Session,
    headers: HeaderMap,
    FormFields(fields): FormFields,
) -> Reply {
    let next = local_or_start(fields.get("next")).to_owned();
    let carried = carried(&fields);
    let password = SecretString::from(fields.get("password"));
    match app.service.sign_in(visit.origin(), fields.get("email"), password).await {
        Ok(person) => {
            sessions::begin(&session, &headers, person.person).await?;
            Ok(match carried {
                Some((action, fields)) => visit.ok(Section::Other, "Your entries are kept", move || {
                    view! { <KeptPage action fields /> }
                }),
                None => Redirect::to(&next).into_response(),
            })
        }
        Err(Error::Invalid(problems)) => {
            let form = Form::refused(&fields, &problems);
            Ok(sign_in_page(&visit, StatusCode::UNPROCESSABLE_ENTITY, form, next, carried))
        }
        Err(Error::Throttled(seconds)) => {
            let form = Form::refused(&fields, &[]).fail("", wait_words(seconds));
            let mut page = sign_in_page(&visit, StatusCode::TOO_MANY_REQUESTS, form, next, carried);
            page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            Ok(page)
        }
        Err(other) => Err(other.into()),
    }
}

fn sign_in_page(
    visit: &Visit,
    status: StatusCode,
    form: Form,
    next: String,
    carried: Option<Carried>,
) -> Response {
    let title = if status == StatusCode::OK { "Sign in" } else { "Error: Sign in" };
    visit.page(status, Section::Other, title, move || view! { <SignInPage form next carried /> })
}

/// The form that the sign-in page carries along, if it goes to an address of ours and has anything in it.
fn carried(fields: &Fields) -> Option<Carried> {
    let action = fields.get(CARRIED_ACTION);
    let pairs: Vec<(String, String)> = fields
        .pairs()
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(CARRIED)?.to_owned(), value.clone())))
        .collect();
    (is_local(action) && !pairs.is_empty()).then(|| (action.to_owned(), Fields::new(pairs)))
}

/// Signs out: the session ends on the server (ASVS 7.4.1), then the cookie goes.
///
/// # Errors
/// When the database is out of reach.
pub async fn sign_out(State(app): State<App>, visit: Visit, session: Session) -> Reply {
    sessions::end(&session).await?;
    if let Some(actor) = visit.viewer() {
        app.service.sign_out(actor).await?;
    }
    Ok(visit.done(Done::SIGNED_OUT, "/sign-in"))
}

/// What a one-time link offers.
///
/// # Errors
/// When the database is out of reach.
pub async fn join_form(State(app): State<App>, visit: Visit, Path(token): Path<String>) -> Reply {
    match app.service.invitation(&SecretString::from(token)).await {
        Ok(info) => {
            let form = Form::new().with("name", info.name.clone());
            Ok(join_page(&visit, StatusCode::OK, info, form))
        }
        Err(Error::NotFound) => Ok(link_over(&visit)),
        Err(other) => Err(other.into()),
    }
}

/// Makes an account from a one-time link and signs its person in.
///
/// # Errors
/// When the database is out of reach, or too many passwords are being hashed at once.
pub async fn join(
    State(app): State<App>,
    visit: Visit,
    session: Session,
    headers: HeaderMap,
    Path(token): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let token = SecretString::from(token);
    let info = match app.service.invitation(&token).await {
        Ok(info) => info,
        Err(Error::NotFound) => return Ok(link_over(&visit)),
        Err(other) => return Err(other.into()),
    };
    let outcome = match Accept::parse(&fields, info.set_up) {
        Ok(command) => app.service.accept(visit.origin(), &token, command).await,
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(person) => {
            sessions::begin(&session, &headers, person.person).await?;
            Ok(visit.done(Done::WELCOME, "/"))
        }
        Err(Error::Invalid(problems)) => {
            let form = Form::refused(&fields, &problems);
            Ok(join_page(&visit, StatusCode::UNPROCESSABLE_ENTITY, info, form))
        }
        Err(Error::NotFound) => Ok(link_over(&visit)),
        Err(other) => Err(other.into()),
    }
}

fn join_page(visit: &Visit, status: StatusCode, info: InvitationInfo, form: Form) -> Response {
    let title = if status == StatusCode::OK { "Join" } else { "Error: Join" };
    let action = visit.path().to_owned();
    visit.page(status, Section::Other, title, move || view! { <JoinPage info form action /> })
}

fn link_over(visit: &Visit) -> Response {
    let title = "This link does not work";
    visit.page(StatusCode::NOT_FOUND, Section::Other, title, || view! { <LinkOverPage /> })
}

/// Every component in every state, for those who work on them. Debug builds only.
///
/// # Errors
/// When the database is out of reach.
pub async fn styleguide(State(app): State<App>, visit: Visit) -> Reply {
    let now = app.service.now().await?;
    Ok(visit.ok(Section::Other, "Style guide", move || view! { <StyleGuide now /> }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_carried_form_comes_back_under_its_own_names() {
        let sent = fields(&[
            ("email", "ana@example.org"),
            ("carried-action", "/features/PAY-1/edit"),
            ("carried:title", "A"),
            ("carried:target", "1"),
            ("carried:target", "2"),
        ]);
        let (action, kept) = carried(&sent).expect("a form");
        assert_eq!(action, "/features/PAY-1/edit");
        assert_eq!(kept, fields(&[("title", "A"), ("target", "1"), ("target", "2")]));
    }

    #[test]
    fn a_carried_form_goes_nowhere_else() {
        for action in ["", "//evil.example/", "https://evil.example/", "/\\evil.example"] {
            assert_eq!(
                carried(&fields(&[("carried-action", action), ("carried:title", "A")])),
                None,
                "{action}"
            );
        }
        assert_eq!(carried(&fields(&[("carried-action", "/work")])), None, "nothing to keep");
    }
}
