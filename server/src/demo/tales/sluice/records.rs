//! What the phases write down, and how it is found again.

use std::borrow::Cow;

use sluice_domain::{
    record::RecordKind,
    threat::{
        Severity::{High, Low, Medium},
        Stride::{DenialOfService, ElevationOfPrivilege, InformationDisclosure, Tampering},
    },
};

use super::{CHECKS, CODE_AND_ROUTES};
use crate::demo::{
    calendar::at,
    outline::{BLANK, Decision, Notice, Outline, Plan, Stand, does, keeps, threat},
    script::{
        Act::{Record, Return, Say, Watch},
        Entry,
        Said::{Is, On, T},
        Who::{Ana, Ben, Chi, Gita, Leo, Sam},
    },
};

pub(super) static RECORDS: Outline = Outline {
    product: "SLU",
    title: "Records of the phases",
    description: "Requirements, decisions, changes, tests, artefacts: each phase writes down what it \
         does, and the gate names what \
                  is missing thing by thing.\n\nTakes the place of statements.",
    owner: Leo,
    builder: Leo,
    due: Some(20),
    days: &[58, 50, 26],
    stand: Stand::Ready,
    remarks: &[
        "The answer to the auditor's question.",
        "One life for twenty kinds is easier to review than twenty lives.",
    ],
    risk: (&["personal-data", "new-parts"], "Gates rest on it."),
    plan: Plan {
        scope: "Twenty kinds of record with fields, states and who may write them; rules by which they \
             prove controls. Left out: \
                taking them from other systems.",
        goals: "An auditor sees which change two people reviewed, and who they were.",
        timeline: "With 0.6",
        market: "What the first customers missed most.",
        ..BLANK.plan
    },
    functional: &[
        does(
            "Each kind is numbered within its feature and edited by version",
            "Two editors: the second sees both texts.",
        ),
        does(
            "A gate says of each rule what is missing, with a link to it",
            "One reviewer too few is named with the change.",
        ),
        does(
            "A state that somebody else has to bring about is refused to the first",
            "Nobody validates the own fix.",
        ),
    ],
    starters: &["interface-encoding"],
    security: &[
        keeps(
            "authorisation",
            "Who only acknowledges fills in the answer and nothing else",
            "Other fields in the request are refused.",
        ),
        keeps(
            "logging",
            "Each edit leaves an event with what changed",
            "The history shows old and new words.",
        ),
    ],
    testing: CODE_AND_ROUTES,
    notices: &[
        Notice {
            audience: "marketing",
            text: "0.6 replaces sentences by records.",
            answer: Some("This is the headline."),
        },
        Notice {
            audience: "support",
            text: "Earlier features keep their sentences.",
            answer: Some("Good to know."),
        },
    ],
    design: (
        "Kinds are described by a spec: fields, states, who may enter them. One use case adds, one \
             edits. Rules read records and \
         return what is missing.",
        "Forms are checked in the domain; references exist or are refused; records of a phase are part \
             of its dossier, and their \
         authors are contributors.",
    ),
    model: [
        "Specs, forms, the table of records, rules. Worth protecting: that a gate rests on what people \
             wrote.",
        "Writing what is not one's own (T-1), a rule that is content too early (T-2), references that \
             point nowhere (T-3). STRIDE \
         for form and rule.",
        "Editors by kind and state, rules with a test for each thing that can be missing, references \
             checked on writing.",
        "Sam wrote the list of what each rule must not accept, before the rules were there.",
    ],
    threats: &[
        threat(
            "A stakeholder rewrites the notice while acknowledging it",
            "Form of a record",
            ElevationOfPrivilege,
            Medium,
            "The form sends all fields.",
            "Fields that do not belong to the step may not change.",
            Leo,
        ),
        threat(
            "A rule holds although something is missing",
            "Rules",
            Tampering,
            High,
            "A gate would open on half of the work.",
            "Each rule has a test for every way to fall short; facts are gathered in one place.",
            Leo,
        ),
        threat(
            "A reference points to another feature's thing",
            "References",
            InformationDisclosure,
            Low,
            "Its title would be shown.",
            "References are looked up within the feature.",
            Sam,
        ),
    ],
    decisions: &[
        Decision {
            title: "One table and one life for all kinds",
            context: "Twenty kinds differ in fields, and are alike in everything else.",
            decision: "A spec for each kind, one table, two use cases (ADR 0010).",
            alternatives: "Twenty tables and forty use cases.",
            implementation: "domain/src/record and service/src/records.",
            verification: "A test fills in every kind from its spec; one for each shortfall of each rule.",
        },
        Decision {
            title: "A policy names rules, and no expressions",
            context: "Policies are written by people who do not program.",
            decision: "Rules have names and are code; a policy picks them.",
            alternatives: "A language of expressions, which would need its own tests.",
            implementation: "",
            verification: "",
        },
    ],
    countermeasures: "T-1 fields by state (unit tests), T-2 a test for each shortfall, T-3 lookup within \
         the feature (service test).",
    changes: &[
        (131, "Kinds and their forms"),
        (134, "Rules and shortfalls"),
        (139, "Records in dossiers"),
        (143, "Pages of records"),
    ],
    checks: CHECKS,
    then: &[
        (at(2, 15, 40), Ana, Watch),
        (
            at(1, 9, 25),
            Sam,
            Say("!143 looks good to me. @Leo Novak do you ask for the review, or do you wait for the \
                     narrow screens?"),
        ),
    ],
    ..BLANK
};

pub(super) static SEARCH: Outline = Outline {
    product: "SLU",
    title: "Search across features",
    description: "One field that finds features, requirements, threats, findings and evidence by word \
         and by similar word, ranked, \
                  and only what the reader may see.",
    owner: Leo,
    builder: Leo,
    due: Some(11),
    days: &[44, 36, 20],
    stand: Stand::InReview(8),
    remarks: &["", "", ""],
    risk: (&["personal-data"], "It sees everything at once."),
    plan: Plan {
        scope: "Words, beginnings of words, keys, and slips of the finger. Left out: what is inside of \
             files.",
        goals: "The right feature is among the first three for nine in ten searches; a hundred thousand \
             features answer at once.",
        timeline: "With 0.6",
        market: "Expected by everybody.",
        ..BLANK.plan
    },
    functional: &[
        does("A key leads straight to its feature", "PAY-12 is the first hit."),
        does("A word with one wrong letter is found", "\"tokne\" finds \"token\"."),
    ],
    starters: &["api-limits"],
    security: &[keeps(
        "authorisation",
        "Nothing of products without a role is found, counted or suggested",
        "The count is that of what is shown.",
    )],
    testing: CODE_AND_ROUTES,
    notices: &[
        Notice { audience: "marketing", text: "0.6 has a search.", answer: Some("Finally.") },
        Notice { audience: "support", text: "What is inside of files is not searched.", answer: None },
    ],
    design: (
        "A table of entries, written in the transaction of what they describe, with an index for words \
             and one for similar \
              words.",
        "Products of the reader are a condition of the statement; queries are bounded in length and time.",
    ),
    model: [
        "Query, entries, index. Worth protecting: titles of products that the reader has no role in.",
        "Hits or counts of others (T-1), costly queries (T-2). STRIDE for query and index.",
        "The condition in the statement, before anything is ranked; a bound on length, and five seconds.",
        "Gita searched for words of the other product, for an hour.",
    ],
    threats: &[
        threat(
            "Counts tell that a word exists elsewhere",
            "Result page",
            InformationDisclosure,
            Medium,
            "\"0 of 3 hits\" says enough.",
            "Counts and suggestions come from what may be seen.",
            Leo,
        ),
        threat(
            "A query takes the database's time",
            "Query",
            DenialOfService,
            Medium,
            "Similar words are costly.",
            "A bound on length, on words, and on time; each list has an index.",
            Leo,
        ),
    ],
    decisions: &[Decision {
        title: "The database searches",
        context: "A second store would have to know who may see what.",
        decision: "Full text and trigrams of PostgreSQL.",
        alternatives: "A search server beside it.",
        implementation: "migrations/0009_search.sql and service/src/find.",
        verification: "Plans without a scan of the table at a hundred thousand features; isolation tests.",
    }],
    countermeasures: "T-1 the condition (isolation tests), T-2 bounds and indexes (plans).",
    changes: &[(146, "Entries and their index"), (150, "Search by key, word and similar word")],
    checks: CHECKS,
    then: &[
        (
            at(6, 11, 10),
            Chi,
            Return(
                "The condition on products comes after ranking in !150, so the cost of a search depends \
                     on what others have. Please move it into the statement, and show me the plan.",
            ),
        ),
        (
            at(5, 10, 30),
            Leo,
            Record(Entry {
                kind: RecordKind::Change,
                state: "open",
                title: "Products of the reader before ranking",
                fields: Cow::Borrowed(&[
                    ("link", T("https://code.example.org/slu/merge_requests/153")),
                    ("author", Is(Leo)),
                    ("implements", T("T-1, T-2")),
                ]),
            }),
        ),
        (
            at(4, 9, 50),
            Leo,
            Record(Entry {
                kind: RecordKind::Check,
                state: "failed",
                title: "cargo test",
                fields: Cow::Borrowed(&[
                    ("class", T("quality")),
                    ("source", T("https://code.example.org/slu/pipelines/1999")),
                    ("ran", On(at(4, 9, 50))),
                ]),
            }),
        ),
        (
            at(4, 10, 5),
            Leo,
            Say("One plan still scans. @Sam Keller you know that index best, could you look at !153?"),
        ),
        (at(3, 15, 10), Sam, Say("The order of its columns is the wrong way round. I comment in the code.")),
        (at(3, 15, 15), Ben, Watch),
        (
            at(2, 16, 20),
            Gita,
            Say("@Leo Novak tell me when it is merged, I have a list of words of the other product."),
        ),
    ],
    ..BLANK
};
