//! The guide for people who write policies: its example is sound, and it names every field with its limits and every
//! word that the language knows.

use std::error::Error;

use serde_json::Value;
use sluice_domain::policy::{parse, schema};

type Outcome = Result<(), Box<dyn Error>>;

const GUIDE: &str = include_str!("../../docs/policies.md");

/// The tables of the guide: the heading, and where the schema describes the same.
const TABLES: &[(&str, &str)] = &[
    ("## The policy", ""),
    ("## `[calendar]`", "/properties/calendar"),
    ("### `hours`", "/properties/calendar/properties/hours"),
    ("## `[reminders]`", "/properties/reminders"),
    ("## `[emergency]`", "/properties/emergency"),
    ("## `[waivers]`", "/properties/waivers"),
    ("## `[resolution]`", "/properties/resolution/properties/high"),
    ("## `[[frameworks]]`", "/properties/frameworks/items"),
    ("### `[[frameworks.practices]]`", "/properties/frameworks/items/properties/practices/items"),
    ("## `[[phases]]`", "/properties/phases/items"),
    ("## `[[phases.controls]]`", "/properties/phases/items/properties/controls/items"),
    (
        "### People by tier",
        "/properties/phases/items/properties/gate/properties/sign_offs/items/properties/quorum",
    ),
    ("## `[phases.gate]`", "/properties/phases/items/properties/gate"),
    (
        "### `[[phases.gate.sign_offs]]`",
        "/properties/phases/items/properties/gate/properties/sign_offs/items",
    ),
];

const CONDITIONS: &str = "/properties/phases/items/properties/gate/properties/conditions/items/oneOf";

/// What stands below a heading, to the next one.
fn section(heading: &str) -> Result<&'static str, Box<dyn Error>> {
    let start = GUIDE.find(&format!("\n{heading}\n")).ok_or_else(|| format!("no heading {heading}"))?;
    let rest = &GUIDE[start + heading.len() + 2..];
    Ok(rest.find("\n#").map_or(rest, |end| &rest[..end]))
}

/// The row of a field: its cells.
fn row(section: &'static str, key: &str) -> Option<Vec<&'static str>> {
    let line = section.lines().find(|line| line.starts_with(&format!("| `{key}` |")))?;
    Some(line.trim_matches('|').split('|').map(str::trim).collect())
}

/// A number as the guide writes it.
fn shown(number: u64) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", number / 1_000, number % 1_000) }
}

/// Compares the row of a field with what the schema says of it.
fn compare(heading: &str, section: &'static str, key: &str, table: &Value) -> Outcome {
    let field = &table["properties"][key];
    let cells = row(section, key).ok_or_else(|| format!("{heading} has no row for {key}"))?;
    let [_, _, allowed, default, example] = cells.as_slice() else {
        return Err(format!("{heading}, {key}: {cells:?}").into());
    };
    let needed = table["required"].as_array().is_some_and(|all| all.iter().any(|name| name == key));
    assert_eq!(default.is_empty(), needed, "{heading}, {key}: needed, or with a default");
    assert!(!example.is_empty(), "{heading}, {key}: no example");
    let number = |name: &str| field[name].as_u64().map(shown);
    if let (Some(min), Some(max)) = (number("minimum"), number("maximum")) {
        assert!(
            allowed.contains(&format!("{min} to {max}")),
            "{heading}, {key}: {allowed}, not {min} to {max}"
        );
    }
    for limit in ["maxLength", "maxItems"].iter().filter_map(|name| number(name)) {
        assert!(allowed.contains(&limit), "{heading}, {key}: {allowed} does not say {limit}");
    }
    Ok(())
}

#[test]
fn the_example_is_sound() -> Outcome {
    let example = section("## The whole form")?.split("```toml\n").nth(1).ok_or("no example")?;
    let policy = parse(example.split("```").next().ok_or("no end")?)?;
    assert_eq!((policy.phases.len(), policy.frameworks.len()), (1, 1));
    Ok(())
}

#[test]
fn every_field_is_told_with_its_limits() -> Outcome {
    let schema = schema();
    for (heading, pointer) in TABLES {
        let table = schema.pointer(pointer).ok_or(*pointer)?;
        let section = section(heading)?;
        let fields = table["properties"].as_object().ok_or(*heading)?;
        for key in fields.keys() {
            compare(heading, section, key, table)?;
        }
        let rows = section.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, fields.len(), "{heading} tells of a field that is not there");
    }
    let days = section("## `[evidence_days]`")?;
    assert!(days.contains("1 to 3,650"), "{days}");
    Ok(())
}

#[test]
fn every_kind_of_condition_is_told_with_its_fields() -> Outcome {
    let schema = schema();
    let kinds = schema.pointer(CONDITIONS).and_then(Value::as_array).ok_or("no kinds")?;
    let heading = "### `[[phases.gate.conditions]]`";
    let section = section(heading)?;
    for table in kinds {
        let kind = table["properties"]["kind"]["enum"][0].as_str().ok_or("no kind")?;
        let cells = row(section, kind).ok_or_else(|| format!("no row for {kind}"))?;
        let told: Vec<String> = cells
            .last()
            .copied()
            .unwrap_or_default()
            .split(", ")
            .filter(|field| !field.is_empty())
            .map(|field| field.trim_matches('`').to_owned())
            .collect();
        let common = ["kind", "tiers", "before_production", "never_waived"];
        let fields = table["properties"].as_object().ok_or("no fields")?;
        let own: Vec<String> = fields.keys().filter(|key| !common.contains(&key.as_str())).cloned().collect();
        assert_eq!(told, own, "{kind}");
        for key in fields.keys() {
            compare(heading, section, key, table)?;
        }
    }
    Ok(())
}

/// Every word that a field takes, wherever.
fn words(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(table) => {
            let codes = table.get("enum").and_then(Value::as_array).into_iter().flatten();
            found.extend(codes.filter_map(Value::as_str).map(ToOwned::to_owned));
            table.values().for_each(|value| words(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| words(value, found)),
        _ => {}
    }
}

#[test]
fn every_word_is_told() {
    let mut all = Vec::new();
    words(&schema(), &mut all);
    assert!(all.len() > 80);
    for word in all {
        assert!(
            GUIDE.contains(&format!("`{word}`")) || GUIDE.contains(&format!("`\"{word}\"`")),
            "the guide does not name {word}"
        );
    }
}
