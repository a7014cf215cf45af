//! What is around the fields of a form: the frame of a field, the summary of errors, the row of buttons.

use leptos::prelude::*;

use super::{
    counted,
    icons::{Icon, IconName},
};
use crate::form::Form;

/// The ids of hint and error, for `aria-describedby`.
pub(super) fn described_by(name: &str, hint: bool, error: bool) -> Option<String> {
    match (hint, error) {
        (true, true) => Some(format!("{name}-hint {name}-error")),
        (true, false) => Some(format!("{name}-hint")),
        (false, true) => Some(format!("{name}-error")),
        (false, false) => None,
    }
}

/// The class of the frame: a red edge when the field has an error.
pub(super) const fn field_class(invalid: bool) -> &'static str {
    if invalid { "field invalid" } else { "field" }
}

/// The word after the label of a field that may be left empty.
pub(super) fn optional_word(optional: bool) -> impl IntoView {
    optional.then(|| view! { <span class="optional">" optional"</span> })
}

/// Help below a label.
pub(super) fn hint_line(name: &str, hint: Option<String>) -> impl IntoView + use<> {
    let id = format!("{name}-hint");
    hint.map(|hint| {
        view! {
            <span class="hint" id=id>
                {hint}
            </span>
        }
    })
}

/// The error beside a field.
pub(super) fn error_line(name: &str, error: Option<String>) -> impl IntoView + use<> {
    let id = format!("{name}-error");
    error.map(|error| {
        view! {
            <p class="field-error" id=id>
                <Icon name=IconName::Warning />
                <span>{error}</span>
            </p>
        }
    })
}

/// Label, hint, control, error: the frame of every field that has one control.
pub(super) fn field(
    name: &str,
    label: String,
    optional: bool,
    hint: Option<String>,
    error: Option<String>,
    control: AnyView,
) -> impl IntoView + use<> {
    let class = field_class(error.is_some());
    view! {
        <div class=class>
            <label for=name.to_owned()>{label} {optional_word(optional)}</label>
            {hint_line(name, hint)}
            {control}
            {error_line(name, error)}
        </div>
    }
}

/// A form that posts to a page. The browser's own checks are off: the server says what is wrong, in the same words
/// with and without JavaScript.
#[component]
pub fn PostForm(
    /// Where it posts: the page's own address, as a rule.
    #[prop(into)]
    action: String,
    /// It sends files.
    #[prop(optional)]
    multipart: bool,
    /// The fields and the buttons.
    children: Children,
) -> impl IntoView {
    view! {
        <form
            class="form"
            method="post"
            action=action
            enctype=multipart.then_some("multipart/form-data")
            novalidate=true
        >
            {children()}
        </form>
    }
}

/// Fields that may wait, behind one line that opens without a script.
#[component]
pub fn MoreFields(
    /// What they are.
    #[prop(into)]
    label: String,
    /// They are in sight at once, because something was typed there or has to be put right.
    #[prop(optional)]
    open: bool,
    /// The fields.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="more" open=open>
            <summary>
                <span>"More"</span>
                <span class="muted">{label}</span>
            </summary>
            <div class="more-fields">{children()}</div>
        </details>
    }
}

/// Fields side by side where there is room.
#[component]
pub fn FormRow(
    /// The fields.
    children: Children,
) -> impl IntoView {
    view! { <div class="form-row">{children()}</div> }
}

/// The buttons of a form: the primary action first, the way out last.
#[component]
pub fn FormActions(
    /// The buttons.
    children: Children,
) -> impl IntoView {
    view! { <div class="form-actions">{children()}</div> }
}

/// Everything that stopped the form, with a link to each field. Focus goes here when the page opens.
/// Nothing is drawn when the form has no errors.
#[component]
pub fn ErrorSummary(
    /// The form.
    form: Form,
) -> impl IntoView {
    let errors = form.errors();
    if errors.is_empty() {
        return ().into_any();
    }
    let title = match errors.len() {
        1 => "One thing has to be put right".to_owned(),
        count => format!("{} have to be put right", counted(count, "thing")),
    };
    let lines = errors
        .into_iter()
        .map(|(name, sentence)| {
            if name.is_empty() {
                view! { <li>{sentence}</li> }.into_any()
            } else {
                view! { <li><a href=format!("#{name}")>{sentence}</a></li> }.into_any()
            }
        })
        .collect_view();
    view! {
        <div class="error-summary" role="alert" tabindex="-1" autofocus=true>
            <h2><Icon name=IconName::Warning />{title}</h2>
            <ul>{lines}</ul>
        </div>
    }
    .into_any()
}

/// The error of one field, for pages that draw their own control. Nothing when there is none.
#[component]
pub fn FieldError(
    /// The form.
    form: Form,
    /// The name of the field.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    error_line(&name, form.error(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_without_errors_has_no_summary() {
        let html = view! { <ErrorSummary form=Form::new() /> }.to_html();
        assert!(!html.contains("role="), "{html}");
    }

    #[test]
    fn the_summary_links_to_the_fields_and_escapes() {
        let form = Form::new().fail("title", "Give it a title <b>").fail("", "Somebody was faster");
        let html = view! { <ErrorSummary form /> }.to_html();
        assert!(html.contains("role=\"alert\" tabindex=\"-1\" autofocus"), "{html}");
        assert!(html.contains("2 things have to be put right"), "{html}");
        assert!(html.contains("<li><a href=\"#title\">Give it a title &lt;b&gt;</a></li>"), "{html}");
        assert!(html.contains("<li>Somebody was faster</li>"), "{html}");
    }

    #[test]
    fn a_field_error_names_its_field() {
        let form = Form::new().fail("due", "Choose a day in the future");
        let html = view! { <FieldError form name="due" /> }.to_html();
        assert!(html.contains("id=\"due-error\""), "{html}");
    }
}
