use serde_json::json;
use sluice_domain::{
    access::Role,
    canonical::{self, Digest},
    gate::{Facts, Situation, Verdict},
    ids::PersonId,
    lifecycle::{Attempt, MovedBack, Refusal},
    policy::PhaseKey,
};
use time::OffsetDateTime;

use crate::features::row::Feature;

/// What a move back does, named before anybody confirms it.
#[derive(Clone, Debug)]
pub struct BackEffect {
    /// The phase that the feature moves back to.
    pub to: PhaseKey,
    /// Its name.
    pub name: String,
    /// The name of the phase that the feature is in.
    pub from: String,
    /// The number of the attempt that begins.
    pub cycle: i32,
    /// Standing sign-offs of the attempt that ends, which are voided: who, in which seat, and what it says.
    pub voided: Vec<(String, Role, Verdict)>,
    /// Gates that are closed again, by the names of their phases.
    pub undone: Vec<String>,
    /// What was shown: the move is made for this and nothing else.
    pub seen: Digest,
}

impl BackEffect {
    /// Works out what a move back would do, and what it comes to.
    pub(super) fn of(
        feature: &Feature,
        attempt: &Attempt,
        situation: &Situation,
        to: &PhaseKey,
        by: PersonId,
        now: OffsetDateTime,
    ) -> Result<(Self, MovedBack), Refusal> {
        let policy = &feature.policy.policy;
        let moved = attempt.move_back(policy, to, by, situation, &feature.cycles, now)?;
        let facts = &situation.facts;
        let name =
            |key: &PhaseKey| policy.phase(key).map_or_else(|| key.to_string(), |phase| phase.name.clone());
        let effect = Self {
            to: to.clone(),
            name: name(to),
            from: name(&attempt.phase),
            cycle: moved.attempt.cycle,
            voided: facts
                .sign_offs
                .iter()
                .map(|sign_off| (sign_off.name.clone(), sign_off.role, sign_off.verdict))
                .collect(),
            undone: moved.undone.iter().map(name).collect(),
            seen: seen(attempt, facts, &moved),
        };
        Ok((effect, moved))
    }
}

/// What stands and would end, as a digest.
fn seen(attempt: &Attempt, facts: &Facts, moved: &MovedBack) -> Digest {
    let mut sign_offs: Vec<[String; 3]> = facts
        .sign_offs
        .iter()
        .map(|it| [it.person.to_string(), it.verdict.code().to_owned(), it.covers.to_string()])
        .collect();
    sign_offs.sort_unstable();
    let content = json!({
        "from": [attempt.phase.as_str(), attempt.cycle.to_string().as_str()],
        "to": [moved.attempt.phase.as_str(), moved.attempt.cycle.to_string().as_str()],
        "sign-offs": sign_offs,
        "undone": moved.undone.iter().map(PhaseKey::as_str).collect::<Vec<_>>(),
    });
    Digest::of(canonical::to_string(&content).as_bytes())
}
