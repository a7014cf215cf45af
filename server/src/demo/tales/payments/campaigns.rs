//! Features of a season: used, and about to be retired.

use sluice_domain::threat::{
    Severity::Low, Severity::Medium, Stride::InformationDisclosure, Stride::Tampering,
};

use crate::demo::{
    outline::{BLANK, Outline, Plan, Release, Stand, keeps, threat},
    script::Who::{Dana, Eli, Sam},
};

pub(super) static VOUCHER: Outline = Outline {
    product: "PAY",
    title: "Voucher field for the autumn sale",
    description: "For six weeks checkout takes a voucher code of ten per cent. Codes are sent by \
         marketing and can be \
                  used once.",
    owner: Sam,
    builder: Sam,
    due: Some(-24),
    days: &[68, 65, 61, 56, 52, 6],
    stand: Stand::InReview(1),
    remarks: &[
        "",
        "One code, one order, checked by the server: good.",
        "",
        "",
        "The revenue report agrees with the orders.",
    ],
    risk: (&[], "The price is computed where it always was; the voucher is one more line of it."),
    plan: Plan {
        scope: "One field for one code an order, from the first to the last day of the sale. Left out: \
             vouchers for \
                single products.",
        goals: "Four in ten orders of the sale use a code; no order uses two.",
        ..BLANK.plan
    },
    security: &[
        keeps(
            "authorisation",
            "A code lowers the price once, whoever sends it how often",
            "The second order with the same code pays the full price.",
        ),
        keeps(
            "availability",
            "Guessing codes is slowed down",
            "After ten wrong codes in a row the field waits a minute.",
        ),
    ],
    design: (
        "The server looks the code up, marks it as used in the transaction that makes the order, and \
             adds a line with \
              the reduction. The page never computes a price.",
        "",
    ),
    model: [
        "The voucher field, the table of codes, and the price of an order. Worth protecting: revenue.",
        "Codes are guessed (T-1) or used twice at the same moment (T-2). Found by STRIDE for field and \
             table.",
        "Long random codes with a brake on guessing; the use is part of the order's transaction.",
        "Marketing read it and asked for the last day of validity, which is in the table now.",
    ],
    threats: &[
        threat(
            "Codes are guessed",
            "Voucher field",
            InformationDisclosure,
            Medium,
            "Short codes in a row invite a script.",
            "Twelve random letters, and a brake after ten wrong ones.",
            Sam,
        ),
        threat(
            "Two orders use one code at the same moment",
            "Table of codes",
            Tampering,
            Low,
            "Both read \"unused\" before either writes.",
            "The row is locked by the order that uses it.",
            Sam,
        ),
    ],
    changes: &[(430, "Voucher field and table of codes"), (433, "Reduction as a line of the order")],
    checks: &[("security", "Static analysis")],
    reports: &[(
        "voucher-tests.xml",
        "Tests of the voucher field",
        "Two orders race for one code, and one of them pays in full.",
    )],
    release: Release {
        settings: "The dates of the sale are a setting; outside of them the field is not shown. No \
             secret is needed.",
        artefact: "checkout 4.23",
        notes: "During the autumn sale checkout takes a voucher code.",
        watched: "Watched through the sale: 41 % of the orders used a code, no code was used twice, and \
             the brake stopped \
                  two scripts.",
        ..BLANK.release
    },
    farewell: &[(
        "data-disposition",
        "Codes are erased; what an order was reduced by stays in the order for ten years, as the law asks.",
    )],
    ..BLANK
};

pub(super) static SURVEY: Outline = Outline {
    product: "PAY",
    title: "One question after paying",
    description: "After a payment one customer in twenty is asked how easy it was, on a scale of five. \
         The answer has no \
                  name on it.",
    owner: Eli,
    builder: Dana,
    due: None,
    days: &[60, 57, 53, 47, 44, 4],
    stand: Stand::Ready,
    remarks: &["Without a name there is little to lose. Fine."],
    risk: (&[], "Answers are numbers without a person; nothing new can be reached."),
    plan: Plan {
        scope: "One question with five answers on the page after a payment. Left out: free text, which \
             would bring \
                personal data.",
        goals: "Two thousand answers, to choose what to improve next.",
        ..BLANK.plan
    },
    security: &[keeps(
        "privacy",
        "An answer cannot be led back to a person or an order",
        "The table has a date, a number and nothing else.",
    )],
    design: (
        "The page sends one number; the server counts it under today's date. No cookie, no order number, \
             no address.",
        "",
    ),
    model: [
        "The question on the last page and the table of counts. Worth protecting: that nobody is recognised.",
        "Somebody floods the counts (T-1). Found by asking the six STRIDE questions of the one new flow.",
        "The page gets a number that counts once.",
        "Read by the data protection officer, who asked to leave the free text out.",
    ],
    threats: &[threat(
        "A script answers a thousand times",
        "Question to counts",
        Tampering,
        Low,
        "The counts decide what we build next.",
        "Each page carries a random number that counts once.",
        Dana,
    )],
    changes: &[(436, "One question after paying")],
    checks: &[("security", "Static analysis")],
    reports: &[("survey-tests.xml", "Tests of the question", "")],
    release: Release {
        settings: "The share of customers who are asked is a setting, five per cent. Zero turns it off.",
        artefact: "checkout 4.23",
        notes: "One customer in twenty is asked how easy paying was.",
        watched: "Watched for two weeks: 2,140 answers, no error. Turned off after the last one.",
        ..BLANK.release
    },
    farewell: &[(
        "data-disposition",
        "The counts were handed to the product team as a table and erased. There were no other data.",
    )],
    ..BLANK
};
