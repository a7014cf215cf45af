//! Who may do what: roles, actions and the one table that joins them.

mod action;
mod matrix;
mod role;

pub use action::Action;
pub use matrix::{Grants, allowed, golden};
pub use role::{Role, WorkspaceRole};
