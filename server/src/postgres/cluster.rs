//! The files of a database cluster: where they lie, how they are made, how its server is told to behave.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, TryLockError},
    io,
    os::unix::{ffi::OsStrExt, fs::DirBuilderExt},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{
    account::{Account, run},
    binaries::{self, Installation},
    error::EmbeddedError,
    urls,
};

/// Linux allows 107 bytes for a socket's address, other systems 103; the socket's own name needs 15.
const LONGEST_SOCKET_DIR: usize = 103 - "/.s.PGSQL.5432.lock".len();

/// What a cluster is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    /// Data that has to survive anything.
    Keep,
    /// Data of one test run: durability off, everything else alike.
    Throwaway,
}

/// A cluster that exists on disk, ready to be started.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) account: Account,
    pub(super) installation: Installation,
    pub(super) purpose: Purpose,
    /// The data directory proper.
    pub(super) data: PathBuf,
    /// Where its server's log files go.
    pub(super) log: PathBuf,
    /// Where its server's words go until the log is open.
    pub(super) first_words: PathBuf,
    /// Where its socket is.
    pub(super) socket_dir: PathBuf,
    /// Held as long as we use the cluster. The system releases it when we die, however we die.
    _lock: File,
}

impl Cluster {
    /// Finds the cluster below this folder, and makes it when it is not there.
    pub(super) fn open(folder: &Path, purpose: Purpose) -> Result<Self, EmbeddedError> {
        let home = folder.join("postgres");
        let account = Account::choose(&home)?;
        make_folder(folder, &account, purpose)?;
        let lock = lock(folder, &home)?;
        account.make_private(&home).map_err(EmbeddedError::io("make the folder", &home))?;
        account.check_reach(&home)?;
        // In full, because paths are compared with what the system says about processes.
        let home = home.canonicalize().map_err(EmbeddedError::io("find", &home))?;
        let (data, log) = (home.join("data"), home.join("log"));
        account.make_private(&log).map_err(EmbeddedError::io("make the folder", &log))?;
        let installation = binaries::find(&data)?;
        if !data.exists() {
            create(&account, &installation, &data, purpose)?;
        }
        let socket_dir = socket_dir(&home, &account)?;
        let first_words = folder.join("postgres-start.log");
        Ok(Self { account, installation, purpose, data, log, first_words, socket_dir, _lock: lock })
    }

    /// What the server is told on its command line, where nothing in the data directory can override it.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec!["-D".into(), self.data.clone().into()];
        let mut set = |name: &str, value: &std::ffi::OsStr| {
            let mut setting = OsString::from(format!("{name}="));
            setting.push(value);
            arguments.extend(["-c".into(), setting]);
        };
        set("unix_socket_directories", &quoted(&self.socket_dir));
        set("log_directory", self.log.as_os_str());
        for (name, value) in [
            ("listen_addresses", ""),
            ("port", "5432"),
            ("unix_socket_permissions", "0700"),
            ("cluster_name", "sluice"),
            ("logging_collector", "on"),
            // One file for each day of the week, overwritten a week later.
            ("log_filename", "postgresql-%a.log"),
            ("log_truncate_on_rotation", "on"),
            ("log_rotation_age", "1d"),
            ("log_rotation_size", "0"),
            // Details and statements repeat what people typed; the log is no place for it.
            ("log_error_verbosity", "terse"),
            ("log_min_error_statement", "panic"),
            ("log_timezone", "UTC"),
            ("timezone", "UTC"),
        ] {
            set(name, value.as_ref());
        }
        let durable = if self.purpose == Purpose::Keep { "on" } else { "off" };
        for name in ["fsync", "full_page_writes", "synchronous_commit"] {
            set(name, durable.as_ref());
        }
        arguments
    }
}

/// The folder above Postgres's own. Others may pass through it, no more, when Postgres is another user. One
/// that the watchdog is to remove belongs to that user.
fn make_folder(folder: &Path, account: &Account, purpose: Purpose) -> Result<(), EmbeddedError> {
    if purpose == Purpose::Throwaway {
        return account.make_private(folder).map_err(EmbeddedError::io("make the folder", folder));
    }
    let (mode, above) = if account.is_other() { (0o711, 0o755) } else { (0o700, 0o700) };
    if let Some(parent) = folder.parent() {
        let result = DirBuilder::new().recursive(true).mode(above).create(parent);
        result.map_err(EmbeddedError::io("make the folder", parent))?;
    }
    match DirBuilder::new().mode(mode).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(EmbeddedError::io("make the folder", folder)(error))
        }
        _ => Ok(()),
    }
}

/// Two servers of ours must not start, stop or adopt the same cluster.
fn lock(folder: &Path, home: &Path) -> Result<File, EmbeddedError> {
    let path = folder.join("postgres.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(EmbeddedError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let recorded = super::pid_file::PidFile::read(&home.join("data"));
            let socket_dir = recorded.map_or_else(|| home.join("run"), |file| file.socket_dir);
            Err(EmbeddedError::Busy {
                dir: folder.into(),
                runtime_url: urls::url(&socket_dir, urls::RUNTIME, urls::DATABASE),
                owner_url: urls::url(&socket_dir, urls::OWNER, urls::DATABASE),
            })
        }
        Err(TryLockError::Error(error)) => Err(EmbeddedError::io("lock", path)(error)),
    }
}

/// Makes the cluster beside its place and moves it there when it is complete, so that an interruption leaves
/// nothing half-made.
fn create(
    account: &Account,
    installation: &Installation,
    data: &Path,
    purpose: Purpose,
) -> Result<(), EmbeddedError> {
    tracing::info!(data = %data.display(), "making a new database cluster; this takes a few seconds");
    let draft = data.with_file_name("data.new");
    if draft.exists() {
        fs::remove_dir_all(&draft).map_err(EmbeddedError::io("remove", &draft))?;
    }
    let mut initdb = account.command(installation.program("initdb"));
    initdb.arg("-D").arg(&draft).args([
        "--username",
        urls::SUPERUSER,
        "--encoding",
        "UTF8",
        "--data-checksums",
    ]);
    // Sorting by code point: the same on every machine, and no system upgrade corrupts an index.
    if cfg!(target_os = "macos") {
        initdb.args(["--locale=C", "--lc-ctype=UTF-8"]);
    } else {
        initdb.args(["--locale=C.UTF-8", "--lc-messages=C"]);
    }
    // Whoever reaches the socket is trusted; only this user and root reach it. There is no TCP.
    initdb.args(["--auth-local=trust", "--auth-host=reject"]);
    if purpose == Purpose::Throwaway {
        initdb.arg("--no-sync");
    }
    run(initdb, None)?;

    let mut single = account.command(installation.program("postgres"));
    single.args(["--single", "-D"]).arg(&draft).args(["-c", "log_min_messages=error"]);
    if purpose == Purpose::Throwaway {
        single.arg("-F");
    }
    single.arg("postgres");
    run(single, Some(&first_statements(purpose)))?;
    fs::rename(&draft, data).map_err(EmbeddedError::io("rename to", data))
}

/// One statement a line, as the single-user server reads them. Memory is for a small machine, and is set in
/// the database so that an administrator can change it with ALTER SYSTEM.
fn first_statements(purpose: Purpose) -> String {
    let (owner, database) = (urls::OWNER, urls::DATABASE);
    let (more, connections, buffers) = match purpose {
        Purpose::Keep => ("", 80, "256MB"),
        // Each test makes a database of its own.
        Purpose::Throwaway => (" CREATEDB", 200, "128MB"),
    };
    format!(
        "CREATE ROLE {owner} LOGIN CREATEROLE{more}\n\
         CREATE DATABASE {database} OWNER {owner}\n\
         ALTER SYSTEM SET max_connections = {connections}\n\
         ALTER SYSTEM SET shared_buffers = '{buffers}'\n\
         ALTER SYSTEM SET effective_cache_size = '1GB'\n\
         ALTER SYSTEM SET work_mem = '8MB'\n\
         ALTER SYSTEM SET maintenance_work_mem = '64MB'\n\
         ALTER SYSTEM SET wal_compression = on\n\
         ALTER SYSTEM SET random_page_cost = 1.1\n\
         ALTER SYSTEM SET jit = off\n"
    )
}

/// `run` in Postgres's folder; or, where that path is too long for a socket or has a comma, which separates
/// hosts in a connection URL, a short folder of random name.
fn socket_dir(home: &Path, account: &Account) -> Result<PathBuf, EmbeddedError> {
    let usual = home.join("run");
    let bytes = usual.as_os_str().as_bytes();
    let dir = if bytes.len() <= LONGEST_SOCKET_DIR && !bytes.contains(&b',') {
        usual
    } else {
        short_parent().join(format!("sluice-{}", random_name()))
    };
    account.make_private(&dir).map_err(EmbeddedError::io("make the folder", &dir))?;
    account.check_reach(&dir)?;
    Ok(dir)
}

/// Twelve hexadecimal digits that nobody can foresee.
#[expect(
    clippy::disallowed_methods,
    reason = "a folder in a shared place needs a name that nobody else has taken"
)]
pub(super) fn random_name() -> String {
    // The last digits of such an id are random.
    Uuid::now_v7().simple().to_string().split_off(20)
}

fn short_parent() -> PathBuf {
    let runtime = if rustix::process::geteuid().is_root() {
        Some(PathBuf::from("/run"))
    } else {
        std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)
    };
    let short = |dir: &PathBuf| dir.is_dir() && dir.is_absolute() && dir.as_os_str().len() <= 60;
    runtime.filter(short).unwrap_or_else(|| PathBuf::from("/tmp"))
}

/// Postgres reads a list of folders here, in which names with unusual letters are quoted.
fn quoted(dir: &Path) -> OsString {
    use std::os::unix::ffi::OsStringExt;
    let mut text = vec![b'"'];
    for byte in dir.as_os_str().as_bytes() {
        text.extend(if *byte == b'"' { &b"\"\""[..] } else { std::slice::from_ref(byte) });
    }
    text.push(b'"');
    OsString::from_vec(text)
}
