//! The difference between two versions of a policy: nothing is missed, nothing is made up, and each change is called
//! by its effect.

use std::error::Error;

use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_domain::{
    policy::{
        BUILT_INS, Change, Condition, Effect, Policy, PolicyChange, PolicyField, Tier, Tiers, Wanted, parse,
    },
    threat::{Severity, ThreatStatus},
    words,
};

#[path = "support/policies.rs"]
mod policies;

use policies::{FULL, below, change, file_of, read, spoil};

type Outcome = Result<(), Box<dyn Error>>;

/// What changes in the sample when one text in it is another.
fn changed(replace: &str, by: &str) -> Result<Vec<PolicyChange>, Box<dyn Error>> {
    assert!(FULL.contains(replace), "nothing to change: {replace}");
    let later = parse(&FULL.replacen(replace, by, 1)).map_err(|errors| format!("{by}: {errors}"))?;
    let before = parse(FULL)?;
    let back = later.difference(&before).changes;
    let there = before.difference(&later).changes;
    let effects = |changes: &[PolicyChange], turn: fn(Effect) -> Effect| {
        let mut effects: Vec<Effect> = changes.iter().map(|change| turn(change.effect)).collect();
        effects.sort_unstable();
        effects
    };
    assert_eq!(effects(&there, |effect| effect), effects(&back, Effect::back), "the way back of {by}");
    Ok(there)
}

#[test]
fn a_policy_does_not_differ_from_itself() -> Outcome {
    for source in BUILT_INS.iter().copied().chain([FULL]) {
        assert!(parse(source)?.difference(&parse(source)?).is_empty());
    }
    Ok(())
}

#[test]
fn each_change_is_called_by_its_field_and_effect() -> Outcome {
    use Effect::{Loosens, Neutral, Tightens};
    use PolicyField as Field;
    for (replace, by, field, effect) in [
        ("version = \"1.0\"", "version = \"1.1\"", Field::Version, Neutral),
        ("title = \"Every field\"", "title = \"All fields\"", Field::Title, Neutral),
        ("summary = \"For tests.\"", "summary = \"For others.\"", Field::Summary, Neutral),
        ("Europe/Helsinki", "Europe/Tallinn", Field::Zone, Neutral),
        ("[\"monday\", \"sunday\"]", "[\"monday\"]", Field::WorkingDays, Neutral),
        ("from = \"08:30\"", "from = \"08:00\"", Field::Hours, Neutral),
        ("\"2026-12-25\", ", "", Field::Holidays, Neutral),
        ("before_days = 3", "before_days = 2", Field::BeforeDays, Neutral),
        ("escalate_days = 4", "escalate_days = 2", Field::EscalateDays, Neutral),
        (
            "\"product-manager\", \"stakeholder\"",
            "\"stakeholder\", \"product-manager\"",
            Field::EscalateTo,
            Neutral,
        ),
        ("\"security-reviewer\", \"release-manager\"", "\"release-manager\"", Field::Approvers, Tightens),
        ("people = 2", "people = 3", Field::People, Tightens),
        ("owed_days = 5", "owed_days = 6", Field::OwedDays, Loosens),
        (
            "approvers = [\"security-reviewer\"]",
            "approvers = [\"security-reviewer\", \"incident-manager\"]",
            Field::Approvers,
            Loosens,
        ),
        (
            "approvers = [\"security-reviewer\"]",
            "approvers = [\"incident-manager\"]",
            Field::Approvers,
            Neutral,
        ),
        ("max_days = 90", "max_days = 30", Field::MaxDays, Tightens),
        ("dependency-scan = 30", "dependency-scan = 60", Field::Days, Loosens),
        ("dependency-scan = 30\n", "", Field::Days, Loosens),
        ("dependency-scan = 30\n", "dependency-scan = 30\nsbom = 900\n", Field::Days, Tightens),
        ("respond = 2", "respond = 1", Field::Respond, Tightens),
        ("resolve = 10", "resolve = 20", Field::Resolve, Loosens),
        ("title = \"Our own criteria\"", "title = \"Ours\"", Field::Title, Neutral),
        ("title = \"Every change is reviewed\"", "title = \"Reviews\"", Field::Practices, Neutral),
        ("name = \"Only\"", "name = \"Sole\"", Field::Name, Neutral),
        ("purpose = \"All of it.\"", "purpose = \"Some of it.\"", Field::Purpose, Neutral),
        ("review_days = 2", "review_days = 3", Field::ReviewDays, Loosens),
        ("team_days = 10\n", "", Field::TeamDays, Loosens),
        ("title = \"Somebody says so\"", "title = \"It is said\"", Field::Title, Neutral),
        ("guidance = \"Do it. Say so.\"", "guidance = \"Do it.\"", Field::Guidance, Neutral),
        ("source = \"Test 1\"", "source = \"Test 4\"", Field::Source, Neutral),
        ("[\"developer\", \"qa\"]", "[\"qa\", \"developer\"]", Field::DoneBy, Neutral),
        ("proof = \"statement\"", "proof = \"evidence\"\nevidence = [\"vex\"]", Field::Proof, Tightens),
        ("proof = \"statement\"", "proof = \"records\"\nrecords = \"hardened\"", Field::Proof, Tightens),
        ("[\"test-report\", \"other\"]", "[\"test-report\"]", Field::Proof, Tightens),
        (
            "reviewers = { low = 1, medium = 1, high = 2 }",
            "reviewers = { low = 0, medium = 1, high = 2 }",
            Field::Proof,
            Loosens,
        ),
        (
            "reviewers = { low = 1, medium = 1, high = 2 }",
            "reviewers = { low = 0, medium = 1, high = 3 }",
            Field::Proof,
            Neutral,
        ),
        ("tiers = [\"medium\", \"high\"]", "tiers = [\"low\", \"medium\", \"high\"]", Field::Tiers, Tightens),
        ("tiers = [\"medium\", \"high\"]", "tiers = [\"high\"]", Field::Tiers, Loosens),
        ("tiers = [\"medium\", \"high\"]", "tiers = [\"low\"]", Field::Tiers, Neutral),
        ("before_production = true\n", "", Field::BeforeProduction, Loosens),
        ("can_be_not_applicable = true\n", "", Field::CanBeNotApplicable, Tightens),
        ("never_waived = true\n", "", Field::NeverWaived, Loosens),
        ("\"ssdf:PW.4.1\", ", "", Field::Frameworks, Neutral),
        ("at_least = \"high\"", "at_least = \"medium\"", Field::AtLeast, Tightens),
        ("needs = \"planned\"", "needs = \"treated\"", Field::Needs, Tightens),
        ("at_least = \"medium\"", "at_least = \"critical\"", Field::AtLeast, Loosens),
        ("[\"sbom\", \"provenance\"]", "[\"sbom\"]", Field::Evidence, Tightens),
        ("[\"runbook\", \"design\"]", "[\"runbook\"]", Field::Evidence, Loosens),
        ("low = 1, medium = 2, high = 2", "low = 2, medium = 2, high = 2", Field::Reviewers, Tightens),
        (
            "quorum = { low = 1, medium = 1, high = 2 }",
            "quorum = { low = 1, medium = 1, high = 1 }",
            Field::Quorum,
            Loosens,
        ),
        ("meaning = \"looked at it\"", "meaning = \"saw it\"", Field::Meaning, Neutral),
    ] {
        let changes = changed(replace, by)?;
        let said: Vec<_> = changes
            .iter()
            .map(|change| match &change.what {
                Change::Set { field, .. } => (Some(*field), change.effect),
                _ => (None, change.effect),
            })
            .collect();
        assert_eq!(said, [(Some(field), effect)], "{replace} -> {by}");
    }
    Ok(())
}

/// Takes a part out of the sample: from its beginning to the beginning of the next one.
fn without(from: &str, to: &str) -> Result<Vec<PolicyChange>, Box<dyn Error>> {
    let start = FULL.find(from).ok_or("no start")?;
    let length = FULL[start..].find(to).ok_or("no end")?;
    changed(&FULL[start..start + length], "")
}

#[test]
fn what_comes_and_goes_is_said_as_a_whole() -> Outcome {
    for (from, to, words) in [
        ("[emergency]", "[waivers]", "The emergency path is removed"),
        ("[waivers]", "[evidence_days]", "Waivers are removed"),
        (
            "[[phases.controls]]\nkey = \"shown\"",
            "[[phases.controls]]\nkey = \"recorded\"",
            "Only: the control “A file shows it” is removed",
        ),
        (
            "[[phases.gate.conditions]]\nkind = \"checks-green\"",
            "[[phases.gate.conditions]]\nkind = \"stake",
            "Only: the condition “The latest run of every check passed” is removed",
        ),
        ("high = { respond = 2", "[[frameworks]]", "The times for findings of severity high are removed"),
    ] {
        let changes = without(from, to)?;
        let [PolicyChange { what: Change::Removed, effect, .. }] = changes.as_slice() else {
            return Err(format!("{from}: {changes:?}").into());
        };
        assert_eq!(words::policy_change(&changes[0]), words);
        let ways_past = from.starts_with("[emergency]") || from.starts_with("[waivers]");
        assert_eq!(*effect, if ways_past { Effect::Tightens } else { Effect::Loosens }, "{from}");
    }
    Ok(())
}

#[test]
fn phases_are_added_moved_and_renamed() -> Outcome {
    let sdl = parse(BUILT_INS[0])?;
    let mut later = sdl.clone();
    let moved = later.phases.remove(1);
    later.phases.insert(3, moved);
    later.phases[0].name = "Planning".to_owned();
    let gone = later.phases.pop().ok_or("no phase")?;
    let difference = sdl.difference(&later);
    let said: Vec<String> = difference.changes.iter().map(words::policy_change).collect();
    assert_eq!(
        said,
        [
            "The phase “Post-release” is removed".to_owned(),
            "Planning: the name was “Requirements and planning”, now “Planning”".to_owned(),
            "The phase “Design” moves from place 2 to place 4".to_owned(),
        ],
    );
    assert_eq!((difference.count(Effect::Loosens), difference.count(Effect::Neutral)), (1, 2));
    later.phases.push(gone);
    let back = later.difference(&sdl);
    assert_eq!(back.changes.len(), 2, "{back:?}");
    Ok(())
}

#[test]
fn of_several_conditions_of_a_kind_the_likes_are_compared() -> Outcome {
    let more = "[[phases.gate.conditions]]\nkind = \"no-untreated-threat\"\nat_least = \"low\"\nneeds = \"verified\"\ntiers = [\"high\"]\n\n";
    let header = "[[phases.gate.conditions]]\nkind = \"no-untreated-threat\"";
    let changes = changed(header, &format!("{more}{header}"))?;
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!((&changes[0].what, changes[0].effect), (&Change::Added, Effect::Tightens));
    Ok(())
}

/// What belongs together is what is the same, then what asks the same, then what is asked of the same tiers, then
/// whatever is of one kind; and never what is of another kind.
#[test]
fn conditions_find_those_that_they_are_most_like() -> Outcome {
    let threats = |at_least| Wanted::NoUntreatedThreat { at_least, needs: ThreatStatus::Planned };
    let findings = |at_least| Wanted::NoOpenFinding { at_least };
    let [low, high] = [Tier::Low, Tier::High].map(|tier| Tiers::NONE.with(tier));
    let difference = |before: [(Wanted, Tiers); 2],
                      after: [(Wanted, Tiers); 2]|
     -> Result<_, Box<dyn Error>> {
        let gate = |asked: [(Wanted, Tiers); 2]| -> Result<Policy, Box<dyn Error>> {
            let mut policy = parse(FULL)?;
            let asked = asked.into_iter();
            policy.phases[0].gate.conditions = asked
                .map(|(wanted, tiers)| Condition { wanted, tiers, waivable: true, before_production: false })
                .collect();
            Ok(policy)
        };
        let said = gate(before)?.difference(&gate(after)?).changes;
        let mut said: Vec<_> = said
            .iter()
            .map(|change| match &change.what {
                Change::Set { field, .. } => format!("{field:?}"),
                Change::Added | Change::Removed => format!("{:?}", change.what),
                Change::Moved { .. } => "Moved".to_owned(),
            })
            .collect();
        said.sort_unstable();
        Ok(said)
    };
    let [small, middling, large] = [Severity::Low, Severity::Medium, Severity::High];
    let worst = Severity::Critical;
    // The same in another order.
    let said = difference(
        [(threats(small), low), (threats(large), high)],
        [(threats(large), high), (threats(small), low)],
    )?;
    assert_eq!(said, ["Moved"]);
    // The same is asked, of other tiers.
    let said = difference(
        [(threats(small), low), (threats(large), high)],
        [(threats(small), high), (threats(large), low)],
    )?;
    assert_eq!(said, ["Tiers", "Tiers"]);
    // Something else is asked of the same tiers.
    let said = difference(
        [(threats(small), low), (threats(large), high)],
        [(threats(worst), high), (threats(middling), low)],
    )?;
    assert_eq!(said, ["AtLeast", "AtLeast", "Moved"]);
    // Of the same kind, and nothing else is alike.
    let said = difference(
        [(threats(small), low), (findings(large), low)],
        [(threats(large), high), (findings(large), low)],
    )?;
    assert_eq!(said, ["AtLeast", "Tiers"]);
    // Of another kind.
    let said = difference(
        [(threats(small), low), (threats(large), high)],
        [(threats(small), low), (findings(large), high)],
    )?;
    assert_eq!(said, ["Added", "Removed"]);
    Ok(())
}

/// Whatever is written down as another policy differs from it.
#[test]
fn every_single_change_is_seen() -> Outcome {
    let sound = read(FULL)?;
    let policy = parse(FULL)?;
    let mut seen = 0;
    for pointer in below(&sound) {
        let others: Vec<Value> = match sound.pointer(&pointer) {
            Some(Value::String(text)) => {
                let words = [
                    "low",
                    "medium",
                    "treated",
                    "qa",
                    "vex",
                    "hardened",
                    "tuesday",
                    "07:00",
                    "2026-01-02",
                    "samm:G-SM",
                ];
                words.iter().map(|word| json!(word)).chain([json!(format!("{text}x"))]).collect()
            }
            Some(Value::Number(number)) => {
                let number = number.as_i64().unwrap_or_default();
                vec![json!(number + 1), json!(number - 1)]
            }
            Some(Value::Bool(flag)) => vec![json!(!flag)],
            Some(Value::Array(list)) => {
                let back: Vec<Value> = list.iter().rev().cloned().collect();
                (0..list.len())
                    .map(|gone| {
                        let kept = list.iter().enumerate().filter(|(at, _)| *at != gone);
                        Value::Array(kept.map(|(_, item)| item.clone()).collect())
                    })
                    .chain([Value::Array(back)])
                    .collect()
            }
            _ => Vec::new(),
        };
        for other in others {
            let mut changed = sound.clone();
            *changed.pointer_mut(&pointer).ok_or("nothing there")? = other.clone();
            let Ok(later) = parse(&file_of(&changed)) else { continue };
            let said = policy.difference(&later);
            assert_eq!(said.is_empty(), policy == later, "{pointer} = {other}: {said:?}");
            seen += usize::from(policy != later);
        }
    }
    assert!(seen > 150, "{seen}");
    Ok(())
}

/// What a person reads of a change says what it is about.
fn words_are_sound(before: &Policy, later: &Policy) -> Result<(), TestCaseError> {
    for change in &before.difference(later).changes {
        let said = words::policy_change(change);
        prop_assert!(
            said.chars().count() > 10 && !said.contains("  ") && !said.ends_with([' ', '.']),
            "{said}"
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn nothing_is_missed_and_nothing_made_up(
        one in prop::collection::vec(change(), 0..4),
        two in prop::collection::vec(change(), 0..4),
    ) {
        let tree = read(FULL).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let changed = |steps| {
            let mut tree = tree.clone();
            spoil(&mut tree, steps);
            parse(&file_of(&tree)).ok()
        };
        if let (Some(before), Some(later)) = (changed(&one), changed(&two)) {
            let there = before.difference(&later);
            let back = later.difference(&before);
            prop_assert_eq!(there.is_empty(), before == later, "{:?}", there);
            prop_assert_eq!(back.is_empty(), before == later);
            prop_assert!(before.difference(&before).is_empty());
            words_are_sound(&before, &later)?;
        }
    }
}
