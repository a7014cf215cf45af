//! Gates that are passed or closed otherwise than by their last sign-off: the emergency path goes through them and owes
//! them, a move back closes them again.

use sluice_domain::{
    audit::{Event, Value, Verb},
    gate::SignOffFact,
    ids::PersonId,
    lifecycle::{Attempt, Progress, Released},
    policy::PhaseKey,
};

use super::{
    gather_in,
    owed::attempt_of,
    settle::{Ending, end_attempt, end_sign_offs, gate_object_of, start_attempt, store_dossier},
};
use crate::{
    db::{
        permit::{InFeature, Permit},
        write::Write,
    },
    error::{Error, Result},
    features::row::{Feature, store_progress},
};

/// Goes through the gates of a release in an emergency, one after the other, and leaves each of them owed on the dossier
/// that was there. The feature stands in the phase after the last one, and is not settled yet.
pub(crate) async fn pass_owed(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &mut Feature,
    released: &Released,
) -> Result<Vec<Event>> {
    let now = write.now;
    let mut events = Vec::with_capacity(released.owed.len());
    for (index, gate) in released.owed.iter().enumerate() {
        let attempt = attempt_of(gate, now);
        if index > 0 {
            start_attempt(write, permit, &attempt).await?;
        }
        let phase =
            feature.policy.policy.phase(&gate.phase).ok_or_else(|| Error::internal("phase not in policy"))?;
        let dossier = gather_in(write, feature, phase, &attempt).await?.dossier;
        store_dossier(write, feature, &dossier).await?;
        let ending = Ending::Owed(feature.tier, dossier.digest(), gate.due);
        end_attempt(write, permit, &attempt, ending).await?;
        let next = released.owed.get(index + 1).map_or(&released.attempt.phase, |next| &next.phase);
        let object = gate_object_of(feature, &gate.phase, gate.cycle);
        let mut event = write.consequence(permit, Verb::GateOwed, object);
        event
            .change("phase", Value::code(&gate.phase), Value::code(next))
            .change(
                "owed-until",
                Value::None,
                Value::Day(feature.policy.policy.terms.calendar.date(gate.due)),
            )
            .change("dossier", Value::None, Value::Digest(dossier.digest()));
        events.push(event);
    }
    start_attempt(write, permit, &released.attempt).await?;
    feature.owed.extend(released.owed.iter().cloned());
    feature.progress = Progress::Active(released.attempt.clone());
    store_progress(write.connection(), permit, &feature.progress).await?;
    Ok(events)
}

/// Closes gates again that were passed, none of which is owed. What was signed at them stays on record, and no longer
/// counts.
pub(crate) async fn undo_gates(
    write: &mut Write,
    permit: &Permit<InFeature>,
    phases: &[PhaseKey],
) -> Result<()> {
    let keys: Vec<String> = phases.iter().map(ToString::to_string).collect();
    let now = write.now;
    sqlx::query!(
        "update gate_attempt set undone_at = $3
         where feature_id = $1 and phase = any($2) and outcome in ('opened', 'owed') and undone_at is null",
        permit.feature().uuid(),
        &keys,
        now
    )
    .execute(write.connection())
    .await?;
    Ok(())
}

/// Voids every standing sign-off of an attempt that ends.
pub(crate) async fn void_attempt(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    attempt: &Attempt,
    standing: &[SignOffFact],
    reason: &str,
) -> Result<Vec<Event>> {
    let people: Vec<PersonId> = standing.iter().map(|sign_off| sign_off.person).collect();
    end_sign_offs(write, permit, feature, (&attempt.phase, attempt.cycle), &people, reason).await
}
