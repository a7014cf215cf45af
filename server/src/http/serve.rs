//! The socket side: accepts connections, bounds what each may cost, and lets them finish when the server
//! stops.
//!
//! Only HTTP/1.1 is spoken. Browsers use HTTP/2 over TLS alone, TLS ends at the proxy, and finding out which
//! of the two a silent client is about to speak has no time limit in the library.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinSet,
};
use tower::Service;

/// What a connection may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How long a client may take over a request's headers, and stay silent between requests.
    pub header_read_timeout: Duration,
    /// How many bytes are buffered for a request's headers. The last read may go beyond by as much again.
    pub header_bytes: usize,
    /// How many connections are served at once; more wait in the system's queue.
    pub connections: usize,
    /// How long requests may finish after the server was asked to stop.
    pub drain: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            header_read_timeout: Duration::from_secs(10),
            header_bytes: 32 * 1024,
            connections: 2000,
            drain: Duration::from_secs(25),
        }
    }
}

/// Requests to stop: the first one drains, the second one ends the drain.
pub type Stop = mpsc::Receiver<()>;

/// Listens for SIGTERM and SIGINT (Ctrl-C).
///
/// # Errors
/// The system does not let the process handle signals.
pub fn signals() -> io::Result<Stop> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (sender, stop) = mpsc::channel(2);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if sender.send(()).await.is_err() {
                // The server has stopped; the process is about to.
                return;
            }
        }
    });
    Ok(stop)
}

/// Raises the number of files the process may open as far as the system lets it: the usual 1,024 is less than
/// the connections we are ready to serve.
pub fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::debug!(%error, "the limit of open files stays as it is");
        }
    }
}

/// Serves until asked to stop, then lets requests in flight finish.
pub async fn serve(listener: TcpListener, app: Router, bounds: Bounds, mut stop: Stop) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(bounds.header_read_timeout)
        .max_buf_size(bounds.header_bytes.max(8192));
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(bounds.connections));
    let mut connections = JoinSet::new();

    loop {
        tokio::select! {
            biased;
            _ = stop.recv() => break,
            Some(ended) = connections.join_next() => report(ended),
            (stream, peer, slot) = accept(&listener, &slots) => {
                let app = app.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let mut request = request.map(Body::new);
                    request.extensions_mut().insert(ConnectInfo(peer));
                    // A router is always ready.
                    app.clone().call(request)
                });
                let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
                connections.spawn(async move {
                    // Clients that vanish or talk nonsense are no news; hyper has answered what could be
                    // answered.
                    if let Err(error) = connection.await {
                        tracing::debug!(target: "connection", error = error.to_string(), "ended with an error");
                    }
                    drop(slot);
                });
            }
        }
    }
    // New connections are refused from here on, so a balancer turns elsewhere at once.
    drop(listener);
    finish(graceful, &mut connections, bounds.drain, stop).await;
}

async fn finish(graceful: GracefulShutdown, connections: &mut JoinSet<()>, drain: Duration, mut stop: Stop) {
    let open = graceful.count();
    tracing::info!(open, "stopping: requests in flight may finish");
    let hurried = async {
        // A closed channel is nobody left to ask, not a second request.
        if stop.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    };
    let why = tokio::select! {
        () = graceful.shutdown() => None,
        () = tokio::time::sleep(drain) => Some("time is up"),
        () = hurried => Some("asked again"),
    };
    if let Some(why) = why {
        tracing::warn!(why, "cutting the connections that are left");
    }
    connections.shutdown().await;
}

/// The next connection, once there is a slot for it.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        let Ok(slot) = Arc::clone(slots).acquire_owned().await else {
            // The semaphore is never closed.
            std::future::pending::<()>().await;
            continue;
        };
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Pages are written in one piece, so waiting for more bytes to send only costs time.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(target: "connection", %error, "no TCP_NODELAY");
                }
                return (stream, peer, slot);
            }
            Err(error) => {
                // Out of files, mostly: the connection stays queued, so trying again at once would spin.
                tracing::error!(target: "connection", %error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(target: "panic", "a connection panicked");
    }
}
