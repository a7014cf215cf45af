//! Waivers: those of a feature, one of them, the form that asks for one, those of a product, and what of them is at the
//! gate.

pub(in crate::pages) mod gate;
pub mod list;
pub mod new;
pub mod one;
pub mod product;
#[cfg(test)]
mod tests;

pub use list::WaiversScreen;
pub use new::{NewWaiverScreen, new_waiver_form};
pub use one::{WaiverForms, WaiverScreen};
pub use product::ProductWaiversScreen;

use leptos::prelude::*;
use sluice_domain::{
    policy::Waivers,
    waiver::{WaiverState, last_day},
    words::{self, Label},
};
use sluice_service::{features::FeatureSummary, waivers::WaiverItem};
use time::{Date, OffsetDateTime};

use crate::components::{
    Badge, IconName, Tone,
    time_words::{date_words, iso_moment, moment_words},
};

/// Where a waiver stands, as a chip. Violet is what is let pass.
fn state_badge(state: WaiverState) -> AnyView {
    let (tone, icon) = match state {
        WaiverState::Requested => (Tone::Waiting, IconName::Clock),
        WaiverState::Approved => (Tone::Waived, IconName::Shield),
        WaiverState::Refused | WaiverState::Lapsed => (Tone::Blocked, IconName::Cross),
        WaiverState::Withdrawn | WaiverState::Ended => (Tone::Neutral, IconName::Dot),
    };
    view! { <Badge text=state.title() tone icon /> }.into_any()
}

/// The last day of a waiver of a feature: [`last_day_view`] in the zone of the policy that it follows.
fn last_day_of(summary: &FeatureSummary, waiver: &WaiverItem) -> AnyView {
    let (calendar, counts) = (&summary.calendar, waiver.state == WaiverState::Approved);
    last_day_view(waiver.until, last_day(waiver.until, calendar), calendar.date(summary.now), counts)
}

/// `3 Feb 2026`, with the instant at which that day is over, and how long it is until then while it matters.
fn last_day_view(until: OffsetDateTime, last: Date, today: Date, counts: bool) -> AnyView {
    let left = counts.then(|| format!(", {}", words::waiver_lapses(last, today)));
    view! {
        <time datetime=iso_moment(until) title=moment_words(until)>
            {date_words(last)}
        </time>
        {left}
    }
    .into_any()
}

/// Why a waiver that was approved does not count any more, where it does not.
fn outgrown(is_outgrown: bool) -> Option<AnyView> {
    is_outgrown.then(|| view! { <p class="muted">{OUTGROWN}</p> }.into_any())
}

const OUTGROWN: &str = "It lets nothing pass any more: it was approved under terms that the policy of this feature no longer \
                        allows. Whoever still needs it asks anew.";

/// What the policy says of waivers, in a sentence.
fn terms_words(terms: Option<&Waivers>) -> String {
    match terms {
        None => {
            "The policy that this feature follows has no waivers: everything that blocks has to be cleared."
                .to_owned()
        }
        Some(terms) => format!(
            "A waiver lets the gate pass over something for at most {} days. Any {} approves it who neither asked for it nor \
             wrote part of what the gate looks at.",
            terms.max_days,
            words::who_can(&terms.approvers)
        ),
    }
}
