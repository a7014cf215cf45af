//! The demo workspace, loaded: it holds what it promises.

use secrecy::SecretString;
use sluice_server::demo;
use sluice_service::{Clock, Connect, Origin, Service, features::FeatureFilter, migrate};

use crate::support::{TestResult, World};

/// Everybody who works on a product, by the part of the address before its `@`.
const WORKERS: [&str; 12] =
    ["ana", "eli", "dana", "sam", "gita", "ben", "chi", "hugo", "ines", "joel", "rosa", "leo"];

#[tokio::test]
async fn everybody_finds_work_and_both_products_have_features() -> TestResult {
    let url = SecretString::from(World::empty_database().await?);
    migrate(&url).await?;
    let connect = Connect { url, assume_runtime_role: true, connections: 8 };
    let accounts = demo::load(&connect).await?.ok_or("the database has people")?;
    assert!(demo::load(&connect).await?.is_none(), "the demo was loaded into a workspace with people");
    let password = accounts.lines().next().and_then(|line| line.rsplit_once(": ")).ok_or("no password")?.1;

    let service = Service::connect(&connect, Clock::Database).await?;
    let mut products = Vec::new();
    for who in WORKERS {
        let email = format!("{who}@example.org");
        // Signing in renews the hash, which cost nothing while the story was told.
        let signed_in = service.sign_in(&Origin::default(), &email, SecretString::from(password)).await?;
        let actor = service.actor(signed_in.person, Origin::default()).await?.ok_or("nobody")?;
        let work = service.my_work(&actor).await?;
        assert!(!work.mine.is_empty(), "{who} has nothing to do");
        if who == "ana" {
            products = service.features(&actor, &FeatureFilter::default()).await?.items;
        }
    }
    for key in ["PAY", "SLU"] {
        assert!(products.iter().any(|item| item.key.product.as_str() == key), "{key}");
    }
    service.close().await;
    Ok(())
}
