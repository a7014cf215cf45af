use std::collections::{BTreeMap, BTreeSet};

use sluice_domain::{
    ids::{FeatureId, Id, ProductId},
    record::{Input, RecordForm, RecordKind, RecordRef, Surroundings},
};
use sqlx::PgConnection;

use crate::{error::Result, guides};

/// Reads what a form is checked against: only what it names, so that a feature with thousands of records costs no more
/// than one with ten.
pub(super) async fn surroundings(
    connection: &mut PgConnection,
    feature: FeatureId,
    product: ProductId,
    form: &RecordForm,
) -> Result<Surroundings> {
    let people = sqlx::query_scalar!(
        "select distinct person_id from product_grant where product_id = $1",
        product.uuid()
    )
    .fetch_all(&mut *connection)
    .await?;
    let spec = form.kind.spec();
    let named: BTreeSet<RecordRef> = spec
        .fields
        .iter()
        .filter(|field| matches!(field.input, Input::References { .. }))
        .flat_map(|field| form.values.many(field.key))
        .filter_map(|text| text.parse().ok())
        .collect();
    let asks_for_points = spec.fields.iter().any(|field| matches!(field.input, Input::Points(_)));
    Ok(Surroundings {
        people: people.into_iter().map(Id::new).collect(),
        references: existing(connection, feature, &named).await?,
        points: if asks_for_points { guides::points(connection, product).await? } else { BTreeMap::new() },
        staged: if form.kind == RecordKind::Promotion {
            staged(connection, feature).await?
        } else {
            BTreeSet::new()
        },
    })
}

/// Those of the references that exist in the feature.
async fn existing(
    connection: &mut PgConnection,
    feature: FeatureId,
    named: &BTreeSet<RecordRef>,
) -> Result<BTreeSet<RecordRef>> {
    if named.is_empty() {
        return Ok(BTreeSet::new());
    }
    let (mut kinds, mut numbers) = (Vec::new(), Vec::new());
    for reference in named {
        let (kind, number) = match reference {
            RecordRef::Record(kind, number) => (kind.code(), *number),
            RecordRef::Threat(number) => ("threat", *number),
            RecordRef::Evidence(number) => ("evidence", *number),
        };
        kinds.push(kind.to_owned());
        numbers.push(number);
    }
    let rows = sqlx::query!(
        r#"select named.kind as "kind!", named.number as "number!"
           from unnest($2::text[], $3::int[]) as named (kind, number)
           where exists (select from record r
                         where r.feature_id = $1 and r.kind = named.kind and r.number = named.number)
              or named.kind = 'threat'
                 and exists (select from threat t where t.feature_id = $1 and t.number = named.number)
              or named.kind = 'evidence'
                 and exists (select from evidence e where e.feature_id = $1 and e.number = named.number)"#,
        feature.uuid(),
        &kinds,
        &numbers
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match row.kind.as_str() {
            "threat" => Some(RecordRef::Threat(row.number)),
            "evidence" => Some(RecordRef::Evidence(row.number)),
            code => RecordKind::from_code(code).map(|kind| RecordRef::Record(kind, row.number)),
        })
        .collect())
}

/// The artefacts that were verified in staging.
async fn staged(connection: &mut PgConnection, feature: FeatureId) -> Result<BTreeSet<RecordRef>> {
    let names = sqlx::query_scalar!(
        r#"select jsonb_array_elements_text(fields -> 'artefacts') as "name!" from record
           where feature_id = $1 and kind = 'promotion' and state = 'verified'
             and fields ->> 'environment' = 'staging'"#,
        feature.uuid()
    )
    .fetch_all(connection)
    .await?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}
