//! The tales: one feature each, from its first sentence to where it stands today.

mod expiry;
mod limits;
mod notice;
mod refunds;
mod retry;
mod sessions;
mod storefront;
mod tokens;
mod webhooks;
mod webhooks_to_production;

use super::script::Tale;

/// Every tale. Features get their numbers in the order in which they begin.
pub(super) static ALL: &[&Tale] = &[
    &notice::NOTICE,
    &webhooks::WEBHOOKS,
    &retry::RETRY,
    &tokens::TOKENS,
    &expiry::EXPIRY,
    &sessions::SESSIONS,
    &limits::LIMITS,
    &refunds::REFUNDS,
    &limits::CHAT,
    &storefront::BASKET,
    &storefront::SUGGESTIONS,
];

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_tale_is_told_in_the_order_of_time() {
        for now in [datetime!(2026-11-23 00:10 UTC), datetime!(2026-11-25 10:00 UTC)] {
            for tale in ALL {
                let mut last = tale.begins.instant(now);
                for (when, _, act) in tale.steps() {
                    let when = when.instant(now);
                    assert!(when >= last, "{}: {act:?}", tale.title);
                    last = when;
                }
                assert!(last < now, "{}", tale.title);
            }
        }
    }
}
