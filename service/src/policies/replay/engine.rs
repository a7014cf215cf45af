use sluice_domain::{
    canonical::Digest,
    gate::{Decision, DecisionChange, decide},
    ids::{FeatureId, FeatureKey, ProductId},
    lifecycle::Progress,
    policy::{Phase, PhaseKey, Policy},
};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Service,
    error::Result,
    features::row::{self, Feature},
    gates::{Gate, gather_many},
    policies::{LoadedPolicy, Policies},
};

/// How many features are looked at together: few queries for each, little memory, short snapshots.
pub(super) const CHUNK: usize = 500;

/// The version that somebody thinks of.
#[derive(Clone, Copy)]
pub(crate) struct Candidate<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) digest: Digest,
}

impl<'a> From<&'a LoadedPolicy> for Candidate<'a> {
    fn from(loaded: &'a LoadedPolicy) -> Self {
        Self { policy: &loaded.policy, digest: loaded.digest }
    }
}

/// Which features are looked at: as they are, or as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// As they are; what expires is judged at this instant.
    Now(OffsetDateTime),
    /// As they were at this instant.
    AsOf(OffsetDateTime),
}

impl Look {
    pub(super) fn at(self) -> OffsetDateTime {
        match self {
            Self::Now(at) | Self::AsOf(at) => at,
        }
    }

    /// Begins a transaction in which all queries see one state of the database: that of now, or that of the instant.
    pub(super) async fn begin(self, reads: &PgPool) -> Result<Transaction<'static, Postgres>> {
        let mut tx = reads.begin().await?;
        sqlx::query("set transaction isolation level repeatable read, read only").execute(&mut *tx).await?;
        if let Self::AsOf(at) = self {
            sqlx::query("set local search_path = asof, public").execute(&mut *tx).await?;
            sqlx::query_scalar!("select set_config('sluice.as_of', ($1::timestamptz)::text, true)", at)
                .fetch_one(&mut *tx)
                .await?;
        }
        Ok(tx)
    }
}

/// The gate of one feature, decided by its own version and by another one.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The feature's id.
    pub id: FeatureId,
    /// The feature.
    pub feature: FeatureKey,
    /// Its product.
    pub product: ProductId,
    /// The phase that it is in.
    pub phase: PhaseKey,
    /// What its own version calls the phase.
    pub phase_name: String,
    /// Number of the attempt.
    pub cycle: i32,
    /// Whether it is on hold: what is decided counts once it goes on.
    pub held: bool,
    /// What its own version decides.
    pub before: Decision,
    /// What the other version decides; nothing where it does not have the phase.
    pub after: Option<Decision>,
    /// What is different; nothing where the other version does not have the phase.
    pub change: DecisionChange,
}

impl Compared {
    /// Whether the other version decides otherwise, or cannot decide.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.after.is_none() || !self.change.is_empty()
    }
}

/// How many features another version concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImpactTotals {
    /// Features that were looked at.
    pub total: i32,
    /// Of which it asks something more.
    pub more: i32,
    /// Of which it asks something less.
    pub less: i32,
    /// Whose phase it does not have.
    pub gone: i32,
}

impl ImpactTotals {
    /// Counts one feature.
    pub fn count(&mut self, compared: &Compared) {
        self.total += 1;
        self.more += i32::from(!compared.change.appears.is_empty());
        self.less += i32::from(!compared.change.vanishes.is_empty());
        self.gone += i32::from(compared.after.is_none());
    }
}

/// The features that follow a policy, whatever version, after a place in the order of their ids: those under way, and
/// those on hold, for which it counts once they go on.
pub(super) async fn following(
    connection: &mut PgConnection,
    policy: &str,
    after: Option<Uuid>,
) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        r#"select f.id as "id!" from feature f join policy_version v on v.id = f.policy_version_id
           where v.key = $1 and f.status = 'active' and ($2::uuid is null or f.id > $2)
           union all
           select f.id from feature f join policy_version v on v.id = f.policy_version_id
           where v.key = $1 and f.status = 'held' and ($2::uuid is null or f.id > $2)
           order by 1"#,
        policy,
        after
    )
    .fetch_all(connection)
    .await?)
}

/// Decides about the current gate of each of these features, by its own version and by the candidate. The number of
/// queries does not depend on the number of features.
pub(crate) async fn compare(
    connection: &mut PgConnection,
    policies: &Policies,
    candidate: Candidate<'_>,
    ids: &[Uuid],
    at: OffsetDateTime,
) -> Result<Vec<Compared>> {
    let features = row::load_many(connection, policies, ids).await?;
    let under_way: Vec<Standing<'_>> =
        features.iter().filter_map(|feature| Standing::of(feature, candidate)).collect();
    let mut gates = Vec::with_capacity(under_way.len() * 2);
    for standing in &under_way {
        gates.push(standing.own());
        gates.extend(standing.other(candidate));
    }
    let mut gathered =
        gather_many(connection, &gates, at).await?.into_iter().map(|gathered| gathered.situation);
    let mut compared = Vec::with_capacity(under_way.len());
    for standing in &under_way {
        let Some(own) = gathered.next() else { break };
        let other = if standing.there.is_some() { gathered.next() } else { None };
        let before = decide(&standing.feature.policy.policy, standing.phase, &own, at);
        let after = standing.there.zip(other).map(|(phase, mut situation)| {
            situation.take_as_signed(&own);
            decide(candidate.policy, phase, &situation, at)
        });
        compared.push(Compared {
            id: standing.feature.id,
            feature: standing.feature.key.clone(),
            product: standing.feature.product,
            phase: standing.phase.key.clone(),
            phase_name: standing.phase.name.clone(),
            cycle: standing.cycle,
            held: matches!(standing.feature.progress, Progress::Held { .. }),
            change: after.as_ref().map(|after| before.change_to(after)).unwrap_or_default(),
            before,
            after,
        });
    }
    Ok(compared)
}

/// Where a feature stands: the phase of its own version, and the same phase of the candidate.
struct Standing<'a> {
    feature: &'a Feature,
    phase: &'a Phase,
    cycle: i32,
    there: Option<&'a Phase>,
}

impl<'a> Standing<'a> {
    fn of(feature: &'a Feature, candidate: Candidate<'a>) -> Option<Self> {
        let (Progress::Active(attempt) | Progress::Held { attempt, .. }) = &feature.progress else {
            return None;
        };
        let phase = feature.policy.policy.phase(&attempt.phase)?;
        Some(Self { feature, phase, cycle: attempt.cycle, there: candidate.policy.phase(&attempt.phase) })
    }

    fn own(&self) -> Gate<'a> {
        Gate {
            feature: self.feature,
            policy: &self.feature.policy.policy,
            policy_digest: self.feature.policy.digest,
            phase: self.phase,
            cycle: self.cycle,
        }
    }

    fn other(&self, candidate: Candidate<'a>) -> Option<Gate<'a>> {
        Some(Gate {
            policy: candidate.policy,
            policy_digest: candidate.digest,
            phase: self.there?,
            ..self.own()
        })
    }
}

impl Service {
    /// What a version would have decided about every feature that followed its policy at an instant, feature by feature.
    /// `each` is handed all of them, also those about which both versions decide the same.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn replay_policy(
        &self,
        policy: &Policy,
        digest: Digest,
        at: OffsetDateTime,
        each: &mut (dyn FnMut(&Compared) + Send),
    ) -> Result<ImpactTotals> {
        let (look, candidate) = (Look::AsOf(at), Candidate { policy, digest });
        let mut tx = look.begin(self.db.reads()).await?;
        let ids = following(&mut tx, &policy.key, None).await?;
        tx.rollback().await?;
        let mut totals = ImpactTotals::default();
        for chunk in ids.chunks(CHUNK) {
            for compared in self.look_at(candidate, chunk, look).await? {
                totals.count(&compared);
                each(&compared);
            }
        }
        Ok(totals)
    }

    /// Looks at some features in a snapshot of their own.
    pub(super) async fn look_at(
        &self,
        candidate: Candidate<'_>,
        ids: &[Uuid],
        look: Look,
    ) -> Result<Vec<Compared>> {
        let mut tx = look.begin(self.db.reads()).await?;
        let compared = compare(&mut tx, &self.policies, candidate, ids, look.at()).await?;
        tx.rollback().await?;
        Ok(compared)
    }
}
