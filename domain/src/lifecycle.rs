//! A feature's way through the phases: states that hold their data, and transitions that consume them.
//!
//! There is no transition that skips a phase: [`Progress::open`] goes to the next phase of the policy or, after the
//! last, to [`Progress::Finished`], and it is reached only with a [`Decision`] without blockers.

use time::OffsetDateTime;

use crate::{
    access::Role,
    gate::{Blocker, Decision, Facts, Situation, Verdict, decide},
    ids::PersonId,
    policy::{PhaseKey, Policy},
    waiver::WaiverRefusal,
};

/// Where a feature stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// In a phase, in one attempt at its gate.
    Active(Attempt),
    /// Every gate is open.
    Finished {
        /// When the last gate opened.
        at: OffsetDateTime,
    },
}

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

/// Why a step was refused. [`crate::words`] says it in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// All gates are open; nothing is left to do.
    #[error("finished")]
    Finished,
    /// The step belongs to another phase than the one the feature is in.
    #[error("not the current phase")]
    NotCurrentPhase,
    /// The review was requested already.
    #[error("already in review")]
    AlreadyInReview,
    /// It is the team's turn: there is no review to sign or return.
    #[error("not in review")]
    NotInReview,
    /// The team has not done its part.
    #[error("blocked")]
    Blocked(Vec<Blocker>),
    /// Who contributed does not approve.
    #[error("contributor")]
    Contributor,
    /// The gate asks for no sign-off of any role that the person holds.
    #[error("role not asked for")]
    RoleNotAsked,
    /// Enough people of this role signed already.
    #[error("seats filled")]
    SeatsFilled(Role),
    /// One standing sign-off a person, gate and cycle.
    #[error("already signed")]
    AlreadySigned,
    /// Somebody else denied the gate; nobody but they can end that.
    #[error("denied by somebody else")]
    DeniedByOther,
    /// What was read is no longer what would be signed.
    #[error("dossier changed")]
    DossierChanged,
    /// The version of the policy that a feature would move to does not have the phase that the feature is in.
    #[error("the version does not have the phase {0}")]
    PhaseMissing(PhaseKey),
    /// A step of a waiver.
    #[error("waiver: {0}")]
    Waiver(WaiverRefusal),
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

impl Progress {
    /// The start: the first phase, the team's turn. `None` for a policy without phases, which does not parse.
    #[must_use]
    pub fn start(policy: &Policy, now: OffsetDateTime) -> Option<Self> {
        let phase = policy.phases.first()?.key.clone();
        Some(Self::Active(Attempt { phase, cycle: 1, turn: Turn::Team, since: now }))
    }

    /// The attempt under way.
    ///
    /// # Errors
    /// [`Refusal::Finished`] when there is none.
    pub fn attempt(&self) -> Result<&Attempt, Refusal> {
        match self {
            Self::Active(attempt) => Ok(attempt),
            Self::Finished { .. } => Err(Refusal::Finished),
        }
    }
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
        let denied = |sign_off: &crate::gate::SignOffFact| {
            sign_off.verdict == Verdict::Deny && sign_off.person != person
        };
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
        let facts = &situation.facts;
        if self.turn == Turn::Team {
            return Err(Refusal::NotInReview);
        }
        let asked = |role: &Role| {
            phase.gate.sign_offs.iter().any(|rule| rule.role == *role && rule.quorum.for_tier(facts.tier) > 0)
        };
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

    /// A person signs. `facts` are those before the sign-off; `covers` is the dossier that the person was shown.
    ///
    /// # Errors
    /// As [`Self::may_sign`]; then, when the seats are filled that an approval asks for, or the dossier is another one by
    /// now.
    pub fn sign(
        &self,
        policy: &Policy,
        mut situation: Situation,
        sign_off: crate::gate::SignOffFact,
        now: OffsetDateTime,
    ) -> Result<Signed, Refusal> {
        let phase = policy.phase(&self.phase).ok_or(Refusal::NotCurrentPhase)?;
        let seats = self.may_sign(policy, &situation, sign_off.person, &[sign_off.role], now)?;
        if sign_off.verdict == Verdict::Approve && seats.free.is_empty() {
            return Err(Refusal::SeatsFilled(sign_off.role));
        }
        if sign_off.covers != situation.facts.dossier {
            return Err(Refusal::DossierChanged);
        }
        let verdict = sign_off.verdict;
        situation.facts.sign_offs.push(sign_off);
        let decision = decide(policy, phase, &situation, now);
        if verdict == Verdict::Approve && decision.is_open() {
            Ok(Signed::Opens(self.open(policy, &decision, now)?))
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
                Progress::Active(Attempt { phase: next.key.clone(), cycle: 1, turn: Turn::Team, since: now })
            }
            None => Progress::Finished { at: now },
        })
    }
}
