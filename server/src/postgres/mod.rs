//! A Postgres of our own, for who has none: found, initialised, started, watched and stopped.
//!
//! It listens on a Unix socket in a folder that only its user can enter, and on no TCP port. Its process
//! group is not the terminal's, so Ctrl-C reaches the application first. If the application is killed, the
//! database goes on running and the next start adopts it; if the database is killed, it is started again.
//!
//! Below the data directory: `postgres/data` (the cluster), `postgres/log` (a week of logs), `postgres/run`
//! (the socket), `postgres.lock` (held while a process of ours is in charge).

mod account;
mod binaries;
mod cluster;
mod error;
mod pid_file;
mod process;
mod urls;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::Child,
    sync::oneshot,
    task::{JoinHandle, spawn_blocking},
};

use self::{
    cluster::{Cluster, Purpose},
    process::Server,
};

pub use self::error::EmbeddedError;

/// A Postgres server of our own. Call [`Embedded::stop`]; dropping it only asks the server to stop and does
/// not wait.
#[derive(Debug)]
pub struct Embedded {
    socket_dir: PathBuf,
    adopted: bool,
    keeper: Keeper,
}

/// Who looks after the server process.
#[derive(Debug)]
enum Keeper {
    /// A task of ours, which restarts the server.
    Supervisor { stop: Option<oneshot::Sender<()>>, task: Option<JoinHandle<()>>, pid: Arc<AtomicI32> },
    /// A process that outlives us, which removes the server.
    Watchdog(Option<Child>),
}

impl Embedded {
    /// Starts the Postgres below this data directory, which is made when it is not there, and returns when it
    /// takes connections.
    ///
    /// # Errors
    /// It is not installed, of another major version, in use by another process, or does not start.
    pub async fn start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let mut cluster = open(data_dir.into(), Purpose::Keep).await?;
        let server = Server::bring_up(&mut cluster).await?;
        let socket_dir = cluster.socket_dir.clone();
        let adopted = matches!(server, Server::Adopted(_));
        let pid = Arc::new(AtomicI32::new(server.pid().as_raw_nonzero().get()));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(process::supervise(cluster, server, Arc::clone(&pid), stopped));
        let keeper = Keeper::Supervisor { stop: Some(stop), task: Some(task), pid };
        Ok(Self { socket_dir, adopted, keeper })
    }

    /// Starts an empty Postgres for one test run, without durability, in a temporary folder. It disappears
    /// when it is stopped, dropped, or when the process ends in whatever way. Its owner may create databases.
    ///
    /// # Errors
    /// It is not installed or does not start.
    pub async fn throwaway() -> Result<Self, EmbeddedError> {
        // Short, and reachable for the user that PostgreSQL runs as, which a private TMPDIR may not be.
        let folder = PathBuf::from("/tmp").join(format!("sluice-test-{}", cluster::random_name()));
        let cluster = open(folder.clone(), Purpose::Throwaway).await?;
        let child = process::start_watched(&cluster, &folder).await?;
        let keeper = Keeper::Watchdog(Some(child));
        Ok(Self { socket_dir: cluster.socket_dir, adopted: false, keeper })
    }

    /// How migrations connect: as the owner of the database.
    #[must_use]
    pub fn owner_url(&self) -> String {
        urls::url(&self.socket_dir, urls::OWNER, urls::DATABASE)
    }

    /// How the application connects: as the role that migrations make, `sluice_runtime`.
    #[must_use]
    pub fn runtime_url(&self) -> String {
        urls::url(&self.socket_dir, urls::RUNTIME, urls::DATABASE)
    }

    /// How an administrator connects, for tools that need every right. Nothing of ours uses it.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        urls::url(&self.socket_dir, urls::SUPERUSER, "postgres")
    }

    /// Whether the server was left running by a process that was killed.
    #[must_use]
    pub fn is_adopted(&self) -> bool {
        self.adopted
    }

    /// Stops the server and returns when it has stopped, after 30 seconds at most.
    pub async fn stop(mut self) {
        match &mut self.keeper {
            Keeper::Supervisor { stop, task, .. } => {
                drop(stop.take());
                if let Some(task) = task.take()
                    && let Err(error) = task.await
                {
                    tracing::error!(%error, "the database's supervisor failed");
                }
            }
            Keeper::Watchdog(child) => {
                if let Some(child) = child.take() {
                    process::stop_watched(child).await;
                }
            }
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // The watchdog sees its input close. The supervisor may not run again when the runtime ends, so the
        // server is told here.
        if let Keeper::Supervisor { task: Some(_), pid, .. } = &self.keeper
            && let Some(pid) = Pid::from_raw(pid.load(Ordering::Relaxed))
            && let Err(error) = kill_process(pid, Signal::INT)
        {
            tracing::debug!(%error, "the database server is gone already");
        }
    }
}

/// Files are prepared on a thread that may block.
async fn open(folder: PathBuf, purpose: Purpose) -> Result<Cluster, EmbeddedError> {
    match spawn_blocking(move || Cluster::open(&folder, purpose)).await {
        Ok(opened) => opened,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}
