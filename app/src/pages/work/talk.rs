//! Who mentioned the person, and what happens on the features that they watch.

use leptos::prelude::*;
use sluice_domain::place::Place;
use sluice_service::{history::HistoryEntry, work::MentionItem};
use time::OffsetDateTime;

use crate::{
    components::{
        Button, ButtonKind, Card, HiddenField, PostForm, Timeline, TimelineEntry, Timestamp, counted,
    },
    pages::history::{object_link, role, sentence},
};

/// Where a mention is taken off the list.
const SEEN: &str = "/work/mentions/seen";

/// Comments that mention the person; nothing where none does.
pub(super) fn mentions(items: Vec<MentionItem>, now: OffsetDateTime) -> Option<AnyView> {
    if items.is_empty() {
        return None;
    }
    let all = (items.len() > 1).then(|| {
        view! {
            <PostForm action=SEEN>
                <HiddenField name="comment" value="all" />
                <Button kind=ButtonKind::Quiet small=true>"Mark all as seen"</Button>
            </PostForm>
        }
    });
    let side = view! {
        <span class="muted">{counted(items.len(), "comment")}</span>
        {all}
    }
    .into_any();
    let rows = items.into_iter().map(|item| mention(item, now)).collect_view();
    Some(
        view! {
            <Card title="Mentions" id="mentions" side>
                <ul class="plain stack">{rows}</ul>
            </Card>
        }
        .into_any(),
    )
}

fn mention(item: MentionItem, now: OffsetDateTime) -> AnyView {
    let href = Place::Comment(item.number).path(&item.key);
    let words = format!("{} mentioned you in a comment on {}", item.author, item.key);
    view! {
        <li class="cluster between">
            <div class="grow">
                <a href=href>{words}</a>
                " "
                <span class="muted small">{item.title} ", " <Timestamp at=item.at now /></span>
                <p class="measure small">{item.excerpt}</p>
            </div>
            <PostForm action=SEEN>
                <HiddenField name="comment" value=item.comment.to_string() />
                <Button kind=ButtonKind::Quiet small=true>
                    "Seen"
                    <span class="visually-hidden">{format!(" comment {} on {}", item.number, item.key)}</span>
                </Button>
            </PostForm>
        </li>
    }
    .into_any()
}

/// What others did lately on the features that the person watches.
pub(super) fn watched(events: &[HistoryEntry], now: OffsetDateTime) -> AnyView {
    if events.is_empty() {
        return view! {
            <Card title="On features you watch">
                <p class="muted measure">
                    "Nothing yet. “Watch” on a feature's page brings here what others do with it; commenting on a feature watches it as well."
                </p>
            </Card>
        }
        .into_any();
    }
    let entries = events.iter().map(entry).collect();
    view! {
        <Card title="On features you watch" id="watched">
            <Timeline entries now />
        </Card>
    }
    .into_any()
}

/// An event as one line; what changed in detail is told by the feature's history.
fn entry(event: &HistoryEntry) -> TimelineEntry {
    TimelineEntry {
        role: role(event),
        link: object_link(event),
        ..TimelineEntry::new(event.at, event.actor_name.clone(), sentence(event))
    }
}
