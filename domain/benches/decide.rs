//! How long the decision about a gate takes once its facts are at hand.
//!
//! `cargo bench -p sluice-domain --bench decide`. A feature with 500 requirements, 300 threats, 2,000 findings and 200 items
//! of evidence is decided at each phase of the built-in policy, with everything done and with everything open, each with
//! all earlier gates behind it and ten waivers in force. It prints Markdown: the median and the slowest of many runs.

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests, which draw cases and say what is wrong with them")]
mod support;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use sluice_domain::{
    canonical::Digest,
    gate::{EarlierGate, EvidenceFact, Facts, Passed, Situation, ThreatFact, WaiverFact, decide},
    policy::{EvidenceKind, Phase, Tier},
    record::{RecordFact, RecordKind, Values},
    threat::{Severity, ThreatStatus},
};

use support::{NOW, built_in, complete};

const REQUIREMENTS: i32 = 500;
const THREATS: i32 = 300;
const FINDINGS: i32 = 2_000;
const EVIDENCE: i32 = 200;
const ROUNDS: usize = 500;

/// Many records of a kind, in a state.
fn records(kind: RecordKind, count: i32, state: &str, values: &Values) -> Vec<RecordFact> {
    let state = kind.spec().state(state).expect("a state of the kind");
    let record = |number| RecordFact {
        kind,
        number,
        title: format!("{} {number}", kind.code()),
        state,
        values: values.clone(),
    };
    (1..=count).map(record).collect()
}

/// The facts of a gate with very much in it. Open, none of it is put right.
fn facts(phase: &Phase, open: bool) -> Facts {
    let dossier = Digest::of(b"dossier");
    let mut facts = complete(phase, Tier::High, dossier, 5);
    let validated = Values::default()
        .with("severity", "high")
        .with("fix", "Escaped where it is written.")
        .with("validation", "The test passes.");
    let required =
        Values::default().with("class", "functional").with("acceptance", "It answers within a second.");
    let (finding, requirement) = if open { ("open", "proposed") } else { ("validated", "accepted") };
    facts.records.records.extend(records(RecordKind::Finding, FINDINGS, finding, &validated));
    facts.records.records.extend(records(RecordKind::Requirement, REQUIREMENTS, requirement, &required));
    facts.threats = (1..=THREATS)
        .map(|number| ThreatFact {
            number,
            severity: Severity::High,
            status: if open { ThreatStatus::Open } else { ThreatStatus::Verified },
        })
        .collect();
    let kinds = EvidenceKind::ALL.iter().cycle();
    facts.evidence = (1..=EVIDENCE)
        .zip(kinds)
        .map(|(number, kind)| EvidenceFact { number, kind: *kind, until: None })
        .collect();
    if open {
        facts.sign_offs.clear();
    }
    facts
}

/// The gate with the gates before it, and waivers of things that are not missing here.
fn situation(phase: &Phase, open: bool) -> Situation {
    let policy = built_in();
    let before = policy.phases.iter().take_while(|other| other.key != phase.key);
    let earlier = before
        .map(|other| EarlierGate {
            phase: other.key.clone(),
            facts: facts(other, open),
            passed: Passed::Opened { drift: Vec::new() },
        })
        .collect();
    let waivers = (1..=10)
        .map(|number| WaiverFact {
            number,
            subject: format!("finding:{}/low", FINDINGS + number),
            until: NOW + Duration::from_secs(86_400),
        })
        .collect();
    Situation { earlier, waivers, ..Situation::from(facts(phase, open)) }
}

fn main() {
    println!("| Gate | Everything is | Blockers | Median, ms | Slowest, ms |");
    println!("| --- | --- | --: | --: | --: |");
    for phase in &built_in().phases {
        for (open, words) in [(false, "done"), (true, "open")] {
            let situation = situation(phase, open);
            let mut times: Vec<Duration> = (0..ROUNDS)
                .map(|_| {
                    let begun = Instant::now();
                    black_box(decide(built_in(), phase, black_box(&situation), NOW));
                    begun.elapsed()
                })
                .collect();
            times.sort_unstable();
            let blockers = decide(built_in(), phase, &situation, NOW).blockers.len();
            let ms = |time: &Duration| format!("{:.3}", time.as_secs_f64() * 1_000.0);
            let (median, slowest) = (&times[ROUNDS / 2], &times[ROUNDS - 1]);
            println!("| {} | {words} | {blockers} | {} | {} |", phase.name, ms(median), ms(slowest));
        }
    }
}
