use crate::{
    access::Role,
    place::Place,
    policy::{ControlKey, EvidenceKind, PhaseKey},
    record::Shortfall,
    threat::{Question, Severity, ThreatStatus},
};

/// One reason why a gate is closed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blocker {
    /// A control is not done.
    ControlOpen {
        /// The phase that the control belongs to.
        phase: PhaseKey,
        /// The control.
        control: ControlKey,
        /// What it asks, from the policy.
        title: String,
        /// Who does it.
        done_by: Vec<Role>,
    },
    /// A control has no evidence of a kind that the policy accepts.
    EvidenceMissing {
        /// The phase that the control belongs to.
        phase: PhaseKey,
        /// The control.
        control: ControlKey,
        /// What it asks, from the policy.
        title: String,
        /// Kinds that would prove it.
        kinds: Vec<EvidenceKind>,
        /// Who does it.
        done_by: Vec<Role>,
    },
    /// Records do not yet prove a control: one thing is missing.
    RecordsShort {
        /// The phase that the control belongs to.
        phase: PhaseKey,
        /// The control.
        control: ControlKey,
        /// What it asks, from the policy.
        title: String,
        /// What is missing.
        shortfall: Shortfall,
        /// Who does it.
        done_by: Vec<Role>,
    },
    /// A question of the threat model has no answer.
    QuestionOpen {
        /// The question.
        question: Question,
    },
    /// A threat is not as far as the gate asks.
    ThreatUntreated {
        /// Number of the threat.
        number: i32,
        /// How bad it would be.
        severity: Severity,
        /// Where it has to get.
        needs: ThreatStatus,
    },
    /// Somebody denied the gate.
    Vetoed {
        /// The name printed on the denial.
        name: String,
        /// The seat from which it was denied.
        role: Role,
    },
    /// Sign-offs of a role are missing.
    SignOffsMissing {
        /// The role.
        role: Role,
        /// How many stand.
        have: u8,
        /// How many the policy asks for.
        need: u8,
    },
}

impl Blocker {
    /// The stable code, for the API and for tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ControlOpen { .. } => "control.open",
            Self::EvidenceMissing { .. } => "control.evidence-missing",
            Self::RecordsShort { .. } => "control.records-short",
            Self::QuestionOpen { .. } => "threat-model.question-open",
            Self::ThreatUntreated { .. } => "threat.untreated",
            Self::Vetoed { .. } => "sign-off.vetoed",
            Self::SignOffsMissing { .. } => "sign-off.missing",
        }
    }

    /// Whether both say that the same thing is missing on record, for whichever control.
    #[must_use]
    pub fn is_same_lack(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::RecordsShort { shortfall: one, .. }, Self::RecordsShort { shortfall: two, .. }) => {
                one == two
            }
            _ => false,
        }
    }

    /// Whether reviewers clear it, by signing; all others are the team's.
    #[must_use]
    pub const fn is_for_reviewers(&self) -> bool {
        matches!(self, Self::Vetoed { .. } | Self::SignOffsMissing { .. })
    }

    /// The roles that can clear it.
    #[must_use]
    pub fn cleared_by(&self) -> Vec<Role> {
        match self {
            Self::ControlOpen { done_by, .. }
            | Self::EvidenceMissing { done_by, .. }
            | Self::RecordsShort { done_by, .. } => done_by.clone(),
            Self::QuestionOpen { .. } | Self::ThreatUntreated { .. } => {
                crate::access::Action::EditThreatModel.product_roles().to_vec()
            }
            Self::Vetoed { role, .. } | Self::SignOffsMissing { role, .. } => vec![*role],
        }
    }

    /// Where it is cleared.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::ControlOpen { phase, control, .. } | Self::EvidenceMissing { phase, control, .. } => {
                Place::Control(phase.clone(), control.clone())
            }
            Self::RecordsShort { shortfall, .. } => shortfall.place(),
            Self::QuestionOpen { .. } => Place::ThreatModel,
            Self::ThreatUntreated { number, .. } => Place::Threat(*number),
            Self::Vetoed { .. } | Self::SignOffsMissing { .. } => Place::Review,
        }
    }
}

/// A condition that holds, so that a reader sees what has been done and not only what is missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    /// A control is done, proved or not applicable.
    Control {
        /// The phase that the control belongs to.
        phase: PhaseKey,
        /// The control.
        control: ControlKey,
        /// What it asks, from the policy.
        title: String,
        /// It was declared not applicable.
        not_applicable: bool,
    },
    /// A question of the threat model is answered.
    Question(Question),
    /// No threat of this severity or above is behind.
    Threats {
        /// The lowest severity that the gate looks at.
        at_least: Severity,
        /// Where threats have to get.
        needs: ThreatStatus,
    },
    /// The sign-offs of a role are complete.
    SignOffs {
        /// The role.
        role: Role,
        /// How many the policy asks for.
        need: u8,
    },
}
