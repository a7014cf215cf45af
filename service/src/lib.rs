//! The use cases of Sluice, and all of its SQL. Nothing else writes.
//!
//! A use case that writes begins a transaction in a task that a client cannot cancel, locks what it is about, reads the
//! clock once, asks for a permit, decides in `sluice_domain`, stores, settles the gate, and commits together with its
//! audit event. The types in [`db`] leave no other way: pools are private to it, store functions take a permit, commit
//! takes the event, and the database refuses a commit without one.

mod actor;
mod clock;
mod db;
mod error;

pub mod course;
pub mod evidence;
pub mod features;
pub mod find;
pub mod gates;
pub mod guides;
pub mod history;
pub mod jobs;
pub mod notifications;
pub mod paper;
pub mod people;
pub mod phases;
pub mod policies;
pub mod products;
pub mod records;
pub mod risk;
pub mod talk;
pub mod threats;
pub mod turns;
pub mod views;
pub mod waivers;
pub mod work;

pub use actor::{Actor, Origin, Voids};
pub use clock::{Clock, SetClock};
pub use db::{Connect, migrate};
pub use error::{Error, Result};

use crate::{db::Database, people::hashing::Hasher, policies::Policies};

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    pub(crate) db: Database,
    pub(crate) policies: Policies,
    pub(crate) hasher: Hasher,
}

impl Service {
    /// Connects to the database, whose schema is up to date.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn connect(connect: &Connect, clock: Clock) -> Result<Self> {
        Ok(Self {
            db: Database::connect(connect, clock).await?,
            policies: Policies::default(),
            hasher: Hasher::for_this_machine()?,
        })
    }

    /// The same service for accounts whose passwords are published, such as those of the demo workspace: it hashes at no
    /// cost, so that a story with a hundred sign-offs is told in seconds. Hashes of this kind are renewed at full cost
    /// at the first sign-in.
    ///
    /// # Errors
    /// Never with the parameters of this version.
    pub fn with_published_passwords(mut self) -> Result<Self> {
        self.hasher = Hasher::for_published_passwords()?;
        Ok(self)
    }

    /// The instant by this installation's clock.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn now(&self) -> Result<time::OffsetDateTime> {
        self.db.now().await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ready(&self) -> Result<()> {
        self.db.now().await.map(drop)
    }

    /// Waits for what is under way and closes the connections.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

/// A fresh id for the form of a new thing: sending the form twice then makes one thing.
#[must_use]
pub fn new_form_id() -> String {
    clock::fresh_id::<()>(Clock::Database.rough()).to_string()
}
