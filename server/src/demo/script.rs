//! The words that the story is written in: who does what to a feature, and when.

use std::borrow::Cow;

use sluice_domain::{
    access::Role,
    policy::{EvidenceKind, Tier},
    record::{ListKind, RecordKind},
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
    /// The tier that the risk questionnaire sets.
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

/// A tale or an outline, as it is played.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) product: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) owner: Who,
    /// The tier that the risk questionnaire sets.
    pub(super) tier: Tier,
    pub(super) due: Option<i64>,
    pub(super) begins: At,
    pub(super) steps: Vec<Step>,
}

impl From<&Tale> for Story {
    fn from(tale: &Tale) -> Self {
        Self {
            product: tale.product,
            title: tale.title,
            description: tale.description,
            owner: tale.owner,
            tier: tale.tier,
            due: tale.due,
            begins: tale.begins,
            steps: tale.steps.iter().chain(tale.sequel).cloned().collect(),
        }
    }
}

/// What a person does.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Answers the risk questionnaire: the questions answered with yes, and what else matters.
    Rate(&'static [&'static str], &'static str),
    /// Adds a record.
    Record(Entry),
    /// Adds a requirement.
    Require(Requirement),
    /// Adds a merged change.
    Merge(Change),
    /// Adds a passed run of an automated check, on the day of the act: its class, its name, and the number of the run.
    Check(&'static str, &'static str, u32),
    /// Picks security requirements from the starter list.
    Starters(&'static [&'static str]),
    /// Edits a record: its kind and number, the state it comes into, and the fields that change.
    Edit(RecordKind, i32, &'static str, Cow<'static, [Field]>),
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
    /// Writes a comment. An `@` with a name tells that person.
    Say(&'static str),
    /// Wants to be told what happens to the feature.
    Watch,
    /// Exports the whole record and keeps it.
    Archive,
    /// Requests the review.
    Ask,
    /// Signs from a seat.
    Approve(Role, &'static str),
    /// Denies from a seat.
    Deny(Role, &'static str),
    /// Returns the gate for changes.
    Return(&'static str),
}

/// A record as it is added.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) kind: RecordKind,
    /// The code of its state; empty for the first one.
    pub(super) state: &'static str,
    pub(super) title: &'static str,
    pub(super) fields: Cow<'static, [Field]>,
}

/// A field's key, and what is said in it.
pub(super) type Field = (&'static str, Said);

/// What is said in a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said {
    /// These words; for references their keys.
    T(&'static str),
    /// This person.
    Is(Who),
    /// These people.
    Are(&'static [Who]),
    /// The day of a moment of the story.
    On(At),
    /// So many days from today.
    In(i64),
    /// Every point of the product's list, but those of these places.
    Points(ListKind, &'static [usize]),
    /// Every security requirement, and every threat that is to be mitigated.
    Everything,
    /// The evidence that was added last.
    LastEvidence,
    /// A digest, made from these words.
    Digest(&'static str),
}

/// A requirement as it is added.
#[derive(Clone, Copy, Debug)]
pub(super) struct Requirement {
    /// The code of its control family; a functional requirement has none.
    pub(super) family: &'static str,
    pub(super) title: &'static str,
    pub(super) acceptance: &'static str,
}

/// A change as it is added.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// The number of the merge request.
    pub(super) number: u16,
    pub(super) title: &'static str,
    pub(super) author: Who,
    pub(super) reviewers: &'static [Who],
    /// What it implements.
    pub(super) implements: Said,
    pub(super) note: &'static str,
}

/// A file and what it proves.
#[derive(Clone, Copy, Debug)]
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

/// Adds a record in its first state.
pub(super) const fn record(kind: RecordKind, title: &'static str, fields: &'static [Field]) -> Act {
    record_as(kind, "", title, fields)
}

/// Adds a record in a state.
pub(super) const fn record_as(
    kind: RecordKind,
    state: &'static str,
    title: &'static str,
    fields: &'static [Field],
) -> Act {
    Act::Record(Entry { kind, state, title, fields: Cow::Borrowed(fields) })
}

/// Edits a record.
pub(super) const fn edit(
    kind: RecordKind,
    number: i32,
    state: &'static str,
    fields: &'static [Field],
) -> Act {
    Act::Edit(kind, number, state, Cow::Borrowed(fields))
}

/// Adds a functional requirement.
pub(super) const fn needs(title: &'static str, acceptance: &'static str) -> Act {
    Act::Require(Requirement { family: "", title, acceptance })
}

/// Adds a security requirement.
pub(super) const fn guards(family: &'static str, title: &'static str, acceptance: &'static str) -> Act {
    Act::Require(Requirement { family, title, acceptance })
}

/// Adds a merged change.
pub(super) const fn merge(
    number: u16,
    title: &'static str,
    author: Who,
    reviewers: &'static [Who],
    implements: Said,
) -> Act {
    Act::Merge(Change { number, title, author, reviewers, implements, note: "" })
}
