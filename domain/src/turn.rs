//! Turns: whose time runs, and how it adds up.

use time::OffsetDateTime;

use crate::{
    calendar::{Calendar, Clock},
    codes::codes,
    lifecycle::{Attempt, Turn},
    policy::{Phase, PhaseKey},
};

codes! {
    /// Who can have the turn.
    Side {
        /// The team.
        Team = "team",
        /// The reviewers.
        Reviewers = "reviewers",
    }
}

impl From<&Turn> for Side {
    fn from(turn: &Turn) -> Self {
        match turn {
            Turn::Team => Self::Team,
            Turn::Reviewers { .. } => Self::Reviewers,
        }
    }
}

/// A stretch of time in which one side had the turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spell {
    /// In this phase.
    pub phase: PhaseKey,
    /// In this attempt at its gate.
    pub cycle: i32,
    /// Who had it.
    pub side: Side,
    /// Since when.
    pub began: OffsetDateTime,
    /// Until when; a spell without an end runs.
    pub ended: Option<OffsetDateTime>,
}

/// The clock of whoever has the turn in an attempt. The team's allowance is for the phase, over all its turns; the
/// reviewers' is for each review. A phase whose policy gives the team no time has no clock for it.
///
/// While the feature rests no spell runs, and the clock is paused.
#[must_use]
pub fn clock(phase: &Phase, attempt: &Attempt, spells: &[Spell], calendar: &Calendar) -> Option<Clock> {
    let side = Side::from(&attempt.turn);
    let allowance_days = match side {
        Side::Team => phase.gate.team_days?,
        Side::Reviewers => phase.gate.review_days,
    };
    let same = |spell: &&Spell| {
        spell.phase == attempt.phase
            && spell.side == side
            && (side == Side::Team || spell.cycle == attempt.cycle)
    };
    let mut clock = Clock { allowance_days, used: time::Duration::ZERO, running_since: None };
    for spell in spells.iter().filter(same) {
        match spell.ended {
            Some(ended) => clock.used += calendar.working_time(spell.began, ended),
            None => clock.running_since = Some(spell.began),
        }
    }
    Some(clock)
}
