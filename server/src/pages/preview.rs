//! Markdown as it will look, for the preview below a text area. Its route asks for a sign-in, and the edge lets only
//! JSON from our own pages through.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Deserialize;
use sluice_app::markdown::{PREVIEW_LIMIT, render};

/// What the island asks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The Markdown as typed.
    text: String,
}

/// Renders Markdown. The answer is markup for a place in a page, never a page itself, so it is sent as a JSON text: a
/// browser that opens it by itself shows no document (ASVS 3.2.1).
pub async fn preview(Json(asked): Json<Asked>) -> Response {
    if asked.text.len() > PREVIEW_LIMIT {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    Json(render(&asked.text)).into_response()
}

#[cfg(test)]
mod tests {
    use http::header;
    use http_body_util::BodyExt;

    use super::*;

    async fn send(text: &str) -> Response {
        preview(Json(Asked { text: text.to_owned() })).await
    }

    #[tokio::test]
    async fn the_answer_is_clean_markup_in_a_json_text() {
        let response = send("*a* <script>").await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        let html: String = serde_json::from_slice(&bytes).expect("a JSON text");
        assert!(html.contains("<em>a</em> &lt;script&gt;"), "{html}");
    }

    #[tokio::test]
    async fn a_text_that_no_field_takes_is_refused() {
        assert_eq!(send(&"a".repeat(PREVIEW_LIMIT + 1)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
