//! Outlines of Sluice itself: what this repository does, feared by its people and shown by its own files.

mod access;
mod daily;
mod evidence;
mod gates;
mod history;
mod next;
mod policies;
mod records;
mod sign_in;

use sluice_domain::policy::EvidenceKind::{DynamicScan, PenetrationTest, StaticAnalysis};

use crate::demo::outline::{BLANK, Outline, Release, SecurityTesting, promised, set_aside};

pub(super) static ALL: &[&Outline] = &[
    &sign_in::SIGN_IN,
    &history::HISTORY,
    &evidence::UPLOAD,
    &gates::SIGN_OFF,
    &policies::STATEMENTS,
    &access::SESSIONS,
    &gates::THREAT_MODEL,
    &policies::POLICIES,
    &records::RECORDS,
    &records::SEARCH,
    &daily::COMMENTS,
    &daily::BOARD,
    &next::PASSKEYS,
    &next::TOKENS,
];

/// How every feature of Sluice ships.
const SHIPPING: Release = Release {
    distribution: "One binary and one image, built from a tag by the build service, signed, and fetched \
         over TLS. Whoever \
                   installs checks the signature first.",
    components: Some(("Cargo.lock", "Components with their checksums")),
    updates: "A new binary takes the place of the old one; migrations run first and only add. The step \
         back is the binary \
              before, which reads the same schema. Announced in the release notes and on the mailing list.",
    incident: "Ines Costa leads. First step: stop the server, keep the database as it is, and compare \
         its log with the last \
               backup. Then tell everybody who runs it.",
    signals: "Health and structured logs; alerts on refused events (SLA codes), on failed sign-ins by \
         the hundred, and on \
              answers with status 500.",
    triage: "Leo Novak looks at each advisory within a working day: critical is fixed in two days, high \
         in a week.",
    ..BLANK.release
};

/// What a feature that holds the record together promises.
const EVERYTHING: &[SecurityTesting] = &[
    CODE,
    promised(
        "dynamic-scan",
        "Every route, as nobody and as each role, with every method.",
        ("sluice-route-sweep.md", DynamicScan, "Sweep of every route"),
        "The table of permissions is what the server does, exactly.",
    ),
    promised(
        "penetration-test",
        "Two days by two people who did not build it, with the source at hand.",
        ("sluice-attack-notes.md", PenetrationTest, "Notes of two days of attacking"),
        "Nothing that opened a gate or changed the record. What was found stands as findings.",
    ),
];

/// What a smaller feature promises.
const CODE_AND_ROUTES: &[SecurityTesting] = &[
    CODE,
    promised(
        "dynamic-scan",
        "The new routes in the sweep of all routes.",
        ("sluice-route-sweep.md", DynamicScan, "Sweep of every route"),
        "As the table of permissions says.",
    ),
    set_aside("penetration-test", "The test of sign-off and history covers what this feature could open."),
];

const CODE: SecurityTesting = promised(
    "static-analysis",
    "All crates, with warnings as errors.",
    ("sluice-clippy.sarif", StaticAnalysis, "Lints over all crates"),
    "No findings; exceptions stand in the source with a reason.",
);

/// The checks that every change of Sluice passes.
const CHECKS: &[(&str, &str)] = &[
    ("quality", "cargo test"),
    ("quality", "cargo xtask check"),
    ("security", "clippy"),
    ("security", "cargo deny"),
];
