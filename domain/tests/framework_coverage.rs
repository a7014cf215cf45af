//! Frameworks: the catalogues that come with Sluice, and how far a policy covers one.

use std::{collections::BTreeSet, error::Error};

use sluice_domain::policy::{
    BUILT_IN, BUILT_IN_KEY, BUILT_INS, Coverage, CoverageCount, Framework, Policy, Practice, Tier, coverage,
    frameworks, parse,
};

type Outcome = Result<(), Box<dyn Error>>;

fn framework(key: &str) -> Result<&'static Framework, Box<dyn Error>> {
    Ok(frameworks().iter().find(|framework| framework.key == key).ok_or("no such framework")?)
}

fn ids(framework: &Framework, wanted: impl Fn(&str) -> bool) -> Vec<&str> {
    framework.practices.iter().map(|practice| practice.id.as_str()).filter(|id| wanted(id)).collect()
}

/// A framework with these ids.
fn made_of(ids: &[&str]) -> Framework {
    let practice = |id: &&str| Practice { id: (*id).to_owned(), title: format!("What {id} asks") };
    Framework {
        key: "own".to_owned(),
        title: "Own".to_owned(),
        practices: ids.iter().map(practice).collect(),
    }
}

/// The built-in policy whose first controls name these practices of `own`, and no other.
fn naming(names: &[&[&str]]) -> Result<Policy, Box<dyn Error>> {
    let mut policy = parse(BUILT_IN)?;
    let mut controls = policy.phases.iter_mut().flat_map(|phase| &mut phase.controls);
    for (control, names) in controls.by_ref().zip(names) {
        control.frameworks =
            names.iter().map(|name| format!("own:{name}").parse()).collect::<Result<_, _>>()?;
    }
    controls.for_each(|control| control.frameworks.clear());
    Ok(policy)
}

#[test]
fn ssdf_has_all_its_practices_and_tasks() -> Outcome {
    let ssdf = framework("ssdf")?;
    // Version 1.1 moved PW.3, PW.4.3, PW.4.5 and PW.5.2 elsewhere.
    let tasks = [
        "PO.1.1", "PO.1.2", "PO.1.3", "PO.2.1", "PO.2.2", "PO.2.3", "PO.3.1", "PO.3.2", "PO.3.3", "PO.4.1",
        "PO.4.2", "PO.5.1", "PO.5.2", "PS.1.1", "PS.2.1", "PS.3.1", "PS.3.2", "PW.1.1", "PW.1.2", "PW.1.3",
        "PW.2.1", "PW.4.1", "PW.4.2", "PW.4.4", "PW.5.1", "PW.6.1", "PW.6.2", "PW.7.1", "PW.7.2", "PW.8.1",
        "PW.8.2", "PW.9.1", "PW.9.2", "RV.1.1", "RV.1.2", "RV.1.3", "RV.2.1", "RV.2.2", "RV.3.1", "RV.3.2",
        "RV.3.3", "RV.3.4",
    ];
    assert_eq!(ids(ssdf, |id| id.matches('.').count() == 2), tasks);
    let practices: BTreeSet<&str> =
        tasks.iter().filter_map(|task| task.rsplit_once('.')).map(|(practice, _)| practice).collect();
    assert_eq!(practices.len(), 19);
    assert_eq!(ids(ssdf, |id| id.matches('.').count() == 1), practices.into_iter().collect::<Vec<_>>());
    assert_eq!(ssdf.practices.len(), 61);
    Ok(())
}

#[test]
fn samm_has_fifteen_practices_of_two_streams_and_three_levels() -> Outcome {
    let samm = framework("samm")?;
    let practices = [
        "G-SM", "G-PC", "G-EG", "D-TA", "D-SR", "D-SA", "I-SB", "I-SD", "I-DM", "V-AA", "V-RT", "V-ST",
        "O-IM", "O-EM", "O-OM",
    ];
    let mut expected = Vec::new();
    for practice in practices {
        expected.push(practice.to_owned());
        for stream in ["A", "B"] {
            expected.extend((1..=3).map(|level| format!("{practice}-{stream}-{level}")));
        }
    }
    assert_eq!(ids(samm, |_| true), expected);
    Ok(())
}

#[test]
fn no_two_practices_say_the_same() {
    for framework in frameworks() {
        let titles: BTreeSet<&str> =
            framework.practices.iter().map(|practice| practice.title.as_str()).collect();
        assert_eq!(titles.len(), framework.practices.len(), "{}", framework.key);
    }
}

/// A control serves practices, not their headings: a heading would claim all of them at once.
#[test]
fn controls_that_come_with_sluice_name_no_headings() -> Outcome {
    for source in BUILT_INS {
        let policy = parse(source)?;
        for framework in policy.known_frameworks() {
            let coverage = coverage(&policy, framework);
            for entry in coverage.entries.iter().filter(|entry| entry.heads.is_some()) {
                assert!(entry.controls.is_empty(), "{} {}", policy.key, entry.practice.id);
            }
        }
    }
    Ok(())
}

#[test]
fn what_the_policies_cover_is_what_it_was() -> Outcome {
    let mut found = Vec::new();
    for source in BUILT_INS {
        let policy = parse(source)?;
        for framework in policy.known_frameworks() {
            let CoverageCount { covered, of } = coverage(&policy, framework).count;
            found.push(format!("{} {} {covered}/{of}", policy.key, framework.key));
        }
    }
    // A figure that falls means that a reference was lost.
    assert_eq!(
        found,
        [
            "sdl ssdf 33/42",
            "sdl samm 38/90",
            "connector ssdf 32/42",
            "connector samm 44/90",
            "connector idsa 20/20"
        ]
    );
    assert_eq!(parse(BUILT_IN)?.key, BUILT_IN_KEY);
    Ok(())
}

#[test]
fn practices_list_their_controls_in_order() -> Outcome {
    let policy = naming(&[&["A"], &["A", "B"], &["A"]])?;
    let found = coverage(&policy, &made_of(&["B", "A", "C"]));
    let named: Vec<(&str, Vec<&str>)> = found
        .entries
        .iter()
        .map(|entry| {
            let controls = entry.controls.iter().map(|placed| placed.control.as_str()).collect();
            (entry.practice.id.as_str(), controls)
        })
        .collect();
    let expected = [
        ("B", vec!["scope-and-goals"]),
        ("A", vec!["risk-assessed", "scope-and-goals", "resources"]),
        ("C", vec![]),
    ];
    assert_eq!(named, expected);
    assert_eq!(found.count, CoverageCount { covered: 2, of: 3 });
    assert_eq!(found.count.gaps(), 1);
    assert!(found.entries[2].is_gap() && !found.entries[1].is_gap());
    let placed = &found.entries[0].controls[0];
    assert_eq!(
        (placed.phase.as_str(), placed.phase_name.as_str()),
        ("requirements", "Requirements and planning")
    );
    assert_eq!(placed.title, "Scope and goals are written down");
    Ok(())
}

#[test]
fn figures_differ_by_tier() -> Outcome {
    // The first two controls are owed by everybody, the third by high risk.
    let policy = naming(&[&["A"], &[], &["B"]])?;
    let found = coverage(&policy, &made_of(&["A", "B"]));
    let counts = |tier| found.count_for(tier).covered;
    assert_eq!([counts(Tier::Low), counts(Tier::Medium), counts(Tier::High)], [1, 1, 2]);
    assert_eq!(found.count_for(Tier::Low).of, 2);
    assert_eq!(found.entries[1].tiers().iter().collect::<Vec<_>>(), [Tier::High]);
    Ok(())
}

#[test]
fn headings_sum_up_what_is_below_them_and_do_not_count() -> Outcome {
    let policy = naming(&[&["X.1.1"], &["Y"], &["X.2"], &["XX"]])?;
    let framework = made_of(&["X", "X.1", "X.1.1", "X.1.2", "X.2", "X.3", "Y", "Y-1", "XX"]);
    let found = coverage(&policy, &framework);
    let heads: Vec<(&str, Option<(usize, usize)>)> = found
        .entries
        .iter()
        .map(|entry| (entry.practice.id.as_str(), entry.heads.map(|count| (count.covered, count.of))))
        .collect();
    assert_eq!(
        heads,
        [
            ("X", Some((2, 4))),
            ("X.1", Some((1, 2))),
            ("X.1.1", None),
            ("X.1.2", None),
            ("X.2", None),
            ("X.3", None),
            // Named as a whole, which covers nothing below it.
            ("Y", Some((0, 1))),
            ("Y-1", None),
            ("XX", None),
        ]
    );
    assert_eq!(found.count, CoverageCount { covered: 3, of: 6 });
    assert_eq!(found.entries[6].controls.len(), 1);
    assert!(!found.entries[6].is_gap() && !found.entries[0].is_gap());
    assert_eq!(found.count_for(Tier::High).of, 6);
    let gaps: Vec<&str> = found.gaps().map(|entry| entry.practice.id.as_str()).collect();
    assert_eq!(gaps, ["X", "X.1", "X.1.2", "X.3", "Y", "Y-1"]);
    Ok(())
}

#[test]
fn headings_with_everything_below_covered_are_no_gap() -> Outcome {
    let policy = naming(&[&["X.1"]])?;
    let found = coverage(&policy, &made_of(&["X", "X.1", "Z"]));
    assert_eq!(found.gaps().map(|entry| entry.practice.id.as_str()).collect::<Vec<_>>(), ["Z"]);
    Ok(())
}

#[test]
fn controls_without_a_reference_are_listed() -> Outcome {
    let policy = naming(&[&["A"], &[], &["A"]])?;
    let all: usize = policy.phases.iter().map(|phase| phase.controls.len()).sum();
    let without = coverage(&policy, &made_of(&["A"])).without;
    assert_eq!(without.len(), all - 2);
    assert_eq!(without[0].control.as_str(), "scope-and-goals");
    // A reference to another framework is none to this one.
    let other = Framework { key: "other".to_owned(), ..made_of(&["A"]) };
    let Coverage { without, count, .. } = coverage(&policy, &other);
    assert_eq!((without.len(), count.covered), (all, 0));
    Ok(())
}

#[test]
fn per_cent_are_rounded_down() {
    let percent = |covered, of| CoverageCount { covered, of }.percent();
    assert_eq!(
        [percent(2, 3), percent(199, 200), percent(3, 3), percent(0, 3), percent(0, 0)],
        [66, 99, 100, 0, 100]
    );
}

#[test]
fn a_policy_knows_the_frameworks_that_come_with_sluice_and_its_own() -> Outcome {
    let mut policy = parse(BUILT_IN)?;
    let keys = |policy: &Policy| -> Vec<String> {
        policy.known_frameworks().map(|framework| framework.key.clone()).collect()
    };
    assert_eq!(keys(&policy), ["ssdf", "samm"]);
    policy.frameworks.push(made_of(&["A"]));
    assert_eq!(keys(&policy), ["ssdf", "samm", "own"]);
    assert_eq!(policy.framework("own").map(|framework| framework.practices.len()), Some(1));
    assert_eq!(policy.framework("iso"), None);
    Ok(())
}
