use std::collections::BTreeMap;

use leptos::prelude::*;
use sluice_domain::{
    access::Role,
    audit::{Authentication, ObjectKind, Verb},
    canonical::Digest,
    gate::{Mark, Verdict},
    ids::Id,
    policy::{self, EvidenceKind, Tier},
    record::{Input, RecordKind, RecordRef, Shortfall, Tone, Values},
    relation::RelationEnd,
    threat::Severity,
    waiver::WaiverState,
};
use sluice_service::{
    evidence::Target,
    features::{FeatureSummary, Lineage, PhaseState, Relative},
    history::HistoryEntry,
    paper::{
        Attempt, AttemptEnd, AttemptOutcome, Cut, FeatureRecord, FiledControl, FiledEvidence, FiledKind,
        FiledPhase, FiledSignOff, FiledVersion, Link, Owed, ThreatAnswers, TracePage, TraceQuery, TraceRow,
        TraceSide,
    },
    records::{RecordItem, RecordPage},
    relations::{Related, Relations, Standing},
    waivers::{WaiverDecision, WaiverEnd, WaiverItem},
};

use super::{FeatureRecordScreen, TakeUpScreen, TraceScreen};
use crate::{
    form::Form,
    pages::threats::fixture::{HOSTILE, NOW, html, key, person, summary, threat},
};

/// A record of a kind with this text in every field that takes one.
fn item(kind: RecordKind, number: i32, text: &str) -> RecordItem {
    let spec = kind.spec();
    let mut values = Values::default();
    for field in spec.fields {
        match field.input {
            Input::Line | Input::Note | Input::Body | Input::Link | Input::Day | Input::Set => {
                values.set_text(field.key, text);
            }
            Input::Digest => values.set_text(field.key, "ab".repeat(32)),
            Input::Choice(choices) => values.set_text(field.key, choices[0].code),
            Input::Person => values.set_text(field.key, person(1).to_string()),
            Input::People => values.set_many(field.key, vec![person(1).to_string(), person(9).to_string()]),
            Input::Points(_) => values.set_many(field.key, vec![text.to_owned()]),
            Input::References { .. } => values.set_many(field.key, vec!["R-1".to_owned(), "E-3".to_owned()]),
        }
    }
    RecordItem {
        kind,
        number,
        title: text.to_owned(),
        state: spec.first_state(),
        severity: None,
        owner: Some(text.to_owned()),
        due: None,
        values,
        state_by: text.to_owned(),
        state_at: NOW,
        version: 2,
        author: text.to_owned(),
        changed_at: NOW,
    }
}

/// A feature that duplicates another one, whose title would like to be markup.
fn related() -> Relations {
    let other = Related {
        key: "OPS-7".parse().unwrap(),
        title: HOSTILE.to_owned(),
        product_name: HOSTILE.to_owned(),
        standing: Standing::Cancelled,
    };
    Relations { ends: BTreeMap::from([(RelationEnd::DuplicateOf, vec![other])]), parts: None }
}

fn sign_off(text: &str, ended: Option<&str>) -> FiledSignOff {
    FiledSignOff {
        cycle: 1,
        name: text.to_owned(),
        role: Role::SecurityReviewer,
        verdict: Verdict::Approve,
        meaning: text.to_owned(),
        reason: text.to_owned(),
        dossier: Digest::of(b"dossier"),
        authentication: Some(Authentication::Password),
        signed_at: NOW,
        ended: ended.map(|how| (how.to_owned(), NOW, text.to_owned())),
    }
}

fn event(text: &str) -> HistoryEntry {
    HistoryEntry {
        id: Id::new(person(7).uuid()),
        at: NOW,
        actor: None,
        actor_name: text.to_owned(),
        role: Some(Role::Developer),
        workspace_role: None,
        authentication: None,
        verb: Some(Verb::ThreatEdited),
        verb_code: String::new(),
        object_kind: Some(ObjectKind::Threat),
        object_kind_code: String::new(),
        object_id: text.to_owned(),
        object_name: "T-4".to_owned(),
        product: None,
        feature: None,
        changes: Vec::new(),
        reason: Some(text.to_owned()),
        request: None,
        address: None,
    }
}

/// A record with something of everything, and this text wherever people wrote.
fn waiver(text: &str) -> WaiverItem {
    let said = text.to_owned();
    WaiverItem {
        id: "01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap(),
        number: 2,
        phase: "design".to_owned(),
        subject: said.clone(),
        blocker: said.clone(),
        reason: said.clone(),
        compensation: said.clone(),
        until: NOW,
        renews: Some(1),
        renewed_by: None,
        state: WaiverState::Ended,
        requested_by: person(1),
        requester: said.clone(),
        requested_at: NOW,
        decided: Some(WaiverDecision {
            person: person(2),
            name: said.clone(),
            role: Role::SecurityReviewer,
            at: NOW,
            reason: said.clone(),
        }),
        ended: Some(WaiverEnd { name: Some(said.clone()), at: NOW, reason: said }),
        version: 3,
    }
}

fn record(text: &str) -> FeatureRecord {
    let built_in = policy::parse(policy::BUILT_IN).unwrap();
    let phase = built_in.phases[0].clone();
    let control = FiledControl {
        control: phase.controls[0].clone(),
        owed: true,
        mark: Mark::Done,
        note: text.to_owned(),
        said: Some((1, text.to_owned(), NOW)),
        evidence: vec![3],
        met: false,
        lacks: vec![Shortfall::Nothing { kind: RecordKind::Plan, what: "plan" }],
    };
    let ended = |opened| AttemptEnd {
        at: NOW,
        how: if opened { AttemptOutcome::Opened } else { AttemptOutcome::Returned },
        undone_at: None,
        tier: Some(Tier::High),
        by: Some(text.to_owned()),
        reason: text.to_owned(),
    };
    let attempt =
        |cycle, ended| Attempt { cycle, started_at: NOW, requested: Some((text.to_owned(), NOW)), ended };
    let records =
        RecordKind::ALL.iter().map(|kind| FiledKind { kind: *kind, items: vec![item(*kind, 1, text)] });
    let version = |version| FiledVersion {
        version,
        file_name: text.to_owned(),
        media_type: Some(text.to_owned()),
        size: 2048,
        digest: Digest::of(b"file"),
        note: text.to_owned(),
        author: text.to_owned(),
        uploaded_at: NOW,
    };
    let relative =
        |key: &str| Relative { key: key.parse().unwrap(), title: text.to_owned(), feedback: Some(3) };
    FeatureRecord {
        summary: FeatureSummary { sprint: "<b>14".parse().ok(), ..summary(&[Role::Qa]) },
        description: text.to_owned(),
        created_at: NOW,
        policy_digest: Digest::of(b"policy"),
        rated: None,
        printed_by: text.to_owned(),
        phases: vec![FiledPhase {
            state: PhaseState::Passed { at: NOW, cycle: 2 },
            attempts: vec![attempt(1, Some(ended(false))), attempt(2, Some(ended(true))), attempt(3, None)],
            sign_offs: vec![
                sign_off(text, Some("withdrawn")),
                sign_off(text, Some("voided")),
                sign_off(text, None),
            ],
            controls: vec![control],
            records: records.collect(),
            elsewhere: vec![(RecordKind::SecurityTest, phase.key.clone())],
            phase,
        }],
        other: vec![FiledKind { kind: RecordKind::Finding, items: vec![item(RecordKind::Finding, 2, text)] }],
        threat_model: Some(ThreatAnswers {
            scope: text.to_owned(),
            threats: text.to_owned(),
            response: text.to_owned(),
            review: String::new(),
            version: 1,
            author: text.to_owned(),
            changed_at: NOW,
        }),
        threats: vec![threat(text)],
        evidence: vec![FiledEvidence {
            number: 3,
            title: text.to_owned(),
            kind: EvidenceKind::TestReport,
            targets: vec![Target::Threat(4)],
            versions: vec![version(1), version(2)],
        }],
        waivers: vec![waiver(text)],
        relations: related(),
        lineage: Lineage { origins: vec![relative("PAY-9")], successors: vec![relative("OPS-1")] },
        history: vec![event(text)],
        names: BTreeMap::from([(person(1), text.to_owned())]),
        cuts: vec![Cut { what: "events", total: 6_000, printed: 5_000 }],
    }
}

#[test]
fn nothing_that_people_wrote_becomes_markup_on_paper() {
    let shown = html(|| view! { <FeatureRecordScreen record=record(HOSTILE) /> });
    assert!(!shown.contains("<script>alert") && !shown.contains("<img"), "{shown}");
    assert!(shown.contains("id=\"relations\"") && shown.contains("/features/OPS-7"), "{shown}");
    let script = RecordItem {
        values: Values::default().with("link", "javascript:alert(1)"),
        ..item(RecordKind::Change, 1, "A change")
    };
    let hostile = FeatureRecord {
        other: vec![FiledKind { kind: RecordKind::Change, items: vec![script] }],
        ..record("A text")
    };
    let shown = html(|| view! { <FeatureRecordScreen record=hostile /> });
    assert!(!shown.contains("href=\"javascript"), "{shown}");
}

#[test]
fn the_record_says_what_it_is_and_what_is_missing() {
    let shown = html(|| view! { <FeatureRecordScreen record=record("A text") /> });
    for words in [
        "As of",
        "3 Feb 2026, 14:02:00 UTC",
        "Printed by",
        &Digest::of(b"policy").to_string(),
        &Digest::of(b"dossier").to_string(),
        &Digest::of(b"file").to_string(),
        "Comments: they are talk",
        "Of 6000 events, the latest 5000 are printed.",
        "The feature has 6000 events; these are the latest 1.",
        "Returned for changes",
        "<dt>Sprint</dt><dd>&lt;b&gt;14</dd>",
        "Under the rules for high risk.",
        "Authenticated by password",
        "Withdrawn ",
        "Voided ",
        "Not met",
        "There is no plan yet.",
        "a person who is not on record any more",
        "Version 2, current",
        "threat T-4",
        "<a href=\"#E-3\">E-3</a>",
        "Not answered",
        "Security tests are printed with",
    ] {
        assert!(shown.contains(words), "{words} is missing: {shown}");
    }
    assert!(!shown.contains(" ago<"), "paper has no relative times");
    assert!(!shown.contains("<button"), "nor buttons");
}

#[test]
fn every_entry_of_the_contents_leads_to_a_part_and_no_id_is_there_twice() {
    let shown = html(|| view! { <FeatureRecordScreen record=record("A text") /> });
    let contents = shown.split("class=\"contents\"").nth(1).unwrap().split("</ol>").next().unwrap();
    let mut entries = 0;
    for target in contents.split("href=\"#").skip(1) {
        let id = target.split('"').next().unwrap();
        assert!(shown.contains(&format!("<section id=\"{id}\" class=\"paper-part\"")), "{id}");
        entries += 1;
    }
    assert_eq!(entries, 11);
    let mut ids: Vec<&str> =
        shown.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "{ids:?}");
}

#[test]
fn a_record_shows_each_field_or_names_it_as_empty() {
    for kind in RecordKind::ALL {
        let bare = RecordItem { values: Values::default(), ..item(*kind, 1, "A text") };
        for filed in [item(*kind, 1, "A text"), bare] {
            let record = FeatureRecord {
                phases: Vec::new(),
                other: vec![FiledKind { kind: *kind, items: vec![filed] }],
                ..record("A text")
            };
            let shown = html(|| view! { <FeatureRecordScreen record /> });
            for field in kind.spec().fields {
                let label = field.label.replace('\'', "&#x27;");
                assert!(shown.contains(&label), "{}: {}", kind.code(), field.label);
            }
        }
    }
}

fn link(what: &str, title: &str) -> Link {
    Link { what: what.parse().unwrap(), title: title.to_owned(), state: "Accepted", tone: Tone::Good }
}

fn trace(side: TraceSide, text: &str) -> TracePage {
    let row = |group, what: &str, gaps: &[&'static str]| TraceRow {
        group,
        what: link(what, text),
        severity: (group == Owed::Threat).then_some(Severity::High),
        exempt: None,
        decisions: vec![link("D-1", text)],
        links: vec![link("C-1", text)],
        proofs: vec![link("K-1", text), link("E-2", text)],
        gaps: gaps.to_vec(),
    };
    let rows = match side {
        TraceSide::Owed => vec![
            row(Owed::Security, "R-1", &[]),
            row(Owed::Threat, "T-4", &["no change yet"]),
            row(Owed::Functional, "R-2", &[]),
        ],
        TraceSide::Changes => vec![row(Owed::Change, "C-3", &["implements nothing"])],
    };
    TracePage {
        summary: summary(&[Role::Developer]),
        query: TraceQuery { side, gaps: false, after: None },
        matching: rows.len(),
        total: rows.len(),
        gaps: 1,
        rows,
        next: Some(RecordRef::Threat(4)),
        cut: vec!["findings"],
    }
}

#[test]
fn the_trace_names_gaps_in_words_and_escapes_titles() {
    for (side, gap) in [(TraceSide::Owed, "No change yet"), (TraceSide::Changes, "Implements nothing")] {
        let shown = html(|| view! { <TraceScreen page=trace(side, HOSTILE) /> });
        assert!(!shown.contains("<script>alert") && !shown.contains("<img"), "{shown}");
        assert!(shown.contains(gap), "{shown}");
        assert!(shown.contains("Only the first 5,000 were looked at of: findings."), "{shown}");
        assert!(shown.contains("aria-current=\"page\""), "{shown}");
    }
}

#[test]
fn the_trace_groups_by_weight_and_its_pages_keep_the_view() {
    let shown = html(|| view! { <TraceScreen page=trace(TraceSide::Owed, "A text") /> });
    let place = |title: &str| shown.find(&format!("<h2>{title}</h2>")).unwrap();
    assert!(place("Security requirements") < place("Threats"));
    assert!(place("Threats") < place("Functional requirements"));
    assert!(shown.contains("href=\"/features/PAY-12/trace?after=T-4\""), "{shown}");
    assert!(shown.contains("href=\"/features/PAY-12/threats/4\""), "{shown}");
    assert!(shown.contains("3 requirements and threats; 1 of them has a gap."), "{shown}");
    let mut page = trace(TraceSide::Changes, "A text");
    page.query.gaps = true;
    let shown = html(|| view! { <TraceScreen page /> });
    assert!(shown.contains("/features/PAY-12/trace?from=changes&amp;gaps=yes&amp;after=T-4"), "{shown}");
}

#[test]
fn a_trace_without_rows_teaches() {
    let page = TracePage {
        rows: Vec::new(),
        total: 0,
        matching: 0,
        gaps: 0,
        next: None,
        ..trace(TraceSide::Owed, "A")
    };
    let shown = html(|| view! { <TraceScreen page /> });
    assert!(shown.contains("Nothing to trace yet"), "{shown}");
}

#[test]
fn the_form_that_takes_feedback_up_keeps_what_was_typed_as_text() {
    let page = RecordPage {
        summary: summary(&[Role::ProductManager]),
        kind: RecordKind::Feedback,
        item: Some(item(RecordKind::Feedback, 3, HOSTILE)),
        draft: Values::default(),
        people: Vec::new(),
        names: BTreeMap::new(),
        points: BTreeMap::new(),
        candidates: Vec::new(),
        referrers: Vec::new(),
        states: Vec::new(),
        may_write: true,
    };
    let form = Form::new().with("id", "x").with("title", HOSTILE).fail("", "The feedback is closed.");
    let shown = html(|| view! { <TakeUpScreen page form /> });
    assert!(!shown.contains("<script>alert") && !shown.contains("<img"), "{shown}");
    assert!(shown.contains(&format!("action=\"/features/{}/records/feedback/3/take-up\"", key())), "{shown}");
    assert!(shown.contains("The feedback is closed."), "{shown}");
}
