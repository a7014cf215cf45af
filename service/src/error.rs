//! What a use case answers when it does not do what was asked.

use sluice_domain::{access::Action, form::FieldProblem, lifecycle::Refusal, waiver::WaiverRefusal};

use crate::gates::Voiding;

/// Why a use case did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or the actor may not know that there is.
    #[error("not found")]
    NotFound,
    /// The actor may see it, but may not do this.
    #[error("denied: {}", .0.code())]
    Denied(Action),
    /// The form has problems; every one is named.
    #[error("invalid: {0:?}")]
    Invalid(Vec<FieldProblem>),
    /// Somebody else changed it since the actor read it.
    #[error("stale version")]
    Stale,
    /// The rules of the lifecycle refuse it.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// It would void sign-offs, and the actor has not confirmed that.
    #[error("would void {} sign-offs", .0.sign_offs.len())]
    WouldVoid(Box<Voiding>),
    /// Too many attempts; try again after this many seconds.
    #[error("throttled for {0} s")]
    Throttled(u64),
    /// The server is at its limit for costly work; try again soon.
    #[error("busy")]
    Busy,
    /// There is no room to store it.
    #[error("storage is full")]
    StorageFull,
    /// The database is out of reach.
    #[error("unavailable: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A fault on our side. Details go to the log only.
    #[error("internal: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Wraps a fault on our side.
    pub fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(database) = &error {
            match database.code().as_deref() {
                // disk_full
                Some("53100") => return Self::StorageFull,
                // too_many_connections, query_canceled by statement_timeout, lock_timeout, shutdown in progress
                Some("53300" | "57014" | "55P03" | "57P01" | "57P02" | "57P03") => {
                    return Self::Unavailable(error);
                }
                _ => {}
            }
        }
        match error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                Self::Unavailable(error)
            }
            other => Self::Internal(Box::new(other)),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<WaiverRefusal> for Error {
    fn from(refusal: WaiverRefusal) -> Self {
        Self::Refused(Refusal::Waiver(refusal))
    }
}

impl From<Vec<FieldProblem>> for Error {
    fn from(problems: Vec<FieldProblem>) -> Self {
        Self::Invalid(problems)
    }
}

/// Whether a database error is the violation of this constraint.
pub(crate) fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.constraint() == Some(constraint))
}
