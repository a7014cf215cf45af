//! The second product, which most of the Payments people cannot see.

use sluice_domain::{
    policy::Tier,
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Done, Fear, Model},
        Tale, Threat,
        Who::{Ana, Ben, Leo},
        approve,
    },
};

pub(super) static BASKET: Tale = Tale {
    product: "WEB",
    title: "Keep the basket between visits",
    description: "Visitors who are not signed in lose their basket when they close the browser. The \
         basket should be there again for thirty days on the same device, and join the account's basket \
         after signing in.",
    owner: Leo,
    tier: Tier::Low,
    due: Some(25),
    begins: at(9, 13, 0),
    steps: &[
        (
            at(9, 13, 20),
            Ana,
            Done(
                "scope-and-goals",
                "Baskets of visitors live for thirty days on one device. Goal: one in ten abandoned \
                 baskets is taken up again. Left out: the same basket on several devices without an \
                 account.",
            ),
        ),
        (
            at(8, 10, 0),
            Leo,
            Done(
                "security-requirements",
                "A basket says what somebody wants to buy, which can be private: nobody else can read it, \
                 also not by guessing a number. On a shared computer the basket can be emptied with one \
                 click. The cookie is sent over TLS only and holds nothing but a random id.",
            ),
        ),
        (at(8, 10, 15), Leo, Ask),
        (at(7, 14, 50), Ben, approve("")),
        (
            at(3, 13, 40),
            Leo,
            Done(
                "feature-description",
                "A cookie with a random id of 128 bits names a basket in the database; after signing in \
                 the two baskets become one and the id is replaced. A nightly job removes baskets that \
                 nobody used for thirty days.",
            ),
        ),
        (
            at(2, 10, 30),
            Leo,
            Model([
                "The basket cookie, the basket table, the joining of two baskets at sign-in, and the \
                 nightly job. Worth protecting: what somebody wants to buy.",
                "Somebody reads a basket by trying ids (T-1); the next person at a shared computer sees \
                 it (T-2). Found by STRIDE for cookie and table.",
                "Ids that cannot be guessed; a basket is shown without names and can be emptied in one \
                 click.",
                "Read with the people of the privacy office, who asked for the thirty days.",
            ]),
        ),
        (
            at(2, 10, 40),
            Leo,
            Fear(Threat {
                title: "Somebody reads a stranger's basket by trying ids",
                element: "Basket cookie",
                stride: Stride::InformationDisclosure,
                severity: Severity::Medium,
                description: "With numbers in a row, the next basket is one request away.",
                treatment: Some(Treatment::Mitigate),
                countermeasure: "Random ids of 128 bits, a new one after signing in, and a limit of \
                     requests with unknown ids.",
                owner: Some(Leo),
                status: ThreatStatus::Planned,
            }),
        ),
        (
            at(2, 10, 50),
            Leo,
            Fear(Threat {
                title: "The next person at a shared computer sees the basket",
                element: "Basket page",
                stride: Stride::InformationDisclosure,
                severity: Severity::Low,
                description: "The basket of a present is a surprise no longer.",
                treatment: Some(Treatment::Accept),
                countermeasure: "Accepted by Ana Diaz: the basket page offers to empty it, and its text \
                     says that it stays on this device.",
                owner: Some(Ana),
                status: ThreatStatus::Treated,
            }),
        ),
        (at(0, 15, 45), Leo, Ask),
    ],
    sequel: &[],
};

pub(super) static SUGGESTIONS: Tale = Tale {
    product: "WEB",
    title: "Suggest products while typing",
    description: "The search field suggests up to eight products while somebody types. Nothing of what is \
         typed is kept with a person.",
    owner: Ana,
    tier: Tier::Low,
    due: None,
    begins: at(3, 16, 10),
    steps: &[(
        at(1, 11, 5),
        Ana,
        Done(
            "scope-and-goals",
            "Suggestions after the third letter, at most eight, from names of products. Goal: a tenth \
             more searches that lead to a product. Left out: corrections of spelling.",
        ),
    )],
    sequel: &[],
};
