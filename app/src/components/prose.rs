//! Text that people wrote in Markdown.

use leptos::prelude::*;
use sluice_domain::mention::Mention;

/// Shows Markdown. It takes the source, not HTML, so that nothing but [`crate::markdown::render`] can put markup
/// into a page.
#[component]
pub fn Prose(
    /// What the person wrote.
    #[prop(into)]
    markdown: String,
) -> impl IntoView {
    view! { <div class="prose" inner_html=crate::markdown::render(&markdown)></div> }
}

/// Shows Markdown in which people are mentioned: their names are highlighted.
#[component]
pub fn ProseWithMentions(
    /// What the person wrote.
    #[prop(into)]
    markdown: String,
    /// Whom it mentions, and where.
    mentions: Vec<Mention>,
) -> impl IntoView {
    let html = crate::markdown::render_with_mentions(&markdown, &mentions);
    view! { <div class="prose" inner_html=html></div> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_html_is_shown_as_text() {
        let html = view! { <Prose markdown="**bold** <script>alert(1)</script>" /> }.to_html();
        assert!(html.contains("<strong>bold</strong>"), "{html}");
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn an_empty_text_is_an_empty_place() {
        assert_eq!(view! { <Prose markdown="" /> }.to_html(), "<div class=\"prose\"></div>");
    }
}
