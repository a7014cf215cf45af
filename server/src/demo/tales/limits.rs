//! A proposal that a reviewer denied, and a change that waits for its review.

use sluice_domain::{
    access::Role,
    policy::{EvidenceKind as Kind, Tier},
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Deny, Done, Fear, Model, Treat},
        Tale, Threat,
        Who::{Ana, Ben, Chi, Dana, Gita, Sam},
        approve, prove,
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
    begins: at(4, 13, 20),
    steps: &[
        (
            at(4, 13, 45),
            Ana,
            Done(
                "scope-and-goals",
                "Support staff enter the card of a customer who asks for help in the chat. Goal: half of \
                 these orders are saved. Left out: calls by phone.",
            ),
        ),
        (
            at(2, 16, 15),
            Ana,
            Done(
                "security-requirements",
                "Chat transcripts with card numbers are deleted after a day. Only support staff can read \
                 them.",
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
    begins: at(12, 9, 40),
    steps: &[
        (
            at(12, 10, 5),
            Ana,
            Done(
                "scope-and-goals",
                "At most five failed attempts per card and twenty per address within an hour. Goal: \
                 declines for stolen cards fall below the acquirer's threshold. Left out: rules that look \
                 at more than numbers of attempts.",
            ),
        ),
        (
            at(12, 13, 15),
            Dana,
            Done(
                "security-requirements",
                "The limit holds across all instances and cannot be reset by a new session. Counters hold \
                 a keyed hash of the card number, never the number. The answer does not tell a limited \
                 card from a declined one.",
            ),
        ),
        (at(12, 13, 30), Ana, Ask),
        (at(11, 11, 45), Chi, approve("")),
        (
            at(10, 10, 0),
            Sam,
            Done(
                "feature-description",
                "Before an attempt is sent to the acquirer, two counters are raised: one by the keyed \
                 hash of the card number, one by address. Above the limit the attempt is answered like a \
                 decline, after the same time.",
            ),
        ),
        (
            at(10, 10, 30),
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
            at(10, 10, 40),
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
            at(10, 10, 50),
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
            at(10, 11, 0),
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
        (at(10, 11, 15), Sam, Ask),
        (at(9, 14, 30), Ben, approve("T-3 is accepted with a name and a date. Fine.")),
        (
            at(2, 15, 5),
            Sam,
            prove(
                "attempt-limit-reviews.csv",
                Kind::CodeReview,
                "Merge requests !417 and !420 with their reviews",
                "Six comments on !417, all resolved.",
                &["control:development/code-review"],
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
                &["control:development/security-checks"],
            ),
        ),
        (at(1, 9, 30), Gita, Treat(2, ThreatStatus::Treated)),
        (at(1, 9, 35), Sam, Treat(1, ThreatStatus::Treated)),
        (at(1, 10, 20), Sam, Ask),
    ],
    sequel: &[],
};
