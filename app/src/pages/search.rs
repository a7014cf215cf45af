//! Search over everything that has a title.

use leptos::prelude::*;
use sluice_domain::place::Place;
use sluice_service::{
    find::{EntryKind, FoundBy, Hit, SearchQuery, SearchResults, Segment},
    views::ViewAddress,
};
use time::OffsetDateTime;

use super::views::{Views, saved_views, view_banner, view_form};
use crate::{
    components::{
        Badge, Card, Choice, EmptyState, FilterBar, IconName, InputKind, PageHead, Pager, SelectField,
        TextField, Timestamp, Tone, counted,
    },
    form::Form,
};

/// What a search found, and the form to look for something else.
#[component]
pub fn SearchPage(
    /// What was found.
    results: SearchResults,
    /// What was looked for.
    query: SearchQuery,
    /// The reader's saved views, and the one that was opened.
    views: Views,
) -> impl IntoView {
    let address = ViewAddress::Search(SearchQuery { page: 1, ..query.clone() });
    let bar = search_bar(&query, &results);
    let (banner, own) = (view_banner(&views, &address), saved_views(&views));
    let save = (!query.text.is_empty()).then(|| view_form(&views, &address));
    let body = found(results, &query);
    view! {
        <PageHead
            title="Search"
            lead="Features, requirements, threats, findings, evidence and everything else that your products record."
        />
        {banner}
        {own}
        {bar}
        {body}
        {save}
    }
}

fn search_bar(query: &SearchQuery, results: &SearchResults) -> AnyView {
    let clear = (query.kind.is_some() || query.product.is_some())
        .then(|| page_address(&SearchQuery { kind: None, product: None, ..query.clone() }, 1));
    let form = Form::new()
        .with("q", query.text.clone())
        .with("kind", query.kind.map(EntryKind::code).unwrap_or_default())
        .with("product", query.product.clone().unwrap_or_default());
    let kinds =
        EntryKind::all().map(|kind| Choice::new(kind.code(), capital(kind.label()))).collect::<Vec<_>>();
    let products = results
        .products
        .iter()
        .map(|(key, name)| Choice::new(key, format!("{name} ({key})")))
        .collect::<Vec<_>>();
    view! {
        <FilterBar action="/search" label="Search everything" clear>
            <TextField
                form=form.clone()
                name="q"
                label="Words or a key"
                kind=InputKind::Search
                maxlength=200
                optional=true
            />
            <SelectField form=form.clone() name="kind" label="Kind" options=kinds prompt="Everything" optional=true />
            <SelectField form name="product" label="Product" options=products prompt="Every product" optional=true />
        </FilterBar>
    }
    .into_any()
}

fn found(results: SearchResults, query: &SearchQuery) -> AnyView {
    let SearchResults { hits, next, capped, now, .. } = results;
    if query.text.is_empty() {
        return view! {
            <EmptyState
                title="What are you looking for?"
                why="Type words, as they stand in a title or a text; spelling may be a little off. A key such as PAY-12, or PAY-12 T-4 for something within a feature, leads straight there. “Quotes” keep words together, a minus before a word leaves it out."
                icon=IconName::Search
            />
        }
        .into_any();
    }
    if hits.is_empty() {
        let narrowed = query.kind.is_some() || query.product.is_some();
        let hint = if narrowed { " Look in everything, or in every product." } else { "" };
        let why = format!(
            "Use fewer or other words.{hint} You find what belongs to products in which you hold a role."
        );
        return view! {
            <EmptyState title=format!("Nothing found for “{}”", query.text) why icon=IconName::Search />
        }
        .into_any();
    }
    let first = (query.page - 1) * hits.len().max(1) + 1;
    let text = match (query.page, next) {
        (1, None) => counted(hits.len(), "result"),
        (1, Some(_)) => format!("The best {}", counted(hits.len(), "result")),
        (page, _) => format!("Page {page}, {}", counted(hits.len(), "more result")),
    };
    let end = (capped && next.is_none()).then(|| {
        view! { <p class="muted small">"There is more than is shown. Add a word to find the rest."</p> }
    });
    let start = if query.page > 1 { Some(page_address(query, query.page - 1)) } else { None };
    let next = next.map(|page| page_address(query, page));
    let rows = hits.into_iter().map(|hit| result(hit, now)).collect_view();
    let footer = view! { <Pager text next previous=start /> }.into_any();
    view! {
        <Card title="Results" flush=true footer>
            <ol class="results" start=first.to_string()>
                {rows}
            </ol>
        </Card>
        {end}
    }
    .into_any()
}

fn result(hit: Hit, now: OffsetDateTime) -> AnyView {
    let Hit { kind, key, title, path, feature, feature_title, product, changed_at, found } = hit;
    let key = key.map(|key| view! { <span class="key">{key}</span> " " });
    let in_title = title.iter().any(|piece| piece.hit);
    let why = match found {
        FoundBy::Key => None,
        FoundBy::Words if in_title => None,
        FoundBy::Words => Some("In its text"),
        FoundBy::Similar => Some("Spelt alike"),
    };
    let of = feature_title.map(|title| {
        view! {
            <a href=Place::Feature.path(&feature)>
                <span class="key">{feature.to_string()}</span>
                " "
                {title}
            </a>
        }
    });
    view! {
        <li>
            <a class="result-title" href=path>
                {key}
                {pieces(title)}
            </a>
            <div class="result-facts">
                <Badge text=capital(kind.label()) tone=Tone::Accent />
                {of}
                <span>{product}</span>
                <Timestamp at=changed_at now />
                {why.map(|why| view! { <span>{why}</span> })}
            </div>
        </li>
    }
    .into_any()
}

/// A title with its hits marked.
fn pieces(title: Vec<Segment>) -> AnyView {
    title
        .into_iter()
        .map(
            |piece| {
                if piece.hit { view! { <mark>{piece.text}</mark> }.into_any() } else { piece.text.into_any() }
            },
        )
        .collect_view()
        .into_any()
}

/// A word at the start of a line.
fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn page_address(query: &SearchQuery, page: usize) -> String {
    let path = ViewAddress::Search(query.clone()).path();
    match page {
        1 => path,
        page if path.contains('?') => format!("{path}&page={page}"),
        page => format!("{path}?page={page}"),
    }
}

#[cfg(test)]
mod tests {
    use sluice_domain::record::RecordKind;
    use time::macros::datetime;

    use super::*;

    const HOSTILE: &str = "\"><script>alert('1')</script>";
    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    fn hit(found: FoundBy) -> Hit {
        let piece = |text: &str, hit| Segment { text: text.to_owned(), hit };
        Hit {
            kind: EntryKind::Record(RecordKind::SecurityTest),
            key: Some("T-4".to_owned()),
            title: vec![piece("A ", false), piece(HOSTILE, true), piece(HOSTILE, false)],
            path: "/features/PAY-12/threats/4".to_owned(),
            feature: "PAY-12".parse().unwrap(),
            feature_title: Some(HOSTILE.to_owned()),
            product: HOSTILE.to_owned(),
            changed_at: datetime!(2026-11-20 10:00 UTC),
            found,
        }
    }

    fn render(hits: Vec<Hit>, next: Option<usize>, query: SearchQuery) -> String {
        let results = SearchResults {
            hits,
            next,
            capped: false,
            products: vec![("PAY".to_owned(), HOSTILE.to_owned())],
            now: NOW,
        };
        view! { <SearchPage results query views=Views::default() /> }.to_html()
    }

    fn asked() -> SearchQuery {
        SearchQuery { text: HOSTILE.to_owned(), page: 1, ..SearchQuery::default() }
    }

    #[test]
    fn titles_stay_text_and_hits_are_marked() {
        let html = render(vec![hit(FoundBy::Words)], Some(2), asked());
        assert!(!html.contains("<script") && !html.contains("alert('1')</mark><script"), "{html}");
        assert!(
            html.contains("<mark>&quot;&gt;&lt;script") || html.contains("<mark>\"&gt;&lt;script"),
            "{html}"
        );
        assert!(html.contains("page=2") && html.contains("Security test"), "{html}");
        assert!(html.contains("href=\"/features/PAY-12/threats/4\""), "{html}");
        assert!(html.contains("Save these filters"), "{html}");
    }

    #[test]
    fn what_is_only_similar_says_so() {
        assert!(render(vec![hit(FoundBy::Similar)], None, asked()).contains("Spelt alike"));
        assert!(!render(vec![hit(FoundBy::Key)], None, asked()).contains("Spelt alike"));
    }

    #[test]
    fn nothing_asked_and_nothing_found_teach() {
        let html = render(Vec::new(), None, SearchQuery::default());
        assert!(html.contains("What are you looking for?") && !html.contains("save-view"), "{html}");
        let html = render(Vec::new(), None, asked());
        assert!(html.contains("Nothing found") && !html.contains("<script"), "{html}");
    }
}
