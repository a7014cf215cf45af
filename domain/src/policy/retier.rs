use super::{Condition, Phase, PhaseKey, Tier, Wanted};
use crate::access::Role;

/// What another tier changes in a phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseChange {
    /// The phase.
    pub phase: PhaseKey,
    /// Its name.
    pub name: String,
    /// Titles of the controls that are owed under the new tier only, in the policy's order.
    pub added: Vec<String>,
    /// Titles of the controls that are owed under the old tier only, in the policy's order.
    pub dropped: Vec<String>,
    /// Conditions of the gate that are asked for under the new tier only.
    pub conditions_added: Vec<Condition>,
    /// Conditions of the gate that are asked for under the old tier only.
    pub conditions_dropped: Vec<Condition>,
    /// Roles of which another number of people has to sign: the role, how many had to, how many have to.
    pub sign_offs: Vec<(Role, u8, u8)>,
}

impl PhaseChange {
    /// Whether the new tier asks for something that the old one did not.
    #[must_use]
    pub fn asks_more(&self) -> bool {
        !self.added.is_empty()
            || !self.conditions_added.is_empty()
            || self.sign_offs.iter().any(|(_, before, after)| after > before)
    }
}

impl Wanted {
    /// Whether whatever meets this condition meets the other one as well.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::NoUntreatedThreat { at_least, needs },
                Self::NoUntreatedThreat { at_least: other_severity, needs: other_needs },
            ) => at_least <= other_severity && needs >= other_needs,
            (Self::NoOpenFinding { at_least }, Self::NoOpenFinding { at_least: other }) => at_least <= other,
            _ => self == other,
        }
    }
}

impl Phase {
    /// What changes when a feature of one tier becomes one of another; nothing where the phase asks the same of both.
    #[must_use]
    pub fn retiered(&self, from: Tier, to: Tier) -> Option<PhaseChange> {
        let owed_only = |under: Tier, not_under: Tier| -> Vec<String> {
            self.controls_for(under)
                .filter(|control| !control.tiers.contains(not_under))
                .map(|control| control.title.clone())
                .collect()
        };
        // What the other tier covers is neither added nor dropped: “high or above” goes without saying where “medium or
        // above” is asked for.
        let asked_only = |under: Tier, not_under: Tier| -> Vec<Condition> {
            let covered = |condition: &&Condition| {
                self.conditions_for(not_under).any(|other| other.wanted.covers(&condition.wanted))
            };
            self.conditions_for(under).filter(|condition| !covered(condition)).cloned().collect()
        };
        let sign_offs = self.gate.sign_offs.iter().filter_map(|rule| {
            let (before, after) = (rule.quorum.for_tier(from), rule.quorum.for_tier(to));
            (before != after).then_some((rule.role, before, after))
        });
        let change = PhaseChange {
            phase: self.key.clone(),
            name: self.name.clone(),
            added: owed_only(to, from),
            dropped: owed_only(from, to),
            conditions_added: asked_only(to, from),
            conditions_dropped: asked_only(from, to),
            sign_offs: sign_offs.collect(),
        };
        let same = change.added.is_empty()
            && change.dropped.is_empty()
            && change.conditions_added.is_empty()
            && change.conditions_dropped.is_empty()
            && change.sign_offs.is_empty();
        (!same).then_some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        policy::{self, Control, Policy, Quorum, SignOffRule, Tiers},
        threat::{Severity, ThreatStatus},
    };

    fn built_in() -> Policy {
        policy::parse(policy::BUILT_IN).expect("the built-in policy")
    }

    /// A gate that asks the first of features of low risk and the second of those of high risk, and nobody's signature.
    fn asking(low: Wanted, high: Wanted) -> Phase {
        let only = |wanted, tier| Condition {
            wanted,
            tiers: Tiers::NONE.with(tier),
            waivable: true,
            before_production: false,
        };
        let mut phase = built_in().phases.swap_remove(0);
        phase.controls.clear();
        phase.gate.sign_offs.clear();
        phase.gate.conditions = vec![only(low, Tier::Low), only(high, Tier::High)];
        phase
    }

    fn raised(low: &Wanted, high: &Wanted) -> (usize, usize, bool) {
        let change = asking(low.clone(), high.clone()).retiered(Tier::Low, Tier::High);
        change.map_or((0, 0, false), |change| {
            (change.conditions_added.len(), change.conditions_dropped.len(), change.asks_more())
        })
    }

    #[test]
    fn what_a_stricter_condition_covers_is_neither_added_nor_dropped() {
        use {
            Severity::{High, Medium},
            ThreatStatus::{Planned, Verified},
        };
        let threats = |at_least, needs| Wanted::NoUntreatedThreat { at_least, needs };
        let findings = |at_least| Wanted::NoOpenFinding { at_least };
        for (low, high, expected) in [
            (threats(High, Planned), threats(High, Planned), (0, 0, false)),
            (threats(High, Planned), threats(Medium, Planned), (1, 0, true)),
            (threats(High, Planned), threats(High, Verified), (1, 0, true)),
            (threats(High, Planned), threats(Medium, Verified), (1, 0, true)),
            (threats(Medium, Verified), threats(High, Planned), (0, 1, false)),
            // Neither covers the other: more threats, and less done about each.
            (threats(High, Verified), threats(Medium, Planned), (1, 1, true)),
            (findings(High), findings(High), (0, 0, false)),
            (findings(High), findings(Medium), (1, 0, true)),
            (findings(Medium), findings(High), (0, 1, false)),
            (Wanted::RecordArchived, Wanted::RecordArchived, (0, 0, false)),
            (Wanted::ThreatModelComplete, Wanted::ThreatModelCurrent, (1, 1, true)),
            (threats(High, Planned), findings(High), (1, 1, true)),
        ] {
            assert_eq!(raised(&low, &high), expected, "{low:?} -> {high:?}");
        }
    }

    #[test]
    fn what_every_tier_is_asked_covers_as_well() {
        let findings = |at_least| Wanted::NoOpenFinding { at_least };
        let mut phase = asking(Wanted::RecordArchived, findings(Severity::High));
        let change = |phase: &Phase| phase.retiered(Tier::Low, Tier::High).expect("a change");
        assert_eq!(change(&phase).conditions_added.len(), 1);
        let of_all = Condition { tiers: Tiers::ALL, ..phase.gate.conditions[1].clone() };
        phase.gate.conditions.push(Condition { wanted: findings(Severity::Medium), ..of_all });
        assert!(change(&phase).conditions_added.is_empty());
        assert_eq!(change(&phase).conditions_dropped.len(), 1, "of the archive");
    }

    #[test]
    fn more_is_asked_by_a_control_or_a_signature_as_well() {
        let mut phase = asking(Wanted::RecordArchived, Wanted::RecordArchived);
        let [first, second] = [0, 1].map(|at| built_in().phases[0].controls[at].clone());
        let of = |tier, control| Control { tiers: Tiers::NONE.with(tier), ..control };
        let asks_more =
            |phase: &Phase| phase.retiered(Tier::Low, Tier::High).map(|change| change.asks_more());
        assert_eq!(asks_more(&phase), None);
        phase.controls = vec![of(Tier::Low, first.clone())];
        assert_eq!(asks_more(&phase), Some(false));
        phase.controls = vec![of(Tier::Low, first), of(Tier::High, second)];
        assert_eq!(asks_more(&phase), Some(true));
        phase.controls.clear();
        let role = built_in().phases[0].gate.sign_offs.swap_remove(0);
        for (low, high, expected) in [(1, 1, None), (1, 2, Some(true)), (2, 1, Some(false))] {
            phase.gate.sign_offs =
                vec![SignOffRule { quorum: Quorum { low, medium: 1, high }, ..role.clone() }];
            assert_eq!(asks_more(&phase), expected, "{low} -> {high}");
        }
    }

    #[test]
    fn the_same_tier_changes_nothing() {
        for phase in built_in().phases {
            for tier in Tier::ALL {
                assert_eq!(phase.retiered(*tier, *tier), None);
            }
        }
    }

    #[test]
    fn a_higher_tier_adds_what_the_way_back_drops() {
        for phase in built_in().phases {
            for (low, high) in
                [(Tier::Low, Tier::Medium), (Tier::Medium, Tier::High), (Tier::Low, Tier::High)]
            {
                let owed = |tier| phase.controls_for(tier).count();
                let (up, down) = (phase.retiered(low, high), phase.retiered(high, low));
                let added = up.as_ref().map_or(0, |change| change.added.len());
                let dropped = up.as_ref().map_or(0, |change| change.dropped.len());
                assert_eq!(owed(low) + added - dropped, owed(high), "{}", phase.key);
                match (up, down) {
                    (Some(up), Some(down)) => {
                        assert_eq!((&up.added, &up.dropped), (&down.dropped, &down.added));
                        assert_eq!(up.conditions_added, down.conditions_dropped);
                        let back: Vec<_> =
                            down.sign_offs.iter().map(|(role, b, a)| (*role, *a, *b)).collect();
                        assert_eq!(up.sign_offs, back);
                        assert!(
                            up.asks_more(),
                            "{}: the built-in policy asks more of a higher tier",
                            phase.key
                        );
                    }
                    (up, down) => assert_eq!(up.is_none(), down.is_none()),
                }
            }
        }
    }
}
