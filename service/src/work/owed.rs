//! Gates that an emergency went through: from the moment they are owed, they are with those who can sign them and with
//! the team that has to catch up.

use std::collections::HashMap;

use sluice_domain::{
    access::Role,
    delegation::may_sign_owed_for,
    gate::{Blocker, EarlierGate, Passed},
    ids::{FeatureId, Id, PersonId},
    lifecycle::{OwedGate, may_sign_owed},
    place::Place,
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Task, Why, WorkItem};
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    features::row::{self, Feature},
    gates::{Gate, decide_owed, gather_many},
};

/// The most owed gates that are looked at, the most urgent first. Each is decided about, which is more than a row.
const MOST: i64 = 50;

/// A gate that is owed in a product of the reader.
struct Owed<'a> {
    feature: &'a Feature,
    gate: &'a OwedGate,
    since: OffsetDateTime,
    roles: Vec<Role>,
}

/// A seat that was handed to the reader: in which product, whose, and which.
struct Handed {
    product: Uuid,
    from: PersonId,
    name: String,
    role: Role,
}

impl Service {
    /// The owed gates that the actor can sign, or where they can clear something. One row a gate.
    pub(super) async fn owed_gates(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
        now: OffsetDateTime,
    ) -> Result<Vec<WorkItem>> {
        let rows = sqlx::query!(
            r#"select a.feature_id, a.phase, a.ended_at as "since!", h.roles as "roles!"
               from gate_attempt a
               join feature f on f.id = a.feature_id
               join (select product_id, array_agg(role order by role) as roles from product_grant
                     where person_id = $1 group by product_id) h on h.product_id = f.product_id
               where a.outcome = 'owed' and a.paid_at is null and a.undone_at is null and f.status = 'active'
               order by a.owed_until, a.feature_id, a.phase limit $2"#,
            actor.person.uuid(),
            MOST
        )
        .fetch_all(&mut *connection)
        .await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut ids: Vec<Uuid> = rows.iter().map(|row| row.feature_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let features = row::load_many(connection, &self.policies, &ids).await?;
        let features: HashMap<FeatureId, &Feature> =
            features.iter().map(|feature| (feature.id, feature)).collect();
        let (mut owed, mut gates) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in &rows {
            let Some(feature) = features.get(&Id::new(row.feature_id)).copied() else { continue };
            let Some(gate) = feature.owed.iter().find(|gate| gate.phase.as_str() == row.phase) else {
                continue;
            };
            // What the policy does not have cannot be signed, so it is nobody's work.
            let policy = &feature.policy.policy;
            let Some(phase) = policy.phase(&gate.phase) else { continue };
            let roles = row.roles.iter().filter_map(|code| Role::from_code(code)).collect();
            owed.push(Owed { feature, gate, since: row.since, roles });
            let policy_digest = feature.policy.digest;
            gates.push(Gate { feature, policy, policy_digest, phase, cycle: gate.cycle });
        }
        let gathered = gather_many(connection, &gates, now).await?;
        let handed = handed(connection, actor, now).await?;
        let mut mine = Vec::new();
        for (owed, gathered) in owed.iter().zip(gathered) {
            let passed = Passed::Owed { due: owed.gate.due };
            let earlier =
                EarlierGate { phase: owed.gate.phase.clone(), facts: gathered.situation.facts, passed };
            mine.extend(item(actor, owed, &earlier, &handed, now)?);
        }
        Ok(mine)
    }
}

/// What an owed gate asks of the reader: to sign it, before to clear something.
fn item(
    actor: &Actor,
    owed: &Owed<'_>,
    gate: &EarlierGate,
    handed: &[Handed],
    now: OffsetDateTime,
) -> Result<Option<WorkItem>> {
    let Owed { feature, roles, .. } = owed;
    let policy = &feature.policy.policy;
    let decision = decide_owed(feature, gate, now)?;
    let name = |key| policy.phase(key).map(|phase| phase.name.clone()).unwrap_or_default();
    let (calendar, due) = (&policy.terms.calendar, owed.gate.due);
    let left = (now < due).then(|| calendar.days_between(calendar.date(now), calendar.date(due)));
    let (what, why) = if let Some(why) = signs(actor, owed, gate, handed, decision.is_ready_for_review(), now)
    {
        (Task::SignOwed { gate: name(&gate.phase), left }, why)
    } else {
        let missing: Vec<&Blocker> = decision.for_team().collect();
        let can = |role: &Role| missing.iter().any(|blocker| blocker.cleared_by().contains(role));
        let why = if missing.is_empty() {
            return Ok(None);
        } else if feature.owner == actor.person {
            Why::OwnsFeature
        } else if let Some(role) = roles.iter().copied().find(can) {
            let clears = missing.iter().filter(|blocker| blocker.cleared_by().contains(&role)).count();
            Why::Clears { role, blockers: i32::try_from(clears).ok() }
        } else {
            return Ok(None);
        };
        (Task::CatchUp { gate: name(&gate.phase), blockers: missing.len(), left }, why)
    };
    Ok(Some(WorkItem {
        key: feature.key.clone(),
        title: feature.title.clone(),
        product_name: feature.product_name.clone(),
        tier: feature.tier,
        phase: feature.progress.stands_in().map(|attempt| name(&attempt.phase)).unwrap_or_default(),
        what,
        why,
        place: Place::Owed(gate.phase.clone()),
        since: owed.since,
        due: Some(calendar.date(due)),
    }))
}

/// Why the reader can approve an owed gate: in a seat of their own, or in one that was handed to them.
fn signs(
    actor: &Actor,
    owed: &Owed<'_>,
    gate: &EarlierGate,
    handed: &[Handed],
    ready: bool,
    now: OffsetDateTime,
) -> Option<Why> {
    let policy = &owed.feature.policy.policy;
    let own = may_sign_owed(policy, gate, actor.person, &owed.roles, now).ok();
    if let Some(role) = own.and_then(|seats| seats.free.first().copied()) {
        return Some(Why::SignsOwed { role, ready });
    }
    let seat = handed.iter().filter(|seat| seat.product == owed.feature.product.uuid()).find(|seat| {
        let people = (seat.from, actor.person);
        may_sign_owed_for(policy, gate, people, seat.role, now).is_ok_and(|seats| !seats.free.is_empty())
    });
    seat.map(|seat| Why::SignsFor { role: seat.role, name: seat.name.clone() })
}

/// The seats of others that the reader may sign from, in every product.
async fn handed(connection: &mut PgConnection, actor: &Actor, now: OffsetDateTime) -> Result<Vec<Handed>> {
    let rows = sqlx::query!(
        "select distinct d.product_id, d.from_id, p.name, d.role from delegation d
         join person p on p.id = d.from_id and p.disabled_at is null
         join product_grant g on g.person_id = d.from_id and g.product_id = d.product_id and g.role = d.role
         where d.product_id in (select product_id from product_grant where person_id = $1)
           and d.to_id = $1 and d.ended_at is null and d.from_at <= $2 and d.until_at > $2
         order by p.name, d.from_id, d.role limit 100",
        actor.person.uuid(),
        now
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let role = Role::from_code(&row.role).ok_or_else(|| Error::internal("unknown role"))?;
            Ok(Handed { product: row.product_id, from: Id::new(row.from_id), name: row.name, role })
        })
        .collect()
}
