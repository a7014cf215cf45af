//! The waivers of a product: what waits to be decided, and what is in force, by when it runs out.

use leptos::prelude::*;
use sluice_domain::{
    ids::FeatureKey,
    place::{Place, ProductPlace},
};
use sluice_service::waivers::{ProductWaiver, ProductWaivers};
use time::OffsetDateTime;

use super::{last_day_view, outgrown};
use crate::{
    components::{
        Breadcrumb, Card, Column, EmptyState, IconName, PageHead, Pager, TableHead, TableWrap, Timestamp,
    },
    pages::history::query,
};

/// The waivers of a product.
#[component]
pub fn ProductWaiversScreen(
    /// The waivers.
    page: ProductWaivers,
) -> impl IntoView {
    let ProductWaivers { key, name, asked, more_asked, in_force, next, further, now } = page;
    let trail = vec![
        ("Products".to_owned(), "/products".to_owned()),
        (format!("{key} {name}"), ProductPlace::Product.path(&key)),
    ];
    let home = ProductPlace::Waivers.path(&key);
    let waiting = (!asked.is_empty()).then(|| asked_card(asked, more_asked, now));
    let body = if in_force.is_empty() {
        view! {
            <EmptyState
                title="No waiver is in force"
                why="A waiver lets a feature pass over something that blocks its gate, for a while. Those of every feature of the product stand here, the first to run out first."
                icon=IconName::Shield
            />
        }
        .into_any()
    } else {
        table(in_force)
    };
    let next = next.map(|after| format!("{home}?{}", query([("after", after.as_str())])));
    let pager = (further || next.is_some()).then(|| {
        let previous = further.then(|| home.clone());
        view! { <Pager text="The first to run out first" previous next /> }
    });
    view! {
        <Breadcrumb trail here="Waivers" />
        <PageHead
            title="Waivers"
            key=key.to_string()
            lead="What the gates of this product pass over for a while. When the last day is over, it blocks again."
        />
        {waiting}
        <Card title="In force">
            <div class="stack">
                {body}
                {pager}
            </div>
        </Card>
    }
}

fn asked_card(items: Vec<ProductWaiver>, more: bool, now: OffsetDateTime) -> AnyView {
    let columns = ["Waiver", "Feature", "Asked for by", "Last day"].map(Column::text).to_vec();
    let rows = items
        .into_iter()
        .map(|item| {
            let at = item.requested_at;
            let by = item.requester.clone();
            view! {
                <tr>
                    {head(&item)}
                    <td>{feature(&item.feature, &item.title)}</td>
                    <td>{by} ", " <Timestamp at now /></td>
                    <td>{last_day_view(item.until, item.last_day, item.today, false)}</td>
                </tr>
            }
        })
        .collect_view();
    let footer = more.then(|| view! { <span>"The longest waiting are shown."</span> }.into_any());
    view! {
        <Card title="Waiting to be decided" flush=true nostrip:footer=footer>
            <TableWrap id="waivers-asked" caption="Waivers that were asked for, the longest waiting first">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn table(items: Vec<ProductWaiver>) -> AnyView {
    let columns =
        ["Waiver", "Feature", "Compensating control", "Approved by", "Last day"].map(Column::text).to_vec();
    let rows = items
        .into_iter()
        .map(|item| {
            let renewal = item.renewed_by.map(|number| {
                let href = Place::Waiver(number).path(&item.feature);
                view! {
                    " "
                    <a href=href>{format!("Renewal W-{number}")}</a>
                }
            });
            let outgrown = outgrown(item.outgrown);
            view! {
                <tr>
                    {head(&item)}
                    <td>{feature(&item.feature, &item.title)}</td>
                    <td>{item.compensation.clone()}</td>
                    <td>{item.approver.clone()}</td>
                    <td>{last_day_view(item.until, item.last_day, item.today, !item.outgrown)} {renewal} {outgrown}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableWrap id="waivers-in-force" caption="Waivers in force, the first to run out first">
            <TableHead columns />
            <tbody>{rows}</tbody>
        </TableWrap>
    }
    .into_any()
}

fn head(item: &ProductWaiver) -> AnyView {
    let href = Place::Waiver(item.number).path(&item.feature);
    let (name, blocker) = (format!("{} W-{}", item.feature, item.number), item.blocker.clone());
    view! {
        <th scope="row">
            <a href=href>{name}</a>
            " "
            {blocker}
        </th>
    }
    .into_any()
}

fn feature(key: &FeatureKey, title: &str) -> AnyView {
    let (href, title) = (Place::Feature.path(key), title.to_owned());
    view! { <a href=href>{title}</a> }.into_any()
}
