use sluice_domain::{
    ids::{FeatureKey, Id, PersonId},
    threat::{Severity, Stride, ThreatStatus, Treatment},
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    features::{
        FeatureSummary,
        page::{Opened, open},
    },
    phases::{AttachedEvidence, attached},
};

/// The threat model.
#[derive(Clone, Debug)]
pub struct ThreatModelPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// What are we working on?
    pub scope: String,
    /// What can go wrong?
    pub threats_answer: String,
    /// What are we going to do about it?
    pub response: String,
    /// Did we do a good job?
    pub review: String,
    /// The version, for edits; 0 while nothing was answered.
    pub version: i32,
    /// Who answered last, and when.
    pub by: Option<(String, OffsetDateTime)>,
    /// The threats, the worst first.
    pub threats: Vec<ThreatItem>,
}

/// One threat.
#[derive(Clone, Debug)]
pub struct ThreatItem {
    /// Number, as in `T-4`.
    pub number: i32,
    /// What can go wrong, in a line.
    pub title: String,
    /// Where.
    pub element: String,
    /// What kind of thing.
    pub stride: Stride,
    /// How it would happen, in Markdown.
    pub description: String,
    /// How bad it would be.
    pub severity: Severity,
    /// What is done about it.
    pub treatment: Option<Treatment>,
    /// What exactly.
    pub countermeasure: String,
    /// Who sees to it.
    pub owner: Option<(PersonId, String)>,
    /// Where the work on it stands.
    pub status: ThreatStatus,
    /// The version, for edits.
    pub version: i32,
    /// Who wrote this version.
    pub author: String,
    /// When.
    pub changed_at: OffsetDateTime,
    /// Evidence attached to it.
    pub evidence: Vec<AttachedEvidence>,
}

/// One threat, with the people who can own it.
#[derive(Clone, Debug)]
pub struct ThreatPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The threat; `None` for the form of a new one.
    pub threat: Option<ThreatItem>,
    /// People of the product.
    pub people: Vec<(PersonId, String)>,
}

impl Service {
    /// The threat model of a feature.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no feature that the actor may see.
    pub async fn threat_model_page(&self, actor: &Actor, key: &FeatureKey) -> Result<ThreatModelPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let model = sqlx::query!(
            "select m.scope, m.threats, m.response, m.review, m.version, m.changed_at, a.name as author
             from threat_model m join person a on a.id = m.author_id where m.feature_id = $1",
            feature.id.uuid()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let threats = threats(&mut connection, feature.id.uuid(), None, None).await?;
        let mut page = ThreatModelPage {
            summary,
            scope: String::new(),
            threats_answer: String::new(),
            response: String::new(),
            review: String::new(),
            version: 0,
            by: None,
            threats,
        };
        if let Some(model) = model {
            page.scope = model.scope;
            page.threats_answer = model.threats;
            page.response = model.response;
            page.review = model.review;
            page.version = model.version;
            page.by = Some((model.author, model.changed_at));
        }
        Ok(page)
    }

    /// One threat, or the form of a new one where `number` is `None`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the actor may see.
    pub async fn threat_page(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        number: Option<i32>,
    ) -> Result<ThreatPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let threat = match number {
            None => None,
            Some(number) => Some(
                threats(&mut connection, feature.id.uuid(), Some(number), None)
                    .await?
                    .pop()
                    .ok_or(Error::NotFound)?,
            ),
        };
        let people = sqlx::query!(
            "select id, name from person p
             where disabled_at is null
               and exists (select from product_grant g where g.person_id = p.id and g.product_id = $1)
             order by name limit 500",
            feature.product.uuid()
        )
        .fetch_all(&mut *connection)
        .await?;
        let people = people.into_iter().map(|row| (Id::new(row.id), row.name)).collect();
        Ok(ThreatPage { summary, threat, people })
    }
}

/// The threats of a feature, the worst first; one of them where a number is given, some of them where there is a limit.
pub(crate) async fn threats(
    connection: &mut PgConnection,
    feature: uuid::Uuid,
    number: Option<i32>,
    most: Option<i64>,
) -> Result<Vec<ThreatItem>> {
    let rows = sqlx::query!(
        r#"select t.number, t.title, t.element, t.stride, t.description, t.severity, t.treatment, t.countermeasure,
                  t.owner_id, o.name as "owner_name?", t.status, t.version, t.changed_at, a.name as author
           from threat t
           join person a on a.id = t.author_id
           left join person o on o.id = t.owner_id
           where t.feature_id = $1 and ($2::int is null or t.number = $2)
           order by array_position(array['critical', 'high', 'medium', 'low'], t.severity), t.number
           limit $3"#,
        feature,
        number,
        most
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut evidence = attached(connection, Id::new(feature), "threat", "").await?;
    let unknown = || Error::internal("unknown code in a threat");
    rows.into_iter()
        .map(|row| {
            Ok(ThreatItem {
                number: row.number,
                title: row.title,
                element: row.element,
                stride: Stride::from_code(&row.stride).ok_or_else(unknown)?,
                description: row.description,
                severity: Severity::from_code(&row.severity).ok_or_else(unknown)?,
                treatment: row.treatment.as_deref().and_then(Treatment::from_code),
                countermeasure: row.countermeasure,
                owner: row.owner_id.map(Id::new).zip(row.owner_name),
                status: ThreatStatus::from_code(&row.status).ok_or_else(unknown)?,
                version: row.version,
                author: row.author,
                changed_at: row.changed_at,
                evidence: evidence.remove(&row.number.to_string()).unwrap_or_default(),
            })
        })
        .collect()
}
