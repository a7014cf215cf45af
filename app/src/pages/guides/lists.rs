//! The lists of a product, each with its points, read and edited in the same place.

use leptos::prelude::*;
use sluice_domain::{access::Action, place::ProductPlace, record::ListKind};
use sluice_service::guides::{EditList, GuidedProduct, ListsPage, ProductListItem};
use time::OffsetDateTime;

use super::{closed, crumbs};
use crate::{
    components::{
        Button, ButtonKind, Card, Conflict, ConflictField, ErrorSummary, FormActions, HiddenField,
        LinkButton, PageHead, PostForm, TextArea, Timestamp, counted,
    },
    form::Form,
};

/// The form that edits a list, with what is stored.
#[must_use]
pub fn list_form(list: &ProductListItem) -> Form {
    Form::new().with("version", list.version.to_string()).with("points", list.points.join("\n"))
}

/// The lists of a product. One of them can be open for editing.
#[component]
pub fn ListsScreen(
    /// The lists.
    page: ListsPage,
    /// The list that is edited, and what its form shows.
    #[prop(optional_no_strip)]
    edited: Option<(ListKind, Form)>,
    /// Somebody else saved it since the form was opened: both versions are shown, and saving again puts this one in the
    /// place of theirs.
    #[prop(optional)]
    conflict: bool,
) -> impl IntoView {
    let ListsPage { product, lists, now } = page;
    let breadcrumb = crumbs(&product, None, "Lists");
    let closed = closed(&product, "Editing these lists:");
    let cards = lists
        .into_iter()
        .map(|list| match &edited {
            Some((kind, form)) if *kind == list.kind && product.may(Action::ManageGuides) => {
                edit_card(&product, list, form.clone(), conflict, now)
            }
            _ => card(&product, list, now),
        })
        .collect_view();
    view! {
        {breadcrumb}
        <PageHead
            title="Lists"
            key=product.key.to_string()
            lead="What the features of this product go through. Each point is confirmed, feature by feature, where the phases ask for it; what a feature confirmed stays when a list changes."
        />
        {cards}
        {closed}
    }
}

const fn purpose(kind: ListKind) -> &'static str {
    match kind {
        ListKind::DefinitionOfReady => "A feature is ready to be built when each of these is true.",
        ListKind::Hardening => "What is checked in the deployed system before a release.",
        ListKind::Principles => "What requirements and designs are held against.",
    }
}

fn origin(list: &ProductListItem, now: OffsetDateTime) -> AnyView {
    match list.written.clone() {
        None => view! { <span>"This product uses Sluice's own list until it has one of its own."</span> }
            .into_any(),
        Some((author, at)) => view! {
            <span>
                {format!("Version {}, written by {author} ", list.version)}
                <Timestamp at now />
            </span>
        }
        .into_any(),
    }
}

fn card(product: &GuidedProduct, list: ProductListItem, now: OffsetDateTime) -> AnyView {
    let kind = list.kind;
    let side = product.may(Action::ManageGuides).then(|| {
        let href = ProductPlace::EditList(kind).path(&product.key);
        view! {
            <LinkButton href kind=ButtonKind::Quiet small=true>
                "Edit"
                <span class="visually-hidden">{format!(" the {}", kind.title().to_lowercase())}</span>
            </LinkButton>
        }
        .into_any()
    });
    let footer = origin(&list, now);
    let points = list.points.into_iter().map(|point| view! { <li>{point}</li> }).collect_view();
    view! {
        <Card title=kind.title() id=kind.code() nostrip:side=side footer>
            <p class="muted">{purpose(kind)}</p>
            <ol>{points}</ol>
        </Card>
    }
    .into_any()
}

fn edit_card(
    product: &GuidedProduct,
    list: ProductListItem,
    form: Form,
    conflict: bool,
    now: OffsetDateTime,
) -> AnyView {
    let kind = list.kind;
    let action = format!("{}/{}", ProductPlace::Lists.path(&product.key), kind.code());
    let back = ProductPlace::List(kind).path(&product.key);
    let effect = kind.is_signed().then(|| {
        view! {
            <p>
                "Gates that go by this list cover it. When it changes, approvals at those that have not opened are voided, in every feature of the product."
            </p>
        }
    });
    let both = conflict.then(|| both_versions(&list, &form, now));
    let form = if conflict { form.set("version", list.version.to_string()) } else { form };
    let hint = format!(
        "One point a line, {} at most, each in 3 to 200 characters. Write it so that somebody can say yes or no to it.",
        EditList::MOST
    );
    let save = if conflict { "Save mine over theirs" } else { "Save the list" };
    let footer = origin(&list, now);
    let side = view! { <span class="muted">{counted(list.points.len(), "point")}</span> }.into_any();
    view! {
        {both}
        <Card title=kind.title() id=kind.code() side footer>
            <p class="muted">{purpose(kind)}</p>
            {effect}
            <PostForm action>
                <ErrorSummary form=form.clone() />
                <HiddenField name="version" value=form.value("version") />
                <TextArea form name="points" label="Points" hint rows=12 />
                <FormActions>
                    <Button>{save}</Button>
                    <LinkButton href=back kind=ButtonKind::Link>
                        "Cancel"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn both_versions(list: &ProductListItem, form: &Form, now: OffsetDateTime) -> AnyView {
    let (who, at) = list.written.clone().unwrap_or_else(|| ("Somebody".to_owned(), now));
    // Browsers send other line ends than are stored.
    let yours = form.value("points").replace("\r\n", "\n");
    let fields = vec![ConflictField { label: "Points".to_owned(), theirs: list.points.join("\n"), yours }];
    view! { <Conflict who at now fields /> }.into_any()
}
