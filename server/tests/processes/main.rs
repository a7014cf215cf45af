//! Whole servers as processes: two of them on one database, and one that is killed in the middle of its work.

mod client;
mod kills;
mod program;
mod races;
#[path = "../service/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests of the service use the rest")]
mod support;
