use secrecy::SecretString;
use sluice_domain::{
    audit::{Authentication, Object, ObjectKind, Verb},
    form::Problem,
    ids::{Id, PersonId},
    text::Email,
};
use time::OffsetDateTime;

use super::{hashing::Verified, invalid, throttle::Attempt};
use crate::{
    Service,
    actor::{Actor, Origin},
    db::write::{Write, uncancelled},
    error::{Error, Result},
};

/// Who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The person.
    pub person: PersonId,
    /// Their name, for the greeting.
    pub name: String,
}

/// The stored password of an account that is enabled.
pub(super) struct Credentials {
    person: PersonId,
    hash: String,
    /// When the person last chose a password. Hashing it anew, at a higher cost, is no change.
    pub(super) changed_at: OffsetDateTime,
}

impl Service {
    /// Signs a person in by password. The caller gives them a fresh session.
    ///
    /// An unknown address, a disabled account and a wrong password answer alike and take the same time (ASVS 6.3.8).
    ///
    /// # Errors
    /// [`Error::Invalid`] when address and password do not match an account, [`Error::Throttled`] after too many
    /// attempts, [`Error::Busy`] when too many people sign in at once.
    pub async fn sign_in(&self, origin: &Origin, email: &str, password: SecretString) -> Result<SignedIn> {
        let typed = email.trim().to_lowercase();
        let attempt = self.admit_sign_in(origin, &typed).await?;
        let found = match typed.parse::<Email>() {
            Ok(email) => self.credentials_by_email(&email).await?,
            Err(_) => None,
        };
        let hash = found.as_ref().map(|found| found.hash.clone());
        let verified = self.verify_counted(&attempt, password.clone(), hash).await?;
        let Some(found) = found.filter(|_| verified.matches) else {
            // Never what was typed: people type passwords into the wrong field.
            tracing::warn!(target: "sign-in", "refused: the address and the password do not match an account");
            return Err(sign_in_failed());
        };
        // A rehash can wait for the next sign-in, so a full queue is no reason to turn somebody away.
        let rehashed = if verified.outdated { self.hasher.hash(password).await.ok() } else { None };
        let signed_in = self.note_sign_in(origin, found, rehashed).await?;
        self.attempt_succeeded(&attempt).await?;
        tracing::info!(target: "sign-in", person = %signed_in.person, "signed in");
        Ok(signed_in)
    }

    async fn note_sign_in(
        &self,
        origin: &Origin,
        found: Credentials,
        rehashed: Option<String>,
    ) -> Result<SignedIn> {
        let (db, origin) = (self.db.clone(), origin.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &origin).await?;
            // Disabling the account and changing the password wait for this row, or have happened.
            let current = sqlx::query!(
                "select p.name, w.changed_at from person p join password w on w.person_id = p.id
                 where p.id = $1 and p.disabled_at is null for share of p",
                found.person.uuid()
            )
            .fetch_optional(begun.connection())
            .await?
            .filter(|current| current.changed_at == found.changed_at)
            .ok_or_else(sign_in_failed)?;
            let mut write = begun.at_now().await?;
            let permit = Write::authorize_proven(found.person, Authentication::Password);
            if let Some(rehashed) = rehashed {
                // No row where another sign-in was faster; its hash is as good.
                sqlx::query!(
                    "update password set hash = $3 where person_id = $1 and hash = $2",
                    permit.person().uuid(),
                    found.hash,
                    rehashed
                )
                .execute(write.connection())
                .await?;
            }
            let event =
                write.event(&permit, Verb::SignedIn, Object::new(ObjectKind::Person, found.person, ""));
            write.commit(event, Vec::new()).await?;
            Ok(SignedIn { person: found.person, name: current.name })
        })
        .await
    }

    /// Notes that a person signs out. The caller ends the session.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn sign_out(&self, actor: &Actor) -> Result<()> {
        let (db, actor) = (self.db.clone(), actor.clone());
        uncancelled(|token| async move {
            let write = db.begin(&token, &actor.origin).await?.at_now().await?;
            let permit = Write::authorize_own(&actor);
            let event =
                write.event(&permit, Verb::SignedOut, Object::new(ObjectKind::Person, permit.person(), ""));
            write.commit(event, Vec::new()).await
        })
        .await
    }

    /// Checks that the person at the keyboard knows the actor's password (ASVS 7.5.3). Guesses are
    /// throttled as those at the door are, so a stolen session is no way to try many.
    ///
    /// # Errors
    /// [`Error::Invalid`] beside the field `password` when it is wrong, [`Error::Throttled`] after too many attempts.
    pub async fn check_step_up(&self, actor: &Actor, password: &SecretString) -> Result<()> {
        self.prove(actor, password).await.map(drop)
    }

    /// As [`Service::check_step_up`]; returns the credentials that were checked.
    pub(super) async fn prove(&self, actor: &Actor, password: &SecretString) -> Result<Credentials> {
        let attempt = self.admit_step_up(&actor.origin, actor.person).await?;
        let found = self.credentials(actor.person).await?;
        let hash = found.as_ref().map(|found| found.hash.clone());
        let verified = self.verify_counted(&attempt, password.clone(), hash).await?;
        let Some(found) = found.filter(|_| verified.matches) else {
            tracing::warn!(target: "sign-in", person = %actor.person, "refused: wrong password at a step-up");
            return Err(invalid("password", "Password", Problem::WrongPassword));
        };
        self.attempt_succeeded(&attempt).await?;
        Ok(found)
    }

    /// Verifies, and gives the attempt back where the server was too busy to make it.
    async fn verify_counted(
        &self,
        attempt: &Attempt,
        password: SecretString,
        hash: Option<String>,
    ) -> Result<Verified> {
        let verified = self.hasher.verify(password, hash).await;
        if matches!(verified, Err(Error::Busy)) {
            self.attempt_unmade(attempt).await?;
        }
        verified
    }

    async fn credentials_by_email(&self, email: &Email) -> Result<Option<Credentials>> {
        let row = sqlx::query!(
            "select p.id, w.hash, w.changed_at from person p join password w on w.person_id = p.id
             where p.email = $1 and p.disabled_at is null",
            email.as_str()
        )
        .fetch_optional(self.db.reads())
        .await?;
        Ok(row.map(|row| Credentials { person: Id::new(row.id), hash: row.hash, changed_at: row.changed_at }))
    }

    async fn credentials(&self, person: PersonId) -> Result<Option<Credentials>> {
        let row = sqlx::query!(
            "select w.hash, w.changed_at from person p join password w on w.person_id = p.id
             where p.id = $1 and p.disabled_at is null",
            person.uuid()
        )
        .fetch_optional(self.db.reads())
        .await?;
        Ok(row.map(|row| Credentials { person, hash: row.hash, changed_at: row.changed_at }))
    }
}

fn sign_in_failed() -> Error {
    invalid("password", "Password", Problem::SignInFailed)
}
