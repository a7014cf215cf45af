//! What a version of a policy decides about the features that follow the policy: as they are now, or as they were at
//! an instant of the past.
//!
//! The facts come from the queries that every gate is decided by. For the past they are asked under a search path that
//! begins with schema `asof`, whose views have the names of the tables and the rows of the instant.

mod engine;
mod page;
mod runs;

use engine::Look;
pub(super) use engine::compare;
pub use engine::{Compared, ImpactTotals};
pub use page::{Cause, CauseCount, PolicyRun, PolicyRunPage, RunRow};
pub(super) use page::{latest_finished, latest_run, runs_of};
pub use runs::{StartPolicyRun, instant};
