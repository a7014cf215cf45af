//! One place decides about gates: nothing else makes a blocker or a decision, and few ask for one.

use super::{rules::words, source::Source};

/// Where the decision is made.
const HOME: &str = "domain/src/gate/";

/// Who asks for it: the lifecycle before a step, settling after a write, what shows it, and the benches that measure it.
/// Everybody else reads what these were told.
const ASK: [&str; 10] = [
    "domain/benches/",
    "domain/src/lifecycle/",
    "service/src/gates/",
    "service/src/course/page.rs",
    "service/src/features/page.rs",
    "service/src/paper/file.rs",
    "service/src/phases/mod.rs",
    "service/src/policies/",
    "service/src/waivers/mod.rs",
    "server/benches/",
];

/// A finished feature stands at no gate, so its page shows a decision about nothing.
const NOTHING_TO_DECIDE: &str = "service/src/features/page.rs";

/// Files of tests and of what tests show.
const OF_TESTS: [&str; 4] = ["tests.rs", "sample.rs", "samples.rs", "fixture.rs"];

/// Checks one file.
pub(super) fn check(path: &str, source: &Source, report: &mut impl FnMut(usize, &str)) {
    let of_tests = path.contains("/tests/") || OF_TESTS.iter().any(|name| path.ends_with(name));
    let code = source.code.as_str();
    // Under another name none of what follows would be seen.
    for place in words(code, "gate as ") {
        let statement = code[..place].rfind(';').map_or(code, |end| &code[end + 1..]);
        if statement.trim_start().starts_with("use sluice_domain") {
            report(place, "gives the gate another name: decisions are looked for under its own");
        }
    }
    // Who names nothing of the gate has a Decision of its own, such as a design decision.
    if path.starts_with(HOME) || of_tests || !words(code, "gate::").any(|_| true) {
        return;
    }
    if !ASK.iter().any(|asks| path.starts_with(asks)) {
        for place in words(code, "gate::").filter(|place| names_decider(&code[place + "gate::".len()..])) {
            report(place, "asks for a decision of its own: read the one that a page or a write was told");
        }
    }
    for list in ["blockers", "waived", "debts"] {
        for change in
            ["retain", "clear", "remove", "truncate", "pop", "drain", "push", "insert", "swap_remove"]
        {
            let call = format!("{list}.{change}(");
            for place in words(code, &call) {
                if code[..place].ends_with("decision.") {
                    report(place, "changes a decision: domain::gate::decide is the only one who does");
                }
            }
        }
    }
    for place in words(code, "Decision {") {
        let before = code[..place].trim_end();
        if !["->", "impl", "struct", "for"].iter().any(|word| before.ends_with(word)) {
            report(place, "makes a decision: domain::gate::decide is the only one who does");
        }
    }
    if path != NOTHING_TO_DECIDE {
        for place in words(code, "Decision::default") {
            report(place, "makes a decision without a blocker, which opens gates: use domain::gate::decide");
        }
    }
    for place in words(code, "Blocker::").filter(|place| is_made(code, *place)) {
        report(place, "makes a blocker: domain::gate finds what blocks, others only read it");
    }
}

/// Whether what is imported from the gate includes the functions that decide.
fn names_decider(after: &str) -> bool {
    let names = if after.starts_with('{') {
        &after[..group(after)]
    } else {
        after.split([';', '(']).next().unwrap_or("")
    };
    names
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|name| ["decide", "control_blockers"].contains(&name))
}

/// The length of the group that begins here, with its brackets.
fn group(text: &str) -> usize {
    let mut depth = 0_u32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

/// Whether a variant stands there as a value rather than as a pattern.
fn is_made(code: &str, place: usize) -> bool {
    let after = &code[place + "Blocker::".len()..];
    // A method, such as `Blocker::code`.
    if !after.starts_with(|c: char| c.is_ascii_uppercase()) {
        return false;
    }
    let name = after.find(|c: char| !c.is_alphanumeric()).unwrap_or(after.len());
    let rest = after[name..].trim_start();
    let (fields, rest) = match rest.chars().next() {
        Some('{' | '(') => rest.split_at(group(rest)),
        _ => ("", rest),
    };
    if fields.contains("..") {
        return false;
    }
    let statement = code[..place].rfind([';', '{', '}']).map_or(code, |start| &code[start..place]);
    let rest = rest.trim_start();
    let binds = rest.starts_with("=>")
        || rest.starts_with('|')
        || rest.starts_with("if ")
        || (rest.starts_with('=') && !rest.starts_with("=="));
    !binds && !statement.contains("matches!(") && !statement.trim_end().ends_with('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        check(path, &Source::parse(text), &mut |_, message: &str| found.push(message.to_owned()));
        found
    }

    const USES: &str = "use sluice_domain::gate::{Blocker, Decision};\n";

    #[test]
    fn few_ask_for_a_decision() {
        for text in [
            "use sluice_domain::gate::{Blocker, decide};",
            "use sluice_domain::{gate::{Facts, control_blockers}, ids::Id};",
            "use sluice_domain::gate::decide as look;",
            "fn a() { sluice_domain::gate::decide(policy, phase, situation, now) }",
        ] {
            assert_eq!(found("service/src/work/gates.rs", text).len(), 1, "{text}");
            assert_eq!(found("service/src/gates/settle.rs", text), [""; 0], "{text}");
            assert_eq!(found("service/src/work/tests.rs", text), [""; 0], "{text}");
            assert_eq!(found("domain/tests/gate.rs", text), [""; 0], "{text}");
        }
        assert_eq!(
            found("service/src/work/gates.rs", "use sluice_domain::gate::{Blocker, Decision};"),
            [""; 0]
        );
        assert_eq!(found("service/src/work/gates.rs", "fn decide() {} use gates::decide;"), [""; 0]);
    }

    #[test]
    fn nobody_else_makes_a_decision() {
        let file = "service/src/gates/settle.rs";
        assert_eq!(found(file, &format!("{USES}fn a() {{ Decision {{ blockers }} }}")).len(), 1);
        assert_eq!(found(file, &format!("{USES}fn a() {{ Decision::default() }}")).len(), 1);
        assert_eq!(found(file, &format!("{USES}fn a() -> Decision {{ b() }} impl Decision {{ }}")), [""; 0]);
        assert_eq!(
            found("server/src/demo/tales.rs", "struct Decision { } fn a() { Decision { title } }"),
            [""; 0]
        );
    }

    #[test]
    fn nobody_else_changes_a_decision_or_hides_that_it_asks_for_one() {
        let file = "service/src/gates/settle.rs";
        for text in [
            "fn a() { decision.blockers.retain(|it| it.is_for_reviewers()) }",
            "fn a() { let mut decision = b(); decision.waived.push(waived) }",
        ] {
            assert_eq!(found(file, &format!("{USES}{text}")).len(), 1, "{text}");
        }
        assert_eq!(
            found(file, &format!("{USES}fn a() {{ other.blockers.push(1); decision.blockers.iter() }}")),
            [""; 0]
        );
        let renamed = "use sluice_domain::gate as g; fn a() { g::decide() }";
        assert_eq!(found("app/src/pages/review/mod.rs", renamed).len(), 1);
    }

    #[test]
    fn nobody_else_makes_a_blocker() {
        for value in [
            "vec![Blocker::NotArchived]",
            "Some(Blocker::SignOffsMissing { role, have: 0, need: 1 })",
            "blockers.push(Blocker::Earlier { name, what: Box::new(other) });",
        ] {
            assert_eq!(
                found("app/src/pages/review/mod.rs", &format!("{USES}fn a() {{ {value} }}")).len(),
                1,
                "{value}"
            );
        }
        for pattern in [
            "match b { Blocker::NotArchived => 1, Blocker::Owed { phase, .. } | Blocker::ThreatModelStale => 2 }",
            "matches!(b, Blocker::NotArchived)",
            "if let Blocker::Vetoed { name, role } = b {}",
            "all.map(Blocker::code)",
            "match b { Blocker::Vetoed { name, role } if a(role) => 1 }",
        ] {
            assert_eq!(
                found("app/src/pages/review/mod.rs", &format!("{USES}fn a() {{ {pattern} }}")),
                [""; 0],
                "{pattern}"
            );
        }
    }
}
