//! The connector's life-cycle, from inception to retirement: every gate of the second built-in policy can be passed by the
//! people and at the places that its blockers name, at each tier.

use sluice_domain::{access::Role, lifecycle::Progress, policy::Tier};
use sluice_service::{policies::ChoosePolicy, products::RoleChange};

use crate::support::{TestResult, World, fields, steps::parsed};

#[tokio::test]
async fn a_feature_of_each_tier_goes_from_inception_to_retirement() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let product = "PAY".parse()?;
    let version = service.product_policy_page(&cast.admin, &product).await?.version.to_string();
    let form = fields(&[("policy", "connector"), ("version", &version)]);
    service.choose_policy(&cast.admin, &product, parsed(ChoosePolicy::parse(&form))?).await?;
    // Maintenance is signed by an incident manager as well, and by nobody who worked on it.
    let change = RoleChange { person: cast.second.person, role: Role::IncidentManager };
    service.grant_role(&cast.admin, &product, change).await?;
    let policy = service.policy(&cast.admin, "connector", "2026.1").await?;
    let phases: Vec<&str> = policy.policy.phases.iter().map(|phase| phase.key.as_str()).collect();
    assert_eq!(phases.len(), 8);
    for tier in Tier::ALL {
        let key = world.feature(*tier).await?;
        let mut passed = Vec::new();
        loop {
            let progress = service.feature_page(&cast.manager, &key).await?.summary.progress;
            let Ok(attempt) = progress.attempt() else {
                assert!(matches!(progress, Progress::Finished { .. }), "{progress:?}");
                break;
            };
            passed.push(attempt.phase.to_string());
            world.hand_over(&key).await?;
            world.approve(&key).await?;
        }
        assert_eq!(passed, phases, "{tier:?}");
    }
    Ok(())
}
