use sluice_domain::{
    access::{Action, WorkspaceRole},
    form::Fields,
    ids::{Id, PersonId},
    text::Line,
};
use time::OffsetDateTime;

use super::workspace_roles;
use crate::{Service, actor::Actor, error::Result};

/// People on one page of the list.
const PAGE: i64 = 50;

/// Which people to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleFilter {
    /// Part of a name or address; empty for everybody.
    pub text: Line,
    /// Where the page before ended.
    pub after: Option<PersonId>,
}

impl PeopleFilter {
    /// Reads the query parameters `q` and `after`. What does not parse is left out: a list has no errors.
    #[must_use]
    pub fn parse(fields: &Fields) -> Self {
        Self { text: fields.get("q").parse().unwrap_or_default(), after: fields.get("after").parse().ok() }
    }
}

/// A person in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonListItem {
    /// Id.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Roles for the whole workspace.
    pub workspace_roles: Vec<WorkspaceRole>,
    /// In how many products the person has a role.
    pub products: i64,
    /// How many roles that makes.
    pub product_roles: i64,
    /// Since when the account is disabled.
    pub disabled_at: Option<OffsetDateTime>,
    /// When the person was last seen.
    pub last_seen_at: Option<OffsetDateTime>,
}

/// A page of people, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleList {
    /// The people.
    pub items: Vec<PersonListItem>,
    /// What to ask for after these.
    pub next: Option<String>,
}

impl Service {
    /// Everybody with an account, by name.
    ///
    /// # Errors
    /// [`crate::Error::Denied`] for anybody but administrators and auditors.
    pub async fn people(&self, actor: &Actor, filter: &PeopleFilter) -> Result<PeopleList> {
        Self::demand_workspace(actor, Action::ReadGrants)?;
        let rows = sqlx::query!(
            r#"select p.id, p.name, p.email, p.disabled_at,
                      array(select w.role from workspace_grant w where w.person_id = p.id) as "workspace_roles!",
                      (select count(distinct g.product_id) from product_grant g where g.person_id = p.id) as "products!",
                      (select count(*) from product_grant g where g.person_id = p.id) as "product_roles!",
                      greatest(
                          (select max(s.last_seen_at) from session s where s.person_id = p.id),
                          (select e.at from audit.event e where e.actor = p.id order by e.at desc limit 1)
                      ) as last_seen_at
               from person p
               where ($1::uuid is null
                      or (lower(p.name), p.id) > (select lower(a.name), a.id from person a where a.id = $1))
                 and ($2 = '' or position(lower($2) in lower(p.name || ' ' || p.email)) > 0)
               order by lower(p.name), p.id
               limit $3"#,
            filter.after.map(PersonId::uuid),
            filter.text.as_str(),
            PAGE + 1
        )
        .fetch_all(self.db.reads())
        .await?;
        let mut items: Vec<PersonListItem> = rows
            .into_iter()
            .map(|row| PersonListItem {
                id: Id::new(row.id),
                name: row.name,
                email: row.email,
                workspace_roles: workspace_roles(&row.workspace_roles),
                products: row.products,
                product_roles: row.product_roles,
                disabled_at: row.disabled_at,
                last_seen_at: row.last_seen_at,
            })
            .collect();
        let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let next = (items.len() > page).then(|| items[page - 1].id.to_string());
        items.truncate(page);
        Ok(PeopleList { items, next })
    }
}
