//! The server on real sockets: clients that are slow, silent, too large, or still busy when it stops.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use sluice_server::http::serve::{Bounds, raise_file_limit, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

use crate::{TestResult, app};

/// Longer than anything here may take; reaching it is the failure.
const PATIENCE: Duration = Duration::from_secs(30);

struct Running {
    address: SocketAddr,
    stop: mpsc::Sender<()>,
    server: JoinHandle<()>,
}

async fn start(app: Router, bounds: Bounds) -> TestResult<Running> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, requests) = mpsc::channel(2);
    Ok(Running { address, stop, server: tokio::spawn(serve(listener, app, bounds, requests)) })
}

async fn started(bounds: Bounds) -> TestResult<Running> {
    start(app("http://localhost:8080")?, bounds).await
}

impl Running {
    async fn connect(&self) -> TestResult<TcpStream> {
        Ok(TcpStream::connect(self.address).await?)
    }

    /// Sends this and reads until the server closes.
    async fn exchange(&self, request: &[u8]) -> TestResult<String> {
        let mut stream = self.connect().await?;
        stream.write_all(request).await?;
        read_to_end(&mut stream).await
    }

    async fn stopped(self) -> TestResult {
        self.stop.send(()).await?;
        timeout(PATIENCE, self.server).await??;
        Ok(())
    }
}

async fn read_to_end(stream: &mut TcpStream) -> TestResult<String> {
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await??;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn quick() -> Bounds {
    Bounds { header_read_timeout: Duration::from_millis(200), ..Bounds::default() }
}

#[tokio::test]
async fn slow_and_silent_clients_are_cut() -> TestResult {
    let running = started(quick()).await?;
    for beginning in [&b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "[..], b"PRI * HTTP/2.0\r\n", b""] {
        let mut stream = running.connect().await?;
        stream.write_all(beginning).await?;
        read_to_end(&mut stream).await?;
    }
    // A connection between two requests is silent too.
    let kept = running.exchange(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await?;
    assert!(kept.starts_with("HTTP/1.1 200"), "{kept}");
    running.stopped().await
}

#[tokio::test]
async fn a_thousand_idle_connections_block_nobody() -> TestResult {
    raise_file_limit();
    let running = started(Bounds::default()).await?;
    let mut idle = Vec::new();
    for _ in 0..1000 {
        let mut stream = running.connect().await?;
        stream.write_all(b"GET / HTTP/1.1\r\nx-slow: ").await?;
        idle.push(stream);
    }
    for _ in 0..20 {
        let answer = running.exchange(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await?;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    drop(idle);
    running.stopped().await
}

#[tokio::test]
async fn connections_above_the_bound_wait_for_their_turn() -> TestResult {
    let running = started(Bounds { connections: 2, ..quick() }).await?;
    let (_first, _second) = (running.connect().await?, running.connect().await?);
    let answer = running.exchange(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await?;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    running.stopped().await
}

#[tokio::test]
async fn too_many_or_too_long_headers_are_refused() -> TestResult {
    let running = started(Bounds::default()).await?;
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "a".repeat(200_000));
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-many: a\r\n".repeat(200));
    for request in [long, many] {
        let answer = running.exchange(request.as_bytes()).await.unwrap_or_default();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    running.stopped().await
}

#[tokio::test]
async fn a_request_cannot_be_smuggled_in_another() -> TestResult {
    let running = started(quick()).await?;
    for framing in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
        "content-length: 4\r\ncontent-length: 5\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding : chunked\r\n",
        "content-length: +4\r\n",
    ] {
        let request = format!(
            "POST /form HTTP/1.1\r\nhost: x\r\norigin: http://localhost:8080\r\n\
             content-type: application/x-www-form-urlencoded\r\n{framing}\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n"
        );
        let answer = running.exchange(request.as_bytes()).await?;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{framing}: {answer}");
        assert!(!answer.contains("styled 404"), "{framing}: {answer}");
    }
    running.stopped().await
}

#[tokio::test]
async fn a_client_that_is_still_sending_gets_the_refusal() -> TestResult {
    let running = started(Bounds::default()).await?;
    let body = vec![b'a'; 24 * 1024 * 1024];
    let common = "host: x\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    for (path, headers, status) in [
        ("/form", "origin: http://localhost:8080\r\n", "413"),
        ("/form", "origin: https://evil.example\r\n", "413"),
        ("/nowhere", "origin: http://localhost:8080\r\n", "413"),
    ] {
        let head = format!("POST {path} HTTP/1.1\r\n{common}{headers}content-length: {}\r\n\r\n", body.len());
        let mut stream = running.connect().await?;
        stream.write_all(head.as_bytes()).await?;
        // As a browser does: everything is written before anything is read.
        timeout(PATIENCE, stream.write_all(&body)).await??;
        let answer = read_to_end(&mut stream).await?;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
        assert!(answer.contains("content-security-policy"), "{answer}");
    }
    // A handler that reads nothing, within the limit: the connection stays usable.
    let small = "a".repeat(900_000);
    let mut stream = running.connect().await?;
    let head = format!(
        "POST /ignores HTTP/1.1\r\n{common}origin: http://localhost:8080\r\ncontent-length: {}\r\n\r\n",
        small.len()
    );
    stream.write_all(head.as_bytes()).await?;
    timeout(PATIENCE, stream.write_all(small.as_bytes())).await??;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await?;
    let answers = read_to_end(&mut stream).await?;
    assert!(answers.starts_with("HTTP/1.1 303") && answers.contains("HTTP/1.1 200"), "{answers}");
    running.stopped().await
}

#[tokio::test]
async fn a_client_that_asks_first_is_not_told_to_send() -> TestResult {
    let running = started(Bounds::default()).await?;
    let answer = running
        .exchange(
            b"POST /form HTTP/1.1\r\nhost: x\r\norigin: http://localhost:8080\r\nexpect: 100-continue\r\n\
              content-type: application/x-www-form-urlencoded\r\ncontent-length: 1073741824\r\n\r\n",
        )
        .await?;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    running.stopped().await
}

#[tokio::test]
async fn requests_in_flight_finish_when_the_server_stops() -> TestResult {
    let (entered, arrived) = oneshot::channel::<()>();
    let (release, released) = oneshot::channel::<()>();
    let gates = std::sync::Arc::new(tokio::sync::Mutex::new(Some((entered, released))));
    let slow = get(move || async move {
        if let Some((entered, released)) = gates.lock().await.take() {
            let _ = entered.send(());
            let _ = released.await;
        }
        "done"
    });
    let running = start(Router::new().route("/slow", slow), Bounds::default()).await?;
    let _silent = running.connect().await?;
    let mut stream = running.connect().await?;
    stream.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await?;
    timeout(PATIENCE, arrived).await??;
    running.stop.send(()).await?;
    // Once the listener is gone the drain has begun.
    timeout(PATIENCE, async { while TcpStream::connect(running.address).await.is_ok() {} }).await?;
    release.send(()).map_err(|()| "the handler is gone")?;
    let answer = read_to_end(&mut stream).await?;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
    timeout(Duration::from_secs(5), running.server).await??;
    Ok(())
}

#[tokio::test]
async fn a_drain_ends_when_time_is_up_or_somebody_asks_again() -> TestResult {
    for again in [false, true] {
        let drain = if again { PATIENCE * 2 } else { Duration::from_millis(200) };
        let stuck = Router::new().route("/stuck", get(std::future::pending::<&'static str>));
        let running = start(stuck, Bounds { drain, ..Bounds::default() }).await?;
        let mut stream = running.connect().await?;
        stream.write_all(b"GET /stuck HTTP/1.1\r\nhost: x\r\n\r\n").await?;
        running.stop.send(()).await?;
        if again {
            running.stop.send(()).await?;
        }
        timeout(PATIENCE, running.server).await??;
        assert_eq!(read_to_end(&mut stream).await.unwrap_or_default(), "");
    }
    Ok(())
}
