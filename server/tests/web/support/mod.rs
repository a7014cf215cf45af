//! What the tests of the web share: one throwaway cluster with a seeded workspace, a database and an application a
//! test, and a browser that keeps cookies.

pub(crate) mod browser;
pub(crate) mod cluster;
pub(crate) mod html;
pub(crate) mod log;
pub(crate) mod multipart;
pub(crate) mod seed;

pub(crate) use self::{
    browser::{Answer, Browser, request},
    cluster::World,
    html::Page,
    multipart::Part,
    seed::{PASSWORD, Seed, Who},
};

/// What a test returns.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Text that would become markup, end a title, a text area, a script or an attribute wherever it is not escaped.
pub(crate) const HOSTILE: &str = "\"'></title></textarea></script><xss-canary onx=1>&lt;";
