use time::{Date, OffsetDateTime};

use super::{Attempt, Refusal, Turn};
use crate::policy::Policy;

/// Where a feature stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// In a phase, in one attempt at its gate.
    Active(Attempt),
    /// In a phase, and nobody works on it for a while.
    Held {
        /// The attempt that waits: it goes on where it was.
        attempt: Attempt,
        /// Since when.
        since: OffsetDateTime,
        /// On which day somebody will look at it again, if that was said. Nothing happens by itself.
        until: Option<Date>,
    },
    /// Given up, and nothing of it lost.
    Cancelled {
        /// The attempt that it was given up in: reopened, it goes on where it was.
        attempt: Attempt,
        /// Since when.
        at: OffsetDateTime,
    },
    /// Every gate is open.
    Finished {
        /// When the last gate opened.
        at: OffsetDateTime,
    },
}

impl Progress {
    /// The start: the first phase, the team's turn. `None` for a policy without phases, which does not parse.
    #[must_use]
    pub fn start(policy: &Policy, now: OffsetDateTime) -> Option<Self> {
        let phase = policy.phases.first()?.key.clone();
        Some(Self::Active(Attempt { phase, cycle: 1, turn: Turn::Team, since: now }))
    }

    /// The attempt under way, for whoever wants to go on with it. Every write to a feature asks here, so that nothing
    /// is written to one that is on hold, cancelled or finished.
    ///
    /// # Errors
    /// [`Refusal::OnHold`], [`Refusal::Cancelled`] or [`Refusal::Finished`] when nothing is under way.
    pub fn attempt(&self) -> Result<&Attempt, Refusal> {
        match self {
            Self::Active(attempt) => Ok(attempt),
            Self::Held { .. } => Err(Refusal::OnHold),
            Self::Cancelled { .. } => Err(Refusal::Cancelled),
            Self::Finished { .. } => Err(Refusal::Finished),
        }
    }

    /// The attempt that the feature stands in, for whoever wants to look at it: also while it is on hold or cancelled.
    #[must_use]
    pub const fn stands_in(&self) -> Option<&Attempt> {
        match self {
            Self::Active(attempt) | Self::Held { attempt, .. } | Self::Cancelled { attempt, .. } => {
                Some(attempt)
            }
            Self::Finished { .. } => None,
        }
    }

    /// Whether work goes on.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self, Self::Active(_))
    }

    /// Puts the feature on hold: whoever has the turn keeps it, and sign-offs stand.
    ///
    /// # Errors
    /// When it is not active.
    pub fn hold(self, until: Option<Date>, now: OffsetDateTime) -> Result<Self, Refusal> {
        match self {
            Self::Active(attempt) => Ok(Self::Held { attempt, since: now, until }),
            other => Err(other.attempt().err().unwrap_or(Refusal::OnHold)),
        }
    }

    /// Ends the hold: the attempt goes on where it was, and the turn begins to run again now.
    ///
    /// # Errors
    /// When it is not on hold.
    pub fn resume(self, now: OffsetDateTime) -> Result<Self, Refusal> {
        match self {
            Self::Held { attempt, .. } => Ok(Self::Active(Attempt { since: now, ..attempt })),
            Self::Active(_) => Err(Refusal::NotOnHold),
            Self::Cancelled { .. } => Err(Refusal::Cancelled),
            Self::Finished { .. } => Err(Refusal::Finished),
        }
    }

    /// Gives the feature up, also while it is on hold. The attempt stays as it is, a veto included: nobody gets past
    /// one by cancelling and reopening.
    ///
    /// # Errors
    /// When it is cancelled or finished.
    pub fn cancel(self, now: OffsetDateTime) -> Result<Self, Refusal> {
        match self {
            Self::Active(attempt) | Self::Held { attempt, .. } => Ok(Self::Cancelled { attempt, at: now }),
            Self::Cancelled { .. } => Err(Refusal::Cancelled),
            Self::Finished { .. } => Err(Refusal::Finished),
        }
    }

    /// Takes the cancellation back: the attempt goes on where it was, and the turn begins to run again now.
    ///
    /// # Errors
    /// When it is not cancelled.
    pub fn reopen(self, now: OffsetDateTime) -> Result<Self, Refusal> {
        match self {
            Self::Cancelled { attempt, .. } => Ok(Self::Active(Attempt { since: now, ..attempt })),
            Self::Active(_) | Self::Held { .. } => Err(Refusal::NotCancelled),
            Self::Finished { .. } => Err(Refusal::Finished),
        }
    }
}
