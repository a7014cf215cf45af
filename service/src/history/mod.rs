//! The history, read: the auditor's search over all events, a feature's own story, and the export.

mod entry;
mod export;
mod filter;
mod page;
mod select;

pub use entry::{ERASED, HistoryChange, HistoryEntry};
pub use export::HistoryExport;
pub use filter::{HistoryFilter, HistoryObject};
pub use page::{FeatureHistory, HistoryPage};
pub(crate) use select::{latest, watched};
