use std::sync::Arc;

use sluice_domain::{
    access::{Action, WorkspaceRole},
    form::Fields,
    ids::{FeatureKey, Id},
    policy::Tier,
};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    policies::LoadedPolicy,
};

/// Rows on one page of a list.
const PAGE: usize = 50;

/// Which features to list.
#[derive(Clone, Debug, Default)]
pub struct FeatureFilter {
    /// Words of the title, or a key.
    pub text: String,
    /// Key of the product.
    pub product: Option<String>,
    /// Key of the phase that they are in.
    pub phase: Option<String>,
    /// Only those that the actor owns.
    pub mine: bool,
    /// Finished ones as well.
    pub finished: bool,
    /// Where the page before ended.
    pub after: Option<String>,
}

impl FeatureFilter {
    /// Reads the filter from a query string; what does not parse is left out.
    #[must_use]
    pub fn parse(fields: &Fields) -> Self {
        let some = |name: &str| Some(fields.get(name).to_owned()).filter(|text| !text.is_empty());
        Self {
            text: fields.get("q").trim().chars().take(100).collect(),
            product: some("product"),
            phase: some("phase"),
            mine: fields.get("mine") == "yes",
            finished: fields.get("finished") == "yes",
            after: some("after"),
        }
    }

    /// Whether anything narrows the list.
    #[must_use]
    pub fn narrows(&self) -> bool {
        !self.text.is_empty() || self.product.is_some() || self.phase.is_some() || self.mine
    }
}

/// One page of features, newest first.
#[derive(Clone, Debug)]
pub struct FeatureList {
    /// The rows.
    pub items: Vec<FeatureListItem>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// Products to filter by: key and name.
    pub products: Vec<(String, String)>,
    /// Phases to filter by, of the current policy: key and name.
    pub phases: Vec<(String, String)>,
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
}

impl Service {
    /// Features that the actor may see.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn features(&self, actor: &Actor, filter: &FeatureFilter) -> Result<FeatureList> {
        let now = self.now().await?;
        let mut connection = self.db.reads().acquire().await?;
        let everywhere = actor.workspace.contains(&WorkspaceRole::Auditor);
        let (after_at, after_id) = filter.after.as_deref().and_then(parse_cursor).unzip();
        // `PAY-12` and `12` find by number as well.
        let number: Option<i32> = filter.text.rsplit('-').next().and_then(|digits| digits.parse().ok());
        let pattern =
            format!("%{}%", filter.text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
        let mut rows = sqlx::query!(
            r#"select f.id, f.number, f.title, f.tier, f.policy_version_id, f.status, f.phase, f.turn, f.turn_since,
                      f.target_date, f.created_at, p.key as product_key, o.name as owner_name,
                      g.blockers, g.team_blockers
               from feature f
               join product p on p.id = f.product_id
               join person o on o.id = f.owner_id
               join gate_state g on g.feature_id = f.id
               where ($1 or f.product_id in (select product_id from product_grant where person_id = $2))
                 and ($3 = '%%' or f.title ilike $3 or ($4::int is not null and f.number = $4))
                 and ($5::text is null or p.key = $5)
                 and ($6::text is null or (f.phase = $6 and f.status = 'active'))
                 and (not $7 or f.owner_id = $2)
                 and ($8 or f.status = 'active')
                 and ($9::timestamptz is null or (f.created_at, f.id) < ($9, $10))
               order by f.created_at desc, f.id desc
               limit $11"#,
            everywhere,
            actor.person.uuid(),
            pattern,
            number,
            filter.product,
            filter.phase,
            filter.mine,
            filter.finished,
            after_at,
            after_id,
            limit
        )
        .fetch_all(&mut *connection)
        .await?;
        let next = (rows.len() > PAGE).then(|| {
            rows.truncate(PAGE);
            rows.last().map(|row| cursor(row.created_at, row.id))
        });
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let policy = self.policies.load(&mut connection, Id::new(row.policy_version_id)).await?;
            let (phase, position) = phase_of(&policy, &row.phase, row.status == "active");
            items.push(FeatureListItem {
                key: FeatureKey {
                    product: row.product_key.parse().map_err(Error::internal)?,
                    number: row.number,
                },
                title: row.title,
                tier: Tier::from_code(&row.tier).ok_or_else(|| Error::internal("unknown tier"))?,
                phase,
                position,
                blockers: row.blockers,
                team_blockers: row.team_blockers,
                in_review: row.turn == "reviewers",
                turn_since: row.turn_since,
                owner_name: row.owner_name,
                target_date: row.target_date,
            });
        }
        let products = sqlx::query!(
            r#"select p.key, p.name,
                      exists (select from product_grant g
                              where g.person_id = $2 and g.product_id = p.id and g.role = any($3)) as "may_create!"
               from product p
               where $1 or exists (select from product_grant g where g.person_id = $2 and g.product_id = p.id)
               order by p.key limit 500"#,
            everywhere,
            actor.person.uuid(),
            &Action::CreateFeature.product_roles().iter().map(|role| role.code().to_owned()).collect::<Vec<_>>()
        )
        .fetch_all(&mut *connection)
        .await?;
        let policy = self.policies.current(&mut connection).await?;
        Ok(FeatureList {
            items,
            next: next.flatten(),
            may_create: products.iter().any(|product| product.may_create),
            products: products.into_iter().map(|product| (product.key, product.name)).collect(),
            phases: policy
                .policy
                .phases
                .iter()
                .map(|phase| (phase.key.to_string(), phase.name.clone()))
                .collect(),
            now,
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
