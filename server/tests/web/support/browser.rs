//! A browser: it sends what browsers send, and keeps cookies as they do.

use std::collections::BTreeMap;

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::{PASSWORD, Page, Part, TestResult, Who, World, multipart};

/// The name of the session's cookie.
pub(crate) const SID: &str = "__Host-sid";

/// The type of what forms send.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A browser with a jar of cookies.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    /// The cookies, by name.
    pub(crate) jar: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) bytes: Bytes,
}

impl Answer {
    /// The number of the status.
    pub(crate) fn code(&self) -> u16 {
        self.status.as_u16()
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body as a page.
    pub(crate) fn page(&self) -> Page {
        Page::parse(&self.text())
    }

    /// A header; empty where it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where it leads.
    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// The cookies that it sets.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok()).collect()
    }
}

impl Browser {
    /// A browser that has never been here.
    pub(crate) fn new(world: &World) -> Self {
        Self { router: world.router.clone(), jar: BTreeMap::new() }
    }

    /// A browser in which somebody has signed in.
    pub(crate) async fn signed_in(world: &World, who: Who) -> TestResult<Self> {
        let mut browser = Self::new(world);
        let answer = browser.sign_in(&who.email(), PASSWORD).await?;
        assert_eq!(answer.code(), 303, "{who:?} signs in");
        Ok(browser)
    }

    /// Sends the form of the sign-in page.
    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> TestResult<Answer> {
        self.post("/sign-in", &[("email", email), ("password", password)]).await
    }

    /// The id of its session.
    pub(crate) fn session(&self) -> String {
        self.jar.get(SID).cloned().unwrap_or_default()
    }

    /// Opens an address.
    pub(crate) async fn get(&mut self, path: &str) -> TestResult<Answer> {
        self.send(request("GET", path).body(Body::empty())?).await
    }

    /// Sends a form from a page of ours.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> TestResult<Answer> {
        self.post_body(path, FORM, serde_urlencoded::to_string(fields)?).await
    }

    /// Sends a form with a file.
    pub(crate) async fn upload(&mut self, path: &str, parts: &[Part]) -> TestResult<Answer> {
        self.post_body(path, multipart::CONTENT_TYPE, multipart::body(parts)).await
    }

    /// Sends any body from a page of ours.
    pub(crate) async fn post_body(
        &mut self,
        path: &str,
        content_type: &str,
        body: impl Into<Body>,
    ) -> TestResult<Answer> {
        let request = request("POST", path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, content_type)
            .body(body.into())?;
        self.send(request).await
    }

    /// Sends a request with the cookies, and takes in those that come back.
    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> TestResult<Answer> {
        let pairs: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !pairs.is_empty() {
            request.headers_mut().insert(header::COOKIE, HeaderValue::from_str(&pairs.join("; "))?);
        }
        let is_head = request.method() == Method::HEAD;
        let (parts, body) = self.router.clone().oneshot(request).await?.into_parts();
        let bytes = body.collect().await?.to_bytes();
        assert!(!is_head || bytes.is_empty(), "HEAD has no body");
        let answer = Answer { status: parts.status, headers: parts.headers, bytes };
        for cookie in answer.cookies() {
            self.take_in(cookie)?;
        }
        Ok(answer)
    }

    /// Browsers refuse a cookie of such a name that lacks one of these attributes, also one that should remove it.
    fn take_in(&mut self, cookie: &str) -> TestResult {
        let mut parts = cookie.split("; ");
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).ok_or("no pair")?;
        let attributes: Vec<&str> = parts.collect();
        let complete = !name.starts_with("__Host-")
            || (attributes.contains(&"Secure")
                && attributes.contains(&"Path=/")
                && !attributes.iter().any(|attribute| attribute.starts_with("Domain")));
        if !complete {
            return Ok(());
        }
        if attributes.contains(&"Max-Age=0") {
            self.jar.remove(name);
        } else {
            self.jar.insert(name.to_owned(), value.to_owned());
        }
        Ok(())
    }
}

/// The beginning of a request.
pub(crate) fn request(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path)
}
