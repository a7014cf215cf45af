//! Features: creating, editing, listing, and the feature's own page.

mod create;
mod edit;
mod links;
mod list;
pub(crate) mod page;
pub(crate) mod row;

pub use create::CreateFeature;
pub(crate) use create::{
    NewFeature, created_before, insert as insert_feature, lock_product, name_in_product,
};
pub use edit::EditFeature;
pub(crate) use edit::store as store_feature;
pub use links::{Lineage, Relative};
pub(crate) use links::{insert_link, lineage};
pub use list::{
    AtGate, BoardColumn, COUNTED, FeatureBoard, FeatureFilter, FeatureList, FeatureListItem, FilterChoices,
    Included, Rest,
};
pub(crate) use list::{Readables, cursor, parse_cursor, phase_of};
pub use page::{FeaturePage, FeatureSummary, PhaseState, PhaseStep};
