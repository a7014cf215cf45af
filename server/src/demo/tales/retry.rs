//! A feature in use: nothing is left but to retire it one day.

use sluice_domain::{
    policy::{EvidenceKind as Kind, Tier},
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Done, Fear, Model, Treat},
        Tale, Threat,
        Who::{Ana, Ben, Chi, Dana, Gita, Ines, Sam},
        approve, prove,
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
    begins: at(31, 10, 0),
    steps: &[
        (
            at(31, 10, 25),
            Ana,
            Done(
                "scope-and-goals",
                "One automatic retry after a soft decline. Goal: one in three of these payments succeeds \
                 at the second attempt. Left out: retries after hours or days, which need the customer's \
                 consent.",
            ),
        ),
        (
            at(31, 13, 30),
            Sam,
            Done(
                "security-requirements",
                "A customer is never charged twice, whatever gets lost on the way. Card data is kept no \
                 longer for the retry than the three seconds, in memory only. The connection to the \
                 acquirer is the existing one (mutual TLS); nothing new is opened.",
            ),
        ),
        (at(31, 13, 50), Ana, Ask),
        (at(30, 9, 28), Chi, approve("")),
        (
            at(29, 10, 15),
            Sam,
            Done(
                "feature-description",
                "The payment worker keeps the request for three seconds and sends it again with the same \
                 idempotency key. The acquirer answers a repeated key with the first result, so a lost \
                 answer cannot become a second charge.",
            ),
        ),
        (
            at(29, 10, 55),
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
            at(29, 11, 5),
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
            at(29, 11, 15),
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
        (at(29, 11, 30), Sam, Ask),
        (at(28, 14, 5), Ben, approve("The restart case is answered. Good model for a small feature.")),
        (
            at(25, 15, 10),
            Sam,
            prove(
                "payment-retry-reviews.csv",
                Kind::CodeReview,
                "Merge requests !346 and !349 with their reviews",
                "!349 had two reviewers, because it changes every capture.",
                &["control:development/code-review"],
            ),
        ),
        (
            at(25, 15, 16),
            Sam,
            prove(
                "payment-retry-scan.sarif",
                Kind::StaticAnalysis,
                "Static analysis of the payment worker",
                "No findings.",
                &["control:development/security-checks"],
            ),
        ),
        (at(25, 15, 30), Sam, Treat(1, ThreatStatus::Treated)),
        (at(25, 15, 32), Sam, Treat(2, ThreatStatus::Treated)),
        (at(25, 15, 40), Sam, Ask),
        (at(24, 9, 20), Ben, approve("")),
        (
            at(22, 13, 45),
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
        (at(22, 13, 55), Gita, Treat(1, ThreatStatus::Verified)),
        (
            at(22, 14, 10),
            Gita,
            Done(
                "findings-addressed",
                "Testing found that the waiting animation stopped between the attempts and that orders \
                 stayed \"unknown\" after a lost answer. Both are fixed in !349 and tested again.",
            ),
        ),
        (at(22, 14, 15), Gita, Ask),
        (at(21, 10, 40), Chi, approve("")),
        (
            at(20, 9, 10),
            Dana,
            Done(
                "secure-configuration",
                "Memory dumps are off in staging and production (checked on each host). The retry has a \
                 switch, on by default.",
            ),
        ),
        (
            at(20, 9, 35),
            Ana,
            prove(
                "payment-retry-release-notes.md",
                Kind::ReleaseNotes,
                "Release notes of checkout 4.19",
                "Names one known issue of the account page.",
                &["control:release/release-notes"],
            ),
        ),
        (
            at(15, 15, 30),
            Ines,
            Done(
                "production-watched",
                "Watched for five working days: 1.9 % of payments were retried, 41 % of these succeeded. \
                 No double charge in the acquirer's daily files. Nothing unexpected.",
            ),
        ),
        (at(15, 15, 40), Dana, Ask),
        (at(14, 11, 25), Chi, approve("The daily files are the right place to look for double charges.")),
    ],
    sequel: &[],
};
