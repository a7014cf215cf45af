use sluice_domain::{ids::FeatureId, record::RecordKind, threat::Severity};
use sqlx::PgConnection;

use super::{
    page::{RecordItem, state_of},
    store::values,
};
use crate::error::{Error, Result};

/// Every record of a feature with all that it says, by kind and number, at most `most` of each kind: one query.
pub(crate) async fn all_items(
    connection: &mut PgConnection,
    feature: FeatureId,
    most: i64,
) -> Result<Vec<RecordItem>> {
    let kinds: Vec<String> = RecordKind::ALL.iter().map(|kind| kind.code().to_owned()).collect();
    let rows = sqlx::query!(
        r#"select r.kind, r.number, r.title, r.state, r.severity, r.due, r.fields, r.state_at, r.version, r.changed_at,
                  o.name as "owner?", s.name as state_by, a.name as author
           from unnest($2::text[]) as wanted (kind)
           cross join lateral (
               select * from record where feature_id = $1 and kind = wanted.kind order by number limit $3
           ) r
           join person s on s.id = r.state_by
           join person a on a.id = r.author_id
           left join person o on o.id = r.owner_id
           order by r.kind, r.number"#,
        feature.uuid(),
        &kinds,
        most
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind =
                RecordKind::from_code(&row.kind).ok_or_else(|| Error::internal("unknown kind of record"))?;
            Ok(RecordItem {
                kind,
                number: row.number,
                title: row.title,
                state: state_of(kind, &row.state)?,
                severity: row.severity.as_deref().and_then(Severity::from_code),
                owner: row.owner,
                due: row.due,
                values: values(row.fields)?,
                state_by: row.state_by,
                state_at: row.state_at,
                version: row.version,
                author: row.author,
                changed_at: row.changed_at,
            })
        })
        .collect()
}
