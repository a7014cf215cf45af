//! The risk questionnaire: what its answers would change, and the answers themselves, which set the tier.

mod effect;
mod rate;

pub use effect::RiskEffect;
pub use rate::RateFeature;

use sluice_domain::{
    ids::{FeatureId, FeatureKey},
    record::{
        RecordKind, Values,
        risk::{Assessment, assess},
    },
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    Service,
    actor::Actor,
    error::Result,
    features::{FeatureSummary, page::open},
    records::store,
};

/// The answers that a feature was rated by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rated {
    /// The answers, and what else was said.
    pub answers: Values,
    /// What the answers come to. The feature's own tier may be higher.
    pub assessment: Assessment,
    /// The version, for edits.
    pub version: i32,
    /// Who answered.
    pub author: String,
    /// When.
    pub at: OffsetDateTime,
}

/// The questionnaire of a feature.
#[derive(Clone, Debug)]
pub struct RiskPage {
    /// The header.
    pub summary: FeatureSummary,
    /// The answers, where somebody gave them.
    pub rated: Option<Rated>,
}

/// The answers that a feature was rated by; `None` where nobody answered yet.
pub(crate) async fn rated(connection: &mut PgConnection, feature: FeatureId) -> Result<Option<Rated>> {
    let row = sqlx::query!(
        "select r.fields, r.version, r.changed_at, p.name
         from record r join person p on p.id = r.author_id
         where r.feature_id = $1 and r.kind = $2 and r.number = 1",
        feature.uuid(),
        RecordKind::Risk.code()
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        let answers = store::values(row.fields)?;
        let assessment = assess(&answers);
        Ok(Rated { answers, assessment, version: row.version, author: row.name, at: row.changed_at })
    })
    .transpose()
}

impl Service {
    /// The risk questionnaire of a feature, with the answers that there are.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is no feature that the actor may see.
    pub async fn risk_page(&self, actor: &Actor, key: &FeatureKey) -> Result<RiskPage> {
        let mut connection = self.db.reads().acquire().await?;
        let opened = open(self, &mut connection, actor, key).await?;
        let rated = rated(&mut connection, opened.feature.id).await?;
        Ok(RiskPage { summary: opened.summary, rated })
    }
}
