//! A feature for the tests of pages.

use sluice_domain::{
    access::{Grants, Role},
    gate::Decision,
    lifecycle::{Attempt, Progress, Turn},
    policy::{self, Policy, Tier},
};
use sluice_service::{
    features::{FeaturePage, FeatureSummary, Lineage, PhaseState, PhaseStep},
    relations::Relations,
};
use time::{OffsetDateTime, macros::datetime};

/// Now, for all of them.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

/// The built-in policy.
pub(crate) fn policy() -> Policy {
    policy::parse(policy::BUILT_IN).unwrap()
}

/// A high-risk feature in the first phase of the built-in policy, read by one of its product managers.
pub(crate) fn summary(title: &str) -> FeatureSummary {
    let id = |last: u8| format!("0190b7d4-0000-7000-8000-0000000000{last:02}");
    let policy = policy();
    let steps = policy
        .phases
        .iter()
        .enumerate()
        .map(|(index, phase)| PhaseStep {
            key: phase.key.clone(),
            name: phase.name.clone(),
            state: match index {
                0 => PhaseState::Here { cycle: 1, blockers: 0, in_review: false },
                _ => PhaseState::Todo,
            },
        })
        .collect();
    let attempt = Attempt { phase: policy.phases[0].key.clone(), cycle: 1, turn: Turn::Team, since: NOW };
    FeatureSummary {
        id: id(1).parse().unwrap(),
        key: "PAY-12".parse().unwrap(),
        title: title.to_owned(),
        product: id(2).parse().unwrap(),
        product_name: "Payments".to_owned(),
        tier: Tier::High,
        owner: id(3).parse().unwrap(),
        owner_name: "Ana Diaz".to_owned(),
        target_date: None,
        sprint: None,
        policy_key: policy.key.clone(),
        policy_version: policy.version.clone(),
        policy_title: policy.title.clone(),
        calendar: sluice_domain::calendar::Calendar::default(),
        progress: Progress::Active(attempt),
        resting: None,
        steps,
        decision: Decision::default(),
        blocked_since: std::collections::BTreeMap::new(),
        clearance: None,
        waivers: Vec::new(),
        clock: None,
        comments: 0,
        grants: Grants { product: [Role::ProductManager].into(), ..Grants::default() },
        now: NOW,
    }
}

/// Its own page.
pub(crate) fn page(title: &str, description: &str) -> FeaturePage {
    FeaturePage {
        summary: summary(title),
        description: description.to_owned(),
        version: 3,
        created_at: NOW,
        rated: None,
        threats: 2,
        evidence: 0,
        sign_offs: 1,
        lineage: Lineage::default(),
        relations: Relations::default(),
        watching: false,
        latest: Vec::new(),
    }
}
