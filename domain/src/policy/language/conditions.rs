//! The kinds of condition, each with its fields.

use super::{Choice, Choices, Flag, Inner, Table, needed, optional, quorum, words};
use crate::{
    policy::{ConditionKind, EvidenceKind, RecordsSubject, Tier, problem::PolicyProblem},
    threat::{Severity, ThreatStatus},
};

impl ConditionKind {
    /// The fields of the kind.
    pub(in crate::policy) const fn table(self) -> &'static Table {
        match self {
            Self::ThreatModelComplete
            | Self::ThreatModelCurrent
            | Self::RequirementsPresent
            | Self::TestsPassed
            | Self::ChecksGreen
            | Self::StakeholdersInformed
            | Self::ArtefactsSigned
            | Self::PromotedThroughStaging
            | Self::RecordArchived => &condition::PLAIN,
            Self::NoUntreatedThreat => &condition::THREATS,
            Self::NoOpenFinding => &condition::FINDINGS,
            Self::EvidencePresent | Self::DocumentsPresent => &condition::BY_EVIDENCE,
            Self::ReviewersPerChange => &condition::BY_REVIEWERS,
        }
    }

    /// All kinds with their fields.
    pub(super) fn tables() -> Vec<(&'static str, &'static Table)> {
        Self::ALL.iter().map(|kind| (kind.code(), kind.table())).collect()
    }

    /// What it is about, where it is about records.
    pub(in crate::policy) fn subject(self) -> Option<RecordsSubject> {
        RecordsSubject::from_code(self.code())
    }
}

static KINDS: super::Words<ConditionKind> = super::Words {
    all: ConditionKind::ALL,
    code: ConditionKind::code,
    unknown: |given, known| PolicyProblem::UnknownCondition { given, known },
};

/// A condition of a gate.
pub(in crate::policy) mod condition {
    use super::{
        Choice, Choices, ConditionKind, EvidenceKind, Flag, Inner, KINDS, Severity, Table, ThreatStatus,
        Tier, needed, optional, quorum, words,
    };

    pub(in crate::policy) static KIND: Choice<ConditionKind> =
        Choice { head: needed("kind", "What the condition is about."), of: &KINDS };
    pub(in crate::policy) static TIERS: Choices<Tier> =
        Choices { head: needed("tiers", "The risk tiers that it is asked of."), of: &words::TIERS };
    pub(in crate::policy) static BEFORE_PRODUCTION: Flag = Flag {
        head: optional(
            "before_production",
            "Whether it has to be met before the feature goes to production.",
        ),
    };
    pub(in crate::policy) static NEVER_WAIVED: Flag =
        Flag { head: optional("never_waived", "Whether no waiver can stand in for it.") };
    pub(in crate::policy) static AT_LEAST: Choice<Severity> =
        Choice { head: needed("at_least", "The least severity that counts."), of: &words::SEVERITIES };
    pub(in crate::policy) static NEEDS: Choice<ThreatStatus> =
        Choice { head: needed("needs", "How far the treatment has to be."), of: &words::TREATMENTS };
    pub(in crate::policy) static EVIDENCE: Choices<EvidenceKind> =
        Choices { head: needed("evidence", "The kinds of evidence."), of: &words::EVIDENCE_KINDS };
    pub(in crate::policy) static REVIEWERS: Inner = Inner {
        head: needed("reviewers", "How many reviewers each change has, by tier, its author not counted."),
        table: &quorum::TABLE,
    };

    /// What any kind may have: as long as nobody knows which it is.
    pub(in crate::policy) static TABLE: Table = Table {
        fields: &[&KIND, &AT_LEAST, &NEEDS, &EVIDENCE, &REVIEWERS, &TIERS, &BEFORE_PRODUCTION, &NEVER_WAIVED],
        together: None,
    };
    /// Kinds that say all by themselves.
    pub(super) static PLAIN: Table =
        Table { fields: &[&KIND, &TIERS, &BEFORE_PRODUCTION, &NEVER_WAIVED], together: None };
    /// About threats.
    pub(super) static THREATS: Table = Table {
        fields: &[&KIND, &AT_LEAST, &NEEDS, &TIERS, &BEFORE_PRODUCTION, &NEVER_WAIVED],
        together: None,
    };
    /// About findings.
    pub(super) static FINDINGS: Table =
        Table { fields: &[&KIND, &AT_LEAST, &TIERS, &BEFORE_PRODUCTION, &NEVER_WAIVED], together: None };
    /// About evidence.
    pub(super) static BY_EVIDENCE: Table =
        Table { fields: &[&KIND, &EVIDENCE, &TIERS, &BEFORE_PRODUCTION, &NEVER_WAIVED], together: None };
    /// About reviewers.
    pub(super) static BY_REVIEWERS: Table =
        Table { fields: &[&KIND, &REVIEWERS, &TIERS, &BEFORE_PRODUCTION, &NEVER_WAIVED], together: None };
}
