//! Writes that are not part of the record: sessions, the counts of attempts to sign in, and what people arrange for
//! themselves, such as the features that they watch and the
//! views that they save; and what follows from the text of a policy. What a session does is audited by the use cases that it calls; that
//! a browser is still there is not worth an event.
//!
//! Each function is one statement, so there is no transaction that a cancelled request could leave open.

use sluice_domain::{
    canonical::Digest,
    ids::{CommentId, FeatureId, Id, NotificationId, PersonId, PolicyVersionId, SavedViewId},
    text::Title,
};
use sqlx::PgExecutor;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Database;
use crate::{
    clock::Clock,
    error::Result,
    people::{SessionLimits, SessionRow, StoredSession},
    policies::GateParts,
    views::NewView,
};

/// How often something was tried in the current window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempts {
    /// This one included.
    pub(crate) count: i32,
    /// Seconds until the window ends.
    pub(crate) seconds_left: i64,
}

/// Writes down what the gates of a policy version cover. It follows from the version's text; what is there stays.
pub(crate) async fn store_gate_parts(
    connection: impl PgExecutor<'_>,
    version: PolicyVersionId,
    gates: &GateParts,
) -> Result<()> {
    sqlx::query!(
        "insert into gate_part (policy_version_id, phase, tier, kind, part)
         select $1, p.phase, p.tier, p.kind, p.part
         from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as p (phase, tier, kind, part)
         on conflict do nothing",
        version.uuid(),
        &gates.phases,
        &gates.tiers,
        &gates.kinds,
        &gates.parts
    )
    .execute(connection)
    .await?;
    Ok(())
}

impl Database {
    /// The same for a version that was imported before the database kept it.
    pub(crate) async fn store_gate_parts(&self, version: PolicyVersionId, gates: &GateParts) -> Result<()> {
        store_gate_parts(&self.writes, version, gates).await
    }

    /// The instant that an injected clock shows. Without one the statements below read the database's own.
    pub(super) fn injected(&self) -> Option<OffsetDateTime> {
        match &self.clock {
            Clock::Injected(clock) => Some(clock.now()),
            Clock::Database => None,
        }
    }

    /// Counts one more attempt under a key. Concurrent attempts wait for each other at the row, so none goes
    /// uncounted. The window begins with its first attempt and is not extended by later ones.
    pub(crate) async fn count_attempt(&self, key: &Digest, window: Duration) -> Result<Attempts> {
        let row = sqlx::query!(
            r#"with clock as (select coalesce($2::timestamptz, clock_timestamp()) as now),
                    counted as (
                        insert into sign_in_throttle as t (key, failures, since)
                        select $1::bytea, 1, clock.now from clock
                        on conflict (key) do update
                        set failures = case when t.since <= excluded.since - make_interval(secs => $3::float8)
                                            then 1 else least(t.failures, 1000000) + 1 end,
                            since = case when t.since <= excluded.since - make_interval(secs => $3::float8)
                                         then excluded.since else t.since end
                        returning failures, since
                    )
               select counted.failures as "failures!",
                      ceil(extract(epoch from counted.since - clock.now)::float8 + $3::float8)::int8 as "seconds_left!"
               from counted, clock"#,
            key.as_bytes().as_slice(),
            self.injected(),
            window.as_seconds_f64()
        )
        .fetch_one(&self.writes)
        .await?;
        Ok(Attempts { count: row.failures, seconds_left: row.seconds_left.max(1) })
    }

    /// Takes one attempt back.
    pub(crate) async fn uncount_attempt(&self, key: &Digest) -> Result<()> {
        sqlx::query!(
            "update sign_in_throttle set failures = failures - 1 where key = $1 and failures > 0",
            key.as_bytes().as_slice()
        )
        .execute(&self.writes)
        .await?;
        Ok(())
    }

    /// Forgets the attempts under a key.
    pub(crate) async fn forget_attempts(&self, key: &Digest) -> Result<()> {
        sqlx::query!("delete from sign_in_throttle where key = $1", key.as_bytes().as_slice())
            .execute(&self.writes)
            .await?;
        Ok(())
    }

    /// Forgets the attempts of windows that have ended.
    pub(crate) async fn sweep_attempts(&self, window: Duration) -> Result<u64> {
        let swept = sqlx::query!(
            "delete from sign_in_throttle
             where since <= coalesce($1::timestamptz, clock_timestamp()) - make_interval(secs => $2::float8)",
            self.injected(),
            window.as_seconds_f64()
        )
        .execute(&self.writes)
        .await?;
        Ok(swept.rows_affected())
    }

    /// Stores a new session. False where that id exists.
    pub(crate) async fn create_session(&self, id_hash: &[u8; 32], session: &SessionRow) -> Result<bool> {
        let inserted = sqlx::query!(
            "insert into session (id_hash, person_id, data, user_agent, created_at, last_seen_at, expires_at)
             select $1::bytea, $2::uuid, $3::jsonb, $4::text, clock.now, clock.now, $5::timestamptz
             from (select coalesce($6::timestamptz, clock_timestamp()) as now) clock
             on conflict (id_hash) do nothing",
            id_hash.as_slice(),
            session.person.map(PersonId::uuid),
            &session.data,
            session.user_agent,
            session.expires_at,
            self.injected()
        )
        .execute(&self.writes)
        .await?;
        Ok(inserted.rows_affected() == 1)
    }

    /// Finds a session that is within its limits, and notes once a minute that it was seen.
    pub(crate) async fn load_session(
        &self,
        id_hash: &[u8; 32],
        limits: SessionLimits,
    ) -> Result<Option<StoredSession>> {
        let found = sqlx::query!(
            r#"select s.person_id, s.data, s.created_at, s.last_seen_at, s.expires_at,
                      s.last_seen_at <= clock.now - interval '1 minute' as "seen_long_ago!"
               from session s, (select coalesce($2::timestamptz, clock_timestamp()) as now) clock
               where s.id_hash = $1 and s.expires_at > clock.now
                 and s.last_seen_at > clock.now - make_interval(secs => $3::float8)
                 and s.created_at > clock.now - make_interval(secs => $4::float8)"#,
            id_hash.as_slice(),
            self.injected(),
            limits.idle.as_seconds_f64(),
            limits.absolute.as_seconds_f64()
        )
        .fetch_optional(&self.reads)
        .await?;
        let Some(found) = found else { return Ok(None) };
        if found.seen_long_ago {
            // Of many requests at once, one writes. A full disk must not keep people from reading.
            let seen = sqlx::query!(
                "update session set last_seen_at = coalesce($2::timestamptz, clock_timestamp())
                 where id_hash = $1 and last_seen_at = $3",
                id_hash.as_slice(),
                self.injected(),
                found.last_seen_at
            )
            .execute(&self.writes)
            .await;
            if let Err(error) = seen {
                tracing::warn!(target: "session", %error, "the session's last use was not noted");
            }
        }
        Ok(Some(StoredSession {
            person: found.person_id.map(Id::new),
            data: found.data,
            created_at: found.created_at,
            last_seen_at: found.last_seen_at,
            expires_at: found.expires_at,
        }))
    }

    /// Replaces what a session holds. False where there is none: a session that was ended does not come back.
    pub(crate) async fn save_session(
        &self,
        id_hash: &[u8; 32],
        data: &serde_json::Value,
        person: Option<PersonId>,
        expires_at: OffsetDateTime,
    ) -> Result<bool> {
        let saved = sqlx::query!(
            "update session set data = $2, person_id = $3, expires_at = $4 where id_hash = $1",
            id_hash.as_slice(),
            data,
            person.map(PersonId::uuid),
            expires_at
        )
        .execute(&self.writes)
        .await?;
        Ok(saved.rows_affected() == 1)
    }

    /// Deletes a session, if it is there.
    pub(crate) async fn delete_session(&self, id_hash: &[u8; 32]) -> Result<()> {
        sqlx::query!("delete from session where id_hash = $1", id_hash.as_slice())
            .execute(&self.writes)
            .await?;
        Ok(())
    }

    /// Deletes the sessions that are over.
    pub(crate) async fn sweep_sessions(&self, limits: SessionLimits) -> Result<u64> {
        let swept = sqlx::query!(
            "delete from session s using (select coalesce($1::timestamptz, clock_timestamp()) as now) clock
             where s.expires_at <= clock.now
                or s.last_seen_at <= clock.now - make_interval(secs => $2::float8)
                or s.created_at <= clock.now - make_interval(secs => $3::float8)",
            self.injected(),
            limits.idle.as_seconds_f64(),
            limits.absolute.as_seconds_f64()
        )
        .execute(&self.writes)
        .await?;
        Ok(swept.rows_affected())
    }

    /// Notes that somebody watches a feature.
    pub(crate) async fn watch(&self, person: PersonId, feature: FeatureId) -> Result<()> {
        sqlx::query!(
            "insert into watch (person_id, feature_id, since)
             values ($1, $2, coalesce($3::timestamptz, clock_timestamp())) on conflict do nothing",
            person.uuid(),
            feature.uuid(),
            self.injected()
        )
        .execute(&self.writes)
        .await?;
        Ok(())
    }

    /// Notes that somebody no longer watches a feature.
    pub(crate) async fn stop_watching(&self, person: PersonId, feature: FeatureId) -> Result<()> {
        sqlx::query!(
            "delete from watch where person_id = $1 and feature_id = $2",
            person.uuid(),
            feature.uuid()
        )
        .execute(&self.writes)
        .await?;
        Ok(())
    }

    /// Notes that somebody saw where a comment mentions them, or every mention of them.
    pub(crate) async fn see_mentions(&self, person: PersonId, comment: Option<CommentId>) -> Result<()> {
        sqlx::query!(
            "insert into mention_seen (comment_id, person_id, seen_at)
             select comment_id, person_id, coalesce($3::timestamptz, clock_timestamp())
             from mention where person_id = $1 and ($2::uuid is null or comment_id = $2)
             on conflict do nothing",
            person.uuid(),
            comment.map(CommentId::uuid),
            self.injected()
        )
        .execute(&self.writes)
        .await?;
        Ok(())
    }

    /// Marks something that somebody was told as read, or all of it.
    pub(crate) async fn mark_read(
        &self,
        person: PersonId,
        notification: Option<NotificationId>,
    ) -> Result<()> {
        sqlx::query!(
            "update notification set read_at = coalesce($3::timestamptz, clock_timestamp())
             where person_id = $1 and read_at is null and ($2::uuid is null or id = $2)",
            person.uuid(),
            notification.map(NotificationId::uuid),
            self.injected()
        )
        .execute(&self.writes)
        .await?;
        Ok(())
    }

    /// Puts a job off that failed, and keeps why.
    pub(crate) async fn put_off_job(&self, job: Uuid, until: OffsetDateTime, failure: &str) -> Result<()> {
        sqlx::query!(
            "update job set attempts = attempts + 1, run_at = $2, failure = left($3, 2000)
             where id = $1 and done_at is null",
            job,
            until,
            failure
        )
        .execute(&self.writes)
        .await?;
        Ok(())
    }

    /// Deletes jobs that were done and notifications that were read before an instant.
    pub(crate) async fn sweep_told(&self, before: OffsetDateTime) -> Result<u64> {
        let jobs = sqlx::query!("delete from job where done_at < $1", before).execute(&self.writes).await?;
        let read =
            sqlx::query!("delete from notification where read_at < $1", before).execute(&self.writes).await?;
        Ok(jobs.rows_affected() + read.rows_affected())
    }

    /// Stores a saved view, unless its owner has that many already. False where it was not stored: there are as many,
    /// one has its name, or the form was sent before. Two at once may be one too many; that does no harm.
    pub(crate) async fn save_view(&self, owner: PersonId, view: &NewView, most: i64) -> Result<bool> {
        let saved = sqlx::query!(
            "insert into saved_view (id, owner_id, name, query, created_at)
             select $1::uuid, $2::uuid, $3::text, $4::text, coalesce($5::timestamptz, clock_timestamp())
             where (select count(*) from saved_view where owner_id = $2) < $6
             on conflict do nothing",
            view.id.uuid(),
            owner.uuid(),
            view.name.as_str(),
            view.address,
            self.injected(),
            most
        )
        .execute(&self.writes)
        .await?;
        Ok(saved.rows_affected() == 1)
    }

    /// Renames one of the owner's saved views. False where they have none of that id.
    ///
    /// A name that another of their views has is an error that names the constraint.
    pub(crate) async fn rename_view(
        &self,
        owner: PersonId,
        view: SavedViewId,
        name: &Title,
    ) -> Result<bool, sqlx::Error> {
        let renamed = sqlx::query!(
            "update saved_view set name = $3 where id = $1 and owner_id = $2",
            view.uuid(),
            owner.uuid(),
            name.as_str()
        )
        .execute(&self.writes)
        .await?;
        Ok(renamed.rows_affected() == 1)
    }

    /// Deletes one of the owner's saved views. False where they have none of that id.
    pub(crate) async fn delete_view(&self, owner: PersonId, view: SavedViewId) -> Result<bool> {
        let deleted =
            sqlx::query!("delete from saved_view where id = $1 and owner_id = $2", view.uuid(), owner.uuid())
                .execute(&self.writes)
                .await?;
        Ok(deleted.rows_affected() == 1)
    }
}
