use sluice_domain::{
    access::Role,
    ids::{FeatureId, Id, ProductId},
    lifecycle::Turn,
    notification::Because,
};

use super::To;
use crate::{
    db::write::Write,
    error::{Error, Result},
    features::row::Feature,
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

/// The owner of a feature, and who can clear what blocks its gate, as its last decision says.
pub(crate) async fn team(write: &mut Write, feature: &Feature) -> Result<Vec<To>> {
    let roles =
        sqlx::query_scalar!("select team_roles from gate_state where feature_id = $1", feature.id.uuid())
            .fetch_optional(write.connection())
            .await?
            .unwrap_or_default();
    let roles: Vec<Role> = roles.iter().filter_map(|code| Role::from_code(code)).collect();
    let mut to = vec![To::person(feature.owner, Because::Owner)];
    to.extend(holders(write, feature.product, &roles).await?);
    Ok(to)
}

/// The people who watch a feature.
pub(crate) async fn watchers(write: &mut Write, feature: FeatureId) -> Result<Vec<To>> {
    let people = sqlx::query_scalar!(
        "select person_id from watch where feature_id = $1 order by person_id",
        feature.uuid()
    )
    .fetch_all(write.connection())
    .await?;
    Ok(people.into_iter().map(|person| To::person(Id::new(person), Because::Watcher)).collect())
}

/// Everybody whom it concerns where a feature goes: its owner, whoever has the turn, and who watches it.
pub(crate) async fn concerned(write: &mut Write, feature: &Feature) -> Result<Vec<To>> {
    let mut to = vec![To::person(feature.owner, Because::Owner)];
    match feature.progress.stands_in().map(|attempt| &attempt.turn) {
        Some(Turn::Reviewers { requested_by }) => {
            to.push(To::person(*requested_by, Because::Requester));
            to.extend(reviewers(write, feature.id).await?);
        }
        Some(Turn::Team) => to.extend(team(write, feature).await?),
        None => {}
    }
    to.extend(watchers(write, feature.id).await?);
    Ok(to)
}

fn by_role(person: uuid::Uuid, role: &str) -> Result<To> {
    let role = Role::from_code(role).ok_or_else(|| Error::internal("unknown role"))?;
    Ok(To { person: Id::new(person), because: Because::Role, role: Some(role) })
}
