use std::collections::BTreeSet;

use futures::{Stream, TryStreamExt as _};
use serde_json::Value;
use sluice_domain::canonical;
use uuid::Uuid;

use crate::{
    error::Result,
    evidence::{Spool, Spooled},
};

/// How much is gathered before it goes to the temporary file.
const PIECE: usize = 64 * 1024;

/// Writes one canonical JSON object (RFC 8785), a row at a time: a record is never in memory as a whole.
///
/// The caller gives the names of an object in their order; the rows sort their own.
pub(super) struct Writer {
    spool: Spool,
    text: String,
    /// Whether the next name is the first one of its object.
    first: bool,
    /// Ids in the rows that may be ids of people.
    ids: BTreeSet<Uuid>,
}

impl Writer {
    /// Begins the file.
    pub(super) async fn begin() -> Result<Self> {
        Ok(Self {
            spool: Spool::begin(u64::MAX).await?,
            text: String::new(),
            first: true,
            ids: BTreeSet::new(),
        })
    }

    /// Begins an object; `None` for the outermost.
    pub(super) fn open(&mut self, name: Option<&str>) {
        if let Some(name) = name {
            self.name(name);
        }
        self.text.push('{');
        self.first = true;
    }

    /// Ends the object that was begun last.
    pub(super) fn close(&mut self) {
        self.text.push('}');
        self.first = false;
    }

    /// A name with its value.
    pub(super) fn value(&mut self, name: &str, value: &Value) {
        self.name(name);
        self.text.push_str(&canonical::to_string(value));
    }

    /// A name with a list of rows.
    pub(super) async fn rows(
        &mut self,
        name: &str,
        rows: impl Stream<Item = sqlx::Result<Value>> + Send,
    ) -> Result<()> {
        self.name(name);
        self.text.push('[');
        let mut rows = std::pin::pin!(rows);
        let mut first = true;
        while let Some(row) = rows.try_next().await? {
            if !std::mem::take(&mut first) {
                self.text.push(',');
            }
            self.note_ids(&row);
            self.text.push_str(&canonical::to_string(&row));
            if self.text.len() >= PIECE {
                self.spool.write(self.text.as_bytes()).await?;
                self.text.clear();
            }
        }
        self.text.push(']');
        Ok(())
    }

    /// Ids that rows named so far, people's among them.
    pub(super) fn ids(&self) -> Vec<Uuid> {
        self.ids.iter().copied().collect()
    }

    /// The whole file.
    pub(super) async fn finish(mut self) -> Result<Spooled> {
        self.spool.write(self.text.as_bytes()).await?;
        Ok(self.spool.finish().await?)
    }

    fn name(&mut self, name: &str) {
        if !std::mem::take(&mut self.first) {
            self.text.push(',');
        }
        self.text.push_str(&canonical::to_string(&Value::from(name)));
        self.text.push(':');
    }

    fn note_ids(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.ids.extend(text.parse::<Uuid>().ok()),
            Value::Array(items) => items.iter().for_each(|item| self.note_ids(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.note_ids(field)),
            _ => {}
        }
    }
}
