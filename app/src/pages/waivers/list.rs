//! The waivers of a feature.

use leptos::prelude::*;
use sluice_domain::{access::Action, place::Place, words};
use sluice_service::{
    features::FeatureSummary,
    waivers::{WaiverItem, WaiversPage},
};

use super::{last_day_of, outgrown, state_badge, terms_words};
use crate::{
    components::{Card, Column, EmptyState, IconName, LinkButton, Pager, TableHead, TableWrap, Timestamp},
    pages::{FeatureFrame, FeatureSection},
};

/// The waivers of a feature, the newest first.
#[component]
pub fn WaiversScreen(
    /// The waivers.
    page: WaiversPage,
) -> impl IntoView {
    let WaiversPage { summary, items, next, terms, outgrown } = page;
    let lead = terms_words(terms.as_ref());
    let closed = closed(&summary);
    let action = closed.is_none().then(|| {
        let href = Place::NewWaiver.path(&summary.key);
        view! { <LinkButton href>"Ask for a waiver"</LinkButton> }.into_any()
    });
    let body = if items.is_empty() {
        let why = "What blocks a gate is cleared, as a rule. Where that takes longer than the feature can wait, somebody of the \
                   team asks for a waiver: with a reason, a control that keeps the risk down meanwhile, and a last day. When \
                   that day is over the blocker is back.";
        view! { <EmptyState title="No waivers" why icon=IconName::Shield /> }.into_any()
    } else {
        table(&summary, items, &outgrown)
    };
    let next = next.map(|number| format!("{}?below={number}", Place::Waivers.path(&summary.key)));
    let pager = next.is_some().then(|| view! { <Pager text="The newest first" next /> });
    view! {
        <FeatureFrame summary section=FeatureSection::Waivers here="Waivers" nostrip:action=action>
            <Card title="Waivers">
                <div class="stack">
                    <p class="muted measure">{lead}</p>
                    {body}
                    {pager}
                    {closed.map(|why| view! { <p class="muted">{why}</p> })}
                </div>
            </Card>
        </FeatureFrame>
    }
}

/// Why the reader cannot ask for a waiver now, and who can.
fn closed(summary: &FeatureSummary) -> Option<String> {
    if summary.progress.attempt().is_err() {
        return Some("The feature stands at no gate, so there is nothing to waive.".to_owned());
    }
    let roles = Action::RequestWaiver.product_roles();
    if !summary.may(Action::RequestWaiver) {
        return Some(format!("Any {} of this product can ask for a waiver.", words::who_can(roles)));
    }
    let decision = &summary.decision;
    let waivable = decision.blockers.iter().any(|blocker| decision.may_waive(blocker));
    (!waivable).then(|| "Nothing blocks the gate now that can be waived.".to_owned())
}

fn table(summary: &FeatureSummary, items: Vec<WaiverItem>, without_effect: &[i32]) -> AnyView {
    let columns = ["Waiver", "State", "Last day", "Asked for by", "Decided by"].map(Column::text).to_vec();
    let rows = items.into_iter().map(|item| row(summary, item, without_effect)).collect_view();
    view! {
        <TableWrap id="waivers" caption="Waivers of this feature, the newest first">
            <TableHead columns />
            <tbody>{rows}</tbody>
        </TableWrap>
    }
    .into_any()
}

fn row(summary: &FeatureSummary, item: WaiverItem, without_effect: &[i32]) -> AnyView {
    let outgrown = outgrown(without_effect.contains(&item.number));
    let href = Place::Waiver(item.number).path(&summary.key);
    let last_day = last_day_of(summary, &item);
    let decided = item.decided.map_or_else(|| "Nobody yet".to_owned(), |decided| decided.name);
    let (at, now) = (item.requested_at, summary.now);
    view! {
        <tr>
            <th scope="row">
                <a href=href>{format!("W-{}", item.number)}</a>
                " "
                {item.blocker}
            </th>
            <td>{state_badge(item.state)} {outgrown}</td>
            <td>{last_day}</td>
            <td>
                {item.requester}
                ", "
                <Timestamp at now />
            </td>
            <td>{decided}</td>
        </tr>
    }
    .into_any()
}
