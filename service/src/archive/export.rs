use serde_json::{Map, Value, json};
use sluice_domain::record::ListKind;
use sqlx::PgConnection;
use uuid::Uuid;

use super::writer::Writer;
use crate::{error::Result, evidence::Spooled, features::row::Feature};

/// The tables of which an archive holds the rows of its feature, or of what its product goes by, in its order.
pub const TABLES: [&str; 25] = [
    "archive",
    "coding_standard",
    "comment",
    "contribution",
    "control",
    "course_change",
    "dossier",
    "drift_acceptance",
    "emergency",
    "emergency_consent",
    "evidence",
    "evidence_use",
    "evidence_version",
    "feature",
    "feature_link",
    "gate_attempt",
    "mention",
    "product_list",
    "record",
    "relation",
    "sign_off",
    "threat",
    "threat_model",
    "turn",
    "waiver",
];

/// Writes the whole record of a feature into a file: what is stored of it now, every earlier version, and every event,
/// each row as the database has it. Bytes are written as hexadecimal digits, and the keys of commitments are there, so
/// whoever has the file can compute every digest that was signed.
///
/// Of a relation with a feature of another product it does not say which one: whoever may read the one product may have
/// the file, and need not know of the other.
///
/// The same record gives the same bytes. Only the network addresses behind the events stay behind: they are no part of
/// what the feature's readers see, and the events commit to them without showing them.
pub(super) async fn export(
    connection: &mut PgConnection,
    feature: &Feature,
    mut out: Writer,
) -> Result<Spooled> {
    let (id, product) = (feature.id.uuid(), feature.product.uuid());
    out.open(None);
    out.open(Some("earlier"));
    earlier(connection, (id, product), &mut out).await?;
    out.close();
    events(connection, id, &mut out).await?;
    out.value("format", &json!("sluice-archive-1"));
    let lists = ListKind::ALL.iter().map(|list| (list.code().to_owned(), json!(list.defaults())));
    out.value("lists", &Value::Object(lists.collect()));
    out.open(Some("now"));
    now(connection, (id, product), &mut out).await?;
    out.close();
    policy(connection, feature, &mut out).await?;
    out.value("product", &json!({"key": feature.key.product.as_str(), "name": feature.product_name}));
    people(connection, &mut out).await?;
    out.close();
    out.finish().await
}

/// The rows as they are.
#[expect(clippy::too_many_lines, reason = "one query a table")]
async fn now(connection: &mut PgConnection, (id, product): (Uuid, Uuid), out: &mut Writer) -> Result<()> {
    out.rows(
        "archive",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('digest', encode(t.digest, 'hex'), 'covers', encode(t.covers, 'hex')) as "row!" from archive t
               where t.feature_id = $1 order by t.number"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "coding_standard",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('salt', encode(t.salt, 'hex')) as "row!" from coding_standard t
               where t.product_id = $1 order by t.published_at, t.id"#,
            product
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "comment",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from comment t where t.feature_id = $1 order by t.number"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "contribution",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from contribution t
               where t.feature_id = $1 order by t.kind, t.part, t.person_id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "control",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('salt', encode(t.salt, 'hex')) as "row!" from control t
               where t.feature_id = $1 order by t.phase, t.control"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "course_change",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from course_change t where t.feature_id = $1 order by t.at, t.id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "dossier",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('digest', encode(t.digest, 'hex')) as "row!" from dossier t
               where t.feature_id = $1 order by t.created_at, t.digest"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "drift_acceptance",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('signed', encode(t.signed, 'hex'), 'dossier', encode(t.dossier, 'hex')) as "row!" from drift_acceptance t
               where t.feature_id = $1 order by t.accepted_at, t.id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "emergency",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from emergency t where t.feature_id = $1 order by t.proposed_at, t.id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "emergency_consent",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from emergency_consent t where t.feature_id = $1 order by t.consented_at, t.id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "evidence",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from evidence t where t.feature_id = $1 order by t.number"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "evidence_use",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from evidence_use t
               where t.feature_id = $1 order by t.evidence_id, t.target_kind, t.phase, t.target"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "evidence_version",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('digest', encode(t.digest, 'hex'), 'salt', encode(t.salt, 'hex')) as "row!" from evidence_version t
               where t.evidence_id in (select id from evidence where feature_id = $1) order by t.evidence_id, t.version"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "feature",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('scope_salt', encode(t.scope_salt, 'hex')) as "row!" from feature t
               where t.id = $1 order by t.id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "feature_link",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from feature_link t
               where t.feature_id = $1 order by t.origin_id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "gate_attempt",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('dossier', encode(t.dossier, 'hex')) as "row!" from gate_attempt t
               where t.feature_id = $1 order by t.started_at, t.phase, t.cycle"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "mention",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from mention t
               where t.feature_id = $1 order by t.comment_id, t.person_id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "product_list",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('salt', encode(t.salt, 'hex')) as "row!" from product_list t
               where t.product_id = $1 order by t.list"#,
            product
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "record",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('salt', encode(t.salt, 'hex')) as "row!" from record t
               where t.feature_id = $1 order by t.kind, t.number"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "relation",
        sqlx::query_scalar!(
            r#"select case when o.product_id = f.product_id then to_jsonb(t) else to_jsonb(t) - 'other_id' end as "row!"
               from relation t join feature f on f.id = t.feature_id join feature o on o.id = t.other_id
               where t.feature_id = $1 order by t.kind, t.other_id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "sign_off",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('dossier', encode(t.dossier, 'hex')) as "row!" from sign_off t
               where t.feature_id = $1 order by t.signed_at, t.id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "threat",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('salt', encode(t.salt, 'hex')) as "row!" from threat t
               where t.feature_id = $1 order by t.number"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "threat_model",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('salt', encode(t.salt, 'hex')) as "row!" from threat_model t
               where t.feature_id = $1 order by t.feature_id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "turn",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from turn t where t.feature_id = $1 order by t.number"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "waiver",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from waiver t where t.feature_id = $1 order by t.number"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    Ok(())
}

/// The rows as they were, each until the event that ended it. What is never changed has no earlier rows.
#[expect(clippy::too_many_lines, reason = "one query a table")]
async fn earlier(connection: &mut PgConnection, (id, product): (Uuid, Uuid), out: &mut Writer) -> Result<()> {
    out.rows(
        "coding_standard",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('salt', encode(t.salt, 'hex')) as "row!" from history.coding_standard t
               where t.product_id = $1 order by t.until_event, t.published_at, t.id"#,
            product
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "comment",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from history.comment t
               where t.feature_id = $1 order by t.until_event, t.number"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "control",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('salt', encode(t.salt, 'hex')) as "row!" from history.control t
               where t.feature_id = $1 order by t.until_event, t.phase, t.control"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "emergency",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from history.emergency t where t.feature_id = $1 order by t.until_event, t.id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "evidence",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from history.evidence t
               where t.feature_id = $1 order by t.until_event, t.number"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "evidence_use",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from history.evidence_use t
               where t.feature_id = $1 order by t.until_event, t.evidence_id, t.target_kind, t.phase, t.target"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "feature",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('scope_salt', encode(t.scope_salt, 'hex')) as "row!" from history.feature t
               where t.id = $1 order by t.until_event, t.id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "gate_attempt",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('dossier', encode(t.dossier, 'hex')) as "row!" from history.gate_attempt t
               where t.feature_id = $1 order by t.until_event, t.started_at, t.phase, t.cycle"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "mention",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from history.mention t
               where t.feature_id = $1 order by t.until_event, t.comment_id, t.person_id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "product_list",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('salt', encode(t.salt, 'hex')) as "row!" from history.product_list t
               where t.product_id = $1 order by t.until_event, t.list"#,
            product
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "record",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('salt', encode(t.salt, 'hex')) as "row!" from history.record t
               where t.feature_id = $1 order by t.until_event, t.kind, t.number"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "relation",
        sqlx::query_scalar!(
            r#"select case when o.product_id = f.product_id then to_jsonb(t) else to_jsonb(t) - 'other_id' end as "row!"
               from history.relation t join feature f on f.id = t.feature_id join feature o on o.id = t.other_id
               where t.feature_id = $1 order by t.until_event, t.kind, t.other_id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "sign_off",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('dossier', encode(t.dossier, 'hex')) as "row!" from history.sign_off t
               where t.feature_id = $1 order by t.until_event, t.signed_at, t.id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "threat",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('salt', encode(t.salt, 'hex')) as "row!" from history.threat t
               where t.feature_id = $1 order by t.until_event, t.number"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "threat_model",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) || jsonb_build_object('salt', encode(t.salt, 'hex')) as "row!" from history.threat_model t
               where t.feature_id = $1 order by t.until_event, t.feature_id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "turn",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from history.turn t where t.feature_id = $1 order by t.until_event, t.number"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    out.rows(
        "waiver",
        sqlx::query_scalar!(
            r#"select to_jsonb(t) as "row!" from history.waiver t
               where t.feature_id = $1 order by t.until_event, t.number"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await?;
    Ok(())
}

/// What happened, the oldest first: the bytes that the log hashes, and the texts that they commit to.
async fn events(connection: &mut PgConnection, id: Uuid, out: &mut Writer) -> Result<()> {
    out.rows(
        "events",
        sqlx::query_scalar!(
            r#"select jsonb_build_object(
                   'id', e.id, 'at', e.at, 'actor', e.actor, 'verb', e.verb, 'body', e.body,
                   'texts', (select coalesce(jsonb_object_agg(x.part, jsonb_build_object(
                                 'salt', encode(x.salt, 'hex'), 'text', x.text)), '{}')
                             from audit.event_text x where x.event_id = e.id and x.part <> 'address')
               ) as "row!"
               from audit.event e where e.feature_id = $1 order by e.at, e.id"#,
            id
        )
        .fetch(&mut *connection),
    )
    .await
}

/// The policy that the feature follows, in full: without it nobody can tell what its gates asked.
async fn policy(connection: &mut PgConnection, feature: &Feature, out: &mut Writer) -> Result<()> {
    let row = sqlx::query!(
        "select v.key, v.version, v.title, v.source from policy_version v
         join feature f on f.policy_version_id = v.id where f.id = $1",
        feature.id.uuid()
    )
    .fetch_one(connection)
    .await?;
    let digest = feature.policy.digest.to_string();
    let policy = json!({
        "key": row.key, "version": row.version, "title": row.title, "digest": digest, "source": row.source,
    });
    out.value("policy", &policy);
    Ok(())
}

/// The names of the people whom the rows name by id.
async fn people(connection: &mut PgConnection, out: &mut Writer) -> Result<()> {
    let rows = sqlx::query!("select id, name from person where id = any($1)", &out.ids())
        .fetch_all(connection)
        .await?;
    let names: Map<String, Value> =
        rows.into_iter().map(|row| (row.id.to_string(), Value::from(row.name))).collect();
    out.value("who", &Value::Object(names));
    Ok(())
}
