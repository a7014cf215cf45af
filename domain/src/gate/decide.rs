use std::collections::{BTreeMap, BTreeSet, HashMap};

use time::OffsetDateTime;

use super::{
    Blocker, EarlierGate, EvidenceFact, Facts, Met, Passed, SignOffFact, Situation, Verdict, WaiverFact,
    blocker::drift_mark,
    conditions::{condition, control_blockers, is_set_aside},
};
use crate::{
    access::Role,
    ids::PersonId,
    policy::{Phase, PhaseChange, PhaseKey, Policy, Tier},
    waiver,
};

/// What is missing at a gate, and what holds. No blocker left means that the gate opens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Every reason why the gate is closed: those of the gate itself in the order of the policy, those of earlier gates,
    /// then what reviewers clear.
    pub blockers: Vec<Blocker>,
    /// What is missing and waived for a while.
    pub waived: Vec<Waived>,
    /// Every condition that holds.
    pub met: Vec<Met>,
    /// Gates that the emergency path went through, and that are not signed yet.
    pub debts: Vec<Debt>,
    /// What has to be met before production: subjects of blockers, waived ones left out.
    pub before_production: BTreeSet<String>,
    /// What a waiver may name: subjects of blockers.
    pub waivable: BTreeSet<String>,
    /// The next instant at which the decision can change by itself, because evidence or a waiver expires or a deadline
    /// passes.
    pub changes_at: Option<OffsetDateTime>,
}

/// A blocker that a waiver lets pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    /// What is missing.
    pub blocker: Blocker,
    /// The waiver.
    pub waiver: WaiverFact,
}

/// A gate that the emergency path went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debt {
    /// Its phase.
    pub phase: PhaseKey,
    /// The phase's name.
    pub name: String,
    /// Until when it is to be signed.
    pub due: OffsetDateTime,
    /// What is still missing there; nothing when it can be closed.
    pub missing: Vec<Blocker>,
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

    /// Whether a waiver may be asked for this blocker.
    #[must_use]
    pub fn may_waive(&self, blocker: &Blocker) -> bool {
        self.waivable.contains(&blocker.subject())
    }

    /// What is missing, thing by thing: where several controls wait for the same record, the first one stands for all.
    #[must_use]
    pub fn things(&self) -> Vec<&Blocker> {
        let mut lacks = BTreeSet::new();
        let mut things = Vec::new();
        for blocker in &self.blockers {
            if blocker.shortfall().is_none_or(|lack| lacks.insert(lack)) {
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

    /// How many things stand in the way of the gate: all but sign-offs that are still to come. Whoever signs cannot open it
    /// before they are put right.
    #[must_use]
    pub fn things_in_the_way(&self) -> usize {
        self.things().iter().filter(|blocker| !blocker.is_to_come()).count()
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

    /// What keeps the feature from production: every earlier gate has to hold, and what the policy marks has to be met.
    /// Sign-offs of the current gate are not among it: the release gate opens after the deployment.
    pub fn keeps_from_production(&self) -> impl Iterator<Item = &Blocker> {
        self.blockers.iter().filter(|blocker| match blocker {
            Blocker::Earlier { .. }
            | Blocker::Drifted { .. }
            | Blocker::TierRaised { .. }
            | Blocker::OwedOverdue { .. }
            | Blocker::NeverPassed { .. } => true,
            other => self.before_production.contains(&other.subject()),
        })
    }

    fn may_change_at(&mut self, at: OffsetDateTime, now: OffsetDateTime) {
        if at > now {
            self.changes_at = Some(self.changes_at.map_or(at, |earlier| earlier.min(at)));
        }
    }
}

/// Decides about the gate of a phase. All blockers are reported, not the first.
///
/// Sign-offs count when they cover the dossier as it is now and their author did not contribute to it; one person
/// fills one seat, whatever number of facts names them. What an earlier gate asks for and no longer holds blocks this
/// one. A waiver in force takes a blocker out, never a sign-off, a veto or a debt.
#[must_use]
pub fn decide(policy: &Policy, phase: &Phase, situation: &Situation, now: OffsetDateTime) -> Decision {
    let mut decision = Decision::default();
    let mut found = phase_findings(phase, &situation.facts, now, &mut decision);
    // Nothing comes after the last gate, so what is owed is paid before it.
    let is_last = policy.phases.last().is_some_and(|last| last.key == phase.key);
    for gate in &situation.earlier {
        // A gate that the policy in force does not have asks for nothing any more.
        let Some(earlier) = policy.phase(&gate.phase) else { continue };
        found.extend(earlier_findings(earlier, gate, is_last, now, &mut decision));
    }
    // Under a policy that says nothing of waivers, none counts: not even one from before the feature moved to it.
    let waivers = policy.terms.waivers.is_some();
    for (subject, found) in once(found) {
        let found = Found { waivable: found.waivable && waivers, ..found };
        note(&mut decision, subject, found, (policy, situation), now);
    }
    for waiver in &situation.waivers {
        decision.may_change_at(waiver.until, now);
    }
    let (vetoes, missing, met) = sign_offs(phase, &situation.facts);
    decision.blockers.extend(vetoes);
    decision.blockers.extend(missing);
    decision.met.extend(met);
    decision
}

/// A blocker that was found, and what the policy says of it.
pub(super) struct Found {
    pub(super) blocker: Blocker,
    pub(super) waivable: bool,
    pub(super) before_production: bool,
}

/// What several controls or conditions find is one thing, under the strictest of them: what one of them never waives
/// is not waived by way of another, and what one of them wants before production is wanted then. In the order in which
/// things were found first, each with its subject.
fn once(found: Vec<Found>) -> Vec<(String, Found)> {
    let mut places: HashMap<String, usize> = HashMap::with_capacity(found.len());
    let mut things: Vec<(String, Found)> = Vec::with_capacity(found.len());
    for next in found {
        let subject = next.blocker.subject();
        if let Some((_, thing)) = places.get(&subject).and_then(|place| things.get_mut(*place)) {
            thing.waivable &= next.waivable;
            thing.before_production |= next.before_production;
        } else {
            places.insert(subject.clone(), things.len());
            things.push((subject, next));
        }
    }
    things
}

/// Notes what was found: as a blocker, or as waived by what was approved on terms that the policy in force allows.
fn note(
    decision: &mut Decision,
    subject: String,
    found: Found,
    (policy, situation): (&Policy, &Situation),
    now: OffsetDateTime,
) {
    let Found { blocker, waivable, before_production } = found;
    let in_force = |it: &&WaiverFact| it.subject == subject && now < it.until && waiver::counts(policy, it);
    // The longest of several, and of these the newest: order does not matter.
    let longest = situation
        .waivers
        .iter()
        .filter(in_force)
        .max_by_key(|waiver| (waiver.until, waiver.number))
        .filter(|_| waivable);
    if let Some(waiver) = longest {
        decision.waived.push(Waived { blocker, waiver: waiver.clone() });
        return;
    }
    if before_production {
        decision.before_production.insert(subject.clone());
    }
    if waivable {
        decision.waivable.insert(subject);
    }
    decision.blockers.push(blocker);
}

/// What a phase asks for and does not have, sign-offs apart.
fn phase_findings(phase: &Phase, facts: &Facts, now: OffsetDateTime, decision: &mut Decision) -> Vec<Found> {
    let (found, met) = look(phase, facts, now);
    decision.met.extend(met);
    for until in moments(facts) {
        decision.may_change_at(until, now);
    }
    found
}

/// Looks at the controls and conditions of a phase: what is missing, and what holds.
fn look(phase: &Phase, facts: &Facts, now: OffsetDateTime) -> (Vec<Found>, Vec<Met>) {
    let (mut found, mut met) = (Vec::new(), Vec::new());
    for control in phase.controls_for(facts.tier) {
        let blockers = control_blockers(phase, control, facts, now);
        if blockers.is_empty() {
            met.push(Met::Control {
                phase: phase.key.clone(),
                control: control.key.clone(),
                title: control.title.clone(),
                not_applicable: is_set_aside(control, facts.controls.get(&control.key)),
            });
        }
        found.extend(blockers.into_iter().map(|blocker| Found {
            blocker,
            waivable: control.waivable,
            before_production: control.before_production,
        }));
    }
    for asked in phase.conditions_for(facts.tier) {
        let (blockers, holds) = condition(&asked.wanted, facts, now);
        // Two conditions may ask for the same thing, which then holds once.
        for holds in holds {
            if !met.contains(&holds) {
                met.push(holds);
            }
        }
        found.extend(blockers.into_iter().map(|blocker| Found {
            blocker,
            waivable: asked.waivable,
            before_production: asked.before_production,
        }));
    }
    (found, met)
}

/// Every instant at which something in these facts expires.
fn moments(facts: &Facts) -> impl Iterator<Item = OffsetDateTime> {
    let attached = facts.controls.values().flat_map(|control| &control.evidence);
    attached.chain(&facts.evidence).filter_map(|item: &EvidenceFact| item.until)
}

/// What an earlier gate says now.
fn earlier_findings(
    phase: &Phase,
    gate: &EarlierGate,
    is_last: bool,
    now: OffsetDateTime,
    decision: &mut Decision,
) -> Vec<Found> {
    for until in moments(&gate.facts) {
        decision.may_change_at(until, now);
    }
    let (found, _) = look(phase, &gate.facts, now);
    let roles = || phase.gate.sign_offs_for(gate.facts.tier).map(|rule| rule.role).collect::<Vec<Role>>();
    let later = |found: Vec<Found>| {
        found.into_iter().map(|found| Found {
            blocker: Blocker::Earlier { name: phase.name.clone(), what: Box::new(found.blocker) },
            ..found
        })
    };
    match &gate.passed {
        Passed::Owed { due } => {
            decision.may_change_at(*due, now);
            let mut missing: Vec<Blocker> = found.into_iter().map(|found| found.blocker).collect();
            let (vetoes, unsigned, _) = sign_offs(phase, &gate.facts);
            missing.extend(vetoes.into_iter().chain(unsigned));
            let unpaid = !missing.is_empty();
            decision.debts.push(Debt {
                phase: phase.key.clone(),
                name: phase.name.clone(),
                due: *due,
                missing,
            });
            let (phase, name, roles) = (phase.key.clone(), phase.name.clone(), roles());
            let overdue = now >= *due;
            let blocker = if overdue {
                Some(Blocker::OwedOverdue { phase, name, since: *due, roles })
            } else {
                is_last.then_some(Blocker::Owed { phase, name, due: *due, roles })
            };
            let found = |blocker| Found { blocker, waivable: false, before_production: overdue };
            blocker.filter(|_| unpaid).map(found).into_iter().collect()
        }
        Passed::Opened { tier, drift } => {
            let drifted = Found {
                blocker: Blocker::Drifted {
                    phase: phase.key.clone(),
                    name: phase.name.clone(),
                    items: drift.len(),
                    mark: drift_mark(drift),
                    roles: roles(),
                },
                waivable: true,
                before_production: true,
            };
            later(found)
                .chain((!drift.is_empty()).then_some(drifted))
                .chain(raised(phase, *tier, gate.facts.tier))
                .collect()
        }
        Passed::Unasked => {
            let (phase, name) = (phase.key.clone(), phase.name.clone());
            let blocker = Blocker::NeverPassed { phase, name };
            let unpassed = Found { blocker, waivable: false, before_production: true };
            later(found).chain([unpassed]).collect()
        }
    }
}

/// What a gate that was signed for a lower tier asks besides: whoever signed it has seen none of that, so it is passed
/// anew. Nothing where it asks the same of both tiers.
fn raised(phase: &Phase, from: Tier, to: Tier) -> Option<Found> {
    let blocker = Blocker::TierRaised { phase: phase.key.clone(), name: phase.name.clone(), from, to };
    let asks_more =
        from < to && phase.retiered(from, to).is_some_and(|change: PhaseChange| change.asks_more());
    asks_more.then_some(Found { blocker, waivable: true, before_production: true })
}

/// Vetoes, missing sign-offs, and quorums that are complete.
fn sign_offs(phase: &Phase, facts: &Facts) -> (Vec<Blocker>, Vec<Blocker>, Vec<Met>) {
    let vetoes: BTreeSet<(&str, Role)> = facts
        .sign_offs
        .iter()
        .filter(|sign_off| sign_off.verdict == Verdict::Deny)
        .map(|sign_off| (sign_off.name.as_str(), sign_off.role))
        .collect();
    let vetoes =
        vetoes.into_iter().map(|(name, role)| Blocker::Vetoed { name: name.to_owned(), role }).collect();
    let seats = seats(facts);
    let (mut missing, mut met) = (Vec::new(), Vec::new());
    for rule in phase.gate.sign_offs_for(facts.tier) {
        let need = rule.quorum.for_tier(facts.tier);
        let have = seats.values().filter(|role| **role == rule.role).count();
        let have = u8::try_from(have).unwrap_or(u8::MAX);
        if have >= need {
            met.push(Met::SignOffs { role: rule.role, need });
        } else {
            missing.push(Blocker::SignOffsMissing { role: rule.role, have, need });
        }
    }
    (vetoes, missing, met)
}

/// One seat a person: who counts, and as what. Who signs for somebody else takes that person's seat along with their
/// own, so neither can fill a second one.
fn seats(facts: &Facts) -> BTreeMap<PersonId, Role> {
    let counts = |sign_off: &&SignOffFact| {
        sign_off.verdict == Verdict::Approve
            && sign_off.covers == facts.dossier
            && sign_off.people().all(|person| !facts.contributors.include(person))
    };
    // In one order, whatever the facts came in: of contradicting ones the lower role wins.
    let mut standing: Vec<&SignOffFact> = facts.sign_offs.iter().filter(counts).collect();
    standing.sort_by_key(|sign_off| (sign_off.role, sign_off.person, sign_off.on_behalf_of));
    let mut taken: BTreeSet<PersonId> = BTreeSet::new();
    let mut seats = BTreeMap::new();
    for sign_off in standing {
        if sign_off.people().any(|person| taken.contains(&person)) {
            continue;
        }
        taken.extend(sign_off.people());
        seats.insert(sign_off.person, sign_off.role);
    }
    seats
}
