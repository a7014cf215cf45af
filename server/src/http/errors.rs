//! Every error response is a page (ASVS 16.5.1): the framework's own refusals (404, 405, a field that does
//! not parse) are bare text with details of our types, so their bodies are replaced and their headers kept.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, header};

use super::{Edge, request_id_of};

/// Put into a response's extensions to keep its body although its status is an error: health probes.
#[derive(Clone, Copy, Debug)]
pub struct KeepBody;

/// Middleware: replaces the body of an error response that neither is a page nor an answer for a program.
pub(super) async fn apply(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let id = request_id_of(request.extensions());
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || is_meant(response.headers()) || response.extensions().get::<KeepBody>().is_some() {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::CONTENT_TYPE, header::ETAG] {
        parts.headers.remove(name);
    }
    let (page, body) = edge.error_page(status, id).into_parts();
    for (name, value) in &page.headers {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, body)
}

fn is_meant(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|kind| {
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        essence == "text/html" || essence == "application/json" || essence.ends_with("+json")
    })
}
