//! What was signed at a gate and changed after it opened. Work that goes on is no drift: a record that comes into its
//! next state, a field that was empty, a further reference. What was said and is said differently now, is; and so is a
//! record that falls behind or is set aside.

use serde_json::{Value, json};
use sluice_domain::{
    dossier::{Difference, Item, ItemKind, still_says},
    gate::Passed,
    record::{RecordKind, RecordRef},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Gate, build::Built};
use crate::error::{Error, Result};

/// What was signed at one gate, as far as it may have drifted.
#[derive(Default)]
pub(super) struct Signed {
    pub(super) candidates: Vec<Candidate>,
}

/// An item that is in another version than the signed one.
pub(super) struct Candidate {
    /// The item as it was signed.
    pub(super) item: Item,
    /// Its version now, if it is still there.
    pub(super) version: Option<i32>,
    /// What it says now; nothing where each version is another.
    pub(super) says: Option<Value>,
}

impl Candidate {
    /// Whether what it says now is still what it said when it was signed. Where the states of a record lead is for its
    /// kind to say: a requirement that was accepted and is dropped says the same in every field.
    fn still_says(&self, mut then: Value, now: &Value) -> bool {
        if self.item.kind == ItemKind::Record {
            let signed = then.get_mut("state").map(Value::take).unwrap_or_default();
            let goes_on = RecordKind::from_key(&self.item.key)
                .zip(signed.as_str().zip(now.get("state").and_then(Value::as_str)))
                .is_some_and(|((kind, _), (signed, now))| kind.spec().goes_on(signed, now));
            if !goes_on {
                return false;
            }
        }
        still_says(&then, now)
    }

    fn difference(&self) -> Difference {
        Difference {
            kind: self.item.kind,
            key: self.item.key.clone(),
            then: Some(self.item.version),
            now: self.version,
        }
    }
}

/// Reads what the candidates said when they were signed, with one query for all of them, and notes the drift.
pub(super) async fn find(
    connection: &mut PgConnection,
    gates: &[Gate<'_>],
    built: &mut [Built],
) -> Result<()> {
    let mut asked = Asked::default();
    for (gate, built) in gates.iter().zip(built.iter()) {
        for (earlier, signed) in built.gathered.situation.earlier.iter().zip(&built.signed) {
            for candidate in signed.candidates.iter().filter(|candidate| candidate.says.is_some()) {
                asked.push(gate.feature.id.uuid(), earlier.phase.as_str(), &candidate.item)?;
            }
        }
    }
    let said = asked.read(connection).await?;
    let mut said = said.into_iter();
    for built in built {
        let Built { gathered, signed } = built;
        for (earlier, signed) in gathered.situation.earlier.iter_mut().zip(signed) {
            let mut found = Vec::new();
            for candidate in &signed.candidates {
                let drifted = match &candidate.says {
                    None => true,
                    // In the order in which they were asked for. What cannot be found any more counts as changed.
                    Some(now) => !said.next().flatten().is_some_and(|then| candidate.still_says(then, now)),
                };
                if drifted {
                    found.push(candidate.difference());
                }
            }
            if let Passed::Opened { drift, .. } = &mut earlier.passed {
                *drift = found;
            }
        }
    }
    Ok(())
}

fn unreadable() -> Error {
    Error::internal("a dossier names an item that cannot be read")
}

/// Versions that are asked for, column by column.
#[derive(Default)]
struct Asked {
    features: Vec<Uuid>,
    kinds: Vec<String>,
    parts: Vec<String>,
    numbers: Vec<i32>,
    versions: Vec<i32>,
}

impl Asked {
    fn push(&mut self, feature: Uuid, phase: &str, item: &Item) -> Result<()> {
        let (part, number) = match item.kind {
            ItemKind::Control => (format!("{phase}/{}", item.key), 0),
            ItemKind::Record => {
                let (kind, number) = RecordKind::from_key(&item.key).ok_or_else(unreadable)?;
                (kind.code().to_owned(), number)
            }
            ItemKind::Threat => match item.key.parse() {
                Ok(RecordRef::Threat(number)) => (String::new(), number),
                _ => return Err(unreadable()),
            },
            _ => (String::new(), 0),
        };
        self.features.push(feature);
        self.kinds.push(item.kind.code().to_owned());
        self.parts.push(part);
        self.numbers.push(number);
        self.versions.push(item.version);
        Ok(())
    }

    /// What each version said, in the order of the asking; an empty question costs no query.
    async fn read(&self, connection: &mut PgConnection) -> Result<Vec<Option<Value>>> {
        if self.features.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query_scalar!(
            r#"select coalesce(
                   (select jsonb_build_object('title', h.title, 'description', h.description) from history.feature h
                    where a.kind = 'scope' and h.id = a.feature and h.scope_version = a.version limit 1),
                   (select jsonb_build_object('mark', nullif(h.mark, 'open'), 'note', h.note) from history.control h
                    where a.kind = 'control' and h.feature_id = a.feature and h.phase || '/' || h.control = a.part
                      and h.version = a.version limit 1),
                   (select jsonb_build_object('scope', h.scope, 'threats', h.threats, 'response', h.response,
                                              'review', h.review) from history.threat_model h
                    where a.kind = 'threat-model' and h.feature_id = a.feature and h.version = a.version limit 1),
                   (select jsonb_build_object('title', h.title, 'element', h.element, 'stride', h.stride,
                                              'description', h.description, 'severity', h.severity,
                                              'treatment', h.treatment, 'countermeasure', h.countermeasure)
                    from history.threat h
                    where a.kind = 'threat' and h.feature_id = a.feature and h.number = a.number
                      and h.version = a.version limit 1),
                   (select jsonb_build_object('title', h.title, 'state', h.state, 'fields', h.fields) from history.record h
                    where a.kind = 'record' and h.feature_id = a.feature and h.kind = a.part and h.number = a.number
                      and h.version = a.version limit 1)
               ) as said
               from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[])
                    with ordinality as a (feature, kind, part, number, version, place)
               order by a.place"#,
            &self.features,
            &self.kinds,
            &self.parts,
            &self.numbers,
            &self.versions
        )
        .fetch_all(connection)
        .await?;
        Ok(rows.into_iter().map(|said| said.filter(|said| *said != json!(null))).collect())
    }
}
