use sluice_domain::{
    audit::Verb,
    ids::{FeatureId, PersonId},
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{
    entry::{EventRow, HistoryEntry, entries},
    filter::{HistoryFilter, HistoryObject},
};
use crate::{error::Result, features::parse_cursor, policies::Policies};

/// A filter with its keys looked up and its days as instants.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    actor: Option<Uuid>,
    verb: Option<Verb>,
    product: Option<Uuid>,
    feature: Option<Uuid>,
    from: Option<OffsetDateTime>,
    until: Option<OffsetDateTime>,
    /// Where to go on: the last event that was read.
    pub(super) after: Option<(OffsetDateTime, Uuid)>,
}

impl Selection {
    /// Looks the filter's keys up; nothing when there is no such product or feature, so no event can match.
    pub(super) async fn look_up(
        connection: &mut PgConnection,
        filter: &HistoryFilter,
    ) -> Result<Option<Self>> {
        let (mut product, mut feature) = (None, None);
        match &filter.object {
            None => {}
            Some(HistoryObject::Product(key)) => {
                product = sqlx::query_scalar!("select id from product where key = $1", key.as_str())
                    .fetch_optional(connection)
                    .await?;
                if product.is_none() {
                    return Ok(None);
                }
            }
            Some(HistoryObject::Feature(key)) => {
                feature = sqlx::query_scalar!(
                    "select f.id from feature f join product p on p.id = f.product_id
                     where p.key = $1 and f.number = $2",
                    key.product.as_str(),
                    key.number
                )
                .fetch_optional(connection)
                .await?;
                if feature.is_none() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(Self {
            actor: filter.person.map(PersonId::uuid),
            verb: filter.verb,
            product,
            feature,
            from: filter.from.map(|day| day.midnight().assume_utc()),
            // The last day counts in full.
            until: filter.to.and_then(Date::next_day).map(|day| day.midnight().assume_utc()),
            after: filter.after.as_deref().and_then(parse_cursor),
        }))
    }
}

/// The next events of a selection, newest first. With `policies`, controls and phases are called what their policy calls
/// them; without, they are named by their keys, which never change.
pub(super) async fn events(
    connection: &mut PgConnection,
    selection: &Selection,
    policies: Option<&Policies>,
    limit: i64,
) -> Result<Vec<HistoryEntry>> {
    let (after_at, after_id) = selection.after.unzip();
    let rows = sqlx::query_as!(
        EventRow,
        r#"select e.id as "id!", e.at as "at!", e.actor as "actor?", p.name as "actor_name?", e.role as "role?",
                  e.workspace_role as "workspace_role?", e.authentication as "authentication!", e.verb as "verb!",
                  e.object_kind as "object_kind!", e.object_id as "object_id!", e.object_name as "object_name!",
                  pr.key as "product_key?", f.number as "feature_number?", e.request_id as "request_id?",
                  f.policy_version_id as "policy?", e.body as "body!"
           from (select * from audit.event
                 where ($1::uuid is null or actor = $1)
                   and ($2::text is null or verb = $2)
                   and ($3::uuid is null or product_id = $3
                        or (object_kind = 'product' and object_id = ($3::uuid)::text))
                   and ($4::uuid is null or feature_id = $4)
                   and ($5::timestamptz is null or at >= $5)
                   and ($6::timestamptz is null or at < $6)
                   and ($7::timestamptz is null or (at, id) < ($7, $8::uuid))
                 order by at desc, id desc
                 limit $9) e
           left join person p on p.id = e.actor
           left join product pr on pr.id = e.product_id
           left join feature f on f.id = e.feature_id
           order by e.at desc, e.id desc"#,
        selection.actor,
        selection.verb.map(Verb::code),
        selection.product,
        selection.feature,
        selection.from,
        selection.until,
        after_at,
        after_id,
        limit
    )
    .fetch_all(&mut *connection)
    .await?;
    entries(connection, rows, policies).await
}

/// The next events of one feature, newest first, as everybody who may see the feature reads them: without where the
/// requests came from. The filter above could do it, but a feature's page is opened more often than any other.
pub(super) async fn feature_events(
    connection: &mut PgConnection,
    policies: &Policies,
    feature: FeatureId,
    after: Option<(OffsetDateTime, Uuid)>,
    limit: i64,
) -> Result<Vec<HistoryEntry>> {
    let (after_at, after_id) = after.unzip();
    let rows = sqlx::query_as!(
        EventRow,
        r#"select e.id as "id!", e.at as "at!", e.actor as "actor?", p.name as "actor_name?", e.role as "role?",
                  e.workspace_role as "workspace_role?", e.authentication as "authentication!", e.verb as "verb!",
                  e.object_kind as "object_kind!", e.object_id as "object_id!", e.object_name as "object_name!",
                  pr.key as "product_key?", f.number as "feature_number?", e.request_id as "request_id?",
                  f.policy_version_id as "policy?", e.body as "body!"
           from (select * from audit.event
                 where feature_id = $1 and ($2::timestamptz is null or (at, id) < ($2, $3::uuid))
                 order by at desc, id desc
                 limit $4) e
           left join person p on p.id = e.actor
           left join product pr on pr.id = e.product_id
           left join feature f on f.id = e.feature_id
           order by e.at desc, e.id desc"#,
        feature.uuid(),
        after_at,
        after_id,
        limit
    )
    .fetch_all(&mut *connection)
    .await?;
    let found = entries(connection, rows, Some(policies)).await?;
    Ok(found.into_iter().map(HistoryEntry::without_origin).collect())
}

/// What happened to a feature lately, newest first.
pub(crate) async fn latest(
    connection: &mut PgConnection,
    policies: &Policies,
    feature: FeatureId,
    limit: i64,
) -> Result<Vec<HistoryEntry>> {
    feature_events(connection, policies, feature, None, limit).await
}

/// The most watched features that are looked at: those whose watch began last.
const MOST_WATCHED: i64 = 1_000;

/// What others did lately on the features that somebody watches, newest first. What they may no longer read is left out.
///
/// From each feature the newest few are taken, from the index alone; of all of them the newest are read. What the
/// person did is left out last, so that it costs no more to have done much.
pub(crate) async fn watched(
    connection: &mut PgConnection,
    policies: &Policies,
    person: PersonId,
    limit: i64,
) -> Result<Vec<HistoryEntry>> {
    let rows = sqlx::query_as!(
        EventRow,
        r#"with newest as (
               select e.id
               from (select feature_id from watch where person_id = $1 order by since desc, feature_id limit $2) w
               join feature f on f.id = w.feature_id
               cross join lateral (
                   select id, at from audit.event where feature_id = w.feature_id
                   order by at desc, id desc limit 2 * $3::bigint
               ) e
               where f.product_id in (select product_id from product_grant where person_id = $1)
               order by e.at desc, e.id desc
               limit 10 * $3::bigint
           )
           select e.id as "id!", e.at as "at!", e.actor as "actor?", p.name as "actor_name?", e.role as "role?",
                  e.workspace_role as "workspace_role?", e.authentication as "authentication!", e.verb as "verb!",
                  e.object_kind as "object_kind!", e.object_id as "object_id!", e.object_name as "object_name!",
                  pr.key as "product_key?", f.number as "feature_number?", e.request_id as "request_id?",
                  f.policy_version_id as "policy?", e.body as "body!"
           from newest n
           join audit.event e on e.id = n.id
           left join person p on p.id = e.actor
           left join product pr on pr.id = e.product_id
           left join feature f on f.id = e.feature_id
           where e.actor is distinct from $1
           order by e.at desc, e.id desc
           limit $3::bigint"#,
        person.uuid(),
        MOST_WATCHED,
        limit
    )
    .fetch_all(&mut *connection)
    .await?;
    let found = entries(connection, rows, Some(policies)).await?;
    Ok(found.into_iter().map(HistoryEntry::without_origin).collect())
}
