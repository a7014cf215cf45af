//! Waivers that wait for somebody to decide about them.

use sluice_domain::{
    access::{Action, Role},
    ids::Id,
    place::Place,
    policy::Policy,
    waiver::approving_role,
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use super::{About, Task, Why, WorkItem, limit};
use crate::{Service, actor::Actor, error::Result};

impl Service {
    /// Requests for waivers that the actor can decide about: of a role that the policy names, asked for by somebody else,
    /// about a gate to which they did not contribute.
    pub(super) async fn waivers_to_decide(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
    ) -> Result<Vec<WorkItem>> {
        let roles: Vec<String> =
            Action::ApproveWaiver.product_roles().iter().map(|role| role.code().to_owned()).collect();
        let rows = sqlx::query!(
            r#"select w.number as waiver, w.blocker, w.phase as asked_in, w.requested_at, f.number, f.title, f.tier,
                      f.policy_version_id, f.phase, p.key as product_key, p.name as product_name,
                      h.roles as "roles!"
               from (select product_id, array_agg(role) as roles from product_grant
                     where person_id = $1 and role = any($2) group by product_id) h
               cross join lateral (
                   select w.* from waiver w
                   where w.product_id = h.product_id and w.state = 'requested' and w.requested_by <> $1
                   order by w.requested_at, w.id limit $3
               ) w
               join feature f on f.id = w.feature_id
               join product p on p.id = f.product_id
               join gate_state s on s.feature_id = f.id
               where f.status = 'active' and not $1 = any(s.contributors)
               order by w.requested_at, w.id limit $3"#,
            actor.person.uuid(),
            &roles,
            limit()
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut mine = Vec::new();
        for row in rows {
            let policy = self.policies.load(connection, Id::new(row.policy_version_id)).await?;
            let held: Vec<Role> = row.roles.iter().filter_map(|code| Role::from_code(code)).collect();
            // The policy narrows who decides; what is not theirs is no work of theirs.
            let Ok(role) = approving_role(&policy.policy, &held) else { continue };
            let due = decided_by(&policy.policy, &row.asked_in, row.requested_at);
            let about = About {
                product_key: row.product_key,
                product_name: row.product_name,
                number: row.number,
                title: row.title,
                tier: row.tier,
                phase: row.phase,
            };
            let what = Task::DecideWaiver { number: row.waiver, blocker: row.blocker };
            let (why, place) = (Why::DecidesWaivers { role }, Place::Waiver(row.waiver));
            mine.push(about.item(&policy.policy, what, why, place, row.requested_at, Some(due))?);
        }
        Ok(mine)
    }
}

/// When a request should be decided: reviewers have as long for it as for a review in the phase in which it was made.
fn decided_by(policy: &Policy, phase: &str, since: OffsetDateTime) -> Date {
    let phase = policy.phases.iter().find(|candidate| candidate.key.as_str() == phase);
    let days = phase.map_or(0, |phase| phase.gate.review_days);
    let calendar = &policy.terms.calendar;
    calendar.date(calendar.after(since, calendar.working_days(days)))
}
