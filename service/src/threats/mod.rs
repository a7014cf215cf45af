//! The threat model of a feature: four questions, and its threats.

mod edit;
mod page;

pub use edit::{AnswerThreatModel, EditThreat};
pub(crate) use page::threats;
pub use page::{ThreatItem, ThreatModelPage, ThreatPage};
