//! Gates and threat models.

use sluice_domain::{
    policy::EvidenceKind,
    threat::{
        Severity::{Critical, High, Medium},
        Stride::{ElevationOfPrivilege, Repudiation, Spoofing, Tampering},
    },
};

use super::{CHECKS, CODE_AND_ROUTES, EVERYTHING, SHIPPING};
use crate::demo::{
    calendar::at,
    outline::{BLANK, Decision, Finding, Notice, Outline, Plan, Release, Stand, does, keeps, threat},
    script::{
        Act::{Say, Watch},
        Who::{Ben, Gita, Ines, Leo, Sam},
    },
};

pub(super) static SIGN_OFF: Outline = Outline {
    product: "SLU",
    title: "Gate decision and sign-off",
    description: "A gate opens when its conditions hold and the right people have signed, each with the \
         password, over a digest \
                  of exactly what they saw. Whoever worked on it does not sign.",
    owner: Leo,
    builder: Leo,
    due: Some(9),
    days: &[98, 91, 83, 58, 18],
    stand: Stand::Ready,
    remarks: &["", "One decision for page and interface: please keep it that way.", "", ""],
    risk: (&["access"], "It decides what ships, and in whose name."),
    plan: Plan {
        scope: "The decision over facts, turns, sign-offs, veto, return, voiding. Left out: passkeys, \
             delegation, waivers.",
        goals: "No phase is skipped by any request; two servers open a gate once; no contributor's name \
             stands under a sign-off.",
        resources: "Leo Novak builds, Sam Keller reads, Gita Rao races servers; Ben Ode and Chi Ito \
             review. Five weeks.",
        timeline: "With 0.4",
        market: "It is what Sluice is for.",
    },
    functional: &[
        does(
            "Every blocker says in one sentence what is missing and who can clear it",
            "Read aloud to somebody who has not seen it.",
        ),
        does("The last sign-off and the transition commit together", "Killed in between, neither is there."),
        does(
            "A change after signing voids the sign-off and tells the signer what changed",
            "The page shows the item.",
        ),
    ],
    starters: &["admin-least"],
    security: &[
        keeps(
            "authorisation",
            "Who contributed does not approve, by any second role",
            "Refused by the service, and by the database with the service bypassed.",
        ),
        keeps(
            "authentication",
            "Signing asks for the password in the same request",
            "A session alone signs nothing.",
        ),
        keeps(
            "logging",
            "Each sign-off keeps name, role, meaning, reason, time and the digest of what it covers",
            "It is never rewritten.",
        ),
    ],
    spared: &[
        ("data-encryption", "Sign-offs hold no secret: they are to be read."),
        ("secure-communication", "No connection is added."),
    ],
    testing: EVERYTHING,
    notices: &[
        Notice {
            audience: "marketing",
            text: "0.4 brings gates: why is it closed, who can open it, what was signed.",
            answer: Some("We prepare screenshots."),
        },
        Notice {
            audience: "support",
            text: "The commonest question will be why somebody may not sign. The page says it; usually \
                 they worked on it themselves.",
            answer: Some("Good, one answer for all."),
        },
    ],
    design: (
        "A pure function takes policy, facts and time and returns open or the list of blockers. Page, \
             list and inbox read the \
         same decision. Every write that could change it ends in one function that settles the gate.",
        "One decision, one door. Locks before the decision, the clock read once, a trigger against \
             contributors, a digest that \
         the form has to name.",
    ),
    picture: Some(("0008-settle-is-the-only-door.md", "Decision on the one door, with the way of a write")),
    model: [
        "Facts, decision, sign-off form, gate state. Worth protecting: that an open gate means what the \
             policy says. Boundary: \
         between the browser and the use case, and between the use case and the database.",
        "Signing for others (T-1), signing one's own work (T-2), signing what one has not seen (T-3), \
             races (T-4), denying it \
         later (T-5). STRIDE for each step from request to transition.",
        "Password with each sign-off, contributors computed from history, the digest in the form, locks, \
             and rows that are never \
         rewritten.",
        "Ben tried to sign his own words through a second role for an afternoon.",
    ],
    threats: &[
        threat(
            "Somebody signs from an open browser",
            "Sign-off form",
            Spoofing,
            High,
            "A session is not a person.",
            "The password with each sign-off, throttled like sign-in.",
            Leo,
        ),
        threat(
            "A contributor approves the own work",
            "Sign-off",
            ElevationOfPrivilege,
            Critical,
            "A second role makes it look right.",
            "Contributors come from the history of every item; a trigger refuses them as well (SLA05).",
            Leo,
        ),
        threat(
            "The dossier changes between reading and signing",
            "Dossier",
            Tampering,
            High,
            "The signature would cover what nobody read.",
            "The form names the digest; another one is refused; later changes void the sign-off.",
            Leo,
        ),
        threat(
            "Two servers open a gate twice",
            "Gate state",
            Tampering,
            Medium,
            "Two last signatures at one moment.",
            "The feature's row is locked before the decision; five hundred races are a test.",
            Sam,
        ),
        threat(
            "A signer denies it",
            "Sign-off",
            Repudiation,
            High,
            "Years later, with money at stake.",
            "Name, role, meaning and digest in one row that is never rewritten (SLA04).",
            Leo,
        ),
    ],
    decisions: &[
        Decision {
            title: "Settle is the only door",
            context: "Whether a gate is open follows from facts that many use cases change.",
            decision: "Every such write ends in one function that decides anew (ADR 0008).",
            alternatives: "Triggers that compute gates, which nobody can read; each use case for itself, \
                 which forgets one.",
            implementation: "domain/src/gate for the decision, service/src/gates for the door.",
            verification: "Property tests over the whole life of a feature; a check that nothing else \
                 writes gate state.",
        },
        Decision {
            title: "A sign-off covers a digest",
            context: "Reviewers sign what they saw.",
            decision: "The dossier lists every item with version and digest; the form names the digest \
                 of the list.",
            alternatives: "A time stamp, which says nothing about what was there.",
            implementation: "",
            verification: "",
        },
    ],
    countermeasures: "T-1 step-up (refusals), T-2 contributors and trigger (walls), T-3 digest (stale \
         tests), T-4 lock (races), T-5 \
                      rows that stay (walls). Nothing is accepted.",
    changes: &[
        (81, "The decision, without input or output"),
        (86, "Sign-offs over a digest"),
        (92, "Contributors from history"),
        (97, "Voiding and its reasons"),
    ],
    checks: CHECKS,
    method: (
        "Property tests of the lifecycle against a model, races of two real servers.",
        "Whatever is tried, phases are passed in order. Five hundred races on one gate.",
    ),
    reports: &[("sluice-gate-tests.xml", "Gates: races, refusals, properties", "")],
    findings: &[Finding {
        severity: "high",
        title: "Taking evidence off a control left no contribution",
        description: "Somebody could remove what did not fit and then sign.",
        fix: "Removing counts as contributing, from the history of the link.",
        validation: "The attempt is refused; the test failed before.",
    }],
    summary: (
        "Gita Rao raced two servers five hundred times and read every refusal.",
        "One finding of high severity, fixed and validated. Exactly five hundred transitions.",
    ),
    documents: &[
        (1, "permissions.txt", EvidenceKind::Design, "Who may do what"),
        (
            4,
            "routes.txt",
            EvidenceKind::Configuration,
            "Every address, its methods and the action it asks for",
        ),
    ],
    release: Release {
        settings: "No setting turns a check off.",
        artefact: "sluice:0.4.0",
        staging: "Three products of our own were taken through two gates each.",
        notes: "Gates say why they are closed, and open by sign-offs over exactly what was read.",
        known: "Waivers and passkeys follow.",
        production: "The first forty gates opened with the signatures that the policy asks for.",
        watched: "Two weeks: 130 sign-offs, four refused because the signer had contributed, each \
             explained on the page.",
        vulnerabilities: "None.",
        incidents: "There was no incident.",
        ..SHIPPING
    },
    then: &[(
        at(1, 16, 5),
        Ines,
        Say("Everything is on record from my side. @Hugo Marsh you will be asked next."),
    )],
    ..BLANK
};

pub(super) static THREAT_MODEL: Outline = Outline {
    product: "SLU",
    title: "Threat models in four questions",
    description: "What are we working on, what can go wrong, what do we do about it, did we do well. \
         Threats have STRIDE, severity, \
                  treatment and an owner.",
    owner: Gita,
    builder: Sam,
    due: Some(14),
    days: &[82, 74, 64, 8],
    stand: Stand::Ready,
    remarks: &["Four questions fit on a page. Good."],
    risk: (&["personal-data"], "Models name weaknesses that are not closed yet."),
    plan: Plan {
        scope: "Four answers, threats with their treatment, a count of what is open at the gate. Left \
             out: pictures, import from \
                other tools.",
        goals: "A small feature has a model in ten minutes; a gate stays shut while a high threat is \
             untreated.",
        timeline: "With 0.5",
        market: "Most customers keep models in documents that nobody opens.",
        ..BLANK.plan
    },
    functional: &[
        does(
            "The model is complete when each question has an answer and there is a threat",
            "The gate names the question that is missing.",
        ),
        does(
            "A threat that evidence shows to be treated can be marked as verified",
            "Without evidence the mark is refused.",
        ),
    ],
    starters: &["interface-encoding", "interface-rights"],
    security: &[keeps(
        "authorisation",
        "Models are seen in their product only",
        "Search and links of others end at a page that says nothing.",
    )],
    testing: CODE_AND_ROUTES,
    notices: &[
        Notice { audience: "marketing", text: "0.5 has threat models that people fill in.", answer: None },
        Notice {
            audience: "support",
            text: "People will ask what STRIDE means. Each choice has a sentence beside it.",
            answer: Some("The sentences help."),
        },
    ],
    design: (
        "Four texts and a list, edited by version. The gate counts threats by severity and status.",
        "Text is escaped where it is shown; versions refuse what was edited meanwhile.",
    ),
    model: [
        "The four texts, threats, and the gate's count. Worth protecting: weaknesses that are not closed \
             yet.",
        "A model is read by strangers (T-1); a threat is marked as verified without proof (T-2). STRIDE \
             for page and use case.",
        "Roles at each read; evidence as a condition of the mark.",
        "Written with itself.",
    ],
    threats: &[
        threat(
            "A stranger reads what is not closed yet",
            "Threat model page",
            Spoofing,
            High,
            "It is a list of where to begin.",
            "Roles are asked at each read; products are apart.",
            Sam,
        ),
        threat(
            "A threat is marked as verified without proof",
            "Status of a threat",
            Tampering,
            Medium,
            "The gate would open on a wish.",
            "The mark needs evidence at the threat; the history keeps who set it.",
            Sam,
        ),
    ],
    decisions: &[Decision {
        title: "Texts and a list before pictures",
        context: "People without a tool have to be able to write a model.",
        decision: "Forms first; pictures are drawn from the model later.",
        alternatives: "A drawing tool, which nobody without a mouse can use.",
        implementation: "service/src/threats; the pages of the same name.",
        verification: "Journeys with scripts off; component tests with hostile text.",
    }],
    countermeasures: "T-1 roles (sweep), T-2 evidence (unit test of the rule).",
    changes: &[(104, "Four questions"), (109, "Threats and their treatment")],
    checks: CHECKS,
    method: (
        "Domain tests of the rules, journeys without JavaScript.",
        "A complete and an incomplete model at the gate; hostile texts in each field.",
    ),
    reports: &[("sluice-policy-tests.xml", "Tests of the domain", "")],
    summary: ("Gita Rao, with the models of six features.", "All green, nothing found."),
    then: &[
        (at(3, 14, 20), Ben, Watch),
        (at(2, 9, 40), Sam, Say("@Gita Rao everything is there from my side. You ask for the review?")),
        (
            at(2, 9, 55),
            Gita,
            Say("As soon as I have seen the hostile texts in the printed page as well. @Leo Novak is \
                     there a style for print?"),
        ),
        (at(1, 10, 10), Leo, Say("There is. @Gita Rao the record prints on two pages.")),
    ],
    ..BLANK
};
