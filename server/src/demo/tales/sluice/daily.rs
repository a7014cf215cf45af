//! The pages of every day.

use sluice_domain::threat::{
    Severity::{Low, Medium},
    Stride::{InformationDisclosure, Spoofing, Tampering},
};

use super::{CHECKS, CODE_AND_ROUTES};
use crate::demo::{
    calendar::at,
    outline::{BLANK, Decision, Notice, Outline, Plan, Stand, does, keeps, threat},
    script::{
        Act::Say,
        Who::{Ana, Gita, Leo, Sam},
    },
};

pub(super) static COMMENTS: Outline = Outline {
    product: "SLU",
    title: "Comments with mentions",
    description: "People ask and answer where the feature is, and name whom they ask. Whoever is named \
         finds it in the own work.",
    owner: Sam,
    builder: Sam,
    due: Some(-2),
    days: &[30, 17],
    stand: Stand::Ready,
    remarks: &["Naming only people of the product is the requirement that counts."],
    risk: (&["personal-data"], "People write what they think."),
    plan: Plan {
        scope: "Comments at a feature, mentions, watching. Left out: e-mail.",
        goals: "A question is answered within a day, without a second channel.",
        timeline: "With 0.6",
        market: "Keeps discussions beside what they are about.",
        ..BLANK.plan
    },
    functional: &[
        does(
            "Whoever is mentioned finds the comment in the own work until it was seen",
            "It is gone after opening it.",
        ),
        does("A comment is edited by its author, and both texts stay", "The history shows them."),
    ],
    starters: &["interface-encoding"],
    security: &[keeps(
        "authorisation",
        "Only people with a role in the product can be mentioned",
        "The name of anybody else stays text, so nobody learns who has an account.",
    )],
    testing: CODE_AND_ROUTES,
    notices: &[
        Notice { audience: "marketing", text: "0.6 has comments with mentions.", answer: Some("Fine.") },
        Notice {
            audience: "support",
            text: "Support can comment and watch as well.",
            answer: Some("We will use it."),
        },
    ],
    design: (
        "A comment is Markdown without markup. Mentions are found when it is stored, among the people of \
             the product, and \
              shown the same way.",
        "Text is escaped; a mention is a person of the product; commenting is no contribution.",
    ),
    model: [
        "Text, mentions, the list of who was named. Worth protecting: who has an account, and \
             everybody's browser.",
        "Markup runs (T-1), a name tells that somebody exists (T-2). STRIDE for text and list.",
        "No raw markup, links without scripts; names of others stay text.",
        "Written together with Leo, who maintains the Markdown.",
    ],
    threats: &[
        threat(
            "Markup in a comment runs at its readers",
            "Comment",
            Tampering,
            Medium,
            "Comments are read by whoever signs.",
            "Markdown without raw markup, links of known kinds only, a policy against scripts.",
            Sam,
        ),
        threat(
            "A mention tells who has an account",
            "List of people",
            InformationDisclosure,
            Low,
            "Names of other customers' people.",
            "Suggestions and mentions know the people of the product only.",
            Sam,
        ),
    ],
    decisions: &[Decision {
        title: "A mention is a name in the text",
        context: "Nothing should have to be learnt, and it has to work without scripts.",
        decision: "An @ with the full name or the beginning of the address.",
        alternatives: "Ids in the text, which nobody can read.",
        implementation: "domain/src/mention.rs, used on storing and on showing.",
        verification: "Unit tests with names inside of names, addresses and code.",
    }],
    countermeasures: "T-1 Markdown (corpus of hostile texts in a browser), T-2 people of the product \
         (service tests).",
    then: &[(
        at(1, 10, 35),
        Ana,
        Say("The date has passed. @Sam Keller it looks complete; what keeps you from asking for the review?"),
    )],
    ..BLANK
};

pub(super) static BOARD: Outline = Outline {
    product: "SLU",
    title: "Board, filters and saved views",
    description: "The list of features as a table and as a board, with filters that can be saved and \
         passed on as a link.",
    owner: Leo,
    builder: Leo,
    due: Some(13),
    days: &[25, 19, 7],
    stand: Stand::Begun(40),
    remarks: &["", "A view holds no features, only what to look for. Right."],
    risk: (&[], "It shows what the list shows already."),
    plan: Plan {
        scope: "Six columns, seven filters, views under a name. Left out: moving features by drag and \
             drop, because gates decide.",
        goals: "Whoever comes in the morning sees in five seconds what is late.",
        ..BLANK.plan
    },
    security: &[keeps(
        "authorisation",
        "A view that is passed on shows what its reader may see",
        "The link of another product's view shows an empty list.",
    )],
    design: ("The filter is the address; a view stores the address under a name.", ""),
    model: [
        "Filter, view, list. Worth protecting: titles of products without a role.",
        "A link shows more than its reader may see (T-1). STRIDE for the view.",
        "Views hold filters and no results.",
        "Opened with the accounts of two products.",
    ],
    threats: &[threat(
        "A view is opened by somebody without the role",
        "Saved view",
        Spoofing,
        Low,
        "Links travel.",
        "The list asks for the reader's products each time.",
        Leo,
    )],
    changes: &[(155, "Filters in the address"), (158, "Board with six columns")],
    checks: CHECKS,
    then: &[(
        at(1, 11, 45),
        Gita,
        Say("On 320 pixels the board scrolls sideways inside of its frame, as intended. @Leo Novak the \
                 filter button is below it, though."),
    )],
    ..BLANK
};
