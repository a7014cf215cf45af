//! One edition of a coding standard: what it asks for, and where a person attests it.

use leptos::prelude::*;
use sluice_domain::{access::Action, place::ProductPlace, words};
use sluice_service::guides::StandardPage;

use super::{attested_list, content, crumbs, missing_list};
use crate::{
    components::{
        Badge, Button, ButtonKind, Card, ErrorSummary, Fact, FormActions, IconName, LinkButton, Notice,
        NoticeKind, Oath, PageHead, PostForm, Timestamp, Tone,
    },
    form::Form,
};

/// One edition of a coding standard.
#[component]
pub fn StandardScreen(
    /// The edition.
    page: StandardPage,
    /// The form that attests it.
    form: Form,
) -> impl IntoView {
    let (product, edition, now) = (&page.product, &page.edition, page.now);
    let breadcrumb = crumbs(product, Some(("Coding standards", ProductPlace::Standards)), &edition.title);
    let chips = if edition.superseded_at.is_some() {
        view! { <Badge text="Superseded" icon=IconName::Clock /> }.into_any()
    } else {
        view! { <Badge text="In force" tone=Tone::Open icon=IconName::Check /> }.into_any()
    };
    let published = view! { <Timestamp at=edition.published_at now /> };
    let facts = vec![
        Fact::text("Edition", edition.edition.clone()),
        Fact::text("Published by", edition.publisher.clone()),
        Fact::view("Published", published),
    ];
    let successor = superseded_notice(&page);
    let mine = mine(&page, form);
    let what = content(edition);
    let people = people(&page);
    view! {
        {breadcrumb}
        <PageHead title=edition.title.clone() key=product.key.to_string() chips facts />
        {successor}
        <Card title="What it asks for">{what}</Card>
        {mine}
        {people}
    }
}

fn superseded_notice(page: &StandardPage) -> Option<AnyView> {
    page.edition.superseded_at?;
    let link = page.successor.as_ref().map(|(id, edition)| {
        let href = ProductPlace::Standard(*id).path(&page.product.key);
        view! {
            <p>
                <a href=href>{format!("Go to edition {edition}, which is in force")}</a>
            </p>
        }
    });
    Some(
        view! {
            <Notice kind=NoticeKind::Warning title="Another edition took the place of this one">
                <p>"What people attested of it stays in the record. It cannot be attested any more."</p>
                {link}
            </Notice>
        }
        .into_any(),
    )
}

/// What the reader says of it, or said.
fn mine(page: &StandardPage, form: Form) -> Option<AnyView> {
    let now = page.now;
    if let Some(at) = page.edition.mine {
        let said = page.edition.attested.iter().find(|by| by.at == at).map(|by| by.statement.clone());
        let statement = said.unwrap_or_else(|| page.statement.clone());
        let side = view! { <Badge text="You attested it" tone=Tone::Open icon=IconName::Check /> }.into_any();
        return Some(
            view! {
                <Card title="Your attestation" side>
                    <Oath statement />
                    <p class="muted">
                        "On record since "
                        <Timestamp at now />
                        ". It counts for every feature of the product."
                    </p>
                </Card>
            }
            .into_any(),
        );
    }
    if page.edition.superseded_at.is_some() {
        let errors = (!form.errors().is_empty()).then(|| view! { <ErrorSummary form /> });
        return errors.map(IntoAny::into_any);
    }
    if !page.product.may(Action::AttestStandard) {
        let who = words::who_can(Action::AttestStandard.product_roles());
        let words = format!("Attesting it is for people who work on the product: a {who}.");
        return Some(view! { <p class="muted">{words}</p> }.into_any());
    }
    let action = ProductPlace::Standard(page.edition.id).path(&page.product.key);
    let back = ProductPlace::Standards.path(&page.product.key);
    let statement = page.statement.clone();
    Some(
        view! {
            <Card title="Attest it">
                <PostForm action>
                    <ErrorSummary form />
                    <p>"Read the standard first. By attesting it you say, with your name and the time:"</p>
                    <Oath
                        statement
                        binding="It is kept word for word, counts for every feature of the product, and lasts until the next edition."
                    />
                    <FormActions>
                        <Button>"Attest this edition"</Button>
                        <LinkButton href=back kind=ButtonKind::Link>
                            "Not now"
                        </LinkButton>
                    </FormActions>
                </PostForm>
            </Card>
        }
        .into_any(),
    )
}

fn people(page: &StandardPage) -> AnyView {
    let attested = attested_list(&page.edition.attested, page.now);
    let heading = format!("Attested ({})", page.edition.attested.len());
    let missing = page.edition.superseded_at.is_none().then(|| {
        let people = missing_list(&page.edition);
        view! {
            <section class="stack-s">
                <h3>"Not yet"</h3>
                {people}
            </section>
        }
    });
    view! {
        <Card title="Who attested it">
            <div class="split">
                <section class="stack-s">
                    <h3>{heading}</h3>
                    {attested}
                </section>
                {missing}
            </div>
        </Card>
    }
    .into_any()
}
