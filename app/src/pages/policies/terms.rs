//! The terms of a policy: what it says once, for all its phases.

use leptos::prelude::*;
use sluice_domain::{
    policy::{Emergency, Policy, Reminders, Terms, Waivers},
    threat::Severity,
    words::{self, Label as _},
};
use time::{Date, Weekday};

use crate::components::{Card, Column, Fact, FactList, TableHead, TableWrap, counted};

/// What a policy version says once.
pub(super) fn terms_card(policy: &Policy) -> AnyView {
    let terms = &policy.terms;
    let facts = vec![
        Fact::text("Working time", working_time(terms)),
        Fact::text("Holidays", holidays(terms)),
        Fact::text("Reminders", reminders(&terms.reminders)),
        Fact::text("Emergency path", emergency(terms.emergency.as_ref())),
        Fact::text("Waivers", waivers(terms.waivers.as_ref())),
    ];
    let (evidence, resolution) = (evidence(terms), resolution(terms));
    view! {
        <Card id="terms" title="Terms">
            <FactList facts />
            {evidence}
            {resolution}
        </Card>
    }
    .into_any()
}

fn working_time(terms: &Terms) -> String {
    let calendar = &terms.calendar;
    let days: Vec<Weekday> = calendar.days().collect();
    let (from, to) = calendar.hours();
    format!("{}, {}, {}", words::weekdays(&days), words::hours(from, to), calendar.zone())
}

fn holidays(terms: &Terms) -> String {
    let days: Vec<String> =
        terms.calendar.holidays().iter().copied().map(|date: Date| words::day(date)).collect();
    if days.is_empty() { "none".to_owned() } else { words::join(&days, "and") }
}

fn working_days(days: u16) -> String {
    counted(usize::from(days), "working day")
}

fn reminders(reminders: &Reminders) -> String {
    let Reminders { before_days, escalate_days, escalate_to } = reminders;
    let before = match before_days {
        0 => "When a turn runs out".to_owned(),
        days => format!("{} before a turn runs out", working_days(*days)),
    };
    let after = match escalate_days {
        0 => "as soon as it is overdue".to_owned(),
        days => format!("{} after it did", working_days(*days)),
    };
    let roles: Vec<String> = escalate_to.iter().map(|role| words::people(*role)).collect();
    format!(
        "{before} those whose turn it is are reminded; {after} the {} hear of it.",
        words::join(&roles, "and")
    )
}

fn emergency(emergency: Option<&Emergency>) -> String {
    let Some(Emergency { approvers, people, owed_days }) = emergency else {
        return "None: no feature passes a gate without its sign-offs.".to_owned();
    };
    let roles: Vec<String> = approvers.iter().map(|role| words::people(*role)).collect();
    format!(
        "{people} people, of the {}, let a feature pass together. The sign-offs that were skipped are owed within {}.",
        words::join(&roles, "and"),
        working_days(*owed_days)
    )
}

fn waivers(waivers: Option<&Waivers>) -> String {
    let Some(Waivers { approvers, max_days }) = waivers else {
        return "None: everything that blocks a gate has to be put right.".to_owned();
    };
    let days = counted(usize::from(*max_days), "day");
    format!("A {} approves one, for {days} at most.", words::who_can(approvers))
}

fn evidence(terms: &Terms) -> Option<AnyView> {
    let rows: Vec<AnyView> = terms
        .evidence_days
        .iter()
        .map(|(kind, days)| {
            let (kind, days) = (kind.label(), counted(usize::from(*days), "day"));
            view! {
                <tr>
                    <th scope="row">{kind}</th>
                    <td>{days}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    (!rows.is_empty()).then(|| {
        let columns = ["Kind of evidence", "Holds from its upload"].map(Column::text).to_vec();
        view! {
            <h3>"How long evidence holds"</h3>
            <TableWrap id="evidence-days" caption="How long evidence of each kind holds; other kinds hold for ever">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        }
        .into_any()
    })
}

fn resolution(terms: &Terms) -> Option<AnyView> {
    let rows: Vec<AnyView> = Severity::ALL
        .iter()
        .rev()
        .filter_map(|severity| Some((severity, terms.resolution.get(severity)?)))
        .map(|(severity, days)| {
            let severity = severity.title();
            let (respond, resolve) = (working_days(days.respond_days), working_days(days.resolve_days));
            view! {
                <tr>
                    <th scope="row">{severity}</th>
                    <td>{respond}</td>
                    <td>{resolve}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    (!rows.is_empty()).then(|| {
        let columns = ["Severity", "Answered within", "Put right within"].map(Column::text).to_vec();
        view! {
            <h3>"How fast findings are to be dealt with"</h3>
            <p class="muted">"The policy declares these times. Sluice does not count them: no gate closes because of them."</p>
            <TableWrap id="resolution" caption="How fast findings of each severity are answered and put right">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use sluice_domain::{
        access::Role,
        policy::{self, EvidenceKind, Resolution},
    };

    use super::*;

    fn html(change: impl FnOnce(&mut Terms)) -> String {
        let mut policy = policy::parse(policy::BUILT_IN).unwrap();
        policy.terms = Terms::default();
        change(&mut policy.terms);
        terms_card(&policy).to_html()
    }

    #[test]
    fn what_is_not_said_is_told_as_such() {
        let html = html(|_| ());
        for words in [
            "Monday to Friday, 09:00 to 17:00, UTC",
            "1 working day before a turn runs out",
            "2 working days after it did the product managers hear of it",
            "None: no feature passes a gate without its sign-offs.",
            "None: everything that blocks a gate has to be put right.",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert!(!html.contains("<table"), "{html}");
    }

    #[test]
    fn all_terms_are_told() {
        let html = html(|terms| {
            let approvers = vec![Role::SecurityReviewer, Role::ReleaseManager];
            terms.emergency = Some(Emergency { approvers, people: 3, owed_days: 1 });
            terms.waivers = Some(Waivers { approvers: vec![Role::SecurityReviewer], max_days: 60 });
            terms.reminders.before_days = 0;
            terms.reminders.escalate_days = 0;
            terms.evidence_days.insert(EvidenceKind::DependencyScan, 30);
            let days = Resolution { respond_days: 1, resolve_days: 3 };
            terms.resolution.insert(Severity::Critical, days);
        });
        for words in [
            "3 people, of the security reviewers and release managers, let a feature pass together.",
            "owed within 1 working day.",
            "A security reviewer approves one, for 60 days at most.",
            "When a turn runs out",
            "as soon as it is overdue",
            "Dependency scan",
            "30 days",
            "Critical",
            "3 working days",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
    }

    #[test]
    fn holidays_are_days_of_the_year() {
        let calendar = policy::parse(policy::BUILT_INS[1]).unwrap().terms.calendar;
        let html = html(|terms| terms.calendar = calendar);
        assert!(html.contains("Europe/Helsinki") && html.contains("25 December 2026"), "{html}");
    }
}
