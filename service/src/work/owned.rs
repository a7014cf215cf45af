//! What a person owns within a feature and has to see to.

use sluice_domain::{
    access::Role,
    ids::Id,
    place::Place,
    record::{RecordKind, Tone},
    threat::Severity,
};
use sqlx::PgConnection;

use super::{About, Task, Why, WorkItem, limit};
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
};

/// How many of the things that somebody owns are put into due order: those that wait for the longest.
const CANDIDATES: i64 = 1_000;

impl Service {
    /// Threats that the actor owns and that are not treated yet.
    pub(super) async fn threats_of(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
    ) -> Result<Vec<WorkItem>> {
        let threats = sqlx::query!(
            r#"select t.number as "threat!", t.title as "threat_title!", t.severity as "severity!",
                      t.changed_at as "changed_at!", f.number, f.title, f.tier, f.policy_version_id, f.phase,
                      f.target_date, p.key as product_key, p.name as product_name
               from (select * from threat where owner_id = $1 and status in ('open', 'planned')
                     order by changed_at limit $3) t
               join feature f on f.id = t.feature_id
               join product p on p.id = f.product_id
               where f.status = 'active'
                 and f.product_id in (select product_id from product_grant where person_id = $1)
               order by f.target_date nulls last, t.changed_at, t.id limit $2"#,
            actor.person.uuid(),
            limit(),
            CANDIDATES
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut mine = Vec::with_capacity(threats.len());
        for row in threats {
            let policy = self.policies.load(connection, Id::new(row.policy_version_id)).await?;
            let severity =
                Severity::from_code(&row.severity).ok_or_else(|| Error::internal("unknown severity"))?;
            let about = About {
                product_key: row.product_key,
                product_name: row.product_name,
                number: row.number,
                title: row.title,
                tier: row.tier,
                phase: row.phase,
            };
            let what = Task::Treat { number: row.threat, title: row.threat_title, severity };
            let place = Place::Threat(row.threat);
            mine.push(about.item(
                &policy.policy,
                what,
                Why::OwnsIt,
                place,
                row.changed_at,
                row.target_date,
            )?);
        }
        Ok(mine)
    }

    /// Records that the actor owns and that wait for something or hold something up.
    pub(super) async fn records_of(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
    ) -> Result<Vec<WorkItem>> {
        let (kinds, states) = open_states();
        let records = sqlx::query!(
            r#"select r.kind as "kind!", r.number as "record!", r.title as "record_title!", r.state as "state!",
                      coalesce(r.due, f.target_date) as due, r.state_at as "state_at!", f.number, f.title, f.tier,
                      f.policy_version_id, f.phase, p.key as product_key, p.name as product_name
               from (select * from record
                     where owner_id = $1 and (kind, state) in (select * from unnest($2::text[], $3::text[]))
                     order by due limit $5) r
               join feature f on f.id = r.feature_id
               join product p on p.id = f.product_id
               where f.status = 'active'
                 and f.product_id in (select product_id from product_grant where person_id = $1)
               order by coalesce(r.due, f.target_date) nulls last, r.state_at, r.id limit $4"#,
            actor.person.uuid(),
            &kinds,
            &states,
            limit(),
            CANDIDATES
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut mine = Vec::with_capacity(records.len());
        for row in records {
            let policy = self.policies.load(connection, Id::new(row.policy_version_id)).await?;
            let kind =
                RecordKind::from_code(&row.kind).ok_or_else(|| Error::internal("unknown kind of record"))?;
            let state =
                kind.spec().state(&row.state).ok_or_else(|| Error::internal("unknown state of a record"))?;
            let about = About {
                product_key: row.product_key,
                product_name: row.product_name,
                number: row.number,
                title: row.title,
                tier: row.tier,
                phase: row.phase,
            };
            let what = Task::SeeTo { kind, number: row.record, title: row.record_title, state: state.label };
            let place = Place::Record(kind, row.record);
            mine.push(about.item(&policy.policy, what, Why::OwnsIt, place, row.state_at, row.due)?);
        }
        Ok(mine)
    }

    /// Notices that were sent and that the actor may acknowledge: whoever sent one leaves that to somebody else.
    pub(super) async fn notices_to(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
    ) -> Result<Vec<WorkItem>> {
        let notice = RecordKind::Notice.spec();
        let roles = notice.state("acknowledged").map_or(&[][..], |state| notice.who_may_enter(state));
        let roles: Vec<String> = roles.iter().map(|role| role.code().to_owned()).collect();
        let notices = sqlx::query!(
            r#"select r.number as record, r.title as record_title, r.state_at, f.number, f.title, f.tier,
                      f.policy_version_id, f.phase, f.target_date, p.key as product_key, p.name as product_name,
                      h.role as "role!"
               from (select product_id, min(role) as role from product_grant
                     where person_id = $1 and role = any($2) group by product_id) h
               cross join lateral (
                   select n.feature_id, n.number from notice_waiting n
                   where n.product_id = h.product_id
                   order by n.since, n.feature_id, n.number limit $3
               ) n
               join record r on r.feature_id = n.feature_id and r.kind = 'notice' and r.number = n.number
               join feature f on f.id = n.feature_id
               join product p on p.id = f.product_id
               where r.state_by <> $1 and f.status = 'active'
               order by r.state_at, r.id limit $3"#,
            actor.person.uuid(),
            &roles,
            limit()
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut mine = Vec::with_capacity(notices.len());
        for row in notices {
            let policy = self.policies.load(connection, Id::new(row.policy_version_id)).await?;
            let role = Role::from_code(&row.role).ok_or_else(|| Error::internal("unknown role"))?;
            let about = About {
                product_key: row.product_key,
                product_name: row.product_name,
                number: row.number,
                title: row.title,
                tier: row.tier,
                phase: row.phase,
            };
            let what = Task::Acknowledge { number: row.record, title: row.record_title };
            let (why, place) = (Why::Informed { role }, Place::Record(RecordKind::Notice, row.record));
            mine.push(about.item(&policy.policy, what, why, place, row.state_at, row.target_date)?);
        }
        Ok(mine)
    }
}

/// The states in which a record waits for its owner: kinds and states, side by side.
fn open_states() -> (Vec<String>, Vec<String>) {
    RecordKind::ALL
        .iter()
        .flat_map(|kind| kind.spec().states.iter().map(move |state| (kind, state)))
        .filter(|(_, state)| matches!(state.tone, Tone::Waiting | Tone::Bad))
        .map(|(kind, state)| (kind.code().to_owned(), state.code.to_owned()))
        .unzip()
}
