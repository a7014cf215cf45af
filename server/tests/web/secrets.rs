//! What must never reach a log (ASVS 16.2.5, 16.4.1, 14.2.1), with a log that tells more than anybody runs with.

use secrecy::SecretString;
use sluice_service::{Clock, Connect, Service};

use crate::support::{
    Browser, PASSWORD, TestResult, World, log, request,
    seed::{ADMIN, MANAGER},
};

#[tokio::test]
async fn secrets_are_in_no_log() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::new(&world);
    let (wrong, next) = ("canary-of-a-wrong-password", "heliotrope owls over the next lake");
    browser.sign_in(&MANAGER.email(), wrong).await?;
    // Into the wrong field, as happens.
    browser.sign_in("canary-password-typed-as-address", "x").await?;
    browser.sign_in(&MANAGER.email(), PASSWORD).await?;
    let mut sessions = vec![browser.session()];
    browser.get("/work").await?;
    let form = [("password", PASSWORD), ("new-password", next), ("new-password-again", next)];
    assert_eq!(browser.post("/account", &form).await?.code(), 303);
    sessions.push(browser.session());
    browser.get("/features?q=canary-of-a-query&token=canary-of-a-query").await?;
    browser.get("/canary-of-an-address").await?;

    let mut admin = Browser::signed_in(&world, ADMIN).await?;
    let form = [("email", "canary@example.org"), ("name", "Canary"), ("workspace-role", "auditor")];
    let page = admin.post("/people/invite", &form).await?.page();
    let link = page.all("input").find(|input| input.attribute("id") == Some("link"));
    let link = link.and_then(|input| input.attribute("value")).ok_or("no link")?.to_owned();
    let token = link.rsplit('/').next().ok_or("no token")?.to_owned();
    let at = format!("/join/{token}");
    let mut joined = Browser::new(&world);
    joined.get(&at).await?;
    let form = [("name", "Canary"), ("new-password", "canary"), ("new-password-again", "canary")];
    joined.post(&at, &form).await?;
    let form = [("name", "Bird"), ("new-password", next), ("new-password-again", next)];
    assert_eq!(joined.post(&at, &form).await?.code(), 303);
    sessions.push(joined.session());
    // Into a form whose session ran out, from another site, and too large.
    Browser::new(&world).post("/account", &[("password", wrong), ("new-password", next)]).await?;
    let foreign =
        request("POST", &at).header("origin", "https://evil.example").body(axum::body::Body::from(wrong))?;
    joined.send(foreign).await?;

    let unreachable = Connect {
        url: SecretString::from("postgres://sluice:canary-of-a-database-password@127.0.0.1:1/sluice"),
        assume_runtime_role: false,
        connections: 2,
    };
    let Err(error) = Service::connect(&unreachable, Clock::Database).await else {
        return Err("nobody listens there".into());
    };
    let told = format!("{error} {error:?} {unreachable:?}");
    assert!(!told.contains("canary"), "{told}");

    let lines = log::lines();
    for there in
        ["\"target\":\"request\"", "\"target\":\"sign-in\"", "/join/{token}", "\"target\":\"security\""]
    {
        assert!(lines.contains(there), "the log is kept: {there}");
    }
    let mut secrets = vec![wrong, next, PASSWORD, &token, "canary-password-typed-as-address", "canary-of"];
    secrets.extend(sessions.iter().map(String::as_str));
    for secret in secrets {
        let told = lines.lines().find(|entry| entry.contains(secret));
        assert!(told.is_none(), "{secret} is in the log: {}", told.unwrap_or_default());
    }
    Ok(())
}

#[tokio::test]
async fn nobody_writes_a_line_of_the_log() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let forged = "forged-line";
    for path in
        ["/features/%0A{\"target\":\"forged-line\"}", "/nothing?%0Aforged-line", "/features?q=%0Aforged-line"]
    {
        let path = path.replace('{', "%7B").replace('}', "%7D").replace('"', "%22");
        let asked = request("GET", &path)
            .header("user-agent", "a\tforged-line")
            .header("x-forwarded-for", "forged-line")
            .header("x-request-id", "forged-line");
        browser.send(asked.body(axum::body::Body::empty())?).await?;
    }
    let report = "{\"csp-report\":{\"blocked-uri\":\"x\\n{\\\"target\\\":\\\"forged-line\\\"}\",\"violated-directive\":\"a\\r\\nb\"}}";
    assert_eq!(browser.post_body("/csp-report", "application/csp-report", report).await?.code(), 204);
    let lines = log::lines();
    for line in lines.lines() {
        let parsed: serde_json::Value =
            serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
        assert_ne!(parsed["target"], forged, "{line}");
    }
    assert!(lines.contains("content security policy violated"));
    Ok(())
}

#[tokio::test]
async fn sign_ins_and_denials_are_told() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    assert_eq!(browser.get("/people").await?.code(), 403);
    assert_eq!(browser.get("/products/new").await?.code(), 403);
    assert_eq!(browser.post("/people/invite", &[]).await?.code(), 403);
    Browser::new(&world).sign_in(&MANAGER.email(), "wrong").await?;
    let (lines, person) = (log::lines(), world.seed.person(MANAGER)?.to_string());
    let told = |target: &str, words: &str| {
        lines.lines().any(|line| line.contains(&format!("\"target\":\"{target}\"")) && line.contains(words))
    };
    assert!(told("sign-in", &person), "a sign-in, with who it was (ASVS 16.3.1)");
    assert!(told("sign-in", "refused"), "a sign-in that failed");
    for action in ["grants.read", "products.manage", "people.manage"] {
        let denial = format!("\"actor\":\"{person}\",\"action\":\"{action}\"");
        assert!(told("access", &denial), "a denial, with who it was and what (ASVS 16.3.2): {action}");
    }
    assert!(told("request", &person), "every request, with who it was");
    Ok(())
}
