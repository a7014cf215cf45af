//! The form that edits a comment of one's own.

use leptos::prelude::*;
use sluice_domain::place::Place;
use sluice_service::talk::{CommentItem, CommentPage};
use time::OffsetDateTime;

use super::text_field;
use crate::{
    components::{
        Button, ButtonKind, Card, Conflict, ConflictField, ErrorSummary, FormActions, HiddenField,
        LinkButton, PostForm,
    },
    form::Form,
    pages::{FeatureFrame, FeatureSection},
};

/// The form that edits a comment of one's own.
#[component]
pub fn EditCommentScreen(
    /// The comment as it is stored now.
    page: CommentPage,
    /// What the form holds.
    form: Form,
    /// It was edited elsewhere since the form was opened: both versions are shown.
    #[prop(optional)]
    conflict: bool,
) -> impl IntoView {
    let CommentPage { summary, comment, people, more_people } = page;
    let number = comment.number;
    let both = conflict.then(|| both_versions(&comment, &form, summary.now));
    let action = Place::EditComment(number).path(&summary.key);
    let back = Place::Comment(number).path(&summary.key);
    let version = form.value("version");
    let text = text_field(&form, "Comment", &people, more_people);
    let save = if conflict { "Save mine over theirs" } else { "Save" };
    view! {
        <FeatureFrame summary section=FeatureSection::Comments here=format!("Edit comment {number}")>
            {both}
            <Card title=format!("Edit comment {number}")>
                <PostForm action>
                    <ErrorSummary form />
                    <HiddenField name="version" value=version />
                    {text}
                    <p class="muted small">
                        "Readers see that it was edited. The history keeps the earlier words."
                    </p>
                    <FormActions>
                        <Button>{save}</Button>
                        <LinkButton href=back kind=ButtonKind::Link>
                            "Cancel"
                        </LinkButton>
                    </FormActions>
                </PostForm>
            </Card>
        </FeatureFrame>
    }
}

/// The form with the comment as it is stored.
#[must_use]
pub fn edit_comment_form(comment: &CommentItem) -> Form {
    Form::new().with("version", comment.version.to_string()).with("text", comment.text.as_str())
}

/// Both versions. Only its author edits a comment, so the other one was saved from another window.
fn both_versions(comment: &CommentItem, form: &Form, now: OffsetDateTime) -> AnyView {
    let fields = vec![ConflictField {
        label: "Comment".to_owned(),
        theirs: comment.text.clone(),
        yours: form.value("text").replace("\r\n", "\n").trim().to_owned(),
    }];
    let at = comment.edited_at.unwrap_or(comment.written_at);
    view! { <Conflict who=comment.author_name.clone() at now fields /> }.into_any()
}
