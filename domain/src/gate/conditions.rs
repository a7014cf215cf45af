//! What keeps a control or a condition from being met.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::{Blocker, ControlFact, EvidenceFact, Facts, Mark, Met};
use crate::{
    policy::{Control, EvidenceKind, Phase, Proof, RecordsSubject, Wanted},
    record::RecordKind,
    threat::{Question, Severity, ThreatStatus},
};

/// Whether the team said that the control does not apply, and the policy lets it say so. Where the policy does not,
/// the mark means nothing: the control is open until it is proved.
pub(super) fn is_set_aside(control: &Control, fact: Option<&ControlFact>) -> bool {
    control.can_be_not_applicable && fact.is_some_and(|fact| fact.mark == Mark::NotApplicable)
}

/// What keeps a control from being met: one blocker, or one for each thing that its records still lack.
#[must_use]
pub fn control_blockers(
    phase: &Phase,
    control: &Control,
    facts: &Facts,
    now: OffsetDateTime,
) -> Vec<Blocker> {
    let fact = facts.controls.get(&control.key);
    if is_set_aside(control, fact) {
        return Vec::new();
    }
    let nothing = BTreeSet::new();
    let evidence = fact.map_or(&nothing, |fact| &fact.evidence);
    match &control.proof {
        Proof::Statement if fact.is_some_and(|fact| fact.mark == Mark::Done) => Vec::new(),
        Proof::Statement => match proved(evidence, |_| true, now) {
            Proved::Holds => Vec::new(),
            Proved::Expired(item) => vec![expired(phase, control, &item)],
            Proved::Missing => vec![Blocker::ControlOpen {
                phase: phase.key.clone(),
                control: control.key.clone(),
                title: control.title.clone(),
                done_by: control.done_by.clone(),
            }],
        },
        Proof::Evidence(kinds) => match proved(evidence, |kind| kinds.contains(&kind), now) {
            Proved::Holds => Vec::new(),
            Proved::Expired(item) => vec![expired(phase, control, &item)],
            Proved::Missing => vec![Blocker::EvidenceMissing {
                phase: phase.key.clone(),
                control: control.key.clone(),
                title: control.title.clone(),
                kinds: kinds.clone(),
                done_by: control.done_by.clone(),
            }],
        },
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

/// What evidence says.
enum Proved {
    /// An item holds.
    Holds,
    /// Items were there and have expired; this one held longest.
    Expired(EvidenceFact),
    /// There is none.
    Missing,
}

fn proved(
    evidence: &BTreeSet<EvidenceFact>,
    counts: impl Fn(EvidenceKind) -> bool,
    now: OffsetDateTime,
) -> Proved {
    let counting = || evidence.iter().filter(|item| counts(item.kind));
    if counting().any(|item| item.holds(now)) {
        return Proved::Holds;
    }
    counting().max_by_key(|item| (item.until, item.number)).cloned().map_or(Proved::Missing, Proved::Expired)
}

fn expired(phase: &Phase, control: &Control, item: &EvidenceFact) -> Blocker {
    Blocker::EvidenceExpired {
        phase: phase.key.clone(),
        control: control.key.clone(),
        title: control.title.clone(),
        number: item.number,
        since: item.until.unwrap_or(OffsetDateTime::UNIX_EPOCH),
        done_by: control.done_by.clone(),
    }
}

/// What keeps a condition from being met, and what of it holds.
pub(super) fn condition(wanted: &Wanted, facts: &Facts, now: OffsetDateTime) -> (Vec<Blocker>, Vec<Met>) {
    match wanted {
        Wanted::ThreatModelComplete => {
            let (answered, open): (Vec<Question>, Vec<Question>) =
                Question::ALL.iter().partition(|question| facts.answered.contains(question));
            (
                open.into_iter().map(|question| Blocker::QuestionOpen { question }).collect(),
                answered.into_iter().map(Met::Question).collect(),
            )
        }
        Wanted::ThreatModelCurrent => {
            let stale = Blocker::ThreatModelStale { scope: facts.stale_for.unwrap_or_default() };
            either(facts.stale_for.is_none(), stale, Met::ThreatModelCurrent)
        }
        Wanted::NoUntreatedThreat { at_least, needs } => untreated(facts, *at_least, *needs),
        Wanted::NoOpenFinding { at_least } => open_findings(facts, *at_least),
        Wanted::EvidencePresent { kinds } => evidence(facts, kinds.clone(), now),
        Wanted::DocumentsPresent { kinds } => {
            let (mut blockers, mut met) = (Vec::new(), Vec::new());
            for kind in kinds {
                let (missing, holds) = evidence(facts, vec![*kind], now);
                blockers.extend(missing);
                met.extend(holds);
            }
            (blockers, met)
        }
        Wanted::Records { subject, reviewers } => {
            let reviewers = reviewers.map_or(0, |reviewers| reviewers.for_tier(facts.tier));
            records(facts, *subject, reviewers)
        }
        Wanted::RecordArchived => either(facts.archived, Blocker::NotArchived, Met::Archived),
    }
}

fn either(holds: bool, blocker: Blocker, met: Met) -> (Vec<Blocker>, Vec<Met>) {
    if holds { (Vec::new(), vec![met]) } else { (vec![blocker], Vec::new()) }
}

fn untreated(facts: &Facts, at_least: Severity, needs: ThreatStatus) -> (Vec<Blocker>, Vec<Met>) {
    // A set: the decision is the same in whatever order the facts came.
    let behind: BTreeSet<_> = facts
        .threats
        .iter()
        .filter(|threat| threat.severity >= at_least && threat.status < needs)
        .map(|threat| (threat.number, threat.severity))
        .collect();
    let met = behind.is_empty().then_some(Met::Threats { at_least, needs });
    let blockers =
        behind.into_iter().map(|(number, severity)| Blocker::ThreatUntreated { number, severity, needs });
    (blockers.collect(), met.into_iter().collect())
}

fn open_findings(facts: &Facts, at_least: Severity) -> (Vec<Blocker>, Vec<Met>) {
    let open: BTreeSet<(i32, Severity)> = facts
        .records
        .records
        .iter()
        .filter(|record| record.kind == RecordKind::Finding && matches!(record.state.code, "open" | "fixed"))
        // A severity that cannot be read is the worst: a gate does not open on what it does not understand.
        .map(|record| {
            let severity = Severity::from_code(record.values.text("severity"));
            (record.number, severity.unwrap_or(Severity::Critical))
        })
        .filter(|(_, severity)| *severity >= at_least)
        .collect();
    let met = open.is_empty().then_some(Met::Findings { at_least });
    let blockers = open.into_iter().map(|(number, severity)| Blocker::FindingOpen { number, severity });
    (blockers.collect(), met.into_iter().collect())
}

fn evidence(facts: &Facts, kinds: Vec<EvidenceKind>, now: OffsetDateTime) -> (Vec<Blocker>, Vec<Met>) {
    match proved(&facts.evidence, |kind| kinds.contains(&kind), now) {
        Proved::Holds => (Vec::new(), vec![Met::Evidence { kinds }]),
        Proved::Expired(item) => (vec![Blocker::EvidenceWanted { kinds, since: item.until }], Vec::new()),
        Proved::Missing => (vec![Blocker::EvidenceWanted { kinds, since: None }], Vec::new()),
    }
}

fn records(facts: &Facts, subject: RecordsSubject, reviewers: u8) -> (Vec<Blocker>, Vec<Met>) {
    let shortfalls: BTreeSet<_> =
        subject.rules().iter().flat_map(|rule| rule.shortfalls(&facts.records, reviewers)).collect();
    let met = shortfalls.is_empty().then_some(Met::Records(subject));
    let blockers =
        shortfalls.into_iter().map(|shortfall| Blocker::ConditionShort { condition: subject, shortfall });
    (blockers.collect(), met.into_iter().collect())
}
