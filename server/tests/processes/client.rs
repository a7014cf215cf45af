use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::support::{TestResult, cast::PASSWORD};

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) cookies: Vec<String>,
    pub(crate) body: String,
}

/// A browser in which somebody is signed in: as far as the server can tell.
#[derive(Clone)]
pub(crate) struct Browser {
    cookie: String,
}

/// The body of a form.
pub(crate) fn encode(fields: &[(&str, &str)]) -> TestResult<String> {
    Ok(serde_urlencoded::to_string(fields)?)
}

/// Sends one request on a connection of its own. An error is an answer that did not come.
async fn send(port: u16, path: &str, cookie: &str, form: Option<String>) -> TestResult<Answer> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let mut request = Request::builder()
        .method(if form.is_some() { "POST" } else { "GET" })
        .uri(path)
        .header(header::HOST, format!("localhost:{port}"))
        .header("sec-fetch-site", "same-origin");
    if !cookie.is_empty() {
        request = request.header(header::COOKIE, cookie);
    }
    if form.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    let request = request.body(Full::new(Bytes::from(form.unwrap_or_default())))?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let cookies = response
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|value| Some(value.to_str().ok()?.split(';').next()?.to_owned()))
        .collect();
    let body = response.into_body().collect().await?.to_bytes();
    drop(sender);
    driver.await??;
    Ok(Answer { status, cookies, body: String::from_utf8_lossy(&body).into_owned() })
}

/// Reads a page without being signed in.
pub(crate) async fn get(port: u16, path: &str) -> TestResult<Answer> {
    send(port, path, "", None).await
}

impl Browser {
    /// Signs in by the form.
    pub(crate) async fn sign_in(port: u16, email: &str) -> TestResult<Self> {
        let form = encode(&[("email", email), ("password", PASSWORD), ("next", "/work")])?;
        let answer = send(port, "/sign-in", "", Some(form)).await?;
        let cookie = answer.cookies.into_iter().find(|cookie| cookie.starts_with("__Host-sid="));
        match cookie {
            Some(cookie) if answer.status == StatusCode::SEE_OTHER => Ok(Self { cookie }),
            _ => Err(format!("{email} was not signed in: {} {}", answer.status, answer.body).into()),
        }
    }

    /// Sends a form to one of the servers.
    pub(crate) async fn post(&self, port: u16, path: &str, fields: &[(&str, &str)]) -> TestResult<Answer> {
        send(port, path, &self.cookie, Some(encode(fields)?)).await
    }

    /// Reads a page of one of the servers.
    pub(crate) async fn get(&self, port: u16, path: &str) -> TestResult<Answer> {
        send(port, path, &self.cookie, None).await
    }
}
