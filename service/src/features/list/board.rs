use sluice_domain::{policy::Tier, text::Sprint};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{Conditions, FeatureFilter, FeatureListItem, FilterChoices, ListRow, Readables};
use crate::{Service, actor::Actor, error::Result};

/// Cards of one column.
const CARDS: i64 = 20;

/// Up to this many features a column is counted; beyond it there are "more than".
pub const COUNTED: i64 = 200;

/// The features under way, in a column for each phase.
#[derive(Clone, Debug)]
pub struct FeatureBoard {
    /// The columns: the phases of the current policy, and those of earlier versions in which a feature stands.
    pub columns: Vec<BoardColumn>,
    /// What there is to filter by.
    pub choices: FilterChoices,
    /// Whether the actor may create a feature in one of the products.
    pub may_create: bool,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// One column of the board.
#[derive(Clone, Debug)]
pub struct BoardColumn {
    /// Key of the phase.
    pub phase: String,
    /// Name of the phase.
    pub name: String,
    /// The first cards, by target date, then by age.
    pub cards: Vec<FeatureListItem>,
    /// How many features there are, counted up to one more than [`COUNTED`].
    pub count: i64,
}

/// A card with its column.
struct CardRow {
    column_phase: String,
    total: i64,
    id: Uuid,
    number: i32,
    title: String,
    tier: String,
    policy_version_id: Uuid,
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

impl Service {
    /// The features under way that the actor may see, as a board.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn feature_board(&self, actor: &Actor, filter: &FeatureFilter) -> Result<FeatureBoard> {
        let now = self.now().await?;
        let mut connection = self.db.reads().acquire().await?;
        let readables = Readables::of(&mut connection, actor).await?;
        let choices = self.choices(&mut connection, &readables, filter).await?;
        let of = readables.known(filter.product.as_deref());
        let current = self.policies.usual(&mut connection, of).await?.policy.phases.len();
        let conditions = Conditions::new(filter, actor, &readables, now);
        let wanted: Vec<&(String, String)> = choices
            .phases
            .iter()
            .filter(|(key, _)| filter.phase.as_ref().is_none_or(|phase| phase == key))
            .collect();
        let keys: Vec<String> = wanted.iter().map(|(key, _)| key.clone()).collect();
        let rows = sqlx::query_as!(
            CardRow,
            r#"select c.phase as "column_phase!", t.total as "total!", r.*
               from unnest($1::text[]) with ordinality as c (phase, place)
               cross join lateral (
                   select m.id, count(*) over () as total,
                          row_number() over (order by m.target_date, m.created_at, m.id) as card
                   from (select f.id, f.target_date, f.created_at
                         from feature f
                         join product p on p.id = f.product_id
                         join gate_state g on g.feature_id = f.id
                         where f.status = 'active' and f.phase = c.phase
                           and ($2::uuid[] is null or f.product_id = any($2))
                           and ($3::text is null or f.product_id = (select id from product where key = $3))
                           and ($4::text is null or f.title ilike $4
                                or ($5::int is not null and f.number = $5 and ($6::text is null or p.key = $6)))
                           and ($7::uuid is null or f.owner_id = $7)
                           and ($8::uuid is null or f.owner_id = $8)
                           and ($9::text is null or f.tier = $9)
                           and ($10::text is null
                                or case $10 when 'blocked' then g.team_blockers > 0
                                            when 'ready' then f.turn = 'team' and g.team_blockers = 0
                                            else f.turn = 'reviewers' end)
                           and ($11::text is null
                                or ((g.team_roles @> array[$11] or g.sign_roles @> array[$11])
                                    and case f.turn when 'team' then g.team_roles @> array[$11]
                                                    else g.sign_roles @> array[$11] end))
                           and ($12::date is null or f.target_date < $12)
                           and ($15::text is null or f.sprint = $15)
                         order by f.target_date, f.created_at, f.id
                         limit $13) m
               ) t
               -- Card by card, which the limit says to the planner: it would read all features for some dozens of cards.
               cross join lateral (
                   select f.id, f.number, f.title, f.tier, f.policy_version_id, f.phase, f.turn, f.turn_since,
                          f.target_date, f.sprint, f.created_at, p.key as product_key, o.name as owner_name, g.blockers,
                          g.team_blockers, g.debts as owed
                   from feature f
                   join product p on p.id = f.product_id
                   join person o on o.id = f.owner_id
                   join gate_state g on g.feature_id = f.id
                   where f.id = t.id limit 1
               ) r
               where t.card <= $14
               order by c.place, t.card"#,
            &keys,
            conditions.products.as_deref(),
            filter.product,
            conditions.pattern,
            conditions.number,
            conditions.number_in,
            conditions.owner,
            conditions.mine,
            filter.tier.map(Tier::code),
            conditions.gate,
            conditions.role,
            conditions.overdue_on,
            COUNTED + 1,
            CARDS,
            filter.sprint.as_ref().map(Sprint::as_str)
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut columns: Vec<BoardColumn> =
            wanted.into_iter().map(|(key, name)| BoardColumn::empty(key, name)).collect();
        for row in rows {
            let Some(column) = columns.iter_mut().find(|column| column.phase == row.column_phase) else {
                continue;
            };
            column.count = row.total;
            column.cards.push(self.list_item(&mut connection, row.into()).await?);
        }
        let kept: Vec<&str> = choices.phases.iter().take(current).map(|(key, _)| key.as_str()).collect();
        columns.retain(|column| column.count > 0 || kept.contains(&column.phase.as_str()));
        Ok(FeatureBoard {
            columns,
            choices,
            may_create: readables.products.iter().any(|product| product.may_create),
            now,
        })
    }
}

impl BoardColumn {
    fn empty(phase: &str, name: &str) -> Self {
        Self { phase: phase.to_owned(), name: name.to_owned(), cards: Vec::new(), count: 0 }
    }
}

impl From<CardRow> for ListRow {
    fn from(row: CardRow) -> Self {
        Self {
            id: row.id,
            number: row.number,
            title: row.title,
            tier: row.tier,
            policy_version_id: row.policy_version_id,
            status: "active".to_owned(),
            phase: row.phase,
            turn: row.turn,
            turn_since: row.turn_since,
            target_date: row.target_date,
            sprint: row.sprint,
            created_at: row.created_at,
            product_key: row.product_key,
            owner_name: row.owner_name,
            blockers: row.blockers,
            team_blockers: row.team_blockers,
            owed: row.owed,
        }
    }
}
