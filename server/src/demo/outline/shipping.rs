//! The scripts of release and post-release.

use sluice_domain::{
    policy::{EvidenceKind, Tier},
    record::{ListKind, RecordKind as Kind},
};

use super::{
    Outline,
    phases::{Part, moves, proves, writes},
};
use crate::demo::script::{
    Act,
    Said::{Digest, In, Is, LastEvidence, Points, T},
    Who::{Ana, Gita, Ines, Rosa},
};

pub(super) fn release(outline: &Outline) -> Vec<Part> {
    let (release, builder) = (&outline.release, outline.builder);
    let mut work = Vec::new();
    if outline.tier() == Tier::Low {
        work.push((0, builder, writes(Kind::Hardening, "", vec![("settings", T(release.settings))])));
        work.push((25, Ana, notes(outline)));
    } else {
        let fields = vec![
            ("settings", T(release.settings)),
            ("hardening", Points(ListKind::Hardening, &[])),
            ("distribution", T(release.distribution)),
        ];
        work.push((0, builder, writes(Kind::Hardening, "", fields)));
        let mut fields = vec![
            ("digest", Digest(release.artefact)),
            ("location", T("registry.example.org")),
            ("signature", T("Signature of the build service, kept beside the image in the registry")),
            ("signer", T("build@example.org")),
        ];
        if let Some((file, title)) = release.components {
            let targets = &["control:release/bill-of-materials"];
            work.push((5, builder, proves(file, EvidenceKind::Sbom, title, "", targets)));
            fields.push(("evidence", LastEvidence));
        }
        work.push((5, builder, writes(Kind::Artefact, release.artefact, fields)));
        let fields = vec![
            ("updates", T(release.updates)),
            ("incident", T(release.incident)),
            ("monitor", Is(Ines)),
            ("signals", T(release.signals)),
            ("triage", T(release.triage)),
        ];
        work.push((12, Ines, writes(Kind::Operations, "", fields)));
        let deployed = |place: &'static str, on: Vec<_>| {
            let fields = [("environment", T(place)), ("artefacts", T("A-1"))].into_iter().chain(on);
            writes(Kind::Promotion, "", fields.collect())
        };
        let staged = vec![("on", In(days(outline, 20))), ("nature", T(release.notes))];
        work.push((20, builder, deployed("staging", staged)));
        work.push((30, Gita, moves(Kind::Promotion, 1, "verified", vec![("observed", T(release.staging))])));
        work.push((35, Ana, notes(outline)));
        let shipped = vec![("on", In(days(outline, 40))), ("nature", T(release.notes))];
        work.push((40, builder, deployed("production", shipped)));
        work.push((
            60,
            Gita,
            moves(Kind::Promotion, 2, "verified", vec![("observed", T(release.production))]),
        ));
    }
    for (control, who, note) in [
        ("production-watched", Ines, release.watched),
        ("vulnerability-triage", builder, release.vulnerabilities),
    ] {
        if !note.is_empty() {
            work.push((95, who, Act::Done(control, note)));
        }
    }
    if !release.incidents.is_empty() {
        work.push((97, Ines, Act::NotApplicable("incidents-handled", release.incidents)));
    }
    work
}

/// Which day, counted from today, is so many of a hundred parts into the release phase.
fn days(outline: &Outline, part: i64) -> i64 {
    let from = i64::from(outline.days.get(4).copied().unwrap_or(0));
    let until = outline.days.get(5).map_or(1, |next| i64::from(*next) + 2);
    // Five working days are a week.
    -(from - (from - until) * part / 100) * 7 / 5
}

fn notes(outline: &Outline) -> Act {
    let release = &outline.release;
    let fields =
        vec![("notes", T(release.notes)), ("known", T(release.known)), ("release", T(release.artefact))];
    writes(Kind::ReleaseNotes, "", fields)
}

pub(super) fn post_release(outline: &Outline) -> Vec<Part> {
    let builder = outline.builder;
    let mut work = Vec::new();
    for feedback in outline.feedback {
        let fields =
            vec![("source", T(feedback.source)), ("text", T(feedback.text)), ("class", T(feedback.class))];
        work.push((10, Rosa, writes(Kind::Feedback, feedback.title, fields)));
    }
    for (number, feedback) in (1..).zip(outline.feedback).filter(|(_, feedback)| feedback.state != "new") {
        let fields = vec![("analysis", T(feedback.analysis))];
        work.push((30, Ana, moves(Kind::Feedback, number, feedback.state, fields)));
    }
    if let Some((seen, next)) = outline.posture {
        let fields = vec![("due", In(next)), ("owner", Is(builder))];
        work.push((40, builder, writes(Kind::PostureReview, "First look after the release", fields)));
        let fields = vec![("result", T(seen)), ("next", In(next))];
        work.push((60, builder, moves(Kind::PostureReview, 1, "done", fields)));
    }
    if !outline.lessons.is_empty() {
        work.push((70, Ana, writes(Kind::Lessons, "", vec![("learnt", T(outline.lessons))])));
    }
    for (control, note) in outline.farewell {
        let act = if *control == "transition-plan" {
            let targets = &["control:post-release/transition-plan"];
            proves(note, EvidenceKind::Plan, "What people do instead", "", targets)
        } else {
            Act::Done(control, note)
        };
        work.push((90, Ana, act));
    }
    if outline.tier() == Tier::High {
        work.push((99, Ana, Act::Archive));
    }
    work
}
