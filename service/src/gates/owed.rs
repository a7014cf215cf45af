//! What an emergency skipped is signed afterwards: the same rules, on the dossier of now.

use secrecy::SecretString;
use sluice_domain::{
    access::{Action, Role},
    audit::{Authentication, Event, Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields},
    gate::{Decision, EarlierGate, Passed, SignOffFact, Verdict, decide},
    ids::{FeatureKey, SignOffId},
    lifecycle::{Attempt, OwedGate, Refusal, SignedOwed, Turn, sign_owed},
    policy::PhaseKey,
    text::Reason,
};

use super::{
    Gathered, SignGate, gather,
    review::demand_password,
    settle::{gate_object_of, settle, store_dossier, void_sign_offs},
};
use crate::{
    Service,
    actor::Actor,
    clock::fresh_id,
    db::{
        permit::{InFeature, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result, violates},
    features::row::{self, Feature},
};

/// A sign-off of a gate that an emergency went through. It says and takes the same as any other.
pub type SignOwed = SignGate;

/// Takes one's own standing sign-off of an owed gate back.
#[derive(Debug)]
pub struct WithdrawOwed {
    /// Why.
    pub reason: Reason,
    /// The password: a withdrawn denial may close the debt, so it takes the same step-up as signing.
    pub password: SecretString,
}

impl WithdrawOwed {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let reason = check.text(fields, "reason", "The reason");
        let password = demand_password(&mut check, fields);
        check.finish(reason.map(|reason| Self { reason, password }))
    }
}

/// Settles what is owed, as [`settle`] does the gate under way: sign-offs that no longer cover what is there are voided,
/// and a gate at which nothing is missing any more is paid. Returns whether anything changed.
pub(super) async fn settle_owed(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    gathered: &Gathered,
    decision: &Decision,
    consequences: &mut Vec<Event>,
) -> Result<bool> {
    let mut changed = false;
    for owed in &feature.owed {
        let gate = (&owed.phase, owed.cycle);
        let Some(earlier) = earlier(gathered, &owed.phase) else { continue };
        if !earlier.facts.sign_offs.is_empty() {
            let dossier = gather_owed(write, feature, owed).await?.dossier;
            changed |= void_sign_offs(write, permit, feature, gate, (&earlier.facts, &dossier), consequences)
                .await?;
        }
        let is_paid = decision.debts.iter().any(|debt| debt.phase == owed.phase && debt.missing.is_empty());
        if is_paid {
            consequences.push(pay(write, permit, feature, owed).await?);
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

/// The facts about an owed gate as if it were the current one, with its dossier.
async fn gather_owed(write: &mut Write, feature: &Feature, owed: &OwedGate) -> Result<Gathered> {
    let phase = feature.policy.policy.phase(&owed.phase).ok_or(Refusal::NotOwed)?;
    let attempt =
        Attempt { phase: owed.phase.clone(), cycle: owed.cycle, turn: Turn::Team, since: write.now };
    gather(write.connection(), feature, phase, &attempt).await
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
        command: SignOwed,
    ) -> Result<SignedOwed> {
        self.check_step_up(actor, &command.password).await?;
        let (service, actor, key, phase) = (self.clone(), actor.clone(), key.clone(), phase.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit = write
                .authorize_feature(&actor, Action::SignOwed, feature.id, feature.product)
                .await?
                .authenticated_by(Authentication::Password);
            let role = write.one_role_of(&actor, feature.product, &[command.role], Action::SignOwed).await?;
            let permit = permit.acting_as(role);
            feature.progress.attempt()?;
            let owed = owed_at(&feature, &phase)?;
            let policy = &feature.policy.policy;
            let gathered = gather_owed(&mut write, &feature, &owed).await?;
            let dossier = gathered.dossier.digest();
            let gate = EarlierGate {
                phase: phase.clone(),
                facts: gathered.situation.facts,
                passed: Passed::Owed { due: owed.due },
            };
            let sign_off = SignOffFact {
                person: actor.person,
                name: actor.name.clone(),
                role: command.role,
                verdict: command.verdict,
                covers: command.covers,
                on_behalf_of: None,
            };
            let signed = sign_owed(policy, &gate, sign_off, write.now)?;
            store_dossier(&mut write, &feature, &gathered.dossier).await?;
            let rules = policy.phase(&phase).map(|phase| &phase.gate.sign_offs);
            let meaning = rules
                .and_then(|rules| rules.iter().find(|rule| rule.role == command.role))
                .map(|rule| rule.meaning.clone())
                .unwrap_or_default();
            let id: SignOffId = fresh_id(write.now);
            let now = write.now;
            let inserted = sqlx::query!(
                "insert into sign_off (id, feature_id, phase, cycle, person_id, role, verdict, printed_name, meaning,
                                       reason, dossier, authentication, signed_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                id.uuid(),
                permit.feature().uuid(),
                owed.phase.as_str(),
                owed.cycle,
                actor.person.uuid(),
                command.role.code(),
                command.verdict.code(),
                actor.name,
                meaning,
                command.reason,
                dossier.as_bytes().as_slice(),
                Authentication::Password.code(),
                now
            )
            .execute(write.connection())
            .await;
            if let Err(error) = inserted {
                return Err(if violates(&error, "sign_off_standing") {
                    Error::Refused(Refusal::AlreadySigned)
                } else {
                    error.into()
                });
            }
            let name = gate_object_of(&feature, &owed.phase, owed.cycle).name;
            let mut event = write.event(&permit, Verb::GateSigned, Object::new(ObjectKind::SignOff, id, name));
            event
                .change("verdict", Value::None, Value::code(command.verdict.code()))
                .change("cycle", Value::None, Value::Number(owed.cycle.into()))
                .change("printed-name", Value::None, Value::text(&actor.name))
                .change("meaning", Value::None, Value::text(meaning))
                .change("dossier", Value::None, Value::Digest(dossier));
            event.reason = (!command.reason.is_empty()).then_some(command.reason);
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await?;
            Ok(signed)
        })
        .await
    }

    /// Takes the actor's standing sign-off of an owed gate back. A withdrawn denial may pay it, when nothing else was
    /// missing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, [`Error::Invalid`] for a wrong password.
    pub async fn withdraw_owed(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        phase: &PhaseKey,
        command: WithdrawOwed,
    ) -> Result<()> {
        self.check_step_up(actor, &command.password).await?;
        let (service, actor, key, phase) = (self.clone(), actor.clone(), key.clone(), phase.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit = write
                .authorize_feature(&actor, Action::SignOwed, feature.id, feature.product)
                .await?
                .authenticated_by(Authentication::Password);
            feature.progress.attempt()?;
            let owed = owed_at(&feature, &phase)?;
            let now = write.now;
            let withdrawn = sqlx::query!(
                "update sign_off set ended = 'withdrawn', ended_at = $5, ended_reason = $6
                 where feature_id = $1 and phase = $2 and cycle = $3 and person_id = $4 and ended is null
                 returning id, verdict",
                permit.feature().uuid(),
                owed.phase.as_str(),
                owed.cycle,
                actor.person.uuid(),
                now,
                command.reason.as_str()
            )
            .fetch_optional(write.connection())
            .await?
            .ok_or(Error::NotFound)?;
            let name = gate_object_of(&feature, &owed.phase, owed.cycle).name;
            let object = Object::new(ObjectKind::SignOff, withdrawn.id, name);
            let mut event = write.event(&permit, Verb::SignOffWithdrawn, object);
            event.change("verdict", Value::code(withdrawn.verdict), Value::None);
            event.reason = Some(command.reason.to_string());
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }
}

/// What an owed gate says now, as if it were the current one.
pub(super) fn decide_owed(feature: &Feature, gate: &EarlierGate, now: time::OffsetDateTime) -> Decision {
    let policy = &feature.policy.policy;
    policy
        .phase(&gate.phase)
        .map(|phase| decide(policy, phase, &gate.facts.clone().into(), now))
        .unwrap_or_default()
}

/// The actor's own standing sign-off among the facts of a gate.
pub(super) fn own(gate: &EarlierGate, actor: &Actor) -> Option<(Role, Verdict)> {
    let mine = gate.facts.sign_offs.iter().find(|sign_off| sign_off.person == actor.person);
    mine.map(|sign_off| (sign_off.role, sign_off.verdict))
}
