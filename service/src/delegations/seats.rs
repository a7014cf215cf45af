use sluice_domain::{
    access::Role,
    ids::{Id, PersonId, ProductId},
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::{Error, Result};

/// The seats of others that a person may sign from at an instant: whose, by name, and in which role. Only of people whose
/// account is enabled and who hold the role still.
pub(crate) async fn seats_of(
    connection: &mut PgConnection,
    product: ProductId,
    person: PersonId,
    now: OffsetDateTime,
) -> Result<Vec<(PersonId, String, Role)>> {
    let rows = sqlx::query!(
        "select distinct d.from_id, p.name, d.role from delegation d
         join person p on p.id = d.from_id and p.disabled_at is null
         join product_grant g on g.person_id = d.from_id and g.product_id = d.product_id and g.role = d.role
         where d.product_id = $1 and d.to_id = $2 and d.ended_at is null and d.from_at <= $3 and d.until_at > $3
         order by p.name, d.from_id, d.role limit 20",
        product.uuid(),
        person.uuid(),
        now
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let role = Role::from_code(&row.role).ok_or_else(|| Error::internal("unknown role"))?;
            Ok((Id::new(row.from_id), row.name, role))
        })
        .collect()
}

/// Holds the delegation under which a person signs for another, with that person's account and grant, until the end of
/// the transaction: taking any of them away waits, or has happened. Whether there is one.
pub(crate) async fn hold(
    connection: &mut PgConnection,
    product: ProductId,
    (from, to): (PersonId, PersonId),
    role: Role,
    now: OffsetDateTime,
) -> Result<bool> {
    let found = sqlx::query_scalar!(
        "select d.id from delegation d
         join person p on p.id = d.from_id and p.disabled_at is null
         join product_grant g on g.person_id = d.from_id and g.product_id = d.product_id and g.role = d.role
         where d.product_id = $1 and d.from_id = $2 and d.to_id = $3 and d.role = $4 and d.ended_at is null
           and d.from_at <= $5 and d.until_at > $5
         order by d.until_at desc limit 1
         for share",
        product.uuid(),
        from.uuid(),
        to.uuid(),
        role.code(),
        now
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}
