use sluice_domain::{
    access::{Action, Role},
    canonical::Digest,
    delegation::may_sign_owed_for,
    gate::{Decision, EarlierGate, Passed, Verdict},
    ids::{FeatureKey, SignOffId},
    lifecycle::{Attempt, Turn, may_sign_owed},
    policy::{Phase, PhaseKey},
};
use time::OffsetDateTime;

use super::{
    DelegatedSeat, DossierLine, MySeat, PastSignOff, gather,
    owed::decide_owed,
    review_page::{delegated, lines, sign_offs},
};
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    features::{
        FeatureSummary,
        page::{Opened, open},
    },
};

/// What an emergency skipped at the gate of one phase.
#[derive(Clone, Debug)]
pub struct OwedPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The phase as the policy has it.
    pub phase: Phase,
    /// What is owed; `None` where nothing is, or nothing any more.
    pub owed: Option<OwedReview>,
    /// When what was owed was complete, where it is.
    pub paid_at: Option<OffsetDateTime>,
    /// Every sign-off of this gate, newest first.
    pub sign_offs: Vec<PastSignOff>,
}

/// An owed gate, to be signed.
#[derive(Clone, Debug)]
pub struct OwedReview {
    /// The attempt in which the emergency went through.
    pub cycle: i32,
    /// When it did.
    pub since: OffsetDateTime,
    /// Until when it is owed.
    pub due: OffsetDateTime,
    /// What is missing at the gate, and what holds.
    pub decision: Decision,
    /// The dossier that a sign-off covers now.
    pub dossier: Digest,
    /// What is in it.
    pub items: Vec<DossierLine>,
    /// What the reader can do here.
    pub seat: MySeat,
    /// Seats of others that the reader may sign from, with what they can do there.
    pub delegated: Vec<DelegatedSeat>,
    /// The reader's own standing sign-off.
    pub own: Option<OwnSignOff>,
}

/// A standing sign-off of an owed gate, for whoever gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnSignOff {
    /// Its id.
    pub id: SignOffId,
    /// The seat.
    pub role: Role,
    /// What it says.
    pub verdict: Verdict,
}

impl Service {
    /// What an emergency skipped at the gate of one phase, to be signed.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no feature that the actor may see, or its policy has no such phase.
    pub async fn owed_page(&self, actor: &Actor, key: &FeatureKey, phase: &PhaseKey) -> Result<OwedPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let phase = feature.policy.policy.phase(phase).ok_or(Error::NotFound)?.clone();
        let passed = sqlx::query!(
            r#"select ended_at as "ended_at!", paid_at from gate_attempt
               where feature_id = $1 and phase = $2 and outcome = 'owed' and undone_at is null"#,
            feature.id.uuid(),
            phase.key.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let mut sign_offs = sign_offs(&mut connection, actor, &feature).await?;
        sign_offs.retain(|sign_off| sign_off.phase == phase.name);
        let gate = feature.owed.iter().find(|gate| gate.phase == phase.key);
        let owed = match (gate, &passed) {
            (Some(gate), Some(row)) => {
                let attempt = Attempt {
                    phase: gate.phase.clone(),
                    cycle: gate.cycle,
                    turn: Turn::Team,
                    since: row.ended_at,
                };
                let gathered = gather(&mut connection, &feature, &phase, &attempt, summary.now).await?;
                let dossier = gathered.dossier.digest();
                let items = lines(
                    &mut connection,
                    &feature,
                    &phase,
                    &gathered.dossier.items,
                    &gathered.situation.facts.records,
                )
                .await?;
                let earlier = EarlierGate {
                    phase: gate.phase.clone(),
                    facts: gathered.situation.facts,
                    passed: Passed::Owed { due: gate.due },
                };
                let roles: Vec<Role> = summary.grants.product.iter().copied().collect();
                let policy = &feature.policy.policy;
                let seat = if summary.may(Action::SignOwed) {
                    let may = feature
                        .progress
                        .attempt()
                        .and_then(|_| may_sign_owed(policy, &earlier, actor.person, &roles, summary.now));
                    may.map_or_else(MySeat::No, MySeat::Sign)
                } else {
                    MySeat::Reader
                };
                let handed = if feature.progress.is_active() {
                    delegated(&mut connection, actor, &feature, summary.now, |people, role| {
                        may_sign_owed_for(policy, &earlier, people, role, summary.now)
                    })
                    .await?
                } else {
                    Vec::new()
                };
                Some(OwedReview {
                    cycle: gate.cycle,
                    since: row.ended_at,
                    due: gate.due,
                    decision: decide_owed(&feature, &earlier, summary.now)?,
                    dossier,
                    items,
                    seat,
                    delegated: handed,
                    own: own(&sign_offs, gate.cycle, &earlier, actor),
                })
            }
            _ => None,
        };
        Ok(OwedPage { summary, owed, paid_at: passed.and_then(|row| row.paid_at), sign_offs, phase })
    }
}

/// The reader's own standing sign-off among those of an owed gate.
fn own(sign_offs: &[PastSignOff], cycle: i32, gate: &EarlierGate, actor: &Actor) -> Option<OwnSignOff> {
    let counts = gate.facts.sign_offs.iter().any(|sign_off| sign_off.person == actor.person);
    let stands = |past: &&PastSignOff| past.mine && past.cycle == cycle && past.ended.is_none();
    let past = sign_offs.iter().find(stands).filter(|_| counts)?;
    Some(OwnSignOff { id: past.id, role: past.role, verdict: past.verdict })
}
