//! What Sluice does by itself when the time comes: it decides gates anew, reminds, escalates.
//!
//! Any number of servers may look for work at once. What one of them does is locked for the others, and whatever is done
//! is done in one transaction with the note that it is.

mod anew;
mod ground;
mod outbox;

use time::Duration;

pub(crate) use ground::{Ground, ground_changed};
pub(crate) use outbox::enqueue;

use crate::{Service, error::Result};

/// The most of one kind that are done before the others have their turn.
const MOST: usize = 500;

/// For how long it is kept that a job was done, and what somebody has read.
const KEPT: Duration = Duration::days(180);

/// What was done in one go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Features whose gate was decided anew, because evidence or a waiver expired, a deadline passed, or what their product
    /// goes by changed.
    pub decided: usize,
    /// Jobs that were done.
    pub done: usize,
    /// Jobs whose matter had passed.
    pub dropped: usize,
    /// What failed; it is tried again later.
    pub failed: usize,
}

impl Service {
    /// Does everything that is due by now.
    ///
    /// # Errors
    /// When the database is out of reach. A job that fails is put off and counted; the others are done.
    pub async fn run_due_jobs(&self) -> Result<Ran> {
        let mut ran = Ran::default();
        self.follow_ground(&mut ran).await;
        self.decide_what_is_due(&mut ran).await?;
        self.work_off(&mut ran).await?;
        Ok(ran)
    }

    /// Forgets jobs that were done and notifications that were read long ago.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn sweep_told(&self) -> Result<u64> {
        let now = self.db.now().await?;
        self.db.sweep_told(now - KEPT).await
    }
}
