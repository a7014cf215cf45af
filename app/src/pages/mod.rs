//! The pages, by capability. A page is a component that takes read models of the service and the state of its form.
//!
//! It is called by a handler of the server, which has loaded everything and knows the status code. [`page`] puts the
//! shell and the document around it.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a component owns its props: the view macro builds them by value, also when only a part is shown"
)]

pub mod access;
pub mod account;
pub mod archive;
mod changes;
pub mod comments;
pub mod course;
pub mod coverage;
pub mod delegations;
pub mod drift;
pub mod error;
pub mod evidence;
pub mod feature_frame;
pub mod features;
pub mod guides;
pub mod history;
pub mod manifest;
pub mod notifications;
pub mod paper;
pub mod people;
pub mod phases;
pub mod policies;
pub mod products;
pub mod records;
pub mod relations;
pub mod review;
pub mod risk;
pub mod search;
pub mod threats;
mod turn_words;
pub mod views;
pub mod voiding;
pub mod waivers;
pub mod work;

pub use feature_frame::{FeatureFrame, FeatureSection};

use leptos::prelude::*;
use sluice_domain::access::WorkspaceRole;
use sluice_service::Actor;

use crate::{
    components::{NavLink, Notice, NoticeKind, Shell},
    document::{self, Frame},
    islands::ThemeSwitch,
};

/// The parts of the main navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// My work.
    Work,
    /// What one is told.
    Notifications,
    /// Features.
    Features,
    /// Products.
    Products,
    /// People.
    People,
    /// Policies.
    Policies,
    /// History.
    History,
    /// One's own account, or none of them.
    Other,
}

/// What surrounds a page: who reads it, where they are, what was just done.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// The document.
    pub frame: Frame,
    /// Who is signed in.
    pub actor: Option<Actor>,
    /// The part of the main navigation that is current.
    pub section: Section,
    /// What was just done, in a sentence.
    pub notice: Option<String>,
    /// The page's own address, to come back to.
    pub path: String,
}

/// The parts that a person sees in the main navigation, with their addresses.
fn navigation(actor: &Actor, current: Section) -> Vec<NavLink> {
    let auditor = actor.workspace.contains(&WorkspaceRole::Auditor);
    let administrator = actor.workspace.contains(&WorkspaceRole::Administrator);
    [
        (Section::Work, "My work", "/work", true),
        (Section::Notifications, "Notifications", "/notifications", true),
        (Section::Features, "Features", "/features", true),
        (Section::Products, "Products", "/products", true),
        (Section::People, "People", "/people", administrator || auditor),
        (Section::Policies, "Policies", "/policies", true),
        (Section::History, "History", "/history", auditor),
    ]
    .into_iter()
    .filter(|(_, _, _, shown)| *shown)
    .map(|(section, label, href, _)| {
        let note = match actor.unread {
            1..100 if section == Section::Notifications => actor.unread.to_string(),
            100.. if section == Section::Notifications => "99+".to_owned(),
            _ => String::new(),
        };
        NavLink::new(label, href).current(section == current).note(note)
    })
    .collect()
}

/// Renders a page within the shell and the document.
#[must_use]
pub fn page<V: IntoView + 'static>(chrome: &Chrome, body: impl FnOnce() -> V) -> String {
    document::render(&chrome.frame, || {
        let nav = chrome.actor.as_ref().map(|actor| navigation(actor, chrome.section)).unwrap_or_default();
        let viewer = chrome.actor.as_ref().map(|actor| actor.name.clone());
        let notice = chrome.notice.clone();
        let footer = view! { <ThemeSwitch theme=chrome.frame.theme next=chrome.path.clone() /> }.into_any();
        let body = body().into_any();
        view! {
            <Shell nav viewer footer>
                {notice.map(|title| view! { <Notice kind=NoticeKind::Success title /> })}
                {body}
            </Shell>
        }
    })
}
