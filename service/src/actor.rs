//! Who acts. It is the first argument of every use case.

use std::collections::BTreeSet;

use sluice_domain::{
    access::WorkspaceRole,
    canonical::Digest,
    ids::{PersonId, RequestId},
};

/// A person who is signed in, as one request found them: grants are read anew for each request, so a change counts
/// at the next one (ASVS 8.3.2).
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who.
    pub person: PersonId,
    /// Their name, for the record and for the page.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their roles for the whole workspace.
    pub workspace: BTreeSet<WorkspaceRole>,
    /// How many things they were told and have not read; counted up to a hundred.
    pub unread: u32,
    /// Where the request came from.
    pub origin: Origin,
}

/// Where a request came from, for the audit event.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Id of the request.
    pub request: Option<RequestId>,
    /// Network address of the client.
    pub address: Option<String>,
    /// Whether what it asks for may void sign-offs.
    pub voids: Voids,
}

/// Whether a request may void sign-offs that stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Voids {
    /// The person is told first which ones, and nothing is written until they confirm.
    #[default]
    Ask,
    /// The person was told of exactly these, and confirmed.
    Confirmed(Digest),
    /// Nobody is there who could be asked: a program, or sample data.
    Unasked,
}
