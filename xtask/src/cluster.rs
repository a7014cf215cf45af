//! A Postgres server that lives as long as a task.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::workspace::{output, run};

/// A throwaway cluster on a Unix socket. Dropping it stops the server and removes the data.
pub(crate) struct Cluster {
    programs: PathBuf,
    owner: Option<Owner>,
    server: Child,
    directory: TempDir,
}

/// Whom Postgres runs as when this program is root, which Postgres refuses to be.
#[derive(Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

impl Cluster {
    pub(crate) fn start() -> Result<Self> {
        let programs = programs().context(
            "no PostgreSQL server programs found (initdb, postgres); scripts/setup.sh installs them",
        )?;
        let owner = owner()?;
        let directory = tempfile::Builder::new().prefix("sluice-pg-").tempdir()?;
        owned(directory.path(), owner)?;
        let data = directory.path().join("data");
        let mut initdb = command(&programs.join("initdb"), owner, directory.path());
        initdb.arg("--pgdata").arg(&data);
        initdb.args(["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C"]);
        output(initdb.arg("--no-sync"))?;

        let log = fs::File::create(directory.path().join("log"))?;
        let server = command(&programs.join("postgres"), owner, directory.path())
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(directory.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("cannot start postgres")?;
        let mut cluster = Self { programs, owner, server, directory };
        cluster.wait()?;
        Ok(cluster)
    }

    /// The address for sqlx.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.directory.path().display())
    }

    /// Runs a file of SQL, all or nothing up to the first error.
    pub(crate) fn apply(&self, database: &str, file: &Path) -> Result<()> {
        let mut psql = self.client("psql");
        psql.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", database, "--file"]);
        run(psql.arg(file).stdout(Stdio::null()))
            .with_context(|| format!("{} does not apply", file.display()))
    }

    pub(crate) fn create(&self, database: &str) -> Result<()> {
        run(self.client("createdb").arg(database))
    }

    fn client(&self, name: &str) -> Command {
        let mut client = Command::new(self.programs.join(name));
        client.arg("--host").arg(self.directory.path()).args(["--username", "postgres"]);
        client
    }

    fn wait(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let ready = self.client("pg_isready").arg("--quiet").status()?.success();
            if ready {
                return Ok(());
            }
            if let Some(status) = self.server.try_wait()? {
                let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
                bail!("postgres ended ({status}): {}", log.trim());
            }
            if Instant::now() > deadline {
                bail!("postgres did not become ready within 30 seconds");
            }
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = command(&self.programs.join("pg_ctl"), self.owner, self.directory.path());
        stop.args(["stop", "--silent", "--mode", "fast", "--pgdata"]).arg(self.directory.path().join("data"));
        if run(&mut stop).is_err() {
            // It may have ended by itself; then there is nothing to kill either.
            let _gone = self.server.kill();
        }
        let _reaped = self.server.wait();
    }
}

/// A program of the server, run by somebody whom Postgres accepts, in a directory that they may enter.
fn command(program: &Path, owner: Option<Owner>, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory);
    #[cfg(unix)]
    if let Some(owner) = owner {
        use std::os::unix::process::CommandExt as _;
        command.uid(owner.user).gid(owner.group);
    }
    command
}

fn owned(directory: &Path, owner: Option<Owner>) -> Result<()> {
    #[cfg(unix)]
    if let Some(owner) = owner {
        std::os::unix::fs::chown(directory, Some(owner.user), Some(owner.group))?;
    }
    Ok(())
}

/// Nobody in particular when this program is an ordinary user.
fn owner() -> Result<Option<Owner>> {
    let id = |arguments: &[&str]| -> Result<u32> {
        Ok(output(Command::new("id").args(arguments))?.trim().parse()?)
    };
    if id(&["-u"])? != 0 {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let (Ok(user), Ok(group)) = (id(&["-u", name]), id(&["-g", name])) {
            return Ok(Some(Owner { user, group }));
        }
    }
    bail!("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")
}

/// The folder with the server's programs: on the path, or where Debian and Homebrew put them, the newest first.
fn programs() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    for (root, prefix, suffix) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
    ] {
        let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(root)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let version = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
                Some((version, entry.path().join(suffix)))
            })
            .collect();
        versions.sort();
        folders.extend(versions.into_iter().rev().map(|(_, folder)| folder));
    }
    // The path may hold some of the programs only, as links: the others are beside what the link leads to.
    folders
        .iter()
        .filter_map(|folder| fs::canonicalize(folder.join("postgres")).ok()?.parent().map(Path::to_owned))
        .chain(folders.iter().cloned())
        .find(|folder| {
            ["initdb", "postgres", "pg_ctl", "psql"].iter().all(|name| folder.join(name).is_file())
        })
}
