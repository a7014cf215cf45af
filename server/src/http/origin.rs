//! Requests that change something come from our own pages (ASVS 3.5.1–2; the cure for cross-site request
//! forgery).
//!
//! `Sec-Fetch-Site` is written by the browser and out of reach of scripts; `Origin` is the fallback for
//! clients that do not send it. Content types are checked too, because `text/plain` and the form types are
//! what a foreign page can send without asking first.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, Method, StatusCode, header};

use super::{Edge, request_id_of};

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Everything under this prefix serves islands and takes JSON only; everything else takes forms only.
const ISLANDS: &str = "/islands/";

/// Middleware: refuses an unsafe request of foreign or unknown origin (403) or of a wrong content type (415).
pub(super) async fn apply(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    if safe || edge.is_exempt(path) {
        return next.run(request).await;
    }
    let refusal = check_origin(request.headers(), edge.public_url().as_str())
        .map_err(|reason| (StatusCode::FORBIDDEN, reason))
        .and_then(|()| {
            let empty = axum::body::HttpBody::is_end_stream(request.body());
            check_content_type(request.headers(), path.starts_with(ISLANDS), empty)
                .map_err(|reason| (StatusCode::UNSUPPORTED_MEDIA_TYPE, reason))
        });
    match refusal {
        Ok(()) => next.run(request).await,
        Err((status, reason)) => {
            let id = request_id_of(request.extensions());
            tracing::warn!(target: "security", request_id = %id, reason, "refused a request that would change something");
            edge.error_page(status, id)
        }
    }
}

fn check_origin(headers: &HeaderMap, ours: &str) -> Result<(), &'static str> {
    if let Some(site) = single(headers, &SEC_FETCH_SITE)? {
        // `none` means typed or bookmarked, and nobody types a POST.
        return if site == b"same-origin" { Ok(()) } else { Err("sec-fetch-site is not same-origin") };
    }
    match single(headers, &header::ORIGIN)? {
        Some(origin) if origin == ours.as_bytes() => Ok(()),
        Some(_) => Err("origin is not the public url"),
        None => Err("neither sec-fetch-site nor origin"),
    }
}

/// Two values of one header mean that somebody added one.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a [u8]>, &'static str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => Ok(Some(value.as_bytes())),
        (Some(_), Some(_)) => Err("a header that browsers send once came twice"),
    }
}

fn check_content_type(headers: &HeaderMap, island: bool, empty: bool) -> Result<(), &'static str> {
    let Some(kind) = single(headers, &header::CONTENT_TYPE)? else {
        // Without a body there is nothing to misread; the route then answers for itself, for example with
        // 405.
        return if empty { Ok(()) } else { Err("a body without content-type") };
    };
    let kind = String::from_utf8_lossy(kind);
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match (essence.as_str(), island) {
        ("application/json", true) | ("application/x-www-form-urlencoded" | "multipart/form-data", false) => {
            Ok(())
        }
        (_, true) => Err("an island's request that is not json"),
        (_, false) => Err("a page's request that is not a form"),
    }
}
