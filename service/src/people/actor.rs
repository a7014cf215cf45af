use sluice_domain::{access::WorkspaceRole, ids::PersonId};

use crate::{
    Service,
    actor::{Actor, Origin},
    error::Result,
};

impl Service {
    /// The person of a session as they are at this request: a role that was granted or revoked counts from now on
    /// (ASVS 8.3.2). `None` where the account is disabled or does not exist.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn actor(&self, person: PersonId, origin: Origin) -> Result<Option<Actor>> {
        let found = sqlx::query!(
            r#"select p.name, p.email,
                      array(select g.role from workspace_grant g where g.person_id = p.id) as "roles!",
                      (select count(*) from (
                           select from notification n
                           where n.person_id = p.id and n.read_at is null
                             and n.product_id in (select product_id from product_grant where person_id = p.id)
                           limit 100
                       ) unread) as "unread!"
               from person p
               where p.id = $1 and p.disabled_at is null"#,
            person.uuid()
        )
        .fetch_optional(self.db.reads())
        .await?;
        Ok(found.map(|row| Actor {
            person,
            name: row.name,
            email: row.email,
            workspace: row.roles.iter().filter_map(|code| WorkspaceRole::from_code(code)).collect(),
            unread: u32::try_from(row.unread).unwrap_or_default(),
            origin,
        }))
    }
}
