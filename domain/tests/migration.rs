//! A feature follows another version of its policy: which ones it can follow, and what a gate says that it never came to.
#![expect(clippy::expect_used, reason = "a test says what it expected")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use proptest::{collection::vec, prelude::*, sample::subsequence};
use sluice_domain::{
    access::Action,
    canonical::Digest,
    dossier::Contributors,
    gate::{Blocker, ControlFact, EarlierGate, Facts, Mark, Passed, Situation, decide},
    lifecycle::{Attempt, Refusal, Turn},
    place::Place,
    policy::{PhaseKey, Policy, Tier, parse},
    record::RecordFacts,
};
use time::{OffsetDateTime, macros::datetime};

const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);
const NAMES: [&str; 5] = ["plan", "law", "build", "ship", "run"];

/// A policy with these phases, in this order.
fn policy(phases: &[&str]) -> Policy {
    let mut text =
        "key = \"small\"\nversion = \"1\"\ntitle = \"Small\"\nsummary = \"A few phases.\"\n".to_owned();
    for name in phases {
        write!(
            text,
            r#"
[[phases]]
key = "{name}"
name = "Phase {name}"
purpose = "To be passed."

[[phases.controls]]
key = "done"
title = "It is done"
guidance = "Do it."
source = "Test"
done_by = ["developer"]
proof = "statement"
tiers = ["low", "medium", "high"]

[phases.gate]
review_days = 2

[[phases.gate.sign_offs]]
role = "security-reviewer"
quorum = {{ low = 1, medium = 1, high = 2 }}
meaning = "reviewed it"
"#
        )
        .expect("a text takes all");
    }
    parse(&text).expect("a policy")
}

fn key(text: &str) -> PhaseKey {
    text.parse().expect("a key")
}

fn at(phase: &str) -> Attempt {
    Attempt { phase: key(phase), cycle: 1, turn: Turn::Team, since: NOW }
}

fn keys(phases: &[&str]) -> BTreeSet<PhaseKey> {
    phases.iter().map(|phase| key(phase)).collect()
}

#[test]
fn both_versions_agree_on_the_way_so_far() {
    let from = policy(&["plan", "build", "ship"]);
    let follow = |to: &[&str]| at("build").may_follow(&from, &policy(to), &keys(&["plan"]));
    assert_eq!(follow(&["plan", "build", "ship"]), Ok(()));
    assert_eq!(follow(&["plan", "build", "law", "run"]), Ok(()), "what is to come may be another way");
    assert_eq!(follow(&["plan", "ship"]), Err(Refusal::PhaseMissing(key("build"))));
    assert_eq!(follow(&["build", "ship"]), Err(Refusal::GateGone("Phase plan".to_owned())));
    assert_eq!(follow(&["build", "plan", "ship"]), Err(Refusal::GateLater("Phase plan".to_owned())));
    assert_eq!(follow(&["plan", "law", "build"]), Err(Refusal::GateSkipped("Phase law".to_owned())));
    // A gate that was passed under a version before this one, and that neither has.
    let older = at("build").may_follow(&from, &policy(&["plan", "build"]), &keys(&["plan", "law"]));
    assert_eq!(older, Err(Refusal::GateGone("law".to_owned())));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// After a move, the gates before the current one are those that were passed: none vanishes, none is skipped.
    #[test]
    fn a_move_neither_skips_a_gate_nor_loses_one(
        from in subsequence(NAMES.to_vec(), 1..=NAMES.len()),
        to in subsequence(NAMES.to_vec(), 1..=NAMES.len()).prop_shuffle(),
        here in any::<prop::sample::Index>(),
    ) {
        let here = here.index(from.len());
        let passed = keys(&from[..here]);
        let target = policy(&to);
        let outcome = at(from[here]).may_follow(&policy(&from), &target, &passed);
        let before: BTreeSet<PhaseKey> =
            target.before(&key(from[here])).iter().map(|phase| phase.key.clone()).collect();
        let agrees = to.contains(&from[here]) && before == passed;
        prop_assert_eq!(outcome.is_ok(), agrees, "{:?}", outcome);
    }

    /// A gate that nobody came to blocks whatever gate comes after it, and nobody waives it.
    #[test]
    fn a_gate_that_was_never_passed_blocks(here in 1..NAMES.len(), opened in vec(any::<bool>(), 4)) {
        let policy = policy(&NAMES);
        let gate = |place: usize| EarlierGate {
            phase: key(NAMES[place]),
            facts: facts(),
            passed: if opened[place] { Passed::Opened { tier: Tier::Low, drift: Vec::new() } } else { Passed::Unasked },
        };
        let situation = Situation { earlier: (0..here).map(gate).collect(), ..facts().into() };
        let decision = decide(&policy, &policy.phases[here], &situation, NOW);
        let never: Vec<&Blocker> =
            decision.blockers.iter().filter(|blocker| blocker.code() == "gate.never-passed").collect();
        prop_assert_eq!(never.len(), opened[..here].iter().filter(|opened| !**opened).count());
        prop_assert_eq!(decision.keeps_from_production().count(), never.len());
        prop_assert_eq!(decision.is_ready_for_review(), never.is_empty());
        for blocker in never {
            prop_assert!(!decision.may_waive(blocker));
            prop_assert_eq!(blocker.place(), Place::Course);
            prop_assert_eq!(blocker.cleared_by(), Action::MoveBack.product_roles().to_vec());
        }
    }
}

/// Everything is done that a phase asks for.
fn facts() -> Facts {
    let done = ControlFact { mark: Mark::Done, evidence: BTreeSet::new() };
    Facts {
        tier: Tier::Low,
        controls: BTreeMap::from([("done".parse().expect("a key"), done)]),
        records: RecordFacts::default(),
        evidence: BTreeSet::new(),
        answered: BTreeSet::new(),
        stale_for: None,
        threats: Vec::new(),
        sign_offs: Vec::new(),
        contributors: Contributors(BTreeSet::new()),
        dossier: Digest::of(b"dossier"),
        archived: false,
    }
}
