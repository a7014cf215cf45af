use serde_json::{Map, Value as Json, json};
use time::format_description::well_known::Rfc3339;

use super::{Actor, Event, Value};
use crate::canonical::{self, Salt};

/// Version of the event's form. It goes up when a field changes its meaning; readers know all versions.
const FORM: i32 = 1;

/// An event in its canonical form, and the texts that it commits to.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Canonical JSON; a log hashes these bytes.
    pub body: String,
    /// Texts with the keys that open their commitments; erasable one by one.
    pub texts: Vec<SealedText>,
}

/// A text that an event commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedText {
    /// Which part of the event: `reason`, `address`, or `FIELD.old` and `FIELD.new`.
    pub part: String,
    /// The key of the commitment.
    pub salt: Salt,
    /// The text.
    pub text: String,
}

impl Event {
    /// Brings the event into its canonical form. `salt` gives a fresh random key at each call.
    pub fn seal(&self, mut salt: impl FnMut() -> Salt) -> Sealed {
        let mut texts = Vec::new();
        let mut commit = |part: String, text: &str| {
            let salt = salt();
            let commitment = salt.commit(text.as_bytes());
            texts.push(SealedText { part, salt, text: text.to_owned() });
            json!({ "commitment": commitment.to_string() })
        };
        let changes: Vec<Json> = self
            .changes
            .iter()
            .map(|change| {
                let mut side = |name: &str, value: &Value| match value {
                    Value::None => Json::Null,
                    Value::Text(text) => commit(format!("{}.{name}", change.field), text),
                    other => json!({ "value": other.display() }),
                };
                let (old, new) = (side("old", &change.old), side("new", &change.new));
                json!({ "field": change.field, "old": old, "new": new })
            })
            .collect();

        let mut body = Map::new();
        let mut put = |name: &str, value: Json| {
            if !value.is_null() {
                body.insert(name.to_owned(), value);
            }
        };
        put("form", json!(FORM));
        put("id", json!(self.id.to_string()));
        // A date before year 0 or after 9999 has no RFC 3339 form; the database's clock gives none of these.
        put("at", self.at.format(&Rfc3339).map_or(Json::Null, Json::String));
        put(
            "actor",
            match self.actor {
                Actor::Person(id) => json!(id.to_string()),
                Actor::System => json!("system"),
            },
        );
        put("role", self.role.map_or(Json::Null, |role| json!(role.code())));
        put("workspace-role", self.workspace_role.map_or(Json::Null, |role| json!(role.code())));
        put("authentication", json!(self.authentication.code()));
        put("verb", json!(self.verb.code()));
        put(
            "object",
            json!({ "kind": self.object.kind.code(), "id": self.object.id, "name": self.object.name }),
        );
        put("product", self.product.map_or(Json::Null, |id| json!(id.to_string())));
        put("feature", self.feature.map_or(Json::Null, |id| json!(id.to_string())));
        put("changes", if changes.is_empty() { Json::Null } else { Json::Array(changes) });
        put("request", self.request.map_or(Json::Null, |id| json!(id.to_string())));
        put("reason", self.reason.as_deref().map_or(Json::Null, |text| commit("reason".to_owned(), text)));
        put("address", self.address.as_deref().map_or(Json::Null, |text| commit("address".to_owned(), text)));
        Sealed { body: canonical::to_string(&Json::Object(body)), texts }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{
        access::Role,
        audit::{Authentication, Object, ObjectKind, Verb},
        canonical::Digest,
        ids::Id,
    };

    fn event() -> Event {
        let mut event = Event {
            id: Id::new(uuid::Uuid::from_u128(1)),
            at: datetime!(2026-11-04 14:02:03.5 UTC),
            actor: Actor::Person(Id::new(uuid::Uuid::from_u128(2))),
            role: Some(Role::ProductManager),
            workspace_role: None,
            authentication: Authentication::Session,
            verb: Verb::FeatureEdited,
            object: Object::new(ObjectKind::Feature, "f", "PAY-12"),
            product: None,
            feature: None,
            changes: Vec::new(),
            reason: Some("typing error".into()),
            request: None,
            address: Some("192.0.2.7".into()),
        };
        event
            .change("title", Value::text("Card tokenization"), Value::text("Card tokenisation"))
            .change("tier", Value::code("low"), Value::code("high"))
            .change("owner", Value::code("a"), Value::code("a"));
        event
    }

    #[test]
    fn codes_are_in_the_clear_and_texts_only_committed_to() {
        let sealed = event().seal(|| Salt([7; 32]));
        for text in ["tokenisation", "tokenization", "typing error", "192.0.2.7"] {
            assert!(!sealed.body.contains(text), "{text} is in {}", sealed.body);
        }
        assert!(sealed.body.contains(r#""old":{"value":"low"}"#), "{}", sealed.body);
        assert!(!sealed.body.contains("owner"), "an equal value is no change");
        let parts: Vec<&str> = sealed.texts.iter().map(|text| text.part.as_str()).collect();
        assert_eq!(parts, ["title.old", "title.new", "reason", "address"]);
        for text in &sealed.texts {
            assert!(sealed.body.contains(&text.salt.commit(text.text.as_bytes()).to_string()));
        }
    }

    #[test]
    fn the_form_does_not_drift() {
        // Old leaves must hash the same for ever: when this fails, the form's version has to go up.
        let digest = Digest::of(event().seal(|| Salt([7; 32])).body.as_bytes()).to_string();
        assert_eq!(digest, "14664c6d6bff8d78b20ba4ccb6b40fe762ca130e928c30296d9c998c630b7ca5");
    }
}
