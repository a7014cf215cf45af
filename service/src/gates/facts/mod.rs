//! The facts behind a decision: read for any number of features with one constant number of queries, then put together
//! feature by feature.

mod build;
mod drift;
mod load;

use sluice_domain::{
    canonical::Digest,
    dossier::Dossier,
    gate::Situation,
    lifecycle::Attempt,
    policy::{Phase, Policy},
    waiver::Waiver,
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    db::write::Write,
    error::{Error, Result},
    features::row::Feature,
};

/// A gate that facts are gathered for.
#[derive(Clone, Copy)]
pub(crate) struct Gate<'a> {
    /// The feature.
    pub(crate) feature: &'a Feature,
    /// The policy to look at it with: the one that it follows, or another that somebody thinks of.
    pub(crate) policy: &'a Policy,
    /// Digest of that policy's text.
    pub(crate) policy_digest: Digest,
    /// The phase of the gate.
    pub(crate) phase: &'a Phase,
    /// The attempt whose sign-offs count.
    pub(crate) cycle: i32,
}

/// The facts about a gate, and the dossier that a sign-off of it would cover.
pub(crate) struct Gathered {
    pub(crate) situation: Situation,
    pub(crate) dossier: Dossier,
    /// The feature's waivers: every one that is asked for, or approved.
    pub(crate) waivers: Vec<Waiver>,
}

/// Gathers the facts about one gate of a feature. `attempt` names the cycle whose sign-offs count; a waiver that is over
/// by `now` is no part of them, whether or not a job has noted it.
pub(crate) async fn gather(
    connection: &mut PgConnection,
    feature: &Feature,
    phase: &Phase,
    attempt: &Attempt,
    now: OffsetDateTime,
) -> Result<Gathered> {
    let gate = Gate {
        feature,
        policy: &feature.policy.policy,
        policy_digest: feature.policy.digest,
        phase,
        cycle: attempt.cycle,
    };
    let mut gathered = gather_many(connection, &[gate], now).await?;
    gathered.pop().ok_or_else(|| Error::internal("no facts were gathered"))
}

/// The same inside of a write, at its instant.
pub(crate) async fn gather_in(
    write: &mut Write,
    feature: &Feature,
    phase: &Phase,
    attempt: &Attempt,
) -> Result<Gathered> {
    let now = write.now;
    gather(write.connection(), feature, phase, attempt, now).await
}

/// Gathers the facts about gates of many features, in their order. The number of queries depends on what the policies
/// look at, and on the number of products, not on the number of features.
pub(crate) async fn gather_many(
    connection: &mut PgConnection,
    gates: &[Gate<'_>],
    now: OffsetDateTime,
) -> Result<Vec<Gathered>> {
    let loaded = load::load(connection, gates, now).await?;
    let mut built = Vec::with_capacity(gates.len());
    for gate in gates {
        built.push(build::build(gate, loaded.rows(gate.feature.id), &loaded.products)?);
    }
    drift::find(connection, gates, &mut built).await?;
    Ok(built.into_iter().map(|built| built.gathered).collect())
}
