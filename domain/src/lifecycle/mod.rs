//! A feature's way through the phases: states that hold their data, and transitions that consume them.
//!
//! There is no transition that skips a phase. [`Attempt::open`] goes to the next phase of the policy or, after the last,
//! to [`Progress::Finished`], and it is reached only with a [`crate::gate::Decision`] without blockers. The emergency path
//! ([`Attempt::pass_owed`]) goes through the gates one after the other as well, and leaves each of them owed. A feature
//! that was moved back passes every gate anew, under a new number of cycle.

mod attempt;
mod course;
mod emergency;
mod migration;
mod owed;
mod progress;
mod refusal;

pub use attempt::{Attempt, Seats, Signed, Turn};
pub use course::{Cycles, MovedBack};
pub use emergency::{Agreed, Consent, OwedGate, Released, may_consent, release_gate};
pub use owed::{SignedOwed, may_sign_owed, sign_owed};
pub use progress::Progress;
pub use refusal::Refusal;
