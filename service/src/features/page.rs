use std::collections::BTreeMap;

use sluice_domain::{
    access::{Action, Grants, allowed},
    calendar::Calendar,
    gate::{Blocker, Clearance, Decision, clearance, decide},
    ids::{FeatureId, FeatureKey, PersonId, ProductId},
    lifecycle::{Progress, Turn},
    policy::{PhaseKey, Tier},
    text::Sprint,
    waiver::Waiver,
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use super::{
    links::{Lineage, lineage},
    row::{self, Feature},
};
use crate::{
    Service,
    actor::Actor,
    course::{Resting, resting},
    db::read::{demand, read_grants},
    error::{Error, Result},
    gates::{Gathered, gather},
    history::{HistoryEntry, latest},
    relations::{Relations, relations},
    risk::{Rated, rated},
    turns::{TurnClock, Turns},
};

/// What every page about a feature shows: what it is, the six phases, and the gate that it stands at.
#[derive(Clone, Debug)]
pub struct FeatureSummary {
    /// Its id.
    pub id: FeatureId,
    /// Its key.
    pub key: FeatureKey,
    /// What it is called.
    pub title: String,
    /// Its product.
    pub product: ProductId,
    /// The product's name.
    pub product_name: String,
    /// How risky it is.
    pub tier: Tier,
    /// Who owns it.
    pub owner: PersonId,
    /// The owner's name.
    pub owner_name: String,
    /// When it should be done.
    pub target_date: Option<Date>,
    /// The sprint that it is planned for.
    pub sprint: Option<Sprint>,
    /// Key of the policy that it follows.
    pub policy_key: String,
    /// Version of that policy.
    pub policy_version: String,
    /// Title of that policy.
    pub policy_title: String,
    /// Days and hours as that policy means them.
    pub calendar: Calendar,
    /// Where it stands.
    pub progress: Progress,
    /// Who put it on hold or cancelled it and why, while it rests.
    pub resting: Option<Resting>,
    /// The phases in order.
    pub steps: Vec<PhaseStep>,
    /// What the decision about the current gate says; empty when all gates are open.
    pub decision: Decision,
    /// Since when each thing has blocked the gate, by its subject.
    pub blocked_since: BTreeMap<String, OffsetDateTime>,
    /// Whether it may go to production; nothing where the policy says nothing of that, or nobody works on the feature.
    pub clearance: Option<Clearance>,
    /// Its waivers: every one that is asked for, or approved.
    pub waivers: Vec<Waiver>,
    /// The clock of whoever has the turn, paused while the feature is on hold; none where the policy sets no time, the
    /// feature is cancelled, or no gate is left.
    pub clock: Option<TurnClock>,
    /// How many comments it has.
    pub comments: usize,
    /// What the reader holds: pages offer what the matrix allows.
    pub grants: Grants,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

impl FeatureSummary {
    /// Whether the reader's roles allow an action.
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        allowed(&self.grants, action)
    }

    /// Since when a thing has blocked the gate; where several controls wait for it, since the first of them did. A sign-off
    /// that is still to come is waited for since the turn began. Nothing for what came to block at this very moment.
    #[must_use]
    pub fn since(&self, thing: &Blocker) -> Option<OffsetDateTime> {
        let known = |blocker: &Blocker| self.blocked_since.get(&blocker.subject()).copied();
        let others = self.decision.blockers.iter().filter(|other| other.is_same_lack(thing));
        let since = known(thing).into_iter().chain(others.filter_map(known)).min()?;
        let turn = self.progress.stands_in().filter(|_| thing.is_to_come());
        Some(turn.map_or(since, |attempt| since.max(attempt.since)))
    }

    /// The name of the current phase, where there is one.
    #[must_use]
    pub fn current(&self) -> Option<&PhaseStep> {
        self.steps.iter().find(|step| matches!(step.state, PhaseState::Here { .. }))
    }
}

/// One phase on the phase line.
#[derive(Clone, Debug)]
pub struct PhaseStep {
    /// The phase.
    pub key: PhaseKey,
    /// Its name.
    pub name: String,
    /// Where the feature stands with it.
    pub state: PhaseState,
}

/// Where a feature stands with a phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhaseState {
    /// Its gate is open.
    Passed {
        /// Since when.
        at: OffsetDateTime,
        /// At which attempt it opened.
        cycle: i32,
    },
    /// An emergency went through its gate, whose sign-offs are owed.
    Owed {
        /// Since when.
        at: OffsetDateTime,
        /// At which attempt.
        cycle: i32,
        /// Until when they are owed.
        due: OffsetDateTime,
    },
    /// The feature is in it.
    Here {
        /// Number of the attempt.
        cycle: i32,
        /// How many things block the gate.
        blockers: usize,
        /// Whether the reviewers have the turn.
        in_review: bool,
    },
    /// It comes later.
    Todo,
}

/// The feature's own page.
#[derive(Clone, Debug)]
pub struct FeaturePage {
    /// The header.
    pub summary: FeatureSummary,
    /// The description, in Markdown.
    pub description: String,
    /// The version, for edits.
    pub version: i32,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// The answers that set its tier, where somebody gave them.
    pub rated: Option<Rated>,
    /// How many threats its model has.
    pub threats: i64,
    /// How many items of evidence it has.
    pub evidence: i64,
    /// How many sign-offs were given, ended ones included.
    pub sign_offs: i64,
    /// What it came out of, and what came out of it.
    pub lineage: Lineage,
    /// How it is related to other features.
    pub relations: Relations,
    /// Whether the reader watches it.
    pub watching: bool,
    /// What happened lately.
    pub latest: Vec<HistoryEntry>,
}

/// A feature that was read for a page, with everything that the decision depends on.
pub(crate) struct Opened {
    pub(crate) feature: Feature,
    pub(crate) summary: FeatureSummary,
    pub(crate) gathered: Option<Gathered>,
}

/// Reads a feature for a page of it; somebody who may not read the product finds nothing.
pub(crate) async fn open(
    service: &Service,
    connection: &mut PgConnection,
    actor: &Actor,
    key: &FeatureKey,
) -> Result<Opened> {
    let now = service.db.now_on(connection).await?;
    let feature = row::find(connection, &service.policies, key).await?;
    let grants = read_grants(connection, actor, feature.product).await?;
    // An administrator who may read the grants of a product may still not read its features.
    demand(&grants, actor, Action::ReadProduct).map_err(|_| Error::NotFound)?;
    let (gathered, decision) = match feature.progress.stands_in() {
        Some(attempt) => {
            let phase = feature.policy.policy.phase(&attempt.phase).ok_or(Error::NotFound)?;
            let gathered = gather(connection, &feature, phase, attempt, now).await?;
            let decision = decide(&feature.policy.policy, phase, &gathered.situation, now);
            (Some(gathered), decision)
        }
        None => (None, Decision::default()),
    };
    // While the feature is on hold its clock is paused, and says with how much time left.
    let clock = match &feature.progress {
        Progress::Active(attempt) | Progress::Held { attempt, .. } => {
            Turns::of(connection, feature.id).await?.shown(&feature, attempt, now)
        }
        Progress::Cancelled { .. } | Progress::Finished { .. } => None,
    };
    let Past { passed, blocked_since } = past(connection, feature.id).await?;
    let steps = steps(&feature, &decision, &passed);
    let policy = &feature.policy.policy;
    let clearance = feature
        .progress
        .attempt()
        .ok()
        .and_then(|attempt| clearance(policy, &attempt.phase, feature.tier, &decision));
    let summary = FeatureSummary {
        id: feature.id,
        key: feature.key.clone(),
        title: feature.title.clone(),
        product: feature.product,
        product_name: feature.product_name.clone(),
        tier: feature.tier,
        owner: feature.owner,
        owner_name: feature.owner_name.clone(),
        target_date: feature.target_date,
        sprint: feature.sprint.clone(),
        policy_key: policy.key.clone(),
        policy_version: policy.version.clone(),
        policy_title: policy.title.clone(),
        calendar: policy.terms.calendar.clone(),
        progress: feature.progress.clone(),
        resting: resting(connection, &feature).await?,
        steps,
        decision,
        blocked_since,
        clearance,
        waivers: gathered.as_ref().map(|gathered| gathered.waivers.clone()).unwrap_or_default(),
        clock,
        comments: usize::try_from(feature.comments).unwrap_or_default(),
        grants,
        now,
    };
    Ok(Opened { feature, summary, gathered })
}

/// What the gates of a feature went through.
struct Past {
    /// The phases whose gates were passed.
    passed: BTreeMap<String, PhaseState>,
    /// Since when each thing blocks, by its subject.
    blocked_since: BTreeMap<String, OffsetDateTime>,
}

/// Which gates were passed, and since when what blocks now has blocked: one question.
async fn past(connection: &mut PgConnection, feature: FeatureId) -> Result<Past> {
    let rows = sqlx::query!(
        r#"select phase as "name!", cycle as "cycle?", ended_at as "at!",
                  case when paid_at is null then owed_until end as "owed_until?"
           from gate_attempt
           where feature_id = $1 and outcome in ('opened', 'owed') and undone_at is null
           union all
           select subject, null::int, since, null::timestamptz from gate_blocker where feature_id = $1"#,
        feature.uuid()
    )
    .fetch_all(connection)
    .await?;
    let (mut passed, mut blocked_since) = (BTreeMap::new(), BTreeMap::new());
    for row in rows {
        let at = row.at;
        // What blocks belongs to no cycle.
        let Some(cycle) = row.cycle else {
            blocked_since.insert(row.name, at);
            continue;
        };
        let state = match row.owed_until {
            Some(due) => PhaseState::Owed { at, cycle, due },
            None => PhaseState::Passed { at, cycle },
        };
        passed.insert(row.name, state);
    }
    Ok(Past { passed, blocked_since })
}

fn steps(feature: &Feature, decision: &Decision, passed: &BTreeMap<String, PhaseState>) -> Vec<PhaseStep> {
    let here = feature.progress.stands_in();
    feature
        .policy
        .policy
        .phases
        .iter()
        .map(|phase| {
            let state =
                match (here.filter(|attempt| attempt.phase == phase.key), passed.get(phase.key.as_str())) {
                    (Some(attempt), _) => PhaseState::Here {
                        cycle: attempt.cycle,
                        blockers: decision.blockers.len(),
                        in_review: attempt.turn != Turn::Team,
                    },
                    (None, Some(passed)) => passed.clone(),
                    (None, None) => PhaseState::Todo,
                };
            PhaseStep { key: phase.key.clone(), name: phase.name.clone(), state }
        })
        .collect()
}

impl Service {
    /// The feature's own page.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the actor may see.
    pub async fn feature_page(&self, actor: &Actor, key: &FeatureKey) -> Result<FeaturePage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let counts = sqlx::query!(
            r#"select (select count(*) from threat where feature_id = $1) as "threats!",
                      (select count(*) from evidence where feature_id = $1) as "evidence!",
                      (select count(*) from sign_off where feature_id = $1) as "sign_offs!",
                      exists (select from watch where feature_id = $1 and person_id = $2) as "watching!""#,
            feature.id.uuid(),
            actor.person.uuid()
        )
        .fetch_one(&mut *connection)
        .await?;
        let lineage = lineage(&mut connection, actor, feature.id).await?;
        let relations = relations(self, &mut connection, actor, feature.id).await?;
        let rated = rated(&mut connection, feature.id).await?;
        let latest = latest(&mut connection, &self.policies, feature.id, 8).await?;
        Ok(FeaturePage {
            summary,
            description: feature.description,
            version: feature.version,
            created_at: feature.created_at,
            rated,
            threats: counts.threats,
            evidence: counts.evidence,
            sign_offs: counts.sign_offs,
            lineage,
            relations,
            watching: counts.watching,
            latest,
        })
    }
}
