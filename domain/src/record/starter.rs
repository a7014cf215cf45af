//! Security requirements to begin with, by what a feature is about. People pick from them and change the words.

use crate::codes::codes;

codes! {
    /// What a feature is about, as far as its usual security requirements go.
    FeatureSort {
        /// People sign in, recover access or prove who they are.
        SignIn = "sign-in",
        /// An interface that programs call.
        Api = "api",
        /// People send files.
        Upload = "upload",
        /// Money moves.
        Payment = "payment",
        /// Personal data is kept or shown.
        PersonalData = "personal-data",
        /// People with more rights than others use it.
        Administration = "administration",
        /// Another system is called, or calls.
        Integration = "integration",
        /// Something on screen changes and nothing else.
        Interface = "interface",
    }
}

impl FeatureSort {
    /// As people read it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::SignIn => "Signing in and access",
            Self::Api => "An interface for programs",
            Self::Upload => "Files that people send",
            Self::Payment => "Payments",
            Self::PersonalData => "Personal data",
            Self::Administration => "Administration",
            Self::Integration => "Another system is involved",
            Self::Interface => "Only the user interface",
        }
    }
}

/// One security requirement to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Starter {
    /// Names it in the form.
    pub code: &'static str,
    /// The features that it usually belongs to.
    pub sort: FeatureSort,
    /// The code of its control family.
    pub family: &'static str,
    /// The requirement.
    pub title: &'static str,
    /// How it will be seen to be met.
    pub acceptance: &'static str,
}

const fn starter(
    code: &'static str,
    sort: FeatureSort,
    family: &'static str,
    title: &'static str,
    acceptance: &'static str,
) -> Starter {
    Starter { code, sort, family, title, acceptance }
}

/// Every starter, by sort.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a table, one entry for each requirement")]
pub const fn starters() -> &'static [Starter] {
    use FeatureSort::{Administration, Api, Integration, Interface, Payment, PersonalData, SignIn, Upload};
    const ALL: &[Starter] = &[
        starter(
            "throttle",
            SignIn,
            "authentication",
            "Guessing passwords or codes is slowed down per account and per address",
            "After ten wrong attempts in a row the eleventh is refused for a while, right or wrong.",
        ),
        starter(
            "no-enumeration",
            SignIn,
            "authentication",
            "Nobody can find out from the answers whether an account exists",
            "Answer and time are alike for known and unknown addresses.",
        ),
        starter(
            "session-renewal",
            SignIn,
            "authentication",
            "Signing in and changing a password start a new session and end others",
            "The session id differs before and after; older sessions are refused.",
        ),
        starter(
            "sign-in-log",
            SignIn,
            "logging",
            "Sign-ins, failures and changes of access are logged with time and source",
            "Each of them is found in the log, without passwords or codes in it.",
        ),
        starter(
            "api-authentication",
            Api,
            "authentication",
            "Every call proves who makes it; tokens expire and can be revoked",
            "A call without, with an expired and with a revoked token is refused.",
        ),
        starter(
            "api-authorisation",
            Api,
            "authorisation",
            "Each object is checked for the caller's right to it, not only each endpoint",
            "A caller with the id of somebody else's object gets the answer for things that do not exist.",
        ),
        starter(
            "api-validation",
            Api,
            "input-validation",
            "Inputs are checked by type, length and range, and refused with a clear error",
            "Fuzzed inputs never cause an error of the server.",
        ),
        starter(
            "api-limits",
            Api,
            "availability",
            "Rate, size and depth of requests are limited for each caller",
            "A caller above the limit is told to wait, and others do not notice.",
        ),
        starter(
            "upload-size",
            Upload,
            "availability",
            "Size and number of files are limited while they arrive",
            "A file above the limit is refused before it was taken in whole.",
        ),
        starter(
            "upload-inert",
            Upload,
            "input-validation",
            "Files of others are never run or shown as part of our pages",
            "A file with script in it is downloaded, and nothing of it runs in a browser.",
        ),
        starter(
            "upload-parsers",
            Upload,
            "input-validation",
            "Whatever opens files does so with limits on depth, size and time",
            "Known bombs for each format are refused, and memory stays flat.",
        ),
        starter(
            "upload-names",
            Upload,
            "input-validation",
            "Names of files are data: they never become paths",
            "Names with path separators and control characters are stored as text only.",
        ),
        starter(
            "payment-amount",
            Payment,
            "authorisation",
            "Amounts and currencies are set by the server and never taken from the client",
            "A changed amount in a request has no effect on what is charged.",
        ),
        starter(
            "payment-once",
            Payment,
            "input-validation",
            "A payment that is sent twice is made once",
            "The same request with the same key answers alike and books one payment.",
        ),
        starter(
            "payment-trace",
            Payment,
            "logging",
            "Each step of a payment can be traced to who caused it",
            "The log of a payment shows each step with time and actor and cannot be edited by those who make payments.",
        ),
        starter(
            "payment-tls",
            Payment,
            "secure-communication",
            "Card and account data travel only over TLS and only to the provider",
            "A scan of traffic and logs finds none of it anywhere else.",
        ),
        starter(
            "data-minimal",
            PersonalData,
            "privacy",
            "Only the personal data that the purpose needs is collected, and for as long as it needs it",
            "Each field has its purpose and its time of deletion, and the deletion was seen to work.",
        ),
        starter(
            "data-at-rest",
            PersonalData,
            "data-encryption",
            "Personal data is encrypted where it is stored, with keys kept elsewhere",
            "A copy of the storage without the keys shows none of it.",
        ),
        starter(
            "data-access",
            PersonalData,
            "authorisation",
            "People see their own data and that of others only with a reason that is recorded",
            "Access by staff appears in the log with person and reason.",
        ),
        starter(
            "data-transport",
            PersonalData,
            "secure-communication",
            "Personal data leaves a machine only over authenticated, encrypted connections",
            "Connections without TLS or with a wrong certificate fail.",
        ),
        starter(
            "admin-second-factor",
            Administration,
            "authentication",
            "Administration asks for a second factor",
            "Without it no administrative page can be reached.",
        ),
        starter(
            "admin-least",
            Administration,
            "authorisation",
            "Each administrative right is given by itself and can be taken back",
            "A person with one right cannot use any other, in pages and interfaces alike.",
        ),
        starter(
            "admin-log",
            Administration,
            "logging",
            "Whatever administrators do is logged where they cannot change it",
            "Each act appears with person, time and what changed.",
        ),
        starter(
            "integration-identity",
            Integration,
            "secure-communication",
            "Both ends of each connection know who the other is",
            "A connection to or from an impostor fails.",
        ),
        starter(
            "integration-secrets",
            Integration,
            "configuration",
            "Secrets of the connection come from a vault and can be changed without a release",
            "A search of code, images and logs finds none; a change was tried.",
        ),
        starter(
            "integration-failure",
            Integration,
            "availability",
            "Failure of the other system is contained: time limits, retries with an end, a clear state",
            "With the other system away, users get an answer in time and nothing is lost.",
        ),
        starter(
            "integration-input",
            Integration,
            "input-validation",
            "What the other system sends is checked like any other input",
            "Malformed and hostile messages are refused and logged.",
        ),
        starter(
            "components",
            Integration,
            "supply-chain",
            "New components are listed, pinned and watched for vulnerabilities",
            "They are in the bill of materials, and a known vulnerability raises an alert.",
        ),
        starter(
            "interface-encoding",
            Interface,
            "input-validation",
            "Whatever people or systems wrote is shown as text, never as markup",
            "A text that looks like markup is shown letter by letter on each page that is touched.",
        ),
        starter(
            "interface-rights",
            Interface,
            "authorisation",
            "What the interface hides, the server refuses as well",
            "Requests for hidden actions are refused.",
        ),
    ];
    ALL
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::record::RecordKind;

    #[test]
    fn every_sort_has_starters_with_known_families_and_codes_of_their_own() {
        let spec = RecordKind::Requirement.spec();
        for starter in starters() {
            assert!(spec.choice_label("family", starter.family).is_some(), "{}", starter.code);
            assert!(starter.title.parse::<crate::text::Title>().is_ok(), "{}", starter.code);
        }
        let codes: BTreeSet<&str> = starters().iter().map(|starter| starter.code).collect();
        assert_eq!(codes.len(), starters().len());
        for sort in FeatureSort::ALL {
            assert!(starters().iter().any(|starter| starter.sort == *sort), "{}", sort.code());
        }
    }
}
