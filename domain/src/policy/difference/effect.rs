//! Whether a change asks more or less.

use std::cmp::Ordering;

use super::Effect;
use crate::policy::model::{Proof, Quorum, Tier, Tiers};

/// More of it asks more.
pub(super) fn more_tightens<T: Ord>(before: &T, after: &T) -> Effect {
    match after.cmp(before) {
        Ordering::Greater => Effect::Tightens,
        Ordering::Less => Effect::Loosens,
        Ordering::Equal => Effect::Neutral,
    }
}

/// Less of it asks more.
pub(super) fn less_tightens<T: Ord>(before: &T, after: &T) -> Effect {
    more_tightens(before, after).back()
}

/// A limit that is there, or is lower, asks more than none.
pub(super) fn limit(before: Option<u16>, after: Option<u16>) -> Effect {
    less_tightens(&before.map_or(u32::MAX, u32::from), &after.map_or(u32::MAX, u32::from))
}

/// The larger set asks more; of two sets of which neither holds the other, only a person can say.
pub(super) fn larger_tightens<T: PartialEq>(before: &[T], after: &[T]) -> Effect {
    let holds = |set: &[T], part: &[T]| part.iter().all(|item| set.contains(item));
    match (holds(after, before), holds(before, after)) {
        (true, false) => Effect::Tightens,
        (false, true) => Effect::Loosens,
        _ => Effect::Neutral,
    }
}

/// Owed by more features, it asks more.
pub(super) fn tiers(before: Tiers, after: Tiers) -> Effect {
    let list = |tiers: Tiers| tiers.iter().collect::<Vec<_>>();
    larger_tightens(&list(before), &list(after))
}

/// More people ask more, unless there are fewer for another tier.
pub(super) fn people(before: Quorum, after: Quorum) -> Effect {
    let each = Tier::ALL.iter().map(|tier| after.for_tier(*tier).cmp(&before.for_tier(*tier)));
    let (mut more, mut fewer) = (false, false);
    for ordering in each {
        more |= ordering == Ordering::Greater;
        fewer |= ordering == Ordering::Less;
    }
    match (more, fewer) {
        (true, false) => Effect::Tightens,
        (false, true) => Effect::Loosens,
        _ => Effect::Neutral,
    }
}

/// Anything asks more than a statement; of several kinds of evidence any will do.
pub(super) fn proof(before: &Proof, after: &Proof) -> Effect {
    match (before, after) {
        (Proof::Statement, Proof::Statement) => Effect::Neutral,
        (Proof::Statement, _) => Effect::Tightens,
        (_, Proof::Statement) => Effect::Loosens,
        (Proof::Evidence(before), Proof::Evidence(after)) => larger_tightens(before, after).back(),
        (
            Proof::Records { rule, reviewers: Some(before) },
            Proof::Records { rule: other, reviewers: Some(after) },
        ) if rule == other => people(*before, *after),
        _ => Effect::Neutral,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{policy::EvidenceKind, record::Rule};

    #[test]
    fn a_proof_asks_more_than_a_statement_and_numbers_are_compared_under_one_rule_only() {
        let reviewed =
            |rule, low| Proof::Records { rule, reviewers: Some(Quorum { low, medium: 2, high: 2 }) };
        let (one, two) = (reviewed(Rule::ChangesReviewed, 1), reviewed(Rule::ChangesReviewed, 2));
        let shown = |kinds: &[EvidenceKind]| Proof::Evidence(kinds.to_vec());
        let either = shown(&[EvidenceKind::Sbom, EvidenceKind::Vex]);
        for (before, after, effect) in [
            (&Proof::Statement, &Proof::Statement, Effect::Neutral),
            (&Proof::Statement, &one, Effect::Tightens),
            (&either, &shown(&[EvidenceKind::Vex]), Effect::Tightens),
            (&either, &one, Effect::Neutral),
            (&one, &two, Effect::Tightens),
            (&one, &reviewed(Rule::FindingsAddressed, 2), Effect::Neutral),
        ] {
            assert_eq!(proof(before, after), effect, "{before:?} -> {after:?}");
            assert_eq!(proof(after, before), effect.back(), "{after:?} -> {before:?}");
        }
    }
}
