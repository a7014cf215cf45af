use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Router;
use secrecy::SecretString;
use sluice_app::assets::Assets;
use sluice_server::{
    http::{proxies::TrustedProxies, public_url::PublicUrl},
    postgres::Embedded,
    web::{
        App,
        router::{edge, router},
        state::Settings,
    },
};
use sluice_service::{Actor, Clock, Connect, Origin, Service, SetClock, migrate};
use time::macros::datetime;
use tokio::sync::{OnceCell, oneshot};
use tokio_postgres::{Client, Config, NoTls};

use super::{Seed, TestResult, Who, log};

/// The database that every test's own is a copy of.
const TEMPLATE: &str = "template_of_tests";

/// The cluster of this process.
static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();

/// URLs of the cluster, and what is in its template.
struct Cluster {
    runtime_url: String,
    owner_url: String,
    superuser_url: String,
    seed: Seed,
}

impl Cluster {
    async fn of_this_process() -> TestResult<&'static Self> {
        CLUSTER
            .get_or_try_init(|| async {
                let (sender, receiver) = oneshot::channel();
                // A thread that never ends: each test has a runtime of its own, and the cluster outlives it. When the
                // process ends, the watchdog removes the cluster.
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
        let (owner_url, runtime_url) = (embedded.owner_url(), embedded.runtime_url());
        connect(&owner_url).await?.batch_execute(&format!("create database {TEMPLATE}")).await?;
        migrate(&SecretString::from(with_database(&owner_url, TEMPLATE))).await?;
        let clock = Clock::Injected(SetClock::at(datetime!(2026-11-02 9:00 UTC)));
        let service = service(&with_database(&runtime_url, TEMPLATE), clock).await?;
        let seed = Seed::plant(&service).await?;
        service.close().await;
        let superuser_url = embedded.superuser_url();
        Ok((embedded, Self { runtime_url, owner_url, superuser_url, seed }))
    }
}

/// A database of a test's own, with the application on it.
pub(crate) struct World {
    /// The application, as it is served.
    pub(crate) router: Router,
    /// The use cases behind it.
    pub(crate) service: Service,
    /// The clock of both, which stands still until it is moved.
    pub(crate) clock: SetClock,
    /// What is in the database already.
    pub(crate) seed: &'static Seed,
    superuser_url: String,
}

impl World {
    /// The seeded workspace under `https://sluice.example.org`, with small uploads.
    pub(crate) async fn new() -> TestResult<Self> {
        Self::with(settings("https://sluice.example.org", 1024 * 1024)?, Assets::unbuilt()).await
    }

    /// The seeded workspace with these settings.
    pub(crate) async fn with(settings: Settings, assets: Assets) -> TestResult<Self> {
        let cluster = Cluster::of_this_process().await?;
        Self::on(cluster, &format!(" template {TEMPLATE}"), settings, assets).await
    }

    /// A workspace in which nobody has an account.
    pub(crate) async fn empty() -> TestResult<Self> {
        let cluster = Cluster::of_this_process().await?;
        let settings = settings("https://sluice.example.org", 1024 * 1024)?;
        Self::on(cluster, "", settings, Assets::unbuilt()).await
    }

    async fn on(
        cluster: &'static Cluster,
        from: &str,
        settings: Settings,
        assets: Assets,
    ) -> TestResult<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        log::keep();
        let database = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        connect(&cluster.owner_url)
            .await?
            .batch_execute(&format!("create database {database}{from}"))
            .await?;
        if from.is_empty() {
            migrate(&SecretString::from(with_database(&cluster.owner_url, &database))).await?;
        }
        let clock = SetClock::at(datetime!(2026-11-03 9:00 UTC));
        let runtime_url = with_database(&cluster.runtime_url, &database);
        let service = service(&runtime_url, Clock::Injected(clock.clone())).await?;
        if from.is_empty() {
            service.import_built_in_policy().await?;
        }
        let app = App { service: service.clone(), assets, settings: Arc::new(settings) };
        let edge = edge(&app, TrustedProxies::default());
        Ok(Self {
            router: router(app, &edge),
            service,
            clock,
            seed: &cluster.seed,
            superuser_url: with_database(&cluster.superuser_url, &database),
        })
    }

    /// A connection that may read and write anything.
    pub(crate) async fn database(&self) -> TestResult<Client> {
        connect(&self.superuser_url).await
    }

    /// One text, asked for with every right.
    pub(crate) async fn text(&self, sql: &str) -> TestResult<String> {
        let row = self.database().await?.query_one(sql, &[]).await?;
        Ok(row.get::<_, Option<String>>(0).unwrap_or_default())
    }

    /// A digest of everything that is stored, but for sessions and the counts of attempts to sign in: they say who is
    /// there, not what was done.
    pub(crate) async fn digest(&self) -> TestResult<Vec<(String, String)>> {
        let database = self.database().await?;
        let tables = database
            .query(
                "select table_schema || '.' || table_name from information_schema.tables
                 where table_schema in ('public', 'audit', 'history') and table_type = 'BASE TABLE'
                   and table_name not in ('session', 'sign_in_throttle')
                 order by 1",
                &[],
            )
            .await?;
        assert!(tables.len() > 20, "the tables are found");
        let mut digests = Vec::new();
        for table in tables {
            let table: String = table.get(0);
            let sql =
                format!("select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {table} t");
            digests.push((table, database.query_one(&sql, &[]).await?.get(0)));
        }
        Ok(digests)
    }

    /// Somebody as their next request finds them.
    pub(crate) async fn actor(&self, who: Who) -> TestResult<Actor> {
        let person = self.seed.person(who)?;
        Ok(self.service.actor(person, Origin::default()).await?.ok_or("no such person")?)
    }
}

/// Settings with sessions as they are by default.
pub(crate) fn settings(public_url: &str, max_upload_bytes: u64) -> TestResult<Settings> {
    Ok(Settings {
        public_url: PublicUrl::parse(public_url)?,
        max_upload_bytes,
        session_idle: Duration::from_hours(2),
        session_absolute: Duration::from_hours(12),
    })
}

async fn service(url: &str, clock: Clock) -> TestResult<Service> {
    let connect = Connect { url: SecretString::from(url), assume_runtime_role: false, connections: 8 };
    Ok(Service::connect(&connect, clock).await?)
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
    config.user(user).host_path(host).dbname(database).application_name("test");
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
