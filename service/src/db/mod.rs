//! The database: two pools, the way in for writes, and nothing that the rest of the program could go around.
//!
//! The write pool is private to this module. A transaction that writes is a [`write::Begun`], which only
//! [`write::uncancelled`] hands out the token for; commit asks for the audit event.

mod migrate;
pub(crate) mod permit;
pub(crate) mod read;
pub(crate) mod runs;
pub(crate) mod untracked;
pub(crate) mod write;

use std::time::Duration;

use sqlx::{
    PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

pub use migrate::migrate;

use crate::{
    clock::Clock,
    error::{Error, Result},
};

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct Connect {
    /// URL of the run-time role.
    pub url: secrecy::SecretString,
    /// Take the rights of `sluice_runtime` on each connection, where the URL logs in as somebody else.
    pub assume_runtime_role: bool,
    /// The most connections, half of them for reading.
    pub connections: u32,
}

/// The two pools.
#[derive(Clone)]
pub(crate) struct Database {
    writes: PgPool,
    reads: PgPool,
    pub(crate) clock: Clock,
}

impl Database {
    /// Opens the pools. The first connection is made at once, so that a wrong URL shows here.
    pub(crate) async fn connect(connect: &Connect, clock: Clock) -> Result<Self> {
        use secrecy::ExposeSecret as _;
        let options: PgConnectOptions = connect.url.expose_secret().parse()?;
        let options = options.application_name("sluice").options([
            // A query that runs longer is a fault; a lock that is held longer too.
            // A rollback outside of a transaction is a warning that nobody needs (see `pool`).
            ("client_min_messages", "error"),
            ("statement_timeout", "5000"),
            ("lock_timeout", "4000"),
            ("idle_in_transaction_session_timeout", "30000"),
        ]);
        let each = (connect.connections / 2).max(2);
        let writes = pool(each, connect.assume_runtime_role).connect_with(options.clone()).await?;
        // Readers cannot write: not by mistake, and not by an injected statement.
        let reads = pool(each, connect.assume_runtime_role)
            .connect_with(options.options([
                ("default_transaction_read_only", "on"),
                // Filters that are not asked for and words that are common or rare call for different plans: a plan
                // for all of them reads too much for most.
                ("plan_cache_mode", "force_custom_plan"),
                // Search looks for words that are a little alike, and then decides itself which ones are meant.
                ("pg_trgm.similarity_threshold", "0.2"),
            ]))
            .await?;
        Ok(Self { writes, reads, clock })
    }

    /// Connections that can only read.
    pub(crate) fn reads(&self) -> &PgPool {
        &self.reads
    }

    /// The instant by this installation's clock, for pages; a use case that writes reads it after locking.
    pub(crate) async fn now(&self) -> Result<time::OffsetDateTime> {
        self.now_on(&mut *self.reads.acquire().await?).await
    }

    /// The same on a connection that is held already: taking a second one could wait for oneself.
    pub(crate) async fn now_on(&self, connection: &mut PgConnection) -> Result<time::OffsetDateTime> {
        match &self.clock {
            Clock::Injected(clock) => Ok(clock.now()),
            Clock::Database => {
                Ok(sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(connection).await?)
            }
        }
    }

    pub(crate) async fn close(&self) {
        self.writes.close().await;
        self.reads.close().await;
    }
}

fn pool(connections: u32, assume_runtime_role: bool) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(2))
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if assume_runtime_role {
                    sqlx::query("set role sluice_runtime").execute(connection).await?;
                }
                Ok(())
            })
        })
        // sqlx returns a connection whose `begin` was cancelled to the pool inside an open transaction (0.8.6 and
        // 0.9.0); the next user would find itself in it. Outside of one, this is a warning that nobody hears.
        .after_release(|connection, _| {
            Box::pin(async move {
                sqlx::query("rollback").execute(connection).await?;
                Ok(true)
            })
        })
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Internal(Box::new(error))
    }
}
