//! One structured line per request (ASVS 16.2.1, 16.4.1), written when its response is finished or given up.
//!
//! The line names the route's template, never the raw path or query: those can hold one-time tokens and free
//! text. Whatever a client chose is recorded as a string value, which both formats quote and escape, so
//! nobody can forge a line.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, HttpBody},
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use bytes::{Buf, Bytes};
use http::Method;
use hyper::body::{Frame, SizeHint};
use tracing::Level;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};
use uuid::Uuid;

use super::{proxies::ClientAddress, request_id::RequestId, request_id_of};
use crate::config::{LogConfig, LogFormat};

/// Where the session layer writes who is acting, so that the log line can say it even when the handler panics
/// or the client goes away. Request extension.
#[derive(Clone, Debug, Default)]
pub struct ActorSlot(Arc<OnceLock<Uuid>>);

impl ActorSlot {
    /// Notes who is acting; the first one stays.
    pub fn set(&self, actor: Uuid) {
        // A second write can only come from a second session layer, which would be wrong about the first.
        let _ = self.0.set(actor);
    }

    /// Who is acting, once known.
    #[must_use]
    pub fn get(&self) -> Option<Uuid> {
        self.0.get().copied()
    }
}

/// Starts logging for the whole process, to standard error.
///
/// # Errors
/// The filter is not understood, or logging has been started before.
pub fn install(config: &LogConfig) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.filter)
        .map_err(|error| format!("SLUICE_LOG {:?} is not a log filter: {error}", config.filter))?;
    let registry = tracing_subscriber::registry().with(filter);
    match config.format {
        LogFormat::Json => {
            let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false);
            registry.with(lines.with_span_list(false).with_writer(std::io::stderr)).try_init()
        }
        LogFormat::Text => {
            let color = std::io::IsTerminal::is_terminal(&std::io::stderr());
            let lines = tracing_subscriber::fmt::layer().with_ansi(color);
            registry.with(lines.with_writer(std::io::stderr)).try_init()
        }
    }
    .map_err(|error| error.to_string())
}

/// Middleware: puts [`ActorSlot`] into the request and writes the line.
pub(super) async fn apply(mut request: Request, next: Next) -> Response {
    let actor = ActorSlot::default();
    request.extensions_mut().insert(actor.clone());
    let mut line = Line {
        id: request_id_of(request.extensions()),
        method: known(request.method()),
        route: request.extensions().get::<MatchedPath>().cloned(),
        client: request.extensions().get::<ClientAddress>().copied(),
        actor,
        started: Instant::now(),
        answered: None,
        bytes: 0,
        finished: false,
    };
    let response = next.run(request).await;
    line.answered = Some((response.status().as_u16(), line.started.elapsed()));
    line.finished = response.body().is_end_stream();
    response.map(|body| Body::new(Measured { body, line }))
}

/// Methods are words that a client may invent.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "OTHER",
    }
}

/// What is known about a request. Writes itself when dropped, which also happens when the client hangs up.
struct Line {
    id: RequestId,
    method: &'static str,
    route: Option<MatchedPath>,
    client: Option<ClientAddress>,
    actor: ActorSlot,
    started: Instant,
    answered: Option<(u16, Duration)>,
    bytes: u64,
    finished: bool,
}

impl Drop for Line {
    fn drop(&mut self) {
        let (status, took) = self.answered.unwrap_or_else(|| (499, self.started.elapsed()));
        let outcome = match self.answered {
            None => "abandoned",
            Some(_) if self.finished || self.method == "HEAD" => "sent",
            Some(_) => "cut",
        };
        macro_rules! write_line {
            ($level:expr) => {
                tracing::event!(
                    target: "request",
                    $level,
                    request_id = %self.id,
                    method = self.method,
                    route = self.route.as_ref().map_or("(none)", MatchedPath::as_str),
                    status,
                    duration_ms = milliseconds(took),
                    total_ms = milliseconds(self.started.elapsed()),
                    bytes = self.bytes,
                    outcome,
                    client = self.client.map(|ClientAddress(address)| tracing::field::display(address)),
                    actor = self.actor.get().map(tracing::field::display),
                )
            };
        }
        if status >= 500 {
            write_line!(Level::ERROR);
        } else {
            write_line!(Level::INFO);
        }
    }
}

/// With three decimals, because most requests take less than a millisecond. Stops counting after an hour.
fn milliseconds(duration: Duration) -> f64 {
    f64::from(u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)) / 1000.0
}

/// A response body that counts what goes out.
struct Measured {
    body: Body,
    line: Line,
}

impl HttpBody for Measured {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                let sent = frame.data_ref().map_or(0, Buf::remaining);
                self.line.bytes = self.line.bytes.saturating_add(sent as u64);
                // Hyper does not poll again once a body of known length says that it has ended.
                self.line.finished = self.body.is_end_stream();
            }
            Poll::Ready(None) => self.line.finished = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
