//! The coverage documents say where each item of a source document is: this compares them with the policies and the
//! code.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    path::Path,
};

use sluice_domain::{
    ids::FeatureKey,
    place::Place,
    policy::{BUILT_INS, Control, Phase, Policy, parse},
};

type Outcome = Result<(), Box<dyn Error>>;

/// A source document, and where what it asks for is told.
struct Document {
    /// The table.
    table: &'static str,
    /// The key of the policy that follows the document.
    policy: &'static str,
    /// What the policy calls the document in the source of a control.
    name: &'static str,
    /// Its items; a letter after a number stands for a point below it.
    items: &'static [&'static str],
    /// Where else a control may come from.
    others: &'static [&'static str],
    /// Items are numbered by phase, all but these.
    by_phase: Option<&'static [&'static str]>,
}

const DOCUMENTS: &[Document] = &[
    Document {
        table: "docs/sdl-coverage.md",
        policy: "sdl",
        name: "SDL",
        items: &[
            "1.1", "1.2", "1.2a", "1.2b", "1.3", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3", "3.4", "4.1",
            "4.2", "4.3", "4.4", "5.1", "5.1a", "5.1b", "5.2", "5.3", "6.1", "6.2", "6.3",
        ],
        others: &["Connector", "Product"],
        // What testing owes is chosen while planning.
        by_phase: Some(&["4.2"]),
    },
    Document {
        table: "docs/connector-coverage.md",
        policy: "connector",
        name: "Connector",
        items: &[
            "CM.1", "CM.2", "CM.3", "CM.4", "IM.1", "IM.2", "IM.3", "IM.4", "CH.1", "CH.2", "CH.3", "CH.4",
            "ML.1", "ML.2", "BR.1", "BR.2", "BR.3", "BR.4", "DD.1", "DD.2", "DD.3", "DD.4", "DS.1", "DS.2",
            "DS.3", "DS.4", "FR.1", "FR.2", "FR.3", "FR.4", "FR.5", "FR.6", "FR.7", "FR.8", "LC.1", "LC.2",
            "LC.3", "LC.4", "LC.5", "LC.6", "LC.7", "LC.8", "LC.9",
        ],
        others: &["Product"],
        by_phase: None,
    },
];

/// A row of a table.
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

impl Document {
    fn policy(&self) -> Result<Policy, Box<dyn Error>> {
        for source in BUILT_INS {
            let policy = parse(source)?;
            if policy.key == self.policy {
                return Ok(policy);
            }
        }
        Err(format!("there is no policy {}", self.policy).into())
    }

    fn rows(&self) -> Result<Vec<Row>, Box<dyn Error>> {
        let text = std::fs::read_to_string(repository().join(self.table))?;
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
}

/// The policy's controls by the name that the table gives them.
fn controls(policy: &Policy) -> BTreeMap<String, (&Phase, &Control)> {
    let all =
        policy.phases.iter().flat_map(|phase| phase.controls.iter().map(move |control| (phase, control)));
    all.map(|(phase, control)| (format!("{}/{}", phase.key, control.key), (phase, control))).collect()
}

#[test]
fn every_policy_that_comes_with_sluice_has_its_document() -> Outcome {
    for source in BUILT_INS {
        let key = parse(source)?.key;
        assert!(DOCUMENTS.iter().any(|document| document.policy == key), "{key}");
    }
    Ok(())
}

#[test]
fn every_control_is_in_the_table_and_nothing_else() -> Outcome {
    for document in DOCUMENTS {
        let policy = document.policy()?;
        let known = controls(&policy);
        let rows = document.rows()?;
        let named: Vec<&String> = rows.iter().flat_map(|row| &row.controls).collect();
        let in_table: BTreeSet<&String> = named.iter().copied().collect();
        assert_eq!(in_table.len(), named.len(), "a control stands twice in {}", document.table);
        assert_eq!(in_table, known.keys().collect());
    }
    Ok(())
}

#[test]
fn every_item_has_a_control_that_names_it() -> Outcome {
    for document in DOCUMENTS {
        let Document { items, others, name, by_phase, .. } = document;
        let policy = document.policy()?;
        let known = controls(&policy);
        let rows = document.rows()?;
        for item in items.iter().chain(*others) {
            assert!(rows.iter().any(|row| row.item == *item), "item {item} is not in the table");
        }
        for row in &rows {
            assert!(
                items.contains(&row.item.as_str()) || others.contains(&row.item.as_str()),
                "{}",
                row.item
            );
            let number = row.item.trim_end_matches(char::is_alphabetic);
            let from = if number.is_empty() { row.item.clone() } else { format!("{name} {number}") };
            for (phase, control) in row.controls.iter().filter_map(|name| known.get(name)) {
                assert!(
                    control.source.starts_with(&from),
                    "{}: {} is not {from}",
                    control.key,
                    control.source
                );
                let Some(elsewhere) = by_phase else { continue };
                let position = policy.position(&phase.key).map(|position| (position + 1).to_string());
                let in_phase = position.is_some_and(|position| number.starts_with(&position));
                let sound = number.is_empty() || in_phase || elsewhere.contains(&number);
                assert!(sound, "{} in {}", control.key, phase.key);
            }
        }
    }
    Ok(())
}

#[test]
fn every_page_is_the_one_on_which_the_work_is_done() -> Outcome {
    let feature: FeatureKey = "PAY-12".parse()?;
    for document in DOCUMENTS {
        let policy = document.policy()?;
        let known = controls(&policy);
        for row in document.rows()? {
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
    }
    Ok(())
}

/// A test is named by its file, or by file and function.
#[test]
fn every_test_that_is_named_is_there() -> Outcome {
    for row in DOCUMENTS.iter().map(Document::rows).collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
        for test in &row.tests {
            let (file, function) = test.split_once("::").unwrap_or((test, ""));
            let text = std::fs::read_to_string(repository().join(file))
                .map_err(|error| format!("item {}: {file}: {error}", row.item))?;
            assert!(
                ["#[test]", "#[tokio::test]", "test("].iter().any(|mark| text.contains(mark)),
                "{file} holds no test"
            );
            assert!(function.is_empty() || text.contains(&format!("fn {function}(")), "{test} is not there");
        }
    }
    Ok(())
}
