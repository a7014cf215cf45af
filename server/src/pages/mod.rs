//! The handlers, by capability: each reads a form into a command, calls a use case, and answers with a page of
//! `sluice_app` or leads on to one.

pub mod access;
pub mod account;
pub mod archive;
pub mod comments;
pub mod course;
pub mod delegations;
pub mod drift;
pub mod evidence;
pub mod features;
pub mod guides;
pub mod history;
pub mod notifications;
pub mod owed;
pub mod paper;
pub mod people;
pub mod phases;
pub mod policies;
pub mod preview;
pub mod products;
pub mod records;
pub mod relations;
pub mod review;
pub mod risk;
pub mod search;
pub mod take_up;
pub mod threats;
pub mod views;
pub mod waivers;
pub mod work;

use http::Uri;
use sluice_domain::{
    access::{Action, Grants, allowed},
    ids::{FeatureKey, Id},
    text::ProductKey,
};
use sluice_service::{Actor, Error};

use crate::web::Failure;

/// The longest address that is come back to.
const LONGEST: usize = 2_000;

/// The feature that an address names.
///
/// # Errors
/// It cannot name one, so there is no such page.
pub fn feature_key(text: &str) -> Result<FeatureKey, Failure> {
    text.parse().map_err(|_| Failure::not_found())
}

/// The product that an address names.
///
/// # Errors
/// It cannot name one, so there is no such page.
pub fn product_key(text: &str) -> Result<ProductKey, Failure> {
    text.parse().map_err(|_| Failure::not_found())
}

/// The id in an address.
///
/// # Errors
/// It is none, so there is no such page.
pub fn id<K>(text: &str) -> Result<Id<K>, Failure> {
    text.parse().map_err(|_| Failure::not_found())
}

/// Whether somebody's roles for the workspace allow an action: to show a form or not. The use case decides.
#[must_use]
pub fn may(actor: &Actor, action: Action) -> bool {
    allowed(&Grants { workspace: actor.workspace.clone(), ..Grants::default() }, action)
}

/// Refuses a page whose form somebody could not send, and a form before it is told what would be wrong with it.
///
/// # Errors
/// [`Error::Denied`] where their roles for the workspace do not allow the action.
pub fn demand(actor: &Actor, action: Action) -> Result<(), Failure> {
    if may(actor, action) {
        return Ok(());
    }
    tracing::warn!(target: "access", actor = %actor.person, action = action.code(), "denied");
    Err(Error::Denied(action).into())
}

/// Whether an address that came with a request is a page of this server (ASVS 3.7.2). Browsers read `//host` and
/// `/\host` as another server, and drop tabs and line ends first.
#[must_use]
pub fn is_local(address: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    address.len() <= LONGEST
        && path.starts_with('/')
        && !path.contains("//")
        && address.chars().all(|c| c.is_ascii_graphic() && c != '\\')
        && address.parse::<Uri>().is_ok_and(|uri| uri.scheme().is_none() && uri.authority().is_none())
}

/// Where to go next: the address that came with a request when it is a page of this server, else the start page.
#[must_use]
pub fn local_or_start(address: &str) -> &str {
    if is_local(address) { address } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_server_are_come_back_to() {
        for fine in [
            "/",
            "/work",
            "/features?q=a%20b&after=1~x",
            "/history?q=http://example.org",
            "/features/PAY-1#gate",
        ] {
            assert_eq!(local_or_start(fine), fine);
        }
        for foreign in [
            "",
            "work",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/work//evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            " /work",
            "/work\r\nSet-Cookie: a=b",
            "/\u{0}",
            "/\u{2044}evil.example",
            "https://evil.example/",
            "https:evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "?next=/work",
            "@evil.example",
        ] {
            assert_eq!(local_or_start(foreign), "/", "{foreign:?}");
        }
        assert_eq!(local_or_start(&format!("/{}", "a".repeat(LONGEST))), "/");
    }

    #[test]
    fn what_names_nothing_is_not_found() {
        assert!(feature_key("PAY-12").is_ok() && feature_key("pay-12").is_err());
        assert!(product_key("PAY").is_ok() && product_key("../etc").is_err());
        assert!(id::<sluice_domain::ids::kind::Person>("1").is_err());
    }
}
