//! The one place where codes with arguments become English: for pages, API and command line alike.

mod blocker;
mod cause;
mod clock;
mod event;
mod label;
mod notification;
mod policy;
mod refusal;
mod value;
mod waiver;

pub use blocker::{blocker, met, people, reference, shortfall, who_can};
pub use cause::cause;
pub use clock::{days, reading};
pub use event::{field, sentence};
pub use label::{Label, join};
pub use notification::{because, notice};
pub use policy::{condition, day, hours, people_by_tier, policy_change, proof, tiers, weekdays};
pub use refusal::{problem, refusal, text_error};
pub use value::{record_field, taken_back, value};
pub use waiver::{waivable, waiver_lapses};
