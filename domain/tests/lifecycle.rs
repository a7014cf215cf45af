//! The lifecycle against a model: whatever people try, in whatever order, phases are passed one after the other and a
//! gate opens only when nothing is missing.
#![expect(clippy::expect_used, reason = "a test says what it expected")]

#[path = "support/feature.rs"]
mod feature;
mod support;

use std::collections::BTreeSet;

use feature::{Command, Tally, World, command, policies};
use proptest::{
    collection::vec, prelude::*, sample::select, strategy::ValueTree as _, test_runner::TestRunner,
};
use sluice_domain::{
    access::Role,
    canonical::Digest,
    gate::{Blocker, Facts, SignOffFact, Verdict},
    lifecycle::{Attempt, Cycles, Progress, Refusal, Seats, Signed, Turn},
    policy::{Phase, Policy, Tier},
};
use support::{built_in, complete, decide, person, sign_off, tries};
use time::{Duration, OffsetDateTime};

fn start_of_time() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH
}

fn runs() -> impl Strategy<Value = (Policy, Tier, Vec<Command>)> {
    (policies(), select(Tier::ALL), vec(command(), 1..80))
}

proptest! {
    #![proptest_config(tries(300))]

    #[test]
    fn whatever_is_tried_phases_are_passed_in_order((policy, tier, commands) in runs()) {
        let mut world = World::new(policy, tier);
        world.check()?;
        for command in &commands {
            world.run(command)?;
        }
    }
}

/// The property above would hold of features that never move, too: the generated runs go everywhere.
#[test]
fn generated_runs_go_everywhere() {
    let mut runner = TestRunner::deterministic();
    let mut all = Tally::default();
    for _ in 0..250 {
        let (policy, tier, commands) = runs().new_tree(&mut runner).expect("a run").current();
        let mut world = World::new(policy, tier);
        for command in &commands {
            world.run(command).expect("the model holds");
        }
        all.refusals.append(&mut world.tally.refusals);
        all.opened_by_withdrawal += world.tally.opened_by_withdrawal;
        all.returns += world.tally.returns;
        all.voided += world.tally.voided;
        all.finished += world.tally.finished;
    }
    let refusals = [
        "already in review",
        "already signed",
        "blocked",
        "contributor",
        "dossier changed",
        "finished",
        "not in review",
        "role not asked",
        "seats filled",
    ];
    assert_eq!(all.refusals, BTreeSet::from(refusals));
    assert!(all.finished >= 15 && all.returns >= 30 && all.voided >= 30, "{all:?}");
    assert!(all.opened_by_withdrawal >= 1, "{all:?}");
}

#[test]
fn a_feature_of_each_tier_walks_through_the_six_phases() {
    let policy = built_in();
    for tier in Tier::ALL {
        let mut progress = Progress::start(policy, start_of_time()).expect("a first phase");
        let mut walked = Vec::new();
        while let Progress::Active(attempt) = progress {
            let phase = policy.phase(&attempt.phase).expect("a phase of the policy");
            assert_eq!((attempt.cycle, &attempt.turn), (1, &Turn::Team));
            walked.push(phase.key.to_string());
            let mut facts = complete(phase, *tier, Digest::of(b"now"), 1);
            let sign_offs = std::mem::take(&mut facts.sign_offs);
            let now = attempt.since + Duration::days(1);
            let attempt =
                attempt.request_review(person(0), &decide(phase, &facts), now).expect("the team is done");
            let mut opened = None;
            for fact in sign_offs {
                assert_eq!(opened, None, "only the last sign-off opens the gate");
                match attempt
                    .sign(policy, facts.clone().into(), fact.clone(), &Cycles::default(), now)
                    .expect("the reviewer may sign")
                {
                    Signed::Opens(next) => opened = Some(next),
                    Signed::Stands(decision) => assert!(!decision.is_open()),
                }
                facts.sign_offs.push(fact);
            }
            progress = opened.expect("the last sign-off opens the gate");
        }
        assert_eq!(walked, ["requirements", "design", "development", "testing", "release", "post-release"]);
        assert_eq!(progress, Progress::Finished { at: start_of_time() + Duration::days(6) });
        assert_eq!(progress.attempt(), Err(Refusal::Finished));
    }
}

#[test]
fn a_policy_without_phases_starts_nothing() {
    let empty = Policy { phases: Vec::new(), ..built_in().clone() };
    assert_eq!(Progress::start(&empty, start_of_time()), None);
}

/// The built-in policy's second gate, in review, complete but for its sign-offs.
fn design_in_review(tier: Tier) -> (&'static Phase, Attempt, Facts) {
    let phase = &built_in().phases[1];
    let facts = Facts { sign_offs: Vec::new(), ..complete(phase, tier, Digest::of(b"now"), 1) };
    let turn = Turn::Reviewers { requested_by: person(0) };
    (phase, Attempt { phase: phase.key.clone(), cycle: 1, turn, since: start_of_time() }, facts)
}

#[test]
fn the_most_fundamental_reason_is_named_first() {
    let (_, review, mut facts) = design_in_review(Tier::Low);
    let now = start_of_time();
    let reviewer = Role::SecurityReviewer;
    let approve = |number, role, covers| sign_off(number, role, Verdict::Approve, covers);
    let try_it = |attempt: &Attempt, facts: &Facts, fact: SignOffFact| {
        attempt.sign(built_in(), facts.clone().into(), fact, &Cycles::default(), now).expect_err("refused")
    };

    // Everything is wrong at once; then one reason after the other is taken away.
    let elsewhere = Attempt { phase: "elsewhere".parse().expect("a key"), ..review.clone() };
    let team = Attempt { turn: Turn::Team, ..review.clone() };
    let (shown, older) = (facts.dossier, Digest::of(b"older"));
    facts.sign_offs = vec![approve(1, reviewer, shown), approve(2, reviewer, shown)];
    facts.contributors.0.insert(person(1));
    assert_eq!(try_it(&elsewhere, &facts, approve(1, Role::Designer, older)), Refusal::NotCurrentPhase);
    assert_eq!(try_it(&team, &facts, approve(1, Role::Designer, older)), Refusal::NotInReview);
    assert_eq!(try_it(&review, &facts, approve(1, Role::Designer, older)), Refusal::RoleNotAsked);
    assert_eq!(try_it(&review, &facts, approve(1, reviewer, older)), Refusal::Contributor);
    facts.contributors.0.clear();
    assert_eq!(try_it(&review, &facts, approve(1, reviewer, older)), Refusal::AlreadySigned);
    assert_eq!(try_it(&review, &facts, approve(3, reviewer, older)), Refusal::SeatsFilled(reviewer));
    facts.sign_offs.clear();
    assert_eq!(try_it(&review, &facts, approve(3, reviewer, older)), Refusal::DossierChanged);
    let signed = review.sign(built_in(), facts.into(), approve(3, reviewer, shown), &Cycles::default(), now);
    assert!(
        matches!(signed, Ok(Signed::Opens(Progress::Active(next))) if next.phase.as_str() == "development")
    );
}

#[test]
fn a_filled_seat_takes_a_denial_and_no_further_approval() {
    let (phase, review, mut facts) = design_in_review(Tier::High);
    let shown = facts.dossier;
    let roles = [Role::Developer, Role::SecurityReviewer];
    let free = review.may_sign(built_in(), &facts.clone().into(), person(3), &roles, start_of_time());
    let seat = vec![Role::SecurityReviewer];
    assert_eq!(free, Ok(Seats { held: seat.clone(), free: seat.clone() }));

    facts.sign_offs = complete(phase, Tier::High, shown, 1).sign_offs;
    assert_eq!(facts.sign_offs.len(), 2);
    assert_eq!(
        review.may_sign(built_in(), &facts.clone().into(), person(3), &roles, start_of_time()),
        Ok(Seats { held: seat, free: Vec::new() })
    );
    let denial = sign_off(3, Role::SecurityReviewer, Verdict::Deny, shown);
    let veto = Blocker::Vetoed { name: denial.name.clone(), role: denial.role };
    let signed = review.sign(built_in(), facts.into(), denial, &Cycles::default(), start_of_time());
    assert!(matches!(signed, Ok(Signed::Stands(decision)) if decision.blockers == [veto]));
}

#[test]
fn a_phase_that_the_policy_does_not_have_is_signed_by_nobody() {
    let (_, review, facts) = design_in_review(Tier::Low);
    let lost = Attempt { phase: "elsewhere".parse().expect("a key"), ..review };
    let roles = [Role::SecurityReviewer];
    let asked = lost.may_sign(built_in(), &facts.into(), person(3), &roles, start_of_time());
    assert_eq!(asked, Err(Refusal::NotCurrentPhase));
}

#[test]
fn a_gate_opens_in_the_reviewers_turn_and_in_a_phase_of_the_policy_only() {
    let (phase, review, mut facts) = design_in_review(Tier::Low);
    let now = start_of_time();
    let closed = decide(phase, &facts);
    assert_eq!(
        review.open(built_in(), &closed, &Cycles::default(), now),
        Err(Refusal::Blocked(closed.blockers.clone()))
    );
    facts.sign_offs = complete(phase, Tier::Low, facts.dossier, 1).sign_offs;
    let open = decide(phase, &facts);

    let team = Attempt { turn: Turn::Team, ..review.clone() };
    assert_eq!(team.open(built_in(), &open, &Cycles::default(), now), Err(Refusal::NotInReview));
    // The phase after an unknown one is none, and that is not the end of the policy.
    let lost = Attempt { phase: "elsewhere".parse().expect("a key"), ..review.clone() };
    assert_eq!(lost.open(built_in(), &open, &Cycles::default(), now), Err(Refusal::NotCurrentPhase));
    let next = Attempt { phase: built_in().phases[2].key.clone(), cycle: 1, turn: Turn::Team, since: now };
    assert_eq!(review.open(built_in(), &open, &Cycles::default(), now), Ok(Progress::Active(next)));
}

#[test]
fn a_cycle_is_ended_by_no_contributor_and_past_nobody_elses_veto() {
    let (_, review, mut facts) = design_in_review(Tier::Low);
    assert_eq!(review.may_return(&facts, person(3)), Ok(()));
    facts.contributors.0.insert(person(3));
    assert_eq!(review.may_return(&facts, person(3)), Err(Refusal::Contributor));
    facts.contributors.0.clear();
    facts.sign_offs = vec![sign_off(4, Role::SecurityReviewer, Verdict::Deny, facts.dossier)];
    assert_eq!(review.may_return(&facts, person(3)), Err(Refusal::DeniedByOther));
    assert_eq!(review.may_return(&facts, person(4)), Ok(()));
    let team = Attempt { turn: Turn::Team, ..review };
    assert_eq!(team.may_return(&facts, person(4)), Err(Refusal::NotInReview));
}
