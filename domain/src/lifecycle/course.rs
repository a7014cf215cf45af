use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::{Attempt, Refusal, Turn};
use crate::{
    gate::{Facts, Passed, Situation, Verdict},
    ids::PersonId,
    policy::{PhaseKey, Policy},
};

/// The highest number of a cycle that each phase has seen. Numbers are never used twice, so that an attempt after a
/// move back is not taken for the one before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cycles(BTreeMap<PhaseKey, i32>);

impl Cycles {
    /// Notes that a phase has seen a cycle.
    pub fn note(&mut self, phase: PhaseKey, cycle: i32) {
        let highest = self.0.entry(phase).or_insert(cycle);
        *highest = cycle.max(*highest);
    }

    /// The number of the next cycle of a phase, from 1.
    #[must_use]
    pub fn next(&self, phase: &PhaseKey) -> i32 {
        self.0.get(phase).map_or(1, |highest| highest + 1)
    }
}

impl FromIterator<(PhaseKey, i32)> for Cycles {
    fn from_iter<I: IntoIterator<Item = (PhaseKey, i32)>>(seen: I) -> Self {
        let mut cycles = Self::default();
        for (phase, cycle) in seen {
            cycles.note(phase, cycle);
        }
        cycles
    }
}

/// What a move back comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedBack {
    /// The attempt that begins.
    pub attempt: Attempt,
    /// The phases whose gates are closed again, in order. That of the attempt that ends is not among them.
    pub undone: Vec<PhaseKey>,
}

impl Attempt {
    /// Whether a person may move the feature back: it ends the sign-offs of the attempt, and nobody else's veto ends
    /// by it.
    ///
    /// # Errors
    /// The reason why not.
    pub fn may_move_back(&self, facts: &Facts, person: PersonId) -> Result<(), Refusal> {
        let denied = facts
            .sign_offs
            .iter()
            .any(|sign_off| sign_off.verdict == Verdict::Deny && sign_off.person != person);
        if denied { Err(Refusal::DeniedByOther) } else { Ok(()) }
    }

    /// Moves the feature back to an earlier phase, in the team's turn. The gates from there on are closed again and
    /// are passed anew, one after the other.
    ///
    /// # Errors
    /// [`Refusal::NotEarlier`] for a phase that is not before the current one, [`Refusal::Owed`] past a gate that an
    /// emergency left owed, then as [`Self::may_move_back`].
    pub fn move_back(
        &self,
        policy: &Policy,
        to: &PhaseKey,
        by: PersonId,
        situation: &Situation,
        cycles: &Cycles,
        now: OffsetDateTime,
    ) -> Result<MovedBack, Refusal> {
        let undone: Vec<PhaseKey> = policy
            .before(&self.phase)
            .iter()
            .map(|phase| phase.key.clone())
            .skip_while(|phase| phase != to)
            .collect();
        if undone.is_empty() {
            return Err(Refusal::NotEarlier);
        }
        let owed = |phase: &PhaseKey| {
            let mut earlier = situation.earlier.iter();
            earlier.any(|gate| gate.phase == *phase && matches!(gate.passed, Passed::Owed { .. }))
        };
        if undone.iter().any(owed) {
            return Err(Refusal::Owed);
        }
        self.may_move_back(&situation.facts, by)?;
        let attempt = Self { phase: to.clone(), cycle: cycles.next(to), turn: Turn::Team, since: now };
        Ok(MovedBack { attempt, undone })
    }
}
