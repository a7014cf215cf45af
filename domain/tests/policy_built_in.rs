//! The built-in policy: complete against its source documents, and as heavy as the product promises.

use std::{collections::BTreeSet, error::Error};

use sluice_domain::{
    access::Role,
    policy::{BUILT_IN, Condition, ControlKey, EvidenceKind, PhaseKey, Policy, Proof, Tier, digest, parse},
    threat::Severity,
};

type Outcome = Result<(), Box<dyn Error>>;

/// What the first source document asks for, item by item, and the control that answers it.
const SOURCE: &[(&str, &str, &str)] = &[
    ("1.1 identify the scope", "requirements", "scope-and-goals"),
    ("1.1 identify the goals", "requirements", "scope-and-goals"),
    ("1.1 identify the resources", "requirements", "resources"),
    ("1.2 functional requirements", "requirements", "functional-requirements"),
    ("1.2 security requirements", "requirements", "security-requirements"),
    ("1.2 engineering principles", "requirements", "engineering-principles"),
    ("1.2 authentication", "requirements", "authentication"),
    ("1.2 data encryption", "requirements", "data-encryption"),
    ("1.2 secure communication protocols", "requirements", "secure-communication"),
    ("1.3 inform marketing", "requirements", "marketing-informed"),
    ("1.3 inform customer support", "requirements", "support-informed"),
    ("2.1 feature description with security controls", "design", "feature-description"),
    ("2.1 definition of ready", "design", "definition-of-ready"),
    ("2.2 threat modelling", "design", "threat-model-picture"),
    ("2.2 countermeasures", "design", "countermeasures"),
    ("2.3 document design decisions", "design", "design-decisions"),
    ("2.3 document security controls", "design", "control-design"),
    ("2.3 document implementation and verification", "design", "control-design"),
    ("3.1 coding standards", "development", "coding-standards"),
    ("3.1 secure coding practices", "development", "coding-standards"),
    ("3.2 implement features as designed", "development", "implemented-as-designed"),
    ("3.2 implement security controls as designed", "development", "security-controls-implemented"),
    ("3.3 code review of all changes", "development", "code-review"),
    ("3.4 automated quality checks", "development", "quality-checks"),
    ("3.4 automated security checks", "development", "security-checks"),
    ("4.1 test against the requirements", "testing", "test-results"),
    ("4.1 the project's test method", "testing", "test-plan"),
    ("4.2 security testing chosen while planning", "requirements", "security-testing-plan"),
    ("4.2 static code analysis", "testing", "static-code-analysis"),
    ("4.2 dynamic scanning", "testing", "dynamic-scanning"),
    ("4.2 penetration testing", "testing", "penetration-testing"),
    ("4.3 address issues and vulnerabilities", "testing", "findings-addressed"),
    ("4.3 validate the fixes", "testing", "fixes-validated"),
    ("4.4 document activities and results", "testing", "testing-documented"),
    ("5.1 secure configuration", "release", "secure-configuration"),
    ("5.1 hardening", "release", "hardening"),
    ("5.1 code signing", "release", "signed-artefacts"),
    ("5.1 secure distribution channels", "release", "secure-distribution"),
    ("5.1 secure updates and patches", "release", "update-path"),
    ("5.2 incident response plan established", "release", "incident-response-plan"),
    ("5.2 incident response plan followed", "release", "incidents-handled"),
    ("5.3 monitor for issues and vulnerabilities", "release", "monitoring-in-place"),
    ("5.3 monitor in production", "release", "production-watched"),
    ("5.3 patches by the triage framework", "release", "vulnerability-triage"),
    ("6.1 collect feedback", "post-release", "feedback-collected"),
    ("6.1 analyse feedback", "post-release", "feedback-analysed"),
    ("6.2 security enhancements in later releases", "post-release", "enhancements-linked"),
    ("6.2 bug fixes in later releases", "post-release", "bug-fixes-linked"),
    ("6.3 evaluate the posture", "post-release", "posture-review"),
    ("6.3 improve the posture", "post-release", "posture-improved"),
];

/// What the second source document and the product add to the lifecycle.
const ADDED: &[(&str, &str, &str)] = &[
    ("marketing and support acknowledge", "requirements", "stakeholders-acknowledged"),
    ("two reviewers for each change", "development", "two-reviewers"),
    ("vulnerable components", "development", "dependency-check"),
    ("bill of materials", "release", "bill-of-materials"),
    ("staging before production", "release", "staging"),
    ("release notes for each release", "release", "release-notes"),
    ("retirement: archive", "post-release", "archive"),
    ("retirement: data disposition", "post-release", "data-disposition"),
    ("retirement: transition", "post-release", "transition-plan"),
];

fn built_in() -> Result<Policy, Box<dyn Error>> {
    Ok(parse(BUILT_IN)?)
}

#[test]
fn every_item_of_the_source_has_its_control() -> Outcome {
    let policy = built_in()?;
    for (item, phase, control) in SOURCE.iter().chain(ADDED) {
        let found = policy.control(&PhaseKey::parse(phase)?, &ControlKey::parse(control)?);
        assert!(found.is_some(), "{item}: no control {control} in {phase}");
    }
    Ok(())
}

#[test]
fn every_control_answers_an_item_and_says_which() -> Outcome {
    let answered: BTreeSet<(&str, &str)> =
        SOURCE.iter().chain(ADDED).map(|(_, phase, control)| (*phase, *control)).collect();
    for (index, phase) in built_in()?.phases.iter().enumerate() {
        for control in &phase.controls {
            assert!(
                answered.contains(&(phase.key.as_str(), control.key.as_str())),
                "{} has no item in the table",
                control.key
            );
            let item = SOURCE.iter().find(|(_, _, key)| *key == control.key.as_str());
            // The source names the very item; what testing owes is chosen in phase 1 but asked for by item 4.2.
            if let Some((item, _, _)) = item {
                let number = item.split(' ').next().unwrap_or_default();
                assert!(
                    control.source.starts_with(&format!("SDL {number}")),
                    "{}: {}",
                    control.key,
                    control.source
                );
                assert!(number.starts_with(&(index + 1).to_string()) || number == "4.2", "{}", control.key);
            }
        }
    }
    Ok(())
}

#[test]
fn there_are_six_phases_in_order() -> Outcome {
    let policy = built_in()?;
    let keys: Vec<&str> = policy.phases.iter().map(|phase| phase.key.as_str()).collect();
    assert_eq!(keys, ["requirements", "design", "development", "testing", "release", "post-release"]);
    assert_eq!((policy.key.as_str(), policy.version.as_str()), ("sdl", "2026.1"));

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
    assert_eq!(counts(Tier::Low), [2, 1, 2, 2, 3, 1]);
    assert_eq!(counts(Tier::Medium), [6, 5, 7, 7, 11, 6]);
    assert_eq!(counts(Tier::High), [12, 6, 8, 8, 13, 9]);
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
            let after = ["production-watched", "vulnerability-triage", "incidents-handled"];
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
    Ok(())
}
