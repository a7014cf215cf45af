use std::collections::{BTreeMap, BTreeSet};

use super::{Blocker, ControlFact, Facts, Mark, Met, SignOffFact, Verdict};
use crate::{
    access::Role,
    ids::PersonId,
    policy::{Condition, Control, Phase, Proof},
    threat::Question,
};

/// What is missing at a gate, and what holds. No blocker left means that the gate opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Every reason why the gate is closed, in the order of the policy.
    pub blockers: Vec<Blocker>,
    /// Every condition that holds.
    pub met: Vec<Met>,
}

impl Decision {
    /// Whether the gate opens.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.blockers.is_empty()
    }

    /// Whether the team has done its part: only sign-offs are left.
    #[must_use]
    pub fn is_ready_for_review(&self) -> bool {
        self.blockers.iter().all(Blocker::is_for_reviewers)
    }

    /// What is missing, thing by thing: where several controls wait for the same record, the first one stands for all.
    #[must_use]
    pub fn things(&self) -> Vec<&Blocker> {
        let mut things: Vec<&Blocker> = Vec::new();
        for blocker in &self.blockers {
            if !things.iter().any(|known| known.is_same_lack(blocker)) {
                things.push(blocker);
            }
        }
        things
    }

    /// How many things the team has to put right.
    #[must_use]
    pub fn things_for_team(&self) -> usize {
        self.things().iter().filter(|blocker| !blocker.is_for_reviewers()).count()
    }

    /// The roles that can put a thing right: those of every control that waits for it.
    #[must_use]
    pub fn cleared_by(&self, thing: &Blocker) -> Vec<Role> {
        let mut roles = thing.cleared_by();
        for other in self.blockers.iter().filter(|other| other.is_same_lack(thing)) {
            for role in other.cleared_by() {
                if !roles.contains(&role) {
                    roles.push(role);
                }
            }
        }
        roles
    }

    /// The blockers that the team clears.
    pub fn for_team(&self) -> impl Iterator<Item = &Blocker> {
        self.blockers.iter().filter(|blocker| !blocker.is_for_reviewers())
    }
}

/// Decides about the gate of a phase. All blockers are reported, not the first.
///
/// Sign-offs count when they cover the dossier as it is now and their author did not contribute to it; one person
/// fills one seat, whatever number of facts names them.
#[must_use]
pub fn decide(phase: &Phase, facts: &Facts) -> Decision {
    let mut decision = Decision { blockers: Vec::new(), met: Vec::new() };
    for control in phase.controls_for(facts.tier) {
        let blockers = control_blockers(phase, control, facts);
        if blockers.is_empty() {
            decision.met.push(Met::Control {
                phase: phase.key.clone(),
                control: control.key.clone(),
                title: control.title.clone(),
                not_applicable: is_set_aside(control, facts.controls.get(&control.key)),
            });
        }
        decision.blockers.extend(blockers);
    }
    for condition in &phase.gate.conditions {
        decide_condition(*condition, facts, &mut decision);
    }
    decide_sign_offs(phase, facts, &mut decision);
    decision
}

/// Whether the team said that the control does not apply, and the policy lets it say so. Where the policy does not,
/// the mark means nothing: the control is open until it is proved.
fn is_set_aside(control: &Control, fact: Option<&ControlFact>) -> bool {
    control.can_be_not_applicable && fact.is_some_and(|fact| fact.mark == Mark::NotApplicable)
}

/// What keeps a control from being met: one blocker, or one for each thing that its records still lack.
#[must_use]
pub fn control_blockers(phase: &Phase, control: &Control, facts: &Facts) -> Vec<Blocker> {
    let fact = facts.controls.get(&control.key);
    if is_set_aside(control, fact) {
        return Vec::new();
    }
    let mark = fact.map_or(Mark::Open, |fact| fact.mark);
    let attached = |wanted: &dyn Fn(&crate::policy::EvidenceKind) -> bool| {
        fact.is_some_and(|fact| fact.evidence.iter().any(wanted))
    };
    match &control.proof {
        Proof::Statement if mark == Mark::Done || attached(&|_| true) => Vec::new(),
        Proof::Statement => vec![Blocker::ControlOpen {
            phase: phase.key.clone(),
            control: control.key.clone(),
            title: control.title.clone(),
            done_by: control.done_by.clone(),
        }],
        Proof::Evidence(kinds) if attached(&|kind| kinds.contains(kind)) => Vec::new(),
        Proof::Evidence(kinds) => vec![Blocker::EvidenceMissing {
            phase: phase.key.clone(),
            control: control.key.clone(),
            title: control.title.clone(),
            kinds: kinds.clone(),
            done_by: control.done_by.clone(),
        }],
        Proof::Records { rule, .. } => rule
            .shortfalls(&facts.records, control.reviewers(facts.tier))
            .into_iter()
            .map(|shortfall| Blocker::RecordsShort {
                phase: phase.key.clone(),
                control: control.key.clone(),
                title: control.title.clone(),
                shortfall,
                done_by: control.done_by.clone(),
            })
            .collect(),
    }
}

fn decide_condition(condition: Condition, facts: &Facts, decision: &mut Decision) {
    match condition {
        Condition::ThreatModelComplete { tiers } if tiers.contains(facts.tier) => {
            for question in Question::ALL {
                if facts.answered.contains(question) {
                    decision.met.push(Met::Question(*question));
                } else {
                    decision.blockers.push(Blocker::QuestionOpen { question: *question });
                }
            }
        }
        Condition::NoUntreatedThreat { at_least, needs, tiers } if tiers.contains(facts.tier) => {
            // A set: the decision is the same in whatever order the facts came.
            let behind: BTreeSet<_> = facts
                .threats
                .iter()
                .filter(|threat| threat.severity >= at_least && threat.status < needs)
                .map(|threat| (threat.number, threat.severity))
                .collect();
            if behind.is_empty() {
                decision.met.push(Met::Threats { at_least, needs });
            }
            for (number, severity) in behind {
                let blocker = Blocker::ThreatUntreated { number, severity, needs };
                if !decision.blockers.contains(&blocker) {
                    decision.blockers.push(blocker);
                }
            }
        }
        Condition::ThreatModelComplete { .. } | Condition::NoUntreatedThreat { .. } => {}
    }
}

fn decide_sign_offs(phase: &Phase, facts: &Facts, decision: &mut Decision) {
    let vetoes: BTreeSet<(&str, Role)> = facts
        .sign_offs
        .iter()
        .filter(|sign_off| sign_off.verdict == Verdict::Deny)
        .map(|sign_off| (sign_off.name.as_str(), sign_off.role))
        .collect();
    decision
        .blockers
        .extend(vetoes.into_iter().map(|(name, role)| Blocker::Vetoed { name: name.to_owned(), role }));

    let seats = seats(facts);
    for rule in &phase.gate.sign_offs {
        let need = rule.quorum.for_tier(facts.tier);
        if need == 0 {
            continue;
        }
        let have = seats.values().filter(|role| **role == rule.role).count();
        let have = u8::try_from(have).unwrap_or(u8::MAX);
        if have >= need {
            decision.met.push(Met::SignOffs { role: rule.role, need });
        } else {
            decision.blockers.push(Blocker::SignOffsMissing { role: rule.role, have, need });
        }
    }
}

/// One seat a person: who counts, and as what.
fn seats(facts: &Facts) -> BTreeMap<PersonId, Role> {
    let counts = |sign_off: &&SignOffFact| {
        sign_off.verdict == Verdict::Approve
            && sign_off.covers == facts.dossier
            && !facts.contributors.include(sign_off.person)
    };
    let mut seats = BTreeMap::new();
    for sign_off in facts.sign_offs.iter().filter(counts) {
        // Where facts contradict each other the lower role wins, so that order does not matter.
        let seat = seats.entry(sign_off.person).or_insert(sign_off.role);
        *seat = (*seat).min(sign_off.role);
    }
    seats
}
