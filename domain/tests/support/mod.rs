//! What the tests of the gate and of the lifecycle share: phases to try, facts that open a gate, and an oracle that
//! works out why a gate is closed without asking the code under test.

pub(crate) mod records;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{select, subsequence},
};
use sluice_domain::{
    access::Role,
    canonical::Digest,
    dossier::Contributors,
    gate::{Blocker, ControlFact, Decision, EvidenceFact, Facts, Mark, SignOffFact, Verdict},
    ids::PersonId,
    policy::{
        BUILT_IN, Condition, Control, EvidenceKind, Gate, Phase, Policy, Proof, Quorum, RecordsSubject,
        SignOffRule, Tier, Tiers, Wanted, parse,
    },
    record::{RecordFacts, RecordKind, Rule},
    threat::{Question, Severity, ThreatStatus},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

static READ: LazyLock<Policy> = LazyLock::new(|| parse(BUILT_IN).expect("the built-in policy reads"));

/// The policy that every new workspace starts with.
pub(crate) fn built_in() -> &'static Policy {
    &READ
}

/// How often a property is tried. Failures are printed shrunk; nothing is kept in files.
pub(crate) fn tries(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The instant at which the tests decide.
pub(crate) const NOW: OffsetDateTime = time::macros::datetime!(2026-11-20 12:00 UTC);

/// Decides about a gate that has none before it.
pub(crate) fn decide(phase: &Phase, facts: &Facts) -> Decision {
    sluice_domain::gate::decide(built_in(), phase, &facts.clone().into(), NOW)
}

/// An item of evidence of a kind: it holds for ever, still holds, or holds no more.
pub(crate) fn item(kind: EvidenceKind, number: i32) -> EvidenceFact {
    let until = match number % 3 {
        0 => None,
        1 => Some(NOW + Duration::days(1)),
        // At the instant at which it expires it holds no more.
        _ => Some(NOW - Duration::hours(i64::from(number) - 2)),
    };
    EvidenceFact { number, kind, until }
}

/// One of a few people.
pub(crate) fn person(number: u8) -> PersonId {
    PersonId::new(Uuid::from_u128(u128::from(number) + 1))
}

/// A sign-off by one of those people, under their name.
pub(crate) fn sign_off(number: u8, role: Role, verdict: Verdict, covers: Digest) -> SignOffFact {
    SignOffFact {
        person: person(number),
        name: format!("Person {number}"),
        role,
        verdict,
        covers,
        on_behalf_of: None,
    }
}

/// How many sign-offs a rule asks of a tier.
pub(crate) fn needed(rule: &SignOffRule, tier: Tier) -> u8 {
    let Quorum { low, medium, high } = rule.quorum;
    [low, medium, high][Tier::ALL.iter().position(|other| *other == tier).expect("a tier is among all tiers")]
}

/// The control as a team leaves it that did all it asks.
pub(crate) fn proved(control: &Control) -> ControlFact {
    let evidence = match &control.proof {
        Proof::Statement | Proof::Records { .. } => BTreeSet::new(),
        Proof::Evidence(kinds) => kinds.iter().take(1).map(|kind| item(*kind, 0)).collect(),
    };
    ControlFact { mark: Mark::Done, evidence }
}

/// Facts that open the gate: all done, all answered, nothing threatens, and everybody asked for signed. The signers
/// are the people from this number on.
pub(crate) fn complete(phase: &Phase, tier: Tier, dossier: Digest, first_signer: u8) -> Facts {
    let seats = phase
        .gate
        .sign_offs
        .iter()
        .flat_map(|rule| std::iter::repeat_n(rule.role, usize::from(needed(rule, tier))));
    Facts {
        tier,
        controls: phase.controls.iter().map(|control| (control.key.clone(), proved(control))).collect(),
        records: records::whole(),
        evidence: EvidenceKind::ALL.iter().map(|kind| item(*kind, 0)).collect(),
        answered: Question::ALL.iter().copied().collect(),
        stale_for: None,
        threats: Vec::new(),
        sign_offs: (first_signer..)
            .zip(seats)
            .map(|(n, role)| sign_off(n, role, Verdict::Approve, dossier))
            .collect(),
        contributors: Contributors::default(),
        dossier,
        archived: true,
    }
}

fn key<K: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> K {
    text.parse().expect("a key")
}

fn tiers() -> impl Strategy<Value = Tiers> {
    subsequence(Tier::ALL, 1..=3).prop_map(|tiers| tiers.into_iter().collect())
}

/// A small phase, of any shape that the reader of policies lets through. Its key is to be set where it stands among others.
pub(crate) fn small_phase() -> impl Strategy<Value = Phase> {
    let controls = vec(control(), 1..=4).prop_map(|controls| {
        (0..)
            .zip(controls)
            .map(|(n, control)| Control {
                key: key(&format!("control-{n}")),
                title: format!("Control {n} holds"),
                // A phase has a control for each tier.
                tiers: if n == 0 { Tiers::ALL } else { control.tiers },
                ..control
            })
            .collect()
    });
    (controls, conditions(), sign_offs()).prop_map(|(controls, conditions, sign_offs)| Phase {
        key: key("phase"),
        name: String::new(),
        purpose: "To be passed.".into(),
        controls,
        gate: Gate { conditions, sign_offs, review_days: 2, team_days: None },
    })
}

/// Any rule, with a number of reviewers where it asks for one.
fn by_records() -> impl Strategy<Value = Proof> {
    let rule = prop_oneof![3 => select(Rule::ALL), 1 => Just(Rule::ChangesReviewed)];
    (rule, 0..=1_u8, 0..=1_u8).prop_map(|(rule, low, more)| {
        let reviewers = Quorum { low, medium: low + more, high: 2 };
        Proof::Records { rule, reviewers: rule.asks_for_reviewers().then_some(reviewers) }
    })
}

fn control() -> impl Strategy<Value = Control> {
    let proof = prop_oneof![
        Just(Proof::Statement),
        subsequence(EvidenceKind::ALL, 1..=2).prop_map(Proof::Evidence),
        by_records()
    ];
    (subsequence(Role::ALL, 1..=2), proof, tiers(), any::<bool>()).prop_map(
        |(done_by, proof, tiers, can_be_not_applicable)| Control {
            key: key("control"),
            title: String::new(),
            guidance: "Do it.".into(),
            source: "Test".into(),
            done_by,
            proof,
            tiers,
            before_production: false,
            can_be_not_applicable,
            waivable: true,
            frameworks: Vec::new(),
        },
    )
}

fn wanted(wanted: Wanted, tiers: Tiers) -> Condition {
    Condition { wanted, tiers, before_production: false, waivable: true }
}

/// Each kind at most once a tier, as the reader asks.
fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    let threats = || (select(Severity::ALL), select(&ThreatStatus::ALL[1..]));
    let on_records = (select(RecordsSubject::ALL), tiers()).prop_map(|(subject, tiers)| {
        let reviewers = Quorum { low: 1, medium: 1, high: 2 };
        let reviewers = (subject == RecordsSubject::ReviewersPerChange).then_some(reviewers);
        wanted(Wanted::Records { subject, reviewers }, tiers)
    });
    let kinds = || subsequence(EvidenceKind::ALL, 1..=2);
    let further = prop_oneof![
        3 => tiers().prop_map(|tiers| wanted(Wanted::ThreatModelCurrent, tiers)),
        3 => (select(Severity::ALL), tiers())
            .prop_map(|(at_least, tiers)| wanted(Wanted::NoOpenFinding { at_least }, tiers)),
        2 => (kinds(), tiers()).prop_map(|(kinds, tiers)| wanted(Wanted::EvidencePresent { kinds }, tiers)),
        2 => (kinds(), tiers()).prop_map(|(kinds, tiers)| wanted(Wanted::DocumentsPresent { kinds }, tiers)),
        3 => on_records,
        3 => tiers().prop_map(|tiers| wanted(Wanted::RecordArchived, tiers)),
    ];
    (option::of(tiers()), option::of((tiers(), threats(), option::of(threats()))), vec(further, 0..=3))
        .prop_map(|(complete, untreated, further)| {
            let mut conditions: Vec<Condition> =
                complete.into_iter().map(|tiers| wanted(Wanted::ThreatModelComplete, tiers)).collect();
            if let Some((tiers, (at_least, needs), others)) = untreated {
                conditions.push(wanted(Wanted::NoUntreatedThreat { at_least, needs }, tiers));
                let rest: Tiers = Tier::ALL.iter().copied().filter(|tier| !tiers.contains(*tier)).collect();
                if let (Some((at_least, needs)), false) = (others, rest.is_empty()) {
                    conditions.push(wanted(Wanted::NoUntreatedThreat { at_least, needs }, rest));
                }
            }
            for condition in further {
                if conditions.iter().all(|other| other.code() != condition.code()) {
                    conditions.push(condition);
                }
            }
            conditions
        })
}

/// One rule a role, quorums that never fall, and a signature for each tier.
fn sign_offs() -> impl Strategy<Value = Vec<SignOffRule>> {
    vec((select(Role::ALL), 0..=2_u8, 0..=1_u8, 0..=1_u8), 1..=3).prop_map(|rules| {
        let mut kept: Vec<SignOffRule> = Vec::new();
        for (role, low, more, most) in rules {
            let low = if kept.is_empty() { low.max(1) } else { low };
            let quorum = Quorum { low, medium: low + more, high: low + more + most };
            if quorum.high > 0 && kept.iter().all(|rule| rule.role != role) {
                kept.push(SignOffRule { role, quorum, meaning: "read it".into() });
            }
        }
        kept
    })
}

/// What is on record, with a flaw in some of its parts.
pub(crate) fn flawed(chosen: &[&records::Flaw]) -> RecordFacts {
    let mut facts = records::whole();
    for flaw in chosen {
        records::put(&mut facts, flaw.group, &flaw.facts());
    }
    facts
}

/// Why the gate is closed, worked out from what a policy means: what is owed, less what the facts fulfil. Each reason
/// is a line of text, so nothing of the code under test is in it.
pub(crate) fn unmet(phase: &Phase, facts: &Facts) -> BTreeSet<String> {
    let asked = |tiers: Tiers| tiers.iter().any(|tier| tier == facts.tier);
    let mut owed: BTreeSet<String> = BTreeSet::new();
    for control in phase.controls.iter().filter(|control| asked(control.tiers)) {
        match &control.proof {
            Proof::Statement | Proof::Evidence(_) => drop(owed.insert(format!("control {}", control.key))),
            Proof::Records { rule, reviewers } => {
                let need = reviewers.map_or(0, |Quorum { low, medium, high }| match facts.tier {
                    Tier::Low => low,
                    Tier::Medium => medium,
                    Tier::High => high,
                });
                let lacks = records::lacks(&facts.records, *rule, need);
                owed.extend(lacks.iter().map(|shortfall| format!("control {}: {shortfall:?}", control.key)));
            }
        }
    }
    for (key, fact) in &facts.controls {
        let Some(control) = phase.controls.iter().find(|control| control.key == *key) else { continue };
        let holds = |item: &&EvidenceFact| item.until.is_none_or(|until| until > NOW);
        let holding: BTreeSet<EvidenceKind> =
            fact.evidence.iter().filter(holds).map(|item| item.kind).collect();
        let by_evidence = match &control.proof {
            Proof::Statement => !holding.is_empty(),
            Proof::Evidence(kinds) => kinds.iter().any(|kind| holding.contains(kind)),
            Proof::Records { .. } => false,
        };
        let by_word = match fact.mark {
            Mark::Open => false,
            Mark::Done => control.proof == Proof::Statement,
            Mark::NotApplicable => control.can_be_not_applicable,
        };
        if by_evidence || by_word {
            owed.retain(|line| {
                *line != format!("control {key}") && !line.starts_with(&format!("control {key}: "))
            });
        }
    }
    for condition in &phase.gate.conditions {
        if asked(condition.tiers) {
            owed.extend(unmet_condition(&condition.wanted, facts));
        }
    }
    // Person by person: each fills the lowest of the seats that facts give them, or none.
    let mut filled: BTreeMap<Role, u8> = BTreeMap::new();
    let people: BTreeSet<PersonId> = facts.sign_offs.iter().map(|sign_off| sign_off.person).collect();
    for person in people {
        let of_person = || facts.sign_offs.iter().filter(|sign_off| sign_off.person == person);
        for denial in of_person().filter(|sign_off| sign_off.verdict == Verdict::Deny) {
            owed.insert(format!("denial {} {}", denial.name, denial.role.code()));
        }
        let contributed = facts.contributors.0.iter().any(|contributor| *contributor == person);
        let approvals = of_person().filter(|s| (s.verdict, s.covers) == (Verdict::Approve, facts.dossier));
        if let (Some(seat), false) = (approvals.map(|sign_off| sign_off.role).min(), contributed) {
            *filled.entry(seat).or_default() += 1;
        }
    }
    for rule in &phase.gate.sign_offs {
        let (have, need) = (filled.get(&rule.role).copied().unwrap_or_default(), needed(rule, facts.tier));
        if have < need {
            owed.insert(format!("sign-off {} {have}/{need}", rule.role.code()));
        }
    }
    owed
}

fn unmet_condition(wanted: &Wanted, facts: &Facts) -> BTreeSet<String> {
    let mut owed = BTreeSet::new();
    let has = |wanted: &[EvidenceKind]| {
        let holding = facts.evidence.iter().filter(|item| item.until.is_none_or(|until| until > NOW));
        holding.map(|item| item.kind).any(|kind| wanted.contains(&kind))
    };
    match wanted {
        Wanted::ThreatModelComplete => {
            let all: BTreeSet<Question> = Question::ALL.iter().copied().collect();
            owed.extend(
                all.difference(&facts.answered).map(|question| format!("question {}", question.code())),
            );
        }
        Wanted::ThreatModelCurrent => {
            if facts.stale_for.is_some() {
                owed.insert("stale model".to_owned());
            }
        }
        Wanted::NoUntreatedThreat { at_least, needs } => {
            for threat in &facts.threats {
                let harmless = threat.severity < *at_least;
                if !(harmless || threat.status >= *needs) {
                    let severity = threat.severity.code();
                    owed.insert(format!("threat {} {severity} {}", threat.number, needs.code()));
                }
            }
        }
        Wanted::NoOpenFinding { at_least } => {
            let findings = facts.records.records.iter().filter(|record| record.kind == RecordKind::Finding);
            for finding in
                findings.filter(|finding| !["validated", "dismissed"].contains(&finding.state.code))
            {
                let severity =
                    Severity::from_code(finding.values.text("severity")).unwrap_or(Severity::Critical);
                if severity >= *at_least {
                    owed.insert(format!("finding {} {}", finding.number, severity.code()));
                }
            }
        }
        Wanted::EvidencePresent { kinds } => {
            if !has(kinds) {
                owed.insert(format!("evidence {kinds:?}"));
            }
        }
        Wanted::DocumentsPresent { kinds } => {
            owed.extend(
                kinds.iter().filter(|kind| !has(&[**kind])).map(|kind| format!("evidence {:?}", [kind])),
            );
        }
        Wanted::Records { subject, reviewers } => {
            let need = reviewers.map_or(0, |Quorum { low, medium, high }| match facts.tier {
                Tier::Low => low,
                Tier::Medium => medium,
                Tier::High => high,
            });
            for rule in subject.rules() {
                let lacks = records::lacks(&facts.records, *rule, need);
                owed.extend(lacks.iter().map(|shortfall| format!("condition {subject:?}: {shortfall:?}")));
            }
        }
        Wanted::RecordArchived => {
            if !facts.archived {
                owed.insert("not archived".to_owned());
            }
        }
    }
    owed
}

/// A blocker as the line that the oracle writes for it.
pub(crate) fn reason(blocker: &Blocker) -> String {
    match blocker {
        Blocker::ControlOpen { control, .. }
        | Blocker::EvidenceMissing { control, .. }
        | Blocker::EvidenceExpired { control, .. } => format!("control {control}"),
        Blocker::ConditionShort { condition, shortfall } => format!("condition {condition:?}: {shortfall:?}"),
        Blocker::EvidenceWanted { kinds, .. } => format!("evidence {kinds:?}"),
        Blocker::FindingOpen { number, severity } => format!("finding {number} {}", severity.code()),
        Blocker::NotArchived => "not archived".to_owned(),
        Blocker::ThreatModelStale { .. } => "stale model".to_owned(),
        Blocker::Earlier { name, what } => format!("earlier {name}: {}", reason(what)),
        Blocker::Drifted { phase, items, .. } => format!("drift {phase} {items}"),
        Blocker::TierRaised { phase, from, to, .. } => format!("tier {phase} {}-{}", from.code(), to.code()),
        Blocker::OwedOverdue { phase, .. } => format!("overdue {phase}"),
        Blocker::Owed { phase, .. } => format!("owed {phase}"),
        Blocker::NeverPassed { phase, .. } => format!("never passed {phase}"),
        Blocker::RecordsShort { control, shortfall, .. } => format!("control {control}: {shortfall:?}"),
        Blocker::QuestionOpen { question } => format!("question {}", question.code()),
        Blocker::ThreatUntreated { number, severity, needs } => {
            format!("threat {number} {} {}", severity.code(), needs.code())
        }
        Blocker::Vetoed { name, role } => format!("denial {name} {}", role.code()),
        Blocker::SignOffsMissing { role, have, need } => format!("sign-off {} {have}/{need}", role.code()),
    }
}
