//! Gates to try: phases of every shape, with facts of every kind, open ones and closed ones.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    collection::{btree_set, vec},
    option,
    prelude::*,
    sample::{Index, select, subsequence},
};
use sluice_domain::{
    access::Role,
    canonical::Digest,
    dossier::Contributors,
    gate::{ControlFact, EvidenceFact, Facts, Mark, SignOffFact, ThreatFact, Verdict},
    policy::{Control, EvidenceKind, Phase, Tier},
    record::RecordFacts,
    threat::{Question, Severity, ThreatStatus},
};

use crate::support::{
    built_in, complete, flawed, item, person, proved, records::flaws, sign_off, small_phase,
};

/// Arbitrary sign-offs are by the people below this number.
const PEOPLE: u8 = 9;
/// Complete facts are signed by the people from this number on, so that the two overlap.
pub(crate) const SIGNERS: u8 = 5;
/// Somebody that no generated fact names.
pub(crate) const NEWCOMER: u8 = 200;

pub(crate) fn now() -> Digest {
    Digest::of(b"the dossier as it is now")
}

pub(crate) fn before() -> Digest {
    Digest::of(b"the dossier as it was")
}

/// What is known of a control; the flag asks for evidence that the policy accepts.
fn control_fact() -> impl Strategy<Value = (Mark, BTreeSet<EvidenceFact>, bool)> {
    (select(Mark::ALL), items(0..=2), any::<bool>())
}

fn items(number: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = BTreeSet<EvidenceFact>> {
    vec((select(EvidenceKind::ALL), 1..9), number)
        .prop_map(|items| items.into_iter().map(|(kind, number)| item(kind, number)).collect())
}

fn known(
    control: &Control,
    (mark, mut evidence, accepted): (Mark, BTreeSet<EvidenceFact>, bool),
) -> ControlFact {
    if accepted {
        evidence.extend(proved(control).evidence);
    }
    ControlFact { mark, evidence }
}

fn threat() -> impl Strategy<Value = ThreatFact> {
    (1..=5, select(Severity::ALL), select(ThreatStatus::ALL))
        .prop_map(|(number, severity, status)| ThreatFact { number, severity, status })
}

/// A sign-off by anybody, mostly in a seat that the gate has, mostly an approval, mostly of the dossier as it is.
fn any_sign_off(phase: &Phase) -> impl Strategy<Value = SignOffFact> + Clone + use<> {
    let asked: Vec<Role> = phase.gate.sign_offs.iter().map(|rule| rule.role).collect();
    let role = prop_oneof![4 => select(asked), 1 => select(Role::ALL)].boxed();
    let verdict = prop_oneof![6 => Just(Verdict::Approve), 1 => Just(Verdict::Deny)].boxed();
    let covers = prop_oneof![4 => Just(now()), 1 => Just(before())].boxed();
    (0..PEOPLE, role, verdict, covers)
        .prop_map(|(number, role, verdict, covers)| sign_off(number, role, verdict, covers))
        .boxed()
}

/// What is on record, in any order, each of its parts whole or with one flaw.
fn records(parts_with_a_flaw: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = RecordFacts> {
    vec(any::<Index>(), parts_with_a_flaw)
        .prop_map(|chosen| {
            let chosen: Vec<_> = chosen.iter().map(|index| index.get(flaws())).collect();
            flawed(&chosen)
        })
        .prop_flat_map(|facts| {
            let records = facts.records.clone();
            (Just(facts), Just(records).prop_shuffle())
        })
        .prop_map(|(facts, records)| RecordFacts { records, ..facts })
}

fn contributors(numbers: impl IntoIterator<Item = u8>) -> Contributors {
    Contributors(numbers.into_iter().map(person).collect())
}

/// Facts without any plan. Controls of other phases are among them, for facts may say more than the gate asks.
fn any_facts(phase: &Phase) -> impl Strategy<Value = Facts> + use<> {
    let controls: Vec<Control> = phase.controls.clone();
    (
        select(Tier::ALL),
        vec(option::of(control_fact()), controls.len()),
        records(0..=12),
        subsequence(Question::ALL, 0..=4),
        vec(threat(), 0..6),
        vec(any_sign_off(phase), 0..8),
        btree_set(0..PEOPLE, 0..3),
        (items(0..=20), option::of(1..=9_i32), any::<bool>()),
    )
        .prop_map(move |(tier, known_controls, records, answered, threats, sign_offs, wrote, rest)| {
            let (evidence, stale_for, archived) = rest;
            let known_controls = controls.iter().zip(known_controls);
            let mut controls: BTreeMap<_, _> = known_controls
                .filter_map(|(control, fact)| Some((control.key.clone(), known(control, fact?))))
                .collect();
            let other = ControlFact { mark: Mark::Done, evidence: BTreeSet::new() };
            controls.insert("of-another-phase".parse().expect("a key"), other);
            Facts {
                tier,
                controls,
                records,
                evidence,
                answered: answered.into_iter().collect(),
                stale_for,
                threats,
                sign_offs,
                contributors: contributors(wrote),
                dossier: now(),
                archived,
            }
        })
}

/// Facts that open the gate, but for a change or two; few arbitrary facts come that far.
fn nearly_open(phase: &Phase) -> impl Strategy<Value = Facts> + use<> {
    let phase = phase.clone();
    (
        select(Tier::ALL),
        vec((any::<Index>(), control_fact()), 0..=1),
        records(0..=1),
        option::weighted(0.2, select(Question::ALL)),
        vec(threat(), 0..=1),
        option::weighted(0.3, any::<Index>()),
        vec(any_sign_off(&phase), 0..=2),
        option::weighted(0.2, 0..PEOPLE),
        (option::weighted(0.2, items(0..=6)), prop::bool::weighted(0.2), prop::bool::weighted(0.2)),
    )
        .prop_map(move |(tier, changed, records, unanswered, threats, unsigned, signed, wrote, rest)| {
            let mut facts = complete(&phase, tier, now(), SIGNERS);
            for (index, fact) in changed {
                let control = index.get(&phase.controls);
                facts.controls.insert(control.key.clone(), known(control, fact));
            }
            facts.records = records;
            facts.answered.retain(|question| Some(*question) != unanswered);
            facts.threats = threats;
            if let Some(index) = unsigned {
                facts.sign_offs.remove(index.index(facts.sign_offs.len()));
            }
            facts.sign_offs.extend(signed);
            facts.contributors = contributors(wrote);
            let (evidence, stale, not_archived) = rest;
            if let Some(evidence) = evidence {
                facts.evidence = evidence;
            }
            facts.stale_for = stale.then_some(2);
            facts.archived = !not_archived;
            facts
        })
}

pub(crate) fn cases() -> impl Strategy<Value = (Phase, Facts)> {
    // What fails is shrunk towards the first.
    let phases = prop_oneof![2 => small_phase(), 1 => select(built_in().phases.as_slice())];
    phases.prop_flat_map(|phase| {
        let facts = prop_oneof![any_facts(&phase), nearly_open(&phase)];
        (Just(phase), facts)
    })
}
