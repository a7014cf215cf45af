//! Where things are: one module knows the address of every page, so that a blocker, a page and an export link to
//! the same place.

use crate::{
    ids::FeatureKey,
    policy::{ControlKey, PhaseKey},
};

/// A page about a feature, or a spot on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The feature's overview.
    Feature,
    /// The form that edits the feature.
    EditFeature,
    /// The work of one phase.
    Phase(PhaseKey),
    /// One control of one phase.
    Control(PhaseKey, ControlKey),
    /// The threat model.
    ThreatModel,
    /// The form for a new threat.
    NewThreat,
    /// One threat, by its number.
    Threat(i32),
    /// The evidence of the feature.
    EvidenceList,
    /// One item of evidence, by its number.
    Evidence(i32),
    /// Review and sign-off of the current gate.
    Review,
    /// The comments, from the newest page.
    Comments,
    /// One comment, by its number, on the page that it is on.
    Comment(i32),
    /// The form that edits one.
    EditComment(i32),
    /// Watching the feature, or no longer.
    Watch,
    /// The feature's history.
    History,
}

impl Place {
    /// The path below the feature's own address, with an anchor where the place is a spot on a page.
    #[must_use]
    pub fn path(&self, feature: &FeatureKey) -> String {
        let base = format!("/features/{feature}");
        match self {
            Self::Feature => base,
            Self::EditFeature => format!("{base}/edit"),
            Self::Phase(phase) => format!("{base}/phases/{phase}"),
            Self::Control(phase, control) => format!("{base}/phases/{phase}#{control}"),
            Self::ThreatModel => format!("{base}/threat-model"),
            Self::NewThreat => format!("{base}/threats/new"),
            Self::Threat(number) => format!("{base}/threats/{number}"),
            Self::EvidenceList => format!("{base}/evidence"),
            Self::Evidence(number) => format!("{base}/evidence/{number}"),
            Self::Review => format!("{base}/review"),
            Self::Comments => format!("{base}/comments"),
            Self::Comment(number) => format!("{base}/comments?at={number}#comment-{number}"),
            Self::EditComment(number) => format!("{base}/comments/{number}"),
            Self::Watch => format!("{base}/watch"),
            Self::History => format!("{base}/history"),
        }
    }
}
