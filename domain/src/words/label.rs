use crate::{
    access::{Role, WorkspaceRole},
    audit::{Authentication, ObjectKind},
    dossier::ItemKind,
    gate::{Mark, Verdict},
    policy::Tier,
    relation::RelationEnd,
    threat::{Question, Severity, Stride, ThreatStatus, Treatment},
    waiver::WaiverState,
};

/// A short name for people, in sentence case.
pub trait Label {
    /// The name, as a word inside a sentence would be written.
    fn label(&self) -> &'static str;

    /// The name at the start of a sentence or alone.
    fn title(&self) -> String {
        let label = self.label();
        let mut chars = label.chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
    }
}

macro_rules! labels {
    ($($kind:ident { $($variant:ident = $label:literal),* $(,)? })*) => { $(
        impl Label for $kind {
            fn label(&self) -> &'static str {
                match self { $(Self::$variant => $label),* }
            }
        }
    )* };
}

labels! {
    Role {
        ProductManager = "product manager",
        Designer = "designer",
        Developer = "developer",
        Qa = "QA",
        SecurityReviewer = "security reviewer",
        ReleaseManager = "release manager",
        IncidentManager = "incident manager",
        Stakeholder = "stakeholder",
    }
    WorkspaceRole { Auditor = "auditor", Administrator = "administrator" }
    Tier { Low = "low risk", Medium = "medium risk", High = "high risk" }
    Severity { Low = "low", Medium = "medium", High = "high", Critical = "critical" }
    RelationEnd {
        DuplicateOf = "duplicate of",
        ChildOf = "part of",
        Follows = "follow-up of",
        DuplicatedBy = "duplicates",
        ParentOf = "parts",
        FollowedBy = "follow-ups",
    }
    Stride {
        Spoofing = "spoofing",
        Tampering = "tampering",
        Repudiation = "repudiation",
        InformationDisclosure = "information disclosure",
        DenialOfService = "denial of service",
        ElevationOfPrivilege = "elevation of privilege",
    }
    Treatment { Mitigate = "mitigate", Accept = "accept", Transfer = "transfer", Avoid = "avoid" }
    ThreatStatus { Open = "open", Planned = "planned", Treated = "in place", Verified = "verified" }
    Question {
        Scope = "what are we working on?",
        Threats = "what can go wrong?",
        Response = "what are we going to do about it?",
        Review = "did we do a good job?",
    }
    Mark { Open = "open", Done = "done", NotApplicable = "not applicable" }
    Verdict { Approve = "approve", Deny = "deny" }
    ItemKind {
        Scope = "scope of the feature",
        Control = "control",
        ThreatModel = "threat model",
        Threat = "threat",
        Evidence = "evidence",
        Record = "record",
        Waiver = "waiver",
        List = "list of the product",
        Standards = "coding standards",
    }
    WaiverState {
        Requested = "asked for",
        Approved = "in force",
        Refused = "refused",
        Withdrawn = "withdrawn",
        Ended = "ended early",
        Lapsed = "lapsed",
    }
    Authentication { None = "not authenticated", Link = "one-time link", Session = "session", Password = "password" }
    ObjectKind {
        Workspace = "workspace",
        Policy = "policy",
        Person = "person",
        Invitation = "invitation",
        Session = "session",
        Product = "product",
        Feature = "feature",
        Control = "control",
        ThreatModel = "threat model",
        Threat = "threat",
        Evidence = "evidence",
        Gate = "gate",
        SignOff = "sign-off",
        Record = "record",
        Comment = "comment",
        Standard = "coding standard",
        ProductList = "list of a product",
        Waiver = "waiver",
        Delegation = "delegated seat",
        History = "history",
    }
}

/// Joins words as a sentence does: `a`, `a or b`, `a, b or c`.
#[must_use]
pub fn join<S: AsRef<str>>(words: &[S], last: &str) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [start @ .., end] => {
            let start: Vec<&str> = start.iter().map(AsRef::as_ref).collect();
            format!("{} {last} {}", start.join(", "), end.as_ref())
        }
    }
}
