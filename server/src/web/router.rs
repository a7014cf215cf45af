//! Everything put together: the routes, what is beside them, and the layers around them.

use axum::{
    Router,
    middleware::{from_fn_with_state, map_response},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use http::StatusCode;
use sluice_app::{assets::Assets, pages::error::plain_error_page};
use tower_http::compression::{
    CompressionLayer,
    predicate::{NotForContentType, Predicate, SizeAbove},
};

use super::{App, Failure, assets, routes::routes, sessions, visit};
use crate::http::{Edge, csp, protect, proxies::TrustedProxies, request_id::RequestId};

/// The routes that take a file: their bodies may be larger than a form.
const UPLOADS: [&str; 2] = ["/features/{key}/evidence", "/features/{key}/evidence/{number}"];

/// Smaller answers are not worth compressing.
const WORTH_COMPRESSING: u16 = 512;

/// What the edge needs to know about this application.
#[must_use]
pub fn edge(app: &App, proxies: TrustedProxies) -> Edge {
    let assets = app.assets.clone();
    Edge::builder(app.settings.public_url.clone(), move |status, id| error_page(&assets, status, id))
        .trusted_proxies(proxies)
        .exempt([csp::PATH])
        .uploads(UPLOADS, app.settings.max_upload_bytes)
        .build()
}

/// The page for an error that nobody else has drawn a page for.
#[must_use]
pub fn error_page(assets: &Assets, status: StatusCode, id: RequestId) -> Response {
    (status, Html(plain_error_page(status.as_u16(), &id.to_string(), assets))).into_response()
}

/// The application, ready to be served. Around a page are, from the outside in: the edge, compression, the session,
/// and the visit, which draws the pages of failures, so that an unknown address is a page of ours too.
pub fn router(app: App, edge: &Edge) -> Router {
    let pages = routes()
        .into_iter()
        .fold(Router::new(), |router, route| route.mount(router))
        .fallback(no_such_page)
        .layer(from_fn_with_state(app.clone(), visit::layer))
        .layer(sessions::session_layer(&app))
        .layer(map_response(sessions::complete_cookies));
    let beside = Router::new().route(assets::ROUTE, get(assets::file)).route(csp::PATH, csp::endpoint());
    let router = pages.merge(beside).layer(compression()).with_state(app);
    protect(router, edge)
}

async fn no_such_page() -> Failure {
    Failure::not_found()
}

/// Compresses pages. Files of the bundle are compressed already; evidence is sent as it is, byte for byte.
fn compression() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new().compress_when(
        SizeAbove::new(WORTH_COMPRESSING)
            .and(NotForContentType::const_new("application/octet-stream"))
            .and(NotForContentType::const_new("text/csv"))
            .and(NotForContentType::IMAGES),
    )
}
