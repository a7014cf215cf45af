//! Where the pages are opened: a throwaway cluster, and a filled database in it.

use secrecy::SecretString;
use sluice_domain::ids::{FeatureKey, Id};
use sluice_server::postgres::Embedded;
use sluice_service::{Actor, Clock, Connect, Origin, Service, migrate};
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

use super::{TestResult, fill};

/// A `PostgreSQL` server that disappears with this process.
pub(crate) struct Cluster {
    embedded: Embedded,
}

impl Cluster {
    /// Starts an empty one.
    pub(crate) async fn start() -> TestResult<Self> {
        Ok(Self { embedded: Embedded::throwaway().await? })
    }

    /// Makes a database with this many features.
    pub(crate) async fn workspace(&self, features: u32) -> TestResult<Workspace> {
        let name = format!("of_{features}");
        let owner_url = with_database(&self.embedded.owner_url(), &name);
        connect(&self.embedded.owner_url()).await?.batch_execute(&format!("create database {name}")).await?;
        migrate(&SecretString::from(owner_url)).await?;
        let workspace = Workspace {
            runtime_url: with_database(&self.embedded.runtime_url(), &name),
            superuser_url: with_database(&self.embedded.superuser_url(), &name),
            name,
        };
        let service = workspace.service().await?;
        service.import_built_in_policy().await?;
        service.close().await;
        fill::fill(&workspace, features).await?;
        Ok(workspace)
    }
}

/// A filled database.
pub(crate) struct Workspace {
    /// Its name.
    pub(crate) name: String,
    runtime_url: String,
    superuser_url: String,
}

impl Workspace {
    /// The use cases on it. Two connections read: each has met every statement after a few pages, as in a server that
    /// has run for a while.
    pub(crate) async fn service(&self) -> TestResult<Service> {
        let url = SecretString::from(self.runtime_url.as_str());
        Ok(Service::connect(&Connect { url, assume_runtime_role: false, connections: 2 }, Clock::Database)
            .await?)
    }

    /// A connection that may do anything.
    pub(crate) async fn as_superuser(&self) -> TestResult<Client> {
        connect(&self.superuser_url).await
    }

    /// Who reads, and what.
    pub(crate) async fn cast(&self) -> TestResult<Cast> {
        let service = self.service().await?;
        let client = self.as_superuser().await?;
        let person = async |name: &str| -> TestResult<Actor> {
            let row = client.query_one("select id from person where email = $1", &[&name]).await?;
            let found = service.actor(Id::new(row.get::<_, Uuid>(0)), Origin::default()).await?;
            Ok(found.ok_or("no such person")?)
        };
        let word = async |sql: &str| -> TestResult<String> { Ok(client.query_one(sql, &[]).await?.get(0)) };
        let cast = Cast {
            member: person(fill::MEMBER).await?,
            newcomer: person(fill::NEWCOMER).await?,
            auditor: person(fill::AUDITOR).await?,
            large: fill::LARGE.parse()?,
            small: fill::SMALL.parse()?,
            month: (
                word("select (current_date - 400)::text").await?,
                word("select (current_date - 370)::text").await?,
            ),
        };
        service.close().await;
        Ok(cast)
    }
}

/// The people who read, and what they read.
pub(crate) struct Cast {
    /// Holds three roles in three products: one large, one of usual size, one tiny.
    pub(crate) member: Actor,
    /// Works on the tiny product only: what everybody else does must not slow them down.
    pub(crate) newcomer: Actor,
    /// Reads everything.
    pub(crate) auditor: Actor,
    /// A feature with 500 requirements, 300 threats and 2,000 findings.
    pub(crate) large: FeatureKey,
    /// A feature with 10 records, alike in everything else.
    pub(crate) small: FeatureKey,
    /// The first and the last day of a month, a year ago.
    pub(crate) month: (String, String),
}

fn with_database(url: &str, database: &str) -> String {
    let (server, query) = url.rsplit_once('?').unwrap_or((url, ""));
    let server = server.rsplit_once('/').map_or(server, |(server, _)| server);
    format!("{server}/{database}?{query}")
}

/// Connects by a URL of an embedded Postgres. The driver would try the URL's host name as well as its socket.
async fn connect(url: &str) -> TestResult<Client> {
    let parse = || {
        let (user, rest) = url.strip_prefix("postgres://")?.split_once('@')?;
        let (rest, host) = rest.split_once("?host=")?;
        let (_, database) = rest.split_once('/')?;
        Some((user, host.replace("%2F", "/"), database))
    };
    let (user, host, database) = parse().ok_or("not a URL of an embedded Postgres")?;
    let mut config = Config::new();
    config.user(user).host_path(host).dbname(database).application_name("scale");
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
