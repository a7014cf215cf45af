//! A feature that is in production and being watched.

use sluice_domain::{
    policy::{EvidenceKind as Kind, Tier},
    record::RecordKind,
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Check, Fear, Model, Rate, Treat},
        Said::{Everything, T},
        Tale, Threat,
        Who::{Ana, Ben, Chi, Dana, Gita, Sam},
        approve, guards, merge, prove, record,
    },
};

pub(super) static EXPIRY: Tale = Tale {
    product: "PAY",
    title: "Warn before a stored card expires",
    description: "Customers with a stored card get one e-mail sixty days before the card expires, so that \
         their next order does not fail.\n\nThe e-mail names the bank and nothing else of the card. \
         Customers can turn the reminder off.",
    owner: Ana,
    tier: Tier::Low,
    due: Some(6),
    begins: at(90, 9, 30),
    steps: &[
        (
            at(90, 9, 50),
            Ana,
            Rate(
                &[],
                "It reads the name and address that the shop writes to anyway, through a view without \
                     card data; nothing new can be reached.",
            ),
        ),
        (
            at(90, 9, 50),
            Ana,
            record(
                RecordKind::Plan,
                "",
                &[
                    (
                        "scope",
                        T("One reminder by e-mail, sixty days before a stored card expires. Left out: \
                                 reminders \
                     by text message."),
                    ),
                    ("goals", T("A quarter fewer orders that fail because of an expired card.")),
                ],
            ),
        ),
        (
            at(90, 11, 20),
            Dana,
            guards(
                "privacy",
                "The e-mail contains no digits of the card",
                "No rendered e-mail and no queued one has a row of four digits.",
            ),
        ),
        (
            at(90, 11, 20),
            Dana,
            guards(
                "authentication",
                "The link leads to the sign-in page and signs nobody in",
                "Following it in a fresh browser asks for the password.",
            ),
        ),
        (
            at(90, 11, 20),
            Dana,
            guards(
                "secure-communication",
                "The mail server is reached over TLS with its certificate checked",
                "With a wrong certificate nothing is sent.",
            ),
        ),
        (at(90, 11, 30), Ana, Ask),
        (at(89, 9, 55), Ben, approve("")),
        (
            at(70, 10, 20),
            Dana,
            record(
                RecordKind::Design,
                "",
                &[(
                    "description",
                    T("A nightly job finds cards that expire in sixty days and queues one e-mail each. The \
                     template takes the customer's first name and the bank's name; the link leads to the \
                     sign-in page."),
                )],
            ),
        ),
        (
            at(70, 10, 45),
            Dana,
            Model([
                "A nightly job, the mail queue, the e-mail itself, and the sign-in page it leads to. \
                 Worth protecting: card data, and that customers can tell our e-mails from forged ones.",
                "Card data gets into an e-mail or the queue (T-1); forged reminders lead to a false \
                 sign-in page (T-2). Found by walking along the data flow.",
                "The job reads the bank's name and the month of expiry, and nothing else. Our e-mails are \
                 signed (DKIM, DMARC with reject) and never ask for card data.",
                "Chi checked that the database view behind the job has no column with digits.",
            ]),
        ),
        (
            at(70, 10, 55),
            Dana,
            Fear(Threat {
                title: "Card digits end up in the reminder or in the mail queue",
                element: "Nightly job to mail queue",
                stride: Stride::InformationDisclosure,
                severity: Severity::High,
                description: "A later change of the template adds the last digits \"to be helpful\", and \
                     they are kept in the queue, in logs and in mailboxes.",
                treatment: Some(Treatment::Avoid),
                countermeasure: "The job reads a database view that has no digits, so that no template \
                     can show them.",
                owner: Some(Dana),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(70, 11, 5),
            Dana,
            Fear(Threat {
                title: "Forged reminders lead customers to a false sign-in page",
                element: "E-mail to customer",
                stride: Stride::Spoofing,
                severity: Severity::Medium,
                description: "Once customers are used to the reminder, a copy of it is good bait.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "DKIM and DMARC with reject; the text says that we never ask for card \
                     data by e-mail; the link is the plain address of our sign-in page.",
                owner: Some(Ana),
                status: ThreatStatus::Planned,
            }),
        ),
        (at(70, 11, 15), Dana, Ask),
        (at(69, 15, 10), Chi, approve("A view without digits is better than a promise not to print them.")),
        (
            at(45, 14, 20),
            Dana,
            merge(368, "Reminder sixty days before a card expires", Dana, &[Sam], T("R-2, R-3")),
        ),
        (at(45, 14, 20), Dana, merge(371, "Reminder without card digits", Dana, &[Sam], Everything)),
        (
            at(45, 14, 20),
            Dana,
            prove(
                "card-expiry-reviews.csv",
                Kind::CodeReview,
                "Merge requests !368 and !371 with their reviews",
                "",
                &[],
            ),
        ),
        (
            at(45, 14, 25),
            Dana,
            prove(
                "card-expiry-scan.sarif",
                Kind::StaticAnalysis,
                "Static analysis of the reminder job",
                "No findings.",
                &[],
            ),
        ),
        (at(45, 14, 25), Dana, Check("security", "Static analysis", 4823)),
        (at(45, 14, 40), Dana, Treat(1, ThreatStatus::Treated)),
        (at(45, 14, 42), Dana, Treat(2, ThreatStatus::Treated)),
        (at(45, 14, 50), Dana, Ask),
        (at(44, 10, 12), Ben, approve("")),
        (
            at(25, 11, 0),
            Gita,
            prove(
                "card-expiry-tests.xml",
                Kind::TestReport,
                "Tests of the reminder",
                "Five tests, all green.",
                &["control:testing/test-results", "threat:1"],
            ),
        ),
        (at(25, 11, 15), Gita, Ask),
        (at(23, 9, 25), Ben, approve("")),
        (
            at(3, 9, 30),
            Dana,
            record(
                RecordKind::Hardening,
                "",
                &[(
                    "settings",
                    T("The mail server's address and certificate are set; the job's database account can \
                     read the view and nothing else. The reminder is off until the job runs for the first \
                     time."),
                )],
            ),
        ),
        (
            at(3, 10, 15),
            Ana,
            prove(
                "card-expiry-release-notes.md",
                Kind::ReleaseNotes,
                "Release notes of checkout 4.21",
                "",
                &[],
            ),
        ),
        (
            at(3, 10, 15),
            Ana,
            record(
                RecordKind::ReleaseNotes,
                "",
                &[
                    (
                        "notes",
                        T("Customers with a stored card get one reminder sixty days before it expires. \
                                 They can \
                     turn it off in their account."),
                    ),
                    ("known", T("None.")),
                    ("release", T("checkout 4.21")),
                ],
            ),
        ),
    ],
    sequel: &[],
};
