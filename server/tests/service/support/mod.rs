//! What the tests of the service share: one throwaway cluster, a database a test, people, and the way through the
//! phases.

pub(crate) mod cast;
pub(crate) mod cluster;
#[path = "../../common/records.rs"]
pub(crate) mod forms;
pub(crate) mod line;
pub(crate) mod policy;
pub(crate) mod records;
pub(crate) mod steps;
pub(crate) mod wait;

pub(crate) use self::{
    cast::Cast,
    cluster::World,
    line::fields,
    wait::{until, within},
};

/// What a test returns.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
