use secrecy::{ExposeSecret as _, SecretString};
use sluice_domain::{
    audit::{Authentication, Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::PersonId,
    text::{PersonName, TextError},
};
use sqlx::PgConnection;

use super::{
    NewPassword, refuse_personal,
    sessions::{end_all_sessions_of, number},
};
use crate::{
    Service,
    actor::Actor,
    db::write::{Write, uncancelled},
    error::{Error, Result},
};

/// Changes one's own password.
#[derive(Clone, Debug)]
pub struct ChangePassword {
    /// The password so far (ASVS 6.2.3).
    pub current: SecretString,
    /// The next one.
    pub new: NewPassword,
}

impl ChangePassword {
    /// Parses the fields `password`, `new-password` and `new-password-again`.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let current = SecretString::from(fields.get("password"));
        if current.expose_secret().is_empty() {
            check.note("password", "Current password", Problem::Text(TextError::Empty));
        }
        let new = NewPassword::parse(&mut check, fields);
        check.finish(new.map(|new| Self { current, new }))
    }
}

/// Changes one's own name.
#[derive(Clone, Debug)]
pub struct EditOwnName {
    /// The name.
    pub name: PersonName,
    /// The version of the account that was on screen.
    pub version: i32,
}

impl EditOwnName {
    /// Parses the fields `name` and `version`.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let name = check.text(fields, "name", "Name");
        let version = check.choice(fields, "version", "Version", |text| text.parse().ok());
        check.finish(name.zip(version).map(|(name, version)| Self { name, version }))
    }
}

impl Service {
    /// Changes the actor's password and ends their other sessions, in one step. `session` is the one that stays.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the current password is wrong or the new one contains the name or address,
    /// [`Error::Throttled`] after too many attempts, [`Error::Stale`] when it was changed meanwhile.
    pub async fn change_password(
        &self,
        actor: &Actor,
        command: ChangePassword,
        session: Option<&[u8; 32]>,
    ) -> Result<()> {
        refuse_personal(&command.new, &actor.email, &actor.name)?;
        let proven = self.prove(actor, &command.current).await?;
        let hash = self.hasher.hash(command.new.secret()).await?;
        let (db, actor, session) = (self.db.clone(), actor.clone(), session.copied());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            lock(begun.connection(), actor.person).await?;
            let mut write = begun.at_now().await?;
            let permit = Write::authorize_own(&actor).authenticated_by(Authentication::Password);
            let now = write.now;
            let changed = sqlx::query!(
                "update password set hash = $3, changed_at = $4 where person_id = $1 and changed_at = $2",
                permit.person().uuid(),
                proven.changed_at,
                hash,
                now
            )
            .execute(write.connection())
            .await?;
            if changed.rows_affected() == 0 {
                return Err(Error::Stale);
            }
            let ended = end_all_sessions_of(write.connection(), permit.person(), session.as_ref()).await?;
            let object = Object::new(ObjectKind::Person, permit.person(), "");
            let mut event = write.event(&permit, Verb::PasswordChanged, object);
            event.change("sessions-ended", Value::None, number(ended));
            write.commit(event, Vec::new()).await
        })
        .await
    }

    /// Changes the actor's own name. Sign-offs keep the name that they were printed with.
    ///
    /// # Errors
    /// [`Error::Stale`] when the account was changed since it was read.
    pub async fn edit_own_name(&self, actor: &Actor, command: EditOwnName) -> Result<()> {
        let (db, actor) = (self.db.clone(), actor.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            let (name, version) = lock(begun.connection(), actor.person).await?;
            let mut write = begun.at_now().await?;
            let permit = Write::authorize_own(&actor);
            if version != command.version {
                return Err(Error::Stale);
            }
            if name == command.name.as_str() {
                return Ok(());
            }
            sqlx::query!(
                "update person set name = $2, version = version + 1 where id = $1",
                permit.person().uuid(),
                command.name.as_str()
            )
            .execute(write.connection())
            .await?;
            let object = Object::new(ObjectKind::Person, permit.person(), "");
            let mut event = write.event(&permit, Verb::PersonEdited, object);
            event.change("name", Value::text(name), Value::text(command.name.as_str()));
            write.commit(event, Vec::new()).await
        })
        .await
    }
}

/// Locks the row of an account that is enabled. Returns its name and version.
async fn lock(connection: &mut PgConnection, person: PersonId) -> Result<(String, i32)> {
    let row = sqlx::query!(
        "select name, version from person where id = $1 and disabled_at is null for update",
        person.uuid()
    )
    .fetch_optional(connection)
    .await?
    .ok_or(Error::NotFound)?;
    Ok((row.name, row.version))
}
