//! Lists of features: as a table in pages, and as a board.

mod board;
mod filter;
mod scope;

use std::sync::Arc;

use sluice_domain::{
    access::Role,
    ids::{FeatureKey, Id, PersonId},
    policy::Tier,
    text::Sprint,
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

pub use board::{BoardColumn, COUNTED, FeatureBoard};
pub use filter::{AtGate, FeatureFilter, Included};
pub use scope::FilterChoices;
pub(crate) use scope::Readables;

use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    policies::LoadedPolicy,
};

/// Rows on one page of a list.
const PAGE: usize = 50;

/// One page of features, newest first.
#[derive(Clone, Debug)]
pub struct FeatureList {
    /// The rows.
    pub items: Vec<FeatureListItem>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// What there is to filter by.
    pub choices: FilterChoices,
    /// Whether the actor may create a feature in one of the products.
    pub may_create: bool,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// One feature in a list.
#[derive(Clone, Debug)]
pub struct FeatureListItem {
    /// Its key.
    pub key: FeatureKey,
    /// What it is called.
    pub title: String,
    /// How risky it is.
    pub tier: Tier,
    /// The phase it is in, by name; `None` when it is finished.
    pub phase: Option<String>,
    /// Whether it rests.
    pub rest: Option<Rest>,
    /// How many gates an emergency went through whose sign-offs are owed.
    pub owed: i32,
    /// Place of that phase among how many.
    pub position: (usize, usize),
    /// How many things block its gate.
    pub blockers: i32,
    /// How many of them are the team's.
    pub team_blockers: i32,
    /// Whether the reviewers have the turn.
    pub in_review: bool,
    /// Since when it is their turn.
    pub turn_since: OffsetDateTime,
    /// Who owns it.
    pub owner_name: String,
    /// When it should be done.
    pub target_date: Option<Date>,
    /// The sprint that it is planned for.
    pub sprint: Option<String>,
}

/// Why nobody works on a feature that is not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// It is on hold.
    Held,
    /// It is cancelled.
    Cancelled,
}

impl Rest {
    fn of(status: &str) -> Option<Self> {
        match status {
            "held" => Some(Self::Held),
            "cancelled" => Some(Self::Cancelled),
            _ => None,
        }
    }
}

/// A feature as a list reads it.
struct ListRow {
    id: Uuid,
    number: i32,
    title: String,
    tier: String,
    policy_version_id: Uuid,
    status: String,
    phase: String,
    turn: String,
    turn_since: OffsetDateTime,
    target_date: Option<Date>,
    sprint: Option<String>,
    created_at: OffsetDateTime,
    product_key: String,
    owner_name: String,
    blockers: i32,
    team_blockers: i32,
    owed: i32,
}

/// The conditions of a filter, as the statements take them.
struct Conditions {
    products: Option<Vec<Uuid>>,
    pattern: Option<String>,
    number: Option<i32>,
    number_in: Option<String>,
    owner: Option<Uuid>,
    mine: Option<Uuid>,
    gate: Option<&'static str>,
    role: Option<&'static str>,
    overdue_on: Option<Date>,
}

impl Conditions {
    fn new(filter: &FeatureFilter, actor: &Actor, readables: &Readables, now: OffsetDateTime) -> Self {
        let (number, number_in) = filter.number();
        Self {
            products: readables.ids(),
            pattern: filter.pattern(),
            number,
            number_in,
            owner: filter.owner.map(PersonId::uuid),
            mine: filter.mine.then(|| actor.person.uuid()),
            gate: filter.gate.map(AtGate::code),
            role: filter.role.map(Role::code),
            overdue_on: filter.overdue.then(|| now.date()),
        }
    }
}

impl Service {
    /// Features that the actor may see, newest first.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn features(&self, actor: &Actor, filter: &FeatureFilter) -> Result<FeatureList> {
        let now = self.now().await?;
        let mut connection = self.db.reads().acquire().await?;
        let readables = Readables::of(&mut connection, actor).await?;
        let conditions = Conditions::new(filter, actor, &readables, now);
        let statuses = filter.included.statuses();
        let (after_at, after_id) = filter.after.as_deref().and_then(parse_cursor).unzip();
        let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
        let mut rows = sqlx::query_as!(
            ListRow,
            r#"select f.id, f.number, f.title, f.tier, f.policy_version_id, f.status, f.phase, f.turn, f.turn_since,
                      f.target_date, f.sprint, f.created_at, p.key as product_key, o.name as owner_name,
                      g.blockers, g.team_blockers, g.debts as owed
               from feature f
               join product p on p.id = f.product_id
               join person o on o.id = f.owner_id
               join gate_state g on g.feature_id = f.id
               where ($1::uuid[] is null or f.product_id = any($1))
                 and ($2::text is null or f.product_id = (select id from product where key = $2))
                 and ($3::text is null or f.title ilike $3
                      or ($4::int is not null and f.number = $4 and ($5::text is null or p.key = $5)))
                 and ($6::text is null or (f.phase = $6 and f.status = 'active'))
                 and ($7::uuid is null or f.owner_id = $7)
                 and ($8::uuid is null or f.owner_id = $8)
                 and ($9::text is null or f.tier = $9)
                 and ($10::text is null
                      or (f.status = 'active'
                          and case $10 when 'blocked' then g.team_blockers > 0
                                       when 'ready' then f.turn = 'team' and g.team_blockers = 0
                                       else f.turn = 'reviewers' end))
                 and ($11::text is null
                      or (f.status = 'active' and (g.team_roles @> array[$11] or g.sign_roles @> array[$11])
                          and case f.turn when 'team' then g.team_roles @> array[$11]
                                          else g.sign_roles @> array[$11] end))
                 and ($12::date is null or (f.status = 'active' and f.target_date < $12))
                 and ($13::text[] is null or f.status = any($13))
                 and ($14::timestamptz is null or (f.created_at, f.id) < ($14, $15))
                 and ($17::text is null or f.sprint = $17)
               order by f.created_at desc, f.id desc
               limit $16"#,
            conditions.products.as_deref(),
            filter.product,
            conditions.pattern,
            conditions.number,
            conditions.number_in,
            filter.phase,
            conditions.owner,
            conditions.mine,
            filter.tier.map(Tier::code),
            conditions.gate,
            conditions.role,
            conditions.overdue_on,
            statuses.as_deref(),
            after_at,
            after_id,
            limit,
            filter.sprint.as_ref().map(Sprint::as_str)
        )
        .fetch_all(&mut *connection)
        .await?;
        let next = (rows.len() > PAGE).then(|| {
            rows.truncate(PAGE);
            rows.last().map(|row| cursor(row.created_at, row.id))
        });
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            items.push(self.list_item(&mut connection, row).await?);
        }
        Ok(FeatureList {
            items,
            next: next.flatten(),
            choices: self.choices(&mut connection, &readables, filter).await?,
            may_create: readables.products.iter().any(|product| product.may_create),
            now,
        })
    }

    /// A row as pages show it. Its policy is in memory after the first time.
    async fn list_item(&self, connection: &mut PgConnection, row: ListRow) -> Result<FeatureListItem> {
        let policy = self.policies.load(connection, Id::new(row.policy_version_id)).await?;
        let (phase, position) = phase_of(&policy, &row.phase, row.status != "finished");
        Ok(FeatureListItem {
            key: FeatureKey {
                product: row.product_key.parse().map_err(Error::internal)?,
                number: row.number,
            },
            title: row.title,
            tier: Tier::from_code(&row.tier).ok_or_else(|| Error::internal("unknown tier"))?,
            phase,
            rest: Rest::of(&row.status),
            owed: row.owed,
            position,
            blockers: row.blockers,
            team_blockers: row.team_blockers,
            in_review: row.turn == "reviewers",
            turn_since: row.turn_since,
            owner_name: row.owner_name,
            target_date: row.target_date,
            sprint: row.sprint,
        })
    }
}

/// The name of a phase, and its place among how many.
pub(crate) fn phase_of(
    policy: &Arc<LoadedPolicy>,
    phase: &str,
    active: bool,
) -> (Option<String>, (usize, usize)) {
    let phases = &policy.policy.phases;
    let position = phases.iter().position(|candidate| candidate.key.as_str() == phase);
    match position.filter(|_| active) {
        Some(index) => (Some(phases[index].name.clone()), (index + 1, phases.len())),
        None => (None, (phases.len(), phases.len())),
    }
}

/// Where a page ended: the instant in microseconds and the id of its last row.
pub(crate) fn cursor(at: OffsetDateTime, id: Uuid) -> String {
    format!("{}~{id}", at.unix_timestamp_nanos() / 1_000)
}

/// Reads a cursor; one that somebody made up begins at the top.
pub(crate) fn parse_cursor(text: &str) -> Option<(OffsetDateTime, Uuid)> {
    let (micros, id) = text.split_once('~')?;
    let at =
        OffsetDateTime::from_unix_timestamp_nanos(micros.parse::<i128>().ok()?.checked_mul(1_000)?).ok()?;
    Some((at, id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_cursor_reads_back_and_a_made_up_one_is_harmless() {
        let at = datetime!(2026-11-04 14:02:03.123456 UTC);
        let id = Uuid::from_u128(7);
        assert_eq!(parse_cursor(&cursor(at, id)), Some((at, id)));
        for wrong in [
            "",
            "~",
            "1~x",
            "999999999999999999999999999999999999999~x",
            "x~00000000-0000-0000-0000-000000000007",
        ] {
            assert_eq!(parse_cursor(wrong), None, "{wrong}");
        }
    }
}
