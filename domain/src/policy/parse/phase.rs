//! A phase and its controls.

use super::{Places, by_tier, frameworks::Known, gate};
use crate::policy::{
    language::{control as language, phase as phase_language},
    model::{Control, ControlKey, Phase, PhaseKey, Proof, ProofForm, Tier},
    problem::PolicyProblem,
    read::{At, Reader, Section},
    terms::FrameworkRef,
};

pub(super) fn phase(
    reader: &mut Reader<'_>,
    section: Section<'_>,
    key: Option<At<&str>>,
    known: &Known,
) -> Option<Phase> {
    let name = reader.text(section, &phase_language::TITLE);
    let purpose = reader.text(section, &phase_language::PURPOSE);
    let controls = controls(reader, section, known);
    let gate = reader.table(section, &phase_language::GATE).and_then(|section| gate::gate(reader, section));
    Some(Phase {
        key: PhaseKey::parse(key?.value).ok()?,
        name: name?,
        purpose: purpose?,
        controls: controls?,
        gate: gate?,
    })
}

fn controls(reader: &mut Reader<'_>, phase: Section<'_>, known: &Known) -> Option<Vec<Control>> {
    let sections = reader.tables(phase, &phase_language::CONTROLS)?;
    let wanted = sections.len();
    let mut controls = Vec::new();
    let mut places = Places::default();
    for section in sections {
        let key = reader.formed(section, &language::KEY);
        places.once(reader, key, |key, first_line| {
            let key = key.to_owned();
            PolicyProblem::DuplicateControl { key, first_line }
        });
        controls.extend(control(reader, section, key, known));
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

fn control(
    reader: &mut Reader<'_>,
    section: Section<'_>,
    key: Option<At<&str>>,
    known: &Known,
) -> Option<Control> {
    let title = reader.text(section, &language::TITLE);
    let guidance = reader.text(section, &language::GUIDANCE);
    let source = reader.text(section, &language::SOURCE);
    let done_by = reader.choices(section, &language::DONE_BY);
    let proof = proof(reader, section);
    let tiers = reader.choices(section, &language::TIERS);
    let before_production = reader.flag(section, &language::BEFORE_PRODUCTION);
    let can_be_not_applicable = reader.flag(section, &language::CAN_BE_NOT_APPLICABLE);
    let never_waived = reader.flag(section, &language::NEVER_WAIVED);
    let frameworks =
        reader.or(section, &language::FRAMEWORKS, Vec::new(), |reader| practices(reader, section, known));
    Some(Control {
        key: ControlKey::parse(key?.value).ok()?,
        title: title?,
        guidance: guidance?,
        source: source?,
        done_by: done_by?,
        proof: proof?,
        tiers: tiers?.into_iter().collect(),
        before_production: before_production?,
        can_be_not_applicable: can_be_not_applicable?,
        waivable: !never_waived?,
        frameworks: frameworks?,
    })
}

fn practices(reader: &mut Reader<'_>, control: Section<'_>, known: &Known) -> Option<Vec<FrameworkRef>> {
    let names = reader.formed_list(control, &language::FRAMEWORKS)?;
    let wanted = names.len();
    let practices: Vec<_> = names.into_iter().filter_map(|name| known.practice(reader, name)).collect();
    (practices.len() == wanted).then_some(practices)
}

fn proof(reader: &mut Reader<'_>, section: Section<'_>) -> Option<Proof> {
    let proof = reader.choice(section, &language::PROOF)?;
    let read = match proof.value {
        ProofForm::Statement => Some(Proof::Statement),
        ProofForm::Evidence => evidence(reader, section, proof.at),
        ProofForm::Records => records(reader, section, proof.at),
    };
    let mut sound = true;
    for (at, belongs_to, problem) in [
        (
            Reader::place_of(section, &language::EVIDENCE),
            ProofForm::Evidence,
            PolicyProblem::EvidenceNotAskedFor,
        ),
        (Reader::place_of(section, &language::RECORDS), ProofForm::Records, PolicyProblem::RuleNotAskedFor),
        (
            Reader::place_of(section, &language::REVIEWERS),
            ProofForm::Records,
            PolicyProblem::ReviewersNotAskedFor,
        ),
    ] {
        if let (Some(at), true) = (at, proof.value != belongs_to) {
            reader.note(at, problem);
            sound = false;
        }
    }
    read.filter(|_| sound)
}

fn evidence(reader: &mut Reader<'_>, section: Section<'_>, proof: usize) -> Option<Proof> {
    if Reader::place_of(section, &language::EVIDENCE).is_none() {
        reader.note(proof, PolicyProblem::NoEvidenceKinds);
        return None;
    }
    reader.choices(section, &language::EVIDENCE).map(Proof::Evidence)
}

fn records(reader: &mut Reader<'_>, section: Section<'_>, proof: usize) -> Option<Proof> {
    if Reader::place_of(section, &language::RECORDS).is_none() {
        reader.note(proof, PolicyProblem::NoRule);
        return None;
    }
    let At { value: rule, at } = reader.choice(section, &language::RECORDS)?;
    let reviewers = match (rule.asks_for_reviewers(), Reader::place_of(section, &language::REVIEWERS)) {
        (true, Some(_)) => Some(by_tier(reader, section, &language::REVIEWERS)?),
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
