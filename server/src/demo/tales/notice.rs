//! A small feature that went all the way and was retired again.

use sluice_domain::{
    policy::{EvidenceKind as Kind, Tier},
    record::RecordKind,
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Check, Done, Fear, Model, Rate, Treat},
        Said::{Is, T},
        Tale, Threat,
        Who::{Ana, Ben, Chi, Dana, Gita, Sam},
        approve, edit, guards, merge, prove, record,
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
    begins: at(105, 9, 5),
    steps: &[
        (
            at(105, 9, 20),
            Ana,
            Rate(
                &[],
                "It shows a text. Nobody gets in by it, nothing new can be reached, and no data is \
                     read.",
            ),
        ),
        (
            at(105, 9, 20),
            Ana,
            record(
                RecordKind::Plan,
                "",
                &[
                    (
                        "scope",
                        T("A notice above the payment form during announced maintenance of the \
                                 acquirer, in \
                     English and German. Left out: other pages and other languages."),
                    ),
                    (
                        "goals",
                        T("Fewer than ten support tickets about delayed payments in each of the two nights."),
                    ),
                ],
            ),
        ),
        (
            at(105, 10, 40),
            Dana,
            guards(
                "input-validation",
                "The notice is shown as plain text: no markup, no link",
                "A text that looks like markup is shown letter by letter.",
            ),
        ),
        (
            at(105, 10, 40),
            Dana,
            guards(
                "configuration",
                "The text changes only by a change that somebody else reviewed",
                "A change of the configuration without a review is refused by the code host.",
            ),
        ),
        (at(105, 11, 5), Ana, Ask),
        (at(105, 14, 32), Ben, approve("Small and well bounded. Plain text only is the right requirement.")),
        (
            at(104, 9, 15),
            Dana,
            record(
                RecordKind::Design,
                "",
                &[(
                    "description",
                    T("Checkout reads the text and its time window from the configuration service and \
                             shows \
                     it inside the existing banner component, which escapes all text. Changing the \
                     configuration takes a reviewed change, like code."),
                )],
            ),
        ),
        (
            at(104, 9, 50),
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
            at(104, 10, 5),
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
        (at(104, 11, 10), Dana, Ask),
        (at(103, 10, 18), Ben, approve("")),
        (at(102, 15, 20), Dana, merge(311, "Notice above the payment form", Dana, &[Sam], T("R-1, T-1"))),
        (at(102, 15, 20), Dana, merge(314, "Notice text from configuration", Dana, &[Sam], T("R-2"))),
        (
            at(102, 15, 20),
            Dana,
            prove(
                "maintenance-notice-reviews.csv",
                Kind::CodeReview,
                "Merge requests !311 and !314 with their reviews",
                "Exported from the code host.",
                &[],
            ),
        ),
        (
            at(102, 15, 24),
            Dana,
            prove(
                "maintenance-notice-scan.sarif",
                Kind::StaticAnalysis,
                "Static analysis of the notice",
                "No findings.",
                &[],
            ),
        ),
        (at(102, 15, 24), Dana, Check("security", "Static analysis", 4071)),
        (at(102, 15, 40), Dana, Treat(1, ThreatStatus::Treated)),
        (at(102, 15, 45), Dana, Ask),
        (
            at(101, 9, 35),
            Ben,
            approve("Read both changes. The escaping happens in the banner itself, not at each use."),
        ),
        (
            at(100, 10, 50),
            Gita,
            prove(
                "maintenance-notice-tests.xml",
                Kind::TestReport,
                "Tests of the notice",
                "Five tests, all green. The one with markup in the text shows that T-1 is answered.",
                &["control:testing/test-results", "threat:1"],
            ),
        ),
        (at(100, 11, 5), Gita, Treat(1, ThreatStatus::Verified)),
        (
            at(100, 11, 15),
            Gita,
            record(
                RecordKind::Finding,
                "The notice covers the keypad on small phones",
                &[
                    ("severity", T("low")),
                    (
                        "description",
                        T("On small phones the notice covers the keypad, so that the last digits of a \
                                 card are \
                     typed blind. Seen on two of three phones."),
                    ),
                    ("owner", Is(Dana)),
                ],
            ),
        ),
        (
            at(100, 13, 30),
            Dana,
            edit(
                RecordKind::Finding,
                1,
                "fixed",
                &[
                    ("fix", T("The notice scrolls with the page instead of sticking to its top.")),
                    ("change", T("C-2")),
                ],
            ),
        ),
        (
            at(100, 14, 10),
            Gita,
            edit(
                RecordKind::Finding,
                1,
                "validated",
                &[(
                    "validation",
                    T("Tested again on the same three phones, and on the smallest screen that we support."),
                )],
            ),
        ),
        (at(100, 14, 20), Gita, Ask),
        (at(100, 16, 12), Chi, approve("")),
        (
            at(99, 9, 5),
            Dana,
            record(
                RecordKind::Hardening,
                "",
                &[(
                    "settings",
                    T("One new setting, the text with its time window. It is empty by default, and then \
                     nothing is shown."),
                )],
            ),
        ),
        (
            at(99, 9, 40),
            Ana,
            prove(
                "maintenance-notice-release-notes.md",
                Kind::ReleaseNotes,
                "Release notes of checkout 4.18",
                "",
                &[],
            ),
        ),
        (
            at(99, 9, 40),
            Ana,
            record(
                RecordKind::ReleaseNotes,
                "",
                &[
                    (
                        "notes",
                        T("A notice above the payment form says when our acquirer's maintenance may \
                                 delay a \
                     payment."),
                    ),
                    ("known", T("None.")),
                    ("release", T("checkout 4.18")),
                ],
            ),
        ),
        (
            at(97, 9, 30),
            Dana,
            Done(
                "production-watched",
                "Watched through both nights: the notice appeared and disappeared on time, and payments \
                 took up to 40 seconds. Six tickets in the first night, two in the second.",
            ),
        ),
        (at(97, 9, 45), Dana, Ask),
        (at(97, 15, 3), Chi, approve("The goal was met, and the numbers are written down.")),
        (
            at(85, 10, 10),
            Dana,
            Done(
                "data-disposition",
                "The feature held no data of customers. Its setting was removed from all environments \
                 after the acquirer's move; the banner component stays, other features use it.",
            ),
        ),
        (at(85, 10, 20), Ana, Ask),
        (at(84, 9, 47), Ben, approve("Retired in good order.")),
    ],
    sequel: &[],
};
