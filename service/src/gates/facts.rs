use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sluice_domain::{
    access::Role,
    canonical,
    dossier::{Contributors, Dossier, Item, ItemKind},
    gate::{ControlFact, Facts, Mark, SignOffFact, ThreatFact, Verdict},
    ids::Id,
    lifecycle::Attempt,
    policy::{EvidenceKind, Phase},
    threat::{Question, Severity, ThreatStatus},
};
use sqlx::PgConnection;

use crate::{
    error::{Error, Result},
    features::row::{Feature, digest, salt},
    records::{RecordSource, record_facts},
};

/// The facts about the gate of one phase, and the dossier that a sign-off of it would cover.
pub(crate) struct Gathered {
    pub(crate) facts: Facts,
    pub(crate) dossier: Dossier,
}

/// Gathers the facts about a phase's gate. `attempt` names the phase and the cycle whose sign-offs count.
pub(crate) async fn gather(
    connection: &mut PgConnection,
    feature: &Feature,
    phase: &Phase,
    attempt: &Attempt,
) -> Result<Gathered> {
    let with_threats = phase.looks_at_threats(feature.tier);
    let mut items = BTreeSet::from([feature.scope_item()]);
    let (records, source) = record_facts(connection, feature, phase, &mut items).await?;
    let uses = evidence_uses(connection, feature, phase, with_threats, &source, &mut items).await?;
    let controls = controls(connection, feature, phase, &uses, &mut items).await?;
    let (answered, threats) = if with_threats {
        threat_facts(connection, feature, &uses, &mut items).await?
    } else {
        Default::default()
    };
    let contributors = contributors(connection, feature, phase, with_threats, &source).await?;
    let dossier = Dossier {
        feature: feature.key.clone(),
        policy: feature.policy.digest,
        phase: phase.key.clone(),
        cycle: attempt.cycle,
        tier: feature.tier,
        items,
    };
    let sign_offs = standing_sign_offs(connection, feature, attempt).await?;
    let facts = Facts {
        tier: feature.tier,
        controls,
        records,
        answered,
        threats,
        sign_offs,
        contributors,
        dossier: dossier.digest(),
    };
    Ok(Gathered { facts, dossier })
}

/// What evidence is attached to, for one target.
#[derive(Default)]
struct Attached {
    kinds: BTreeSet<EvidenceKind>,
    /// `E-1`, `E-2`: the link itself is part of what is signed.
    keys: BTreeSet<String>,
}

/// Attached evidence by target: controls of the phase and, where the gate looks at them, threats.
type Uses = BTreeMap<(String, String), Attached>;

async fn evidence_uses(
    connection: &mut PgConnection,
    feature: &Feature,
    phase: &Phase,
    with_threats: bool,
    source: &RecordSource,
    items: &mut BTreeSet<Item>,
) -> Result<Uses> {
    let rows = sqlx::query!(
        r#"with used as (
               select evidence_id, target_kind, target from evidence_use
               where feature_id = $1
                 and ((target_kind = 'control' and phase = $2) or (target_kind = 'threat' and $3))
               union all
               -- Named by a record: covered as well, but attached to nothing.
               select id, '', '' from evidence where feature_id = $1 and number = any($4)
           )
           select u.target_kind as "target_kind!", u.target as "target!", e.number, e.kind, e.title, e.version,
                  v.digest, v.file_name, v.note, v.salt
           from used u
           join evidence e on e.id = u.evidence_id
           join evidence_version v on v.evidence_id = e.id and v.version = e.version"#,
        feature.id.uuid(),
        phase.key.as_str(),
        with_threats,
        &source.evidence
    )
    .fetch_all(connection)
    .await?;
    let mut uses = Uses::new();
    for row in rows {
        let kind =
            EvidenceKind::from_code(&row.kind).ok_or_else(|| Error::internal("unknown evidence kind"))?;
        let key = format!("E-{}", row.number);
        // The file by its SHA-256; its names and note are people's words, so only committed to.
        let words = json!({"title": row.title, "file-name": row.file_name, "note": row.note});
        let content = json!({
            "sha-256": digest(&row.digest)?.to_string(),
            "words": salt(row.salt)?.commit(canonical::to_string(&words).as_bytes()).to_string(),
        });
        items.insert(Item {
            kind: ItemKind::Evidence,
            key: key.clone(),
            version: row.version,
            digest: canonical::Digest::of(canonical::to_string(&content).as_bytes()),
        });
        let attached = uses.entry((row.target_kind, row.target)).or_default();
        attached.kinds.insert(kind);
        attached.keys.insert(format!("{key} {}", kind.code()));
    }
    Ok(uses)
}

async fn controls(
    connection: &mut PgConnection,
    feature: &Feature,
    phase: &Phase,
    uses: &Uses,
    items: &mut BTreeSet<Item>,
) -> Result<BTreeMap<sluice_domain::policy::ControlKey, ControlFact>> {
    let rows = sqlx::query!(
        "select control, mark, note, version, salt from control where feature_id = $1 and phase = $2",
        feature.id.uuid(),
        phase.key.as_str()
    )
    .fetch_all(connection)
    .await?;
    let mut rows: BTreeMap<String, _> = rows.into_iter().map(|row| (row.control.clone(), row)).collect();
    let mut facts = BTreeMap::new();
    for control in phase.controls_for(feature.tier) {
        let row = rows.remove(control.key.as_str());
        let attached = uses.get(&("control".to_owned(), control.key.to_string()));
        if row.is_none() && attached.is_none() {
            continue;
        }
        let keys = attached.map(|attached| &attached.keys);
        let (mark, content_digest, version) = match row {
            Some(row) => {
                let content = json!({"mark": row.mark, "note": row.note, "evidence": keys});
                let mark = Mark::from_code(&row.mark).ok_or_else(|| Error::internal("unknown mark"))?;
                (mark, salt(row.salt)?.commit(canonical::to_string(&content).as_bytes()), row.version)
            }
            // Nothing was said of it yet; the links are no free text and need no salt.
            None => (
                Mark::Open,
                canonical::Digest::of(canonical::to_string(&json!({ "evidence": keys })).as_bytes()),
                0,
            ),
        };
        items.insert(Item {
            kind: ItemKind::Control,
            key: control.key.to_string(),
            version,
            digest: content_digest,
        });
        let evidence = attached.map(|attached| attached.kinds.clone()).unwrap_or_default();
        facts.insert(control.key.clone(), ControlFact { mark, evidence });
    }
    Ok(facts)
}

async fn threat_facts(
    connection: &mut PgConnection,
    feature: &Feature,
    uses: &Uses,
    items: &mut BTreeSet<Item>,
) -> Result<(BTreeSet<Question>, Vec<ThreatFact>)> {
    let mut answered = BTreeSet::new();
    let model = sqlx::query!(
        "select scope, threats, response, review, version, salt from threat_model where feature_id = $1",
        feature.id.uuid()
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(model) = model {
        let answers = [
            (Question::Scope, &model.scope),
            (Question::Threats, &model.threats),
            (Question::Response, &model.response),
            (Question::Review, &model.review),
        ];
        answered.extend(answers.iter().filter(|(_, text)| !text.is_empty()).map(|(question, _)| *question));
        let content = json!([model.scope, model.threats, model.response, model.review]);
        items.insert(Item {
            kind: ItemKind::ThreatModel,
            key: "threat-model".into(),
            version: model.version,
            digest: salt(model.salt)?.commit(canonical::to_string(&content).as_bytes()),
        });
    }
    let rows = sqlx::query!(
        "select number, title, element, stride, description, severity, treatment, countermeasure, owner_id, status,
                version, salt
         from threat where feature_id = $1",
        feature.id.uuid()
    )
    .fetch_all(connection)
    .await?;
    let mut threats = Vec::with_capacity(rows.len());
    for row in rows {
        let keys = uses.get(&("threat".to_owned(), row.number.to_string())).map(|attached| &attached.keys);
        let content = json!({
            "title": row.title, "element": row.element, "stride": row.stride, "description": row.description,
            "severity": row.severity, "treatment": row.treatment, "countermeasure": row.countermeasure,
            "owner": row.owner_id.map(|id| id.to_string()), "status": row.status, "evidence": keys,
        });
        items.insert(Item {
            kind: ItemKind::Threat,
            key: format!("T-{}", row.number),
            version: row.version,
            digest: salt(row.salt)?.commit(canonical::to_string(&content).as_bytes()),
        });
        threats.push(ThreatFact {
            number: row.number,
            severity: Severity::from_code(&row.severity)
                .ok_or_else(|| Error::internal("unknown severity"))?,
            status: ThreatStatus::from_code(&row.status).ok_or_else(|| Error::internal("unknown status"))?,
        });
    }
    Ok((answered, threats))
}

/// Everybody who wrote a version of an item in the dossier, earlier versions included: they are in the history.
async fn contributors(
    connection: &mut PgConnection,
    feature: &Feature,
    phase: &Phase,
    with_threats: bool,
    source: &RecordSource,
) -> Result<Contributors> {
    let people = sqlx::query_scalar!(
        r#"with used as (
               select evidence_id, author_id from evidence_use
               where feature_id = $1
                 and ((target_kind = 'control' and phase = $2) or (target_kind = 'threat' and $3))
               union all
               select v.evidence_id, v.author_id from evidence e
               join evidence_version v on v.evidence_id = e.id
               where e.feature_id = $1 and e.number = any($5)
           )
           select scope_author as "person!" from feature where id = $1
           union select scope_author from history.feature where id = $1
           union select author_id from control where feature_id = $1 and phase = $2
           union select author_id from history.control where feature_id = $1 and phase = $2
           union select author_id from used
           -- Whoever attached or detached what is no longer attached changed the dossier as well.
           union select author_id from history.evidence_use
                 where feature_id = $1
                   and ((target_kind = 'control' and phase = $2) or (target_kind = 'threat' and $3))
           union select e.actor from history.evidence_use h join audit.event e on e.id = h.until_event
                 where e.actor is not null and h.feature_id = $1
                   and ((h.target_kind = 'control' and h.phase = $2) or (h.target_kind = 'threat' and $3))
           union select v.author_id from evidence_version v join used on used.evidence_id = v.evidence_id
           union select author_id from threat_model where feature_id = $1 and $3
           union select author_id from history.threat_model where feature_id = $1 and $3
           union select author_id from threat where feature_id = $1 and $3
           union select author_id from history.threat where feature_id = $1 and $3
           union select author_id from record where feature_id = $1 and kind = any($4)
           union select author_id from history.record where feature_id = $1 and kind = any($4)
           -- Whoever wrote the code of a change contributed, whoever put it on record.
           union select (fields ->> 'author')::uuid from record
                 where feature_id = $1 and kind = 'change' and kind = any($4) and fields ? 'author'"#,
        feature.id.uuid(),
        phase.key.as_str(),
        with_threats,
        &source.kinds,
        &source.evidence
    )
    .fetch_all(connection)
    .await?;
    Ok(Contributors(people.into_iter().map(Id::new).collect()))
}

async fn standing_sign_offs(
    connection: &mut PgConnection,
    feature: &Feature,
    attempt: &Attempt,
) -> Result<Vec<SignOffFact>> {
    let rows = sqlx::query!(
        "select person_id, printed_name, role, verdict, dossier from sign_off
         where feature_id = $1 and phase = $2 and cycle = $3 and ended is null",
        feature.id.uuid(),
        attempt.phase.as_str(),
        attempt.cycle
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(SignOffFact {
                person: Id::new(row.person_id),
                name: row.printed_name,
                role: Role::from_code(&row.role).ok_or_else(|| Error::internal("unknown role"))?,
                verdict: Verdict::from_code(&row.verdict)
                    .ok_or_else(|| Error::internal("unknown verdict"))?,
                covers: digest(&row.dossier)?,
            })
        })
        .collect()
}
