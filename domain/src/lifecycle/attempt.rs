use time::OffsetDateTime;

use super::{Cycles, Progress, Refusal};
use crate::{
    access::Role,
    canonical::Digest,
    gate::{Blocker, Decision, Facts, SignOffFact, Situation, Verdict, decide},
    ids::PersonId,
    policy::{Phase, PhaseKey, Policy},
};

/// One attempt at the gate of a phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The phase.
    pub phase: PhaseKey,
    /// Number of the attempt at this gate, from 1.
    pub cycle: i32,
    /// Whose turn it is.
    pub turn: Turn,
    /// Since when it is their turn.
    pub since: OffsetDateTime,
}

/// Whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The team works.
    Team,
    /// The reviewers sign or return.
    Reviewers {
        /// Who asked for the review.
        requested_by: PersonId,
    },
}

/// The seats from which a person may sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seats {
    /// Seats that the gate has and the person's roles fit: a denial may come from each.
    pub held: Vec<Role>,
    /// Those of them that still miss an approval.
    pub free: Vec<Role>,
}

/// What a sign-off brings about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signed {
    /// It stands; the gate stays closed.
    Stands(Decision),
    /// It was the last one: the gate opens.
    Opens(Progress),
}

impl Attempt {
    /// The team hands the turn to the reviewers.
    ///
    /// # Errors
    /// While the team's part is not done, or when the reviewers already have the turn.
    pub fn request_review(
        self,
        by: PersonId,
        decision: &Decision,
        now: OffsetDateTime,
    ) -> Result<Self, Refusal> {
        if self.turn != Turn::Team {
            return Err(Refusal::AlreadyInReview);
        }
        if !decision.is_ready_for_review() {
            return Err(Refusal::Blocked(decision.for_team().cloned().collect()));
        }
        Ok(Self { turn: Turn::Reviewers { requested_by: by }, since: now, ..self })
    }

    /// Whether a person may end this cycle: it ends the sign-offs of others, so who contributed does not, and nobody
    /// else's veto ends by it.
    ///
    /// # Errors
    /// The reason why not.
    pub fn may_return(&self, facts: &Facts, person: PersonId) -> Result<(), Refusal> {
        if self.turn == Turn::Team {
            return Err(Refusal::NotInReview);
        }
        if facts.contributors.include(person) {
            return Err(Refusal::Contributor);
        }
        let denied = |sign_off: &SignOffFact| sign_off.verdict == Verdict::Deny && sign_off.person != person;
        if facts.sign_offs.iter().any(denied) { Err(Refusal::DeniedByOther) } else { Ok(()) }
    }

    /// A reviewer ends this cycle and hands the turn back: the next cycle begins.
    ///
    /// # Errors
    /// When the reviewers do not have the turn.
    pub fn return_for_changes(self, now: OffsetDateTime) -> Result<Self, Refusal> {
        match self.turn {
            Turn::Team => Err(Refusal::NotInReview),
            Turn::Reviewers { .. } => {
                Ok(Self { cycle: self.cycle + 1, turn: Turn::Team, since: now, ..self })
            }
        }
    }

    /// Whether a person who holds `roles` may sign now, and in which seats.
    ///
    /// # Errors
    /// The reason why not, the most fundamental first: another phase, not in review, no such seat, a contributor, signed
    /// already.
    pub fn may_sign(
        &self,
        policy: &Policy,
        situation: &Situation,
        person: PersonId,
        roles: &[Role],
        now: OffsetDateTime,
    ) -> Result<Seats, Refusal> {
        let phase = policy.phase(&self.phase).ok_or(Refusal::NotCurrentPhase)?;
        if self.turn == Turn::Team {
            return Err(Refusal::NotInReview);
        }
        seats(policy, phase, situation, person, roles, now)
    }

    /// A person signs. `facts` are those before the sign-off; `covers` is the dossier that the person was shown.
    ///
    /// # Errors
    /// As [`Self::may_sign`]; then, when the seats are filled that an approval asks for, or the dossier is another one by
    /// now.
    pub fn sign(
        &self,
        policy: &Policy,
        mut situation: Situation,
        sign_off: SignOffFact,
        cycles: &Cycles,
        now: OffsetDateTime,
    ) -> Result<Signed, Refusal> {
        let phase = policy.phase(&self.phase).ok_or(Refusal::NotCurrentPhase)?;
        let free = self.may_sign(policy, &situation, sign_off.person, &[sign_off.role], now)?.free;
        stands(&sign_off, &free, situation.facts.dossier)?;
        let verdict = sign_off.verdict;
        situation.facts.sign_offs.push(sign_off);
        let decision = decide(policy, phase, &situation, now);
        if verdict == Verdict::Approve && decision.is_open() {
            Ok(Signed::Opens(self.open(policy, &decision, cycles, now)?))
        } else {
            Ok(Signed::Stands(decision))
        }
    }

    /// Opens the gate: the next phase begins, or the feature is finished.
    ///
    /// # Errors
    /// [`Refusal::NotCurrentPhase`] for a policy without this phase, [`Refusal::NotInReview`] in the team's turn,
    /// [`Refusal::Blocked`] when the decision has a blocker.
    pub fn open(
        &self,
        policy: &Policy,
        decision: &Decision,
        cycles: &Cycles,
        now: OffsetDateTime,
    ) -> Result<Progress, Refusal> {
        // Nothing comes after a phase that the policy does not have, which must not pass for the end.
        if policy.phase(&self.phase).is_none() {
            return Err(Refusal::NotCurrentPhase);
        }
        if self.turn == Turn::Team {
            return Err(Refusal::NotInReview);
        }
        if !decision.is_open() {
            return Err(Refusal::Blocked(decision.blockers.clone()));
        }
        Ok(match policy.next(&self.phase) {
            Some(next) => {
                let cycle = cycles.next(&next.key);
                Progress::Active(Self { phase: next.key.clone(), cycle, turn: Turn::Team, since: now })
            }
            None => Progress::Finished { at: now },
        })
    }
}

/// The seats of a gate that fit the roles of a person who has no part in what is signed, and has not signed.
pub(super) fn seats(
    policy: &Policy,
    phase: &Phase,
    situation: &Situation,
    person: PersonId,
    roles: &[Role],
    now: OffsetDateTime,
) -> Result<Seats, Refusal> {
    let facts = &situation.facts;
    let asked = |role: &Role| phase.gate.sign_offs_for(facts.tier).any(|rule| rule.role == *role);
    let held: Vec<Role> = roles.iter().copied().filter(asked).collect();
    if held.is_empty() {
        return Err(Refusal::RoleNotAsked);
    }
    if facts.contributors.include(person) {
        return Err(Refusal::Contributor);
    }
    if facts.sign_offs.iter().any(|sign_off| sign_off.people().any(|other| other == person)) {
        return Err(Refusal::AlreadySigned);
    }
    let decision = decide(policy, phase, situation, now);
    let free = |role: &Role| {
        decision
            .blockers
            .iter()
            .any(|b| matches!(b, Blocker::SignOffsMissing { role: missing, .. } if missing == role))
    };
    let free = held.iter().copied().filter(free).collect();
    Ok(Seats { held, free })
}

/// Whether a sign-off may stand: an approval needs a free seat, and each covers the dossier as it is.
pub(super) fn stands(sign_off: &SignOffFact, free: &[Role], dossier: Digest) -> Result<(), Refusal> {
    if sign_off.verdict == Verdict::Approve && free.is_empty() {
        return Err(Refusal::SeatsFilled(sign_off.role));
    }
    if sign_off.covers == dossier { Ok(()) } else { Err(Refusal::DossierChanged) }
}
