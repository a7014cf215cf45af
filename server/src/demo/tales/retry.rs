//! A feature in use: nothing is left but to retire it one day.

use sluice_domain::{
    policy::{EvidenceKind as Kind, Tier},
    record::RecordKind,
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Check, Done, Fear, Model, Rate, Treat},
        Said::{Everything, In, Is, T},
        Tale, Threat,
        Who::{Ana, Ben, Chi, Dana, Eli, Gita, Ines, Rosa, Sam},
        approve, edit, guards, merge, prove, record, record_as,
    },
};

pub(super) static RETRY: Tale = Tale {
    product: "PAY",
    title: "Retry a failed payment once",
    description: "Banks decline about two in a hundred payments for a passing reason, such as a timeout \
         of their own. Checkout tries such a payment once more before it asks the customer for another \
         card.\n\n- One retry, after three seconds.\n- Never after a final decline.\n- The customer sees \
         one result.",
    owner: Ana,
    tier: Tier::Low,
    due: None,
    begins: at(100, 10, 0),
    steps: &[
        (
            at(98, 10, 25),
            Ana,
            Rate(
                &[],
                "Amount, card and receiver are those of the first attempt: no money moves that the \
                     customer did not ask for.",
            ),
        ),
        (
            at(98, 10, 25),
            Ana,
            record(
                RecordKind::Plan,
                "",
                &[
                    (
                        "scope",
                        T("One automatic retry after a soft decline. Left out: retries after hours or \
                                 days, \
                     which need the customer's consent."),
                    ),
                    ("goals", T("One in three of these payments succeeds at the second attempt.")),
                ],
            ),
        ),
        (
            at(98, 13, 30),
            Sam,
            guards(
                "input-validation",
                "A customer is never charged twice, whatever gets lost on the way",
                "The acquirer's simulator loses the first answer, and one payment is booked.",
            ),
        ),
        (
            at(98, 13, 30),
            Sam,
            guards(
                "privacy",
                "Card data is kept no longer than the three seconds, in memory only",
                "A memory dump after the second attempt has no card number.",
            ),
        ),
        (
            at(98, 13, 30),
            Sam,
            guards(
                "secure-communication",
                "The retry uses the existing connection with mutual TLS and opens none",
                "The list of connections is the same with the retry on and off.",
            ),
        ),
        (at(98, 13, 50), Ana, Ask),
        (at(97, 9, 28), Chi, approve("")),
        (
            at(96, 10, 15),
            Sam,
            record(
                RecordKind::Design,
                "",
                &[(
                    "description",
                    T("The payment worker keeps the request for three seconds and sends it again with the \
                     same idempotency key. The acquirer answers a repeated key with the first result, so \
                     a lost answer cannot become a second charge."),
                )],
            ),
        ),
        (
            at(96, 10, 55),
            Sam,
            Model([
                "The payment worker, the acquirer's interface, and the request that is held between two \
                 attempts. Worth protecting: the customer's money and the card data in the request.",
                "A payment is charged twice (T-1); held requests leak with a memory dump (T-2). Found \
                 with STRIDE for the worker and its two flows.",
                "Idempotency keys against double charges. The request is held encrypted and wiped after \
                 the second attempt.",
                "Ben asked what happens when the worker restarts between the attempts: the payment then \
                 fails visibly. We added a test for it.",
            ]),
        ),
        (
            at(96, 11, 5),
            Sam,
            Fear(Threat {
                title: "A payment is charged twice when the acquirer's answer is lost",
                element: "Payment worker to acquirer",
                stride: Stride::Tampering,
                severity: Severity::High,
                description: "The first attempt succeeds, its answer gets lost, and the retry charges the \
                     card again.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "The same idempotency key for both attempts; the acquirer answers with \
                     the first result. A test loses the answer on purpose.",
                owner: Some(Sam),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(96, 11, 15),
            Sam,
            Fear(Threat {
                title: "Card data of held requests leaks with a memory dump",
                element: "Payment worker",
                stride: Stride::InformationDisclosure,
                severity: Severity::Medium,
                description: "A crash writes the worker's memory to disk while requests are held.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "Memory dumps are off in production; held requests are encrypted with a \
                     key of the process and wiped after use.",
                owner: Some(Dana),
                status: ThreatStatus::Planned,
            }),
        ),
        (at(96, 11, 30), Sam, Ask),
        (at(95, 14, 5), Ben, approve("The restart case is answered. Good model for a small feature.")),
        (at(92, 15, 10), Sam, merge(346, "One retry after a soft decline", Sam, &[Dana], T("R-2, R-3"))),
        (at(92, 15, 10), Sam, merge(349, "Idempotency key on every capture", Sam, &[Dana, Eli], Everything)),
        (
            at(92, 15, 10),
            Sam,
            prove(
                "payment-retry-reviews.csv",
                Kind::CodeReview,
                "Merge requests !346 and !349 with their reviews",
                "!349 had two reviewers, because it changes every capture.",
                &[],
            ),
        ),
        (
            at(92, 15, 16),
            Sam,
            prove(
                "payment-retry-scan.sarif",
                Kind::StaticAnalysis,
                "Static analysis of the payment worker",
                "No findings.",
                &[],
            ),
        ),
        (at(92, 15, 16), Sam, Check("security", "Static analysis", 4512)),
        (at(92, 15, 30), Sam, Treat(1, ThreatStatus::Treated)),
        (at(92, 15, 32), Sam, Treat(2, ThreatStatus::Treated)),
        (at(92, 15, 40), Sam, Ask),
        (at(91, 9, 20), Ben, approve("")),
        (
            at(89, 13, 45),
            Gita,
            prove(
                "payment-retry-tests.xml",
                Kind::TestReport,
                "Tests of the retry",
                "Six tests against the acquirer's simulator, all green. One of them loses the answer of \
                 the first attempt.",
                &["control:testing/test-results", "threat:1"],
            ),
        ),
        (at(89, 13, 55), Gita, Treat(1, ThreatStatus::Verified)),
        (
            at(89, 14, 10),
            Gita,
            record(
                RecordKind::Finding,
                "The waiting animation stops between the attempts",
                &[
                    ("severity", T("low")),
                    (
                        "description",
                        T("The waiting animation stops between the two attempts, and customers press \
                                 the button \
                     again."),
                    ),
                    ("owner", Is(Sam)),
                ],
            ),
        ),
        (
            at(89, 14, 10),
            Gita,
            record(
                RecordKind::Finding,
                "Orders stay in the state \"unknown\" after a lost answer",
                &[
                    ("severity", T("medium")),
                    (
                        "description",
                        T("When the answer of the first attempt is lost, the order stays in the state \
                     \"unknown\" although the payment went through."),
                    ),
                    ("owner", Is(Sam)),
                ],
            ),
        ),
        (
            at(89, 14, 40),
            Sam,
            edit(
                RecordKind::Finding,
                1,
                "fixed",
                &[
                    ("fix", T("The animation belongs to the order now and not to the attempt.")),
                    ("change", T("C-2")),
                ],
            ),
        ),
        (
            at(89, 14, 45),
            Sam,
            edit(
                RecordKind::Finding,
                2,
                "fixed",
                &[
                    ("fix", T("The second attempt settles the order by the idempotency key.")),
                    ("change", T("C-2")),
                ],
            ),
        ),
        (
            at(89, 15, 30),
            Gita,
            edit(
                RecordKind::Finding,
                1,
                "validated",
                &[("validation", T("Watched ten payments with a delayed answer."))],
            ),
        ),
        (
            at(89, 15, 34),
            Gita,
            edit(
                RecordKind::Finding,
                2,
                "validated",
                &[("validation", T("The test that loses the answer passes; it failed before."))],
            ),
        ),
        (at(89, 15, 40), Gita, Ask),
        (at(88, 10, 40), Chi, approve("")),
        (
            at(87, 9, 10),
            Dana,
            record(
                RecordKind::Hardening,
                "",
                &[(
                    "settings",
                    T("Memory dumps are off in staging and production (checked on each host). The \
                             retry has \
                     a switch, on by default."),
                )],
            ),
        ),
        (
            at(87, 9, 35),
            Ana,
            prove(
                "payment-retry-release-notes.md",
                Kind::ReleaseNotes,
                "Release notes of checkout 4.19",
                "Names one known issue of the account page.",
                &[],
            ),
        ),
        (
            at(87, 9, 35),
            Ana,
            record(
                RecordKind::ReleaseNotes,
                "",
                &[
                    (
                        "notes",
                        T("When a bank declines a payment for a passing reason, checkout tries once \
                                 more before \
                     it asks for another card."),
                    ),
                    (
                        "known",
                        T("The account page shows a retried payment as one line, without the first attempt."),
                    ),
                    ("release", T("checkout 4.19")),
                ],
            ),
        ),
        (
            at(82, 15, 30),
            Ines,
            Done(
                "production-watched",
                "Watched for five working days: 1.9 % of payments were retried, 41 % of these succeeded. \
                 No double charge in the acquirer's daily files. Nothing unexpected.",
            ),
        ),
        (at(82, 15, 40), Dana, Ask),
        (at(81, 11, 25), Chi, approve("The daily files are the right place to look for double charges.")),
        (
            at(60, 10, 20),
            Rosa,
            record(
                RecordKind::Feedback,
                "A payment shows twice in the preview of the bank",
                &[
                    ("source", T("Support ticket, passed on by Rosa Lim")),
                    (
                        "text",
                        T("A customer saw the payment twice in the bank's preview. One of them \
                                 vanished the \
                     next day."),
                    ),
                    ("class", T("defect")),
                    ("severity", T("low")),
                ],
            ),
        ),
        (
            at(58, 11, 5),
            Ana,
            edit(
                RecordKind::Feedback,
                1,
                "analysed",
                &[(
                    "analysis",
                    T("The bank shows the declined attempt as reserved until midnight. No second charge; \
                     the help page explains it now."),
                )],
            ),
        ),
        (at(58, 11, 9), Ana, edit(RecordKind::Feedback, 1, "closed", &[])),
        (
            at(20, 9, 45),
            Sam,
            record_as(
                RecordKind::PostureReview,
                "planned",
                "Half-year review",
                &[("owner", Is(Sam)), ("due", In(-25))],
            ),
        ),
        (
            at(18, 14, 20),
            Sam,
            edit(
                RecordKind::PostureReview,
                1,
                "done",
                &[
                    (
                        "result",
                        T("No new threat. The acquirer renewed its certificate, and the pinned issuer \
                                 is still \
                     right. The share of retried payments is stable at 2 %."),
                    ),
                    ("next", In(160)),
                ],
            ),
        ),
    ],
    sequel: &[],
};
