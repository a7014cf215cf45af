//! The demo workspace: two products, a dozen people and some thirty features in every phase and state, told as five
//! months of work. The second product is Sluice itself.
//!
//! Everything is written through the use cases, by people who may do it, with a clock that runs through the story. So
//! the demo workspace cannot hold what a real one could not, and its record verifies like any other.

mod calendar;
mod cast;
mod evidence;
mod forms;
mod guides;
mod outline;
mod script;
mod stage;
mod tales;

use sluice_service::{Clock, Connect, Service};

use crate::cli::Failed;

use self::{cast::Cast, stage::Stage};

/// Loads the demo workspace into a database without people. Returns its accounts as text to print; `None` when the
/// database has people, and then nothing is written.
///
/// # Errors
/// When the database is out of reach, or loading ends midway: then the workspace is incomplete, and the error says what
/// to do.
pub async fn load(connect: &Connect) -> Result<Option<String>, Failed> {
    let service = Service::connect(connect, Clock::Database).await?;
    let found = async { Ok::<_, Failed>((service.has_people().await?, service.now().await?)) }.await;
    service.close().await;
    let (has_people, now) = found?;
    if has_people {
        return Ok(None);
    }
    tracing::info!("loading the demo workspace; it takes some seconds");
    match Box::pin(Stage::play(connect, now)).await {
        Ok(()) => Ok(Some(Cast::accounts())),
        Err(error) => Err(format!(
            "the demo workspace could not be loaded: {error}. It is incomplete: start again with an \
                 empty database \
             (or, without DATABASE_URL, with an empty data directory)"
        )
        .into()),
    }
}
