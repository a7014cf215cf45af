//! The table of routes is all there is, and people can read it.

use std::{collections::BTreeSet, fmt::Write as _};

use http::Method;
use sluice_server::{
    http::csp,
    web::{Access, Route, assets, routes::routes},
};

use crate::{
    samples::sample,
    support::{TestResult, Who, World},
};

/// Beside the table: files of the bundle, and reports that browsers send by themselves. They read no cookie.
pub(crate) fn beside() -> [(&'static str, Method); 2] {
    [(assets::ROUTE, Method::GET), (csp::PATH, Method::POST)]
}

/// The table as it is published.
fn golden(routes: &[Route]) -> String {
    let mut out = String::from(
        "# Every address of Sluice, its methods, and the action of docs/permissions.txt that each asks for.\n\
         # Written by the test `web` of the package `sluice` (UPDATE_GOLDEN=1), compared in CI. Anything else is\n\
         # answered with 404, another method with 405. \"public\" needs no sign-in; debug builds only: /styleguide.\n\n",
    );
    let rows = routes.iter().flat_map(|route| {
        route.methods.iter().map(|(method, access)| {
            let access = match access {
                Access::Public => "public",
                Access::Action(action) => action.code(),
            };
            (method.clone(), route.path, access)
        })
    });
    let beside = beside().into_iter().map(|(path, method)| (method, path, "public"));
    for (method, path, access) in rows.chain(beside) {
        let _ = writeln!(out, "{:4} {path:64} {access}", method.as_str());
    }
    out
}

#[test]
fn the_published_table_is_the_one_in_force() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/routes.txt");
    let golden = golden(&routes());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &golden).expect("docs/routes.txt is written");
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        published, golden,
        "run UPDATE_GOLDEN=1 cargo test -p sluice --test web, and review the difference"
    );
}

#[tokio::test]
async fn every_address_that_the_router_knows_is_in_the_table_and_in_the_sweep() -> TestResult {
    let world = World::new().await?;
    let known: BTreeSet<String> = addresses(&format!("{:?}", world.router));
    let mut listed: BTreeSet<String> = routes().iter().map(|route| route.path.to_owned()).collect();
    assert!(
        known.contains("/sign-in") && known.len() >= listed.len(),
        "the router's own list is found: {known:?}"
    );
    for route in routes() {
        for (method, _) in &route.methods {
            sample(world.seed, route.path, method, Who::Nobody, "")?;
        }
    }
    listed.extend(beside().map(|(path, _)| path.to_owned()));
    assert_eq!(known, listed);
    Ok(())
}

/// The templates in the router's description of itself: `paths: {RouteId(0): "/healthz", …}`.
fn addresses(description: &str) -> BTreeSet<String> {
    let quoted = description.split("RouteId(").filter_map(|rest| {
        let (number, rest) = rest.split_once("): \"")?;
        let (path, _) = rest.split_once('"')?;
        number.bytes().all(|byte| byte.is_ascii_digit()).then(|| path.to_owned())
    });
    // The router's own name for whatever matches nothing.
    quoted.filter(|path| path.starts_with('/') && !path.contains("__private__axum")).collect()
}
