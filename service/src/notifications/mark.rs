use sluice_domain::{access::Action, ids::NotificationId};

use crate::{Service, actor::Actor, error::Result};

impl Service {
    /// Marks one thing that the actor was told as read, or all of them where none is named. What was told to somebody
    /// else changes nothing.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mark_read(&self, actor: &Actor, notification: Option<NotificationId>) -> Result<()> {
        Self::demand_workspace(actor, Action::UseOwnAccount)?;
        self.db.mark_read(actor.person, notification).await
    }
}
