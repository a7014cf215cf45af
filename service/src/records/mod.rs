//! Records: what the phases write down. One use case adds, one edits; the kinds differ by their spec in the domain.

mod draft;
mod edit;
mod facts;
mod page;
mod starters;
pub(crate) mod store;
mod surroundings;

pub(crate) use facts::{RecordSource, record_facts};
pub(crate) use page::kind_summaries;
pub use page::{KindSummary, RecordItem, RecordPage, RecordsPage, Referrer};
pub use starters::{AddStarters, StartersPage};
