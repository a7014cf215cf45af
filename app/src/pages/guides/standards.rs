//! The coding standards of a product: what is in force, who attested it, what it superseded.

use leptos::prelude::*;
use sluice_domain::{access::Action, place::ProductPlace, words};
use sluice_service::guides::{Edition, GuidedProduct, StandardsPage};
use time::OffsetDateTime;

use super::{attested_list, closed, content, crumbs, missing_list};
use crate::components::{
    Badge, ButtonKind, Card, Column, EmptyState, Fact, FactList, IconName, LinkButton, PageHead, TableHead,
    TableWrap, Timestamp, Tone, counted,
};

/// The coding standards of a product.
#[component]
pub fn StandardsScreen(
    /// The standards.
    page: StandardsPage,
) -> impl IntoView {
    let StandardsPage { product, in_force, superseded, more, now } = page;
    let breadcrumb = crumbs(&product, None, "Coding standards");
    let waits = in_force.iter().any(|edition| waits_for_reader(&product, edition));
    let action = (product.may(Action::ManageGuides) && !in_force.is_empty()).then(|| {
        // Whoever has something to attest has that to do first.
        let kind = if waits { ButtonKind::Quiet } else { ButtonKind::Primary };
        let href = ProductPlace::NewStandard.path(&product.key);
        view! {
            <LinkButton href kind>
                "Publish a standard"
            </LinkButton>
        }
        .into_any()
    });
    let roles = words::who_can(Action::AttestStandard.product_roles());
    let lead = format!(
        "Each {roles} of the product reads an edition once and attests it. That counts for every feature, until the next edition."
    );
    let key = product.key.to_string();
    let body = if in_force.is_empty() {
        empty(&product)
    } else {
        let closed = closed(&product, "Publishing standards:");
        let cards = in_force.iter().map(|edition| card(&product, edition, now)).collect_view();
        view! {
            {cards}
            {closed}
        }
        .into_any()
    };
    let old = (!superseded.is_empty()).then(|| superseded_card(&product, superseded, more, now));
    view! {
        {breadcrumb}
        <PageHead title="Coding standards" key lead nostrip:action=action />
        {body}
        {old}
    }
}

fn waits_for_reader(product: &GuidedProduct, edition: &Edition) -> bool {
    product.may(Action::AttestStandard) && edition.mine.is_none()
}

fn empty(product: &GuidedProduct) -> AnyView {
    if product.may(Action::ManageGuides) {
        let href = ProductPlace::NewStandard.path(&product.key);
        return view! {
            <EmptyState
                title="No coding standard yet"
                why="A coding standard says how code is written here so that whole kinds of weakness do not come up. Who writes changes attests it, and the gate of development can ask for that. Publish the one that your team follows: a link and a few sentences are enough."
                icon=IconName::File
            >
                <LinkButton href>"Publish the first standard"</LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    view! {
        <EmptyState
            title="No coding standard yet"
            why="A coding standard says how code is written here so that whole kinds of weakness do not come up. A product manager of the product or an administrator publishes it; then you are asked to attest it."
            icon=IconName::File
        />
    }
    .into_any()
}

fn card(product: &GuidedProduct, edition: &Edition, now: OffsetDateTime) -> AnyView {
    let side = state_chip(product, edition).into_any();
    let (by, at) = (edition.publisher.clone(), edition.published_at);
    let published = view! {
        {by}
        ", "
        <Timestamp at now />
    };
    let facts = vec![Fact::text("Edition", edition.edition.clone()), Fact::view("Published by", published)];
    let (done, all) = (edition.attested.len(), edition.attested.len() + edition.missing.len());
    let attested = format!("Attested ({done} of {all})");
    let footer = card_actions(product, edition);
    let (what, who, missing) =
        (content(edition), attested_list(&edition.attested, now), missing_list(edition));
    view! {
        <Card title=edition.title.clone() id=format!("standard-{}", edition.id) side footer>
            <FactList facts />
            {what}
            <div class="split">
                <section class="stack-s">
                    <h3>{attested}</h3>
                    {who}
                </section>
                <section class="stack-s">
                    <h3>"Not yet"</h3>
                    {missing}
                </section>
            </div>
        </Card>
    }
    .into_any()
}

fn state_chip(product: &GuidedProduct, edition: &Edition) -> impl IntoView + use<> {
    let (text, tone, icon) = if waits_for_reader(product, edition) {
        ("Waits for you", Tone::Waiting, IconName::Clock)
    } else if edition.mine.is_some() {
        ("You attested it", Tone::Open, IconName::Check)
    } else if edition.missing.is_empty() {
        ("Attested by everybody", Tone::Open, IconName::Check)
    } else {
        ("Waits for people", Tone::Waiting, IconName::Clock)
    };
    view! { <Badge text tone icon /> }
}

fn card_actions(product: &GuidedProduct, edition: &Edition) -> AnyView {
    let href = ProductPlace::Standard(edition.id).path(&product.key);
    let whose = format!(" “{}”", edition.title);
    let of_it = format!(" of{whose}");
    let read = if waits_for_reader(product, edition) {
        view! {
            <LinkButton href small=true>
                "Read and attest"
                <span class="visually-hidden">{whose}</span>
            </LinkButton>
        }
        .into_any()
    } else {
        view! {
            <a href=href>
                "Read this edition"
                <span class="visually-hidden">{whose}</span>
            </a>
        }
        .into_any()
    };
    let anew = product.may(Action::ManageGuides).then(|| {
        let href = ProductPlace::NewEdition(edition.id).path(&product.key);
        view! {
            <LinkButton href kind=ButtonKind::Quiet small=true>
                "Publish a new edition"
                <span class="visually-hidden">{of_it}</span>
            </LinkButton>
        }
    });
    view! {
        {read}
        {anew}
    }
    .into_any()
}

fn superseded_card(
    product: &GuidedProduct,
    editions: Vec<Edition>,
    more: bool,
    now: OffsetDateTime,
) -> AnyView {
    let rows = editions
        .into_iter()
        .map(|edition| {
            let href = ProductPlace::Standard(edition.id).path(&product.key);
            let ended = edition.superseded_at.unwrap_or(edition.published_at);
            view! {
                <tr>
                    <th scope="row">
                        <a href=href>{edition.title}</a>
                    </th>
                    <td>{edition.edition}</td>
                    <td>{edition.publisher} ", " <Timestamp at=edition.published_at now /></td>
                    <td>
                        <Timestamp at=ended now />
                    </td>
                    <td class="num">{edition.attested.len()}</td>
                </tr>
            }
        })
        .collect_view();
    let columns = vec![
        Column::text("Standard"),
        Column::text("Edition"),
        Column::text("Published by"),
        Column::text("Superseded"),
        Column::number("Attestations"),
    ];
    let footer = more.then(|| {
        let words = format!("The newest {} are shown. The history has all of them.", counted(100, "edition"));
        view! { <span>{words}</span> }.into_any()
    });
    view! {
        <Card title="Superseded editions" flush=true nostrip:footer=footer>
            <TableWrap id="superseded" caption="Superseded editions">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}
