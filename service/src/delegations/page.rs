use sluice_domain::{
    access::{Action, Role},
    delegation::has_seats,
    ids::{DelegationId, Id, PersonId},
    text::ProductKey,
};
use time::OffsetDateTime;

use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    features::{cursor, parse_cursor},
    guides::{GuidedProduct, open},
    products::people_in,
};

/// How many delegations a page shows.
const PAGE: usize = 50;

/// The seats at the gates of a product that were handed on.
#[derive(Clone, Debug)]
pub struct DelegationsPage {
    /// The product.
    pub product: GuidedProduct,
    /// The delegations, the newest first.
    pub items: Vec<HandedSeat>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// The seats that the reader has and can hand on.
    pub own_seats: Vec<Role>,
    /// To whom.
    pub people: Vec<(PersonId, String)>,
    /// The zone in which days begin and end here: that of the policy which the product follows.
    pub zone: String,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// A seat that was handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedSeat {
    /// Id.
    pub id: DelegationId,
    /// Whose seat.
    pub from: String,
    /// Who signs in it.
    pub to: String,
    /// The seat.
    pub role: Role,
    /// Why.
    pub reason: String,
    /// From when.
    pub from_at: OffsetDateTime,
    /// Until when.
    pub until_at: OffsetDateTime,
    /// When it was taken back before that.
    pub ended_at: Option<OffsetDateTime>,
    /// Whether it is the reader's own seat.
    pub mine: bool,
}

impl HandedSeat {
    /// Whether it can still be taken back.
    #[must_use]
    pub fn is_open(&self, now: OffsetDateTime) -> bool {
        self.ended_at.is_none() && now < self.until_at
    }
}

impl Service {
    /// The seats at the gates of a product that were handed on.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such product, or the actor may not know of it.
    pub async fn delegations(
        &self,
        actor: &Actor,
        key: &ProductKey,
        after: Option<&str>,
    ) -> Result<DelegationsPage> {
        let mut connection = self.db.reads().acquire().await?;
        let now = self.db.now_on(&mut connection).await?;
        let product = open(&mut connection, actor, key).await?;
        let (after_at, after_id) = after.and_then(parse_cursor).unzip();
        let rows = sqlx::query!(
            r#"select d.id, f.name as from_name, t.name as to_name, d.role, d.reason, d.from_at, d.until_at, d.ended_at,
                      d.created_at, d.from_id = $2 as "mine!"
               from delegation d join person f on f.id = d.from_id join person t on t.id = d.to_id
               where d.product_id = $1
                 and ($3::timestamptz is null or (d.created_at, d.id) < ($3, $4::uuid))
               order by d.created_at desc, d.id desc limit $5"#,
            product.id.uuid(),
            actor.person.uuid(),
            after_at,
            after_id,
            i64::try_from(PAGE + 1).unwrap_or(i64::MAX)
        )
        .fetch_all(&mut *connection)
        .await?;
        let more = rows.len() > PAGE;
        let last = rows.get(PAGE - 1).map(|row| cursor(row.created_at, row.id));
        let mut items = Vec::with_capacity(rows.len());
        for row in rows.into_iter().take(PAGE) {
            items.push(HandedSeat {
                id: Id::new(row.id),
                from: row.from_name,
                to: row.to_name,
                role: Role::from_code(&row.role).ok_or_else(|| Error::internal("unknown role"))?,
                reason: row.reason,
                from_at: row.from_at,
                until_at: row.until_at,
                ended_at: row.ended_at,
                mine: row.mine,
            });
        }
        let policy = self.policies.current(&mut connection, product.id).await?;
        let zone = policy.policy.terms.calendar.zone().to_owned();
        let own_seats: Vec<Role> = if product.may(Action::DelegateSeat) {
            product.grants.product.iter().copied().filter(|role| has_seats(*role)).collect()
        } else {
            Vec::new()
        };
        let people = if own_seats.is_empty() {
            Vec::new()
        } else {
            let people = people_in(&mut connection, product.id).await?;
            people.into_iter().filter(|(id, _)| *id != actor.person).collect()
        };
        Ok(DelegationsPage { product, items, next: last.filter(|_| more), own_seats, people, zone, now })
    }
}
