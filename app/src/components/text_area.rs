//! The only text area. Leptos does not escape what stands between `<textarea>` and `</textarea>` on the server, so
//! it is escaped here, and nowhere else may such an element be written.

use leptos::prelude::*;

use super::form_parts::{described_by, field};
use crate::form::Form;

/// A field for text of several lines.
#[component]
pub fn TextArea(
    /// The form it belongs to.
    form: Form,
    /// The name of the field, and its id.
    #[prop(into)]
    name: String,
    /// What to write here.
    #[prop(into)]
    label: String,
    /// Help below the label.
    #[prop(optional, into)]
    hint: Option<String>,
    /// It may be left empty.
    #[prop(optional)]
    optional: bool,
    /// How many lines to show at first.
    #[prop(default = 4)]
    rows: u32,
    /// The largest number of characters.
    #[prop(optional)]
    maxlength: Option<u32>,
    /// For text in which each character counts: a policy, a model.
    #[prop(optional)]
    code: bool,
) -> impl IntoView {
    let error = form.error(&name);
    let class = if code { "input code" } else { "input" };
    let control = view! {
        <textarea
            class=class
            id=name.clone()
            name=name.clone()
            rows=rows
            maxlength=maxlength
            aria-required=(!optional).then_some("true")
            aria-invalid=error.is_some().then_some("true")
            aria-describedby=described_by(&name, hint.is_some(), error.is_some())
        >
            {content(&form.value(&name))}
        </textarea>
    }
    .into_any();
    field(&name, label, optional, hint, error, control)
}

/// The text between the tags. Parsers drop one line break right after the opening tag, so one is written first and
/// a line break that the person typed there is kept.
fn content(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    out.push('\n');
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str) -> String {
        let form = Form::new().with("note", text);
        view! { <TextArea form name="note" label="Note" /> }.to_html()
    }

    fn between_tags(html: &str) -> &str {
        let start = html.find("<textarea").unwrap();
        let open = start + html[start..].find('>').unwrap() + 1;
        let end = open + html[open..].find("</textarea>").unwrap();
        &html[open..end]
    }

    #[test]
    fn text_cannot_end_the_element() {
        let html = render("</textarea><script>alert(1)</script>");
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
        assert_eq!(between_tags(&html), "\n&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
    }

    #[test]
    fn entities_come_back_as_they_were_typed() {
        assert_eq!(between_tags(&render("a &lt; b & \"c\"")), "\na &amp;lt; b &amp; \"c\"");
    }

    #[test]
    fn a_leading_line_break_survives_the_parser() {
        assert_eq!(between_tags(&render("\nfirst")), "\n\nfirst");
    }

    #[test]
    fn an_empty_text_area_is_empty() {
        assert_eq!(between_tags(&render("")), "\n");
    }

    #[test]
    fn hint_and_error_describe_the_field() {
        let form = Form::new().with("note", "x").fail("note", "Say why");
        let html = view! { <TextArea form name="note" label="Note" hint="Part of the record." /> }.to_html();
        assert!(html.contains("aria-describedby=\"note-hint note-error\""), "{html}");
        assert!(html.contains("aria-invalid=\"true\""), "{html}");
        assert!(html.contains("id=\"note-error\""), "{html}");
        assert!(html.contains("Say why"), "{html}");
    }
}
