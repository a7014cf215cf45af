//! Records: what each rule needs, and that what the kinds ask for fits together.
#![expect(clippy::expect_used, reason = "a test says what it expected")]

#[path = "support/records/mod.rs"]
mod facts;

use std::collections::{BTreeMap, BTreeSet};

use facts::{flaws, group_of, lacks, put, whole};
use sluice_domain::{
    access::Action,
    place::Place,
    policy::{BUILT_IN, Phase, Tier, parse},
    record::{
        Input, ListKind, RecordFact, RecordFacts, RecordKind, RecordRef, Rule, Shortfall, State, TitleFrom,
        Tone, Values,
    },
    text::Title,
    words,
};

#[test]
fn every_rule_holds_when_all_is_on_record() {
    for rule in Rule::ALL.iter().copied() {
        assert_eq!(rule.shortfalls(&whole(), 2), [], "{}", rule.code());
        assert_eq!(Rule::from_code(rule.code()), Some(rule));
    }
}

/// Each rule against each flaw: it lacks what the flaw takes away, each thing once and in order, and nothing else.
#[test]
fn every_rule_lacks_what_is_missing_and_nothing_else() {
    for flaw in flaws() {
        let facts = flaw.facts();
        for rule in Rule::ALL.iter().copied() {
            for need in 0..=2 {
                let mut missing = flaw.breaks(rule, need);
                missing.sort();
                let found = rule.shortfalls(&facts, need);
                assert_eq!(found, missing, "{}: {} with {need} reviewers", flaw.name, rule.code());
                for shortfall in found {
                    let kind = match shortfall.place() {
                        Place::Records(kind) | Place::Record(kind, _) => Some(kind),
                        Place::Standards => None,
                        other => unreachable!("{other:?} is no page of records"),
                    };
                    assert!(kind.is_none_or(|kind| rule.reads().contains(&kind)), "{}", rule.code());
                }
            }
        }
    }
    for rule in Rule::ALL.iter().copied() {
        let breaks = flaws().iter().filter(|flaw| !flaw.breaks(rule, 1).is_empty()).count();
        assert!(breaks > 0, "nothing breaks {}", rule.code());
    }
}

/// What a rule says that it reads is all that it reads: records of these kinds and this list, and nothing but them, enter
/// dossiers.
#[test]
fn a_rule_reads_what_it_says_and_nothing_else() {
    for facts in flaws().iter().map(facts::Flaw::facts).chain([whole()]) {
        for rule in Rule::ALL.iter().copied() {
            let mut only = facts.clone();
            only.records.retain(|record| rule.reads().contains(&record.kind));
            if !rule.reads_threats() {
                only.mitigated.clear();
            }
            only.points.retain(|list, _| rule.list() == Some(*list));
            if rule != Rule::StandardsAttested {
                (only.standards, only.unattested) = (0, Vec::new());
            }
            assert_eq!(rule.shortfalls(&only, 2), rule.shortfalls(&facts, 2), "{}", rule.code());
        }
    }
    for rule in Rule::ALL.iter().copied() {
        assert_eq!(rule.kind(), rule.reads()[0]);
        let each: BTreeSet<&RecordKind> = rule.reads().iter().collect();
        assert_eq!(each.len(), rule.reads().len(), "{}", rule.code());
    }
}

/// What is put right is right, whatever else is wrong; and order never matters.
#[test]
fn flaws_of_one_part_do_not_reach_another() {
    for flaw in flaws() {
        let mut facts = flaw.facts();
        for rule in Rule::ALL.iter().copied().filter(|rule| group_of(*rule) != flaw.group) {
            assert_eq!(lacks(&facts, rule, 2), [], "{}: {}", flaw.name, rule.code());
            assert_eq!(rule.shortfalls(&facts, 2), [], "{}: {}", flaw.name, rule.code());
        }
        let forwards: Vec<_> = Rule::ALL.iter().map(|rule| rule.shortfalls(&facts, 2)).collect();
        facts.records.reverse();
        let backwards: Vec<_> = Rule::ALL.iter().map(|rule| rule.shortfalls(&facts, 2)).collect();
        assert_eq!(forwards, backwards, "{}", flaw.name);
        put(&mut facts, flaw.group, &whole());
        for rule in Rule::ALL.iter().copied() {
            assert_eq!(rule.shortfalls(&facts, 2), [], "{}: {}", flaw.name, rule.code());
        }
    }
}

fn record(kind: RecordKind, number: i32, state: &str, pairs: &[(&str, &str)]) -> RecordFact {
    let values = pairs.iter().fold(Values::default(), |values, (key, text)| values.with(key, *text));
    let state = kind.spec().state(state).expect("a state of the kind");
    RecordFact { kind, number, title: format!("Number {number}"), state, values }
}

fn holds(rule: Rule, records: Vec<RecordFact>) -> bool {
    rule.shortfalls(&RecordFacts { records, ..RecordFacts::default() }, 1).is_empty()
}

#[test]
fn what_was_set_aside_asks_for_nothing() {
    let test = |number, method, state| record(RecordKind::SecurityTest, number, state, &[("method", method)]);
    let all = |state| {
        vec![
            test(1, "static-analysis", state),
            test(2, "dynamic-scan", state),
            test(3, "penetration-test", state),
        ]
    };
    for (state, done) in [("not-needed", true), ("promised", false), ("passed", false), ("failed", false)] {
        assert!(holds(Rule::SecurityTestsChosen, all(state)), "{state}");
        for rule in [Rule::StaticAnalysisDone, Rule::DynamicScanDone, Rule::PenetrationTestDone] {
            // What passed still has to show its report.
            assert_eq!(holds(rule, all(state)), done, "{state} {}", rule.code());
        }
    }
    // Other methods are welcome and decide nothing.
    assert!(!holds(Rule::SecurityTestsChosen, vec![test(1, "fuzzing", "promised")]));
    for (kind, state) in [
        (RecordKind::Change, "abandoned"),
        (RecordKind::Requirement, "dropped"),
        (RecordKind::Decision, "superseded"),
        (RecordKind::Artefact, "withdrawn"),
    ] {
        let mut facts = whole();
        let values = [("class", "security"), ("family", "privacy")];
        facts.records.push(record(kind, 9, state, &values));
        for rule in Rule::ALL.iter().copied() {
            assert_eq!(rule.shortfalls(&facts, 2), [], "{state}: {}", rule.code());
        }
    }
}

#[test]
fn the_latest_run_of_a_check_counts() {
    let run = |number, state, ran, title: &str| RecordFact {
        title: title.into(),
        ..record(RecordKind::Check, number, state, &[("class", "quality"), ("ran", ran)])
    };
    let failed = |ran| run(1, "failed", ran, "clippy");
    assert!(!holds(Rule::QualityChecks, vec![failed("2026-05-04")]));
    assert!(holds(Rule::QualityChecks, vec![failed("2026-05-04"), run(2, "passed", "2026-05-05", "Clippy")]));
    assert!(!holds(
        Rule::QualityChecks,
        vec![failed("2026-05-06"), run(2, "passed", "2026-05-05", "clippy")]
    ));
    // On one day the one that was recorded later counts.
    assert!(holds(Rule::QualityChecks, vec![failed("2026-05-05"), run(2, "passed", "2026-05-05", "clippy")]));
    assert!(!holds(
        Rule::QualityChecks,
        vec![failed("2026-05-04"), run(2, "passed", "2026-05-05", "rustfmt")]
    ));
    assert!(!holds(Rule::SecurityChecks, vec![run(2, "passed", "2026-05-05", "clippy")]));
}

#[test]
fn what_did_not_happen_is_no_gap() {
    assert!(holds(Rule::FindingsAddressed, Vec::new()) && holds(Rule::FixesValidated, Vec::new()));
    assert!(holds(Rule::FeedbackAnalysed, Vec::new()) && holds(Rule::FeedbackFollowed, Vec::new()));
    assert!(!holds(Rule::FeedbackCollected, Vec::new()));
    let dismissed = vec![record(RecordKind::Finding, 1, "dismissed", &[("fix", "By design.")])];
    assert!(holds(Rule::FixesValidated, dismissed));
    let closed = vec![record(RecordKind::Feedback, 1, "closed", &[("analysis", "By design.")])];
    assert!(holds(Rule::FeedbackFollowed, closed));
    let review =
        |number, state, key| record(RecordKind::PostureReview, number, state, &[(key, "2026-11-04")]);
    assert!(holds(Rule::PostureReviewed, vec![review(1, "done", "result"), review(2, "planned", "due")]));
}

#[test]
fn one_reviewer_too_few_is_counted() {
    let change = |reviewers: &[&str]| RecordFact {
        values: Values::default().with("author", "a").with_many("reviewers", reviewers.iter().copied()),
        ..record(RecordKind::Change, 1, "merged", &[])
    };
    for (reviewers, have) in [
        (&[] as &[&str], 0),
        (&["a"], 0),
        (&["b"], 1),
        (&["a", "b", "b"], 1),
        (&["b", "c"], 2),
        (&["a", "b", "c"], 2),
    ] {
        let facts = RecordFacts { records: vec![change(reviewers)], ..RecordFacts::default() };
        for need in 0..=3_u8 {
            let found = Rule::ChangesReviewed.shortfalls(&facts, need);
            let short = have < usize::from(need);
            let missing = short.then_some(Shortfall::Reviewers { number: 1, have, need });
            assert_eq!(found, missing.into_iter().collect::<Vec<_>>(), "{reviewers:?} {need}");
        }
    }
}

fn distinct<'a>(what: &str, items: impl IntoIterator<Item = &'a str>) {
    let items: Vec<&str> = items.into_iter().collect();
    let set: BTreeSet<&str> = items.iter().copied().collect();
    assert_eq!(set.len(), items.len(), "{what}: {items:?}");
    assert!(items.iter().all(|item| !item.trim().is_empty()), "{what}: {items:?}");
}

#[test]
fn what_a_kind_asks_for_fits_together() {
    for kind in RecordKind::ALL.iter().copied() {
        let (spec, code) = (kind.spec(), kind.code());
        assert_eq!(spec.kind, kind);
        assert!(!spec.name.is_empty() && !spec.plural.is_empty() && !spec.editors.is_empty(), "{code}");
        assert!(spec.purpose.ends_with('.'), "{code}");
        distinct(code, spec.fields.iter().map(|field| field.key));
        distinct(code, spec.fields.iter().map(|field| field.label));
        distinct(code, spec.states.iter().map(|state| state.code));
        distinct(code, spec.states.iter().map(|state| state.label));
        for field in spec.fields {
            // These names belong to the form itself.
            assert!(!["id", "version", "state", "title"].contains(&field.key), "{code} {}", field.key);
            assert!(!(field.needed && matches!(field.input, Input::Set)), "{code} {}", field.key);
            match field.input {
                Input::Choice(choices) => {
                    distinct(field.key, choices.iter().map(|choice| choice.code));
                    distinct(field.key, choices.iter().map(|choice| choice.label));
                    for choice in choices {
                        assert_eq!(spec.choice_label(field.key, choice.code), Some(choice.label));
                    }
                }
                Input::References { records, threats, evidence } => {
                    assert!(threats || evidence || !records.is_empty(), "{code} {}", field.key);
                    assert!(records.iter().all(|other| !other.is_single()), "{code} {}", field.key);
                }
                _ => assert_eq!(spec.choice_label(field.key, "yes"), None),
            }
        }
        match spec.title {
            TitleFrom::Asked { label, .. } => assert!(!label.is_empty()),
            TitleFrom::Choice(key) => {
                let field = spec.field(key).expect("the field that gives the title");
                let Input::Choice(choices) = field.input else { unreachable!("{code} {key} is no choice") };
                assert!(field.needed && choices.iter().all(|choice| choice.label.parse::<Title>().is_ok()));
            }
            TitleFrom::Kind => assert!(kind.is_single() && spec.name.parse::<Title>().is_ok(), "{code}"),
        }
        assert_eq!(
            kind.is_single(),
            spec.states.len() == 1,
            "{code}: of which a feature has one, has one state"
        );
    }
}

#[test]
fn every_state_can_be_reached_by_somebody_who_can_fill_in_what_it_needs() {
    let may_record = Action::EditRecord.product_roles();
    for kind in RecordKind::ALL.iter().copied() {
        let (spec, code) = (kind.spec(), kind.code());
        let first = spec.first_state();
        assert_eq!(spec.state(first.code).map(|state| state.code), Some(first.code));
        assert!(
            first.by.is_empty() && first.needs.is_empty() && !first.by_another,
            "{code}: a record begins"
        );
        assert!(spec.leads_to(None, first), "{code}");
        assert!(spec.editors.iter().all(|role| may_record.contains(role)), "{code}");
        let mut reached: Vec<&State> = Vec::new();
        while let Some(state) = spec.states.iter().find(|state| {
            let known = reached.iter().any(|other| other.code == state.code);
            let from = reached.iter().any(|other| spec.leads_to(Some(other.code), state));
            !known && (from || spec.leads_to(None, state))
        }) {
            reached.push(state);
        }
        assert_eq!(reached.len(), spec.states.len(), "{code}: a state that nothing leads to");
        for state in spec.states {
            let place = format!("{code} {}", state.code);
            let named = state.needs.iter().chain(state.fills);
            assert!(named.into_iter().all(|key| spec.field(key).is_some()), "{place}");
            assert!(state.after.iter().all(|before| spec.state(before).is_some()), "{place}");
            assert!(spec.who_may_enter(state).iter().all(|role| may_record.contains(role)), "{place}");
            // Who takes the step and does not write the record has to be able to fill in what the step needs.
            let only_steps = spec.who_may_enter(state).iter().any(|role| !spec.editors.contains(role));
            assert!(!only_steps || state.needs.iter().all(|key| state.fills.contains(key)), "{place}");
            let roles = spec.who_may_enter(state).iter().copied().collect();
            assert!(spec.involves(&roles), "{place}");
        }
        assert!(spec.states.iter().any(|state| state.tone == Tone::Good), "{code}: nothing ever counts");
    }
}

#[test]
fn every_record_is_called_by_a_name_of_its_own() {
    let prefixes = RecordKind::ALL.iter().filter_map(|kind| kind.spec().prefix);
    distinct("prefixes", prefixes.chain(["T", "E"]));
    distinct("names", RecordKind::ALL.iter().map(|kind| kind.spec().name));
    for kind in RecordKind::ALL.iter().copied() {
        let spec = kind.spec();
        assert_eq!(RecordKind::from_code(kind.code()), Some(kind));
        match spec.prefix {
            None => assert_eq!(kind.key(1), spec.name),
            Some(prefix) => {
                assert!(prefix.bytes().all(|byte| byte.is_ascii_uppercase()), "{prefix}");
                let reference = RecordRef::Record(kind, 12);
                assert_eq!(kind.key(12), format!("{prefix}-12"));
                assert_eq!(reference.to_string(), kind.key(12));
                assert_eq!(kind.key(12).parse(), Ok(reference));
                assert_eq!(reference.place(), Place::Record(kind, 12));
            }
        }
    }
    assert_eq!("T-4".parse(), Ok(RecordRef::Threat(4)));
    assert_eq!("E-2".parse(), Ok(RecordRef::Evidence(2)));
    assert_eq!(RecordRef::Threat(4).place(), Place::Threat(4));
    assert_eq!(RecordRef::Evidence(2).place(), Place::Evidence(2));
    for text in
        ["", "R", "R-", "-1", "R-0", "R-01", "R--1", "R-1 ", "r-1", "R-9999999999", "X-1", "R-1x", "R-+1"]
    {
        assert!(text.parse::<RecordRef>().is_err(), "{text:?}");
    }
}

#[test]
fn values_are_stored_as_they_are_read() {
    let values = Values::default().with("scope", "Cards.").with("goals", "").with_many("ready", ["a", "b"]);
    let stored = serde_json::to_string(&values).expect("values are stored");
    assert_eq!(stored, r#"{"ready":["a","b"],"scope":"Cards."}"#);
    assert_eq!(serde_json::from_str::<Values>(&stored).expect("values are read"), values);
    assert!(!values.has("goals") && values.text("ready").is_empty() && values.many("scope").is_empty());
    assert_eq!((values.joined("ready").as_str(), values.joined("scope").as_str()), ("a, b", "Cards."));
    assert!(values.clone().with_many("ready", Vec::<String>::new()).joined("ready").is_empty());
}

#[test]
fn a_product_starts_with_lists_that_can_be_gone_through() {
    for list in ListKind::ALL.iter().copied() {
        distinct(list.code(), list.defaults().iter().copied());
        assert!((3..=10).contains(&list.defaults().len()), "{}", list.code());
        for point in list.defaults() {
            assert!(point.parse::<sluice_domain::text::Point>().is_ok(), "{point}");
        }
        let confirmed = RecordKind::ALL
            .iter()
            .flat_map(|kind| kind.spec().fields)
            .any(|field| matches!(field.input, Input::Points(other) if other == list));
        assert!(confirmed, "nothing confirms {}", list.code());
    }
}

#[test]
fn the_built_in_policy_uses_every_rule_where_somebody_can_do_it() {
    let policy = parse(BUILT_IN).expect("the built-in policy reads");
    let controls = || policy.phases.iter().flat_map(|phase| &phase.controls);
    let mut used: BTreeMap<Rule, usize> = BTreeMap::new();
    for (control, rule) in controls().filter_map(|control| Some((control, control.rule()?))) {
        *used.entry(rule).or_default() += 1;
        let spec = rule.kind().spec();
        for role in &control.done_by {
            let does = if rule == Rule::StandardsAttested {
                Action::AttestStandard.product_roles().contains(role)
            } else {
                spec.involves(&[*role].into())
            };
            assert!(does, "{}: {} cannot do it", control.key, role.code());
        }
        let reviewers = [Tier::Low, Tier::Medium, Tier::High].map(|tier| control.reviewers(tier));
        assert_eq!(reviewers, if rule.asks_for_reviewers() { [1, 2, 2] } else { [0; 3] }, "{}", control.key);
    }
    for rule in Rule::ALL {
        assert_eq!(used.get(rule), Some(&1), "{} is asked for by one control", rule.code());
    }
    let kinds: BTreeSet<RecordKind> = policy.phases.iter().flat_map(Phase::record_kinds).collect();
    assert_eq!(kinds.len(), RecordKind::ALL.len(), "every kind of record belongs to a phase");
}

/// The states of a kind: the way that its records go, and what sets one aside. Every state is in one of the two.
type Course = (RecordKind, &'static [&'static str], &'static [&'static str]);

const COURSES: [Course; 9] = [
    (RecordKind::Requirement, &["proposed", "accepted"], &["dropped"]),
    (RecordKind::SecurityTest, &["promised", "failed", "passed"], &["not-needed"]),
    (RecordKind::Notice, &["draft", "sent", "acknowledged"], &[]),
    (RecordKind::Decision, &["proposed", "accepted"], &["superseded"]),
    (RecordKind::Change, &["open", "merged"], &["abandoned"]),
    (RecordKind::Check, &["failed", "passed"], &[]),
    (RecordKind::Finding, &["open", "fixed", "validated"], &["dismissed"]),
    (RecordKind::Artefact, &["recorded"], &["withdrawn"]),
    (RecordKind::Promotion, &["deployed", "verified"], &["rolled-back"]),
];
const LEARNT: [Course; 2] = [
    (RecordKind::Feedback, &["new", "analysed", "closed", "taken-up"], &[]),
    (RecordKind::PostureReview, &["planned", "done"], &[]),
];

#[test]
fn what_was_signed_is_taken_back_by_every_state_but_those_further_on() {
    for kind in RecordKind::ALL.iter().copied() {
        let spec = kind.spec();
        let known = COURSES.iter().chain(&LEARNT).find(|(of, ..)| *of == kind);
        let (way, aside) =
            known.map_or((["kept"].as_slice(), [].as_slice()), |(_, way, aside)| (*way, *aside));
        let named: BTreeSet<&str> = way.iter().chain(aside).copied().collect();
        let states: BTreeSet<&str> = spec.states.iter().map(|state| state.code).collect();
        assert_eq!(named, states, "{}", kind.code());
        for then in &states {
            for now in &states {
                let place = |code: &str| way.iter().position(|other| *other == code);
                let on = place(then).zip(place(now)).is_some_and(|(then, now)| then < now);
                let wanted = then == now || on;
                assert_eq!(spec.goes_on(then, now), wanted, "{}: from {then} to {now}", kind.code());
                assert_eq!(words::taken_back(kind, then, now).is_none(), wanted);
            }
            assert!(!spec.goes_on(then, "sung to") && !spec.goes_on("sung to", then), "{}", kind.code());
        }
    }
    assert_eq!(
        words::taken_back(RecordKind::SecurityTest, "promised", "not-needed").as_deref(),
        Some("It was promised, and is now not needed.")
    );
}

/// What a waiver names is the same while the same is missing, and another thing when it is worse.
#[test]
fn a_shortfall_that_is_another_has_another_name() {
    let (kind, list) = (RecordKind::Design, ListKind::DefinitionOfReady);
    let points = |points: &[&str]| {
        let points = points.iter().map(|point| (*point).to_owned()).collect();
        Shortfall::Unconfirmed { kind, list, points }.subject()
    };
    assert_eq!(points(&["a", "b"]), points(&["b", "a"]));
    let names: BTreeSet<String> =
        [points(&["a"]), points(&["b"]), points(&["a", "b"]), points(&["a, b"])].into_iter().collect();
    assert_eq!(names.len(), 4, "{names:?}");

    let waits = |kind: RecordKind, code: &str| {
        let state = kind.spec().state(code).expect("a state of the kind").label;
        Shortfall::Waits { kind, number: 3, title: "Any".to_owned(), state }.subject()
    };
    let test = RecordKind::SecurityTest;
    assert_ne!(waits(test, "promised"), waits(test, "failed"), "what failed is not what is still to be done");
    let finding = RecordKind::Finding;
    assert_eq!(waits(finding, "open"), waits(finding, "fixed"), "what is on its way is the same thing");
}
