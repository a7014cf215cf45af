use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sluice_domain::{
    canonical,
    dossier::{Item, ItemKind},
    policy::Phase,
    record::{RecordFact, RecordFacts, RecordKind, RecordRef, Rule},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{page::state_of, store::values};
use crate::{
    error::{Error, Result},
    features::row::{Feature, salt},
    guides,
};

/// What a gate reads of the records: which kinds, and what they lead to.
#[derive(Debug, Default)]
pub(crate) struct RecordSource {
    /// The kinds, as their codes.
    pub(crate) kinds: Vec<String>,
    /// Numbers of the evidence that the records name: it is covered by a sign-off as well.
    pub(crate) evidence: Vec<i32>,
}

/// Gathers the facts that the rules of a phase depend on, and adds the records to the dossier's items. A phase without
/// such rules costs no query; any other costs a constant number.
pub(crate) async fn record_facts(
    connection: &mut PgConnection,
    feature: &Feature,
    phase: &Phase,
    items: &mut BTreeSet<Item>,
) -> Result<(RecordFacts, RecordSource)> {
    let rules: BTreeSet<Rule> = phase.rules_for(feature.tier).collect();
    let kinds: BTreeSet<RecordKind> = rules.iter().flat_map(|rule| rule.reads()).copied().collect();
    let mut source = RecordSource::default();
    let mut facts = RecordFacts::default();
    if kinds.is_empty() {
        return Ok((facts, source));
    }
    source.kinds = kinds.iter().map(|kind| kind.code().to_owned()).collect();
    let rows = sqlx::query!(
        "select kind, number, title, state, fields, version, salt from record where feature_id = $1 and kind = any($2)",
        feature.id.uuid(),
        &source.kinds
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut authors: BTreeSet<Uuid> = BTreeSet::new();
    let mut evidence: BTreeSet<i32> = BTreeSet::new();
    for row in rows {
        let kind =
            RecordKind::from_code(&row.kind).ok_or_else(|| Error::internal("unknown kind of record"))?;
        let content = json!({"title": row.title, "state": row.state, "fields": row.fields});
        items.insert(Item {
            kind: ItemKind::Record,
            key: kind.key(row.number),
            version: row.version,
            digest: salt(row.salt)?.commit(canonical::to_string(&content).as_bytes()),
        });
        let values = values(row.fields)?;
        if kind == RecordKind::Change && row.state == "merged" {
            authors.extend(values.text("author").parse::<Uuid>().ok());
        }
        for field in kind.spec().fields.iter().filter(|field| field.input.is_many()) {
            evidence.extend(values.many(field.key).iter().filter_map(|text| match text.parse() {
                Ok(RecordRef::Evidence(number)) => Some(number),
                _ => None,
            }));
        }
        let state = state_of(kind, &row.state)?;
        facts.records.push(RecordFact { kind, number: row.number, title: row.title, state, values });
    }
    source.evidence = evidence.into_iter().collect();
    if rules.iter().any(|rule| rule.reads_threats()) {
        facts.mitigated = sqlx::query_scalar!(
            "select number from threat where feature_id = $1 and treatment = 'mitigate' order by number",
            feature.id.uuid()
        )
        .fetch_all(&mut *connection)
        .await?;
    }
    facts.points = if rules.contains(&Rule::DefinitionOfReady) || rules.contains(&Rule::Hardened) {
        guides::points(connection, feature.product).await?
    } else {
        BTreeMap::new()
    };
    if rules.contains(&Rule::StandardsAttested) {
        let authors: Vec<Uuid> = authors.into_iter().collect();
        let missing = guides::unattested(connection, feature.product, &authors).await?;
        facts.standards = missing.standards_in_force;
        facts.unattested = missing.people;
    }
    Ok((facts, source))
}
