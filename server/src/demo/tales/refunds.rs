//! A high-risk feature in its first days.

use sluice_domain::{
    policy::{EvidenceKind as Kind, Tier},
    record::RecordKind,
};

use crate::demo::{
    calendar::at,
    script::{
        Act::{NotApplicable, Rate},
        Said::T,
        Tale,
        Who::{Ana, Dana, Eli},
        guards, needs, prove, record, record_as,
    },
};

pub(super) static REFUNDS: Tale = Tale {
    product: "PAY",
    title: "Refund to another card of the same customer",
    description: "When the card that paid was closed meanwhile, a refund comes back and somebody sorts it \
         out by hand, about forty times a month. Customers should be able to choose another card of \
         theirs for the refund.\n\nMoney that goes to another place than it came from attracts fraud, so \
         this is of **high** risk.",
    owner: Ana,
    tier: Tier::High,
    due: Some(75),
    begins: at(76, 9, 10),
    steps: &[
        (
            at(5, 9, 45),
            Ana,
            Rate(&["money"], "Money goes to another place than it came from, which attracts fraud."),
        ),
        (
            at(5, 9, 45),
            Ana,
            record(
                RecordKind::Plan,
                "",
                &[
                    (
                        "scope",
                        T("A customer whose refund came back can choose another stored card of the same \
                     account. Left out: bank transfers, and cards that are not stored yet."),
                    ),
                    ("goals", T("Nine in ten returned refunds need no manual work.")),
                    ("timeline", T("In the second half of next quarter")),
                    ("market", T("Fewer calls about returned refunds.")),
                    (
                        "resources",
                        T("Ana Diaz leads, Eli Brandt designs, Dana Wu builds, Gita Rao tests. Four \
                                 weeks, of \
                     which one is for the reviews. An analyst of the fraud team for two days. No new \
                     licences."),
                    ),
                ],
            ),
        ),
        (
            at(5, 11, 20),
            Ana,
            prove(
                "refund-plan.md",
                Kind::Plan,
                "Plan: people, time and means",
                "Agreed with the heads of development and fraud.",
                &[],
            ),
        ),
        (
            at(4, 10, 10),
            Eli,
            needs(
                "The choice is offered only for refunds that came back",
                "A refund under way shows no choice.",
            ),
        ),
        (
            at(4, 10, 10),
            Eli,
            needs(
                "Only cards that were stored before the order are offered",
                "A card that was added yesterday is not in the list.",
            ),
        ),
        (
            at(4, 10, 10),
            Eli,
            needs("The customer confirms with a second factor", "Without it nothing is chosen."),
        ),
        (
            at(4, 10, 10),
            Eli,
            needs(
                "Support can see the choice and cannot make it",
                "Requests of support accounts are refused.",
            ),
        ),
        (
            at(4, 10, 10),
            Eli,
            needs("The customer is told by e-mail at once", "The e-mail is sent before the refund is."),
        ),
        (
            at(4, 14, 40),
            Dana,
            guards(
                "authorisation",
                "A refund goes only to a card of the same account and the same name",
                "A changed card id in the request is refused.",
            ),
        ),
        (
            at(4, 14, 40),
            Dana,
            guards(
                "logging",
                "Every choice is on record, and nobody on our side can redirect a refund",
                "Each choice appears with person, time and both cards.",
            ),
        ),
        (
            at(4, 14, 40),
            Dana,
            guards(
                "secure-communication",
                "The connection to the acquirer is the existing one with mutual TLS",
                "The list of connections is unchanged.",
            ),
        ),
        (
            at(3, 11, 0),
            Dana,
            guards(
                "authentication",
                "The choice takes a second factor that is not older than five minutes",
                "An older one is asked for again.",
            ),
        ),
        (
            at(3, 11, 15),
            Dana,
            NotApplicable(
                "data-encryption",
                "The feature stores no data of its own: the choice is a reference to a card that the \
                 vault holds already, under the vault's keys.",
            ),
        ),
        (
            at(2, 9, 30),
            Ana,
            record_as(
                RecordKind::Notice,
                "sent",
                "",
                &[
                    ("audience", T("marketing")),
                    (
                        "text",
                        T("Customers whose refund came back can choose another of their cards. Planned \
                                 for next \
                     quarter; the wording of the help page is attached to the marketing weekly."),
                    ),
                    ("where", T("Marketing weekly")),
                ],
            ),
        ),
        (
            at(0, 15, 20),
            Ana,
            record_as(
                RecordKind::Notice,
                "sent",
                "",
                &[
                    ("audience", T("support")),
                    (
                        "text",
                        T("About forty cases a month will no longer reach support. Expect the question \
                                 why only \
                     some cards are offered."),
                    ),
                    ("where", T("Support channel")),
                ],
            ),
        ),
    ],
    sequel: &[],
};
