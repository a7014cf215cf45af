//! Relations between features: duplicates, parts and follow-ups, shown at both of their ends.

mod edit;
mod read;

pub use edit::{RelateFeatures, UnrelateFeatures};
pub(crate) use read::relations;
pub use read::{Parts, Related, Relations, RelationsPage, Standing};
