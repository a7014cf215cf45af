use time::Date;

use super::{Label as _, blocker, who_can};
use crate::{gate::Blocker, waiver::WaiverRefusal};

/// Why a step of a waiver was refused, and what to do.
pub(super) fn refusal(refusal: &WaiverRefusal) -> String {
    match refusal {
        WaiverRefusal::None => {
            "The policy that this feature follows has no waivers: everything that blocks has to be cleared.".into()
        }
        WaiverRefusal::NotBlocking => {
            "This does not block the gate any more, so there is nothing to waive.".into()
        }
        WaiverRefusal::NeverWaived => {
            "The policy lets nobody waive this. It has to be cleared.".into()
        }
        WaiverRefusal::Asked(number) => {
            format!("Waiver W-{number} was asked for already for the same thing; it waits to be decided.")
        }
        WaiverRefusal::Waived(number) => {
            format!("Waiver W-{number} is in force for the same thing. Renew that one.")
        }
        WaiverRefusal::NotInForce => {
            "This waiver is not in force, so it can be neither ended nor renewed. Ask for a new one if it still blocks."
                .into()
        }
        WaiverRefusal::Decided => "This request is no longer open: it was decided or taken back already.".into(),
        WaiverRefusal::TermOver => {
            "The last day that was asked for is over. Refuse the request; whoever still needs it asks anew.".into()
        }
        WaiverRefusal::TermTooLong(days) => {
            let unit = if *days == 1 { "day" } else { "days" };
            format!(
                "The policy now allows {days} {unit} at most, and more was asked for. Refuse the request; whoever still needs it asks anew."
            )
        }
        WaiverRefusal::NotApprover(roles) => {
            format!("The policy lets any {} of this product decide about waivers.", who_can(roles))
        }
        WaiverRefusal::OwnRequest => {
            "You asked for this waiver, so someone else has to decide about it.".into()
        }
        WaiverRefusal::Contributor => {
            "You wrote part of what this gate looks at, so someone else has to decide about the waiver.".into()
        }
        WaiverRefusal::OthersRequest => "Only who asked for a waiver can take the request back.".into(),
    }
}

/// A blocker as one of several that can be waived: what it says, and of a control which one, as several can wait for the
/// same thing.
#[must_use]
pub fn waivable(waived: &Blocker) -> String {
    let sentence = blocker(waived);
    match control_of(waived) {
        Some(title) => format!("{sentence} (for “{title}”)"),
        None => sentence,
    }
}

fn control_of(blocker: &Blocker) -> Option<&str> {
    match blocker {
        Blocker::RecordsShort { title, .. } => Some(title),
        Blocker::Earlier { what, .. } => control_of(what),
        _ => None,
    }
}

/// How long a waiver still lasts, by its last day: “today is its last day”, “3 days left”.
#[must_use]
pub fn waiver_lapses(last: Date, today: Date) -> String {
    match (last - today).whole_days() {
        ..0 => crate::waiver::WaiverState::Lapsed.label().to_owned(),
        0 => "today is its last day".to_owned(),
        1 => "1 day left".to_owned(),
        days => format!("{days} days left"),
    }
}
