//! What the products' people go by: coding standards, who attests them, and the lists that products write themselves.

use sluice_domain::record::ListKind;

use super::{
    calendar::{At, at},
    script::Who::{self, Ana, Ben, Dana, Gita, Leo, Nora, Sam},
};

/// A change to a product's guides.
#[derive(Debug)]
pub(super) enum Guide {
    /// Publishes a coding standard, or its next edition.
    Publish { title: &'static str, edition: &'static str, summary: &'static str },
    /// Attests the edition in force.
    Attest(&'static str),
    /// Writes one of the product's lists for the first time.
    List(ListKind, &'static [&'static str]),
}

const SECURE_CODE: &str = "Secure coding guide";
const REVIEWS: &str = "How we review code";
const RUST: &str = "Rust house rules";

/// Every change, in order.
pub(super) static ALL: &[(At, Who, &str, Guide)] = &[
    (
        at(111, 9, 10),
        Ana,
        "PAY",
        Guide::Publish {
            title: SECURE_CODE,
            edition: "2026-03",
            summary: "Input is checked where it enters and encoded where it leaves. Secrets live in \
                 files of their own \
                 and never in logs. Card numbers are typed values that print as dots. Comparisons of \
                 secrets take \
                 constant time.",
        },
    ),
    (
        at(111, 9, 25),
        Ana,
        "PAY",
        Guide::Publish {
            title: REVIEWS,
            edition: "2",
            summary: "A review looks for what is missing: the test that fails without the change, the \
                 case that the \
                 description forgets, the log line that says too much. Nobody merges their own work.",
        },
    ),
    (at(111, 10, 40), Dana, "PAY", Guide::Attest(SECURE_CODE)),
    (at(111, 10, 42), Dana, "PAY", Guide::Attest(REVIEWS)),
    (
        at(111, 11, 30),
        Ana,
        "SLU",
        Guide::Publish {
            title: RUST,
            edition: "1",
            summary: "No panic outside of tests, no unsafe code, every public item documented. SQL \
                 stands in one crate \
                 and binds its values. Text of people reaches a page through a component that escapes \
                 it. A write \
                 needs a permit and an event, or it does not compile.",
        },
    ),
    (
        at(111, 13, 15),
        Ana,
        "SLU",
        Guide::List(
            ListKind::DefinitionOfReady,
            &[
                "The decision that it changes, if any, is named by its number",
                "It works without JavaScript, or says why it cannot",
                "Every page that it touches is known, down to 320 pixels",
                "Each rule has a place in the domain, without input or output",
                "The threat model has an answer to each of its four questions",
            ],
        ),
    ),
    (at(111, 14, 5), Leo, "SLU", Guide::Attest(RUST)),
    (at(111, 14, 50), Sam, "SLU", Guide::Attest(RUST)),
    (at(110, 9, 20), Sam, "PAY", Guide::Attest(SECURE_CODE)),
    (at(110, 9, 22), Sam, "PAY", Guide::Attest(REVIEWS)),
    (at(109, 10, 10), Gita, "PAY", Guide::Attest(SECURE_CODE)),
    (
        at(75, 11, 20),
        Ana,
        "PAY",
        Guide::List(
            ListKind::Hardening,
            &[
                "Service accounts can do what their service needs and nothing else",
                "Debug endpoints and sample cards are gone",
                "TLS 1.2 or newer on every port that is open",
                "Keys are in files that one account can read, never in the environment",
                "Containers run as an ordinary user on a read-only file system",
                "Outgoing connections lead to the acquirer and the order database only",
                "Alerts reached a person in a trial",
            ],
        ),
    ),
    (
        at(110, 15, 30),
        Nora,
        "SLU",
        Guide::List(
            ListKind::Hardening,
            &[
                "The server starts with the role that can insert events and change nothing of them",
                "Migrations run with another role, and by hand",
                "Every answer has the security headers, with a fresh nonce",
                "The session cookie is host-only, secure and out of reach of scripts",
                "Forwarded addresses are believed from the configured proxy only",
                "Upload limits hold with a client that lies about the length",
                "A restore was tried with the backup of last night",
            ],
        ),
    ),
];

/// A saved view: whose, under which name, with which filters.
type SavedView = (Who, &'static str, &'static [(&'static str, &'static str)]);

/// The views that people saved.
pub(super) static VIEWS: &[SavedView] = &[
    (Ana, "Overdue", &[("overdue", "yes")]),
    (Ana, "Payments on a board", &[("product", "PAY"), ("view", "board")]),
    (Ben, "High risk, waiting for a reviewer", &[("tier", "high"), ("role", "security-reviewer")]),
    (Gita, "In testing", &[("phase", "testing")]),
    (Leo, "What I own", &[("mine", "yes")]),
];
