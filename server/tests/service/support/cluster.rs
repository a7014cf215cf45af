use std::{
    future::pending,
    sync::atomic::{AtomicUsize, Ordering},
};

use secrecy::SecretString;
use sluice_server::postgres::Embedded;
use sluice_service::{Clock, Connect, Service, SetClock, migrate};
use time::{Duration, macros::datetime};
use tokio::sync::{OnceCell, oneshot};
use tokio_postgres::{Client, Config, NoTls};

use super::{Cast, TestResult};

/// The database that every test's own is a copy of: migrated, with the built-in policy and the cast.
const TEMPLATE: &str = "template_of_tests";

/// The cluster of this process.
static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();

/// URLs of the cluster, and the people in its template.
struct Cluster {
    runtime_url: String,
    owner_url: String,
    superuser_url: String,
    cast: Cast,
}

impl Cluster {
    async fn of_this_process() -> TestResult<&'static Self> {
        CLUSTER
            .get_or_try_init(|| async {
                let (sender, receiver) = oneshot::channel();
                // A thread of its own that never ends: each test has a runtime of its own, and the cluster outlives it.
                // When the process ends, the watchdog removes the cluster.
                std::thread::spawn(move || {
                    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                        Ok(runtime) => runtime.block_on(async {
                            let (kept, cluster) = match Self::start().await {
                                Ok((embedded, cluster)) => (Some(embedded), Ok(cluster)),
                                Err(error) => (None, Err(error)),
                            };
                            if sender.send(cluster).is_ok() {
                                pending::<()>().await;
                            }
                            drop(kept);
                        }),
                        Err(error) => drop(sender.send(Err(error.into()))),
                    }
                });
                receiver.await?
            })
            .await
    }

    async fn start() -> TestResult<(Embedded, Self)> {
        let embedded = Embedded::throwaway().await?;
        let mut cluster = Self {
            runtime_url: embedded.runtime_url(),
            owner_url: embedded.owner_url(),
            superuser_url: embedded.superuser_url(),
            cast: Cast::default(),
        };
        let owner = connect(&cluster.owner_url).await?;
        owner.batch_execute(&format!("create database {TEMPLATE}")).await?;
        migrate(&SecretString::from(with_database(&cluster.owner_url, TEMPLATE))).await?;
        let clock = Clock::Injected(SetClock::at(datetime!(2026-11-02 9:00 UTC)));
        let service = service(&with_database(&cluster.runtime_url, TEMPLATE), clock).await?;
        assert!(service.import_built_in_policy().await?, "a fresh database has no policy");
        cluster.cast = Cast::assemble(&service).await?;
        service.close().await;
        Ok((embedded, cluster))
    }
}

/// A database of a test's own, with the service on it.
pub(crate) struct World {
    /// The use cases, by a clock that stands still until it is moved.
    pub(crate) service: Service,
    /// That clock.
    pub(crate) clock: SetClock,
    /// The people, who are in the database already.
    pub(crate) cast: &'static Cast,
    /// How the application connects.
    pub(crate) runtime_url: String,
    /// How migrations connect.
    pub(crate) owner_url: String,
    superuser_url: String,
}

impl World {
    /// A fresh copy of the template.
    pub(crate) async fn new() -> TestResult<Self> {
        let cluster = Cluster::of_this_process().await?;
        let database = fresh_database(cluster, &format!(" template {TEMPLATE}")).await?;
        let clock = SetClock::at(datetime!(2026-11-03 9:00 UTC));
        let runtime_url = with_database(&cluster.runtime_url, &database);
        Ok(Self {
            service: service(&runtime_url, Clock::Injected(clock.clone())).await?,
            clock,
            cast: &cluster.cast,
            runtime_url,
            owner_url: with_database(&cluster.owner_url, &database),
            superuser_url: with_database(&cluster.superuser_url, &database),
        })
    }

    /// The owner's URL of a database without anything in it.
    pub(crate) async fn empty_database() -> TestResult<String> {
        let cluster = Cluster::of_this_process().await?;
        let database = fresh_database(cluster, "").await?;
        Ok(with_database(&cluster.owner_url, &database))
    }

    /// A minute later.
    pub(crate) fn tick(&self) {
        self.clock.advance(Duration::MINUTE);
    }

    /// A connection with the rights of the application.
    pub(crate) async fn as_runtime(&self) -> TestResult<Client> {
        connect(&self.runtime_url).await
    }

    /// A connection with the rights of migrations.
    pub(crate) async fn as_owner(&self) -> TestResult<Client> {
        connect(&self.owner_url).await
    }

    /// A connection that may do anything: what an attacker on the database server has.
    pub(crate) async fn as_superuser(&self) -> TestResult<Client> {
        connect(&self.superuser_url).await
    }

    /// One number, asked for with every right.
    pub(crate) async fn count(&self, sql: &str) -> TestResult<i64> {
        Ok(self.as_superuser().await?.query_one(sql, &[]).await?.get(0))
    }

    /// How many events there are.
    pub(crate) async fn events(&self) -> TestResult<i64> {
        self.count("select count(*) from audit.event").await
    }
}

async fn service(url: &str, clock: Clock) -> TestResult<Service> {
    let connect = Connect { url: SecretString::from(url), assume_runtime_role: false, connections: 20 };
    Ok(Service::connect(&connect, clock).await?)
}

async fn fresh_database(cluster: &Cluster, suffix: &str) -> TestResult<String> {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    connect(&cluster.owner_url).await?.batch_execute(&format!("create database {name}{suffix}")).await?;
    Ok(name)
}

fn with_database(url: &str, database: &str) -> String {
    let (server, query) = url.rsplit_once('?').unwrap_or((url, ""));
    let server = server.rsplit_once('/').map_or(server, |(server, _)| server);
    format!("{server}/{database}?{query}")
}

/// Connects by a URL of an embedded Postgres. The driver would try the URL's host name as well as its socket.
pub(crate) async fn connect(url: &str) -> TestResult<Client> {
    let parse = || {
        let (user, rest) = url.strip_prefix("postgres://")?.split_once('@')?;
        let (rest, host) = rest.split_once("?host=")?;
        let (_, database) = rest.split_once('/')?;
        Some((user, host.replace("%2F", "/"), database))
    };
    let (user, host, database) = parse().ok_or("not a URL of an embedded Postgres")?;
    let mut config = Config::new();
    config.user(user).host_path(host).dbname(database).application_name("test");
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
