use sluice_domain::{
    access::{Action, Role, WorkspaceRole},
    ids::{Id, PersonId, ProductId},
    text::ProductKey,
};
use time::OffsetDateTime;

use super::{may, product_roles, workspace_roles};
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
};

/// The roles of a person in one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonGrant {
    /// The product.
    pub product: ProductId,
    /// Its key.
    pub key: ProductKey,
    /// Its name.
    pub name: String,
    /// The roles.
    pub roles: Vec<Role>,
}

/// A person's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonPage {
    /// Id.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Roles for the whole workspace.
    pub workspace_roles: Vec<WorkspaceRole>,
    /// Roles in products, by key.
    pub grants: Vec<PersonGrant>,
    /// Since when the account exists.
    pub created_at: OffsetDateTime,
    /// Since when it is disabled.
    pub disabled_at: Option<OffsetDateTime>,
    /// When the person was last seen.
    pub last_seen_at: Option<OffsetDateTime>,
    /// Version, for edits.
    pub version: i32,
    /// Whether the actor may disable the account and change roles.
    pub may_manage: bool,
    /// Whether the actor may browse the person's history.
    pub may_read_history: bool,
}

impl Service {
    /// A person and what they may do. Everybody may see their own.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such person, [`Error::Denied`] for anybody but the person,
    /// administrators and auditors.
    pub async fn person(&self, actor: &Actor, person: PersonId) -> Result<PersonPage> {
        if person != actor.person {
            Self::demand_workspace(actor, Action::ReadGrants)?;
        }
        let row = sqlx::query!(
            r#"select p.name, p.email, p.created_at, p.disabled_at, p.version,
                      array(select w.role from workspace_grant w where w.person_id = p.id) as "workspace_roles!",
                      greatest(
                          (select max(s.last_seen_at) from session s where s.person_id = p.id),
                          (select e.at from audit.event e where e.actor = p.id order by e.at desc limit 1)
                      ) as last_seen_at
               from person p where p.id = $1"#,
            person.uuid()
        )
        .fetch_optional(self.db.reads())
        .await?
        .ok_or(Error::NotFound)?;
        let grants = sqlx::query!(
            r#"select p.id, p.key, p.name, array_agg(g.role) as "roles!"
               from product_grant g join product p on p.id = g.product_id
               where g.person_id = $1
               group by p.id order by p.key limit 500"#,
            person.uuid()
        )
        .fetch_all(self.db.reads())
        .await?;
        Ok(PersonPage {
            id: person,
            name: row.name,
            email: row.email,
            workspace_roles: workspace_roles(&row.workspace_roles),
            grants: grants
                .into_iter()
                .map(|grant| {
                    Ok(PersonGrant {
                        product: Id::new(grant.id),
                        key: grant.key.parse().map_err(Error::internal)?,
                        name: grant.name,
                        roles: product_roles(&grant.roles),
                    })
                })
                .collect::<Result<_>>()?,
            created_at: row.created_at,
            disabled_at: row.disabled_at,
            last_seen_at: row.last_seen_at,
            version: row.version,
            may_manage: may(actor, Action::ManagePeople),
            may_read_history: may(actor, Action::ReadHistory),
        })
    }
}
