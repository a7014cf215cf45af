//! "My work": what waits for a person and why, who mentioned them, what they wait for, and what happens on the features
//! that they watch.

mod talk;
mod words;

use leptos::prelude::*;
use sluice_domain::{access::WorkspaceRole, words::Label};
use sluice_service::work::{MyWork, WorkItem};
use time::OffsetDateTime;

use super::features::lasting;
use crate::components::{
    ButtonKind, Card, Column, DueDate, EmptyState, IconName, LinkButton, PageHead, TableHead, TableWrap,
    counted,
};

/// A person's inbox.
#[component]
pub fn WorkPage(
    /// What is in it.
    work: MyWork,
    /// A role of the person for the whole workspace, the widest: who holds none in a product may still have a place
    /// to go.
    workspace: Option<WorkspaceRole>,
) -> impl IntoView {
    let MyWork { mine, more, mentions, waiting, watched, has_role, now } = work;
    let body = if has_role {
        view! {
            {with_you(mine, more, now)}
            {talk::mentions(mentions, now)}
            {with_others(waiting, now)}
            {talk::watched(&watched, now)}
        }
        .into_any()
    } else {
        without_role(workspace)
    };
    view! {
        <PageHead title="My work" lead="What waits for you, the most urgent first, and why it is with you." />
        {body}
    }
}

fn with_you(items: Vec<WorkItem>, more: bool, now: OffsetDateTime) -> AnyView {
    if items.is_empty() {
        return view! {
            <Card title="Yours to do">
                <EmptyState
                    icon=IconName::Check
                    title="Nothing waits for you"
                    why="Work comes here by itself: a gate that you can sign, things that block a gate and that you can clear, a review to request, a threat or a record that you own."
                >
                    <LinkButton href="/features" kind=ButtonKind::Quiet>
                        "Look at the features"
                    </LinkButton>
                </EmptyState>
            </Card>
        }
        .into_any();
    }
    let count = if more { format!("the {} most urgent", items.len()) } else { counted(items.len(), "thing") };
    let columns = ["What", "Feature", "Why it is with you", "Waiting", "Due"].map(Column::text).to_vec();
    table("Yours to do", "with-you", count, columns, items, now)
}

fn with_others(items: Vec<WorkItem>, now: OffsetDateTime) -> AnyView {
    if items.is_empty() {
        return view! {
            <Card title="You wait for others">
                <p class="muted">
                    "Nobody owes you an answer. Reviews that you requested, and those of features that you own, stand here until the reviewers sign or return them."
                </p>
            </Card>
        }
        .into_any();
    }
    let count = counted(items.len(), "thing");
    let columns = ["What", "Feature", "Who has it", "Waiting", "Due"].map(Column::text).to_vec();
    table("You wait for others", "with-others", count, columns, items, now)
}

fn table(
    title: &'static str,
    id: &'static str,
    count: String,
    columns: Vec<Column>,
    items: Vec<WorkItem>,
    now: OffsetDateTime,
) -> AnyView {
    let side = view! { <span class="muted">{count}</span> }.into_any();
    let rows = items.into_iter().map(|item| row(item, now)).collect_view();
    view! {
        <Card title side flush=true>
            <TableWrap id caption=title>
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn row(item: WorkItem, now: OffsetDateTime) -> AnyView {
    let (what, why) = (words::what(&item), words::why(&item));
    let href = item.place.path(&item.key);
    let key = item.key.to_string();
    let due = match item.due {
        Some(date) => view! { <DueDate date today=now.date() /> }.into_any(),
        None => view! { <span class="muted">"No date"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <a href=href>{what}</a>
            </th>
            <td>
                <span class="key">{key}</span>
                " "
                {item.title}
                <small>{item.tier.title()}</small>
            </td>
            <td>{why}</td>
            <td class="nowrap">{lasting(item.since, now)}</td>
            <td>{due}</td>
        </tr>
    }
    .into_any()
}

/// Where to go for somebody without a role in any product.
fn without_role(role: Option<WorkspaceRole>) -> AnyView {
    match role {
        Some(WorkspaceRole::Administrator) => view! {
            <EmptyState
                title="You hold no role in a product"
                why="Work comes from the features of products, and you manage products and people instead. Grant roles, to yourself too, on a product's page."
            >
                <LinkButton href="/products">"Manage products"</LinkButton>
            </EmptyState>
        }
        .into_any(),
        Some(WorkspaceRole::Auditor) => view! {
            <EmptyState
                title="Auditors are given no work"
                why="You read everything and change nothing. The history tells who did what, in which role and on what evidence."
            >
                <LinkButton href="/history">"Read the history"</LinkButton>
            </EmptyState>
        }
        .into_any(),
        None => view! {
            <EmptyState
                icon=IconName::Lock
                title="You have no role in a product yet"
                why="Work comes from the features of products in which you hold a role, such as developer or security reviewer. Ask an administrator to grant you one; it counts from your next click on."
            />
        }
        .into_any(),
    }
}

#[cfg(test)]
mod tests;
