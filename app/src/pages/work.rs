//! "My work": what waits for a person and why, and what the person waits for.

use leptos::prelude::*;
use sluice_domain::{access::WorkspaceRole, words::Label};
use sluice_service::work::{MyWork, Task, WorkItem};
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
    let MyWork { mine, waiting, has_role, now } = work;
    let body = if has_role {
        view! {
            {with_you(mine, now)}
            {with_others(waiting, now)}
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

fn with_you(items: Vec<WorkItem>, now: OffsetDateTime) -> AnyView {
    if items.is_empty() {
        return view! {
            <Card title="With you">
                <EmptyState
                    icon=IconName::Check
                    title="Nothing waits for you"
                    why="Work comes here by itself: a gate that you can sign, things that block a gate and that you can clear, a review to request, a threat that you own."
                >
                    <LinkButton href="/features" kind=ButtonKind::Quiet>
                        "Look at the features"
                    </LinkButton>
                </EmptyState>
            </Card>
        }
        .into_any();
    }
    let columns = ["What", "Feature", "Why it is with you", "Waiting", "Due"].map(Column::text).to_vec();
    table("With you", "with-you", columns, items, now)
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
    let columns = ["What", "Feature", "Who has it", "Waiting", "Due"].map(Column::text).to_vec();
    table("You wait for others", "with-others", columns, items, now)
}

fn table(
    title: &'static str,
    id: &'static str,
    columns: Vec<Column>,
    items: Vec<WorkItem>,
    now: OffsetDateTime,
) -> AnyView {
    let side = view! { <span class="muted">{counted(items.len(), "thing")}</span> }.into_any();
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
    let (what, why) = words(&item);
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

/// What is to be done, and why it is with the person or with whom it is.
fn words(item: &WorkItem) -> (String, &'static str) {
    let phase = &item.phase;
    match &item.what {
        Task::Sign => (
            format!("Sign the {phase} gate"),
            "The reviewers have the turn, and you hold a role that it asks for",
        ),
        Task::Clear { blockers: 1 } => (
            format!("Clear the thing that blocks the {phase} gate"),
            "The team has the turn, and you are part of it",
        ),
        Task::Clear { blockers } => (
            format!("Clear what blocks the {phase} gate: {blockers} things"),
            "The team has the turn, and you are part of it",
        ),
        Task::RequestReview => (
            format!("Request the review of the {phase} gate"),
            "Nothing blocks it any more, and you can hand it to the reviewers",
        ),
        Task::Treat { number, title, severity } => {
            (format!("Treat threat T-{number} ({}): {title}", severity.label()), "You own this threat")
        }
        Task::AwaitReview => (format!("Review of the {phase} gate"), "The reviewers have the turn"),
    }
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
mod tests {
    use sluice_domain::{place::Place, policy::Tier, threat::Severity};
    use time::macros::{date, datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    fn item(what: Task, place: Place) -> WorkItem {
        WorkItem {
            key: "PAY-12".parse().unwrap(),
            title: "<script>alert(1)</script>".to_owned(),
            tier: Tier::High,
            phase: "Design".to_owned(),
            what,
            place,
            since: datetime!(2026-11-17 12:00 UTC),
            due: Some(date!(2026 - 11 - 18)),
        }
    }

    fn render(work: MyWork, workspace: Option<WorkspaceRole>) -> String {
        view! { <WorkPage work workspace /> }.to_html()
    }

    #[test]
    fn titles_stay_text_and_a_row_says_what_why_and_when() {
        let treat = Task::Treat { number: 4, title: "<script>alert(2)".to_owned(), severity: Severity::High };
        let work = MyWork {
            mine: vec![item(treat, Place::Threat(4)), item(Task::Clear { blockers: 3 }, Place::Feature)],
            waiting: vec![item(Task::AwaitReview, Place::Review)],
            has_role: true,
            now: NOW,
        };
        let html = render(work, None);
        assert!(!html.contains("<script"), "{html}");
        for words in [
            "href=\"/features/PAY-12/threats/4\"",
            "Treat threat T-4 (high)",
            "Clear what blocks the Design gate: 3 things",
            ">3 days</time>",
            "2 days overdue",
            "You wait for others",
            "href=\"/features/PAY-12/review\"",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
    }

    #[test]
    fn an_empty_inbox_teaches_everybody_something_else() {
        let work = |has_role| MyWork { mine: Vec::new(), waiting: Vec::new(), has_role, now: NOW };
        assert!(render(work(true), None).contains("Nothing waits for you"));
        assert!(render(work(false), None).contains("Ask an administrator"));
        assert!(render(work(false), Some(WorkspaceRole::Auditor)).contains("href=\"/history\""));
        assert!(render(work(false), Some(WorkspaceRole::Administrator)).contains("href=\"/products\""));
    }
}
