//! The script of each phase up to testing: who does what, and in which part of the phase's time.

use std::borrow::Cow;

use sluice_domain::{
    policy::{EvidenceKind, Tier},
    record::{ListKind, RecordKind as Kind},
    threat::{ThreatStatus, Treatment},
};

use super::{Outline, SecurityTesting, shipping};
use crate::demo::script::{
    Act, Change, Entry, Field, Proof,
    Said::{Everything, Is, LastEvidence, Points, T},
    Who::{self, Ana, Dana, Eli, Gita, Joel, Leo, Rosa, Sam},
};

/// What somebody does, and after how many of a hundred parts of the phase's time.
pub(super) type Part = (usize, Who, Act);

/// The work of a phase, in order.
pub(super) fn script(outline: &Outline, phase: usize) -> Vec<Part> {
    let mut work = match phase {
        0 => requirements(outline),
        1 => design(outline),
        2 => development(outline),
        3 => testing(outline),
        4 => shipping::release(outline),
        _ => shipping::post_release(outline),
    };
    let documents = outline.documents.iter().filter(|(of, ..)| *of == phase);
    work.extend(
        documents.map(|(_, file, kind, title)| (15, outline.builder, proves(file, *kind, title, "", &[]))),
    );
    work.sort_by_key(|(part, ..)| *part);
    work
}

/// Adds a record with the fields that are said.
pub(super) fn writes(kind: Kind, title: &'static str, fields: Vec<Field>) -> Act {
    Act::Record(Entry { kind, state: "", title, fields: said(fields) })
}

/// Brings a record into a state.
pub(super) fn moves(kind: Kind, number: usize, state: &'static str, fields: Vec<Field>) -> Act {
    Act::Edit(kind, i32::try_from(number).unwrap_or(0), state, said(fields))
}

/// Adds evidence for a control, or for whatever record names it.
pub(super) fn proves(
    file: &'static str,
    kind: EvidenceKind,
    title: &'static str,
    note: &'static str,
    targets: &'static [&'static str],
) -> Act {
    Act::Prove(Proof { file, title, kind, note, targets })
}

fn said(fields: Vec<Field>) -> Cow<'static, [Field]> {
    fields.into_iter().filter(|(_, said)| !matches!(said, T(""))).collect()
}

/// Who designs: Payments has a designer, on Sluice whoever builds it does.
fn designer(outline: &Outline) -> Who {
    if outline.product == "PAY" { Eli } else { outline.builder }
}

/// Two who can read a change of the author's.
fn reviewers(outline: &Outline) -> &'static [Who] {
    match (outline.product, outline.builder) {
        ("PAY", Sam) => &[Dana, Eli],
        ("PAY", _) => &[Sam, Eli],
        (_, Sam) => &[Leo, Gita],
        _ => &[Sam, Gita],
    }
}

fn requirements(outline: &Outline) -> Vec<Part> {
    let (plan, builder) = (&outline.plan, outline.builder);
    let mut work = vec![
        (0, Ana, Act::Rate(outline.risk.0, outline.risk.1)),
        (
            2,
            Ana,
            writes(
                Kind::Plan,
                "",
                vec![
                    ("scope", T(plan.scope)),
                    ("goals", T(plan.goals)),
                    ("resources", T(plan.resources)),
                    ("timeline", T(plan.timeline)),
                    ("market", T(plan.market)),
                    ("principles", Points(ListKind::Principles, &[4])),
                ],
            ),
        ),
    ];
    work.extend(outline.functional.iter().map(|one| (20, designer(outline), Act::Require(*one))));
    if !outline.starters.is_empty() {
        work.push((35, builder, Act::Starters(outline.starters)));
    }
    work.extend(outline.security.iter().map(|one| (38, builder, Act::Require(*one))));
    work.extend(outline.spared.iter().map(|(control, reason)| {
        let who = if control.ends_with("-informed") { Ana } else { builder };
        (50, who, Act::NotApplicable(control, reason))
    }));
    work.extend(outline.testing.iter().map(|test| (60, Gita, chosen(test))));
    for notice in outline.notices {
        let fields = vec![
            ("audience", T(notice.audience)),
            ("text", T(notice.text)),
            ("where", T("The product's channel, and by e-mail")),
        ];
        work.push((
            70,
            Ana,
            Act::Record(Entry { kind: Kind::Notice, state: "sent", title: "", fields: said(fields) }),
        ));
    }
    for (number, notice) in (1..).zip(outline.notices) {
        if let Some(answer) = notice.answer {
            let who = if notice.audience == "marketing" { Joel } else { Rosa };
            work.push((90, who, moves(Kind::Notice, number, "acknowledged", vec![("answer", T(answer))])));
        }
    }
    work
}

fn chosen(test: &SecurityTesting) -> Act {
    let state = if test.outcome.is_some() { "promised" } else { "not-needed" };
    let fields = said(vec![("method", T(test.method)), ("note", T(test.note)), ("owner", Is(Gita))]);
    Act::Record(Entry { kind: Kind::SecurityTest, state, title: "", fields })
}

fn design(outline: &Outline) -> Vec<Part> {
    let designer = designer(outline);
    let mut fields = vec![("description", T(outline.design.0)), ("controls", T(outline.design.1))];
    if outline.tier() > Tier::Low {
        fields.push(("ready", Points(ListKind::DefinitionOfReady, &[])));
    }
    let mut work = vec![
        (0, designer, writes(Kind::Design, "", fields)),
        (30, outline.builder, Act::Model(outline.model)),
    ];
    work.extend(outline.threats.iter().map(|threat| (35, outline.builder, Act::Fear(*threat))));
    for (place, decision) in outline.decisions.iter().enumerate() {
        let requirements = if place == 0 { Everything } else { T("") };
        let fields = vec![
            ("context", T(decision.context)),
            ("decision", T(decision.decision)),
            ("alternatives", T(decision.alternatives)),
            ("requirements", requirements),
            ("implementation", T(decision.implementation)),
            ("verification", T(decision.verification)),
        ];
        work.push((60, designer, writes(Kind::Decision, decision.title, fields)));
    }
    if let Some((file, title)) = outline.picture {
        let targets = &["control:design/threat-model-picture"];
        work.push((75, outline.builder, proves(file, EvidenceKind::Design, title, "", targets)));
    }
    if !outline.countermeasures.is_empty() {
        work.push((85, outline.builder, Act::Done("countermeasures", outline.countermeasures)));
    }
    work
}

fn development(outline: &Outline) -> Vec<Part> {
    let builder = outline.builder;
    let mut work = Vec::new();
    let last = outline.changes.len().saturating_sub(1);
    for (place, (number, title)) in outline.changes.iter().enumerate() {
        let change = Change {
            number: *number,
            title,
            author: builder,
            reviewers: reviewers(outline),
            implements: if place == last { Everything } else { T("R-1") },
            note: "",
        };
        work.push((place * 60 / outline.changes.len(), builder, Act::Merge(change)));
    }
    for ((class, name), run) in outline.checks.iter().zip(1..) {
        let number = outline.changes.last().map_or(0, |(number, _)| u32::from(*number)) * 13 + run;
        work.push((70, builder, Act::Check(class, name, number)));
    }
    if outline.tier() == Tier::High {
        let targets = &["control:development/dependency-check"];
        let title = "Scan of the dependencies";
        let note = "No component with a known vulnerability.";
        work.push((
            80,
            builder,
            proves("dependency-scan.json", EvidenceKind::DependencyScan, title, note, targets),
        ));
        // A scan holds for a month, and the gates that follow still look at it.
        let title = "What known vulnerabilities of the base image mean";
        let note = "Two are known; neither affects what we ship.";
        work.push((92, builder, proves("components.openvex.json", EvidenceKind::Vex, title, note, targets)));
    }
    work.extend(mitigated(outline).map(|number| (90, builder, Act::Treat(number, ThreatStatus::Treated))));
    work
}

/// Numbers of the threats that are to be mitigated.
fn mitigated(outline: &Outline) -> impl Iterator<Item = i32> {
    (1..)
        .zip(outline.threats)
        .filter(|(_, threat)| matches!(threat.treatment, Some(Treatment::Mitigate | Treatment::Avoid)))
        .map(|(number, _)| number)
}

fn testing(outline: &Outline) -> Vec<Part> {
    let mut work = Vec::new();
    if !outline.method.0.is_empty() {
        let fields = vec![("method", T(outline.method.0)), ("plan", T(outline.method.1))];
        work.push((0, Gita, writes(Kind::TestPlan, "", fields)));
    }
    for (file, title, note) in outline.reports {
        let targets = &["control:testing/test-results", "threat:1"];
        work.push((25, Gita, proves(file, EvidenceKind::TestReport, title, note, targets)));
    }
    for (number, finding) in (1..).zip(outline.findings) {
        let fields = vec![
            ("severity", T(finding.severity)),
            ("description", T(finding.description)),
            ("owner", Is(outline.builder)),
        ];
        work.push((30, Gita, writes(Kind::Finding, finding.title, fields)));
        work.push((
            50,
            outline.builder,
            moves(Kind::Finding, number, "fixed", vec![("fix", T(finding.fix))]),
        ));
    }
    for (number, test) in (1..).zip(outline.testing) {
        if let Some((file, kind, title, result)) = test.outcome {
            work.push((65, Gita, proves(file, kind, title, "", &[])));
            let fields = vec![("result", T(result)), ("evidence", LastEvidence)];
            work.push((65, Gita, moves(Kind::SecurityTest, number, "passed", fields)));
        }
    }
    for (number, finding) in (1..).zip(outline.findings) {
        let fields = vec![("validation", T(finding.validation))];
        work.push((80, Gita, moves(Kind::Finding, number, "validated", fields)));
    }
    // What could not be shown by a test stays treated.
    work.extend(
        mitigated(outline).take(1).map(|number| (85, Gita, Act::Treat(number, ThreatStatus::Verified))),
    );
    if !outline.summary.0.is_empty() {
        let fields = vec![("activities", T(outline.summary.0)), ("results", T(outline.summary.1))];
        work.push((95, Gita, writes(Kind::TestSummary, "", fields)));
    }
    work
}
