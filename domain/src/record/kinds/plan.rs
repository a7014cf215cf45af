use super::{
    BUILDERS, Choice, DUE, Input, KEPT, OWNER, RecordKind, Role, Spec, Stands, State, TitleFrom, Tone,
    choice, field, needed, state,
};
use crate::record::ListKind;

const YES_NO: &[Choice] = &[choice("yes", "Yes"), choice("no", "No")];

/// Its questions are [`crate::record::risk`]'s, which also draws the tier from the answers.
pub(super) const RISK: Spec = Spec {
    kind: RecordKind::Risk,
    name: "risk questionnaire",
    plural: "risk questionnaire",
    prefix: None,
    purpose: "A few questions set how risky the feature is, and with that how much it owes.",
    title: TitleFrom::Kind,
    editors: &[Role::ProductManager],
    states: KEPT,
    fields: &[
        needed("personal-data", "Does it handle personal data or secrets?", Input::Choice(YES_NO), ""),
        needed("money", "Does it move money, or decide about rights of people?", Input::Choice(YES_NO), ""),
        needed("access", "Does it change who gets in, or what somebody may do?", Input::Choice(YES_NO), ""),
        needed("exposed", "Can people outside of the company reach it?", Input::Choice(YES_NO), ""),
        needed(
            "code",
            "Does it run or parse what others send: files, formats, code?",
            Input::Choice(YES_NO),
            "",
        ),
        needed(
            "new-parts",
            "Does it bring new services, components or third parties?",
            Input::Choice(YES_NO),
            "",
        ),
        field("reason", "What else matters", Input::Note, "Anything that the questions do not see."),
    ],
};

pub(super) const PLAN: Spec = Spec {
    kind: RecordKind::Plan,
    name: "plan",
    plural: "plan",
    prefix: None,
    purpose: "What the feature is for, what it leaves out, and what it takes. Reviewers judge everything later by it.",
    title: TitleFrom::Kind,
    editors: &[Role::ProductManager, Role::Designer, Role::Developer],
    states: KEPT,
    fields: &[
        needed("scope", "Scope", Input::Body, "What it does, for whom, and what it leaves out."),
        needed(
            "goals",
            "Goals",
            Input::Body,
            "What will be true when it is done, so that it can be checked.",
        ),
        field(
            "resources",
            "Resources",
            Input::Body,
            "Who designs, builds, tests and reviews; time, environments, licences.",
        ),
        field("timeline", "Timeline", Input::Line, "When it comes, as marketing and support should know it."),
        field("market", "Market impact", Input::Note, "What it may change for customers and in the market."),
        field(
            "principles",
            "Engineering principles that shape it",
            Input::Points(ListKind::Principles),
            "Confirm those that were considered.",
        ),
        field(
            "departures",
            "Departures from the principles",
            Input::Note,
            "Each principle that it cannot follow, and why.",
        ),
    ],
};

const CLASSES: &[Choice] = &[choice("functional", "Functional"), choice("security", "Security")];
const FAMILIES: &[Choice] = &[
    choice("authentication", "Authentication"),
    choice("authorisation", "Authorisation"),
    choice("data-encryption", "Data encryption"),
    choice("secure-communication", "Secure communication"),
    choice("input-validation", "Validation and encoding"),
    choice("logging", "Logging and monitoring"),
    choice("privacy", "Privacy"),
    choice("availability", "Availability"),
    choice("configuration", "Configuration and secrets"),
    choice("supply-chain", "Supply chain"),
];
const PRIORITIES: &[Choice] = &[choice("must", "Must"), choice("should", "Should"), choice("could", "Could")];

pub(super) const REQUIREMENT: Spec = Spec {
    kind: RecordKind::Requirement,
    name: "requirement",
    plural: "requirements",
    prefix: Some("R"),
    purpose: "What the feature has to do, and what it must never allow. Each one is a sentence that a tester can answer with yes or no. Pick security requirements from the starter list, or write your own.",
    title: TitleFrom::Asked { label: "Requirement", hint: "One sentence that can be tested." },
    editors: BUILDERS,
    states: &[
        state("accepted", "Accepted", Tone::Good, Stands::At(1)),
        state("proposed", "Proposed", Tone::Waiting, Stands::At(0)),
        State { needs: &["note"], ..state("dropped", "Dropped", Tone::Neutral, Stands::SetAside) },
    ],
    fields: &[
        needed("class", "Kind", Input::Choice(CLASSES), ""),
        field("family", "Control family", Input::Choice(FAMILIES), "Needed for a security requirement."),
        needed("priority", "Priority", Input::Choice(PRIORITIES), ""),
        field("acceptance", "Acceptance", Input::Note, "How it will be seen to be met."),
        field("principles", "Engineering principles considered", Input::Points(ListKind::Principles), ""),
        field("note", "Note", Input::Note, "Background, or the reason why it was dropped."),
        OWNER,
    ],
};

const METHODS: &[Choice] = &[
    choice("static-analysis", "Static analysis"),
    choice("dynamic-scan", "Dynamic scan"),
    choice("penetration-test", "Penetration test"),
    choice("dependency-scan", "Dependency scan"),
    choice("fuzzing", "Fuzzing"),
    choice("manual-review", "Manual security review"),
];

pub(super) const SECURITY_TEST: Spec = Spec {
    kind: RecordKind::SecurityTest,
    name: "security test",
    plural: "security tests",
    prefix: Some("S"),
    purpose: "Static analysis, dynamic scanning and penetration testing are each promised here, or set aside with a reason. The testing phase asks for what was promised.",
    title: TitleFrom::Choice("method"),
    editors: BUILDERS,
    states: &[
        state("promised", "Promised", Tone::Waiting, Stands::At(0)),
        State { needs: &["note"], ..state("not-needed", "Not needed", Tone::Neutral, Stands::SetAside) },
        State {
            by: &[Role::Qa, Role::Developer],
            needs: &["result"],
            ..state("passed", "Passed", Tone::Good, Stands::At(2))
        },
        State {
            by: &[Role::Qa, Role::Developer],
            needs: &["result"],
            ..state("failed", "Failed", Tone::Bad, Stands::At(1))
        },
    ],
    fields: &[
        needed("method", "Method", Input::Choice(METHODS), ""),
        field(
            "note",
            "Scope, or why it is not needed",
            Input::Note,
            "What will be tested, by whom, with what.",
        ),
        field("result", "Result", Input::Note, "What was done and what came of it."),
        field(
            "evidence",
            "Evidence",
            Input::References { records: &[], threats: false, evidence: true },
            "The reports that show the result.",
        ),
        OWNER,
        DUE,
    ],
};

const AUDIENCES: &[Choice] = &[choice("marketing", "Marketing"), choice("support", "Customer support")];

pub(super) const NOTICE: Spec = Spec {
    kind: RecordKind::Notice,
    name: "notice",
    plural: "notices",
    prefix: Some("N"),
    purpose: "Marketing and customer support learn when the feature comes, what it is and what it may change in the market. They acknowledge it here.",
    title: TitleFrom::Choice("audience"),
    editors: &[Role::ProductManager],
    states: &[
        state("draft", "Draft", Tone::Waiting, Stands::At(0)),
        state("sent", "Sent", Tone::Good, Stands::At(1)),
        State {
            by: &[Role::Stakeholder],
            fills: &["answer"],
            after: &["sent"],
            by_another: true,
            ..state("acknowledged", "Acknowledged", Tone::Good, Stands::At(2))
        },
    ],
    fields: &[
        needed("audience", "To", Input::Choice(AUDIENCES), ""),
        needed("text", "Notice", Input::Body, "Timeline, feature, market impact. Begun from the plan."),
        field("where", "Where it was sent", Input::Line, "A channel, a list, a meeting."),
        field(
            "answer",
            "Their answer",
            Input::Note,
            "What marketing or support asked to change, or expects to be asked.",
        ),
    ],
};
