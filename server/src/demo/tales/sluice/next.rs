//! What comes next.

use std::borrow::Cow;

use sluice_domain::record::RecordKind;

use super::EVERYTHING;
use crate::demo::{
    calendar::at,
    outline::{BLANK, Notice, Outline, Plan, Stand, does, keeps},
    script::{
        Act::{Record, Say},
        Entry,
        Said::{Is, T},
        Who::{Ana, Ben, Leo, Sam},
    },
};

pub(super) static PASSKEYS: Outline = Outline {
    product: "SLU",
    title: "Passkeys for signing in and signing off",
    description: "A key that stays in the device takes the place of the password: at the door, and for \
         each sign-off, where it \
                  signs the digest itself.",
    owner: Ana,
    builder: Leo,
    due: Some(75),
    days: &[13],
    stand: Stand::InReview(3),
    risk: (&["access", "exposed", "new-parts"], "A second way in, and a new meaning of a sign-off."),
    plan: Plan {
        scope: "Registering, signing in, signing a dossier, removing a lost key. Left out: taking \
             passwords away.",
        goals: "A sign-off can be verified years later without Sluice. Half of the reviewers use a \
             passkey after a quarter.",
        resources: "Leo Novak builds, Sam Keller reads, Gita Rao tests with Chromium's virtual \
             authenticator; Ben Ode and Chi Ito \
                    review. Six weeks; two security keys to try with.",
        timeline: "With 0.8",
        market: "No other product of the kind has signatures of its people.",
    },
    functional: &[
        does("A passkey is registered after the password was given", "Without it the page is refused."),
        does(
            "A sign-off by passkey holds a signature over the digest of the dossier",
            "A program of forty lines verifies it.",
        ),
        does("A lost passkey can be removed, and the password still works", "Signed in from another device."),
    ],
    starters: &["session-renewal", "sign-in-log"],
    security: &[
        keeps(
            "authentication",
            "A challenge is used once, by one person, for one purpose",
            "Sent twice, by another or for another digest it is refused.",
        ),
        keeps(
            "authorisation",
            "A passkey signs for its owner only",
            "Another person's key at one's own name is refused.",
        ),
        keeps(
            "supply-chain",
            "The library for WebAuthn is one that is maintained, pinned and reviewed",
            "Its review stands in the decision.",
        ),
    ],
    spared: &[
        ("data-encryption", "Public keys are stored, and nothing secret."),
        ("secure-communication", "No connection is added: browser and server speak as today."),
    ],
    testing: EVERYTHING,
    notices: &[
        Notice {
            audience: "marketing",
            text: "Planned for 0.8: passkeys, and sign-offs that anybody can verify. Please no date yet.",
            answer: Some("No date. We prepare a text about verification."),
        },
        Notice {
            audience: "support",
            text: "Lost devices will be the question. The password keeps working.",
            answer: Some("Please show that on the page itself."),
        },
    ],
    then: &[(
        at(2, 15, 30),
        Ben,
        Say("@Leo Novak which attestation do you want to ask for at registering? I would take none, and \
                 say so."),
    )],
    ..BLANK
};

pub(super) static TOKENS: Outline = Outline {
    product: "SLU",
    title: "Tokens for pipelines",
    description: "A pipeline pushes its reports and asks whether something may ship. It has a token with \
         few rights and an end, and \
                  can never sign.",
    owner: Ana,
    builder: Leo,
    due: None,
    days: &[8],
    stand: Stand::Begun(100),
    risk: (&["access", "exposed"], "A second way in, for programs."),
    plan: Plan {
        scope: "Tokens for one product with chosen rights and an end; pushing evidence; asking for \
             clearance. Left out: tokens for \
                administration.",
        goals: "A pipeline needs no person's password. A token that leaked is useless after a click.",
        resources: "Leo Novak builds, Sam Keller reads, Gita Rao tests. Three weeks.",
        timeline: "After passkeys",
        market: "Asked for by everybody who has a pipeline.",
    },
    functional: &[
        does(
            "A token is shown once, when it is made",
            "Afterwards only its beginning and its last use are seen.",
        ),
        does("Evidence that a pipeline pushed says so", "Its author is the token, and whose token it is."),
    ],
    starters: &["api-authentication", "api-authorisation", "api-limits"],
    security: &[
        keeps(
            "secure-communication",
            "Tokens travel in a header over TLS, and are refused in an address",
            "A token in a query is refused and revoked.",
        ),
        keeps("data-encryption", "Tokens are stored as digests", "A copy of the table opens nothing."),
    ],
    testing: EVERYTHING,
    notices: &[
        Notice {
            audience: "marketing",
            text: "After passkeys come tokens for pipelines: pushing reports, and asking whether a \
                 version may ship.",
            answer: None,
        },
        Notice {
            audience: "support",
            text: "From then on there are two kinds of actor in the history: people, and tokens of people.",
            answer: None,
        },
    ],
    then: &[
        (
            at(2, 13, 50),
            Sam,
            Record(Entry {
                kind: RecordKind::Requirement,
                state: "proposed",
                title: "A token that was found in a public repository is revoked at once",
                fields: Cow::Borrowed(&[
                    ("class", T("security")),
                    ("family", T("authentication")),
                    ("priority", T("should")),
                    ("acceptance", T("Its form can be recognised by scanners, with a checksum.")),
                    ("owner", Is(Leo)),
                ]),
            }),
        ),
        (
            at(1, 16, 10),
            Ana,
            Say("@Joel Park @Rosa Lim your notices wait here, whenever you have a minute. @Leo Novak do \
                     we take Sam's requirement?"),
        ),
    ],
    ..BLANK
};
