//! The comments on a feature, the oldest first, and the form for one more below them.

use leptos::prelude::*;
use sluice_domain::{access::Action, ids::FeatureKey, place::Place};
use sluice_service::talk::{CommentItem, CommentsPage};
use time::OffsetDateTime;

use super::{text_field, watch_control};
use crate::{
    components::{
        Avatar, Button, ButtonKind, Card, Checkbox, EmptyState, ErrorSummary, FormActions, HiddenField,
        IconName, LinkButton, PostForm, ProseWithMentions, Timestamp, counted,
    },
    form::Form,
    pages::{FeatureFrame, FeatureSection},
};

/// The comments on a feature.
#[component]
pub fn CommentsScreen(
    /// One page of them.
    page: CommentsPage,
    /// What the form of a new comment holds.
    form: Form,
) -> impl IntoView {
    let comments = comment_list(&page);
    let writing = if page.summary.may(Action::WriteComment) {
        writing(&page, form)
    } else {
        view! {
            <Card title="Write a comment" id="write">
                <p class="muted">
                    "Everybody with a role in this product can write comments. You read them without one."
                </p>
            </Card>
        }
        .into_any()
    };
    let summary = page.summary;
    view! {
        <FeatureFrame summary section=FeatureSection::Comments here="Comments">
            {comments}
            {writing}
        </FeatureFrame>
    }
}

/// The form of a new comment. `id` is its future id, so that sending the form twice writes one. Whoever comments
/// watches from then on, unless they take the tick away.
#[must_use]
pub fn new_comment_form(id: impl Into<String>) -> Form {
    Form::new().with("id", id).with("watch", "yes")
}

fn comment_list(page: &CommentsPage) -> AnyView {
    let summary = &page.summary;
    let watch = watch_control(summary, page.watching, true);
    let side = view! {
        <span class="muted">{counted(summary.comments, "comment")}</span>
        {watch}
    }
    .into_any();
    let body = if summary.comments == 0 {
        view! {
            <EmptyState
                icon=IconName::Person
                title="No comments yet"
                why="Ask, answer, tell what you found out. Comments are no part of what reviewers sign: they hold no gate up, void no sign-off, and go on when the feature is finished. What has to count belongs into the record itself."
            />
        }
        .into_any()
    } else {
        let (key, now) = (&summary.key, summary.now);
        let items = page.items.iter().map(|item| comment(key, item, now)).collect_view();
        view! {
            {way("Earlier comments", "before", key, page.earlier)}
            <ol class="comments">{items}</ol>
            {way("Later comments", "from", key, page.later)}
        }
        .into_any()
    };
    view! {
        <Card title="Comments" id="comments" side>
            {body}
        </Card>
    }
    .into_any()
}

/// The way to the page before or behind this one.
fn way(words: &'static str, parameter: &str, key: &FeatureKey, number: Option<i32>) -> Option<AnyView> {
    number.map(|number| {
        let href = format!("{}?{parameter}={number}#comments", Place::Comments.path(key));
        view! {
            <p>
                <LinkButton href kind=ButtonKind::Quiet small=true>
                    {words}
                </LinkButton>
            </p>
        }
        .into_any()
    })
}

fn comment(key: &FeatureKey, item: &CommentItem, now: OffsetDateTime) -> AnyView {
    let number = item.number;
    let name = item.author_name.clone();
    let edited = item.edited_at.map(|at| {
        view! { <span>"edited "<Timestamp at now /></span> }
    });
    let edit = item.mine.then(|| {
        let href = Place::EditComment(number).path(key);
        let label = format!("Edit comment {number}");
        view! { <a href=href aria-label=label>"Edit"</a> }
    });
    view! {
        <li class="comment" id=format!("comment-{number}")>
            <Avatar name=name.clone() />
            <div class="comment-head">
                <b>{name}</b>
                <a href=Place::Comment(number).path(key) aria-label=format!("Comment {number}")>
                    <Timestamp at=item.written_at now />
                </a>
                {edited}
                {edit}
            </div>
            <ProseWithMentions markdown=item.text.clone() mentions=item.mentions.clone() />
        </li>
    }
    .into_any()
}

fn writing(page: &CommentsPage, form: Form) -> AnyView {
    let action = format!("{}#write", Place::Comments.path(&page.summary.key));
    let id = form.value("id");
    let watch = if page.watching {
        view! { <p class="muted small">"You watch this feature: what happens to it shows in your work."</p> }
            .into_any()
    } else {
        view! {
            <Checkbox
                form=form.clone()
                name="watch"
                label="Watch this feature"
                hint="Commenting watches: what happens to it from now on shows in your work. Take the tick away if you do not want that."
            />
        }
        .into_any()
    };
    let text = text_field(&form, "Comment", &page.people, page.more_people);
    view! {
        <Card title="Write a comment" id="write">
            <PostForm action>
                <ErrorSummary form />
                <HiddenField name="id" value=id />
                {text}
                {watch}
                <FormActions>
                    <Button>"Comment"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}
