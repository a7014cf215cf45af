use super::{
    Choice, Input, KEPT, RecordKind, Role, Spec, Stands, State, TEAM, TitleFrom, Tone, choice, field, needed,
    state,
};
use crate::record::ListKind;

const SHIPPERS: &[Role] = &[Role::Developer, Role::ReleaseManager];

pub(super) const HARDENING: Spec = Spec {
    kind: RecordKind::Hardening,
    name: "secure configuration",
    plural: "secure configuration",
    prefix: None,
    purpose: "The settings that the feature ships with, the product's hardening checklist, and the channel over which artefacts travel.",
    title: TitleFrom::Kind,
    editors: SHIPPERS,
    states: KEPT,
    fields: &[
        needed(
            "settings",
            "Secure settings",
            Input::Body,
            "Settings as deployed, and where they are kept. Say so if the feature adds none.",
        ),
        field(
            "hardening",
            "Hardening checklist",
            Input::Points(ListKind::Hardening),
            "Confirm each point that was checked in the deployed system.",
        ),
        field(
            "exceptions",
            "Points that do not hold",
            Input::Note,
            "Each one, with the reason and what is done instead.",
        ),
        field(
            "distribution",
            "Secure distribution",
            Input::Note,
            "The channel over which artefacts travel, and how who receives them knows that they are ours.",
        ),
    ],
};

pub(super) const ARTEFACT: Spec = Spec {
    kind: RecordKind::Artefact,
    name: "artefact",
    plural: "artefacts",
    prefix: Some("A"),
    purpose: "Everything that is shipped: image, package or binary, with its digest and its signature.",
    title: TitleFrom::Asked {
        label: "Artefact", hint: "Name and version or tag, such as “gateway:2.14.0”."
    },
    editors: SHIPPERS,
    states: &[
        state("recorded", "Recorded", Tone::Good, Stands::At(0)),
        State { needs: &["note"], ..state("withdrawn", "Withdrawn", Tone::Bad, Stands::SetAside) },
    ],
    fields: &[
        needed(
            "digest",
            "SHA-256",
            Input::Digest,
            "64 hexadecimal digits, with or without “sha256:” before them.",
        ),
        needed("location", "Location", Input::Line, "The registry or store that serves it."),
        field("signature", "Signature", Input::Note, "The signature, or where it is kept."),
        field("signer", "Signed by", Input::Line, "The key or identity that signed."),
        field(
            "evidence",
            "Bill of materials and provenance",
            Input::References { records: &[], threats: false, evidence: true },
            "",
        ),
        field("note", "Note", Input::Note, ""),
    ],
};

const ENVIRONMENTS: &[Choice] = &[choice("staging", "Staging"), choice("production", "Production")];

pub(super) const PROMOTION: Spec = Spec {
    kind: RecordKind::Promotion,
    name: "promotion",
    plural: "promotions",
    prefix: Some("P"),
    purpose: "Each deployment to an environment: what, where, when, by whom, and what was seen. Production takes only what was verified in staging.",
    title: TitleFrom::Choice("environment"),
    editors: SHIPPERS,
    states: &[
        state("deployed", "Deployed", Tone::Waiting, Stands::At(0)),
        State {
            by: &[Role::Developer, Role::ReleaseManager, Role::Qa],
            needs: &["observed"],
            after: &["deployed"],
            fills: &["observed", "evidence"],
            ..state("verified", "Verified", Tone::Good, Stands::At(1))
        },
        State { needs: &["observed"], ..state("rolled-back", "Rolled back", Tone::Bad, Stands::SetAside) },
    ],
    fields: &[
        needed("environment", "Environment", Input::Choice(ENVIRONMENTS), ""),
        needed(
            "artefacts",
            "Artefacts",
            Input::References { records: &[RecordKind::Artefact], threats: false, evidence: false },
            "",
        ),
        needed("on", "On", Input::Day, ""),
        field(
            "nature",
            "Nature of the change",
            Input::Note,
            "What it changes, as the change log should say it.",
        ),
        field(
            "observed",
            "What was seen",
            Input::Note,
            "What was checked after the deployment, and how it behaved.",
        ),
        field("evidence", "Evidence", Input::References { records: &[], threats: false, evidence: true }, ""),
    ],
};

pub(super) const OPERATIONS: Spec = Spec {
    kind: RecordKind::Operations,
    name: "operations plan",
    plural: "operations plan",
    prefix: None,
    purpose: "How updates and patches reach users, what happens in an incident, and who watches.",
    title: TitleFrom::Kind,
    editors: TEAM,
    states: KEPT,
    fields: &[
        needed(
            "updates",
            "Update and patch path",
            Input::Body,
            "How a fix reaches every user, how fast, and how they can trust it.",
        ),
        field(
            "incident",
            "Incident response plan",
            Input::Body,
            "Whom to call, what to do first, how users are told. Link to the product's plan where it covers this.",
        ),
        field("monitor", "Monitoring owner", Input::Person, "Who looks at the signals."),
        field("signals", "Monitoring and alerts", Input::Note, "Dashboards and alert rules, with links."),
        field(
            "triage",
            "Vulnerability triage",
            Input::Note,
            "Who triages vulnerabilities, and how fast by severity.",
        ),
    ],
};

pub(super) const RELEASE_NOTES: Spec = Spec {
    kind: RecordKind::ReleaseNotes,
    name: "release notes",
    plural: "release notes",
    prefix: None,
    purpose: "What users read: what is new, what was fixed, what is known. A draft is written from the feature's facts.",
    title: TitleFrom::Kind,
    editors: &[Role::ProductManager, Role::Developer, Role::ReleaseManager],
    states: KEPT,
    fields: &[
        needed("notes", "Release notes", Input::Body, ""),
        field("known", "Known issues and limits", Input::Note, ""),
        field("release", "Release", Input::Line, "The version that carries it."),
    ],
};
