use sluice_domain::{
    access::{Action, WorkspaceRole},
    audit::{Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields},
    ids::PersonId,
    text::Note,
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    demand_another_administrator, lock_accounts,
    sessions::{end_all_sessions_of, number},
};
use crate::{
    Service,
    actor::Actor,
    db::write::uncancelled,
    error::{Error, Result},
};

/// Disables or enables an account.
#[derive(Clone, Debug)]
pub struct AccountChange {
    /// The version of the account that was on screen.
    pub version: i32,
    /// Why; may be empty.
    pub reason: Note,
}

impl AccountChange {
    /// Parses the fields `version` and `reason`.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let version = check.choice(fields, "version", "Version", |text| text.parse().ok());
        let reason = check.text(fields, "reason", "Reason");
        check.finish(version.zip(reason).map(|(version, reason)| Self { version, reason }))
    }
}

/// Grants or revokes a role for the whole workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkspaceRoleChange {
    /// The role.
    pub role: WorkspaceRole,
}

impl WorkspaceRoleChange {
    /// Parses the field `role`.
    ///
    /// # Errors
    /// When it is none of the workspace roles.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let role = check.choice(fields, "role", "Role", WorkspaceRole::from_code);
        check.finish(role.map(|role| Self { role }))
    }
}

impl Service {
    /// Disables an account: its sessions end with it, and its roles count for nothing until it is enabled again.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the last administrator, [`Error::Stale`] when the account was changed since it was read,
    /// [`Error::Denied`] for anybody but an administrator.
    pub async fn disable_person(
        &self,
        actor: &Actor,
        person: PersonId,
        command: AccountChange,
    ) -> Result<()> {
        let (service, actor) = (self.clone(), actor.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            lock_accounts(begun.connection()).await?;
            let account = lock(begun.connection(), person).await?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_workspace(&actor, Action::ManagePeople).await?;
            let account = account.ok_or(Error::NotFound)?;
            if account.version != command.version || account.disabled_at.is_some() {
                return Err(Error::Stale);
            }
            demand_another_administrator(write.connection(), person).await?;
            let now = write.now;
            sqlx::query!(
                "update person set disabled_at = $2, version = version + 1 where id = $1",
                person.uuid(),
                now
            )
            .execute(write.connection())
            .await?;
            let ended = end_all_sessions_of(write.connection(), person, None).await?;
            let object = Object::new(ObjectKind::Person, person, "");
            let mut event = write.event(&permit, Verb::PersonDisabled, object);
            event.change("state", Value::code("enabled"), Value::code("disabled")).change(
                "sessions-ended",
                Value::None,
                number(ended),
            );
            event.reason = some(&command.reason);
            write.commit(event, Vec::new()).await?;
            service.settle_unseated(person).await;
            Ok(())
        })
        .await
    }

    /// Enables a disabled account again, with the roles and the password that it had.
    ///
    /// # Errors
    /// [`Error::Stale`] when the account was changed since it was read, [`Error::Denied`] for anybody but an
    /// administrator.
    pub async fn enable_person(&self, actor: &Actor, person: PersonId, command: AccountChange) -> Result<()> {
        let (db, actor) = (self.db.clone(), actor.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            lock_accounts(begun.connection()).await?;
            let account = lock(begun.connection(), person).await?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_workspace(&actor, Action::ManagePeople).await?;
            let account = account.ok_or(Error::NotFound)?;
            if account.version != command.version || account.disabled_at.is_none() {
                return Err(Error::Stale);
            }
            sqlx::query!(
                "update person set disabled_at = null, version = version + 1 where id = $1",
                person.uuid()
            )
            .execute(write.connection())
            .await?;
            let object = Object::new(ObjectKind::Person, person, "");
            let mut event = write.event(&permit, Verb::PersonEnabled, object);
            event.change("state", Value::code("disabled"), Value::code("enabled"));
            event.reason = some(&command.reason);
            write.commit(event, Vec::new()).await
        })
        .await
    }

    /// Grants a role for the whole workspace. Granting what is held already changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such person, [`Error::Denied`] for anybody but an administrator.
    pub async fn grant_workspace_role(
        &self,
        actor: &Actor,
        person: PersonId,
        command: WorkspaceRoleChange,
    ) -> Result<()> {
        let (db, actor) = (self.db.clone(), actor.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            lock_accounts(begun.connection()).await?;
            let account = lock(begun.connection(), person).await?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_workspace(&actor, Action::ManagePeople).await?;
            account.ok_or(Error::NotFound)?;
            let granted = sqlx::query!(
                "insert into workspace_grant (person_id, role) values ($1, $2) on conflict do nothing",
                person.uuid(),
                command.role.code()
            )
            .execute(write.connection())
            .await?;
            if granted.rows_affected() == 0 {
                return Ok(());
            }
            let object = Object::new(ObjectKind::Person, person, "");
            let mut event = write.event(&permit, Verb::WorkspaceRoleGranted, object);
            event.change("role", Value::None, Value::code(command.role.code()));
            write.commit(event, Vec::new()).await
        })
        .await
    }

    /// Revokes a role for the whole workspace. It waits for writes under way that this role allowed, and none begins
    /// after it. Revoking what is not held changes nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the last administrator, [`Error::NotFound`] when there is no such person,
    /// [`Error::Denied`] for anybody but an administrator.
    pub async fn revoke_workspace_role(
        &self,
        actor: &Actor,
        person: PersonId,
        command: WorkspaceRoleChange,
    ) -> Result<()> {
        let (db, actor) = (self.db.clone(), actor.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            lock_accounts(begun.connection()).await?;
            let account = lock(begun.connection(), person).await?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_workspace(&actor, Action::ManagePeople).await?;
            account.ok_or(Error::NotFound)?;
            let revoked = sqlx::query!(
                "delete from workspace_grant where person_id = $1 and role = $2",
                person.uuid(),
                command.role.code()
            )
            .execute(write.connection())
            .await?;
            if revoked.rows_affected() == 0 {
                return Ok(());
            }
            if command.role == WorkspaceRole::Administrator {
                demand_another_administrator(write.connection(), person).await?;
            }
            let object = Object::new(ObjectKind::Person, person, "");
            let mut event = write.event(&permit, Verb::WorkspaceRoleRevoked, object);
            event.change("role", Value::code(command.role.code()), Value::None);
            write.commit(event, Vec::new()).await
        })
        .await
    }
}

/// An account whose row is locked.
struct Account {
    version: i32,
    disabled_at: Option<OffsetDateTime>,
}

async fn lock(connection: &mut PgConnection, person: PersonId) -> Result<Option<Account>> {
    let row = sqlx::query!("select version, disabled_at from person where id = $1 for update", person.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| Account { version: row.version, disabled_at: row.disabled_at }))
}

fn some(reason: &Note) -> Option<String> {
    (!reason.as_str().is_empty()).then(|| reason.to_string())
}
