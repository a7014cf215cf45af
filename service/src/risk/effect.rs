use std::collections::BTreeMap;

use sluice_domain::{
    access::Action,
    gate::{Passed, Situation, Verdict},
    ids::FeatureKey,
    lifecycle::Refusal,
    policy::{PhaseChange, PhaseKey, Tier},
    record::{RecordKind, risk::Assessment},
};

use super::{RateFeature, RiskPage, rate::demand_not_lowered, rated};
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    features::page::open,
};

/// What answers to the questionnaire would change, before they are saved.
#[derive(Clone, Debug)]
pub struct RiskEffect {
    /// The questionnaire as it is.
    pub page: RiskPage,
    /// What the answers come to.
    pub assessment: Assessment,
    /// The tier that the feature would have.
    pub tier: Tier,
    /// What changes in phases whose gate is to come, in their order.
    pub ahead: Vec<PhaseChange>,
    /// What gates that are open already would have asked for besides, with the tier that each was opened under.
    pub behind: Vec<(Tier, PhaseChange)>,
    /// Names of those whose sign-off would be voided: at the current gate, then at gates that are owed.
    pub voids: Vec<String>,
}

impl Service {
    /// What these answers would change. Nothing is written.
    ///
    /// # Errors
    /// As when they are saved: [`Error::Stale`] when somebody else answered meanwhile, [`Error::Invalid`] when the tier
    /// would fall after a gate was opened.
    pub async fn risk_effect(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: &RateFeature,
    ) -> Result<RiskEffect> {
        let mut connection = self.db.reads().acquire().await?;
        let opened = open(self, &mut connection, actor, key).await?;
        if !opened.summary.may(Action::EditFeature) {
            return Err(Error::Denied(Action::EditFeature));
        }
        let gathered = opened.gathered.ok_or(Error::Refused(Refusal::Finished))?;
        let (feature, attempt) = (&opened.feature, opened.feature.progress.attempt()?);
        let rated = rated(&mut connection, feature.id).await?;
        command.demand_current(feature.tier, rated.as_ref().map_or(0, |rated| rated.version))?;
        let to = command.tier();
        demand_not_lowered(&mut connection, feature.id, feature.tier, to).await?;
        let rows = sqlx::query!(
            "select phase, tier from gate_attempt where feature_id = $1 and outcome in ('opened', 'owed') and undone_at is null",
            feature.id.uuid()
        )
        .fetch_all(&mut *connection)
        .await?;
        let passed: BTreeMap<String, Tier> = rows
            .into_iter()
            .filter_map(|row| Some((row.phase, row.tier.as_deref().and_then(Tier::from_code)?)))
            .collect();
        let (mut ahead, mut behind) = (Vec::new(), Vec::new());
        for phase in &feature.policy.policy.phases {
            match passed.get(phase.key.as_str()) {
                Some(under) if phase.key != attempt.phase => {
                    let change = phase.retiered(*under, to).filter(PhaseChange::asks_more);
                    behind.extend(change.map(|change| (*under, change)));
                }
                _ => ahead.extend(phase.retiered(feature.tier, to)),
            }
        }
        let answers_change = rated.as_ref().is_none_or(|rated| rated.answers != *command.answers());
        let changes = |phase: &PhaseKey| {
            let phase = feature.policy.policy.phase(phase);
            let in_dossier = phase.is_some_and(|phase| phase.record_kinds().contains(&RecordKind::Risk));
            to != feature.tier || answers_change && in_dossier
        };
        let Situation { facts, earlier, .. } = &gathered.situation;
        let owed = earlier.iter().filter(|gate| matches!(gate.passed, Passed::Owed { .. }));
        let voids = std::iter::once((&attempt.phase, facts))
            .chain(owed.map(|gate| (&gate.phase, &gate.facts)))
            .filter(|(phase, _)| changes(phase))
            .flat_map(|(_, facts)| &facts.sign_offs)
            .filter(|sign_off| sign_off.verdict == Verdict::Approve)
            .map(|sign_off| sign_off.name.clone())
            .collect();
        Ok(RiskEffect {
            page: RiskPage { summary: opened.summary, rated },
            assessment: command.assessment(),
            tier: to,
            ahead,
            behind,
            voids,
        })
    }
}
