use std::collections::{BTreeMap, BTreeSet};

use time::OffsetDateTime;

use crate::{
    access::Role,
    canonical::Digest,
    codes::codes,
    dossier::{Contributors, Difference},
    ids::PersonId,
    policy::{ControlKey, EvidenceKind, PhaseKey, Tier},
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
    /// The current evidence attached to it.
    pub evidence: BTreeSet<EvidenceFact>,
}

/// One item of evidence, in its current version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EvidenceFact {
    /// Number within the feature, as in `E-3`.
    pub number: i32,
    /// What it is.
    pub kind: EvidenceKind,
    /// Until when it holds; `None` for ever.
    pub until: Option<OffsetDateTime>,
}

impl EvidenceFact {
    /// Whether it still holds: an item holds until the instant at which it expires, and no longer at that instant.
    #[must_use]
    pub fn holds(&self, now: OffsetDateTime) -> bool {
        self.until.is_none_or(|until| now < until)
    }
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
    /// For whom, where the seat was delegated.
    pub on_behalf_of: Option<PersonId>,
}

impl SignOffFact {
    /// The people whose seat it takes: who signed and, where the seat was delegated, whose it is.
    pub fn people(&self) -> impl Iterator<Item = PersonId> {
        std::iter::once(self.person).chain(self.on_behalf_of)
    }

    /// Whether a dossier that now has this digest voids it. An approval covers what was read and nothing else; a
    /// denial stays until its author withdraws it, or an edit of one letter would lift a veto.
    #[must_use]
    pub fn is_voided_by(&self, dossier: Digest) -> bool {
        self.verdict == Verdict::Approve && self.covers != dossier
    }
}

/// What is known about one phase and its gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Risk tier of the feature.
    pub tier: Tier,
    /// Controls of the phase; one that is missing is open.
    pub controls: BTreeMap<ControlKey, ControlFact>,
    /// What the phases recorded, as far as this gate looks at it.
    pub records: RecordFacts,
    /// Evidence of the kinds that the gate's conditions name, wherever it is attached.
    pub evidence: BTreeSet<EvidenceFact>,
    /// Questions of the threat model that have an answer.
    pub answered: BTreeSet<Question>,
    /// The version of the scope, where it changed since the threat model was last answered or confirmed.
    pub stale_for: Option<i32>,
    /// Threats of the model; their order does not matter.
    pub threats: Vec<ThreatFact>,
    /// Standing sign-offs; their order does not matter.
    pub sign_offs: Vec<SignOffFact>,
    /// Who contributed to the dossier.
    pub contributors: Contributors,
    /// Digest of the dossier as it is now.
    pub dossier: Digest,
    /// Whether the feature's whole record is exported and kept: of the gate at hand as it is now, that gate's own review
    /// apart; of one that was passed before, as it was at some time.
    pub archived: bool,
}

/// A gate that the feature passed before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierGate {
    /// Its phase.
    pub phase: PhaseKey,
    /// What is known about it now; its sign-offs only while they are owed.
    pub facts: Facts,
    /// How it was passed.
    pub passed: Passed,
}

/// How a gate was passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// It opened, and this changed since of what was signed.
    Opened {
        /// The risk tier for which it was signed.
        tier: Tier,
        /// Items that are no longer as they were signed, apart from work that went on.
        drift: Vec<Difference>,
    },
    /// The emergency path went through it: its sign-offs are owed.
    Owed {
        /// Until when.
        due: OffsetDateTime,
    },
    /// It never was: the policy in force has this phase, and the one under which the feature went on did not. Nobody was
    /// asked to sign, so it blocks until the feature is back there.
    Unasked,
}

/// A waiver that was approved: a blocker that the team may live with for a while.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaiverFact {
    /// Number within the feature, as in `W-2`.
    pub number: i32,
    /// The blocker that it names: [`super::Blocker::subject`].
    pub subject: String,
    /// Until when it holds; at that instant the blocker is back.
    pub until: OffsetDateTime,
    /// The role in which it was approved.
    pub role: Role,
    /// When it was approved.
    pub approved_at: OffsetDateTime,
}

/// Everything that the decision about a feature's current gate depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The current gate.
    pub facts: Facts,
    /// The gates before it.
    pub earlier: Vec<EarlierGate>,
    /// Waivers that were approved and not ended; one that is over lets nothing pass.
    pub waivers: Vec<WaiverFact>,
}

impl From<Facts> for Situation {
    /// A first gate without waivers.
    fn from(facts: Facts) -> Self {
        Self { facts, earlier: Vec::new(), waivers: Vec::new() }
    }
}
