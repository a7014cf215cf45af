//! The tales: one feature each, from its first sentence to where it stands today. Some are told at length here, the others
//! in outline, by product.

mod expiry;
mod limits;
mod notice;
mod payments;
mod refunds;
mod retry;
mod sessions;
mod sluice;
mod tokens;
mod webhooks;
mod webhooks_to_production;

use super::{
    outline::Outline,
    script::{Story, Tale},
};

static TOLD: &[&Tale] = &[
    &notice::NOTICE,
    &webhooks::WEBHOOKS,
    &retry::RETRY,
    &tokens::TOKENS,
    &expiry::EXPIRY,
    &sessions::SESSIONS,
    &limits::LIMITS,
    &refunds::REFUNDS,
    &limits::CHAT,
];

/// Every outline.
fn outlines() -> impl Iterator<Item = &'static Outline> {
    payments::ALL.iter().chain(sluice::ALL).copied()
}

/// Every story. Features get their numbers in the order in which they begin.
pub(super) fn all() -> Vec<Story> {
    let told = TOLD.iter().map(|tale| Story::from(*tale));
    told.chain(outlines().enumerate().map(|(place, outline)| outline.unfold(place))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sluice_domain::policy::Tier;
    use time::macros::datetime;

    use super::*;
    use crate::demo::{outline::Stand, script::Act};

    #[test]
    fn a_story_is_told_in_the_order_of_time() {
        for now in [datetime!(2026-11-23 00:10 UTC), datetime!(2026-11-25 10:00 UTC)] {
            for story in all() {
                let mut last = story.begins.instant(now);
                for (when, _, act) in &story.steps {
                    let when = when.instant(now);
                    assert!(when >= last, "{}: {act:?}", story.title);
                    last = when;
                }
                assert!(last < now, "{}", story.title);
            }
        }
    }

    #[test]
    fn some_thirty_features_of_both_products_are_told_over_months() {
        let stories = all();
        assert!(stories.len() >= 30, "{}", stories.len());
        let titles: BTreeSet<&str> = stories.iter().map(|story| story.title).collect();
        assert_eq!(titles.len(), stories.len(), "two features have one title");
        for product in ["PAY", "SLU"] {
            assert!(stories.iter().filter(|story| story.product == product).count() >= 12, "{product}");
        }
        for tier in [Tier::Low, Tier::Medium, Tier::High] {
            assert!(stories.iter().any(|story| story.tier == tier), "{tier:?}");
        }
        let owners: BTreeSet<_> = stories.iter().map(|story| story.owner).collect();
        assert!(owners.len() >= 6, "{owners:?}");
        assert!(stories.iter().any(|story| story.due.is_none()));
        let now = datetime!(2026-11-25 10:00 UTC);
        let first = stories.iter().map(|story| story.begins.instant(now)).min();
        assert!(first.is_some_and(|first| now - first > time::Duration::days(140)));
    }

    #[test]
    fn gates_are_denied_returned_and_finished() {
        let stories = all();
        let happens = |wanted: fn(&Act) -> bool| {
            stories.iter().flat_map(|story| &story.steps).filter(|(_, _, act)| wanted(act)).count()
        };
        assert!(happens(|act| matches!(act, Act::Deny(..))) >= 2);
        assert!(happens(|act| matches!(act, Act::Return(_))) >= 2);
        assert!(happens(|act| matches!(act, Act::Say(text) if text.contains('@'))) >= 5);
        assert!(happens(|act| matches!(act, Act::Watch)) >= 5);
        assert!(outlines().any(|outline| matches!(outline.stand, Stand::Finished(_))));
    }
}
