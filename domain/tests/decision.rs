//! What readers of a decision are told: the things that are missing, who puts them right, and what of it is the team's.
#![expect(clippy::expect_used, reason = "a test says what it expected")]

#[path = "support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the gate, which draw cases")]
mod support;

use sluice_domain::{
    access::{Action, Role},
    canonical::Digest,
    gate::{
        Blocker, Decision, DecisionChange, EarlierGate, EvidenceFact, Facts, Passed, Situation, WaiverFact,
    },
    place::Place,
    policy::{EvidenceKind, Phase, PhaseKey, Quorum, RecordsSubject, Tier},
    record::{RecordKind, Shortfall},
};
use support::{NOW, built_in, complete};
use time::Duration;

fn lack(number: i32) -> Shortfall {
    Shortfall::Waits { kind: RecordKind::Change, number, title: "Tokens".to_owned(), state: "open" }
}

fn short(control: &str, number: i32, done_by: &[Role]) -> Blocker {
    Blocker::RecordsShort {
        phase: "development".parse().expect("a key"),
        control: control.parse().expect("a key"),
        title: control.to_owned(),
        shortfall: lack(number),
        done_by: done_by.to_vec(),
    }
}

fn earlier(what: Blocker) -> Blocker {
    Blocker::Earlier { name: "Development".to_owned(), what: Box::new(what) }
}

fn unsigned() -> Blocker {
    Blocker::SignOffsMissing { role: Role::SecurityReviewer, have: 0, need: 1 }
}

/// Three controls wait for one change, a fourth for another one; one of the three was asked for by an earlier gate.
fn decision() -> Decision {
    Decision {
        blockers: vec![
            short("merged", 1, &[Role::Developer]),
            short("reviewed", 1, &[Role::Developer, Role::Designer]),
            earlier(short("implemented", 1, &[Role::Qa])),
            short("merged", 2, &[Role::Developer]),
            Blocker::ConditionShort { condition: RecordsSubject::TestsPassed, shortfall: lack(3) },
            Blocker::NotArchived,
            unsigned(),
        ],
        ..Decision::default()
    }
}

#[test]
fn what_several_controls_wait_for_is_one_thing() {
    let decision = decision();
    let things = decision.things();
    assert_eq!(things, [0, 3, 4, 5, 6].map(|at| &decision.blockers[at]));
    assert_eq!((decision.things_for_team(), decision.things_in_the_way()), (4, 4));
    assert_eq!(decision.for_team().count(), 6);
    assert!(!decision.is_ready_for_review());
    let signed = Decision { blockers: vec![unsigned()], ..Decision::default() };
    assert_eq!((signed.things_for_team(), signed.is_ready_for_review()), (0, true));
    assert_eq!(signed.things_in_the_way(), 0, "a signature that is still to come is in nobody's way");
    // A denial is the reviewers', and in the way.
    let vetoed = Blocker::Vetoed { name: "Ben Ode".to_owned(), role: Role::SecurityReviewer };
    let denied = Decision { blockers: vec![vetoed, unsigned()], ..Decision::default() };
    assert_eq!(
        (denied.things_for_team(), denied.is_ready_for_review(), denied.things_in_the_way()),
        (0, true, 1)
    );
}

#[test]
fn whoever_does_one_of_the_controls_can_put_the_thing_right() {
    let decision = decision();
    let roles = |at: usize| decision.cleared_by(&decision.blockers[at]);
    assert_eq!(roles(0), [Role::Developer, Role::Designer, Role::Qa]);
    assert_eq!(roles(2), [Role::Qa, Role::Developer, Role::Designer]);
    assert_eq!(roles(3), [Role::Developer]);
    assert_eq!(roles(5), Action::ArchiveFeature.product_roles());
    assert_eq!(roles(6), [Role::SecurityReviewer]);
}

#[test]
fn two_blockers_are_the_same_lack_when_the_same_record_is_missing() {
    let one = short("merged", 1, &[]);
    assert_eq!(one.shortfall(), Some(&lack(1)));
    assert_eq!(earlier(one.clone()).shortfall(), Some(&lack(1)));
    assert_eq!(Blocker::NotArchived.shortfall(), None);
    assert!(one.is_same_lack(&earlier(short("reviewed", 1, &[]))));
    assert!(!one.is_same_lack(&short("merged", 2, &[])));
    assert!(!Blocker::NotArchived.is_same_lack(&Blocker::NotArchived), "nothing is missing on record");
}

#[test]
fn a_change_in_either_direction_is_a_change() {
    let (open, other) = (Decision::default(), decision());
    assert!(open.change_to(&open).is_empty() && other.change_to(&other).is_empty());
    let more = open.change_to(&other);
    assert_eq!((more.appears.len(), more.vanishes.len(), more.is_empty()), (7, 0, false));
    let less: DecisionChange = other.change_to(&open);
    assert_eq!((less.appears.len(), less.vanishes.len(), less.is_empty()), (0, 7, false));
}

/// What is over at the very instant at which is decided was looked at as over: it changes nothing any more.
#[test]
fn nothing_changes_later_because_of_what_is_over() {
    let phase = &built_in().phases[0];
    let until = |until| {
        let waiver = WaiverFact {
            number: 1,
            subject: "control:elsewhere/said".to_owned(),
            until,
            role: Role::SecurityReviewer,
            approved_at: NOW - Duration::DAY,
        };
        let facts = complete(phase, Tier::Low, Digest::of(b"dossier"), 5);
        let situation = Situation { waivers: vec![waiver], ..Situation::from(facts) };
        sluice_domain::gate::decide(built_in(), phase, &situation, NOW).changes_at
    };
    assert_eq!(until(NOW), None);
    assert_eq!(until(NOW + Duration::NANOSECOND), Some(NOW + Duration::NANOSECOND));
}

/// Evidence that expires changes the decision at that instant, at this gate as at an earlier one.
#[test]
fn evidence_that_expires_says_when() {
    let policy = built_in();
    let [first, second] = [&policy.phases[0], &policy.phases[1]];
    let (soon, later) = (NOW + Duration::DAY, NOW + Duration::WEEK);
    let holding = |phase: &Phase, until| {
        let mut facts = complete(phase, Tier::Low, Digest::of(b"dossier"), 5);
        facts.evidence.insert(EvidenceFact { number: 90, kind: EvidenceKind::Plan, until });
        facts
    };
    let changes_at = |here, before| {
        let earlier = EarlierGate { facts: holding(first, before), ..passed(first, Tier::Low, Tier::Low) };
        let situation = Situation { earlier: vec![earlier], ..Situation::from(holding(second, here)) };
        sluice_domain::gate::decide(policy, second, &situation, NOW).changes_at
    };
    assert_eq!(changes_at(None, None), None);
    assert_eq!(changes_at(Some(later), None), Some(later));
    assert_eq!(changes_at(Some(later), Some(soon)), Some(soon));
    assert_eq!(changes_at(Some(NOW), Some(later)), Some(later));

    let item = EvidenceFact { number: 1, kind: EvidenceKind::Plan, until: Some(soon) };
    assert!(item.holds(soon - Duration::NANOSECOND) && !item.holds(soon));
}

/// Whoever looks for waivers of drift at a gate finds them by how their subject begins.
#[test]
fn drift_is_named_by_its_gate_and_then_by_what_drifted() {
    let phase: PhaseKey = "design".parse().expect("a key");
    let blocker = Blocker::Drifted {
        phase: phase.clone(),
        name: "Design".to_owned(),
        items: 2,
        mark: "abc".to_owned(),
        roles: vec![Role::SecurityReviewer],
    };
    assert_eq!(Blocker::drift_of(&phase), "drift:design");
    assert_eq!((blocker.subject().as_str(), blocker.stem().as_str()), ("drift:design/abc", "drift:design"));
    let stale = Blocker::ThreatModelStale { scope: 3 };
    assert_eq!(
        (stale.subject().as_str(), stale.stem().as_str()),
        ("threat-model:stale/3", "threat-model:stale")
    );
    assert_eq!(earlier(stale).stem(), "threat-model:stale");
    assert_eq!(unsigned().stem(), unsigned().subject());
}

fn passed(phase: &Phase, then: Tier, now: Tier) -> EarlierGate {
    EarlierGate {
        phase: phase.key.clone(),
        facts: Facts { sign_offs: Vec::new(), ..complete(phase, now, Digest::of(b"dossier"), 5) },
        passed: Passed::Opened { tier: then, drift: Vec::new() },
    }
}

/// Whoever signed for a lower tier has seen nothing of what a higher one asks: however complete the gate is by now, it
/// is passed anew.
#[test]
fn a_gate_that_was_signed_for_a_lower_tier_blocks_until_it_is_passed_anew() {
    let policy = built_in();
    let [first, second] = [&policy.phases[0], &policy.phases[1]];
    for then in Tier::ALL.iter().copied() {
        for now in Tier::ALL.iter().copied() {
            let situation = Situation {
                earlier: vec![passed(first, then, now)],
                ..Situation::from(complete(second, now, Digest::of(b"dossier"), 5))
            };
            let decision = sluice_domain::gate::decide(policy, second, &situation, NOW);
            let raised = first.retiered(then, now).is_some_and(|change| change.asks_more());
            assert_eq!(raised, then < now, "the built-in policy asks more of every higher tier");
            let subject = format!("tier:{}/{}", first.key, now.code());
            let found: Vec<String> = decision.blockers.iter().map(Blocker::subject).collect();
            assert_eq!(found, if raised { vec![subject.clone()] } else { Vec::new() }, "{then:?} to {now:?}");
            assert_eq!(decision.before_production.contains(&subject), raised);
            assert_eq!(decision.keeps_from_production().count(), usize::from(raised));
            assert_eq!(decision.waivable.contains(&subject), raised);
            for blocker in &decision.blockers {
                assert_eq!(blocker.cleared_by(), Action::MoveBack.product_roles());
                assert_eq!(blocker.place(), Place::Course);
                assert!(!blocker.is_for_reviewers(), "a review is not requested past it");
            }
        }
    }
}

/// Where a phase asks the same of both tiers, what was signed holds.
#[test]
fn a_raised_tier_leaves_alone_what_it_asks_nothing_more_of() {
    let policy = built_in();
    let mut first = policy.phases[0].clone();
    first.controls.clear();
    first.gate.conditions.clear();
    for rule in &mut first.gate.sign_offs {
        rule.quorum = Quorum { low: 1, medium: 1, high: 1 };
    }
    let mut same = policy.clone();
    same.phases[0] = first.clone();
    let second = &policy.phases[1];
    let situation = Situation {
        earlier: vec![passed(&first, Tier::Low, Tier::High)],
        ..Situation::from(complete(second, Tier::High, Digest::of(b"dossier"), 5))
    };
    assert!(sluice_domain::gate::decide(&same, second, &situation, NOW).is_open());
}
