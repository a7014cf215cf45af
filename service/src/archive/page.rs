use sluice_domain::{access::Action, canonical::Digest, ids::FeatureKey};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    Service,
    actor::Actor,
    db::read::{demand, read_grants},
    error::{Error, Result},
    evidence::{StoredFile, stored},
    features::{
        FeatureSummary,
        page::{Opened, open},
        row::{self, digest},
    },
};

/// Archives on one page.
const PAGE: usize = 50;

/// The archives of a feature.
#[derive(Clone, Debug)]
pub struct ArchivePage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// Whether the newest archive is the whole record as it is now, the review of the current gate apart; nothing where no
    /// gate is left.
    pub covers_gate: Option<bool>,
    /// How much happened since the newest archive was made: events. Nothing where there is no archive.
    pub since: Option<i64>,
    /// The archives, newest first.
    pub items: Vec<ArchiveItem>,
    /// Where the next page begins, if there is one.
    pub next: Option<i32>,
}

/// One archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveItem {
    /// Its number within the feature, from 1.
    pub number: i32,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// The size of the file in bytes.
    pub size: u64,
    /// Digest of the dossier of the gate at which the feature stood.
    pub covers: Digest,
    /// Who made it.
    pub author: String,
    /// When.
    pub made_at: OffsetDateTime,
}

impl Service {
    /// The archives of a feature, those before a number where one is given.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such feature that the actor may see.
    pub async fn archive_page(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        before: Option<i32>,
    ) -> Result<ArchivePage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, gathered } = open(self, &mut connection, actor, key).await?;
        let covers_gate = gathered.map(|gathered| gathered.situation.facts.archived);
        // An archive's own event has its instant, so it does not count as having happened since.
        let since = sqlx::query_scalar!(
            r#"select (select count(*) from audit.event e where e.feature_id = $1 and e.at > newest.created_at)
                      as "since!"
               from archive newest where newest.feature_id = $1 order by newest.number desc limit 1"#,
            feature.id.uuid()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let mut items = items(&mut connection, feature.id.uuid(), before).await?;
        let more = items.len() > PAGE;
        items.truncate(PAGE);
        let next = items.last().filter(|_| more).map(|item| item.number);
        Ok(ArchivePage { summary, covers_gate, since, items, next })
    }

    /// Opens an archive for download.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the actor may see.
    pub async fn download_archive(&self, actor: &Actor, key: &FeatureKey, number: i32) -> Result<StoredFile> {
        let mut connection = self.db.reads().acquire().await?;
        let feature = row::find(&mut connection, &self.policies, key).await?;
        let grants = read_grants(&mut connection, actor, feature.product).await?;
        demand(&grants, actor, Action::ReadProduct).map_err(|_| Error::NotFound)?;
        let row = sqlx::query!(
            "select a.digest, b.size from archive a join blob b on b.digest = a.digest
             where a.feature_id = $1 and a.number = $2",
            feature.id.uuid(),
            number
        )
        .fetch_optional(&mut *connection)
        .await?
        .ok_or(Error::NotFound)?;
        let (digest, size) = (digest(&row.digest)?, u64::try_from(row.size).map_err(Error::internal)?);
        Ok(StoredFile {
            file_name: format!("{}-archive-{number}.json", feature.key),
            size,
            digest,
            stream: stored(self.db.clone(), digest, size),
        })
    }
}

async fn items(
    connection: &mut PgConnection,
    feature: uuid::Uuid,
    before: Option<i32>,
) -> Result<Vec<ArchiveItem>> {
    let rows = sqlx::query!(
        "select a.number, a.digest, a.covers, a.created_at, b.size, p.name as author
         from archive a join blob b on b.digest = a.digest join person p on p.id = a.author_id
         where a.feature_id = $1 and ($2::int is null or a.number < $2)
         order by a.number desc limit $3",
        feature,
        before,
        i64::try_from(PAGE + 1).map_err(Error::internal)?
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ArchiveItem {
                number: row.number,
                digest: digest(&row.digest)?,
                size: u64::try_from(row.size).map_err(Error::internal)?,
                covers: digest(&row.covers)?,
                author: row.author,
                made_at: row.created_at,
            })
        })
        .collect()
}
