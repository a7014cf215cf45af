//! Two decisions about the same gate, by two versions of a policy: what one asks and the other does not.

use std::collections::BTreeSet;

use super::{Blocker, Decision, Situation};
use crate::canonical::Digest;

/// What another version of the policy changes in a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionChange {
    /// What would block and does not.
    pub appears: Vec<Blocker>,
    /// What blocks and would not.
    pub vanishes: Vec<Blocker>,
}

impl DecisionChange {
    /// Whether both decide the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.appears.is_empty() && self.vanishes.is_empty()
    }
}

impl Decision {
    /// What changes from this decision to another one about the same gate. A blocker is the same one while it is about
    /// the same subject and says the same of it, whatever its words.
    #[must_use]
    pub fn change_to(&self, other: &Self) -> DecisionChange {
        DecisionChange { appears: only_in(other, self), vanishes: only_in(self, other) }
    }
}

fn only_in(one: &Decision, other: &Decision) -> Vec<Blocker> {
    let there: BTreeSet<(String, &str)> =
        other.blockers.iter().map(|blocker| (blocker.subject(), blocker.code())).collect();
    let missing = |blocker: &&Blocker| !there.contains(&(blocker.subject(), blocker.code()));
    one.blockers.iter().filter(missing).cloned().collect()
}

impl Situation {
    /// Takes the sign-offs of the same gates under another policy for sign-offs under this one. The policy's text is part
    /// of every dossier, so without this no approval would stand for a version that nobody has signed under: whoever
    /// asks what a version would have decided asks for the same people to have signed the same work.
    pub fn take_as_signed(&mut self, signed: &Self) {
        take(&mut self.facts, &signed.facts);
        for gate in &mut self.earlier {
            if let Some(signed) = signed.earlier.iter().find(|signed| signed.phase == gate.phase) {
                take(&mut gate.facts, &signed.facts);
            }
        }
    }
}

fn take(facts: &mut super::Facts, signed: &super::Facts) {
    let (from, to): (Digest, Digest) = (signed.dossier, facts.dossier);
    for sign_off in facts.sign_offs.iter_mut().filter(|sign_off| sign_off.covers == from) {
        sign_off.covers = to;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use time::macros::datetime;

    use super::*;
    use crate::{
        access::Role,
        dossier::Contributors,
        gate::{EarlierGate, Facts, Passed, SignOffFact, Verdict, decide},
        ids::Id,
        policy::{self, Tier},
        record::RecordFacts,
    };

    fn sign_off(covers: Digest) -> SignOffFact {
        SignOffFact {
            person: Id::new(uuid::Uuid::from_u128(7)),
            name: "Rhea Reviewer".to_owned(),
            role: Role::SecurityReviewer,
            verdict: Verdict::Approve,
            covers,
            on_behalf_of: None,
        }
    }

    fn facts(dossier: &str, sign_offs: Vec<SignOffFact>) -> Facts {
        Facts {
            tier: Tier::Low,
            controls: BTreeMap::new(),
            records: RecordFacts::default(),
            evidence: BTreeSet::new(),
            answered: BTreeSet::new(),
            stale_for: None,
            threats: Vec::new(),
            sign_offs,
            contributors: Contributors(BTreeSet::new()),
            dossier: Digest::of(dossier.as_bytes()),
            archived: false,
        }
    }

    #[test]
    fn a_policy_changes_nothing_against_itself_and_a_control_more_appears() {
        let before = policy::parse(policy::BUILT_IN).expect("the built-in policy");
        let mut after = before.clone();
        let dropped = after.phases[0].controls.remove(0);
        let now = datetime!(2026-11-20 12:00 UTC);
        let situation = Situation::from(facts("a", Vec::new()));
        let less = decide(&after, &after.phases[0], &situation, now);
        let more = decide(&before, &before.phases[0], &situation, now);
        assert!(more.change_to(&more).is_empty());
        let change = less.change_to(&more);
        assert!(change.vanishes.is_empty(), "{change:?}");
        assert!(!change.appears.is_empty());
        let subject = format!("control:{}/{}", before.phases[0].key, dropped.key);
        assert!(change.appears.iter().all(|blocker| blocker.subject().starts_with(&subject)), "{change:?}");
        assert_eq!(more.change_to(&less).vanishes, change.appears);
    }

    #[test]
    fn only_what_covered_the_same_work_counts_as_signed() {
        let (old, stale) = (Digest::of(b"old"), Digest::of(b"stale"));
        let phase = policy::parse(policy::BUILT_IN).expect("the built-in policy").phases[0].key.clone();
        let earlier = |dossier: &str| EarlierGate {
            phase: phase.clone(),
            facts: facts(dossier, vec![sign_off(old)]),
            passed: Passed::Unasked,
        };
        let signed = Situation { earlier: vec![earlier("old")], ..facts("old", Vec::new()).into() };
        let mut candidate = Situation {
            earlier: vec![earlier("new")],
            ..facts("new", vec![sign_off(old), sign_off(stale)]).into()
        };
        candidate.take_as_signed(&signed);
        let covers: Vec<Digest> = candidate.facts.sign_offs.iter().map(|sign_off| sign_off.covers).collect();
        assert_eq!(covers, [Digest::of(b"new"), stale]);
        assert_eq!(candidate.earlier[0].facts.sign_offs[0].covers, Digest::of(b"new"));
    }
}
