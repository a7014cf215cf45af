//! What a product's people go by: its coding standards and its lists.

pub mod lists;
pub mod publish;
pub mod standard;
pub mod standards;
#[cfg(test)]
mod tests;

pub use lists::{ListsScreen, list_form};
pub use publish::{PublishScreen, publish_form};
pub use standard::StandardScreen;
pub use standards::StandardsScreen;

use leptos::prelude::*;
use sluice_domain::{access::Action, place::ProductPlace, words::Label};
use sluice_service::guides::{Attested, Edition, GuidedProduct};
use time::OffsetDateTime;

use super::error::needed_words;
use crate::components::{Breadcrumb, Prose, Timestamp};

/// The way back up from a page about a product's guides.
pub(in crate::pages) fn crumbs(
    product: &GuidedProduct,
    between: Option<(&str, ProductPlace)>,
    here: &str,
) -> AnyView {
    let mut trail = vec![
        ("Products".to_owned(), "/products".to_owned()),
        (format!("{} {}", product.key, product.name), ProductPlace::Product.path(&product.key)),
    ];
    trail.extend(between.map(|(words, place)| (words.to_owned(), place.path(&product.key))));
    view! { <Breadcrumb trail here=here.to_owned() /> }.into_any()
}

/// Why the reader may not publish or edit here, and who can; nothing where they may.
fn closed(product: &GuidedProduct, what: &str) -> Option<AnyView> {
    (!product.may(Action::ManageGuides)).then(|| {
        let words = format!("{what} {}", needed_words(Action::ManageGuides).to_lowercase());
        view! { <p class="muted">{words}</p> }.into_any()
    })
}

/// What an edition asks for, and where it can be read.
fn content(edition: &Edition) -> AnyView {
    let link = (!edition.link.is_empty()).then(|| {
        let href = edition.link.clone();
        view! {
            <p>
                <a href=href rel="noreferrer noopener">{edition.link.clone()}</a>
            </p>
        }
    });
    let summary = edition.summary.clone();
    view! {
        {link}
        <Prose markdown=summary />
    }
    .into_any()
}

/// Who attested an edition, by time.
fn attested_list(attested: &[Attested], now: OffsetDateTime) -> AnyView {
    if attested.is_empty() {
        return view! { <p class="muted">"Nobody yet."</p> }.into_any();
    }
    let lines = attested
        .iter()
        .map(|by| {
            let (name, at) = (by.name.clone(), by.at);
            view! {
                <li>
                    {name}
                    " "
                    <span class="muted small">
                        <Timestamp at now />
                    </span>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="plain stack-s">{lines}</ul> }.into_any()
}

/// Who has not attested an edition, with what they are in the product.
fn missing_list(edition: &Edition) -> AnyView {
    if edition.missing.is_empty() {
        return view! { <p class="muted">"Nobody: everybody who works on the product has."</p> }.into_any();
    }
    let lines = edition
        .missing
        .iter()
        .map(|(name, roles)| {
            let roles: Vec<&str> = roles.iter().map(Label::label).collect();
            view! {
                <li>
                    {name.clone()}
                    " "
                    <span class="muted small">{roles.join(", ")}</span>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="plain stack-s">{lines}</ul> }.into_any()
}
