//! Authorization of reads, beside the queries that they guard.

use sluice_domain::{
    access::{Action, Grants, Role, allowed},
    ids::ProductId,
};
use sqlx::PgConnection;

use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
};

/// What the actor holds, as far as a product is concerned.
pub(crate) async fn read_grants(
    connection: &mut PgConnection,
    actor: &Actor,
    product: ProductId,
) -> Result<Grants> {
    let roles = sqlx::query_scalar!(
        "select role from product_grant where person_id = $1 and product_id = $2",
        actor.person.uuid(),
        product.uuid()
    )
    .fetch_all(connection)
    .await?;
    Ok(Grants {
        workspace: actor.workspace.clone(),
        product: roles.iter().filter_map(|code| Role::from_code(code)).collect(),
    })
}

/// Demands that these grants allow an action. Somebody without any way to see the product learns nothing of it
/// (ASVS 8.4.1): the answer is then that there is no such thing.
pub(crate) fn demand(grants: &Grants, actor: &Actor, action: Action) -> Result<()> {
    if allowed(grants, action) {
        return Ok(());
    }
    tracing::warn!(target: "access", actor = %actor.person, action = action.code(), "denied");
    let visible = allowed(grants, Action::ReadProduct) || allowed(grants, Action::ReadGrants);
    Err(if visible { Error::Denied(action) } else { Error::NotFound })
}

impl Service {
    /// Demands an action that needs no product: one of the workspace, or one that everybody may do.
    pub(crate) fn demand_workspace(actor: &Actor, action: Action) -> Result<()> {
        let grants = Grants { workspace: actor.workspace.clone(), ..Grants::default() };
        if allowed(&grants, action) {
            return Ok(());
        }
        tracing::warn!(target: "access", actor = %actor.person, action = action.code(), "denied");
        Err(Error::Denied(action))
    }
}
