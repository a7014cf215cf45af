//! Handlers that could not do what was asked.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use sluice_service::Error;

/// What a handler answers.
pub type Reply = Result<Response, Failure>;

/// A handler that could not do what was asked. It becomes a bare response that carries the reason; the visit's layer,
/// which knows who reads, draws the page.
#[derive(Clone, Debug)]
pub struct Failure(pub Arc<Error>);

impl Failure {
    /// There is no such thing.
    #[must_use]
    pub fn not_found() -> Self {
        Error::NotFound.into()
    }

    /// The status that fits the reason.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match &*self.0 {
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::Denied(_) => StatusCode::FORBIDDEN,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Stale | Error::Refused(_) | Error::WouldVoid(_) => StatusCode::CONFLICT,
            Error::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Error::Busy | Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            // Rich inside, generic outside (ASVS 16.5.1): the page says the request's id and nothing else.
            tracing::error!(target: "failure", error = ?self.0, "request failed");
        }
        let mut response = status.into_response();
        if let Error::Throttled(seconds) = &*self.0
            && let Ok(value) = HeaderValue::from_str(&seconds.to_string())
        {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response.extensions_mut().insert(self);
        response
    }
}
