//! A medium-risk feature up to the end of development; `webhooks_to_production.rs` goes on from there.

use sluice_domain::{
    policy::{EvidenceKind as Kind, Tier},
    record::{ListKind, RecordKind},
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use super::webhooks_to_production::TO_PRODUCTION;
use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Check, Done, Fear, Model, NotApplicable, Rate, Treat},
        Said::{Is, Points, T},
        Tale, Threat,
        Who::{Ana, Ben, Chi, Dana, Eli, Gita, Rosa, Sam},
        approve, edit, guards, merge, needs, prove, record, record_as,
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
    begins: at(104, 13, 5),
    steps: &[
        (
            at(102, 13, 40),
            Ana,
            Rate(
                &["exposed", "code"],
                "The endpoint decides which orders are shipped; the payments themselves stay with the \
                     acquirer.",
            ),
        ),
        (
            at(102, 13, 40),
            Ana,
            record(
                RecordKind::Plan,
                "",
                &[
                    (
                        "scope",
                        T("Deliveries of the acquirer are checked before they change an order. Left \
                                 out: the \
                     webhooks that we send ourselves."),
                    ),
                    (
                        "goals",
                        T("No order is marked as paid by an unsigned, repeated or late delivery, and \
                                 none that \
                     is genuine gets lost."),
                    ),
                    ("timeline", T("Ready for checkout 4.22")),
                    ("market", T("Customers do not notice it.")),
                    ("principles", Points(ListKind::Principles, &[5])),
                ],
            ),
        ),
        (
            at(102, 15, 20),
            Eli,
            needs(
                "A delivery without a valid signature is refused with status 401 and changes nothing",
                "A forged delivery leaves the order as it was.",
            ),
        ),
        (
            at(102, 15, 20),
            Eli,
            needs(
                "A repeated delivery is answered with success and changes nothing",
                "The same delivery twice books one capture.",
            ),
        ),
        (
            at(102, 15, 20),
            Eli,
            needs("A delivery older than five minutes is refused", "One of six minutes ago gets status 401."),
        ),
        (
            at(102, 15, 20),
            Eli,
            needs(
                "Two keys can be active at once",
                "Deliveries with either key are accepted while both are active.",
            ),
        ),
        (
            at(102, 15, 20),
            Eli,
            needs(
                "Refused deliveries are counted and can be looked at",
                "The delivery console shows each with its reason.",
            ),
        ),
        (
            at(101, 9, 30),
            Dana,
            guards(
                "authentication",
                "Deliveries are authenticated by an HMAC over time stamp, endpoint and body",
                "A change of any of the three makes the signature wrong.",
            ),
        ),
        (
            at(101, 9, 30),
            Dana,
            guards(
                "configuration",
                "Keys are readable by the service only and never logged",
                "A search of logs and crash reports for the test key finds nothing.",
            ),
        ),
        (
            at(101, 9, 30),
            Dana,
            guards(
                "secure-communication",
                "The endpoint speaks TLS 1.2 or newer",
                "Older versions are refused.",
            ),
        ),
        (
            at(101, 9, 30),
            Dana,
            guards(
                "availability",
                "Refusing costs less than forging",
                "Ten thousand forged deliveries a minute leave checkout below 300 ms.",
            ),
        ),
        (
            at(101, 13, 10),
            Gita,
            prove(
                "webhook-security-testing.md",
                Kind::Plan,
                "Security testing: what, by whom, why",
                "No penetration test of its own; the yearly one covers the endpoint.",
                &[],
            ),
        ),
        (
            at(101, 13, 10),
            Gita,
            record(
                RecordKind::SecurityTest,
                "",
                &[
                    ("method", T("static-analysis")),
                    ("note", T("The delivery console, in the pipeline; read by Dana Wu.")),
                    ("owner", Is(Gita)),
                ],
            ),
        ),
        (
            at(101, 13, 10),
            Gita,
            record(
                RecordKind::SecurityTest,
                "",
                &[
                    ("method", T("dynamic-scan")),
                    ("note", T("Endpoint and console in staging: the endpoint is open to the internet.")),
                    ("owner", Is(Gita)),
                ],
            ),
        ),
        (
            at(101, 13, 10),
            Gita,
            record_as(
                RecordKind::SecurityTest,
                "not-needed",
                "",
                &[
                    ("method", T("penetration-test")),
                    ("note", T("The yearly test of checkout in spring covers the endpoint.")),
                ],
            ),
        ),
        (
            at(101, 15, 0),
            Ana,
            NotApplicable(
                "marketing-informed",
                "Customers do not notice this change, and it changes nothing in the market.",
            ),
        ),
        (
            at(101, 15, 10),
            Ana,
            record_as(
                RecordKind::Notice,
                "sent",
                "",
                &[
                    ("audience", T("support")),
                    (
                        "text",
                        T("Orders stay \"waiting for payment\" when a delivery of the acquirer was \
                                 refused. The \
                     delivery console shows why, and the delivery can be asked for again there."),
                    ),
                    ("where", T("Support channel")),
                ],
            ),
        ),
        (
            at(101, 15, 15),
            Rosa,
            edit(
                RecordKind::Notice,
                1,
                "acknowledged",
                &[("answer", T("Understood. Please add the link to the console to our handbook."))],
            ),
        ),
        (at(101, 15, 20), Ana, Ask),
        (
            at(100, 11, 15),
            Chi,
            approve("The requirement about the cost of refusing is the important one. Good."),
        ),
        (
            at(78, 9, 40),
            Eli,
            record(
                RecordKind::Design,
                "",
                &[
                    (
                        "description",
                        T("The endpoint reads the raw body (at most 256 KiB), checks time stamp and \
                                 signature \
                     in constant time against the active keys, then looks the delivery's id up in the \
                     memory of the last hour, and only then parses the body and changes the order. \
                     Controls: size limit, signature, freshness, replay memory."),
                    ),
                    ("ready", Points(ListKind::DefinitionOfReady, &[5])),
                    ("open", T("Whether it fits one sprint: Sam says so tomorrow.")),
                ],
            ),
        ),
        (
            at(78, 10, 0),
            Eli,
            edit(
                RecordKind::Design,
                1,
                "kept",
                &[
                    ("ready", Points(ListKind::DefinitionOfReady, &[])),
                    ("open", T("Nothing is open: Sam is free for two weeks, and the simulator is ready.")),
                ],
            ),
        ),
        (
            at(78, 13, 30),
            Dana,
            prove(
                "webhook-design.md",
                Kind::Design,
                "Design decisions: signature, order of checks, memory, keys",
                "Four decisions, each with the choices we had.",
                &[],
            ),
        ),
        (
            at(78, 13, 30),
            Dana,
            record(
                RecordKind::Decision,
                "Deliveries are signed with a shared key",
                &[
                    (
                        "context",
                        T("The acquirer offers HMAC with a shared key and nothing else. The endpoint \
                                 is open to \
                     the internet."),
                    ),
                    (
                        "decision",
                        T("HMAC-SHA-256 over time stamp, endpoint and raw body, so that a delivery can be \
                     replayed neither later nor elsewhere."),
                    ),
                    ("alternatives", T("Mutual TLS and signed JSON, which the acquirer does not offer.")),
                    ("requirements", T("R-6, R-8")),
                    (
                        "implementation",
                        T("The signature module, before anything else; TLS is the load balancer's."),
                    ),
                    (
                        "verification",
                        T("Unit and system tests with forgeries; the hardening check of TLS versions."),
                    ),
                ],
            ),
        ),
        (
            at(78, 13, 30),
            Dana,
            record(
                RecordKind::Decision,
                "The signature is checked before the body is parsed",
                &[
                    ("context", T("A parser is a larger target than a comparison, and costs more.")),
                    (
                        "decision",
                        T("The raw bytes are kept until size and signature are checked. What fails is \
                                 never \
                     parsed, and never logged beyond its length and digest."),
                    ),
                    ("requirements", T("R-9")),
                    (
                        "implementation",
                        T("Order of the steps in the endpoint; a pool of workers of its own."),
                    ),
                    (
                        "verification",
                        T("Unit test that invalid JSON with a wrong signature is refused for its \
                                 signature; \
                     load test."),
                    ),
                ],
            ),
        ),
        (
            at(78, 13, 30),
            Dana,
            record(
                RecordKind::Decision,
                "Deliveries are remembered for one hour",
                &[
                    ("context", T("A delivery counts once, whichever instance receives it.")),
                    (
                        "decision",
                        T("Ids are remembered for an hour in a store that all instances share: twelve \
                                 times \
                     what freshness needs."),
                    ),
                    ("alternatives", T("A memory for each instance, which misses repeats at another one.")),
                ],
            ),
        ),
        (
            at(78, 13, 30),
            Dana,
            record(
                RecordKind::Decision,
                "Two keys at a time",
                &[
                    (
                        "context",
                        T("A leaked key has to be replaced within minutes, and no genuine delivery may \
                                 get lost \
                     meanwhile."),
                    ),
                    (
                        "decision",
                        T("Two keys can be active. A key is replaced in three steps: add, switch, remove."),
                    ),
                    ("requirements", T("R-7")),
                    ("implementation", T("A key file that only the service account can read.")),
                    ("verification", T("Rotation test in staging; alert on the age of keys.")),
                ],
            ),
        ),
        (
            at(78, 14, 0),
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
            at(78, 14, 10),
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
            at(78, 14, 20),
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
            at(78, 14, 30),
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
            at(78, 14, 40),
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
            at(77, 9, 20),
            Dana,
            Done(
                "countermeasures",
                "T-1 signature check (Dana; unit and system tests with forgeries). T-2 freshness and \
                 memory (Sam; unit and system tests). T-3 order of checks and own workers (Sam; load \
                 test). T-4 key file and rotation (Dana; rotation test, alert on age).",
            ),
        ),
        (at(77, 10, 0), Dana, Ask),
        (
            at(75, 13, 25),
            Ben,
            approve("Read the model and the four decisions. Checking the raw bytes before parsing is right."),
        ),
        (
            at(50, 10, 10),
            Dana,
            merge(
                327,
                "Signature check for incoming webhooks",
                Dana,
                &[Sam, Eli],
                T("R-6, R-8, R-9, T-1, T-3"),
            ),
        ),
        (
            at(50, 10, 10),
            Dana,
            merge(331, "Refuse repeated and late deliveries", Sam, &[Dana, Eli], T("R-2, R-3, T-2")),
        ),
        (
            at(50, 10, 10),
            Dana,
            merge(338, "Two signing keys at a time", Dana, &[Sam, Eli], T("R-4, R-7, T-4")),
        ),
        (at(50, 10, 10), Dana, merge(342, "Counters for refused deliveries", Dana, &[Sam, Gita], T("R-5"))),
        (
            at(50, 10, 10),
            Dana,
            edit(
                RecordKind::Change,
                2,
                "merged",
                &[(
                    "note",
                    T("The memory of deliveries is a table and not a cache, because the cache may forget \
                     early. Agreed with Eli Brandt."),
                )],
            ),
        ),
        (
            at(50, 10, 10),
            Dana,
            prove(
                "webhook-reviews.csv",
                Kind::CodeReview,
                "Merge requests !327, !331, !338 and !342 with their reviews",
                "Two reviewers for each change, neither of them its author.",
                &[],
            ),
        ),
        (
            at(50, 10, 14),
            Dana,
            prove(
                "webhook-branch-protection.json",
                Kind::Configuration,
                "Protection of the main branch",
                "Two approvals, none by the author, and approvals fall with every new commit.",
                &[],
            ),
        ),
        (
            at(50, 10, 20),
            Dana,
            prove(
                "webhook-unit-tests.xml",
                Kind::TestReport,
                "Unit tests of the webhook module",
                "Thirteen tests, all green, none skipped.",
                &[],
            ),
        ),
        (at(50, 10, 20), Dana, Check("quality", "Unit tests", 4611)),
        (
            at(50, 10, 26),
            Dana,
            prove(
                "trivy-alpine-310.sarif",
                Kind::DependencyScan,
                "Scan of the base image",
                "Four medium entries for OpenSSL 1.1.1c. None is reachable from the endpoint, which uses \
                 another TLS library; the image is updated with the next release all the same.",
                &[],
            ),
        ),
        (at(50, 10, 26), Dana, Check("security", "Scan of the base image", 4612)),
        (
            at(50, 10, 30),
            Dana,
            prove(
                "grype-demo2.openvex.json",
                Kind::Vex,
                "Which known vulnerabilities concern us",
                "Five statements about the base image: three fixed, two do not affect us because the \
                 vulnerable code is not there.",
                &[],
            ),
        ),
        (at(50, 11, 0), Dana, Treat(1, ThreatStatus::Treated)),
        (at(50, 11, 1), Dana, Treat(2, ThreatStatus::Treated)),
        (at(50, 11, 2), Dana, Treat(3, ThreatStatus::Treated)),
        (at(50, 11, 3), Dana, Treat(4, ThreatStatus::Treated)),
        (at(50, 11, 10), Dana, Ask),
        (
            at(48, 15, 40),
            Chi,
            approve(
                "Read all four changes. The constant-time comparison has a test that would notice its \
                 removal.",
            ),
        ),
    ],
    sequel: TO_PRODUCTION,
};
