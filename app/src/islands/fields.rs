//! The plain parts that islands enhance.

use leptos::prelude::*;

use super::{DropZone, PreviewPane, Theme, ThemeButtons, drop_zone::DEFAULT_LIMIT, theme_buttons::Shown};

/// A file field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileField {
    /// The field's name and id.
    pub name: String,
    /// Ids of the hint and the error, separated by spaces; empty when there are none.
    pub described_by: String,
    /// What kinds of file are offered (`.json,.sarif`); empty for all.
    pub accept: String,
    /// May several files be chosen?
    pub multiple: bool,
    /// Must a file be chosen?
    pub required: bool,
    /// Was the field refused? The error stands outside, beside the label.
    pub invalid: bool,
    /// The largest file the server takes, in bytes.
    pub limit: u64,
}

impl FileField {
    /// A field for one file of any kind, not required, with the default limit of 100 MiB.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            described_by: String::new(),
            accept: String::new(),
            multiple: false,
            required: false,
            invalid: false,
            limit: DEFAULT_LIMIT,
        }
    }
}

/// A plain `<input type="file">` with a drop zone around it. The label stands outside, as for every field: its
/// `for` is the field's name.
#[component]
pub fn FileDrop(
    /// The field to draw.
    field: FileField,
) -> impl IntoView {
    let FileField { name, described_by, accept, multiple, required, invalid, limit } = field;
    let some = |text: String| (!text.is_empty()).then_some(text);
    view! {
        <DropZone>
            <input
                type="file"
                id=name.clone()
                name=name.clone()
                accept=some(accept)
                multiple=multiple
                required=required
                aria-describedby=some(described_by)
                aria-invalid=invalid.then_some("true")
                data-limit=limit.to_string()
            />
        </DropZone>
    }
}

/// The button below a text area that shows its Markdown as it will look.
#[component]
pub fn MarkdownPreview(
    /// The id of the text area.
    #[prop(into)]
    textarea: String,
) -> impl IntoView {
    view! {
        <div class="markdown-preview" data-for=textarea>
            <PreviewPane />
        </div>
    }
}

/// The choice of colours, a form of its own.
#[component]
pub fn ThemeSwitch(
    /// What is chosen now.
    theme: Theme,
    /// The address of this page, to come back to.
    #[prop(into)]
    next: String,
) -> impl IntoView {
    provide_context(Shown { theme, next });
    view! { <ThemeButtons /> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Frame, render};

    #[test]
    fn a_file_field_is_a_plain_field_with_a_zone_around_it() {
        let field = FileField {
            described_by: "report-hint report-error".to_owned(),
            required: true,
            invalid: true,
            limit: 1024,
            ..FileField::new("report")
        };
        let html = render(&Frame::for_tests("Evidence"), || view! { <FileDrop field /> });
        let input = html.split("<input").nth(1).and_then(|rest| rest.split('>').next()).unwrap_or_default();
        for attribute in [
            "type=\"file\"",
            "id=\"report\"",
            "name=\"report\"",
            " required",
            "aria-describedby=\"report-hint report-error\"",
            "aria-invalid=\"true\"",
            "data-limit=\"1024\"",
        ] {
            assert!(input.contains(attribute), "{attribute} is missing in {input}");
        }
        assert!(!input.contains("accept") && !input.contains("multiple"), "{input}");
        assert!(html.contains("<leptos-island data-component=\"DropZone_"), "{html}");
    }

    #[test]
    fn without_javascript_there_is_no_preview() {
        let html =
            render(&Frame::for_tests("Feature"), || view! { <MarkdownPreview textarea="description" /> });
        assert!(html.contains("data-for=\"description\""), "{html}");
        assert!(html.contains("<div hidden"), "{html}");
    }

    #[test]
    fn the_switch_shows_the_choice_and_comes_back_to_the_page() {
        let html = render(&Frame::for_tests("My work"), || {
            view! { <ThemeSwitch theme=Theme::Dark next="/work?a=1&b=\"" /> }
        });
        assert!(html.contains("value=\"dark\" aria-pressed=\"true\""), "{html}");
        assert_eq!(html.matches("aria-pressed=\"true\"").count(), 1, "{html}");
        assert!(html.contains("name=\"next\" value=\"/work?a=1&amp;b=&quot;\""), "{html}");
    }
}
