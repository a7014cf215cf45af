//! Policies as text, and what they asked for before there were records.

use sluice_domain::{
    access::Role,
    threat::{
        Severity::{High, Low, Medium},
        Stride::{DenialOfService, Repudiation, Tampering},
    },
};

use super::{CHECKS, CODE_AND_ROUTES, SHIPPING};
use crate::demo::{
    calendar::at,
    outline::{
        BLANK, Decision, Feedback, Finding, Notice, Outline, Plan, Release, Stand, does, keeps, threat,
    },
    script::{
        Act::{Archive, Deny, Say},
        Who::{Ana, Chi, Leo, Sam},
    },
};

pub(super) static STATEMENTS: Outline = Outline {
    product: "SLU",
    title: "Statements as proof of a control",
    description: "Whoever does a control's work says so in a sentence, and the sentence proves it. The \
         quickest way to begin with, \
                  until records take its place.",
    owner: Ana,
    builder: Sam,
    due: Some(-15),
    days: &[95, 91, 87, 79, 75, 30],
    stand: Stand::Finished(9),
    // After its last gate, so that its last signature is in it.
    then: &[(at(8, 10, 5), Ana, Archive)],
    remarks: &["", "", "", "", "", "Retired in good order: what was said stays readable."],
    risk: (&["personal-data"], "Sentences may name people."),
    plan: Plan {
        scope: "A text field at each control, with version and author. Left out: any check of what it says.",
        goals: "A feature of low risk passes its first gate in an hour.",
        timeline: "With the first release",
        market: "It lets people begin at once.",
        ..BLANK.plan
    },
    functional: &[does(
        "A control is done when somebody wrote at least a sentence",
        "An empty one is refused.",
    )],
    starters: &["interface-encoding"],
    security: &[keeps(
        "logging",
        "Each version of a statement is kept with its author",
        "The history shows both texts.",
    )],
    testing: CODE_AND_ROUTES,
    notices: &[
        Notice {
            audience: "marketing",
            text: "In the first release controls are proved by sentences.",
            answer: Some("Fine for a beginning."),
        },
        Notice {
            audience: "support",
            text: "A control can be marked again at any time; both texts stay in the history.",
            answer: Some("Clear."),
        },
    ],
    design: (
        "One row for each control and feature, edited by version.",
        "Escaped where it is shown, tracked by the history.",
    ),
    model: [
        "The text at a control. Worth protecting: that it says who said it.",
        "A text is changed afterwards (T-1). STRIDE for the one element.",
        "Versions and history.",
        "Read with the model of the history.",
    ],
    threats: &[threat(
        "A statement is changed after the gate",
        "Statement",
        Repudiation,
        Medium,
        "\"I never wrote that.\"",
        "The dossier holds version and digest; the history holds the text.",
        Sam,
    )],
    decisions: &[Decision {
        title: "A sentence first, structure later",
        context: "Nobody knew yet which structure each control needs.",
        decision: "Free text with author and version.",
        alternatives: "Twenty forms, of which half would have been wrong.",
        implementation: "service/src/phases.",
        verification: "Journeys through all gates of the first release.",
    }],
    countermeasures: "T-1 by version and history (test of both texts).",
    changes: &[(39, "Statements at controls"), (42, "Marks by version")],
    checks: CHECKS,
    method: ("Requests and journeys.", "Each control once, hostile text, an edit by two people."),
    reports: &[("sluice-gate-tests.xml", "Marks and gates", "")],
    summary: ("Gita Rao, a week.", "All green."),
    release: Release {
        settings: "None.",
        artefact: "sluice:0.1.2",
        staging: "Two features were taken to their second gate.",
        notes: "Controls are proved by a sentence.",
        known: "Nobody checks what it says.",
        production: "In use from the first day.",
        watched: "Six weeks. Sentences got shorter from week to week: \"done\" is one of them.",
        vulnerabilities: "None.",
        ..SHIPPING
    },
    feedback: &[Feedback {
        title: "A sentence proves nothing",
        source: "Visit of an auditor",
        text: "\"It says that two people reviewed each change. Which change, and who?\"",
        class: "defect",
        analysis: "Right. Records of the phases take its place, with rules that name what is missing.",
        state: "closed",
    }],
    posture: Some(("No new threat. What is proved by sentences is too little; see the feedback.", 30)),
    lessons: "What people may write in one word, they will. Ask for the thing itself where there is one.",
    farewell: &[
        (
            "data-disposition",
            "Statements of earlier features stay in the record, as they were signed. New features have \
                 none where a record proves the control.",
        ),
        ("transition-plan", "statements-to-records.md"),
    ],
    ..BLANK
};

pub(super) static POLICIES: Outline = Outline {
    product: "SLU",
    title: "Lifecycle policies as text",
    description: "A policy is a file: phases, controls, conditions, quorums. It is imported with errors \
         that name line and column, \
                  and features stay with the version that they began under.",
    owner: Sam,
    builder: Sam,
    due: Some(5),
    days: &[76, 70, 60, 22],
    stand: Stand::InReview(4),
    remarks: &["", "Parsing with a bound on depth, before anything else is looked at. Good.", ""],
    risk: (&["code", "new-parts"], "A parser for text that administrators send."),
    plan: Plan {
        scope: "Format, import, versions, the built-in policy. Left out: an editor, and a dry run over \
             features.",
        goals: "A mistake in a policy is found by its line; no version is ever changed.",
        timeline: "With 0.5",
        market: "Customers bring their own lifecycle.",
        ..BLANK.plan
    },
    functional: &[
        does("Errors name line, column and what was expected", "Forty broken policies, each with its error."),
        does("A version that is in use cannot be changed", "The same version with other text is refused."),
    ],
    starters: &["upload-parsers"],
    security: &[
        keeps(
            "input-validation",
            "A policy is bounded in size, depth and number of controls",
            "Known bombs are refused in a second.",
        ),
        keeps(
            "authorisation",
            "Only administrators import",
            "Others get the answer of the table of permissions.",
        ),
    ],
    testing: CODE_AND_ROUTES,
    notices: &[
        Notice {
            audience: "marketing",
            text: "0.5 takes policies of one's own.",
            answer: Some("We need an example. You have one in policies/."),
        },
        Notice {
            audience: "support",
            text: "Questions about errors: send the line, it is in the text.",
            answer: None,
        },
    ],
    design: (
        "TOML, parsed with a bound on depth, then checked as a whole. The exact text is stored under its \
             digest.",
        "Bounds before parsing; every reference resolved; text and digest kept.",
    ),
    model: [
        "The file, the parser, the stored versions. Worth protecting: what gates ask for.",
        "A bomb (T-1), a version that changes under features (T-2), a mistake that leaves a gate open \
             (T-3). STRIDE along the \
         import.",
        "Bounds, digests, and a checker that refuses gates without a sign-off.",
        "Leo wrote forty broken policies.",
    ],
    threats: &[
        threat(
            "A policy exhausts the parser",
            "Parser",
            DenialOfService,
            Medium,
            "A thousand brackets in a row.",
            "Size and depth are bounded before anything is built.",
            Sam,
        ),
        threat(
            "A version changes under features that follow it",
            "Stored version",
            Tampering,
            High,
            "A gate would ask for less than was agreed.",
            "The exact text is stored once under key and version; append-only.",
            Sam,
        ),
        threat(
            "A mistake leaves a gate without a sign-off",
            "Checker",
            Tampering,
            Low,
            "A typing error in a role.",
            "Roles and rules are known by name; a gate without a seat is refused.",
            Leo,
        ),
    ],
    decisions: &[Decision {
        title: "TOML, with its text kept",
        context: "People write it by hand and compare versions.",
        decision: "TOML; the parser's positions become errors with line and column (ADR 0007).",
        alternatives: "YAML, which means something else than it looks like; JSON, which has no comments.",
        implementation: "domain/src/policy.",
        verification: "Forty broken files; a round trip of the built-in one.",
    }],
    countermeasures: "T-1 bounds (deep nesting is refused), T-2 append-only (walls), T-3 checker (unit \
         tests).",
    changes: &[
        (112, "Format and errors"),
        (115, "Versions under their digest"),
        (118, "The built-in policy"),
    ],
    checks: CHECKS,
    method: (
        "Unit tests with broken files; fuzzing of the parser for a night.",
        "Each rule of the checker is broken once.",
    ),
    reports: &[("sluice-policy-tests.xml", "Tests of parser and checker", "")],
    findings: &[Finding {
        severity: "low",
        title: "The column counted bytes",
        description: "Behind an umlaut the error pointed two places too far.",
        fix: "Columns count characters.",
        validation: "A line of umlauts points right.",
    }],
    summary: (
        "Gita Rao, forty files; a night of fuzzing.",
        "No crash in eleven million inputs. One finding, fixed.",
    ),
    then: &[
        (
            at(2, 11, 30),
            Chi,
            Deny(
                Role::SecurityReviewer,
                "The night of fuzzing is in the summary, but it was not promised and has no report: I \
                     cannot see which inputs were \
                 tried. Please add it as a security test with its evidence; then I am glad to sign.",
            ),
        ),
        (at(1, 14, 15), Sam, Say("Fair, @Chi Ito. @Gita Rao do we still have the corpus of that night?")),
    ],
    ..BLANK
};
