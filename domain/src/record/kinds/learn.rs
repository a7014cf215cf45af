use super::{
    Choice, DUE, Input, KEPT, OWNER, RecordKind, Role, SEVERITIES, Spec, Stands, State, TEAM, TitleFrom,
    Tone, choice, field, needed, state,
};

const FEEDBACK_KINDS: &[Choice] =
    &[choice("defect", "Defect"), choice("vulnerability", "Vulnerability"), choice("wish", "Wish")];

/// Whoever hears from users writes it down, marketing and support included.
const LISTENERS: &[Role] = &[
    Role::ProductManager,
    Role::Designer,
    Role::Developer,
    Role::Qa,
    Role::ReleaseManager,
    Role::IncidentManager,
    Role::Stakeholder,
];

pub(super) const FEEDBACK: Spec = Spec {
    kind: RecordKind::Feedback,
    name: "feedback",
    plural: "feedback",
    prefix: Some("FB"),
    purpose: "What users said, in their words. Each piece is analysed and then becomes a feature of its own, or is closed with a reason.",
    title: TitleFrom::Asked { label: "In a line", hint: "" },
    editors: LISTENERS,
    states: &[
        state("new", "New", Tone::Waiting, Stands::At(0)),
        State {
            by: TEAM,
            needs: &["analysis"],
            ..state("analysed", "Analysed", Tone::Waiting, Stands::At(1))
        },
        State {
            by: &[Role::ProductManager],
            needs: &["analysis", "feature"],
            ..state("taken-up", "Became a feature", Tone::Good, Stands::At(3))
        },
        State {
            by: &[Role::ProductManager, Role::Developer],
            needs: &["analysis"],
            ..state("closed", "Closed", Tone::Neutral, Stands::At(2))
        },
    ],
    fields: &[
        needed("source", "Source", Input::Line, "Who said it, where: a ticket, a call, a review."),
        needed("text", "What was said", Input::Body, ""),
        needed("class", "Kind", Input::Choice(FEEDBACK_KINDS), ""),
        field("severity", "Severity", Input::Choice(SEVERITIES), "For defects and vulnerabilities."),
        field(
            "analysis",
            "Analysis",
            Input::Note,
            "What is behind it, and what follows; or the reason for closing it.",
        ),
        field("feature", "Became", Input::Set, "The feature that was made from it."),
    ],
};

pub(super) const POSTURE_REVIEW: Spec = Spec {
    kind: RecordKind::PostureReview,
    name: "posture review",
    plural: "posture reviews",
    prefix: Some("PR"),
    purpose: "Somebody looks again, on a schedule, whether the feature is still as safe as when it was released. Each review plans the next one.",
    title: TitleFrom::Asked { label: "Review", hint: "Such as “Half-year review”." },
    editors: &[Role::ProductManager, Role::Developer, Role::Qa],
    states: &[
        state("planned", "Planned", Tone::Waiting, Stands::At(0)),
        State { needs: &["result"], ..state("done", "Done", Tone::Good, Stands::At(1)) },
    ],
    fields: &[
        DUE,
        OWNER,
        field(
            "result",
            "What was seen",
            Input::Body,
            "New threats, changed components, incidents, what users said.",
        ),
        field(
            "improvements",
            "What is improved",
            Input::Note,
            "Each improvement with who does it, or the feature that does.",
        ),
        field("next", "Next review", Input::Day, ""),
    ],
};

pub(super) const LESSONS: Spec = Spec {
    kind: RecordKind::Lessons,
    name: "lessons",
    plural: "lessons",
    prefix: None,
    purpose: "What the next feature should do differently, while people still remember.",
    title: TitleFrom::Kind,
    editors: TEAM,
    states: KEPT,
    fields: &[
        needed("learnt", "What was learnt", Input::Body, ""),
        field("changes", "What changes because of it", Input::Note, "In the process, the policy, the code."),
    ],
};
