//! Gates: the facts behind a decision, settling a feature after each write, and the steps of a review.

mod content;
mod drift;
mod facts;
mod manifest;
mod owed;
mod owed_page;
mod passing;
mod review;
mod review_page;
mod seats;
mod settle;
mod sign_off;
mod told;
mod voiding;

pub use content::{ChangedField, ChangedItem};
pub use drift::{AcceptDrift, DriftPage};
pub(crate) use facts::{Gate, Gathered, gather, gather_in, gather_many};
pub use manifest::{ManifestPage, ManifestSignOff};
pub(crate) use owed::decide_owed;
pub use owed_page::{OwedPage, OwedReview, OwnSignOff};
pub(crate) use passing::{pass_owed, undo_gates, void_attempt};
pub use review::ReturnForChanges;
pub use review_page::{
    Compared, DelegatedSeat, DossierLine, MySeat, PastSignOff, ReturnedAttempt, ReviewPage, ReviewedAttempt,
};
pub(crate) use settle::{Ending, end_attempt, gate_object, settle, start_attempt, store_dossier};
pub(crate) use sign_off::demand_password;
pub use sign_off::{SignGate, WithdrawSignOff};
pub(crate) use voiding::confirmation;
pub use voiding::{CONFIRM_VOID, VoidedSignOff, Voiding};
