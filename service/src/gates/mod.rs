//! Gates: the facts behind a decision, settling a feature after each write, and the steps of a review.

mod facts;
mod review;
mod review_page;
mod settle;
mod told;
mod voiding;

pub(crate) use facts::{Gate, Gathered, gather, gather_many};
pub(crate) use review::demand_password;
pub use review::{ReturnForChanges, SignGate, WithdrawSignOff};
pub use review_page::{DossierLine, MySeat, PastSignOff, ReturnedAttempt, ReviewPage, ReviewedAttempt};
pub(crate) use settle::{gate_object, settle, start_attempt};
pub(crate) use voiding::confirmation;
pub use voiding::{CONFIRM_VOID, VoidedSignOff, Voiding};
