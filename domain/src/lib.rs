//! The rules of Sluice: pure, without input or output, without a clock, without randomness.
//!
//! Everything that decides something lives here: what a policy says ([`policy`]), who may do what ([`access`]),
//! when a gate opens ([`gate`]), what a sign-off covers ([`dossier`]), what an audit event holds ([`audit`]). The
//! crate speaks in codes with arguments; [`words`] is the one place that turns them into English.

pub mod access;
pub mod audit;
pub mod calendar;
pub mod canonical;
mod codes;
pub mod csv;
pub mod delegation;
pub mod dossier;
pub mod evidence;
pub mod form;
pub mod gate;
pub mod ids;
pub mod lifecycle;
pub mod mention;
pub mod notification;
pub mod place;
pub mod policy;
pub mod record;
pub mod relation;
pub mod text;
pub mod threat;
pub mod turn;
pub mod waiver;
pub mod words;
