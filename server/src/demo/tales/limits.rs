//! A proposal that a reviewer denied, and a change that waits for its review.

use sluice_domain::{
    access::Role,
    policy::{EvidenceKind as Kind, Tier},
    record::RecordKind,
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Check, Deny, Fear, Model, Rate, Treat},
        Said::T,
        Tale, Threat,
        Who::{Ana, Ben, Chi, Dana, Gita, Sam},
        approve, guards, merge, prove, record,
    },
};

pub(super) static CHAT: Tale = Tale {
    product: "PAY",
    title: "Take card numbers in the support chat",
    description: "Customers who cannot finish a payment ask support for help. Support would type the card \
         number from the chat into checkout for them.\n\nAsked for by support: about thirty cases a week.",
    owner: Ana,
    tier: Tier::Low,
    due: Some(30),
    begins: at(70, 13, 20),
    steps: &[
        (at(4, 13, 45), Ana, Rate(&[], "Support uses pages that are there already.")),
        (
            at(4, 13, 45),
            Ana,
            record(
                RecordKind::Plan,
                "",
                &[
                    (
                        "scope",
                        T("Support staff enter the card of a customer who asks for help in the chat. \
                                 Left out: \
                     calls by phone."),
                    ),
                    ("goals", T("Half of these orders are saved.")),
                ],
            ),
        ),
        (
            at(2, 16, 15),
            Ana,
            guards(
                "privacy",
                "Chat transcripts with card numbers are deleted after a day",
                "A transcript of the day before yesterday cannot be found.",
            ),
        ),
        (
            at(2, 16, 15),
            Ana,
            guards(
                "authorisation",
                "Only support staff can read the transcripts",
                "Everybody else gets the answer for things that do not exist.",
            ),
        ),
        (at(1, 9, 20), Ana, Ask),
        (
            at(1, 15, 50),
            Ben,
            Deny(
                Role::SecurityReviewer,
                "Card numbers would reach the chat provider, its search index and our backups, where we \
                 cannot delete them within a day; the security code must not be stored at all. This is \
                 also no low risk. Please look at a payment link that support can send instead: then no \
                 card number ever enters the chat.",
            ),
        ),
    ],
    sequel: &[],
};

pub(super) static LIMITS: Tale = Tale {
    product: "PAY",
    title: "Limit payment attempts per card",
    description: "Fraudsters try stolen card numbers at our checkout, a few cents each. Checkout should \
         stop after five failed attempts with one card within an hour, and after twenty from one \
         address.\n\nA customer who is stopped gets the answer of an ordinary decline.",
    owner: Dana,
    tier: Tier::Low,
    due: Some(12),
    begins: at(80, 9, 40),
    steps: &[
        (
            at(79, 10, 5),
            Ana,
            Rate(&[], "It makes checkout refuse more than before, and holds no card number."),
        ),
        (
            at(79, 10, 5),
            Ana,
            record(
                RecordKind::Plan,
                "",
                &[
                    (
                        "scope",
                        T("At most five failed attempts per card and twenty per address within an \
                                 hour. Left \
                     out: rules that look at more than numbers of attempts."),
                    ),
                    ("goals", T("Declines for stolen cards fall below the acquirer's threshold.")),
                ],
            ),
        ),
        (
            at(79, 13, 15),
            Dana,
            guards(
                "availability",
                "The limit holds across all instances and cannot be reset by a new session",
                "Twenty sessions on three instances get five attempts together.",
            ),
        ),
        (
            at(79, 13, 15),
            Dana,
            guards(
                "data-encryption",
                "Counters hold a keyed hash of the card number, never the number",
                "A search of the counter store for test numbers finds none.",
            ),
        ),
        (
            at(79, 13, 15),
            Dana,
            guards(
                "privacy",
                "The answer does not tell a limited card from a declined one",
                "Texts are equal, and times differ by less than their usual spread.",
            ),
        ),
        (at(79, 13, 30), Ana, Ask),
        (at(78, 11, 45), Chi, approve("")),
        (
            at(50, 10, 0),
            Sam,
            record(
                RecordKind::Design,
                "",
                &[(
                    "description",
                    T("Before an attempt is sent to the acquirer, two counters are raised: one by the \
                             keyed \
                     hash of the card number, one by address. Above the limit the attempt is answered \
                     like a decline, after the same time."),
                )],
            ),
        ),
        (
            at(50, 10, 30),
            Sam,
            Model([
                "The check before each payment attempt, the counters, and the answer that the customer \
                 sees. Worth protecting: stolen cards from being tried out, and honest customers from \
                 being locked out.",
                "The answer tells a fraudster which cards are good (T-1); counters leak card numbers \
                 (T-2); somebody locks out customers behind a shared address (T-3). Found by STRIDE and \
                 by reading last month's fraud report.",
                "The same answer in the same time, keyed hashes, and a higher limit for addresses of \
                 large networks.",
                "The fraud team read the model and added T-3.",
            ]),
        ),
        (
            at(50, 10, 40),
            Sam,
            Fear(Threat {
                title: "The answer tells limited cards from declined ones",
                element: "Payment answer",
                stride: Stride::InformationDisclosure,
                severity: Severity::High,
                description: "Another text or a faster answer tells the fraudster to come back with this \
                     card in an hour.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "One text for both, and the answer waits until the usual time of a \
                     decline has passed.",
                owner: Some(Sam),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(50, 10, 50),
            Sam,
            Fear(Threat {
                title: "The counters give card numbers away",
                element: "Counter store",
                stride: Stride::InformationDisclosure,
                severity: Severity::Medium,
                description: "Card numbers have little entropy: a plain hash of them can be tried out in \
                     minutes.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "HMAC with a key from the key service that the counter store never sees; \
                     counters are gone after an hour.",
                owner: Some(Dana),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(50, 11, 0),
            Sam,
            Fear(Threat {
                title: "Customers behind one shared address lock each other out",
                element: "Limit by address",
                stride: Stride::DenialOfService,
                severity: Severity::Medium,
                description: "A university or a phone network shares one address; twenty failed attempts \
                     of others stop everybody.",
                treatment: Some(Treatment::Accept),
                countermeasure: "Accepted by Ana Diaz for three months with a limit of two hundred for \
                     known shared addresses; the fraud team looks at the numbers monthly.",
                owner: Some(Ana),
                status: ThreatStatus::Treated,
            }),
        ),
        (at(50, 11, 15), Sam, Ask),
        (at(49, 14, 30), Ben, approve("T-3 is accepted with a name and a date. Fine.")),
        (
            at(2, 15, 5),
            Sam,
            merge(417, "Limit of payment attempts per card", Sam, &[Dana], T("R-1, R-2, T-2")),
        ),
        (
            at(2, 15, 5),
            Sam,
            merge(420, "Same answer for limited and declined payments", Sam, &[Dana], T("R-3, T-1")),
        ),
        (
            at(2, 15, 5),
            Sam,
            prove(
                "attempt-limit-reviews.csv",
                Kind::CodeReview,
                "Merge requests !417 and !420 with their reviews",
                "Six comments on !417, all resolved.",
                &[],
            ),
        ),
        (
            at(2, 15, 10),
            Sam,
            prove(
                "attempt-limit-scan.sarif",
                Kind::StaticAnalysis,
                "Static analysis of the limiter",
                "No findings.",
                &[],
            ),
        ),
        (at(2, 15, 10), Sam, Check("security", "Static analysis", 5421)),
        (at(1, 9, 30), Gita, Treat(2, ThreatStatus::Treated)),
        (at(1, 9, 35), Sam, Treat(1, ThreatStatus::Treated)),
        (at(1, 10, 20), Sam, Ask),
    ],
    sequel: &[],
};
