use crate::codes::codes;

codes! {
    /// A role that a person holds in one product.
    Role {
        /// Creates features, plans, keeps stakeholders informed.
        ProductManager = "product-manager",
        /// Designs the feature and its controls.
        Designer = "designer",
        /// Builds the feature.
        Developer = "developer",
        /// Tests the feature.
        Qa = "qa",
        /// Reviews threat models and signs gates.
        SecurityReviewer = "security-reviewer",
        /// The change-management team: promotes to production and signs the release gate.
        ReleaseManager = "release-manager",
        /// Handles incidents in production.
        IncidentManager = "incident-manager",
        /// Marketing and support: reads, acknowledges, gives feedback.
        Stakeholder = "stakeholder",
    }
}

codes! {
    /// A role for the whole workspace.
    WorkspaceRole {
        /// Reads everything, history and grants included; writes nothing.
        Auditor = "auditor",
        /// Manages people, roles, products and policies.
        Administrator = "administrator",
    }
}
