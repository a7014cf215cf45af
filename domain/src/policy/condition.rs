//! What a gate can ask for besides its controls.

use super::model::{EvidenceKind, Quorum, Tier, Tiers};
use crate::{
    codes::codes,
    record::Rule,
    threat::{Severity, ThreatStatus},
};

/// What has to hold at a gate besides its controls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What it asks for.
    pub wanted: Wanted,
    /// The tiers it is asked of.
    pub tiers: Tiers,
    /// Whether it has to be met before the feature goes to production, and not only before the gate opens.
    pub before_production: bool,
    /// Whether a waiver may let a feature pass without it for a while.
    pub waivable: bool,
}

/// What a condition asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All four questions of the threat model are answered.
    ThreatModelComplete,
    /// The answers of the threat model were given, or confirmed, for the scope as it is now.
    ThreatModelCurrent,
    /// No threat of this severity or worse is left without treatment.
    NoUntreatedThreat {
        /// The least severity that counts.
        at_least: Severity,
        /// How far the treatment has to be.
        needs: ThreatStatus,
    },
    /// No finding of this severity or worse is open, or fixed without being validated.
    NoOpenFinding {
        /// The least severity that counts.
        at_least: Severity,
    },
    /// The feature has current evidence of one of these kinds, not expired.
    EvidencePresent {
        /// The kinds.
        kinds: Vec<EvidenceKind>,
    },
    /// The feature has a current document of each of these kinds, not expired.
    DocumentsPresent {
        /// The kinds.
        kinds: Vec<EvidenceKind>,
    },
    /// What the phases recorded satisfies each of these rules.
    Records {
        /// What the policy calls it.
        subject: RecordsSubject,
        /// How many reviewers a change needs, by tier, where the subject asks for them.
        reviewers: Option<Quorum>,
    },
    /// The feature's whole record was exported and kept, as it is now.
    RecordArchived,
}

codes! {
    /// What a condition about records is about; its code is the condition's kind in the policy.
    RecordsSubject {
        /// Functional and security requirements are accepted, and none waits.
        RequirementsPresent = "requirements-present",
        /// The promised security tests passed, and activities and results are written down.
        TestsPassed = "tests-passed",
        /// Each merged change has as many reviewers as the policy asks for.
        ReviewersPerChange = "reviewers-per-change",
        /// The latest run of each check passed.
        ChecksGreen = "checks-green",
        /// Marketing and support have their notice and acknowledged it.
        StakeholdersInformed = "stakeholders-informed",
        /// Each artefact has a digest and a signature.
        ArtefactsSigned = "artefacts-signed",
        /// What ships was verified in staging and then in production.
        PromotedThroughStaging = "promoted-through-staging",
    }
}

impl RecordsSubject {
    /// The rules that have to hold.
    #[must_use]
    pub const fn rules(self) -> &'static [Rule] {
        match self {
            Self::RequirementsPresent => &[Rule::FunctionalRequirements, Rule::SecurityRequirements],
            Self::TestsPassed => &[
                Rule::StaticAnalysisDone,
                Rule::DynamicScanDone,
                Rule::PenetrationTestDone,
                Rule::TestsSummarised,
            ],
            Self::ReviewersPerChange => &[Rule::ChangesReviewed],
            Self::ChecksGreen => &[Rule::QualityChecks, Rule::SecurityChecks],
            Self::StakeholdersInformed => {
                &[Rule::MarketingInformed, Rule::SupportInformed, Rule::NoticesAcknowledged]
            }
            Self::ArtefactsSigned => &[Rule::ArtefactsSigned],
            Self::PromotedThroughStaging => &[Rule::StagingVerified, Rule::ProductionVerified],
        }
    }
}

impl Wanted {
    /// The stable code of the kind of condition, as policies write it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ThreatModelComplete => "threat-model-complete",
            Self::ThreatModelCurrent => "threat-model-current",
            Self::NoUntreatedThreat { .. } => "no-untreated-threat",
            Self::NoOpenFinding { .. } => "no-open-finding",
            Self::EvidencePresent { .. } => "evidence-present",
            Self::DocumentsPresent { .. } => "documents-present",
            Self::Records { subject, .. } => subject.code(),
            Self::RecordArchived => "record-archived",
        }
    }

    /// Whether it is about the threat model.
    #[must_use]
    pub const fn looks_at_threats(&self) -> bool {
        matches!(self, Self::ThreatModelComplete | Self::ThreatModelCurrent | Self::NoUntreatedThreat { .. })
    }

    /// The rules about records that it asks for.
    #[must_use]
    pub const fn rules(&self) -> &'static [Rule] {
        match self {
            Self::Records { subject, .. } => subject.rules(),
            Self::NoOpenFinding { .. } => &[Rule::FindingsAddressed],
            _ => &[],
        }
    }

    /// The kinds of evidence that it looks at, wherever they are attached.
    #[must_use]
    pub fn evidence(&self) -> &[EvidenceKind] {
        match self {
            Self::EvidencePresent { kinds } | Self::DocumentsPresent { kinds } => kinds,
            _ => &[],
        }
    }
}

impl Condition {
    /// The stable code of the kind of condition, as policies write it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.wanted.code()
    }

    /// Whether it is asked of a feature of this tier.
    #[must_use]
    pub const fn applies_to(&self, tier: Tier) -> bool {
        self.tiers.contains(tier)
    }
}

codes! {
    /// What a condition can be about, as policies write it.
    ConditionKind {
        /// All four questions of the threat model are answered.
        ThreatModelComplete = "threat-model-complete",
        /// The threat model was given, or confirmed, for the scope as it is now.
        ThreatModelCurrent = "threat-model-current",
        /// No threat of a severity or worse is left without treatment.
        NoUntreatedThreat = "no-untreated-threat",
        /// No finding of a severity or worse is open.
        NoOpenFinding = "no-open-finding",
        /// There is current evidence of one of some kinds.
        EvidencePresent = "evidence-present",
        /// There is a current document of each of some kinds.
        DocumentsPresent = "documents-present",
        /// Requirements are accepted, and none waits.
        RequirementsPresent = "requirements-present",
        /// The promised tests passed.
        TestsPassed = "tests-passed",
        /// Each merged change has enough reviewers.
        ReviewersPerChange = "reviewers-per-change",
        /// The latest run of each check passed.
        ChecksGreen = "checks-green",
        /// Marketing and support know.
        StakeholdersInformed = "stakeholders-informed",
        /// Each artefact has a digest and a signature.
        ArtefactsSigned = "artefacts-signed",
        /// What ships was verified in staging and then in production.
        PromotedThroughStaging = "promoted-through-staging",
        /// The whole record was exported and kept.
        RecordArchived = "record-archived",
    }
}
