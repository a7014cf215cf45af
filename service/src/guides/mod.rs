//! What a product's people go by: coding standards, which each of them attests once per edition, and the lists that
//! its features go through, such as the definition of ready.

use std::collections::BTreeMap;

use sluice_domain::{ids::ProductId, record::ListKind};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Result;

pub(crate) async fn points(
    connection: &mut PgConnection,
    product: ProductId,
) -> Result<BTreeMap<ListKind, Vec<String>>> {
    let rows = sqlx::query!("select list, points from product_list where product_id = $1", product.uuid())
        .fetch_all(connection)
        .await?;
    let mut own: BTreeMap<String, Vec<String>> = rows.into_iter().map(|row| (row.list, row.points)).collect();
    let defaults = |kind: &ListKind| kind.defaults().iter().map(|point| (*point).to_owned()).collect();
    Ok(ListKind::ALL
        .iter()
        .map(|kind| (*kind, own.remove(kind.code()).unwrap_or_else(|| defaults(kind))))
        .collect())
}

/// How far some people are with a product's coding standards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unattested {
    /// How many standards are in force.
    pub(crate) standards_in_force: i64,
    /// The names of those of the people who miss at least one of them, by name.
    pub(crate) people: Vec<String>,
}

/// Which of these people have not attested every coding standard that is in force for the product.
pub(crate) async fn unattested(
    connection: &mut PgConnection,
    product: ProductId,
    people: &[Uuid],
) -> Result<Unattested> {
    let row = sqlx::query!(
        r#"with in_force as (select id from coding_standard where product_id = $1 and superseded_at is null)
           select (select count(*) from in_force) as "standards!",
                  array(select p.name from person p
                        where p.id = any($2)
                          and exists (select from in_force s
                                      where not exists (select from attestation a
                                                        where a.standard_id = s.id and a.person_id = p.id))
                        order by lower(p.name), p.id) as "people!""#,
        product.uuid(),
        people
    )
    .fetch_one(connection)
    .await?;
    Ok(Unattested { standards_in_force: row.standards, people: row.people })
}
