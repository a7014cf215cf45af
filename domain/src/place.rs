//! Where things are: one module knows the address of every page, so that a blocker, a page and an export link to
//! the same place.

use crate::{
    ids::{FeatureKey, StandardId},
    policy::{ControlKey, PhaseKey},
    record::{ListKind, RecordKind},
    text::ProductKey,
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
    /// The records of one kind; for a kind of which a feature has one, that record.
    Records(RecordKind),
    /// The form of a new record.
    NewRecord(RecordKind),
    /// One record, by its number.
    Record(RecordKind, i32),
    /// The starter list of security requirements.
    Starters,
    /// The risk questionnaire.
    Risk,
    /// What answers what: threats, requirements, decisions, changes, tests.
    Trace,
    /// The whole record of the feature, for print.
    Dossier,
    /// The coding standards of the feature's product.
    Standards,
    /// One of the lists of the feature's product.
    List(ListKind),
    /// Review and sign-off of the current gate.
    Review,
    /// The manifest of one attempt at a gate: exactly what its sign-offs cover.
    Manifest(PhaseKey, i32),
    /// What changed after the gate of a phase opened.
    Drift(PhaseKey),
    /// The sign-offs that the emergency path skipped at the gate of a phase.
    Owed(PhaseKey),
    /// The waivers of the feature.
    Waivers,
    /// The form that asks for a waiver.
    NewWaiver,
    /// One waiver, by its number.
    Waiver(i32),
    /// Hold, cancel, move back, emergency: what changes the feature's course.
    Course,
    /// Duplicates, parts, follow-ups.
    Relations,
    /// The version of the policy that the feature follows, and the move to another.
    Policy,
    /// The export of the whole record that is kept.
    Archive,
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
            Self::Records(RecordKind::Risk) | Self::Record(RecordKind::Risk, _) | Self::Risk => {
                format!("{base}/risk")
            }
            Self::Records(kind) => format!("{base}/records/{}", kind.code()),
            Self::NewRecord(kind) => format!("{base}/records/{}/new", kind.code()),
            // Of these a feature has one: its page is the page of the kind.
            Self::Record(kind, _) if kind.is_single() => format!("{base}/records/{}", kind.code()),
            Self::Record(kind, number) => format!("{base}/records/{}/{number}", kind.code()),
            Self::Starters => format!("{base}/starters"),
            Self::Trace => format!("{base}/trace"),
            Self::Dossier => format!("{base}/record"),
            Self::Standards => ProductPlace::Standards.path(&feature.product),
            Self::List(list) => ProductPlace::List(*list).path(&feature.product),
            Self::Review => format!("{base}/review"),
            Self::Manifest(phase, cycle) => format!("{base}/dossiers/{phase}/{cycle}"),
            Self::Drift(phase) => format!("{base}/drift/{phase}"),
            Self::Owed(phase) => format!("{base}/owed/{phase}"),
            Self::Waivers => format!("{base}/waivers"),
            Self::NewWaiver => format!("{base}/waivers/new"),
            Self::Waiver(number) => format!("{base}/waivers/{number}"),
            Self::Course => format!("{base}/course"),
            Self::Relations => format!("{base}/relations"),
            Self::Policy => format!("{base}/policy"),
            Self::Archive => format!("{base}/archive"),
            Self::Comments => format!("{base}/comments"),
            Self::Comment(number) => format!("{base}/comments?at={number}#comment-{number}"),
            Self::EditComment(number) => format!("{base}/comments/{number}"),
            Self::Watch => format!("{base}/watch"),
            Self::History => format!("{base}/history"),
        }
    }
}

/// A page about a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductPlace {
    /// The product's own page.
    Product,
    /// Its coding standards.
    Standards,
    /// The form that publishes a coding standard.
    NewStandard,
    /// The form that publishes the edition after this one.
    NewEdition(StandardId),
    /// One edition of a coding standard, where it is attested.
    Standard(StandardId),
    /// Its lists.
    Lists,
    /// One of its lists.
    List(ListKind),
    /// The form that edits one of its lists.
    EditList(ListKind),
    /// Seats at its gates that were handed on.
    Delegations,
    /// The waivers of its features.
    Waivers,
}

impl ProductPlace {
    /// The path below the product's own address.
    #[must_use]
    pub fn path(self, product: &ProductKey) -> String {
        let base = format!("/products/{product}");
        match self {
            Self::Product => base,
            Self::Standards => format!("{base}/standards"),
            Self::NewStandard => format!("{base}/standards/new"),
            Self::NewEdition(id) => format!("{base}/standards/new?replaces={id}"),
            Self::Standard(id) => format!("{base}/standards/{id}"),
            Self::Lists => format!("{base}/lists"),
            Self::List(list) => format!("{base}/lists#{}", list.code()),
            Self::Delegations => format!("{base}/delegations"),
            Self::EditList(list) => format!("{base}/lists?edit={0}#{0}", list.code()),
            Self::Waivers => format!("{base}/waivers"),
        }
    }
}
