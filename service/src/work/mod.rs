//! "My work": what waits for a person, in due order, with the reason why it is there; who mentioned them; what they wait
//! for; and what happens on the features that they watch.
//!
//! Everything is bounded and found by index, however many features there are: what a role can do next is kept in
//! `gate_task`, in due order, by product and role.

mod gates;
mod mentions;
mod owed;
mod owned;
mod waivers;

pub use mentions::MentionItem;

use sluice_domain::{
    access::Role,
    ids::FeatureKey,
    place::Place,
    policy::{Policy, Tier},
    record::RecordKind,
    threat::Severity,
};
use time::{Date, OffsetDateTime};

use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    history::{HistoryEntry, watched},
};

/// The most rows of one kind. Whoever has more has another problem than paging.
const MOST: usize = 100;

/// How many events of watched features are told.
const WATCHED: i64 = 20;

/// A person's inbox.
#[derive(Clone, Debug)]
pub struct MyWork {
    /// What waits for the person, in due order.
    pub mine: Vec<WorkItem>,
    /// Whether there is more than that.
    pub more: bool,
    /// Comments that mention the person and that they have not seen, the newest first.
    pub mentions: Vec<MentionItem>,
    /// What the person waits for, in due order.
    pub waiting: Vec<WorkItem>,
    /// What others did lately on the features that the person watches, the newest first.
    pub watched: Vec<HistoryEntry>,
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
    /// The name of its product.
    pub product_name: String,
    /// How risky it is.
    pub tier: Tier,
    /// The phase it is in, by name.
    pub phase: String,
    /// What is to be done.
    pub what: Task,
    /// Why it is with the person.
    pub why: Why,
    /// Where.
    pub place: Place,
    /// Since when it waits.
    pub since: OffsetDateTime,
    /// When it is due.
    pub due: Option<Date>,
}

/// What is to be done.
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
    /// See to a record that the person owns.
    SeeTo {
        /// What kind of record it is.
        kind: RecordKind,
        /// Its number.
        number: i32,
        /// What it is called.
        title: String,
        /// The state that it is in, as people read it.
        state: &'static str,
    },
    /// Acknowledge a notice.
    Acknowledge {
        /// Its number.
        number: i32,
        /// To whom it is.
        title: String,
    },
    /// Approve or refuse a waiver.
    DecideWaiver {
        /// Its number.
        number: i32,
        /// What it would let pass.
        blocker: String,
    },
    /// Sign a gate that an emergency went through.
    SignOwed {
        /// The name of its phase.
        gate: String,
        /// The working days that are left; nothing once it is overdue.
        left: Option<u32>,
    },
    /// Catch up with what a gate asked for that an emergency went through.
    CatchUp {
        /// The name of its phase.
        gate: String,
        /// How many things are missing there for the team.
        blockers: usize,
        /// The working days that are left; nothing once it is overdue.
        left: Option<u32>,
    },
    /// Wait for the reviewers.
    AwaitReview,
}

/// Why something is with a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Somebody handed them this seat.
    SignsFor {
        /// The seat.
        role: Role,
        /// Whose it is, by name.
        name: String,
    },
    /// They hold a role whose sign-off is missing.
    Signs {
        /// The role.
        role: Role,
        /// How many others hold it in the product.
        colleagues: i64,
        /// How many of those neither contributed nor signed.
        others: i64,
    },
    /// They hold a role whose sign-off an emergency left owed, and neither contributed nor signed.
    SignsOwed {
        /// The role.
        role: Role,
        /// Whether the team has done its part, so that it can be approved.
        ready: bool,
    },
    /// They own the feature.
    OwnsFeature,
    /// They hold a role that can clear something.
    Clears {
        /// The role.
        role: Role,
        /// How many blockers that role can clear, where it was counted.
        blockers: Option<i32>,
    },
    /// They hold a role that can request the review.
    Requests {
        /// The role.
        role: Role,
    },
    /// They own the thing itself.
    OwnsIt,
    /// They hold a role that it is for.
    Informed {
        /// The role.
        role: Role,
    },
    /// They hold a role that decides about waivers, and neither asked for it nor contributed.
    DecidesWaivers {
        /// The role.
        role: Role,
    },
    /// They wait for people of these roles, after they requested the review themselves, or as the feature's owner.
    Awaits {
        /// Whose sign-offs are missing.
        roles: Vec<Role>,
        /// Whether they requested the review.
        requested: bool,
    },
}

impl Service {
    /// The inbox of the actor.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn my_work(&self, actor: &Actor) -> Result<MyWork> {
        let mut connection = self.db.reads().acquire().await?;
        let now = self.db.now_on(&mut connection).await?;
        let mut mine = self.tasks(&mut connection, actor, now).await?;
        let mut waiting = self.awaited(&mut connection, actor).await?;
        mine.extend(self.threats_of(&mut connection, actor).await?);
        mine.extend(self.records_of(&mut connection, actor).await?);
        mine.extend(self.notices_to(&mut connection, actor).await?);
        mine.extend(self.waivers_to_decide(&mut connection, actor).await?);
        mine.extend(self.owed_gates(&mut connection, actor, now).await?);
        let mentions = mentions::unseen(&mut connection, actor.person).await?;
        let watched = watched(&mut connection, &self.policies, actor.person, WATCHED).await?;
        let has_role = sqlx::query_scalar!(
            r#"select exists (select from product_grant where person_id = $1) as "has!""#,
            actor.person.uuid()
        )
        .fetch_one(&mut *connection)
        .await?;
        // What is to be signed is no longer only waited for.
        waiting.retain(|item| {
            !mine.iter().any(|other| other.key == item.key && matches!(other.what, Task::Sign))
        });
        let order = |item: &WorkItem| (item.due.is_none(), item.due, item.since, item.key.clone());
        mine.sort_by_cached_key(order);
        waiting.sort_by_cached_key(order);
        waiting.truncate(MOST);
        let more = mine.len() > MOST;
        mine.truncate(MOST);
        Ok(MyWork { mine, more, mentions, waiting, watched, has_role, now })
    }
}

/// What every row of work says about its feature.
struct About {
    product_key: String,
    product_name: String,
    number: i32,
    title: String,
    tier: String,
    phase: String,
}

impl About {
    /// A thing to do about this feature.
    fn item(
        self,
        policy: &Policy,
        what: Task,
        why: Why,
        place: Place,
        since: OffsetDateTime,
        due: Option<Date>,
    ) -> Result<WorkItem> {
        let phase = policy.phases.iter().find(|phase| phase.key.as_str() == self.phase);
        Ok(WorkItem {
            key: FeatureKey {
                product: self.product_key.parse().map_err(Error::internal)?,
                number: self.number,
            },
            title: self.title,
            product_name: self.product_name,
            tier: Tier::from_code(&self.tier).ok_or_else(|| Error::internal("unknown tier"))?,
            phase: phase.map(|phase| phase.name.clone()).unwrap_or_default(),
            what,
            why,
            place,
            since,
            due,
        })
    }
}

/// The number of rows that a query may bring of one kind: one more than is shown, to know whether there is more.
fn limit() -> i64 {
    i64::try_from(MOST + 1).unwrap_or(i64::MAX)
}
