//! Sessions: the store that the web server's session layer stands on, and a person's list of their own.
//!
//! The browser holds a random id; here is only its SHA-256. In lists a session is called by the digest of that digest,
//! so what a page shows opens nothing.

use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    canonical::Digest,
    ids::PersonId,
};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::throttle::WINDOW;
use crate::{
    Service,
    actor::Actor,
    db::write::{Write, uncancelled},
    error::{Error, Result},
};

/// How long a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a request.
    pub idle: Duration,
    /// In all, from its start.
    pub absolute: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle: Duration::hours(2), absolute: Duration::hours(12) }
    }
}

/// A session that begins.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// What the web server keeps in it.
    pub data: serde_json::Value,
    /// Who is signed in.
    pub person: Option<PersonId>,
    /// What the browser calls itself.
    pub user_agent: String,
    /// When it ends in any case.
    pub expires_at: OffsetDateTime,
}

/// A session as stored.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// Who is signed in.
    pub person: Option<PersonId>,
    /// What the web server keeps in it.
    pub data: serde_json::Value,
    /// When it began.
    pub created_at: OffsetDateTime,
    /// When it was last used, to the minute.
    pub last_seen_at: OffsetDateTime,
    /// When it ends in any case.
    pub expires_at: OffsetDateTime,
}

/// A session in a person's own list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// What to call it when ending it. It opens nothing.
    pub handle: String,
    /// When it began.
    pub created_at: OffsetDateTime,
    /// When it was last used, to the minute.
    pub last_seen_at: OffsetDateTime,
    /// What the browser calls itself.
    pub user_agent: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl Service {
    /// Stores a new session under the SHA-256 of its id. False where that id exists: take another one.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn create_session(&self, id_hash: &[u8; 32], session: &SessionRow) -> Result<bool> {
        self.db.create_session(id_hash, session).await
    }

    /// The session with this id, unless it is over by one of its limits. Notes once a minute that it was used.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn load_session(
        &self,
        id_hash: &[u8; 32],
        limits: SessionLimits,
    ) -> Result<Option<StoredSession>> {
        self.db.load_session(id_hash, limits).await
    }

    /// Replaces what a session holds. False where it was ended meanwhile; it is not made anew.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn save_session(
        &self,
        id_hash: &[u8; 32],
        data: &serde_json::Value,
        person: Option<PersonId>,
        expires_at: OffsetDateTime,
    ) -> Result<bool> {
        self.db.save_session(id_hash, data, person, expires_at).await
    }

    /// Ends a session, if it is there.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn delete_session(&self, id_hash: &[u8; 32]) -> Result<()> {
        self.db.delete_session(id_hash).await
    }

    /// Deletes what is over: sessions, and counts of attempts to sign in. Returns how many rows.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn sweep_expired(&self, limits: SessionLimits) -> Result<u64> {
        Ok(self.db.sweep_sessions(limits).await? + self.db.sweep_attempts(WINDOW).await?)
    }

    /// The actor's own sessions, the last used first.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn sessions_of(
        &self,
        actor: &Actor,
        limits: SessionLimits,
        current: Option<&[u8; 32]>,
    ) -> Result<Vec<SessionInfo>> {
        let now = self.db.now().await?;
        let rows = sqlx::query!(
            "select id_hash, created_at, last_seen_at, user_agent from session
             where person_id = $1 and expires_at > $2 and last_seen_at > $3 and created_at > $4
             order by last_seen_at desc, id_hash limit 100",
            actor.person.uuid(),
            now,
            now - limits.idle,
            now - limits.absolute
        )
        .fetch_all(self.db.reads())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| SessionInfo {
                handle: Digest::of(&row.id_hash).to_string(),
                created_at: row.created_at,
                last_seen_at: row.last_seen_at,
                user_agent: row.user_agent,
                current: current.is_some_and(|current| row.id_hash == current),
            })
            .collect())
    }

    /// Ends one of the actor's own sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the actor has none of that handle.
    pub async fn end_session(&self, actor: &Actor, handle: &str) -> Result<()> {
        let handle: Digest = handle.parse().map_err(|_| Error::NotFound)?;
        let (db, actor) = (self.db.clone(), actor.clone());
        uncancelled(|token| async move {
            let mut write = db.begin(&token, &actor.origin).await?.at_now().await?;
            let permit = Write::authorize_own(&actor);
            let ended = sqlx::query!(
                "delete from session where person_id = $1 and sha256(id_hash) = $2",
                permit.person().uuid(),
                handle.as_bytes().as_slice()
            )
            .execute(write.connection())
            .await?;
            if ended.rows_affected() == 0 {
                return Err(Error::NotFound);
            }
            let event =
                write.event(&permit, Verb::SessionEnded, Object::new(ObjectKind::Session, handle, ""));
            write.commit(event, Vec::new()).await
        })
        .await
    }

    /// Ends every session of the actor but the current one. Returns how many.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn end_other_sessions(&self, actor: &Actor, current: Option<&[u8; 32]>) -> Result<u64> {
        let (db, actor, current) = (self.db.clone(), actor.clone(), current.copied());
        uncancelled(|token| async move {
            let mut write = db.begin(&token, &actor.origin).await?.at_now().await?;
            let permit = Write::authorize_own(&actor);
            let ended = end_all_sessions_of(write.connection(), permit.person(), current.as_ref()).await?;
            if ended == 0 {
                return Ok(0);
            }
            let object = Object::new(ObjectKind::Person, permit.person(), "");
            let mut event = write.event(&permit, Verb::SessionEnded, object);
            event.change("sessions-ended", Value::None, number(ended));
            write.commit(event, Vec::new()).await?;
            Ok(ended)
        })
        .await
    }

    /// Ends every session of somebody, as an administrator (ASVS 7.4.5). Returns how many.
    ///
    /// # Errors
    /// [`Error::Denied`] for anybody but an administrator.
    pub async fn end_sessions_of(&self, actor: &Actor, person: PersonId) -> Result<u64> {
        let (db, actor) = (self.db.clone(), actor.clone());
        uncancelled(|token| async move {
            let mut write = db.begin(&token, &actor.origin).await?.at_now().await?;
            let permit = write.authorize_workspace(&actor, Action::ManagePeople).await?;
            let ended = end_all_sessions_of(write.connection(), person, None).await?;
            if ended == 0 {
                return Ok(0);
            }
            let object = Object::new(ObjectKind::Person, person, "");
            let mut event = write.event(&permit, Verb::SessionEnded, object);
            event.change("sessions-ended", Value::None, number(ended));
            write.commit(event, Vec::new()).await?;
            Ok(ended)
        })
        .await
    }
}

/// Ends every session of a person except perhaps one, in the transaction that gives the reason. Returns how many.
pub(super) async fn end_all_sessions_of(
    connection: &mut PgConnection,
    person: PersonId,
    except: Option<&[u8; 32]>,
) -> Result<u64> {
    let ended = sqlx::query!(
        "delete from session where person_id = $1 and ($2::bytea is null or id_hash <> $2)",
        person.uuid(),
        except.map(<[u8; 32]>::as_slice)
    )
    .execute(connection)
    .await?;
    Ok(ended.rows_affected())
}

/// How many sessions ended, for the record.
pub(super) fn number(count: u64) -> Value {
    Value::Number(i64::try_from(count).unwrap_or(i64::MAX))
}
