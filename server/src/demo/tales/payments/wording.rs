//! What customers read: a feature at the gate of release whose sign-off was voided, and one that is late.

use std::borrow::Cow;

use sluice_domain::{
    policy::EvidenceKind::StaticAnalysis,
    record::RecordKind,
    threat::{
        Severity::{Low, Medium},
        Stride::{InformationDisclosure, Spoofing, Tampering},
    },
};

use crate::demo::{
    calendar::at,
    outline::{
        BLANK, Decision, Finding, Notice, Outline, Plan, Release, Stand, does, keeps, promised, set_aside,
        threat,
    },
    script::{
        Act::{Edit, Merge, Say, Watch},
        Change,
        Said::T,
        Who::{Ana, Ben, Dana, Eli, Joel, Sam},
        approve,
    },
};

pub(super) static DECLINES: Outline = Outline {
    product: "PAY",
    title: "Decline reasons in plain words",
    description: "\"Payment failed (51)\" helps nobody. Customers should read what they can do: another \
         card, a call to \
                  their bank, or simply trying again.\n\nFraudsters must not learn more than today.",
    owner: Dana,
    builder: Dana,
    due: Some(1),
    days: &[56, 52, 47, 36, 12],
    stand: Stand::InReview(3),
    remarks: &[
        "",
        "The table of texts is the design. Clear.",
        "",
        "The comparison of all 84 codes convinced me.",
    ],
    risk: (&["exposed"], "Texts change for everybody who pays."),
    plan: Plan {
        scope: "The 84 codes of our acquirer become seven texts in English and German. Left out: texts \
             of the banks \
                themselves.",
        goals: "A third fewer contacts about failed payments; no text tells a fraudster which check failed.",
        timeline: "With checkout 4.24",
        market: "Fewer lost orders, friendlier words.",
        ..BLANK.plan
    },
    functional: &[
        does(
            "Every code of the acquirer has one of the seven texts",
            "The table has no empty cell, and an unknown code gets the general text.",
        ),
        does(
            "Each text says what the customer can do next",
            "Five people who did not build it name the next step right.",
        ),
    ],
    security: &[
        keeps(
            "privacy",
            "Texts for suspected fraud are those of an ordinary decline",
            "The seven texts do not tell codes 4, 7, 34, 41 and 43 from code 5.",
        ),
        keeps(
            "input-validation",
            "The code of the acquirer is a key and never shown",
            "A code with markup in it gives the general text.",
        ),
    ],
    testing: &[
        promised(
            "static-analysis",
            "The page and the table.",
            ("decline-scan.sarif", StaticAnalysis, "Static analysis of the payment page"),
            "No findings.",
        ),
        set_aside("dynamic-scan", "No new address and no new input; the page was scanned with release 4.22."),
        set_aside("penetration-test", "The yearly test in spring covers the page."),
    ],
    notices: &[
        Notice {
            audience: "marketing",
            text: "With checkout 4.24 failed payments explain themselves in plain words. The seven texts \
                 are attached to the plan.",
            answer: Some("We corrected the tone of two of them."),
        },
        Notice {
            audience: "support",
            text: "Customers will quote the new texts. The table from code to text is in the handbook.",
            answer: None,
        },
    ],
    design: (
        "A table in the repository maps codes to texts. The server looks the code up; what is not in the \
             table gets the \
         general text. The log keeps the code, the page never sees it.",
        "Lookup instead of formatting: nothing that the acquirer sends reaches the page. Codes of fraud \
             share the text of \
         code 5.",
    ),
    model: [
        "The answer of the acquirer, the table, and the page. Worth protecting: what our fraud checks \
             decided.",
        "Texts tell too much (T-1); a forged answer puts words into our page (T-2). Found by STRIDE for \
             the flow from \
         acquirer to page.",
        "Seven texts for 84 codes, and a lookup that shows only our own words.",
        "The fraud team compared every pair of codes.",
    ],
    threats: &[
        threat(
            "A text tells fraudsters which check stopped them",
            "Text on the page",
            InformationDisclosure,
            Medium,
            "\"Your card was reported stolen\" saves them a call.",
            "Codes of suspected fraud have the text of an ordinary decline.",
            Dana,
        ),
        threat(
            "A forged answer puts words into our page",
            "Acquirer to page",
            Spoofing,
            Low,
            "Whoever controls the answer could ask for a password.",
            "Only the code is read, and only as a key into our own table.",
            Dana,
        ),
    ],
    decisions: &[Decision {
        title: "Codes become texts by a table in the repository",
        context: "Texts change often, and who changes them should be seen.",
        decision: "A table under review, compiled in.",
        alternatives: "Texts in the database, where marketing could change them without a review.",
        implementation: "The table and its lookup in the payment page's server.",
        verification: "A test goes through all 84 codes; a second one sends codes with markup.",
    }],
    countermeasures: "T-1 by the shared text (test over all codes), T-2 by the lookup (test with hostile \
         codes). Nothing is \
                      accepted.",
    changes: &[(441, "Seven texts for 84 codes"), (444, "Payment page shows the text of the table")],
    checks: &[("quality", "Unit tests"), ("security", "Static analysis")],
    method: (
        "Unit tests over the whole table, and people who read it.",
        "Every code once, unknown and hostile codes, both languages. Five people from other teams read \
             the texts in the integration environment.",
    ),
    reports: &[(
        "decline-tests.xml",
        "Tests of texts and lookup",
        "All 84 codes, unknown ones, and three with markup.",
    )],
    findings: &[Finding {
        severity: "low",
        title: "Two German texts are cut off on small phones",
        description: "The button covers the last line at 320 pixels.",
        fix: "The button moves below the text.",
        validation: "Looked at again on the smallest phone of the test shelf.",
    }],
    summary: (
        "Gita Rao ran the table tests and read both languages on five phones; five people named the next \
             step for each text.",
        "All tests are green. One finding, fixed and validated.",
    ),
    release: Release {
        settings: "The feature adds no setting. Its table is part of the image.",
        distribution: "",
        artefact: "checkout:4.24.0",
        components: Some(("trivy-npm-1.7.json", "Components of the payment page")),
        updates: "With the next release, or alone within two hours by the fast lane.",
        incident: "The plan of Payments. First step: switch to the general text.",
        signals: "Dashboard of declines by text; alert when the general text is more than a tenth of them.",
        triage: "Dana Wu, within a day.",
        staging: "All seven texts seen with the acquirer's test cards.",
        notes: "When a payment fails, checkout says in plain words what to do next.",
        known: "Texts of the banks themselves are shown as before.",
        production: "Declines by text are as expected; 3 % get the general one.",
        watched: "Four working days: contacts about failed payments fell by a fifth so far. Nothing \
             unexpected.",
        vulnerabilities: "None since the deployment.",
        ..BLANK.release
    },
    then: &[
        (at(2, 9, 50), Ben, approve("Settings, staging and the alert are in order.")),
        (
            at(2, 13, 10),
            Ana,
            Edit(
                RecordKind::ReleaseNotes,
                1,
                "kept",
                Cow::Borrowed(&[(
                    "known",
                    T("Texts of the banks themselves are shown as before. Customers with the old app \
                             see the code until they update it."),
                )]),
            ),
        ),
        (
            at(2, 13, 15),
            Ana,
            Say("@Ben Ode the old app was missing in the known issues. I am sorry that this voids your \
                     signature; nothing else changed."),
        ),
        (at(1, 9, 5), Joel, Watch),
    ],
    ..BLANK
};

pub(super) static RECEIPTS: Outline = Outline {
    product: "PAY",
    title: "Receipts as PDF by e-mail",
    description: "Companies ask for a receipt that they can file. It is sent with the confirmation of \
         the order.",
    owner: Sam,
    builder: Sam,
    due: Some(-5),
    days: &[50, 44, 38],
    stand: Stand::Begun(50),
    remarks: &["", "Rendering without scripts and without network is what I would have asked for."],
    risk: (&[], "The receipt holds what the confirmation says already."),
    plan: Plan {
        scope: "One PDF for each order, attached to the confirmation. Left out: receipts for old orders.",
        goals: "No more requests for receipts by phone.",
        timeline: "Was planned for last week",
        ..BLANK.plan
    },
    security: &[
        keeps(
            "input-validation",
            "Names and addresses are text in the receipt, whatever they contain",
            "A name with markup is printed letter by letter.",
        ),
        keeps(
            "privacy",
            "Receipts are sent to the address of the order only",
            "Changing the address afterwards sends nothing.",
        ),
    ],
    design: (
        "A worker renders the receipt from a template, without scripts and without a network, and hands \
             it to the mail \
              queue. It is not stored.",
        "",
    ),
    model: [
        "Renderer, template, and the e-mail. Worth protecting: names, addresses, and the renderer's host.",
        "Names with markup run in the renderer (T-1); a receipt goes to a stranger (T-2). STRIDE for \
             renderer and queue.",
        "Text is escaped, the renderer has no network, and the address is the order's.",
        "Dana tried twelve hostile names in a prototype.",
    ],
    threats: &[
        threat(
            "A name with markup makes the renderer read files",
            "Renderer",
            Tampering,
            Medium,
            "Renderers of PDF follow links to files and internal addresses.",
            "Escaped text, no network, an account without rights.",
            Sam,
        ),
        threat(
            "A receipt reaches a stranger",
            "Mail queue",
            InformationDisclosure,
            Low,
            "A typing error in the address sends name and address to somebody else.",
            "The address that was confirmed with the order, and no other.",
            Sam,
        ),
    ],
    changes: &[(446, "Render receipts from a template"), (451, "Attach the receipt to the confirmation")],
    checks: &[("security", "Static analysis")],
    then: &[
        (
            at(12, 15, 30),
            Sam,
            Merge(Change {
                number: 458,
                title: "Render without network",
                author: Sam,
                reviewers: &[],
                implements: T("T-1"),
                note: "Merged in a hurry before the code freeze; the review is still to come.",
            }),
        ),
        (
            at(4, 10, 25),
            Ana,
            Say("The date has passed. @Sam Keller what is missing besides the review of !458? @Eli \
                     Brandt could you read it?"),
        ),
        (at(3, 9, 30), Eli, Say("I read it today.")),
    ],
    ..BLANK
};
