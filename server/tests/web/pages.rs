//! Every page that there is, opened by those who may: it changes nothing, and what people wrote stays text.

use http::Method;
use sluice_server::web::routes::routes;

use crate::{
    samples::sample,
    support::{
        Answer, Browser, TestResult, Who, World,
        seed::{ADMIN, AUDITOR, MANAGER, REVIEWER},
    },
};

/// Every page that somebody may open, with where it is. Pages about a feature are opened for one with the team and
/// for one with the reviewers.
async fn pages(world: &World, who: Who) -> TestResult<Vec<(String, Answer)>> {
    let mut browser = Browser::signed_in(world, who).await?;
    let mut pages = Vec::new();
    for route in routes() {
        if !route.methods.iter().any(|(method, _)| *method == Method::GET) {
            continue;
        }
        let at = sample(world.seed, route.path, &Method::GET, who, "")?.at;
        let with_reviewers = at.replace("PAY-1", "PAY-2");
        for at in [at.clone(), with_reviewers] {
            let answer = browser.get(&at).await?;
            assert!(!answer.status.is_server_error(), "{who:?} {at}");
            pages.push((at, answer));
        }
    }
    for at in [
        "/features?q=%22%27%3E%3Cxss-canary%20onx%3D1%3E&product=PAY",
        "/features?view=board&q=%22%3E%3Cxss-canary%3E&phase=%3Cxss-canary%3E&role=qa&overdue=yes",
        "/search?q=%22%27%3E%3Cxss-canary%20onx%3D1%3E",
        "/history?object=%22%3E%3Cxss-canary%3E",
    ] {
        pages.push((at.to_owned(), browser.get(at).await?));
    }
    pages.push(("/no/such/page".to_owned(), browser.get("/no/such/%3Cxss-canary%3E").await?));
    Ok(pages)
}

#[tokio::test]
async fn reading_changes_nothing() -> TestResult {
    let world = World::new().await?;
    let mut browsers = Vec::new();
    for who in [ADMIN, AUDITOR, MANAGER, REVIEWER] {
        browsers.push((who, Browser::signed_in(&world, who).await?));
    }
    let before = world.digest().await?;
    let mut opened = 0;
    for (who, browser) in &mut browsers {
        for route in routes() {
            for (method, _) in &route.methods {
                if *method == Method::GET {
                    let at = sample(world.seed, route.path, method, *who, "")?.at;
                    browser.get(&at).await?;
                    let query = if at.contains('?') { '&' } else { '?' };
                    // What a form would send, as a link that somebody was led to follow.
                    let link =
                        "version=1&title=A&name=A&role=auditor&control=scope-and-goals&mark=done&note=Done.";
                    browser.get(&format!("{at}{query}{link}&id=1&target=threat:1&theme=dark")).await?;
                    opened += 1;
                }
            }
        }
    }
    assert!(opened > 100, "{opened} pages");
    assert_eq!(world.digest().await?, before);
    Ok(())
}

#[tokio::test]
async fn what_people_wrote_stays_text_and_nothing_runs_without_the_nonce() -> TestResult {
    let world = World::new().await?;
    let mut seen = 0;
    for who in [ADMIN, AUDITOR, MANAGER, REVIEWER] {
        for (at, answer) in pages(&world, who).await? {
            if !answer.header("content-type").starts_with("text/html") {
                continue;
            }
            seen += usize::from(answer.text().contains("xss-canary"));
            let nonce = nonce(answer.header("content-security-policy")).ok_or("no nonce")?.to_owned();
            for element in answer.page().0 {
                assert_ne!(element.name, "xss-canary", "{who:?} {at}");
                assert_ne!(element.name, "style", "{who:?} {at}");
                assert_ne!(element.name, "base", "{who:?} {at}");
                for (name, value) in &element.attributes {
                    assert!(
                        !name.starts_with("on") && name != "style",
                        "{who:?} {at}: {name} of {element:?}"
                    );
                    let is_address = ["href", "src", "action", "formaction"].contains(&name.as_str());
                    let scheme = value.trim_start().to_ascii_lowercase();
                    let foreign =
                        ["javascript:", "data:", "vbscript:", "//"].iter().any(|it| scheme.starts_with(it));
                    assert!(!is_address || !foreign, "{who:?} {at}: {element:?}");
                }
                if element.name == "script" {
                    assert_eq!(element.attribute("nonce"), Some(nonce.as_str()), "{who:?} {at}: {element:?}");
                }
                if element.name == "form" {
                    assert!(
                        element.attribute("action").is_some_and(|at| at.starts_with('/')),
                        "{who:?} {at}"
                    );
                }
            }
        }
    }
    assert!(seen > 60, "hostile text was on {seen} pages");
    Ok(())
}

/// The nonce in a policy.
pub(crate) fn nonce(policy: &str) -> Option<&str> {
    policy.split_once("'nonce-")?.1.split_once('\'').map(|(nonce, _)| nonce)
}
