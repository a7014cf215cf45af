//! What no page of ours sends: forms from other sites, of other types, with NUL, too large or with too many fields, and
//! addresses that name nothing.

use axum::body::Body;
use http::{Method, header};
use sluice_server::web::routes::routes;

use crate::{
    samples::sample,
    support::{Browser, TestResult, World, browser::FORM, request, seed::ADMIN, seed::MANAGER},
};

/// The addresses of every route that takes something.
fn writes(world: &World) -> TestResult<Vec<String>> {
    let mut found = Vec::new();
    for route in routes() {
        if route.methods.iter().any(|(method, _)| *method == Method::POST) {
            found.push(sample(world.seed, route.path, &Method::POST, MANAGER, "")?.at);
        }
    }
    assert!(found.len() > 25);
    Ok(found)
}

fn type_of(at: &str) -> &'static str {
    if at.starts_with("/islands/") { "application/json" } else { FORM }
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_everywhere() -> TestResult {
    let world = World::new().await?;
    let before = world.digest().await?;
    let mut browser = Browser::signed_in(&world, ADMIN).await?;
    let signed_in = world.digest().await?;
    assert_ne!(before, signed_in, "the digest sees what is written");
    let evil = "https://evil.example";
    let foreign: [&[(&str, &str)]; 10] = [
        &[("sec-fetch-site", "cross-site"), ("origin", evil)],
        &[("sec-fetch-site", "same-site"), ("origin", "https://other.example.org")],
        &[("sec-fetch-site", "none")],
        // The browser's own word counts for more than the other header.
        &[("sec-fetch-site", "cross-site"), ("origin", "https://sluice.example.org")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        &[("origin", evil)],
        &[("origin", "null")],
        &[("origin", "http://sluice.example.org")],
        &[("origin", "https://sluice.example.org.evil.example")],
        &[("referer", "https://sluice.example.org/features")],
    ];
    for at in writes(&world)? {
        for headers in foreign {
            let mut request = request("POST", &at).header(header::CONTENT_TYPE, type_of(&at));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = browser.send(request.body(Body::from("a=b"))?).await?;
            assert_eq!(answer.code(), 403, "{at} {headers:?}");
            assert!(answer.cookies().is_empty(), "{at} {headers:?}");
        }
    }
    assert_eq!(world.digest().await?, signed_in, "nothing was done");
    assert_eq!(browser.get("/account").await?.code(), 200, "nobody was signed out");
    // An old browser says nothing but the origin.
    for at in ["/account/name", "/products/new", "/sign-in"] {
        let request = request("POST", at)
            .header("origin", "https://sluice.example.org")
            .header(header::CONTENT_TYPE, FORM);
        assert_eq!(browser.send(request.body(Body::from("a=b"))?).await?.code(), 422, "{at}");
    }
    Ok(())
}

#[tokio::test]
async fn a_body_of_another_type_is_refused_everywhere() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, ADMIN).await?;
    for at in writes(&world)? {
        let wrong: &[&str] = if at.starts_with("/islands/") {
            &["text/plain", FORM, "multipart/form-data; boundary=x", "text/json", "application/x-ndjson"]
        } else {
            &[
                "text/plain",
                "application/json",
                "text/xml",
                "application/octet-stream",
                "application/x-www-form-urlencoded2",
            ]
        };
        for kind in wrong {
            let answer = browser.post_body(&at, kind, "{\"title\":\"A\"}").await?;
            assert_eq!(answer.code(), 415, "{at} {kind}");
        }
        let request =
            request("POST", &at).header("sec-fetch-site", "same-origin").body(Body::from("title=A"))?;
        assert_eq!(browser.send(request).await?.code(), 415, "{at} without a type");
    }
    // A form without a file is no form with one, and the other way round.
    let answer = browser.upload("/account/name", &[crate::support::Part::field("name", "A")]).await?;
    assert_eq!(answer.code(), 415);
    let mut manager = Browser::signed_in(&world, MANAGER).await?;
    let answer = manager.post("/features/PAY-1/evidence", &[("kind", "plan")]).await?;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert!(!answer.text().contains("multer") && !answer.text().contains("boundary"), "{}", answer.text());
    Ok(())
}

#[tokio::test]
async fn the_preview_is_for_islands_of_people_who_are_signed_in() -> TestResult {
    let world = World::new().await?;
    let (at, text) = ("/islands/preview", "{\"text\":\"*a* <img src=x onerror=alert(1)>\"}");
    assert_eq!(Browser::new(&world).post_body(at, "application/json", text).await?.code(), 401);
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let answer = browser.post_body(at, "application/json", text).await?;
    assert_eq!((answer.code(), answer.header("content-type")), (200, "application/json"));
    assert!(!answer.text().contains("<img"), "{}", answer.text());
    for wrong in ["", "{", "[]", "{\"text\":1}", "{\"text\":\"a\",\"more\":1}", &"[".repeat(100_000)] {
        let answer = browser.post_body(at, "application/json", wrong.to_owned()).await?;
        assert!([400, 422].contains(&answer.code()), "{} for {:.20}", answer.code(), wrong);
        assert!(!answer.text().contains("expected") && !answer.text().contains("Asked"), "{}", answer.text());
    }
    assert_eq!(browser.post(at, &[("text", "a")]).await?.code(), 415);
    Ok(())
}

#[tokio::test]
async fn nul_too_many_fields_and_too_large_bodies_are_refused_everywhere() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, ADMIN).await?;
    let many = "a=1&".repeat(10_000);
    let large = format!("title={}", "x".repeat(3 * 1024 * 1024));
    // They read no field, so there is nothing to refuse.
    let blind = |at: &str| {
        at == "/sign-out"
            || at.ends_with("/review/request")
            || at.starts_with("/people/invitations/")
            || at.starts_with("/policy-runs/")
            || (at.starts_with("/views/") && at.ends_with("/delete"))
            || (at.contains("/standards/") && !at.ends_with("/new"))
    };
    for at in writes(&world)? {
        let answer = browser.post_body(&at, type_of(&at), large.clone()).await?;
        assert_eq!(answer.code(), 413, "{at}");
        assert_eq!(answer.header("connection"), "close", "{at}: the sender is told to stop");
        if blind(&at) || at.starts_with("/islands/") {
            continue;
        }
        let is_upload =
            at.ends_with("/evidence") || at.ends_with("/evidence/1") || at.ends_with("/policies/import");
        let mut sender = if at.starts_with("/features/") {
            Browser::signed_in(&world, MANAGER).await?
        } else {
            browser.clone()
        };
        for body in ["title=%00", "%00=1", &many] {
            let answer = sender.post_body(&at, FORM, body.to_owned()).await?;
            assert_eq!(
                answer.code(),
                400,
                "{at} {:.20}{}",
                body,
                if is_upload { " (not multipart)" } else { "" }
            );
        }
    }
    Ok(())
}

/// What somebody may put where an address has a name, a number or a key.
const ODD: [&str; 18] = [
    "%00",
    "%FF",
    "..%2F..%2Fetc%2Fpasswd",
    "%2e%2e",
    "'",
    "%27%20or%201=1--",
    "%3Cscript%3E",
    "-1",
    "0",
    "01",
    "+1",
    "99999999999999999999",
    "2147483648",
    "%0D%0AX-Evil:%201",
    "PAY-1%20",
    "pay-1",
    "PAY-999999",
    "%F0%9F%92%A9",
];

#[tokio::test]
async fn an_address_that_names_nothing_is_not_found_and_never_a_fault() -> TestResult {
    let world = World::new().await?;
    let long = "A".repeat(5_000);
    for who in [ADMIN, MANAGER] {
        let mut browser = Browser::signed_in(&world, who).await?;
        for route in routes().into_iter().filter(|route| route.path.contains('{')) {
            for (method, _) in &route.methods {
                for odd in ODD.iter().copied().chain([long.as_str()]) {
                    let at: String = route
                        .path
                        .split('/')
                        .map(|part| if part.starts_with('{') { odd } else { part })
                        .collect::<Vec<_>>()
                        .join("/");
                    let answer = if *method == Method::GET {
                        browser.get(&at).await?
                    } else {
                        browser.post(&at, &[("version", "1"), ("cycle", "1")]).await?
                    };
                    let fine = [400, 403, 404, 422].contains(&answer.code());
                    assert!(fine, "{who:?} {method} {at:.80}: {}", answer.code());
                    assert!(!answer.headers.contains_key("x-evil"), "{at}");
                    assert!(!answer.text().to_lowercase().contains("sqlx"), "{at}");
                }
            }
        }
    }
    Ok(())
}

/// The names that pages know in a query.
const NAMES: [&str; 12] =
    ["q", "after", "product", "phase", "person", "verb", "object", "from", "to", "for", "open", "mine"];

#[tokio::test]
async fn an_odd_query_is_never_a_fault() -> TestResult {
    let world = World::new().await?;
    let long = "x".repeat(5_000);
    for who in [ADMIN, MANAGER, crate::support::seed::AUDITOR] {
        let mut browser = Browser::signed_in(&world, who).await?;
        for route in routes() {
            if !route.methods.iter().any(|(method, _)| *method == Method::GET) {
                continue;
            }
            let at = sample(world.seed, route.path, &Method::GET, who, "")?.at;
            let at = at.split('?').next().unwrap_or_default();
            for odd in
                ["%00", "%FF", "'", "~", "1~", "2026-11-03T00:00:00Z~x", "99999999999999999999", "-1", &long]
            {
                let all: Vec<String> = NAMES.iter().map(|name| format!("{name}={odd}")).collect();
                // A filter that is refused would hide what a place in the list does.
                for query in [all.join("&"), format!("after={odd}")] {
                    let answer = browser.get(&format!("{at}?{query}")).await?;
                    assert!(!answer.status.is_server_error(), "{who:?} {at} {query:.80}: {}", answer.status);
                }
            }
        }
    }
    Ok(())
}
