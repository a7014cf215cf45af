//! Security headers on every response (ASVS 3.2.1, 3.4.1, 3.4.3–6, 3.4.8, 14.3.2): pages, errors and assets
//! alike.

use std::fmt;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::Edge;

/// The value that a script on this page must carry to run; new for every request. Request extension.
#[derive(Clone, Eq, PartialEq)]
pub struct Nonce(String);

impl Nonce {
    /// 128 random bits from the thread's cryptographic generator.
    #[expect(
        clippy::disallowed_methods,
        reason = "a nonce that a test or the demo could set would protect nothing"
    )]
    fn fresh() -> Self {
        Self(format!("{:032x}", rand::random::<u128>()))
    }

    /// The text for a `nonce` attribute.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A nonce in a log would be as good as one in the page.
        formatter.write_str("Nonce(…)")
    }
}

const FIXED: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), \
         publickey-credentials-get=(self), publickey-credentials-create=(self)",
    ),
];

const HSTS: &str = "max-age=63072000; includeSubDomains";

/// The policy of pages. `wasm-unsafe-eval` is what WebAssembly needs; it allows no JavaScript.
fn policy(nonce: &Nonce) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; object-src 'none'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'; report-uri /csp-report",
        nonce.0
    )
}

/// Middleware: puts [`Nonce`] into the request and the headers into the response.
///
/// A response keeps a content security policy and a cache policy of its own: downloads are sandboxed, hashed
/// assets are immutable. Everything else is fixed.
pub(super) async fn apply(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let nonce = Nonce::fresh();
    let policy = HeaderValue::from_str(&policy(&nonce));
    request.extensions_mut().insert(nonce);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    set_fixed(headers, edge.public_url().is_https());
    if let (false, Ok(policy)) = (headers.contains_key(header::CONTENT_SECURITY_POLICY), policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn set_fixed(headers: &mut HeaderMap, https: bool) {
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Over plain HTTP browsers ignore the header, and a localhost that once sent it would trap other
    // programs.
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
}
