use sluice_domain::{
    access::{Action, Role},
    gate::WaiverFact,
    ids::{FeatureKey, Id, ProductId},
    policy::Policy,
    text::ProductKey,
    waiver::{counts, last_day},
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    db::read::{demand, read_grants},
    error::{Error, Result},
    features::{cursor, parse_cursor},
};

/// Rows on one page, and the most requests that are shown above it.
const PAGE: usize = 50;

/// The waivers of a product.
#[derive(Clone, Debug)]
pub struct ProductWaivers {
    /// Its key.
    pub key: ProductKey,
    /// Its name.
    pub name: String,
    /// What was asked for and waits to be decided, the longest waiting first.
    pub asked: Vec<ProductWaiver>,
    /// Whether more waits than is shown.
    pub more_asked: bool,
    /// One page of those in force, the first to run out first.
    pub in_force: Vec<ProductWaiver>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Whether this is a further page.
    pub further: bool,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// A waiver in the list of a product.
#[derive(Clone, Debug)]
pub struct ProductWaiver {
    /// The feature.
    pub feature: FeatureKey,
    /// What the feature is called.
    pub title: String,
    /// Number of the waiver within the feature.
    pub number: i32,
    /// The blocker as it read when the waiver was asked for.
    pub blocker: String,
    /// What compensates for it.
    pub compensation: String,
    /// Until when it holds.
    pub until: OffsetDateTime,
    /// Its last day, in the zone of the policy that the feature follows.
    pub last_day: Date,
    /// The day that it is there.
    pub today: Date,
    /// Who asked for it.
    pub requester: String,
    /// When.
    pub requested_at: OffsetDateTime,
    /// Who approved it.
    pub approver: Option<String>,
    /// Number of the waiver that prolongs it, asked for or approved.
    pub renewed_by: Option<i32>,
    /// Whether it was approved on terms that the policy no longer allows: it lets nothing pass.
    pub outgrown: bool,
}

struct Row {
    id: Uuid,
    feature: i32,
    title: String,
    number: i32,
    blocker: String,
    compensation: String,
    until: OffsetDateTime,
    requester: String,
    requested_at: OffsetDateTime,
    subject: String,
    approver: Option<String>,
    decided_role: Option<String>,
    decided_at: Option<OffsetDateTime>,
    renewed_by: Option<i32>,
    policy_version_id: Uuid,
}

impl Row {
    /// Whether it was approved, and no longer counts by the policy that the feature follows.
    fn is_outgrown(&self, policy: &Policy) -> bool {
        let role = self.decided_role.as_deref().and_then(Role::from_code);
        role.zip(self.decided_at).is_some_and(|(role, approved_at)| {
            let (number, subject, until) = (self.number, self.subject.clone(), self.until);
            !counts(policy, &WaiverFact { number, subject, until, role, approved_at })
        })
    }

    fn item(self, product: &ProductKey, policy: &Policy, now: OffsetDateTime) -> ProductWaiver {
        let calendar = &policy.terms.calendar;
        ProductWaiver {
            outgrown: self.is_outgrown(policy),
            last_day: last_day(self.until, calendar),
            today: calendar.date(now),
            feature: FeatureKey { product: product.clone(), number: self.feature },
            title: self.title,
            number: self.number,
            blocker: self.blocker,
            compensation: self.compensation,
            until: self.until,
            requester: self.requester,
            requested_at: self.requested_at,
            approver: self.approver,
            renewed_by: self.renewed_by,
        }
    }
}

impl Service {
    /// The waivers of a product: what waits to be decided, and what is in force, by when it runs out.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no product that the actor may read.
    pub async fn product_waivers(
        &self,
        actor: &Actor,
        key: &ProductKey,
        after: Option<&str>,
    ) -> Result<ProductWaivers> {
        let mut connection = self.db.reads().acquire().await?;
        let now = self.db.now_on(&mut connection).await?;
        let product = sqlx::query!("select id, name from product where key = $1", key.as_str())
            .fetch_optional(&mut *connection)
            .await?
            .ok_or(Error::NotFound)?;
        let id = ProductId::new(product.id);
        let grants = read_grants(&mut connection, actor, id).await?;
        // Waivers are about features: who manages a product without reading its features finds nothing.
        demand(&grants, actor, Action::ReadProduct).map_err(|_| Error::NotFound)?;
        let after = after.and_then(parse_cursor);
        let mut asked = if after.is_none() { asked(&mut connection, id).await? } else { Vec::new() };
        let more_asked = asked.len() > PAGE;
        asked.truncate(PAGE);
        let mut rows = in_force(&mut connection, id, after, now).await?;
        let next = (rows.len() > PAGE).then(|| {
            rows.truncate(PAGE);
            rows.last().map(|row| cursor(row.until, row.id))
        });
        Ok(ProductWaivers {
            key: key.clone(),
            name: product.name,
            asked: self.items(&mut connection, key, asked, now).await?,
            more_asked,
            in_force: self.items(&mut connection, key, rows, now).await?,
            next: next.flatten(),
            further: after.is_some(),
            now,
        })
    }
}

impl Service {
    /// Rows with their days, as the policies have them that the features follow. Those are read from memory.
    async fn items(
        &self,
        connection: &mut PgConnection,
        product: &ProductKey,
        rows: Vec<Row>,
        now: OffsetDateTime,
    ) -> Result<Vec<ProductWaiver>> {
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let policy = self.policies.load(connection, Id::new(row.policy_version_id)).await?;
            items.push(row.item(product, &policy.policy, now));
        }
        Ok(items)
    }
}

/// One more than a page shows, to know whether there is more.
fn limit() -> i64 {
    i64::try_from(PAGE + 1).unwrap_or(i64::MAX)
}

async fn asked(connection: &mut PgConnection, product: ProductId) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select w.id, f.number as feature, f.title, w.number, w.blocker, w.compensation, w.until,
                  a.name as requester, w.requested_at, w.subject, null::text as approver, w.decided_role, w.decided_at,
                  null::int as renewed_by, f.policy_version_id
           from waiver w
           join feature f on f.id = w.feature_id
           join person a on a.id = w.requested_by
           where w.product_id = $1 and w.state = 'requested' and f.status in ('active', 'held')
           order by w.requested_at, w.id limit $2"#,
        product.uuid(),
        limit()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

async fn in_force(
    connection: &mut PgConnection,
    product: ProductId,
    after: Option<(OffsetDateTime, Uuid)>,
    now: OffsetDateTime,
) -> Result<Vec<Row>> {
    let (after_until, after_id) = after.unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"select w.id, f.number as feature, f.title, w.number, w.blocker, w.compensation, w.until,
                  a.name as requester, w.requested_at, w.subject, d.name as "approver?",
                  w.decided_role, w.decided_at,
                  (select max(r.number) from waiver r
                   where r.feature_id = w.feature_id and r.renews = w.number
                     and r.state in ('requested', 'approved')) as renewed_by,
                  f.policy_version_id
           from waiver w
           join feature f on f.id = w.feature_id
           join person a on a.id = w.requested_by
           left join person d on d.id = w.decided_by
           where w.product_id = $1 and w.state = 'approved' and w.until > $2 and f.status in ('active', 'held')
             and ($3::timestamptz is null or (w.until, w.id) > ($3, $4))
           order by w.until, w.id limit $5"#,
        product.uuid(),
        now,
        after_until,
        after_id,
        limit()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}
