//! Gates: the facts behind a decision, settling a feature after each write, and the steps of a review.

mod facts;
mod owed;
mod owed_page;
mod passing;
mod review;
mod review_page;
mod settle;
mod told;
mod voiding;

pub(crate) use facts::{Gate, Gathered, gather, gather_many};
pub use owed::{SignOwed, WithdrawOwed};
pub use owed_page::{OwedPage, OwedReview};
pub(crate) use passing::{pass_owed, undo_gates, void_attempt};
pub(crate) use review::demand_password;
pub use review::{ReturnForChanges, SignGate, WithdrawSignOff};
pub use review_page::{DossierLine, MySeat, PastSignOff, ReturnedAttempt, ReviewPage, ReviewedAttempt};
pub(crate) use settle::{Ending, end_attempt, gate_object, settle, start_attempt};
pub use voiding::{CONFIRM_VOID, VoidedSignOff, Voiding};
