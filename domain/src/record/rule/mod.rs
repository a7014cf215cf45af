//! What records prove. A control of a policy whose proof is `records` names one of these rules; the gate asks the
//! rule what is still missing, thing by thing.

mod lookup;

use std::collections::BTreeMap;

use super::{ListKind, RecordKind, RecordRef, State, Tone, Values};
use crate::{canonical::mark, codes::codes, place::Place};

codes! {
    /// The rules by which records prove a control.
    Rule {
        /// The risk questionnaire is answered.
        RiskAssessed = "risk-assessed",
        /// The plan says scope and goals.
        ScopeAndGoals = "scope-and-goals",
        /// The plan says what it takes.
        Resources = "resources",
        /// A functional requirement is accepted, and none waits.
        FunctionalRequirements = "functional-requirements",
        /// A security requirement is accepted, and none waits.
        SecurityRequirements = "security-requirements",
        /// The plan says which engineering principles were considered.
        PrinciplesConsidered = "principles-considered",
        /// A security requirement about authentication is accepted.
        AuthenticationSpecified = "authentication-specified",
        /// A security requirement about encryption of data is accepted.
        EncryptionSpecified = "encryption-specified",
        /// A security requirement about secure communication is accepted.
        CommunicationSpecified = "communication-specified",
        /// Static analysis, dynamic scan and penetration test are each promised or set aside.
        SecurityTestsChosen = "security-tests-chosen",
        /// Marketing has its notice.
        MarketingInformed = "marketing-informed",
        /// Customer support has its notice.
        SupportInformed = "support-informed",
        /// Marketing and support acknowledged theirs.
        NoticesAcknowledged = "notices-acknowledged",
        /// The feature is described.
        FeatureDescribed = "feature-described",
        /// Every point of the definition of ready is confirmed.
        DefinitionOfReady = "definition-of-ready",
        /// A design decision is accepted, and none waits.
        DecisionsDocumented = "decisions-documented",
        /// Each security requirement has a decision that says how it is implemented and verified.
        ControlsDesigned = "controls-designed",
        /// Whoever wrote a change attested the product's coding standards.
        StandardsAttested = "standards-attested",
        /// A change is merged, and none is open.
        ChangesMerged = "changes-merged",
        /// Each security requirement and each threat to be mitigated has a merged change that implements it.
        ControlsImplemented = "controls-implemented",
        /// Each merged change has as many reviewers as the policy asks for, its author not among them.
        ChangesReviewed = "changes-reviewed",
        /// The latest run of each quality check passed, and there is one.
        QualityChecks = "quality-checks",
        /// The latest run of each security check passed, and there is one.
        SecurityChecks = "security-checks",
        /// Plan and method of testing are written down.
        TestPlanned = "test-planned",
        /// The promised static analysis passed, with its evidence.
        StaticAnalysisDone = "static-analysis-done",
        /// The promised dynamic scan passed, with its evidence.
        DynamicScanDone = "dynamic-scan-done",
        /// The promised penetration test passed, with its evidence.
        PenetrationTestDone = "penetration-test-done",
        /// No finding is open.
        FindingsAddressed = "findings-addressed",
        /// Every fix was validated by somebody other than its fixer.
        FixesValidated = "fixes-validated",
        /// Activities and results are written down.
        TestsSummarised = "tests-summarised",
        /// Secure settings are written down.
        SettingsRecorded = "settings-recorded",
        /// Every point of the hardening checklist is confirmed.
        Hardened = "hardened",
        /// An artefact is recorded, and each has a digest.
        ArtefactsRecorded = "artefacts-recorded",
        /// An artefact is recorded, and each has a digest and a signature.
        ArtefactsSigned = "artefacts-signed",
        /// The channel of distribution is written down.
        DistributionSecured = "distribution-secured",
        /// The update and patch path is written down.
        UpdatePath = "update-path",
        /// The incident response plan is written down.
        IncidentPlan = "incident-plan",
        /// Somebody watches, and says at what.
        MonitoringInPlace = "monitoring-in-place",
        /// Somebody triages vulnerabilities, with deadlines.
        TriageNamed = "triage-named",
        /// What ships was verified in staging.
        StagingVerified = "staging-verified",
        /// It was deployed to production, and seen to behave.
        ProductionVerified = "production-verified",
        /// Release notes are written.
        ReleaseNotesWritten = "release-notes-written",
        /// Feedback is on record.
        FeedbackCollected = "feedback-collected",
        /// No feedback waits for its analysis.
        FeedbackAnalysed = "feedback-analysed",
        /// Every analysed piece of feedback became a feature or was closed.
        FeedbackFollowed = "feedback-followed",
        /// A posture review is done, and the next one is planned.
        PostureReviewed = "posture-reviewed",
        /// What was learnt is written down.
        LessonsLearnt = "lessons-learnt",
    }
}

/// One record, as the rules see it.
#[derive(Clone, Debug)]
pub struct RecordFact {
    /// Its kind.
    pub kind: RecordKind,
    /// Its number.
    pub number: i32,
    /// Its title.
    pub title: String,
    /// Its state.
    pub state: &'static State,
    /// What its fields hold.
    pub values: Values,
}

/// Everything that the rules depend on. Records come in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordFacts {
    /// Records of the kinds that the gate looks at.
    pub records: Vec<RecordFact>,
    /// Numbers of the threats that are to be mitigated.
    pub mitigated: Vec<i32>,
    /// The product's lists.
    pub points: BTreeMap<ListKind, Vec<String>>,
    /// How many coding standards of the product are in force.
    pub standards: i64,
    /// Names of authors of changes who have not attested all of them.
    pub unattested: Vec<String>,
}

impl PartialEq for RecordFact {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, self.number, &self.title, self.state.code, &self.values)
            == (other.kind, other.number, &other.title, other.state.code, &other.values)
    }
}
impl Eq for RecordFact {}

impl RecordFact {
    /// What people call it: `R-3`, or the name of its kind.
    #[must_use]
    pub fn key(&self) -> String {
        self.kind.key(self.number)
    }

    /// What it says first, in at most 200 characters: for lists that have no room for all of it.
    #[must_use]
    pub fn gist(&self) -> String {
        let words = |field: &&super::Field| !field.input.is_code() && self.values.has(field.key);
        let first = self.kind.spec().fields.iter().find(words);
        let text = first.map(|field| self.values.joined(field.key)).unwrap_or_default();
        match text.char_indices().nth(200) {
            Some((end, _)) => format!("{}…", text[..end].trim_end()),
            None => text,
        }
    }
}

/// What is missing for a rule to hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shortfall {
    /// Nothing of the kind is on record: what is missing, in words.
    Nothing {
        /// The kind.
        kind: RecordKind,
        /// What exactly: "functional requirement", "notice to marketing".
        what: &'static str,
    },
    /// A record does not say something.
    Unsaid {
        /// The kind.
        kind: RecordKind,
        /// Its number.
        number: i32,
        /// The label of the field.
        field: &'static str,
    },
    /// A record is in a state that holds up.
    Waits {
        /// The kind.
        kind: RecordKind,
        /// Its number.
        number: i32,
        /// Its title.
        title: String,
        /// The label of its state.
        state: &'static str,
    },
    /// Points of a list are not confirmed.
    Unconfirmed {
        /// The kind of record that confirms them.
        kind: RecordKind,
        /// The list.
        list: ListKind,
        /// The points, in the order of the list.
        points: Vec<String>,
    },
    /// Nothing of a kind answers a requirement or threat.
    Unanswered {
        /// The requirement or threat.
        what: RecordRef,
        /// The kind that would answer it.
        by: RecordKind,
    },
    /// A change has too few reviewers.
    Reviewers {
        /// Number of the change.
        number: i32,
        /// How many it has.
        have: usize,
        /// How many the policy asks for.
        need: u8,
    },
    /// A record has no evidence.
    NoEvidence {
        /// The kind.
        kind: RecordKind,
        /// Its number.
        number: i32,
        /// Its title.
        title: String,
    },
    /// The product has no coding standard in force.
    NoStandard,
    /// An author of changes has not attested the coding standards.
    NotAttested {
        /// The name.
        name: String,
    },
}

impl Shortfall {
    /// Names what is missing, in a way that stays the same while it is: titles, counts and steps on the way are left out.
    /// What is worse is another thing: a test that failed is not one that is still to be done, and other points of a list
    /// are not those that somebody could live without.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::Nothing { kind, what } => format!("nothing/{}/{what}", kind.code()),
            Self::Unsaid { kind, number, field } => format!("unsaid/{}/{number}/{field}", kind.code()),
            Self::Waits { kind, number, state, .. } => {
                let turned_bad =
                    kind.spec().states.iter().skip(1).find(|it| it.label == *state && it.tone == Tone::Bad);
                let bad = turned_bad.map(|state| format!("/{}", state.code)).unwrap_or_default();
                format!("waits/{}/{number}{bad}", kind.code())
            }
            Self::Unconfirmed { kind, list, points } => {
                let mut points: Vec<&str> = points.iter().map(String::as_str).collect();
                points.sort_unstable();
                let which = mark(&serde_json::json!(points));
                format!("unconfirmed/{}/{}/{which}", kind.code(), list.code())
            }
            Self::Unanswered { what, by } => format!("unanswered/{what}/{}", by.code()),
            Self::Reviewers { number, .. } => format!("reviewers/{number}"),
            Self::NoEvidence { kind, number, .. } => format!("no-evidence/{}/{number}", kind.code()),
            Self::NoStandard => "no-standard".to_owned(),
            Self::NotAttested { name } => format!("not-attested/{name}"),
        }
    }

    /// The kind of record in which it is put right, where it is one.
    #[must_use]
    pub const fn kind(&self) -> Option<RecordKind> {
        match self {
            Self::Nothing { kind, .. }
            | Self::Unsaid { kind, .. }
            | Self::Waits { kind, .. }
            | Self::Unconfirmed { kind, .. }
            | Self::NoEvidence { kind, .. } => Some(*kind),
            Self::Unanswered { by, .. } => Some(*by),
            Self::Reviewers { .. } => Some(RecordKind::Change),
            Self::NoStandard | Self::NotAttested { .. } => None,
        }
    }

    /// Where it is put right.
    #[must_use]
    pub const fn place(&self) -> Place {
        match self {
            Self::Nothing { kind, .. } | Self::Unconfirmed { kind, .. } => Place::Records(*kind),
            Self::Unsaid { kind, number, .. }
            | Self::Waits { kind, number, .. }
            | Self::NoEvidence { kind, number, .. } => Place::Record(*kind, *number),
            Self::Unanswered { by, .. } => Place::Records(*by),
            Self::Reviewers { number, .. } => Place::Record(RecordKind::Change, *number),
            Self::NoStandard | Self::NotAttested { .. } => Place::Standards,
        }
    }
}

impl Rule {
    /// The list of the product that the rule reads. It is part of what a sign-off covers.
    #[must_use]
    pub const fn list(self) -> Option<ListKind> {
        match self {
            Self::DefinitionOfReady => Some(ListKind::DefinitionOfReady),
            Self::Hardened => Some(ListKind::Hardening),
            _ => None,
        }
    }

    /// The kinds of record that the rule reads; the first one is where its work is done. Records of these kinds are
    /// part of what a sign-off covers.
    #[must_use]
    pub const fn reads(self) -> &'static [RecordKind] {
        match self {
            Self::RiskAssessed => &[RecordKind::Risk],
            Self::ScopeAndGoals | Self::Resources | Self::PrinciplesConsidered => &[RecordKind::Plan],
            Self::FunctionalRequirements
            | Self::SecurityRequirements
            | Self::AuthenticationSpecified
            | Self::EncryptionSpecified
            | Self::CommunicationSpecified => &[RecordKind::Requirement],
            Self::SecurityTestsChosen
            | Self::StaticAnalysisDone
            | Self::DynamicScanDone
            | Self::PenetrationTestDone => &[RecordKind::SecurityTest],
            Self::MarketingInformed | Self::SupportInformed | Self::NoticesAcknowledged => {
                &[RecordKind::Notice]
            }
            Self::FeatureDescribed | Self::DefinitionOfReady => &[RecordKind::Design],
            Self::DecisionsDocumented => &[RecordKind::Decision],
            Self::ControlsDesigned => &[RecordKind::Decision, RecordKind::Requirement],
            Self::StandardsAttested | Self::ChangesMerged | Self::ChangesReviewed => &[RecordKind::Change],
            Self::ControlsImplemented => &[RecordKind::Change, RecordKind::Requirement],
            Self::QualityChecks | Self::SecurityChecks => &[RecordKind::Check],
            Self::TestPlanned => &[RecordKind::TestPlan],
            Self::FindingsAddressed | Self::FixesValidated => &[RecordKind::Finding],
            Self::TestsSummarised => &[RecordKind::TestSummary],
            Self::SettingsRecorded | Self::Hardened | Self::DistributionSecured => &[RecordKind::Hardening],
            Self::ArtefactsRecorded | Self::ArtefactsSigned => &[RecordKind::Artefact],
            Self::UpdatePath | Self::IncidentPlan | Self::MonitoringInPlace | Self::TriageNamed => {
                &[RecordKind::Operations]
            }
            Self::StagingVerified | Self::ProductionVerified => {
                &[RecordKind::Promotion, RecordKind::Artefact]
            }
            Self::ReleaseNotesWritten => &[RecordKind::ReleaseNotes],
            Self::FeedbackCollected | Self::FeedbackAnalysed | Self::FeedbackFollowed => {
                &[RecordKind::Feedback]
            }
            Self::PostureReviewed => &[RecordKind::PostureReview],
            Self::LessonsLearnt => &[RecordKind::Lessons],
        }
    }

    /// The kind of record in which the rule's work is done.
    #[must_use]
    pub const fn kind(self) -> RecordKind {
        self.reads()[0]
    }

    /// Whether the rule looks at the threats that are to be mitigated.
    #[must_use]
    pub const fn reads_threats(self) -> bool {
        matches!(self, Self::ControlsImplemented)
    }

    /// Whether the rule asks for a number of reviewers, which the policy gives.
    #[must_use]
    pub const fn asks_for_reviewers(self) -> bool {
        matches!(self, Self::ChangesReviewed)
    }

    /// What is missing for the rule to hold, each thing once and in order; empty when it holds. `reviewers` is how many
    /// reviewers a change needs.
    #[must_use]
    pub fn shortfalls(self, facts: &RecordFacts, reviewers: u8) -> Vec<Shortfall> {
        let mut found = lookup::Lookup::new(facts).shortfalls(self, reviewers);
        found.sort();
        found.dedup();
        found
    }
}
