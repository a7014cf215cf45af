//! What items of a dossier said in one version and what they say in another: the content behind two digests, from the
//! rows and their history.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};
use sluice_domain::{
    dossier::{Difference, ItemKind},
    place::Place,
    policy::{EvidenceKind, Phase},
    record::{Input, ListKind, RecordKind, RecordRef},
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    features::row::Feature,
};

/// An item that differs between two dossiers, with what it said and says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedItem {
    /// What kind of thing.
    pub kind: ItemKind,
    /// Its key in the manifest.
    pub key: String,
    /// Where to read it as it is now.
    pub place: Place,
    /// Its version then; `None` where it was not there.
    pub then: Option<i32>,
    /// Its version now; `None` where it is gone.
    pub now: Option<i32>,
    /// The day on which the earlier version expired, where it is evidence that has: the newer one renews it.
    pub expired: Option<Date>,
    /// The fields that differ; of a new item all that it says, of one that is gone all that it said.
    pub fields: Vec<ChangedField>,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedField {
    /// Its name, as it is stored.
    pub field: String,
    /// What it held: words of people, or a code.
    pub then: Option<String>,
    /// What it holds.
    pub now: Option<String>,
}

/// What a version of an item says, field by field, in an order that people read.
type Content = Vec<(String, String)>;

/// The content behind differences at the gate of a phase. `then` is when the earlier dossier was written down; what has
/// expired by `now` is said. The number of queries does not depend on the number of items.
pub(super) async fn compare(
    connection: &mut PgConnection,
    feature: &Feature,
    phase: &Phase,
    differences: &[Difference],
    then: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Vec<ChangedItem>> {
    if differences.is_empty() {
        return Ok(Vec::new());
    }
    let mut asked = Asked::default();
    for difference in differences {
        asked.push(phase, difference, difference.then.unwrap_or_default())?;
        asked.push(phase, difference, difference.now.unwrap_or_default())?;
    }
    let said = asked.read(connection, feature).await?;
    let people = people(connection, &said).await?;
    let before = links(connection, feature, phase, differences, Some(then)).await?;
    let after = links(connection, feature, phase, differences, None).await?;
    let expired = expired(connection, feature, differences, now).await?;
    let mut items = Vec::with_capacity(differences.len());
    for ((difference, said), place) in differences.iter().zip(said.chunks(2)).zip(0_usize..) {
        let at = |there: Option<i32>, index: usize, links: &HashMap<usize, String>| {
            let mut content = Content::new();
            if there.is_some() {
                if let Some(value) = said.get(index).cloned().flatten().or_else(|| brought(difference)) {
                    content = fields(difference, &value, &people);
                }
                content.extend(links.get(&place).map(|keys| ("evidence".to_owned(), keys.clone())));
            }
            content
        };
        items.push(ChangedItem {
            kind: difference.kind,
            key: difference.key.clone(),
            place: place_of(phase, difference.kind, &difference.key),
            then: difference.then,
            now: difference.now,
            expired: expired.get(&difference.key).copied(),
            fields: differing(&at(difference.then, 0, &before), &at(difference.now, 1, &after)),
        });
    }
    Ok(items)
}

/// What a list says that the product never wrote: it is the one that Sluice brings.
fn brought(difference: &Difference) -> Option<Value> {
    let list = ListKind::from_code(&difference.key).filter(|_| difference.kind == ItemKind::List)?;
    Some(json!({"points": list.defaults().join("\n")}))
}

/// Where an item is read and edited.
pub(super) fn place_of(phase: &Phase, kind: ItemKind, key: &str) -> Place {
    let number = || key.split_once('-').and_then(|(_, digits)| digits.parse().ok()).unwrap_or_default();
    match kind {
        ItemKind::Scope => Place::Feature,
        ItemKind::Control => phase.controls.iter().find(|control| control.key.as_str() == key).map_or_else(
            || Place::Phase(phase.key.clone()),
            |control| Place::Control(phase.key.clone(), control.key.clone()),
        ),
        ItemKind::ThreatModel => Place::ThreatModel,
        ItemKind::Threat => Place::Threat(number()),
        ItemKind::Evidence => Place::Evidence(number()),
        ItemKind::Waiver => Place::Waiver(number()),
        ItemKind::List => ListKind::from_code(key).map_or(Place::Feature, Place::List),
        ItemKind::Standards => Place::Standards,
        ItemKind::Record => {
            RecordKind::from_key(key).map_or(Place::Feature, |(kind, number)| Place::Record(kind, number))
        }
    }
}

/// The fields in which two versions differ, in the order in which they are read.
fn differing(then: &Content, now: &Content) -> Vec<ChangedField> {
    let value = |content: &Content, field: &str| {
        content.iter().find(|(name, _)| name == field).map(|(_, text)| text.clone())
    };
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in now.iter().chain(then) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|name| ChangedField { field: name.clone(), then: value(then, name), now: value(now, name) })
        .filter(|field| field.then != field.now)
        .collect()
}

/// The fields of a version: those of a record in the order of its form, and people by name.
fn fields(difference: &Difference, value: &Value, people: &BTreeMap<Uuid, String>) -> Content {
    let Some(object) = value.as_object() else { return Content::new() };
    let mut content = Content::new();
    let kind = RecordKind::from_key(&difference.key).map(|(kind, _)| kind);
    if let (ItemKind::Record, Some(kind)) = (difference.kind, kind) {
        for name in ["title", "state"] {
            push(&mut content, name, object.get(name), people, false);
        }
        let fields = object.get("fields").and_then(Value::as_object);
        for field in kind.spec().fields {
            let names_people = matches!(field.input, Input::Person | Input::People);
            push(
                &mut content,
                field.key,
                fields.and_then(|fields| fields.get(field.key)),
                people,
                names_people,
            );
        }
        return content;
    }
    // `1 title`: the order in which they are read, which JSON does not keep.
    let mut entries: Vec<(&String, &Value)> = object.iter().collect();
    entries.sort_unstable_by_key(|(name, _)| *name);
    for (name, value) in entries {
        let name = name.split_once(' ').map_or(name.as_str(), |(_, name)| name);
        push(&mut content, name, Some(value), people, name == "owner");
    }
    content
}

fn push(
    content: &mut Content,
    name: &str,
    value: Option<&Value>,
    people: &BTreeMap<Uuid, String>,
    names_people: bool,
) {
    let one = |value: &Value| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let person = names_people.then(|| text.parse().ok().and_then(|id: Uuid| people.get(&id))).flatten();
        person.cloned().unwrap_or(text)
    };
    let text = match value {
        None => return,
        Some(Value::Array(many)) => many.iter().map(one).collect::<Vec<_>>().join(", "),
        Some(value) => one(value),
    };
    if !text.is_empty() {
        content.push((name.to_owned(), text));
    }
}

/// Everybody whom these versions name by id.
async fn people(connection: &mut PgConnection, said: &[Option<Value>]) -> Result<BTreeMap<Uuid, String>> {
    fn ids(value: &Value, found: &mut BTreeSet<Uuid>) {
        match value {
            Value::String(text) => found.extend(text.parse::<Uuid>().ok()),
            Value::Array(many) => many.iter().for_each(|value| ids(value, found)),
            Value::Object(fields) => fields.values().for_each(|value| ids(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    said.iter().flatten().for_each(|value| ids(value, &mut found));
    if found.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found: Vec<Uuid> = found.into_iter().collect();
    let rows =
        sqlx::query!("select id, name from person where id = any($1)", &found).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// The evidence that was attached to the controls and threats among the differences, at an instant or now, by their place.
async fn links(
    connection: &mut PgConnection,
    feature: &Feature,
    phase: &Phase,
    differences: &[Difference],
    at: Option<OffsetDateTime>,
) -> Result<HashMap<usize, String>> {
    let (mut places, mut kinds, mut phases, mut targets) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (place, difference) in (0_i64..).zip(differences) {
        let (phase, target) = match difference.kind {
            ItemKind::Control => (phase.key.to_string(), difference.key.clone()),
            ItemKind::Threat => (String::new(), difference.key.trim_start_matches("T-").to_owned()),
            _ => continue,
        };
        places.push(place);
        kinds.push(difference.kind.code().to_owned());
        phases.push(phase);
        targets.push(target);
    }
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        r#"select a.place as "place!", string_agg('E-' || e.number, ', ' order by e.number) as "keys!"
           from unnest($2::int8[], $3::text[], $4::text[], $5::text[]) as a (place, kind, phase, target)
           cross join lateral (
               select u.evidence_id from evidence_use u join audit.event began on began.id = u.event_id
               where u.feature_id = $1 and u.target_kind = a.kind and u.phase = a.phase and u.target = a.target
                 and ($6::timestamptz is null or began.at <= $6)
               union
               select h.evidence_id from history.evidence_use h
               join audit.event began on began.id = h.event_id join audit.event ended on ended.id = h.until_event
               where h.feature_id = $1 and h.target_kind = a.kind and h.phase = a.phase and h.target = a.target
                 and began.at <= $6 and ended.at > $6
           ) used
           join evidence e on e.id = used.evidence_id
           group by a.place"#,
        feature.id.uuid(),
        &places,
        &kinds,
        &phases,
        &targets,
        at
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().filter_map(|row| Some((usize::try_from(row.place).ok()?, row.keys))).collect())
}

/// When the earlier versions of renewed evidence expired, by key; of those that have expired by now.
async fn expired(
    connection: &mut PgConnection,
    feature: &Feature,
    differences: &[Difference],
    now: OffsetDateTime,
) -> Result<HashMap<String, Date>> {
    let (mut numbers, mut versions) = (Vec::new(), Vec::new());
    for difference in differences.iter().filter(|it| it.kind == ItemKind::Evidence && it.now > it.then) {
        if let (Ok(RecordRef::Evidence(number)), Some(then)) = (difference.key.parse(), difference.then) {
            numbers.push(number);
            versions.push(then);
        }
    }
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        "select e.number, e.kind, v.uploaded_at
         from unnest($2::int[], $3::int[]) as a (number, version)
         join evidence e on e.feature_id = $1 and e.number = a.number
         join evidence_version v on v.evidence_id = e.id and v.version = a.version",
        feature.id.uuid(),
        &numbers,
        &versions
    )
    .fetch_all(connection)
    .await?;
    let terms = &feature.policy.policy.terms;
    let until = |kind: &str, since: OffsetDateTime| {
        EvidenceKind::from_code(kind)
            .and_then(|kind| since.checked_add(terms.evidence_lifetime(kind)?))
            .filter(|until| *until <= now)
    };
    let day = |until| terms.calendar.date(until);
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((format!("E-{}", row.number), day(until(&row.kind, row.uploaded_at)?))))
        .collect())
}

fn unreadable() -> Error {
    Error::internal("a dossier names an item that cannot be read")
}

/// Versions that are asked for, column by column.
#[derive(Default)]
struct Asked {
    kinds: Vec<String>,
    parts: Vec<String>,
    numbers: Vec<i32>,
    versions: Vec<i32>,
}

impl Asked {
    fn push(&mut self, phase: &Phase, difference: &Difference, version: i32) -> Result<()> {
        let key = &difference.key;
        let (part, number) = match difference.kind {
            ItemKind::Control => (format!("{}/{key}", phase.key), 0),
            ItemKind::Record => {
                let (kind, number) = RecordKind::from_key(key).ok_or_else(unreadable)?;
                (kind.code().to_owned(), number)
            }
            ItemKind::Threat | ItemKind::Evidence => match key.parse() {
                Ok(RecordRef::Threat(number) | RecordRef::Evidence(number)) => (String::new(), number),
                _ => return Err(unreadable()),
            },
            ItemKind::Waiver => {
                let number = key.trim_start_matches("W-").parse().map_err(|_| unreadable())?;
                (String::new(), number)
            }
            ItemKind::List => (key.clone(), 0),
            ItemKind::Scope | ItemKind::ThreatModel | ItemKind::Standards => (String::new(), 0),
        };
        self.kinds.push(difference.kind.code().to_owned());
        self.parts.push(part);
        self.numbers.push(number);
        self.versions.push(version);
        Ok(())
    }

    /// What each version says, in the order of the asking: from the row where it is still that version, else from the
    /// row's history. Version 0 is one that nobody wrote.
    async fn read(&self, connection: &mut PgConnection, feature: &Feature) -> Result<Vec<Option<Value>>> {
        Ok(sqlx::query_scalar!(
            r#"select case a.kind
                   when 'scope' then (
                       select jsonb_build_object('1 title', s.title, '2 description', s.description, '3 tier', s.tier)
                       from (select title, description, tier from feature
                             where id = $1 and scope_version = a.version
                             union all
                             select title, description, tier from history.feature
                             where id = $1 and scope_version = a.version) s limit 1)
                   when 'control' then (
                       select jsonb_build_object('1 mark', s.mark, '2 note', s.note)
                       from (select mark, note from control
                             where feature_id = $1 and phase || '/' || control = a.part and version = a.version
                             union all
                             select mark, note from history.control
                             where feature_id = $1 and phase || '/' || control = a.part and version = a.version) s
                       limit 1)
                   when 'threat-model' then (
                       select jsonb_build_object('1 scope', s.scope, '2 threats', s.threats, '3 response', s.response,
                                                 '4 review', s.review)
                       from (select scope, threats, response, review from threat_model
                             where feature_id = $1 and version = a.version
                             union all
                             select scope, threats, response, review from history.threat_model
                             where feature_id = $1 and version = a.version) s limit 1)
                   when 'threat' then (
                       select jsonb_build_object('1 title', s.title, '2 element', s.element, '3 kind', s.stride,
                                                 '4 description', s.description, '5 severity', s.severity,
                                                 '6 status', s.status, '7 treatment', s.treatment,
                                                 '8 countermeasure', s.countermeasure, '9 owner', s.owner_id)
                       from (select title, element, stride, description, severity, status, treatment, countermeasure,
                                    owner_id
                             from threat where feature_id = $1 and number = a.number and version = a.version
                             union all
                             select title, element, stride, description, severity, status, treatment, countermeasure,
                                    owner_id
                             from history.threat where feature_id = $1 and number = a.number and version = a.version) s
                       limit 1)
                   when 'record' then (
                       select jsonb_build_object('title', s.title, 'state', s.state, 'fields', s.fields)
                       from (select title, state, fields from record
                             where feature_id = $1 and kind = a.part and number = a.number and version = a.version
                             union all
                             select title, state, fields from history.record
                             where feature_id = $1 and kind = a.part and number = a.number and version = a.version) s
                       limit 1)
                   -- What was approved is what was asked for: no version of a waiver says anything else.
                   when 'waiver' then (
                       select jsonb_build_object('1 blocker', w.blocker, '2 reason', w.reason,
                                                 '3 compensation', w.compensation,
                                                 '4 until', to_char(w.until at time zone 'utc', 'YYYY-MM-DD HH24:MI'))
                       from waiver w where w.feature_id = $1 and w.number = a.number)
                   when 'evidence' then (
                       select jsonb_build_object('1 title', e.title, '2 kind', e.kind, '3 file', v.file_name,
                                                 '4 note', v.note, '5 sha-256', encode(v.digest, 'hex'))
                       from evidence e join evidence_version v on v.evidence_id = e.id
                       where e.feature_id = $1 and e.number = a.number and v.version = a.version)
                   when 'list' then (
                       select jsonb_build_object('points', array_to_string(s.points, e'\n'))
                       from (select points from product_list
                             where product_id = $6 and list = a.part and version = a.version
                             union all
                             select points from history.product_list
                             where product_id = $6 and list = a.part and version = a.version) s
                       limit 1)
                   -- Each edition that was published is a version: these were in force from that one on.
                   when 'standards' then (
                       select jsonb_build_object(
                                  'standards', string_agg(s.title || ', edition ' || s.edition, e'\n' order by s.title))
                       from coding_standard s
                       join (select p.published_at as at from coding_standard p where p.product_id = $6
                             order by p.published_at, p.id limit 1 offset greatest(a.version - 1, 0)) newest
                         on s.published_at <= newest.at and (s.superseded_at is null or s.superseded_at > newest.at)
                       where s.product_id = $6 and a.version > 0)
               end as said
               from unnest($2::text[], $3::text[], $4::int[], $5::int[])
                    with ordinality as a (kind, part, number, version, place)
               order by a.place"#,
            feature.id.uuid(),
            &self.kinds,
            &self.parts,
            &self.numbers,
            &self.versions,
            feature.product.uuid()
        )
        .fetch_all(connection)
        .await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(kind: ItemKind, key: &str) -> Difference {
        Difference { kind, key: key.to_owned(), then: Some(1), now: Some(2) }
    }

    #[test]
    fn only_what_differs_is_shown_in_the_order_of_reading() {
        let content = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect::<Content>()
        };
        let then = content(&[("title", "A"), ("note", "old"), ("gone", "x")]);
        let now = content(&[("title", "A"), ("note", "new"), ("added", "y")]);
        let found: Vec<_> = differing(&then, &now)
            .into_iter()
            .map(|field| (field.field, field.then.unwrap_or_default(), field.now.unwrap_or_default()))
            .collect();
        let wanted = [("note", "old", "new"), ("added", "", "y"), ("gone", "x", "")];
        assert_eq!(found, wanted.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    }

    #[test]
    fn people_are_named_only_where_a_field_holds_people() {
        let id = Uuid::from_u128(7);
        let people = BTreeMap::from([(id, "Ana Diaz".to_owned())]);
        let said = json!({"9 owner": id.to_string(), "1 title": id.to_string(), "4 description": null});
        let content = fields(&difference(ItemKind::Threat, "T-1"), &said, &people);
        assert_eq!(
            content,
            [("title".to_owned(), id.to_string()), ("owner".to_owned(), "Ana Diaz".to_owned())]
        );
    }

    #[test]
    fn a_records_fields_come_in_the_order_of_its_form() {
        let (kind, number) = (RecordKind::Requirement, 3);
        let names: Vec<&str> = kind.spec().fields.iter().map(|field| field.key).collect();
        let values: serde_json::Map<String, Value> =
            names.iter().rev().map(|name| ((*name).to_owned(), json!("x"))).collect();
        let said = json!({"title": "T", "state": "proposed", "fields": values});
        let content = fields(&difference(ItemKind::Record, &kind.key(number)), &said, &BTreeMap::new());
        let shown: Vec<&str> = content.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(shown, [&["title", "state"], names.as_slice()].concat());
    }
}
