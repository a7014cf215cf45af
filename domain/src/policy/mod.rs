//! Lifecycle policies: data that says which phases a feature passes, what is owed in each, and what opens its gate.
//!
//! A policy is a text file. [`parse`] reads it into a [`Policy`] or says everything that is wrong with it, each with
//! line and column. A feature is pinned to one version of one policy, and [`digest`] names that version's exact text.

use sha2::{Digest, Sha256};

mod model;
mod parse;
mod problem;
mod read;
mod retier;
mod terms;

pub use model::{
    Condition, Control, ControlKey, EvidenceKind, Gate, KeyError, Phase, PhaseKey, Policy, Proof, Quorum,
    RecordsSubject, SignOffRule, Tier, Tiers, Wanted,
};
pub use parse::{MAX_SOURCE_BYTES, parse};
pub use problem::{PolicyError, PolicyErrors, PolicyProblem};
pub use retier::PhaseChange;
pub use terms::{
    Emergency, Framework, FrameworkRef, FrameworkRefError, Practice, Reminders, Resolution, Terms, Waivers,
};

/// The text of the policy that every new workspace starts with.
pub const BUILT_IN: &str = include_str!("../../../policies/sdl.toml");

/// The SHA-256 of the policy's exact text.
#[must_use]
pub fn digest(source: &str) -> [u8; 32] {
    Sha256::digest(source.as_bytes()).into()
}
