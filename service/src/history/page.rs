use sluice_domain::{
    access::Action,
    ids::{FeatureKey, Id, PersonId},
};
use time::OffsetDateTime;

use super::{
    entry::HistoryEntry,
    filter::HistoryFilter,
    select::{Selection, events, feature_events},
};
use crate::{
    Service,
    actor::Actor,
    error::Result,
    features::{
        FeatureSummary, cursor,
        page::{Opened, open},
        parse_cursor,
    },
};

/// Events on one page.
const PAGE: usize = 50;

/// One event more than a page shows, to know whether there is a next one.
const LIMIT: i64 = 51;

/// One page of the history, newest first.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    /// The events.
    pub items: Vec<HistoryEntry>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// One page of a feature's own history, newest first.
#[derive(Clone, Debug)]
pub struct FeatureHistory {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The events.
    pub items: Vec<HistoryEntry>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl Service {
    /// The history of the whole workspace.
    ///
    /// # Errors
    /// [`crate::Error::Denied`] for everybody but auditors.
    pub async fn history(&self, actor: &Actor, filter: &HistoryFilter) -> Result<HistoryPage> {
        Self::demand_workspace(actor, Action::ReadHistory)?;
        let now = self.now().await?;
        let mut connection = self.db.reads().acquire().await?;
        let Some(selection) = Selection::look_up(&mut connection, filter).await? else {
            return Ok(HistoryPage { items: Vec::new(), next: None, now });
        };
        let (items, next) = page(events(&mut connection, &selection, Some(&self.policies), LIMIT).await?);
        Ok(HistoryPage { items, next, now })
    }

    /// The history of one feature, from where the page before ended.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is no such feature that the actor may see.
    pub async fn feature_history(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        after: Option<&str>,
    ) -> Result<FeatureHistory> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let after = after.and_then(parse_cursor);
        let (items, next) =
            page(feature_events(&mut connection, &self.policies, feature.id, after, LIMIT).await?);
        Ok(FeatureHistory { summary, items, next })
    }

    /// People who did something, for the filter: id and name, by name.
    ///
    /// # Errors
    /// [`crate::Error::Denied`] for everybody but auditors.
    pub async fn people_who_acted(&self, actor: &Actor) -> Result<Vec<(PersonId, String)>> {
        Self::demand_workspace(actor, Action::ReadHistory)?;
        let rows = sqlx::query!(
            "select p.id, p.name from person p
             where exists (select from audit.event e where e.actor = p.id)
             order by p.name, p.id
             limit 500"
        )
        .fetch_all(self.db.reads())
        .await?;
        Ok(rows.into_iter().map(|row| (Id::new(row.id), row.name)).collect())
    }
}

/// Cuts a page off, and says where the next one begins.
fn page(mut items: Vec<HistoryEntry>) -> (Vec<HistoryEntry>, Option<String>) {
    let more = items.len() > PAGE;
    items.truncate(PAGE);
    let next = items.last().filter(|_| more).map(|entry| cursor(entry.at, entry.id.uuid()));
    (items, next)
}
