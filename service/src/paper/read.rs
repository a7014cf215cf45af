use std::collections::{BTreeMap, BTreeSet};

use sluice_domain::{
    access::Role,
    audit::Authentication,
    gate::{Mark, Verdict},
    ids::FeatureId,
    policy::{EvidenceKind, Tier},
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::file::{Attempt, AttemptEnd, AttemptOutcome, FiledEvidence, FiledSignOff, FiledVersion};
use crate::{
    error::{Error, Result},
    evidence::Target,
    features::row::digest,
};

/// The most things of one kind that are printed or traced. What is left out is said.
pub(super) const MOST: i64 = 5_000;

/// Answers to the four questions of the threat model.
#[derive(Clone, Debug)]
pub struct ThreatAnswers {
    /// What are we working on?
    pub scope: String,
    /// What can go wrong?
    pub threats: String,
    /// What are we going to do about it?
    pub response: String,
    /// Did we do a good job?
    pub review: String,
    /// The version.
    pub version: i32,
    /// Who answered last.
    pub author: String,
    /// When.
    pub changed_at: OffsetDateTime,
}

pub(super) async fn threat_answers(
    connection: &mut PgConnection,
    feature: FeatureId,
) -> Result<Option<ThreatAnswers>> {
    Ok(sqlx::query_as!(
        ThreatAnswers,
        "select m.scope, m.threats, m.response, m.review, m.version, a.name as author, m.changed_at
         from threat_model m join person a on a.id = m.author_id where m.feature_id = $1",
        feature.uuid()
    )
    .fetch_optional(connection)
    .await?)
}

/// What was said of a control.
pub(super) struct Said {
    pub(super) mark: Mark,
    pub(super) note: String,
    pub(super) version: i32,
    pub(super) author: String,
    pub(super) changed_at: OffsetDateTime,
}

/// What was said of the controls, by phase and control.
pub(super) async fn controls(
    connection: &mut PgConnection,
    feature: FeatureId,
) -> Result<BTreeMap<(String, String), Said>> {
    let rows = sqlx::query!(
        "select c.phase, c.control, c.mark, c.note, c.version, c.changed_at, a.name as author
         from control c join person a on a.id = c.author_id where c.feature_id = $1",
        feature.uuid()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let said = Said {
                mark: Mark::from_code(&row.mark).ok_or_else(|| Error::internal("unknown mark"))?,
                note: row.note,
                version: row.version,
                author: row.author,
                changed_at: row.changed_at,
            };
            Ok(((row.phase, row.control), said))
        })
        .collect()
}

/// The attempts at the gates by phase, in order.
pub(super) async fn attempts(
    connection: &mut PgConnection,
    feature: FeatureId,
) -> Result<BTreeMap<String, Vec<Attempt>>> {
    let rows = sqlx::query!(
        r#"select t.phase, t.cycle, t.started_at, t.requested_at, r.name as "requested_by?", t.ended_at, t.outcome,
                  t.tier, e.name as "ended_by?", t.reason, t.owed_until, t.paid_at, t.undone_at
           from gate_attempt t
           left join person r on r.id = t.requested_by
           left join person e on e.id = t.ended_by
           where t.feature_id = $1
           order by t.started_at, t.cycle limit $2"#,
        feature.uuid(),
        MOST
    )
    .fetch_all(connection)
    .await?;
    let mut attempts: BTreeMap<String, Vec<Attempt>> = BTreeMap::new();
    for row in rows {
        attempts.entry(row.phase).or_default().push(Attempt {
            cycle: row.cycle,
            started_at: row.started_at,
            requested: row.requested_by.zip(row.requested_at),
            ended: row.ended_at.map(|at| AttemptEnd {
                at,
                how: match row.outcome.as_deref() {
                    Some("opened") => AttemptOutcome::Opened,
                    Some("owed") => AttemptOutcome::Owed { until: row.owed_until, paid_at: row.paid_at },
                    Some("moved-back") => AttemptOutcome::MovedBack,
                    _ => AttemptOutcome::Returned,
                },
                undone_at: row.undone_at,
                tier: row.tier.as_deref().and_then(Tier::from_code),
                by: row.ended_by,
                reason: row.reason,
            }),
        });
    }
    Ok(attempts)
}

/// The sign-offs by phase, in order, ended ones included.
pub(super) async fn sign_offs(
    connection: &mut PgConnection,
    feature: FeatureId,
) -> Result<BTreeMap<String, Vec<FiledSignOff>>> {
    let rows = sqlx::query!(
        "select phase, cycle, printed_name, role, verdict, meaning, reason, dossier, authentication, signed_at, ended,
                ended_at, ended_reason
         from sign_off where feature_id = $1 order by signed_at, id limit $2",
        feature.uuid(),
        MOST
    )
    .fetch_all(connection)
    .await?;
    let mut sign_offs: BTreeMap<String, Vec<FiledSignOff>> = BTreeMap::new();
    for row in rows {
        sign_offs.entry(row.phase).or_default().push(FiledSignOff {
            cycle: row.cycle,
            name: row.printed_name,
            role: Role::from_code(&row.role).ok_or_else(|| Error::internal("unknown role"))?,
            verdict: Verdict::from_code(&row.verdict).ok_or_else(|| Error::internal("unknown verdict"))?,
            meaning: row.meaning,
            reason: row.reason,
            dossier: digest(&row.dossier)?,
            authentication: Authentication::from_code(&row.authentication),
            signed_at: row.signed_at,
            ended: row.ended.zip(row.ended_at).map(|(how, at)| (how, at, row.ended_reason)),
        });
    }
    Ok(sign_offs)
}

/// What each item of evidence is attached to, by the item's number.
pub(super) async fn uses(
    connection: &mut PgConnection,
    feature: FeatureId,
) -> Result<BTreeMap<i32, BTreeSet<Target>>> {
    let rows = sqlx::query!(
        "select e.number, u.target_kind, u.phase, u.target
         from evidence_use u join evidence e on e.id = u.evidence_id where u.feature_id = $1",
        feature.uuid()
    )
    .fetch_all(connection)
    .await?;
    let mut uses: BTreeMap<i32, BTreeSet<Target>> = BTreeMap::new();
    for row in rows {
        let target = Target::from_columns(&row.target_kind, &row.phase, &row.target)?;
        uses.entry(row.number).or_default().insert(target);
    }
    Ok(uses)
}

/// The evidence with its versions, by number; the newest version last.
pub(super) async fn evidence(
    connection: &mut PgConnection,
    feature: FeatureId,
    uses: &mut BTreeMap<i32, BTreeSet<Target>>,
) -> Result<Vec<FiledEvidence>> {
    let rows = sqlx::query!(
        "select e.number, e.title, e.kind, v.version, v.file_name, v.media_type, v.digest, v.note, v.uploaded_at,
                b.size, p.name as author
         from (select * from evidence where feature_id = $1 order by number limit $2) e
         join evidence_version v on v.evidence_id = e.id
         join blob b on b.digest = v.digest
         join person p on p.id = v.author_id
         order by e.number, v.version",
        feature.uuid(),
        MOST
    )
    .fetch_all(connection)
    .await?;
    let mut items: Vec<FiledEvidence> = Vec::new();
    for row in rows {
        let version = FiledVersion {
            version: row.version,
            file_name: row.file_name,
            media_type: row.media_type,
            size: u64::try_from(row.size).map_err(Error::internal)?,
            digest: digest(&row.digest)?,
            note: row.note,
            author: row.author,
            uploaded_at: row.uploaded_at,
        };
        match items.last_mut().filter(|item| item.number == row.number) {
            Some(item) => item.versions.push(version),
            None => items.push(FiledEvidence {
                number: row.number,
                title: row.title,
                kind: EvidenceKind::from_code(&row.kind)
                    .ok_or_else(|| Error::internal("unknown evidence kind"))?,
                targets: uses.remove(&row.number).unwrap_or_default().into_iter().collect(),
                versions: vec![version],
            }),
        }
    }
    Ok(items)
}

/// How many there are of everything that is bounded: records by the code of their kind, `threat`, `evidence`, `event`.
pub(super) async fn totals(
    connection: &mut PgConnection,
    feature: FeatureId,
) -> Result<BTreeMap<String, i64>> {
    let rows = sqlx::query!(
        r#"select kind as "kind!", count(*) as "total!" from record where feature_id = $1 group by kind
           union all select 'threat', count(*) from threat where feature_id = $1
           union all select 'evidence', count(*) from evidence where feature_id = $1
           union all select 'waiver', count(*) from waiver where feature_id = $1
           union all select 'event', count(*) from audit.event where feature_id = $1"#,
        feature.uuid()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.total)).collect())
}
