//! Granting and revoking roles in a product. A write that a role allows holds its grant row until its end, so a
//! revocation waits for the writes under way, and once it is acknowledged the role allows nothing more.

use sluice_domain::{
    access::{Action, Role},
    audit::{Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{Id, PersonId, ProductId},
    text::ProductKey,
};
use sqlx::PgConnection;

use super::find;
use crate::{
    Service,
    actor::Actor,
    db::{
        read::{demand, read_grants},
        write::uncancelled,
    },
    error::Result,
    people::invalid,
};

/// Grants or revokes a role in a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleChange {
    /// Whose role.
    pub person: PersonId,
    /// The role.
    pub role: Role,
}

impl RoleChange {
    /// Parses the fields `person` (an id) and `role`.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let person = check.choice(fields, "person", "Person", |text| text.parse().ok());
        let role = check.choice(fields, "role", "Role", Role::from_code);
        check.finish(person.zip(role).map(|(person, role)| Self { person, role }))
    }
}

/// A person to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonChoice {
    /// Id.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// Address, to tell two of one name apart.
    pub email: String,
}

impl Service {
    /// Grants a role in a product. Granting what is held already changes nothing.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] when the person does not exist or is disabled, [`crate::Error::Denied`] for anybody
    /// but an administrator.
    pub async fn grant_role(&self, actor: &Actor, product: &ProductKey, command: RoleChange) -> Result<()> {
        let (db, actor, key) = (self.db.clone(), actor.clone(), product.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            let product = find(begun.connection(), &key).await?;
            // Disabling the account waits, or has happened.
            let enabled = sqlx::query_scalar!(
                "select id from person where id = $1 and disabled_at is null for share",
                command.person.uuid()
            )
            .fetch_optional(begun.connection())
            .await?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_product(&actor, Action::ManagePeople, product).await?;
            if enabled.is_none() {
                return Err(invalid("person", "Person", Problem::NotAChoice));
            }
            let granted = sqlx::query!(
                "insert into product_grant (person_id, product_id, role) values ($1, $2, $3) on conflict do nothing",
                command.person.uuid(),
                permit.product().uuid(),
                command.role.code()
            )
            .execute(write.connection())
            .await?;
            if granted.rows_affected() == 0 {
                return Ok(());
            }
            let object = Object::new(ObjectKind::Product, permit.product(), key.as_str());
            let mut event = write.event(&permit, Verb::RoleGranted, object);
            event
                .change("person", Value::None, Value::code(command.person))
                .change("role", Value::None, Value::code(command.role.code()));
            write.commit(event, Vec::new()).await
        })
        .await
    }

    /// Revokes a role in a product. Revoking what is not held changes nothing.
    ///
    /// # Errors
    /// [`crate::Error::Denied`] for anybody but an administrator.
    pub async fn revoke_role(&self, actor: &Actor, product: &ProductKey, command: RoleChange) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), product.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let product = find(begun.connection(), &key).await?;
            // Before the clock is read: what somebody does in this role under a lock of theirs comes before this, in the
            // record as well.
            sqlx::query_scalar!(
                "select role from product_grant where person_id = $1 and product_id = $2 and role = $3 for update",
                command.person.uuid(),
                product.uuid(),
                command.role.code()
            )
            .fetch_optional(begun.connection())
            .await?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_product(&actor, Action::ManagePeople, product).await?;
            let revoked = sqlx::query!(
                "delete from product_grant where person_id = $1 and product_id = $2 and role = $3",
                command.person.uuid(),
                permit.product().uuid(),
                command.role.code()
            )
            .execute(write.connection())
            .await?;
            if revoked.rows_affected() == 0 {
                return Ok(());
            }
            let object = Object::new(ObjectKind::Product, permit.product(), key.as_str());
            let mut event = write.event(&permit, Verb::RoleRevoked, object);
            event.change("person", Value::code(command.person), Value::None).change(
                "role",
                Value::code(command.role.code()),
                Value::None,
            );
            write.commit(event, Vec::new()).await?;
            service.settle_unseated(command.person).await;
            Ok(())
        })
        .await
    }

    /// Everybody whose account is enabled and who holds a role in the product, by name.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the actor may not know of the product.
    pub async fn people_in_product(
        &self,
        actor: &Actor,
        product: ProductId,
    ) -> Result<Vec<(PersonId, String)>> {
        let mut connection = self.db.reads().acquire().await?;
        let grants = read_grants(&mut connection, actor, product).await?;
        demand(&grants, actor, Action::ReadGrants)?;
        people_in(&mut connection, product).await
    }

    /// Everybody whose account is enabled, by name, for the form that grants a role.
    ///
    /// # Errors
    /// [`crate::Error::Denied`] for anybody but an administrator.
    pub async fn all_people(&self, actor: &Actor) -> Result<Vec<PersonChoice>> {
        Self::demand_workspace(actor, Action::ManagePeople)?;
        let rows = sqlx::query!(
            "select id, name, email from person where disabled_at is null order by lower(name), id limit 500"
        )
        .fetch_all(self.db.reads())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| PersonChoice { id: Id::new(row.id), name: row.name, email: row.email })
            .collect())
    }
}

/// Everybody whose account is enabled and who holds a role in the product, by name. The caller has authorized it.
pub(crate) async fn people_in(
    connection: &mut PgConnection,
    product: ProductId,
) -> Result<Vec<(PersonId, String)>> {
    let rows = sqlx::query!(
        "select p.id, p.name from person p
         where p.disabled_at is null
           and exists (select from product_grant g where g.product_id = $1 and g.person_id = p.id)
         order by lower(p.name), p.id limit 500",
        product.uuid()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (Id::new(row.id), row.name)).collect())
}
