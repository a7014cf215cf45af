//! Sizes of request bodies (ASVS 5.2.1): the declared length first, then a count while reading.
//!
//! A response that is sent while the client is still writing can be lost: closing a socket with unread bytes
//! resets the connection. So whatever a handler leaves unread is read away in the background, within bounds,
//! and the client gets to see its 413, 403 or redirect.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use bytes::{Buf, Bytes};
use http::{HeaderValue, StatusCode, Version, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;
use tower_http::timeout::TimeoutBody;

use super::{Edge, request_id_of};

/// A body that stands still for this long is given up.
const IDLE: Duration = Duration::from_secs(30);

/// A body may take this long in any case, and beyond it as long as it comes at this rate. Without a floor, a client
/// that drips bytes would hold its connection for ever.
const GRACE: Duration = Duration::from_secs(30);
const FLOOR_BYTES_PER_SECOND: u64 = 16 * 1024;

/// How long, and how much, is read away after the answer is given.
const DRAIN_TIME: Duration = Duration::from_secs(30);
const DRAIN_BYTES: u64 = 1024 * 1024 * 1024;

/// Middleware: refuses a body above the route's limit (413), mid-stream when its length was not declared.
pub(super) async fn apply(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // The framework's own limit of 2 MB knows no routes; ours covers every body.
    DefaultBodyLimit::disable().apply(&mut request);
    let id = request_id_of(request.extensions());
    let version = request.version();
    let limit = edge.body_limit(request.extensions().get::<MatchedPath>().map(MatchedPath::as_str));
    let declared = request.body().size_hint().lower();
    let exceeded = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&exceeded);
    let waits = request.headers().contains_key(header::EXPECT);
    let request = request.map(|body| {
        let counted = Limited::new(Drained::new(body, waits), usize::try_from(limit).unwrap_or(usize::MAX));
        Body::new(counted.map_err(move |error| {
            flag.fetch_or(error.is::<LengthLimitError>(), Ordering::Relaxed);
            error
        }))
    });
    if declared <= limit {
        let response = next.run(request).await;
        let failed = response.status().is_client_error() || response.status().is_server_error();
        let hidden = failed && response.status() != StatusCode::PAYLOAD_TOO_LARGE;
        // A handler may have made something else of the failed read; the reason is the size all the same.
        if !(hidden && exceeded.load(Ordering::Relaxed)) {
            return response;
        }
    }
    let mut refusal = edge.error_page(StatusCode::PAYLOAD_TOO_LARGE, id);
    if version < Version::HTTP_2 {
        // Tells the client to stop sending what nobody will store.
        refusal.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    refusal
}

/// A request body that notices silence, and reads itself away when it is dropped early.
struct Drained {
    body: Option<Body>,
    /// Since when it is read.
    since: Instant,
    /// How much of it came.
    seen: u64,
    /// The client waits for "100 Continue", which the first read would send: nothing is on its way yet.
    waits: bool,
}

impl Drained {
    fn new(body: Body, waits: bool) -> Self {
        Self { body: Some(Body::new(TimeoutBody::new(IDLE, body))), since: Instant::now(), seen: 0, waits }
    }
}

impl HttpBody for Drained {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.waits = false;
        let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.seen += frame.data_ref().map_or(0, |data| data.remaining() as u64);
            if self.since.elapsed() > GRACE + Duration::from_secs(self.seen / FLOOR_BYTES_PER_SECOND) {
                self.body = None;
                return Poll::Ready(Some(Err(axum::Error::new(TooSlow))));
            }
        }
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

/// A body that came slower than the floor.
#[derive(Debug, thiserror::Error)]
#[error("the body came too slowly")]
struct TooSlow;

impl Drop for Drained {
    fn drop(&mut self) {
        let unread = self.body.take().filter(|body| !self.waits && !body.is_end_stream());
        if let (Some(body), Ok(runtime)) = (unread, tokio::runtime::Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(DRAIN_TIME, drain(body)));
        }
    }
}

/// Reads and forgets, until the end, an error, or the bound.
async fn drain(mut body: Body) {
    let mut left = DRAIN_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let read = frame.data_ref().map_or(0, Buf::remaining) as u64;
        match left.checked_sub(read) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
