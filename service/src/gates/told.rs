//! Who is told of what happens at gates.

use std::collections::BTreeMap;

use sluice_domain::{
    access::Role,
    canonical::Digest,
    dossier::{Difference, Dossier, ItemKind, items_of},
    gate::SignOffFact,
    ids::PersonId,
    lifecycle::{Attempt, Turn},
    notification::{Because, Gate, Notice},
    policy::Phase,
    record::ListKind,
    words::Label,
};

use super::Gathered;
use crate::{
    db::{
        permit::{InFeature, Permit},
        write::Write,
    },
    error::{Error, Result},
    features::row::{Feature, digest},
    notifications::{To, holders, notify, reviewers},
};

/// How many things that changed are named.
const NAMED: usize = 5;

/// Tells the people who can sign that a review was requested, once the feature is settled.
pub(super) async fn tell_requested(
    write: &mut Write,
    permit: &Permit<InFeature>,
    phase: &Phase,
    cycle: i32,
) -> Result<()> {
    let to = reviewers(write, permit.feature()).await?;
    notify(write, permit, to, &Notice::ReviewRequested { gate: Gate::from(phase), cycle }).await
}

/// Tells who requested the review and who owns the feature that it was returned.
pub(super) async fn tell_returned(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    attempt: &Attempt,
) -> Result<()> {
    let notice = Notice::Returned { gate: gate(feature, attempt)?, cycle: attempt.cycle };
    notify(write, permit, asked(feature, attempt), &notice).await
}

/// Tells who requested the review, who owns the feature and who signed that the gate opened.
pub(super) async fn tell_opened(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    attempt: &Attempt,
    gathered: &Gathered,
) -> Result<()> {
    let next = feature.policy.policy.next(&attempt.phase).map(|phase| phase.name.clone());
    let signers = gathered.situation.facts.sign_offs.iter().flat_map(signers);
    let to: Vec<To> = asked(feature, attempt).into_iter().chain(signers).collect();
    notify(write, permit, to, &Notice::GateOpened { gate: gate(feature, attempt)?, next }).await
}

/// Tells signers that their sign-offs are void, and what changed since what they signed.
pub(super) async fn tell_voided(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    attempt: &Attempt,
    dossier: &Dossier,
    void: &[&SignOffFact],
) -> Result<()> {
    let phase = feature.policy.policy.phase(&attempt.phase);
    let covered: Vec<Vec<u8>> = void.iter().map(|sign_off| sign_off.covers.as_bytes().to_vec()).collect();
    let manifests = sqlx::query!("select digest, manifest from dossier where digest = any($1)", &covered)
        .fetch_all(write.connection())
        .await?;
    let manifests: BTreeMap<Digest, String> =
        manifests.into_iter().map(|row| Ok((digest(&row.digest)?, row.manifest))).collect::<Result<_>>()?;
    for sign_off in void {
        let earlier = manifests.get(&sign_off.covers).and_then(|manifest| items_of(manifest));
        let differences = earlier.map(|items| dossier.difference(&items)).unwrap_or_default();
        let changed: Vec<String> =
            differences.iter().take(NAMED).map(|difference| name(phase, difference)).collect();
        let more = differences.len() - changed.len();
        let notice = Notice::SignOffVoided { gate: gate(feature, attempt)?, changed, more };
        notify(write, permit, signers(sign_off), &notice).await?;
    }
    Ok(())
}

fn gate(feature: &Feature, attempt: &Attempt) -> Result<Gate> {
    let phase = feature.policy.policy.phase(&attempt.phase);
    phase.map(Gate::from).ok_or_else(|| Error::internal("phase not in policy"))
}

/// Who requested the review, and who owns the feature.
fn asked(feature: &Feature, attempt: &Attempt) -> Vec<To> {
    let requester = match attempt.turn {
        Turn::Reviewers { requested_by } => Some(To::person(requested_by, Because::Requester)),
        Turn::Team => None,
    };
    requester.into_iter().chain([To::person(feature.owner, Because::Owner)]).collect()
}

/// Who signed, and for whom.
fn signers(sign_off: &SignOffFact) -> Vec<To> {
    sign_off.people().map(|person: PersonId| To::person(person, Because::Signer)).collect()
}

/// Tells who owns the feature, and who can accept it, that what was signed at a gate changed since.
pub(super) async fn tell_drifted(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    gate: Gate,
    roles: &[Role],
) -> Result<()> {
    let mut to = vec![To::person(feature.owner, Because::Owner)];
    to.extend(holders(write, feature.product, roles).await?);
    notify(write, permit, to, &Notice::GateDrifted { gate }).await
}

/// Tells who owns the feature that a change made after a gate opened was accepted.
pub(super) async fn tell_accepted(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    phase: &Phase,
) -> Result<()> {
    let to = [To::person(feature.owner, Because::Owner)];
    notify(write, permit, to, &Notice::DriftAccepted { gate: Gate::from(phase) }).await
}

/// What people call a thing that changed.
fn name(phase: Option<&Phase>, changed: &Difference) -> String {
    match changed.kind {
        ItemKind::Control => phase
            .and_then(|phase| phase.controls.iter().find(|control| control.key.as_str() == changed.key))
            .map_or_else(|| changed.key.clone(), |control| control.title.clone()),
        ItemKind::Scope | ItemKind::ThreatModel | ItemKind::Standards => changed.kind.title(),
        ItemKind::List => ListKind::from_code(&changed.key)
            .map_or_else(|| changed.key.clone(), |list| list.title().to_owned()),
        _ => changed.key.clone(),
    }
}
