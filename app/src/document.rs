//! The HTML document around every page.
//!
//! Pages are rendered in one go: what a page shows was loaded before, so nothing streams and the status code is
//! known. Only islands are brought to life in the browser, and pages without one load no WebAssembly at all.

use std::sync::Arc;

use hydration_context::SsrSharedContext;
use leptos::prelude::*;

use crate::assets::Assets;
pub use crate::islands::Theme;

/// How an island begins in the markup. Text from people cannot look like this: its `<` is escaped.
const ISLAND: &str = "<leptos-island";

/// Links that the browser may fetch when a person is about to follow them: pages of this server, but nothing that
/// is a download or that does something.
const SPECULATION_RULES: &str = r#"{"prefetch":[{"source":"document","eagerness":"moderate","where":{"and":[{"href_matches":"/*"},{"not":{"href_matches":["/*/download","/*/download/*","/*/download?*","/*.csv","/*.csv?*","/sign-out","/sign-out?*","/assets/*"]}},{"not":{"selector_matches":"[data-no-prefetch],[data-no-prefetch] a,a[download]"}}]}}]}"#;

/// What a document needs besides its content.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The title of the page, without the name of the product.
    pub title: String,
    /// The nonce of this response's content security policy. Without one (empty) the document has no scripts.
    pub nonce: String,
    /// The colours the person chose.
    pub theme: Theme,
    /// The names of style sheet, bundle and icon.
    pub assets: Assets,
}

impl Frame {
    /// A frame for tests: no real files, a nonce that is none.
    #[must_use]
    pub fn for_tests(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            nonce: "test-nonce".to_owned(),
            theme: Theme::System,
            assets: Assets::unbuilt(),
        }
    }
}

/// Renders the whole document. `body` is called within a reactive owner, so components may use signals, context
/// and islands.
#[must_use]
pub fn render<V: IntoView>(frame: &Frame, body: impl FnOnce() -> V) -> String {
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let html = owner.with(|| {
        let body = without_markers(&body().into_view().to_html());
        let head = without_markers(&head(frame, body.contains(ISLAND)).to_html());
        format!(
            "<!DOCTYPE html><html lang=\"en\" data-theme=\"{}\"><head>{head}</head><body>{body}</body></html>",
            frame.theme
        )
    });
    // Runs clean-up now: left to itself the owner could live on in the thread.
    owner.unset_with_forced_cleanup();
    html
}

/// Removes the markers (`<!>`) that the framework leaves between texts. Only islands need theirs, to find their way
/// when they come alive, and get them in a form that HTML allows. Nobody else can have written one: text and
/// attributes are escaped.
fn without_markers(html: &str) -> String {
    const MARKER: &str = "<!>";
    const END: &str = "</leptos-island>";
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    let mut depth = 0_usize;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let taken = if tag.starts_with(MARKER) {
            if depth > 0 {
                out.push_str("<!---->");
            }
            MARKER.len()
        } else {
            if tag.starts_with(ISLAND) {
                depth += 1;
            } else if tag.starts_with(END) {
                depth = depth.saturating_sub(1);
            }
            out.push('<');
            1
        };
        rest = &tag[taken..];
    }
    out.push_str(rest);
    out
}

/// The title of the document: the only place that may contain this element, because Leptos' own `Title` does not
/// escape its text on the server.
#[component]
fn PageTitle(title: String) -> impl IntoView {
    let title = if title.is_empty() { "Sluice".to_owned() } else { format!("{title} · Sluice") };
    view! { <title>{title}</title> }
}

fn head(frame: &Frame, interactive: bool) -> impl IntoView + use<> {
    let Frame { title, nonce, theme, assets } = frame.clone();
    let scripted = !nonce.is_empty();
    let schemes = match theme {
        Theme::System => "light dark",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    view! {
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content=schemes />
        <PageTitle title />
        <link rel="stylesheet" href=assets.style().to_owned() />
        <link rel="icon" type="image/svg+xml" href=assets.icon().to_owned() />
        {(interactive && scripted).then(|| hydration(&assets, nonce.clone()))}
        {scripted.then(|| {
            view! { <script type="speculationrules" nonce=nonce inner_html=SPECULATION_RULES></script> }
        })}
    }
}

/// Loads the islands. Leptos' own `HydrationScripts` puts the nonce into `crossorigin`, where it gives the secret
/// away and makes the browser fetch the files twice.
fn hydration(assets: &Assets, nonce: String) -> impl IntoView + use<> {
    view! {
        <link rel="modulepreload" href=assets.islands().to_owned() nonce=nonce.clone() />
        <link
            rel="preload"
            r#as="fetch"
            r#type="application/wasm"
            crossorigin="anonymous"
            href=assets.wasm().to_owned()
        />
        <script
            type="module"
            nonce=nonce
            src=assets.hydrate().to_owned()
        ></script>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::islands::ThemeSwitch;

    #[test]
    fn a_title_cannot_end_its_element() {
        let html = render(&Frame::for_tests("</title><script>alert(1)</script>"), || ());
        assert!(!html.contains("<script>"), "{html}");
        assert_eq!(html.matches("</title>").count(), 1, "{html}");
        assert!(
            html.contains("&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; · Sluice</title>"),
            "{html}"
        );
    }

    #[test]
    fn an_untitled_page_is_named_after_the_product() {
        let html = render(&Frame::for_tests(""), || ());
        assert!(html.contains("<title>Sluice</title>"), "{html}");
    }

    #[test]
    fn the_document_is_complete_and_without_comments() {
        let html = render(&Frame { theme: Theme::Dark, ..Frame::for_tests("My work") }, || {
            view! { <main><h1>"My work"</h1>{Some("<b>")}{vec!["a", "b"]}</main> }
        });
        assert!(
            html.starts_with("<!DOCTYPE html><html lang=\"en\" data-theme=\"dark\"><head><meta charset"),
            "{html}"
        );
        assert!(html.contains("<body><main><h1>My work</h1>&lt;b&gt;ab</main></body></html>"), "{html}");
        assert!(html.contains("content=\"dark\""), "{html}");
        assert!(!html.contains("<!--") && !html.contains("<!>"), "{html}");
    }

    #[test]
    fn only_islands_keep_their_markers() {
        assert_eq!(without_markers("a<!>b<p>c</p><!>"), "ab<p>c</p>");
        assert_eq!(
            without_markers(
                "<!><leptos-island data-component=\"A\">x<!><leptos-island>y<!></leptos-island><!></leptos-island><!>"
            ),
            "<leptos-island data-component=\"A\">x<!----><leptos-island>y<!----></leptos-island><!----></leptos-island>"
        );
        let html = render(&Frame::for_tests("Plain"), || view! { <input value="<!>" />"<!>" });
        assert!(html.contains("<input value=\"&lt;!&gt;\">&lt;!&gt;"), "{html}");
    }

    #[test]
    fn only_pages_with_an_island_load_the_bundle() {
        let plain = render(&Frame::for_tests("Plain"), || view! { <p>"<leptos-island"</p> });
        assert!(!plain.contains("hydrate.js") && !plain.contains(".wasm"), "{plain}");
        let live = render(&Frame::for_tests("Live"), || {
            view! { <ThemeSwitch theme=Theme::Light next="/" /> }
        });
        assert!(live.contains("data-component=\"ThemeButtons_"), "{live}");
        assert!(live.contains("src=\"/assets/hydrate.js\""), "{live}");
        assert!(live.contains("href=\"/assets/islands.wasm\""), "{live}");
    }

    #[test]
    fn every_script_has_the_nonce_and_nothing_else_does() {
        let html = render(&Frame { nonce: "R4nd0m".to_owned(), ..Frame::for_tests("Live") }, || {
            view! { <ThemeSwitch theme=Theme::Light next="/" /> }
        });
        let scripts = html.split("<script").skip(1);
        assert_eq!(scripts.clone().count(), 2, "{html}");
        for script in scripts {
            let tag = script.split('>').next().unwrap_or_default();
            assert!(tag.contains("nonce=\"R4nd0m\""), "{tag}");
        }
        assert!(!html.contains("crossorigin=\"R4nd0m\""), "{html}");
        assert_eq!(html.matches("R4nd0m").count(), html.matches("nonce=\"R4nd0m\"").count(), "{html}");
    }

    #[test]
    fn without_a_nonce_there_are_no_scripts() {
        let html = render(&Frame { nonce: String::new(), ..Frame::for_tests("Broken") }, || {
            view! { <ThemeSwitch theme=Theme::Light next="/" /> }
        });
        assert!(!html.contains("<script") && !html.contains("nonce") && !html.contains(".wasm"), "{html}");
    }

    #[test]
    fn the_rules_for_prefetching_are_json_and_spare_what_acts() {
        let rules: serde_json::Value = serde_json::from_str(SPECULATION_RULES).unwrap();
        let text = rules["prefetch"][0]["where"].to_string();
        for spared in ["/sign-out", ".csv", "/download", "data-no-prefetch"] {
            assert!(text.contains(spared), "{spared} is not spared");
        }
        assert_eq!(rules["prefetch"][0]["eagerness"], "moderate");
        assert!(!SPECULATION_RULES.contains('<'));
    }
}
