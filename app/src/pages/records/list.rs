//! The records of one kind.

use leptos::prelude::*;
use sluice_domain::{
    place::Place,
    record::{Input, RecordKind, State, TitleFrom},
};
use sluice_service::records::{RecordItem, RecordsPage};

use super::{
    columns::{columns, tells_who},
    labels::{add_words, capital, closed_words, kind_title, state_badge},
    reading::Known,
};
use crate::{
    components::{
        ButtonKind, Card, Column, EmptyState, IconName, LinkButton, Notice, Pager, TableHead, TableWrap,
        Timestamp, counted,
    },
    pages::{FeatureFrame, FeatureSection},
};

/// The records of a kind of which a feature has many.
#[component]
pub fn RecordsScreen(
    /// The records.
    page: RecordsPage,
    /// This is not the first page of the list.
    #[prop(optional)]
    later: bool,
) -> impl IntoView {
    let list = list(&page, later);
    let hint = missing_choices(&page).filter(|_| !later);
    let here = kind_title(page.kind);
    let summary = page.summary;
    view! {
        <FeatureFrame summary section=FeatureSection::Record here>
            {hint}
            {list}
        </FeatureFrame>
    }
}

fn list(page: &RecordsPage, later: bool) -> AnyView {
    let kind = page.kind;
    let title = kind_title(kind);
    let total: i64 = page.counts.iter().map(|(_, count)| count).sum();
    if total == 0 {
        return empty(page, title);
    }
    let side = page.may_write.then(|| actions(page, true));
    let filter = filter(page, total);
    let body = if page.items.is_empty() {
        let none = page.state.map_or_else(
            || "There is nothing on this page.".to_owned(),
            |state| format!("Nothing here is “{}”.", state.label),
        );
        view! { <p class="muted pad">{none}</p> }.into_any()
    } else {
        table(page)
    };
    let footer = footer(page, later);
    view! {
        <Card title nostrip:side=side nostrip:footer=footer flush=true>
            {filter}
            {body}
        </Card>
    }
    .into_any()
}

fn empty(page: &RecordsPage, title: String) -> AnyView {
    let spec = page.kind.spec();
    let none = if spec.name == spec.plural {
        format!("No {} yet", spec.name)
    } else {
        format!("No {} yet", spec.plural)
    };
    let body = if page.may_write {
        let actions = actions(page, false);
        view! { <EmptyState title=none why=spec.purpose icon=IconName::File>{actions}</EmptyState> }
            .into_any()
    } else {
        let why = format!("{} {}", spec.purpose, closed_words(&page.summary, page.kind));
        view! { <EmptyState title=none why icon=IconName::File /> }.into_any()
    };
    view! { <Card title>{body}</Card> }.into_any()
}

/// What the reader can add here, the primary action first.
fn actions(page: &RecordsPage, small: bool) -> AnyView {
    let key = &page.summary.key;
    let starters = (page.kind == RecordKind::Requirement).then(|| {
        view! {
            <LinkButton href=Place::Starters.path(key) kind=ButtonKind::Quiet small>
                "Pick from the starter list"
            </LinkButton>
        }
    });
    let (href, words) = (Place::NewRecord(page.kind).path(key), add_words(page.kind));
    view! {
        <LinkButton href small>{words}</LinkButton>
        {starters}
    }
    .into_any()
}

/// The states with their counts: each narrows the list.
fn filter(page: &RecordsPage, total: i64) -> Option<AnyView> {
    if page.counts.len() < 2 {
        return None;
    }
    let list = Place::Records(page.kind).path(&page.summary.key);
    let link = |label: &str, count: i64, href: String, current: bool| {
        view! {
            <li>
                <a href=href aria-current=current.then_some("true")>
                    {label.to_owned()}
                    " "
                    <span>{count}</span>
                </a>
            </li>
        }
    };
    let all = link("All", total, list.clone(), page.state.is_none());
    let is_current = |state: &State| page.state.is_some_and(|current| current.code == state.code);
    let states = page
        .counts
        .iter()
        .filter(|(state, count)| *count > 0 || is_current(state))
        .map(|(state, count)| {
            link(state.label, *count, format!("{list}?state={}", state.code), is_current(state))
        })
        .collect_view();
    Some(
        view! {
            <nav class="state-filter" aria-label="By state">
                <ul>
                    {all}
                    {states}
                </ul>
            </nav>
        }
        .into_any(),
    )
}

fn table(page: &RecordsPage) -> AnyView {
    let spec = page.kind.spec();
    let fields = columns(page.kind);
    let first = match spec.title {
        TitleFrom::Choice(field) => spec.field(field).map_or("", |field| field.label).to_owned(),
        TitleFrom::Asked { .. } | TitleFrom::Kind => capital(spec.name),
    };
    let heads =
        [first, "State".to_owned()].into_iter().chain(fields.iter().map(|field| field.label.to_owned()));
    let heads: Vec<Column> = heads.map(Column::text).collect();
    let known = Known::of_list(page);
    let rows = page
        .items
        .iter()
        .map(|item| {
            let cells =
                fields.iter().map(|field| view! { <td>{known.cell(item, field)}</td> }).collect_view();
            view! {
                <tr>
                    <th scope="row">
                        <a href=Place::Record(item.kind, item.number).path(&page.summary.key)>
                            <span class="key">{item.kind.key(item.number)}</span>
                            " "
                            {item.title.clone()}
                        </a>
                    </th>
                    <td>{state_cell(page, item)}</td>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableWrap id="records" caption=format!("{}, by number", kind_title(page.kind))>
            <TableHead columns=heads />
            <tbody>{rows}</tbody>
        </TableWrap>
    }
    .into_any()
}

fn state_cell(page: &RecordsPage, item: &RecordItem) -> AnyView {
    let who = tells_who(item.kind).then(|| {
        view! {
            <small>
                {format!("{}, ", item.state_by)}
                <Timestamp at=item.state_at now=page.summary.now />
            </small>
        }
    });
    view! {
        {state_badge(item.state)}
        {who}
    }
    .into_any()
}

/// Who can write, for who may not; and the way through a long list.
fn footer(page: &RecordsPage, later: bool) -> Option<AnyView> {
    let closed = (!page.may_write).then(|| view! { <span>{closed_words(&page.summary, page.kind)}</span> });
    let query = page.state.map(|state| format!("state={}", state.code));
    let list = Place::Records(page.kind).path(&page.summary.key);
    let pager = (later || page.next.is_some()).then(|| {
        let with = |after: Option<i32>| {
            let after = after.map(|number| format!("after={number}"));
            let parts: Vec<String> = [query.clone(), after].into_iter().flatten().collect();
            if parts.is_empty() { list.clone() } else { format!("{list}?{}", parts.join("&")) }
        };
        let start = later.then(|| view! { <a href=with(None)>"Back to the first ones"</a> });
        let next = page.next.map(|number| with(Some(number)));
        let text = format!("{}, by number", counted(page.items.len(), "record"));
        view! {
            {start}
            <Pager text next previous=None />
        }
    });
    (closed.is_some() || pager.is_some()).then(|| {
        view! {
            {closed}
            {pager}
        }
        .into_any()
    })
}

/// The choices that the gate asks for one by one: methods of testing, audiences of a notice.
const fn asked_choices(kind: RecordKind) -> Option<(&'static str, &'static [&'static str], &'static str)> {
    match kind {
        RecordKind::SecurityTest => Some((
            "method",
            &["static-analysis", "dynamic-scan", "penetration-test"],
            "Not decided yet: promise each of these, or set it aside with a reason",
        )),
        RecordKind::Notice => {
            Some(("audience", &["marketing", "support"], "Not written yet: each of these gets its notice"))
        }
        _ => None,
    }
}

/// What is missing of them, each a link to its form. The first page of the whole list shows all that is there.
fn missing_choices(page: &RecordsPage) -> Option<AnyView> {
    let (key, asked, title) = asked_choices(page.kind)?;
    if !page.may_write || page.state.is_some() || page.next.is_some() {
        return None;
    }
    let Input::Choice(choices) = page.kind.spec().field(key)?.input else { return None };
    let form = Place::NewRecord(page.kind).path(&page.summary.key);
    let links: Vec<AnyView> = choices
        .iter()
        .filter(|choice| asked.contains(&choice.code))
        .filter(|choice| !page.items.iter().any(|item| item.values.text(key) == choice.code))
        .map(|choice| {
            let href = format!("{form}?{key}={}", choice.code);
            view! { <li><a href=href>{choice.label}</a></li> }.into_any()
        })
        .collect();
    (!links.is_empty()).then(|| {
        view! {
            <Notice title>
                <ul class="plain cluster">{links}</ul>
            </Notice>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_gate_asks_for_one_by_one_is_there_to_be_chosen() {
        for kind in RecordKind::ALL {
            if let Some((field, codes, _)) = asked_choices(*kind) {
                for code in codes {
                    assert!(kind.spec().choice_label(field, code).is_some(), "{code}");
                }
            }
        }
    }
}
