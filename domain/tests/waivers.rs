//! Waivers: who asks, who decides, for how long; and that a waiver lets pass exactly what it names, exactly until it ends.
#![expect(clippy::expect_used, reason = "a test says what it expected")]

use std::collections::{BTreeMap, BTreeSet};

use sluice_domain::{
    access::Role,
    calendar::Calendar,
    canonical::Digest,
    dossier::{Contributors, Difference, ItemKind},
    gate::{
        Blocker, Decision, EarlierGate, EvidenceFact, Facts, Met, Passed, Situation, ThreatFact, WaiverFact,
        decide,
    },
    ids::{Id, PersonId},
    policy::{Condition, EvidenceKind, Phase, Policy, Tier, Tiers, Wanted, parse},
    record::RecordFacts,
    threat::{Severity, ThreatStatus},
    waiver::{
        Person, Scene, TermError, Waiver, WaiverRefusal, WaiverState, approving_role, counts, fits, last_day,
        latest, term, terms,
    },
    words,
};
use time::{
    Duration, OffsetDateTime,
    macros::{date, datetime, time},
};
use uuid::Uuid;

const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);
const UNTIL: OffsetDateTime = datetime!(2026-12-01 0:00 UTC);
/// The built-in control that no policy lets anybody waive.
const NEVER: &str = "control:requirements/risk-assessed#";

fn person(number: u128) -> PersonId {
    Id::new(Uuid::from_u128(number))
}

fn policy() -> Policy {
    parse(include_str!("../../policies/sdl.toml")).expect("the built-in policy reads")
}

fn without_waivers() -> Policy {
    let mut policy = policy();
    policy.terms.waivers = None;
    policy
}

fn facts(contributors: &[PersonId]) -> Facts {
    Facts {
        tier: Tier::Low,
        controls: BTreeMap::new(),
        records: RecordFacts::default(),
        evidence: BTreeSet::new(),
        answered: BTreeSet::new(),
        stale_for: None,
        threats: Vec::new(),
        sign_offs: Vec::new(),
        contributors: Contributors(contributors.iter().copied().collect()),
        dossier: Digest::of(b"dossier"),
        archived: false,
    }
}

fn situation(waivers: Vec<WaiverFact>) -> Situation {
    Situation { waivers, ..Situation::from(facts(&[person(1)])) }
}

fn first(policy: &Policy) -> &Phase {
    policy.phases.first().expect("a policy has a phase")
}

fn decision(policy: &Policy, situation: &Situation, now: OffsetDateTime) -> Decision {
    decide(policy, first(policy), situation, now)
}

/// A blocker of the first gate that may be waived.
fn waivable(decision: &Decision) -> &Blocker {
    decision.blockers.iter().find(|blocker| decision.may_waive(blocker)).expect("something may be waived")
}

fn waiver(number: i32, subject: &str, state: WaiverState) -> Waiver {
    Waiver { number, subject: subject.to_owned(), state, until: UNTIL, requested_by: person(2) }
}

fn fact(number: i32, subject: &str, until: OffsetDateTime) -> WaiverFact {
    let (subject, role) = (subject.to_owned(), Role::SecurityReviewer);
    WaiverFact { number, subject, until, role, approved_at: NOW }
}

#[test]
fn a_waiver_lets_pass_what_it_names_until_the_very_instant_at_which_it_ends() {
    let policy = policy();
    let open = decision(&policy, &situation(Vec::new()), NOW);
    let named = waivable(&open).clone();
    let subject = named.subject();
    let waived = situation(vec![fact(1, &subject, UNTIL)]);

    let before = decision(&policy, &waived, UNTIL - Duration::NANOSECOND);
    assert!(!before.blockers.contains(&named));
    assert_eq!(before.waived.len(), 1);
    assert_eq!(before.waived[0].blocker, named);
    assert_eq!(before.blockers.len() + 1, open.blockers.len(), "it lets nothing else pass");
    assert_eq!(decision(&policy, &waived, NOW).changes_at, Some(UNTIL));

    let after = decision(&policy, &waived, UNTIL);
    assert_eq!(after.blockers, open.blockers, "at that instant the blocker is back");
    assert!(after.waived.is_empty());
}

#[test]
fn nothing_is_waived_that_the_policy_keeps_from_it() {
    let policy = policy();
    let open = decision(&policy, &situation(Vec::new()), NOW);
    let risk = open.blockers.iter().find(|blocker| blocker.subject().starts_with(NEVER)).expect("it blocks");
    let waived = situation(vec![fact(1, &risk.subject(), UNTIL)]);
    assert_eq!(decision(&policy, &waived, NOW).blockers, open.blockers);
    assert!(!open.may_waive(risk));

    // Sign-offs are never waived.
    for blocker in open.blockers.iter().filter(|blocker| blocker.is_for_reviewers()) {
        let waived = situation(vec![fact(1, &blocker.subject(), UNTIL)]);
        assert!(decision(&policy, &waived, NOW).blockers.contains(blocker), "{blocker:?}");
    }

    // A policy without waivers knows none, whatever was approved under another.
    let none = without_waivers();
    let subject = waivable(&open).subject();
    let strict = decision(&none, &situation(vec![fact(1, &subject, UNTIL)]), NOW);
    assert_eq!(strict.blockers, open.blockers);
    assert!(strict.waivable.is_empty());
}

#[test]
fn a_request_names_something_that_blocks_and_that_nobody_asked_for_yet() {
    let policy = policy();
    let open = decision(&policy, &situation(Vec::new()), NOW);
    let named = waivable(&open);
    let subject = named.subject();
    let risk = open.blockers.iter().find(|blocker| blocker.subject().starts_with(NEVER)).expect("it blocks");
    let scene = |waivers| Scene { policy: &policy, decision: &open, waivers, now: NOW };

    assert_eq!(scene(&[]).may_request(&subject, None), Ok(named));
    assert_eq!(scene(&[]).may_request("control:nothing", None), Err(WaiverRefusal::NotBlocking));
    assert_eq!(scene(&[]).may_request(&risk.subject(), None), Err(WaiverRefusal::NeverWaived));
    let asked = [waiver(4, &subject, WaiverState::Requested)];
    assert_eq!(scene(&asked).may_request(&subject, None), Err(WaiverRefusal::Asked(4)));
    let none = without_waivers();
    let strict = Scene { policy: &none, ..scene(&[]) };
    assert_eq!(strict.may_request(&subject, None), Err(WaiverRefusal::None));
}

#[test]
fn a_renewal_names_a_waiver_in_force_of_the_same_thing() {
    let policy = policy();
    let subject = waivable(&decision(&policy, &situation(Vec::new()), NOW)).subject();
    let waived = decision(&policy, &situation(vec![fact(1, &subject, UNTIL)]), NOW);
    let known = [waiver(1, &subject, WaiverState::Approved)];
    let scene = Scene { policy: &policy, decision: &waived, waivers: &known, now: NOW };

    assert!(scene.may_request(&subject, Some(1)).is_ok());
    assert_eq!(scene.may_request(&subject, None), Err(WaiverRefusal::Waived(1)), "it is waived already");
    assert_eq!(scene.may_request(&subject, Some(2)), Err(WaiverRefusal::NotInForce));
    assert_eq!(scene.may_request("control:other", Some(1)), Err(WaiverRefusal::NotInForce));
    let late = Scene { now: UNTIL, ..scene };
    assert_eq!(late.may_request(&subject, Some(1)), Err(WaiverRefusal::NotInForce), "it has lapsed");
    let asked = [known[0].clone(), waiver(2, &subject, WaiverState::Requested)];
    let again = Scene { waivers: &asked, ..scene };
    assert_eq!(again.may_request(&subject, Some(1)), Err(WaiverRefusal::Asked(2)));
    // What was put right meanwhile needs no waiver any more.
    let cured = Decision::default();
    let cured = Scene { decision: &cured, ..scene };
    assert_eq!(cured.may_request(&subject, Some(1)), Err(WaiverRefusal::NotBlocking));
}

#[test]
fn who_asks_and_who_contributed_do_not_decide_and_only_roles_of_the_policy_do() {
    let policy = policy();
    let situation = situation(Vec::new());
    let open = decision(&policy, &situation, NOW);
    let asked = waiver(1, &waivable(&open).subject(), WaiverState::Requested);
    let decides = |waiver: &Waiver, id, roles: &[Role]| {
        waiver.may_decide(&policy, &situation, &open, Person { id, roles })
    };
    let reviewer = [Role::Developer, Role::SecurityReviewer];
    assert_eq!(decides(&asked, person(3), &reviewer), Ok(Role::SecurityReviewer));
    assert_eq!(decides(&asked, person(2), &reviewer), Err(WaiverRefusal::OwnRequest));
    assert_eq!(decides(&asked, person(1), &reviewer), Err(WaiverRefusal::Contributor));
    let approvers = terms(&policy).expect("it has waivers").approvers.clone();
    for role in Role::ALL.iter().filter(|role| !approvers.contains(role)) {
        assert_eq!(decides(&asked, person(3), &[*role]), Err(WaiverRefusal::NotApprover(approvers.clone())));
    }
    for state in WaiverState::ALL.iter().filter(|state| **state != WaiverState::Requested) {
        let waiver = Waiver { state: *state, ..asked.clone() };
        assert_eq!(decides(&waiver, person(3), &reviewer), Err(WaiverRefusal::Decided), "{state:?}");
    }
    assert_eq!(approving_role(&without_waivers(), &reviewer), Err(WaiverRefusal::None));
}

#[test]
fn who_contributed_to_an_earlier_gate_decides_about_nothing_that_it_asks_for() {
    let policy = policy();
    let (earlier, here) = (&policy.phases[0], &policy.phases[1]);
    let gate = EarlierGate {
        phase: earlier.key.clone(),
        facts: facts(&[person(7)]),
        passed: Passed::Opened { tier: Tier::Low, drift: Vec::new() },
    };
    let situation = Situation { facts: facts(&[person(1)]), earlier: vec![gate], waivers: Vec::new() };
    let open = decide(&policy, here, &situation, NOW);
    let of = |earlier: bool| {
        let wanted = |blocker: &&Blocker| {
            matches!(blocker, Blocker::Earlier { .. }) == earlier && open.may_waive(blocker)
        };
        open.blockers.iter().find(wanted).expect("both gates ask for something").subject()
    };
    let roles = [Role::SecurityReviewer];
    let decides = |subject: &str, id| {
        let waiver = waiver(1, subject, WaiverState::Requested);
        waiver.may_decide(&policy, &situation, &open, Person { id, roles: &roles })
    };
    assert_eq!(decides(&of(true), person(7)), Err(WaiverRefusal::Contributor));
    assert_eq!(decides(&of(true), person(1)), Err(WaiverRefusal::Contributor));
    assert_eq!(decides(&of(false), person(1)), Err(WaiverRefusal::Contributor));
    assert!(decides(&of(false), person(7)).is_ok(), "that gate is not the one that asks");
}

#[test]
fn an_approval_has_to_bring_something_about() {
    let policy = policy();
    let open = decision(&policy, &situation(Vec::new()), NOW);
    let asked = waiver(1, &waivable(&open).subject(), WaiverState::Requested);
    let scene = Scene { policy: &policy, decision: &open, waivers: &[], now: NOW };
    assert_eq!(asked.may_approve(&scene), Ok(()));
    assert_eq!(asked.may_approve(&Scene { now: UNTIL, ..scene }), Err(WaiverRefusal::TermOver));
    let cured = Decision::default();
    let cured = Scene { decision: &cured, ..scene };
    assert_eq!(asked.may_approve(&cured), Err(WaiverRefusal::NotBlocking));
    let none = without_waivers();
    assert_eq!(asked.may_approve(&Scene { policy: &none, ..scene }), Err(WaiverRefusal::None));
    // A renewal is approved while what it prolongs is in force.
    let waived = decision(&policy, &situation(vec![fact(9, &asked.subject, UNTIL)]), NOW);
    assert_eq!(asked.may_approve(&Scene { decision: &waived, ..scene }), Ok(()));
}

/// As after a move to a version that lets nobody waive what was asked for under the one before.
#[test]
fn nobody_approves_what_the_policy_keeps_from_waivers() {
    let policy = policy();
    let open = decision(&policy, &situation(Vec::new()), NOW);
    let risk = open.blockers.iter().find(|blocker| blocker.subject().starts_with(NEVER)).expect("it blocks");
    let asked = waiver(1, &risk.subject(), WaiverState::Requested);
    let scene = Scene { policy: &policy, decision: &open, waivers: &[], now: NOW };
    assert_eq!(asked.may_approve(&scene), Err(WaiverRefusal::NeverWaived));
}

fn with_terms(approvers: &[Role], max_days: u16) -> Policy {
    let mut policy = policy();
    let terms = policy.terms.waivers.as_mut().expect("it has waivers");
    (terms.approvers, terms.max_days) = (approvers.to_vec(), max_days);
    policy
}

#[test]
fn a_waiver_counts_on_no_other_terms_than_those_of_the_policy_in_force() {
    let open = decision(&policy(), &situation(Vec::new()), NOW);
    let subject = waivable(&open).subject();
    let waived = situation(vec![fact(1, &subject, UNTIL)]);
    let passes = |policy: &Policy| !decision(policy, &waived, NOW).waived.is_empty();
    let reviewer = [Role::Qa, Role::SecurityReviewer];
    // From 20 to 30 November, the day of the approval not counted.
    assert!(passes(&with_terms(&reviewer, 10)));
    for stricter in [with_terms(&reviewer, 9), with_terms(&[Role::Qa], 10)] {
        assert!(!passes(&stricter));
        let decided = decision(&stricter, &waived, NOW);
        assert_eq!(decided.blockers, decision(&stricter, &situation(Vec::new()), NOW).blockers);
        assert!(decided.waivable.contains(&subject), "it can be asked for on the new terms");
        assert!(!counts(&stricter, &waived.waivers[0]));
    }
    // Beside one that counts no more, one that does.
    let short = WaiverFact { until: datetime!(2026-11-25 0:00 UTC), ..fact(2, &subject, UNTIL) };
    let both = situation(vec![fact(1, &subject, UNTIL), short]);
    let decided = decision(&with_terms(&reviewer, 9), &both, NOW);
    assert_eq!(decided.waived.iter().map(|waived| waived.waiver.number).collect::<Vec<_>>(), [2]);
}

#[test]
fn an_approval_is_held_to_the_terms_of_the_moment() {
    let open = decision(&policy(), &situation(Vec::new()), NOW);
    let asked = waiver(1, &waivable(&open).subject(), WaiverState::Requested);
    let approve = |max_days, now| {
        let policy = with_terms(&[Role::SecurityReviewer], max_days);
        asked.may_approve(&Scene { policy: &policy, decision: &open, waivers: &[], now })
    };
    assert_eq!(approve(10, NOW), Ok(()));
    assert_eq!(approve(9, NOW), Err(WaiverRefusal::TermTooLong(9)));
    // By the next day it is short enough.
    assert_eq!(approve(9, NOW + Duration::DAY), Ok(()));
}

/// The same number of days is as long in every zone: what one policy allowed, another with the same terms lets stand.
#[test]
fn a_term_is_as_long_in_the_zone_of_another_version() {
    let zones = [
        "Pacific/Kiritimati",
        "Asia/Kolkata",
        "Europe/Berlin",
        "UTC",
        "America/New_York",
        "America/Los_Angeles",
        "Pacific/Honolulu",
    ];
    let zones = zones.map(zone);
    let terms = |max_days| terms(&with_terms(&[Role::SecurityReviewer], max_days)).expect("terms").clone();
    let [days_28, days_29, days_30] = [28, 29, 30].map(terms);
    for (there, hour) in zones.iter().flat_map(|there| (0..48).map(move |hour| (there, hour))) {
        let at = NOW + Duration::hours(hour);
        let until = there.ends(latest(&days_30, there, at));
        assert!(fits(&days_30, there, until, at) && !fits(&days_29, there, until, at), "{there:?} {at}");
        for other in &zones {
            assert!(fits(&days_30, other, until, at), "{there:?} {other:?} {at}");
            assert!(!fits(&days_28, other, until, at), "{there:?} {other:?} {at}");
        }
    }
}

#[test]
fn each_step_leads_on_from_one_state() {
    for state in WaiverState::ALL {
        let waiver = waiver(1, "archive", *state);
        let withdrawn = waiver.may_withdraw(person(2)).is_ok();
        assert_eq!(withdrawn, *state == WaiverState::Requested, "{state:?}");
        assert_eq!(waiver.may_end(NOW).is_ok(), *state == WaiverState::Approved, "{state:?}");
        assert_eq!(waiver.may_end(UNTIL), Err(WaiverRefusal::NotInForce), "{state:?}");
    }
    let asked = waiver(1, "archive", WaiverState::Requested);
    assert_eq!(asked.may_withdraw(person(3)), Err(WaiverRefusal::OthersRequest));
    assert_eq!(WaiverState::Approved.at(UNTIL, UNTIL - Duration::NANOSECOND), WaiverState::Approved);
    assert_eq!(WaiverState::Approved.at(UNTIL, UNTIL), WaiverState::Lapsed);
    assert_eq!(WaiverState::Requested.at(UNTIL, UNTIL), WaiverState::Requested);
}

#[test]
fn a_term_ends_with_its_last_day_and_is_no_longer_than_the_policy_allows() {
    let policy = policy();
    let terms = terms(&policy).expect("it has waivers");
    let last = date!(2026 - 11 - 20) + Duration::days(i64::from(terms.max_days));
    let utc = Calendar::default();
    assert_eq!(latest(terms, &utc, NOW), last);
    let until = term(terms, &utc, date!(2026 - 11 - 30), NOW).expect("a day to come");
    assert_eq!((until, last_day(until, &utc)), (UNTIL, date!(2026 - 11 - 30)));
    let today = term(terms, &utc, date!(2026 - 11 - 20), NOW);
    assert_eq!(today, Ok(datetime!(2026-11-21 0:00 UTC)), "until tonight");
    assert_eq!(term(terms, &utc, date!(2026 - 11 - 19), NOW), Err(TermError::Over));
    assert!(term(terms, &utc, last, NOW).is_ok());
    let later = last.next_day().expect("a day");
    assert_eq!(term(terms, &utc, later, NOW), Err(TermError::TooLate { last }));
    assert_eq!(words::waiver_lapses(date!(2026 - 11 - 20), date!(2026 - 11 - 20)), "today is its last day");
    assert_eq!(words::waiver_lapses(date!(2026 - 11 - 21), date!(2026 - 11 - 20)), "1 day left");
    assert_eq!(words::waiver_lapses(date!(2026 - 11 - 25), date!(2026 - 11 - 20)), "5 days left");
    assert_eq!(words::waiver_lapses(date!(2026 - 11 - 19), date!(2026 - 11 - 20)), "lapsed");
}

/// A loose condition beside a strict one that finds the same threat, in either order.
#[test]
fn what_one_condition_never_waives_is_not_waived_by_way_of_another() {
    let condition = |at_least, waivable, before_production| Condition {
        wanted: Wanted::NoUntreatedThreat { at_least, needs: ThreatStatus::Verified },
        tiers: Tiers::ALL,
        before_production,
        waivable,
    };
    let loose = condition(Severity::Low, true, false);
    let strict = condition(Severity::Critical, false, true);
    for order in [[&loose, &strict], [&strict, &loose]] {
        let mut policy = policy();
        let phase = policy.phases.first_mut().expect("it has phases");
        phase.controls.clear();
        phase.gate.conditions = order.map(Clone::clone).to_vec();
        let subject = "threat:1/critical/verified";
        let mut situation = situation(vec![fact(1, subject, UNTIL)]);
        let threat = |number, severity| ThreatFact { number, severity, status: ThreatStatus::Planned };
        situation.facts.threats = vec![threat(1, Severity::Critical), threat(2, Severity::Low)];
        let decision = decision(&policy, &situation, NOW);
        assert!(decision.waived.is_empty(), "{:?}", decision.waived);
        let subjects: Vec<String> = decision.for_team().map(Blocker::subject).collect();
        assert_eq!(subjects.iter().filter(|other| *other == subject).count(), 1, "{subjects:?}");
        assert!(!decision.waivable.contains(subject) && decision.before_production.contains(subject));
        assert!(decision.waivable.contains("threat:2/low/verified"), "{subjects:?}");
    }
}

/// Documents of a kind, and evidence of that kind: one thing that holds.
#[test]
fn what_two_conditions_ask_for_holds_once() {
    let wanted = [
        Wanted::EvidencePresent { kinds: vec![EvidenceKind::TestReport] },
        Wanted::DocumentsPresent { kinds: vec![EvidenceKind::TestReport] },
    ];
    let mut policy = policy();
    let phase = policy.phases.first_mut().expect("it has phases");
    phase.controls.clear();
    phase.gate.conditions = wanted
        .map(|wanted| Condition { wanted, tiers: Tiers::ALL, before_production: false, waivable: true })
        .to_vec();
    let mut situation = situation(Vec::new());
    assert_eq!(decision(&policy, &situation, NOW).for_team().count(), 1);
    situation.facts.evidence =
        BTreeSet::from([EvidenceFact { number: 1, kind: EvidenceKind::TestReport, until: None }]);
    let met = decision(&policy, &situation, NOW).met;
    assert_eq!(met, [Met::Evidence { kinds: vec![EvidenceKind::TestReport] }]);
}

/// A calendar in a zone; what is worked there does not matter.
fn zone(name: &str) -> Calendar {
    Calendar::new(name, [time::Weekday::Monday], time!(9:00), time!(17:00), []).expect("a calendar")
}

#[test]
fn the_last_day_is_one_of_the_policy_s_zone() {
    let policy = policy();
    let terms = terms(&policy).expect("it has waivers");
    let ends = [
        // Far to the east and far to the west of UTC.
        ("Pacific/Kiritimati", date!(2026 - 11 - 30), datetime!(2026-11-30 10:00 UTC)),
        ("Pacific/Pago_Pago", date!(2026 - 11 - 30), datetime!(2026-12-01 11:00 UTC)),
        // A day of 25 hours, and one that ends when the clocks skip midnight.
        ("America/New_York", date!(2026 - 11 - 01), datetime!(2026-11-02 5:00 UTC)),
        ("Africa/Cairo", date!(2026 - 04 - 23), datetime!(2026-04-23 22:00 UTC)),
    ];
    for (name, day, end) in ends {
        let calendar = zone(name);
        let until = term(terms, &calendar, day, end - Duration::SECOND);
        assert_eq!(until, Ok(end), "{name}: the day is not over a second before");
        assert_eq!(term(terms, &calendar, day, end), Err(TermError::Over), "{name}");
        assert_eq!(last_day(end, &calendar), day, "{name}");
    }
    // What is asked for in the evening here is counted from tomorrow there.
    let there = zone("Pacific/Kiritimati");
    assert_eq!(latest(terms, &there, NOW), latest(terms, &Calendar::default(), NOW) + Duration::DAY);
    // A waiver from before ends with its day in UTC, and keeps the last day that it was given.
    for name in ["Pacific/Kiritimati", "America/New_York", "Europe/Berlin"] {
        assert_eq!(last_day(UNTIL, &zone(name)), date!(2026 - 11 - 30), "{name}");
    }
}

/// One record that drifted at the first gate, in this version by now.
fn drifted(key: &str, now: Option<i32>) -> Difference {
    Difference { kind: ItemKind::Record, key: key.to_owned(), then: Some(1), now }
}

#[test]
fn a_waiver_of_drift_lets_pass_what_drifted_and_no_further_change() {
    let policy = policy();
    let decided = |drift: Vec<Difference>, waivers: Vec<WaiverFact>| {
        let passed = Passed::Opened { tier: Tier::Low, drift };
        let gate = EarlierGate { phase: first(&policy).key.clone(), facts: facts(&[person(7)]), passed };
        let situation = Situation { facts: facts(&[]), earlier: vec![gate], waivers };
        decide(&policy, &policy.phases[1], &situation, NOW)
    };
    let blocker = |decision: &Decision| {
        let drift = |blocker: &&Blocker| matches!(blocker, Blocker::Drifted { .. });
        decision.blockers.iter().find(drift).map(Blocker::subject)
    };
    let small = vec![drifted("R-1", Some(2)), drifted("S-3", Some(4))];
    let subject = blocker(&decided(small.clone(), Vec::new())).expect("drift blocks");
    let approved = || vec![fact(1, &subject, UNTIL)];
    let waived = decided(small.clone(), approved());
    assert_eq!(blocker(&waived), None);
    assert!(waived.waived.iter().any(|waived| waived.blocker.subject() == subject));
    let mut turned = small.clone();
    turned.reverse();
    assert_eq!(blocker(&decided(turned, approved())), None, "in whatever order");

    // The same records once more, another one, one that is gone, and one less.
    for drift in [
        vec![drifted("R-1", Some(3)), drifted("S-3", Some(4))],
        vec![drifted("R-1", Some(2)), drifted("S-3", Some(4)), drifted("R-2", Some(2))],
        vec![drifted("R-1", None), drifted("S-3", Some(4))],
        vec![drifted("R-1", Some(2))],
    ] {
        assert!(blocker(&decided(drift.clone(), approved())).is_some(), "{drift:?}");
    }
    // A waiver from before says of nothing which drift it means.
    let blank = vec![fact(1, &format!("drift:{}", first(&policy).key), UNTIL)];
    assert!(blocker(&decided(small, blank)).is_some());
}

#[test]
fn a_waiver_of_a_stale_threat_model_ends_with_the_next_change_of_the_scope() {
    let mut policy = policy();
    let tiers: Tiers = [Tier::Low].into_iter().collect();
    policy.phases[0].gate.conditions.push(Condition {
        wanted: Wanted::ThreatModelCurrent,
        tiers,
        before_production: false,
        waivable: true,
    });
    let stale = |scope: i32, waivers: Vec<WaiverFact>| {
        let situation =
            Situation { waivers, ..Situation::from(Facts { stale_for: Some(scope), ..facts(&[]) }) };
        let decision = decision(&policy, &situation, NOW);
        let blocker = |blocker: &&Blocker| matches!(blocker, Blocker::ThreatModelStale { .. });
        decision.blockers.iter().find(blocker).map(Blocker::subject)
    };
    let subject = stale(2, Vec::new()).expect("it is stale");
    let approved = || vec![fact(1, &subject, UNTIL)];
    assert_eq!(stale(2, approved()), None);
    assert!(stale(3, approved()).is_some_and(|next| next != subject));
}
