use time::OffsetDateTime;

use crate::{
    access::{Action, Role},
    canonical::mark,
    dossier::Difference,
    place::Place,
    policy::{ControlKey, EvidenceKind, PhaseKey, RecordsSubject, Tier},
    record::{RecordKind, Shortfall},
    threat::{Question, Severity, ThreatStatus},
};

/// Stands for what drifted at a gate: each item with its present version, in whatever order. Any later change of one of
/// them, or of another item, gives another mark.
#[must_use]
pub fn drift_mark(drift: &[Difference]) -> String {
    let mut items: Vec<(&str, &str, Option<i32>)> =
        drift.iter().map(|it| (it.kind.code(), it.key.as_str(), it.now)).collect();
    items.sort_unstable();
    mark(&serde_json::json!(items))
}

/// How the subject of a threat model that is stale begins, up to a slash.
const STALE: &str = "threat-model:stale";

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
    /// The evidence of a control has expired, and none that holds is attached.
    EvidenceExpired {
        /// The phase that the control belongs to.
        phase: PhaseKey,
        /// The control.
        control: ControlKey,
        /// What it asks, from the policy.
        title: String,
        /// Number of the item that held longest.
        number: i32,
        /// When it expired.
        since: OffsetDateTime,
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
    /// Records do not yet meet a condition of the gate: one thing is missing.
    ConditionShort {
        /// The condition.
        condition: RecordsSubject,
        /// What is missing.
        shortfall: Shortfall,
    },
    /// The feature has no evidence that holds of the kinds that the gate asks for.
    EvidenceWanted {
        /// Kinds, one of which is enough.
        kinds: Vec<EvidenceKind>,
        /// When the last of them expired, if there was one.
        since: Option<OffsetDateTime>,
    },
    /// A finding is not put right.
    FindingOpen {
        /// Number of the finding.
        number: i32,
        /// How bad it is.
        severity: Severity,
    },
    /// The feature's record was not exported and kept as it is now.
    NotArchived,
    /// The scope changed after the threat model was answered.
    ThreatModelStale {
        /// Its version that the answers do not know.
        scope: i32,
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
    /// Something that an earlier gate asks for no longer holds.
    Earlier {
        /// Name of that gate's phase.
        name: String,
        /// What is missing.
        what: Box<Blocker>,
    },
    /// What was signed at an earlier gate was changed afterwards, and nobody has accepted the change.
    Drifted {
        /// The phase of that gate.
        phase: PhaseKey,
        /// Its name.
        name: String,
        /// How many items changed.
        items: usize,
        /// Stands for exactly these items in their present versions ([`drift_mark`]).
        mark: String,
        /// Who can accept the change.
        roles: Vec<Role>,
    },
    /// A gate was signed for a lower tier, and asks more of the feature as it is now: more than anybody has signed.
    TierRaised {
        /// The phase of that gate.
        phase: PhaseKey,
        /// Its name.
        name: String,
        /// The tier for which it was signed.
        from: Tier,
        /// The tier now.
        to: Tier,
    },
    /// The sign-offs that an emergency skipped are overdue.
    OwedOverdue {
        /// The phase of that gate.
        phase: PhaseKey,
        /// Its name.
        name: String,
        /// Since when.
        since: OffsetDateTime,
        /// Who can sign.
        roles: Vec<Role>,
    },
    /// The sign-offs that an emergency skipped are not there yet, and this is the last gate.
    Owed {
        /// The phase of that gate.
        phase: PhaseKey,
        /// Its name.
        name: String,
        /// Until when they are owed.
        due: OffsetDateTime,
        /// Who can sign.
        roles: Vec<Role>,
    },
    /// The policy in force has an earlier gate that the feature never came to: the one that it followed did not have it.
    NeverPassed {
        /// The phase of that gate.
        phase: PhaseKey,
        /// Its name.
        name: String,
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
            Self::EvidenceExpired { .. } => "control.evidence-expired",
            Self::RecordsShort { .. } => "control.records-short",
            Self::ConditionShort { .. } => "condition.records-short",
            Self::EvidenceWanted { .. } => "evidence.missing",
            Self::FindingOpen { .. } => "finding.open",
            Self::NotArchived => "record.not-archived",
            Self::ThreatModelStale { .. } => "threat-model.stale",
            Self::Earlier { what, .. } => what.code(),
            Self::Drifted { .. } => "gate.drifted",
            Self::TierRaised { .. } => "gate.tier-raised",
            Self::OwedOverdue { .. } => "gate.owed-overdue",
            Self::Owed { .. } => "gate.owed",
            Self::NeverPassed { .. } => "gate.never-passed",
            Self::QuestionOpen { .. } => "threat-model.question-open",
            Self::ThreatUntreated { .. } => "threat.untreated",
            Self::Vetoed { .. } => "sign-off.vetoed",
            Self::SignOffsMissing { .. } => "sign-off.missing",
        }
    }

    /// What a waiver names: the same for as long as the same thing is missing, whatever is counted or worded about it.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::ControlOpen { phase, control, .. }
            | Self::EvidenceMissing { phase, control, .. }
            | Self::EvidenceExpired { phase, control, .. } => format!("control:{phase}/{control}"),
            Self::RecordsShort { phase, control, shortfall, .. } => {
                format!("control:{phase}/{control}#{}", shortfall.subject())
            }
            Self::ConditionShort { condition, shortfall } => {
                format!("condition:{}#{}", condition.code(), shortfall.subject())
            }
            Self::EvidenceWanted { kinds, .. } => {
                let codes: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
                format!("evidence:{}", codes.join("/"))
            }
            // With the severity: what was accepted of a small thing is not accepted of a large one.
            Self::FindingOpen { number, severity } => format!("finding:{number}/{}", severity.code()),
            Self::NotArchived => "archive".to_owned(),
            // With the scope that made it stale: whoever could live without answers about one change has not seen the next.
            Self::ThreatModelStale { scope } => format!("{STALE}/{scope}"),
            Self::QuestionOpen { question } => format!("threat-model:{}", question.code()),
            Self::ThreatUntreated { number, severity, needs } => {
                format!("threat:{number}/{}/{}", severity.code(), needs.code())
            }
            Self::Earlier { what, .. } => what.subject(),
            // With what drifted: to let one change pass is not to let every later one pass.
            Self::Drifted { phase, mark, .. } => format!("{}/{mark}", Self::drift_of(phase)),
            // With the tier: what was accepted at one is not accepted at a higher one.
            Self::TierRaised { phase, to, .. } => format!("tier:{phase}/{}", to.code()),
            Self::OwedOverdue { phase, .. } | Self::Owed { phase, .. } => format!("owed:{phase}"),
            Self::NeverPassed { phase, .. } => format!("never-passed:{phase}"),
            Self::Vetoed { name, role } => format!("veto:{}/{name}", role.code()),
            Self::SignOffsMissing { role, .. } => format!("sign-off:{}", role.code()),
        }
    }

    /// What has blocked all along while more of the same came to it: the subject without the mark of what drifted, or of
    /// the scope that answers do not know.
    #[must_use]
    pub fn stem(&self) -> String {
        match self {
            Self::Drifted { phase, .. } => Self::drift_of(phase),
            Self::ThreatModelStale { .. } => STALE.to_owned(),
            Self::Earlier { what, .. } => what.stem(),
            other => other.subject(),
        }
    }

    /// How the subject of whatever drifted at the gate of a phase begins, up to a slash.
    #[must_use]
    pub fn drift_of(phase: &PhaseKey) -> String {
        format!("drift:{phase}")
    }

    /// What is missing on record, if that is what the blocker says.
    #[must_use]
    pub fn shortfall(&self) -> Option<&Shortfall> {
        match self {
            Self::RecordsShort { shortfall, .. } | Self::ConditionShort { shortfall, .. } => Some(shortfall),
            Self::Earlier { what, .. } => what.shortfall(),
            _ => None,
        }
    }

    /// Whether both say that the same thing is missing on record, for whichever control.
    #[must_use]
    pub fn is_same_lack(&self, other: &Self) -> bool {
        self.shortfall().is_some_and(|shortfall| other.shortfall() == Some(shortfall))
    }

    /// Whether reviewers clear it, by signing; all others are the team's.
    #[must_use]
    pub const fn is_for_reviewers(&self) -> bool {
        matches!(
            self,
            Self::Vetoed { .. }
                | Self::SignOffsMissing { .. }
                | Self::Drifted { .. }
                | Self::OwedOverdue { .. }
                | Self::Owed { .. }
        )
    }

    /// Whether it comes when everything else is done, and stands in nobody's way before: sign-offs that are still to be
    /// given.
    #[must_use]
    pub const fn is_to_come(&self) -> bool {
        matches!(self, Self::SignOffsMissing { .. })
    }

    /// The roles that can clear it.
    #[must_use]
    pub fn cleared_by(&self) -> Vec<Role> {
        match self {
            Self::ControlOpen { done_by, .. }
            | Self::EvidenceMissing { done_by, .. }
            | Self::EvidenceExpired { done_by, .. }
            | Self::RecordsShort { done_by, .. } => done_by.clone(),
            Self::ConditionShort { shortfall, .. } => match shortfall.kind() {
                Some(kind) => kind.spec().editors.to_vec(),
                None => Action::AttestStandard.product_roles().to_vec(),
            },
            Self::FindingOpen { .. } => RecordKind::Finding.spec().editors.to_vec(),
            Self::EvidenceWanted { .. } => Action::AddEvidence.product_roles().to_vec(),
            Self::NotArchived => Action::ArchiveFeature.product_roles().to_vec(),
            Self::QuestionOpen { .. } | Self::ThreatUntreated { .. } | Self::ThreatModelStale { .. } => {
                Action::EditThreatModel.product_roles().to_vec()
            }
            Self::Earlier { what, .. } => what.cleared_by(),
            Self::TierRaised { .. } | Self::NeverPassed { .. } => Action::MoveBack.product_roles().to_vec(),
            Self::Drifted { roles, .. } | Self::OwedOverdue { roles, .. } | Self::Owed { roles, .. } => {
                roles.clone()
            }
            Self::Vetoed { role, .. } | Self::SignOffsMissing { role, .. } => vec![*role],
        }
    }

    /// Where it is cleared.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::ControlOpen { phase, control, .. }
            | Self::EvidenceMissing { phase, control, .. }
            | Self::EvidenceExpired { phase, control, .. } => Place::Control(phase.clone(), control.clone()),
            Self::RecordsShort { shortfall, .. } | Self::ConditionShort { shortfall, .. } => {
                shortfall.place()
            }
            Self::FindingOpen { number, .. } => Place::Record(RecordKind::Finding, *number),
            Self::EvidenceWanted { .. } => Place::EvidenceList,
            Self::NotArchived => Place::Archive,
            Self::QuestionOpen { .. } | Self::ThreatModelStale { .. } => Place::ThreatModel,
            Self::Earlier { what, .. } => what.place(),
            Self::Drifted { phase, .. } => Place::Drift(phase.clone()),
            Self::TierRaised { .. } | Self::NeverPassed { .. } => Place::Course,
            Self::OwedOverdue { phase, .. } | Self::Owed { phase, .. } => Place::Owed(phase.clone()),
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
    /// What the phases recorded meets a condition.
    Records(RecordsSubject),
    /// Evidence of one of these kinds holds.
    Evidence {
        /// The kinds.
        kinds: Vec<EvidenceKind>,
    },
    /// No finding of this severity or above is open.
    Findings {
        /// The lowest severity that the gate looks at.
        at_least: Severity,
    },
    /// The feature's record is exported and kept, as it is now.
    Archived,
    /// The threat model is about the scope as it is now.
    ThreatModelCurrent,
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
