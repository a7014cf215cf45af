//! The headers of every kind of answer (ASVS 3.2.1, 3.4.1–8, 14.3.2).

use axum::body::Body;
use http::header;
use sluice_app::assets::Assets;

use crate::{
    pages::nonce,
    support::{
        Answer, Browser, Part, TestResult, Who, World,
        browser::FORM,
        cluster::settings,
        request,
        seed::{ADMIN, AUDITOR, FILE, MANAGER},
    },
};

const SANDBOX: &str = "sandbox; default-src 'none'";

/// One answer of each kind, with what it is.
async fn kinds(world: &World) -> TestResult<Vec<(&'static str, u16, Answer)>> {
    let mut out = Browser::new(world);
    let mut auditor = Browser::signed_in(world, AUDITOR).await?;
    let mut manager = Browser::signed_in(world, MANAGER).await?;
    let mut kinds = vec![
        ("health", 200, out.get("/healthz").await?),
        ("readiness", 200, out.get("/readyz").await?),
        ("sign-in", 200, out.get("/sign-in").await?),
        ("redirect", 303, out.get("/work").await?),
        ("form without a session", 401, out.post("/account/name", &[("name", "A")]).await?),
        ("unknown address, signed out", 404, out.get("/wp-login.php").await?),
        ("link that does not work", 404, out.get("/join/nonsense").await?),
        ("page", 200, manager.get("/features/PAY-1").await?),
        ("unknown address", 404, manager.get("/features/PAY-1/nothing").await?),
        ("address that is none", 400, manager.get("/features/%FF").await?),
        ("denied", 403, manager.get("/people").await?),
        ("refused form", 422, manager.post("/features/new", &[("title", "")]).await?),
        ("notice", 303, manager.post("/preferences/theme", &[("theme", "dark"), ("next", "/work")]).await?),
        ("download", 200, manager.get("/features/PAY-1/evidence/1/versions/1/download").await?),
        ("table", 200, auditor.post("/history.csv", &[]).await?),
        ("coverage", 200, manager.get("/policies/sdl/2026.3/frameworks/ssdf/coverage.csv").await?),
        ("refused table", 422, auditor.post("/history.csv", &[("from", "yesterday")]).await?),
        (
            "preview",
            200,
            manager.post_body("/islands/preview", "application/json", "{\"text\":\"a\"}").await?,
        ),
        ("file that is none", 404, out.get("/assets/main.css").await?),
        ("report", 204, out.post_body("/csp-report", "application/csp-report", "{}").await?),
        ("report that is none", 400, out.post_body("/csp-report", "application/csp-report", "{").await?),
        ("large body", 413, manager.post_body("/work", FORM, "x".repeat(2_000_000)).await?),
        ("body of another type", 415, manager.post_body("/account", "text/plain", "x").await?),
        ("conflict", 409, manager.post("/features/PAY-1/review/request", &[]).await?),
    ];
    let put = request("PUT", "/work").header("sec-fetch-site", "same-origin").body(Body::empty())?;
    kinds.push(("method", 405, manager.send(put).await?));
    let foreign = request("POST", "/account").header("origin", "https://evil.example").body(Body::empty())?;
    kinds.push(("foreign form", 403, manager.send(foreign).await?));
    kinds.push(("head", 200, manager.send(request("HEAD", "/work").body(Body::empty())?).await?));
    for _ in 0..11 {
        kinds.truncate(27);
        kinds.push(("throttled", 429, out.sign_in("throttled@example.org", "wrong").await?));
    }
    Ok(kinds)
}

#[tokio::test]
async fn every_kind_of_answer_has_every_header() -> TestResult {
    let world = World::new().await?;
    let kinds = kinds(&world).await?;
    assert_eq!(kinds.len(), 28);
    for (kind, status, answer) in kinds {
        assert_eq!(answer.code(), status, "{kind}: {}", answer.text());
        for (name, value) in [
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
            (
                "permissions-policy",
                "camera=(), microphone=(), geolocation=(), payment=(), usb=(), \
                 publickey-credentials-get=(self), publickey-credentials-create=(self)",
            ),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{kind}: {name}");
            assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{kind}: {name} once");
        }
        let policy = answer.header("content-security-policy");
        if matches!(kind, "download" | "table" | "coverage") {
            assert_eq!(policy, SANDBOX, "{kind}");
        } else {
            let nonce = nonce(policy).ok_or("no nonce")?;
            assert!(nonce.len() >= 32, "{kind}: at least 128 bits");
            assert_eq!(
                policy,
                format!(
                    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
                     style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
                     object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
                     report-uri /csp-report"
                ),
                "{kind}"
            );
        }
        for name in answer.headers.keys() {
            let name = name.as_str();
            assert!(
                !name.starts_with("access-control-") && name != "server" && name != "x-powered-by",
                "{kind}: {name}"
            );
        }
        assert!(!answer.header("x-request-id").is_empty(), "{kind}");
        if answer.status.is_client_error() && !answer.bytes.is_empty() {
            assert!(answer.header("content-type").starts_with("text/html"), "{kind} is a page");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_nonce_is_used_once_and_only_where_it_belongs() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let answer = browser.get("/features/PAY-1/edit").await?;
        let nonce = nonce(answer.header("content-security-policy")).ok_or("no nonce")?.to_owned();
        let scripts = answer.page().all("script").filter(|it| it.attribute("nonce") == Some(&nonce)).count();
        assert!(scripts > 0, "the page's scripts carry it");
        assert!(seen.insert(nonce), "a nonce came twice");
    }
    // A request cannot choose it.
    let request = request("GET", "/work").header("x-nonce", "chosen").header("x-request-id", "chosen");
    let answer = browser.send(request.body(Body::empty())?).await?;
    assert!(!answer.header("content-security-policy").contains("chosen"));
    assert_ne!(answer.header("x-request-id"), "chosen");
    Ok(())
}

#[tokio::test]
async fn without_tls_nothing_is_said_about_it() -> TestResult {
    let world = World::with(settings("http://localhost:8080", 1024)?, Assets::unbuilt()).await?;
    for path in ["/sign-in", "/healthz", "/nothing", "/assets/x.css"] {
        let answer = Browser::new(&world).get(path).await?;
        assert_eq!(answer.headers.get(header::STRICT_TRANSPORT_SECURITY), None, "{path}");
    }
    // Its own origin is another one.
    let foreign = request("POST", "/sign-in")
        .header("origin", "https://sluice.example.org")
        .header(header::CONTENT_TYPE, FORM)
        .body(Body::empty())?;
    assert_eq!(Browser::new(&world).send(foreign).await?.code(), 403);
    Ok(())
}

#[tokio::test]
async fn another_site_is_told_nothing() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    for (method, path) in
        [("GET", "/work"), ("OPTIONS", "/work"), ("OPTIONS", "/islands/preview"), ("GET", "/healthz")]
    {
        let asked = request(method, path)
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
            .body(Body::empty())?;
        let answer = browser.send(asked).await?;
        let cors = answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
        assert!(!cors && !format!("{:?}", answer.headers).contains("evil.example"), "{method} {path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_download_is_bytes_and_nothing_else() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let answer = browser.get("/features/PAY-1/evidence/1/versions/1/download").await?;
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    assert_eq!(answer.header("content-security-policy"), SANDBOX);
    assert_eq!(answer.header("content-length"), FILE.len().to_string());
    assert_eq!(answer.bytes, FILE);
    assert_eq!(
        answer.header("content-disposition"),
        // The override that would show the name backwards was replaced when the file came in, and of the name that the
        // backslash splits the last part was kept.
        "attachment; filename=\" _.html\"; filename*=UTF-8''%20%C3%A9.html"
            .replace("\" _", "\"_")
            .replace("''%20", "''")
    );
    let names = [
        "a\"; filename=evil.html; x=\"",
        "a;b.html",
        "<script>.svg",
        "é€𝕏.pdf",
        "a'b%22c.txt",
        "%0d%0aX-Evil: 1",
    ];
    for name in names {
        let parts = [
            Part::field("id", sluice_service::new_form_id()),
            Part::field("kind", "plan"),
            Part::file(name.replace('"', "%22"), "x"),
        ];
        let answer = browser.upload("/features/PAY-1/evidence", &parts).await?;
        assert_eq!(answer.code(), 303, "{name}: {}", answer.text());
        let at = format!("{}/versions/1/download", answer.location());
        let answer = browser.get(&at).await?;
        assert_eq!(answer.code(), 200, "{name}");
        let disposition = answer.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename=\""), "{name}: {disposition}");
        assert_eq!(disposition.matches('"').count(), 2, "{name}: {disposition}");
        assert_eq!(disposition.matches("filename*=UTF-8''").count(), 1, "{name}: {disposition}");
        assert!(!answer.headers.contains_key("x-evil"), "{name}");
        assert_eq!(answer.header("content-type"), "application/octet-stream", "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_table_is_a_download_whose_cells_are_no_formulas() -> TestResult {
    let world = World::new().await?;
    let mut browser =
        Browser::signed_in(&world, Who::In(sluice_domain::access::Role::ProductManager)).await?;
    for formula in ["=1+1", "+1", "-1", "@x", "\t=1"] {
        let answer = browser
            .post("/account/name", &[("name", formula), ("version", &version(&mut browser.clone()).await?)])
            .await?;
        assert_eq!(answer.code(), 303, "{formula}");
    }
    let answer = Browser::signed_in(&world, AUDITOR).await?.post("/history.csv", &[]).await?;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert!(answer.header("content-disposition").starts_with("attachment; "));
    assert_eq!(answer.header("content-security-policy"), SANDBOX);
    let text = answer.text();
    assert!(text.contains("1+1"), "the name is in the record");
    for cell in text.lines().flat_map(|line| line.split(',')) {
        let bare = cell.trim_start_matches('"');
        assert!(!bare.starts_with(['=', '+', '@', '\t']), "a formula: {cell}");
    }
    Ok(())
}

async fn version(browser: &mut Browser) -> TestResult<String> {
    let page = browser.get("/account").await?.page();
    Ok(page.hidden("version").first().ok_or("no version")?.to_string())
}

#[tokio::test]
async fn a_file_of_the_bundle_is_kept_for_good_and_takes_no_cookie() -> TestResult {
    let folder = std::env::temp_dir().join(format!("sluice-bundle-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("assets"))?;
    let names = ["main.css", "hydrate.js", "islands.js", "islands.wasm", "icon.svg"];
    let files: serde_json::Map<_, _> =
        names.iter().map(|name| ((*name).to_owned(), (*name).into())).collect();
    std::fs::write(folder.join("manifest.json"), serde_json::json!({ "files": files }).to_string())?;
    for name in names {
        for ending in ["", ".br", ".gz"] {
            std::fs::write(folder.join("assets").join(format!("{name}{ending}")), "x")?;
        }
    }
    let assets = Assets::load(&folder);
    std::fs::remove_dir_all(&folder)?;
    let world = World::with(settings("https://sluice.example.org", 1024)?, assets?).await?;
    let mut browser = Browser::signed_in(&world, ADMIN).await?;
    for name in names {
        let answer = browser.get(&format!("/assets/{name}")).await?;
        assert_eq!(answer.code(), 200, "{name}");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{name}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{name}");
        assert!(
            answer.cookies().is_empty() && !answer.header("content-security-policy").is_empty(),
            "{name}"
        );
        assert!(!answer.header("content-type").starts_with("text/html"), "{name}");
    }
    for path in [
        "/assets/",
        "/assets/..%2fmanifest.json",
        "/assets/%2e%2e%2fmanifest.json",
        "/assets/main.css.br",
        "/assets/a/b",
    ] {
        assert_eq!(browser.get(path).await?.code(), 404, "{path}");
    }
    Ok(())
}
