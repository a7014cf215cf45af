//! Archives: the whole record of a feature, exported as one canonical JSON file that is kept with it.

mod export;
mod make;
mod page;
mod writer;

pub use export::TABLES;
pub use make::MakeArchive;
pub use page::{ArchiveItem, ArchivePage};
