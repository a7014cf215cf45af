use std::collections::BTreeMap;

use sluice_domain::{
    access::{Action, Role},
    form::Fields,
    gate::{Blocker, decide},
    ids::{EmergencyId, FeatureKey, Id},
    lifecycle::{Consent, Refusal, may_consent},
    policy::{Emergency, PhaseKey},
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{BackEffect, emergency::path};
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    features::{
        FeatureSummary,
        page::{Opened, open},
        row::Feature,
    },
};

/// Steps and releases on the page: the newest. The history has them all.
const MOST: i64 = 50;

/// What can be done about a feature's course, each with its effect, and what was.
#[derive(Clone, Debug)]
pub struct CoursePage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The day that it is in the policy's calendar.
    pub today: Date,
    /// The phases that it can move back to, in order: key and name.
    pub earlier: Vec<(PhaseKey, String)>,
    /// What the move back that was asked about would do, or why it cannot be made.
    pub back: Option<Result<BackEffect, Refusal>>,
    /// The emergency path; nothing where the feature's policy has none.
    pub emergency: Option<EmergencyView>,
    /// Steps that were taken, the newest first.
    pub changes: Vec<CourseChange>,
    /// Releases that were asked for, the newest first.
    pub emergencies: Vec<PastEmergency>,
}

/// The emergency path of a feature's policy, as it stands for this feature.
#[derive(Clone, Debug)]
pub struct EmergencyView {
    /// What the policy says about it.
    pub terms: Emergency,
    /// The gates that it would go through, each with what is missing there; or why there is none.
    pub skipped: Result<Vec<SkippedGate>, Refusal>,
    /// Until when their sign-offs would be owed.
    pub due: OffsetDateTime,
    /// The release that was asked for and waits for agreement.
    pub open: Option<PastEmergency>,
    /// The role in which the reader could agree, or why they cannot.
    pub seat: Result<Role, Refusal>,
}

/// A gate that an emergency would go through.
#[derive(Clone, Debug)]
pub struct SkippedGate {
    /// The name of its phase.
    pub name: String,
    /// What is missing there.
    pub missing: Vec<Blocker>,
}

/// What a step of the course did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CourseKind {
    /// Put it on hold.
    Held,
    /// Let it go on.
    Resumed,
    /// Cancelled it.
    Cancelled,
    /// Reopened it.
    Reopened,
    /// Moved it back.
    MovedBack,
}

impl CourseKind {
    const ALL: [Self; 5] = [Self::Held, Self::Resumed, Self::Cancelled, Self::Reopened, Self::MovedBack];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Resumed => "resumed",
            Self::Cancelled => "cancelled",
            Self::Reopened => "reopened",
            Self::MovedBack => "moved-back",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A step of the course that was taken.
#[derive(Clone, Debug)]
pub struct CourseChange {
    /// What it did.
    pub kind: CourseKind,
    /// The name of the phase that the feature stood in.
    pub phase: String,
    /// The name of the phase that it moved back to.
    pub to: Option<String>,
    /// On which day somebody wanted to look at a hold again.
    pub until: Option<Date>,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: OffsetDateTime,
}

/// How a release that was asked for ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmergencyEnd {
    /// It waits for agreement.
    Open,
    /// The attempt that it was asked for in is over, so it counts no more.
    Outdated,
    /// It was made.
    Released,
    /// It was called off.
    CalledOff,
}

/// A release that was asked for.
#[derive(Clone, Debug)]
pub struct PastEmergency {
    /// Its id.
    pub id: EmergencyId,
    /// The name of the phase that it was asked for in.
    pub phase: String,
    /// The name of the phase whose gate was to be the last.
    pub through: String,
    /// Why it could not wait.
    pub reason: String,
    /// Who asked.
    pub by: String,
    /// When.
    pub at: OffsetDateTime,
    /// How it ended.
    pub end: EmergencyEnd,
    /// Who ended it, when, and why.
    pub ended: Option<(String, OffsetDateTime, String)>,
    /// Who agreed, in order.
    pub consents: Vec<ConsentGiven>,
}

/// One person's agreement, as the record has it.
#[derive(Clone, Debug)]
pub struct ConsentGiven {
    /// The name printed on it.
    pub name: String,
    /// In which role.
    pub role: Role,
    /// Why it could not wait, in this person's words.
    pub reason: String,
    /// Whether the person contributed to what was skipped.
    pub contributed: bool,
    /// Whether the person holds the role still; an open release counts only those who do.
    pub counts: bool,
    /// When.
    pub at: OffsetDateTime,
    person: Uuid,
}

impl Service {
    /// What can be done about a feature's course. `fields` may name a phase, `to`, to see what a move back there does.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no feature that the actor may see.
    pub async fn course_page(&self, actor: &Actor, key: &FeatureKey, fields: &Fields) -> Result<CoursePage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, gathered } = open(self, &mut connection, actor, key).await?;
        let policy = &feature.policy.policy;
        let attempt = feature.progress.attempt().ok();
        let earlier = attempt.map_or(&[][..], |attempt| policy.before(&attempt.phase));
        let to: Option<PhaseKey> = fields.get("to").parse().ok();
        let back = match (to, attempt, &gathered) {
            (Some(to), Some(attempt), Some(gathered)) if summary.may(Action::MoveBack) => {
                let now = summary.now;
                let effect = BackEffect::of(&feature, attempt, &gathered.situation, &to, actor.person, now);
                Some(effect.map(|(effect, _)| effect))
            }
            _ => None,
        };
        let emergencies = emergencies(&mut connection, &feature).await?;
        let emergency = match &policy.terms.emergency {
            None => None,
            Some(terms) => {
                let open = emergencies.iter().find(|it| it.end == EmergencyEnd::Open).cloned();
                let given: Vec<Consent> = open
                    .iter()
                    .flat_map(|open| &open.consents)
                    .map(|consent| Consent { person: Id::new(consent.person), role: consent.role })
                    .collect();
                let roles: Vec<Role> = summary.grants.product.iter().copied().collect();
                Some(EmergencyView {
                    terms: terms.clone(),
                    skipped: skipped(&mut connection, &feature, summary.now).await?,
                    due: {
                        let calendar = &policy.terms.calendar;
                        calendar.after(summary.now, calendar.working_days(terms.owed_days))
                    },
                    open,
                    seat: may_consent(policy, &given, actor.person, &roles),
                })
            }
        };
        Ok(CoursePage {
            today: policy.terms.calendar.date(summary.now),
            earlier: earlier.iter().map(|phase| (phase.key.clone(), phase.name.clone())).collect(),
            back,
            emergency,
            changes: changes(&mut connection, &feature).await?,
            emergencies,
            summary,
        })
    }
}

/// The gates that an emergency would go through now, with what is missing at each.
async fn skipped(
    connection: &mut PgConnection,
    feature: &Feature,
    now: OffsetDateTime,
) -> Result<Result<Vec<SkippedGate>, Refusal>> {
    let attempt = match feature.progress.attempt() {
        Ok(attempt) => attempt,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let path = match path(connection, feature, attempt, now).await {
        Ok(path) => path,
        Err(Error::Refused(refusal)) => return Ok(Err(refusal)),
        Err(other) => return Err(other),
    };
    let policy = &feature.policy.policy;
    if let Some((_, here)) = path.first()
        && let Err(refusal) = attempt.may_release(policy, &here.situation.facts)
    {
        return Ok(Err(refusal));
    }
    Ok(Ok(path
        .iter()
        .map(|(phase, gathered)| {
            // What the gate itself lacks. Gates before it have lines of their own.
            let own = gathered.situation.facts.clone().into();
            SkippedGate { name: phase.name.clone(), missing: decide(policy, phase, &own, now).blockers }
        })
        .collect()))
}

fn name_of(feature: &Feature, phase: &str) -> String {
    let found = feature.policy.policy.phases.iter().find(|candidate| candidate.key.as_str() == phase);
    found.map_or_else(|| phase.to_owned(), |phase| phase.name.clone())
}

async fn changes(connection: &mut PgConnection, feature: &Feature) -> Result<Vec<CourseChange>> {
    let rows = sqlx::query!(
        "select c.kind, c.phase, c.to_phase, c.until, c.reason, c.at, p.name as by
         from course_change c join person p on p.id = c.author_id
         where c.feature_id = $1 order by c.at desc, c.id desc limit $2",
        feature.id.uuid(),
        MOST
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(CourseChange {
                kind: CourseKind::from_code(&row.kind)
                    .ok_or_else(|| Error::internal("unknown step of a course"))?,
                phase: name_of(feature, &row.phase),
                to: row.to_phase.map(|to| name_of(feature, &to)),
                until: row.until,
                reason: row.reason,
                by: row.by,
                at: row.at,
            })
        })
        .collect()
}

async fn emergencies(connection: &mut PgConnection, feature: &Feature) -> Result<Vec<PastEmergency>> {
    let rows = sqlx::query!(
        r#"select e.id, e.phase, e.cycle, e.through, e.reason, e.state, e.proposed_at, e.ended_at, e.ended_reason,
                  p.name as by, x.name as "ended_by?"
           from emergency e
           join person p on p.id = e.proposed_by
           left join person x on x.id = e.ended_by
           where e.feature_id = $1 order by e.proposed_at desc, e.id desc limit $2"#,
        feature.id.uuid(),
        MOST
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut consents = consents(connection, feature).await?;
    let here = feature.progress.stands_in();
    Ok(rows
        .into_iter()
        .map(|row| {
            let current =
                here.is_some_and(|attempt| attempt.phase.as_str() == row.phase && attempt.cycle == row.cycle);
            let end = match row.state.as_str() {
                "released" => EmergencyEnd::Released,
                "proposed" if current => EmergencyEnd::Open,
                "proposed" => EmergencyEnd::Outdated,
                _ => EmergencyEnd::CalledOff,
            };
            PastEmergency {
                id: Id::new(row.id),
                phase: name_of(feature, &row.phase),
                through: name_of(feature, &row.through),
                reason: row.reason,
                by: row.by,
                at: row.proposed_at,
                end,
                ended: row.ended_by.zip(row.ended_at).map(|(by, at)| (by, at, row.ended_reason)),
                consents: consents.remove(&row.id).unwrap_or_default(),
            }
        })
        .collect())
}

async fn consents(
    connection: &mut PgConnection,
    feature: &Feature,
) -> Result<BTreeMap<Uuid, Vec<ConsentGiven>>> {
    let rows = sqlx::query!(
        r#"select c.emergency_id, c.person_id, c.role, c.printed_name, c.reason, c.contributed, c.consented_at,
                  exists (select from product_grant g join person p on p.id = g.person_id
                          where g.person_id = c.person_id and g.product_id = $2 and g.role = c.role
                            and p.disabled_at is null) as "counts!"
           from emergency_consent c where c.feature_id = $1 order by c.consented_at, c.id"#,
        feature.id.uuid(),
        feature.product.uuid()
    )
    .fetch_all(connection)
    .await?;
    let mut consents: BTreeMap<Uuid, Vec<ConsentGiven>> = BTreeMap::new();
    for row in rows {
        consents.entry(row.emergency_id).or_default().push(ConsentGiven {
            name: row.printed_name,
            role: Role::from_code(&row.role).ok_or_else(|| Error::internal("unknown role"))?,
            reason: row.reason,
            contributed: row.contributed,
            counts: row.counts,
            at: row.consented_at,
            person: row.person_id,
        });
    }
    Ok(consents)
}
