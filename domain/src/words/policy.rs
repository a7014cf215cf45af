use time::{Date, Time, Weekday};

use super::{
    Label,
    blocker::{inside_sentence, met, who_can},
    join,
};
use crate::{
    gate::Met,
    policy::{
        Change, Effect, EvidenceKind, FrameworkRef, PolicyChange, PolicyField as Field, PolicyPart as Part,
        PolicyValue as Value, Practice, Proof, Quorum, Tier, Tiers, Wanted,
    },
};

/// What a condition of a gate asks for, in one sentence that is true when it holds.
#[must_use]
pub fn condition(wanted: &Wanted) -> String {
    match wanted {
        Wanted::ThreatModelComplete => "The threat model answers all four questions".to_owned(),
        Wanted::ThreatModelCurrent => met(&Met::ThreatModelCurrent),
        Wanted::NoUntreatedThreat { at_least, needs } => {
            met(&Met::Threats { at_least: *at_least, needs: *needs })
        }
        Wanted::NoOpenFinding { at_least } => met(&Met::Findings { at_least: *at_least }),
        Wanted::EvidencePresent { kinds } => met(&Met::Evidence { kinds: kinds.clone() }),
        Wanted::DocumentsPresent { kinds } => {
            let kinds: Vec<String> = kinds.iter().map(|kind| inside_sentence(kind.label())).collect();
            format!("Evidence of each of these kinds holds: {}", join(&kinds, "and"))
        }
        Wanted::Records { subject, .. } => met(&Met::Records(*subject)),
        Wanted::RecordArchived => met(&Met::Archived),
    }
}

/// What proves a control.
#[must_use]
pub fn proof(proof: &Proof) -> String {
    match proof {
        Proof::Statement => "a note that says what was done".to_owned(),
        Proof::Records { rule, reviewers: None } => {
            format!("what is on record: {}", rule.kind().spec().plural)
        }
        Proof::Records { rule, reviewers: Some(reviewers) } => {
            let plural = rule.kind().spec().plural;
            format!("what is on record: {plural}; reviewers of each: {}", people_by_tier(*reviewers))
        }
        Proof::Evidence(kinds) => format!("evidence: {}", evidence(kinds, "or")),
    }
}

/// Which features something is asked of: “every feature”, “medium and high risk”.
#[must_use]
pub fn tiers(tiers: Tiers) -> String {
    if tiers == Tiers::ALL {
        return "every feature".to_owned();
    }
    let names: Vec<String> = tiers.iter().map(|tier| Tier::label(tier).to_lowercase()).collect();
    format!("{} risk", join(&names, "and"))
}

/// How many people, by tier: “1 for low, 1 for medium and 2 for high risk”.
#[must_use]
pub fn people_by_tier(people: Quorum) -> String {
    if people.low == people.medium && people.medium == people.high {
        return format!("{} for every feature", people.low);
    }
    let each: Vec<String> = Tier::ALL
        .iter()
        .map(|tier| format!("{} for {}", people.for_tier(*tier), Tier::label(*tier).to_lowercase()))
        .collect();
    format!("{} risk", join(&each, "and"))
}

/// The kinds of evidence, as a list inside a sentence.
fn evidence(kinds: &[EvidenceKind], last: &str) -> String {
    let kinds: Vec<&str> = kinds.iter().copied().map(EvidenceKind::label).collect();
    join(&kinds, last)
}

impl Label for Effect {
    fn label(&self) -> &'static str {
        match self {
            Self::Tightens => "asks more",
            Self::Loosens => "asks less",
            Self::Neutral => "neither",
        }
    }
}

/// What is different in a later version of a policy, in one sentence.
#[must_use]
pub fn policy_change(change: &PolicyChange) -> String {
    let PolicyChange { part, what, .. } = change;
    let are = matches!(part, Part::Waivers | Part::Reminders | Part::Resolution(_));
    let be = if are { "are" } else { "is" };
    match what {
        Change::Added => format!("{} {be} added", subject(part)),
        Change::Removed => format!("{} {be} removed", subject(part)),
        Change::Moved { from, to } => format!("{} moves from place {from} to place {to}", subject(part)),
        Change::Set { field, before, after } => format!("{}: {}", place(part), set(*field, before, after)),
    }
}

/// The part as the subject of a sentence.
fn subject(part: &Part) -> String {
    match part {
        Part::Emergency => "The emergency path".to_owned(),
        Part::Resolution(severity) => format!("The times for findings of severity {}", severity.label()),
        Part::Framework { title, .. } => format!("The framework “{title}”"),
        Part::Phase { name, .. } => format!("The phase “{name}”"),
        Part::Control { name, title, .. } => format!("{name}: the control “{title}”"),
        Part::Condition { name, wanted, .. } => format!("{name}: the condition “{}”", condition(wanted)),
        Part::SignOff { name, role, .. } => format!("{name}: the sign-off by {}", role.label()),
        Part::Policy | Part::Calendar | Part::Reminders | Part::Waivers | Part::EvidenceDays(_) => {
            place(part)
        }
    }
}

/// The part as a heading before what changed in it.
fn place(part: &Part) -> String {
    match part {
        Part::Policy => "The policy".to_owned(),
        Part::Calendar => "Working time".to_owned(),
        Part::Reminders => "Reminders".to_owned(),
        Part::Emergency => "Emergency path".to_owned(),
        Part::Waivers => "Waivers".to_owned(),
        Part::EvidenceDays(kind) => format!("Evidence of the kind {}", inside_sentence(kind.label())),
        Part::Resolution(severity) => format!("Findings of severity {}", severity.label()),
        Part::Framework { title, .. } => format!("Framework “{title}”"),
        Part::Phase { name, .. } => name.clone(),
        Part::Control { name, title, .. } => format!("{name}, control “{title}”"),
        Part::Condition { name, wanted, .. } => format!("{name}, condition “{}”", condition(wanted)),
        Part::SignOff { name, role, .. } => format!("{name}, sign-off by {}", role.label()),
    }
}

/// What became of a field.
fn set(field: Field, before: &Value, after: &Value) -> String {
    let name = field_name(field);
    match (before, after) {
        // Nobody compares long texts in one sentence.
        (Value::Text(_), Value::Text(_))
            if matches!(field, Field::Summary | Field::Purpose | Field::Guidance | Field::Meaning) =>
        {
            format!("{name} is reworded")
        }
        (Value::Flag(_), Value::Flag(now)) => {
            let (yes, no) = match field {
                Field::BeforeProduction => ("has", "no longer has"),
                Field::CanBeNotApplicable => ("can", "can no longer"),
                _ => ("can no longer", "can"),
            };
            format!("it {} {name}", if *now { yes } else { no })
        }
        (Value::Dates(before), Value::Dates(after)) => {
            let days = |days: &[Date], less: &[Date]| -> Vec<String> {
                days.iter().filter(|date| !less.contains(date)).map(|date| day(*date)).collect()
            };
            lists(name, &days(before, after), &days(after, before))
        }
        (Value::Practices(before), Value::Practices(after)) => {
            let ids = |all: &[Practice], less: &[Practice]| -> Vec<String> {
                all.iter().filter(|one| !less.contains(one)).map(|one| one.id.clone()).collect()
            };
            lists(name, &ids(before, after), &ids(after, before))
        }
        (Value::Names(before), Value::Names(after)) => {
            let names = |all: &[FrameworkRef], less: &[FrameworkRef]| -> Vec<String> {
                all.iter().filter(|one| !less.contains(one)).map(ToString::to_string).collect()
            };
            lists(name, &names(before, after), &names(after, before))
        }
        _ => format!("{name} was {}, now {}", value(field, before), value(field, after)),
    }
}

/// What went out of a list and what came into it.
fn lists(name: &str, out: &[String], into: &[String]) -> String {
    /// More of them nobody reads in one sentence.
    const MOST: usize = 6;
    let some = |items: &[String]| match items.len() {
        0..=MOST => join(items, "and"),
        more => format!("{} and {} more", items[..MOST].join(", "), more - MOST),
    };
    match (out.is_empty(), into.is_empty()) {
        (true, true) => format!("{name} has another order"),
        (true, false) => format!("{name} now has {}", some(into)),
        (false, true) => format!("{name} no longer has {}", some(out)),
        (false, false) => format!("{name} no longer has {}, but {}", some(out), some(into)),
    }
}

/// A field as the subject of a sentence; of those that are a yes or no, what it is about.
const fn field_name(field: Field) -> &'static str {
    match field {
        Field::Key => "the key",
        Field::Version => "the version",
        Field::Title => "the title",
        Field::Summary => "the summary",
        Field::Zone => "the time zone",
        Field::WorkingDays => "the working week",
        Field::Hours => "the working day",
        Field::Holidays => "the list of holidays",
        Field::BeforeDays => "the reminder before the end",
        Field::EscalateDays => "the time until escalation",
        Field::EscalateTo => "who hears of an escalation",
        Field::Approvers => "who approves",
        Field::People => "the number of people",
        Field::OwedDays => "the time for skipped sign-offs",
        Field::MaxDays => "the longest time",
        Field::Days => "its lifetime",
        Field::Respond => "the time to answer",
        Field::Resolve => "the time to put right",
        Field::Practices => "the list of practices",
        Field::Name => "the name",
        Field::Purpose => "the purpose",
        Field::Guidance => "the guidance",
        Field::Source => "the source",
        Field::DoneBy => "who does it",
        Field::Proof => "the proof",
        Field::Tiers => "who owes it",
        Field::BeforeProduction => "to be met before production",
        Field::CanBeNotApplicable => "be set aside as not applicable",
        Field::NeverWaived => "be waived",
        Field::Frameworks => "the list of practices that it covers",
        Field::ReviewDays => "the time of the reviewers",
        Field::TeamDays => "the time of the team",
        Field::AtLeast => "the least severity",
        Field::Needs => "the state of treatment",
        Field::Evidence => "the evidence",
        Field::Reviewers => "the number of reviewers",
        Field::Quorum => "the number of signatures",
        Field::Meaning => "the meaning of a signature",
    }
}

fn value(field: Field, value: &Value) -> String {
    match value {
        Value::Nothing => "without limit".to_owned(),
        Value::Text(text) => format!("“{text}”"),
        Value::Number(number) => {
            let (one, many) = match field {
                Field::People => ("person", "people"),
                Field::Days | Field::MaxDays => ("day", "days"),
                _ => ("working day", "working days"),
            };
            format!("{number} {}", if *number == 1 { one } else { many })
        }
        Value::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Tiers(of) => tiers(*of),
        Value::Roles(roles) => who_can(roles),
        Value::Evidence(kinds) => evidence(kinds, "and"),
        Value::Proof(of) => proof(of),
        Value::People(people) => people_by_tier(*people),
        Value::Severity(severity) => severity.label().to_owned(),
        Value::Treatment(status) => status.label().to_owned(),
        Value::Weekdays(days) => weekdays(days),
        Value::Hours(from, to) => hours(*from, *to),
        Value::Names(names) => join(&names.iter().map(ToString::to_string).collect::<Vec<_>>(), "and"),
        Value::Practices(practices) => {
            join(&practices.iter().map(|practice| practice.id.as_str()).collect::<Vec<_>>(), "and")
        }
        Value::Dates(dates) => join(&dates.iter().map(|date| day(*date)).collect::<Vec<_>>(), "and"),
    }
}

/// A day of the year: “24 December 2027”.
#[must_use]
pub fn day(date: Date) -> String {
    format!("{} {} {}", date.day(), date.month(), date.year())
}

/// Days of the week: “Monday to Friday”, “Monday, Wednesday and Friday”.
#[must_use]
pub fn weekdays(days: &[Weekday]) -> String {
    let follows = days.windows(2).all(|pair| pair[0].next() == pair[1]);
    match days {
        [first, .., last] if follows && days.len() > 2 => format!("{first} to {last}"),
        _ => join(&days.iter().map(ToString::to_string).collect::<Vec<_>>(), "and"),
    }
}

/// From one time of the day to another: “09:00 to 17:00”.
#[must_use]
pub fn hours(from: Time, to: Time) -> String {
    let time = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
    format!("{} to {}", time(from), time(to))
}

#[cfg(test)]
mod tests {
    use time::macros::{date, time};

    use super::*;
    use crate::{
        policy::{self, PhaseKey, RecordsSubject},
        threat::{Severity, ThreatStatus},
    };

    #[test]
    fn conditions_are_sentences() {
        for (wanted, words) in [
            (Wanted::ThreatModelComplete, "The threat model answers all four questions"),
            (Wanted::ThreatModelCurrent, "The threat model is about the scope as it is now"),
            (
                Wanted::NoUntreatedThreat { at_least: Severity::High, needs: ThreatStatus::Planned },
                "Every threat of severity high or above has its treatment planned",
            ),
            (
                Wanted::NoOpenFinding { at_least: Severity::Low },
                "No finding of severity low or above is open",
            ),
            (
                Wanted::EvidencePresent { kinds: vec![EvidenceKind::Plan, EvidenceKind::Design] },
                "Evidence of the kind plan or design document holds",
            ),
            (
                Wanted::DocumentsPresent { kinds: vec![EvidenceKind::Plan, EvidenceKind::Design] },
                "Evidence of each of these kinds holds: plan and design document",
            ),
            (
                Wanted::Records { subject: RecordsSubject::ChecksGreen, reviewers: None },
                "The latest run of every check passed",
            ),
            (Wanted::RecordArchived, "The feature’s record is archived as it is now"),
        ] {
            assert_eq!(condition(&wanted), words);
        }
    }

    #[test]
    fn numbers_days_and_hours_are_read_aloud() {
        assert_eq!(
            people_by_tier(Quorum { low: 0, medium: 1, high: 2 }),
            "0 for low, 1 for medium and 2 for high risk"
        );
        assert_eq!(people_by_tier(Quorum { low: 2, medium: 2, high: 2 }), "2 for every feature");
        assert_eq!(tiers(Tiers::ALL), "every feature");
        assert_eq!(tiers([Tier::Medium, Tier::High].into_iter().collect()), "medium and high risk");
        assert_eq!(weekdays(&[Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday]), "Monday to Wednesday");
        assert_eq!(weekdays(&[Weekday::Monday, Weekday::Sunday]), "Monday and Sunday");
        assert_eq!(weekdays(&[Weekday::Monday]), "Monday");
        assert_eq!(hours(time!(09:00), time!(17:30)), "09:00 to 17:30");
        assert_eq!(day(date!(2027 - 12 - 24)), "24 December 2027");
    }

    #[test]
    fn changes_are_sentences() {
        let said = |part: Part, field, before, after| {
            let what = Change::Set { field, before, after };
            policy_change(&PolicyChange { part, what, effect: Effect::Neutral })
        };
        let phase = PhaseKey::parse("design").unwrap();
        let control = || Part::Control {
            phase: phase.clone(),
            name: "Design".into(),
            control: policy::ControlKey::parse("review").unwrap(),
            title: "It is reviewed".into(),
        };
        for (words, expected) in [
            (
                said(Part::Policy, Field::Version, Value::Text("1".into()), Value::Text("2".into())),
                "The policy: the version was “1”, now “2”",
            ),
            (
                said(Part::EvidenceDays(EvidenceKind::Vex), Field::Days, Value::Nothing, Value::Number(1)),
                "Evidence of the kind vulnerability statement (VEX): its lifetime was without limit, now 1 day",
            ),
            (
                said(Part::Emergency, Field::People, Value::Number(2), Value::Number(3)),
                "Emergency path: the number of people was 2 people, now 3 people",
            ),
            (
                said(
                    control(),
                    Field::Tiers,
                    Value::Tiers(Tiers::ALL),
                    Value::Tiers([Tier::High].into_iter().collect()),
                ),
                "Design, control “It is reviewed”: who owes it was every feature, now high risk",
            ),
            (
                said(control(), Field::NeverWaived, Value::Flag(false), Value::Flag(true)),
                "Design, control “It is reviewed”: it can no longer be waived",
            ),
            (
                said(control(), Field::BeforeProduction, Value::Flag(true), Value::Flag(false)),
                "Design, control “It is reviewed”: it no longer has to be met before production",
            ),
            (
                said(control(), Field::Guidance, Value::Text("a".into()), Value::Text("b".into())),
                "Design, control “It is reviewed”: the guidance is reworded",
            ),
            (
                said(
                    Part::Calendar,
                    Field::Holidays,
                    Value::Dates(vec![date!(2026 - 12 - 24)]),
                    Value::Dates(vec![date!(2027 - 12 - 24)]),
                ),
                "Working time: the list of holidays no longer has 24 December 2026, but 24 December 2027",
            ),
            (
                said(
                    control(),
                    Field::Frameworks,
                    Value::Names(vec![]),
                    Value::Names(vec!["ssdf:PW.4.1".parse().unwrap()]),
                ),
                "Design, control “It is reviewed”: the list of practices that it covers now has ssdf:PW.4.1",
            ),
        ] {
            assert_eq!(words, expected);
        }
    }
}
