//! A feature that is being reviewed after its tests.

use sluice_domain::{
    policy::EvidenceKind::{DynamicScan, StaticAnalysis},
    threat::{
        Severity::{High, Medium},
        Stride::{ElevationOfPrivilege, InformationDisclosure, Tampering},
    },
};

use crate::demo::{
    calendar::at,
    outline::{
        BLANK, Decision, Finding, Notice, Outline, Plan, Stand, does, keeps, promised, set_aside, threat,
    },
    script::{
        Act::{Say, Watch},
        Who::{Chi, Dana, Gita, Sam},
    },
};

pub(super) static SETTLEMENTS: Outline = Outline {
    product: "PAY",
    title: "Export settlements for accounting",
    description: "Accounting copies numbers from the console of our acquirer into its books, every \
         morning. A file with \
                  the settlements of the day before should be there at six.",
    owner: Sam,
    builder: Sam,
    due: Some(16),
    days: &[48, 42, 34, 15],
    stand: Stand::InReview(3),
    remarks: &[
        "Asking for four eyes on the account numbers is right.",
        "",
        "Both reviewers found something. That is what they are for.",
    ],
    risk: (&["personal-data", "new-parts"], "Names of payers stand in some references."),
    plan: Plan {
        scope: "One file a day with all settlements, in the format of the accounting system, on its own \
             server. Left out: \
                corrections of earlier days.",
        goals: "No number is typed by hand; the sum of each file is the sum of the acquirer.",
        timeline: "In three weeks",
        market: "None: customers do not notice it.",
        ..BLANK.plan
    },
    functional: &[
        does(
            "The file of a day is there at six on the next",
            "Ten days in a row in the integration environment.",
        ),
        does("Its sum is the sum of the acquirer's report", "Compared by a script for every file."),
        does(
            "A file that was written is never changed",
            "A second run writes a new file with the next number.",
        ),
    ],
    starters: &["integration-identity", "integration-secrets", "integration-failure"],
    security: &[
        keeps(
            "privacy",
            "The file holds no names: references are cut to the order number",
            "A search for the names of the test payers finds none.",
        ),
        keeps(
            "authorisation",
            "Accounting can read the files and nothing else on that server",
            "Its account sees one folder.",
        ),
    ],
    spared: &[("marketing-informed", "Nobody outside of the company notices it.")],
    testing: &[
        promised(
            "static-analysis",
            "The exporter.",
            ("settlement-scan.sarif", StaticAnalysis, "Static analysis of the exporter"),
            "No findings.",
        ),
        promised(
            "dynamic-scan",
            "The server that keeps the files, from the network of accounting.",
            ("settlement-network-scan.md", DynamicScan, "Scan of the file server"),
            "One open port, as designed. The account of accounting cannot leave its folder.",
        ),
        set_aside("penetration-test", "Not reachable from outside; the yearly test covers the network."),
    ],
    notices: &[Notice {
        audience: "support",
        text: "From next month accounting has its own files. Questions about settlements go to them \
             directly.",
        answer: None,
    }],
    design: (
        "A job asks the acquirer for the settlements of the day, cuts references to the order number, \
             writes a numbered \
         file with its sum in the last line, and copies it to the server of accounting.",
        "Mutual TLS to the acquirer, a key of its own for the copy, an account that can write to one \
             folder, and another \
         that can read it.",
    ),
    model: [
        "Exporter, file, and the server between us and accounting. Worth protecting: what customers \
             paid, and that the \
         books are right.",
        "A file is changed on its way (T-1); names leave with the references (T-2); the account of \
             accounting sees more \
         than it should (T-3). STRIDE for each of the three.",
        "Numbered files with sums, references that are cut, two accounts with one right each.",
        "Accounting read it and asked for the sum in the last line.",
    ],
    threats: &[
        threat(
            "A file is changed between the exporter and the books",
            "File",
            Tampering,
            High,
            "Money would be booked to another account.",
            "Sum in the last line, a signature beside the file, and files that are never written twice.",
            Sam,
        ),
        threat(
            "Names of payers leave with the references",
            "Exporter",
            InformationDisclosure,
            Medium,
            "Customers write anything into a reference.",
            "References are cut to the order number; what has none is left empty.",
            Sam,
        ),
        threat(
            "The account of accounting sees other folders",
            "File server",
            ElevationOfPrivilege,
            Medium,
            "The server holds exports of other teams as well.",
            "The account is confined to its folder, and can read only.",
            Dana,
        ),
    ],
    decisions: &[
        Decision {
            title: "Files, and no interface",
            context: "The accounting system reads files, and its vendor charges for an interface.",
            decision: "One signed file a day.",
            alternatives: "An interface of our own that accounting calls, which would be one more thing \
                 to guard.",
            implementation: "Exporter, its key file, and two accounts of the file server.",
            verification: "Tests of format and sum, scan of the server, a trial with a wrong certificate.",
        },
        Decision {
            title: "A file is never changed",
            context: "Books need to be repeatable.",
            decision: "A second run of a day writes the next number and says which one it replaces.",
            alternatives: "",
            implementation: "",
            verification: "",
        },
    ],
    countermeasures: "T-1 signature and sum (Sam; test with a changed file), T-2 cut references (Sam; \
         test with names), T-3 \
                      confined account (Dana; scan). Nothing is accepted.",
    changes: &[
        (447, "Exporter with sums"),
        (449, "References are cut to the order number"),
        (453, "Sign and copy the file"),
    ],
    checks: &[("quality", "Unit tests"), ("quality", "Linter"), ("security", "Static analysis")],
    method: (
        "Unit tests, and ten days beside the old way.",
        "Format, sums, hostile references, a lost connection, a second run. Ten days of files are \
             compared with what accounting typed.",
    ),
    reports: &[(
        "settlement-tests.xml",
        "Tests of the exporter",
        "Nine tests; one of them changes a byte of a signed file.",
    )],
    findings: &[
        Finding {
            severity: "medium",
            title: "A reference with a line break makes a second line",
            description: "The accounting system would read it as another settlement.",
            fix: "Line breaks and separators are cut before anything else.",
            validation: "The test with hostile references failed before and passes now.",
        },
        Finding {
            severity: "low",
            title: "The job says nothing when there are no settlements",
            description: "On a holiday nobody can tell an empty day from a failed job.",
            fix: "An empty day writes a file with the sum zero.",
            validation: "Seen on the holiday of last week.",
        },
    ],
    summary: (
        "Gita Rao ran the tests twice and compared ten days of files with the books.",
        "All sums agree. Two findings, both fixed and validated.",
    ),
    then: &[
        (
            at(2, 11, 20),
            Chi,
            Say(
                "@Gita Rao which of the ten days had a refund that came back? I would like to see that file.",
            ),
        ),
        (at(2, 14, 5), Gita, Say("The third one, @Chi Ito: line 18, with a negative amount.")),
        (at(2, 14, 10), Chi, Watch),
    ],
    ..BLANK
};
