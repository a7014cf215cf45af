//! Terms, frameworks and conditions of policies: what they mean when they are read, and what is said of each fault.

use std::error::Error;

use sluice_domain::{
    access::Role,
    calendar::Calendar,
    policy::{
        BUILT_IN, BUILT_INS, Condition, ConditionKind, ControlKey, Emergency, EvidenceKind, Policy, Quorum,
        RecordsSubject, Reminders, Resolution, Terms, Tier, Tiers, Waivers, Wanted, frameworks, parse,
    },
    threat::{Severity, ThreatStatus},
};
use time::{
    Weekday,
    macros::{date, time},
};

type Outcome = Result<(), Box<dyn Error>>;

/// Every field of the language.
const FULL: &str = include_str!("samples/every-field.toml");

fn full() -> Result<Policy, Box<dyn Error>> {
    Ok(parse(FULL)?)
}

/// Spoils the sample, and expects one fault: its code, and its place where `by` holds a `¦`.
fn fault(replace: &str, by: &str, code: &str) -> Result<String, Box<dyn Error>> {
    assert!(FULL.contains(replace), "nothing to spoil: {replace}");
    let marked = FULL.replacen(replace, by, 1);
    let before = marked.split('¦').next().ok_or("no mark")?;
    let (line, column) =
        (before.lines().count(), before.lines().last().map_or(0, |line| line.chars().count()));
    let expected = if before.ends_with('\n') { (line + 1, 1) } else { (line, column + 1) };
    let errors = parse(&marked.replacen('¦', "", 1)).err().ok_or_else(|| format!("accepted: {by}"))?;
    let said: Vec<_> =
        errors.errors().iter().map(|error| (error.problem.code(), error.line, error.column)).collect();
    assert_eq!(said, [(code, expected.0, expected.1)], "{replace} -> {by}: {errors}");
    Ok(errors.errors()[0].problem.to_string())
}

#[test]
fn terms_are_read() -> Outcome {
    let terms = full()?.terms;
    let calendar = Calendar::new(
        "Europe/Helsinki",
        [Weekday::Monday, Weekday::Sunday],
        time!(08:30),
        time!(16:00),
        [date!(2026 - 12 - 25), date!(2027 - 01 - 01)],
    )?;
    assert_eq!(terms.calendar, calendar);
    let escalate_to = vec![Role::ProductManager, Role::Stakeholder];
    assert_eq!(terms.reminders, Reminders { before_days: 3, escalate_days: 4, escalate_to });
    let approvers = vec![Role::SecurityReviewer, Role::ReleaseManager];
    assert_eq!(terms.emergency, Some(Emergency { approvers, people: 2, owed_days: 5 }));
    assert_eq!(terms.waivers, Some(Waivers { approvers: vec![Role::SecurityReviewer], max_days: 90 }));
    assert_eq!(
        terms.evidence_days.into_iter().collect::<Vec<_>>(),
        [(EvidenceKind::PenetrationTest, 365), (EvidenceKind::DependencyScan, 30)]
    );
    assert_eq!(
        terms.resolution.into_iter().collect::<Vec<_>>(),
        [
            (Severity::High, Resolution { respond_days: 2, resolve_days: 10 }),
            (Severity::Critical, Resolution { respond_days: 1, resolve_days: 3 }),
        ]
    );
    let at_once = FULL.replace("{ respond = 2, resolve = 10 }", "{ respond = 2, resolve = 2 }");
    let at_once = parse(&at_once)?.terms.resolution;
    assert_eq!(at_once[&Severity::High], Resolution { respond_days: 2, resolve_days: 2 });
    Ok(())
}

#[test]
fn what_is_left_out_of_the_terms_is_usual() -> Outcome {
    let start = FULL.find("[calendar]").ok_or("no calendar")?;
    let end = FULL.find("[[frameworks]]").ok_or("no frameworks")?;
    let without = parse(&FULL.replace(&FULL[start..end], ""))?;
    assert_eq!(without.terms, Terms::default());
    assert_eq!((without.terms.emergency, without.terms.waivers), (None, None));

    // Each field for itself as well.
    let bare =
        parse(&FULL.replace(&FULL[start..end], "[calendar]\n[reminders]\n[evidence_days]\n[resolution]\n"))?;
    assert_eq!(bare.terms, Terms::default());
    let zone_only = parse(&FULL.replace(&FULL[start..end], "[calendar]\nzone = \"Asia/Tokyo\"\n"))?;
    assert_eq!(zone_only.terms.calendar.zone(), "Asia/Tokyo");
    assert_eq!(zone_only.terms.calendar.hours(), Calendar::default().hours());
    let late = parse(&FULL.replace("to = \"16:00\"", "to = \"00:00\""))?;
    assert_eq!(late.terms.calendar.hours(), (time!(08:30), time!(00:00)));
    Ok(())
}

#[test]
fn a_control_says_what_cannot_be_waived_and_what_it_is_mapped_to() -> Outcome {
    let policy = full()?;
    let phase = &policy.phases[0];
    let stated = phase.control(&ControlKey::parse("stated")?).ok_or("no control")?;
    assert!(!stated.waivable && stated.before_production && stated.can_be_not_applicable);
    let names: Vec<String> = stated.frameworks.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["ssdf:PW.4.1", "own:CM-1"]);
    let shown = phase.control(&ControlKey::parse("shown")?).ok_or("no control")?;
    assert!(shown.waivable && shown.frameworks.is_empty());
    assert_eq!(policy.frameworks[0].practices[1].title, "Every change is reviewed");
    assert_eq!((phase.gate.review_days, phase.gate.team_days), (2, Some(10)));
    assert_eq!(parse(&FULL.replace("team_days = 10\n", ""))?.phases[0].gate.team_days, None);
    Ok(())
}

#[test]
fn every_kind_of_condition_is_read() -> Outcome {
    let low: Tiers = [Tier::Low].into_iter().collect();
    let high: Tiers = [Tier::High].into_iter().collect();
    let ask = |wanted, tiers| Condition { wanted, tiers, before_production: false, waivable: true };
    let records = |subject| ask(Wanted::Records { subject, reviewers: None }, high);
    let conditions = full()?.phases[0].gate.conditions.clone();
    assert_eq!(
        conditions,
        [
            Condition {
                wanted: Wanted::ThreatModelComplete,
                tiers: low,
                before_production: true,
                waivable: false
            },
            ask(Wanted::ThreatModelCurrent, low),
            ask(Wanted::NoUntreatedThreat { at_least: Severity::High, needs: ThreatStatus::Planned }, low),
            ask(Wanted::NoOpenFinding { at_least: Severity::Medium }, high),
            ask(Wanted::EvidencePresent { kinds: vec![EvidenceKind::Sbom, EvidenceKind::Provenance] }, high),
            ask(Wanted::DocumentsPresent { kinds: vec![EvidenceKind::Runbook, EvidenceKind::Design] }, high),
            records(RecordsSubject::RequirementsPresent),
            records(RecordsSubject::TestsPassed),
            ask(
                Wanted::Records {
                    subject: RecordsSubject::ReviewersPerChange,
                    reviewers: Some(Quorum { low: 1, medium: 2, high: 2 }),
                },
                high
            ),
            records(RecordsSubject::ChecksGreen),
            records(RecordsSubject::StakeholdersInformed),
            records(RecordsSubject::ArtefactsSigned),
            records(RecordsSubject::PromotedThroughStaging),
            ask(Wanted::RecordArchived, high),
        ]
    );
    let codes: Vec<&str> = conditions.iter().map(Condition::code).collect();
    assert_eq!(codes, ConditionKind::ALL.iter().map(|kind| kind.code()).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn each_fault_of_the_terms_is_said_with_its_place() -> Outcome {
    for (replace, by, code) in [
        ("zone = \"Europe/Helsinki\"", "zone = ¦\"Europe/Helsinky\"", "unknown-zone"),
        ("zone = \"Europe/Helsinki\"", "zone = ¦\"../etc/passwd\"", "unknown-zone"),
        ("zone = \"Europe/Helsinki\"", "zone = ¦\"\"", "unknown-zone"),
        ("zone = \"Europe/Helsinki\"", "zone = ¦2", "wrong-type"),
        ("\"sunday\"]", "¦\"caturday\"]", "unknown-weekday"),
        ("\"sunday\"]", "¦\"monday\"]", "repeated"),
        ("[\"monday\", \"sunday\"]", "¦[]", "empty-list"),
        ("from = \"08:30\"", "from = ¦\"8:30\"", "bad-time"),
        ("from = \"08:30\"", "from = ¦\"08:60\"", "bad-time"),
        ("from = \"08:30\"", "from = ¦\"24:00\"", "bad-time"),
        ("from = \"08:30\"", "from = ¦08:30:00", "wrong-type"),
        (
            "{ from = \"08:30\", to = \"16:00\" }",
            "¦{ from = \"16:00\", to = \"16:00\" }",
            "empty-working-day",
        ),
        ("{ from = \"08:30\", to", "¦{ to", "missing-key"),
        ("\"2027-01-01\"", "¦\"2027-02-29\"", "bad-date"),
        ("\"2027-01-01\"", "¦\"1.1.2027\"", "bad-date"),
        ("\"2027-01-01\"", "¦\"2027-01-01T00:00:00\"", "bad-date"),
        ("\"2027-01-01\"", "¦\"20270101\"", "bad-date"),
        ("\"2027-01-01\"", "¦\"2026-12-25\"", "repeated"),
        ("\"2027-01-01\"", "¦2027-01-01", "wrong-type"),
        ("[calendar]\n", "[calendar]\n¦colour = 1\n", "unknown-key"),
        ("before_days = 3", "before_days = ¦31", "out-of-range"),
        ("escalate_days = 4", "escalate_days = ¦-1", "out-of-range"),
        ("\"stakeholder\"]\n", "¦\"king\"]\n", "unknown-role"),
        ("people = 2", "people = ¦1", "out-of-range"),
        ("people = 2", "people = ¦6", "out-of-range"),
        (
            "[emergency]\napprovers = [\"security-reviewer\", \"release-manager\"]\n",
            "¦[emergency]\n",
            "missing-key",
        ),
        ("\"release-manager\"]", "¦\"stakeholder\"]", "role-cannot-approve"),
        ("\"release-manager\"]", "¦\"auditor\"]", "unknown-role"),
        ("owed_days = 5", "owed_days = ¦61", "out-of-range"),
        ("approvers = [\"security-reviewer\"]", "approvers = [¦\"stakeholder\"]", "role-cannot-approve"),
        ("max_days = 90", "max_days = ¦401", "out-of-range"),
        ("max_days = 90", "max_days = ¦0", "out-of-range"),
        ("dependency-scan = 30", "dependency-scan = ¦0", "out-of-range"),
        ("dependency-scan = 30", "dependency-scan = ¦\"30\"", "wrong-type"),
        ("dependency-scan = 30", "¦dependency-scans = 30", "unknown-key"),
        ("critical = { respond = 1", "¦catastrophic = { respond = 1", "unknown-key"),
        ("{ respond = 2, resolve = 10 }", "{ respond = 2, resolve = ¦1 }", "resolved-before-answered"),
        ("{ respond = 2, resolve = 10 }", "¦{ respond = 2 }", "missing-key"),
        ("{ respond = 2, resolve = 10 }", "{ respond = 2, resolve = 10, ¦repair = 3 }", "unknown-key"),
        ("team_days = 10", "team_days = ¦0", "out-of-range"),
    ] {
        fault(replace, by, code)?;
    }
    let terms = ["[calendar]", "[reminders]", "[emergency]", "[waivers]", "[evidence_days]", "[resolution]"];
    for term in terms {
        let key = term.trim_matches(['[', ']']);
        let start = FULL.find(term).ok_or(term)?;
        let end = start + FULL[start..].find("\n\n").ok_or(term)?;
        let lines = FULL[start..end].to_owned();
        // Above the first table, where it belongs to the whole file.
        let spoilt = FULL
            .replace(&lines, "")
            .replace("key = \"every-field\"", &format!("key = \"every-field\"\n{key} = 5"));
        let errors = parse(&spoilt).err().ok_or(term)?;
        let said: Vec<_> =
            errors.errors().iter().map(|error| (error.problem.code(), error.line, error.column)).collect();
        assert_eq!(said, [("wrong-type", 3, key.len() + 4)], "{errors}");
    }
    Ok(())
}

#[test]
fn each_fault_of_frameworks_is_said_with_its_place() -> Outcome {
    let another = |key: &str, practices: &str| {
        format!("[[frameworks]]\nkey = {key}\ntitle = \"Another\"\npractices = {practices}\n[[phases]]")
    };
    let one = "[{ id = \"1\", title = \"One\" }]";
    for (replace, by, code) in [
        ("[[phases]]", another("¦\"Own\"", one).as_str(), "bad-key"),
        ("[[phases]]", &another("¦\"ssdf\"", one), "built-in-framework"),
        ("[[phases]]", &another("¦\"own\"", one), "duplicate-framework"),
        ("[[phases]]", &another("\"empty\"", "¦[]"), "empty-list"),
        ("[[phases]]", &another("\"empty\"", "[¦{ id = \"1\" }]"), "missing-key"),
        ("id = \"CM-1\"", "id = ¦\"CM 1\"", "bad-practice-id"),
        ("id = \"CM-2\"", "id = ¦\"CM-1\"", "duplicate-practice"),
        ("\"own:CM-1\"]", "¦\"own:CM-9\"]", "unknown-practice"),
        ("\"own:CM-1\"]", "¦\"our:CM-1\"]", "unknown-framework"),
        ("\"own:CM-1\"]", "¦\"own-CM-1\"]", "bad-framework-reference"),
        ("\"own:CM-1\"]", "¦\"ssdf:PW.4.1\"]", "repeated"),
        ("title = \"Our own criteria\"", "title = ¦\"\"", "empty-text"),
    ] {
        fault(replace, by, code)?;
    }
    Ok(())
}

#[test]
fn an_unknown_practice_is_answered_with_its_neighbours() -> Outcome {
    let said = fault("\"own:CM-1\"]", "¦\"ssdf:PW.4.11\"]", "unknown-practice")?;
    assert!(said.contains("“PW.4.11” is not a practice of ssdf. It comes nearest to PW.4.1, "), "{said}");
    let said = fault("\"own:CM-1\"]", "¦\"our:CM-1\"]", "unknown-framework")?;
    assert!(said.ends_with("Frameworks: ssdf, samm, own."), "{said}");
    Ok(())
}

#[test]
fn each_fault_of_a_condition_is_said_with_its_place() -> Outcome {
    let current = "kind = \"threat-model-current\"\n";
    let present = "evidence = [\"sbom\", \"provenance\"]\n";
    let reviewers = "reviewers = { low = 1, medium = 2, high = 2 }\n";
    for (replace, by, code) in [
        (current, "kind = \"threat-model-current\"\n¦at_least = \"high\"\n", "unknown-key"),
        (current, "kind = \"threat-model-current\"\n¦needs = \"planned\"\n", "unknown-key"),
        (current, "kind = \"threat-model-current\"\n¦evidence = [\"sbom\"]\n", "unknown-key"),
        ("kind = \"no-open-finding\"\n", "kind = \"no-open-finding\"\n¦needs = \"planned\"\n", "unknown-key"),
        (
            "kind = \"checks-green\"\n",
            "kind = \"checks-green\"\n¦reviewers = { low = 1, medium = 1, high = 1 }\n",
            "unknown-key",
        ),
        ("at_least = \"medium\"", "at_least = ¦\"middling\"", "unknown-severity"),
        (present, "evidence = ¦[]\n", "empty-list"),
        (present, "evidence = [\"sbom\", ¦\"bill\"]\n", "unknown-evidence-kind"),
        (reviewers, "reviewers = ¦{ low = 0, medium = 0, high = 0 }\n", "quorum-zero"),
        (reviewers, "reviewers = { low = 1, medium = ¦0, high = 2 }\n", "quorum-decreases"),
        ("kind = \"tests-passed\"\n", "kind = ¦\"test-passed\"\n", "unknown-condition"),
        ("kind = \"tests-passed\"\n", "kind = ¦[\"tests-passed\"]\n", "wrong-type"),
        ("kind = \"tests-passed\"\n", "kind = \"tests-passed\"\nnever_waived = ¦\"yes\"\n", "wrong-type"),
        (
            "[[phases.gate.conditions]]\nkind = \"tests-passed\"",
            "¦[[phases.gate.conditions]]\nkind = \"checks-green\"",
            "duplicate-condition",
        ),
    ] {
        // The condition that is there already is said at the second of the two.
        if code == "duplicate-condition" {
            let errors = parse(&FULL.replacen(replace, &by.replace('¦', ""), 1)).err().ok_or("accepted")?;
            let second = FULL[..FULL.find("kind = \"checks-green\"").ok_or("none")?].lines().count();
            let said = &errors.errors()[0];
            assert_eq!((said.problem.code(), said.line, said.column), (code, second, 1), "{errors}");
            continue;
        }
        fault(replace, by, code)?;
    }
    for (replace, kind) in [
        ("at_least = \"medium\"\n", "no-open-finding"),
        (present, "evidence-present"),
        ("evidence = [\"runbook\", \"design\"]\n", "documents-present"),
        (reviewers, "reviewers-per-change"),
    ] {
        let header = format!("[[phases.gate.conditions]]\nkind = \"{kind}\"\n");
        fault(&format!("{header}{replace}"), &format!("¦{header}"), "missing-key")?;
    }
    let said = fault(current, "kind = \"threat-model-current\"\n¦at_least = \"high\"\n", "unknown-key")?;
    assert_eq!(
        said,
        "“at_least” means nothing here. Known here: kind, tiers, before_production, never_waived."
    );
    Ok(())
}

#[test]
fn faults_of_every_part_are_said_at_once() -> Outcome {
    let spoilt = FULL
        .replace("Europe/Helsinki", "Europe/Nowhere")
        .replace("people = 2", "people = 0")
        .replace("max_days = 90", "max_days = \"long\"")
        .replace("dependency-scan = 30", "dependency-scan = 0")
        .replace("resolve = 10", "resolve = 0")
        .replace("id = \"CM-2\"", "id = \"\"")
        .replace("own:CM-1", "nobody:CM-1")
        .replace("team_days = 10", "team_days = 0")
        .replace("\"record-archived\"", "\"record-burnt\"");
    let errors = parse(&spoilt).err().ok_or("accepted")?;
    let codes: Vec<&str> = errors.errors().iter().map(|error| error.problem.code()).collect();
    assert_eq!(
        codes,
        [
            "unknown-zone",
            "out-of-range",
            "wrong-type",
            "out-of-range",
            "out-of-range",
            "bad-practice-id",
            "unknown-framework",
            "out-of-range",
            "unknown-condition",
        ]
    );
    Ok(())
}

#[test]
fn numbers_of_things_are_limited() -> Outcome {
    for (replace, by, code) in [
        (
            "\"2026-12-25\", \"2027-01-01\"",
            many(0..401, |n| format!("\"{}\"", date!(2027 - 01 - 01) + time::Duration::days(n))),
            "too-many",
        ),
        ("\"ssdf:PW.4.1\", \"own:CM-1\"", many(0..21, |n| format!("\"own:X{n}\"")), "too-many"),
    ] {
        let errors = parse(&FULL.replace(replace, &by)).err().ok_or("accepted")?;
        assert_eq!(
            errors.errors().iter().map(|error| error.problem.code()).collect::<Vec<_>>(),
            [code],
            "{errors}"
        );
    }
    let practices = |count: i64| many(0..count, |n| format!("{{ id = \"P{n}\", title = \"One\" }}"));
    let framework = |name: &str, count| {
        format!("[[frameworks]]\nkey = \"{name}\"\ntitle = \"T\"\npractices = [{}]\n", practices(count))
    };
    let with = |frameworks: String| FULL.replace("[[phases]]", &format!("{frameworks}[[phases]]"));
    assert!(parse(&with(framework("big", 300))).is_ok());
    let errors = parse(&with(framework("big", 301))).err().ok_or("accepted")?;
    assert_eq!(errors.errors()[0].problem.code(), "too-many");
    let eleven: String = (0..10).map(|n| framework(&format!("f{n}"), 1)).collect();
    let errors = parse(&with(eleven)).err().ok_or("accepted")?;
    assert_eq!(errors.errors()[0].problem.code(), "too-many");
    Ok(())
}

fn many(range: std::ops::Range<i64>, item: impl Fn(i64) -> String) -> String {
    range.map(item).collect::<Vec<_>>().join(", ")
}

#[test]
fn what_comes_with_the_program_is_sound() -> Outcome {
    let keys: Vec<&str> = frameworks().iter().map(|framework| framework.key.as_str()).collect();
    assert_eq!(keys, ["ssdf", "samm"]);
    for framework in frameworks() {
        assert!(framework.practices.len() > 40, "{}", framework.key);
    }
    let keys: Vec<String> =
        BUILT_INS.iter().map(|source| Ok(parse(source)?.key)).collect::<Result<_, Box<dyn Error>>>()?;
    assert_eq!(keys, ["sdl", "connector"]);
    assert_eq!(BUILT_INS[0], BUILT_IN);
    Ok(())
}
