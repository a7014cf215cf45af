//! Who is signed in, and where.

use sluice_domain::threat::{
    Severity::{High, Medium},
    Stride::{ElevationOfPrivilege, Spoofing},
};

use super::{CHECKS, CODE_AND_ROUTES, SHIPPING};
use crate::demo::{
    outline::{BLANK, Decision, Feedback, Notice, Outline, Plan, Release, Stand, does, keeps, threat},
    script::Who::{Gita, Sam},
};

pub(super) static SESSIONS: Outline = Outline {
    product: "SLU",
    title: "Session list and signing out elsewhere",
    description: "People see where they are signed in, since when and last from where, and end what they \
         do not know.",
    owner: Gita,
    builder: Sam,
    due: None,
    days: &[90, 85, 80, 72, 66, 40],
    stand: Stand::Begun(55),
    remarks: &["", "", "", "Ending one's own session by accident was tried as well. Good.", ""],
    risk: (&["personal-data"], "The list shows when and from where somebody worked, to that person only."),
    plan: Plan {
        scope: "A list of one's sessions with the browser and the last use; ending one, or all others. \
             Left out: places on a \
                map.",
        goals: "Whoever suspects something ends every other session within a minute.",
        timeline: "With 0.2",
        market: "Asked for by two customers.",
        ..BLANK.plan
    },
    functional: &[
        does(
            "The list shows each session with its begin, its last use and its browser",
            "Two browsers make two rows.",
        ),
        does("Ending a session ends it at its next request", "The other browser is asked to sign in."),
    ],
    starters: &["data-minimal"],
    security: &[
        keeps(
            "authorisation",
            "Nobody sees or ends sessions of others",
            "The digest of a stranger's session is answered as unknown.",
        ),
        keeps(
            "authentication",
            "An ended session stays ended, whatever is under way",
            "A request that began before does not bring it back.",
        ),
    ],
    testing: CODE_AND_ROUTES,
    notices: &[
        Notice {
            audience: "marketing",
            text: "From 0.2 on people can end sessions elsewhere.",
            answer: Some("One line in the news."),
        },
        Notice {
            audience: "support",
            text: "If somebody suspects that others use their account: account page, end all others, \
                 change the password.",
            answer: Some("Thank you, that was asked twice."),
        },
    ],
    design: (
        "The account page lists the rows of the session table by the digest of their digest, so that the \
             page holds nothing \
         that opens a session. Ending one deletes its row.",
        "The person is a column and compared in the statement; saving a session updates and never inserts.",
    ),
    model: [
        "Account page and session table. Worth protecting: sessions, and when somebody worked.",
        "A page that lists sessions could give them away (T-1); a request under way brings an ended one \
             back (T-2). STRIDE for \
         page and table.",
        "Digest of the digest; update without insert.",
        "Leo read the store's code for the second one and wrote the test.",
    ],
    threats: &[
        threat(
            "The list gives away what opens a session",
            "Account page",
            Spoofing,
            High,
            "Whoever looks over a shoulder takes the id with them.",
            "The page names sessions by a digest of the stored digest.",
            Sam,
        ),
        threat(
            "An ended session comes back",
            "Session table",
            ElevationOfPrivilege,
            Medium,
            "A store that inserts on save revives what was deleted meanwhile.",
            "Saving only updates.",
            Sam,
        ),
    ],
    decisions: &[Decision {
        title: "A session store of our own",
        context: "The store at hand inserts on save, and needs an older driver.",
        decision: "Our own store on the service's session functions (ADR 0006).",
        alternatives: "The store at hand with a patch.",
        implementation: "server/src/web/sessions.rs; deletion by person and digest in the service.",
        verification: "web sessions::*: a request under way does not revive an ended session.",
    }],
    countermeasures: "T-1 digest of the digest (test of the page), T-2 update only (race test).",
    changes: &[(48, "List of sessions on the account page"), (51, "Saving never inserts")],
    checks: CHECKS,
    method: (
        "Requests against the real server, browser journeys.",
        "Two browsers of one person, one of another.",
    ),
    reports: &[("sluice-sessions-tests.xml", "Requests against sessions", "")],
    summary: ("Gita Rao, with three browsers.", "All green, nothing found."),
    release: Release {
        settings: "No new setting. The sweeper of ended sessions runs every ten minutes.",
        artefact: "sluice:0.2.0",
        staging: "Ended from a telephone what was open on a desk.",
        notes: "The account page lists your sessions and ends them.",
        known: "Browsers are named as they name themselves.",
        production: "Lists were opened 40 times on the first day.",
        watched: "Two weeks, nothing unexpected.",
        vulnerabilities: "None.",
        ..SHIPPING
    },
    feedback: &[Feedback {
        title: "Tell me when somebody signs in from a new browser",
        source: "Ticket 1182",
        text: "\"I look at the list once a month. An e-mail would be better.\"",
        class: "wish",
        analysis: "Waits for notifications by e-mail; then it is small.",
        state: "analysed",
    }],
    ..BLANK
};
