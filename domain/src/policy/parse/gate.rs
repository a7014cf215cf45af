//! A gate: its conditions and who signs.

use super::{Places, by_tier};
use crate::policy::{
    condition::{Condition, ConditionKind, Wanted},
    language::{condition as language, gate as gate_language, sign_off as sign_off_language},
    model::{Gate, SignOffRule, Tier},
    problem::PolicyProblem,
    read::{At, Reader, Section},
};

pub(super) fn gate(reader: &mut Reader<'_>, section: Section<'_>) -> Option<Gate> {
    use gate_language::{REVIEW_DAYS, TEAM_DAYS};

    let review_days = reader.number(section, &REVIEW_DAYS);
    let team_days = reader.or(section, &TEAM_DAYS, None, |reader| {
        reader.number(section, &TEAM_DAYS).map(|days| Some(days.value))
    });
    let conditions = conditions(reader, section);
    let sign_offs = sign_offs(reader, section);
    Some(Gate {
        conditions: conditions?,
        sign_offs: sign_offs?,
        review_days: review_days?.value,
        team_days: team_days?,
    })
}

fn conditions(reader: &mut Reader<'_>, gate: Section<'_>) -> Option<Vec<Condition>> {
    let mut conditions: Vec<At<Condition>> = Vec::new();
    for section in reader.tables(gate, &gate_language::CONDITIONS)? {
        let Some(value) = condition(reader, section) else { continue };
        let earlier = conditions.iter().find_map(|other| {
            let same = other.value.code() == value.code();
            let tier = other.value.tiers.both(value.tiers).iter().next().filter(|_| same)?;
            Some((other.at, tier))
        });
        if let Some((at, tier)) = earlier {
            let first_line = reader.problems.line(at);
            let problem = PolicyProblem::DuplicateCondition { kind: value.code(), tier, first_line };
            reader.note(section.at, problem);
        }
        conditions.push(At { value, at: section.at });
    }
    Some(conditions.into_iter().map(|condition| condition.value).collect())
}

fn condition(reader: &mut Reader<'_>, section: Section<'_>) -> Option<Condition> {
    let kind = reader.choice(section, &language::KIND).map(|kind| kind.value);
    let table = kind.map_or(&language::TABLE, ConditionKind::table);
    reader.refuse_unknown(section, table.keys());
    let tiers = reader.choices(section, &language::TIERS);
    let before_production = reader.flag(section, &language::BEFORE_PRODUCTION);
    let never_waived = reader.flag(section, &language::NEVER_WAIVED);
    let wanted = wanted(reader, section, kind?);
    Some(Condition {
        wanted: wanted?,
        tiers: tiers?.into_iter().collect(),
        before_production: before_production?,
        waivable: !never_waived?,
    })
}

fn wanted(reader: &mut Reader<'_>, section: Section<'_>, kind: ConditionKind) -> Option<Wanted> {
    let reviewers = match kind {
        ConditionKind::ThreatModelComplete => return Some(Wanted::ThreatModelComplete),
        ConditionKind::ThreatModelCurrent => return Some(Wanted::ThreatModelCurrent),
        ConditionKind::RecordArchived => return Some(Wanted::RecordArchived),
        ConditionKind::NoUntreatedThreat => {
            let at_least = reader.choice(section, &language::AT_LEAST);
            let needs = reader.choice(section, &language::NEEDS);
            return Some(Wanted::NoUntreatedThreat { at_least: at_least?.value, needs: needs?.value });
        }
        ConditionKind::NoOpenFinding => {
            let at_least = reader.choice(section, &language::AT_LEAST)?.value;
            return Some(Wanted::NoOpenFinding { at_least });
        }
        ConditionKind::EvidencePresent => {
            let kinds = reader.choices(section, &language::EVIDENCE)?;
            return Some(Wanted::EvidencePresent { kinds });
        }
        ConditionKind::DocumentsPresent => {
            let kinds = reader.choices(section, &language::EVIDENCE)?;
            return Some(Wanted::DocumentsPresent { kinds });
        }
        ConditionKind::ReviewersPerChange => Some(by_tier(reader, section, &language::REVIEWERS)?),
        ConditionKind::RequirementsPresent
        | ConditionKind::TestsPassed
        | ConditionKind::ChecksGreen
        | ConditionKind::StakeholdersInformed
        | ConditionKind::ArtefactsSigned
        | ConditionKind::PromotedThroughStaging => None,
    };
    Some(Wanted::Records { subject: kind.subject()?, reviewers })
}

fn sign_offs(reader: &mut Reader<'_>, gate: Section<'_>) -> Option<Vec<SignOffRule>> {
    let sections = reader.tables(gate, &gate_language::SIGN_OFFS)?;
    let wanted = sections.len();
    let mut rules = Vec::new();
    let mut places = Places::default();
    for section in sections {
        let role = reader.choice(section, &sign_off_language::ROLE);
        places.once(reader, role, |role, first_line| PolicyProblem::DuplicateSignOff { role, first_line });
        let quorum = by_tier(reader, section, &sign_off_language::QUORUM);
        let meaning = reader.text(section, &sign_off_language::MEANING);
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
