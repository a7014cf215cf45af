//! What the test of scale and the bench of pages share: a throwaway cluster, a workspace as large as asked for, and the
//! table of pages that are opened in it.
//!
//! It lies with the tests and not in the program: filling a workspace goes around every wall that the program has, and
//! nothing that people install should be able to.

pub(crate) mod fill;
pub(crate) mod pages;
pub(crate) mod place;
pub(crate) mod plans;
pub(crate) mod statements;

/// What a test returns.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
