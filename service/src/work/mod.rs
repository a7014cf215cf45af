//! "My work": what waits for a person, in due order, with the reason why it is there; and what the person waits for.

use sluice_domain::{
    access::Action,
    ids::{FeatureKey, Id},
    place::Place,
    policy::Tier,
    threat::Severity,
};
use sqlx::PgConnection;
use time::{Date, Duration, OffsetDateTime, Weekday};

use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    features::phase_of,
};

/// The most rows of one kind. Whoever has more has another problem than paging.
const MOST: i64 = 100;

/// A person's inbox.
#[derive(Clone, Debug)]
pub struct MyWork {
    /// What waits for the person, in due order.
    pub mine: Vec<WorkItem>,
    /// What the person waits for, in due order.
    pub waiting: Vec<WorkItem>,
    /// Whether the person holds a role in any product.
    pub has_role: bool,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// One thing to do, or to wait for.
#[derive(Clone, Debug)]
pub struct WorkItem {
    /// The feature.
    pub key: FeatureKey,
    /// What it is called.
    pub title: String,
    /// How risky it is.
    pub tier: Tier,
    /// The phase it is in, by name.
    pub phase: String,
    /// What is to be done.
    pub what: Task,
    /// Where.
    pub place: Place,
    /// Since when it waits.
    pub since: OffsetDateTime,
    /// When it is due.
    pub due: Option<Date>,
}

/// What is to be done, and why it is with the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Sign the gate.
    Sign,
    /// Clear blockers of the gate: how many there are for the team.
    Clear {
        /// How many.
        blockers: i32,
    },
    /// Nothing blocks any more: request the review.
    RequestReview,
    /// Treat a threat that the person owns.
    Treat {
        /// Number of the threat.
        number: i32,
        /// What can go wrong.
        title: String,
        /// How bad it would be.
        severity: Severity,
    },
    /// Wait for the reviewers.
    AwaitReview,
}

impl Service {
    /// The inbox of the actor.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn my_work(&self, actor: &Actor) -> Result<MyWork> {
        let now = self.now().await?;
        let mut connection = self.db.reads().acquire().await?;
        let codes = |action: Action| {
            action.product_roles().iter().map(|role| role.code().to_owned()).collect::<Vec<_>>()
        };
        let rows = sqlx::query!(
            r#"with held as (select product_id, array_agg(role) as roles from product_grant where person_id = $1 group by product_id)
               select f.number, f.title, f.tier, f.policy_version_id, f.phase, f.turn, f.turn_since, f.target_date,
                      f.owner_id = $1 as "owned!", f.requested_by = $1 as "requested?", p.key as product_key,
                      g.team_blockers,
                      (f.turn = 'reviewers' and g.sign_roles && h.roles and not $1 = any(g.contributors)
                       and not $1 = any(g.signed)) as "to_sign!",
                      (f.turn = 'team' and g.team_blockers > 0 and (g.team_roles && h.roles or f.owner_id = $1))
                          as "to_clear!",
                      (f.turn = 'team' and g.team_blockers = 0 and h.roles && $2) as "to_request!"
               from feature f
               join held h on h.product_id = f.product_id
               join product p on p.id = f.product_id
               join gate_state g on g.feature_id = f.id
               where f.status = 'active'
               order by f.target_date nulls last, f.turn_since
               limit $3"#,
            actor.person.uuid(),
            &codes(Action::RequestReview),
            MOST * 5
        )
        .fetch_all(&mut *connection)
        .await?;
        let (mut mine, mut waiting) = (Vec::new(), Vec::new());
        for row in rows {
            let policy = self.policies.load(&mut connection, Id::new(row.policy_version_id)).await?;
            let (phase, _) = phase_of(&policy, &row.phase, true);
            let review_days = policy
                .policy
                .phases
                .iter()
                .find(|candidate| candidate.key.as_str() == row.phase)
                .map_or(0, |phase| phase.gate.review_days);
            let review_due = Some(after_working_days(row.turn_since.date(), review_days));
            let item = |what: Task, place: Place, due: Option<Date>| -> Result<WorkItem> {
                Ok(WorkItem {
                    key: FeatureKey {
                        product: row.product_key.parse().map_err(Error::internal)?,
                        number: row.number,
                    },
                    title: row.title.clone(),
                    tier: Tier::from_code(&row.tier).ok_or_else(|| Error::internal("unknown tier"))?,
                    phase: phase.clone().unwrap_or_default(),
                    what,
                    place,
                    since: row.turn_since,
                    due,
                })
            };
            if row.to_sign {
                mine.push(item(Task::Sign, Place::Review, review_due)?);
            } else if row.to_clear {
                mine.push(item(
                    Task::Clear { blockers: row.team_blockers },
                    Place::Feature,
                    row.target_date,
                )?);
            } else if row.to_request {
                mine.push(item(Task::RequestReview, Place::Review, row.target_date)?);
            } else if row.turn == "reviewers" && (row.owned || row.requested == Some(true)) {
                waiting.push(item(Task::AwaitReview, Place::Review, review_due)?);
            }
        }
        mine.extend(self.threats_of(&mut connection, actor).await?);
        let order = |item: &WorkItem| (item.due.is_none(), item.due, item.since);
        mine.sort_by_key(order);
        waiting.sort_by_key(order);
        let has_role = sqlx::query_scalar!(
            r#"select exists (select from product_grant where person_id = $1) as "has!""#,
            actor.person.uuid()
        )
        .fetch_one(&mut *connection)
        .await?;
        Ok(MyWork { mine, waiting, has_role, now })
    }

    /// Threats that the actor owns and that are not treated yet.
    async fn threats_of(&self, connection: &mut PgConnection, actor: &Actor) -> Result<Vec<WorkItem>> {
        let mut mine = Vec::new();
        let threats = sqlx::query!(
            r#"select t.number as threat, t.title as threat_title, t.severity, t.changed_at, f.number, f.title, f.tier,
                      f.policy_version_id, f.phase, f.target_date, p.key as product_key
               from threat t
               join feature f on f.id = t.feature_id
               join product p on p.id = f.product_id
               where t.owner_id = $1 and t.status in ('open', 'planned') and f.status = 'active'
                 and exists (select from product_grant g where g.person_id = $1 and g.product_id = f.product_id)
               order by f.target_date nulls last, t.changed_at limit $2"#,
            actor.person.uuid(),
            MOST
        )
        .fetch_all(&mut *connection)
        .await?;
        for row in threats {
            let policy = self.policies.load(connection, Id::new(row.policy_version_id)).await?;
            let severity =
                Severity::from_code(&row.severity).ok_or_else(|| Error::internal("unknown severity"))?;
            mine.push(WorkItem {
                key: FeatureKey {
                    product: row.product_key.parse().map_err(Error::internal)?,
                    number: row.number,
                },
                title: row.title,
                tier: Tier::from_code(&row.tier).ok_or_else(|| Error::internal("unknown tier"))?,
                phase: phase_of(&policy, &row.phase, true).0.unwrap_or_default(),
                what: Task::Treat { number: row.threat, title: row.threat_title, severity },
                place: Place::Threat(row.threat),
                since: row.changed_at,
                due: row.target_date,
            });
        }
        Ok(mine)
    }
}

/// The day that lies this many working days (Monday to Friday) after another.
fn after_working_days(day: Date, days: u16) -> Date {
    let mut day = day;
    let mut left = days;
    while left > 0 {
        day = day.saturating_add(Duration::DAY);
        if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    day
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::after_working_days;

    #[test]
    fn weekends_do_not_count() {
        // 6 November 2026 is a Friday.
        assert_eq!(after_working_days(date!(2026 - 11 - 06), 1), date!(2026 - 11 - 09));
        assert_eq!(after_working_days(date!(2026 - 11 - 06), 5), date!(2026 - 11 - 13));
        assert_eq!(after_working_days(date!(2026 - 11 - 06), 0), date!(2026 - 11 - 06));
    }
}
