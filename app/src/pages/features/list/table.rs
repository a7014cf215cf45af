//! The features as a table.

use leptos::prelude::*;
use sluice_domain::{place::Place, words::Label};
use sluice_service::features::FeatureListItem;
use time::OffsetDateTime;

use super::{owed_chip, standing};
use crate::{
    components::{Badge, Card, Column, DueDate, Pager, PhaseMini, TableHead, TableWrap, Timestamp, counted},
    pages::features::{lasting, tier_tone},
};

/// The rows; `start` and `next` are the addresses of the first page, where this is another one, and of the next.
pub(super) fn table(
    items: Vec<FeatureListItem>,
    start: Option<String>,
    next: Option<String>,
    now: OffsetDateTime,
) -> AnyView {
    let start = start.map(|href| view! { <a href=href>"Back to the newest"</a> });
    let text = format!("{}, the newest first", counted(items.len(), "feature"));
    let footer = view! {
        {start}
        <Pager text next previous=None />
    }
    .into_any();
    let columns = ["Feature", "Phase", "Risk", "Whose turn", "Owner", "Due"].map(Column::text).to_vec();
    let rows = items.into_iter().map(|item| row(item, now)).collect_view();
    view! {
        <Card flush=true footer>
            <TableWrap id="features" caption="Features, the newest first">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn row(item: FeatureListItem, now: OffsetDateTime) -> AnyView {
    let href = Place::Feature.path(&item.key);
    let key = item.key.to_string();
    let turn = turn(&item, now);
    let owed = owed_chip(&item);
    let (tone, words) = standing(&item);
    let (place, of) = item.position;
    let (name, passed) = match item.phase {
        Some(name) => (name, place.saturating_sub(1)),
        None => ("Finished".to_owned(), of),
    };
    let due = match item.target_date {
        Some(date) => view! { <DueDate date today=now.date() /> }.into_any(),
        None => view! { <span class="muted">"No date"</span> }.into_any(),
    };
    let sprint = item.sprint.map(|sprint| view! { <small>{sprint}</small> });
    view! {
        <tr>
            <th scope="row">
                <a href=href>
                    <span class="key">{key}</span>
                    " "
                    {item.title}
                </a>
            </th>
            <td>
                <PhaseMini name passed of tone />
                <small>{words}</small>
                {owed}
            </td>
            <td>
                <Badge text=item.tier.title() tone=tier_tone(item.tier) />
            </td>
            <td>{turn}</td>
            <td>{item.owner_name}</td>
            <td>{due} {sprint}</td>
        </tr>
    }
    .into_any()
}

fn turn(item: &FeatureListItem, now: OffsetDateTime) -> AnyView {
    let at = item.turn_since;
    if item.phase.is_none() {
        return view! {
            "Finished "
            <Timestamp at now />
        }
        .into_any();
    }
    if item.rest.is_some() {
        return view! { <span class="muted">"Nobody's"</span> }.into_any();
    }
    let whose = if item.in_review { "Reviewers" } else { "Team" };
    view! {
        {whose}
        <small>{lasting(at, now)}</small>
    }
    .into_any()
}
