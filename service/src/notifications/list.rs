use serde_json::json;
use sluice_domain::{
    access::{Action, Role},
    ids::{FeatureKey, Id, NotificationId},
    notification::{Because, Notice},
    text::ProductKey,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
};

/// How many are on a page.
const PAGE: usize = 50;

/// Something that somebody is told.
#[derive(Clone, Debug)]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// What it says.
    pub notice: Notice,
    /// Why the reader is told.
    pub because: Because,
    /// The role that it concerns, where that is why.
    pub role: Option<Role>,
    /// Whose doing it was; nobody's where time alone brought it about.
    pub by: Option<String>,
    /// The product.
    pub product: ProductKey,
    /// The feature that it is about, and what that is called.
    pub feature: Option<(FeatureKey, String)>,
    /// When.
    pub at: OffsetDateTime,
    /// Whether the reader has not marked it as read.
    pub unread: bool,
}

/// A page of what somebody is told: what they have not read first, each part with the newest first.
#[derive(Clone, Debug)]
pub struct NotificationList {
    /// What is on this page.
    pub items: Vec<Notification>,
    /// How many are unread in all, as far as they are counted.
    pub unread: u32,
    /// Where the next page begins.
    pub next: Option<String>,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// Where a page begins: after one that is unread or read.
struct Cursor {
    unread: bool,
    id: Uuid,
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let (part, id) = text.split_once('.')?;
        let unread = match part {
            "unread" => true,
            "read" => false,
            _ => return None,
        };
        Some(Self { unread, id: id.parse().ok()? })
    }

    fn text(item: &Notification) -> String {
        format!("{}.{}", if item.unread { "unread" } else { "read" }, item.id)
    }
}

impl Service {
    /// What the actor is told, from a cursor on; one that is none begins at the top. What happens in products that they
    /// left is no longer shown.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn notifications(&self, actor: &Actor, after: Option<&str>) -> Result<NotificationList> {
        Self::demand_workspace(actor, Action::UseOwnAccount)?;
        let after = after.and_then(Cursor::parse);
        let mut connection = self.db.reads().acquire().await?;
        let now = self.db.now_on(&mut connection).await?;
        let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
        let unread_before = after.as_ref().filter(|cursor| cursor.unread).map(|cursor| cursor.id);
        let read_before = after.as_ref().filter(|cursor| !cursor.unread).map(|cursor| cursor.id);
        let rows = sqlx::query!(
            r#"with mine as (
                   select product_id from product_grant where person_id = $1
               ), found as (
                   (select n.*, true as unread from notification n
                    where n.person_id = $1 and n.read_at is null and n.product_id in (select product_id from mine)
                      and $3::uuid is null and ($2::uuid is null or n.id < $2)
                    order by n.id desc limit $4)
                   union all
                   (select n.*, false from notification n
                    where n.person_id = $1 and n.read_at is not null and n.product_id in (select product_id from mine)
                      and ($3::uuid is null or n.id < $3)
                    order by n.id desc limit $4)
               )
               select n.id as "id!", n.kind as "kind!", n.args, n.because as "because!", n.role,
                      n.created_at as "created_at!", n.unread as "unread!", p.key as product_key, f.number as "number?",
                      f.title as "title?", b.name as "by?"
               from found n
               join product p on p.id = n.product_id
               left join feature f on f.id = n.feature_id
               left join person b on b.id = n.by_id
               order by n.unread desc, n.id desc limit $4"#,
            actor.person.uuid(),
            unread_before,
            read_before,
            limit
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let product: ProductKey = row.product_key.parse().map_err(Error::internal)?;
            let said = match row.args {
                Some(args) => json!({"kind": row.kind, "args": args}),
                None => json!({"kind": row.kind}),
            };
            let feature = row.number.zip(row.title);
            items.push(Notification {
                id: Id::new(row.id),
                notice: serde_json::from_value(said).map_err(Error::internal)?,
                because: Because::from_code(&row.because)
                    .ok_or_else(|| Error::internal("unknown reason of a notification"))?,
                role: row.role.as_deref().and_then(Role::from_code),
                by: row.by,
                feature: feature
                    .map(|(number, title)| (FeatureKey { product: product.clone(), number }, title)),
                product,
                at: row.created_at,
                unread: row.unread,
            });
        }
        let next = (items.len() > PAGE).then(|| {
            items.truncate(PAGE);
            items.last().map(Cursor::text)
        });
        Ok(NotificationList { items, unread: actor.unread, next: next.flatten(), now })
    }
}
