//! What the parts of a policy say of themselves: what a gate looks at, where its facts come from, what comes before what.

use std::error::Error;

use sluice_domain::{
    policy::{
        BUILT_IN, Condition, Control, EvidenceKind, FrameworkRef, Phase, Policy, PolicyPart, Proof, Quorum,
        RecordsSubject, Tier, Tiers, Wanted, parse,
    },
    record::Rule,
    threat::{Severity, ThreatStatus},
};
use time::Duration;

type Outcome = Result<(), Box<dyn Error>>;

fn built_in() -> Result<Policy, Box<dyn Error>> {
    Ok(parse(BUILT_IN)?)
}

fn condition(wanted: Wanted, tiers: Tiers) -> Condition {
    Condition { wanted, tiers, waivable: true, before_production: false }
}

/// A phase without controls whose gate asks this.
fn phase(conditions: Vec<Condition>) -> Result<Phase, Box<dyn Error>> {
    let mut phase = built_in()?.phases.swap_remove(0);
    phase.controls.clear();
    phase.gate.conditions = conditions;
    Ok(phase)
}

fn findings() -> Wanted {
    Wanted::NoOpenFinding { at_least: Severity::High }
}

fn reviewed() -> Wanted {
    let reviewers = Some(Quorum { low: 1, medium: 1, high: 2 });
    Wanted::Records { subject: RecordsSubject::ReviewersPerChange, reviewers }
}

#[test]
fn a_condition_says_what_it_looks_at() {
    let kinds = || vec![EvidenceKind::Plan, EvidenceKind::TestReport];
    let threats = Wanted::NoUntreatedThreat { at_least: Severity::High, needs: ThreatStatus::Planned };
    for (wanted, threats, rules, evidence) in [
        (Wanted::ThreatModelComplete, true, &[][..], vec![]),
        (Wanted::ThreatModelCurrent, true, &[], vec![]),
        (threats, true, &[], vec![]),
        (findings(), false, &[Rule::FindingsAddressed], vec![]),
        (reviewed(), false, &[Rule::ChangesReviewed], vec![]),
        (Wanted::EvidencePresent { kinds: kinds() }, false, &[], kinds()),
        (Wanted::DocumentsPresent { kinds: kinds() }, false, &[], kinds()),
        (Wanted::RecordArchived, false, &[], vec![]),
    ] {
        assert_eq!(wanted.looks_at_threats(), threats, "{wanted:?}");
        assert_eq!(wanted.rules(), rules, "{wanted:?}");
        assert_eq!(wanted.evidence(), evidence, "{wanted:?}");
    }
}

#[test]
fn a_gate_looks_at_threats_where_a_condition_or_a_rule_of_the_tier_does() -> Outcome {
    let only_high = Tiers::NONE.with(Tier::High);
    let asks =
        phase(vec![condition(Wanted::ThreatModelCurrent, only_high), condition(findings(), Tiers::ALL)])?;
    for (tier, looks) in [(Tier::Low, false), (Tier::Medium, false), (Tier::High, true)] {
        assert_eq!(
            (asks.gate.looks_at_threats(tier), asks.looks_at_threats(tier)),
            (looks, looks),
            "{tier:?}"
        );
    }
    let reading = built_in()?
        .phases
        .into_iter()
        .flat_map(|phase| phase.controls)
        .find(|control| control.rule().is_some_and(Rule::reads_threats))
        .ok_or("no control is proved by a rule that reads threats")?;
    let by_rule = Phase { controls: vec![Control { tiers: only_high, ..reading }], ..phase(Vec::new())? };
    assert!(by_rule.looks_at_threats(Tier::High) && !by_rule.gate.looks_at_threats(Tier::High));
    assert!(!by_rule.looks_at_threats(Tier::Low));
    Ok(())
}

#[test]
fn the_rules_of_a_phase_are_those_of_its_controls_and_then_of_its_gate() -> Outcome {
    let first = built_in()?.phases.swap_remove(0).controls.into_iter().find(|it| it.rule().is_some());
    let control = first.ok_or("no control is proved by records")?;
    let of_control = control.rule().ok_or("no rule")?;
    let mut both = phase(vec![
        condition(reviewed(), Tiers::ALL),
        condition(findings(), Tiers::NONE.with(Tier::High)),
        condition(Wanted::RecordArchived, Tiers::ALL),
    ])?;
    both.controls = vec![
        Control { proof: Proof::Statement, ..control.clone() },
        Control { tiers: Tiers::NONE.with(Tier::Low).with(Tier::High), ..control },
    ];
    let rules = |tier| both.rules_for(tier).collect::<Vec<_>>();
    assert_eq!(rules(Tier::Low), [of_control, Rule::ChangesReviewed]);
    assert_eq!(rules(Tier::Medium), [Rule::ChangesReviewed]);
    assert_eq!(rules(Tier::High), [of_control, Rule::ChangesReviewed, Rule::FindingsAddressed]);
    Ok(())
}

#[test]
fn phases_stand_in_order_and_controls_in_their_phase() -> Outcome {
    let policy = built_in()?;
    for (at, phase) in policy.phases.iter().enumerate() {
        assert_eq!(policy.position(&phase.key), Some(at));
        assert_eq!(policy.before(&phase.key), &policy.phases[..at]);
        assert_eq!(policy.next(&phase.key), policy.phases.get(at + 1));
        for control in &phase.controls {
            assert_eq!(policy.control(&phase.key, &control.key), Some(control));
        }
    }
    let elsewhere = "elsewhere".parse()?;
    assert_eq!((policy.position(&elsewhere), policy.next(&elsewhere)), (None, None));
    assert!(policy.before(&elsewhere).is_empty());
    // A control is one of its own phase.
    let other = &policy.phases[1].controls[0].key;
    assert_eq!(policy.control(&policy.phases[0].key, other), None);
    Ok(())
}

#[test]
fn a_set_of_tiers_holds_what_was_put_in() {
    assert!(Tiers::NONE.is_empty() && !Tiers::ALL.is_empty());
    let mut all = Tiers::NONE;
    for tier in Tier::ALL {
        let one = Tiers::NONE.with(*tier);
        assert!(!one.is_empty() && one.contains(*tier) && one.iter().eq([*tier]));
        assert_eq!(one.with(*tier), one, "twice is once");
        all = all.with(*tier);
    }
    assert_eq!(all, Tiers::ALL);
    assert_eq!(Tiers::ALL.with(Tier::Medium), Tiers::ALL);
}

#[test]
fn a_part_of_a_policy_says_in_which_phase_it_is() -> Outcome {
    let (phase, name) = ("design".parse()?, "Design".to_owned());
    let part = PolicyPart::Phase { phase, name };
    assert_eq!(part.phase().map(ToString::to_string).as_deref(), Some("design"));
    assert_eq!(PolicyPart::Policy.phase(), None);
    Ok(())
}

#[test]
fn evidence_holds_for_the_days_of_its_kind_and_else_for_ever() -> Outcome {
    let mut terms = built_in()?.terms;
    terms.evidence_days = [(EvidenceKind::Sbom, 30)].into();
    assert_eq!(terms.evidence_lifetime(EvidenceKind::Sbom), Some(Duration::days(30)));
    assert_eq!(terms.evidence_lifetime(EvidenceKind::Vex), None);
    Ok(())
}

#[test]
fn a_practice_is_named_by_a_key_and_a_number() -> Outcome {
    let named: FrameworkRef = "ssdf:PW.4.1".parse()?;
    assert_eq!((named.framework.as_str(), named.practice.as_str()), ("ssdf", "PW.4.1"));
    assert_eq!(named.to_string(), "ssdf:PW.4.1");
    for wrong in ["ssdf", "SSDF:PW.4.1", "ssdf:PW 4", "ssdf:", ":PW.4.1", "ssdf:PW:4"] {
        assert!(wrong.parse::<FrameworkRef>().is_err(), "{wrong}");
    }
    Ok(())
}
