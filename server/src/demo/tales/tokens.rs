//! A high-risk feature in design, with the threat model that it deserves.

use sluice_domain::{
    policy::{EvidenceKind as Kind, Tier},
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Done, Fear, Model},
        Tale, Threat,
        Who::{Ana, Ben, Dana, Eli, Gita, Joel, Sam},
        approve, prove,
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
    begins: at(26, 9, 15),
    steps: &[
        (
            at(26, 9, 40),
            Ana,
            Done(
                "scope-and-goals",
                "All stored cards move into the vault, in three waves; new ones go there from the first \
                 day. Goal: no card number outside the vault by the end, shown by a search through \
                 databases, logs and backups. Left out: cards that are entered without storing them, \
                 which never reach us.",
            ),
        ),
        (
            at(26, 10, 30),
            Ana,
            prove(
                "tokenisation-plan.md",
                Kind::Plan,
                "Plan: people, time and means",
                "The hardware security module is approved.",
                &["control:requirements/resources"],
            ),
        ),
        (
            at(26, 14, 5),
            Eli,
            Done(
                "functional-requirements",
                "1. Storing a card returns a token; the number is gone from memory after that.\n2. Paying \
                 with a token takes no step more than today.\n3. Removing a card removes its number from \
                 the vault within a minute.\n4. The migration can stop and go on at any card.\n5. A token \
                 shows the last four digits and the month of expiry.",
            ),
        ),
        (
            at(25, 10, 20),
            Dana,
            Done(
                "security-requirements",
                "Only the acquirer ever gets a number back from the vault (secure communication: mutual \
                 TLS, certificates pinned). Each caller has an identity of its own and a rate limit \
                 (authentication). Numbers are encrypted under keys that never leave the hardware module \
                 (data encryption). Nobody, administrators included, can list numbers.",
            ),
        ),
        (
            at(25, 10, 50),
            Dana,
            Done(
                "engineering-principles",
                "Least privilege and separation shape the feature: the vault has its own zone, its own \
                 administrators and its own release. Economy of mechanism: five operations, no query \
                 language. One principle cannot be followed: fail open for payments. When the vault is \
                 down, stored cards cannot be used.",
            ),
        ),
        (
            at(25, 11, 30),
            Sam,
            Done(
                "authentication",
                "Services prove themselves to the vault with certificates that live for a day. Its three \
                 administrators use hardware keys, two of them together for anything that touches keys. \
                 Customers: nothing changes.",
            ),
        ),
        (
            at(25, 13, 40),
            Sam,
            Done(
                "data-encryption",
                "AES-256-GCM under a data key per card, wrapped by a master key in the hardware module. \
                 Master keys change yearly; old ones can only unwrap. Backups hold wrapped data only.",
            ),
        ),
        (
            at(25, 14, 0),
            Sam,
            Done(
                "secure-communication",
                "Checkout to vault and vault to acquirer: TLS 1.3, mutual, with pinned issuers. The vault \
                 accepts no other connection and opens none.",
            ),
        ),
        (
            at(24, 13, 10),
            Gita,
            prove(
                "tokenisation-security-testing.md",
                Kind::Plan,
                "Security testing: what, by whom, why",
                "Penetration test by an outside firm is booked.",
                &["control:requirements/security-testing-plan"],
            ),
        ),
        (
            at(24, 14, 30),
            Ana,
            Done(
                "marketing-informed",
                "Told Joel Park: no change that customers see, a sentence for the security page after the \
                 last wave.",
            ),
        ),
        (
            at(24, 14, 40),
            Ana,
            Done(
                "support-informed",
                "Told Rosa Lim: support tools show the last four digits as today; three short maintenance \
                 windows, announced a week before.",
            ),
        ),
        (
            at(23, 10, 15),
            Joel,
            Done(
                "stakeholders-acknowledged",
                "Marketing and support are ready. We asked to keep the maintenance windows out of the \
                 week of the autumn sale, and Ana moved the second one.",
            ),
        ),
        (at(23, 11, 0), Ana, Ask),
        (
            at(21, 16, 20),
            Ben,
            approve(
                "Thorough. The search through backups as the measure of success is what makes this \
                 checkable.",
            ),
        ),
        (
            at(18, 10, 30),
            Eli,
            Done(
                "feature-description",
                "Checkout sends a new card straight to the vault and keeps the token. A payment names the \
                 token; the vault adds the number and passes the request to the acquirer. Controls: \
                 mutual TLS with an identity per caller, rate limit per caller, keys in the hardware \
                 module, no operation that returns a number, a record of each use outside of the vault's \
                 own reach.",
            ),
        ),
        (
            at(17, 11, 20),
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
            at(16, 9, 20),
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
            at(16, 9, 45),
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
            at(16, 9, 55),
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
            at(16, 10, 5),
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
            at(16, 10, 20),
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
            at(15, 13, 30),
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
            at(15, 13, 45),
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
            at(12, 10, 50),
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
            Done(
                "definition-of-ready",
                "All points of the team's definition of ready are met but one: the retention of old \
                 backups (T-5) needs a decision by the data protection officer, asked by Dana and \
                 expected this week.",
            ),
        ),
    ],
    sequel: &[],
};
