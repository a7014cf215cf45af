//! A feature that is in production and being watched.

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

pub(super) static EXPIRY: Tale = Tale {
    product: "PAY",
    title: "Warn before a stored card expires",
    description: "Customers with a stored card get one e-mail sixty days before the card expires, so that \
         their next order does not fail.\n\nThe e-mail names the bank and nothing else of the card. \
         Customers can turn the reminder off.",
    owner: Ana,
    tier: Tier::Low,
    due: Some(6),
    begins: at(24, 9, 30),
    steps: &[
        (
            at(24, 9, 50),
            Ana,
            Done(
                "scope-and-goals",
                "One reminder by e-mail, sixty days before a stored card expires. Goal: a quarter fewer \
                 orders that fail because of an expired card. Left out: reminders by text message.",
            ),
        ),
        (
            at(24, 11, 20),
            Dana,
            Done(
                "security-requirements",
                "The e-mail contains no digits of the card and no link that signs the customer in. Who is \
                 reminded must not become visible to others. The mail server is reached over TLS with its \
                 certificate checked.",
            ),
        ),
        (at(24, 11, 30), Ana, Ask),
        (at(23, 9, 55), Ben, approve("")),
        (
            at(22, 10, 20),
            Dana,
            Done(
                "feature-description",
                "A nightly job finds cards that expire in sixty days and queues one e-mail each. The \
                 template takes the customer's first name and the bank's name; the link leads to the \
                 sign-in page.",
            ),
        ),
        (
            at(22, 10, 45),
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
            at(22, 10, 55),
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
            at(22, 11, 5),
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
        (at(22, 11, 15), Dana, Ask),
        (at(21, 15, 10), Chi, approve("A view without digits is better than a promise not to print them.")),
        (
            at(17, 14, 20),
            Dana,
            prove(
                "card-expiry-reviews.csv",
                Kind::CodeReview,
                "Merge requests !368 and !371 with their reviews",
                "",
                &["control:development/code-review"],
            ),
        ),
        (
            at(17, 14, 25),
            Dana,
            prove(
                "card-expiry-scan.sarif",
                Kind::StaticAnalysis,
                "Static analysis of the reminder job",
                "No findings.",
                &["control:development/security-checks"],
            ),
        ),
        (at(17, 14, 40), Dana, Treat(1, ThreatStatus::Treated)),
        (at(17, 14, 42), Dana, Treat(2, ThreatStatus::Treated)),
        (at(17, 14, 50), Dana, Ask),
        (at(16, 10, 12), Ben, approve("")),
        (
            at(13, 11, 0),
            Gita,
            prove(
                "card-expiry-tests.xml",
                Kind::TestReport,
                "Tests of the reminder",
                "Five tests, all green.",
                &["control:testing/test-results", "threat:1"],
            ),
        ),
        (
            at(13, 11, 10),
            Gita,
            Done(
                "findings-addressed",
                "Nothing was found. Read forty rendered e-mails by hand: bank, first name and month, as \
                 designed.",
            ),
        ),
        (at(13, 11, 15), Gita, Ask),
        (at(11, 9, 25), Ben, approve("")),
        (
            at(3, 9, 30),
            Dana,
            Done(
                "secure-configuration",
                "The mail server's address and certificate are set; the job's database account can read \
                 the view and nothing else. The reminder is off until the job runs for the first time.",
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
                &["control:release/release-notes"],
            ),
        ),
    ],
    sequel: &[],
};
