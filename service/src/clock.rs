//! Time and randomness, passed in. Production reads the database's clock; tests and the demo workspace inject one.

use std::sync::{Arc, Mutex, PoisonError};

use sluice_domain::{canonical::Salt, ids::Id};
use time::{Duration, OffsetDateTime};
use uuid::{NoContext, Timestamp, Uuid};

/// Where use cases read the time.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The database's clock, the same for every replica.
    #[default]
    Database,
    /// A clock that somebody else sets.
    Injected(SetClock),
}

impl Clock {
    /// The time without asking the database: good enough to make an id sort well, not for the record.
    #[expect(clippy::disallowed_methods, reason = "this is the place that passes the time on")]
    pub(crate) fn rough(&self) -> OffsetDateTime {
        match self {
            Self::Database => OffsetDateTime::now_utc(),
            Self::Injected(clock) => clock.now(),
        }
    }
}

/// A clock that stands still until it is set.
#[derive(Clone, Debug)]
pub struct SetClock(Arc<Mutex<OffsetDateTime>>);

impl SetClock {
    /// A clock that shows this instant.
    #[must_use]
    pub fn at(instant: OffsetDateTime) -> Self {
        Self(Arc::new(Mutex::new(instant)))
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

/// A fresh id of version 7 (RFC 9562) that sorts by the given time.
pub(crate) fn fresh_id<K>(now: OffsetDateTime) -> Id<K> {
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    Id::new(Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.nanosecond())))
}

/// A fresh key for a commitment.
pub(crate) fn fresh_salt() -> Salt {
    Salt(random_bytes())
}

/// Bytes from a generator that the operating system seeds.
#[expect(clippy::disallowed_methods, reason = "this is the place that passes randomness on")]
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    rand::random()
}
