//! The gate: a pure decision over facts.
//!
//! `decide(policy, phase, situation, now)` returns every blocker, each with a stable code, who can clear it and the
//! place where it is cleared. The page, the API, imports and jobs all ask this one function; there is no second path.

mod blocker;
mod clearance;
mod compare;
mod conditions;
mod decide;
mod facts;

pub use blocker::{Blocker, Met, drift_mark};
pub use clearance::{Clearance, clearance};
pub use compare::DecisionChange;
pub use conditions::control_blockers;
pub use decide::{Debt, Decision, Waived, decide};
pub use facts::{
    ControlFact, EarlierGate, EvidenceFact, Facts, Mark, Passed, SignOffFact, Situation, ThreatFact, Verdict,
    WaiverFact,
};
