//! A feature's course besides its gates: hold and resume, cancel and reopen, move back, and the release in an emergency.
//!
//! On a feature that is on hold or cancelled, nothing but the way out of it writes: every other use case asks
//! [`sluice_domain::lifecycle::Progress::attempt`], which refuses.

mod back;
mod effect;
mod emergency;
mod page;
mod rest;
mod step;
mod told;

pub use back::MoveBack;
pub use effect::BackEffect;
pub use emergency::{AgreeToEmergency, CallOffEmergency, Consented, ProposeEmergency};
pub(crate) use emergency::{end_with_policy, open_emergency};
pub use page::{
    ConsentGiven, CourseChange, CourseKind, CoursePage, EmergencyEnd, EmergencyView, PastEmergency,
    SkippedGate,
};
pub(crate) use rest::resting;
pub use rest::{CancelFeature, HoldFeature, ReopenFeature, Resting, ResumeFeature};
pub(crate) use told::tell_paid;
