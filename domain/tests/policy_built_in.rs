//! The policies that come with Sluice: as heavy as the product promises, and asking the right people. That they are
//! complete against their source documents, `coverage.rs` shows.

use std::error::Error;

use sluice_domain::{
    access::Role,
    policy::{
        BUILT_IN, BUILT_INS, EvidenceKind, PhaseKey, Policy, Proof, RecordsSubject, Tier, Wanted, digest,
        parse,
    },
    threat::Severity,
};

type Outcome = Result<(), Box<dyn Error>>;

/// The controls that nothing but a person's word can prove, by policy.
const STATEMENTS: &[(&str, &[&str])] = &[
    (
        "sdl",
        &[
            "countermeasures",
            "production-watched",
            "vulnerability-triage",
            "incidents-handled",
            "bug-fixes-linked",
            "posture-improved",
            "archive",
            "data-disposition",
        ],
    ),
    (
        "connector",
        &[
            "production-watched",
            "incidents-handled",
            "response-times-reviewed",
            "policies-reviewed",
            "documentation-reviewed",
            "archive",
            "data-disposition",
        ],
    ),
];

fn built_in() -> Result<Policy, Box<dyn Error>> {
    Ok(parse(BUILT_IN)?)
}

fn built_ins() -> Result<Vec<Policy>, Box<dyn Error>> {
    Ok(BUILT_INS.iter().map(|source| parse(source)).collect::<Result<_, _>>()?)
}

/// The policy that follows the connector's life-cycle.
fn connector() -> Result<Policy, Box<dyn Error>> {
    Ok(built_ins()?.into_iter().find(|policy| policy.key == "connector").ok_or("no such policy")?)
}

/// What the gate at the end of a phase asks features of a tier for, in the policy's order.
fn asked(policy: &Policy, phase: &str, tier: Tier) -> Result<Vec<String>, Box<dyn Error>> {
    let phase = policy.phase(&PhaseKey::parse(phase)?).ok_or("no such phase")?;
    Ok(phase.conditions_for(tier).map(|condition| condition.code().to_owned()).collect())
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
fn the_connector_has_eight_phases_from_inception_to_retirement() -> Outcome {
    let policy = connector()?;
    let keys: Vec<&str> = policy.phases.iter().map(|phase| phase.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "inception",
            "planning",
            "design",
            "implementation",
            "testing",
            "deployment",
            "maintenance",
            "retirement"
        ]
    );
    assert_eq!(policy.version, "2026.1");
    assert_ne!(policy.terms, built_in()?.terms);
    Ok(())
}

#[test]
fn they_are_as_heavy_as_the_tier() -> Outcome {
    let counts = |policy: &Policy, tier: Tier| -> Vec<usize> {
        policy.phases.iter().map(|phase| phase.controls_for(tier).count()).collect()
    };
    // "About ten" for low risk, everything for high risk.
    let policy = built_in()?;
    assert_eq!(counts(&policy, Tier::Low), [3, 1, 2, 2, 3, 1]);
    assert_eq!(counts(&policy, Tier::Medium), [7, 5, 6, 8, 14, 7]);
    assert_eq!(counts(&policy, Tier::High), [13, 6, 7, 8, 16, 10]);
    let policy = connector()?;
    assert_eq!(counts(&policy, Tier::Low), [2, 1, 1, 2, 2, 3, 1, 1]);
    assert_eq!(counts(&policy, Tier::Medium), [4, 6, 5, 7, 11, 17, 7, 3]);
    assert_eq!(counts(&policy, Tier::High), [5, 7, 6, 8, 14, 20, 12, 3]);
    for control in built_ins()?.iter().flat_map(|policy| &policy.phases).flat_map(|phase| &phase.controls) {
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

/// The connector's change management team approves every change before it goes anywhere, and looks at the outcome.
#[test]
fn changes_of_the_connector_are_approved_before_staging() -> Outcome {
    let policy = connector()?;
    let quorum = |phase: &str, role: Role| -> Result<[u8; 3], Box<dyn Error>> {
        let gate = &policy.phase(&PhaseKey::parse(phase)?).ok_or("no such phase")?.gate;
        let rule = gate.sign_offs.iter().find(|rule| rule.role == role).ok_or("nobody signs")?;
        Ok([rule.quorum.low, rule.quorum.medium, rule.quorum.high])
    };
    assert_eq!(quorum("testing", Role::ReleaseManager)?, [1, 1, 1]);
    assert_eq!(quorum("deployment", Role::ReleaseManager)?, [0, 1, 1]);
    assert_eq!(quorum("maintenance", Role::IncidentManager)?, [0, 1, 1]);
    for phase in &policy.phases {
        let of_two = ["design", "implementation", "testing"].contains(&phase.key.as_str());
        let expected = if of_two { [1, 1, 2] } else { [1, 1, 1] };
        assert_eq!(quorum(phase.key.as_str(), Role::SecurityReviewer)?, expected, "{}", phase.key);
    }
    Ok(())
}

/// Who contributes does not sign. So nobody who has to sign is the only one who could do a control.
#[test]
fn every_control_can_be_done_by_somebody_who_does_not_sign() -> Outcome {
    for phase in built_ins()?.iter().flat_map(|policy| &policy.phases) {
        for control in &phase.controls {
            let signs = |role: &Role| phase.gate.sign_offs.iter().any(|rule| rule.role == *role);
            assert!(control.done_by.iter().any(|role| !signs(role)), "{}", control.key);
        }
    }
    Ok(())
}

#[test]
fn threats_are_asked_about_in_design_and_again_in_testing() -> Outcome {
    for policy in built_ins()? {
        for (phase, complete) in [("design", true), ("testing", false)] {
            let phase = policy.phase(&PhaseKey::parse(phase)?).ok_or(phase)?;
            for tier in Tier::ALL.iter().copied() {
                let has = |wanted: &Wanted| phase.conditions_for(tier).any(|found| found.wanted == *wanted);
                assert_eq!(has(&Wanted::ThreatModelComplete), complete, "{} {tier:?}", phase.key);
                // What was answered once is confirmed when testing ends, where more than a little can go wrong.
                let current = complete || tier != Tier::Low;
                assert_eq!(has(&Wanted::ThreatModelCurrent), current, "{} {tier:?}", phase.key);
                let severities: Vec<Severity> = phase
                    .conditions_for(tier)
                    .filter_map(|condition| match condition.wanted {
                        Wanted::NoUntreatedThreat { at_least, .. } => Some(at_least),
                        _ => None,
                    })
                    .collect();
                let expected = if tier == Tier::High { Severity::Medium } else { Severity::High };
                assert_eq!(severities, [expected], "{} {tier:?}", phase.key);
            }
        }
    }
    Ok(())
}

#[test]
fn gates_ask_for_more_than_their_controls() -> Outcome {
    let (threats, finding) = (["threat-model-current", "no-untreated-threat"], "no-open-finding");
    let sdl = built_in()?;
    assert_eq!(asked(&sdl, "testing", Tier::Low)?, [finding, threats[1]]);
    assert_eq!(asked(&sdl, "testing", Tier::High)?, [threats[0], finding, threats[1]]);
    assert_eq!(asked(&sdl, "post-release", Tier::Medium)?, Vec::<String>::new());
    assert_eq!(asked(&sdl, "post-release", Tier::High)?, ["record-archived"]);

    let connector = connector()?;
    assert_eq!(
        asked(&connector, "design", Tier::High)?.last().map(String::as_str),
        Some("requirements-present")
    );
    assert_eq!(
        asked(&connector, "testing", Tier::Medium)?,
        [threats[0], threats[1], finding, "checks-green"]
    );
    let deployment = ["reviewers-per-change", "evidence-present", "artefacts-signed", finding];
    assert_eq!(asked(&connector, "deployment", Tier::High)?, deployment);
    assert_eq!(asked(&connector, "deployment", Tier::Low)?, [finding]);
    assert_eq!(asked(&connector, "maintenance", Tier::Medium)?, ["documents-present", finding]);
    assert_eq!(asked(&connector, "retirement", Tier::Medium)?, ["record-archived"]);
    for condition in connector.phases.iter().flat_map(|phase| &phase.gate.conditions) {
        if let Wanted::Records { subject: RecordsSubject::ReviewersPerChange, reviewers } = &condition.wanted
        {
            // As the protected main branch asks for.
            assert_eq!(reviewers.map(|reviewers| reviewers.for_tier(Tier::Medium)), Some(2));
        }
    }
    Ok(())
}

/// A feature may ship when what is asked for before production is there; what is asked for only there comes before it.
#[test]
fn conditions_of_the_deployment_hold_before_production() -> Outcome {
    for policy in built_ins()? {
        for phase in &policy.phases {
            for condition in &phase.gate.conditions {
                let deploys = ["release", "deployment"].contains(&phase.key.as_str());
                assert_eq!(condition.before_production, deploys, "{} {}", phase.key, condition.code());
            }
        }
    }
    Ok(())
}

#[test]
fn what_nobody_may_accept_is_named() -> Outcome {
    for policy in built_ins()? {
        let controls = policy.phases.iter().flat_map(|phase| &phase.controls);
        let controls = controls.filter(|control| !control.waivable).map(|control| control.key.as_str());
        assert_eq!(controls.collect::<Vec<_>>(), ["risk-assessed", "data-disposition"], "{}", policy.key);
        let conditions = policy.phases.iter().flat_map(|phase| &phase.gate.conditions);
        let conditions =
            conditions.filter(|condition| !condition.waivable).map(sluice_domain::policy::Condition::code);
        assert_eq!(conditions.collect::<Vec<_>>(), ["record-archived"], "{}", policy.key);
    }
    Ok(())
}

#[test]
fn terms_say_who_and_how_long() -> Outcome {
    for (policy, days) in [(built_in()?, 90), (connector()?, 60)] {
        let terms = policy.terms;
        let emergency = terms.emergency.ok_or("no emergency path")?;
        assert_eq!((emergency.people, emergency.owed_days), (2, 5));
        assert_eq!(
            emergency.approvers,
            [Role::SecurityReviewer, Role::ReleaseManager, Role::IncidentManager]
        );
        let waivers = terms.waivers.ok_or("no waivers")?;
        assert_eq!((waivers.approvers, waivers.max_days), (vec![Role::SecurityReviewer], days));
        assert_eq!(terms.evidence_days.get(&EvidenceKind::DependencyScan), Some(&30));
        assert_eq!(terms.evidence_days.get(&EvidenceKind::Sbom), None);
        let mut last = None;
        for severity in Severity::ALL {
            let times = terms.resolution.get(severity).ok_or("no time")?;
            assert!(times.respond_days <= times.resolve_days, "{severity:?}");
            // What is worse is answered and put right no later.
            let faster = last.is_none_or(|(respond, resolve)| {
                times.respond_days <= respond && times.resolve_days < resolve
            });
            assert!(faster, "{} {severity:?}", policy.key);
            last = Some((times.respond_days, times.resolve_days));
        }
    }
    Ok(())
}

#[test]
fn only_what_comes_before_the_deployment_is_asked_before_production() -> Outcome {
    let after = [
        "production-verified",
        "production-watched",
        "vulnerability-triage",
        "incidents-handled",
        "change-log",
        "integrated",
    ];
    for phase in built_ins()?.iter().flat_map(|policy| &policy.phases) {
        for control in &phase.controls {
            let deploys = ["release", "deployment"].contains(&phase.key.as_str());
            let before = deploys && !after.contains(&control.key.as_str());
            assert_eq!(control.before_production, before, "{}", control.key);
        }
    }
    Ok(())
}

#[test]
fn guidance_teaches_in_two_sentences() -> Outcome {
    for control in built_ins()?.iter().flat_map(|policy| &policy.phases).flat_map(|phase| &phase.controls) {
        let sentences = control.guidance.matches(['.', '?']).count();
        assert!((2..=3).contains(&sentences), "{}: {}", control.key, control.guidance);
        assert!(control.guidance.chars().count() <= 260, "{}", control.key);
    }
    Ok(())
}

#[test]
fn every_kind_of_proof_is_used_with_sense() -> Outcome {
    for policy in built_ins()? {
        let (_, statements) =
            STATEMENTS.iter().find(|(key, _)| *key == policy.key).ok_or("a policy without a list")?;
        for control in policy.phases.iter().flat_map(|phase| &phase.controls) {
            // What records can prove is proved by them: a file where the file is the proof, a statement where nothing
            // else is.
            let by_statement = matches!(control.proof, Proof::Statement);
            assert_eq!(by_statement, statements.contains(&control.key.as_str()), "{}", control.key);
            if let Proof::Evidence(kinds) = &control.proof {
                assert!(kinds.iter().any(|kind| *kind != EvidenceKind::Other), "{}", control.key);
            }
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
fn the_overview_of_what_they_ask_is_right() -> Outcome {
    let guide = include_str!("../../policies/README.md");
    for policy in built_ins()? {
        let (mut records, mut evidence, mut statements) = (0, 0, 0);
        for phase in &policy.phases {
            let count = |tier: Tier| phase.controls_for(tier).count();
            let row = format!(
                "| {} | {} | {} | {} |",
                phase.name,
                count(Tier::Low),
                count(Tier::Medium),
                count(Tier::High)
            );
            assert!(guide.contains(&row), "the guide has no row {row}");
            for control in &phase.controls {
                match control.proof {
                    Proof::Records { .. } => records += 1,
                    Proof::Evidence(_) => evidence += 1,
                    Proof::Statement => statements += 1,
                }
            }
        }
        let sum = format!(
            "{records} are proved by records, {evidence} by evidence and {statements} by a statement"
        );
        assert!(guide.contains(&sum), "the guide does not say: {sum}");
    }
    Ok(())
}
