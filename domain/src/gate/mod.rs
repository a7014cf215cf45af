//! The gate: a pure decision over facts.
//!
//! `decide(gate, facts)` returns every blocker, each with a stable code, who can clear it and the place where it is
//! cleared. The page, the API, imports and jobs all ask this one function; there is no second path.

mod blocker;
mod decide;
mod facts;

pub use blocker::{Blocker, Met};
pub use decide::{Decision, control_blockers, decide};
pub use facts::{ControlFact, Facts, Mark, SignOffFact, ThreatFact, Verdict};
