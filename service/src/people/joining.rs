//! How an account comes to be: by a one-time link, or by the command line for the first administrator. There is no
//! other way, and no account that was there from the start (ASVS 6.3.2).

use secrecy::SecretString;
use sluice_domain::{
    access::{Role, WorkspaceRole},
    audit::{Authentication, Event, Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{Id, PersonId, ProductId},
    text::{Email, PersonName, TextError},
};
use time::OffsetDateTime;

use super::{
    NewPassword, SignedIn, codes, invalid,
    invitations::{token_hash, withdraw_all, withdrawal},
    lock_accounts, people_exist, product_roles, refuse_personal, workspace_roles,
};
use crate::{
    Service,
    actor::Origin,
    clock::fresh_id,
    db::{
        permit::Permit,
        write::{Write, uncancelled},
    },
    error::{Error, Result, violates},
};

/// What the page of a one-time link shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationInfo {
    /// Whom it was made for; `None` for the set-up link, which asks for an address.
    pub email: Option<String>,
    /// Their name as the inviter wrote it.
    pub name: String,
    /// Whether this is the set-up link of a fresh workspace.
    pub set_up: bool,
    /// Roles for the whole workspace.
    pub workspace_roles: Vec<WorkspaceRole>,
    /// Name of the product of the product roles.
    pub product: Option<String>,
    /// Roles in that product.
    pub product_roles: Vec<Role>,
    /// Until when it can be accepted.
    pub expires_at: OffsetDateTime,
}

/// Accepts an invitation.
#[derive(Clone, Debug)]
pub struct Accept {
    /// The name as the person writes it.
    pub name: PersonName,
    /// The address, where the link does not say it.
    pub email: Option<Email>,
    /// The password.
    pub password: NewPassword,
}

impl Accept {
    /// Parses the fields `name`, `new-password`, `new-password-again` and, for a set-up link, `email`.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields, set_up: bool) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let name = check.text(fields, "name", "Name");
        let email = if set_up { check.text(fields, "email", "E-mail address") } else { None };
        let password = NewPassword::parse(&mut check, fields);
        let command = name.zip(password).map(|(name, password)| Self { name, email, password });
        check.finish(command)
    }
}

/// An account to be stored.
struct NewPerson {
    id: PersonId,
    email: String,
    name: String,
    hash: String,
    workspace_roles: Vec<String>,
    product: Option<ProductId>,
    product_roles: Vec<String>,
}

impl Service {
    /// Whether anybody has an account yet.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn has_people(&self) -> Result<bool> {
        people_exist(&mut *self.db.reads().acquire().await?).await
    }

    /// What a one-time link offers.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such link, or it was used, withdrawn, or is too old: which of these, the
    /// answer does not tell.
    pub async fn invitation(&self, token: &SecretString) -> Result<InvitationInfo> {
        let now = self.db.now().await?;
        let hash = token_hash(token);
        let row = sqlx::query!(
            r#"select i.email, i.name, i.workspace_roles, i.product_roles, i.expires_at,
                      p.name as "product_name?"
               from invitation i left join product p on p.id = i.product_id
               where i.token_hash = $1 and i.accepted_at is null and i.withdrawn_at is null and i.expires_at > $2
                 and case when i.email is null then not exists (select from person)
                     when i.invited_by is null then true
                     else exists (select from person inviter
                                       join workspace_grant g on g.person_id = inviter.id and g.role = 'administrator'
                                       where inviter.id = i.invited_by and inviter.disabled_at is null) end"#,
            hash.as_bytes().as_slice(),
            now
        )
        .fetch_optional(self.db.reads())
        .await?
        .ok_or(Error::NotFound)?;
        Ok(InvitationInfo {
            set_up: row.email.is_none(),
            email: row.email,
            name: row.name,
            workspace_roles: workspace_roles(&row.workspace_roles),
            product: row.product_name,
            product_roles: product_roles(&row.product_roles),
            expires_at: row.expires_at,
        })
    }

    /// Accepts an invitation: the account exists with its password and roles, and the link works no more. The caller
    /// gives the person a fresh session.
    ///
    /// # Errors
    /// [`Error::NotFound`] as for [`Service::invitation`], [`Error::Invalid`] for a password that contains the name or
    /// address, or an address that has an account by now.
    pub async fn accept(&self, origin: &Origin, token: &SecretString, command: Accept) -> Result<SignedIn> {
        // Before the costly part: without a link that works nobody has anything hashed.
        let info = self.invitation(token).await?;
        let email = match (info.email, command.email) {
            (Some(email), _) => email,
            (None, Some(email)) => email.to_string(),
            (None, None) => return Err(invalid("email", "E-mail address", Problem::Text(TextError::Empty))),
        };
        refuse_personal(&command.password, &email, command.name.as_str())?;
        let hash = self.hasher.hash(command.password.secret()).await?;
        let (db, origin, link) = (self.db.clone(), origin.clone(), token_hash(token));
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &origin).await?;
            lock_accounts(begun.connection()).await?;
            let row = sqlx::query!(
                "select i.id, i.email, i.workspace_roles, i.product_id, i.product_roles, i.expires_at
                 from invitation i
                 where i.token_hash = $1 and i.accepted_at is null and i.withdrawn_at is null
                   and case when i.email is null then not exists (select from person)
                       when i.invited_by is null then true
                       else exists (select from person inviter
                                         join workspace_grant g on g.person_id = inviter.id and g.role = 'administrator'
                                         where inviter.id = i.invited_by and inviter.disabled_at is null) end
                 for update of i",
                link.as_bytes().as_slice()
            )
            .fetch_optional(begun.connection())
            .await?
            .ok_or(Error::NotFound)?;
            let mut write = begun.at_now().await?;
            let now = write.now;
            if row.expires_at <= now {
                return Err(Error::NotFound);
            }
            let person = NewPerson {
                id: fresh_id(now),
                email,
                name: command.name.to_string(),
                hash,
                workspace_roles: row.workspace_roles,
                product: row.product_id.map(Id::new),
                product_roles: row.product_roles,
            };
            let permit = Write::authorize_proven(person.id, Authentication::Link);
            store(&mut write, &permit, &person).await?;
            sqlx::query!("update invitation set accepted_at = $2 where id = $1", row.id, now)
                .execute(write.connection())
                .await?;
            let mut event =
                write.event(&permit, Verb::PersonJoined, Object::new(ObjectKind::Person, person.id, ""));
            describe(&mut event, &person);
            event.change("invitation", Value::None, Value::code(row.id));
            let mut consequences = Vec::new();
            if row.email.is_none() {
                let object = Object::new(ObjectKind::Workspace, "workspace", "");
                consequences.push(write.consequence(&permit, Verb::WorkspaceSetUp, object));
            }
            write.commit(event, consequences).await?;
            Ok(SignedIn { person: person.id, name: person.name })
        })
        .await
    }

    /// Makes an administrator from the command line: the first one, or a way back in for whoever runs the server.
    /// Set-up links that were printed before stop working.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an address that has an account, or a password that contains the name or address.
    pub async fn create_admin(
        &self,
        email: Email,
        name: PersonName,
        password: NewPassword,
    ) -> Result<PersonId> {
        refuse_personal(&password, email.as_str(), name.as_str())?;
        let hash = self.hasher.hash(password.secret()).await?;
        let db = self.db.clone();
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &Origin::default()).await?;
            lock_accounts(begun.connection()).await?;
            let first = !people_exist(begun.connection()).await?;
            let mut write = begun.at_now().await?;
            let permit = Write::authorize_system();
            let links = withdraw_all(&mut write, &permit, None).await?;
            let person = NewPerson {
                id: fresh_id(write.now),
                email: email.to_string(),
                name: name.to_string(),
                hash,
                workspace_roles: vec![WorkspaceRole::Administrator.code().to_owned()],
                product: None,
                product_roles: Vec::new(),
            };
            store(&mut write, &permit, &person).await?;
            let mut event =
                write.event(&permit, Verb::PersonJoined, Object::new(ObjectKind::Person, person.id, ""));
            describe(&mut event, &person);
            let mut consequences: Vec<Event> =
                links.into_iter().map(|id| withdrawal(&write, &permit, id)).collect();
            if first {
                let object = Object::new(ObjectKind::Workspace, "workspace", "");
                consequences.push(write.consequence(&permit, Verb::WorkspaceSetUp, object));
            }
            write.commit(event, consequences).await?;
            Ok(person.id)
        })
        .await
    }
}

/// Stores an account with its password and its first roles.
async fn store<S>(write: &mut Write, _: &Permit<S>, person: &NewPerson) -> Result<()> {
    let now = write.now;
    let inserted = sqlx::query!(
        "insert into person (id, email, name, created_at) values ($1, $2, $3, $4)",
        person.id.uuid(),
        person.email,
        person.name,
        now
    )
    .execute(write.connection())
    .await;
    if let Err(error) = inserted {
        return Err(if violates(&error, "person_email_unique") {
            invalid("email", "E-mail address", Problem::Taken)
        } else {
            error.into()
        });
    }
    sqlx::query!(
        "insert into password (person_id, hash, changed_at) values ($1, $2, $3)",
        person.id.uuid(),
        person.hash,
        now
    )
    .execute(write.connection())
    .await?;
    sqlx::query!(
        "insert into workspace_grant (person_id, role) select $1::uuid, role from unnest($2::text[]) as role",
        person.id.uuid(),
        &person.workspace_roles
    )
    .execute(write.connection())
    .await?;
    if let Some(product) = person.product {
        sqlx::query!(
            "insert into product_grant (person_id, product_id, role)
             select $1::uuid, $2::uuid, role from unnest($3::text[]) as role",
            person.id.uuid(),
            product.uuid(),
            &person.product_roles
        )
        .execute(write.connection())
        .await?;
    }
    Ok(())
}

/// What the record says of a new account.
fn describe(event: &mut Event, person: &NewPerson) {
    event.product = person.product;
    event
        .change("email", Value::None, Value::text(&person.email))
        .change("name", Value::None, Value::text(&person.name))
        .change("workspace-roles", Value::None, codes(person.workspace_roles.iter().map(String::as_str)))
        .change("product", Value::None, person.product.map_or(Value::None, Value::code))
        .change("product-roles", Value::None, codes(person.product_roles.iter().map(String::as_str)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_set_up_link_asks_for_an_address() {
        let fields = Fields::new(
            [
                ("name", "Ana Diaz"),
                ("new-password", "a quiet river bends"),
                ("new-password-again", "a quiet river bends"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        );
        assert!(Accept::parse(&fields, false).is_ok());
        let problems = Accept::parse(&fields, true).expect_err("no address");
        assert_eq!(problems.iter().map(|p| p.field).collect::<Vec<_>>(), ["email"]);
    }
}
