//! Evidence: uploads that stream through a temporary file into the database, versions that supersede each other, what
//! they are attached to, and downloads that check what they send.

mod add;
mod attach;
mod download;
mod list;
mod spool;
mod store;
mod supersede;
mod target;

pub use add::AddEvidence;
pub use download::StoredFile;
pub(crate) use download::stored;
pub use list::{EvidenceItem, EvidenceList, EvidencePage, EvidenceUse, EvidenceVersion, TargetOption};
pub use spool::{Spool, SpoolError, Spooled};
pub use store::Upload;
pub(crate) use store::store_blob;
pub use supersede::SupersedeEvidence;
pub use target::Target;

use sluice_domain::{
    audit::{Object, ObjectKind},
    form::{FieldProblem, Problem},
    ids::EvidenceId,
};

/// A problem of the file field, which the server meets before a command is there: no file, or one that is too large.
#[must_use]
pub fn file_problem(problem: Problem) -> FieldProblem {
    FieldProblem { field: "file", label: "File", problem }
}

/// An item of evidence, as an object of events.
fn evidence_object(id: EvidenceId, number: i32) -> Object {
    Object::new(ObjectKind::Evidence, id, format!("E-{number}"))
}
