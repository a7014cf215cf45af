//! What a phase puts on record, kind by kind.

use leptos::prelude::*;
use sluice_domain::{place::Place, record::RecordKind};
use sluice_service::records::{KindSummary, RecordItem};

use super::Scene;
use crate::{
    components::{ButtonKind, Card, LinkButton, Timestamp},
    pages::records::{add_words, gist, kind_title, open_words, state_badge},
};

/// One part for each kind of record whose work is done in the phase; nothing where there is none.
pub(super) fn work_card(scene: &Scene, work: &[KindSummary]) -> Option<AnyView> {
    if work.is_empty() {
        return None;
    }
    let kinds = work.iter().map(|summary| kind(scene, summary)).collect_view();
    Some(
        view! {
            <Card title="Work of this phase" id="work">
                <div class="work">{kinds}</div>
            </Card>
        }
        .into_any(),
    )
}

fn kind(scene: &Scene, summary: &KindSummary) -> AnyView {
    let kind = summary.kind;
    let list = Place::Records(kind).path(&scene.key);
    let body = if summary.items.is_empty() {
        view! { <p class="muted small">{gist(kind)}</p> }.into_any()
    } else if kind.is_single() {
        summary.items.iter().map(|item| last_change(scene, item)).collect_view().into_any()
    } else {
        let lines = summary.items.iter().map(|item| line(scene, item)).collect_view();
        view! { <ul class="plain">{lines}</ul> }.into_any()
    };
    let count = (!kind.is_single() && summary.total > 0)
        .then(|| view! { <span class="muted">{counts(summary)}</span> });
    view! {
        <section>
            <h3>
                <a href=list>{kind_title(kind)}</a>
                " "
                {count}
            </h3>
            {body}
            {action(scene, summary)}
        </section>
    }
    .into_any()
}

/// "5, 2 open".
fn counts(summary: &KindSummary) -> String {
    match summary.open {
        0 => summary.total.to_string(),
        open => format!("{}, {open} open", summary.total),
    }
}

fn last_change(scene: &Scene, item: &RecordItem) -> AnyView {
    view! {
        <p class="small">
            {state_badge(item.state)}
            <span class="muted">
                {format!(" by {}, ", item.author)}
                <Timestamp at=item.changed_at now=scene.now />
            </span>
        </p>
    }
    .into_any()
}

fn line(scene: &Scene, item: &RecordItem) -> AnyView {
    let href = Place::Record(item.kind, item.number).path(&scene.key);
    view! {
        <li>
            <a href=href>
                <span class="key">{item.kind.key(item.number)}</span>
                " "
                {item.title.clone()}
            </a>
            {state_badge(item.state)}
        </li>
    }
    .into_any()
}

/// The next step with records of the kind.
fn action(scene: &Scene, summary: &KindSummary) -> Option<AnyView> {
    let kind = summary.kind;
    let (place, words) = if kind.is_single() {
        let begun = summary.total > 0;
        if !begun && !summary.may_write {
            return None;
        }
        (Place::Records(kind), if begun { open_words(kind) } else { add_words(kind) })
    } else if summary.may_write {
        (Place::NewRecord(kind), add_words(kind))
    } else {
        return None;
    };
    let href = place.path(&scene.key);
    let more = (kind == RecordKind::Requirement && summary.may_write).then(|| {
        let href = Place::Starters.path(&scene.key);
        view! {
            <LinkButton href kind=ButtonKind::Link small=true>
                "Pick from the starter list"
            </LinkButton>
        }
    });
    Some(
        view! {
            <div class="cluster">
                <LinkButton href kind=ButtonKind::Quiet small=true>
                    {words}
                </LinkButton>
                {more}
            </div>
        }
        .into_any(),
    )
}
