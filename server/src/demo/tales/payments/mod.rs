//! Outlines of Payments.

mod accounting;
mod campaigns;
mod small;
mod wording;

use crate::demo::outline::Outline;

pub(super) static ALL: &[&Outline] = &[
    &campaigns::VOUCHER,
    &campaigns::SURVEY,
    &wording::DECLINES,
    &accounting::SETTLEMENTS,
    &wording::RECEIPTS,
    &small::PREFERRED,
    &small::PROGRESS,
    &small::LINK,
];
