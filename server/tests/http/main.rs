//! The edge of the server: the layers that every request meets, in memory and over real sockets.

mod bodies;
mod origins;
mod responses;
mod sockets;

use axum::{
    Extension, Form, Router,
    body::Body,
    extract::{Multipart, Path},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::BodyExt;
use sluice_server::http::{
    Edge, csp, errors::KeepBody, headers::Nonce, log::ActorSlot, protect, proxies::ClientAddress,
    public_url::PublicUrl, request_id::RequestId,
};
use tower::ServiceExt;

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

const LIMIT: u64 = 1024 * 1024;
const UPLOAD: u64 = 3 * LIMIT;

/// A small application with one route of each kind, behind the layers of the real one.
fn app(public_url: &str) -> TestResult<Router> {
    let page = |status: StatusCode, id: RequestId| {
        (status, Html(format!("<h1>styled {}</h1><p>{id}", status.as_u16()))).into_response()
    };
    let edge = Edge::builder(PublicUrl::parse(public_url)?, page)
        .exempt([csp::PATH, "/api/"])
        .uploads(["/items/{id}/evidence"], UPLOAD)
        .build();
    let router = Router::new()
        .route("/", get(async |Extension(nonce): Extension<Nonce>| Html(nonce.as_str().to_owned())))
        .route("/whoami", get(whoami))
        .route(
            "/asset.js",
            get(async || ([(header::CACHE_CONTROL, "public, max-age=31536000, immutable")], "x")),
        )
        .route(
            "/evidence",
            get(async || ([(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'")], "x")),
        )
        .route("/readyz", get(async || (StatusCode::SERVICE_UNAVAILABLE, Extension(KeepBody), "not ready")))
        .route("/refused", get(async || (StatusCode::UNPROCESSABLE_ENTITY, Html("the form again"))))
        .route("/panic", get(explode))
        .route("/form", post(echo).get(async || Html("form")))
        .route("/ignores", post(async || StatusCode::SEE_OTHER))
        .route("/items/{id}/evidence", post(measure))
        .route("/items/{id}", get(async |Path(id): Path<u32>| id.to_string()))
        .route("/islands/preview", post(async || Html("ok")))
        .route("/api/thing", post(async || "ok"))
        .route(csp::PATH, csp::endpoint());
    Ok(protect(router, &edge))
}

async fn whoami(
    Extension(id): Extension<RequestId>,
    Extension(ClientAddress(client)): Extension<ClientAddress>,
    Extension(actor): Extension<ActorSlot>,
) -> String {
    actor.set(id.as_uuid());
    format!("{id} {client}")
}

#[expect(clippy::panic, reason = "the very thing under test")]
async fn explode(Extension(actor): Extension<ActorSlot>) -> Response {
    actor.set(uuid::Uuid::nil());
    panic!("canary in the panic message")
}

async fn echo(Form(fields): Form<Vec<(String, String)>>) -> String {
    fields.len().to_string()
}

async fn measure(mut form: Multipart) -> Result<String, axum::extract::multipart::MultipartError> {
    let mut bytes = 0;
    while let Some(mut field) = form.next_field().await? {
        while let Some(chunk) = field.chunk().await? {
            bytes += chunk.len();
        }
    }
    Ok(bytes.to_string())
}

/// What came back.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn is_styled(&self) -> bool {
        self.text.starts_with(&format!("<h1>styled {}", self.status.as_u16()))
            && self.header("content-type").starts_with("text/html")
    }
}

async fn ask(app: &Router, request: Request<Body>) -> TestResult<Answer> {
    let (parts, body) = app.clone().oneshot(request).await?.into_parts();
    let text = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
    Ok(Answer { status: parts.status, headers: parts.headers, text })
}

async fn fetch(app: &Router, path: &str) -> TestResult<Answer> {
    ask(app, Request::get(path).body(Body::empty())?).await
}

/// A request with these headers, in which an empty value means "without".
fn request(
    method: &str,
    path: &str,
    headers: &[(&'static str, &str)],
    body: impl Into<Body>,
) -> TestResult<Request<Body>> {
    let mut request = Request::builder().method(method).uri(path).body(body.into())?;
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        request.headers_mut().append(*name, HeaderValue::from_str(value)?);
    }
    Ok(request)
}
