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
