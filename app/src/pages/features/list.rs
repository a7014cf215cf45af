//! The list of features.

use std::fmt::Write as _;

use leptos::prelude::*;
use sluice_domain::{
    access::Action,
    place::Place,
    words::{self, Label},
};
use sluice_service::features::{FeatureFilter, FeatureList, FeatureListItem};
use time::OffsetDateTime;

use super::{lasting, tier_tone};
use crate::{
    components::{
        Badge, ButtonKind, Card, Checkbox, Choice, Column, DueDate, EmptyState, FilterBar, InputKind,
        LinkButton, PageHead, Pager, PhaseMini, SelectField, TableHead, TableWrap, TextField, Timestamp,
        Tone, counted,
    },
    form::Form,
};

const LIST: &str = "/features";

/// The features that a person may see, narrowed by a filter that lives in the address.
#[component]
pub fn FeatureListPage(
    /// The features.
    list: FeatureList,
    /// What narrows them.
    filter: FeatureFilter,
) -> impl IntoView {
    let FeatureList { items, next, products, phases, may_create, now } = list;
    let nothing_at_all = items.is_empty() && !filter.narrows() && filter.after.is_none();
    let new = new_address(&filter);
    // Where there is nothing yet, the empty place itself offers the first step.
    let action = (may_create && !nothing_at_all)
        .then(|| view! { <LinkButton href=new.clone()>"New feature"</LinkButton> }.into_any());
    let lead = (!may_create && !nothing_at_all).then(|| format!("Features are created by {}.", creators()));
    let body = if nothing_at_all {
        nothing_yet(!products.is_empty(), may_create, new, filter.finished)
    } else if items.is_empty() {
        nothing_matches(filter.finished)
    } else {
        let start = filter.after.is_some().then(|| address(&filter, None));
        let next = next.map(|after| address(&filter, Some(&after)));
        table(items, start, next, now)
    };
    let bar = (!products.is_empty()).then(|| filter_bar(filter, &products, &phases));
    view! {
        <PageHead title="Features" nostrip:lead=lead nostrip:action=action />
        {bar}
        {body}
    }
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

fn filter_bar(filter: FeatureFilter, products: &[(String, String)], phases: &[(String, String)]) -> AnyView {
    let yes = |set: bool| if set { "yes" } else { "" };
    let clear = (filter.narrows() || filter.finished).then(|| LIST.to_owned());
    let form = Form::new()
        .with("q", filter.text)
        .with("product", filter.product.unwrap_or_default())
        .with("phase", filter.phase.unwrap_or_default())
        .with("mine", yes(filter.mine))
        .with("finished", yes(filter.finished));
    let products =
        products.iter().map(|(key, name)| Choice::new(key, format!("{name} ({key})"))).collect::<Vec<_>>();
    let phases = phases.iter().map(|(key, name)| Choice::new(key, name)).collect::<Vec<_>>();
    view! {
        <FilterBar action=LIST label="Filter the features" clear>
            <TextField form=form.clone() name="q" label="Title or key" kind=InputKind::Search optional=true />
            <SelectField
                form=form.clone()
                name="product"
                label="Product"
                options=products
                prompt="Every product"
                optional=true
            />
            <SelectField
                form=form.clone()
                name="phase"
                label="Phase"
                options=phases
                prompt="Every phase"
                optional=true
            />
            <Checkbox form=form.clone() name="mine" label="Only mine" />
            <Checkbox form name="finished" label="Finished ones too" />
        </FilterBar>
    }
    .into_any()
}

fn nothing_yet(has_product: bool, may_create: bool, new: String, with_finished: bool) -> AnyView {
    if !has_product {
        return view! {
            <EmptyState
                title="You have no role in a product yet"
                why="Features belong to products, and you see those of the products in which you hold a role. An administrator can grant you one."
            />
        }
        .into_any();
    }
    let title = if with_finished { "No features yet" } else { "No feature is under way" };
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

fn nothing_matches(with_finished: bool) -> AnyView {
    let hidden = if with_finished {
        ""
    } else {
        " Finished features are left out; tick “Finished ones too” to see them."
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

/// The rows; `start` and `next` are the addresses of the first page, where this is another one, and of the next.
fn table(
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
            </td>
            <td>
                <Badge text=item.tier.title() tone=tier_tone(item.tier) />
            </td>
            <td>{turn}</td>
            <td>{item.owner_name}</td>
            <td>{due}</td>
        </tr>
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
    match (&item.phase, item.in_review, blocked) {
        (None, ..) => (Tone::Open, "Every gate is open".to_owned()),
        (Some(_), false, None) => (Tone::Open, "Nothing blocks a review".to_owned()),
        (Some(_), true, None) => (Tone::Waiting, "In review".to_owned()),
        (Some(_), true, Some(words)) => (Tone::Blocked, format!("In review, {words}")),
        (Some(_), false, Some(words)) => (Tone::Blocked, words),
    }
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
    let whose = if item.in_review { "Reviewers" } else { "Team" };
    view! {
        {whose}
        <small>{lasting(at, now)}</small>
    }
    .into_any()
}

/// The address of the list with a filter, from where a page ended.
fn address(filter: &FeatureFilter, after: Option<&str>) -> String {
    let yes = |set: bool| if set { "yes" } else { "" };
    let pairs = [
        ("q", filter.text.as_str()),
        ("product", filter.product.as_deref().unwrap_or_default()),
        ("phase", filter.phase.as_deref().unwrap_or_default()),
        ("mine", yes(filter.mine)),
        ("finished", yes(filter.finished)),
        ("after", after.unwrap_or_default()),
    ];
    let query: Vec<String> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    if query.is_empty() { LIST.to_owned() } else { format!("{LIST}?{}", query.join("&")) }
}

/// A value of a query string.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use sluice_domain::policy::Tier;
    use time::macros::{date, datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    fn item(title: &str) -> FeatureListItem {
        FeatureListItem {
            key: "PAY-12".parse().unwrap(),
            title: title.to_owned(),
            tier: Tier::High,
            phase: Some("Design".to_owned()),
            position: (2, 6),
            blockers: 5,
            team_blockers: 3,
            in_review: false,
            turn_since: datetime!(2026-11-17 12:00 UTC),
            owner_name: "<i>Ana</i>".to_owned(),
            target_date: Some(date!(2026 - 11 - 18)),
        }
    }

    fn list(items: Vec<FeatureListItem>) -> FeatureList {
        FeatureList {
            items,
            next: Some("1~\"><script>".to_owned()),
            products: vec![("PAY".to_owned(), "Payments <b>".to_owned())],
            phases: vec![("design".to_owned(), "Design".to_owned())],
            may_create: true,
            now: NOW,
        }
    }

    fn render(list: FeatureList, filter: FeatureFilter) -> String {
        view! { <FeatureListPage list filter /> }.to_html()
    }

    #[test]
    fn what_people_typed_stays_text() {
        let filter = FeatureFilter { text: "\"><script>&".to_owned(), ..FeatureFilter::default() };
        let html = render(list(vec![item("<script>alert(1)</script>")]), filter);
        assert!(
            !html.contains("<script") && !html.contains("<i>Ana") && !html.contains("Payments <b>"),
            "{html}"
        );
        assert!(html.contains("&lt;script&gt;alert(1)"), "{html}");
        assert!(html.contains("?q=%22%3E%3Cscript%3E%26&amp;after=1~%22%3E%3Cscript%3E"), "{html}");
    }

    #[test]
    fn a_row_says_where_it_stands_in_words() {
        let html = render(list(vec![item("Card tokenisation")]), FeatureFilter::default());
        for words in [
            "PAY-12",
            "3 things block",
            "High risk",
            "Team",
            ">3 days</time>",
            "2 days overdue",
            "New feature",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
        let finished = FeatureListItem { phase: None, position: (6, 6), ..item("Done") };
        assert!(render(list(vec![finished]), FeatureFilter::default()).contains("Every gate is open"));
    }

    #[test]
    fn nothing_at_all_teaches_and_nothing_found_offers_the_way_back() {
        let empty = FeatureList { next: None, ..list(Vec::new()) };
        let html = render(empty.clone(), FeatureFilter::default());
        assert!(html.contains("No feature is under way"), "{html}");
        assert_eq!(html.matches("New feature").count(), 1, "one primary action: {html}");
        let html = render(empty.clone(), FeatureFilter { mine: true, ..FeatureFilter::default() });
        assert!(html.contains("No feature matches") && html.contains("href=\"/features\""), "{html}");
        let stranger = FeatureList { products: Vec::new(), may_create: false, ..empty };
        let html = render(stranger, FeatureFilter::default());
        assert!(html.contains("no role in a product") && !html.contains("New feature"), "{html}");
    }
}
