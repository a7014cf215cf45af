//! The features under way as a board: a column for each phase.

use leptos::prelude::*;
use sluice_domain::{place::Place, words::Label};
use sluice_service::features::{BoardColumn, COUNTED, FeatureFilter, FeatureListItem};
use time::OffsetDateTime;

use super::{address, owed_chip, standing};
use crate::{
    components::{Badge, DueDate},
    pages::features::tier_tone,
};

/// The columns, in a region that scrolls sideways by itself where they do not fit.
pub(super) fn board(columns: Vec<BoardColumn>, filter: &FeatureFilter, now: OffsetDateTime) -> AnyView {
    let columns = columns
        .into_iter()
        .enumerate()
        .map(|(place, shown)| column(shown, place, filter, now))
        .collect_view();
    view! {
        <section class="board" tabindex="0" aria-label="Features by phase">
            {columns}
        </section>
    }
    .into_any()
}

fn column(column: BoardColumn, place: usize, filter: &FeatureFilter, now: OffsetDateTime) -> AnyView {
    let BoardColumn { phase, name, cards, count } = column;
    let id = format!("column-{}", place + 1);
    let table = address(&FeatureFilter { board: false, phase: Some(phase), ..filter.clone() });
    let more = more(count, cards.len()).map(|words| {
        view! {
            <a class="board-more" href=table>
                {words}
            </a>
        }
    });
    let body = if cards.is_empty() {
        view! { <p class="muted small">"Nothing here"</p> }.into_any()
    } else {
        let cards = cards.into_iter().map(|item| card(item, now)).collect_view();
        view! { <ul class="plain stack-s">{cards}</ul> }.into_any()
    };
    view! {
        <section class="board-column" aria-labelledby=id.clone()>
            <h2 id=id.clone()>
                {name} " "
                <span class="count-plain">{counted_words(count)}</span>
            </h2>
            {body}
            {more}
        </section>
    }
    .into_any()
}

/// How many there are, as far as they are counted.
fn counted_words(count: i64) -> String {
    if count > COUNTED { format!("{COUNTED}+") } else { count.to_string() }
}

/// What leads to the ones without a card.
fn more(count: i64, shown: usize) -> Option<String> {
    let left = usize::try_from(count).unwrap_or_default().saturating_sub(shown);
    match left {
        0 => None,
        _ if count > COUNTED => Some(format!("More than {COUNTED}: show them as a table")),
        left => Some(format!("{left} more")),
    }
}

fn card(item: FeatureListItem, now: OffsetDateTime) -> AnyView {
    let (tone, words) = standing(&item);
    let due = item.target_date.map(|date| view! { <DueDate date today=now.date() /> });
    let risk = item.tier.title();
    let owed = owed_chip(&item);
    let sprint = item.sprint.map(|sprint| format!(" · {sprint}"));
    view! {
        <li class="board-card">
            <a href=Place::Feature.path(&item.key)>
                <span class="key">{item.key.to_string()}</span>
                " "
                {item.title}
            </a>
            <span class=format!("small {}", tone.text_class())>{words}</span>
            <span class="board-facts">
                <Badge text=risk tone=tier_tone(item.tier) />
                {owed}
                {due}
            </span>
            <span class="muted small">{item.owner_name} {sprint}</span>
        </li>
    }
    .into_any()
}
