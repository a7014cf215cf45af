use std::collections::BTreeSet;

use super::{Blocker, Decision};
use crate::policy::{Phase, PhaseKey, Policy, Tier};

/// Whether a feature may go to production.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clearance {
    /// Every earlier gate holds, and all that the policy wants before production is there.
    Cleared,
    /// Something keeps it back.
    NotCleared {
        /// The gates that have to open first: names of their phases, in order.
        gates: Vec<String>,
        /// What else keeps it back, thing by thing.
        things: Vec<Blocker>,
    },
}

impl Clearance {
    /// How many things keep the feature from production.
    #[must_use]
    pub fn left(&self) -> usize {
        match self {
            Self::Cleared => 0,
            Self::NotCleared { gates, things } => gates.len() + things.len(),
        }
    }
}

/// Whether a feature that stands in a phase may go to production. A feature is deployed in the last phase of which the
/// policy wants something before production: the gates before that phase come first, and after it the feature is out.
/// Nothing where the policy wants nothing of this tier before production, or does not have the phase.
#[must_use]
pub fn clearance(policy: &Policy, phase: &PhaseKey, tier: Tier, decision: &Decision) -> Option<Clearance> {
    let deployed = policy.phases.iter().rposition(|phase| wants_before_production(phase, tier))?;
    let here = policy.phases.iter().position(|candidate| candidate.key == *phase)?;
    let gates: Vec<String> =
        policy.phases.iter().take(deployed).skip(here).map(|phase| phase.name.clone()).collect();
    // Where several controls wait for the same record, that is one thing.
    let mut lacks = BTreeSet::new();
    let things: Vec<Blocker> = decision
        .keeps_from_production()
        .filter(|blocker| blocker.shortfall().is_none_or(|lack| lacks.insert(lack)))
        .cloned()
        .collect();
    if gates.is_empty() && things.is_empty() {
        Some(Clearance::Cleared)
    } else {
        Some(Clearance::NotCleared { gates, things })
    }
}

fn wants_before_production(phase: &Phase, tier: Tier) -> bool {
    phase.controls_for(tier).any(|control| control.before_production)
        || phase.conditions_for(tier).any(|condition| condition.before_production)
}
