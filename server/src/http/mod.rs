//! The edge: what every request meets before a handler sees it, and what every response gets before it
//! leaves.
//!
//! [`protect`] puts the layers around a finished router, in the one order that works; [`serve`] runs it on a
//! socket. From the outside in:
//!
//! 1. [`request_id`]: names the request.
//! 2. [`proxies`]: finds the client's address.
//! 3. [`log`]: one line per request, also for those that the client gave up on.
//! 4. [`headers`]: security headers on every response, whoever made it.
//! 5. [`panic`]: a panic becomes a 500; the process lives.
//! 6. [`errors`]: an error response that is not a page becomes one.
//! 7. [`body`]: sizes, idle uploads, and the rest of a body that nobody read.
//! 8. [`origin`]: requests that change something come from our own pages.

pub mod body;
pub mod csp;
pub mod errors;
pub mod headers;
pub mod log;
pub mod origin;
pub mod panic;
pub mod proxies;
pub mod public_url;
pub mod request_id;
pub mod serve;

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    response::Response,
};
use http::StatusCode;

use self::{proxies::TrustedProxies, public_url::PublicUrl, request_id::RequestId};

/// Forms are small: a request body above this is refused unless its route is declared as an upload.
pub const FORM_LIMIT: u64 = 1024 * 1024;

/// What a multipart body may weigh beyond the file in it: boundaries, part headers, the form's other fields.
pub const UPLOAD_OVERHEAD: u64 = FORM_LIMIT;

/// What the layers need to know. Cheap to clone.
#[derive(Clone)]
pub struct Edge(Arc<Inner>);

struct Inner {
    public_url: PublicUrl,
    proxies: TrustedProxies,
    exempt: Vec<&'static str>,
    uploads: Vec<&'static str>,
    upload_limit: u64,
    error_page: Box<dyn Fn(StatusCode, RequestId) -> Response + Send + Sync>,
}

/// Collects what [`Edge`] needs.
pub struct EdgeBuilder(Inner);

impl Edge {
    /// Starts from the public URL and the function that renders an error page, which needs no script.
    pub fn builder(
        public_url: PublicUrl,
        error_page: impl Fn(StatusCode, RequestId) -> Response + Send + Sync + 'static,
    ) -> EdgeBuilder {
        EdgeBuilder(Inner {
            public_url,
            proxies: TrustedProxies::default(),
            exempt: Vec::new(),
            uploads: Vec::new(),
            upload_limit: FORM_LIMIT,
            error_page: Box::new(error_page),
        })
    }

    /// The address people type.
    #[must_use]
    pub fn public_url(&self) -> &PublicUrl {
        &self.0.public_url
    }

    /// The error page for this status.
    #[must_use]
    pub fn error_page(&self, status: StatusCode, id: RequestId) -> Response {
        (self.0.error_page)(status, id)
    }

    fn proxies(&self) -> &TrustedProxies {
        &self.0.proxies
    }

    /// Whether a path is exempt from the origin check: the very path, or everything below an entry that ends
    /// with a slash.
    fn is_exempt(&self, path: &str) -> bool {
        self.0.exempt.iter().any(|entry| path == *entry || (entry.ends_with('/') && path.starts_with(entry)))
    }

    /// The largest body that the route with this template takes.
    fn body_limit(&self, template: Option<&str>) -> u64 {
        if template.is_some_and(|template| self.0.uploads.contains(&template)) {
            self.0.upload_limit
        } else {
            FORM_LIMIT
        }
    }
}

impl EdgeBuilder {
    /// The proxies whose forwarding headers are believed.
    #[must_use]
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.0.proxies = proxies;
        self
    }

    /// Paths that the origin check leaves alone because they ignore cookies: reports that browsers send by
    /// themselves, interfaces with tokens or signatures. An entry that ends with a slash covers what is below
    /// it.
    #[must_use]
    pub fn exempt(mut self, paths: impl IntoIterator<Item = &'static str>) -> Self {
        self.0.exempt.extend(paths);
        self
    }

    /// Route templates, as given to the router (`/features/{key}/evidence`), that take a file of at most this
    /// many bytes.
    #[must_use]
    pub fn uploads(mut self, templates: impl IntoIterator<Item = &'static str>, max_file_bytes: u64) -> Self {
        self.0.uploads.extend(templates);
        self.0.upload_limit = max_file_bytes.saturating_add(UPLOAD_OVERHEAD);
        self
    }

    /// Ready for [`protect`].
    #[must_use]
    pub fn build(self) -> Edge {
        Edge(Arc::new(self.0))
    }
}

/// Puts every layer around a router whose routes, fallback, sessions and compression are all in place.
///
/// Routes added afterwards are unprotected, so this is the last call before [`serve::serve`].
pub fn protect(router: Router, edge: &Edge) -> Router {
    router.layer((
        from_fn(request_id::apply),
        from_fn_with_state(edge.clone(), proxies::apply),
        from_fn(log::apply),
        from_fn_with_state(edge.clone(), headers::apply),
        from_fn_with_state(edge.clone(), panic::apply),
        from_fn_with_state(edge.clone(), errors::apply),
        from_fn_with_state(edge.clone(), body::apply),
        from_fn_with_state(edge.clone(), origin::apply),
    ))
}

/// The id that [`request_id`] gave; a fresh one where that layer is absent, so that nothing has to fail.
fn request_id_of(extensions: &http::Extensions) -> RequestId {
    extensions.get::<RequestId>().copied().unwrap_or_else(RequestId::fresh)
}
