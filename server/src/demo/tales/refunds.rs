//! A high-risk feature in its first days.

use sluice_domain::policy::{EvidenceKind as Kind, Tier};

use crate::demo::{
    calendar::at,
    script::{
        Act::{Done, NotApplicable},
        Tale,
        Who::{Ana, Dana, Eli},
        prove,
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
    begins: at(5, 9, 10),
    steps: &[
        (
            at(5, 9, 45),
            Ana,
            Done(
                "scope-and-goals",
                "A customer whose refund came back can choose another stored card of the same account. \
                 Goal: nine in ten returned refunds need no manual work. Left out: bank transfers, and \
                 cards that are not stored yet.",
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
                &["control:requirements/resources"],
            ),
        ),
        (
            at(4, 10, 10),
            Eli,
            Done(
                "functional-requirements",
                "1. The choice is offered only for refunds that came back.\n2. Only cards that were \
                 stored before the order are offered.\n3. The customer confirms with a second factor.\n4. \
                 Support can see the choice and cannot make it.\n5. The customer is told by e-mail at \
                 once.",
            ),
        ),
        (
            at(4, 14, 40),
            Dana,
            Done(
                "security-requirements",
                "A refund goes only to a card of the same account and the same name (authentication: \
                 second factor at the moment of choice). Nobody on our side can redirect it. No card \
                 number is shown; the connection to the acquirer is the existing one with mutual TLS. \
                 Every choice is on record.",
            ),
        ),
        (
            at(3, 11, 0),
            Dana,
            Done(
                "authentication",
                "Customers: signed in, and a second factor for the choice itself, not older than five \
                 minutes. Support: read only. The refund worker proves itself to the acquirer by its \
                 certificate.",
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
            Done(
                "marketing-informed",
                "Told Joel Park on the marketing weekly, with the planned date and the wording of the \
                 help page. The notes are in the marketing folder.",
            ),
        ),
        (
            at(0, 15, 20),
            Ana,
            Done(
                "support-informed",
                "Told Rosa Lim which refunds will no longer reach support, and which questions to expect. \
                 The message is in the support channel.",
            ),
        ),
    ],
    sequel: &[],
};
