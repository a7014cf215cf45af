//! Who visits: the session, the person behind it, and what a page around them needs.

use std::sync::{Arc, OnceLock};

use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use leptos::prelude::*;
use sluice_app::{
    document::{Frame, Theme},
    pages::{self, Chrome, Section},
};
use sluice_domain::{
    canonical::Digest,
    form::Fields,
    ids::{Id, PersonId},
};
use sluice_service::{
    Actor, Error, Origin, Voids,
    gates::{CONFIRM_VOID, Voiding},
};
use tower_sessions::Session;

use super::{App, Done, Failure, notice::cookie};
use crate::http::{headers::Nonce, log::ActorSlot, proxies::ClientAddress, request_id::RequestId};

/// The key of the person's id in a session.
pub const PERSON: &str = "person";

/// One request by somebody: what handlers and pages need to know of it. Cheap to clone.
#[derive(Clone)]
pub struct Visit(Arc<Inner>);

struct Inner {
    app: App,
    actor: Option<Actor>,
    origin: Origin,
    nonce: String,
    theme: Theme,
    notice: Option<&'static str>,
    path: String,
    /// The form that came with the request, once it was read.
    form: OnceLock<SentForm>,
}

/// A form that came with the request.
struct SentForm {
    fields: Fields,
    with_file: bool,
    /// Whoever sent it, where they confirm in it what it voids.
    confirming: Option<Actor>,
}

impl Visit {
    /// Who is signed in. Where a form was read that confirms what it voids, the actor says so.
    ///
    /// # Errors
    /// Nobody: the route's layer should have asked them to sign in.
    pub fn actor(&self) -> Result<&Actor, Failure> {
        self.viewer().ok_or_else(Failure::not_found)
    }

    /// Who is signed in, if anybody is.
    #[must_use]
    pub fn viewer(&self) -> Option<&Actor> {
        let confirming = self.0.form.get().and_then(|form| form.confirming.as_ref());
        confirming.or(self.0.actor.as_ref())
    }

    /// Takes note of the form that was sent: it comes back with the question when it would void sign-offs, and it may
    /// hold the answer to that.
    pub fn sent(&self, fields: &Fields, with_file: bool) {
        let confirmed = fields.get(CONFIRM_VOID).parse::<Digest>().ok();
        let confirming = confirmed.zip(self.0.actor.clone()).map(|(digest, mut actor)| {
            actor.origin.voids = Voids::Confirmed(digest);
            actor
        });
        // A request has one form.
        self.0.form.get_or_init(|| SentForm { fields: fields.clone(), with_file, confirming });
    }

    /// Where the request came from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// The address of the request: path and query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// A page.
    pub fn page<V: IntoView + 'static>(
        &self,
        status: StatusCode,
        section: Section,
        title: impl Into<String>,
        body: impl FnOnce() -> V,
    ) -> Response {
        let chrome = Chrome {
            frame: Frame {
                title: title.into(),
                nonce: self.0.nonce.clone(),
                theme: self.0.theme,
                assets: self.0.app.assets.clone(),
            },
            actor: self.0.actor.clone(),
            section,
            notice: self.0.notice.map(ToOwned::to_owned),
            path: self.0.path.clone(),
        };
        let mut response = (status, Html(pages::page(&chrome, body))).into_response();
        if self.0.notice.is_some() {
            response.headers_mut().append(header::SET_COOKIE, Done::shown());
        }
        response
    }

    /// A page that was read without trouble.
    pub fn ok<V: IntoView + 'static>(
        &self,
        section: Section,
        title: impl Into<String>,
        body: impl FnOnce() -> V,
    ) -> Response {
        self.page(StatusCode::OK, section, title, body)
    }

    /// A form that is refused: the page again, with what was typed and what is wrong (422).
    pub fn refused<V: IntoView + 'static>(
        &self,
        section: Section,
        title: impl Into<String>,
        body: impl FnOnce() -> V,
    ) -> Response {
        self.page(StatusCode::UNPROCESSABLE_ENTITY, section, format!("Error: {}", title.into()), body)
    }

    /// Something was done: on to the page that shows it (303), with a notice.
    #[must_use]
    pub fn done(&self, done: Done, location: &str) -> Response {
        let mut response = Redirect::to(location).into_response();
        if let Some(cookie) = done.cookie() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    /// The page for a failure.
    #[must_use]
    pub fn failure_page(&self, failure: &Failure) -> Response {
        let status = failure.status();
        if let Error::WouldVoid(voiding) = &*failure.0 {
            return self.question(voiding);
        }
        let request = self.0.origin.request.map(|id| id.to_string()).unwrap_or_default();
        let (title, error) = (pages::error::title(status.as_u16()), Arc::clone(&failure.0));
        self.page(status, Section::Other, title, move || {
            view! { <pages::error::FailurePage status=status.as_u16() error request /> }
        })
    }
}

impl Visit {
    /// The question before a write that voids sign-offs, with everything that was typed.
    fn question(&self, voiding: &Voiding) -> Response {
        let sent = self.0.form.get();
        let fields = sent.map(|form| form.fields.clone()).unwrap_or_default();
        let with_file = sent.is_some_and(|form| form.with_file);
        let (voiding, action) = (voiding.clone(), self.0.path.clone());
        let title = pages::voiding::title(&voiding);
        self.page(StatusCode::CONFLICT, Section::Features, title, move || {
            view! { <pages::voiding::VoidingPage voiding action fields with_file /> }
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        // Missing only if a route was mounted outside of `layer`.
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Layer: finds out who visits, and draws the page of a failure.
///
/// # Errors
/// None: failures become pages.
pub async fn layer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let Some(session) = request.extensions().get::<Session>().cloned() else {
        return Failure::from(Error::internal("the session layer is missing")).into_response();
    };
    let visit = match visit(&app, &session, Arrival::of(&request)).await {
        Ok(visit) => visit,
        // Without the database nobody can be recognised, so the answer is the plain error page.
        Err(error) => return Failure::from(error).into_response(),
    };
    if let (Some(actor), Some(slot)) = (visit.viewer(), request.extensions().get::<ActorSlot>()) {
        slot.set(actor.person.uuid());
    }
    request.extensions_mut().insert(visit.clone());
    let mut response = next.run(request).await;
    let Some(failure) = response.extensions_mut().remove::<Failure>() else { return response };
    let mut page = visit.failure_page(&failure);
    if let Some(after) = response.headers().get(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, after.clone());
    }
    page
}

/// What a request says by itself. Taken out before anything is awaited: a request cannot be shared between threads.
struct Arrival {
    origin: Origin,
    cookies: String,
    nonce: String,
    path: String,
    reads: bool,
}

impl Arrival {
    fn of(request: &Request) -> Self {
        let extensions = request.extensions();
        Self {
            origin: Origin {
                request: extensions.get::<RequestId>().map(|id| Id::new(id.as_uuid())),
                address: extensions.get::<ClientAddress>().map(|address| address.0.to_string()),
                voids: Voids::Ask,
            },
            cookies: header_text(request.headers(), &header::COOKIE),
            nonce: extensions.get::<Nonce>().map(|nonce| nonce.as_str().to_owned()).unwrap_or_default(),
            path: request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            reads: request.method() == Method::GET,
        }
    }
}

async fn visit(app: &App, session: &Session, arrival: Arrival) -> Result<Visit, Error> {
    // Without the database nobody can be recognised; that is "try again", not a fault of ours.
    let person = session.get::<PersonId>(PERSON).await.map_err(|_| Error::Busy)?;
    let actor = match person {
        Some(person) => app.service.actor(person, arrival.origin.clone()).await?,
        None => None,
    };
    Ok(Visit(Arc::new(Inner {
        app: app.clone(),
        actor,
        origin: arrival.origin,
        nonce: arrival.nonce,
        theme: cookie(&arrival.cookies, "__Host-theme")
            .and_then(|word| word.parse().ok())
            .unwrap_or_default(),
        notice: Done::sentence(&arrival.cookies).filter(|_| arrival.reads),
        path: arrival.path,
        form: OnceLock::new(),
    })))
}

fn header_text(headers: &HeaderMap, name: &header::HeaderName) -> String {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join("; ")
}
