//! Requests that change something: where they come from and what they carry.

use axum::body::Body;
use http::StatusCode;

use crate::{TestResult, app, ask, request};

const OURS: &str = "https://sluice.example.org";
const FORM: &str = "application/x-www-form-urlencoded";

async fn post(path: &str, site: &str, origin: &str, kind: &str) -> TestResult<u16> {
    let headers = [("sec-fetch-site", site), ("origin", origin), ("content-type", kind)];
    let answer = ask(&app(OURS)?, request("POST", path, &headers, "a=b")?).await?;
    assert!(answer.status.is_success() || answer.is_styled(), "{}", answer.text);
    Ok(answer.status.as_u16())
}

#[tokio::test]
async fn only_our_own_pages_may_post() -> TestResult {
    for (site, origin, status) in [
        ("same-origin", OURS, 200),
        ("same-origin", "", 200),
        ("", OURS, 200),
        ("cross-site", "https://evil.example", 403),
        ("cross-site", OURS, 403),
        ("same-site", OURS, 403),
        ("none", OURS, 403),
        ("SAME-ORIGIN", OURS, 403),
        ("", "https://evil.example", 403),
        ("", "null", 403),
        ("", "http://sluice.example.org", 403),
        ("", "https://sluice.example.org:8443", 403),
        ("", "https://sluice.example.org.evil.example", 403),
        ("", "", 403),
    ] {
        assert_eq!(post("/form", site, origin, FORM).await?, status, "{site:?} {origin:?}");
    }
    Ok(())
}

#[tokio::test]
async fn every_unsafe_method_is_checked_and_no_safe_one() -> TestResult {
    let app = app(OURS)?;
    for method in ["POST", "PUT", "PATCH", "DELETE", "BREW"] {
        let answer =
            ask(&app, request(method, "/form", &[("sec-fetch-site", "cross-site")], Body::empty())?).await?;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method}");
    }
    let link = request("GET", "/form", &[("sec-fetch-site", "cross-site")], Body::empty())?;
    assert_eq!(ask(&app, link).await?.status, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn a_header_that_came_twice_is_refused() -> TestResult {
    for double in ["sec-fetch-site", "origin", "content-type"] {
        let mut headers = vec![("content-type", FORM)];
        match double {
            "sec-fetch-site" => {
                headers.extend([("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]);
            }
            "origin" => headers.extend([("origin", OURS), ("origin", "https://evil.example")]),
            _ => headers.extend([("origin", OURS), ("content-type", "text/plain")]),
        }
        let answer = ask(&app(OURS)?, request("POST", "/form", &headers, "a=b")?).await?;
        assert!(matches!(answer.status.as_u16(), 403 | 415), "{double}: {}", answer.status);
    }
    Ok(())
}

#[tokio::test]
async fn content_types_are_forms_for_pages_and_json_for_islands() -> TestResult {
    for (path, kind, status) in [
        ("/form", "application/x-www-form-urlencoded; charset=UTF-8", 200),
        ("/form", "text/plain", 415),
        ("/form", "application/json", 415),
        ("/form", "text/plain; application/x-www-form-urlencoded", 415),
        ("/form", "", 415),
        ("/islands/preview", "application/json", 200),
        ("/islands/preview", "Application/JSON; charset=utf-8", 200),
        ("/islands/preview", FORM, 415),
        ("/islands/preview", "multipart/form-data; boundary=x", 415),
        ("/islands/preview", "text/plain", 415),
    ] {
        assert_eq!(post(path, "same-origin", OURS, kind).await?, status, "{path} {kind}");
    }
    Ok(())
}

#[tokio::test]
async fn named_paths_are_exempt_and_their_neighbours_are_not() -> TestResult {
    assert_eq!(post("/api/thing", "cross-site", "", "application/json").await?, 200);
    for path in ["/api", "/csp-report/", "/csp-reports", "/x/api/thing"] {
        assert_eq!(post(path, "cross-site", "", FORM).await?, 403, "{path}");
    }
    Ok(())
}
