use crate::codes::codes;

codes! {
    /// Something that a person may or may not be allowed to do. A route, a use case and a row of the matrix name
    /// the same action.
    Action {
        /// See one's own inbox, account and sessions; change one's own password.
        UseOwnAccount = "account.use",
        /// Read the lifecycle policies.
        ReadPolicies = "policy.read",
        /// See a product, its features and everything about them.
        ReadProduct = "product.read",
        /// Create a feature.
        CreateFeature = "feature.create",
        /// Change a feature's title, description, owner, date, tier.
        EditFeature = "feature.edit",
        /// Do a control of the current phase's checklist. The policy narrows it to the control's own roles.
        DoControl = "control.do",
        /// Answer the questions of the threat model and edit its threats.
        EditThreatModel = "threat-model.edit",
        /// Write what the phases record: requirements, decisions, changes, findings and so on. Each kind of record
        /// narrows it to its own roles.
        EditRecord = "record.edit",
        /// Write a comment, and edit one's own.
        WriteComment = "comment.write",
        /// Attest that one follows an edition of the product's coding standard.
        AttestStandard = "standard.attest",
        /// Publish a product's coding standards and the lists that its features go through.
        ManageGuides = "product.guides",
        /// Add evidence, supersede it, attach it.
        AddEvidence = "evidence.add",
        /// Hand the gate to the reviewers.
        RequestReview = "gate.request-review",
        /// Sign a gate: approve or deny. The policy narrows it to the gate's own roles.
        SignGate = "gate.sign",
        /// End the cycle and hand the gate back to the team.
        ReturnForChanges = "gate.return",
        /// Say that what was changed after a gate opened is as good as what was signed. The policy narrows it to the
        /// roles of that gate.
        AcceptDrift = "gate.accept-drift",
        /// Sign what the emergency path skipped. The policy narrows it to the roles of that gate.
        SignOwed = "gate.sign-owed",
        /// Hand one's seat at gates to somebody else for a while.
        DelegateSeat = "gate.delegate",
        /// Sign a gate in the seat of somebody who handed it on. The delegation narrows it to one seat and a period.
        SignForAnother = "gate.sign-for-another",
        /// Put a feature on hold and take it off.
        HoldFeature = "feature.hold",
        /// Cancel a feature, and reopen a cancelled one.
        CancelFeature = "feature.cancel",
        /// Move a feature back to an earlier phase.
        MoveBack = "feature.move-back",
        /// Release a feature in an emergency, together with others. The policy narrows it to its roles.
        ReleaseInEmergency = "feature.emergency",
        /// Relate a feature to another: duplicate, part, follow-up.
        RelateFeature = "feature.relate",
        /// Export a feature's whole record and keep it.
        ArchiveFeature = "feature.archive",
        /// Move a feature to another version of its policy.
        MigrateFeature = "feature.migrate",
        /// Read which version of a policy a feature follows, and what a move to another would bring about.
        ReadFeaturePolicy = "feature.read-policy",
        /// Ask for a waiver.
        RequestWaiver = "waiver.request",
        /// Approve, refuse or end a waiver. The policy narrows it to its roles.
        ApproveWaiver = "waiver.approve",
        /// Import, compare and activate policies.
        ManagePolicies = "policies.manage",
        /// Read what a version of a policy would decide about the features that are under way.
        ReadPolicyRuns = "policies.read-runs",
        /// Read who holds which role in a product.
        ReadGrants = "grants.read",
        /// Create products and change their name.
        ManageProducts = "products.manage",
        /// Invite people, disable accounts, grant and revoke roles.
        ManagePeople = "people.manage",
        /// Browse and export the whole history.
        ReadHistory = "history.read",
    }
}
