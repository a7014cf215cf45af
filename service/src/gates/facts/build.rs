use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};
use sluice_domain::{
    access::Role,
    canonical::{self, Digest},
    dossier::{Contributors, Dossier, Item, ItemKind},
    gate::{
        ControlFact, EarlierGate, EvidenceFact, Facts, Mark, Passed, SignOffFact, Situation, ThreatFact,
        Verdict, WaiverFact,
    },
    ids::Id,
    policy::{ControlKey, EvidenceKind, Phase, Tier},
    record::{RecordFact, RecordFacts, RecordKind, RecordRef, Rule},
    threat::{Question, Severity, ThreatStatus},
    waiver::{Waiver, WaiverState},
};

use super::{
    Gate, Gathered,
    drift::{Candidate, Signed},
    load::{ArchiveRow, EvidenceRow, Look, Products, Rows, WaiverRow, author},
};
use crate::{
    error::{Error, Result},
    features::row::{digest, salt},
    records::{state_of, store::values},
};

/// The facts about a gate, and what of earlier gates may have drifted.
pub(super) struct Built {
    pub(super) gathered: Gathered,
    /// What was signed at the gates that are in `situation.earlier`, in the same order.
    pub(super) signed: Vec<Signed>,
}

/// Everything about a feature that does not depend on the phase: read and hashed once.
struct Parts<'a> {
    gate: &'a Gate<'a>,
    rows: &'a Rows,
    products: &'a Products,
    records: Vec<(RecordFact, Item)>,
    evidence: BTreeMap<i32, (EvidenceFact, Item)>,
    threats: Vec<(ThreatFact, Item)>,
    model: Option<Item>,
    waivers: Vec<Item>,
}

/// Puts the facts of one gate together.
pub(super) fn build(gate: &Gate<'_>, rows: &Rows, products: &Products) -> Result<Built> {
    let parts = Parts {
        gate,
        rows,
        products,
        records: records(rows)?,
        evidence: evidence(gate, rows)?,
        threats: threats(rows)?,
        model: model_item(rows)?,
        waivers: waiver_items(rows)?,
    };
    let (facts, dossier) = parts.phase(gate.phase, gate.cycle)?;
    let (mut earlier, mut signed) = (Vec::new(), Vec::new());
    for phase in gate.policy.before(&gate.phase.key) {
        let passed = rows.passed.iter().find(|row| row.phase == phase.key.as_str());
        let cycle = passed.map_or(1, |row| row.cycle);
        let (facts, dossier) = parts.phase(phase, cycle)?;
        let (passed, then) = match passed {
            None => (Passed::Unasked, Signed::default()),
            Some(row) => {
                if let Some(due) = row.owed_until {
                    (Passed::Owed { due }, Signed::default())
                } else {
                    let then = parts.signed(phase, row.manifest.as_deref(), &dossier)?;
                    let tier = row.tier.as_deref().and_then(Tier::from_code);
                    let tier = tier.ok_or_else(|| Error::internal("a gate was passed for no tier"))?;
                    (Passed::Opened { tier, drift: Vec::new() }, then)
                }
            }
        };
        earlier.push(EarlierGate { phase: phase.key.clone(), facts, passed });
        signed.push(then);
    }
    let waivers = waiver_facts(rows)?;
    let situation = Situation { facts, earlier, waivers };
    Ok(Built { gathered: Gathered { situation, dossier, waivers: known_waivers(rows) }, signed })
}

impl Parts<'_> {
    /// The facts about one phase, with the dossier of its gate.
    fn phase(&self, phase: &Phase, cycle: i32) -> Result<(Facts, Dossier)> {
        let feature = self.gate.feature;
        let look = Look::of(phase, feature.tier);
        let mut items = BTreeSet::from([feature.scope_item()]);
        items.extend(self.waivers.iter().cloned());
        let records = self.record_facts(&look, &mut items);
        let numbers = self.evidence_of(phase, &look, &records);
        items.extend(
            numbers.iter().filter_map(|number| self.evidence.get(number)).map(|(_, item)| item.clone()),
        );
        let controls = self.controls(phase, &mut items)?;
        let mut answered = BTreeSet::new();
        let mut threats = Vec::new();
        let mut stale_for = None;
        if look.threats {
            items.extend(self.model.clone());
            items.extend(self.threats.iter().map(|(_, item)| item.clone()));
            threats = self.threats.iter().map(|(fact, _)| fact.clone()).collect();
            if let Some(model) = &self.rows.model {
                let answers = [
                    (Question::Scope, &model.scope),
                    (Question::Threats, &model.threats),
                    (Question::Response, &model.response),
                    (Question::Review, &model.review),
                ];
                answered = answers.iter().filter(|(_, text)| !text.is_empty()).map(|(q, _)| *q).collect();
                let knows_it = model.for_scope.is_none_or(|scope| scope >= feature.scope_version);
                stale_for = (!knows_it).then_some(feature.scope_version);
            }
        }
        let wanted: Vec<EvidenceKind> =
            phase.conditions_for(feature.tier).flat_map(|c| c.wanted.evidence()).copied().collect();
        let dossier = Dossier {
            feature: feature.key.clone(),
            policy: self.gate.policy_digest,
            phase: phase.key.clone(),
            cycle,
            tier: feature.tier,
            items,
        };
        let facts = Facts {
            tier: feature.tier,
            controls,
            records,
            evidence: self
                .evidence
                .values()
                .filter(|(fact, _)| wanted.contains(&fact.kind))
                .map(|(fact, _)| fact.clone())
                .collect(),
            answered,
            stale_for,
            threats,
            sign_offs: self.sign_offs(phase, cycle)?,
            contributors: self.contributors(phase, &look, &numbers),
            dossier: dossier.digest(),
            archived: self.is_archived(phase),
        };
        Ok((facts, dossier))
    }

    /// Whether the record is archived, as the gate of a phase may ask: at the gate at hand as it is now, at one before it
    /// at any time. What was kept for that one is kept; that it is not the latest is for the gate at hand to say.
    fn is_archived(&self, phase: &Phase) -> bool {
        let at_hand = |row: &&ArchiveRow| row.phase == phase.key.as_str();
        match self.rows.archives.iter().find(at_hand) {
            Some(row) => row.whole,
            None => !self.rows.archives.is_empty(),
        }
    }

    /// What the records and the product say to the rules of a phase. What they read becomes an item.
    fn record_facts(&self, look: &Look, items: &mut BTreeSet<Item>) -> RecordFacts {
        let mut facts = RecordFacts::default();
        if look.kinds.is_empty() {
            return facts;
        }
        for (fact, item) in self.records.iter().filter(|(fact, _)| look.kinds.contains(&fact.kind)) {
            items.insert(item.clone());
            facts.records.push(fact.clone());
        }
        if look.rules.iter().any(|rule| rule.reads_threats()) {
            let mitigated =
                self.rows.threats.iter().filter(|row| row.treatment.as_deref() == Some("mitigate"));
            facts.mitigated = mitigated.map(|row| row.number).collect();
            facts.mitigated.sort_unstable();
        }
        let product = self.gate.feature.product;
        for list in look.rules.iter().filter_map(|rule| rule.list()) {
            if let Some(listed) = self.products.lists.get(&(product, list)) {
                items.insert(listed.item.clone());
                facts.points.insert(list, listed.points.clone());
            }
        }
        if look.rules.contains(&Rule::StandardsAttested) {
            items.insert(self.products.standards.item(product));
            let authors = self.rows.records.iter().filter_map(author).collect();
            facts.standards = self.products.standards.in_force(product);
            facts.unattested = self.products.standards.missing(product, &authors);
        }
        facts
    }

    /// Numbers of the evidence that a sign-off of the phase covers: attached to its controls or, where it looks at them,
    /// to threats; named by its records; or of a kind that a condition asks for.
    fn evidence_of(&self, phase: &Phase, look: &Look, records: &RecordFacts) -> BTreeSet<i32> {
        let used = self.rows.uses.iter().filter(|row| match row.target_kind.as_str() {
            "control" => row.phase == phase.key.as_str(),
            _ => look.threats,
        });
        let mut numbers: BTreeSet<i32> = used.map(|row| row.number).collect();
        for record in &records.records {
            for field in record.kind.spec().fields.iter().filter(|field| field.input.is_many()) {
                numbers.extend(record.values.many(field.key).iter().filter_map(|text| match text.parse() {
                    Ok(RecordRef::Evidence(number)) => Some(number),
                    _ => None,
                }));
            }
        }
        let tier = self.gate.feature.tier;
        let wanted: BTreeSet<EvidenceKind> =
            phase.conditions_for(tier).flat_map(|condition| condition.wanted.evidence()).copied().collect();
        numbers.extend(
            self.evidence
                .values()
                .filter(|(fact, _)| wanted.contains(&fact.kind))
                .map(|(fact, _)| fact.number),
        );
        numbers
    }

    fn controls(
        &self,
        phase: &Phase,
        items: &mut BTreeSet<Item>,
    ) -> Result<BTreeMap<ControlKey, ControlFact>> {
        let mut attached: HashMap<&str, BTreeSet<i32>> = HashMap::new();
        for row in &self.rows.uses {
            if row.target_kind == "control" && row.phase == phase.key.as_str() {
                attached.entry(&row.target).or_default().insert(row.number);
            }
        }
        let rows: HashMap<&str, _> = self
            .rows
            .controls
            .iter()
            .filter(|row| row.phase == phase.key.as_str())
            .map(|row| (row.control.as_str(), row))
            .collect();
        let mut facts = BTreeMap::new();
        for control in phase.controls_for(self.gate.feature.tier) {
            let row = rows.get(control.key.as_str());
            let attached = attached.get(control.key.as_str());
            if row.is_none() && attached.is_none() {
                continue;
            }
            let evidence: BTreeSet<EvidenceFact> = attached
                .into_iter()
                .flatten()
                .filter_map(|number| self.evidence.get(number))
                .map(|(fact, _)| fact.clone())
                .collect();
            // The link itself is part of what is signed: `E-1 plan`, `E-2 sbom`.
            let links = attached.map(|_| {
                evidence
                    .iter()
                    .map(|fact| format!("E-{} {}", fact.number, fact.kind.code()))
                    .collect::<BTreeSet<_>>()
            });
            let (mark, digest, version) = match row {
                Some(row) => {
                    let content = json!({"mark": row.mark, "note": row.note, "evidence": links});
                    let mark = Mark::from_code(&row.mark).ok_or_else(|| Error::internal("unknown mark"))?;
                    (mark, salt(row.salt.clone())?.commit(text(&content).as_bytes()), row.version)
                }
                // Nothing was said of it yet; the links are no free text and need no salt.
                None => (Mark::Open, Digest::of(text(&json!({ "evidence": links })).as_bytes()), 0),
            };
            items.insert(Item { kind: ItemKind::Control, key: control.key.to_string(), version, digest });
            facts.insert(control.key.clone(), ControlFact { mark, evidence });
        }
        Ok(facts)
    }

    fn sign_offs(&self, phase: &Phase, cycle: i32) -> Result<Vec<SignOffFact>> {
        let of_gate = |row: &&super::load::SignOffRow| row.phase == phase.key.as_str() && row.cycle == cycle;
        self.rows
            .sign_offs
            .iter()
            .filter(of_gate)
            .map(|row| {
                Ok(SignOffFact {
                    person: Id::new(row.person_id),
                    name: row.printed_name.clone(),
                    role: Role::from_code(&row.role).ok_or_else(|| Error::internal("unknown role"))?,
                    verdict: Verdict::from_code(&row.verdict)
                        .ok_or_else(|| Error::internal("unknown verdict"))?,
                    covers: digest(&row.dossier)?,
                    on_behalf_of: row.on_behalf_of.map(Id::new),
                })
            })
            .collect()
    }

    /// Everybody who wrote a version of an item in the dossier of a phase, earlier versions included.
    fn contributors(&self, phase: &Phase, look: &Look, evidence: &BTreeSet<i32>) -> Contributors {
        let counts = |row: &&super::load::ContributionRow| match row.kind.as_str() {
            "scope" => true,
            "control" => row.part == phase.key.as_str(),
            "threat" | "threat-model" => look.threats,
            "record" => RecordKind::from_code(&row.part).is_some_and(|kind| look.kinds.contains(&kind)),
            "evidence" => row.part.parse().is_ok_and(|number| evidence.contains(&number)),
            "waiver" => self.waivers.iter().any(|item| item.key == waiver_key(&row.part)),
            _ => false,
        };
        Contributors(
            self.rows.contributions.iter().filter(counts).map(|row| Id::new(row.person_id)).collect(),
        )
    }

    /// What was signed at a gate that opened, and is another now: each a candidate for drift.
    fn signed(&self, phase: &Phase, manifest: Option<&str>, now: &Dossier) -> Result<Signed> {
        let Some(manifest) = manifest else { return Ok(Signed::default()) };
        let items = sluice_domain::dossier::items_of(manifest)
            .ok_or_else(|| Error::internal("a dossier's manifest cannot be read"))?;
        let current: HashMap<(ItemKind, &str), &Item> =
            now.items.iter().map(|item| ((item.kind, item.key.as_str()), item)).collect();
        // Another policy looks at other things: what it leaves out was not taken out by anybody.
        let same_policy = sluice_domain::dossier::policy_of(manifest) == Some(now.policy);
        let mut candidates = Vec::new();
        for item in items.into_iter().filter(|item| !item.kind.is_of_product()) {
            let there = current.get(&(item.kind, item.key.as_str())).copied();
            // A control that the tier no longer owes is nobody's concern, and a waiver that is over brings back what it let
            // pass; anything else that is gone was taken out.
            let let_go = match item.kind {
                ItemKind::Control | ItemKind::Waiver => true,
                ItemKind::Evidence => !same_policy && self.is_in_use(&item),
                _ => !same_policy,
            };
            if there.is_none() && let_go || there.is_some_and(|there| there.version == item.version) {
                continue;
            }
            let says = there.map(|_| self.says(phase, &item));
            candidates.push(Candidate {
                version: there.map(|there| there.version),
                item,
                says: says.flatten(),
            });
        }
        Ok(Signed { candidates })
    }

    /// Whether anything of the feature still rests on an item of evidence: nothing is deleted, so evidence that nothing
    /// rests on was taken off whatever it was signed with.
    fn is_in_use(&self, item: &Item) -> bool {
        let Ok(RecordRef::Evidence(number)) = item.key.parse() else { return false };
        self.rows.uses.iter().any(|row| row.number == number)
            || self.records.iter().any(|(fact, _)| {
                let many = fact.kind.spec().fields.iter().filter(|field| field.input.is_many());
                many.flat_map(|field| fact.values.many(field.key)).any(|text| *text == item.key)
            })
    }

    /// What an item says now, in a form that [`super::drift`] reads of its earlier versions as well. Evidence says what
    /// its file says, so every version is another.
    fn says(&self, phase: &Phase, item: &Item) -> Option<Value> {
        let rows = self.rows;
        match item.kind {
            ItemKind::Scope => {
                let feature = self.gate.feature;
                Some(json!({"title": feature.title, "description": feature.description}))
            }
            ItemKind::Control => rows
                .controls
                .iter()
                .find(|row| row.phase == phase.key.as_str() && row.control == item.key)
                .map(|row| {
                    // A control that is open says nothing.
                    let mark = Some(&row.mark).filter(|mark| *mark != Mark::Open.code());
                    json!({"mark": mark, "note": row.note})
                }),
            ItemKind::ThreatModel => rows.model.as_ref().map(|row| {
                json!({"scope": row.scope, "threats": row.threats, "response": row.response, "review": row.review})
            }),
            ItemKind::Threat => rows.threats.iter().find(|row| format!("T-{}", row.number) == item.key).map(|row| {
                json!({"title": row.title, "element": row.element, "stride": row.stride,
                       "description": row.description, "severity": row.severity, "treatment": row.treatment,
                       "countermeasure": row.countermeasure})
            }),
            ItemKind::Record => self
                .records
                .iter()
                .position(|(_, other)| other.key == item.key)
                .and_then(|index| rows.records.get(index))
                .map(|row| json!({"title": row.title, "state": row.state, "fields": row.fields})),
            ItemKind::Evidence | ItemKind::Waiver | ItemKind::List | ItemKind::Standards => None,
        }
    }
}

/// The key of a waiver, by its number.
fn waiver_key(number: impl std::fmt::Display) -> String {
    format!("W-{number}")
}

/// The waivers that were approved. One leaves the dossier when it is ended or noted as lapsed, so that an approval which
/// relied on it covers the dossier no longer.
fn waiver_items(rows: &Rows) -> Result<Vec<Item>> {
    rows.waivers
        .iter()
        .filter(|row| row.approved)
        .map(|row| {
            let content = json!({
                "subject": row.subject, "until": row.until.unix_timestamp(), "reason": row.reason,
                "compensation": row.compensation,
            });
            Ok(Item {
                kind: ItemKind::Waiver,
                key: waiver_key(row.number),
                version: row.version,
                digest: salt(row.salt.clone())?.commit(text(&content).as_bytes()),
            })
        })
        .collect()
}

/// The waivers that were approved, with whose approval that was. Without one it lets nothing pass.
fn waiver_facts(rows: &Rows) -> Result<Vec<WaiverFact>> {
    let approved = rows.waivers.iter().filter(|row| row.approved);
    approved
        .filter_map(|row| Some((row, row.decided_role.as_deref()?, row.decided_at?)))
        .map(|(row, code, approved_at)| {
            let role = Role::from_code(code).ok_or_else(|| Error::internal("unknown role"))?;
            let (number, subject, until) = (row.number, row.subject.clone(), row.until);
            Ok(WaiverFact { number, subject, until, role, approved_at })
        })
        .collect()
}

/// The waivers that were asked for or approved, for the rules of their next steps.
fn known_waivers(rows: &Rows) -> Vec<Waiver> {
    let known = |row: &WaiverRow| Waiver {
        number: row.number,
        subject: row.subject.clone(),
        state: if row.approved { WaiverState::Approved } else { WaiverState::Requested },
        until: row.until,
        requested_by: Id::new(row.requested_by),
    };
    rows.waivers.iter().map(known).collect()
}

fn text(content: &Value) -> String {
    canonical::to_string(content)
}

/// The records in the order of their rows.
fn records(rows: &Rows) -> Result<Vec<(RecordFact, Item)>> {
    rows.records
        .iter()
        .map(|row| {
            let kind =
                RecordKind::from_code(&row.kind).ok_or_else(|| Error::internal("unknown kind of record"))?;
            let content = json!({"title": row.title, "state": row.state, "fields": row.fields});
            let item = Item {
                kind: ItemKind::Record,
                key: kind.key(row.number),
                version: row.version,
                digest: salt(row.salt.clone())?.commit(text(&content).as_bytes()),
            };
            let fact = RecordFact {
                kind,
                number: row.number,
                title: row.title.clone(),
                state: state_of(kind, &row.state)?,
                values: values(row.fields.clone())?,
            };
            Ok((fact, item))
        })
        .collect()
}

fn evidence(gate: &Gate<'_>, rows: &Rows) -> Result<BTreeMap<i32, (EvidenceFact, Item)>> {
    rows.evidence
        .iter()
        .map(|row| {
            let kind =
                EvidenceKind::from_code(&row.kind).ok_or_else(|| Error::internal("unknown evidence kind"))?;
            let lifetime = gate.policy.terms.evidence_lifetime(kind);
            let fact = EvidenceFact {
                number: row.number,
                kind,
                until: lifetime.and_then(|lifetime| row.uploaded_at.checked_add(lifetime)),
            };
            Ok((row.number, (fact, evidence_item(row)?)))
        })
        .collect()
}

fn evidence_item(row: &EvidenceRow) -> Result<Item> {
    // The file by its SHA-256; its names and note are people's words, so only committed to.
    let words = json!({"title": row.title, "file-name": row.file_name, "note": row.note});
    let content = json!({
        "sha-256": digest(&row.digest)?.to_string(),
        "words": salt(row.salt.clone())?.commit(text(&words).as_bytes()).to_string(),
    });
    Ok(Item {
        kind: ItemKind::Evidence,
        key: format!("E-{}", row.number),
        version: row.version,
        digest: Digest::of(text(&content).as_bytes()),
    })
}

fn threats(rows: &Rows) -> Result<Vec<(ThreatFact, Item)>> {
    let mut links: HashMap<&str, BTreeSet<String>> = HashMap::new();
    for row in rows.uses.iter().filter(|row| row.target_kind == "threat") {
        links.entry(&row.target).or_default().insert(format!("E-{} {}", row.number, row.kind));
    }
    rows.threats
        .iter()
        .map(|row| {
            let content = json!({
                "title": row.title, "element": row.element, "stride": row.stride, "description": row.description,
                "severity": row.severity, "treatment": row.treatment, "countermeasure": row.countermeasure,
                "owner": row.owner_id.map(|id| id.to_string()), "status": row.status,
                "evidence": links.get(row.number.to_string().as_str()),
            });
            let item = Item {
                kind: ItemKind::Threat,
                key: format!("T-{}", row.number),
                version: row.version,
                digest: salt(row.salt.clone())?.commit(text(&content).as_bytes()),
            };
            let fact = ThreatFact {
                number: row.number,
                severity: Severity::from_code(&row.severity)
                    .ok_or_else(|| Error::internal("unknown severity"))?,
                status: ThreatStatus::from_code(&row.status).ok_or_else(|| Error::internal("unknown status"))?,
            };
            Ok((fact, item))
        })
        .collect()
}

fn model_item(rows: &Rows) -> Result<Option<Item>> {
    let Some(model) = &rows.model else { return Ok(None) };
    let content = json!([model.scope, model.threats, model.response, model.review]);
    Ok(Some(Item {
        kind: ItemKind::ThreatModel,
        key: "threat-model".into(),
        version: model.version,
        digest: salt(model.salt.clone())?.commit(text(&content).as_bytes()),
    }))
}
