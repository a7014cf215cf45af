//! What a policy does for a framework: which control puts which practice into effect, and which practices nothing does.

use std::collections::BTreeSet;

use super::{
    frameworks,
    model::{Control, ControlKey, Phase, PhaseKey, Policy, Tier, Tiers},
    terms::{Framework, Practice},
};

/// How far a policy covers a framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The framework's key.
    pub key: String,
    /// What people call the framework.
    pub title: String,
    /// Its practices and their headings, in the framework's order.
    pub entries: Vec<CoverageEntry>,
    /// How many practices are covered for features of any tier. Headings do not count.
    pub count: CoverageCount,
    /// The controls that name no practice of this framework, in the policy's order.
    pub without: Vec<PlacedControl>,
}

/// A practice, or the heading of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageEntry {
    /// The practice.
    pub practice: Practice,
    /// How many of the practices below it are covered, for a heading; nothing for a practice that heads no other.
    pub heads: Option<CoverageCount>,
    /// The controls that name it, in the policy's order.
    pub controls: Vec<PlacedControl>,
}

/// A control and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedControl {
    /// The key of its phase.
    pub phase: PhaseKey,
    /// What people call the phase.
    pub phase_name: String,
    /// Its key.
    pub control: ControlKey,
    /// What is true when it is done.
    pub title: String,
    /// The tiers whose features owe it.
    pub tiers: Tiers,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoverageCount {
    /// How many are covered.
    pub covered: usize,
    /// How many there are.
    pub of: usize,
}

impl CoverageCount {
    /// How many are not covered.
    #[must_use]
    pub const fn gaps(self) -> usize {
        self.of.saturating_sub(self.covered)
    }

    /// The covered part in whole per cent, rounded down so that only the whole is a hundred; a hundred of nothing.
    #[must_use]
    pub const fn percent(self) -> usize {
        match (self.covered * 100).checked_div(self.of) {
            Some(percent) => percent,
            None => 100,
        }
    }

    fn add(&mut self, covered: bool) {
        self.of += 1;
        self.covered += usize::from(covered);
    }
}

impl CoverageEntry {
    /// Whether it is a practice that no control names. A heading is none.
    #[must_use]
    pub const fn is_gap(&self) -> bool {
        self.heads.is_none() && self.controls.is_empty()
    }

    /// The tiers of which at least one control is owed.
    #[must_use]
    pub fn tiers(&self) -> Tiers {
        self.controls.iter().flat_map(|control| control.tiers.iter()).collect()
    }
}

impl Coverage {
    /// How many practices are covered for features of this tier.
    #[must_use]
    pub fn count_for(&self, tier: Tier) -> CoverageCount {
        let mut count = CoverageCount::default();
        for entry in self.entries.iter().filter(|entry| entry.heads.is_none()) {
            count.add(entry.tiers().contains(tier));
        }
        count
    }

    /// The practices that nothing covers, each below its heading.
    pub fn gaps(&self) -> impl Iterator<Item = &CoverageEntry> {
        self.entries
            .iter()
            .filter(|entry| entry.heads.map_or_else(|| entry.is_gap(), |count| count.gaps() > 0))
    }
}

impl Policy {
    /// The frameworks that its controls may name: those that come with Sluice, then its own.
    pub fn known_frameworks(&self) -> impl Iterator<Item = &Framework> {
        frameworks().iter().chain(&self.frameworks)
    }

    /// The framework with this key, where its controls may name it.
    #[must_use]
    pub fn framework(&self, key: &str) -> Option<&Framework> {
        self.known_frameworks().find(|framework| framework.key == key)
    }
}

/// How far the policy covers the framework.
#[must_use]
pub fn coverage(policy: &Policy, framework: &Framework) -> Coverage {
    let placed =
        || policy.phases.iter().flat_map(|phase| phase.controls.iter().map(move |control| (phase, control)));
    let names = |control: &Control, id: &str| {
        control.frameworks.iter().any(|name| name.framework == framework.key && name.practice == id)
    };
    let headings: BTreeSet<&str> =
        framework.practices.iter().flat_map(|practice| beginnings(&practice.id)).collect();
    let mut entries: Vec<CoverageEntry> = framework
        .practices
        .iter()
        .map(|practice| CoverageEntry {
            practice: practice.clone(),
            heads: headings.contains(practice.id.as_str()).then(CoverageCount::default),
            controls: placed()
                .filter(|(_, control)| names(control, &practice.id))
                .map(|(phase, control)| place(phase, control))
                .collect(),
        })
        .collect();
    let mut count = CoverageCount::default();
    for index in 0..entries.len() {
        if entries[index].heads.is_some() {
            continue;
        }
        let covered = !entries[index].controls.is_empty();
        count.add(covered);
        let id = entries[index].practice.id.clone();
        for heading in beginnings(&id) {
            let above = entries.iter_mut().filter(|entry| entry.practice.id == heading);
            above.filter_map(|entry| entry.heads.as_mut()).for_each(|heads| heads.add(covered));
        }
    }
    let without = placed()
        .filter(|(_, control)| control.frameworks.iter().all(|name| name.framework != framework.key))
        .map(|(phase, control)| place(phase, control))
        .collect();
    Coverage { key: framework.key.clone(), title: framework.title.clone(), entries, count, without }
}

/// What an id continues: `PW.4.1` continues `PW` and `PW.4`.
fn beginnings(id: &str) -> impl Iterator<Item = &str> {
    id.match_indices(['.', '-']).map(|(end, _)| &id[..end])
}

fn place(phase: &Phase, control: &Control) -> PlacedControl {
    PlacedControl {
        phase: phase.key.clone(),
        phase_name: phase.name.clone(),
        control: control.key.clone(),
        title: control.title.clone(),
        tiers: control.tiers,
    }
}
