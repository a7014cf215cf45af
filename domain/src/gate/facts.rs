use std::collections::{BTreeMap, BTreeSet};

use crate::{
    access::Role,
    canonical::Digest,
    codes::codes,
    dossier::Contributors,
    ids::PersonId,
    policy::{ControlKey, EvidenceKind, Tier},
    record::RecordFacts,
    threat::{Question, Severity, ThreatStatus},
};

codes! {
    /// What the team said of a control.
    Mark {
        /// Not done yet.
        Open = "open",
        /// Done, with a note that says what was done.
        Done = "done",
        /// Not applicable, with a reason.
        NotApplicable = "not-applicable",
    }
}

codes! {
    /// What a sign-off says.
    Verdict {
        /// The gate may open.
        Approve = "approve",
        /// The gate may not open: a veto until its author withdraws it.
        Deny = "deny",
    }
}

/// The state of one control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlFact {
    /// What the team said.
    pub mark: Mark,
    /// Kinds of the current evidence attached to it.
    pub evidence: BTreeSet<EvidenceKind>,
}

/// The state of one threat.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ThreatFact {
    /// Number within the feature, as in `T-4`.
    pub number: i32,
    /// How bad it would be.
    pub severity: Severity,
    /// Where the work on it stands.
    pub status: ThreatStatus,
}

/// One standing sign-off of the current cycle. Voided and withdrawn ones are no facts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignOffFact {
    /// Who signed.
    pub person: PersonId,
    /// The name printed on the record.
    pub name: String,
    /// The seat taken.
    pub role: Role,
    /// What it says.
    pub verdict: Verdict,
    /// Digest of the dossier that was signed.
    pub covers: Digest,
}

impl SignOffFact {
    /// Whether a dossier that now has this digest voids it. An approval covers what was read and nothing else; a
    /// denial stays until its author withdraws it, or an edit of one letter would lift a veto.
    #[must_use]
    pub fn is_voided_by(&self, dossier: Digest) -> bool {
        self.verdict == Verdict::Approve && self.covers != dossier
    }
}

/// Everything that the decision about one gate depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Risk tier of the feature.
    pub tier: Tier,
    /// Controls of the phase; one that is missing is open.
    pub controls: BTreeMap<ControlKey, ControlFact>,
    /// What the phases recorded, as far as this gate looks at it.
    pub records: RecordFacts,
    /// Questions of the threat model that have an answer.
    pub answered: BTreeSet<Question>,
    /// Threats of the model; their order does not matter.
    pub threats: Vec<ThreatFact>,
    /// Standing sign-offs; their order does not matter.
    pub sign_offs: Vec<SignOffFact>,
    /// Who contributed to the dossier.
    pub contributors: Contributors,
    /// Digest of the dossier as it is now.
    pub dossier: Digest,
}
