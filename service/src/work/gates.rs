//! What a person can do next about gates, and whose turn they wait for.

use sluice_domain::{
    access::{Action, Role},
    ids::Id,
    place::Place,
    policy::Policy,
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use super::{About, Task, Why, WorkItem, limit};
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
};

impl Service {
    /// Gates that the actor can sign, blockers that they can clear, reviews that they can request: one row a feature.
    ///
    /// Each grant of theirs walks its own stretch of an index and stops after enough rows, so what is not theirs or
    /// not due yet costs nothing.
    #[expect(clippy::too_many_lines, reason = "one query, and what its rows say")]
    pub(super) async fn tasks(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
        now: OffsetDateTime,
    ) -> Result<Vec<WorkItem>> {
        let requesters: Vec<String> =
            Action::RequestReview.product_roles().iter().map(|role| role.code().to_owned()).collect();
        let rows = sqlx::query!(
            r#"with held as (
                   select product_id, role from product_grant where person_id = $1
               ), found as (
                   select t.feature_id, 1 as rank, t.role, t.since, t.due, t.blockers, null::uuid as whose
                   from held h
                   cross join lateral (
                       select g.feature_id, g.role, g.since, g.due, g.blockers
                       from gate_task g join gate_state s on s.feature_id = g.feature_id
                       where g.product_id = h.product_id and g.act = 'sign' and g.role = h.role
                         and not $1 = any(s.contributors) and not $1 = any(s.signed)
                       order by g.due, g.since, g.feature_id limit $3
                   ) t
                   union all
                   -- Seats that others handed to them.
                   select t.feature_id, 1, t.role, t.since, t.due, t.blockers, h.from_id
                   from (select distinct d.product_id, d.role, d.from_id from delegation d
                         join product_grant o
                           on o.person_id = d.from_id and o.product_id = d.product_id and o.role = d.role
                         where d.product_id in (select product_id from held) and d.to_id = $1 and d.ended_at is null
                           and d.from_at <= $4 and d.until_at > $4) h
                   cross join lateral (
                       select g.feature_id, g.role, g.since, g.due, g.blockers
                       from gate_task g join gate_state s on s.feature_id = g.feature_id
                       where g.product_id = h.product_id and g.act = 'sign' and g.role = h.role
                         and not s.contributors && array[$1, h.from_id] and not s.signed && array[$1, h.from_id]
                       order by g.due, g.since, g.feature_id limit $3
                   ) t
                   union all
                   (select f.id, 2, '', f.turn_since,
                           coalesce(case when f.turn = 'team' then least(f.target_date, (s.due_at at time zone 'UTC')::date)
                                         else f.target_date end, 'infinity'),
                           s.team_blockers, null
                    from feature f join gate_state s on s.feature_id = f.id
                    where f.owner_id = $1 and f.status = 'active' and s.team_blockers > 0
                      and f.product_id in (select product_id from held)
                    order by f.target_date, f.id limit $3)
                   union all
                   select t.feature_id, 3, t.role, t.since, t.due, t.blockers, null
                   from held h
                   cross join lateral (
                       select g.feature_id, g.role, g.since, g.due, g.blockers from gate_task g
                       where g.product_id = h.product_id and g.act = 'clear' and g.role = h.role
                       order by g.due, g.since, g.feature_id limit $3
                   ) t
                   union all
                   select t.feature_id, 4, h.role, t.since, t.due, null, null
                   from (select product_id, min(role) as role from held where role = any($2) group by product_id) h
                   cross join lateral (
                       select g.feature_id, g.since, g.due from gate_task g
                       where g.product_id = h.product_id and g.act = 'request' and g.role = ''
                       order by g.due, g.since, g.feature_id limit $3
                   ) t
               ), best as (
                   select * from (
                       -- One row a feature: to sign comes before all, and being its owner before a role.
                       select distinct on (feature_id) * from found
                       order by feature_id, rank, whose nulls first, blockers desc nulls last, role
                   ) one
                   order by due, since, feature_id
                   limit $3
               )
               select b.rank as "rank!", b.role as "role!", b.blockers, b.since as "since!",
                      s.due_at, f.target_date, f.number, f.title, f.tier, f.policy_version_id, f.phase,
                      f.owner_id = $1 as "owned!", p.key as product_key, p.name as product_name, s.team_blockers,
                      w.name as "whose?", c.colleagues as "colleagues!", c.others as "others!"
               from best b
               join feature f on f.id = b.feature_id
               join product p on p.id = f.product_id
               join gate_state s on s.feature_id = b.feature_id
               left join person w on w.id = b.whose
               cross join lateral (
                   select count(*) as colleagues,
                          count(*) filter (where not o.id = any(s.contributors) and not o.id = any(s.signed)) as others
                   from product_grant g join person o on o.id = g.person_id
                   where b.rank = 1 and g.product_id = f.product_id and g.role = b.role and g.person_id <> $1
                     and o.disabled_at is null
               ) c"#,
            actor.person.uuid(),
            &requesters,
            limit(),
            now
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut tasks = Vec::with_capacity(rows.len());
        for row in rows {
            let policy = self.policies.load(connection, Id::new(row.policy_version_id)).await?;
            let role = || Role::from_code(&row.role).ok_or_else(|| Error::internal("unknown role"));
            let turn_due = due_day(&policy.policy, row.due_at);
            // The team's work is due when its turn or the feature is, whichever comes first.
            let team_due = row.target_date.into_iter().chain(turn_due).min();
            let (what, why, place, due) = match row.rank {
                1 => {
                    let why = match row.whose {
                        Some(name) => Why::SignsFor { role: role()?, name },
                        None => Why::Signs { role: role()?, colleagues: row.colleagues, others: row.others },
                    };
                    (Task::Sign, why, Place::Review, turn_due)
                }
                2 | 3 => {
                    let why = match row.rank {
                        2 => Why::OwnsFeature,
                        _ => Why::Clears { role: role()?, blockers: row.blockers },
                    };
                    (Task::Clear { blockers: row.team_blockers }, why, Place::Feature, team_due)
                }
                _ => {
                    let why = if row.owned { Why::OwnsFeature } else { Why::Requests { role: role()? } };
                    (Task::RequestReview, why, Place::Review, team_due)
                }
            };
            let about = About {
                product_key: row.product_key,
                product_name: row.product_name,
                number: row.number,
                title: row.title,
                tier: row.tier,
                phase: row.phase,
            };
            tasks.push(about.item(&policy.policy, what, why, place, row.since, due)?);
        }
        Ok(tasks)
    }

    /// Reviews of features that the actor owns, and reviews that they requested.
    pub(super) async fn awaited(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
    ) -> Result<Vec<WorkItem>> {
        let rows = sqlx::query!(
            r#"with mine as (
                   (select id from feature
                    where owner_id = $1 and status = 'active' and turn = 'reviewers'
                    order by target_date, id limit $2)
                   union
                   (select id from feature where requested_by = $1 and turn = 'reviewers' and status = 'active'
                    order by turn_since limit $2)
               )
               select f.number, f.title, f.tier, f.policy_version_id, f.phase, f.turn_since,
                      f.requested_by = $1 as "requested!", p.key as product_key, p.name as product_name, s.sign_roles,
                      s.due_at
               from mine m
               join feature f on f.id = m.id
               join product p on p.id = f.product_id
               join gate_state s on s.feature_id = f.id
               where f.product_id in (select product_id from product_grant where person_id = $1)
               order by f.turn_since, f.id limit $2"#,
            actor.person.uuid(),
            limit()
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut waiting = Vec::with_capacity(rows.len());
        for row in rows {
            let policy = self.policies.load(connection, Id::new(row.policy_version_id)).await?;
            let roles = row.sign_roles.iter().filter_map(|code| Role::from_code(code)).collect();
            let why = Why::Awaits { roles, requested: row.requested };
            let due = due_day(&policy.policy, row.due_at);
            let about = About {
                product_key: row.product_key,
                product_name: row.product_name,
                number: row.number,
                title: row.title,
                tier: row.tier,
                phase: row.phase,
            };
            let since = row.turn_since;
            let (policy, place) = (&policy.policy, Place::Review);
            waiting.push(about.item(policy, Task::AwaitReview, why, place, since, due)?);
        }
        Ok(waiting)
    }
}

/// The day on which a turn is due, in the zone of the policy.
fn due_day(policy: &Policy, due_at: Option<OffsetDateTime>) -> Option<Date> {
    due_at.map(|at| policy.terms.calendar.date(at))
}
