//! What a product's people go by: coding standards, which each of them attests once per edition, and the lists that
//! its features go through, such as the definition of ready.

mod attest;
mod lists;
mod pending;
mod publish;
mod standards;

pub use lists::{EditList, ListsPage, ProductListItem};
pub(crate) use lists::{Listed, listed, points};
pub use pending::StandardToAttest;
pub(crate) use pending::{Attestations, attested, unattested};
pub use publish::{PublishStandard, StandardOf};
pub use standards::{Attested, Edition, GuidedProduct, StandardPage, StandardsPage};

use sluice_domain::{access::Action, ids::ProductId, text::ProductKey};
use sqlx::PgConnection;

use crate::{
    actor::Actor,
    db::read::{demand, read_grants},
    error::{Error, Result},
};

/// The codes of the roles whose holders attest standards.
pub(crate) fn attesting_roles() -> Vec<String> {
    Action::AttestStandard.product_roles().iter().map(|role| role.code().to_owned()).collect()
}

/// Finds a product for somebody who may know of it, with what they may do to its guides.
pub(crate) async fn open(
    connection: &mut PgConnection,
    actor: &Actor,
    key: &ProductKey,
) -> Result<GuidedProduct> {
    let row = sqlx::query!("select id, name from product where key = $1", key.as_str())
        .fetch_optional(&mut *connection)
        .await?
        .ok_or(Error::NotFound)?;
    let id = ProductId::new(row.id);
    let grants = read_grants(connection, actor, id).await?;
    demand(&grants, actor, Action::ReadGrants)?;
    Ok(GuidedProduct { id, key: key.clone(), name: row.name, grants })
}
