use super::{
    BUILDERS, Choice, DUE, Input, KEPT, OWNER, RecordKind, Role, SEVERITIES, Spec, Stands, State, TitleFrom,
    Tone, choice, field, needed, state,
};
use crate::record::ListKind;

pub(super) const DESIGN: Spec = Spec {
    kind: RecordKind::Design,
    name: "feature description",
    plural: "feature description",
    prefix: None,
    purpose: "How the feature works, with each security control in its place, measured by the product's definition of ready.",
    title: TitleFrom::Kind,
    editors: &[Role::ProductManager, Role::Designer, Role::Developer],
    states: KEPT,
    fields: &[
        needed(
            "description",
            "Description",
            Input::Body,
            "How it works. Point out each security control where it acts.",
        ),
        field(
            "controls",
            "Security controls",
            Input::Body,
            "Each control, where it will be built, and how it will be verified.",
        ),
        field(
            "ready",
            "Definition of ready",
            Input::Points(ListKind::DefinitionOfReady),
            "Confirm each point that holds.",
        ),
        field("open", "Open points", Input::Note, "Points that do not hold yet, and who closes them."),
    ],
};

pub(super) const DECISION: Spec = Spec {
    kind: RecordKind::Decision,
    name: "design decision",
    plural: "design decisions",
    prefix: Some("D"),
    purpose: "Decisions that would be costly to undo: the context, the choice, what else was possible, and for each security control how it is implemented and verified.",
    title: TitleFrom::Asked {
        label: "Decision in a line",
        hint: "Such as “Tokens are opaque and kept server-side”.",
    },
    editors: &[Role::Designer, Role::Developer, Role::ProductManager],
    states: &[
        state("accepted", "Accepted", Tone::Good, Stands::At(1)),
        state("proposed", "Proposed", Tone::Waiting, Stands::At(0)),
        State {
            needs: &["superseded-by"],
            ..state("superseded", "Superseded", Tone::Neutral, Stands::SetAside)
        },
    ],
    fields: &[
        needed("context", "Context", Input::Body, "What made a decision necessary."),
        needed("decision", "Decision", Input::Body, "What was chosen, and why."),
        field("alternatives", "Alternatives", Input::Body, "What else was possible, and why not."),
        field(
            "requirements",
            "Requirements it answers",
            Input::References { records: &[RecordKind::Requirement], threats: true, evidence: false },
            "",
        ),
        field(
            "implementation",
            "How it is implemented",
            Input::Note,
            "Where in the code or the configuration each control will be.",
        ),
        field(
            "verification",
            "How it is verified",
            Input::Note,
            "Which test or check will show that it works.",
        ),
        field(
            "superseded-by",
            "Superseded by",
            Input::References { records: &[RecordKind::Decision], threats: false, evidence: false },
            "",
        ),
    ],
};

pub(super) const CHANGE: Spec = Spec {
    kind: RecordKind::Change,
    name: "change",
    plural: "changes",
    prefix: Some("C"),
    purpose: "Each code change that builds the feature: who wrote it, who reviewed it, and which requirements and countermeasures it implements. Nobody reviews their own.",
    title: TitleFrom::Asked { label: "Change in a line", hint: "" },
    editors: &[Role::Developer, Role::Designer, Role::Qa, Role::ReleaseManager],
    states: &[
        state("merged", "Merged", Tone::Good, Stands::At(1)),
        state("open", "Open", Tone::Waiting, Stands::At(0)),
        State { needs: &["note"], ..state("abandoned", "Abandoned", Tone::Neutral, Stands::SetAside) },
    ],
    fields: &[
        needed("link", "Link", Input::Link, "The address of the merge request or commit."),
        needed("author", "Author", Input::Person, "Who wrote the code."),
        field(
            "reviewers",
            "Reviewed by",
            Input::People,
            "People who read and approved it. The author does not count.",
        ),
        field(
            "implements",
            "Implements",
            Input::References { records: &[RecordKind::Requirement], threats: true, evidence: false },
            "Requirements, and threats whose countermeasure it builds.",
        ),
        field("note", "Note", Input::Note, "What came out differently from the design, and who agreed."),
    ],
};

const CHECK_KINDS: &[Choice] = &[choice("quality", "Code quality"), choice("security", "Security")];

pub(super) const CHECK: Spec = Spec {
    kind: RecordKind::Check,
    name: "automated check",
    plural: "automated checks",
    prefix: Some("K"),
    purpose: "What the pipeline says: each check with its result, its source and its time. A later run of the same check takes the place of the earlier one.",
    title: TitleFrom::Asked {
        label: "Check",
        hint: "The name that the pipeline gives it, such as “clippy” or “CodeQL”.",
    },
    editors: &[Role::Developer, Role::Qa, Role::ReleaseManager],
    states: &[
        state("passed", "Passed", Tone::Good, Stands::At(1)),
        state("failed", "Failed", Tone::Bad, Stands::At(0)),
    ],
    fields: &[
        needed("class", "Kind", Input::Choice(CHECK_KINDS), ""),
        needed("source", "Source", Input::Link, "The address of the run."),
        needed("ran", "Ran on", Input::Day, ""),
        field(
            "change",
            "Change",
            Input::References { records: &[RecordKind::Change], threats: false, evidence: false },
            "The change that it ran on.",
        ),
        field(
            "evidence",
            "Evidence",
            Input::References { records: &[], threats: false, evidence: true },
            "The report, where it is kept.",
        ),
    ],
};

pub(super) const TEST_PLAN: Spec = Spec {
    kind: RecordKind::TestPlan,
    name: "test plan",
    plural: "test plan",
    prefix: None,
    purpose: "How the feature is tested: the project's method, what is covered and by whom.",
    title: TitleFrom::Kind,
    editors: &[Role::Qa, Role::Developer],
    states: KEPT,
    fields: &[
        needed("method", "Method", Input::Note, "The project's test method, and what of it applies here."),
        needed("plan", "Plan", Input::Body, "What is tested, at which level, in which environment, by whom."),
        field("link", "Link", Input::Link, "Where the test cases are kept, if elsewhere."),
    ],
};

pub(super) const FINDING: Spec = Spec {
    kind: RecordKind::Finding,
    name: "finding",
    plural: "findings",
    prefix: Some("F"),
    purpose: "What testing or reviewing brought up. A finding is closed when somebody other than its fixer has seen the fix work.",
    title: TitleFrom::Asked { label: "Finding in a line", hint: "" },
    editors: BUILDERS,
    states: &[
        state("open", "Open", Tone::Bad, Stands::At(0)),
        State { needs: &["fix"], ..state("fixed", "Fixed", Tone::Waiting, Stands::At(1)) },
        State {
            needs: &["fix", "validation"],
            by: &[Role::Qa, Role::Developer],
            after: &["fixed"],
            by_another: true,
            ..state("validated", "Fix validated", Tone::Good, Stands::At(2))
        },
        State {
            needs: &["fix"],
            by_another: true,
            ..state("dismissed", "Dismissed", Tone::Neutral, Stands::SetAside)
        },
    ],
    fields: &[
        needed("severity", "Severity", Input::Choice(SEVERITIES), ""),
        needed("description", "What was found", Input::Body, "Where, how to see it, what could come of it."),
        field(
            "source",
            "Found by",
            Input::References {
                records: &[RecordKind::SecurityTest, RecordKind::Check],
                threats: true,
                evidence: true,
            },
            "The test, check or report that found it.",
        ),
        field("fix", "Fix, or why it is no issue", Input::Note, ""),
        field(
            "change",
            "Fixed by",
            Input::References { records: &[RecordKind::Change], threats: false, evidence: false },
            "",
        ),
        field(
            "validation",
            "How the fix was validated",
            Input::Note,
            "The test that failed before and passes now.",
        ),
        OWNER,
        DUE,
    ],
};

pub(super) const TEST_SUMMARY: Spec = Spec {
    kind: RecordKind::TestSummary,
    name: "test summary",
    plural: "test summary",
    prefix: None,
    purpose: "What was tested and what came of it, for whoever signs and for whoever asks in some years. A draft is written from the feature's facts.",
    title: TitleFrom::Kind,
    editors: &[Role::Qa, Role::Developer],
    states: KEPT,
    fields: &[
        needed("activities", "Activities", Input::Body, "What was tested, how, when and by whom."),
        needed(
            "results",
            "Results",
            Input::Body,
            "What came of it, and what stays open with whose agreement.",
        ),
        field(
            "evidence",
            "Evidence",
            Input::References {
                records: &[RecordKind::SecurityTest, RecordKind::Finding],
                threats: false,
                evidence: true,
            },
            "",
        ),
    ],
};
