//! A name for each request (ASVS 16.2): on the error page, in the log line, in the audit event.

use std::fmt;

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderName, HeaderValue};
use uuid::Uuid;

/// The response header that carries the id.
pub static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request. Request extension.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct RequestId(Uuid);

impl RequestId {
    /// A new id, later than those before it.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "a request happens now, whatever time its data is about")]
    pub fn fresh() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id as it is stored.
    #[must_use]
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Middleware: puts [`RequestId`] into the request and its text into the response.
///
/// An id that came with the request is ignored: a stranger must not choose what our log and audit trail say.
pub(super) async fn apply(mut request: Request, next: Next) -> Response {
    let id = RequestId::fresh();
    request.extensions_mut().insert(id);
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(X_REQUEST_ID.clone(), value);
    }
    response
}
