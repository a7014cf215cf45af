//! What people see: the document around every page, components, pages and islands.
//!
//! Pages and components exist on the server only (feature `ssr`). Islands are compiled for the browser too
//! (feature `hydrate`), so they and what they use must not reach for the service or the file system.

#![expect(clippy::must_use_candidate, reason = "the view macro uses what components return")]

pub mod islands;

#[cfg(feature = "ssr")]
pub mod assets;
#[cfg(feature = "ssr")]
pub mod components;
#[cfg(feature = "ssr")]
pub mod document;
#[cfg(feature = "ssr")]
pub mod form;
#[cfg(feature = "ssr")]
pub mod markdown;
#[cfg(feature = "ssr")]
pub mod pages;
