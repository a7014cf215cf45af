//! The words that the story is written in: who does what to a feature, and when.

use sluice_domain::{
    access::Role,
    policy::{EvidenceKind, Tier},
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use super::calendar::At;

/// The people of the story, by first name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Nora,
    Victor,
    Ana,
    Eli,
    Dana,
    Sam,
    Gita,
    Ben,
    Chi,
    Hugo,
    Ines,
    Joel,
    Rosa,
    Leo,
}

/// A feature and everything that happens to it, in order.
#[derive(Debug)]
pub(super) struct Tale {
    /// The product's key.
    pub(super) product: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) owner: Who,
    pub(super) tier: Tier,
    /// Days from today to the target date.
    pub(super) due: Option<i64>,
    /// When the product manager creates it.
    pub(super) begins: At,
    pub(super) steps: &'static [Step],
    /// Further steps, where the tale is told in two files.
    pub(super) sequel: &'static [Step],
}

/// When somebody does what.
pub(super) type Step = (At, Who, Act);

impl Tale {
    /// Every step, in order.
    pub(super) fn steps(&self) -> impl Iterator<Item = &'static Step> {
        self.steps.iter().chain(self.sequel)
    }
}

/// What a person does.
#[derive(Debug)]
pub(super) enum Act {
    /// Marks a control of the current phase as done.
    Done(&'static str, &'static str),
    /// Marks a control of the current phase as not applicable.
    NotApplicable(&'static str, &'static str),
    /// Adds evidence.
    Prove(Proof),
    /// Supersedes an item of evidence: its number, the file and a note.
    Supersede(i32, &'static str, &'static str),
    /// Answers the four questions of the threat model.
    Model([&'static str; 4]),
    /// Adds a threat.
    Fear(Threat),
    /// Sets the status of the threat with this number.
    Treat(i32, ThreatStatus),
    /// Requests the review.
    Ask,
    /// Signs from a seat.
    Approve(Role, &'static str),
    /// Denies from a seat.
    Deny(Role, &'static str),
    /// Returns the gate for changes.
    Return(&'static str),
}

/// A file and what it proves.
#[derive(Debug)]
pub(super) struct Proof {
    /// The file's name in `evidence/`.
    pub(super) file: &'static str,
    pub(super) title: &'static str,
    pub(super) kind: EvidenceKind,
    pub(super) note: &'static str,
    /// Codes of the targets, as forms send them.
    pub(super) targets: &'static [&'static str],
}

/// A threat as it is added.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threat {
    pub(super) title: &'static str,
    pub(super) element: &'static str,
    pub(super) stride: Stride,
    pub(super) severity: Severity,
    pub(super) description: &'static str,
    pub(super) treatment: Option<Treatment>,
    pub(super) countermeasure: &'static str,
    pub(super) owner: Option<Who>,
    pub(super) status: ThreatStatus,
}

/// Adds evidence.
pub(super) const fn prove(
    file: &'static str,
    kind: EvidenceKind,
    title: &'static str,
    note: &'static str,
    targets: &'static [&'static str],
) -> Act {
    Act::Prove(Proof { file, title, kind, note, targets })
}

/// A security reviewer approves.
pub(super) const fn approve(reason: &'static str) -> Act {
    Act::Approve(Role::SecurityReviewer, reason)
}
