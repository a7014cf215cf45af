use sluice_domain::{
    access::Role,
    ids::{FeatureId, Id, ProductId},
    notification::Because,
};

use super::To;
use crate::{
    db::write::Write,
    error::{Error, Result},
};

/// The people who hold one of these roles in a product, each for the first of the roles that they hold.
pub(crate) async fn holders(write: &mut Write, product: ProductId, roles: &[Role]) -> Result<Vec<To>> {
    let codes: Vec<String> = roles.iter().map(|role| role.code().to_owned()).collect();
    let rows = sqlx::query!(
        "select distinct on (g.person_id) g.person_id, g.role
         from product_grant g join person p on p.id = g.person_id
         where g.product_id = $1 and g.role = any($2) and p.disabled_at is null
         order by g.person_id, array_position($2, g.role)",
        product.uuid(),
        &codes
    )
    .fetch_all(write.connection())
    .await?;
    rows.into_iter().map(|row| by_role(row.person_id, &row.role)).collect()
}

/// The people who can sign the gate that a feature stands at, as its last decision says: who holds a role whose sign-off
/// is missing, and has neither contributed nor signed.
pub(crate) async fn reviewers(write: &mut Write, feature: FeatureId) -> Result<Vec<To>> {
    let rows = sqlx::query!(
        "select distinct on (g.person_id) g.person_id, g.role
         from gate_state s
         join feature f on f.id = s.feature_id
         join product_grant g on g.product_id = f.product_id and g.role = any(s.sign_roles)
         join person p on p.id = g.person_id
         where s.feature_id = $1 and p.disabled_at is null
           and not g.person_id = any(s.contributors) and not g.person_id = any(s.signed)
         order by g.person_id, g.role",
        feature.uuid()
    )
    .fetch_all(write.connection())
    .await?;
    rows.into_iter().map(|row| by_role(row.person_id, &row.role)).collect()
}

fn by_role(person: uuid::Uuid, role: &str) -> Result<To> {
    let role = Role::from_code(role).ok_or_else(|| Error::internal("unknown role"))?;
    Ok(To { person: Id::new(person), because: Because::Role, role: Some(role) })
}
