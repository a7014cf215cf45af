//! The demo workspace, loaded: it holds what it promises.

use std::collections::BTreeSet;

use secrecy::SecretString;
use sluice_domain::form::Fields;
use sluice_server::demo;
use sluice_service::{
    Clock, Connect, Origin, Service,
    features::{FeatureFilter, FeatureListItem},
    migrate,
};

use crate::support::{TestResult, World};

/// Everybody who works on a product, by the part of the address before its `@`.
const WORKERS: [&str; 12] =
    ["ana", "eli", "dana", "sam", "gita", "ben", "chi", "hugo", "ines", "joel", "rosa", "leo"];

/// How a feature that is under way stands at its gate.
fn standing(item: &FeatureListItem) -> &'static str {
    match (item.in_review, item.team_blockers) {
        (true, _) => "in review",
        (false, 0) => "ready",
        (false, _) => "blocked",
    }
}

#[tokio::test]
async fn everybody_finds_work_and_features_stand_everywhere() -> TestResult {
    let url = SecretString::from(World::empty_database().await?);
    migrate(&url).await?;
    let connect = Connect { url, assume_runtime_role: true, connections: 8 };
    let accounts = demo::load(&connect).await?.ok_or("the database has people")?;
    assert!(demo::load(&connect).await?.is_none(), "the demo was loaded into a workspace with people");
    let password =
        accounts.lines().next().and_then(|line| line.rsplit_once(": ")).ok_or("no password")?.1.to_owned();

    let service = Service::connect(&connect, Clock::Database).await?;
    let mut mentioned = 0;
    let mut ana = None;
    for who in WORKERS {
        let email = format!("{who}@example.org");
        // Signing in renews the hash, which cost nothing while the story was told.
        let signed_in =
            service.sign_in(&Origin::default(), &email, SecretString::from(password.clone())).await?;
        let actor = service.actor(signed_in.person, Origin::default()).await?.ok_or("nobody")?;
        let work = service.my_work(&actor).await?;
        assert!(!work.mine.is_empty(), "{who} has nothing to do");
        mentioned += work.mentions.len();
        if who == "ana" {
            ana = Some(actor);
        }
    }
    assert!(mentioned >= 8, "{mentioned} mentions wait");

    let ana = ana.ok_or("Ana is not there")?;
    let all = Fields::new(vec![("finished".to_owned(), "yes".to_owned())]);
    let under_way = service.features(&ana, &FeatureFilter::default()).await?.items;
    assert!(under_way.iter().any(|item| item.sprint.is_some()), "some are planned for a sprint");
    let every = service.features(&ana, &FeatureFilter::parse(&all)).await?.items;
    assert!(every.len() >= 30, "{} features", every.len());
    assert!(every.len() > under_way.len(), "nothing is finished");
    let products: BTreeSet<&str> = every.iter().map(|item| item.key.product.as_str()).collect();
    assert_eq!(products, BTreeSet::from(["PAY", "SLU"]));
    let there: BTreeSet<(usize, &str)> =
        under_way.iter().map(|item| (item.position.0, standing(item))).collect();
    let phases: BTreeSet<usize> = there.iter().map(|(phase, _)| *phase).collect();
    assert_eq!(phases.len(), 6);
    for phase in phases {
        for state in ["blocked", "ready", "in review"] {
            assert!(there.contains(&(phase, state)), "nothing is {state} in phase {phase}");
        }
    }
    service.close().await;
    Ok(())
}
