//! A small feature that went all the way and was retired again.

use sluice_domain::{
    policy::{EvidenceKind as Kind, Tier},
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Done, Fear, Model, Treat},
        Tale, Threat,
        Who::{Ana, Ben, Chi, Dana, Gita},
        approve, prove,
    },
};

pub(super) static NOTICE: Tale = Tale {
    product: "PAY",
    title: "Maintenance notice at checkout",
    description: "Our acquirer moves to a new platform and announced two nights of maintenance. A notice \
         above the payment form says when a payment may take longer, so that customers wait instead of \
         paying twice.\n\nNot part of it: notices on other pages, and languages besides English and \
         German. The notice is retired after the move.",
    owner: Ana,
    tier: Tier::Low,
    due: Some(-20),
    begins: at(35, 9, 5),
    steps: &[
        (
            at(35, 9, 20),
            Ana,
            Done(
                "scope-and-goals",
                "A notice above the payment form during announced maintenance of the acquirer, in English \
                 and German. Goal: fewer than ten support tickets about delayed payments in each of the \
                 two nights. Left out: other pages and other languages.",
            ),
        ),
        (
            at(35, 10, 40),
            Dana,
            Done(
                "security-requirements",
                "The text comes from configuration and is shown as plain text: nobody can put markup or a \
                 link into it. The notice reads no customer data and opens no connection, so neither \
                 authentication nor encryption is concerned.",
            ),
        ),
        (at(35, 11, 5), Ana, Ask),
        (at(35, 14, 32), Ben, approve("Small and well bounded. Plain text only is the right requirement.")),
        (
            at(34, 9, 15),
            Dana,
            Done(
                "feature-description",
                "Checkout reads the text and its time window from the configuration service and shows it \
                 inside the existing banner component, which escapes all text. Changing the configuration \
                 takes a reviewed change, like code.",
            ),
        ),
        (
            at(34, 9, 50),
            Dana,
            Model([
                "The notice above the payment form: a text from the configuration service, shown by the \
                 banner component of checkout. Worth protecting: the customers' trust in what stands \
                 beside the payment form.",
                "Whoever controls the text can send customers to a false payment page (T-1). We went \
                 through STRIDE for the one new flow, from configuration to page; nothing else changes.",
                "The text is escaped, has no links, and changes only by a reviewed change.",
                "Dana and Gita read the model together. A unit test feeds markup to the banner, so the \
                 answer to T-1 stays true.",
            ]),
        ),
        (
            at(34, 10, 5),
            Dana,
            Fear(Threat {
                title: "A false text in the notice leads customers to a phishing page",
                element: "Configuration service to checkout page",
                stride: Stride::Tampering,
                severity: Severity::Medium,
                description: "Somebody with access to the configuration writes \"Pay at …\" into the \
                     notice. Customers trust it, because it stands beside the payment form.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "Plain text without links, escaped by the banner; the configuration of \
                     production changes only by a change that somebody else reviewed.",
                owner: Some(Dana),
                status: ThreatStatus::Planned,
            }),
        ),
        (at(34, 11, 10), Dana, Ask),
        (at(33, 10, 18), Ben, approve("")),
        (
            at(32, 15, 20),
            Dana,
            prove(
                "maintenance-notice-reviews.csv",
                Kind::CodeReview,
                "Merge requests !311 and !314 with their reviews",
                "Exported from the code host.",
                &["control:development/code-review"],
            ),
        ),
        (
            at(32, 15, 24),
            Dana,
            prove(
                "maintenance-notice-scan.sarif",
                Kind::StaticAnalysis,
                "Static analysis of the notice",
                "No findings.",
                &["control:development/security-checks"],
            ),
        ),
        (at(32, 15, 40), Dana, Treat(1, ThreatStatus::Treated)),
        (at(32, 15, 45), Dana, Ask),
        (
            at(31, 9, 35),
            Ben,
            approve("Read both changes. The escaping happens in the banner itself, not at each use."),
        ),
        (
            at(30, 10, 50),
            Gita,
            prove(
                "maintenance-notice-tests.xml",
                Kind::TestReport,
                "Tests of the notice",
                "Five tests, all green. The one with markup in the text shows that T-1 is answered.",
                &["control:testing/test-results", "threat:1"],
            ),
        ),
        (at(30, 11, 5), Gita, Treat(1, ThreatStatus::Verified)),
        (
            at(30, 11, 15),
            Gita,
            Done(
                "findings-addressed",
                "Testing found one issue: the notice covered the keypad on small phones. Fixed in !314 \
                 and tested again on three phones.",
            ),
        ),
        (at(30, 11, 20), Gita, Ask),
        (at(30, 16, 12), Chi, approve("")),
        (
            at(29, 9, 5),
            Dana,
            Done(
                "secure-configuration",
                "One new setting, the text with its time window. It is empty by default, and then nothing \
                 is shown.",
            ),
        ),
        (
            at(29, 9, 40),
            Ana,
            prove(
                "maintenance-notice-release-notes.md",
                Kind::ReleaseNotes,
                "Release notes of checkout 4.18",
                "",
                &["control:release/release-notes"],
            ),
        ),
        (
            at(27, 9, 30),
            Dana,
            Done(
                "production-watched",
                "Watched through both nights: the notice appeared and disappeared on time, and payments \
                 took up to 40 seconds. Six tickets in the first night, two in the second.",
            ),
        ),
        (at(27, 9, 45), Dana, Ask),
        (at(27, 15, 3), Chi, approve("The goal was met, and the numbers are written down.")),
        (
            at(15, 10, 10),
            Dana,
            Done(
                "data-disposition",
                "The feature held no data of customers. Its setting was removed from all environments \
                 after the acquirer's move; the banner component stays, other features use it.",
            ),
        ),
        (at(15, 10, 20), Ana, Ask),
        (at(14, 9, 47), Ben, approve("Retired in good order.")),
    ],
    sequel: &[],
};
