//! The gate's decision against an oracle, and the properties that people rely on.
#![expect(clippy::expect_used, reason = "a test says what it expected")]

#[path = "support/cases.rs"]
mod cases;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use cases::{NEWCOMER, SIGNERS, before, cases, now};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    strategy::ValueTree as _,
    test_runner::TestRunner,
};
use sluice_domain::{
    access::Role,
    canonical::Digest,
    gate::{Blocker, ControlFact, Decision, Facts, Mark, Met, Verdict},
    ids::FeatureKey,
    policy::{Control, EvidenceKind, Phase, Proof, Tier, Wanted},
    record::{RecordFacts, Rule, Shortfall},
    threat::{Question, ThreatStatus},
    words,
};
use support::{
    built_in, complete, decide, item, needed, person, reason,
    records::{flaws, group_of, put, whole},
    sign_off, tries, unmet,
};

/// One more proof.
#[derive(Clone, Debug)]
enum Step {
    Attach(Index, EvidenceKind),
    Done(Index),
    Answer(Question),
    /// Whatever the rule of a control looks at is put right.
    Record(Index),
    Advance(Index),
    Approve(Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<Index>(), select(EvidenceKind::ALL)).prop_map(|(control, kind)| Step::Attach(control, kind)),
        any::<Index>().prop_map(Step::Done),
        select(Question::ALL).prop_map(Step::Answer),
        any::<Index>().prop_map(Step::Record),
        any::<Index>().prop_map(Step::Advance),
        any::<Index>().prop_map(Step::Approve),
    ]
}

/// Adds a proof. `newcomer` has signed nothing so far: a person has one standing sign-off at most.
fn add(phase: &Phase, facts: &mut Facts, step: &Step, newcomer: u8) {
    let open = || ControlFact { mark: Mark::Open, evidence: BTreeSet::new() };
    match step {
        Step::Attach(index, kind) => {
            let key = index.get(&phase.controls).key.clone();
            facts.controls.entry(key).or_insert_with(open).evidence.insert(item(*kind, 0));
        }
        Step::Done(index) => {
            let control = index.get(&phase.controls);
            let fact = facts.controls.entry(control.key.clone()).or_insert_with(open);
            // To say that a control applies after all takes something back where the policy asks for evidence.
            if fact.mark == Mark::Open || control.proof == Proof::Statement {
                fact.mark = Mark::Done;
            }
        }
        Step::Answer(question) => {
            facts.answered.insert(*question);
        }
        Step::Record(index) => {
            if let Some(rule) = index.get(&phase.controls).rule() {
                put(&mut facts.records, group_of(rule), &whole());
            }
        }
        Step::Advance(index) if !facts.threats.is_empty() => {
            let index = index.index(facts.threats.len());
            let status = &mut facts.threats[index].status;
            *status = ThreatStatus::ALL.iter().copied().find(|next| next > status).unwrap_or(*status);
        }
        Step::Advance(_) => {}
        Step::Approve(index) => {
            let role = index.get(&phase.gate.sign_offs).role;
            facts.sign_offs.push(sign_off(newcomer, role, Verdict::Approve, facts.dossier));
        }
    }
}

/// What is missing, and how much of it.
fn shortfall(decision: &Decision) -> BTreeMap<String, u8> {
    decision
        .blockers
        .iter()
        .map(|blocker| match blocker {
            Blocker::SignOffsMissing { role, have, need } => (role.code().to_owned(), need - have),
            other => (reason(other), 1),
        })
        .collect()
}

/// The condition that a blocker belongs to; a denial belongs to none, for it is no condition of the policy.
fn condition_of(blocker: &Blocker) -> Option<String> {
    match blocker {
        Blocker::ControlOpen { .. } | Blocker::EvidenceMissing { .. } | Blocker::QuestionOpen { .. } => {
            Some(reason(blocker))
        }
        Blocker::RecordsShort { control, .. } | Blocker::EvidenceExpired { control, .. } => {
            Some(format!("control {control}"))
        }
        Blocker::ConditionShort { condition, .. } => Some(condition.code().to_owned()),
        Blocker::EvidenceWanted { kinds, .. } => Some(format!("evidence {kinds:?}")),
        Blocker::FindingOpen { .. } => Some("findings".into()),
        Blocker::NotArchived => Some("archive".into()),
        Blocker::ThreatModelStale { .. } => Some("model".into()),
        Blocker::ThreatUntreated { .. } => Some("threats".into()),
        Blocker::Earlier { .. }
        | Blocker::Drifted { .. }
        | Blocker::TierRaised { .. }
        | Blocker::OwedOverdue { .. }
        | Blocker::Owed { .. }
        | Blocker::NeverPassed { .. }
        | Blocker::Vetoed { .. } => None,
        Blocker::SignOffsMissing { role, .. } => Some(format!("sign-off {}", role.code())),
    }
}

fn condition_met(met: &Met) -> String {
    match met {
        Met::Control { control, .. } => format!("control {control}"),
        Met::Question(question) => format!("question {}", question.code()),
        Met::Threats { .. } => "threats".into(),
        Met::Records(subject) => subject.code().into(),
        Met::Evidence { kinds } => format!("evidence {kinds:?}"),
        Met::Findings { .. } => "findings".into(),
        Met::Archived => "archive".into(),
        Met::ThreatModelCurrent => "model".into(),
        Met::SignOffs { role, .. } => format!("sign-off {}", role.code()),
    }
}

/// Every condition that the policy sets for the tier.
fn conditions(phase: &Phase, tier: Tier) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = phase
        .controls
        .iter()
        .filter(|c| c.tiers.contains(tier))
        .map(|c| format!("control {}", c.key))
        .collect();
    for condition in phase.gate.conditions.iter().filter(|condition| condition.tiers.contains(tier)) {
        match &condition.wanted {
            Wanted::ThreatModelComplete => {
                all.extend(Question::ALL.iter().map(|question| format!("question {}", question.code())));
            }
            Wanted::NoUntreatedThreat { .. } => drop(all.insert("threats".into())),
            Wanted::ThreatModelCurrent => drop(all.insert("model".into())),
            Wanted::NoOpenFinding { .. } => drop(all.insert("findings".into())),
            Wanted::EvidencePresent { kinds } => drop(all.insert(format!("evidence {kinds:?}"))),
            Wanted::DocumentsPresent { kinds } => {
                all.extend(kinds.iter().map(|kind| format!("evidence {:?}", [kind])));
            }
            Wanted::Records { subject, .. } => drop(all.insert(subject.code().into())),
            Wanted::RecordArchived => drop(all.insert("archive".into())),
        }
    }
    let asked = phase.gate.sign_offs.iter().filter(|rule| needed(rule, tier) > 0);
    all.extend(asked.map(|rule| format!("sign-off {}", rule.role.code())));
    all
}

/// Seats that approvals fill, as far as the decision tells.
fn seats_filled(decision: &Decision) -> usize {
    let met = decision.met.iter().map(|met| match met {
        Met::SignOffs { need, .. } => usize::from(*need),
        _ => 0,
    });
    let partly = decision.blockers.iter().map(|blocker| match blocker {
        Blocker::SignOffsMissing { have, .. } => usize::from(*have),
        _ => 0,
    });
    met.sum::<usize>() + partly.sum::<usize>()
}

/// What a sentence about a shortfall has to name.
fn subject(shortfall: &Shortfall) -> String {
    match shortfall {
        Shortfall::Nothing { what, .. } => (*what).to_owned(),
        Shortfall::Unsaid { field, .. } => (*field).to_owned(),
        Shortfall::Waits { title, .. } | Shortfall::NoEvidence { title, .. } => title.clone(),
        Shortfall::Unconfirmed { list, .. } => list.title()[1..].to_owned(),
        Shortfall::Unanswered { what, .. } => what.to_string(),
        Shortfall::Reviewers { number, .. } => format!("C-{number}"),
        Shortfall::NoStandard => "coding standard".to_owned(),
        Shortfall::NotAttested { name } => name.clone(),
    }
}

proptest! {
    #![proptest_config(tries(400))]

    #[test]
    fn exactly_the_unmet_conditions_close_the_gate((phase, facts) in cases()) {
        let decision = decide(&phase, &facts);
        let found: BTreeSet<String> = decision.blockers.iter().map(reason).collect();
        let expected = unmet(&phase, &facts);
        prop_assert_eq!(decision.is_open(), expected.is_empty());
        prop_assert_eq!(found.len(), decision.blockers.len(), "a blocker is named once");
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn more_proof_never_closes_it((phase, mut facts) in cases(), steps in vec(step(), 1..6)) {
        let mut decision = decide(&phase, &facts);
        for (newcomer, step) in (NEWCOMER..).zip(&steps) {
            let missing = shortfall(&decision);
            add(&phase, &mut facts, step, newcomer);
            decision = decide(&phase, &facts);
            for (what, amount) in shortfall(&decision) {
                let earlier = missing.get(&what).copied().unwrap_or_default();
                prop_assert!(amount <= earlier, "{step:?} made “{what}” worse: {earlier}, then {amount}");
            }
        }
    }

    #[test]
    fn the_order_of_facts_does_not_matter(
        (phase, facts, threats, sign_offs, records) in cases().prop_flat_map(|(phase, facts)| {
            let (threats, sign_offs) = (facts.threats.clone(), facts.sign_offs.clone());
            let records = Just(facts.records.records.clone()).prop_shuffle();
            (Just(phase), Just(facts), Just(threats).prop_shuffle(), Just(sign_offs).prop_shuffle(), records)
        })
    ) {
        let mut records = RecordFacts { records, ..facts.records.clone() };
        records.mitigated.reverse();
        records.unattested.reverse();
        let shuffled = Facts { threats, sign_offs, records, ..facts.clone() };
        prop_assert_eq!(decide(&phase, &facts), decide(&phase, &shuffled));
    }

    #[test]
    fn one_person_fills_one_seat((phase, facts) in cases(), copies in vec(any::<Index>(), 0..6)) {
        let mut facts = facts;
        // The same person again, in whatever seat another fact names.
        if !facts.sign_offs.is_empty() {
            for index in copies {
                let seat = index.get(&facts.sign_offs).role;
                let mut again = facts.sign_offs[0].clone();
                again.role = seat;
                facts.sign_offs.push(again);
            }
        }
        let may: BTreeSet<_> = facts
            .sign_offs
            .iter()
            .filter(|s| s.verdict == Verdict::Approve && s.covers == now() && !facts.contributors.include(s.person))
            .map(|s| s.person)
            .collect();
        prop_assert!(seats_filled(&decide(&phase, &facts)) <= may.len());

        // All facts by one person: one seat at most.
        for fact in &mut facts.sign_offs {
            fact.person = person(NEWCOMER);
        }
        prop_assert!(seats_filled(&decide(&phase, &facts)) <= 1);
    }

    #[test]
    fn saying_it_twice_changes_nothing((phase, facts) in cases()) {
        let mut twice = facts.clone();
        twice.sign_offs.extend(facts.sign_offs.clone());
        twice.threats.extend(facts.threats.clone());
        twice.records.records.extend(facts.records.records.clone());
        twice.records.mitigated.extend(facts.records.mitigated.clone());
        prop_assert_eq!(decide(&phase, &facts), decide(&phase, &twice));
    }

    #[test]
    fn approvals_of_contributors_or_of_another_dossier_never_count((phase, facts) in cases(), seat in any::<Index>()) {
        let decision = decide(&phase, &facts);
        let role = seat.get(&phase.gate.sign_offs).role;

        let mut stale = facts.clone();
        stale.sign_offs.push(sign_off(NEWCOMER, role, Verdict::Approve, before()));
        prop_assert_eq!(&decide(&phase, &stale), &decision);

        let mut own = facts.clone();
        own.contributors.0.insert(person(NEWCOMER));
        own.sign_offs.push(sign_off(NEWCOMER, role, Verdict::Approve, facts.dossier));
        prop_assert_eq!(&decide(&phase, &own), &decision);

        // Nor does any approval once its author has contributed, or once the dossier is another one.
        let mut all_wrote = facts.clone();
        all_wrote.contributors.0.extend(facts.sign_offs.iter().map(|fact| fact.person));
        prop_assert_eq!(seats_filled(&decide(&phase, &all_wrote)), 0);
        let changed = Facts { dossier: Digest::of(b"the dossier as it will be"), ..facts };
        prop_assert_eq!(seats_filled(&decide(&phase, &changed)), 0);
    }

    #[test]
    fn a_denial_always_blocks_and_never_counts(
        (phase, facts) in cases(), role in select(Role::ALL), stale in any::<bool>(), wrote in any::<bool>()
    ) {
        let without = decide(&phase, &facts);
        let mut denied = facts;
        let covers = if stale { before() } else { now() };
        denied.sign_offs.push(sign_off(NEWCOMER, role, Verdict::Deny, covers));
        if wrote {
            denied.contributors.0.insert(person(NEWCOMER));
        }
        let decision = decide(&phase, &denied);
        let veto = Blocker::Vetoed { name: format!("Person {NEWCOMER}"), role };
        prop_assert!(!decision.is_open());
        prop_assert!(decision.blockers.contains(&veto));
        let rest: Vec<Blocker> = decision.blockers.into_iter().filter(|blocker| *blocker != veto).collect();
        prop_assert_eq!(rest, without.blockers, "a denial fills no seat and empties none");
        prop_assert_eq!(decision.met, without.met);
    }

    #[test]
    fn every_blocker_explains_itself((phase, facts) in cases()) {
        let feature: FeatureKey = "PAY-12".parse().expect("a key");
        for blocker in decide(&phase, &facts).blockers {
            let sentence = words::blocker(&blocker);
            prop_assert!(!sentence.trim().is_empty() && !sentence.contains(['{', '}', '"']), "{sentence}");
            prop_assert!(!sentence.contains("::") && !sentence.contains("Some("), "{sentence}");
            let named = match &blocker {
                Blocker::ControlOpen { title, .. }
                | Blocker::EvidenceMissing { title, .. }
                | Blocker::EvidenceExpired { title, .. } => title.clone(),
                Blocker::RecordsShort { shortfall, .. } | Blocker::ConditionShort { shortfall, .. } => {
                    subject(shortfall)
                }
                Blocker::EvidenceWanted { .. } => "of the kind".into(),
                Blocker::FindingOpen { number, .. } => format!("F-{number}"),
                Blocker::NotArchived => "archived".into(),
                Blocker::ThreatModelStale { .. } => "threat model".into(),
                Blocker::Earlier { .. }
                | Blocker::Drifted { .. }
                | Blocker::TierRaised { .. }
                | Blocker::OwedOverdue { .. }
                | Blocker::Owed { .. }
                | Blocker::NeverPassed { .. } => {
                    return Err(TestCaseError::fail("there is no earlier gate"));
                }
                Blocker::QuestionOpen { .. } => "“".into(),
                Blocker::ThreatUntreated { number, .. } => format!("T-{number}"),
                Blocker::Vetoed { name, .. } => name.clone(),
                Blocker::SignOffsMissing { .. } => "to sign".into(),
            };
            prop_assert!(!named.is_empty() && sentence.contains(&named), "{sentence} does not name {named}");
            prop_assert!(blocker.code().contains('.'), "{}", blocker.code());
            prop_assert!(!blocker.cleared_by().is_empty(), "{sentence}: who?");
            let path = blocker.place().path(&feature);
            let of_product = path == "/products/PAY/standards";
            prop_assert!(of_product || path.starts_with("/features/PAY-12/"), "{path}");
        }
    }

    #[test]
    fn what_holds_and_what_does_not_make_up_the_conditions((phase, facts) in cases()) {
        let decision = decide(&phase, &facts);
        let met: BTreeSet<String> = decision.met.iter().map(condition_met).collect();
        let blocked: BTreeSet<String> = decision.blockers.iter().filter_map(condition_of).collect();
        prop_assert_eq!(met.len(), decision.met.len(), "a condition holds once");
        prop_assert_eq!(met.intersection(&blocked).collect::<Vec<_>>(), Vec::<&String>::new());
        let all: BTreeSet<String> = met.union(&blocked).cloned().collect();
        prop_assert_eq!(all, conditions(&phase, facts.tier));
    }

    #[test]
    fn a_control_is_called_not_applicable_only_where_the_policy_lets_it((phase, facts) in cases()) {
        for met in decide(&phase, &facts).met {
            if let Met::Control { control: key, not_applicable, title, .. } = met {
                let control = phase.control(&key).expect("a control of the phase");
                let said = facts.controls.get(&key).is_some_and(|fact| fact.mark == Mark::NotApplicable);
                prop_assert_eq!(not_applicable, said && control.can_be_not_applicable, "{}", title);
                prop_assert_eq!(&title, &control.title);
            }
        }
    }

    #[test]
    fn the_team_is_ready_when_only_signatures_are_missing((phase, facts) in cases()) {
        let decision = decide(&phase, &facts);
        let team = |line: &String| !line.starts_with("sign-off ") && !line.starts_with("denial ");
        let open: BTreeSet<String> = unmet(&phase, &facts).into_iter().filter(team).collect();
        prop_assert_eq!(decision.is_ready_for_review(), open.is_empty());
        prop_assert_eq!(decision.for_team().map(reason).collect::<BTreeSet<_>>(), open);
    }
}

/// The gates of the built-in policy, for each tier, with facts that open them.
fn open_gates() -> impl Iterator<Item = (&'static Phase, Facts)> {
    built_in()
        .phases
        .iter()
        .flat_map(|phase| Tier::ALL.iter().map(move |tier| (phase, complete(phase, *tier, now(), SIGNERS))))
}

#[test]
fn every_gate_of_the_built_in_policy_opens_once_all_is_done() {
    for (phase, facts) in open_gates() {
        let decision = decide(phase, &facts);
        assert_eq!(decision.blockers, [], "{} {:?}", phase.key, facts.tier);
        assert!(!decision.met.is_empty());
    }
}

#[test]
fn one_gap_is_one_blocker() {
    for (phase, whole) in open_gates() {
        let place = format!("{} {:?}", phase.key, whole.tier);
        let only = |facts: &Facts, expected: &str| {
            let found: Vec<String> = decide(phase, facts).blockers.iter().map(reason).collect();
            assert_eq!(found, [expected], "{place}");
        };
        for control in phase.controls.iter().filter(|control| control.tiers.contains(whole.tier)) {
            if let Some(rule) = control.rule() {
                flaws_of_a_rule_close_the_gate(phase, &whole, control, rule);
                continue;
            }
            let mut gap = whole.clone();
            gap.controls.remove(&control.key);
            only(&gap, &format!("control {}", control.key));
            let refused = ControlFact { mark: Mark::NotApplicable, evidence: BTreeSet::new() };
            gap.controls.insert(control.key.clone(), refused);
            assert_eq!(
                decide(phase, &gap).is_open(),
                control.can_be_not_applicable,
                "{place} {}",
                control.key
            );
            if let Proof::Evidence(kinds) = &control.proof {
                let wrong = EvidenceKind::ALL.iter().filter(|kind| !kinds.contains(kind));
                let wrong = wrong.map(|kind| item(*kind, 0)).collect();
                gap.controls.insert(control.key.clone(), ControlFact { mark: Mark::Done, evidence: wrong });
                only(&gap, &format!("control {}", control.key));
            }
        }
        for rule in phase.gate.sign_offs.iter().filter(|rule| needed(rule, whole.tier) > 0) {
            let need = needed(rule, whole.tier);
            let expected = format!("sign-off {} {}/{need}", rule.role.code(), need - 1);
            let seat = whole.sign_offs.iter().position(|fact| fact.role == rule.role).expect("a sign-off");
            let mut gap = whole.clone();
            gap.sign_offs.remove(seat);
            only(&gap, &expected);
            let mut stale = whole.clone();
            stale.sign_offs[seat].covers = before();
            only(&stale, &expected);
            let mut own = whole.clone();
            own.contributors.0.insert(own.sign_offs[seat].person);
            only(&own, &expected);
            let mut extra = whole.clone();
            extra.sign_offs.push(sign_off(NEWCOMER, rule.role, Verdict::Deny, now()));
            only(&extra, &format!("denial Person {NEWCOMER} {}", rule.role.code()));
        }
        let mut silent = whole.clone();
        silent.answered.remove(&Question::Review);
        let asks = conditions(phase, whole.tier).contains("question review");
        assert_eq!(decide(phase, &silent).is_open(), !asks, "{place}");
    }
}

/// Each flaw that a control's rule sees closes the gate, names what is missing and belongs to the control; a mark that
/// the control is done does not help, and that it does not apply only where the policy lets the team say so.
fn flaws_of_a_rule_close_the_gate(phase: &Phase, complete: &Facts, control: &Control, rule: Rule) {
    let need = control.reviewers(complete.tier);
    let mut seen = 0;
    for flaw in flaws().iter().filter(|flaw| !flaw.breaks(rule, need).is_empty()) {
        let mut gap = Facts { records: flaw.facts(), ..complete.clone() };
        let place = format!("{} {}: {}", phase.key, control.key, flaw.name);
        for mark in [Mark::Open, Mark::Done, Mark::NotApplicable] {
            let fact =
                ControlFact { mark, evidence: EvidenceKind::ALL.iter().map(|kind| item(*kind, 0)).collect() };
            gap.controls.insert(control.key.clone(), fact);
            let decision = decide(phase, &gap);
            let found: BTreeSet<String> = decision.blockers.iter().map(reason).collect();
            assert_eq!(found, unmet(phase, &gap), "{place}");
            let of_control =
                |blocker: &&Blocker| condition_of(blocker) == Some(format!("control {}", control.key));
            let named = decision.blockers.iter().filter(of_control).count();
            let set_aside = mark == Mark::NotApplicable && control.can_be_not_applicable;
            let missing = if set_aside { 0 } else { flaw.breaks(rule, need).len() };
            assert_eq!(named, missing, "{place}, {mark:?}");
        }
        seen += 1;
    }
    assert!(seen > 0, "{}: nothing breaks {}", control.key, rule.code());
}

#[test]
fn one_reviewer_is_not_two_however_often_they_sign() {
    let design = &built_in().phases[1];
    let mut facts = complete(design, Tier::High, now(), SIGNERS);
    for fact in &mut facts.sign_offs {
        *fact = sign_off(1, fact.role, Verdict::Approve, now());
    }
    assert_eq!(facts.sign_offs.len(), 2);
    let missing = Blocker::SignOffsMissing { role: Role::SecurityReviewer, have: 1, need: 2 };
    assert_eq!(decide(design, &facts).blockers, [missing]);
}

#[test]
fn a_denial_outlives_an_edit_and_an_approval_does_not() {
    let approval = sign_off(1, Role::SecurityReviewer, Verdict::Approve, before());
    let denial = sign_off(2, Role::SecurityReviewer, Verdict::Deny, before());
    assert!(approval.is_voided_by(now()) && !approval.is_voided_by(before()));
    assert!(!denial.is_voided_by(now()) && !denial.is_voided_by(before()));
}

/// The properties above would hold of gates that never open, too: the generated cases come in both kinds.
#[test]
fn generated_cases_open_and_close_for_every_reason() {
    let mut runner = TestRunner::deterministic();
    let (mut open, mut codes) = (0, BTreeMap::<&str, usize>::new());
    for _ in 0..1_000 {
        let (phase, facts) = cases().new_tree(&mut runner).expect("a case").current();
        let decision = decide(&phase, &facts);
        open += usize::from(decision.is_open());
        for code in decision.blockers.iter().map(Blocker::code).collect::<BTreeSet<_>>() {
            *codes.entry(code).or_default() += 1;
        }
    }
    assert!(open >= 60, "{open} of 1,000 gates were open");
    assert_eq!(codes.len(), 13, "{codes:?}");
    assert!(codes.values().all(|count| *count >= 5), "{codes:?}");
}
