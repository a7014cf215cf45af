use sluice_domain::{
    access::Role,
    gate::WaiverFact,
    ids::{FeatureId, Id, PersonId, WaiverId},
    policy::Policy,
    waiver::{Waiver, WaiverState, counts},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::{Error, Result};

/// Waivers on one page of a feature's list.
const PAGE: usize = 50;

/// A waiver, as pages show it.
#[derive(Clone, Debug)]
pub struct WaiverItem {
    /// Its id.
    pub id: WaiverId,
    /// Number within the feature, as in `W-2`.
    pub number: i32,
    /// Key of the phase in which it was asked for.
    pub phase: String,
    /// The blocker that it names.
    pub subject: String,
    /// The blocker as it read when the waiver was asked for.
    pub blocker: String,
    /// Why it was asked for.
    pub reason: String,
    /// What compensates for it.
    pub compensation: String,
    /// Until when it holds.
    pub until: OffsetDateTime,
    /// Number of the waiver that it prolongs.
    pub renews: Option<i32>,
    /// Number of the waiver that prolongs it, asked for or approved.
    pub renewed_by: Option<i32>,
    /// Where it stands now.
    pub state: WaiverState,
    /// Who asked for it.
    pub requested_by: PersonId,
    /// Their name.
    pub requester: String,
    /// When.
    pub requested_at: OffsetDateTime,
    /// Who approved or refused it.
    pub decided: Option<WaiverDecision>,
    /// How it ended otherwise.
    pub ended: Option<WaiverEnd>,
    /// Its version, for the forms.
    pub version: i32,
}

impl WaiverItem {
    /// Whether it was approved on terms that the policy no longer allows, and lets nothing pass for that.
    pub(super) fn is_outgrown(&self, policy: &Policy) -> bool {
        let Some(WaiverDecision { role, at, .. }) = &self.decided else { return false };
        let (number, subject, until) = (self.number, self.subject.clone(), self.until);
        let fact = WaiverFact { number, subject, until, role: *role, approved_at: *at };
        self.state == WaiverState::Approved && !counts(policy, &fact)
    }

    /// As the rules see it.
    pub(super) fn waiver(&self) -> Waiver {
        Waiver {
            number: self.number,
            subject: self.subject.clone(),
            state: self.state,
            until: self.until,
            requested_by: self.requested_by,
        }
    }
}

/// Who approved or refused a waiver.
#[derive(Clone, Debug)]
pub struct WaiverDecision {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// The role in which they did.
    pub role: Role,
    /// When.
    pub at: OffsetDateTime,
    /// What they said to it.
    pub reason: String,
}

/// How a waiver ended that was withdrawn, ended early or lapsed.
#[derive(Clone, Debug)]
pub struct WaiverEnd {
    /// Who ended it; nobody where its time was over.
    pub name: Option<String>,
    /// When.
    pub at: OffsetDateTime,
    /// Why.
    pub reason: String,
}

/// One page of a feature's waivers, the newest first, and where the next page begins.
pub(super) async fn page(
    connection: &mut PgConnection,
    feature: FeatureId,
    after: Option<i32>,
    now: OffsetDateTime,
) -> Result<(Vec<WaiverItem>, Option<i32>)> {
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut items = read(connection, feature, Wanted { number: None, below: after, limit }, now).await?;
    let next = (items.len() > PAGE).then(|| {
        items.truncate(PAGE);
        items.last().map(|item| item.number)
    });
    Ok((items, next.flatten()))
}

/// One waiver of a feature, by its number.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub(super) async fn one(
    connection: &mut PgConnection,
    feature: FeatureId,
    number: i32,
    now: OffsetDateTime,
) -> Result<WaiverItem> {
    let wanted = Wanted { number: Some(number), below: None, limit: 1 };
    read(connection, feature, wanted, now).await?.pop().ok_or(Error::NotFound)
}

/// The waivers of a feature by number, of very many the latest.
pub(crate) async fn all(
    connection: &mut PgConnection,
    feature: FeatureId,
    limit: i64,
    now: OffsetDateTime,
) -> Result<Vec<WaiverItem>> {
    let mut items = read(connection, feature, Wanted { number: None, below: None, limit }, now).await?;
    items.reverse();
    Ok(items)
}

/// Which waivers of a feature are read: the newest first.
struct Wanted {
    number: Option<i32>,
    below: Option<i32>,
    limit: i64,
}

/// A waiver as it is stored, with who is who.
struct Row {
    id: Uuid,
    number: i32,
    phase: String,
    subject: String,
    blocker: String,
    reason: String,
    compensation: String,
    until: OffsetDateTime,
    renews: Option<i32>,
    renewed_by: Option<i32>,
    state: String,
    requested_by: Uuid,
    requester: String,
    requested_at: OffsetDateTime,
    decided_by: Option<Uuid>,
    decider: Option<String>,
    decided_role: Option<String>,
    decided_at: Option<OffsetDateTime>,
    decision: String,
    ender: Option<String>,
    ended_at: Option<OffsetDateTime>,
    ended_reason: String,
    version: i32,
}

async fn read(
    connection: &mut PgConnection,
    feature: FeatureId,
    wanted: Wanted,
    now: OffsetDateTime,
) -> Result<Vec<WaiverItem>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select w.id, w.number, w.phase, w.subject, w.blocker, w.reason, w.compensation, w.until, w.renews,
                  (select max(r.number) from waiver r
                   where r.feature_id = w.feature_id and r.renews = w.number
                     and r.state in ('requested', 'approved')) as renewed_by,
                  w.state, w.requested_by, a.name as requester, w.requested_at, w.decided_by, d.name as "decider?", w.decided_role,
                  w.decided_at, w.decision, e.name as "ender?", w.ended_at, w.ended_reason, w.version
           from waiver w
           join person a on a.id = w.requested_by
           left join person d on d.id = w.decided_by
           left join person e on e.id = w.ended_by
           where w.feature_id = $1 and ($2::int is null or w.number = $2) and ($3::int is null or w.number < $3)
           order by w.number desc limit $4"#,
        feature.uuid(),
        wanted.number,
        wanted.below,
        wanted.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| item(row, now)).collect()
}

fn item(row: Row, now: OffsetDateTime) -> Result<WaiverItem> {
    let state =
        WaiverState::from_code(&row.state).ok_or_else(|| Error::internal("unknown state of a waiver"))?;
    let role = |code: &str| Role::from_code(code).ok_or_else(|| Error::internal("unknown role"));
    let decided = match (row.decided_by, row.decider, row.decided_role, row.decided_at) {
        (Some(person), Some(name), Some(code), Some(at)) => Some(WaiverDecision {
            person: Id::new(person),
            name,
            role: role(&code)?,
            at,
            reason: row.decision,
        }),
        _ => None,
    };
    let state = state.at(row.until, now);
    // One that has lapsed and was not noted yet ended all the same.
    let ended_at = row.ended_at.or((state == WaiverState::Lapsed).then_some(row.until));
    Ok(WaiverItem {
        id: Id::new(row.id),
        number: row.number,
        phase: row.phase,
        subject: row.subject,
        blocker: row.blocker,
        reason: row.reason,
        compensation: row.compensation,
        until: row.until,
        renews: row.renews,
        renewed_by: row.renewed_by,
        state,
        requested_by: Id::new(row.requested_by),
        requester: row.requester,
        requested_at: row.requested_at,
        decided,
        ended: ended_at.map(|at| WaiverEnd { name: row.ender, at, reason: row.ended_reason }),
        version: row.version,
    })
}
