//! The way through the phases, as a team goes it: by what the gate says is missing.

use std::collections::BTreeSet;

use sluice_domain::{
    access::Role,
    form::Fields,
    gate::{Blocker, Mark, Verdict},
    ids::FeatureKey,
    lifecycle::{Progress, Refusal},
    policy::Tier,
    record::{RecordKind, Shortfall},
};
use sluice_service::{Error, evidence::Target};

use super::{
    TestResult, World,
    steps::{answers_form, mark_form, request, treat_form},
};

/// A form's fields.
pub(crate) fn fields(pairs: &[(&str, &str)]) -> Fields {
    Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

impl World {
    /// The blockers of the current gate, as the feature's page shows them.
    pub(crate) async fn blockers(&self, key: &FeatureKey) -> TestResult<Vec<Blocker>> {
        Ok(self.service.feature_page(&self.cast.manager, key).await?.summary.decision.blockers)
    }

    /// Clears everything that the team can clear, each blocker at the place and by the people that it names. While one
    /// is left the review cannot be requested. Returns the codes of what was met.
    pub(crate) async fn clear(&self, key: &FeatureKey) -> TestResult<BTreeSet<&'static str>> {
        let mut met = BTreeSet::new();
        loop {
            self.tick();
            let blockers = self.blockers(key).await?;
            let Some(next) = blockers.iter().find(|blocker| !blocker.is_for_reviewers()) else { break };
            met.extend(blockers.iter().map(Blocker::code));
            let refused = request(&self.service, &self.cast.manager, key).await;
            let Err(Error::Refused(Refusal::Blocked(told))) = refused else {
                return Err(format!("{next:?} did not block: {refused:?}").into());
            };
            assert_eq!(
                told,
                blockers.iter().filter(|blocker| !blocker.is_for_reviewers()).cloned().collect::<Vec<_>>(),
                "the refusal names the blockers of the page"
            );
            self.clear_one(key, next).await?;
            let left = self.blockers(key).await?;
            assert!(!left.contains(next), "{next:?} is cleared");
        }
        Ok(met)
    }

    /// Clears one blocker, at the place and by the people that it names.
    pub(crate) async fn clear_one(&self, key: &FeatureKey, blocker: &Blocker) -> TestResult {
        match blocker {
            Blocker::ControlOpen { phase, control, done_by, .. } => {
                let actor = self.cast.holding(done_by)?;
                let command = mark_form(control.as_str(), Mark::Done, "Done as the guidance asks.", 0)?;
                self.service.mark_control(actor, key, phase, command).await?;
            }
            Blocker::EvidenceMissing { phase, control, kinds, done_by, .. } => {
                let actor = self.cast.holding(done_by)?;
                let kind = *kinds.first().ok_or("no kind would do")?;
                self.prove(actor, key, kind, &[Target::Control(phase.clone(), control.clone())]).await?;
            }
            Blocker::RecordsShort { shortfall, .. } | Blocker::ConditionShort { shortfall, .. } => {
                self.supply(key, shortfall).await?;
            }
            Blocker::QuestionOpen { .. } | Blocker::ThreatModelStale { .. } => {
                let version = self.service.threat_model_page(&self.cast.developer, key).await?.version;
                let answers = answers_form("Links.", version)?;
                self.service.answer_threat_model(&self.cast.developer, key, answers).await?;
            }
            Blocker::Earlier { what, .. } => Box::pin(self.clear_one(key, what)).await?,
            Blocker::NotArchived => drop(self.archive(&self.cast.manager, key).await?),
            Blocker::FindingOpen { number, .. } => {
                let (kind, state) = (RecordKind::Finding, "Open");
                let waits = Shortfall::Waits { kind, number: *number, title: String::new(), state };
                loop {
                    let page = self.service.record_page(&self.cast.auditor, key, kind, Some(*number)).await?;
                    if !page.item.is_some_and(|item| ["open", "fixed"].contains(&item.state.code)) {
                        break;
                    }
                    self.supply(key, &waits).await?;
                }
            }
            Blocker::EvidenceWanted { kinds, .. } => {
                let kind = *kinds.first().ok_or("no kind would do")?;
                self.prove(&self.cast.developer, key, kind, &[]).await?;
            }
            other @ Blocker::EvidenceExpired { .. } => {
                return Err(format!("nobody on the line brings {other:?} about").into());
            }
            Blocker::ThreatUntreated { number, needs, .. } => {
                let page = self.service.threat_page(&self.cast.developer, key, Some(*number)).await?;
                let version = page.threat.map_or(0, |threat| threat.version);
                let command = treat_form(version, needs.code())?;
                self.service.edit_threat(&self.cast.developer, key, *number, command).await?;
            }
            Blocker::Vetoed { .. }
            | Blocker::SignOffsMissing { .. }
            | Blocker::Drifted { .. }
            | Blocker::TierRaised { .. }
            | Blocker::OwedOverdue { .. }
            | Blocker::Owed { .. } => {
                return Err("the reviewers clear it".into());
            }
            Blocker::NeverPassed { .. } => return Err("only a move back clears it".into()),
        }
        Ok(())
    }

    /// Signs for every seat that is missing. Returns where the feature stands then.
    pub(crate) async fn approve(&self, key: &FeatureKey) -> TestResult<Progress> {
        let mut reviewers = [&self.cast.first, &self.cast.second].into_iter();
        loop {
            self.tick();
            let blockers = self.blockers(key).await?;
            let Some(Blocker::SignOffsMissing { role, .. }) = blockers.first() else {
                return Err(format!("no seat is free: {blockers:?}").into());
            };
            let actor = match role {
                Role::ReleaseManager => &self.cast.releaser,
                // The reviewer who does not sign a gate that one of them signs.
                Role::IncidentManager => &self.cast.second,
                _ => reviewers.next().ok_or("more seats than reviewers")?,
            };
            let before = self.service.feature_page(&self.cast.manager, key).await?.summary.progress;
            let after = self.sign(actor, key, *role, Verdict::Approve).await?;
            if after != before {
                return Ok(after);
            }
        }
    }

    /// A feature whose first gate waits for its sign-offs.
    pub(crate) async fn in_review(&self, tier: Tier) -> TestResult<FeatureKey> {
        let key = self.feature(tier).await?;
        self.hand_over(&key).await?;
        Ok(key)
    }

    /// Does the team's part of the current gate and hands it to the reviewers.
    pub(crate) async fn hand_over(&self, key: &FeatureKey) -> TestResult {
        self.clear(key).await?;
        request(&self.service, &self.cast.manager, key).await?;
        self.tick();
        Ok(())
    }

    /// A feature that has just come into a phase.
    pub(crate) async fn in_phase(&self, tier: Tier, phase: &str) -> TestResult<FeatureKey> {
        let key = self.feature(tier).await?;
        loop {
            let progress = self.service.feature_page(&self.cast.manager, &key).await?.summary.progress;
            if progress.attempt()?.phase.as_str() == phase {
                return Ok(key);
            }
            self.hand_over(&key).await?;
            self.approve(&key).await?;
        }
    }
}
