//! What is to be done and why it is with the person, in words.

use sluice_domain::{
    access::Role,
    record::RecordKind,
    words::{self, Label, join},
};
use sluice_service::work::{Task, Why, WorkItem};

use crate::components::counted;

/// What is to be done.
pub(super) fn what(item: &WorkItem) -> String {
    let phase = &item.phase;
    match &item.what {
        Task::Sign => format!("Sign the {phase} gate"),
        Task::Clear { blockers: 1 } => format!("Clear the thing that blocks the {phase} gate"),
        Task::Clear { blockers } => format!("Clear what blocks the {phase} gate: {blockers} things"),
        Task::RequestReview => format!("Request the review of the {phase} gate"),
        Task::Treat { number, title, severity } => {
            format!("Treat threat T-{number} ({}): {title}", severity.label())
        }
        Task::SeeTo { kind, number, title, state } => {
            let name = kind.spec().name;
            let key = if kind.is_single() { String::new() } else { format!(" {}", kind.key(*number)) };
            format!("See to {name}{key} ({}): {title}", state.to_lowercase())
        }
        Task::Acknowledge { number, title } => {
            format!("Acknowledge notice {}: {title}", RecordKind::Notice.key(*number))
        }
        Task::DecideWaiver { number, blocker } => format!("Decide about waiver W-{number}: {blocker}"),
        Task::SignOwed { gate, left } => {
            format!("Sign the {gate} gate, which an emergency went through: {}", deadline(*left))
        }
        Task::CatchUp { gate, blockers, left } => {
            let things = counted(*blockers, "thing");
            format!("Catch up on {gate} after the emergency: {things}, {}", deadline(*left))
        }
        Task::AwaitReview => format!("Review of the {phase} gate"),
    }
}

/// Why it is with the person; of what they wait for, who has it.
pub(super) fn why(item: &WorkItem) -> String {
    match (&item.why, &item.what) {
        (Why::Signs { role, colleagues: 0, .. }, _) => {
            format!("You are the only {} of {}", one(*role), item.product_name)
        }
        (Why::Signs { role, others: 0, .. }, _) => {
            format!("You are the only {} who has not contributed or signed", one(*role))
        }
        (Why::Signs { role, others, .. }, _) => {
            format!("You are one of {} {} who can sign it", others + 1, words::people(*role))
        }
        (Why::SignsFor { role, name }, _) => {
            format!("{name} handed you their seat as {}", role.label())
        }
        (Why::SignsOwed { role, ready: true }, _) => {
            format!("You are {}, and neither contributed to it nor signed", a(*role))
        }
        (Why::SignsOwed { role, ready: false }, _) => {
            format!(
                "You are {}, and neither contributed nor signed; the team has to catch up first",
                a(*role)
            )
        }
        (Why::OwnsFeature, Task::CatchUp { blockers, .. }) => {
            let is = if *blockers == 1 { "is" } else { "are" };
            format!("You own this feature, and {} {is} missing there", counted(*blockers, "thing"))
        }
        (Why::OwnsFeature, Task::Clear { blockers }) => {
            format!("You own this feature and {} its gate", blocking(*blockers))
        }
        (Why::OwnsFeature, _) => "You own this feature, and nothing blocks its gate any more".to_owned(),
        (Why::Clears { role, blockers: Some(blockers) }, _) => {
            let blockers = counted(usize::try_from(*blockers).unwrap_or_default(), "blocker");
            format!("You are {}; {blockers} can be cleared by {}", a(*role), words::people(*role))
        }
        (Why::Clears { role, blockers: None }, _) => {
            format!("You are {}, and {} can clear something of it", a(*role), words::people(*role))
        }
        (Why::Requests { role }, _) => format!(
            "You are {}; nothing blocks it any more, and {} can hand it to the reviewers",
            a(*role),
            words::people(*role)
        ),
        (Why::OwnsIt, Task::SeeTo { kind, .. }) => format!("You own this {}", kind.spec().name),
        (Why::OwnsIt, _) => "You own this threat".to_owned(),
        (Why::Informed { role }, _) => {
            format!("You are {} of {}, and nobody has answered it yet", a(*role), item.product_name)
        }
        (Why::DecidesWaivers { role }, _) => {
            format!("You are {} of {} and neither asked for it nor contributed", a(*role), item.product_name)
        }
        (Why::Awaits { roles, requested }, _) => {
            let yours = if *requested { "You requested it" } else { "You own this feature" };
            let roles: Vec<&str> = roles.iter().map(Label::label).collect();
            if roles.is_empty() {
                format!("{yours}; a reviewer denied it")
            } else {
                format!("{yours}; {} has to sign", join(&roles, "and"))
            }
        }
    }
}

/// The working days that are left.
fn deadline(left: Option<u32>) -> String {
    match left {
        None => "overdue".to_owned(),
        Some(0) => "due today".to_owned(),
        Some(1) => "1 working day left".to_owned(),
        Some(days) => format!("{days} working days left"),
    }
}

fn blocking(blockers: i32) -> String {
    match blockers {
        1 => "1 thing blocks".to_owned(),
        _ => format!("{blockers} things block"),
    }
}

/// “a developer”, as in “you are a developer”.
fn a(role: Role) -> String {
    match role {
        Role::Qa => "in QA".to_owned(),
        Role::IncidentManager => format!("an {}", role.label()),
        _ => format!("a {}", role.label()),
    }
}

/// “developer”, as in “the only developer”.
fn one(role: Role) -> String {
    match role {
        Role::Qa => "QA person".to_owned(),
        _ => role.label().to_owned(),
    }
}
