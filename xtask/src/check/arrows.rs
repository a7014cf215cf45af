//! The arrows between crates: server → app → service → domain, frontend → app, xtask alone.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Violation;

/// From each crate of the workspace to those it may use.
const ARROWS: [(&str, &[&str]); 6] = [
    ("sluice-domain", &[]),
    ("sluice-service", &["sluice-domain"]),
    ("sluice-app", &["sluice-domain", "sluice-service"]),
    ("sluice", &["sluice-app", "sluice-domain", "sluice-service"]),
    ("sluice-frontend", &["sluice-app", "sluice-domain"]),
    ("xtask", &[]),
];

/// What the domain may not reach, not even through others: input, output, time that runs, chance.
const NOT_IN_DOMAIN: [&str; 9] =
    ["tokio", "sqlx", "sqlx-core", "axum", "hyper", "leptos", "reqwest", "rand", "tower"];

/// What no crate may use, and why.
const NOWHERE: [(&str, &str); 3] = [
    ("leptos_meta", "its Title does not escape; document.rs writes the head"),
    ("leptos_router", "axum routes every page"),
    ("leptos_axum", "pages are rendered by app::document, islands talk to plain handlers"),
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    dependencies: Vec<Dependency>,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    optional: bool,
    uses_default_features: bool,
    features: Vec<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

/// Checks what `cargo metadata` printed.
pub(super) fn check(metadata: &str) -> Result<Vec<Violation>> {
    let metadata: Metadata = serde_json::from_str(metadata).context("cannot read cargo metadata")?;
    let members: BTreeMap<&str, &Package> = metadata
        .packages
        .iter()
        .filter(|package| metadata.workspace_members.contains(&package.id))
        .map(|package| (package.name.as_str(), package))
        .collect();
    let mut violations = Vec::new();
    let mut report = |place: &str, message: String| {
        violations.push(Violation { place: format!("crate {place}"), message });
    };

    for (name, package) in &members {
        let Some((_, allowed)) = ARROWS.iter().find(|(member, _)| member == name) else {
            report(name, "a new crate: give it its arrows in xtask/src/check/arrows.rs".to_owned());
            continue;
        };
        for dependency in &package.dependencies {
            let other = dependency.name.as_str();
            let test = dependency.kind.as_deref() == Some("dev");
            if members.contains_key(other) && !allowed.contains(&other) {
                report(
                    name,
                    format!("must not use {other}: arrows point from server to app to service to domain"),
                );
            }
            if other == "sqlx" && *name != "sluice-service" && !test {
                report(name, "must not use sqlx: SQL lives in service".to_owned());
            }
            if let Some((_, reason)) = NOWHERE.iter().find(|(banned, _)| *banned == other) {
                report(name, format!("must not use {other}: {reason}"));
            }
        }
    }
    if let Some(frontend) = members.get("sluice-frontend") {
        for app in frontend.dependencies.iter().filter(|dependency| dependency.name == "sluice-app") {
            if app.uses_default_features || app.features.iter().any(|feature| feature == "ssr") {
                report("sluice-frontend", "must use sluice-app without the feature ssr".to_owned());
            }
        }
    }
    if let Some(app) = members.get("sluice-app") {
        let service = app.dependencies.iter().find(|dependency| dependency.name == "sluice-service");
        if service.is_some_and(|service| !service.optional) {
            report(
                "sluice-app",
                "sluice-service must be optional: the browser's half has no service".to_owned(),
            );
        }
        let hydrate = app.features.get("hydrate").into_iter().flatten();
        if hydrate.into_iter().any(|feature| feature.contains("sluice-service") || feature == "ssr") {
            report("sluice-app", "the feature hydrate must not bring in the service".to_owned());
        }
    }
    if let Some(domain) = members.get("sluice-domain") {
        let names: BTreeMap<&str, &str> =
            metadata.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
        for id in reachable(&metadata.resolve, &domain.id) {
            if let Some(name) = names.get(id).filter(|name| NOT_IN_DOMAIN.contains(name)) {
                report("sluice-domain", format!("must not reach {name}: the domain is pure"));
            }
        }
    }
    Ok(violations)
}

/// Everything that a package uses to run, directly or not.
fn reachable<'a>(resolve: &'a Resolve, from: &'a str) -> BTreeSet<&'a str> {
    let nodes: BTreeMap<&str, &Node> = resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(id) = waiting.pop() {
        let edges = nodes.get(id).map(|node| node.deps.as_slice()).unwrap_or_default();
        let used = edges.iter().filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none()));
        waiting.extend(used.map(|edge| edge.pkg.as_str()).filter(|pkg| seen.insert(*pkg)));
    }
    seen
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;

    /// A crate with its (dependency, kind).
    type Crate<'a> = (&'a str, &'a [(&'a str, Option<&'a str>)]);

    /// A workspace of the given crates; everything else counts as outside.
    fn metadata(crates: &[Crate<'_>]) -> Value {
        let packages: Vec<Value> = crates
            .iter()
            .map(|(name, dependencies)| {
                let dependencies: Vec<Value> = dependencies
                    .iter()
                    .map(|(name, kind)| {
                        json!({"name": name, "kind": kind, "optional": true,
                               "uses_default_features": false, "features": []})
                    })
                    .collect();
                json!({"id": name, "name": name, "dependencies": dependencies, "features": {}})
            })
            .collect();
        let nodes: Vec<Value> = crates
            .iter()
            .map(|(name, dependencies)| {
                let edges: Vec<Value> = dependencies
                    .iter()
                    .map(|(name, kind)| json!({"pkg": name, "dep_kinds": [{"kind": kind}]}))
                    .collect();
                json!({"id": name, "deps": edges})
            })
            .collect();
        let members: Vec<&str> = crates
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| name.starts_with("sluice") || *name == "xtask")
            .collect();
        json!({"packages": packages, "workspace_members": members, "resolve": {"nodes": nodes}})
    }

    fn messages(metadata: &Value) -> Vec<String> {
        let violations = check(&metadata.to_string()).unwrap();
        violations
            .into_iter()
            .map(|violation| format!("{}: {}", violation.place, violation.message))
            .collect()
    }

    #[test]
    fn the_decided_arrows_pass() {
        let fine = metadata(&[
            ("sluice-domain", &[("serde", None)]),
            ("sluice-service", &[("sluice-domain", None), ("sqlx", None)]),
            ("sluice-app", &[("sluice-domain", None), ("sluice-service", None)]),
            ("sluice", &[("sluice-app", None), ("sluice-service", None), ("sqlx", Some("dev"))]),
            ("sluice-frontend", &[("sluice-app", None)]),
            ("xtask", &[]),
        ]);
        assert_eq!(messages(&fine), Vec::<String>::new());
    }

    #[test]
    fn a_turned_arrow_fails() {
        let turned = metadata(&[("sluice-domain", &[("sluice-service", None)]), ("sluice-service", &[])]);
        assert!(messages(&turned)[0].contains("sluice-domain: must not use sluice-service"));
    }

    #[test]
    fn sql_outside_the_service_fails() {
        let outside = metadata(&[("sluice", &[("sqlx", None)])]);
        assert!(messages(&outside)[0].contains("must not use sqlx"));
    }

    #[test]
    fn a_domain_that_reaches_input_and_output_fails() {
        let reaching = metadata(&[
            ("sluice-domain", &[("helper", None)]),
            ("helper", &[("tokio", None)]),
            ("tokio", &[]),
        ]);
        assert!(messages(&reaching)[0].contains("must not reach tokio"));
        let in_tests = metadata(&[("sluice-domain", &[("rand", Some("dev"))]), ("rand", &[])]);
        assert_eq!(messages(&in_tests), Vec::<String>::new());
    }

    #[test]
    fn banned_crates_fail() {
        for banned in ["leptos_meta", "leptos_router", "leptos_axum"] {
            let using = metadata(&[("sluice-app", &[(banned, None)])]);
            assert!(messages(&using)[0].contains(banned));
        }
    }

    #[test]
    fn a_frontend_with_the_server_half_fails() {
        let mut with = metadata(&[("sluice-frontend", &[("sluice-app", None)])]);
        with["packages"][0]["dependencies"][0]["features"] = json!(["ssr"]);
        assert!(messages(&with)[0].contains("without the feature ssr"));
        let mut with = metadata(&[("sluice-frontend", &[("sluice-app", None)])]);
        with["packages"][0]["dependencies"][0]["uses_default_features"] = json!(true);
        assert!(messages(&with)[0].contains("without the feature ssr"));
    }

    #[test]
    fn a_service_in_the_browser_fails() {
        let mut always = metadata(&[("sluice-app", &[("sluice-service", None)])]);
        always["packages"][0]["dependencies"][0]["optional"] = json!(false);
        assert!(messages(&always)[0].contains("must be optional"));
        let mut by_feature = metadata(&[("sluice-app", &[("sluice-service", None)])]);
        by_feature["packages"][0]["features"] = json!({"hydrate": ["dep:sluice-service"]});
        assert!(messages(&by_feature)[0].contains("must not bring in the service"));
    }

    #[test]
    fn a_new_crate_needs_arrows() {
        assert!(messages(&metadata(&[("sluice-report", &[])]))[0].contains("give it its arrows"));
    }
}
