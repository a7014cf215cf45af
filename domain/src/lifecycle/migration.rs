use std::collections::BTreeSet;

use super::{Attempt, Refusal};
use crate::policy::{PhaseKey, Policy};

impl Attempt {
    /// Whether the feature can follow another version of its policy from here on. `passed` are the phases whose gates it
    /// passed, those that are owed among them. Both versions have to agree on the way so far, or a gate would be skipped
    /// that the new one has, and what was signed or is owed at one that it lacks would count for nothing.
    ///
    /// # Errors
    /// [`Refusal::PhaseMissing`] where it does not have the phase of the attempt; [`Refusal::GateGone`],
    /// [`Refusal::GateLater`] or [`Refusal::GateSkipped`] for the first phase about which they do not agree.
    pub fn may_follow(&self, from: &Policy, to: &Policy, passed: &BTreeSet<PhaseKey>) -> Result<(), Refusal> {
        let here = to.position(&self.phase).ok_or_else(|| Refusal::PhaseMissing(self.phase.clone()))?;
        let named = |policy: &Policy, key: &PhaseKey| policy.phase(key).map(|phase| phase.name.clone());
        let name = |key: &PhaseKey| named(from, key).or_else(|| named(to, key)).unwrap_or(key.to_string());
        for phase in passed {
            match to.position(phase) {
                None => return Err(Refusal::GateGone(name(phase))),
                Some(there) if there >= here => return Err(Refusal::GateLater(name(phase))),
                Some(_) => {}
            }
        }
        match to.before(&self.phase).iter().find(|phase| !passed.contains(&phase.key)) {
            Some(skipped) => Err(Refusal::GateSkipped(skipped.name.clone())),
            None => Ok(()),
        }
    }
}
