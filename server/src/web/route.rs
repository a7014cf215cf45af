//! A route and who may take it, in one row: the table in [`super::routes`] is what the router is built from and what
//! the permission sweep walks, so there is no route without a row.

use axum::{
    Router,
    body::Body,
    extract::Request,
    handler::Handler,
    middleware::{Next, from_fn},
    response::{IntoResponse, Redirect, Response},
    routing::{MethodRouter, get, post},
};
use http::{Method, StatusCode, header};
use leptos::prelude::*;
use sluice_app::pages::{Section, access::SignInPage};
use sluice_domain::{access::Action, form::Fields};

use super::{App, Visit, fields};

/// Who may take a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, signed in or not.
    Public,
    /// People who are signed in and whom the permission matrix allows the action.
    Action(Action),
}

/// One address, its methods, and who may use each.
pub struct Route {
    /// The template, as axum writes it.
    pub path: &'static str,
    /// The methods and who may use them.
    pub methods: Vec<(Method, Access)>,
    router: MethodRouter<App>,
}

impl Route {
    /// An address without methods yet.
    #[must_use]
    pub fn at(path: &'static str) -> Self {
        Self { path, methods: Vec::new(), router: MethodRouter::new() }
    }

    /// Reading it.
    #[must_use]
    pub fn get<H, T>(self, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.with(Method::GET, access, get(handler))
    }

    /// Sending a form to it.
    #[must_use]
    pub fn post<H, T>(self, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.with(Method::POST, access, post(handler))
    }

    fn with(mut self, method: Method, access: Access, handler: MethodRouter<App>) -> Self {
        let handler = match access {
            Access::Public => handler,
            Access::Action(_) => handler.route_layer(from_fn(demand_sign_in)),
        };
        self.methods.push((method, access));
        self.router = self.router.merge(handler);
        self
    }

    /// Puts the route into a router.
    pub fn mount(self, router: Router<App>) -> Router<App> {
        router.route(self.path, self.router)
    }
}

/// Asks for a sign-in where nobody is signed in. A page is come back to; a form that was filled in is carried along,
/// so that a session that ran out loses nothing.
async fn demand_sign_in(visit: Visit, request: Request, next: Next) -> Response {
    if visit.viewer().is_some() {
        return next.run(request).await;
    }
    if request.method() == Method::GET || request.method() == Method::HEAD {
        let next = serde_urlencoded::to_string([("next", visit.path())]).unwrap_or_default();
        return Redirect::to(&format!("/sign-in?{next}")).into_response();
    }
    let carried = carried_form(request).await;
    let action = visit.path().to_owned();
    visit.page(StatusCode::UNAUTHORIZED, Section::Other, "Sign in again", move || {
        view! { <SignInPage form=sluice_app::form::Form::new() next=String::new() carried=Some((action, carried)) /> }
    })
}

/// The fields of a form that arrives without a session; a file cannot be carried.
async fn carried_form(request: Request<Body>) -> Fields {
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        return Fields::default();
    }
    let limit = usize::try_from(crate::http::FORM_LIMIT).unwrap_or(usize::MAX);
    let body = axum::body::to_bytes(request.into_body(), limit).await.unwrap_or_default();
    let fields = fields::parse(&body).unwrap_or_default();
    // A password that was typed into another form is not put back into a page.
    let pairs = fields.pairs().iter().filter(|(name, _)| !name.contains("password")).cloned().collect();
    Fields::new(pairs)
}
