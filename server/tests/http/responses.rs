//! What every response carries, whoever made it.

use std::{cell::RefCell, collections::HashSet, io::Write, net::SocketAddr, thread::LocalKey};

use axum::{body::Body, extract::ConnectInfo};
use http::{Request, StatusCode};
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{TestResult, app, ask, fetch, request};

const EVERY_KIND: [(&str, u16); 10] = [
    ("/", 200),
    ("/asset.js", 200),
    ("/evidence", 200),
    ("/readyz", 503),
    ("/refused", 422),
    ("/panic", 500),
    ("/nowhere", 404),
    ("/items/nonsense", 400),
    ("/islands/preview", 405),
    ("/nowhere/%00/%ff?q=%0d%0a", 404),
];

#[tokio::test]
async fn security_headers_are_on_every_response() -> TestResult {
    let app = app("https://sluice.example.org")?;
    for (path, status) in EVERY_KIND {
        let answer = fetch(&app, path).await?;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            (
                "permissions-policy",
                "camera=(), microphone=(), geolocation=(), payment=(), usb=(), \
                 publickey-credentials-get=(self), publickey-credentials-create=(self)",
            ),
        ] {
            assert_eq!(answer.header(name), value, "{path}: {name}");
        }
        assert_eq!(answer.headers.get_all("content-security-policy").iter().count(), 1, "{path}");
        let cache = if path == "/asset.js" { "public, max-age=31536000, immutable" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), cache, "{path}");
        assert_eq!(answer.header("x-request-id").len(), 36, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_policy_is_exact_and_its_nonce_fresh() -> TestResult {
    let app = app("http://localhost:8080")?;
    let mut seen = HashSet::new();
    for _ in 0..100 {
        let answer = fetch(&app, "/").await?;
        let nonce = answer.text.clone();
        assert!(nonce.len() == 32 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit()), "{nonce}");
        assert_eq!(
            answer.header("content-security-policy"),
            format!(
                "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
                 style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
                 object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
                 report-uri /csp-report"
            )
        );
        assert_eq!(answer.header("strict-transport-security"), "", "plain http must not promise TLS");
        assert!(seen.insert(nonce), "a nonce came twice");
    }
    Ok(())
}

#[tokio::test]
async fn downloads_keep_their_own_policy() -> TestResult {
    let answer = fetch(&app("https://sluice.example.org")?, "/evidence").await?;
    assert_eq!(answer.header("content-security-policy"), "sandbox; default-src 'none'");
    Ok(())
}

#[tokio::test]
async fn errors_are_pages_with_the_request_id_and_nothing_else() -> TestResult {
    let app = app("http://localhost:8080")?;
    for path in ["/panic", "/nowhere", "/items/nonsense", "/islands/preview"] {
        let answer = fetch(&app, path).await?;
        assert!(answer.is_styled(), "{path}: {}", answer.text);
        assert!(answer.text.contains(answer.header("x-request-id")), "{path}");
        assert!(!answer.text.contains("canary") && !answer.text.contains("u32"), "{path}: {}", answer.text);
    }
    // Pages that are meant stay; so do answers to probes.
    assert_eq!(fetch(&app, "/refused").await?.text, "the form again");
    assert_eq!(fetch(&app, "/readyz").await?.text, "not ready");
    Ok(())
}

#[tokio::test]
async fn undeclared_methods_are_405_and_say_which_are_allowed() -> TestResult {
    let app = app("http://localhost:8080")?;
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
        let request = request(method, "/form", &[("sec-fetch-site", "same-origin")], Body::empty())?;
        let answer = ask(&app, request).await?;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.header("allow"), "POST,GET,HEAD", "{method}");
        assert!(answer.is_styled(), "{method}");
    }
    Ok(())
}

#[tokio::test]
async fn the_process_survives_a_panic() -> TestResult {
    let app = app("http://localhost:8080")?;
    for _ in 0..10 {
        assert_eq!(fetch(&app, "/panic").await?.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(fetch(&app, "/").await?.status, StatusCode::OK);
    }
    Ok(())
}

#[tokio::test]
async fn request_ids_are_ours() -> TestResult {
    let app = app("http://localhost:8080")?;
    let answer = ask(&app, request("GET", "/whoami", &[("x-request-id", "forged")], Body::empty())?).await?;
    let id = answer.header("x-request-id");
    assert!(!id.contains("forged") && answer.text.starts_with(id), "{}", answer.text);
    assert_eq!(answer.headers.get_all("x-request-id").iter().count(), 1);
    Ok(())
}

#[tokio::test]
async fn forwarded_addresses_of_strangers_are_ignored() -> TestResult {
    let app = app("http://localhost:8080")?;
    let mut request = request("GET", "/whoami", &[("x-forwarded-for", "198.51.100.1")], Body::empty())?;
    request.extensions_mut().insert(ConnectInfo("203.0.113.9:4711".parse::<SocketAddr>()?));
    assert!(ask(&app, request).await?.text.ends_with(" 203.0.113.9"));
    Ok(())
}

#[tokio::test]
async fn one_line_is_logged_per_request_and_nobody_can_forge_one() -> TestResult {
    let app = app("http://localhost:8080")?;
    // One logger for the whole binary, that keeps the lines of each test's thread apart: one that is set for
    // a thread only would miss what other threads logged first.
    let json = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(|| Lines(&JSON));
    let text = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Lines(&TEXT));
    tracing_subscriber::registry().with(LevelFilter::INFO).with(json).with(text).try_init()?;
    for (lines, is_json) in [(&JSON, true), (&TEXT, false)] {
        lines.take();
        let evil = "/items/7?token=canary%0aINFO%20request:%20forged";
        fetch(&app, evil).await?;
        fetch(&app, "/whoami").await?;
        fetch(&app, "/panic").await?;
        fetch(&app, "/nowhere/canary").await?;
        let report = format!(
            "{{\"csp-report\":{{\"blocked-uri\":\"x\\n\\u001b[31mforged\",\"document-uri\":\"{evil}\"}}}}"
        );
        ask(&app, request("POST", "/csp-report", &[("content-type", "application/csp-report")], report)?)
            .await?;

        let text = String::from_utf8(lines.take())?;
        let requests: Vec<&str> = text.lines().filter(|line| line.contains("duration_ms")).collect();
        assert_eq!(requests.len(), 5, "{text}");
        assert!(requests[0].contains("/items/{id}") && requests[0].contains("200"), "{text}");
        assert!(requests[1].contains("actor"), "{text}");
        assert!(requests[2].contains("500") && requests[2].contains("00000000-0000-0000"), "{text}");
        assert!(requests[3].contains("(none)"), "{text}");
        // The panic's message and the report are lines of their own; what was typed into a URL is nowhere.
        assert_eq!(text.matches("canary").count(), 1, "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert_eq!(text.lines().count(), 7, "{text}");
        if is_json {
            for line in text.lines() {
                assert!(serde_json::from_str::<serde_json::Value>(line)?.is_object(), "{line}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn reports_are_small_and_of_a_known_kind() -> TestResult {
    let app = app("http://localhost:8080")?;
    for (kind, body, status) in [
        ("application/csp-report", r#"{"csp-report":{}}"#.to_owned(), 204),
        ("application/reports+json", r#"[{"type":"csp-violation","body":{}}]"#.to_owned(), 204),
        ("application/csp-report", "nonsense".to_owned(), 400),
        ("application/csp-report", "[".repeat(10_000), 400),
        ("application/csp-report", format!("\"{}\"", "x".repeat(20_000)), 413),
        ("text/plain", r#"{"csp-report":{}}"#.to_owned(), 415),
    ] {
        let answer = ask(&app, request("POST", "/csp-report", &[("content-type", kind)], body)?).await?;
        assert_eq!(answer.status.as_u16(), status, "{kind}");
    }
    let empty = Request::get("/csp-report").body(Body::empty())?;
    assert_eq!(ask(&app, empty).await?.status, StatusCode::METHOD_NOT_ALLOWED);
    Ok(())
}

thread_local! {
    static JSON: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Collects log lines.
struct Lines(&'static LocalKey<RefCell<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
