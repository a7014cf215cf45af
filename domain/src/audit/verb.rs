use crate::codes::codes;

codes! {
    /// What happened. The code is part of the history for ever: a variant may be added, never changed or removed.
    Verb {
        /// The workspace was set up with its first administrator.
        WorkspaceSetUp = "workspace.set-up",
        /// A policy version was imported.
        PolicyImported = "policy.imported",
        /// A person was invited.
        PersonInvited = "person.invited",
        /// An invitation was withdrawn before use.
        InvitationWithdrawn = "invitation.withdrawn",
        /// An invitation was accepted; the account exists.
        PersonJoined = "person.joined",
        /// An account was disabled.
        PersonDisabled = "person.disabled",
        /// A disabled account was enabled again.
        PersonEnabled = "person.enabled",
        /// An account's own particulars, such as the name, were edited.
        PersonEdited = "person.edited",
        /// A person signed in.
        SignedIn = "session.signed-in",
        /// A person signed out.
        SignedOut = "session.signed-out",
        /// A person ended another session of theirs.
        SessionEnded = "session.ended",
        /// A password was changed.
        PasswordChanged = "password.changed",
        /// A role in a product was granted.
        RoleGranted = "role.granted",
        /// A role in a product was revoked.
        RoleRevoked = "role.revoked",
        /// A workspace role was granted.
        WorkspaceRoleGranted = "workspace-role.granted",
        /// A workspace role was revoked.
        WorkspaceRoleRevoked = "workspace-role.revoked",
        /// A product was created.
        ProductCreated = "product.created",
        /// A product was edited.
        ProductEdited = "product.edited",
        /// A feature was created.
        FeatureCreated = "feature.created",
        /// A feature was edited.
        FeatureEdited = "feature.edited",
        /// A control was marked done, not applicable or open again.
        ControlMarked = "control.marked",
        /// A question of the threat model was answered.
        ThreatModelAnswered = "threat-model.answered",
        /// A threat was added.
        ThreatAdded = "threat.added",
        /// A threat was edited.
        ThreatEdited = "threat.edited",
        /// Evidence was added.
        EvidenceAdded = "evidence.added",
        /// A new version superseded the evidence.
        EvidenceSuperseded = "evidence.superseded",
        /// Evidence was attached to a control or threat.
        EvidenceAttached = "evidence.attached",
        /// Evidence was detached from a control or threat.
        EvidenceDetached = "evidence.detached",
        /// The risk questionnaire of a feature was answered.
        FeatureRated = "feature.rated",
        /// A feature was linked to the one that it came out of.
        FeatureLinked = "feature.linked",
        /// A record of a phase was added.
        RecordAdded = "record.added",
        /// A record of a phase was edited or brought into another state.
        RecordEdited = "record.edited",
        /// A comment was written.
        CommentWritten = "comment.written",
        /// A comment was edited by its author.
        CommentEdited = "comment.edited",
        /// An edition of a product's coding standard was published.
        StandardPublished = "standard.published",
        /// A person attested an edition of a coding standard.
        StandardAttested = "standard.attested",
        /// A product's own list, such as its definition of ready, was edited.
        ProductListEdited = "product-list.edited",
        /// The team asked for a review.
        ReviewRequested = "gate.review-requested",
        /// A reviewer returned the gate for changes.
        ReturnedForChanges = "gate.returned",
        /// A sign-off was given.
        GateSigned = "gate.signed",
        /// A sign-off was withdrawn by its author.
        SignOffWithdrawn = "sign-off.withdrawn",
        /// A change to the dossier voided a sign-off.
        SignOffVoided = "sign-off.voided",
        /// A gate opened and the feature moved on.
        GateOpened = "gate.opened",
        /// A change made after a gate opened was accepted.
        DriftAccepted = "gate.drift-accepted",
        /// What a gate was signed for was changed after it opened.
        GateDrifted = "gate.drifted",
        /// A seat at gates was handed to somebody else for a while.
        SeatDelegated = "seat.delegated",
        /// A delegation was ended before its time.
        DelegationEnded = "seat.delegation-ended",
        /// A feature was put on hold.
        FeatureHeld = "feature.held",
        /// A feature went on.
        FeatureResumed = "feature.resumed",
        /// A feature was cancelled.
        FeatureCancelled = "feature.cancelled",
        /// A cancelled feature was opened again.
        FeatureReopened = "feature.reopened",
        /// A feature was moved back to an earlier phase.
        FeatureMovedBack = "feature.moved-back",
        /// Somebody asked to release a feature in an emergency.
        EmergencyProposed = "emergency.proposed",
        /// Somebody agreed to release a feature in an emergency.
        EmergencyAgreed = "emergency.agreed",
        /// An emergency release that was asked for was called off.
        EmergencyCalledOff = "emergency.called-off",
        /// A feature was released in an emergency.
        EmergencyReleased = "emergency.released",
        /// The emergency path went through a gate, which is owed.
        GateOwed = "gate.owed",
        /// A gate that was owed is signed.
        GatePaid = "gate.paid",
        /// A waiver was asked for.
        WaiverRequested = "waiver.requested",
        /// A waiver was approved.
        WaiverApproved = "waiver.approved",
        /// A waiver was refused.
        WaiverRefused = "waiver.refused",
        /// A request for a waiver was withdrawn.
        WaiverWithdrawn = "waiver.withdrawn",
        /// A waiver was ended before its time.
        WaiverEnded = "waiver.ended",
        /// A waiver lapsed.
        WaiverLapsed = "waiver.lapsed",
        /// A version of a policy became the one that new features start under.
        PolicyActivated = "policy.activated",
        /// A product chose the policy of its new features.
        PolicyChosen = "product.policy-chosen",
        /// A feature moved to another version of its policy.
        FeatureMigrated = "feature.migrated",
        /// Two features were related.
        FeaturesRelated = "feature.relation-added",
        /// A relation between two features was taken back.
        FeaturesUnrelated = "feature.relation-removed",
        /// A feature's whole record was exported and kept.
        FeatureArchived = "feature.archived",
        /// Time brought a change about: evidence or a waiver expired, a deadline passed.
        GateDecidedAnew = "gate.decided-anew",
        /// The history was exported.
        HistoryExported = "history.exported",
    }
}
