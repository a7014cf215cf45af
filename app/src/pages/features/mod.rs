//! Features: the list, the forms that create and edit one, and the feature's own page.

pub mod edit;
pub mod list;
pub mod new;
#[cfg(test)]
pub(crate) mod sample;
pub mod show;

pub use edit::{EditFeaturePage, edit_form};
pub(crate) use list::filter_words;
pub use list::{FeatureListPage, Shown};
pub use new::NewFeaturePage;
pub use show::FeatureOverviewPage;

use leptos::prelude::*;
use sluice_domain::policy::Tier;
use time::OffsetDateTime;

use crate::components::{
    Tone,
    time_words::{iso_moment, moment_words, span_words},
};

/// The colour of a risk tier.
pub(crate) const fn tier_tone(tier: Tier) -> Tone {
    match tier {
        Tier::Low => Tone::Neutral,
        Tier::Medium => Tone::Waiting,
        Tier::High => Tone::Blocked,
    }
}

/// How long something has been as it is: "for 3 days".
pub(crate) fn lasting(since: OffsetDateTime, now: OffsetDateTime) -> AnyView {
    view! {
        "for "
        <time datetime=iso_moment(since) title=moment_words(since)>
            {span_words((now - since).whole_seconds())}
        </time>
    }
    .into_any()
}
