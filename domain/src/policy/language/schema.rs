use serde_json::{Value, json};

use super::policy;

/// The JSON Schema (2020-12) of a policy file. Editors that read TOML with a schema complete and check by it. What
/// counts over several places, such as a key that is there twice, only [`crate::policy::parse`] tells.
#[must_use]
pub fn schema() -> Value {
    let mut schema = policy::TABLE.schema();
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        object.insert("title".into(), json!("Lifecycle policy of Sluice"));
        object.insert("description".into(), json!("docs/policies.md explains every field."));
    }
    schema
}
