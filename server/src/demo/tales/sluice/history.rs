//! The record that nobody can change.

use sluice_domain::threat::{
    Severity::{Critical, High, Medium},
    Stride::{InformationDisclosure, Repudiation, Tampering},
};

use super::{CHECKS, EVERYTHING, SHIPPING};
use crate::demo::{
    outline::{BLANK, Decision, Feedback, Notice, Outline, Plan, Release, Stand, does, keeps, threat},
    script::Who::Sam,
};

pub(super) static HISTORY: Outline = Outline {
    product: "SLU",
    title: "Append-only history of every change",
    description: "Every write leaves an event with who, what, when and why, in the same transaction. \
         Nobody can write without \
                  one, and nobody can change one, not with the server's own rights.",
    owner: Sam,
    builder: Sam,
    due: None,
    days: &[106, 100, 93, 82, 74, 48],
    stand: Stand::Begun(75),
    remarks: &["Not even the server: that is the sentence that matters.", "", "", "", ""],
    risk: (
        &["access", "personal-data"],
        "If it can be changed, nothing else that Sluice says is worth anything.",
    ),
    plan: Plan {
        scope: "Events, the versions of every tracked row, and the triggers that hold both. Left out: \
             signatures over the log \
                and their verification by others, which follow.",
        goals: "With the rights of the running server no event and no earlier version can be changed or \
             removed, and no row can \
                change without an event.",
        resources: "Sam Keller builds, Leo Novak reads, Gita Rao attacks the database; Ben Ode and Chi \
             Ito review. Three weeks.",
        timeline: "With the first release",
        market: "It is what auditors ask for first.",
    },
    functional: &[
        does(
            "Each write appears in the history with person, time, what changed and why",
            "A journey through all forms leaves one entry each.",
        ),
        does(
            "The state of a feature at an earlier moment can be read",
            "As it was before the last edit, word for word.",
        ),
    ],
    starters: &["admin-log"],
    security: &[
        keeps(
            "logging",
            "A commit without the event of its rows is refused",
            "A write by hand with the server's rights ends with SLA02 or SLA03.",
        ),
        keeps(
            "authorisation",
            "The server's role can insert events and nothing else with them",
            "Update, delete and truncate are refused with SLA01.",
        ),
        keeps(
            "privacy",
            "Personal and free text can be erased later without breaking the record",
            "The event holds a salted commitment; the text stands apart.",
        ),
        keeps(
            "data-encryption",
            "Commitments use a random salt for each field",
            "Two equal texts have different commitments.",
        ),
    ],
    spared: &[
        ("authentication", "No way in is added or changed."),
        ("secure-communication", "No connection is added or changed."),
    ],
    testing: EVERYTHING,
    notices: &[
        Notice {
            audience: "marketing",
            text: "From the first release on the history is append-only, held by the database. It is not \
                 signed yet: please do not call it tamper-proof.",
            answer: Some("We say append-only."),
        },
        Notice {
            audience: "support",
            text: "Nothing can be removed from the history, also not on request. Erasing personal data \
                 comes with two people later.",
            answer: Some("Understood."),
        },
    ],
    design: (
        "A write begins with a permit and ends with an event; there is no other commit. Tracked tables \
             have a history table, \
         filled by a trigger with the owner's rights. A deferred constraint compares each row with the \
         event of its own \
         transaction.",
        "Types: no permit, no write; no event, no commit. Database: stamp, keep, demand, refuse. Roles: \
             the server is not the \
         owner of what it writes to.",
    ),
    picture: Some((
        "0002-permits-events-and-the-wall-in-the-database.md",
        "Decision on permits, events and the wall",
    )),
    model: [
        "Use cases, the write path, events, history tables and their triggers, and the two roles of the \
             database. Worth \
         protecting: that what the record says happened, and nothing else. Boundary: between the \
         server's role and the owner's.",
        "An event is changed (T-1), a write has none (T-2), somebody denies what they did (T-3), history \
             is filled with lies \
         (T-4), free text cannot be erased (T-5). STRIDE for each element; two days with psql.",
        "What types can refuse does not compile; what is left the database refuses.",
        "Gita tried every statement that the server's role could send. The list of refusals is the \
             golden file of the schema.",
    ],
    threats: &[
        threat(
            "Somebody changes an event",
            "Event table",
            Tampering,
            Critical,
            "Whoever holds the server's password could tidy up after themselves.",
            "Triggers refuse update, delete and truncate (SLA01); the role has no right to them either.",
            Sam,
        ),
        threat(
            "A write leaves no event",
            "Write path",
            Repudiation,
            High,
            "One forgotten line in one use case would be enough.",
            "No commit without an event in the types; a deferred trigger compares rows with the event of \
                 their transaction (SLA03).",
            Sam,
        ),
        threat(
            "A person denies having signed",
            "Sign-off",
            Repudiation,
            High,
            "\"I was at lunch, my browser was open.\"",
            "The password is given with each sign-off; event and sign-off share one transaction and are \
                 never rewritten (SLA04).",
            Sam,
        ),
        threat(
            "History rows are invented",
            "History tables",
            Tampering,
            High,
            "The trigger runs with the owner's rights and could be lent out.",
            "It serves tables of one schema only (SLA06); the role can create no tables, not even \
                 temporary ones.",
            Sam,
        ),
        threat(
            "Text of a person cannot be erased",
            "Event",
            InformationDisclosure,
            Medium,
            "Erasing would break every digest above it.",
            "Events hold salted commitments; texts stand in a table of their own.",
            Sam,
        ),
    ],
    decisions: &[
        Decision {
            title: "Two walls: types, and triggers of the database",
            context: "Review alone does not see one forgotten line.",
            decision: "Permits and events in the types, stamps and refusals in the database (ADR 0002).",
            alternatives: "A log beside the data, written after the fact; the database's own log, which \
                 nobody can read in a year.",
            implementation: "service/src/db and migrations/0001_log.sql.",
            verification: "service walls::* and schema::*, with the server's role and with the owner's.",
        },
        Decision {
            title: "Commitments instead of text in events",
            context: "The record is forever, and people may ask to be forgotten.",
            decision: "An event holds a salted digest of each text; the text itself can go.",
            alternatives: "Encryption of each text with a key that is thrown away, which needs a place \
                 for keys.",
            implementation: "",
            verification: "",
        },
    ],
    countermeasures: "T-1, T-4 by triggers and rights (walls), T-2 by types and the deferred trigger \
         (walls), T-3 by the step-up \
                      (refusals), T-5 by commitments (unit test). What is left: whoever owns the \
                      database server can take \
                      triggers off; signed checkpoints answer that, and are a feature of their own.",
    changes: &[
        (14, "Events and history by trigger"),
        (21, "No commit without an event"),
        (26, "Roles of the database"),
        (33, "Commitments with a salt for each field"),
    ],
    checks: CHECKS,
    method: (
        "Database tests with the rights of the server, of the owner and of a superuser.",
        "Each refusal has a statement that provokes it. A server is killed twenty times in the middle of \
             its work.",
    ),
    reports: &[("sluice-history-tests.xml", "Statements against the wall", "Each refusal by its code.")],
    summary: (
        "Gita Rao, two days with psql and a list of statements; the kill test overnight.",
        "Everything was refused that should be. After twenty kills nothing that was acknowledged was lost.",
    ),
    release: Release {
        settings: "The server connects as sluice_runtime. The owner's password is not on its host.",
        artefact: "sluice:0.1.1",
        staging: "The rights of the role were listed and compared with the golden file.",
        notes: "Every change is on record, and the record cannot be changed by the server.",
        known: "The log is not signed yet.",
        production: "The first thousand events have their rows.",
        watched: "Three weeks: 6,200 events, no refused commit.",
        vulnerabilities: "None.",
        incidents: "There was no incident.",
        ..SHIPPING
    },
    feedback: &[
        Feedback {
            title: "An auditor wants to check the log without us",
            source: "Visit of an auditor, noted by Rosa Lim",
            text: "\"You show me that it cannot be changed. I would rather see it for myself, on my own \
                 machine.\"",
            class: "wish",
            analysis: "Signed checkpoints and an export that a second program verifies.",
            state: "analysed",
        },
        Feedback {
            title: "The history of a busy feature is long",
            source: "Ana Diaz",
            text: "\"I look for one decision and scroll through forty uploads.\"",
            class: "wish",
            analysis: "",
            state: "new",
        },
    ],
    posture: Some((
        "The role's rights are those of the golden file. Two new tables came since; both are tracked. A \
             restore of last month's backup has equal digests.",
        60,
    )),
    ..BLANK
};
