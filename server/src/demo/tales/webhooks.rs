//! A medium-risk feature up to the end of development; `webhooks_to_production.rs` goes on from there.

use sluice_domain::{
    policy::{EvidenceKind as Kind, Tier},
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use super::webhooks_to_production::TO_PRODUCTION;
use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Done, Fear, Model, NotApplicable, Treat},
        Tale, Threat,
        Who::{Ana, Ben, Chi, Dana, Eli, Gita, Sam},
        approve, prove,
    },
};

pub(super) static WEBHOOKS: Tale = Tale {
    product: "PAY",
    title: "Verify the signatures of incoming webhooks",
    description: "Our acquirer tells us by webhook that a payment was captured, and we ship the goods. So \
         far anybody who knows the address of the webhook can tell us that.\n\n- Every delivery has to \
         carry a valid signature.\n- A delivery counts once, and only while it is fresh.\n- Keys can be \
         replaced without losing a delivery.",
    owner: Dana,
    tier: Tier::Medium,
    due: Some(3),
    begins: at(34, 13, 5),
    steps: &[
        (
            at(34, 13, 40),
            Ana,
            Done(
                "scope-and-goals",
                "Deliveries of the acquirer are checked before they change an order. Goal: no order is \
                 marked as paid by an unsigned, repeated or late delivery, and none that is genuine gets \
                 lost. Left out: the webhooks that we send ourselves.",
            ),
        ),
        (
            at(34, 15, 20),
            Eli,
            Done(
                "functional-requirements",
                "1. A delivery without a valid signature is refused with status 401 and changes \
                 nothing.\n2. A repeated delivery is answered with success and changes nothing.\n3. A \
                 delivery older than five minutes is refused.\n4. Two keys can be active at once.\n5. \
                 Refused deliveries are counted and can be looked at.",
            ),
        ),
        (
            at(33, 9, 30),
            Dana,
            Done(
                "security-requirements",
                "Deliveries are authenticated by an HMAC over time stamp, endpoint and body. Keys are \
                 readable by the service only and never logged. The endpoint speaks TLS 1.2 or newer. \
                 Refusing must cost less than forging: a flood of forged deliveries does not slow \
                 checkout down.",
            ),
        ),
        (
            at(33, 13, 10),
            Gita,
            prove(
                "webhook-security-testing.md",
                Kind::Plan,
                "Security testing: what, by whom, why",
                "No penetration test of its own; the yearly one covers the endpoint.",
                &["control:requirements/security-testing-plan"],
            ),
        ),
        (
            at(33, 15, 0),
            Ana,
            NotApplicable(
                "marketing-informed",
                "Customers do not notice this change, and it changes nothing in the market.",
            ),
        ),
        (
            at(33, 15, 10),
            Ana,
            Done(
                "support-informed",
                "Told Rosa Lim what changes: orders stay \"waiting for payment\" when a delivery was \
                 refused, and the delivery console shows why. The message is in the support channel.",
            ),
        ),
        (at(33, 15, 20), Ana, Ask),
        (
            at(32, 11, 15),
            Chi,
            approve("The requirement about the cost of refusing is the important one. Good."),
        ),
        (
            at(30, 9, 40),
            Eli,
            Done(
                "feature-description",
                "The endpoint reads the raw body (at most 256 KiB), checks time stamp and signature in \
                 constant time against the active keys, then looks the delivery's id up in the memory of \
                 the last hour, and only then parses the body and changes the order. Controls: size \
                 limit, signature, freshness, replay memory.",
            ),
        ),
        (
            at(30, 10, 0),
            Ana,
            Done(
                "definition-of-ready",
                "All points are met: scope agreed, the acquirer's documentation read, simulator ready, \
                 and Sam is free for two weeks.",
            ),
        ),
        (
            at(30, 13, 30),
            Dana,
            prove(
                "webhook-design.md",
                Kind::Design,
                "Design decisions: signature, order of checks, memory, keys",
                "Four decisions, each with the choices we had.",
                &["control:design/design-decisions"],
            ),
        ),
        (
            at(30, 14, 0),
            Dana,
            Model([
                "The webhook endpoint, its keys, the memory of deliveries, and the change to the order. \
                 Worth protecting: goods that leave only when they are paid for, and the keys. Boundary: \
                 the internet, in front of the endpoint.",
                "Forged deliveries (T-1), genuine ones sent again (T-2), floods of them (T-3), and leaked \
                 keys (T-4). Found by STRIDE for the endpoint and its stores; the acquirer's own security \
                 notes were read for completeness.",
                "Check before parsing, remember for an hour, refuse cheaply, and make keys easy to replace.",
                "Sam played the attacker for an afternoon on the first draft and found that the \
                 endpoint's name was missing from the signed text. It is part of it now.",
            ]),
        ),
        (
            at(30, 14, 10),
            Dana,
            Fear(Threat {
                title: "A forged delivery marks an order as paid",
                element: "Internet to webhook endpoint",
                stride: Stride::Spoofing,
                severity: Severity::Critical,
                description: "The endpoint's address is no secret. Whoever sends \"captured\" for an open \
                     order gets the goods for nothing.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "HMAC-SHA-256 over time stamp, endpoint and raw body, compared in \
                     constant time before anything is parsed.",
                owner: Some(Dana),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(30, 14, 20),
            Dana,
            Fear(Threat {
                title: "A genuine delivery is sent again",
                element: "Delivery memory",
                stride: Stride::Tampering,
                severity: Severity::High,
                description: "A recorded delivery of a small refund, repeated a hundred times, empties an \
                     account.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "Deliveries older than five minutes are refused; ids are remembered for \
                     an hour, shared by all instances.",
                owner: Some(Sam),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(30, 14, 30),
            Dana,
            Fear(Threat {
                title: "A flood of forged deliveries slows checkout down",
                element: "Webhook endpoint",
                stride: Stride::DenialOfService,
                severity: Severity::Medium,
                description: "Each delivery costs a database query before it is refused.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "Size limit and signature come before any query; the endpoint has its own \
                     pool of workers.",
                owner: Some(Sam),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(30, 14, 40),
            Dana,
            Fear(Threat {
                title: "A signing key leaks",
                element: "Key file",
                stride: Stride::InformationDisclosure,
                severity: Severity::High,
                description: "Keys in environment variables end up in crash reports and support bundles.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "Keys are read from a file that only the service can read; two keys can \
                     be active, so that a leaked one is replaced in minutes; an alert after 180 days.",
                owner: Some(Dana),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(29, 9, 20),
            Dana,
            Done(
                "countermeasures",
                "T-1 signature check (Dana; unit and system tests with forgeries). T-2 freshness and \
                 memory (Sam; unit and system tests). T-3 order of checks and own workers (Sam; load \
                 test). T-4 key file and rotation (Dana; rotation test, alert on age).",
            ),
        ),
        (
            at(29, 9, 50),
            Gita,
            Done(
                "control-design",
                "| Control | Where | Shown by |\n| --- | --- | --- |\n| Size limit | endpoint | unit test \
                 |\n| Signature | signature module | unit and system tests |\n| Freshness, replay | \
                 delivery memory | unit and system tests |\n| Keys | key file, deployment | rotation test \
                 in staging |",
            ),
        ),
        (at(29, 10, 0), Dana, Ask),
        (
            at(27, 13, 25),
            Ben,
            approve("Read the model and the four decisions. Checking the raw bytes before parsing is right."),
        ),
        (
            at(20, 9, 30),
            Sam,
            Done(
                "coding-standards",
                "Our secure coding guide, chapters on input, secrets and comparison. One departure: the \
                 raw body is kept in memory until the check has passed, agreed with Ben Ode.",
            ),
        ),
        (
            at(20, 9, 45),
            Dana,
            Done(
                "implemented-as-designed",
                "!327 signature check, !331 replay memory, !338 two keys, !342 counters. One difference \
                 to the design: the memory of deliveries is a table and not a cache, because the cache \
                 may forget early. Agreed with Eli Brandt.",
            ),
        ),
        (
            at(20, 10, 0),
            Dana,
            Done(
                "security-controls-implemented",
                "Signature and size limit: !327. Freshness and replay: !331. Key file and two keys: !338. \
                 Refusals counted: !342. T-1 to T-4 are covered by these four.",
            ),
        ),
        (
            at(20, 10, 10),
            Dana,
            prove(
                "webhook-reviews.csv",
                Kind::CodeReview,
                "Merge requests !327, !331, !338 and !342 with their reviews",
                "Two reviewers for each change, neither of them its author.",
                &["control:development/code-review", "control:development/two-reviewers"],
            ),
        ),
        (
            at(20, 10, 14),
            Dana,
            prove(
                "webhook-branch-protection.json",
                Kind::Configuration,
                "Protection of the main branch",
                "Two approvals, none by the author, and approvals fall with every new commit.",
                &["control:development/two-reviewers"],
            ),
        ),
        (
            at(20, 10, 20),
            Dana,
            prove(
                "webhook-unit-tests.xml",
                Kind::TestReport,
                "Unit tests of the webhook module",
                "Thirteen tests, all green, none skipped.",
                &["control:development/quality-checks"],
            ),
        ),
        (
            at(20, 10, 26),
            Dana,
            prove(
                "trivy-alpine-310.sarif",
                Kind::DependencyScan,
                "Scan of the base image",
                "Four medium entries for OpenSSL 1.1.1c. None is reachable from the endpoint, which uses \
                 another TLS library; the image is updated with the next release all the same.",
                &["control:development/security-checks"],
            ),
        ),
        (
            at(20, 10, 30),
            Dana,
            prove(
                "grype-demo2.openvex.json",
                Kind::Vex,
                "Which known vulnerabilities concern us",
                "Five statements about the base image: three fixed, two do not affect us because the \
                 vulnerable code is not there.",
                &["control:development/security-checks"],
            ),
        ),
        (at(20, 11, 0), Dana, Treat(1, ThreatStatus::Treated)),
        (at(20, 11, 1), Dana, Treat(2, ThreatStatus::Treated)),
        (at(20, 11, 2), Dana, Treat(3, ThreatStatus::Treated)),
        (at(20, 11, 3), Dana, Treat(4, ThreatStatus::Treated)),
        (at(20, 11, 10), Dana, Ask),
        (
            at(18, 15, 40),
            Chi,
            approve(
                "Read all four changes. The constant-time comparison has a test that would notice its \
                 removal.",
            ),
        ),
    ],
    sequel: TO_PRODUCTION,
};
