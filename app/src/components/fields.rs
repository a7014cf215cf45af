//! The fields of a form: label above, hint below the label, error beside the field. Each keeps what was typed.

use leptos::prelude::*;

use super::form_parts::{described_by, error_line, field, field_class, hint_line, optional_word};
use crate::form::Form;

/// What a one-line field takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputKind {
    /// Any text.
    #[default]
    Text,
    /// An e-mail address.
    Email,
    /// A password: never filled in again, whatever was typed.
    Password,
    /// A day.
    Date,
    /// Words to look for.
    Search,
    /// A whole number.
    Number,
    /// A web address.
    Url,
}

impl InputKind {
    const fn html_type(self) -> &'static str {
        match self {
            // Numbers too: browsers change what is typed into number fields and hide what they cannot read.
            Self::Text | Self::Number => "text",
            Self::Email => "email",
            Self::Password => "password",
            Self::Date => "date",
            Self::Search => "search",
            Self::Url => "url",
        }
    }

    const fn is_short(self) -> bool {
        matches!(self, Self::Date | Self::Number)
    }
}

/// A field of one line.
#[component]
pub fn TextField(
    /// The form it belongs to.
    form: Form,
    /// The name of the field, and its id.
    #[prop(into)]
    name: String,
    /// What to write here.
    #[prop(into)]
    label: String,
    /// What it takes.
    #[prop(optional)]
    kind: InputKind,
    /// Help below the label.
    #[prop(optional, into)]
    hint: Option<String>,
    /// It may be left empty.
    #[prop(optional)]
    optional: bool,
    /// What the browser may fill in: `username`, `current-password`, `new-password`, `off`.
    #[prop(optional, into)]
    autocomplete: Option<String>,
    /// The largest number of characters.
    #[prop(optional)]
    maxlength: Option<u32>,
    /// The keyboard to offer: `numeric`, `url`.
    #[prop(optional, into)]
    inputmode: Option<String>,
    /// The page opens with the cursor here. Not together with an error summary, which takes the focus.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let error = form.error(&name);
    let value = (kind != InputKind::Password).then(|| form.value(&name));
    let inputmode = inputmode.or_else(|| (kind == InputKind::Number).then(|| "numeric".to_owned()));
    let control = view! {
        <input
            class=if kind.is_short() { "input short" } else { "input" }
            type=kind.html_type()
            id=name.clone()
            name=name.clone()
            value=value
            autocomplete=autocomplete
            maxlength=maxlength
            inputmode=inputmode
            autofocus=autofocus
            aria-required=(!optional).then_some("true")
            aria-invalid=error.is_some().then_some("true")
            aria-describedby=described_by(&name, hint.is_some(), error.is_some())
        />
    }
    .into_any();
    field(&name, label, optional, hint, error, control)
}

/// One of the things to choose from.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Help below the label, in radio and checkbox groups.
    pub hint: Option<String>,
}

impl Choice {
    /// A choice without help.
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), hint: None }
    }

    /// The same choice with help below its label.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// One of several, from a list that opens.
#[component]
pub fn SelectField(
    /// The form it belongs to.
    form: Form,
    /// The name of the field, and its id.
    #[prop(into)]
    name: String,
    /// What to choose.
    #[prop(into)]
    label: String,
    /// What there is to choose from.
    options: Vec<Choice>,
    /// The first line, for nothing chosen yet: "Choose a product", "Anyone".
    #[prop(optional, into)]
    prompt: Option<String>,
    /// Help below the label.
    #[prop(optional, into)]
    hint: Option<String>,
    /// It may be left empty.
    #[prop(optional)]
    optional: bool,
) -> impl IntoView {
    let error = form.error(&name);
    let options = options
        .into_iter()
        .map(|option| {
            let selected = form.is(&name, &option.value);
            view! { <option value=option.value selected=selected>{option.label}</option> }
        })
        .collect_view();
    let control = view! {
        <select
            class="input"
            id=name.clone()
            name=name.clone()
            aria-required=(!optional).then_some("true")
            aria-invalid=error.is_some().then_some("true")
            aria-describedby=described_by(&name, hint.is_some(), error.is_some())
        >
            {prompt.map(|prompt| view! { <option value="">{prompt}</option> })}
            {options}
        </select>
    }
    .into_any();
    field(&name, label, optional, hint, error, control)
}

/// The choices of a group. The first has the name of the field as its id, so that the error summary leads to it.
fn choices(form: &Form, name: &str, kind: &'static str, options: Vec<Choice>, invalid: bool) -> Vec<AnyView> {
    options
        .into_iter()
        .enumerate()
        .map(|(index, option)| {
            let id = if index == 0 { name.to_owned() } else { format!("{name}-{}", index + 1) };
            let hint_id = format!("{id}-help");
            view! {
                <div class="choice">
                    <input
                        type=kind
                        id=id.clone()
                        name=name.to_owned()
                        value=option.value.clone()
                        checked=form.is(name, &option.value)
                        aria-invalid=(invalid && kind == "checkbox").then_some("true")
                        aria-describedby=option.hint.is_some().then(|| hint_id.clone())
                    />
                    <label for=id>{option.label}</label>
                    {option.hint.map(|hint| view! { <span class="hint" id=hint_id>{hint}</span> })}
                </div>
            }
            .into_any()
        })
        .collect()
}

/// One of several, all in sight.
#[component]
pub fn RadioGroup(
    /// The form it belongs to.
    form: Form,
    /// The name of the field, and the id of its first choice.
    #[prop(into)]
    name: String,
    /// What to choose.
    #[prop(into)]
    legend: String,
    /// What there is to choose from.
    options: Vec<Choice>,
    /// Help below the legend.
    #[prop(optional, into)]
    hint: Option<String>,
    /// It may be left empty.
    #[prop(optional)]
    optional: bool,
    /// Side by side, for two or three short choices.
    #[prop(optional)]
    inline: bool,
) -> impl IntoView {
    let error = form.error(&name);
    let invalid = error.is_some();
    let described = described_by(&name, hint.is_some(), invalid);
    let choices = choices(&form, &name, "radio", options, invalid);
    view! {
        <fieldset
            class=field_class(invalid)
            role="radiogroup"
            aria-required=(!optional).then_some("true")
            aria-invalid=invalid.then_some("true")
            aria-describedby=described
        >
            <legend>{legend} {optional_word(optional)}</legend>
            {hint_line(&name, hint)}
            <div class=if inline { "choices inline" } else { "choices" }>{choices}</div>
            {error_line(&name, error)}
        </fieldset>
    }
}

/// Any of several.
#[component]
pub fn CheckboxGroup(
    /// The form it belongs to.
    form: Form,
    /// The name that all boxes send, and the id of the first.
    #[prop(into)]
    name: String,
    /// What to choose.
    #[prop(into)]
    legend: String,
    /// What there is to choose from.
    options: Vec<Choice>,
    /// Help below the legend.
    #[prop(optional, into)]
    hint: Option<String>,
    /// None need be ticked.
    #[prop(optional)]
    optional: bool,
    /// Side by side, for short choices.
    #[prop(optional)]
    inline: bool,
) -> impl IntoView {
    let error = form.error(&name);
    let invalid = error.is_some();
    let described = described_by(&name, hint.is_some(), invalid);
    let choices = choices(&form, &name, "checkbox", options, invalid);
    view! {
        <fieldset
            class=field_class(invalid)
            aria-describedby=described
        >
            <legend>{legend} {optional_word(optional)}</legend>
            {hint_line(&name, hint)}
            <div class=if inline { "choices inline" } else { "choices" }>{choices}</div>
            {error_line(&name, error)}
        </fieldset>
    }
}

/// One box to tick.
#[component]
pub fn Checkbox(
    /// The form it belongs to.
    form: Form,
    /// The name of the field, and its id.
    #[prop(into)]
    name: String,
    /// What ticking it says.
    #[prop(into)]
    label: String,
    /// What is sent when it is ticked.
    #[prop(default = "yes".to_owned(), into)]
    value: String,
    /// Help below the label.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let error = form.error(&name);
    let invalid = error.is_some();
    view! {
        <div class=field_class(invalid)>
            <div class="choice">
                <input
                    type="checkbox"
                    id=name.clone()
                    name=name.clone()
                    value=value.clone()
                    checked=form.is(&name, &value)
                    aria-invalid=invalid.then_some("true")
                    aria-describedby=described_by(&name, hint.is_some(), invalid)
                />
                <label for=name.clone()>{label}</label>
                {hint_line(&name, hint)}
            </div>
            {error_line(&name, error)}
        </div>
    }
}

/// A file to send. Its form is multipart. Browsers never fill it in again.
#[component]
pub fn FileField(
    /// The form it belongs to.
    form: Form,
    /// The name of the field, and its id.
    #[prop(into)]
    name: String,
    /// What to choose.
    #[prop(into)]
    label: String,
    /// Help below the label: what is taken, and how large it may be.
    #[prop(optional, into)]
    hint: Option<String>,
    /// It may be left empty.
    #[prop(optional)]
    optional: bool,
    /// Kinds of files to offer first.
    #[prop(optional, into)]
    accept: Option<String>,
    /// More than one file at once.
    #[prop(optional)]
    multiple: bool,
) -> impl IntoView {
    let error = form.error(&name);
    let control = view! {
        <input
            class="input"
            type="file"
            id=name.clone()
            name=name.clone()
            accept=accept
            multiple=multiple
            aria-required=(!optional).then_some("true")
            aria-invalid=error.is_some().then_some("true")
            aria-describedby=described_by(&name, hint.is_some(), error.is_some())
        />
    }
    .into_any();
    field(&name, label, optional, hint, error, control)
}

/// A value that goes along unseen, such as the version that was being edited.
#[component]
pub fn HiddenField(
    /// The name of the field.
    #[prop(into)]
    name: String,
    /// Its value.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    view! { <input type="hidden" name=name value=value /> }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "\"><script>alert('1')</script>";

    #[test]
    fn a_text_field_keeps_and_escapes_what_was_typed() {
        let form = Form::new().with("title", HOSTILE).fail("title", HOSTILE);
        let html = view! { <TextField form name="title" label=HOSTILE hint=HOSTILE /> }.to_html();
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("value=\"&quot;&gt;&lt;script"), "{html}");
        assert!(html.contains("aria-describedby=\"title-hint title-error\""), "{html}");
        assert!(html.contains("<label for=\"title\">"), "{html}");
    }

    #[test]
    fn a_password_is_never_filled_in_again() {
        let form = Form::new().with("password", "correct horse battery");
        let html = view! {
            <TextField
                form
                name="password"
                label="Password"
                kind=InputKind::Password
                autocomplete="current-password"
            />
        }
        .to_html();
        assert!(!html.contains("correct horse"), "{html}");
        assert!(!html.contains("value="), "{html}");
        assert!(html.contains("autocomplete=\"current-password\""), "{html}");
    }

    #[test]
    fn what_was_chosen_stays_chosen() {
        let form = Form::new().with("tier", "high");
        let options = vec![Choice::new("low", "Low"), Choice::new("high", "High <b>").hint("All controls")];
        let html =
            view! { <SelectField form=form.clone() name="tier" label="Tier" options=options.clone() /> }
                .to_html();
        assert!(html.contains("<option value=\"high\" selected>High &lt;b&gt;</option>"), "{html}");
        assert!(html.contains("<option value=\"low\">Low</option>"), "{html}");
        let html = view! { <RadioGroup form name="tier" legend="Tier" options /> }.to_html();
        assert_eq!(html.matches(" checked").count(), 1, "{html}");
        assert!(html.contains("id=\"tier-2\" name=\"tier\" value=\"high\" checked"), "{html}");
        assert!(html.contains("aria-describedby=\"tier-2-help\""), "{html}");
    }

    #[test]
    fn several_boxes_of_one_name_stay_ticked() {
        let form = Form::new().with("role", "developer").with("role", "qa");
        let options = ["developer", "designer", "qa"].map(|role| Choice::new(role, role)).to_vec();
        let html = view! { <CheckboxGroup form name="role" legend="Roles" options /> }.to_html();
        assert_eq!(html.matches(" checked").count(), 2, "{html}");
        assert!(html.contains("id=\"role\" "), "{html}");
    }

    #[test]
    fn a_checkbox_is_described_by_its_hint() {
        let html =
            view! { <Checkbox form=Form::new() name="ack" label="I read it" hint="Recorded." /> }.to_html();
        assert!(html.contains("aria-describedby=\"ack-hint\""), "{html}");
        assert!(!html.contains(" checked"), "{html}");
    }
}
