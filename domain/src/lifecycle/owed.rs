//! Paying for an emergency: the gates that it went through are signed afterwards, by the same rules.

use time::OffsetDateTime;

use super::{
    Refusal, Seats,
    attempt::{seats, stands},
};
use crate::{
    access::Role,
    gate::{Decision, EarlierGate, Passed, SignOffFact, Situation, Verdict, decide},
    ids::PersonId,
    policy::Policy,
};

/// What a sign-off of an owed gate brings about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedOwed {
    /// It stands; more is missing.
    Stands(Decision),
    /// It was the last one: nothing is owed at this gate any more.
    Pays,
}

/// Whether a person who holds `roles` may sign an owed gate now, and in which seats.
///
/// # Errors
/// The reason why not: nothing is owed, no such seat, a contributor, signed already.
pub fn may_sign_owed(
    policy: &Policy,
    gate: &EarlierGate,
    person: PersonId,
    roles: &[Role],
    now: OffsetDateTime,
) -> Result<Seats, Refusal> {
    let phase = policy.phase(&gate.phase).ok_or(Refusal::NotOwed)?;
    if !matches!(gate.passed, Passed::Owed { .. }) {
        return Err(Refusal::NotOwed);
    }
    seats(policy, phase, &Situation::from(gate.facts.clone()), person, roles, now)
}

/// A person signs an owed gate. Approving takes that the team has done its part there, as it does before a review.
///
/// # Errors
/// As [`may_sign_owed`]; then while the team's part is not done, when the seats are filled that an approval asks for, or
/// the dossier is another one by now.
pub fn sign_owed(
    policy: &Policy,
    gate: &EarlierGate,
    sign_off: SignOffFact,
    now: OffsetDateTime,
) -> Result<SignedOwed, Refusal> {
    let phase = policy.phase(&gate.phase).ok_or(Refusal::NotOwed)?;
    let free = may_sign_owed(policy, gate, sign_off.person, &[sign_off.role], now)?.free;
    let mut situation = Situation::from(gate.facts.clone());
    if sign_off.verdict == Verdict::Approve {
        let before = decide(policy, phase, &situation, now);
        if !before.is_ready_for_review() {
            return Err(Refusal::Blocked(before.for_team().cloned().collect()));
        }
    }
    stands(&sign_off, &free, situation.facts.dossier)?;
    situation.facts.sign_offs.push(sign_off);
    let decision = decide(policy, phase, &situation, now);
    Ok(if decision.is_open() { SignedOwed::Pays } else { SignedOwed::Stands(decision) })
}
