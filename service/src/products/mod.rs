//! Products, and who holds which role in them.

mod edit;
mod grants;
mod list;
mod page;

pub use edit::{CreateProduct, EditProduct};
pub(crate) use grants::people_in;
pub use grants::{PersonChoice, RoleChange};
pub use list::{ProductList, ProductListItem};
pub use page::{FeatureCounts, PhaseCount, ProductGrant, ProductPage, StandardsSummary};

use sluice_domain::{
    ids::{Id, ProductId},
    text::ProductKey,
};
use sqlx::PgConnection;

use crate::error::{Error, Result};

/// The product with this key.
pub(crate) async fn find(connection: &mut PgConnection, key: &ProductKey) -> Result<ProductId> {
    sqlx::query_scalar!("select id from product where key = $1", key.as_str())
        .fetch_optional(connection)
        .await?
        .map(Id::new)
        .ok_or(Error::NotFound)
}
