//! A feature's course besides the gates that open in order: hold, cancellation, moves back, the emergency path.
#![expect(clippy::expect_used, reason = "a test says what it expected")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use proptest::{collection::vec, prelude::*, sample::select};
use sluice_domain::{
    access::Role,
    canonical::Digest,
    dossier::Contributors,
    gate::{
        Blocker, Clearance, ControlFact, Decision, EarlierGate, Facts, Mark, Passed, SignOffFact, Situation,
        Verdict, clearance, decide,
    },
    ids::PersonId,
    lifecycle::{
        Agreed, Attempt, Consent, Cycles, MovedBack, Progress, Refusal, SignedOwed, Turn, may_consent,
        may_sign_owed, release_gate, sign_owed,
    },
    policy::{BUILT_IN, ControlKey, Phase, PhaseKey, Policy, Tier, Tiers, parse},
    record::RecordFacts,
};
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

/// Four phases of one control and one sign-off each; the third is the one before production.
const SMALL: &str = r#"
key = "small"
version = "1"
title = "Small"
summary = "Four phases."

[emergency]
approvers = ["release-manager", "incident-manager", "security-reviewer"]
people = 2
owed_days = 2
"#;

const NAMES: [&str; 4] = ["plan", "build", "ship", "run"];

fn small() -> Policy {
    let mut text = SMALL.to_owned();
    for name in NAMES {
        let production = if name == "ship" { "before_production = true\n" } else { "" };
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
{production}
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

fn person(number: u8) -> PersonId {
    PersonId::new(Uuid::from_u128(u128::from(number) + 1))
}

/// A Monday, in working hours.
const NOW: OffsetDateTime = datetime!(2026-03-02 10:00 UTC);

fn attempt(phase: &str) -> Attempt {
    Attempt { phase: key(phase), cycle: 1, turn: Turn::Team, since: NOW }
}

/// Facts of a phase whose control is done, or not.
fn facts(done: bool) -> Facts {
    let control: ControlKey = "done".parse().expect("a key");
    let fact = ControlFact { mark: Mark::Done, evidence: BTreeSet::new() };
    Facts {
        tier: Tier::Low,
        controls: if done { BTreeMap::from([(control, fact)]) } else { BTreeMap::new() },
        records: RecordFacts::default(),
        evidence: BTreeSet::new(),
        answered: BTreeSet::new(),
        stale_for: None,
        threats: Vec::new(),
        sign_offs: Vec::new(),
        contributors: Contributors::default(),
        dossier: Digest::of(b"now"),
        archived: false,
    }
}

fn sign_off(number: u8, verdict: Verdict) -> SignOffFact {
    SignOffFact {
        person: person(number),
        name: format!("Person {number}"),
        role: Role::SecurityReviewer,
        verdict,
        covers: Digest::of(b"now"),
        on_behalf_of: None,
    }
}

fn agreed(policy: &Policy) -> Agreed {
    let consent = |number, role| Consent { person: person(number), role };
    Agreed::by(policy, &[consent(1, Role::ReleaseManager), consent(2, Role::IncidentManager)])
        .expect("two people")
}

#[test]
fn what_rests_keeps_its_attempt_and_lets_nobody_go_on() {
    let review = Attempt { turn: Turn::Reviewers { requested_by: person(0) }, cycle: 3, ..attempt("build") };
    let later = NOW + Duration::days(9);
    let day = later.date();
    let held = Progress::Active(review.clone()).hold(Some(day), NOW).expect("held");
    assert_eq!(held, Progress::Held { attempt: review.clone(), since: NOW, until: Some(day) });
    assert_eq!(held.attempt(), Err(Refusal::OnHold));
    assert_eq!(held.stands_in(), Some(&review));
    assert!(!held.is_active());
    let resumed = Progress::Active(Attempt { since: later, ..review.clone() });
    assert_eq!(held.clone().resume(later), Ok(resumed.clone()));
    assert!(resumed.is_active());

    let cancelled = held.clone().cancel(NOW).expect("cancelled");
    assert_eq!(cancelled, Progress::Cancelled { attempt: review.clone(), at: NOW });
    assert_eq!(Progress::Active(review.clone()).cancel(NOW), Ok(cancelled.clone()));
    assert_eq!(cancelled.attempt(), Err(Refusal::Cancelled));
    assert_eq!(cancelled.stands_in(), Some(&review));
    assert_eq!(cancelled.reopen(later), Ok(resumed));
}

#[test]
fn each_rest_is_ended_by_its_own_step_only() {
    let active = Progress::Active(attempt("plan"));
    let held = active.clone().hold(None, NOW).expect("held");
    let cancelled = active.clone().cancel(NOW).expect("cancelled");
    let finished = Progress::Finished { at: NOW };
    assert_eq!(finished.stands_in(), None);

    assert_eq!(held.clone().hold(None, NOW), Err(Refusal::OnHold));
    assert_eq!(cancelled.clone().hold(None, NOW), Err(Refusal::Cancelled));
    assert_eq!(finished.clone().hold(None, NOW), Err(Refusal::Finished));

    assert_eq!(active.clone().resume(NOW), Err(Refusal::NotOnHold));
    assert_eq!(cancelled.clone().resume(NOW), Err(Refusal::Cancelled));
    assert_eq!(finished.clone().resume(NOW), Err(Refusal::Finished));

    assert_eq!(cancelled.clone().cancel(NOW), Err(Refusal::Cancelled));
    assert_eq!(finished.clone().cancel(NOW), Err(Refusal::Finished));

    assert_eq!(active.reopen(NOW), Err(Refusal::NotCancelled));
    assert_eq!(held.reopen(NOW), Err(Refusal::NotCancelled));
    assert_eq!(finished.reopen(NOW), Err(Refusal::Finished));
}

#[test]
fn numbers_of_cycles_are_never_used_twice() {
    let mut cycles: Cycles = [(key("plan"), 2), (key("build"), 1), (key("plan"), 1)].into_iter().collect();
    assert_eq!([cycles.next(&key("plan")), cycles.next(&key("build")), cycles.next(&key("ship"))], [3, 2, 1]);
    cycles.note(key("ship"), 4);
    cycles.note(key("ship"), 3);
    assert_eq!(cycles.next(&key("ship")), 5);
}

#[test]
fn a_move_back_closes_every_gate_from_there_on() {
    let policy = small();
    let cycles: Cycles = [(key("plan"), 1), (key("build"), 2), (key("ship"), 1)].into_iter().collect();
    let here = Attempt { turn: Turn::Reviewers { requested_by: person(0) }, ..attempt("ship") };
    let later = NOW + Duration::HOUR;
    let here_now = Situation::from(facts(true));
    let moved = here.move_back(&policy, &key("build"), person(3), &here_now, &cycles, later);
    let expected = Attempt { phase: key("build"), cycle: 3, turn: Turn::Team, since: later };
    assert_eq!(moved, Ok(MovedBack { attempt: expected, undone: vec![key("build")] }));
    let moved = here.move_back(&policy, &key("plan"), person(3), &here_now, &cycles, later);
    assert_eq!(moved.map(|moved| moved.undone), Ok(vec![key("plan"), key("build")]));

    for to in ["ship", "run", "elsewhere"] {
        let moved = here.move_back(&policy, &key(to), person(3), &here_now, &cycles, later);
        assert_eq!(moved, Err(Refusal::NotEarlier), "{to}");
    }
    let denied = Facts { sign_offs: vec![sign_off(4, Verdict::Deny)], ..facts(true) };
    assert_eq!(here.may_move_back(&denied, person(3)), Err(Refusal::DeniedByOther));
    let moved =
        here.move_back(&policy, &key("plan"), person(3), &Situation::from(denied.clone()), &cycles, later);
    assert_eq!(moved, Err(Refusal::DeniedByOther));
    assert_eq!(here.may_move_back(&denied, person(4)), Ok(()));
    let approved = Facts { sign_offs: vec![sign_off(4, Verdict::Approve)], ..facts(true) };
    assert_eq!(here.may_move_back(&approved, person(3)), Ok(()));

    // What an emergency left owed ends by being paid, and in no other way.
    let earlier = |phase: &str, passed| EarlierGate { phase: key(phase), facts: facts(true), passed };
    let opened = || Passed::Opened { tier: Tier::Low, drift: Vec::new() };
    let owing = Situation {
        earlier: vec![earlier("plan", opened()), earlier("build", Passed::Owed { due: later })],
        ..Situation::from(facts(true))
    };
    for to in ["plan", "build"] {
        let moved = here.move_back(&policy, &key(to), person(3), &owing, &cycles, later);
        assert_eq!(moved, Err(Refusal::Owed), "{to}");
    }
    let owing = Situation {
        earlier: vec![earlier("plan", Passed::Owed { due: later }), earlier("build", opened())],
        ..Situation::from(facts(true))
    };
    let moved = here.move_back(&policy, &key("build"), person(3), &owing, &cycles, later);
    assert_eq!(moved.map(|moved| moved.undone), Ok(vec![key("build")]), "no further back than the debt");
}

#[test]
fn a_gate_that_opens_again_begins_a_further_cycle_of_the_next_phase() {
    let policy = small();
    let here = Attempt { turn: Turn::Reviewers { requested_by: person(0) }, ..attempt("plan") };
    let signed = Facts { sign_offs: vec![sign_off(4, Verdict::Approve)], ..facts(true) };
    let decision = decide(&policy, &policy.phases[0], &Situation::from(signed), NOW);
    let cycles: Cycles = [(key("plan"), 1), (key("build"), 2)].into_iter().collect();
    let next = Attempt { phase: key("build"), cycle: 3, turn: Turn::Team, since: NOW };
    assert_eq!(here.open(&policy, &decision, &cycles, NOW), Ok(Progress::Active(next)));
}

#[test]
fn the_emergency_path_ends_before_production_and_never_at_the_end() {
    let name = |policy: &Policy| release_gate(policy).map(|phase| phase.key.to_string());
    let policy = small();
    assert_eq!(name(&policy).as_deref(), Some("ship"));
    let built_in = parse(BUILT_IN).expect("the built-in policy");
    assert_eq!(name(&built_in).as_deref(), Some("release"));

    let without = |mut policy: Policy, marked: Option<usize>| {
        for (n, phase) in policy.phases.iter_mut().enumerate() {
            phase.controls[0].before_production = marked == Some(n);
        }
        policy
    };
    assert_eq!(name(&without(small(), None)).as_deref(), Some("ship"));
    assert_eq!(name(&without(small(), Some(0))).as_deref(), Some("plan"));
    assert_eq!(name(&without(small(), Some(3))).as_deref(), Some("ship"));
    let mut one = small();
    one.phases.truncate(1);
    assert_eq!(name(&one), None);
    assert_eq!(attempt("plan").emergency_path(&one), Err(Refusal::NothingToSkip));
}

#[test]
fn consent_takes_distinct_people_of_the_policys_roles() {
    let policy = small();
    let consent = |number, role| Consent { person: person(number), role };
    let first = [consent(1, Role::ReleaseManager)];
    let roles = [Role::Developer, Role::SecurityReviewer, Role::IncidentManager];
    // In the policy's order.
    assert_eq!(may_consent(&policy, &first, person(2), &roles), Ok(Role::IncidentManager));
    assert_eq!(may_consent(&policy, &first, person(1), &roles), Err(Refusal::AlreadyAgreed));
    assert_eq!(may_consent(&policy, &first, person(2), &[Role::Developer]), Err(Refusal::NotAnApprover));

    let twice = [consent(1, Role::ReleaseManager), consent(1, Role::IncidentManager)];
    let stranger = [consent(1, Role::ReleaseManager), consent(2, Role::Developer)];
    for too_few in [&first[..], &twice, &stranger, &[]] {
        assert_eq!(Agreed::by(&policy, too_few), Err(Refusal::NotAgreed));
    }
    assert_eq!(agreed(&policy).people(), [person(1), person(2)]);

    let mut alone = small();
    alone.terms.emergency.as_mut().expect("an emergency path").people = 1;
    assert_eq!(Agreed::by(&alone, &first), Err(Refusal::NotAgreed), "never alone");
    alone.terms.emergency.as_mut().expect("an emergency path").people = 3;
    let two = [consent(1, Role::ReleaseManager), consent(2, Role::IncidentManager)];
    assert_eq!(Agreed::by(&alone, &two), Err(Refusal::NotAgreed));

    let mut none = small();
    none.terms.emergency = None;
    assert_eq!(may_consent(&none, &[], person(1), &roles), Err(Refusal::NoEmergencyPath));
    assert_eq!(Agreed::by(&none, &two), Err(Refusal::NoEmergencyPath));
    assert_eq!(attempt("plan").may_release(&none, &facts(false)), Err(Refusal::NoEmergencyPath));
}

#[test]
fn a_release_goes_through_each_gate_and_owes_it() {
    let policy = small();
    let cycles: Cycles = [(key("plan"), 1), (key("build"), 2), (key("ship"), 1)].into_iter().collect();
    let here = Attempt { cycle: 2, ..attempt("build") };
    let released = here.release(&policy, &facts(false), &agreed(&policy), &cycles, NOW).expect("released");
    let passed: Vec<(&str, i32)> =
        released.owed.iter().map(|gate| (gate.phase.as_str(), gate.cycle)).collect();
    assert_eq!(passed, [("build", 2), ("ship", 2)]);
    // Two working days from Monday morning.
    let due = datetime!(2026-03-04 10:00 UTC);
    assert!(released.owed.iter().all(|gate| gate.due == due), "{released:?}");
    let next = Attempt { phase: key("run"), cycle: 1, turn: Turn::Team, since: NOW };
    assert_eq!(released.attempt, next);
}

#[test]
fn nothing_is_released_past_the_path_or_past_a_veto() {
    let policy = small();
    let (agreed, cycles) = (agreed(&policy), Cycles::default());
    let last = attempt("run");
    assert_eq!(last.release(&policy, &facts(true), &agreed, &cycles, NOW), Err(Refusal::NothingToSkip));
    assert_eq!(last.pass_owed(&policy, &agreed, &cycles, NOW), Err(Refusal::NothingToSkip));
    let denied = Facts { sign_offs: vec![sign_off(4, Verdict::Deny)], ..facts(true) };
    let here = attempt("plan");
    assert_eq!(here.may_release(&policy, &denied), Err(Refusal::Denied));
    assert_eq!(here.release(&policy, &denied, &agreed, &cycles, NOW), Err(Refusal::Denied));
    let approved = Facts { sign_offs: vec![sign_off(4, Verdict::Approve)], ..facts(true) };
    assert_eq!(here.may_release(&policy, &approved), Ok(()));
    let elsewhere = attempt("elsewhere");
    assert_eq!(elsewhere.emergency_path(&policy), Err(Refusal::NotCurrentPhase));
}

fn owed(phase: &str, facts: Facts) -> EarlierGate {
    EarlierGate { phase: key(phase), facts, passed: Passed::Owed { due: NOW + Duration::DAY } }
}

#[test]
fn an_owed_gate_is_signed_by_the_same_rules() {
    let policy = small();
    let reviewer = [Role::Developer, Role::SecurityReviewer];
    let gate = owed("build", facts(true));
    let seats = may_sign_owed(&policy, &gate, person(5), &reviewer, NOW).expect("a seat");
    assert_eq!((seats.held.as_slice(), seats.free.as_slice()), (&reviewer[1..], &reviewer[1..]));
    assert_eq!(sign_owed(&policy, &gate, sign_off(5, Verdict::Approve), NOW), Ok(SignedOwed::Pays));

    let other = may_sign_owed(&policy, &gate, person(5), &[Role::Developer], NOW);
    assert_eq!(other, Err(Refusal::RoleNotAsked));
    let mut wrote = gate.clone();
    wrote.facts.contributors.0.insert(person(5));
    assert_eq!(sign_owed(&policy, &wrote, sign_off(5, Verdict::Approve), NOW), Err(Refusal::Contributor));
    let old = SignOffFact { covers: Digest::of(b"then"), ..sign_off(5, Verdict::Approve) };
    assert_eq!(sign_owed(&policy, &gate, old, NOW), Err(Refusal::DossierChanged));

    let undone = owed("build", facts(false));
    let refused = sign_owed(&policy, &undone, sign_off(5, Verdict::Approve), NOW);
    assert!(matches!(refused, Err(Refusal::Blocked(blockers)) if blockers.len() == 1));
    let denied = sign_owed(&policy, &undone, sign_off(5, Verdict::Deny), NOW);
    assert!(matches!(denied, Ok(SignedOwed::Stands(decision)) if decision.blockers.len() == 3));

    let mut high = gate.clone();
    high.facts.tier = Tier::High;
    let stands = sign_owed(&policy, &high, sign_off(5, Verdict::Approve), NOW);
    assert!(matches!(stands, Ok(SignedOwed::Stands(decision)) if decision.blockers.len() == 1));
    high.facts.sign_offs = vec![sign_off(5, Verdict::Approve)];
    assert_eq!(sign_owed(&policy, &high, sign_off(5, Verdict::Approve), NOW), Err(Refusal::AlreadySigned));
    assert_eq!(sign_owed(&policy, &high, sign_off(6, Verdict::Approve), NOW), Ok(SignedOwed::Pays));
    high.facts.sign_offs.push(sign_off(6, Verdict::Approve));
    let third = sign_owed(&policy, &high, sign_off(7, Verdict::Approve), NOW);
    assert_eq!(third, Err(Refusal::SeatsFilled(Role::SecurityReviewer)));

    for passed in [Passed::Unasked, Passed::Opened { tier: Tier::Low, drift: Vec::new() }] {
        let gate = EarlierGate { passed, ..gate.clone() };
        assert_eq!(may_sign_owed(&policy, &gate, person(5), &reviewer, NOW), Err(Refusal::NotOwed));
    }
    let elsewhere = EarlierGate { phase: key("elsewhere"), ..gate };
    assert_eq!(may_sign_owed(&policy, &elsewhere, person(5), &reviewer, NOW), Err(Refusal::NotOwed));
    let sign = sign_owed(&policy, &elsewhere, sign_off(5, Verdict::Approve), NOW);
    assert_eq!(sign, Err(Refusal::NotOwed));
}

/// What is owed blocks once it is overdue, and at the last gate before that: nothing comes after it.
#[test]
fn what_is_owed_closes_the_last_gate_and_once_overdue_every_gate() {
    let policy = small();
    let due = NOW + Duration::DAY;
    let codes = |phase: &Phase, facts: Facts, now| {
        let situation =
            Situation { facts, earlier: vec![owed("build", self::facts(true))], waivers: Vec::new() };
        let decision = decide(&policy, phase, &situation, now);
        assert_eq!(decision.debts.len(), 1);
        let keeps: Vec<&str> = decision.keeps_from_production().map(Blocker::code).collect();
        let codes: Vec<&str> = decision.blockers.iter().map(Blocker::code).collect();
        (codes, keeps)
    };
    let signed = || Facts { sign_offs: vec![sign_off(4, Verdict::Approve)], ..facts(true) };
    let (ship, run) = (&policy.phases[2], &policy.phases[3]);
    let before = due - Duration::NANOSECOND;
    assert_eq!(codes(ship, signed(), before), (vec![], vec![]));
    assert_eq!(codes(ship, signed(), due), (vec!["gate.owed-overdue"], vec!["gate.owed-overdue"]));
    assert_eq!(codes(run, signed(), before), (vec!["gate.owed"], vec![]));
    assert_eq!(codes(run, signed(), due), (vec!["gate.owed-overdue"], vec!["gate.owed-overdue"]));
}

/// Cleared to ship: every earlier gate open, and what the policy marks in the phase of the deployment met. Sign-offs of
/// that gate are not waited for, and a tier of which nothing is marked is told nothing.
#[test]
fn a_feature_is_cleared_for_production_when_what_is_marked_is_met() {
    let policy = small();
    let of = |policy: &Policy, phase: usize, facts: Facts, earlier: Vec<EarlierGate>| {
        let phase = &policy.phases[phase];
        let tier = facts.tier;
        let decision = decide(policy, phase, &Situation { facts, earlier, waivers: Vec::new() }, NOW);
        clearance(policy, &phase.key, tier, &decision)
    };
    let gates = |names: &[&str]| {
        let gates = names.iter().map(|name| (*name).to_owned()).collect();
        Some(Clearance::NotCleared { gates, things: Vec::new() })
    };
    assert_eq!(of(&policy, 0, facts(false), Vec::new()), gates(&["Phase plan", "Phase build"]));
    assert_eq!(of(&policy, 1, facts(true), Vec::new()), gates(&["Phase build"]));

    let open = of(&policy, 2, facts(false), Vec::new()).expect("it is marked");
    assert_eq!(open.left(), 1);
    assert!(
        matches!(&open, Clearance::NotCleared { gates, things } if gates.is_empty()
            && matches!(things[..], [Blocker::ControlOpen { .. }])),
        "{open:?}"
    );
    // The gate still waits for its sign-off; production does not.
    assert_eq!(of(&policy, 2, facts(true), Vec::new()), Some(Clearance::Cleared));
    assert_eq!(Clearance::Cleared.left(), 0);

    // What an earlier gate no longer holds keeps it back, also after the deployment.
    for phase in [2, 3] {
        let passed = Passed::Opened { tier: Tier::Low, drift: Vec::new() };
        let earlier = EarlierGate { passed, ..owed("build", facts(false)) };
        let kept = of(&policy, phase, facts(true), vec![earlier]).expect("it is marked");
        assert_eq!(kept.left(), 1, "{kept:?}");
    }
    assert_eq!(of(&policy, 3, facts(false), Vec::new()), Some(Clearance::Cleared));

    let mut unmarked = small();
    unmarked.phases[2].controls[0].before_production = false;
    assert_eq!(of(&unmarked, 2, facts(false), Vec::new()), None);
    let mut marked_for_high = small();
    marked_for_high.phases[2].controls[0].tiers = Tiers::NONE.with(Tier::High);
    assert_eq!(of(&marked_for_high, 2, facts(false), Vec::new()), None, "nothing is marked for a low tier");
    assert_eq!(clearance(&policy, &key("elsewhere"), Tier::Low, &Decision::default()), None);
}

/// One step that somebody tries.
#[derive(Clone, Debug)]
enum Step {
    Open,
    Release,
    Back(usize),
    Hold,
    Resume,
    Cancel,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Open),
        1 => Just(Step::Release),
        2 => (0..NAMES.len()).prop_map(Step::Back),
        1 => select(vec![Step::Hold, Step::Cancel]),
        3 => select(vec![Step::Resume, Step::Reopen]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is tried: every phase before the one where the feature stands is passed, by opening its gate or by
    /// owing it, no number of a cycle comes twice, and what rests does not move.
    #[test]
    fn no_phase_is_ever_skipped(steps in vec(step(), 1..60)) {
        let policy = small();
        let mut progress = Progress::start(&policy, NOW).expect("a first phase");
        let mut begun = BTreeSet::from([(key("plan"), 1)]);
        let mut passed: BTreeSet<PhaseKey> = BTreeSet::new();
        for step in steps {
            let cycles: Cycles = begun.iter().cloned().collect();
            let before = progress.clone();
            let mut begins = Vec::new();
            match (progress.attempt().cloned(), &step) {
                (Ok(attempt), Step::Open) => {
                    let review = Attempt { turn: Turn::Reviewers { requested_by: person(0) }, ..attempt.clone() };
                    let signed = Facts { sign_offs: vec![sign_off(4, Verdict::Approve)], ..facts(true) };
                    let phase = policy.phase(&attempt.phase).expect("a phase");
                    let decision = decide(&policy, phase, &Situation::from(signed), NOW);
                    progress = review.open(&policy, &decision, &cycles, NOW).expect("it opens");
                    passed.insert(attempt.phase);
                    begins.extend(progress.stands_in().map(|next| (next.phase.clone(), next.cycle)));
                }
                (Ok(attempt), Step::Release) => {
                    match attempt.release(&policy, &facts(false), &agreed(&policy), &cycles, NOW) {
                        Ok(released) => {
                            prop_assert_eq!(released.owed.first().map(|gate| (&gate.phase, gate.cycle)),
                                            Some((&attempt.phase, attempt.cycle)));
                            begins.extend(released.owed[1..].iter().map(|gate| (gate.phase.clone(), gate.cycle)));
                            begins.push((released.attempt.phase.clone(), released.attempt.cycle));
                            passed.extend(released.owed.into_iter().map(|gate| gate.phase));
                            progress = Progress::Active(released.attempt);
                        }
                        Err(refusal) => prop_assert_eq!(refusal, Refusal::NothingToSkip),
                    }
                }
                (Ok(attempt), Step::Back(to)) => {
                    let to = key(NAMES[*to]);
                    match attempt.move_back(&policy, &to, person(0), &Situation::from(facts(true)), &cycles, NOW) {
                        Ok(moved) => {
                            for phase in &moved.undone {
                                prop_assert!(passed.remove(phase), "{} was not passed", phase);
                            }
                            begins.push((moved.attempt.phase.clone(), moved.attempt.cycle));
                            progress = Progress::Active(moved.attempt);
                        }
                        Err(refusal) => prop_assert_eq!(refusal, Refusal::NotEarlier),
                    }
                }
                (_, Step::Hold) => progress = progress.clone().hold(None, NOW).unwrap_or(progress),
                (_, Step::Resume) => progress = progress.clone().resume(NOW).unwrap_or(progress),
                (_, Step::Cancel) => progress = progress.clone().cancel(NOW).unwrap_or(progress),
                (_, Step::Reopen) => progress = progress.clone().reopen(NOW).unwrap_or(progress),
                (Err(_), _) => {}
            }
            for begin in begins {
                prop_assert!(begun.insert(begin.clone()), "{:?} twice", begin);
            }
            let all: BTreeSet<PhaseKey> = match progress.stands_in() {
                Some(attempt) => policy.before(&attempt.phase).iter().map(|phase| phase.key.clone()).collect(),
                None => policy.phases.iter().map(|phase| phase.key.clone()).collect(),
            };
            prop_assert_eq!(&passed, &all);
            if before.attempt().is_err() && !progress.is_active() {
                prop_assert_eq!(before.stands_in(), progress.stands_in());
            }
        }
    }
}
