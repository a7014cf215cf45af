use secrecy::{ExposeSecret as _, SecretString};
use sluice_service::{Clock, Connect, Service};

use super::Failed;
use crate::{config::Database, postgres::Embedded};

/// Connections of one server: enough for two cores' worth of work, few enough for several replicas on one database.
const CONNECTIONS: u32 = 20;

/// The Postgres in use: our own, or somebody else's.
pub(super) struct Backend {
    embedded: Option<Embedded>,
    runtime_url: SecretString,
    owner_url: SecretString,
}

impl Backend {
    /// Starts our own Postgres, or takes the one that is configured.
    pub(super) async fn open(database: &Database) -> Result<Self, Failed> {
        Ok(match database {
            Database::Embedded(directory) => {
                let embedded = Embedded::start(directory).await?;
                Self {
                    runtime_url: embedded.runtime_url().into(),
                    owner_url: embedded.owner_url().into(),
                    embedded: Some(embedded),
                }
            }
            Database::External { url, owner_url } => {
                Self { embedded: None, runtime_url: url.clone(), owner_url: owner_url.clone() }
            }
        })
    }

    /// How the application connects. Where migrations and the application share one login, the application takes the
    /// lesser role on each connection.
    pub(super) fn connect(&self) -> Connect {
        Connect {
            url: self.runtime_url.clone(),
            assume_runtime_role: self.runtime_url.expose_secret() == self.owner_url.expose_secret(),
            connections: CONNECTIONS,
        }
    }

    /// Brings the schema up to date and imports the built-in policies of this version.
    pub(super) async fn migrate(&self) -> Result<(), Failed> {
        sluice_service::migrate(&self.owner_url).await?;
        let service = Service::connect(&self.connect(), Clock::Database).await?;
        let imported = service.import_built_in_policy().await;
        service.close().await;
        if imported? {
            tracing::info!("built-in policies were imported");
        }
        Ok(())
    }

    /// Stops our own Postgres.
    pub(super) async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}
