use bytes::Bytes;
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use sluice_domain::{
    access::{Action, Role, WorkspaceRole},
    audit::{Authentication, Object, ObjectKind, Value, Verb},
    csv::inert,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    entry::{HistoryChange, HistoryEntry},
    filter::HistoryFilter,
    select::{Selection, events},
};
use crate::{
    Service,
    actor::Actor,
    db::{Database, write::uncancelled},
    error::{Error, Result},
};

/// Events read at once, so that memory does not grow with the history.
const BATCH: i64 = 500;

const COLUMNS: [&str; 17] = [
    "time",
    "event",
    "actor",
    "actor id",
    "role",
    "workspace role",
    "authentication",
    "action",
    "object kind",
    "object",
    "object id",
    "product",
    "feature",
    "changes",
    "reason",
    "address",
    "request",
];

/// An export of the history on its way out.
pub struct HistoryExport {
    /// A name for the file.
    pub file_name: String,
    /// The bytes: CSV as RFC 4180 has it, in UTF-8, a header first.
    pub stream: BoxStream<'static, Result<Bytes>>,
}

impl Service {
    /// Exports the events of a filter, all pages of them. That somebody exported is an event itself, stored before the
    /// first byte leaves.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody but auditors.
    pub async fn export_csv(&self, actor: &Actor, filter: &HistoryFilter) -> Result<HistoryExport> {
        // An export begins at the newest event, on whatever page its button was.
        let filter = HistoryFilter { after: None, ..filter.clone() };
        let at = self.note_export(actor, &filter).await?;
        let mut connection = self.db.reads().acquire().await?;
        let selection = Selection::look_up(&mut connection, &filter).await?;
        let start = Exporting { db: self.db.clone(), selection, header: true };
        let stream = stream::try_unfold(start, |mut exporting| async move {
            Ok::<_, Error>(exporting.next_batch().await?.map(|bytes| (bytes, exporting)))
        })
        .boxed();
        Ok(HistoryExport { file_name: format!("sluice-history-{}.csv", at.date()), stream })
    }

    /// Stores the event of an export. Returns its instant.
    async fn note_export(&self, actor: &Actor, filter: &HistoryFilter) -> Result<OffsetDateTime> {
        let (service, actor, filter) = (self.clone(), actor.clone(), filter.clone());
        uncancelled(|token| async move {
            let mut write = service.db.begin(&token, &actor.origin).await?.at_now().await?;
            let permit = write.authorize_workspace(&actor, Action::ReadHistory).await?;
            let object = Object::new(ObjectKind::History, "workspace", "");
            let mut event = write.event(&permit, Verb::HistoryExported, object);
            event
                .change("person", Value::None, filter.person.map_or(Value::None, Value::code))
                .change(
                    "action",
                    Value::None,
                    filter.verb.map_or(Value::None, |verb| Value::code(verb.code())),
                )
                .change("object", Value::None, filter.object.map_or(Value::None, Value::code))
                .change("from", Value::None, filter.from.map_or(Value::None, Value::Day))
                .change("to", Value::None, filter.to.map_or(Value::None, Value::Day));
            let at = write.now;
            write.commit(event, Vec::new()).await?;
            Ok(at)
        })
        .await
    }
}

/// How far an export is.
struct Exporting {
    db: Database,
    /// What is left; nothing at the end.
    selection: Option<Selection>,
    header: bool,
}

impl Exporting {
    /// The next bytes. No connection is held while a slow client takes them.
    async fn next_batch(&mut self) -> Result<Option<Bytes>> {
        let found = match &mut self.selection {
            None => Vec::new(),
            Some(selection) => {
                let mut connection = self.db.reads().acquire().await?;
                let found = events(&mut connection, selection, None, BATCH).await?;
                if let Some(last) = found.last() {
                    selection.after = Some((last.at, last.id.uuid()));
                }
                found
            }
        };
        if found.is_empty() {
            self.selection = None;
        }
        if found.is_empty() && !self.header {
            return Ok(None);
        }
        let bytes = to_csv(self.header, &found)?;
        self.header = false;
        Ok(Some(Bytes::from(bytes)))
    }
}

fn to_csv(header: bool, entries: &[HistoryEntry]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // The writer's line end is CRLF only when asked for.
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
    if header {
        writer.write_record(COLUMNS).map_err(Error::internal)?;
    }
    for entry in entries {
        let cells = cells(entry)?;
        writer.write_record(cells.iter().map(|cell| inert(cell).into_owned())).map_err(Error::internal)?;
    }
    writer.flush().map_err(Error::internal)?;
    drop(writer);
    Ok(bytes)
}

/// One cell a column. Codes, not words: they mean the same in every version and language.
fn cells(entry: &HistoryEntry) -> Result<[String; COLUMNS.len()]> {
    let changes: Vec<String> = entry.changes.iter().map(change).collect();
    Ok([
        entry.at.format(&Rfc3339).map_err(Error::internal)?,
        entry.id.to_string(),
        entry.actor_name.clone(),
        entry.actor.map(|id| id.to_string()).unwrap_or_default(),
        entry.role.map(Role::code).unwrap_or_default().to_owned(),
        entry.workspace_role.map(WorkspaceRole::code).unwrap_or_default().to_owned(),
        entry.authentication.map(Authentication::code).unwrap_or_default().to_owned(),
        entry.verb_code.clone(),
        entry.object_kind_code.clone(),
        entry.object_name.clone(),
        entry.object_id.clone(),
        entry.product.as_ref().map(ToString::to_string).unwrap_or_default(),
        entry.feature.as_ref().map(ToString::to_string).unwrap_or_default(),
        changes.join("\n"),
        entry.reason.clone().unwrap_or_default(),
        entry.address.clone().unwrap_or_default(),
        entry.request.map(|id| id.to_string()).unwrap_or_default(),
    ])
}

fn change(change: &HistoryChange) -> String {
    let old = change.old.as_deref().unwrap_or("(none)");
    let new = change.new.as_deref().unwrap_or("(none)");
    format!("{}: {old} → {new}", change.field)
}

#[cfg(test)]
mod tests {
    use sluice_domain::ids::Id;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    fn entry() -> HistoryEntry {
        HistoryEntry {
            id: Id::new(Uuid::from_u128(1)),
            at: datetime!(2026-11-04 14:02:03 UTC),
            actor: None,
            actor_name: "=cmd|'/C calc'!A0".into(),
            role: Some(Role::Qa),
            workspace_role: None,
            authentication: None,
            verb: Some(Verb::FeatureEdited),
            verb_code: Verb::FeatureEdited.code().into(),
            object_kind: Some(ObjectKind::Feature),
            object_kind_code: "feature".into(),
            object_id: "f".into(),
            object_name: "PAY-12".into(),
            product: "PAY".parse().ok(),
            feature: "PAY-12".parse().ok(),
            changes: vec![HistoryChange {
                field: "tier".into(),
                old: None,
                new: Some("high, \"very\"".into()),
            }],
            reason: Some("-1".into()),
            request: None,
            address: None,
        }
    }

    #[test]
    fn the_export_is_rfc_4180_and_runs_no_formula() {
        let csv = String::from_utf8(to_csv(true, &[entry()]).expect("csv")).expect("utf-8");
        let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 2, "{csv}");
        assert_eq!(lines[0], COLUMNS.join(","));
        assert!(lines[1].starts_with("2026-11-04T14:02:03Z,00000000-"), "{csv}");
        assert!(lines[1].contains(",'=cmd|'/C calc'!A0,"), "{csv}");
        assert!(lines[1].contains(r#","tier: (none) → high, ""very""",'-1,"#), "{csv}");
    }

    #[test]
    fn later_batches_have_no_header() {
        let csv = String::from_utf8(to_csv(false, &[entry()]).expect("csv")).expect("utf-8");
        assert!(csv.starts_with("2026"));
    }
}
