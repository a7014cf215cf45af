use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{Connection as _, PgConnection};

use crate::error::Result;

/// Brings the schema up to date, as the owner. sqlx holds an advisory lock meanwhile, so of several servers that
/// start at once one migrates and the others wait.
///
/// # Errors
/// When the database is out of reach, or a migration that was applied differs from the one in this program.
pub async fn migrate(owner_url: &SecretString) -> Result<()> {
    let mut connection = PgConnection::connect(owner_url.expose_secret()).await?;
    sqlx::migrate!("../migrations").run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
