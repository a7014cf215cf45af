//! What people are told: that it is their turn, that time runs out, that something of theirs was decided or undone.
//!
//! A notice carries codes, keys and names that the policy gives; what people wrote stays on the page that it leads to.
//! [`crate::words`] makes the sentence.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::{
    access::Role,
    codes::codes,
    place::Place,
    policy::{Phase, PhaseKey},
    turn::Side,
};

/// A phase, by key for links and by name for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Its key.
    pub phase: PhaseKey,
    /// Its name.
    pub name: String,
}

impl From<&Phase> for Gate {
    fn from(phase: &Phase) -> Self {
        Self { phase: phase.key.clone(), name: phase.name.clone() }
    }
}

/// What somebody is told. The code of the variant and the names of its fields are what is stored: a variant may be
/// added, and a field that may be missing; nothing is renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "args", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Notice {
    /// The team asked for a review.
    ReviewRequested {
        /// Of this gate.
        gate: Gate,
        /// The attempt.
        cycle: i32,
    },
    /// A reviewer returned the gate for changes.
    Returned {
        /// This gate.
        gate: Gate,
        /// The attempt that ended.
        cycle: i32,
    },
    /// A change voided one's sign-off.
    SignOffVoided {
        /// Of this gate.
        gate: Gate,
        /// What changed, as people call it; the first few things.
        changed: Vec<String>,
        /// How many things more.
        more: usize,
    },
    /// A gate opened.
    GateOpened {
        /// This gate.
        gate: Gate,
        /// The phase that the feature is in now; none when it was the last gate.
        next: Option<String>,
    },
    /// What a gate was signed for was changed after it opened.
    GateDrifted {
        /// This gate.
        gate: Gate,
    },
    /// A change made after a gate opened was accepted.
    DriftAccepted {
        /// At this gate.
        gate: Gate,
    },
    /// A turn runs out.
    TurnEnding {
        /// At this gate.
        gate: Gate,
        /// Whose turn it is.
        side: Side,
        /// The day on which it is due.
        #[serde(with = "day")]
        due: Date,
        /// In how many working days that is; zero on the day itself.
        days: u32,
    },
    /// A turn is over its time.
    TurnOverdue {
        /// At this gate.
        gate: Gate,
        /// Whose turn it is.
        side: Side,
        /// The day on which it was due.
        #[serde(with = "day")]
        due: Date,
    },
    /// A waiver was asked for.
    WaiverRequested {
        /// Its number.
        number: i32,
    },
    /// A waiver was approved.
    WaiverApproved {
        /// Its number.
        number: i32,
        /// Its last day.
        #[serde(with = "day")]
        until: Date,
    },
    /// A waiver was refused.
    WaiverRefused {
        /// Its number.
        number: i32,
    },
    /// A waiver was ended before its time.
    WaiverEnded {
        /// Its number.
        number: i32,
    },
    /// A waiver runs out.
    WaiverEnding {
        /// Its number.
        number: i32,
        /// Its last day.
        #[serde(with = "day")]
        until: Date,
    },
    /// A waiver lapsed: what it let pass blocks again.
    WaiverLapsed {
        /// Its number.
        number: i32,
    },
    /// Somebody asked to release the feature in an emergency.
    EmergencyProposed {},
    /// An emergency release that was asked for was called off.
    EmergencyCalledOff {},
    /// The feature was released in an emergency.
    EmergencyReleased {
        /// The names of the gates that are owed.
        owed: Vec<String>,
        /// Until when.
        #[serde(with = "day")]
        until: Date,
    },
    /// The time to sign an owed gate runs out.
    OwedEnding {
        /// This gate.
        gate: Gate,
        /// The day on which it is due.
        #[serde(with = "day")]
        due: Date,
    },
    /// The time to sign an owed gate is over.
    OwedOverdue {
        /// This gate.
        gate: Gate,
        /// The day on which it was due.
        #[serde(with = "day")]
        due: Date,
    },
    /// An owed gate is signed.
    GatePaid {
        /// This gate.
        gate: Gate,
    },
    /// The feature was moved back.
    MovedBack {
        /// To this phase.
        gate: Gate,
    },
    /// The feature was put on hold.
    Held {},
    /// The feature goes on.
    Resumed {},
    /// The feature was cancelled.
    Cancelled {},
    /// The feature was opened again.
    Reopened {},
    /// The feature moved to another version of its policy.
    PolicyMigrated {
        /// The version.
        version: String,
    },
    /// Somebody may sign for somebody else for a while.
    SeatDelegated {
        /// From this seat.
        role: Role,
        /// The last day.
        #[serde(with = "day")]
        until: Date,
    },
    /// That was ended before its time.
    DelegationEnded {
        /// From this seat.
        role: Role,
    },
}

impl Notice {
    /// The code of what happened.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ReviewRequested { .. } => "review-requested",
            Self::Returned { .. } => "returned",
            Self::SignOffVoided { .. } => "sign-off-voided",
            Self::GateOpened { .. } => "gate-opened",
            Self::GateDrifted { .. } => "gate-drifted",
            Self::DriftAccepted { .. } => "drift-accepted",
            Self::TurnEnding { .. } => "turn-ending",
            Self::TurnOverdue { .. } => "turn-overdue",
            Self::WaiverRequested { .. } => "waiver-requested",
            Self::WaiverApproved { .. } => "waiver-approved",
            Self::WaiverRefused { .. } => "waiver-refused",
            Self::WaiverEnded { .. } => "waiver-ended",
            Self::WaiverEnding { .. } => "waiver-ending",
            Self::WaiverLapsed { .. } => "waiver-lapsed",
            Self::EmergencyProposed {} => "emergency-proposed",
            Self::EmergencyCalledOff {} => "emergency-called-off",
            Self::EmergencyReleased { .. } => "emergency-released",
            Self::OwedEnding { .. } => "owed-ending",
            Self::OwedOverdue { .. } => "owed-overdue",
            Self::GatePaid { .. } => "gate-paid",
            Self::MovedBack { .. } => "moved-back",
            Self::Held {} => "held",
            Self::Resumed {} => "resumed",
            Self::Cancelled {} => "cancelled",
            Self::Reopened {} => "reopened",
            Self::PolicyMigrated { .. } => "policy-migrated",
            Self::SeatDelegated { .. } => "seat-delegated",
            Self::DelegationEnded { .. } => "delegation-ended",
        }
    }

    /// Where it leads, on the pages of the feature that it is about.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::ReviewRequested { .. }
            | Self::Returned { .. }
            | Self::SignOffVoided { .. }
            | Self::SeatDelegated { .. }
            | Self::DelegationEnded { .. } => Place::Review,
            Self::TurnEnding { side, .. } | Self::TurnOverdue { side, .. } => match side {
                Side::Team => Place::Feature,
                Side::Reviewers => Place::Review,
            },
            Self::GateOpened { .. } => Place::Feature,
            Self::GateDrifted { gate } | Self::DriftAccepted { gate } => Place::Drift(gate.phase.clone()),
            Self::WaiverRequested { number }
            | Self::WaiverApproved { number, .. }
            | Self::WaiverRefused { number }
            | Self::WaiverEnded { number }
            | Self::WaiverEnding { number, .. }
            | Self::WaiverLapsed { number } => Place::Waiver(*number),
            Self::OwedEnding { gate, .. } | Self::OwedOverdue { gate, .. } | Self::GatePaid { gate } => {
                Place::Owed(gate.phase.clone())
            }
            Self::EmergencyProposed {}
            | Self::EmergencyCalledOff {}
            | Self::EmergencyReleased { .. }
            | Self::MovedBack { .. }
            | Self::Held {}
            | Self::Resumed {}
            | Self::Cancelled {}
            | Self::Reopened {} => Place::Course,
            Self::PolicyMigrated { .. } => Place::Policy,
        }
    }
}

codes! {
    /// Why somebody is told.
    Because {
        /// They hold a role that it concerns.
        Role = "role",
        /// They own the feature.
        Owner = "owner",
        /// They requested the review.
        Requester = "requester",
        /// They signed.
        Signer = "signer",
        /// They asked for it.
        Asker = "asker",
        /// They decided it.
        Decider = "decider",
        /// The seat is theirs, or was handed to them.
        Seat = "seat",
        /// They watch the feature.
        Watcher = "watcher",
    }
}

mod day {
    time::serde::format_description!(format, Date, "[year]-[month]-[day]");
    pub(super) use format::{deserialize, serialize};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_reads_back_by_its_code() {
        let gate = || Gate { phase: "design".parse().expect("a phase"), name: "Design".to_owned() };
        let due = time::macros::date!(2026 - 11 - 26);
        for notice in [
            Notice::TurnEnding { gate: gate(), side: Side::Team, due, days: 1 },
            Notice::Held {},
            Notice::SignOffVoided { gate: gate(), changed: vec!["T-4".to_owned()], more: 2 },
            Notice::SeatDelegated { role: Role::SecurityReviewer, until: due },
            Notice::WaiverLapsed { number: 2 },
        ] {
            let value = serde_json::to_value(&notice).expect("a value");
            assert_eq!(value["kind"], notice.code());
            assert_eq!(serde_json::from_value::<Notice>(value).expect("a notice"), notice);
        }
        let value = serde_json::to_value(Notice::OwedOverdue { gate: gate(), due }).expect("a value");
        assert_eq!(value["args"]["due"], "2026-11-26");
    }
}
