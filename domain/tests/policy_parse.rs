//! Reading policies: everything that is wrong is said, each with its place, and no input makes the reader panic.

use std::error::Error;

use proptest::prelude::*;
use sluice_domain::{
    access::{Action, Role},
    policy::{
        BUILT_IN, ControlKey, EvidenceKind, MAX_SOURCE_BYTES, PhaseKey, Proof, Quorum, Tier, Tiers, parse,
    },
    record::Rule,
};

type Outcome = Result<(), Box<dyn Error>>;

/// Code, line and column of a problem.
type Said = (&'static str, usize, usize);

/// A small policy without faults; each test spoils one thing in it.
const SOUND: &str = r#"key = "small"
version = "1"
title = "Small"
summary = "For tests."

[[phases]]
key = "only"
name = "Only"
purpose = "All of it."

[[phases.controls]]
key = "work"
title = "Work is done"
guidance = "Do it. Say so."
source = "Test 1.1"
done_by = ["developer", "qa"]
proof = "evidence"
evidence = ["test-report", "other"]
tiers = ["low", "medium", "high"]

[phases.gate]
review_days = 2

[[phases.gate.conditions]]
kind = "no-untreated-threat"
at_least = "high"
needs = "planned"
tiers = ["low"]

[[phases.gate.sign_offs]]
role = "security-reviewer"
quorum = { low = 1, medium = 1, high = 2 }
meaning = "looked at it"
"#;

/// Spoils the sound policy and gives what is said: code, line and column of each problem.
fn said(replace: &str, by: &str) -> Result<Vec<Said>, Box<dyn Error>> {
    assert!(SOUND.contains(replace), "nothing to spoil: {replace}");
    let spoilt = SOUND.replacen(replace, by, 1);
    let errors = parse(&spoilt).err().ok_or_else(|| format!("accepted: {replace} -> {by}"))?;
    Ok(errors.errors().iter().map(|error| (error.problem.code(), error.line, error.column)).collect())
}

#[test]
fn the_sound_policy_is_read() -> Outcome {
    let policy = parse(SOUND)?;
    let phase = policy.first().ok_or("no phase")?;
    assert_eq!(phase.gate.review_days, 2);
    let control = phase.control(&ControlKey::parse("work")?).ok_or("no control")?;
    assert!(!control.before_production && !control.can_be_not_applicable);
    assert_eq!(control.tiers, Tiers::ALL);
    Ok(())
}

/// A gate that waits for a role which signs nowhere would never open.
#[test]
fn a_gate_asks_for_signatures_of_roles_that_can_sign() -> Outcome {
    let line = SOUND.lines().position(|line| line == "role = \"security-reviewer\"").ok_or("no role")? + 1;
    for role in Role::ALL {
        let by = format!("role = \"{}\"", role.code());
        if Action::SignGate.product_roles().contains(role) {
            parse(&SOUND.replacen("role = \"security-reviewer\"", &by, 1))?;
        } else {
            assert_eq!(said("role = \"security-reviewer\"", &by)?, [("role-cannot-approve", line, 8)]);
        }
    }
    Ok(())
}

#[test]
fn line_ends_of_either_kind_are_read_alike() -> Outcome {
    let unix = SOUND.replace("\"For tests.\"", "\"\"\"\nFor tests.\nOnly.\"\"\"");
    let windows = unix.replace('\n', "\r\n");
    assert_eq!(parse(&unix)?, parse(&windows)?);
    assert_eq!(parse(&unix)?.summary, "For tests.\nOnly.");
    Ok(())
}

#[test]
fn each_fault_is_said_with_its_place() -> Outcome {
    for (replace, by, code, line, column) in [
        ("key = \"small\"", "key = \"Small\"", "bad-key", 1, 7),
        ("key = \"small\"", "key = \"small\"\ncolour = 1", "unknown-key", 2, 1),
        ("key = \"small\"\n", "", "missing-key", 1, 1),
        ("version = \"1\"", "version = \"one two\"", "bad-version", 2, 11),
        ("version = \"1\"", "version = 1", "wrong-type", 2, 11),
        ("title = \"Small\"", "title = \" \"", "empty-text", 3, 9),
        ("title = \"Small\"", "title = \"Sm\\u202Eall\"", "hidden-character", 3, 9),
        ("key = \"only\"", "key = \"-only\"", "bad-key", 7, 7),
        ("key = \"work\"", "key = \"a--b\"", "bad-key", 12, 7),
        ("source = \"Test 1.1\"\n", "", "missing-key", 11, 1),
        ("\"qa\"", "\"tester\"", "unknown-role", 16, 25),
        ("\"qa\"", "\"developer\"", "repeated", 16, 25),
        ("\"qa\"", "7", "wrong-type", 16, 25),
        ("[\"developer\", \"qa\"]", "[]", "empty-list", 16, 11),
        ("proof = \"evidence\"", "proof = \"hope\"", "unknown-proof", 17, 9),
        ("proof = \"evidence\"", "proof = \"statement\"", "evidence-not-asked-for", 18, 12),
        ("evidence = [\"test-report\", \"other\"]\n", "", "no-evidence-kinds", 17, 9),
        ("[\"test-report\", \"other\"]", "[]", "empty-list", 18, 12),
        ("\"other\"", "\"vibes\"", "unknown-evidence-kind", 18, 28),
        ("[\"low\", \"medium\", \"high\"]", "[\"medium\", \"high\"]", "no-control-for-tier", 6, 1),
        ("\"medium\", \"high\"]", "\"medium\", \"huge\"]", "unknown-tier", 19, 27),
        (
            "tiers = [\"low\", \"medium\", \"high\"]",
            "before_production = \"yes\"\ntiers = [\"low\", \"medium\", \"high\"]",
            "wrong-type",
            19,
            21,
        ),
        ("review_days = 2", "review_days = 0", "out-of-range", 22, 15),
        ("review_days = 2", "review_days = 99999999999999999999", "out-of-range", 22, 15),
        ("review_days = 2", "review_days = 2.5", "wrong-type", 22, 15),
        ("\"no-untreated-threat\"", "\"full-moon\"", "unknown-condition", 25, 8),
        ("\"no-untreated-threat\"\nat_least = \"high\"", "\"threat-model-complete\"", "unknown-key", 26, 1),
        ("at_least = \"high\"", "at_least = \"terrible\"", "unknown-severity", 26, 12),
        ("needs = \"planned\"", "needs = \"open\"", "unknown-treatment", 27, 9),
        ("needs = \"planned\"", "needs = \"done\"", "unknown-treatment", 27, 9),
        ("needs = \"planned\"\n", "", "missing-key", 24, 1),
        ("\"security-reviewer\"", "\"king\"", "unknown-role", 31, 8),
        ("low = 1, medium = 1, high = 2", "low = 0, medium = 0, high = 0", "quorum-zero", 32, 10),
        ("low = 1, medium = 1, high = 2", "low = 2, medium = 1, high = 2", "quorum-decreases", 32, 30),
        ("low = 1, medium = 1, high = 2", "low = 0, medium = 1, high = 2", "no-sign-off-for-tier", 21, 1),
        ("high = 2", "high = -1", "out-of-range", 32, 40),
        ("high = 2", "huge = 2", "unknown-key", 32, 33),
        ("[phases.gate]", "[phases.door]", "missing-key", 24, 10),
        ("key = \"small\"", "key = ", "syntax", 1, 7),
        ("key = \"small\"", "key = \"small\"\nkey = \"twice\"", "syntax", 2, 1),
    ] {
        let said = said(replace, by)?;
        assert!(said.contains(&(code, line, column)), "{replace} -> {by}: {said:?}");
    }
    Ok(())
}

/// The sound policy, its control proved by records.
fn by_records(lines: &str) -> String {
    let evidence = "proof = \"evidence\"\nevidence = [\"test-report\", \"other\"]\n";
    SOUND.replacen(evidence, lines, 1)
}

#[test]
fn records_prove_by_a_rule() -> Outcome {
    let proof = |lines: &str| -> Result<Proof, Box<dyn Error>> {
        let policy = parse(&by_records(lines))?;
        let phase = policy.first().ok_or("no phase")?;
        Ok(phase.control(&ControlKey::parse("work")?).ok_or("no control")?.proof.clone())
    };
    for rule in Rule::ALL.iter().copied().filter(|rule| !rule.asks_for_reviewers()) {
        let read = proof(&format!("proof = \"records\"\nrecords = \"{}\"\n", rule.code()))?;
        assert_eq!(read, Proof::Records { rule, reviewers: None });
    }
    let lines = "proof = \"records\"\nrecords = \"changes-reviewed\"\nreviewers = { low = 0, medium = 2, high = 20 }\n";
    let reviewers = Some(Quorum { low: 0, medium: 2, high: 20 });
    assert_eq!(proof(lines)?, Proof::Records { rule: Rule::ChangesReviewed, reviewers });

    let policy = parse(&by_records(lines))?;
    let control = &policy.phases[0].controls[0];
    assert_eq!(control.rule(), Some(Rule::ChangesReviewed));
    assert_eq!(Tier::ALL.iter().map(|tier| control.reviewers(*tier)).collect::<Vec<_>>(), [0, 2, 20]);
    assert_eq!(policy.phases[0].record_kinds(), [Rule::ChangesReviewed.kind()]);
    Ok(())
}

#[test]
fn each_fault_of_a_rule_is_said_with_its_place() -> Outcome {
    let reviewers = "reviewers = { low = 1, medium = 2, high = 2 }\n";
    for (lines, code, line, column) in [
        ("proof = \"records\"\n".to_owned(), "no-rule", 17, 9),
        ("proof = \"records\"\nrecords = [\"hardened\"]\n".into(), "wrong-type", 18, 11),
        ("proof = \"records\"\nrecords = \"changes-revewed\"\n".into(), "unknown-rule", 18, 11),
        ("proof = \"records\"\nrecords = \"changes-reviewed\"\n".into(), "no-reviewers", 18, 11),
        (
            format!("proof = \"records\"\nrecords = \"hardened\"\n{reviewers}"),
            "reviewers-not-asked-for",
            19,
            13,
        ),
        (
            "proof = \"records\"\nrecords = \"hardened\"\nevidence = [\"other\"]\n".into(),
            "evidence-not-asked-for",
            19,
            12,
        ),
        ("proof = \"statement\"\nrecords = \"hardened\"\n".into(), "rule-not-asked-for", 18, 11),
        (
            "proof = \"evidence\"\nevidence = [\"other\"]\nrecords = \"hardened\"\n".into(),
            "rule-not-asked-for",
            19,
            11,
        ),
        (format!("proof = \"statement\"\n{reviewers}"), "reviewers-not-asked-for", 18, 13),
    ] {
        let errors = parse(&by_records(&lines)).err().ok_or_else(|| format!("accepted: {lines}"))?;
        let said: Vec<Said> =
            errors.errors().iter().map(|error| (error.problem.code(), error.line, error.column)).collect();
        assert_eq!(said, [(code, line, column)], "{lines}");
    }
    for (numbers, code, column) in [
        ("low = 0, medium = 0, high = 0", "quorum-zero", 13),
        ("low = 2, medium = 1, high = 2", "quorum-decreases", 33),
        ("low = 1, medium = 2, high = 21", "out-of-range", 43),
        ("low = 1, medium = 2", "missing-key", 13),
    ] {
        let lines =
            format!("proof = \"records\"\nrecords = \"changes-reviewed\"\nreviewers = {{ {numbers} }}\n");
        let errors = parse(&by_records(&lines)).err().ok_or_else(|| format!("accepted: {lines}"))?;
        let said: Vec<Said> =
            errors.errors().iter().map(|error| (error.problem.code(), error.line, error.column)).collect();
        assert_eq!(said, [(code, 19, column)], "{numbers}");
    }
    Ok(())
}

#[test]
fn an_unknown_rule_is_answered_with_its_neighbours() -> Outcome {
    for (given, nearest) in [
        ("changes-revewed", "changes-reviewed"),
        ("harden", "hardened"),
        ("test-plan", "test-planned"),
        ("lessons-learned", "lessons-learnt"),
    ] {
        let lines = format!("proof = \"records\"\nrecords = \"{given}\"\n");
        let said = parse(&by_records(&lines)).err().ok_or("accepted")?.to_string();
        assert!(said.contains(&format!("comes nearest to {nearest}, ")), "{said}");
        assert!(said.chars().count() < 220, "{said}");
    }
    let long = format!("proof = \"records\"\nrecords = \"{}\"\n", "é".repeat(100_000));
    let said = parse(&by_records(&long)).err().ok_or("accepted")?.to_string();
    assert!(said.contains('…') && said.chars().count() < 300, "{said}");
    Ok(())
}

#[test]
fn a_phase_without_controls_and_a_gate_without_sign_offs_are_refused() -> Outcome {
    let no_controls = said("[[phases.controls]]", "[[phases.gate.nothing]]")?;
    assert!(no_controls.iter().any(|(code, ..)| *code == "empty-phase"), "{no_controls:?}");
    let signs = SOUND.find("[[phases.gate.sign_offs]]").ok_or("no sign-offs")?;
    let no_signs = said(&SOUND[signs..], "")?;
    assert_eq!(no_signs, [("no-sign-off", 21, 1)]);
    let phases = SOUND.find("[[phases]]").ok_or("no phases")?;
    assert_eq!(said(&SOUND[phases..], "")?, [("empty-list", 1, 1)]);
    assert_eq!(said(&SOUND[phases..], "phases = 3")?, [("wrong-type", 6, 10)]);
    Ok(())
}

/// Repeats a part of the sound policy after its end.
fn twice(from: &str, to: Option<&str>) -> Result<Vec<Said>, Box<dyn Error>> {
    let start = SOUND.find(from).ok_or("no start")?;
    let end = to.map_or(Some(SOUND.len()), |to| SOUND.find(to)).ok_or("no end")?;
    let part = &SOUND[start..end];
    said(part, &format!("{part}\n{part}"))
}

#[test]
fn what_is_there_already_is_refused() -> Outcome {
    assert_eq!(twice("[[phases]]", None)?, [("duplicate-phase", 36, 7)]);
    assert_eq!(twice("[[phases.controls]]", Some("[phases.gate]"))?, [("duplicate-control", 23, 7)]);
    assert_eq!(twice("[[phases.gate.sign_offs]]", None)?, [("duplicate-sign-off", 36, 8)]);
    let conditions = twice("[[phases.gate.conditions]]", Some("[[phases.gate.sign_offs]]"))?;
    assert_eq!(conditions, [("duplicate-condition", 31, 1)]);
    Ok(())
}

#[test]
fn whoever_repeats_something_is_told_where_it_was_first() -> Outcome {
    for (from, to, said) in [
        ("[[phases]]", None, "There is a phase “only” on line 7 already."),
        ("[[phases.controls]]", Some("[phases.gate]"), "a control “work” on line 12 already."),
    ] {
        let start = SOUND.find(from).ok_or("no start")?;
        let end = to.map_or(Some(SOUND.len()), |to| SOUND.find(to)).ok_or("no end")?;
        let part = &SOUND[start..end];
        let errors = parse(&SOUND.replacen(part, &format!("{part}\n{part}"), 1)).err().ok_or("accepted")?;
        assert!(errors.to_string().contains(said), "{errors}");
    }
    Ok(())
}

/// What people read in one line has none but that; guidance may have several, and hides nothing either.
#[test]
fn texts_hide_nothing_and_only_long_ones_have_lines() -> Outcome {
    let (title, guidance) = ("title = \"Work is done\"", "guidance = \"Do it. Say so.\"");
    for (replace, by) in [
        (title, "title = \"Work\\nis done\""),
        (title, "title = \"Work\\u202Eis done\""),
        (guidance, "guidance = \"Do it.\\u202ESay so.\""),
    ] {
        let codes: Vec<&str> = said(replace, by)?.into_iter().map(|(code, ..)| code).collect();
        assert_eq!(codes, ["hidden-character"], "{by}");
    }
    let policy = parse(&SOUND.replace(guidance, "guidance = \"Do it.\\nSay so.\""))?;
    assert_eq!(policy.phases[0].controls[0].guidance, "Do it.\nSay so.");
    Ok(())
}

/// Twenty words more than there are: so many wrong ones are each named.
#[test]
fn a_list_of_words_is_read_for_as_long_as_it_can_say_something() -> Outcome {
    for (words, over) in [(Role::ALL.len() + 20, false), (Role::ALL.len() + 21, true)] {
        let list = vec!["\"developer\""; words].join(", ");
        let said = said("done_by = [\"developer\", \"qa\"]", &format!("done_by = [{list}]"))?;
        assert_eq!(said.iter().any(|(code, ..)| *code == "too-many"), over, "{words}: {said:?}");
    }
    Ok(())
}

#[test]
fn all_faults_are_said_at_once_in_order() -> Outcome {
    let spoilt = SOUND
        .replace("\"Small\"", "7")
        .replace("\"qa\"", "\"tester\"")
        .replace("review_days = 2", "review_days = 0")
        .replace("\"security-reviewer\"", "\"king\"");
    let errors = parse(&spoilt).err().ok_or("accepted")?;
    let codes: Vec<&str> = errors.errors().iter().map(|error| error.problem.code()).collect();
    assert_eq!(codes, ["wrong-type", "unknown-role", "out-of-range", "unknown-role"]);
    let said = errors.to_string();
    assert!(said.contains("line 16, column 25: “tester” is not a role. Roles: product-manager, "), "{said}");
    assert_eq!(said.lines().count(), 4);
    Ok(())
}

#[test]
fn lengths_and_numbers_are_limited() -> Outcome {
    let long = format!("title = \"{}\"", "é".repeat(121));
    assert_eq!(said("title = \"Small\"", &long)?, [("text-too-long", 3, 9)]);
    let fits = SOUND.replace("title = \"Small\"", &format!("title = \"{}\"", "é".repeat(120)));
    assert!(parse(&fits).is_ok());

    let phases = SOUND.find("[[phases]]").ok_or("no phases")?;
    let (head, phase) = SOUND.split_at(phases);
    let many = |count: usize| -> String {
        let phases: Vec<String> =
            (0..count).map(|i| phase.replace("key = \"only\"", &format!("key = \"p{i}\""))).collect();
        format!("{head}{}", phases.join("\n"))
    };
    assert_eq!(parse(&many(20))?.phases.len(), 20);
    let errors = parse(&many(21)).err().ok_or("21 phases were accepted")?;
    assert!(errors.errors().iter().all(|error| error.problem.code() == "too-many"), "{errors}");

    let huge = format!("{SOUND}#{}", " ".repeat(MAX_SOURCE_BYTES));
    let errors = parse(&huge).err().ok_or("a huge source was accepted")?;
    assert_eq!(errors.errors().first().map(|error| error.problem.code()), Some("source-too-long"));
    let rest = MAX_SOURCE_BYTES - SOUND.len() - 1;
    assert!(parse(&format!("{SOUND}#{}", " ".repeat(rest))).is_ok(), "what just fits is read");
    Ok(())
}

#[test]
fn a_role_may_be_asked_of_the_highest_tier_alone() -> Outcome {
    let second = "[[phases.gate.sign_offs]]\nrole = \"release-manager\"\nquorum = { low = 0, medium = 0, high = 1 }\nmeaning = \"released it\"\n";
    let policy = parse(&format!("{SOUND}\n{second}"))?;
    assert_eq!(policy.phases[0].gate.sign_offs[1].quorum, Quorum { low: 0, medium: 0, high: 1 });
    Ok(())
}

#[test]
fn who_writes_reviewers_in_the_wrong_place_is_told_the_right_ones() -> Outcome {
    let errors = parse(&SOUND.replace(
        "proof = \"evidence\"\nevidence = [\"test-report\", \"other\"]",
        "proof = \"statement\"\nreviewers = { low = 1, medium = 1, high = 2 }",
    ))
    .err()
    .ok_or("accepted")?;
    let asking: Vec<&str> =
        Rule::ALL.iter().filter(|rule| rule.asks_for_reviewers()).map(|rule| rule.code()).collect();
    let said = errors.errors()[0].problem.to_string();
    assert!(said.ends_with(&format!("a rule that asks for them: {}.", asking.join(", "))), "{said}");
    Ok(())
}

#[test]
fn the_list_of_faults_is_limited_and_says_so() -> Outcome {
    let roles = vec!["\"nobody\""; 25].join(", ");
    let control = SOUND.find("[[phases.controls]]").ok_or("no control")?;
    let gate = SOUND.find("[phases.gate]").ok_or("no gate")?;
    let spoilt = SOUND[control..gate].replace("\"developer\", \"qa\"", &roles);
    let source = format!("{}{}{}", &SOUND[..control], spoilt.repeat(5), &SOUND[gate..]);
    let errors = parse(&source).err().ok_or("accepted")?;
    assert_eq!(errors.errors().len(), 100);
    assert_eq!(errors.left_off(), 5 * 25 + 4 - 100);
    assert!(errors.to_string().ends_with("… and 29 more"));
    Ok(())
}

#[test]
fn what_the_author_wrote_is_quoted_safely() -> Outcome {
    let given = format!("\"{}\"", "x\\u202Ey".repeat(40));
    let spoilt = SOUND.replace("\"qa\"", &given);
    let said = parse(&spoilt).err().ok_or("accepted")?.to_string();
    assert!(!said.contains('\u{202E}') && said.contains('…') && said.chars().count() < 400, "{said}");
    Ok(())
}

/// Nesting is the classic way to exhaust a reader's stack.
#[test]
fn deep_nesting_is_refused() {
    for source in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}", "{a=".repeat(80_000)),
        format!("{}a = 1", "a.".repeat(100_000)),
        format!("[{}a]", "a.".repeat(100_000)),
        format!("[[{}a]]\n", "a.".repeat(70)).repeat(1_000),
    ] {
        assert!(parse(&source).is_err());
    }
}

#[test]
fn keys_have_one_form() -> Outcome {
    for key in ["a", "a1", "post-release", &"a".repeat(40)] {
        assert_eq!(PhaseKey::parse(key)?.as_str(), key);
    }
    for key in ["", "A", "1a", "-a", "a-", "a--b", "a_b", "a b", "é", "a\n", &"a".repeat(41)] {
        assert!(PhaseKey::parse(key).is_err(), "{key}");
        assert!(ControlKey::parse(key).is_err(), "{key}");
    }
    let key: PhaseKey = serde_json::from_str("\"design\"")?;
    assert_eq!(serde_json::to_string(&key)?, "\"design\"");
    assert!(serde_json::from_str::<PhaseKey>("\"Design\"").is_err());
    Ok(())
}

#[test]
fn codes_read_back() {
    for kind in EvidenceKind::all().iter().copied() {
        assert_eq!(EvidenceKind::from_code(kind.code()), Some(kind));
        assert!(!kind.label().is_empty());
    }
    assert!(Tier::Low < Tier::Medium && Tier::Medium < Tier::High);
    let some: Tiers = [Tier::High, Tier::Low].into_iter().collect();
    assert_eq!(some.iter().collect::<Vec<_>>(), [Tier::Low, Tier::High]);
    assert!(Tiers::NONE.is_empty() && !some.contains(Tier::Medium));
}

/// One way of spoiling a text at a place.
#[derive(Clone, Debug)]
enum Spoil {
    Delete(usize),
    Insert(String),
    DropLine,
    RepeatLine,
}

fn spoil() -> impl Strategy<Value = (prop::sample::Index, Spoil)> {
    let what = prop_oneof![
        (1_usize..40).prop_map(Spoil::Delete),
        prop_oneof![any::<String>(), "[\\[\\]{}=\"'#\\.,\\n a-z0-9]{1,8}"].prop_map(Spoil::Insert),
        Just(Spoil::DropLine),
        Just(Spoil::RepeatLine),
    ];
    (any::<prop::sample::Index>(), what)
}

fn spoilt(source: &str, spoils: &[(prop::sample::Index, Spoil)]) -> String {
    let mut text = source.to_owned();
    for (index, spoil) in spoils {
        let at = text.floor_char_boundary(index.index(text.len() + 1));
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
        match spoil {
            Spoil::Delete(count) => {
                let to = text.floor_char_boundary((at + count).min(text.len()));
                text.replace_range(at..to.max(at), "");
            }
            Spoil::Insert(what) => text.insert_str(at, what),
            Spoil::DropLine => text.replace_range(start..end, ""),
            Spoil::RepeatLine => {
                let line = format!("\n{}", &text[start..end]);
                text.insert_str(end, &line);
            }
        }
    }
    text
}

/// Reads, and checks that every place which is named exists in the source.
fn read_and_check(source: &str) -> Result<(), TestCaseError> {
    match parse(source) {
        Ok(policy) => prop_assert!(!policy.phases.is_empty()),
        Err(errors) => {
            prop_assert!(!errors.errors().is_empty());
            let lines: Vec<&str> = source.split('\n').collect();
            for error in errors.errors() {
                let line = lines.get(error.line - 1);
                prop_assert!(line.is_some_and(|line| error.column <= line.chars().count() + 1), "{error}");
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(source in any::<String>()) {
        read_and_check(&source)?;
    }

    #[test]
    fn any_almost_toml_is_read_or_refused(source in "([\\[\\]{}=\"'#\\.,\\n a-c0-9_-]|key|phases|gate|\\[\\[|\"\"\"){0,60}") {
        read_and_check(&source)?;
    }

    #[test]
    fn a_spoilt_small_policy_is_read_or_refused(spoils in prop::collection::vec(spoil(), 1..6)) {
        read_and_check(&spoilt(SOUND, &spoils))?;
    }

    #[test]
    fn a_spoilt_built_in_policy_is_read_or_refused(spoils in prop::collection::vec(spoil(), 1..6)) {
        read_and_check(&spoilt(BUILT_IN, &spoils))?;
    }
}
