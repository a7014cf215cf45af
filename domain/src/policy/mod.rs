//! Lifecycle policies: data that says which phases a feature passes, what is owed in each, and what opens its gate.
//!
//! A policy is a text file. [`parse`] reads it into a [`Policy`] or says everything that is wrong with it, each with
//! line and column. A feature is pinned to one version of one policy, and [`digest`] names that version's exact text.

use std::sync::OnceLock;

use sha2::{Digest, Sha256};

mod condition;
mod coverage;
mod difference;
mod language;
mod model;
mod parse;
mod problem;
mod read;
mod retier;
mod run;
mod terms;

pub use condition::{Condition, ConditionKind, RecordsSubject, Wanted};
pub use coverage::{Coverage, CoverageCount, CoverageEntry, PlacedControl, coverage};
pub use difference::{Change, Effect, PolicyChange, PolicyDifference, PolicyField, PolicyPart, PolicyValue};
pub use language::schema;
pub use model::{
    Control, ControlKey, EvidenceKind, Gate, KeyError, Phase, PhaseKey, Policy, Proof, ProofForm, Quorum,
    SignOffRule, Tier, Tiers,
};
pub use parse::{MAX_SOURCE_BYTES, parse};
pub use problem::{PolicyError, PolicyErrors, PolicyProblem};
pub use retier::PhaseChange;
pub use run::{RunKind, RunState};
pub use terms::{
    Emergency, Framework, FrameworkRef, FrameworkRefError, Practice, Reminders, Resolution, Terms, Waivers,
};

/// The text of the policy that every new workspace starts with.
pub const BUILT_IN: &str = include_str!("../../../policies/sdl.toml");

/// Its key, over all its versions.
pub const BUILT_IN_KEY: &str = "sdl";

/// The texts of the policies that come with Sluice, the one of a new workspace first.
pub const BUILT_INS: &[&str] = &[BUILT_IN, include_str!("../../../policies/connector.toml")];

/// The frameworks that come with Sluice: every policy may map its controls to their practices.
#[must_use]
pub fn frameworks() -> &'static [Framework] {
    static READ: OnceLock<Vec<Framework>> = OnceLock::new();
    // Both are read in the tests; one that were not sound would be missing here, and policies that name it refused.
    READ.get_or_init(|| CATALOGUES.iter().filter_map(|source| parse::parse_catalogue(source).ok()).collect())
}

const CATALOGUES: &[&str] = &[
    include_str!("../../../policies/frameworks/ssdf.toml"),
    include_str!("../../../policies/frameworks/samm.toml"),
];

/// The SHA-256 of the policy's exact text.
#[must_use]
pub fn digest(source: &str) -> [u8; 32] {
    Sha256::digest(source.as_bytes()).into()
}
