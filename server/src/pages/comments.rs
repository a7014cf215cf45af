//! Comments on a feature, and watching it.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use http::StatusCode;
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{
        Section,
        comments::{CommentsScreen, EditCommentScreen, edit_comment_form, new_comment_form},
    },
};
use sluice_domain::{access::Action, form::Problem, place::Place};
use sluice_service::{
    Error, new_form_id,
    talk::{CommentAt, CommentPage, CommentsPage, EditComment, WriteComment},
};

use super::{
    feature_key,
    threats::{number, titled},
};
use crate::web::{App, Done, FormFields, Reply, Visit, fields};

/// A page of the comments; the query says which, the newest where it says nothing.
///
/// # Errors
/// When there is no feature that the person may see.
pub async fn list(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let at = CommentAt::parse(&fields::query(query.as_deref()));
    let page = app.service.comments_page(visit.actor()?, &feature_key(&key)?, at).await?;
    Ok(list_screen(&visit, StatusCode::OK, page, new_comment_form(new_form_id())))
}

/// Writes a comment.
///
/// # Errors
/// When the person may not comment.
pub async fn write(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key) = (visit.actor()?, feature_key(&key)?);
    let outcome = match WriteComment::parse(&fields) {
        Ok(command) => app.service.write_comment(actor, &key, command).await,
        Err(problems) => Err(problems.into()),
    };
    let problems = match outcome {
        Ok(number) => return Ok(visit.done(Done::COMMENT_WRITTEN, &Place::Comment(number).path(&key))),
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other.into()),
    };
    let page = app.service.comments_page(actor, &key, CommentAt::Newest).await?;
    // The form may have been refused before anybody looked at who sent it.
    if !page.summary.may(Action::WriteComment) {
        return Err(Error::Denied(Action::WriteComment).into());
    }
    let mut form = Form::refused(&fields, &problems);
    if problems.iter().any(|found| found.problem == Problem::SentBefore || found.field == "id") {
        // Sending it again then writes one more comment, knowingly.
        form = form.set("id", new_form_id());
    }
    Ok(list_screen(&visit, StatusCode::UNPROCESSABLE_ENTITY, page, form))
}

/// The form that edits a comment of one's own.
///
/// # Errors
/// When there is no such comment, or somebody else wrote it.
pub async fn edit_form(
    State(app): State<App>,
    visit: Visit,
    Path((key, comment)): Path<(String, String)>,
) -> Reply {
    let page = app.service.comment_page(visit.actor()?, &feature_key(&key)?, number(&comment)?).await?;
    let form = edit_comment_form(&page.comment);
    Ok(edit_screen(&visit, StatusCode::OK, page, form))
}

/// Edits a comment of one's own.
///
/// # Errors
/// When there is no such comment, or somebody else wrote it.
pub async fn edit(
    State(app): State<App>,
    visit: Visit,
    Path((key, comment)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Reply {
    let (actor, key, number) = (visit.actor()?, feature_key(&key)?, number(&comment)?);
    let outcome = match EditComment::parse(&fields) {
        Ok(command) => app.service.edit_comment(actor, &key, number, command).await,
        Err(problems) => Err(problems.into()),
    };
    let (status, problems) = match outcome {
        Ok(()) => return Ok(visit.done(Done::SAVED, &Place::Comment(number).path(&key))),
        Err(Error::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, problems),
        Err(Error::Stale) => (StatusCode::CONFLICT, Vec::new()),
        Err(other) => return Err(other.into()),
    };
    let page = app.service.comment_page(actor, &key, number).await?;
    let mut form = Form::refused(&fields, &problems);
    if status == StatusCode::CONFLICT {
        // Saving again then means: these words over the others, which the page shows beside them.
        form = form.set("version", page.comment.version.to_string());
    }
    Ok(edit_screen(&visit, status, page, form))
}

/// Begins or ends the watch of a feature.
///
/// # Errors
/// When there is no feature that the person may see.
pub async fn watch(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let key = feature_key(&key)?;
    // What says neither begins: a watch is found and ended more easily than it is missed.
    let watching = fields.get("watching") != "no";
    app.service.watch(visit.actor()?, &key, watching).await?;
    let place = if fields.get("back") == "comments" { Place::Comments } else { Place::Feature };
    let done = if watching { Done::WATCHING } else { Done::NOT_WATCHING };
    Ok(visit.done(done, &place.path(&key)))
}

fn list_screen(visit: &Visit, status: StatusCode, page: CommentsPage, form: Form) -> Response {
    let title = titled(status, format!("Comments on {}", page.summary.key));
    visit.page(status, Section::Features, title, move || view! { <CommentsScreen page form /> })
}

fn edit_screen(visit: &Visit, status: StatusCode, page: CommentPage, form: Form) -> Response {
    let title = titled(status, format!("Edit comment {} on {}", page.comment.number, page.summary.key));
    let conflict = status == StatusCode::CONFLICT;
    visit.page(status, Section::Features, title, move || view! { <EditCommentScreen page form conflict /> })
}
