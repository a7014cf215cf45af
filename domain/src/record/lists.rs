use super::Rule;
use crate::codes::codes;

codes! {
    /// Lists of points that a product's features go through. Each product can keep its own; these are what a product
    /// starts with.
    ListKind {
        /// When a feature is ready to be built.
        DefinitionOfReady = "definition-of-ready",
        /// What is checked before a deployment.
        Hardening = "hardening",
        /// The engineering principles that requirements consider.
        Principles = "principles",
    }
}

impl ListKind {
    /// What people call it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::DefinitionOfReady => "Definition of ready",
            Self::Hardening => "Hardening checklist",
            Self::Principles => "Engineering principles",
        }
    }

    /// Whether a rule reads it, so that it is part of what is signed.
    #[must_use]
    pub fn is_signed(self) -> bool {
        Rule::ALL.iter().any(|rule| rule.list() == Some(self))
    }

    /// The points that a product starts with.
    #[must_use]
    pub const fn defaults(self) -> &'static [&'static str] {
        match self {
            Self::DefinitionOfReady => &[
                "The goal and the people it is for are written down",
                "Every requirement can be tested with a yes or a no",
                "Security requirements are agreed with a security reviewer",
                "The threat model has an answer to each of its four questions",
                "Dependencies on other teams and services are known",
                "It is small enough to be built within one sprint, or is split",
            ],
            Self::Hardening => &[
                "Default accounts, sample data and debug endpoints are gone",
                "Only the ports and protocols that are needed are open, all with TLS",
                "Secrets come from a vault and appear in no file, image or log",
                "The process runs without administrator rights and with a read-only file system",
                "Security headers, cookie flags and cross-origin rules are checked in the deployed system",
                "Logging and alerts are on, and no personal data is in them",
                "Components are at versions without known exploitable vulnerabilities",
            ],
            Self::Principles => &[
                "Least privilege: nothing has more rights than it needs",
                "Secure by default: the safe setting is the one without any work",
                "Defence in depth: no single failure gives everything away",
                "Fail safely: an error closes, it does not open",
                "Keep it understandable: what nobody understands, nobody can secure",
                "Collect and keep as little data as the purpose needs",
            ],
        }
    }
}
