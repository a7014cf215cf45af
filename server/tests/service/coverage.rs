//! The policies that come with Sluice are there from the first start, and say how far they cover each framework.

use std::collections::BTreeSet;

use sluice_domain::policy::{BUILT_INS, Tier, parse};
use sluice_service::Error;

use crate::support::{TestResult, World};

#[tokio::test]
async fn every_built_in_policy_is_imported_once_and_new_features_follow_the_first() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let events = world.events().await?;
    world.tick();
    assert!(!service.import_built_in_policy().await?, "they are there");
    assert_eq!(world.events().await?, events);
    let there: BTreeSet<(String, String)> = service
        .policies(&cast.manager)
        .await?
        .items
        .iter()
        .map(|item| (item.loaded.policy.key.clone(), item.loaded.policy.version.clone()))
        .collect();
    let built_in = BUILT_INS.iter().map(|source| parse(source).map(|policy| (policy.key, policy.version)));
    assert_eq!(there, built_in.collect::<Result<BTreeSet<_>, _>>()?);

    world.tick();
    let key = world.feature(Tier::Medium).await?;
    let summary = service.feature_page(&cast.manager, &key).await?.summary;
    assert_eq!((summary.policy_key.as_str(), summary.policy_version.as_str()), ("sdl", "2026.3"));
    Ok(())
}

#[tokio::test]
async fn coverage_is_told_of_frameworks_that_the_policy_knows() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let ask = |key: &'static str, version: &'static str, framework: &'static str| async move {
        service.policy_coverage(&cast.auditor, key, version, framework).await
    };
    let (loaded, coverage) = ask("connector", "2026.1", "idsa").await?;
    assert_eq!((loaded.policy.key.as_str(), coverage.key.as_str()), ("connector", "idsa"));
    assert_eq!(coverage.count.gaps(), 0);
    assert!(ask("sdl", "2026.3", "samm").await?.1.count.gaps() > 0);
    for (key, version, framework) in [
        ("sdl", "2026.3", "idsa"),
        ("sdl", "2026.3", "iso"),
        ("sdl", "1", "ssdf"),
        ("none", "2026.3", "ssdf"),
    ] {
        let found = ask(key, version, framework).await;
        assert!(matches!(found, Err(Error::NotFound)), "{key} {version} {framework}");
    }
    Ok(())
}
