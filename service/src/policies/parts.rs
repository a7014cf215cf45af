//! What the gates of a policy version cover, as far as the database has to know it: its guard over sign-offs asks who
//! contributed to any of it, whatever the program believes.

use std::collections::BTreeSet;

use sluice_domain::{
    ids::{Id, PolicyVersionId},
    policy::{Phase, Policy, Tier},
};
use sqlx::PgConnection;

use crate::{Service, db::untracked::store_gate_parts, error::Result};

/// One part: its kind, and which one of that kind.
type Part = (&'static str, &'static str);

/// What the gate of a phase looks at for a tier, controls of the phase and the feature's scope apart: every gate covers
/// those. And whose seats it has.
fn parts(phase: &Phase, tier: Tier) -> BTreeSet<Part> {
    let mut parts = BTreeSet::from([("gate", "")]);
    parts.extend(phase.gate.sign_offs_for(tier).map(|rule| ("seat", rule.role.code())));
    if phase.looks_at_threats(tier) {
        parts.insert(("threat", ""));
    }
    for rule in phase.rules_for(tier) {
        parts.extend(rule.reads().iter().map(|kind| ("record", kind.code())));
    }
    for condition in phase.conditions_for(tier) {
        parts.extend(condition.wanted.evidence().iter().map(|kind| ("evidence", kind.code())));
    }
    parts
}

/// What every gate of a version covers, column by column.
#[derive(Default)]
pub(crate) struct GateParts {
    pub(crate) phases: Vec<String>,
    pub(crate) tiers: Vec<String>,
    pub(crate) kinds: Vec<String>,
    pub(crate) parts: Vec<String>,
}

impl GateParts {
    /// Those of a policy.
    pub(crate) fn of(policy: &Policy) -> Self {
        let mut all = Self::default();
        for phase in &policy.phases {
            for tier in Tier::ALL {
                for (kind, part) in parts(phase, *tier) {
                    all.phases.push(phase.key.to_string());
                    all.tiers.push(tier.code().to_owned());
                    all.kinds.push(kind.to_owned());
                    all.parts.push(part.to_owned());
                }
            }
        }
        all
    }
}

/// Writes down what the gates of a version cover, together with its import.
pub(crate) async fn store(
    connection: &mut PgConnection,
    version: PolicyVersionId,
    policy: &Policy,
) -> Result<()> {
    store_gate_parts(connection, version, &GateParts::of(policy)).await
}

impl Service {
    /// Writes down what the gates of versions cover, and their seats, that were imported before the database kept it;
    /// without it the database takes no sign-off and no acceptance of drift under them.
    pub(super) async fn store_missing_gate_parts(&self) -> Result<()> {
        let mut connection = self.db.reads().acquire().await?;
        let missing = sqlx::query_scalar!(
            "select id from policy_version v
             where not exists (select from gate_part g where g.policy_version_id = v.id and g.kind = 'seat')"
        )
        .fetch_all(&mut *connection)
        .await?;
        for id in missing {
            let loaded = self.policies.load(&mut connection, Id::new(id)).await?;
            self.db.store_gate_parts(loaded.id, &GateParts::of(&loaded.policy)).await?;
        }
        Ok(())
    }
}
