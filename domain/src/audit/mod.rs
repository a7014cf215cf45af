//! Audit events: who did what to which object, in which role, when, from where and why.
//!
//! An event has a canonical form (RFC 8785 JSON) that a log can hash. Ids, codes, numbers, dates and digests are in
//! it as they are; free text and personal data are in it only as salted commitments, with key and text kept beside
//! it, so that both can be erased and the hash still holds.

mod event;
mod seal;
mod verb;

pub use event::{Actor, Authentication, Change, Event, Object, ObjectKind, Value};
pub use seal::{Sealed, SealedText};
pub use verb::Verb;
