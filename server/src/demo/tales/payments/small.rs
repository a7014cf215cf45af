//! Small features in their first phases.

use sluice_domain::threat::{Severity::Low, Stride::InformationDisclosure};

use crate::demo::{
    calendar::at,
    outline::{BLANK, Outline, Plan, Stand, keeps, threat},
    script::{
        Act::{Say, Watch},
        Who::{Ana, Dana, Eli, Joel, Rosa, Sam},
    },
};

pub(super) static PREFERRED: Outline = Outline {
    product: "PAY",
    title: "Remember the preferred way to pay",
    description: "Customers who paid by direct debit last time see direct debit first next time. A small \
         thing that saves \
                  a click.",
    owner: Eli,
    builder: Dana,
    days: &[33, 9],
    stand: Stand::InReview(2),
    risk: (&[], "It remembers a choice that the order holds already."),
    plan: Plan {
        scope: "The order of the ways to pay follows the last payment of a signed-in customer. Left out: \
             guests.",
        goals: "Half of the returning customers find their way to pay at the top.",
        ..BLANK.plan
    },
    security: &[keeps(
        "privacy",
        "What is preferred is shown to the signed-in customer only",
        "A guest at the same computer sees the usual order.",
    )],
    design: (
        "The list of ways to pay is sorted by the last order of the account. Nothing is stored: the \
             order is asked \
              each time.",
        "",
    ),
    model: [
        "The list of ways to pay. Worth protecting: what somebody's last payment was.",
        "The next person at a shared computer learns it (T-1). Found by asking who else sees the page.",
        "Only with a session of the account, and sessions end after ten idle minutes.",
        "Read together with the model of the idle sessions.",
    ],
    threats: &[threat(
        "The next person at the computer sees how somebody paid",
        "List of ways to pay",
        InformationDisclosure,
        Low,
        "Direct debit on top tells that an account number is known.",
        "Only while signed in; the session ends by itself.",
        Eli,
    )],
    then: &[(
        at(1, 13, 40),
        Sam,
        Say("@Eli Brandt the list is also used by the page for subscriptions. Should it be sorted there \
                 as well? I would leave it out."),
    )],
    ..BLANK
};

pub(super) static PROGRESS: Outline = Outline {
    product: "PAY",
    title: "Show how far a refund is",
    description: "The account shows whether a refund was asked for, sent, or has arrived at the bank. \
         Support is asked \
                  for it two hundred times a month.",
    owner: Ana,
    builder: Sam,
    due: Some(41),
    days: &[14],
    stand: Stand::Ready,
    risk: (&[], "It shows what support tells customers on the phone today."),
    plan: Plan {
        scope: "Three steps with their dates beside each refund. Left out: a forecast of the arrival.",
        goals: "Half as many questions about refunds reach support.",
        timeline: "In six weeks",
        ..BLANK.plan
    },
    security: &[
        keeps(
            "authorisation",
            "Customers see the refunds of their own orders only",
            "With the number of a stranger's refund the page answers as for one that does not exist.",
        ),
        keeps(
            "privacy",
            "Of the receiving card the bank is shown and nothing else",
            "No digits of the card are in the page.",
        ),
    ],
    then: &[
        (
            at(8, 10, 15),
            Rosa,
            Say("This would help us a lot. @Ana Diaz can the text of the second step name the usual \
                     three days?"),
        ),
        (at(8, 10, 40), Rosa, Watch),
        (
            at(7, 15, 5),
            Ana,
            Say("Good point, @Rosa Lim. I put it into the scope of the wording, together with @Joel Park."),
        ),
        (at(7, 15, 20), Joel, Watch),
    ],
    ..BLANK
};

pub(super) static LINK: Outline = Outline {
    product: "PAY",
    title: "Payment link that support can send",
    description: "Instead of taking card numbers in the chat, support sends a link to a payment page of \
         ours. The number \
                  then never enters the chat.\n\nProposed by Ben Ode in his review of the chat.",
    owner: Ana,
    builder: Dana,
    days: &[1],
    stand: Stand::Begun(0),
    then: &[(
        at(0, 16, 5),
        Ana,
        Say("@Ben Ode thank you for the idea. @Dana Wu could you look at how long a link should live?"),
    )],
    ..BLANK
};
