//! A panic is a 500 and the process lives (ASVS 16.5.1, 16.5.4): the page shows the request id, the log the
//! rest.

use std::{any::Any, panic::AssertUnwindSafe};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use futures::FutureExt;
use http::StatusCode;

use super::{Edge, request_id_of};

/// Sends what panics say to the log, with the place in the source, as one line instead of text on the
/// terminal.
pub fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(target: "panic", place, detail = message(info.payload()), "a part of the program panicked");
    }));
}

/// Middleware: turns a panic below it into the error page.
///
/// Asserting unwind safety is sound here: the request and all that its handler held are dropped; what
/// outlives it (pools, caches) guards itself.
pub(super) async fn apply(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let id = request_id_of(request.extensions());
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(payload) => {
            let detail = message(&*payload);
            tracing::error!(target: "panic", request_id = %id, detail, "a request handler panicked");
            edge.error_page(StatusCode::INTERNAL_SERVER_ERROR, id)
        }
    }
}

fn message(payload: &dyn Any) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}
