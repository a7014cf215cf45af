use super::{Label, clock::days, join};
use crate::{
    access::Role,
    notification::{Because, Notice},
    turn::Side,
};
use time::Date;

/// What somebody is told, in one sentence without a full stop.
#[must_use]
pub fn notice(notice: &Notice) -> String {
    match notice {
        Notice::ReviewRequested { gate, cycle: 1 } => {
            format!("The review of the {} gate was requested", gate.name)
        }
        Notice::ReviewRequested { gate, cycle } => {
            format!("The review of the {} gate was requested again, as cycle {cycle}", gate.name)
        }
        Notice::Returned { gate, cycle } => {
            format!("The {} gate was returned for changes, which ends cycle {cycle}", gate.name)
        }
        Notice::SignOffVoided { gate, changed, more } => {
            let sentence = format!("Your sign-off of the {} gate was voided", gate.name);
            let mut things: Vec<String> = changed.iter().map(|thing| format!("“{thing}”")).collect();
            match more {
                0 => {}
                1 => things.push("1 thing more".to_owned()),
                more => things.push(format!("{more} things more")),
            }
            if things.is_empty() { sentence } else { format!("{sentence}: {} changed", join(&things, "and")) }
        }
        Notice::GateOpened { gate, next: Some(next) } => {
            format!("The {} gate opened; the feature is in “{next}” now", gate.name)
        }
        Notice::GateOpened { gate, next: None } => {
            format!("The {} gate opened; it was the last one", gate.name)
        }
        Notice::GateDrifted { gate } => {
            format!("What was signed at the {} gate has changed since it opened", gate.name)
        }
        Notice::DriftAccepted { gate } => {
            format!("What changed after the {} gate opened was accepted", gate.name)
        }
        Notice::TurnEnding { gate, side, due, days: 0 } => {
            format!("{} at the {} gate is due today, {}", turn(*side), gate.name, day(*due))
        }
        Notice::TurnEnding { gate, side, due, days: left } => {
            let left = days(*left);
            format!("{} at the {} gate is due in {left}, on {}", turn(*side), gate.name, day(*due))
        }
        Notice::TurnOverdue { gate, side, due } => {
            format!("{} at the {} gate is overdue since {}", turn(*side), gate.name, day(*due))
        }
        Notice::WaiverRequested { number } => format!("Waiver W-{number} was asked for"),
        Notice::WaiverApproved { number, until } => {
            format!("Waiver W-{number} was approved until {}", day(*until))
        }
        Notice::WaiverRefused { number } => format!("Waiver W-{number} was refused"),
        Notice::WaiverEnded { number } => format!("Waiver W-{number} was ended before its time"),
        Notice::WaiverEnding { number, until } => format!("Waiver W-{number} runs out on {}", day(*until)),
        Notice::WaiverLapsed { number } => format!("Waiver W-{number} lapsed; what it let pass blocks again"),
        Notice::EmergencyProposed {} => "Somebody asked to release this feature in an emergency".into(),
        Notice::EmergencyCalledOff {} => "The emergency release that was asked for was called off".into(),
        Notice::EmergencyReleased { owed, until } => {
            let sentence = "This feature was released in an emergency";
            match &owed[..] {
                [] => sentence.into(),
                [one] => format!("{sentence}; the sign-offs of {one} are owed until {}", day(*until)),
                more => format!(
                    "{sentence}; the sign-offs of {} are owed until {}",
                    join(more, "and"),
                    day(*until)
                ),
            }
        }
        Notice::OwedEnding { gate, due } => {
            format!("The sign-offs owed at the {} gate are due on {}", gate.name, day(*due))
        }
        Notice::OwedOverdue { gate, due } => {
            format!("The sign-offs owed at the {} gate are overdue since {}", gate.name, day(*due))
        }
        Notice::GatePaid { gate } => format!("The sign-offs owed at the {} gate are complete", gate.name),
        Notice::MovedBack { gate } => format!("This feature was moved back to “{}”", gate.name),
        Notice::Held {} => "This feature was put on hold".into(),
        Notice::Resumed {} => "This feature goes on".into(),
        Notice::Cancelled {} => "This feature was cancelled".into(),
        Notice::Reopened {} => "This feature was opened again".into(),
        Notice::PolicyMigrated { version } => {
            format!("This feature follows version {version} of its policy now")
        }
        Notice::SeatDelegated { role, until } => {
            format!("The seat of a {} was handed over until {}", role.label(), day(*until))
        }
        Notice::DelegationEnded { role } => {
            format!("The handed-over seat of a {} was taken back", role.label())
        }
    }
}

/// Why somebody is told, in one sentence without a full stop.
#[must_use]
pub fn because(because: Because, role: Option<Role>) -> String {
    match (because, role) {
        (Because::Role, Some(role)) => format!("You are told as {} of this product", role.label()),
        (Because::Role, None) => "You are told because of your role in this product".into(),
        (Because::Owner, _) => "You own this feature".into(),
        (Because::Requester, _) => "You requested the review".into(),
        (Because::Signer, _) => "You signed this gate".into(),
        (Because::Asker, _) => "You asked for it".into(),
        (Because::Decider, _) => "You decided it".into(),
        (Because::Seat, _) => "The seat is yours, or was handed to you".into(),
        (Because::Watcher, _) => "You watch this feature".into(),
    }
}

fn turn(side: Side) -> &'static str {
    match side {
        Side::Team => "The team's turn",
        Side::Reviewers => "The reviewers' turn",
    }
}

/// `3 Feb 2026`.
fn day(date: Date) -> String {
    let month: String = date.month().to_string().chars().take(3).collect();
    format!("{} {month} {}", date.day(), date.year())
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::notification::Gate;

    #[test]
    #[expect(clippy::too_many_lines, reason = "one line a notice")]
    fn notices_are_sentences() {
        let gate = || Gate { phase: "design".parse().expect("a phase"), name: "Design".to_owned() };
        let due = date!(2026 - 11 - 26);
        let voided = |changed: &[&str], more| Notice::SignOffVoided {
            gate: gate(),
            changed: changed.iter().map(|thing| (*thing).to_owned()).collect(),
            more,
        };
        let released = |owed: &[&str]| Notice::EmergencyReleased {
            owed: owed.iter().map(|name| (*name).to_owned()).collect(),
            until: due,
        };
        let told = [
            (
                Notice::ReviewRequested { gate: gate(), cycle: 1 },
                "The review of the Design gate was requested",
            ),
            (
                Notice::ReviewRequested { gate: gate(), cycle: 2 },
                "The review of the Design gate was requested again, as cycle 2",
            ),
            (
                Notice::Returned { gate: gate(), cycle: 1 },
                "The Design gate was returned for changes, which ends cycle 1",
            ),
            (voided(&[], 0), "Your sign-off of the Design gate was voided"),
            (voided(&["T-4"], 0), "Your sign-off of the Design gate was voided: “T-4” changed"),
            (
                voided(&["T-4", "E-1"], 1),
                "Your sign-off of the Design gate was voided: “T-4”, “E-1” and 1 thing more changed",
            ),
            (
                voided(&["T-4"], 3),
                "Your sign-off of the Design gate was voided: “T-4” and 3 things more changed",
            ),
            (
                Notice::GateOpened { gate: gate(), next: Some("Development".to_owned()) },
                "The Design gate opened; the feature is in “Development” now",
            ),
            (Notice::GateOpened { gate: gate(), next: None }, "The Design gate opened; it was the last one"),
            (
                Notice::GateDrifted { gate: gate() },
                "What was signed at the Design gate has changed since it opened",
            ),
            (
                Notice::DriftAccepted { gate: gate() },
                "What changed after the Design gate opened was accepted",
            ),
            (
                Notice::TurnEnding { gate: gate(), side: Side::Reviewers, due, days: 0 },
                "The reviewers' turn at the Design gate is due today, 26 Nov 2026",
            ),
            (
                Notice::TurnEnding { gate: gate(), side: Side::Team, due, days: 1 },
                "The team's turn at the Design gate is due in 1 day, on 26 Nov 2026",
            ),
            (
                Notice::TurnOverdue { gate: gate(), side: Side::Team, due },
                "The team's turn at the Design gate is overdue since 26 Nov 2026",
            ),
            (Notice::WaiverRequested { number: 2 }, "Waiver W-2 was asked for"),
            (Notice::WaiverApproved { number: 2, until: due }, "Waiver W-2 was approved until 26 Nov 2026"),
            (Notice::WaiverRefused { number: 2 }, "Waiver W-2 was refused"),
            (Notice::WaiverEnded { number: 2 }, "Waiver W-2 was ended before its time"),
            (Notice::WaiverEnding { number: 2, until: due }, "Waiver W-2 runs out on 26 Nov 2026"),
            (Notice::WaiverLapsed { number: 2 }, "Waiver W-2 lapsed; what it let pass blocks again"),
            (Notice::EmergencyProposed {}, "Somebody asked to release this feature in an emergency"),
            (Notice::EmergencyCalledOff {}, "The emergency release that was asked for was called off"),
            (released(&[]), "This feature was released in an emergency"),
            (
                released(&["Design"]),
                "This feature was released in an emergency; the sign-offs of Design are owed until 26 Nov 2026",
            ),
            (
                released(&["Design", "Testing"]),
                "This feature was released in an emergency; the sign-offs of Design and Testing are owed until 26 Nov 2026",
            ),
            (
                Notice::OwedEnding { gate: gate(), due },
                "The sign-offs owed at the Design gate are due on 26 Nov 2026",
            ),
            (
                Notice::OwedOverdue { gate: gate(), due },
                "The sign-offs owed at the Design gate are overdue since 26 Nov 2026",
            ),
            (Notice::GatePaid { gate: gate() }, "The sign-offs owed at the Design gate are complete"),
            (Notice::MovedBack { gate: gate() }, "This feature was moved back to “Design”"),
            (Notice::Held {}, "This feature was put on hold"),
            (Notice::Resumed {}, "This feature goes on"),
            (Notice::Cancelled {}, "This feature was cancelled"),
            (Notice::Reopened {}, "This feature was opened again"),
            (
                Notice::PolicyMigrated { version: "2026.4".to_owned() },
                "This feature follows version 2026.4 of its policy now",
            ),
            (
                Notice::SeatDelegated { role: Role::SecurityReviewer, until: due },
                "The seat of a security reviewer was handed over until 26 Nov 2026",
            ),
            (
                Notice::DelegationEnded { role: Role::SecurityReviewer },
                "The handed-over seat of a security reviewer was taken back",
            ),
        ];
        for (told, sentence) in told {
            assert_eq!(notice(&told), sentence, "{}", told.code());
        }
    }

    #[test]
    fn everybody_learns_why_they_are_told() {
        assert_eq!(because(Because::Role, Some(Role::Qa)), "You are told as QA of this product");
        let reasons: std::collections::BTreeSet<String> =
            Because::ALL.iter().map(|reason| because(*reason, None)).collect();
        assert_eq!(reasons.len(), Because::ALL.len());
    }
}
