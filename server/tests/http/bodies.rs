//! Sizes of request bodies, in memory.

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::StatusCode;

use crate::{LIMIT, TestResult, UPLOAD, app, ask, request};

const OURS: &str = "http://localhost:8080";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const SITE: (&str, &str) = ("sec-fetch-site", "same-origin");

/// A body of unknown length, in pieces of 64 KiB.
fn chunked(bytes: u64) -> Body {
    let piece = Bytes::from(vec![b'a'; 64 * 1024]);
    let pieces = usize::try_from(bytes / 65_536).unwrap_or(usize::MAX);
    Body::from_stream(stream::iter(std::iter::repeat_n(piece, pieces).map(Ok::<_, std::io::Error>)))
}

/// The same as the only file of a form.
fn upload(bytes: u64) -> Body {
    let piece = Bytes::from(vec![b'a'; 64 * 1024]);
    let pieces = usize::try_from(bytes / 65_536).unwrap_or(usize::MAX);
    let head = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n";
    let parts = std::iter::once(Bytes::from(head))
        .chain(std::iter::repeat_n(piece, pieces))
        .chain(std::iter::once(Bytes::from("\r\n--x--\r\n")));
    Body::from_stream(stream::iter(parts.map(Ok::<_, std::io::Error>)))
}

#[tokio::test]
async fn forms_up_to_the_limit_pass() -> TestResult {
    let body = "a".repeat(usize::try_from(LIMIT)?);
    assert_eq!(
        ask(&app(OURS)?, request("POST", "/form", &[FORM, SITE], body)?).await?.status,
        StatusCode::OK
    );
    Ok(())
}

#[tokio::test]
async fn a_declared_length_above_the_limit_is_refused() -> TestResult {
    let body = "a".repeat(usize::try_from(LIMIT)? + 1);
    let answer = ask(&app(OURS)?, request("POST", "/form", &[FORM, SITE], body)?).await?;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.is_styled(), "{}", answer.text);
    assert_eq!(answer.header("connection"), "close");
    Ok(())
}

#[tokio::test]
async fn an_undeclared_length_is_counted() -> TestResult {
    let answer = ask(&app(OURS)?, request("POST", "/form", &[FORM, SITE], chunked(2 * LIMIT))?).await?;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.is_styled(), "{}", answer.text);
    Ok(())
}

#[tokio::test]
async fn uploads_have_a_limit_of_their_own() -> TestResult {
    let kind = ("content-type", "multipart/form-data; boundary=x");
    let app = app(OURS)?;
    let fits = ask(&app, request("POST", "/items/7/evidence", &[kind, SITE], upload(UPLOAD))?).await?;
    assert_eq!((fits.status, fits.text), (StatusCode::OK, UPLOAD.to_string()));
    let large =
        ask(&app, request("POST", "/items/7/evidence", &[kind, SITE], upload(UPLOAD + 2 * LIMIT))?).await?;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(large.is_styled(), "{}", large.text);
    Ok(())
}

#[tokio::test]
async fn the_size_is_the_reason_even_when_a_handler_names_another() -> TestResult {
    // A form that is not parsed as one: the handler would answer 400 or 422.
    let kind = ("content-type", "multipart/form-data; boundary=y");
    let answer =
        ask(&app(OURS)?, request("POST", "/items/7/evidence", &[kind, SITE], chunked(6 * LIMIT))?).await?;
    assert!(matches!(answer.status.as_u16(), 400 | 413), "{}", answer.status);
    assert!(answer.is_styled(), "{}", answer.text);
    Ok(())
}
