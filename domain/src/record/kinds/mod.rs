//! What each kind of record asks for. The words are ours; the items are those of a secure development lifecycle.

mod build;
mod learn;
mod plan;
mod ship;

use super::{Choice, Field, Input, RecordKind, Spec, Stands, State, TitleFrom, Tone};
use crate::access::Role;

const TEAM: &[Role] = &[
    Role::ProductManager,
    Role::Designer,
    Role::Developer,
    Role::Qa,
    Role::ReleaseManager,
    Role::IncidentManager,
];
const BUILDERS: &[Role] = &[Role::ProductManager, Role::Designer, Role::Developer, Role::Qa];

/// The spec of a kind.
pub(super) fn spec(kind: RecordKind) -> &'static Spec {
    match kind {
        RecordKind::Risk => &plan::RISK,
        RecordKind::Plan => &plan::PLAN,
        RecordKind::Requirement => &plan::REQUIREMENT,
        RecordKind::SecurityTest => &plan::SECURITY_TEST,
        RecordKind::Notice => &plan::NOTICE,
        RecordKind::Design => &build::DESIGN,
        RecordKind::Decision => &build::DECISION,
        RecordKind::Change => &build::CHANGE,
        RecordKind::Check => &build::CHECK,
        RecordKind::TestPlan => &build::TEST_PLAN,
        RecordKind::Finding => &build::FINDING,
        RecordKind::TestSummary => &build::TEST_SUMMARY,
        RecordKind::Hardening => &ship::HARDENING,
        RecordKind::Artefact => &ship::ARTEFACT,
        RecordKind::Promotion => &ship::PROMOTION,
        RecordKind::Operations => &ship::OPERATIONS,
        RecordKind::ReleaseNotes => &ship::RELEASE_NOTES,
        RecordKind::Feedback => &learn::FEEDBACK,
        RecordKind::PostureReview => &learn::POSTURE_REVIEW,
        RecordKind::Lessons => &learn::LESSONS,
    }
}

/// A state that whoever writes the record may bring it into. Each one says where it stands: how far a record has come in
/// it, or that the record is set aside.
const fn state(code: &'static str, label: &'static str, tone: Tone, stands: Stands) -> State {
    State { code, label, tone, by: &[], needs: &[], fills: &[], after: &[], by_another: false, stands }
}

/// The one state of kinds of which a feature has one.
const KEPT: &[State] = &[state("kept", "On record", Tone::Good, Stands::At(0))];

const fn field(key: &'static str, label: &'static str, input: Input, hint: &'static str) -> Field {
    Field { key, label, hint, input, needed: false }
}

const fn needed(key: &'static str, label: &'static str, input: Input, hint: &'static str) -> Field {
    Field { key, label, hint, input, needed: true }
}

const fn choice(code: &'static str, label: &'static str) -> Choice {
    Choice { code, label }
}

const SEVERITIES: &[Choice] = &[
    choice("critical", "Critical"),
    choice("high", "High"),
    choice("medium", "Medium"),
    choice("low", "Low"),
];

const OWNER: Field = field("owner", "Owner", Input::Person, "Who sees to it. It then shows in their work.");
const DUE: Field = field("due", "Due", Input::Day, "");
