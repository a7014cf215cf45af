//! What a person is told: what they have not read first, each with where it leads and why they are told.

use leptos::prelude::*;
use sluice_domain::words;
use sluice_service::notifications::{Notification, NotificationList};
use time::OffsetDateTime;

use crate::components::{
    Button, ButtonKind, Card, EmptyState, HiddenField, IconName, LinkButton, PageHead, Pager, PostForm,
    Timestamp, counted,
};

/// Where something is marked as read.
const READ: &str = "/notifications/read";

/// A page of what a person is told.
#[component]
pub fn NotificationsPage(
    /// What they are told.
    list: NotificationList,
    /// Whether it is not the first page.
    later: bool,
) -> impl IntoView {
    let body = if list.items.is_empty() { nothing(later) } else { told(list) };
    view! {
        <PageHead
            title="Notifications"
            lead="Reviews that wait for you, time that runs out, and what was decided about features that are yours."
        />
        {body}
    }
}

fn told(list: NotificationList) -> AnyView {
    let NotificationList { items, unread: count, next, now } = list;
    let text = format!("{}, newest first", counted(items.len(), "notification"));
    let (unread, read): (Vec<Notification>, Vec<Notification>) =
        items.into_iter().partition(|item| item.unread);
    let unread = (!unread.is_empty()).then(|| {
        let side = view! {
            <span class="muted">{unread_words(count)}</span>
            <PostForm action=READ>
                <HiddenField name="notification" value="all" />
                <Button kind=ButtonKind::Quiet small=true>"Mark all as read"</Button>
            </PostForm>
        }
        .into_any();
        let rows = unread.into_iter().map(|item| row(item, now)).collect_view();
        view! {
            <Card title="Unread" id="unread" side>
                <ul class="plain stack">{rows}</ul>
            </Card>
        }
    });
    let read = (!read.is_empty()).then(|| {
        let rows = read.into_iter().map(|item| row(item, now)).collect_view();
        view! {
            <Card title="Read" id="read">
                <ul class="plain stack">{rows}</ul>
            </Card>
        }
    });
    let next = next.map(|after| format!("/notifications?after={after}"));
    view! {
        {unread}
        {read}
        <Pager text next />
    }
    .into_any()
}

/// How many are unread; from a hundred on they are not counted.
fn unread_words(count: u32) -> String {
    if count >= 100 { "100 unread or more".to_owned() } else { format!("{count} unread") }
}

fn row(item: Notification, now: OffsetDateTime) -> AnyView {
    let sentence = words::notice(&item.notice);
    let (href, about) = match &item.feature {
        Some((key, title)) => (item.notice.place().path(key), format!("{key} {title}")),
        None => (format!("/products/{}", item.product), item.product.to_string()),
    };
    let by = item.by.map(|name| format!(", by {name}"));
    let why = words::because(item.because, item.role);
    let mark = item.unread.then(|| {
        let of = format!(": {sentence}");
        view! {
            <PostForm action=READ>
                <HiddenField name="notification" value=item.id.to_string() />
                <Button kind=ButtonKind::Quiet small=true>
                    "Mark as read"
                    <span class="visually-hidden">{of}</span>
                </Button>
            </PostForm>
        }
    });
    view! {
        <li class="cluster between">
            <div class="grow">
                <a href=href>{sentence.clone()}</a>
                " "
                <span class="muted small">
                    {about}
                    {by}
                    ", "
                    <Timestamp at=item.at now />
                </span>
                <p class="measure small muted">{why}</p>
            </div>
            {mark}
        </li>
    }
    .into_any()
}

fn nothing(later: bool) -> AnyView {
    if later {
        return view! {
            <EmptyState title="No further notifications" why="You have seen all of them.">
                <LinkButton href="/notifications" kind=ButtonKind::Quiet>
                    "To the newest"
                </LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    view! {
        <EmptyState
            icon=IconName::Check
            title="Nothing to tell you yet"
            why="You are told here when a review waits for you, when a turn of yours runs out, when a gate of your feature opens or is returned, and when a change voids your sign-off."
        >
            <LinkButton href="/work" kind=ButtonKind::Quiet>
                "To my work"
            </LinkButton>
        </EmptyState>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use sluice_domain::{
        access::Role,
        notification::{Because, Gate, Notice},
    };
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);
    const HOSTILE: &str = "<script>alert(1)</script>";

    fn item(id: char, unread: bool) -> Notification {
        let gate = Gate { phase: "design".parse().unwrap(), name: HOSTILE.to_owned() };
        Notification {
            id: format!("01890a5d-ac96-774b-bcce-b302099a805{id}").parse().unwrap(),
            notice: Notice::SignOffVoided { gate, changed: vec![HOSTILE.to_owned()], more: 0 },
            because: Because::Role,
            role: Some(Role::SecurityReviewer),
            by: Some(HOSTILE.to_owned()),
            product: "PAY".parse().unwrap(),
            feature: Some(("PAY-12".parse().unwrap(), HOSTILE.to_owned())),
            at: NOW,
            unread,
        }
    }

    fn render(items: Vec<Notification>, unread: u32, next: Option<&str>, later: bool) -> String {
        let list = NotificationList { items, unread, next: next.map(ToOwned::to_owned), now: NOW };
        view! { <NotificationsPage list later /> }.to_html()
    }

    #[test]
    fn what_was_not_read_comes_first_and_says_why_it_is_told() {
        let html = render(vec![item('1', true), item('2', false)], 1, Some("read.x"), false);
        assert!(!html.contains("<script"), "{html}");
        for words in [
            "1 unread",
            "Mark all as read",
            "href=\"/features/PAY-12/review\"",
            "You are told as security reviewer of this product",
            "value=\"01890a5d-ac96-774b-bcce-b302099a8051\"",
            "href=\"/notifications?after=read.x\"",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert!(!html.contains("value=\"01890a5d-ac96-774b-bcce-b302099a8052\""), "it is read: {html}");
        assert!(html.find("id=\"unread\"") < html.find("id=\"read\""), "{html}");
    }

    #[test]
    fn what_is_about_no_feature_leads_to_the_product() {
        let html =
            render(vec![Notification { feature: None, by: None, ..item('1', true) }], 100, None, false);
        assert!(html.contains("href=\"/products/PAY\"") && html.contains("100 unread or more"), "{html}");
    }

    #[test]
    fn nothing_to_tell_says_what_would_be_told() {
        assert!(render(Vec::new(), 0, None, false).contains("when a review waits for you"));
        assert!(render(Vec::new(), 0, None, true).contains("href=\"/notifications\""));
    }
}
