//! A high-risk feature in design, with the threat model that it deserves.

use sluice_domain::{
    policy::{EvidenceKind as Kind, Tier},
    record::{ListKind, RecordKind},
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Done, Fear, Model, Rate},
        Said::{In, Is, Points, T},
        Tale, Threat,
        Who::{Ana, Ben, Dana, Eli, Gita, Joel, Rosa, Sam},
        approve, edit, guards, needs, prove, record, record_as,
    },
};

pub(super) static TOKENS: Tale = Tale {
    product: "PAY",
    title: "Tokenise stored cards",
    description: "Today the order database holds the card numbers of customers who stored a card, \
         encrypted. They should move into a vault of their own; everything else sees a token that is \
         worthless elsewhere.\n\n- The vault is the only place that can turn a token back into a number, \
         and does so only towards the acquirer.\n- Orders, support tools, exports and backups hold \
         tokens.\n- The number of systems in the yearly PCI DSS assessment falls from fourteen to three.",
    owner: Dana,
    tier: Tier::High,
    due: Some(60),
    begins: at(96, 9, 15),
    steps: &[
        (
            at(92, 9, 40),
            Ana,
            Rate(&["personal-data", "money", "new-parts"], "1.2 million card numbers change their place."),
        ),
        (
            at(92, 9, 40),
            Ana,
            record(
                RecordKind::Plan,
                "",
                &[
                    (
                        "scope",
                        T("All stored cards move into the vault, in three waves; new ones go there \
                                 from the \
                     first day. Left out: cards that are entered without storing them, which never reach \
                     us."),
                    ),
                    (
                        "goals",
                        T("No card number outside the vault by the end, shown by a search through \
                                 databases, \
                     logs and backups."),
                    ),
                    (
                        "resources",
                        T("Eli Brandt designs, Dana Wu and Sam Keller build, Gita Rao rehearses the \
                                 migration; \
                     Ben Ode and Chi Ito review. A network zone of its own and a hardware security \
                     module, approved for the second quarter. An outside firm for the penetration test."),
                    ),
                    ("timeline", T("First wave in two months, last wave two months later")),
                    ("market", T("Nothing that customers see. Fewer systems in the PCI DSS assessment.")),
                ],
            ),
        ),
        (
            at(92, 10, 30),
            Ana,
            prove(
                "tokenisation-plan.md",
                Kind::Plan,
                "Plan: people, time and means",
                "The hardware security module is approved.",
                &[],
            ),
        ),
        (
            at(92, 14, 5),
            Eli,
            needs(
                "Storing a card returns a token; the number is gone from memory after that",
                "A dump of the process after storing has no number.",
            ),
        ),
        (
            at(92, 14, 5),
            Eli,
            needs(
                "Paying with a token takes no step more than today",
                "Clicks and time of a payment are the same.",
            ),
        ),
        (
            at(92, 14, 5),
            Eli,
            needs(
                "Removing a card removes its number from the vault within a minute",
                "The vault answers \"unknown token\" a minute later.",
            ),
        ),
        (
            at(92, 14, 5),
            Eli,
            needs(
                "The migration can stop and go on at any card",
                "Killed at random ten times, it ends with every card moved once.",
            ),
        ),
        (
            at(92, 14, 5),
            Eli,
            needs(
                "A token shows the last four digits and the month of expiry",
                "Support sees what it sees today.",
            ),
        ),
        (
            at(91, 10, 20),
            Dana,
            guards(
                "authorisation",
                "Only the acquirer ever gets a number back from the vault",
                "The list of operations has none that returns a number.",
            ),
        ),
        (
            at(91, 10, 20),
            Dana,
            guards(
                "availability",
                "Each caller has a rate limit of its own",
                "A caller above it is refused, and others do not notice.",
            ),
        ),
        (
            at(91, 10, 20),
            Dana,
            guards(
                "logging",
                "Nobody, administrators included, can list numbers, and each attempt is on record",
                "The record stands on a host that no administrator of the vault can change.",
            ),
        ),
        (
            at(91, 10, 50),
            Eli,
            edit(
                RecordKind::Plan,
                1,
                "kept",
                &[
                    ("principles", Points(ListKind::Principles, &[3])),
                    (
                        "departures",
                        T("Fail safely, for payments: when the vault is down, stored cards cannot be \
                                 used. The \
                     vault has its own zone, its own administrators and its own release; five operations, \
                     no query language."),
                    ),
                ],
            ),
        ),
        (
            at(91, 11, 30),
            Sam,
            guards(
                "authentication",
                "Services prove themselves to the vault with certificates that live for a day",
                "An expired one is refused. Administrators use hardware keys, two of them together \
                     for anything that touches keys.",
            ),
        ),
        (
            at(91, 13, 40),
            Sam,
            guards(
                "data-encryption",
                "Each card has a data key, wrapped by a master key that never leaves the hardware \
                     module",
                "Backups hold wrapped data only; an old master key can only unwrap.",
            ),
        ),
        (
            at(91, 14, 0),
            Sam,
            guards(
                "secure-communication",
                "Checkout to vault and vault to acquirer speak TLS 1.3, mutual, with pinned issuers",
                "The vault accepts no other connection and opens none.",
            ),
        ),
        (
            at(90, 13, 10),
            Gita,
            prove(
                "tokenisation-security-testing.md",
                Kind::Plan,
                "Security testing: what, by whom, why",
                "Penetration test by an outside firm is booked.",
                &[],
            ),
        ),
        (
            at(90, 13, 10),
            Gita,
            record(
                RecordKind::SecurityTest,
                "",
                &[
                    ("method", T("static-analysis")),
                    ("note", T("Every change, in the pipeline; read by Sam Keller.")),
                    ("owner", Is(Gita)),
                ],
            ),
        ),
        (
            at(90, 13, 10),
            Gita,
            record(
                RecordKind::SecurityTest,
                "",
                &[
                    ("method", T("dynamic-scan")),
                    ("note", T("The account area, signed in as customer and as support.")),
                    ("owner", Is(Gita)),
                ],
            ),
        ),
        (
            at(90, 13, 10),
            Gita,
            record(
                RecordKind::SecurityTest,
                "",
                &[
                    ("method", T("penetration-test")),
                    (
                        "note",
                        T("Outside firm, five days: card numbers are the most valuable data that we hold."),
                    ),
                    ("owner", Is(Gita)),
                    ("due", In(45)),
                ],
            ),
        ),
        (
            at(90, 14, 30),
            Ana,
            record_as(
                RecordKind::Notice,
                "sent",
                "",
                &[
                    ("audience", T("marketing")),
                    (
                        "text",
                        T("No change that customers see. A sentence for the security page after the \
                                 last wave."),
                    ),
                    ("where", T("Marketing weekly")),
                ],
            ),
        ),
        (
            at(90, 14, 40),
            Ana,
            record_as(
                RecordKind::Notice,
                "sent",
                "",
                &[
                    ("audience", T("support")),
                    (
                        "text",
                        T("Support tools show the last four digits as today. Three short maintenance \
                                 windows, \
                     each announced a week before."),
                    ),
                    ("where", T("Support channel")),
                ],
            ),
        ),
        (
            at(72, 10, 15),
            Joel,
            edit(
                RecordKind::Notice,
                1,
                "acknowledged",
                &[(
                    "answer",
                    T("Ready. Please keep the maintenance windows out of the week of the autumn sale."),
                )],
            ),
        ),
        (
            at(72, 10, 40),
            Rosa,
            edit(
                RecordKind::Notice,
                2,
                "acknowledged",
                &[("answer", T("Ready. The second window was moved as marketing asked."))],
            ),
        ),
        (at(72, 11, 0), Ana, Ask),
        (
            at(70, 16, 20),
            Ben,
            approve(
                "Thorough. The search through backups as the measure of success is what makes this \
                 checkable.",
            ),
        ),
        (
            at(50, 10, 30),
            Eli,
            record(
                RecordKind::Design,
                "",
                &[
                    (
                        "description",
                        T("Checkout sends a new card straight to the vault and keeps the token. A \
                                 payment names \
                     the token; the vault adds the number and passes the request to the acquirer. \
                     Controls: mutual TLS with an identity per caller, rate limit per caller, keys in the \
                     hardware module, no operation that returns a number, a record of each use outside of \
                     the vault's own reach."),
                    ),
                    (
                        "controls",
                        T("Mutual TLS with an identity per caller, rate limit per caller, keys in the \
                                 hardware \
                     module, no operation that returns a number, a record of each use outside of the \
                     vault's own reach."),
                    ),
                    ("ready", Points(ListKind::DefinitionOfReady, &[2, 4, 5])),
                ],
            ),
        ),
        (
            at(48, 11, 10),
            Eli,
            record(
                RecordKind::Decision,
                "The vault pays and never tells",
                &[
                    ("context", T("Whoever steals the identity of a caller must not get numbers.")),
                    (
                        "decision",
                        T("The vault adds the number to a request towards the acquirer, whose address \
                                 is fixed. \
                     No operation returns it."),
                    ),
                    (
                        "alternatives",
                        T("An operation for support and refunds, which would need a control that \
                                 nobody can get \
                     wrong."),
                    ),
                    ("requirements", T("R-6, R-8, R-11")),
                    ("implementation", T("Interface of the vault: store, pay, remove, describe, health.")),
                    ("verification", T("Interface test that lists all operations; scan of the open ports.")),
                ],
            ),
        ),
        (
            at(47, 14, 25),
            Eli,
            record(
                RecordKind::Decision,
                "Tokens are random and belong to an account",
                &[
                    ("context", T("A token that can be guessed pays with a stranger's card.")),
                    ("decision", T("128 random bits, bound to the account of the customer.")),
                    (
                        "alternatives",
                        T("Tokens that keep the format of a card number, which old tools accept but \
                                 which can \
                     be guessed in part."),
                    ),
                    ("requirements", T("R-7, R-9, R-10")),
                    ("implementation", T("Token module of the vault client, one data key for each card.")),
                    ("verification", T("Property test of format and binding; count of refusals per caller.")),
                ],
            ),
        ),
        (
            at(46, 11, 20),
            Eli,
            prove(
                "threat-dragon-demo-v2.json",
                Kind::ThreatModelFile,
                "Data-flow picture of vault, checkout and acquirer",
                "Drawn with Threat Dragon. Each element was asked all six STRIDE questions.",
                &["control:design/threat-model-picture"],
            ),
        ),
        (
            at(40, 9, 20),
            Dana,
            Model([
                "A vault for card numbers between checkout and acquirer, the tokens that everything else \
                 holds, and the migration of the numbers that we hold today. Worth protecting: 1.2 \
                 million card numbers, the keys above them, and the ability to take payments.\n\nTrust \
                 boundaries: internet to checkout, checkout to vault, vault to hardware module, vault to \
                 acquirer.",
                "We asked the six STRIDE questions of each element of the data-flow picture, in two \
                 sessions with development, QA and the people who run the hardware module. T-1 to T-6 are \
                 what is specific to us; what the picture's file lists besides is common to all our \
                 services and treated there.",
                "First take away what can be stolen: no operation returns a number. Then bound what a \
                 stolen caller can do: identity, rate limit, alert. Keys live in hardware. What remains \
                 is the migration, which we rehearse twice.",
                "Ben read the model between the sessions and asked about backups, which led to T-5. Gita \
                 maps each countermeasure to a test. The model is reviewed again before the first wave.",
            ]),
        ),
        (
            at(40, 9, 45),
            Dana,
            Fear(Threat {
                title: "A stolen service identity turns tokens back into card numbers",
                element: "Checkout to vault",
                stride: Stride::ElevationOfPrivilege,
                severity: Severity::Critical,
                description: "An attacker on a checkout host uses its certificate to ask the vault for \
                     one number after the other.",
                treatment: Some(Treatment::Avoid),
                countermeasure: "The vault has no operation that returns a number: it adds it to a \
                     request towards the acquirer, whose address is fixed. Certificates live for a day.",
                owner: Some(Dana),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(40, 9, 55),
            Dana,
            Fear(Threat {
                title: "Tokens are guessed and used for payments",
                element: "Token",
                stride: Stride::Spoofing,
                severity: Severity::High,
                description: "Tokens that follow from the card number or from each other can be made up. \
                     A made-up token pays with a stranger's card.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "128 random bits, bound to the customer's account: the vault refuses a \
                     token that another account uses, and counts refusals per caller.",
                owner: Some(Sam),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(40, 10, 5),
            Dana,
            Fear(Threat {
                title: "Card numbers stay behind in logs and queues after the migration",
                element: "Order database and message queue",
                stride: Stride::InformationDisclosure,
                severity: Severity::High,
                description: "Numbers were logged in an incident two years ago. What the migration does \
                     not know of, it does not move.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "A search by pattern and check digit through databases, logs, queues and \
                     object storage, before and after each wave; hits are erased and listed.",
                owner: Some(Gita),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(40, 10, 20),
            Sam,
            Fear(Threat {
                title: "The vault is down and nobody with a stored card can pay",
                element: "Vault",
                stride: Stride::DenialOfService,
                severity: Severity::High,
                description: "All payments with stored cards, six in ten, go through one new service.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "Three instances in two data centres, each with its own hardware module; \
                     the old path stays for ninety days behind a switch; typing in a card works without \
                     the vault.",
                owner: Some(Sam),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(39, 13, 30),
            Dana,
            Fear(Threat {
                title: "Old backups bring card numbers back",
                element: "Backups of the order database",
                stride: Stride::InformationDisclosure,
                severity: Severity::Medium,
                description: "Backups are kept for a year. A restore of an old one would bring encrypted \
                     numbers back into a system that is no longer protected for them.",
                treatment: None,
                countermeasure: "",
                owner: Some(Dana),
                status: ThreatStatus::Open,
            }),
        ),
        (
            at(39, 13, 45),
            Eli,
            Fear(Threat {
                title: "An administrator of the vault denies having read a number",
                element: "Vault administration",
                stride: Stride::Repudiation,
                severity: Severity::Medium,
                description: "Three people can maintain the vault. Without a record that they cannot \
                     change, nothing shows who did what.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "Two people for anything that touches keys; commands are recorded on a \
                     host that none of the three administers.",
                owner: Some(Sam),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(30, 10, 50),
            Dana,
            Done(
                "countermeasures",
                "T-1 by design of the interface (Dana; shown by an interface test that lists all \
                 operations). T-2 token format and binding (Sam; property test and a count of refusals). \
                 T-3 search tool (Gita; seeded with a thousand test numbers). T-4 two data centres and \
                 the old path (Sam; failover rehearsal). T-6 two people and the outside record (Sam; \
                 checked by Hugo Marsh). T-5 is open.",
            ),
        ),
        (
            at(6, 13, 20),
            Sam,
            prove(
                "trivy-julia-2.3.json",
                Kind::Sbom,
                "Components of the search tool",
                "The tool that looks for card numbers left behind. Two direct dependencies, both reviewed.",
                &["control:release/bill-of-materials", "threat:3"],
            ),
        ),
        (
            at(2, 14, 15),
            Eli,
            edit(
                RecordKind::Design,
                1,
                "kept",
                &[
                    ("ready", Points(ListKind::DefinitionOfReady, &[4])),
                    (
                        "open",
                        T("The retention of old backups (T-5) needs a decision by the data protection \
                                 officer, \
                     asked by Dana and expected this week."),
                    ),
                ],
            ),
        ),
    ],
    sequel: &[],
};
