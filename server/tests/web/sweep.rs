//! Every route, for everybody, with every method (ASVS 8.2.1–3, 8.4.1, 4.1.4): the declared matrix, exactly.
//!
//! What somebody gets whom the matrix denies an action: 404 where it is about a product that they may not know of,
//! which is so without a role in it or for the workspace; else 403. An administrator knows of every product and reads
//! nothing in it, so within features both answers are right for them. Signed out, pages lead to the sign-in (303) and
//! forms come back with it (401).

use http::{Method, header};
use sluice_domain::access::{Action, Grants, Role, allowed};
use sluice_server::web::{Access, routes::routes};

use crate::{
    routes::beside,
    samples::{Sample, Scope, Sent, effective, sample},
    support::{
        Answer, Browser, TestResult, Who, World,
        browser::FORM,
        request,
        seed::{ADMIN, MANAGER},
    },
};

#[tokio::test]
async fn everybody_gets_what_the_matrix_says() -> TestResult {
    let world = World::new().await?;
    let mut wrong = Vec::new();
    for who in Who::all() {
        let (mut browser, spare) = two_sessions(&world, who).await?;
        for route in routes().into_iter().filter(|route| route.path != "/sign-out") {
            for (method, access) in &route.methods {
                let mut note = |what: String| wrong.push(format!("{who:?} {method} {}: {what}", route.path));
                let sample = sample(world.seed, route.path, method, who, &spare)?;
                let sample = if may(who, *access, &sample) {
                    sample
                } else {
                    effective(world.seed, route.path, method, who)?
                };
                let answer = send(&mut browser, method, &sample).await?;
                check(&mut note, who, *access, &sample, &answer);
                // A public form is denied to nobody; and the throttle counts empty addresses too.
                if *access != Access::Public && matches!(sample.sent, Sent::Form(_) | Sent::File(_)) {
                    let answer = send_empty(&mut browser, &sample).await?;
                    let empty = Sample { scope: scope_of_empty(route.path, &sample), ..sample };
                    check_empty(&mut note, who, *access, &empty, &answer);
                }
            }
        }
        let answer = browser.post("/sign-out", &[]).await?;
        assert_eq!((answer.code(), answer.location()), (303, "/sign-in"), "{who:?}");
    }
    assert!(wrong.is_empty(), "{} answers differ from the matrix:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

/// Signs somebody in twice: the second session can then be ended.
async fn two_sessions(world: &World, who: Who) -> TestResult<(Browser, String)> {
    let browser = Browser::signed_in(world, who).await?;
    let mut other = Browser::signed_in(world, who).await?;
    let page = other.get("/account").await?.page();
    // What is listed for the other one to end is this one; and the other way round.
    let handle = page.hidden("session").first().map(ToString::to_string).unwrap_or_default();
    drop(browser);
    Ok((other, handle))
}

/// The form that names a product is about none when it is empty.
fn scope_of_empty(path: &str, sample: &Sample) -> Scope {
    if path == "/features/new" { Scope::AnyProduct } else { sample.scope }
}

async fn send(browser: &mut Browser, method: &Method, sample: &Sample) -> TestResult<Answer> {
    if method == Method::GET {
        return browser.get(&sample.at).await;
    }
    match &sample.sent {
        Sent::Nothing => browser.post(&sample.at, &[]).await,
        Sent::Form(form) => {
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            browser.post(&sample.at, &form).await
        }
        Sent::File(parts) => browser.upload(&sample.at, parts).await,
        Sent::Json(text) => browser.post_body(&sample.at, "application/json", *text).await,
    }
}

async fn send_empty(browser: &mut Browser, sample: &Sample) -> TestResult<Answer> {
    match &sample.sent {
        Sent::File(_) => browser.upload(&sample.at, &[]).await,
        _ => browser.post(&sample.at, &[]).await,
    }
}

/// What somebody holds, as far as a request is concerned.
fn grants(who: Who, scope: Scope) -> Grants {
    let product = match (scope, who) {
        (Scope::Workspace, _) => Vec::new(),
        (Scope::AnyProduct, Who::Stranger) => Role::ALL.to_vec(),
        (Scope::Product | Scope::AnyProduct, _) => who.roles(),
    };
    Grants { workspace: who.workspace().into_iter().collect(), product: product.into_iter().collect() }
}

/// The answers that are right for somebody whom the matrix denies it.
fn denials(who: Who, sample: &Sample) -> &'static [u16] {
    let grants = grants(who, sample.scope);
    let knows = allowed(&grants, Action::ReadProduct) || allowed(&grants, Action::ReadGrants);
    match sample.scope {
        Scope::Product if !knows => &[404],
        Scope::Product if who == ADMIN => &[403, 404],
        _ => &[403],
    }
}

fn may(who: Who, access: Access, sample: &Sample) -> bool {
    match access {
        Access::Public => true,
        Access::Action(action) => allowed(&grants(who, sample.scope), action),
    }
}

/// Whether the policy, or the kind of a record, narrows the action to others.
fn is_narrowed(who: Who, sample: &Sample) -> bool {
    sample.narrowed.is_some_and(|roles| !who.roles().iter().any(|role| roles.contains(role)))
}

fn check(note: &mut impl FnMut(String), who: Who, access: Access, sample: &Sample, answer: &Answer) {
    let narrowed = is_narrowed(who, sample);
    // Whoever is signed in has no need of the sign-in page.
    let in_already = sample.at == "/sign-in" && sample.allowed == 200;
    let code = answer.code();
    if !may(who, access, sample) {
        let right = denials(who, sample);
        if !right.contains(&code) {
            note(format!("{code}, where it is denied with {right:?}"));
        }
    } else if narrowed {
        if code != 403 {
            note(format!("{code}, where the policy narrows it to others (403)"));
        }
    } else if code != if in_already { 303 } else { sample.allowed } {
        note(format!(
            "{code}, where it is allowed and {} was to come: {}",
            sample.allowed,
            answer.location()
        ));
    } else if answer.location().starts_with("/sign-in") {
        note("asked to sign in".to_owned());
    }
}

/// A form without anything in it tells nobody who may not send it what would be wrong with it.
fn check_empty(note: &mut impl FnMut(String), who: Who, access: Access, sample: &Sample, answer: &Answer) {
    let code = answer.code();
    if may(who, access, sample) {
        // A filter may be empty; a session that is not named, and a view of nobody, are not found; whom the policy or the
        // kind of a record keeps from it may be told so first.
        let not_there = sample.at == "/account/sessions/end" || sample.at.starts_with("/views/");
        let fine = [200, 303, 409, 422].contains(&code)
            || (code == 404 && not_there)
            || (code == 403 && is_narrowed(who, sample));
        if !fine || answer.location().starts_with("/sign-in") {
            note(format!("{code} for an empty form, where it is allowed"));
        }
    } else {
        let right = denials(who, sample);
        if !right.contains(&code) {
            note(format!("{code} for an empty form, where it is denied with {right:?}"));
        }
    }
}

#[tokio::test]
async fn who_is_signed_out_is_asked_to_sign_in() -> TestResult {
    let world = World::new().await?;
    let before = world.digest().await?;
    for route in routes() {
        for (method, access) in &route.methods {
            let mut browser = Browser::new(&world);
            let sample = match access {
                Access::Public => sample(world.seed, route.path, method, Who::Nobody, "")?,
                Access::Action(_) => effective(world.seed, route.path, method, MANAGER)?,
            };
            let answer = send(&mut browser, method, &sample).await?;
            let what = format!("{method} {}", sample.at);
            match access {
                Access::Public => assert_eq!(answer.code(), sample.allowed, "{what}"),
                Access::Action(_) if method == Method::GET => {
                    let next = serde_urlencoded::to_string([("next", &sample.at)])?;
                    assert_eq!(
                        (answer.code(), answer.location()),
                        (303, &*format!("/sign-in?{next}")),
                        "{what}"
                    );
                    let head = request("HEAD", &sample.at).body(axum::body::Body::empty())?;
                    assert_eq!(browser.send(head).await?.code(), 303, "HEAD {what}");
                }
                Access::Action(_) => {
                    assert_eq!(answer.code(), 401, "{what}");
                    assert!(answer.text().contains("name=\"password\""), "{what} offers to sign in again");
                }
            }
            if *access != Access::Public {
                assert!(!answer.text().contains("xss-canary"), "{what} says nothing of what is there");
            }
        }
    }
    assert_eq!(world.digest().await?, before, "nothing was done");
    Ok(())
}

#[tokio::test]
async fn a_form_whose_session_ran_out_waits_behind_the_sign_in() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::new(&world);
    let form =
        [("title", "Kept <b>"), ("new-password", "a canary of a password"), ("target", "1"), ("target", "2")];
    let answer = browser.post("/features/PAY-1/edit", &form).await?;
    assert_eq!(answer.code(), 401);
    assert!(!answer.text().contains("a canary of a password"), "a password is not carried along");
    let page = answer.page();
    assert_eq!(page.hidden("carried:title"), ["Kept <b>"]);
    assert_eq!(page.hidden("carried:target"), ["1", "2"]);
    let mut again: Vec<(&str, &str)> = vec![("email", "product-manager@example.org"), ("password", "wrong")];
    again.extend([("carried-action", "/features/PAY-1/edit"), ("carried:title", "Kept <b>")]);
    let answer = browser.post("/sign-in", &again).await?;
    assert_eq!(answer.code(), 422);
    assert_eq!(answer.page().hidden("carried:title"), ["Kept <b>"], "a wrong password loses nothing");
    again[1].1 = crate::support::PASSWORD;
    let answer = browser.post("/sign-in", &again).await?;
    assert_eq!(answer.code(), 200, "the person sends it, not we");
    let page = answer.page();
    assert_eq!(page.hidden("title"), ["Kept <b>"]);
    assert!(page.all("form").any(|form| form.attribute("action") == Some("/features/PAY-1/edit")));
    // Elsewhere it is not sent.
    again[2].1 = "//evil.example/";
    let answer = Browser::new(&world).post("/sign-in", &again).await?;
    assert_eq!((answer.code(), answer.location()), (303, "/"));
    Ok(())
}

#[tokio::test]
async fn methods_that_are_not_declared_are_405() -> TestResult {
    let world = World::new().await?;
    let mut addresses: Vec<(String, Vec<Method>)> = Vec::new();
    for route in routes() {
        let methods: Vec<Method> = route.methods.iter().map(|(method, _)| method.clone()).collect();
        let first = methods.first().ok_or("a route without a method")?;
        let at = sample(world.seed, route.path, first, Who::Nobody, "")?.at;
        addresses.push((at, methods));
    }
    addresses.extend(beside().map(|(path, method)| (path.replace("{name}", "a.css"), vec![method])));
    let browsers = [Browser::new(&world), Browser::signed_in(&world, ADMIN).await?];
    let before = world.digest().await?;
    for mut browser in browsers {
        for (at, declared) in &addresses {
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
                let served = if method == "HEAD" { "GET" } else { method };
                if declared.iter().any(|declared| declared.as_str() == served) {
                    continue;
                }
                let request = request(method, at)
                    .header("sec-fetch-site", "same-origin")
                    .header(
                        header::CONTENT_TYPE,
                        if at.starts_with("/islands/") { "application/json" } else { FORM },
                    )
                    .header("x-http-method-override", "GET")
                    .body(axum::body::Body::empty())?;
                let answer = browser.send(request).await?;
                assert_eq!(answer.code(), 405, "{method} {at}");
                let allow = answer.header("allow");
                assert!(
                    declared.iter().all(|method| allow.contains(method.as_str())),
                    "{method} {at}: allow {allow}"
                );
            }
        }
    }
    assert_eq!(world.digest().await?, before, "nothing was done");
    Ok(())
}
