//! Between the edge and the pages: state, who visits, what a form sent, what a handler answers, and the route table.

pub mod assets;
pub mod failure;
pub mod fields;
pub mod health;
pub mod notice;
pub mod route;
pub mod router;
pub mod routes;
pub mod sessions;
pub mod state;
pub mod visit;

pub use self::{
    failure::{Failure, Reply},
    fields::FormFields,
    notice::Done,
    route::{Access, Route},
    state::App,
    visit::Visit,
};
