//! One's own account.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use sluice_app::{
    document::Theme,
    form::Form,
    pages::{Section, account::AccountPage},
};
use sluice_service::{
    Error,
    people::{ChangePassword, EditOwnName, PersonPage},
};
use tower_sessions::Session;

use super::local_or_start;
use crate::web::{App, Done, FormFields, Reply, Visit, sessions};

const HOME: &str = "/account";

/// The account.
///
/// # Errors
/// When the database is out of reach.
pub async fn show(State(app): State<App>, visit: Visit, session: Session) -> Reply {
    let page = own(&app, &visit).await?;
    let name = name_form(&page);
    answer(&app, &visit, &session, StatusCode::OK, page, name, Form::new()).await
}

/// Changes the password. The other sessions end, and this one goes on under a fresh id.
///
/// # Errors
/// When it was tried too often, or the database is out of reach.
pub async fn change_password(
    State(app): State<App>,
    visit: Visit,
    session: Session,
    FormFields(fields): FormFields,
) -> Reply {
    let outcome = match ChangePassword::parse(&fields) {
        Ok(command) => {
            let current = sessions::current(&session);
            app.service.change_password(visit.actor()?, command, current.as_ref()).await
        }
        Err(problems) => Err(problems.into()),
    };
    match outcome {
        Ok(()) => {
            sessions::rotate(&session).await?;
            Ok(visit.done(Done::PASSWORD_CHANGED, HOME))
        }
        Err(Error::Invalid(problems)) => {
            let page = own(&app, &visit).await?;
            let (name, password) = (name_form(&page), Form::refused(&fields, &problems));
            answer(&app, &visit, &session, StatusCode::UNPROCESSABLE_ENTITY, page, name, password).await
        }
        Err(other) => Err(other.into()),
    }
}

/// Changes one's own name.
///
/// # Errors
/// When the database is out of reach.
pub async fn change_name(
    State(app): State<App>,
    visit: Visit,
    session: Session,
    FormFields(fields): FormFields,
) -> Reply {
    let outcome = match EditOwnName::parse(&fields) {
        Ok(command) => app.service.edit_own_name(visit.actor()?, command).await,
        Err(problems) => Err(problems.into()),
    };
    let (status, form) = match outcome {
        Ok(()) => return Ok(visit.done(Done::SAVED, HOME)),
        Err(Error::Invalid(problems)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Form::refused(&fields, &problems))
        }
        Err(Error::Stale) => (StatusCode::CONFLICT, Form::refused(&fields, &[])),
        Err(other) => return Err(other.into()),
    };
    let page = own(&app, &visit).await?;
    let form = if status == StatusCode::CONFLICT {
        let sentence = format!(
            "Your account was changed meanwhile; the name is now “{}”. Save again to replace it by what you typed.",
            page.name
        );
        form.set("version", page.version.to_string()).fail("name", sentence)
    } else {
        form
    };
    answer(&app, &visit, &session, status, page, form, Form::new()).await
}

/// Ends another session of one's own.
///
/// # Errors
/// When there is none of that handle.
pub async fn end_session(State(app): State<App>, visit: Visit, FormFields(fields): FormFields) -> Reply {
    app.service.end_session(visit.actor()?, fields.get("session")).await?;
    Ok(visit.done(Done::SESSION_ENDED, HOME))
}

async fn own(app: &App, visit: &Visit) -> Result<PersonPage, crate::web::Failure> {
    let actor = visit.actor()?;
    Ok(app.service.person(actor, actor.person).await?)
}

fn name_form(page: &PersonPage) -> Form {
    Form::new().with("name", page.name.clone()).with("version", page.version.to_string())
}

async fn answer(
    app: &App,
    visit: &Visit,
    session: &Session,
    status: StatusCode,
    page: PersonPage,
    name_form: Form,
    password_form: Form,
) -> Reply {
    let current = sessions::current(session);
    let limits = sessions::limits(&app.settings);
    let sessions = app.service.sessions_of(visit.actor()?, limits, current.as_ref()).await?;
    let now = app.service.now().await?;
    let title = if status == StatusCode::OK { "Your account" } else { "Error: Your account" };
    Ok(visit.page(status, Section::Other, title, move || {
        view! { <AccountPage page sessions name_form password_form now /> }
    }))
}

/// Keeps the colours that somebody chose, signed in or not, and leads back to their page.
pub async fn choose_theme(FormFields(fields): FormFields) -> Response {
    let Ok(theme) = fields.get("theme").parse::<Theme>() else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let mut response = Redirect::to(local_or_start(fields.get("next"))).into_response();
    response.headers_mut().append(header::SET_COOKIE, theme_cookie(theme));
    response
}

const fn theme_cookie(theme: Theme) -> HeaderValue {
    HeaderValue::from_static(match theme {
        Theme::System => "__Host-theme=system; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax",
        Theme::Light => "__Host-theme=light; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax",
        Theme::Dark => "__Host-theme=dark; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax",
    })
}

#[cfg(test)]
mod tests {
    use sluice_domain::form::Fields;

    use super::*;

    async fn choose(theme: &str, next: &str) -> Response {
        let pairs = vec![("theme".to_owned(), theme.to_owned()), ("next".to_owned(), next.to_owned())];
        choose_theme(FormFields(Fields::new(pairs))).await
    }

    #[tokio::test]
    async fn the_choice_is_kept_and_leads_back() {
        let response = choose("dark", "/work").await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[header::LOCATION], "/work");
        let cookie = response.headers()[header::SET_COOKIE].to_str().expect("text");
        assert!(cookie.starts_with("__Host-theme=dark; "), "{cookie}");
        for needed in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(cookie.contains(needed), "{cookie}");
        }
        assert_eq!(choose("light", "//evil.example").await.headers()[header::LOCATION], "/");
        assert_eq!(choose("purple", "/").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[test]
    fn every_cookie_names_its_theme() {
        for theme in Theme::ALL {
            let cookie = theme_cookie(theme);
            assert!(cookie.to_str().expect("text").starts_with(&format!("__Host-theme={theme};")));
        }
    }
}
