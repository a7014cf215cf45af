//! Read models for the tests of pages about a feature.

use leptos::prelude::*;
use sluice_domain::{
    access::{Grants, Role},
    gate::Decision,
    ids::{FeatureKey, Id, PersonId},
    lifecycle::{Attempt, Progress, Turn},
    policy::Tier,
    threat::{Severity, Stride, ThreatStatus, Treatment},
};
use sluice_service::{
    features::{FeatureSummary, PhaseState, PhaseStep},
    phases::AttachedEvidence,
    threats::ThreatItem,
};
use time::{OffsetDateTime, macros::datetime};

use crate::document::{Frame, render};

/// Text that becomes a script wherever it is not escaped.
pub(in crate::pages) const HOSTILE: &str =
    "\"'></textarea></title></style><script>alert(1)</script><img src=x onerror=alert(1)>";

/// The instant at which all of it is read.
pub(in crate::pages) const NOW: OffsetDateTime = datetime!(2026-02-03 14:02 UTC);

/// Renders a page's body within a document, where islands find their owner.
pub(in crate::pages) fn html<V: IntoView>(body: impl FnOnce() -> V) -> String {
    render(&Frame::for_tests("Test"), body)
}

/// A person's id.
pub(in crate::pages) fn person(number: u8) -> PersonId {
    format!("01890a5d-ac96-774b-bcce-b302099a80{number:02x}").parse().unwrap()
}

/// The feature's key.
pub(in crate::pages) fn key() -> FeatureKey {
    "PAY-12".parse().unwrap()
}

/// A feature in design, the team's turn, read by somebody with these roles.
pub(in crate::pages) fn summary(roles: &[Role]) -> FeatureSummary {
    let attempt = Attempt { phase: "design".parse().unwrap(), cycle: 1, turn: Turn::Team, since: NOW };
    let step =
        |key: &str, name: &str, state| PhaseStep { key: key.parse().unwrap(), name: name.to_owned(), state };
    FeatureSummary {
        id: Id::new(person(200).uuid()),
        key: key(),
        title: HOSTILE.to_owned(),
        product: Id::new(person(201).uuid()),
        product_name: HOSTILE.to_owned(),
        tier: Tier::High,
        owner: person(1),
        owner_name: HOSTILE.to_owned(),
        target_date: None,
        sprint: None,
        policy_key: "sdl".to_owned(),
        policy_version: "2026.2".to_owned(),
        policy_title: "SDL".to_owned(),
        calendar: sluice_domain::calendar::Calendar::default(),
        progress: Progress::Active(attempt),
        resting: None,
        steps: vec![
            step("design", "Design", PhaseState::Here { cycle: 1, blockers: 0, in_review: false }),
            step("development", "Development", PhaseState::Todo),
        ],
        decision: Decision::default(),
        blocked_since: std::collections::BTreeMap::new(),
        clearance: None,
        waivers: Vec::new(),
        clock: None,
        comments: 3,
        grants: Grants { product: roles.iter().copied().collect(), ..Grants::default() },
        now: NOW,
    }
}

/// Threat T-4, with this text in every free field.
pub(in crate::pages) fn threat(text: &str) -> ThreatItem {
    ThreatItem {
        number: 4,
        title: text.to_owned(),
        element: text.to_owned(),
        stride: Stride::Tampering,
        description: text.to_owned(),
        severity: Severity::High,
        treatment: Some(Treatment::Mitigate),
        countermeasure: text.to_owned(),
        owner: Some((person(1), text.to_owned())),
        status: ThreatStatus::Treated,
        version: 2,
        author: text.to_owned(),
        changed_at: NOW,
        evidence: vec![AttachedEvidence { number: 3, title: text.to_owned(), kind: "Test report" }],
    }
}
