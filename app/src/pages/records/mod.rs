//! Records: what the phases write down. The pages follow the spec of a kind; what differs by kind beyond its spec, such
//! as the columns of its list, is in one function each.

mod columns;
mod fields;
mod form;
mod labels;
pub mod list;
mod reading;
pub mod record;
pub mod starters;

#[cfg(test)]
mod tests;

pub use form::{new_record_form, record_form};
pub(in crate::pages) use labels::{add_words, gist, kind_title, open_words, shortfall_verb, state_badge};
pub use list::RecordsScreen;
pub use record::RecordScreen;
pub use starters::StartersScreen;
