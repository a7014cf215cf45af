//! The emergency path: a feature goes to production before its gates are signed. People of the policy's roles agree to
//! it together; every gate on the way is gone through in order and is owed from then on.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::{Attempt, Cycles, Refusal, Turn};
use crate::{
    access::Role,
    gate::{Facts, Verdict},
    ids::PersonId,
    policy::{Emergency, Phase, PhaseKey, Policy},
};

/// One person's agreement to a release in an emergency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Who agrees.
    pub person: PersonId,
    /// In which role. Whoever gathers consents has seen that the person still holds it.
    pub role: Role,
}

/// The last gate that the emergency path goes through: that of the last phase with something to be met before
/// production; the last but one where the policy marks nothing so. Never the very last gate, for what was skipped has
/// to be signed before the end. `None` for a policy with one phase.
#[must_use]
pub fn release_gate(policy: &Policy) -> Option<&Phase> {
    let (_, before_last) = policy.phases.split_last()?;
    let marked = |phase: &&Phase| {
        phase.controls.iter().any(|control| control.before_production)
            || phase.gate.conditions.iter().any(|condition| condition.before_production)
    };
    let last = before_last.last()?;
    // Where the last phase itself is marked, everything before it is gone through.
    let beyond = policy.phases.last().is_some_and(|phase| marked(&phase));
    Some(before_last.iter().rfind(marked).filter(|_| !beyond).unwrap_or(last))
}

/// Whether a person who holds `roles` may agree, and in which role.
///
/// # Errors
/// [`Refusal::NoEmergencyPath`], [`Refusal::NotAnApprover`] or [`Refusal::AlreadyAgreed`].
pub fn may_consent(
    policy: &Policy,
    consents: &[Consent],
    person: PersonId,
    roles: &[Role],
) -> Result<Role, Refusal> {
    let terms = policy.terms.emergency.as_ref().ok_or(Refusal::NoEmergencyPath)?;
    let role = terms.approvers.iter().find(|role| roles.contains(role)).ok_or(Refusal::NotAnApprover)?;
    if consents.iter().any(|consent| consent.person == person) {
        return Err(Refusal::AlreadyAgreed);
    }
    Ok(*role)
}

/// That enough distinct people of the policy's roles agreed. There is no other way to make one than to count them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    people: Vec<PersonId>,
}

impl Agreed {
    /// Counts the people who agreed in a role of the policy, each once.
    ///
    /// # Errors
    /// [`Refusal::NoEmergencyPath`], or [`Refusal::NotAgreed`] while there are too few.
    pub fn by(policy: &Policy, consents: &[Consent]) -> Result<Self, Refusal> {
        let terms = policy.terms.emergency.as_ref().ok_or(Refusal::NoEmergencyPath)?;
        let people = distinct(terms, consents);
        // Two at least, whatever a policy that was made by hand says.
        if people.len() < usize::from(terms.people.max(2)) {
            return Err(Refusal::NotAgreed);
        }
        Ok(Self { people: people.into_iter().collect() })
    }

    /// Who agreed.
    #[must_use]
    pub fn people(&self) -> &[PersonId] {
        &self.people
    }
}

fn distinct(terms: &Emergency, consents: &[Consent]) -> BTreeSet<PersonId> {
    consents
        .iter()
        .filter(|consent| terms.approvers.contains(&consent.role))
        .map(|consent| consent.person)
        .collect()
}

/// A gate that the emergency path went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedGate {
    /// Its phase.
    pub phase: PhaseKey,
    /// The attempt at it.
    pub cycle: i32,
    /// Until when its sign-offs are owed.
    pub due: OffsetDateTime,
}

/// What a release in an emergency comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// The gates that were gone through, in order: the one of the attempt first.
    pub owed: Vec<OwedGate>,
    /// The attempt that begins, in the phase after the last of them.
    pub attempt: Attempt,
}

impl Attempt {
    /// The phases whose gates the emergency path would go through from here, in order.
    ///
    /// # Errors
    /// [`Refusal::NoEmergencyPath`] for a policy without one, [`Refusal::NothingToSkip`] past the last gate of it.
    pub fn emergency_path<'a>(&self, policy: &'a Policy) -> Result<&'a [Phase], Refusal> {
        if policy.terms.emergency.is_none() {
            return Err(Refusal::NoEmergencyPath);
        }
        let from = policy.position(&self.phase).ok_or(Refusal::NotCurrentPhase)?;
        let to = release_gate(policy).and_then(|last| policy.position(&last.key));
        to.and_then(|to| policy.phases.get(from..=to))
            .filter(|path| !path.is_empty())
            .ok_or(Refusal::NothingToSkip)
    }

    /// Whether an emergency may be asked for: a veto holds in it as well.
    ///
    /// # Errors
    /// As [`Self::emergency_path`]; [`Refusal::Denied`] while a denial stands.
    pub fn may_release(&self, policy: &Policy, facts: &Facts) -> Result<(), Refusal> {
        self.emergency_path(policy)?;
        if facts.sign_offs.iter().any(|sign_off| sign_off.verdict == Verdict::Deny) {
            return Err(Refusal::Denied);
        }
        Ok(())
    }

    /// Releases the feature: goes through every gate of the emergency path, one after the other.
    ///
    /// # Errors
    /// As [`Self::may_release`].
    pub fn release(
        &self,
        policy: &Policy,
        facts: &Facts,
        agreed: &Agreed,
        cycles: &Cycles,
        now: OffsetDateTime,
    ) -> Result<Released, Refusal> {
        self.may_release(policy, facts)?;
        let steps = self.emergency_path(policy)?.len();
        let mut attempt = self.clone();
        let mut owed = Vec::with_capacity(steps);
        for _ in 0..steps {
            let (gate, next) = attempt.pass_owed(policy, agreed, cycles, now)?;
            owed.push(gate);
            attempt = next;
        }
        Ok(Released { owed, attempt })
    }

    /// Goes through the gate of this attempt without its sign-offs: the next phase of the policy begins, and the gate is
    /// owed. It takes the agreement, and it never goes past the end of the emergency path.
    ///
    /// # Errors
    /// As [`Self::emergency_path`].
    pub fn pass_owed(
        &self,
        policy: &Policy,
        _: &Agreed,
        cycles: &Cycles,
        now: OffsetDateTime,
    ) -> Result<(OwedGate, Self), Refusal> {
        self.emergency_path(policy)?;
        let terms = policy.terms.emergency.as_ref().ok_or(Refusal::NoEmergencyPath)?;
        let next = policy.next(&self.phase).ok_or(Refusal::NothingToSkip)?.key.clone();
        let calendar = &policy.terms.calendar;
        let due = calendar.after(now, calendar.working_days(terms.owed_days));
        let owed = OwedGate { phase: self.phase.clone(), cycle: self.cycle, due };
        let cycle = cycles.next(&next);
        Ok((owed, Self { phase: next, cycle, turn: Turn::Team, since: now }))
    }
}
