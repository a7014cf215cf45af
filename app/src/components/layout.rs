//! The frame of every page, its head, its columns and its cards.

use leptos::prelude::*;

use super::{
    data::Fact,
    icons::{Icon, IconName, Sprite},
};

/// A link of a navigation.
#[derive(Clone, Debug)]
pub struct NavLink {
    /// The words.
    pub label: String,
    /// Where it goes.
    pub href: String,
    /// It is the page that is open.
    pub current: bool,
    /// A count or a word beside it; empty for none.
    pub note: String,
}

impl NavLink {
    /// A link to another page.
    #[must_use]
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), current: false, note: String::new() }
    }

    /// The same link, marked as the open page or not.
    #[must_use]
    pub fn current(self, current: bool) -> Self {
        Self { current, ..self }
    }

    /// The same link with a word beside it.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// The same link with a count beside it, unless it is zero.
    #[must_use]
    pub fn count(self, count: usize) -> Self {
        Self { note: if count == 0 { String::new() } else { count.to_string() }, ..self }
    }

    fn aria_current(&self) -> Option<&'static str> {
        self.current.then_some("page")
    }
}

/// The frame of every page: skip link, bar, main part, foot. It holds the page's one `<main>`.
#[component]
pub fn Shell(
    /// The main navigation. Empty for people who are not signed in.
    #[prop(optional)]
    nav: Vec<NavLink>,
    /// The name of the person who is signed in, if anybody is.
    #[prop(optional_no_strip)]
    viewer: Option<String>,
    /// The right side of the foot: the choice of colours.
    #[prop(optional)]
    footer: Option<AnyView>,
    /// The page.
    children: Children,
) -> impl IntoView {
    let links = nav
        .into_iter()
        .map(|link| {
            let current = link.aria_current();
            let count = (!link.note.is_empty()).then(|| view! { <span class="count">{link.note}</span> });
            view! {
                <li>
                    <a href=link.href aria-current=current>
                        {link.label}
                        {count}
                    </a>
                </li>
            }
        })
        .collect::<Vec<_>>();
    let main_nav = (!links.is_empty()).then(|| {
        view! {
            <nav class="main-nav" aria-label="Main">
                <ul>{links}</ul>
            </nav>
        }
    });
    let search = viewer.is_some().then(site_search);
    let viewer = viewer.map(|name| {
        view! {
            <div class="viewer">
                <a class="viewer-name" href="/account">
                    <Avatar name=name.clone() />
                    <span>{name}</span>
                </a>
                <form method="post" action="/sign-out">
                    <button type="submit" class="button quiet small">
                        "Sign out"
                    </button>
                </form>
            </div>
        }
    });
    view! {
        <Sprite />
        <a class="skip" href="#main">
            "Skip to the content"
        </a>
        <header class="bar">
            <div class="bar-in">
                <a class="brand" href="/">
                    <svg viewBox="0 0 32 32" aria-hidden="true">
                        <use href="#brand"></use>
                    </svg>
                    "Sluice"
                </a>
                {main_nav}
                {search}
                {viewer}
            </div>
        </header>
        <main class="page" id="main" tabindex="-1">
            {children()}
        </main>
        <footer class="foot">
            <div class="foot-in">
                <span>{concat!("Sluice ", env!("CARGO_PKG_VERSION"))}</span>
                {footer}
            </div>
        </footer>
    }
    .into_any()
}

/// The box in the bar that searches everything.
fn site_search() -> AnyView {
    view! {
        <search class="site-search">
            <form method="get" action="/search">
                <label class="visually-hidden" for="site-search">
                    "Search everything"
                </label>
                <input class="input" type="search" id="site-search" name="q" placeholder="Search" maxlength="200" />
                <button type="submit" class="button quiet small">
                    <Icon name=IconName::Search />
                    <span class="visually-hidden">"Search"</span>
                </button>
            </form>
        </search>
    }
    .into_any()
}

/// The initials of a person, beside the name. Screen readers hear the name only.
#[component]
pub fn Avatar(
    /// The person's name.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    view! {
        <span class="avatar" aria-hidden="true">
            {initials(&name)}
        </span>
    }
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

/// The way back up.
#[component]
pub fn Breadcrumb(
    /// The pages above this one, from the top: words and address.
    trail: Vec<(String, String)>,
    /// This page.
    #[prop(into)]
    here: String,
) -> impl IntoView {
    let trail = trail
        .into_iter()
        .map(|(label, href)| {
            view! {
                <li>
                    <a href=href>{label}</a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <ol>
                {trail}
                <li aria-current="page">{here}</li>
            </ol>
        </nav>
    }
}

/// What the page is about: key, title, state, a line of facts and the primary action.
#[component]
pub fn PageHead(
    /// The page's one first-level heading.
    #[prop(into)]
    title: String,
    /// The key people use, such as `PAY-12`.
    #[prop(optional, into)]
    key: Option<String>,
    /// Chips after the title.
    #[prop(optional)]
    chips: Option<AnyView>,
    /// One sentence below the title.
    #[prop(optional, into)]
    lead: Option<String>,
    /// A line of facts.
    #[prop(optional)]
    facts: Vec<Fact>,
    /// The action of this page, on the right.
    #[prop(optional)]
    action: Option<AnyView>,
) -> impl IntoView {
    let facts = (!facts.is_empty()).then(|| {
        let facts = facts
            .into_iter()
            .map(|fact| {
                view! {
                    <div>
                        <dt>{fact.label}</dt>
                        <dd>{fact.value}</dd>
                    </div>
                }
            })
            .collect_view();
        view! { <dl class="facts">{facts}</dl> }
    });
    view! {
        <div class="page-head">
            <div class="title">
                {key.map(|key| view! { <span class="key">{key}</span> })}
                <h1>{title}</h1>
                {chips}
            </div>
            {lead.map(|lead| view! { <p class="lead">{lead}</p> })}
            {facts}
            {action.map(|action| view! { <div class="actions">{action}</div> })}
        </div>
    }
    .into_any()
}

/// A surface with a heading, a body and a foot.
#[component]
pub fn Card(
    /// The heading, of second level.
    #[prop(optional, into)]
    title: Option<String>,
    /// The id of the card, for links to it.
    #[prop(optional, into)]
    id: Option<String>,
    /// Beside the heading: a link, a chip, a time.
    #[prop(optional)]
    side: Option<AnyView>,
    /// The foot: what follows, and the action.
    #[prop(optional)]
    footer: Option<AnyView>,
    /// The body touches the edges: for tables.
    #[prop(optional)]
    flush: bool,
    /// The body.
    children: Children,
) -> impl IntoView {
    let header = (title.is_some() || side.is_some()).then(|| {
        view! {
            <header>
                {title.map(|title| view! { <h2>{title}</h2> })}
                {side.map(|side| view! { <div class="card-side">{side}</div> })}
            </header>
        }
    });
    view! {
        <section class="card" id=id>
            {header}
            <div class=if flush { "body flush" } else { "body" }>{children()}</div>
            {footer.map(|footer| view! { <footer>{footer}</footer> })}
        </section>
    }
    .into_any()
}

/// The main part of a page with a rail beside it; one below the other where it is narrow.
#[component]
pub fn Columns(
    /// The rail.
    rail: AnyView,
    /// The main part, with room between its parts.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="cols">
            <div class="stack">{children()}</div>
            {rail}
        </div>
    }
}

/// The pages that belong together, such as those of one feature.
#[component]
pub fn Rail(
    /// What they belong to, for screen readers.
    #[prop(into)]
    label: String,
    /// The pages.
    links: Vec<NavLink>,
) -> impl IntoView {
    let links = links
        .into_iter()
        .map(|link| {
            let current = link.aria_current();
            let note = (!link.note.is_empty()).then(|| view! { <span>{link.note}</span> });
            view! {
                <li>
                    <a href=link.href aria-current=current>
                        {link.label}
                        {note}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="rail" aria-label=label>
            <ul>{links}</ul>
        </nav>
    }
}

/// A link with an arrow, for "go there and do it".
pub(super) fn onward(href: String, label: String) -> AnyView {
    view! {
        <a href=href>
            {label}
            <Icon name=IconName::Arrow />
        </a>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        assert_eq!(initials("Dana Wu"), "DW");
        assert_eq!(initials("ana maría díaz"), "AD");
        assert_eq!(initials("Émile"), "É");
        assert_eq!(initials(" "), "");
    }

    #[test]
    fn the_shell_marks_the_open_page_and_escapes_names() {
        let nav = vec![
            NavLink::new("My work", "/work").count(4),
            NavLink::new("Features", "/features").current(true).count(0),
        ];
        let html = view! {
            <Shell nav viewer=Some("<b>Eve</b>".to_owned())>
                <h1>"Features"</h1>
            </Shell>
        }
        .to_html();
        assert!(html.contains("<a href=\"/features\" aria-current=\"page\">Features"), "{html}");
        assert_eq!(html.matches("class=\"count\"").count(), 1, "{html}");
        assert!(!html.contains("<b>Eve"), "{html}");
        assert!(html.contains("action=\"/sign-out\"") && html.contains("action=\"/search\""), "{html}");
        assert_eq!(html.matches("<main").count(), 1, "{html}");
        assert!(html.find("href=\"#main\"").unwrap() < html.find("<header").unwrap(), "{html}");
    }

    #[test]
    fn strangers_get_no_navigation() {
        let html = view! { <Shell><h1>"Sign in"</h1></Shell> }.to_html();
        assert!(!html.contains("main-nav") && !html.contains("/sign-out"), "{html}");
        assert!(!html.contains("/search"), "{html}");
    }

    #[test]
    fn a_card_without_a_title_has_no_head() {
        let html = view! { <Card><p>"Text"</p></Card> }.to_html();
        assert!(!html.contains("<header"), "{html}");
    }
}
