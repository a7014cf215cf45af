//! Reads a policy from its text.

use toml::de::DeTable;

use super::{
    model::{
        Condition, Control, ControlKey, EvidenceKind, Gate, Phase, PhaseKey, Policy, Proof, Quorum,
        SignOffRule, Tier, Tiers, Wanted, is_key,
    },
    problem::{PolicyErrors, PolicyProblem, Problems},
    read::{At, Reader, Section, TextRule, nearest, shown},
    terms::Terms,
};
use crate::{
    access::Role,
    record::Rule,
    threat::{Severity, ThreatStatus},
};

/// The longest policy that is read, in bytes.
pub const MAX_SOURCE_BYTES: usize = 256 * 1024;

const MAX_PHASES: usize = 20;
const MAX_CONTROLS: usize = 100;
const MAX_CONDITIONS: usize = 20;
const MAX_SIGN_OFFS: usize = 10;
const MAX_WORDS: usize = 30;
const MAX_QUORUM: u16 = 20;
const MAX_REVIEW_DAYS: u16 = 60;

const NAME: TextRule = TextRule { max: 120, lines: false };
const SENTENCE: TextRule = TextRule { max: 300, lines: false };
const PARAGRAPH: TextRule = TextRule { max: 1_000, lines: true };

const POLICY_KEYS: &[&str] = &["key", "version", "title", "summary", "phases"];
const PHASE_KEYS: &[&str] = &["key", "name", "purpose", "controls", "gate"];
const CONTROL_KEYS: &[&str] = &[
    "key",
    "title",
    "guidance",
    "source",
    "done_by",
    "proof",
    "evidence",
    "records",
    "reviewers",
    "tiers",
    "before_production",
    "can_be_not_applicable",
    "never_waived",
];
const GATE_KEYS: &[&str] = &["review_days", "conditions", "sign_offs"];
const CONDITION_KEYS: &[&str] = &["kind", "at_least", "needs", "tiers", "before_production", "never_waived"];
const SIGN_OFF_KEYS: &[&str] = &["role", "quorum", "meaning"];
const QUORUM_KEYS: &[&str] = &["low", "medium", "high"];

/// Reads a policy from its text.
///
/// # Errors
///
/// Everything that is wrong with the text, each with line and column. A text that is no TOML at all is only checked
/// for that.
pub fn parse(source: &str) -> Result<Policy, PolicyErrors> {
    if source.len() > MAX_SOURCE_BYTES {
        let mut problems = Problems::new(source);
        problems.add(MAX_SOURCE_BYTES, PolicyProblem::SourceTooLong { max_bytes: MAX_SOURCE_BYTES });
        return Err(problems.into_errors());
    }
    let mut reader = Reader::new(source);
    let (document, errors) = DeTable::parse_recoverable(source);
    if !errors.is_empty() {
        for error in errors {
            let at = error.span().map_or(source.len(), |span| span.start);
            reader.note(
                at,
                PolicyProblem::Syntax { message: error.message().trim_end_matches('.').to_owned() },
            );
        }
        return Err(reader.problems.into_errors());
    }
    let document = reader.document(document.get_ref(), POLICY_KEYS);
    match policy(&mut reader, document) {
        Some(policy) if reader.problems.is_empty() => Ok(policy),
        _ => Err(reader.problems.into_errors()),
    }
}

fn policy(reader: &mut Reader<'_>, section: Section<'_>) -> Option<Policy> {
    let key = key(reader, section);
    let version = version(reader, section);
    let title = reader.text(section, "title", NAME);
    let summary = reader.text(section, "summary", PARAGRAPH);
    let sections = reader.tables(section, "phases", MAX_PHASES, PHASE_KEYS);
    let sections = not_empty(reader, section, "phases", sections).unwrap_or_default();
    let mut phases = Vec::new();
    let mut places: Vec<At<&str>> = Vec::new();
    for section in sections {
        let (phase, key) = phase(reader, section);
        if let Some(key) = key {
            if let Some(first) = places.iter().find(|place| place.value == key.value) {
                let first_line = reader.problems.line(first.at);
                reader.note(key.at, PolicyProblem::DuplicatePhase { key: key.value.to_owned(), first_line });
            }
            places.push(key);
        }
        phases.extend(phase);
    }
    Some(Policy {
        key: key?.value.to_owned(),
        version: version?,
        title: title?,
        summary: summary?,
        terms: Terms::default(),
        frameworks: Vec::new(),
        phases,
    })
}

/// The section's own key, checked for its form.
fn key<'d>(reader: &mut Reader<'_>, section: Section<'d>) -> Option<At<&'d str>> {
    let key = reader.word(section, "key")?;
    if is_key(key.value) {
        Some(key)
    } else {
        reader.note(key.at, PolicyProblem::BadKey { given: shown(key.value) });
        None
    }
}

fn version(reader: &mut Reader<'_>, section: Section<'_>) -> Option<String> {
    let At { value, at } = reader.word(section, "version")?;
    let sound = (1..=32).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
        && value.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !sound {
        reader.note(at, PolicyProblem::BadVersion { given: shown(value) });
    }
    sound.then(|| value.to_owned())
}

fn phase<'d>(reader: &mut Reader<'_>, section: Section<'d>) -> (Option<Phase>, Option<At<&'d str>>) {
    let key = key(reader, section);
    let name = reader.text(section, "name", NAME);
    let purpose = reader.text(section, "purpose", PARAGRAPH);
    let controls = controls(reader, section);
    let gate = reader.table(section, "gate", GATE_KEYS).and_then(|gate_section| gate(reader, gate_section));
    let phase = key.and_then(|key| {
        Some(Phase {
            key: PhaseKey::parse(key.value).ok()?,
            name: name?,
            purpose: purpose?,
            controls: controls?,
            gate: gate?,
        })
    });
    (phase, key)
}

fn controls(reader: &mut Reader<'_>, phase: Section<'_>) -> Option<Vec<Control>> {
    let sections = reader.tables(phase, "controls", MAX_CONTROLS, CONTROL_KEYS)?;
    if sections.is_empty() {
        reader.note(phase.at, PolicyProblem::EmptyPhase);
        return None;
    }
    let wanted = sections.len();
    let mut controls = Vec::new();
    let mut places: Vec<At<&str>> = Vec::new();
    for section in sections {
        let key = key(reader, section);
        if let Some(key) = key {
            if let Some(first) = places.iter().find(|place| place.value == key.value) {
                let first_line = reader.problems.line(first.at);
                reader
                    .note(key.at, PolicyProblem::DuplicateControl { key: key.value.to_owned(), first_line });
            }
            places.push(key);
        }
        controls.extend(control(reader, section, key));
    }
    // With a control unread, which tiers are left without any cannot be said.
    if controls.len() < wanted {
        return None;
    }
    for tier in Tier::ALL.iter().copied() {
        if !controls.iter().any(|control| control.tiers.contains(tier)) {
            reader.note(phase.at, PolicyProblem::NoControlForTier { tier });
        }
    }
    Some(controls)
}

fn control(reader: &mut Reader<'_>, section: Section<'_>, key: Option<At<&str>>) -> Option<Control> {
    let title = reader.text(section, "title", NAME);
    let guidance = reader.text(section, "guidance", PARAGRAPH);
    let source = reader.text(section, "source", NAME);
    let done_by = reader.words(section, "done_by", MAX_WORDS, Role::from_code, unknown_role);
    let done_by = not_empty(reader, section, "done_by", done_by);
    let proof = proof(reader, section);
    let tiers = tiers(reader, section);
    let before_production = reader.flag(section, "before_production");
    let can_be_not_applicable = reader.flag(section, "can_be_not_applicable");
    let never_waived = reader.flag(section, "never_waived");
    Some(Control {
        key: ControlKey::parse(key?.value).ok()?,
        title: title?,
        guidance: guidance?,
        source: source?,
        done_by: done_by?,
        proof: proof?,
        tiers: tiers?,
        before_production: before_production?,
        can_be_not_applicable: can_be_not_applicable?,
        waivable: !never_waived?,
        frameworks: Vec::new(),
    })
}

fn not_empty<T>(
    reader: &mut Reader<'_>,
    section: Section<'_>,
    key: &'static str,
    items: Option<Vec<T>>,
) -> Option<Vec<T>> {
    let items = items?;
    if items.is_empty() {
        reader.note(Reader::place_of(section, key).unwrap_or(section.at), PolicyProblem::EmptyList { key });
        return None;
    }
    Some(items)
}

fn proof(reader: &mut Reader<'_>, section: Section<'_>) -> Option<Proof> {
    let proof = reader.word(section, "proof")?;
    let read = match proof.value {
        "statement" => Some(Proof::Statement),
        "evidence" => evidence(reader, section, proof.at),
        "records" => records(reader, section, proof.at),
        other => {
            let known = "statement, evidence, records".to_owned();
            reader.note(proof.at, PolicyProblem::UnknownProof { given: shown(other), known });
            return None;
        }
    };
    let mut sound = true;
    for (key, belongs_to, problem) in [
        ("evidence", "evidence", PolicyProblem::EvidenceNotAskedFor),
        ("records", "records", PolicyProblem::RuleNotAskedFor),
        ("reviewers", "records", PolicyProblem::ReviewersNotAskedFor),
    ] {
        if let (Some(at), true) = (Reader::place_of(section, key), proof.value != belongs_to) {
            reader.note(at, problem);
            sound = false;
        }
    }
    read.filter(|_| sound)
}

fn evidence(reader: &mut Reader<'_>, section: Section<'_>, proof: usize) -> Option<Proof> {
    let Some(at) = Reader::place_of(section, "evidence") else {
        reader.note(proof, PolicyProblem::NoEvidenceKinds);
        return None;
    };
    let kinds =
        reader.words(section, "evidence", MAX_WORDS, EvidenceKind::from_code, unknown_evidence_kind)?;
    if kinds.is_empty() {
        reader.note(at, PolicyProblem::NoEvidenceKinds);
        return None;
    }
    Some(Proof::Evidence(kinds))
}

fn records(reader: &mut Reader<'_>, section: Section<'_>, proof: usize) -> Option<Proof> {
    if Reader::place_of(section, "records").is_none() {
        reader.note(proof, PolicyProblem::NoRule);
        return None;
    }
    let At { value, at } = reader.word(section, "records")?;
    let Some(rule) = Rule::from_code(value) else {
        let (given, nearest) = (shown(value), nearest(value, Rule::ALL.iter().map(|rule| rule.code())));
        reader.note(at, PolicyProblem::UnknownRule { given, nearest, of: Rule::ALL.len() });
        return None;
    };
    let reviewers = match (rule.asks_for_reviewers(), Reader::place_of(section, "reviewers")) {
        (true, Some(_)) => Some(by_tier(reader, section, "reviewers")?),
        (true, None) => {
            reader.note(at, PolicyProblem::NoReviewers { rule });
            return None;
        }
        (false, Some(at)) => {
            reader.note(at, PolicyProblem::ReviewersNotAskedFor);
            return None;
        }
        (false, None) => None,
    };
    Some(Proof::Records { rule, reviewers })
}

fn tiers(reader: &mut Reader<'_>, section: Section<'_>) -> Option<Tiers> {
    let tiers = reader.words(section, "tiers", MAX_WORDS, Tier::from_code, unknown_tier);
    Some(not_empty(reader, section, "tiers", tiers)?.into_iter().collect())
}

fn gate(reader: &mut Reader<'_>, section: Section<'_>) -> Option<Gate> {
    let review_days = reader.number(section, "review_days", 1, MAX_REVIEW_DAYS);
    let conditions = conditions(reader, section);
    let sign_offs = sign_offs(reader, section);
    Some(Gate {
        conditions: conditions?,
        sign_offs: sign_offs?,
        review_days: review_days?.value,
        team_days: None,
    })
}

fn conditions(reader: &mut Reader<'_>, gate: Section<'_>) -> Option<Vec<Condition>> {
    let mut conditions: Vec<At<Condition>> = Vec::new();
    for section in reader.tables(gate, "conditions", MAX_CONDITIONS, CONDITION_KEYS)? {
        let Some(value) = condition(reader, section) else { continue };
        let earlier = conditions.iter().find_map(|other| {
            let same = other.value.code() == value.code();
            let tier = other.value.tiers.both(value.tiers).iter().next().filter(|_| same)?;
            Some((other.at, tier))
        });
        if let Some((at, tier)) = earlier {
            let first_line = reader.problems.line(at);
            reader
                .note(section.at, PolicyProblem::DuplicateCondition { kind: value.code(), tier, first_line });
        }
        conditions.push(At { value, at: section.at });
    }
    Some(conditions.into_iter().map(|condition| condition.value).collect())
}

fn condition(reader: &mut Reader<'_>, section: Section<'_>) -> Option<Condition> {
    let kind = reader.word(section, "kind");
    let tiers = tiers(reader, section);
    let before_production = reader.flag(section, "before_production");
    let never_waived = reader.flag(section, "never_waived");
    let wanted = wanted(reader, section, kind?)?;
    Some(Condition { wanted, tiers: tiers?, before_production: before_production?, waivable: !never_waived? })
}

fn wanted(reader: &mut Reader<'_>, section: Section<'_>, kind: At<&str>) -> Option<Wanted> {
    match kind.value {
        "threat-model-complete" => {
            for key in ["at_least", "needs"] {
                if let Some(at) = Reader::place_of(section, key) {
                    let known = "kind, tiers".to_owned();
                    reader.note(at, PolicyProblem::UnknownKey { given: key.to_owned(), known });
                }
            }
            Some(Wanted::ThreatModelComplete)
        }
        "no-untreated-threat" => {
            let At { value, at } = reader.word(section, "at_least")?;
            let Some(at_least) = Severity::from_code(value) else {
                let known = listed(Severity::ALL, Severity::code);
                reader.note(at, PolicyProblem::UnknownSeverity { given: shown(value), known });
                return None;
            };
            let At { value, at } = reader.word(section, "needs")?;
            let needs = ThreatStatus::from_code(value).filter(|status| *status > ThreatStatus::Open);
            let Some(needs) = needs else {
                let known = listed(&ThreatStatus::ALL[1..], ThreatStatus::code);
                reader.note(at, PolicyProblem::UnknownTreatment { given: shown(value), known });
                return None;
            };
            Some(Wanted::NoUntreatedThreat { at_least, needs })
        }
        other => {
            let known = "threat-model-complete, no-untreated-threat".to_owned();
            reader.note(kind.at, PolicyProblem::UnknownCondition { given: shown(other), known });
            None
        }
    }
}

fn sign_offs(reader: &mut Reader<'_>, gate: Section<'_>) -> Option<Vec<SignOffRule>> {
    let sections = reader.tables(gate, "sign_offs", MAX_SIGN_OFFS, SIGN_OFF_KEYS)?;
    if sections.is_empty() {
        reader.note(gate.at, PolicyProblem::NoSignOff);
        return None;
    }
    let wanted = sections.len();
    let mut rules = Vec::new();
    let mut places: Vec<At<Role>> = Vec::new();
    for section in sections {
        let role = role(reader, section);
        if let Some(role) = role {
            if let Some(first) = places.iter().find(|place| place.value == role.value) {
                let first_line = reader.problems.line(first.at);
                reader.note(role.at, PolicyProblem::DuplicateSignOff { role: role.value, first_line });
            }
            places.push(role);
        }
        let quorum = by_tier(reader, section, "quorum");
        let meaning = reader.text(section, "meaning", SENTENCE);
        if let (Some(role), Some(quorum), Some(meaning)) = (role, quorum, meaning) {
            rules.push(SignOffRule { role: role.value, quorum, meaning });
        }
    }
    if rules.len() < wanted {
        return None;
    }
    for tier in Tier::ALL.iter().copied() {
        if !rules.iter().any(|rule| rule.quorum.for_tier(tier) > 0) {
            reader.note(gate.at, PolicyProblem::NoSignOffForTier { tier });
        }
    }
    Some(rules)
}

fn role(reader: &mut Reader<'_>, section: Section<'_>) -> Option<At<Role>> {
    let At { value, at } = reader.word(section, "role")?;
    let role = Role::from_code(value);
    if role.is_none() {
        reader.note(at, unknown_role(shown(value)));
    }
    role.map(|value| At { value, at })
}

/// A number of people for each tier, never fewer for a higher one.
fn by_tier(reader: &mut Reader<'_>, section: Section<'_>, key: &'static str) -> Option<Quorum> {
    let section = reader.table(section, key, QUORUM_KEYS)?;
    let low = reader.number(section, "low", 0, MAX_QUORUM);
    let medium = reader.number(section, "medium", 0, MAX_QUORUM);
    let high = reader.number(section, "high", 0, MAX_QUORUM);
    let people = |number: At<u16>| u8::try_from(number.value).ok().map(|value| At { value, at: number.at });
    let (low, medium, high) = (people(low?)?, people(medium?)?, people(high?)?);
    if low.value == 0 && medium.value == 0 && high.value == 0 {
        reader.note(section.at, PolicyProblem::QuorumZero { key });
        return None;
    }
    let mut sound = true;
    for (tier, before, now) in [(Tier::Medium, low, medium), (Tier::High, medium, high)] {
        if now.value < before.value {
            let problem = PolicyProblem::QuorumDecreases { key, tier, before: before.value, now: now.value };
            reader.note(now.at, problem);
            sound = false;
        }
    }
    sound.then_some(Quorum { low: low.value, medium: medium.value, high: high.value })
}

fn unknown_role(given: String) -> PolicyProblem {
    PolicyProblem::UnknownRole { given, known: listed(Role::ALL, Role::code) }
}

fn unknown_tier(given: String) -> PolicyProblem {
    PolicyProblem::UnknownTier { given, known: listed(Tier::ALL, Tier::code) }
}

fn unknown_evidence_kind(given: String) -> PolicyProblem {
    PolicyProblem::UnknownEvidenceKind { given, known: listed(EvidenceKind::ALL, EvidenceKind::code) }
}

fn listed<T: Copy>(all: &[T], code: impl Fn(T) -> &'static str) -> String {
    all.iter().map(|item| code(*item)).collect::<Vec<_>>().join(", ")
}
