//! Markdown that people write, as HTML that is safe to show.
//!
//! Raw HTML becomes text, links lead only to web pages, mail addresses and pages of this server, and images
//! become links: a picture from elsewhere would tell its host who reads what, and the page's policy blocks it anyway.

use std::{fmt::Write as _, ops::Range};

use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};
use sluice_domain::mention::Mention;

/// The longest text, in bytes, that is rendered for a preview; no field takes more.
pub const PREVIEW_LIMIT: usize = 100_000;

/// What people may write besides plain Markdown.
const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH);

/// Renders Markdown. The result holds no markup other than what this module writes.
#[must_use]
pub fn render(text: &str) -> String {
    let mut filter = Filter::default();
    let events = Parser::new_ext(text, OPTIONS).map(|event| filter.pass(event));
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    html::push_html(&mut out, events);
    out
}

/// Renders Markdown with the mentions in it highlighted: each is the full name of who is meant, whatever the name is
/// made of. `mentions` are those of this very text, in order.
#[must_use]
pub fn render_with_mentions(text: &str, mentions: &[Mention]) -> String {
    let mut filter = Filter::default();
    let mut events = Vec::new();
    for (event, range) in Parser::new_ext(text, OPTIONS).into_offset_iter() {
        match event {
            Event::Text(_) | Event::Html(_) | Event::InlineHtml(_)
                if mentions.iter().any(|mention| overlap(&mention.range, &range)) =>
            {
                highlight(text, &range, mentions, &mut events);
            }
            other => events.push(filter.pass(other)),
        }
    }
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    html::push_html(&mut out, events.into_iter());
    out
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// A piece of text with mentions in it. A name may be spread over several pieces, where it holds what Markdown reads as
/// something: the first piece shows it whole, the others nothing of it.
fn highlight<'a>(text: &'a str, piece: &Range<usize>, mentions: &[Mention], events: &mut Vec<Event<'a>>) {
    let mut at = piece.start;
    for mention in mentions.iter().filter(|mention| overlap(&mention.range, piece)) {
        if mention.range.start >= at {
            events.push(Event::Text(CowStr::Borrowed(&text[at..mention.range.start])));
            let name = format!("<strong class=\"mention\">@{}</strong>", escape(&mention.name));
            events.push(Event::InlineHtml(name.into()));
        }
        at = mention.range.end.min(piece.end);
    }
    events.push(Event::Text(CowStr::Borrowed(&text[at..piece.end])));
}

/// What was written for each link and image that is still open: an anchor, or nothing.
#[derive(Default)]
struct Filter {
    open: Vec<bool>,
}

impl Filter {
    fn pass<'a>(&mut self, event: Event<'a>) -> Event<'a> {
        match event {
            Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
            Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
            Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
            Event::Start(Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. }) => {
                self.open_link(link_type, &dest_url)
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                let anchor = self.open.pop().unwrap_or(false);
                Event::InlineHtml(CowStr::Borrowed(if anchor { "</a>" } else { "" }))
            }
            // A page has its own first and second headings; what people write comes below them.
            Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
                level: lower(level),
                id: None,
                classes: Vec::new(),
                attrs: Vec::new(),
            }),
            Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
            other => other,
        }
    }

    /// An anchor for an address that may be followed; otherwise only the link's text is left. Anchors do not nest.
    fn open_link(&mut self, kind: LinkType, address: &str) -> Event<'static> {
        let target = if self.open.contains(&true) {
            None
        } else if kind == LinkType::Email {
            safe_target(&format!("mailto:{address}"))
        } else {
            safe_target(address)
        };
        self.open.push(target.is_some());
        let anchor = target.map_or_else(String::new, |target| {
            format!("<a href=\"{}\" rel=\"nofollow noopener\">", escape(&target))
        });
        Event::InlineHtml(anchor.into())
    }
}

/// The address when it is one of `http://…`, `https://…`, `mailto:…` and `/path` on this server.
///
/// Browsers drop white space and control characters inside an address and read `\` as `/`, so an address with any
/// of them could mean something else than it says and is refused whole.
fn safe_target(address: &str) -> Option<String> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\' || is_invisible(c);
    if address.chars().any(odd) {
        return None;
    }
    let has = |prefix: &str| {
        address.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            && address.len() > prefix.len()
    };
    let here = address.starts_with('/') && !address.starts_with("//");
    (here || has("http://") || has("https://") || has("mailto:")).then(|| address.to_owned())
}

/// Characters without a shape, and those that turn the reading direction: they make an address look like another.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

/// Escapes for text, and for an attribute in double quotes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '"' | '\'' => {
                // Writing to a string cannot fail.
                let _never = write!(out, "&#{};", u32::from(c));
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use sluice_domain::{
        ids::{Id, PersonId},
        mention::{Mentionable, mentions},
    };

    use super::{render, render_with_mentions, safe_target};

    #[test]
    fn ordinary_text_is_formatted() {
        assert_eq!(render("a **b** `c`"), "<p>a <strong>b</strong> <code>c</code></p>\n");
        assert_eq!(
            render("# Scope\n\n- one\n- two"),
            "<h3>Scope</h3>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
        );
        assert!(render("| a |\n|---|\n| 1 |").starts_with("<table>"));
        assert_eq!(render(""), "");
    }

    #[test]
    fn raw_html_becomes_text() {
        for text in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<div\nonclick=alert(1)>x</div>",
            "<!-- --><svg/onload=alert(1)>",
            "<![CDATA[<script>alert(1)</script>]]>",
            "```<script>\n<script>alert(1)</script>\n```",
            "# <iframe src=x>",
            "[<b onclick=alert(1)>x</b>](https://example.com)",
        ] {
            let html = render(text);
            for tag in ["<script", "<img", "<div", "<svg", "<iframe", "<b ", "<!"] {
                assert!(!html.contains(tag), "{text:?} gave {html}");
            }
        }
    }

    #[test]
    fn links_lead_to_pages_mail_and_this_server() {
        assert_eq!(
            render("[x](https://example.com/?a=1&b=%22)"),
            "<p><a href=\"https://example.com/?a=1&#38;b=%22\" rel=\"nofollow noopener\">x</a></p>\n"
        );
        assert_eq!(
            render("<who@example.com>"),
            "<p><a href=\"mailto:who@example.com\" rel=\"nofollow noopener\">who@example.com</a></p>\n"
        );
        for address in
            ["HTTP://example.com", "https://example.com", "mailto:who@example.com", "/features/PAY-12#top"]
        {
            assert_eq!(safe_target(address).as_deref(), Some(address));
        }
    }

    #[test]
    fn dangerous_links_lose_their_address_and_keep_their_text() {
        for text in [
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](<java\tscript:alert(1)>)",
            "[x](<\u{1}javascript:alert(1)>)",
            "[x](< javascript:alert(1)>)",
            "[x](&#106;avascript:alert(1))",
            "[x](&#x6A;&#x61;vascript&colon;alert(1))",
            "[x](java&Tab;script:alert(1))",
            "[x](java&NewLine;script:alert(1))",
            "[x](javascript&#58;alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
            "[x](vbscript:msgbox)",
            "[x](file:///etc/passwd)",
            "[x](blob:https://example.com/1)",
            "[x](//example.com/path)",
            "[x](/\\example.com)",
            "[x](\\\\example.com)",
            "[x](https:example.com)",
            "[x](relative/page)",
            "[x][a]\n\n[a]: javascript:alert(1)",
            "<javascript:alert(1)>",
            "[x](https://exam\u{202e}ple.com)",
            "[x](https://exam&ZeroWidthSpace;ple.com)",
            "[x](\u{feff}javascript:alert(1))",
        ] {
            let html = render(text);
            assert!(!html.contains("<a"), "{text:?} gave {html}");
            assert!(
                html.contains('x') || html.contains("javascript:alert(1)"),
                "{text:?} lost its text: {html}"
            );
        }
    }

    #[test]
    fn an_address_cannot_leave_its_attribute() {
        let html = render("[x](https://example.com/\"onmouseover=alert(1)//)");
        assert!(!html.contains("\"onmouseover"), "{html}");
        let html = render("[x](https://example.com \"a\\\" onmouseover=alert(1) \\\"\")");
        assert!(!html.contains("onmouseover"), "titles are dropped: {html}");
    }

    #[test]
    fn images_become_links_to_the_picture() {
        assert_eq!(
            render("![plan](https://example.com/plan.png)"),
            "<p><a href=\"https://example.com/plan.png\" rel=\"nofollow noopener\">plan</a></p>\n"
        );
        assert_eq!(render("![plan](data:image/svg+xml,x)"), "<p>plan</p>\n");
        assert_eq!(
            render("[![plan](https://example.com/a.png)](https://example.com)"),
            "<p><a href=\"https://example.com\" rel=\"nofollow noopener\">plan</a></p>\n"
        );
    }

    /// The text as the people of these names are mentioned in it.
    fn mentioning(text: &str, names: &[&str]) -> String {
        let person: PersonId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let people: Vec<Mentionable> = names
            .iter()
            .map(|name| Mentionable {
                person: Id::new(person.uuid()),
                name: (*name).to_owned(),
                handle: "handle".to_owned(),
            })
            .collect();
        render_with_mentions(text, &mentions(text, &people))
    }

    #[test]
    fn a_mention_is_the_name_highlighted_and_no_link() {
        assert_eq!(
            mentioning("**Look**, @ben ode, and @nobody.", &["Ben Ode"]),
            "<p><strong>Look</strong>, <strong class=\"mention\">@Ben Ode</strong>, and @nobody.</p>\n"
        );
        let html = mentioning("[@Ben Ode](https://example.com) *@handle*", &["Ben Ode"]);
        assert_eq!(html.matches("class=\"mention\"").count(), 2, "{html}");
        assert_eq!(html.matches("<a ").count(), 1, "{html}");
        let code = mentioning("`@Ben Ode`\n\n    @Ben Ode", &["Ben Ode"]);
        assert!(code.contains("<code>@Ben Ode</code>"), "{code}");
    }

    #[test]
    fn a_name_that_would_like_to_be_markup_stays_a_name() {
        for name in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "a&lt;b \"c\" *d* _e_",
            "</strong><div onclick=alert(1)>",
            "&#60;script&#62;",
            "**",
        ] {
            for text in [format!("Ask @{name} now"), format!("@{name}"), format!("> @{name}\n\n- @{name}")] {
                let html = mentioning(&text, &[name]);
                assert!(html.contains("<strong class=\"mention\">@"), "{name}: {html}");
                for tag in ["<script", "<img", "<div", "<a ", "javascript:\""] {
                    assert!(!html.contains(tag), "{tag} of {name}: {html}");
                }
                assert_eq!(html.matches("<strong").count(), html.matches("</strong>").count(), "{html}");
            }
        }
    }

    #[test]
    fn a_text_without_mentions_is_what_it_was() {
        for text in ["a **b** `c`", "# @nobody\n\n<b>x</b> [y](/work)", "| a |\n|---|\n| @x |", ""] {
            assert_eq!(mentioning(text, &["Ben Ode"]), render(text));
        }
    }
}
