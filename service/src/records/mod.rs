//! Records: what the phases write down. One use case adds, one edits; the kinds differ by their spec in the domain.

mod draft;
mod edit;
mod facts;
mod page;
mod starters;
mod store;
mod surroundings;
mod take_up;

pub(crate) use facts::{RecordSource, record_facts};
pub(crate) use page::kind_summaries;
pub use page::{KindSummary, RecordItem, RecordPage, RecordsPage, Referrer};
pub use starters::{AddStarters, StartersPage};
pub use take_up::TakeUpFeedback;
