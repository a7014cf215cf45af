use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sluice_domain::{
    access::{Role, WorkspaceRole},
    audit::{Authentication, ObjectKind, Verb},
    ids::{EventId, FeatureKey, Id, PersonId, RequestId},
    policy::Policy,
    relation::{ELSEWHERE, RelationEnd},
    text::ProductKey,
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    policies::Policies,
};

/// What stands where a text was that is erased by now.
pub const ERASED: &str = "(erased)";

/// The name of the actor that is no person.
const SYSTEM: &str = "Sluice";

/// One event, for people. A code that this version of the program does not know is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Id of the event.
    pub id: EventId,
    /// When.
    pub at: OffsetDateTime,
    /// Who; nobody when Sluice itself acted.
    pub actor: Option<PersonId>,
    /// Their name today.
    pub actor_name: String,
    /// The product role in which they acted.
    pub role: Option<Role>,
    /// The workspace role in which they acted.
    pub workspace_role: Option<WorkspaceRole>,
    /// How they proved who they are.
    pub authentication: Option<Authentication>,
    /// What they did.
    pub verb: Option<Verb>,
    /// Its code.
    pub verb_code: String,
    /// On what kind of thing.
    pub object_kind: Option<ObjectKind>,
    /// The code of that kind.
    pub object_kind_code: String,
    /// On which one.
    pub object_id: String,
    /// What that one is called: a key, or a person's name.
    pub object_name: String,
    /// In which product.
    pub product: Option<ProductKey>,
    /// In which feature.
    pub feature: Option<FeatureKey>,
    /// What changed.
    pub changes: Vec<HistoryChange>,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// The request that brought it about; auditors see it.
    pub request: Option<RequestId>,
    /// The network address that it came from; auditors see it.
    pub address: Option<String>,
}

impl HistoryEntry {
    /// The same without what only auditors are to see.
    pub(super) fn without_origin(self) -> Self {
        Self { request: None, address: None, ..self }
    }
}

/// One field that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryChange {
    /// The field.
    pub field: String,
    /// What it was; nothing when it is new.
    pub old: Option<String>,
    /// What it became; nothing when it was taken away.
    pub new: Option<String>,
}

/// An event as its row says.
pub(super) struct EventRow {
    pub(super) id: Uuid,
    pub(super) at: OffsetDateTime,
    pub(super) actor: Option<Uuid>,
    pub(super) actor_name: Option<String>,
    pub(super) role: Option<String>,
    pub(super) workspace_role: Option<String>,
    pub(super) authentication: String,
    pub(super) verb: String,
    pub(super) object_kind: String,
    pub(super) object_id: String,
    pub(super) object_name: String,
    pub(super) product_key: Option<String>,
    pub(super) feature_number: Option<i32>,
    pub(super) request_id: Option<Uuid>,
    pub(super) policy: Option<Uuid>,
    pub(super) body: String,
}

/// What of an event's canonical form is in no column. Versions of the form only add to it.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    changes: Vec<BodyChange>,
    reason: Option<Side>,
    address: Option<Side>,
}

#[derive(Deserialize)]
struct BodyChange {
    field: String,
    old: Option<Side>,
    new: Option<Side>,
}

/// A value in the clear, or, where there is none, the commitment to a text that is kept apart.
#[derive(Deserialize)]
struct Side {
    value: Option<String>,
}

/// The texts of events by event and part.
type Texts = BTreeMap<(Uuid, String), String>;

/// Names of people by id.
type Names = BTreeMap<Uuid, String>;

/// Makes entries of rows: two queries more, however many rows there are. With `policies`, controls and phases are called
/// what the policy of their feature calls them.
pub(super) async fn entries(
    connection: &mut PgConnection,
    rows: Vec<EventRow>,
    policies: Option<&Policies>,
) -> Result<Vec<HistoryEntry>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        let body: Body = serde_json::from_str(&row.body).map_err(Error::internal)?;
        events.push((row, body));
    }
    let texts = texts(connection, events.iter().map(|(row, _)| row.id).collect()).await?;
    let names = names(connection, &events).await?;
    let mut entries = Vec::with_capacity(events.len());
    for (row, body) in events {
        let version = row.policy.map(Id::new);
        let mut entry = entry(row, body, &texts, &names)?;
        if let (Some(policies), Some(version)) = (policies, version) {
            call_by_title(&mut entry, &policies.load(connection, version).await?.policy);
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// Puts titles in the place of keys that the policy knows.
fn call_by_title(entry: &mut HistoryEntry, policy: &Policy) {
    if entry.object_kind == Some(ObjectKind::Control) {
        // The id of a control is that of its feature, its phase and its key.
        let mut parts = entry.object_id.split('/').skip(1);
        let key = parts.next().zip(parts.next());
        let control = key.and_then(|(phase, key)| control_of(policy, phase, key));
        if let Some(title) = control {
            entry.object_name = title;
        }
    }
    for change in &mut entry.changes {
        let named = |value: &str| match change.field.as_str() {
            "phase" => phase_of(policy, value),
            "attached-to" => {
                Some(value.split(", ").map(|target| target_of(policy, target)).collect::<Vec<_>>().join(", "))
            }
            _ => None,
        };
        let (old, new) = (change.old.as_deref().and_then(named), change.new.as_deref().and_then(named));
        change.old = old.or_else(|| change.old.take());
        change.new = new.or_else(|| change.new.take());
    }
}

/// What evidence is attached to: `control:design/threat-model` is the control's title, `threat:4` is `T-4`.
fn target_of(policy: &Policy, target: &str) -> String {
    let control = || {
        let (phase, key) = target.strip_prefix("control:")?.split_once('/')?;
        control_of(policy, phase, key).map(|title| format!("“{title}”"))
    };
    let threat = || target.strip_prefix("threat:").map(|number| format!("T-{number}"));
    control().or_else(threat).unwrap_or_else(|| target.to_owned())
}

fn phase_of(policy: &Policy, key: &str) -> Option<String> {
    policy.phases.iter().find(|phase| phase.key.as_str() == key).map(|phase| phase.name.clone())
}

fn control_of(policy: &Policy, phase: &str, key: &str) -> Option<String> {
    let phase = policy.phases.iter().find(|candidate| candidate.key.as_str() == phase)?;
    phase.controls.iter().find(|control| control.key.as_str() == key).map(|control| control.title.clone())
}

async fn texts(connection: &mut PgConnection, ids: Vec<Uuid>) -> Result<Texts> {
    let rows =
        sqlx::query!("select event_id, part, text from audit.event_text where event_id = any($1)", &ids)
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().map(|row| ((row.event_id, row.part), row.text)).collect())
}

/// The record names people by pseudonymous id only; readers want names.
async fn names(connection: &mut PgConnection, events: &[(EventRow, Body)]) -> Result<Names> {
    let mut ids = BTreeSet::new();
    for (row, body) in events {
        if row.object_kind == ObjectKind::Person.code() {
            ids.extend(row.object_id.parse::<Uuid>().ok());
        }
        for change in &body.changes {
            let values =
                [&change.old, &change.new].into_iter().flatten().filter_map(|side| side.value.as_ref());
            ids.extend(values.flat_map(|value| value.split(", ")).filter_map(|id| id.parse::<Uuid>().ok()));
        }
    }
    if ids.is_empty() {
        return Ok(Names::new());
    }
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let rows =
        sqlx::query!("select id, name from person where id = any($1)", &ids).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

fn entry(row: EventRow, body: Body, texts: &Texts, names: &Names) -> Result<HistoryEntry> {
    let text = |part: String| texts.get(&(row.id, part)).cloned().unwrap_or_else(|| ERASED.to_owned());
    let show = |side: Option<Side>, part: String| {
        side.map(|side| match side.value {
            Some(value) => name_of(&value, names).unwrap_or(value),
            None => text(part),
        })
    };
    let changes = body
        .changes
        .into_iter()
        .map(|BodyChange { field, old, new }| HistoryChange {
            old: show(old, format!("{field}.old")).map(|value| unnamed(&field, value)),
            new: show(new, format!("{field}.new")).map(|value| unnamed(&field, value)),
            field,
        })
        .collect();
    let reason = show(body.reason, "reason".to_owned());
    let address = show(body.address, "address".to_owned());
    let object_kind = ObjectKind::from_code(&row.object_kind);
    let person = if object_kind == Some(ObjectKind::Person) { name_of(&row.object_id, names) } else { None };
    let product: Option<ProductKey> =
        row.product_key.map(|key| key.parse()).transpose().map_err(Error::internal)?;
    let feature =
        product.clone().zip(row.feature_number).map(|(product, number)| FeatureKey { product, number });
    Ok(HistoryEntry {
        id: Id::new(row.id),
        at: row.at,
        actor: row.actor.map(Id::new),
        actor_name: row.actor_name.unwrap_or_else(|| SYSTEM.to_owned()),
        role: row.role.as_deref().and_then(Role::from_code),
        workspace_role: row.workspace_role.as_deref().and_then(WorkspaceRole::from_code),
        authentication: Authentication::from_code(&row.authentication),
        verb: Verb::from_code(&row.verb),
        verb_code: row.verb,
        object_kind,
        object_kind_code: row.object_kind,
        object_id: row.object_id,
        object_name: person.unwrap_or(row.object_name),
        product,
        feature,
        changes,
        reason,
        request: row.request_id.map(Id::new),
        address,
    })
}

/// A relation to a feature of another product is shown without that feature: the first events of such relations carry its
/// id, which is nothing to who may read this product only.
fn unnamed(field: &str, value: String) -> String {
    let named = RelationEnd::from_code(field).is_some() && value.parse::<Uuid>().is_ok();
    if named { ELSEWHERE.to_owned() } else { value }
}

/// The names in the place of an id, or of several.
fn name_of(value: &str, names: &Names) -> Option<String> {
    let name = |id: &str| names.get(&id.parse::<Uuid>().ok()?).cloned();
    let found: Option<Vec<String>> = value.split(", ").map(name).collect();
    found.map(|names| names.join(", "))
}

#[cfg(test)]
mod tests {
    use sluice_domain::{
        audit::{Actor, Event, Object, Value},
        canonical::Salt,
    };
    use time::macros::datetime;

    use super::*;

    fn sealed() -> (EventRow, Texts) {
        let id = Uuid::from_u128(1);
        let mut event = Event {
            id: Id::new(id),
            at: datetime!(2026-11-04 14:02:03 UTC),
            actor: Actor::Person(Id::new(Uuid::from_u128(2))),
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
            address: None,
        };
        event
            .change("title", Value::text("Card tokenization"), Value::text("Card tokenisation"))
            .change("tier", Value::None, Value::code("high"))
            .change("owner", Value::None, Value::code(Uuid::from_u128(3)));
        let sealed = event.seal(|| Salt([7; 32]));
        let texts = sealed.texts.into_iter().map(|text| ((id, text.part), text.text)).collect();
        let row = EventRow {
            id,
            at: event.at,
            actor: Some(Uuid::from_u128(2)),
            actor_name: Some("Ana".into()),
            role: Some("product-manager".into()),
            workspace_role: None,
            authentication: "session".into(),
            verb: "feature.edited".into(),
            object_kind: "feature".into(),
            object_id: "f".into(),
            object_name: "PAY-12".into(),
            product_key: Some("PAY".into()),
            feature_number: Some(12),
            request_id: None,
            policy: None,
            body: sealed.body,
        };
        (row, texts)
    }

    fn read(row: EventRow, texts: &Texts) -> HistoryEntry {
        let body = serde_json::from_str(&row.body).expect("a body");
        let names = Names::from([(Uuid::from_u128(3), "Bo".to_owned())]);
        entry(row, body, texts, &names).expect("an entry")
    }

    #[test]
    fn an_event_reads_back_as_it_was_sealed() {
        let (row, texts) = sealed();
        let entry = read(row, &texts);
        let change =
            |field: &str| entry.changes.iter().find(|change| change.field == field).expect("the change");
        assert_eq!(change("title").old.as_deref(), Some("Card tokenization"));
        assert_eq!(change("title").new.as_deref(), Some("Card tokenisation"));
        assert_eq!((change("tier").old.as_deref(), change("tier").new.as_deref()), (None, Some("high")));
        assert_eq!(change("owner").new.as_deref(), Some("Bo"), "people are shown by name");
        assert_eq!(entry.reason.as_deref(), Some("typing error"));
        assert_eq!(entry.address, None);
        assert_eq!(entry.feature.map(|key| key.to_string()).as_deref(), Some("PAY-12"));
        assert_eq!(entry.verb, Some(Verb::FeatureEdited));
    }

    #[test]
    fn a_feature_of_another_product_is_named_by_no_event() {
        let (mut row, texts) = sealed();
        row.body =
            r#"{"changes":[{"field":"child-of","new":{"value":"00000000-0000-0000-0000-000000000009"}},
                                  {"field":"follows","old":{"value":"PAY-3"}}]}"#
                .to_owned();
        let entry = read(row, &texts);
        assert_eq!(entry.changes[0].new.as_deref(), Some(ELSEWHERE));
        assert_eq!(entry.changes[1].old.as_deref(), Some("PAY-3"));
    }

    #[test]
    fn an_erased_text_shows_that_there_was_one_and_an_unknown_verb_stays() {
        let (mut row, mut texts) = sealed();
        texts.clear();
        row.verb = "feature.sung-to".into();
        let entry = read(row, &texts);
        assert_eq!(entry.reason.as_deref(), Some(ERASED));
        assert_eq!(entry.changes[0].old.as_deref(), Some(ERASED));
        assert_eq!((entry.verb, entry.verb_code.as_str()), (None, "feature.sung-to"));
    }
}
