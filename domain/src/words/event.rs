use crate::{
    audit::{ObjectKind, Verb},
    record::RecordRef,
};

/// What happened, without its subject: “added evidence E-3”. `name` is what the object is called.
#[must_use]
pub fn sentence(verb: Verb, kind: ObjectKind, name: &str) -> String {
    let target = match kind {
        ObjectKind::Control => format!("control “{name}”"),
        ObjectKind::Threat => format!("threat {name}"),
        ObjectKind::Record => record(name),
        ObjectKind::Evidence => format!("evidence {name}"),
        ObjectKind::Gate | ObjectKind::SignOff => format!("the {name} gate"),
        _ => name.to_owned(),
    };
    match verb {
        Verb::WorkspaceSetUp => "set up the workspace".into(),
        Verb::PolicyImported => format!("imported policy {name}"),
        Verb::PersonInvited => "invited a person".into(),
        Verb::InvitationWithdrawn => "withdrew an invitation".into(),
        Verb::PersonJoined => "accepted an invitation".into(),
        Verb::PersonDisabled => "disabled an account".into(),
        Verb::PersonEnabled => "enabled an account".into(),
        Verb::PersonEdited => "edited an account".into(),
        Verb::SignedIn => "signed in".into(),
        Verb::SignedOut => "signed out".into(),
        Verb::SessionEnded => "ended a session".into(),
        Verb::PasswordChanged => "changed a password".into(),
        Verb::RoleGranted => format!("granted a role in {name}"),
        Verb::RoleRevoked => format!("revoked a role in {name}"),
        Verb::WorkspaceRoleGranted => "granted a workspace role".into(),
        Verb::WorkspaceRoleRevoked => "revoked a workspace role".into(),
        Verb::ProductCreated => format!("created product {name}"),
        Verb::ProductEdited => format!("edited product {name}"),
        Verb::FeatureCreated => format!("created {name}"),
        Verb::FeatureEdited => format!("edited {name}"),
        Verb::ControlMarked => format!("marked {target}"),
        Verb::ThreatModelAnswered => "answered questions of the threat model".into(),
        Verb::ThreatAdded | Verb::EvidenceAdded | Verb::RecordAdded => format!("added {target}"),
        Verb::ThreatEdited | Verb::RecordEdited => format!("edited {target}"),
        Verb::EvidenceSuperseded => format!("superseded {target}"),
        Verb::EvidenceAttached => format!("attached {target}"),
        Verb::EvidenceDetached => format!("detached {target}"),
        Verb::FeatureRated => format!("answered the risk questionnaire of {name}"),
        Verb::FeatureLinked => format!("linked {name} to the feature that it came out of"),
        Verb::CommentWritten => "wrote a comment".into(),
        Verb::CommentEdited => "edited a comment".into(),
        Verb::StandardPublished => format!("published an edition of a coding standard of {name}"),
        Verb::StandardAttested => format!("attested a coding standard of {name}"),
        Verb::ProductListEdited => format!("edited the {} of the product", field(name).to_lowercase()),
        Verb::ReviewRequested => format!("requested the review of {target}"),
        Verb::ReturnedForChanges => format!("returned {target} for changes"),
        Verb::GateSigned => format!("signed {target}"),
        Verb::SignOffWithdrawn => format!("withdrew a sign-off of {target}"),
        Verb::SignOffVoided => format!("voided a sign-off of {target} by changing the dossier"),
        Verb::GateOpened => format!("opened {target}"),
        Verb::DriftAccepted => format!("accepted what changed after {target} opened"),
        Verb::GateDrifted => format!("changed what was signed at {target}"),
        Verb::SeatDelegated => format!("handed a seat at gates of {name} to somebody else"),
        Verb::DelegationEnded => format!("took back a seat at gates of {name}"),
        Verb::FeatureHeld => format!("put {name} on hold"),
        Verb::FeatureResumed => format!("let {name} go on"),
        Verb::FeatureCancelled => format!("cancelled {name}"),
        Verb::FeatureReopened => format!("reopened {name}"),
        Verb::FeatureMovedBack => format!("moved {name} back to an earlier phase"),
        Verb::EmergencyProposed => format!("asked to release {name} in an emergency"),
        Verb::EmergencyAgreed => format!("agreed to release {name} in an emergency"),
        Verb::EmergencyCalledOff => format!("called off the emergency release of {name}"),
        Verb::EmergencyReleased => format!("released {name} in an emergency"),
        Verb::GateOwed => format!("passed {target} in an emergency; its sign-offs are owed"),
        Verb::GatePaid => format!("completed the sign-offs owed at {target}"),
        Verb::WaiverRequested => format!("asked for waiver {name}"),
        Verb::WaiverApproved => format!("approved waiver {name}"),
        Verb::WaiverRefused => format!("refused waiver {name}"),
        Verb::WaiverWithdrawn => format!("withdrew the request for waiver {name}"),
        Verb::WaiverEnded => format!("ended waiver {name}"),
        Verb::WaiverLapsed => format!("let waiver {name} lapse"),
        Verb::PolicyActivated => format!("activated policy {name}"),
        Verb::PolicyChosen => format!("chose the policy of new features of {name}"),
        Verb::FeatureMigrated => format!("moved {name} to another version of its policy"),
        Verb::FeaturesRelated => format!("related {name} to another feature"),
        Verb::FeaturesUnrelated => format!("took back a relation of {name}"),
        Verb::FeatureArchived => format!("archived the record of {name}"),
        Verb::GateDecidedAnew => format!("decided {target} anew, because time went by"),
        Verb::HistoryExported => "exported the history".into(),
    }
}

/// What a record is called: “requirement R-3”, or “the plan” where a feature has one.
fn record(name: &str) -> String {
    match name.parse::<RecordRef>() {
        Ok(RecordRef::Record(kind, _)) => format!("{} {name}", kind.spec().name),
        _ => format!("the {name}"),
    }
}

/// A field's name for people: `target-date` becomes “Target date”.
#[must_use]
pub fn field(name: &str) -> String {
    let text = name.replace('-', " ");
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
