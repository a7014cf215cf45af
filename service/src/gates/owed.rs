//! What an emergency skipped is signed afterwards: the same rules, on the dossier of now.

use sluice_domain::{
    access::Action,
    audit::{Authentication, Event, Value, Verb},
    delegation::may_sign_owed_for,
    gate::{Decision, EarlierGate, Passed, decide},
    ids::FeatureKey,
    lifecycle::{Attempt, OwedGate, Refusal, SignedOwed, Turn, sign_owed},
    policy::PhaseKey,
};

use super::{
    Gathered, SignGate, WithdrawSignOff, gather_in,
    settle::{Came, Standing, gate_object_of, settle, settle_time, store_dossier, void_sign_offs},
    sign_off,
};
use crate::{
    Service,
    actor::Actor,
    course::tell_paid,
    db::{
        permit::{InFeature, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result},
    features::row::{self, Feature},
};

/// Settles what is owed, as [`settle`] does the gate under way: sign-offs that no longer cover what is there are voided,
/// and a gate at which nothing is missing any more is paid. Returns whether anything changed.
pub(super) async fn settle_owed(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    gathered: &Gathered,
    decision: &Decision,
    came: &mut Came<'_>,
) -> Result<bool> {
    let mut changed = false;
    for owed in &feature.owed {
        let Some(earlier) = earlier(gathered, &owed.phase) else { continue };
        let dossier = earlier.facts.dossier;
        if earlier.facts.sign_offs.iter().any(|sign_off| sign_off.is_voided_by(dossier)) {
            let manifest = gather_owed(write, feature, owed).await?.dossier;
            let attempt = attempt_of(owed, write.now);
            let gate = Standing { attempt: &attempt, facts: &earlier.facts, dossier: &manifest };
            changed |= void_sign_offs(write, permit, feature, &gate, came).await?;
        }
        let is_paid = decision.debts.iter().any(|debt| debt.phase == owed.phase && debt.missing.is_empty());
        if is_paid {
            came.consequences.push(pay(write, permit, feature, owed).await?);
            if let Some(phase) = feature.policy.policy.phase(&owed.phase) {
                tell_paid(write, permit, feature, phase, &earlier.facts.sign_offs).await?;
            }
            changed = true;
        }
    }
    Ok(changed)
}

/// The facts about an owed gate.
pub(super) fn earlier<'a>(gathered: &'a Gathered, phase: &PhaseKey) -> Option<&'a EarlierGate> {
    gathered.situation.earlier.iter().find(|gate| gate.phase == *phase)
}

/// Notes that nothing is owed at a gate any more; from now on, what was signed there may drift.
async fn pay(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    owed: &OwedGate,
) -> Result<Event> {
    let gathered = gather_owed(write, feature, owed).await?;
    store_dossier(write, feature, &gathered.dossier).await?;
    let (now, dossier) = (write.now, gathered.dossier.digest());
    sqlx::query!(
        "update gate_attempt set paid_at = $4, dossier = $5, tier = $6
         where feature_id = $1 and phase = $2 and cycle = $3 and outcome = 'owed' and paid_at is null",
        permit.feature().uuid(),
        owed.phase.as_str(),
        owed.cycle,
        now,
        dossier.as_bytes().as_slice(),
        feature.tier.code()
    )
    .execute(write.connection())
    .await?;
    let object = gate_object_of(feature, &owed.phase, owed.cycle);
    let mut event = write.consequence(permit, Verb::GatePaid, object);
    event.change("dossier", Value::None, Value::Digest(dossier));
    Ok(event)
}

/// The attempt in which an emergency went through a gate.
pub(super) fn attempt_of(owed: &OwedGate, since: time::OffsetDateTime) -> Attempt {
    Attempt { phase: owed.phase.clone(), cycle: owed.cycle, turn: Turn::Team, since }
}

/// The facts about an owed gate as if it were the current one, with its dossier.
async fn gather_owed(write: &mut Write, feature: &Feature, owed: &OwedGate) -> Result<Gathered> {
    let phase = feature.policy.policy.phase(&owed.phase).ok_or(Refusal::NotOwed)?;
    let attempt = attempt_of(owed, write.now);
    gather_in(write, feature, phase, &attempt).await
}

/// The owed gate of a phase.
fn owed_at(feature: &Feature, phase: &PhaseKey) -> Result<OwedGate> {
    feature.policy.policy.phase(phase).ok_or(Error::NotFound)?;
    let gate = feature.owed.iter().find(|gate| gate.phase == *phase);
    Ok(gate.cloned().ok_or(Refusal::NotOwed)?)
}

impl Service {
    /// Signs a gate that an emergency went through. The last sign-off pays what is owed there.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a wrong password, [`Error::Refused`] when nothing is owed at the gate, the actor may not
    /// sign, or the dossier changed since it was shown.
    pub async fn sign_owed(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        phase: &PhaseKey,
        command: SignGate,
    ) -> Result<SignedOwed> {
        self.check_step_up(actor, &command.password).await?;
        let (service, actor, key, phase) = (self.clone(), actor.clone(), key.clone(), phase.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                sign_off::authorize(&mut write, &actor, &feature, &command, Action::SignOwed).await?;
            feature.progress.attempt()?;
            let mut events = settle_time(&mut write, &permit, &feature).await?;
            let owed = owed_at(&feature, &phase)?;
            let policy = &feature.policy.policy;
            let Gathered { situation, dossier, .. } = gather_owed(&mut write, &feature, &owed).await?;
            let passed = Passed::Owed { due: owed.due };
            let gate = EarlierGate { phase, facts: situation.facts, passed };
            if let Some(principal) = command.on_behalf_of {
                let people = (principal, actor.person);
                may_sign_owed_for(policy, &gate, people, command.role, write.now)?;
            }
            let signed = sign_owed(policy, &gate, command.fact(&actor), write.now)?;
            let event = sign_off::give(&mut write, &permit, &feature, &actor, &dossier, command).await?;
            let settled = settle(&mut write, &permit, &feature).await?;
            events.extend(settled.consequences);
            write.commit(event, events).await?;
            Ok(signed)
        })
        .await
    }

    /// Takes the actor's standing sign-off of an owed gate back. A withdrawn denial may pay it, when nothing else was
    /// missing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, [`Error::Stale`] when it is another than the one that was on screen,
    /// [`Error::Invalid`] for a wrong password.
    pub async fn withdraw_owed(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        phase: &PhaseKey,
        command: WithdrawSignOff,
    ) -> Result<()> {
        self.check_step_up(actor, &command.password).await?;
        let (service, actor, key, phase) = (self.clone(), actor.clone(), key.clone(), phase.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit = write
                .authorize_feature(&actor, Action::SignForAnother, feature.id, feature.product)
                .await?
                .authenticated_by(Authentication::Password);
            feature.progress.attempt()?;
            let owed = owed_at(&feature, &phase)?;
            let gate = (&owed.phase, owed.cycle);
            let (permit, event) =
                sign_off::take_back(&mut write, permit, &feature, &actor, gate, &command).await?;
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }
}

/// What an owed gate says now, as if it were the current one.
///
/// # Errors
/// When the policy does not have the phase: nothing is decided about it, least of all that nothing is missing.
pub(crate) fn decide_owed(
    feature: &Feature,
    gate: &EarlierGate,
    now: time::OffsetDateTime,
) -> Result<Decision> {
    let policy = &feature.policy.policy;
    let phase = policy.phase(&gate.phase).ok_or(Refusal::NotOwed)?;
    Ok(decide(policy, phase, &gate.facts.clone().into(), now))
}
