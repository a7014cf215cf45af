//! The JSON Schema of policies: it is the one that is published, and says of a file what the parser says of it.

use std::error::Error;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_domain::policy::{BUILT_INS, parse, schema};

#[path = "support/policies.rs"]
mod policies;

use policies::{FULL, below, change, file_of, holder, read, spoil};

type Outcome = Result<(), Box<dyn Error>>;

const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/policy.schema.json");

fn validator() -> Result<Validator, Box<dyn Error>> {
    Ok(jsonschema::draft202012::new(&schema())?)
}

#[test]
fn the_published_schema_is_that_of_the_language() -> Outcome {
    let text = format!("{}\n", serde_json::to_string_pretty(&schema())?);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(PUBLISHED, text)?;
        return Ok(());
    }
    let published: Value = serde_json::from_str(&std::fs::read_to_string(PUBLISHED)?)?;
    assert_eq!(published, schema(), "docs/policy.schema.json: UPDATE_GOLDEN=1 writes it again");
    Ok(())
}

#[test]
fn the_schema_is_one_and_takes_what_is_sound() -> Outcome {
    assert!(jsonschema::draft202012::meta::is_valid(&schema()));
    let validator = validator()?;
    for source in BUILT_INS.iter().copied().chain([FULL]) {
        let policy = read(source)?;
        validator.validate(&policy).map_err(|error| format!("{}: {error}", error.instance_path()))?;
        assert_eq!(parse(&file_of(&policy)), parse(source), "another way of writing the same");
    }
    Ok(())
}

/// Every key that the schema names, wherever.
fn keys(schema: &Value, found: &mut Vec<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        found.extend(properties.keys().cloned());
    }
    match schema {
        Value::Object(table) => table.values().for_each(|value| keys(value, found)),
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn the_sample_uses_every_field_of_the_language() -> Outcome {
    let policy = read(FULL)?;
    let used = below(&policy);
    let mut known = Vec::new();
    keys(&schema(), &mut known);
    // Of words that are keys, the sample has some.
    let words = ["low", "medium", "high", "critical"];
    let kinds =
        schema()["properties"]["evidence_days"]["properties"].as_object().cloned().unwrap_or_default();
    for key in known.iter().filter(|key| !words.contains(&key.as_str()) && !kinds.contains_key(*key)) {
        assert!(used.iter().any(|pointer| pointer.ends_with(&format!("/{key}"))), "the sample lacks {key}");
    }
    Ok(())
}

/// The parser reads every field, and the schema knows it: each refuses what no field can be, a key that is not known,
/// and the lack of a field that has to be there.
#[test]
fn parser_and_schema_know_the_same_fields() -> Outcome {
    let sound = read(FULL)?;
    let validator = validator()?;
    let refused = |policy: &Value, what: &str| {
        let (by_parser, by_schema) = (parse(&file_of(policy)).is_err(), !validator.is_valid(policy));
        assert_eq!(by_parser, by_schema, "{what}: parser {by_parser}, schema {by_schema}");
        by_parser
    };
    let mut needed = 0;
    for pointer in below(&sound) {
        let mut other = sound.clone();
        *other.pointer_mut(&pointer).ok_or("nothing there")? = json!(1.5);
        assert!(refused(&other, &format!("{pointer} is a fraction")));

        let mut other = sound.clone();
        let (table, key) = holder(&mut other, &pointer).ok_or("no holder")?;
        let Some(table) = table.as_object_mut() else { continue };
        let value = table.remove(key).ok_or("no value")?;
        // What other parts need is told by the parser alone: a control that names a framework, a gate for each tier.
        if pointer != "/frameworks" {
            needed += usize::from(refused(&other, &format!("{pointer} is missing")));
        }
        let (table, _) = holder(&mut other, &pointer).ok_or("no holder")?;
        table[format!("{key}_")] = value;
        assert!(refused(&other, &format!("{pointer} by another name")));
    }
    assert!(needed > 60, "{needed}");
    Ok(())
}

#[test]
fn parser_and_schema_know_the_same_limits_and_words() -> Outcome {
    let sound = read(FULL)?;
    let validator = validator()?;
    let long = |count: usize| json!("x".repeat(count));
    let control = "/phases/0/controls/0";
    for (pointer, fits, refused) in [
        ("/key".to_owned(), long(40), long(41)),
        ("/version".into(), long(32), long(33)),
        ("/title".into(), long(120), long(121)),
        ("/summary".into(), long(1_000), long(1_001)),
        ("/title".into(), json!("a"), json!(" ")),
        ("/calendar/zone".into(), json!("Asia/Tokyo"), json!("")),
        ("/calendar/hours/from".into(), json!("00:00"), json!("24:00")),
        ("/calendar/holidays/0".into(), json!("2199-12-31"), json!("1999-12-31")),
        ("/calendar/working_days/0".into(), json!("saturday"), json!("Saturday")),
        ("/reminders/before_days".into(), json!(0), json!(-1)),
        ("/reminders/escalate_days".into(), json!(30), json!(31)),
        ("/emergency/people".into(), json!(5), json!(6)),
        ("/emergency/people".into(), json!(2), json!(1)),
        ("/emergency/approvers/0".into(), json!("incident-manager"), json!("developer")),
        ("/emergency/owed_days".into(), json!(60), json!(61)),
        ("/waivers/max_days".into(), json!(400), json!(401)),
        ("/evidence_days/dependency-scan".into(), json!(3_650), json!(3_651)),
        ("/resolution/high/resolve".into(), json!(365), json!(366)),
        ("/frameworks/0/practices/1/id".into(), long(32), long(33)),
        ("/frameworks/0/practices/0/title".into(), long(300), long(301)),
        (format!("{control}/source"), long(120), long(121)),
        (format!("{control}/proof"), json!("statement"), json!("evidence")),
        (format!("{control}/proof"), json!("statement"), json!("records")),
        ("/phases/0/controls/2/records".into(), json!("changes-reviewed"), json!("hardened")),
        (format!("{control}/frameworks/0"), json!("samm:G-SM"), json!("samm G-SM")),
        ("/phases/0/gate/review_days".into(), json!(60), json!(61)),
        ("/phases/0/gate/team_days".into(), json!(365), json!(366)),
        ("/phases/0/gate/conditions/2/needs".into(), json!("verified"), json!("open")),
        ("/phases/0/gate/conditions/0/kind".into(), json!("threat-model-complete"), json!("no-open-finding")),
        ("/phases/0/gate/sign_offs/0/quorum/high".into(), json!(20), json!(21)),
        ("/phases/0/gate/sign_offs/0/meaning".into(), long(300), long(301)),
    ] {
        for (value, sound_value) in [(fits, true), (refused, false)] {
            let mut other = sound.clone();
            *other.pointer_mut(&pointer).ok_or_else(|| pointer.clone())? = value.clone();
            let by_parser = parse(&file_of(&other));
            assert_eq!(by_parser.is_ok(), sound_value, "parser, {pointer} = {value}: {by_parser:?}");
            assert_eq!(validator.is_valid(&other), sound_value, "schema, {pointer} = {value}");
        }
    }
    Ok(())
}

proptest! {
    /// An editor that checks by the schema never complains about a file that Sluice would take.
    #[test]
    fn what_the_parser_takes_the_schema_takes(
        changes in prop::collection::vec(change(), 1..4),
    ) {
        let mut policy = read(FULL).map_err(|error| TestCaseError::fail(error.to_string()))?;
        spoil(&mut policy, &changes);
        if parse(&file_of(&policy)).is_ok() {
            let validator = validator().map_err(|error| TestCaseError::fail(error.to_string()))?;
            if let Err(error) = validator.validate(&policy) {
                return Err(TestCaseError::fail(format!("{}: {error}", error.instance_path())));
            }
        }
    }
}
