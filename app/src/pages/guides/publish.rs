//! The form that publishes a coding standard, or a new edition of one.

use leptos::prelude::*;
use sluice_domain::{
    place::ProductPlace,
    text::{Edition, Link, Note, Title},
};
use sluice_service::guides::{Edition as Published, GuidedProduct};

use super::crumbs;
use crate::{
    components::{
        Button, ButtonKind, Card, ErrorSummary, FormActions, HiddenField, InputKind, LinkButton, Notice,
        NoticeKind, PageHead, PostForm, TextArea, TextField, counted,
    },
    form::Form,
    islands::MarkdownPreview,
};

/// The form as it opens; a new edition begins with what the one before says.
#[must_use]
pub fn publish_form(id: &str, before: Option<&Published>) -> Form {
    let form = Form::new().with("id", id);
    match before {
        None => form,
        Some(before) => form
            .with("replaces", before.id.to_string())
            .with("link", before.link.clone())
            .with("summary", before.summary.clone()),
    }
}

/// The form that publishes a coding standard. With `before`, it is a new edition of that standard.
#[component]
pub fn PublishScreen(
    /// The product.
    product: GuidedProduct,
    /// The edition that is superseded.
    #[prop(optional_no_strip)]
    before: Option<Published>,
    /// What the form shows.
    form: Form,
) -> impl IntoView {
    let max = |characters: usize| u32::try_from(characters).unwrap_or(u32::MAX);
    let here = if before.is_some() { "New edition" } else { "New standard" };
    let breadcrumb = crumbs(&product, Some(("Coding standards", ProductPlace::Standards)), here);
    let title = match &before {
        None => "Publish a coding standard".to_owned(),
        Some(before) => format!("New edition of “{}”", before.title),
    };
    let (effect, button) = effect(before.as_ref());
    let of = match &before {
        None => view! {
            <TextField
                form=form.clone()
                name="title"
                label="Title"
                hint="What people call it: “Secure coding in Java”. It stays the same over all editions."
                autocomplete="off"
                maxlength=max(Title::MAX)
            />
        }
        .into_any(),
        Some(before) => view! { <HiddenField name="replaces" value=before.id.to_string() /> }.into_any(),
    };
    let edition_hint = match &before {
        None => "What tells this edition from later ones: a year, a version, a date.".to_owned(),
        Some(before) => format!("What tells it from edition {}, which it supersedes.", before.edition),
    };
    let back = ProductPlace::Standards.path(&product.key);
    view! {
        {breadcrumb}
        <PageHead title key=product.key.to_string() />
        {effect}
        <Card title="The edition">
            <PostForm action=ProductPlace::NewStandard.path(&product.key)>
                <ErrorSummary form=form.clone() />
                <HiddenField name="id" value=form.value("id") />
                {of}
                <TextField
                    form=form.clone()
                    name="edition"
                    label="Edition"
                    hint=edition_hint
                    autocomplete="off"
                    maxlength=max(Edition::MAX)
                />
                <TextField
                    form=form.clone()
                    name="link"
                    label="Link"
                    kind=InputKind::Url
                    hint="Where the whole standard can be read, starting with https:// or http://."
                    optional=true
                    autocomplete="off"
                    maxlength=max(Link::MAX)
                />
                <TextArea
                    form=form.clone()
                    name="summary"
                    label="Summary"
                    hint="What it asks for, in a few sentences. People read this before they attest it. Markdown works."
                    rows=8
                    maxlength=max(Note::MAX)
                />
                <MarkdownPreview textarea="summary".to_owned() />
                <FormActions>
                    <Button>{button}</Button>
                    <LinkButton href=back kind=ButtonKind::Link>
                        "Cancel"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
    }
}

/// What publishing does to what was attested so far.
fn effect(before: Option<&Published>) -> (AnyView, &'static str) {
    match before {
        None => {
            let words = "Once it is published, everybody who designs, builds, tests or releases here is asked to attest it. It cannot be changed afterwards: what people attest stays what it was. A change is a new edition. Approvals at gates that go by the coding standards and have not opened are voided.";
            (view! { <p class="muted measure">{words}</p> }.into_any(), "Publish the standard")
        }
        Some(before) => {
            let words = format!(
                "{} of edition {} stay in the record and count no more. Everybody is asked to attest the new edition. Approvals at gates that go by the coding standards and have not opened are voided.",
                counted(before.attested.len(), "attestation"),
                before.edition
            );
            let notice = view! {
                <Notice kind=NoticeKind::Warning title=format!("Publishing it supersedes edition {}", before.edition)>
                    <p>{words}</p>
                </Notice>
            };
            (notice.into_any(), "Publish the new edition")
        }
    }
}
