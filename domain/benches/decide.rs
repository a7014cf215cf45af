//! How long the decision about a gate takes once its facts are at hand.
//!
//! `cargo bench -p sluice-domain --bench decide`. A feature with 500 requirements, 300 threats, 2,000 findings and 200 items
//! of evidence is decided at each phase of the built-in policy, each with all earlier gates behind it and ten waivers in
//! force, and with nothing, something or everything still to be done. It prints Markdown: the median and the slowest of many runs.

#![expect(
    clippy::expect_used,
    reason = "a case that cannot be built is the bench's own fault, and it stops there"
)]

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests, which draw cases and say what is wrong with them")]
mod support;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use sluice_domain::{
    access::Role,
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

/// How much of it is still to be done.
#[derive(Clone, Copy)]
enum Open {
    Nothing,
    /// Every twentieth thing.
    Little,
    Everything,
}

impl Open {
    const ALL: [(Self, &str); 3] =
        [(Self::Nothing, "nothing"), (Self::Little, "every 20th thing"), (Self::Everything, "everything")];

    const fn is(self, number: i32) -> bool {
        match self {
            Self::Nothing => false,
            Self::Little => number % 20 == 0,
            Self::Everything => true,
        }
    }
}

/// Many records of a kind: in the first state if they are still open, in the second if not.
fn records(kind: RecordKind, count: i32, open: Open, states: [&str; 2], values: &Values) -> Vec<RecordFact> {
    let [undone, done] = states.map(|state| kind.spec().state(state).expect("a state of the kind"));
    let record = |number| RecordFact {
        kind,
        number,
        title: format!("{} {number}", kind.code()),
        state: if open.is(number) { undone } else { done },
        values: values.clone(),
    };
    (1..=count).map(record).collect()
}

/// The facts of a gate with very much in it.
fn facts(phase: &Phase, open: Open) -> Facts {
    let dossier = Digest::of(b"dossier");
    let mut facts = complete(phase, Tier::High, dossier, 5);
    let validated = Values::default()
        .with("severity", "high")
        .with("fix", "Escaped where it is written.")
        .with("validation", "The test passes.");
    let required =
        Values::default().with("class", "functional").with("acceptance", "It answers within a second.");
    let findings = records(RecordKind::Finding, FINDINGS, open, ["open", "validated"], &validated);
    let requirements =
        records(RecordKind::Requirement, REQUIREMENTS, open, ["proposed", "accepted"], &required);
    facts.records.records.extend(findings.into_iter().chain(requirements));
    facts.threats = (1..=THREATS)
        .map(|number| ThreatFact {
            number,
            severity: Severity::High,
            status: if open.is(number) { ThreatStatus::Open } else { ThreatStatus::Verified },
        })
        .collect();
    let kinds = EvidenceKind::ALL.iter().cycle();
    facts.evidence = (1..=EVIDENCE)
        .zip(kinds)
        .map(|(number, kind)| EvidenceFact { number, kind: *kind, until: None })
        .collect();
    facts
}

/// The gate with the gates before it, and waivers of things that are not missing here.
fn situation(phase: &Phase, open: Open) -> Situation {
    let policy = built_in();
    let before = policy.phases.iter().take_while(|other| other.key != phase.key);
    let earlier = before
        .map(|other| EarlierGate {
            phase: other.key.clone(),
            facts: facts(other, open),
            passed: Passed::Opened { tier: Tier::High, drift: Vec::new() },
        })
        .collect();
    let waivers = (1..=10)
        .map(|number| WaiverFact {
            number,
            subject: format!("finding:{}/low", FINDINGS + number),
            until: NOW + Duration::from_hours(24),
            role: Role::SecurityReviewer,
            approved_at: NOW,
        })
        .collect();
    Situation { earlier, waivers, ..Situation::from(facts(phase, open)) }
}

fn main() {
    println!("| Gate | Open is | Blockers | Median, ms | Slowest, ms |");
    println!("| --- | --- | --: | --: | --: |");
    for phase in &built_in().phases {
        for (open, words) in Open::ALL {
            let situation = situation(phase, open);
            let mut times: Vec<Duration> = (0..ROUNDS)
                .map(|_| {
                    let begun = Instant::now();
                    let decision = black_box(decide(built_in(), phase, black_box(&situation), NOW));
                    let took = begun.elapsed();
                    drop(decision);
                    took
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
