//! The features that a person may see, as a table or as a board.

mod board;
mod filters;
mod table;
#[cfg(test)]
mod tests;

use leptos::prelude::*;
use sluice_domain::{access::Action, ids::SavedViewId, words};
use sluice_service::{
    features::{FeatureBoard, FeatureFilter, FeatureList, FeatureListItem, FilterChoices, Included, Rest},
    views::{ViewAddress, encode},
};

pub(crate) use self::filters::filter_words;
use crate::{
    components::{Badge, ButtonKind, EmptyState, IconName, LinkButton, PageHead, Tone},
    pages::views::{Views, saved_views, view_banner, view_form},
};

const LIST: &str = "/features";

/// What the page shows.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A page of the table.
    Table(FeatureList),
    /// The board.
    Board(FeatureBoard),
}

/// The features that a person may see, narrowed by a filter that lives in the address.
#[component]
pub fn FeatureListPage(
    /// The features.
    shown: Shown,
    /// What narrows them.
    filter: FeatureFilter,
    /// The reader's saved views, and the one that was opened.
    views: Views,
) -> impl IntoView {
    let (choices, may_create, now, empty) = match &shown {
        Shown::Table(list) => (list.choices.clone(), list.may_create, list.now, list.items.is_empty()),
        Shown::Board(board) => {
            let empty = board.columns.iter().all(|column| column.count == 0);
            (board.choices.clone(), board.may_create, board.now, empty)
        }
    };
    let nothing_at_all = empty && !filter.narrows() && filter.after.is_none();
    let new = new_address(&filter);
    // Where there is nothing yet, the empty place itself offers the first step.
    let action = (may_create && !nothing_at_all)
        .then(|| view! { <LinkButton href=new.clone()>"New feature"</LinkButton> }.into_any());
    let lead = (!may_create && !nothing_at_all).then(|| format!("Features are created by {}.", creators()));
    let saved = views.opened.as_ref().map(|opened| opened.view.id);
    let body = if nothing_at_all {
        nothing_yet(!choices.products.is_empty(), may_create, new, filter.included)
    } else if empty {
        nothing_matches(&filter)
    } else {
        match shown {
            Shown::Table(list) => {
                let start = filter.after.is_some().then(|| page_address(&filter, None, saved));
                let next = list.next.map(|after| page_address(&filter, Some(&after), saved));
                table::table(list.items, start, next, now)
            }
            Shown::Board(shown) => board::board(shown.columns, &filter, now),
        }
    };
    let address = ViewAddress::Features(Box::new(FeatureFilter { after: None, ..filter.clone() }));
    let worth_saving = filter.narrows() || filter.board || filter.included != Included::UnderWay;
    let save = worth_saving.then(|| view_form(&views, &address));
    let banner = view_banner(&views, &address);
    let tools = (!choices.products.is_empty()).then(|| tools(filter, &choices));
    let own = saved_views(&views);
    view! {
        <PageHead title="Features" nostrip:lead=lead nostrip:action=action />
        {banner}
        {own}
        {tools}
        {body}
        {save}
    }
}

/// Filters, those that are set, and the way between table and board.
fn tools(filter: FeatureFilter, choices: &FilterChoices) -> AnyView {
    let chips = filters::chips(&filter, choices);
    let switch = switch(&filter);
    let bar = filters::filter_bar(filter, choices);
    view! {
        <div class="stack-s">
            {bar}
            <div class="cluster between">{chips} {switch}</div>
        </div>
    }
    .into_any()
}

/// The same features, drawn the other way.
fn switch(filter: &FeatureFilter) -> AnyView {
    let link = |board: bool, label: &'static str| {
        let other = FeatureFilter { board, after: None, ..filter.clone() };
        let other = if board { FeatureFilter { included: Included::UnderWay, ..other } } else { other };
        let current = (filter.board == board).then_some("page");
        view! {
            <li>
                <a href=address(&other) aria-current=current>
                    {label}
                </a>
            </li>
        }
    };
    view! {
        <nav class="switch" aria-label="Table or board">
            <ul>{link(false, "Table")} {link(true, "Board")}</ul>
        </nav>
    }
    .into_any()
}

/// Who creates features: "the product manager of a product".
fn creators() -> String {
    format!("the {} of a product", words::who_can(Action::CreateFeature.product_roles()))
}

/// The form for a new feature, of the product that the list is narrowed to.
fn new_address(filter: &FeatureFilter) -> String {
    match &filter.product {
        Some(product) => format!("{LIST}/new?product={}", encode(product)),
        None => format!("{LIST}/new"),
    }
}

fn nothing_yet(has_product: bool, may_create: bool, new: String, included: Included) -> AnyView {
    if !has_product {
        return view! {
            <EmptyState
                title="You have no role in a product yet"
                why="Features belong to products, and you see those of the products in which you hold a role. An administrator can grant you one."
            />
        }
        .into_any();
    }
    let title = match included {
        Included::UnderWay => "No feature is under way",
        Included::Finished => "No feature is finished yet",
        Included::Cancelled => "No feature is cancelled",
        Included::All => "No features yet",
    };
    let why = "A feature walks through the phases of the lifecycle policy, one gate after the other. Its record starts with a title, a product and a risk tier.";
    if may_create {
        view! {
            <EmptyState title why>
                <LinkButton href=new>"New feature"</LinkButton>
            </EmptyState>
        }
        .into_any()
    } else {
        view! { <EmptyState title why=format!("{why} It is created by {}.", creators()) /> }.into_any()
    }
}

fn nothing_matches(filter: &FeatureFilter) -> AnyView {
    let hidden = match (filter.included, filter.board) {
        (Included::UnderWay, false) => {
            " Finished features are left out; choose them under “More filters” to see them."
        }
        (Included::UnderWay, true) => {
            " The board shows features under way; the table shows finished ones too."
        }
        (Included::Finished, _) => " Only finished features are looked at.",
        (Included::Cancelled, _) => " Only cancelled features are looked at.",
        (Included::All, _) => "",
    };
    let why = format!("Use fewer filters, or look for another word.{hidden}");
    view! {
        <EmptyState title="No feature matches these filters" why>
            <LinkButton href=LIST kind=ButtonKind::Quiet>
                "Show every feature"
            </LinkButton>
        </EmptyState>
    }
    .into_any()
}

/// How it stands at the gate, in a colour and in words.
fn standing(item: &FeatureListItem) -> (Tone, String) {
    let blocked = match item.team_blockers {
        ..=0 => None,
        1 => Some("1 thing blocks".to_owned()),
        count => Some(format!("{count} things block")),
    };
    match item.rest {
        Some(Rest::Held) => return (Tone::Waiting, "On hold".to_owned()),
        Some(Rest::Cancelled) => return (Tone::Neutral, "Cancelled".to_owned()),
        None => {}
    }
    match (&item.phase, item.in_review, blocked) {
        (None, ..) => (Tone::Open, "Every gate is open".to_owned()),
        (Some(_), false, None) => (Tone::Open, "Nothing blocks a review".to_owned()),
        (Some(_), true, None) => (Tone::Waiting, "In review".to_owned()),
        (Some(_), true, Some(words)) => (Tone::Blocked, format!("In review, {words}")),
        (Some(_), false, Some(words)) => (Tone::Blocked, words),
    }
}

/// A chip for sign-offs that an emergency skipped, in every list until they are there.
fn owed_chip(item: &FeatureListItem) -> Option<AnyView> {
    (item.owed > 0).then(|| {
        view! { <Badge text="Emergency: sign-offs owed" tone=Tone::Blocked icon=IconName::Warning /> }
            .into_any()
    })
}

/// The address of the list with a filter, from its top.
fn address(filter: &FeatureFilter) -> String {
    ViewAddress::Features(Box::new(filter.clone())).path()
}

/// The address of a page of the list, which keeps the view that was opened.
fn page_address(filter: &FeatureFilter, after: Option<&str>, saved: Option<SavedViewId>) -> String {
    let mut path = address(filter);
    for (name, value) in [("after", after.map(ToOwned::to_owned)), ("saved", saved.map(|id| id.to_string()))]
    {
        if let Some(value) = value {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(name);
            path.push('=');
            path.push_str(&encode(&value));
        }
    }
    path
}
