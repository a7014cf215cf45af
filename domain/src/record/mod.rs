//! Records: what the phases write down besides controls, threats and evidence.
//!
//! Every kind of record has the same life: it is numbered within its feature, has a state, is edited by version and
//! enters the dossiers of the gates whose controls it proves. What a kind asks for is a [`Spec`]: its fields, its
//! states, who writes it. Forms, pages, storage and history follow the spec; the rules by which records prove controls
//! are in [`rule`].

mod form;
mod kind;
mod kinds;
mod lists;
pub mod risk;
pub mod rule;
mod spec;
mod starter;
mod values;

pub use form::{Before, RecordForm, Surroundings};
pub use kind::RecordKind;
pub use lists::ListKind;
pub use rule::{RecordFact, RecordFacts, Rule, Shortfall};
pub use spec::{Choice, Field, Input, Spec, Stands, State, TitleFrom, Tone};
pub use starter::{FeatureSort, Starter, starters};
pub use values::{RecordRef, Values};
