//! Signing in with a password.

use sluice_domain::{
    policy::EvidenceKind,
    threat::{
        Severity::{Critical, High, Medium},
        Stride::{DenialOfService, InformationDisclosure, Spoofing},
    },
};

use super::{CHECKS, EVERYTHING, SHIPPING};
use crate::demo::{
    calendar::at,
    outline::{
        BLANK, Decision, Feedback, Finding, Notice, Outline, Plan, Release, Stand, does, keeps, threat,
    },
    script::{
        Act::Say,
        Who::{Leo, Rosa},
    },
};

pub(super) static SIGN_IN: Outline = Outline {
    product: "SLU",
    title: "Sign in with a password",
    description: "People prove who they are by e-mail address and password. Everything that Sluice \
         records rests on this, so \
                  it has to hold against people who guess, and against a stolen copy of the database.",
    owner: Leo,
    builder: Leo,
    due: None,
    days: &[108, 102, 96, 86, 78, 60],
    stand: Stand::Begun(60),
    remarks: &[
        "The dummy hash for unknown accounts is the detail that most forget.",
        "",
        "Read the queue of the hasher line by line.",
        "",
        "Throttling was seen to work with ten thousand guesses.",
    ],
    risk: (&["access", "exposed", "personal-data"], "Whoever gets past it signs in somebody else's name."),
    plan: Plan {
        scope: "Local accounts with e-mail address and password: invitation, sign-in, sign-out, change \
             of the password. Left \
                out: a second factor, passkeys, identity providers.",
        goals: "A thousand guesses at one account reach the hasher ten times. A copy of the database \
             opens no account in a \
                year of computing on one machine.",
        resources: "Leo Novak builds, Sam Keller reads every change, Gita Rao tests; Ben Ode and Chi Ito \
             review. Two weeks. \
                    No licences.",
        timeline: "With the first release",
        market: "Without it nothing can be shown to anybody.",
    },
    functional: &[
        does(
            "Whoever was invited sets a password of 12 to 256 bytes and is signed in",
            "The link works once and for seven days.",
        ),
        does(
            "The right password opens a session, a wrong one says no more than that it failed",
            "Texts for wrong password and unknown account are equal.",
        ),
        does(
            "Changing the password asks for the old one and ends all other sessions",
            "A second browser is signed out.",
        ),
    ],
    starters: &["throttle", "no-enumeration", "session-renewal", "sign-in-log"],
    security: &[
        keeps(
            "data-encryption",
            "Passwords are kept as Argon2id with 64 MiB and two passes, each with a salt",
            "The stored text names these parameters, and older ones are renewed at sign-in.",
        ),
        keeps(
            "secure-communication",
            "The session cookie is host-only and travels over TLS only",
            "Its attributes are exactly __Host-, Secure, HttpOnly, SameSite=Lax.",
        ),
        keeps(
            "availability",
            "Hashing never takes more memory than the machine has",
            "With the queue full, whoever comes next is asked to come back, and others are served.",
        ),
    ],
    testing: EVERYTHING,
    notices: &[
        Notice {
            audience: "marketing",
            text: "Sluice has accounts of its own from the first release. Sign-in by a company's \
                 identity provider comes later; please do not promise it yet.",
            answer: Some("Understood, it is off the page."),
        },
        Notice {
            audience: "support",
            text: "People who forgot their password ask an administrator for a new invitation. Nobody of \
                 us can see or set a password.",
            answer: Some("We add it to the first questions."),
        },
    ],
    design: (
        "The form posts address and password. The throttle counts by account and by address before \
             anything is hashed. The \
         hasher has as many places as cores and a short queue. An unknown account is compared with a \
         hash that nobody \
         knows. A session starts with a fresh id whose digest is stored.",
        "Throttle before the hash; dummy hash; bounded queue; fresh session id; cookie attributes; log \
             of sign-ins without \
         what was typed.",
    ),
    picture: Some(("0006-sessions.md", "Decision on sessions, with the flow from browser to database")),
    model: [
        "Browser, sign-in form, throttle, hasher, password table and session table. Worth protecting: \
             that a name on a \
         sign-off is the name of who signed. Boundaries: the internet in front of the form, the \
         application in front of the \
         database.",
        "Guessing (T-1), a stolen table (T-2), finding out who has an account (T-3), exhausting the \
             server by hashing (T-4), \
         a session that outlives its owner's wish (T-5). STRIDE for each element, and the chapter on \
         authentication of ASVS \
         5.0 read row by row.",
        "Count before hashing, hash slowly, answer alike, bound the queue, and keep sessions on the server.",
        "Two people attacked it for two days. The rows of ASVS stand in docs/asvs.md with the test that \
             shows each.",
    ],
    threats: &[
        threat(
            "Passwords are guessed",
            "Sign-in form",
            Spoofing,
            High,
            "Lists of passwords from elsewhere are tried against addresses that are on every business card.",
            "Ten wrong attempts lead to a wait, by account and by address, before the hash; common \
                 passwords are refused.",
            Leo,
        ),
        threat(
            "A copy of the database gives passwords away",
            "Password table",
            InformationDisclosure,
            Critical,
            "Backups travel further than servers.",
            "Argon2id with 64 MiB; sessions and links are stored as digests only.",
            Leo,
        ),
        threat(
            "The answer tells who has an account",
            "Sign-in answer",
            InformationDisclosure,
            Medium,
            "A list of names is the first half of an attack.",
            "One text, and the same work for unknown accounts.",
            Leo,
        ),
        threat(
            "Sign-in attempts use up the server's memory",
            "Hasher",
            DenialOfService,
            High,
            "Each hash takes 64 MiB; a hundred at once take the machine down.",
            "As many hashes as cores, a queue of 64, then 503.",
            Leo,
        ),
        threat(
            "A stolen session goes on after the password was changed",
            "Session table",
            Spoofing,
            High,
            "Whoever changes the password wants others out.",
            "Changing it ends all other sessions on the server.",
            Leo,
        ),
    ],
    decisions: &[
        Decision {
            title: "Sessions are rows, and the cookie holds an id",
            context: "Sessions have to be listed and ended, by their owner and by administrators.",
            decision: "A random id in the cookie, its digest in the table, limits checked where a \
                 session is loaded (ADR 0006).",
            alternatives: "Signed tokens, which cannot be ended before their time.",
            implementation: "server/src/web/sessions.rs and load_session in the service; throttle and \
                 hasher in service/src/people.",
            verification: "web sessions::* and web sign_in::*; the stored parameters are compared in a \
                 unit test.",
        },
        Decision {
            title: "The throttle counts before the hash",
            context: "Hashing is what costs.",
            decision: "Counters by account and by address are raised first and settled afterwards.",
            alternatives: "Limits at the proxy only, which does not know accounts.",
            implementation: "",
            verification: "",
        },
    ],
    countermeasures: "T-1 throttle (ten guesses and no more), T-2 Argon2id and digests (unit test of the \
         stored text), T-3 equal \
                      answers (test of text; time is not measured), T-4 bounded queue (unit test), T-5 \
                      renewal (browser \
                      journey). Nothing is accepted.",
    changes: &[
        (12, "Hasher with places and a queue"),
        (15, "Throttle by account and address"),
        (19, "Sessions as rows"),
        (23, "Invitations that work once"),
    ],
    checks: CHECKS,
    method: (
        "Unit tests in the domain, database tests with a real PostgreSQL, requests against the real \
             server, browser journeys.",
        "Every requirement has a test that fails when its rule is removed. Guessing is tried from one \
             address and from many.",
    ),
    reports: &[("sluice-sign-in-tests.xml", "Requests against sign-in", "Seven tests, all green.")],
    findings: &[
        Finding {
            severity: "medium",
            title: "A long password was cut at 72 bytes in the first draft",
            description: "Two long passwords with the same beginning opened the same account.",
            fix: "Argon2id takes all of it; the limit is 256 bytes and says so.",
            validation: "A password that differs in its last byte is refused.",
        },
        Finding {
            severity: "low",
            title: "The page after sign-in could be on another server",
            description: "The address to return to was taken from the link as it was.",
            fix: "Only paths of this server are returned to.",
            validation: "Twelve hostile addresses lead to the front page.",
        },
    ],
    summary: (
        "Gita Rao ran the suite on two machines; two people who had not built it attacked it for two days.",
        "All tests are green. Two findings, fixed and validated. Time differences between known and \
             unknown accounts were not measured.",
    ),
    release: Release {
        settings: "Idle and absolute limits of sessions have safe values without any setting. Behind \
             plain HTTP the server \
                   refuses to start unless told so.",
        artefact: "sluice:0.1.0",
        staging: "Signed in from three browsers; ten thousand guesses from one host: ten were hashed.",
        notes: "People sign in with a password. Ten wrong guesses lead to a wait.",
        known: "There is no second factor yet, and no reset without an administrator.",
        production: "Fourteen people joined; no refused event.",
        watched: "Watched for ten working days: 412 sign-ins, 31 wrong passwords, no address above the \
             limit.",
        vulnerabilities: "One advisory about a library that we use for tests only; updated the same week.",
        incidents: "There was no incident.",
        ..SHIPPING
    },
    feedback: &[
        Feedback {
            title: "The wait after ten wrong passwords should say how long it is",
            source: "Call of a customer, noted by Rosa Lim",
            text: "\"I was told to wait and did not know whether that means a minute or a day.\"",
            class: "wish",
            analysis: "It is fifteen minutes. Saying so tells an attacker nothing that a clock does not.",
            state: "analysed",
        },
        Feedback {
            title: "Signing in by our company's account",
            source: "Three customers",
            text: "\"We do not want one more password.\"",
            class: "wish",
            analysis: "Planned as identity providers and passkeys; both have their own features.",
            state: "closed",
        },
    ],
    posture: Some((
        "The library for hashing is current. Common passwords were compared with a newer list: nine \
             hundred were added. Nothing drifted.",
        140,
    )),
    documents: &[(3, "asvs.md", EvidenceKind::TestReport, "Rows of ASVS 5.0 with the tests that show them")],
    lessons: "Counting before hashing was the third attempt. Next time we draw the order of steps before \
         we write the first one.",
    then: &[
        (
            at(3, 10, 5),
            Rosa,
            Say("Another customer asked for the length of the wait today. @Leo Novak is this hard?"),
        ),
        (
            at(3, 10, 50),
            Leo,
            Say("One line of text. @Ana Diaz shall I take it up, or does it become a feature?"),
        ),
    ],
    ..BLANK
};
