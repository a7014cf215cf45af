//! The built-in policy: as heavy as the product promises, and asking the right people. That it is complete against its
//! source documents, `coverage.rs` shows.

use std::error::Error;

use sluice_domain::{
    access::Role,
    policy::{BUILT_IN, Condition, EvidenceKind, PhaseKey, Policy, Proof, Tier, digest, parse},
    record::Rule,
    threat::Severity,
};

type Outcome = Result<(), Box<dyn Error>>;

/// The controls that nothing but a person's word can prove.
const STATEMENTS: &[&str] = &[
    "countermeasures",
    "production-watched",
    "vulnerability-triage",
    "incidents-handled",
    "bug-fixes-linked",
    "posture-improved",
    "archive",
    "data-disposition",
];

fn built_in() -> Result<Policy, Box<dyn Error>> {
    Ok(parse(BUILT_IN)?)
}

#[test]
fn there_are_six_phases_in_order() -> Outcome {
    let policy = built_in()?;
    let keys: Vec<&str> = policy.phases.iter().map(|phase| phase.key.as_str()).collect();
    assert_eq!(keys, ["requirements", "design", "development", "testing", "release", "post-release"]);
    assert_eq!((policy.key.as_str(), policy.version.as_str()), ("sdl", "2026.3"));

    let mut walked = vec![policy.first().ok_or("no first phase")?];
    while let Some(next) = walked.last().and_then(|phase| policy.next(&phase.key)) {
        assert_eq!(policy.position(&next.key), Some(walked.len()));
        walked.push(next);
    }
    assert_eq!(walked.len(), 6);
    assert_eq!(policy.phase(&PhaseKey::parse("design")?).map(|phase| phase.name.as_str()), Some("Design"));
    assert_eq!(policy.next(&PhaseKey::parse("elsewhere")?), None);
    Ok(())
}

#[test]
fn it_is_as_heavy_as_its_tier() -> Outcome {
    let policy = built_in()?;
    let counts = |tier: Tier| -> Vec<usize> {
        policy.phases.iter().map(|phase| phase.controls_for(tier).count()).collect()
    };
    // "About ten" for low risk, everything for high risk.
    assert_eq!(counts(Tier::Low), [3, 1, 2, 2, 3, 1]);
    assert_eq!(counts(Tier::Medium), [7, 5, 6, 8, 14, 7]);
    assert_eq!(counts(Tier::High), [13, 6, 7, 8, 16, 10]);
    for control in policy.phases.iter().flat_map(|phase| &phase.controls) {
        assert!(control.tiers.contains(Tier::High), "{}: high risk owes all", control.key);
        assert!(
            control.tiers.contains(Tier::Medium) || !control.tiers.contains(Tier::Low),
            "{}",
            control.key
        );
    }
    Ok(())
}

#[test]
fn gates_ask_for_the_right_people() -> Outcome {
    let policy = built_in()?;
    let seats: Vec<(&str, Role, [u8; 3])> = policy
        .phases
        .iter()
        .flat_map(|phase| phase.gate.sign_offs.iter().map(move |rule| (phase, rule)))
        .map(|(phase, rule)| {
            (phase.key.as_str(), rule.role, [rule.quorum.low, rule.quorum.medium, rule.quorum.high])
        })
        .collect();
    let reviewer = Role::SecurityReviewer;
    assert_eq!(
        seats,
        [
            ("requirements", reviewer, [1, 1, 1]),
            ("design", reviewer, [1, 1, 2]),
            ("development", reviewer, [1, 1, 2]),
            ("testing", reviewer, [1, 1, 2]),
            ("release", reviewer, [1, 1, 1]),
            ("release", Role::ReleaseManager, [0, 1, 1]),
            ("post-release", reviewer, [1, 1, 1]),
        ]
    );
    let release = policy.phase(&PhaseKey::parse("release")?).ok_or("no release phase")?;
    assert_eq!(release.gate.sign_offs_for(Tier::Low).count(), 1);
    assert_eq!(release.gate.sign_offs_for(Tier::Medium).count(), 2);
    Ok(())
}

/// Who contributes does not sign. So nobody who has to sign is the only one who could do a control.
#[test]
fn every_control_can_be_done_by_somebody_who_does_not_sign() -> Outcome {
    for phase in &built_in()?.phases {
        for control in &phase.controls {
            let signs = |role: &Role| phase.gate.sign_offs.iter().any(|rule| rule.role == *role);
            assert!(control.done_by.iter().any(|role| !signs(role)), "{}", control.key);
        }
    }
    Ok(())
}

#[test]
fn threats_are_asked_about_in_design_and_again_in_testing() -> Outcome {
    let policy = built_in()?;
    for (phase, complete) in [("design", true), ("testing", false)] {
        let gate = &policy.phase(&PhaseKey::parse(phase)?).ok_or(phase)?.gate;
        for tier in Tier::ALL.iter().copied() {
            let applying = || gate.conditions.iter().filter(|condition| condition.applies_to(tier));
            let asked =
                applying().any(|condition| matches!(condition, Condition::ThreatModelComplete { .. }));
            assert_eq!(asked, complete, "{phase} {tier:?}");
            let severities: Vec<Severity> = applying()
                .filter_map(|condition| match condition {
                    Condition::NoUntreatedThreat { at_least, .. } => Some(*at_least),
                    Condition::ThreatModelComplete { .. } => None,
                })
                .collect();
            let expected = if tier == Tier::High { Severity::Medium } else { Severity::High };
            assert_eq!(severities, [expected], "{phase} {tier:?}");
        }
    }
    Ok(())
}

#[test]
fn only_what_comes_before_the_deployment_is_asked_before_production() -> Outcome {
    for phase in &built_in()?.phases {
        for control in &phase.controls {
            let after =
                ["production-verified", "production-watched", "vulnerability-triage", "incidents-handled"];
            let before = phase.key.as_str() == "release" && !after.contains(&control.key.as_str());
            assert_eq!(control.before_production, before, "{}", control.key);
        }
    }
    Ok(())
}

#[test]
fn guidance_teaches_in_two_sentences() -> Outcome {
    for control in built_in()?.phases.iter().flat_map(|phase| &phase.controls) {
        let sentences = control.guidance.matches(['.', '?']).count();
        assert!((2..=3).contains(&sentences), "{}: {}", control.key, control.guidance);
        assert!(control.guidance.chars().count() <= 260, "{}", control.key);
    }
    Ok(())
}

#[test]
fn every_kind_of_proof_is_used_with_sense() -> Outcome {
    for control in built_in()?.phases.iter().flat_map(|phase| &phase.controls) {
        // What records can prove is proved by them: a file where the file is the proof, a statement where nothing else is.
        let by_statement = matches!(control.proof, Proof::Statement);
        assert_eq!(by_statement, STATEMENTS.contains(&control.key.as_str()), "{}", control.key);
        if let Proof::Evidence(kinds) = &control.proof {
            assert!(!kinds.is_empty() && !kinds.contains(&EvidenceKind::Other), "{}", control.key);
        }
    }
    Ok(())
}

#[test]
fn the_digest_covers_the_exact_text() {
    let empty = [
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
        0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ];
    assert_eq!(digest(""), empty);
    assert_ne!(digest(BUILT_IN), digest(&format!("{BUILT_IN} ")));
}

#[test]
fn the_guide_for_authors_is_right() -> Outcome {
    let guide = include_str!("../../policies/README.md");
    let example =
        guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).ok_or("no example")?;
    assert_eq!(parse(example)?.phases.len(), 1);

    let codes = Role::ALL.iter().map(|role| role.code()).chain(Tier::ALL.iter().map(|tier| tier.code()));
    let codes = codes.chain(Severity::ALL.iter().map(|severity| severity.code()));
    let codes = codes.chain(Rule::ALL.iter().map(|rule| rule.code()));
    for code in codes.chain(EvidenceKind::all().iter().map(|kind| kind.code())) {
        assert!(guide.contains(&format!("`{code}`")), "the guide does not name {code}");
    }
    for phase in &built_in()?.phases {
        let count = |tier: Tier| phase.controls_for(tier).count();
        let row = format!(
            "| {} | {} | {} | {} |",
            phase.name,
            count(Tier::Low),
            count(Tier::Medium),
            count(Tier::High)
        );
        assert!(guide.contains(&row), "the guide has no row {row}");
    }
    let all = built_in()?;
    let all = all.phases.iter().flat_map(|phase| &phase.controls);
    let (mut records, mut evidence, mut statements) = (0, 0, 0);
    for control in all {
        match control.proof {
            Proof::Records { .. } => records += 1,
            Proof::Evidence(_) => evidence += 1,
            Proof::Statement => statements += 1,
        }
    }
    let sum =
        format!("{records} are proved by records, {evidence} by evidence and {statements} by a statement");
    assert!(guide.contains(&sum), "the guide does not say: {sum}");
    Ok(())
}
