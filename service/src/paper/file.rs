use std::collections::{BTreeMap, BTreeSet};

use sluice_domain::{
    access::Role,
    audit::Authentication,
    canonical::Digest,
    gate::{Blocker, ControlFact, EvidenceFact, Facts, Mark, Verdict, control_blockers},
    ids::{FeatureKey, PersonId},
    policy::{Control, EvidenceKind, Phase, PhaseKey, Tier},
    record::{RecordKind, Shortfall},
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::read::{
    MOST, Said, ThreatAnswers, attempts, controls, evidence, sign_offs, threat_answers, totals, uses,
};
use crate::{
    Service,
    actor::Actor,
    error::Result,
    evidence::Target,
    features::{
        FeatureSummary, Lineage, PhaseState, lineage,
        page::{Opened, open},
        row::Feature,
    },
    gates::{Gate, gather_many},
    history::{HistoryEntry, latest},
    records::{RecordItem, all_items, names},
    relations::{Relations, relations},
    risk::{Rated, rated},
    threats::{ThreatItem, threats},
    waivers::{WaiverItem, all_waivers},
};

/// The whole record of a feature as it stood at one instant: what an auditor files.
#[derive(Clone, Debug)]
pub struct FeatureRecord {
    /// The feature's header. Its instant of reading is that of the whole record.
    pub summary: FeatureSummary,
    /// The description, in Markdown.
    pub description: String,
    /// When the feature was created.
    pub created_at: OffsetDateTime,
    /// SHA-256 of the text of the policy.
    pub policy_digest: Digest,
    /// The answers to the risk questionnaire, where somebody gave them.
    pub rated: Option<Rated>,
    /// The name of who prints it.
    pub printed_by: String,
    /// The phases in order.
    pub phases: Vec<FiledPhase>,
    /// Records of kinds that no phase of the policy works on.
    pub other: Vec<FiledKind>,
    /// The four answers of the threat model; `None` while nothing was answered.
    pub threat_model: Option<ThreatAnswers>,
    /// The threats, the worst first.
    pub threats: Vec<ThreatItem>,
    /// The evidence, by number.
    pub evidence: Vec<FiledEvidence>,
    /// The waivers that were asked for, by number.
    pub waivers: Vec<WaiverItem>,
    /// What it came out of, and what came out of it.
    pub lineage: Lineage,
    /// How it is related to other features, as far as the reader may see them.
    pub relations: Relations,
    /// What happened, the oldest event first.
    pub history: Vec<HistoryEntry>,
    /// Names of the people whom the records name.
    pub names: BTreeMap<PersonId, String>,
    /// What there is more of than was printed.
    pub cuts: Vec<Cut>,
}

/// Something of which not all is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// What, in the plural.
    pub what: &'static str,
    /// How many there are.
    pub total: i64,
    /// How many of them are printed.
    pub printed: i64,
}

/// One phase.
#[derive(Clone, Debug)]
pub struct FiledPhase {
    /// What the policy says of it.
    pub phase: Phase,
    /// Where the feature stands with it.
    pub state: PhaseState,
    /// The attempts at its gate, in order.
    pub attempts: Vec<Attempt>,
    /// The sign-offs of its gate, in order.
    pub sign_offs: Vec<FiledSignOff>,
    /// Its checklist: what the tier owes, and whatever else was said.
    pub controls: Vec<FiledControl>,
    /// The records whose work is done in it.
    pub records: Vec<FiledKind>,
    /// Kinds of record that it works on as well, printed with an earlier phase.
    pub elsewhere: Vec<(RecordKind, PhaseKey)>,
}

/// One attempt at a gate.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its number.
    pub cycle: i32,
    /// Since when the team worked on it.
    pub started_at: OffsetDateTime,
    /// Who asked for the review last, and when.
    pub requested: Option<(String, OffsetDateTime)>,
    /// How it ended; `None` while it is under way.
    pub ended: Option<AttemptEnd>,
}

/// What an attempt at a gate came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The gate opened.
    Opened,
    /// A reviewer returned it.
    Returned,
    /// The feature was moved back.
    MovedBack,
    /// An emergency went through it.
    Owed {
        /// Until when its sign-offs are owed.
        until: Option<OffsetDateTime>,
        /// Since when they are complete.
        paid_at: Option<OffsetDateTime>,
    },
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub struct AttemptEnd {
    /// When.
    pub at: OffsetDateTime,
    /// What it came to.
    pub how: AttemptOutcome,
    /// Since when a move back undid it.
    pub undone_at: Option<OffsetDateTime>,
    /// The tier under which it opened.
    pub tier: Option<Tier>,
    /// Who returned it.
    pub by: Option<String>,
    /// Why.
    pub reason: String,
}

/// A sign-off with everything that it says.
#[derive(Clone, Debug)]
pub struct FiledSignOff {
    /// The attempt.
    pub cycle: i32,
    /// The name printed on it.
    pub name: String,
    /// The seat.
    pub role: Role,
    /// What it says.
    pub verdict: Verdict,
    /// What it means.
    pub meaning: String,
    /// Why.
    pub reason: String,
    /// The dossier that it covers.
    pub dossier: Digest,
    /// How the person proved who they are.
    pub authentication: Option<Authentication>,
    /// When.
    pub signed_at: OffsetDateTime,
    /// How it ended, when, and why.
    pub ended: Option<(String, OffsetDateTime, String)>,
}

/// One control.
#[derive(Clone, Debug)]
pub struct FiledControl {
    /// What the policy says of it.
    pub control: Control,
    /// Whether the feature's tier owes it.
    pub owed: bool,
    /// What the team said.
    pub mark: Mark,
    /// What was done, or why it does not apply.
    pub note: String,
    /// Version, author and time of what was said.
    pub said: Option<(i32, String, OffsetDateTime)>,
    /// Numbers of the evidence attached to it.
    pub evidence: Vec<i32>,
    /// Whether it is met.
    pub met: bool,
    /// What its records still lack.
    pub lacks: Vec<Shortfall>,
}

/// The records of one kind.
#[derive(Clone, Debug)]
pub struct FiledKind {
    /// The kind.
    pub kind: RecordKind,
    /// The records, by number.
    pub items: Vec<RecordItem>,
}

/// One item of evidence.
#[derive(Clone, Debug)]
pub struct FiledEvidence {
    /// Its number, as in `E-3`.
    pub number: i32,
    /// What it is called.
    pub title: String,
    /// What it is.
    pub kind: EvidenceKind,
    /// What it is attached to.
    pub targets: Vec<Target>,
    /// Its versions, the current one last.
    pub versions: Vec<FiledVersion>,
}

/// One version of an item of evidence.
#[derive(Clone, Debug)]
pub struct FiledVersion {
    /// Its number.
    pub version: i32,
    /// Name of the file.
    pub file_name: String,
    /// The media type that the browser declared.
    pub media_type: Option<String>,
    /// Size of the file in bytes.
    pub size: u64,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// What its author said about it.
    pub note: String,
    /// Who uploaded it.
    pub author: String,
    /// When.
    pub uploaded_at: OffsetDateTime,
}

/// What the phases are put together from.
struct Material {
    said: BTreeMap<(String, String), Said>,
    attempts: BTreeMap<String, Vec<Attempt>>,
    sign_offs: BTreeMap<String, Vec<FiledSignOff>>,
    /// Kinds and numbers of the evidence attached to a control.
    proofs: BTreeMap<(String, String), Vec<(EvidenceKind, i32)>>,
    records: BTreeMap<RecordKind, Vec<RecordItem>>,
    /// What is known about each phase, in the order of the policy.
    facts: Vec<Facts>,
}

impl Service {
    /// The whole record of a feature. All of it is read as of one instant, with a constant number of queries.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is no such feature that the actor may see.
    pub async fn feature_record(&self, actor: &Actor, key: &FeatureKey) -> Result<FeatureRecord> {
        // One snapshot: a page that is filed must not mix two states of a feature.
        let mut snapshot = self.db.reads().begin_with("begin isolation level repeatable read").await?;
        let record = read(self, &mut snapshot, actor, key).await?;
        snapshot.rollback().await?;
        Ok(record)
    }
}

async fn read(
    service: &Service,
    connection: &mut PgConnection,
    actor: &Actor,
    key: &FeatureKey,
) -> Result<FeatureRecord> {
    let Opened { feature, summary, .. } = open(service, connection, actor, key).await?;
    let totals = totals(connection, feature.id).await?;
    let items = all_items(connection, feature.id, MOST).await?;
    let names = names(connection, &items).await?;
    let threat_model = threat_answers(connection, feature.id).await?;
    let threats = threats(connection, feature.id.uuid(), None, Some(MOST)).await?;
    let mut uses = uses(connection, feature.id).await?;
    let evidence = evidence(connection, feature.id, &mut uses).await?;
    let waivers = all_waivers(connection, feature.id, MOST, summary.now).await?;
    let lineage = lineage(connection, actor, feature.id).await?;
    let relations = relations(service, connection, actor, feature.id).await?;
    let mut history = latest(connection, &service.policies, feature.id, MOST).await?;
    history.reverse();

    let more = |code: &str| totals.get(code).copied().filter(|total| *total > MOST);
    let cut: BTreeSet<RecordKind> =
        RecordKind::ALL.iter().copied().filter(|kind| more(kind.code()).is_some()).collect();
    let bounded = cut.iter().map(|kind| (kind.code(), kind.spec().plural)).chain([
        ("threat", "threats"),
        ("evidence", "items of evidence"),
        ("waiver", "waivers"),
        ("event", "events"),
    ]);
    let cuts: Vec<Cut> =
        bounded.filter_map(|(code, what)| Some(Cut { what, total: more(code)?, printed: MOST })).collect();

    let facts = facts(connection, &feature, summary.now).await?;
    let mut records: BTreeMap<RecordKind, Vec<RecordItem>> = BTreeMap::new();
    for item in items {
        records.entry(item.kind).or_default().push(item);
    }
    let mut material = Material {
        said: controls(connection, feature.id).await?,
        attempts: attempts(connection, feature.id).await?,
        sign_offs: sign_offs(connection, feature.id).await?,
        proofs: proofs(&evidence),
        records,
        facts,
    };
    let phases = phases(&feature, &summary, &mut material);
    Ok(FeatureRecord {
        description: feature.description,
        created_at: feature.created_at,
        policy_digest: feature.policy.digest,
        rated: rated(connection, feature.id).await?,
        printed_by: actor.name.clone(),
        phases,
        other: filed(RecordKind::ALL.iter().copied(), &mut material.records),
        threat_model,
        threats,
        evidence,
        waivers,
        lineage,
        relations,
        history,
        names,
        cuts,
        summary,
    })
}

/// What is known about each phase, in the order of the policy.
async fn facts(connection: &mut PgConnection, feature: &Feature, now: OffsetDateTime) -> Result<Vec<Facts>> {
    let policy = &feature.policy.policy;
    let gate = |phase| Gate { feature, policy, policy_digest: feature.policy.digest, phase, cycle: 1 };
    let gates: Vec<Gate<'_>> = policy.phases.iter().map(gate).collect();
    let gathered = gather_many(connection, &gates, now).await?;
    Ok(gathered.into_iter().map(|gathered| gathered.situation.facts).collect())
}

/// Kinds and numbers of evidence by the control that it is attached to.
fn proofs(evidence: &[FiledEvidence]) -> BTreeMap<(String, String), Vec<(EvidenceKind, i32)>> {
    let mut proofs: BTreeMap<(String, String), Vec<(EvidenceKind, i32)>> = BTreeMap::new();
    for item in evidence {
        for target in &item.targets {
            if let Target::Control(phase, control) = target {
                let place = (phase.to_string(), control.to_string());
                proofs.entry(place).or_default().push((item.kind, item.number));
            }
        }
    }
    proofs
}

fn phases(feature: &Feature, summary: &FeatureSummary, material: &mut Material) -> Vec<FiledPhase> {
    let mut printed: BTreeMap<RecordKind, PhaseKey> = BTreeMap::new();
    let mut filed_phases = Vec::new();
    let facts = std::mem::take(&mut material.facts);
    for (phase, facts) in feature.policy.policy.phases.iter().zip(facts) {
        let controls = controls_of(phase, material, facts, summary.now);
        let kinds = phase.record_kinds();
        let elsewhere = kinds.iter().filter_map(|kind| Some((*kind, printed.get(kind)?.clone()))).collect();
        let mine: Vec<RecordKind> = kinds.into_iter().filter(|kind| !printed.contains_key(kind)).collect();
        printed.extend(mine.iter().map(|kind| (*kind, phase.key.clone())));
        let step = summary.steps.iter().find(|step| step.key == phase.key);
        filed_phases.push(FiledPhase {
            state: step.map_or(PhaseState::Todo, |step| step.state.clone()),
            attempts: material.attempts.remove(phase.key.as_str()).unwrap_or_default(),
            sign_offs: material.sign_offs.remove(phase.key.as_str()).unwrap_or_default(),
            controls,
            records: filed(mine, &mut material.records),
            elsewhere,
            phase: phase.clone(),
        });
    }
    filed_phases
}

/// The checklist of a phase. Of controls that other tiers owe, those of which something was said.
fn controls_of(
    phase: &Phase,
    material: &mut Material,
    mut facts: Facts,
    now: OffsetDateTime,
) -> Vec<FiledControl> {
    let mut filed = Vec::new();
    for control in &phase.controls {
        let place = (phase.key.to_string(), control.key.to_string());
        let said = material.said.remove(&place);
        let proofs = material.proofs.remove(&place).unwrap_or_default();
        let owed = control.tiers.contains(facts.tier);
        if !owed && said.is_none() && proofs.is_empty() {
            continue;
        }
        let mark = said.as_ref().map_or(Mark::Open, |said| said.mark);
        if !owed {
            // The gate does not look at it, so the facts know nothing of it.
            let evidence = proofs
                .iter()
                .map(|(kind, number)| EvidenceFact { number: *number, kind: *kind, until: None })
                .collect();
            facts.controls.insert(control.key.clone(), ControlFact { mark, evidence });
        }
        let blockers = control_blockers(phase, control, &facts, now);
        filed.push(FiledControl {
            owed,
            mark,
            note: said.as_ref().map(|said| said.note.clone()).unwrap_or_default(),
            said: said.map(|said| (said.version, said.author, said.changed_at)),
            evidence: proofs.into_iter().map(|(_, number)| number).collect(),
            met: blockers.is_empty(),
            lacks: blockers.iter().filter_map(Blocker::shortfall).cloned().collect(),
            control: control.clone(),
        });
    }
    filed
}

/// Takes the records of some kinds, those without any left out.
fn filed(
    kinds: impl IntoIterator<Item = RecordKind>,
    records: &mut BTreeMap<RecordKind, Vec<RecordItem>>,
) -> Vec<FiledKind> {
    kinds.into_iter().filter_map(|kind| Some(FiledKind { kind, items: records.remove(&kind)? })).collect()
}
