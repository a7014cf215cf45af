//! What may stand where in the sources. Tests are free to name what is forbidden elsewhere.

use std::path::Path;

use super::{CRATES, Violation, gates, source::Source};

/// Where markup from elsewhere is inserted unescaped, each with its reason in a comment there.
const INNER_HTML: [&str; 3] =
    ["app/src/components/prose.rs", "app/src/document.rs", "app/src/islands/preview_pane.rs"];

/// Statements before there is a database: they make the one in which everything else happens.
const SQL_ELSEWHERE: [&str; 1] = ["server/src/postgres/cluster.rs"];

/// A file longer than this is not read in one sitting.
const MOST_LINES: usize = 600;

/// Checks one file, named by its path from the root.
pub(super) fn check(path: &str, text: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    let lines = text.lines().count();
    if lines > MOST_LINES {
        violations.push(Violation {
            place: path.to_owned(),
            message: format!("has {lines} lines; split it by capability, {MOST_LINES} are the most"),
        });
    }
    let first = path.split('/').next().unwrap_or_default();
    if Path::new(path).extension().is_none_or(|ending| ending != "rs") {
        return violations;
    }
    let source = Source::parse(text);
    let mut report = |place: usize, message: &str| {
        violations
            .push(Violation { place: format!("{path}:{}", source.line(place)), message: message.to_owned() });
    };
    for place in words(&source.code, "#[allow(").chain(words(&source.code, "#![allow(")) {
        report(
            place,
            "say #[expect(lint, reason = \"…\")]: an exception has a reason and ends with its cause",
        );
    }
    if !CRATES.contains(&first) {
        return violations;
    }
    // Tests read pages; nothing of theirs is served.
    if !path.contains("/tests/") {
        pages(path, &source, &mut report);
    }
    sql(path, first, &source, &mut report);
    gates::check(path, &source, &mut report);
    if first == "domain" && path.starts_with("domain/src/") {
        purity(&source, &mut report);
    }
    violations
}

/// Rules for what reaches the browser.
fn pages(path: &str, source: &Source, report: &mut impl FnMut(usize, &str)) {
    let Source { code, texts } = source;
    if path != "app/src/components/text_area.rs" {
        for place in words(texts, "<textarea").chain(words(code, "textarea(")) {
            report(
                place,
                "use the TextArea component: the framework does not escape the content of this element",
            );
        }
    }
    if path != "app/src/document.rs" {
        for place in words(texts, "<title").chain(words(code, "html::title")) {
            report(place, "the title of a page is set in its Frame; only document.rs writes this element");
        }
    }
    for banned in ["leptos_meta", "leptos_router", "leptos_axum"] {
        for place in words(code, banned) {
            report(place, &format!("{banned} is not used here: axum routes, document.rs renders"));
        }
    }
    if !INNER_HTML.contains(&path) {
        for place in words(code, "inner_html") {
            report(
                place,
                "inner_html is for the places listed in xtask/src/check/rules.rs: it escapes nothing",
            );
        }
    }
    for place in words(code, "style=").chain(words(texts, "style=\"")).chain(words(code, "style:")) {
        let before = code[..place].chars().next_back();
        let after = code[place + "style:".len()..].chars().next();
        let attribute = before.is_some_and(char::is_whitespace)
            && after.is_some_and(|next| !next.is_whitespace() && next != ':' && next != '=');
        let in_text = texts[place..].starts_with("style=\"") && !code[place..].starts_with("style=\"");
        if attribute || in_text {
            report(place, "no inline styles: the content security policy blocks them; use a class");
        }
    }
    for place in words(code, "#[server") {
        report(
            place,
            "no server functions: they take any content type, answer failures through the address, and carry half of \
             the bundle; post a form to a handler, as islands/preview_pane.rs does",
        );
    }
}

/// SQL lives in service, and its texts are fixed.
fn sql(path: &str, first: &str, source: &Source, report: &mut impl FnMut(usize, &str)) {
    let Source { code, texts } = source;
    if first != "service" {
        if path.contains("/tests/") {
            return;
        }
        for place in words(code, "sqlx") {
            report(place, "SQL lives in service: call a use case or a reader there");
        }
        for (start, text) in strings(source) {
            if is_sql(text) && !SQL_ELSEWHERE.contains(&path) {
                report(start, "this looks like SQL, which lives in service");
            }
        }
        return;
    }
    for place in words(code, "AssertSqlSafe") {
        report(
            place,
            "a query is a fixed text with parameters; nothing vouches for one put together at run time",
        );
    }
    for place in words(code, "query") {
        let name: String = code[place..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let after = &code[place + name.len()..];
        let after = after.strip_prefix('!').unwrap_or(after);
        let generic = if after.starts_with("::<") { after.find(">(").map_or(0, |end| end + 1) } else { 0 };
        let after = &after[generic..];
        if !after.starts_with('(') {
            continue;
        }
        let start = code.len() - after.len();
        let end = start + closing(after);
        if texts[start..end].contains("format!") {
            report(place, "a query is a fixed text with parameters; format! invites injection");
        }
    }
}

/// The domain computes; it reads no clock, no file, no environment.
fn purity(source: &Source, report: &mut impl FnMut(usize, &str)) {
    for reach in [
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "std::thread",
        "SystemTime",
        "Instant",
        "now_utc",
        "now_local",
        "now_v7",
        "new_v4",
    ] {
        let whole = |place: &usize| {
            !source.code[place + reach.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
        };
        for place in words(&source.code, reach).filter(whole) {
            report(
                place,
                &format!("{reach} does not belong into the domain: time, ids and data are passed in"),
            );
        }
    }
}

/// Places of a piece of code that does not continue a longer name on its left.
pub(super) fn words<'a>(text: &'a str, piece: &'a str) -> impl Iterator<Item = usize> + 'a {
    let named = piece.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    text.match_indices(piece).map(|(place, _)| place).filter(move |place| {
        let before = text[..*place].chars().next_back();
        !named || before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '-')
    })
}

/// The texts of a file: where the two views differ.
fn strings(source: &Source) -> Vec<(usize, &str)> {
    let (code, texts) = (source.code.as_bytes(), source.texts.as_bytes());
    let mut found = Vec::new();
    let mut at = 0;
    while at < code.len() {
        if code[at] == b'"' {
            let end =
                code[at + 1..].iter().position(|byte| *byte == b'"').map_or(code.len(), |end| at + 1 + end);
            if let Ok(text) = std::str::from_utf8(&texts[at + 1..end]) {
                found.push((at, text));
            }
            at = end;
        }
        at += 1;
    }
    found
}

/// SQL is written with its keywords in capitals.
fn is_sql(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let pair = |first: &str, second: &[&str]| {
        words.windows(2).any(|pair| pair[0] == first && (second.is_empty() || second.contains(&pair[1])))
    };
    let both = |first: &str, second: &str| {
        words.iter().position(|word| *word == first).is_some_and(|place| words[place..].contains(&second))
    };
    both("SELECT", "FROM")
        || pair("INSERT", &["INTO"])
        || both("UPDATE", "SET")
        || pair("DELETE", &["FROM"])
        || pair("TRUNCATE", &[])
        || ["CREATE", "ALTER", "DROP"].iter().any(|verb| {
            pair(verb, &["TABLE", "ROLE", "USER", "DATABASE", "SCHEMA", "INDEX", "FUNCTION", "TRIGGER"])
        })
}

/// The length up to the parenthesis that closes the first one.
fn closing(text: &str) -> usize {
    let mut depth = 0_u32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::check;

    fn fails(path: &str, text: &str, because: &str) {
        let found = check(path, text);
        assert!(
            found.iter().any(|violation| violation.message.contains(because)),
            "{path}: {text}: {found:?}"
        );
    }

    fn passes(path: &str, text: &str) {
        assert_eq!(check(path, text), [], "{path}: {text}");
    }

    #[test]
    fn a_text_area_stands_in_one_file() {
        let view = "fn a() { view! { <textarea name=\"x\">{text}</textarea> } }";
        fails("app/src/pages/feature.rs", view, "TextArea");
        fails("server/src/errors.rs", "let page = \"<textarea>\";", "TextArea");
        fails("app/src/pages/feature.rs", "leptos::html::textarea().child(text)", "TextArea");
        passes("app/src/components/text_area.rs", view);
        passes("server/tests/web/html.rs", "if html.starts_with(\"<textarea\") {}");
        passes("app/src/pages/feature.rs", "// a <textarea> would be wrong\nfn preview(textarea: String) {}");
        passes(
            "app/src/pages/feature.rs",
            "#[cfg(test)]\nmod tests { fn t() { html.contains(\"<textarea\"); } }",
        );
    }

    #[test]
    fn a_title_stands_in_the_document() {
        fails("app/src/pages/feature.rs", "view! { <title>{name}</title> }", "Frame");
        fails("server/src/errors.rs", "\"<title>Error</title>\"", "Frame");
        passes("app/src/document.rs", "view! { <title>{title}</title> }");
    }

    #[test]
    fn other_routers_and_heads_are_refused() {
        fails("server/src/lib.rs", "leptos_axum::redirect(\"/\");", "leptos_axum");
        fails("app/src/lib.rs", "use leptos_meta::Title;", "leptos_meta");
    }

    #[test]
    fn inner_html_is_listed() {
        fails("app/src/pages/feature.rs", "view! { <div inner_html=text></div> }", "inner_html");
        fails("app/src/pages/feature.rs", "div().inner_html(text)", "inner_html");
        passes("app/src/document.rs", "view! { <script inner_html=RULES></script> }");
    }

    #[test]
    fn inline_styles_are_refused() {
        fails("app/src/pages/a.rs", "view! { <p style=\"color:red\">x</p> }", "inline styles");
        fails("app/src/pages/a.rs", "view! { <p style=colour>x</p> }", "inline styles");
        fails("app/src/pages/a.rs", "view! { <p style:color=\"red\">x</p> }", "inline styles");
        fails(
            "server/src/a.rs",
            "let html = \"<p style=\\\"x\\\">\"; let raw = r#\"<p style=\"x\">\"#;",
            "inline styles",
        );
        passes("app/src/pages/a.rs", "struct A { style: String } let style = 1; style == 2; a.style();");
        passes(
            "app/src/pages/a.rs",
            "use crate::style::Sheet; view! { <p class=\"x\" data-style=\"y\">x</p> }",
        );
    }

    #[test]
    fn server_functions_are_refused() {
        fails("app/src/islands/a.rs", "#[server]\nasync fn a() {}", "no server functions");
        fails("app/src/islands/a.rs", "#[server(endpoint = \"a\")]\nasync fn a() {}", "no server functions");
        passes("app/src/islands/a.rs", "fn server() {}");
    }

    #[test]
    fn exceptions_have_reasons() {
        fails("domain/src/a.rs", "#[allow(dead_code)]\nfn a() {}", "expect");
        fails("xtask/src/a.rs", "#![allow(clippy::all)]", "expect");
        passes("domain/src/a.rs", "#[expect(dead_code, reason = \"b\")]\nfn a() {}");
    }

    #[test]
    fn sql_stands_in_service() {
        fails("server/src/a.rs", "sqlx::query(\"x\")", "SQL lives in service");
        fails("app/src/a.rs", "let q = \"SELECT id\\n FROM feature\";", "looks like SQL");
        fails("server/src/a.rs", "let q = r#\"\n  DELETE\n FROM feature\"#;", "looks like SQL");
        fails("server/src/a.rs", "run(\"UPDATE feature SET x = 1\")", "looks like SQL");
        fails("server/src/a.rs", "run(\"CREATE ROLE sluice\")", "looks like SQL");
        passes("server/src/a.rs", "let sentence = \"Select a phase from the list, then update it.\";");
        passes("service/src/a.rs", "sqlx::query!(\"SELECT id FROM feature WHERE key = $1\", key)");
        passes("server/tests/a.rs", "sqlx::query(\"SELECT id FROM feature\")");
    }

    #[test]
    fn queries_are_fixed_texts() {
        fails("service/src/a.rs", "sqlx::query(&format!(\"SELECT {x} FROM a\"))", "format!");
        fails(
            "service/src/a.rs",
            "sqlx::query_as::<_, A>(x); sqlx::query_scalar(format!(\"{x}\"))",
            "format!",
        );
        fails("service/src/a.rs", "sqlx::query(AssertSqlSafe(text))", "vouches");
        passes(
            "service/src/a.rs",
            "let name = format!(\"{x}\"); sqlx::query!(\"SELECT 1 AS a FROM b WHERE c = $1\", name)",
        );
    }

    #[test]
    fn the_domain_is_pure() {
        fails("domain/src/a.rs", "let now = time::OffsetDateTime::now_utc();", "passed in");
        fails("domain/src/a.rs", "std::fs::read(path)", "passed in");
        passes("domain/src/a.rs", "struct InstantOf; // std::fs");
        passes("service/src/a.rs", "std::fs::read(path)");
    }

    #[test]
    fn long_files_are_split() {
        fails("app/src/a.rs", &"//\n".repeat(601), "split it");
        fails("style/a.css", &"\n".repeat(601), "split it");
        passes("style/a.css", &"\n".repeat(600));
    }
}
