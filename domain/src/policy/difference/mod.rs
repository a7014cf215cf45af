//! What sets one version of a policy apart from another: part by part and field by field, and whether it asks more or
//! less of people.

use time::{Date, Time, Weekday};

use super::{
    condition::Wanted,
    model::{ControlKey, EvidenceKind, PhaseKey, Policy, Proof, Quorum, Tiers},
    terms::{FrameworkRef, Practice},
};
use crate::{
    access::Role,
    codes::codes,
    threat::{Severity, ThreatStatus},
};

mod compare;
mod effect;
mod lists;

/// All that is different, in the order of the policy: what it says of itself, its terms, its frameworks, its phases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyDifference {
    /// The changes.
    pub changes: Vec<PolicyChange>,
}

impl PolicyDifference {
    /// Whether the two say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many changes have this effect.
    #[must_use]
    pub fn count(&self, effect: Effect) -> usize {
        self.changes.iter().filter(|change| change.effect == effect).count()
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyChange {
    /// What changed.
    pub part: PolicyPart,
    /// What happened to it.
    pub what: Change,
    /// Whether it asks more or less than before.
    pub effect: Effect,
}

codes! {
    /// Whether a change asks more or less of people.
    Effect {
        /// It asks more.
        Tightens = "tightens",
        /// It asks less.
        Loosens = "loosens",
        /// It does neither, or only a person can say.
        Neutral = "neutral",
    }
}

impl Effect {
    /// The effect of the change back.
    #[must_use]
    pub const fn back(self) -> Self {
        match self {
            Self::Tightens => Self::Loosens,
            Self::Loosens => Self::Tightens,
            Self::Neutral => Self::Neutral,
        }
    }
}

/// A part of a policy. Names and titles are those of the later version, where the part is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyPart {
    /// What the policy says of itself.
    Policy,
    /// The working time.
    Calendar,
    /// The reminders.
    Reminders,
    /// The emergency path.
    Emergency,
    /// The waivers.
    Waivers,
    /// How long evidence of a kind holds.
    EvidenceDays(EvidenceKind),
    /// How fast findings of a severity are dealt with.
    Resolution(Severity),
    /// A framework of the policy's own.
    Framework {
        /// Its key.
        key: String,
        /// What people call it.
        title: String,
    },
    /// A phase.
    Phase {
        /// Its key.
        phase: PhaseKey,
        /// What people call it.
        name: String,
    },
    /// A control.
    Control {
        /// The key of its phase.
        phase: PhaseKey,
        /// What people call the phase.
        name: String,
        /// Its key.
        control: ControlKey,
        /// What it asks.
        title: String,
    },
    /// A condition of a gate.
    Condition {
        /// The key of its phase.
        phase: PhaseKey,
        /// What people call the phase.
        name: String,
        /// What it asks.
        wanted: Wanted,
    },
    /// A role that signs at a gate.
    SignOff {
        /// The key of its phase.
        phase: PhaseKey,
        /// What people call the phase.
        name: String,
        /// The role.
        role: Role,
    },
}

impl PolicyPart {
    /// The key of the phase that it is in.
    #[must_use]
    pub const fn phase(&self) -> Option<&PhaseKey> {
        match self {
            Self::Phase { phase, .. }
            | Self::Control { phase, .. }
            | Self::Condition { phase, .. }
            | Self::SignOff { phase, .. } => Some(phase),
            _ => None,
        }
    }
}

/// What happened to a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Added,
    /// It is there no more.
    Removed,
    /// It has another place among those that both versions have, counted from one.
    Moved {
        /// The place before.
        from: usize,
        /// The place now.
        to: usize,
    },
    /// A field of it is another.
    Set {
        /// The field.
        field: PolicyField,
        /// What it was.
        before: PolicyValue,
        /// What it is.
        after: PolicyValue,
    },
}

codes! {
    /// A field of a part; its code is its key in the policy, where parts that are lists by a word have `days`.
    PolicyField {
        /// The key of the policy.
        Key = "key",
        /// The version.
        Version = "version",
        /// A title.
        Title = "title",
        /// What the policy is for.
        Summary = "summary",
        /// The time zone.
        Zone = "zone",
        /// The working days of the week.
        WorkingDays = "working_days",
        /// The hours of a working day.
        Hours = "hours",
        /// The holidays.
        Holidays = "holidays",
        /// When a turn is reminded of.
        BeforeDays = "before_days",
        /// When a turn is escalated.
        EscalateDays = "escalate_days",
        /// Who hears of it.
        EscalateTo = "escalate_to",
        /// Who approves.
        Approvers = "approvers",
        /// How many people it takes.
        People = "people",
        /// When skipped sign-offs are due.
        OwedDays = "owed_days",
        /// How long a waiver lasts.
        MaxDays = "max_days",
        /// How long evidence holds.
        Days = "days",
        /// Until when somebody has answered.
        Respond = "respond",
        /// Until when it is put right.
        Resolve = "resolve",
        /// The practices of a framework.
        Practices = "practices",
        /// The name of a phase.
        Name = "name",
        /// What a phase is for.
        Purpose = "purpose",
        /// How a control is done.
        Guidance = "guidance",
        /// Where a control comes from.
        Source = "source",
        /// Who does a control.
        DoneBy = "done_by",
        /// What proves a control.
        Proof = "proof",
        /// Who owes it.
        Tiers = "tiers",
        /// Whether it comes before production.
        BeforeProduction = "before_production",
        /// Whether it can be set aside.
        CanBeNotApplicable = "can_be_not_applicable",
        /// Whether it can be waived.
        NeverWaived = "never_waived",
        /// The practices that a control puts into effect.
        Frameworks = "frameworks",
        /// How long reviewers have.
        ReviewDays = "review_days",
        /// How long the team has.
        TeamDays = "team_days",
        /// The least severity that counts.
        AtLeast = "at_least",
        /// How far the treatment has to be.
        Needs = "needs",
        /// The kinds of evidence.
        Evidence = "evidence",
        /// How many reviewers a change has.
        Reviewers = "reviewers",
        /// How many people sign.
        Quorum = "quorum",
        /// What a signature says.
        Meaning = "meaning",
    }
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyValue {
    /// Nothing: it is left out.
    Nothing,
    /// A text.
    Text(String),
    /// A number of days or people.
    Number(u16),
    /// Yes or no.
    Flag(bool),
    /// Tiers.
    Tiers(Tiers),
    /// Roles.
    Roles(Vec<Role>),
    /// Kinds of evidence.
    Evidence(Vec<EvidenceKind>),
    /// A proof.
    Proof(Proof),
    /// A number of people by tier.
    People(Quorum),
    /// A severity.
    Severity(Severity),
    /// How far a treatment is.
    Treatment(ThreatStatus),
    /// Names of practices.
    Names(Vec<FrameworkRef>),
    /// Practices of a framework.
    Practices(Vec<Practice>),
    /// Days of the week.
    Weekdays(Vec<Weekday>),
    /// From one time of the day to another.
    Hours(Time, Time),
    /// Days of the year.
    Dates(Vec<Date>),
}

impl Policy {
    /// What is different in a later version; nothing when both say the same.
    #[must_use]
    pub fn difference(&self, later: &Self) -> PolicyDifference {
        PolicyDifference { changes: compare::policies(self, later) }
    }
}
