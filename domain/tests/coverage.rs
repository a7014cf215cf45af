//! docs/sdl-coverage.md says where each item of the source document is: this compares it with the policy and the code.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    path::Path,
};

use sluice_domain::{
    ids::FeatureKey,
    place::Place,
    policy::{BUILT_IN, Control, Phase, Policy, parse},
};

type Outcome = Result<(), Box<dyn Error>>;

/// The numbered list of the source document; a letter numbers the points below an item.
const ITEMS: &[&str] = &[
    "1.1", "1.2", "1.2a", "1.2b", "1.3", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3", "3.4", "4.1", "4.2",
    "4.3", "4.4", "5.1", "5.1a", "5.1b", "5.2", "5.3", "6.1", "6.2", "6.3",
];
/// Where else a control may come from.
const OTHERS: &[&str] = &["Connector", "Product"];

/// A row of the table.
struct Row {
    item: String,
    controls: Vec<String>,
    pages: Vec<String>,
    tests: Vec<String>,
}

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// What a cell names in code marks.
fn named(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn rows() -> Result<Vec<Row>, Box<dyn Error>> {
    let text = std::fs::read_to_string(repository().join("docs/sdl-coverage.md"))?;
    let lines = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Item |"));
    let mut rows = Vec::new();
    for line in lines.filter(|line| !line.starts_with("| --- |")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [item, what, controls, pages, tests] = cells[..] else {
            return Err(format!("not five cells: {line}").into());
        };
        assert!(!what.is_empty(), "{line}");
        let (controls, pages, tests) = (named(controls), named(pages), named(tests));
        assert!(!controls.is_empty() && !pages.is_empty() && !tests.is_empty(), "{line}");
        rows.push(Row { item: item.to_owned(), controls, pages, tests });
    }
    Ok(rows)
}

/// The policy's controls by the name that the table gives them.
fn controls(policy: &Policy) -> BTreeMap<String, (&Phase, &Control)> {
    let all =
        policy.phases.iter().flat_map(|phase| phase.controls.iter().map(move |control| (phase, control)));
    all.map(|(phase, control)| (format!("{}/{}", phase.key, control.key), (phase, control))).collect()
}

#[test]
fn every_control_is_in_the_table_and_nothing_else() -> Outcome {
    let policy = parse(BUILT_IN)?;
    let known = controls(&policy);
    let rows = rows()?;
    let named: Vec<&String> = rows.iter().flat_map(|row| &row.controls).collect();
    let in_table: BTreeSet<&String> = named.iter().copied().collect();
    assert_eq!(in_table.len(), named.len(), "a control stands twice in the table");
    assert_eq!(in_table, known.keys().collect());
    Ok(())
}

#[test]
fn every_item_has_a_control_that_names_it() -> Outcome {
    let policy = parse(BUILT_IN)?;
    let known = controls(&policy);
    let rows = rows()?;
    for item in ITEMS.iter().chain(OTHERS) {
        assert!(rows.iter().any(|row| row.item == *item), "item {item} is not in the table");
    }
    for row in &rows {
        assert!(ITEMS.contains(&row.item.as_str()) || OTHERS.contains(&row.item.as_str()), "{}", row.item);
        let number = row.item.trim_end_matches(char::is_alphabetic);
        let from = if number.is_empty() { row.item.clone() } else { format!("SDL {number}") };
        for (phase, control) in row.controls.iter().filter_map(|name| known.get(name)) {
            assert!(control.source.starts_with(&from), "{}: {} is not {from}", control.key, control.source);
            // Items are asked for in their phase; what testing owes is chosen while planning.
            let position = policy.position(&phase.key).map(|position| (position + 1).to_string());
            let in_phase = position.is_some_and(|position| number.starts_with(&position));
            assert!(number.is_empty() || in_phase || number == "4.2", "{} in {}", control.key, phase.key);
        }
    }
    Ok(())
}

#[test]
fn every_page_is_the_one_on_which_the_work_is_done() -> Outcome {
    let policy = parse(BUILT_IN)?;
    let known = controls(&policy);
    let feature: FeatureKey = "PAY-12".parse()?;
    for row in rows()? {
        for (phase, control) in row.controls.iter().filter_map(|name| known.get(name)) {
            let place = match control.rule() {
                Some(rule) => Place::Records(rule.kind()),
                None => Place::Phase(phase.key.clone()),
            };
            let page = place.path(&feature).replace("PAY-12", "{key}");
            assert!(row.pages.contains(&page), "{}: {page} is not in {:?}", control.key, row.pages);
        }
        for page in &row.pages {
            assert!(
                page.starts_with("/features/{key}/") || page.starts_with("/products/{product}/"),
                "{page}"
            );
        }
    }
    Ok(())
}

/// A test is named by its file, or by file and function.
#[test]
fn every_test_that_is_named_is_there() -> Outcome {
    for row in rows()? {
        for test in &row.tests {
            let (file, function) = test.split_once("::").unwrap_or((test, ""));
            let text = std::fs::read_to_string(repository().join(file))
                .map_err(|error| format!("item {}: {file}: {error}", row.item))?;
            assert!(text.contains("#[test]") || text.contains("test("), "{file} holds no test");
            assert!(function.is_empty() || text.contains(&format!("fn {function}(")), "{test} is not there");
        }
    }
    Ok(())
}
