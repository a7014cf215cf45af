//! Whether the process lives and can work.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::App;
use crate::http::errors::KeepBody;

/// The process is alive. It asks nothing else, so that an orchestrator does not restart it for somebody else's fault.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// The process can do its work: the database answers.
pub async fn ready(State(app): State<App>) -> Response {
    match app.service.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(target: "health", %error, "not ready");
            let mut response = (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response();
            response.extensions_mut().insert(KeepBody);
            response
        }
    }
}
