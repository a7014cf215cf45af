//! Talking about a feature: its comments, the form that edits one, and the button that watches.

pub mod edit;
pub mod list;
mod watch;

pub use edit::{EditCommentScreen, edit_comment_form};
pub use list::{CommentsScreen, new_comment_form};
pub(crate) use watch::watch_control;

use leptos::prelude::*;
use sluice_domain::mention::Mentionable;

use crate::{components::TextArea, form::Form, islands::MarkdownPreview};

/// The field of a comment, with what it takes and whom it can mention.
fn text_field(form: &Form, label: &'static str, people: &[Mentionable], more_people: bool) -> AnyView {
    let example = people.first().map_or("Ana Diaz", |person| person.name.as_str());
    let hint = format!(
        "Markdown. Write @ and a name, such as @{example}, to mention somebody: they find the comment in their work."
    );
    view! {
        <TextArea form=form.clone() name="text" label hint rows=5 maxlength=10_000 />
        {people_list(people, more_people)}
        <MarkdownPreview textarea="text" />
    }
    .into_any()
}

/// Who can be mentioned, and by what.
fn people_list(people: &[Mentionable], more: bool) -> AnyView {
    let rows = people
        .iter()
        .map(|person| {
            let Mentionable { name, handle, .. } = person;
            view! { <li>{format!("@{name}")}<span class="muted">{format!(" or @{handle}")}</span></li> }
        })
        .collect_view();
    let more = more.then(|| {
        view! { <p class="muted small">"The list is cut off; everybody else with a role in this product can be mentioned as well."</p> }
    });
    view! {
        <details class="mentionable">
            <summary>"Who can be mentioned"</summary>
            <p class="muted small">
                "People with a role in this product, by full name or by the first part of their e-mail address. Other words behind an @ stay text."
            </p>
            <ul class="plain">{rows}</ul>
            {more}
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests;
