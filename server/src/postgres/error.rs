//! What can go wrong with the embedded Postgres, each with the way out.

use std::{io, path::PathBuf, time::Duration};

/// Why the embedded Postgres is not available. Every message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No Postgres is installed where we look.
    #[error(
        "no PostgreSQL 15 or newer was found (looked in {searched}). Install it (Debian: apt-get install \
         postgresql; macOS: brew install postgresql@17), or set DATABASE_URL to a server of yours{too_old}"
    )]
    NotInstalled {
        /// The folders that were searched.
        searched: String,
        /// A remark about versions that were found and are too old, or nothing.
        too_old: String,
    },
    /// The data directory belongs to another major version than those installed.
    #[error(
        "the database in {data} was made by PostgreSQL {wanted}, and only {found} is installed. Nothing was \
         changed. Install PostgreSQL {wanted} beside it and start again, or upgrade the database as \
         docs/configuration.md describes under \"A newer PostgreSQL\"", data = data.display()
    )]
    OtherMajor {
        /// The data directory.
        data: PathBuf,
        /// The version in it.
        wanted: String,
        /// The versions that are installed.
        found: String,
    },
    /// Root needs an unprivileged user to run Postgres as, and there is none.
    #[error("PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody")]
    NoAccount,
    /// The unprivileged user cannot reach the data directory.
    #[error(
        "PostgreSQL runs as the user {user}, who cannot reach {dir}. Choose another SLUICE_DATA_DIR (such as \
         /var/lib/sluice), or let others pass through the folders above it (chmod o+x)", dir = dir.display()
    )]
    Unreachable {
        /// The directory.
        dir: PathBuf,
        /// The user's name.
        user: String,
    },
    /// Another process of ours uses the data directory.
    #[error(
        "another Sluice process runs the database in {dir}. To use it from here too, set \
         DATABASE_URL='{runtime_url}' and DATABASE_OWNER_URL='{owner_url}'", dir = dir.display()
    )]
    Busy {
        /// The data directory.
        dir: PathBuf,
        /// How to connect to the database that runs, as the application.
        runtime_url: String,
        /// How to connect to the database that runs, as its owner.
        owner_url: String,
    },
    /// One of Postgres's programs failed.
    #[error("{program} failed ({status}): {output}")]
    Tool {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
        /// What it said.
        output: String,
    },
    /// The server ended while it was starting.
    #[error("PostgreSQL ended while starting ({status}); {output}; its log is in {log}", log = log.display())]
    Exited {
        /// How it ended.
        status: String,
        /// The last lines it said.
        output: String,
        /// Where its log is.
        log: PathBuf,
    },
    /// The server takes too long to start.
    #[error("PostgreSQL was not ready after {} seconds; its log is in {log}", after.as_secs(), log = log.display())]
    NotReady {
        /// How long we waited.
        after: Duration,
        /// Where its log is.
        log: PathBuf,
    },
    /// The system refused something.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was attempted, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl EmbeddedError {
    /// For `map_err`.
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
