//! The terms of a policy: how it counts time, whom it lets through in an emergency, what may be accepted for a while,
//! and how long evidence holds.

use std::{collections::BTreeMap, fmt, str::FromStr};

use time::Duration;

use super::model::{EvidenceKind, is_key};
use crate::{access::Role, calendar::Calendar, threat::Severity};

/// What a policy says once, for all its phases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Working days and hours, in the zone of the people who follow the policy.
    pub calendar: Calendar,
    /// When people are reminded of a turn, and who hears of one that is overdue.
    pub reminders: Reminders,
    /// Who may let a feature pass in an emergency; nobody where the policy has no emergency path.
    pub emergency: Option<Emergency>,
    /// Who may accept a blocker for a while; nobody where the policy has no waivers.
    pub waivers: Option<Waivers>,
    /// For how many days evidence of a kind holds, counted from its upload; for ever where nothing is said.
    pub evidence_days: BTreeMap<EvidenceKind, u16>,
    /// How fast a finding of each severity has to be answered and put right, in working days.
    pub resolution: BTreeMap<Severity, Resolution>,
}

impl Terms {
    /// How long evidence of a kind holds; `None` for ever.
    #[must_use]
    pub fn evidence_lifetime(&self, kind: EvidenceKind) -> Option<Duration> {
        self.evidence_days.get(&kind).map(|days| Duration::days(i64::from(*days)))
    }
}

/// When people hear of a turn that runs out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminders {
    /// Working days before the end of a turn.
    pub before_days: u16,
    /// Working days after it, when the turn is escalated.
    pub escalate_days: u16,
    /// Who hears of an escalated turn.
    pub escalate_to: Vec<Role>,
}

impl Default for Reminders {
    fn default() -> Self {
        Self { before_days: 1, escalate_days: 2, escalate_to: vec![Role::ProductManager] }
    }
}

/// The emergency path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// The roles, of which people release together.
    pub approvers: Vec<Role>,
    /// How many distinct people: two or more.
    pub people: u8,
    /// Working days within which the skipped sign-offs are owed.
    pub owed_days: u16,
}

/// What may be accepted for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waivers {
    /// The roles that approve one.
    pub approvers: Vec<Role>,
    /// The most days that one may last.
    pub max_days: u16,
}

/// How fast something has to be dealt with, in working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// Until somebody has answered.
    pub respond_days: u16,
    /// Until it is put right.
    pub resolve_days: u16,
}

/// A framework that controls are mapped to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framework {
    /// Names it, such as `ssdf`.
    pub key: String,
    /// What people call it, with its edition.
    pub title: String,
    /// Its practices, in its own order.
    pub practices: Vec<Practice>,
}

/// One practice of a framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Practice {
    /// Its number in the framework, such as `PW.4.1`.
    pub id: String,
    /// What it asks, in our words.
    pub title: String,
}

/// Names a practice of a framework: `ssdf:PW.4.1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameworkRef {
    /// The framework's key.
    pub framework: String,
    /// The practice's number.
    pub practice: String,
}

/// Why a text names no practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a practice is named like ssdf:PW.4.1")]
pub struct FrameworkRefError;

/// Whether the text is the number of a practice: letters, digits, dots, hyphens and underscores.
pub(super) fn is_practice_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
}

impl FromStr for FrameworkRef {
    type Err = FrameworkRefError;

    fn from_str(text: &str) -> Result<Self, FrameworkRefError> {
        let (framework, practice) = text.split_once(':').ok_or(FrameworkRefError)?;
        if is_key(framework) && is_practice_id(practice) {
            Ok(Self { framework: framework.to_owned(), practice: practice.to_owned() })
        } else {
            Err(FrameworkRefError)
        }
    }
}

impl fmt::Display for FrameworkRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.framework, self.practice)
    }
}
