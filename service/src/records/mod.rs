//! Records: what the phases write down. One use case adds, one edits; the kinds differ by their spec in the domain.

mod draft;
mod edit;
mod filed;
mod page;
mod starters;
pub(crate) mod store;
mod surroundings;
mod take_up;

pub(crate) use filed::all_items;
pub use page::{KindSummary, RecordItem, RecordPage, RecordsPage, Referrer};
pub(crate) use page::{kind_summaries, names, state_of};
pub use starters::{AddStarters, StartersPage};
pub use take_up::TakeUpFeedback;
