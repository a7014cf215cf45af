//! What a lifecycle policy says, once it has been read: phases, their controls and their gates.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    condition::Condition,
    terms::{Framework, FrameworkRef, Terms},
};
use crate::{
    access::Role,
    codes::codes,
    record::{RecordKind, Rule},
};

codes! {
    /// How risky a feature is, in rising order. The tier picks the controls that apply and the quorum of each gate.
    Tier {
        /// Little can go wrong, or little harm would come of it.
        Low = "low",
        /// The usual feature of a product that people rely on.
        Medium = "medium",
        /// A mistake here would hurt people or the business badly.
        High = "high",
    }
}

impl Tier {
    /// The tier as people read it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }
}

codes! {
    /// What a piece of evidence is. A control that wants evidence names the kinds that prove it.
    EvidenceKind {
        /// Results of automated or manual tests.
        TestReport = "test-report",
        /// Results of a tool that reads the code.
        StaticAnalysis = "static-analysis",
        /// Results of a scanner that attacks the running application.
        DynamicScan = "dynamic-scan",
        /// The report of people who tried to break in.
        PenetrationTest = "penetration-test",
        /// Known vulnerabilities in the components that are used.
        DependencyScan = "dependency-scan",
        /// The list of components in an artefact.
        Sbom = "sbom",
        /// A signed statement of how an artefact was built.
        Provenance = "provenance",
        /// Which known vulnerabilities affect the product, and which do not.
        Vex = "vex",
        /// A threat model, or a diagram that belongs to one.
        ThreatModelFile = "threat-model-file",
        /// A design document or diagram.
        Design = "design",
        /// A plan: of the project, of tests, of a transition.
        Plan = "plan",
        /// The record of who reviewed which change.
        CodeReview = "code-review",
        /// Settings as deployed, or the report of a check on them.
        Configuration = "configuration",
        /// Instructions for people who run the product.
        Runbook = "runbook",
        /// What a release tells its users.
        ReleaseNotes = "release-notes",
        /// Alert rules, dashboards, or what they showed.
        Monitoring = "monitoring",
        /// What users said.
        Feedback = "feedback",
        /// Anything else.
        Other = "other",
    }
}

impl EvidenceKind {
    /// Every kind, in the order in which a form offers them.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        Self::ALL
    }

    /// The kind as people read it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::TestReport => "Test report",
            Self::StaticAnalysis => "Static analysis",
            Self::DynamicScan => "Dynamic scan",
            Self::PenetrationTest => "Penetration test",
            Self::DependencyScan => "Dependency scan",
            Self::Sbom => "Bill of materials (SBOM)",
            Self::Provenance => "Provenance or signature",
            Self::Vex => "Vulnerability statement (VEX)",
            Self::ThreatModelFile => "Threat model file",
            Self::Design => "Design document",
            Self::Plan => "Plan",
            Self::CodeReview => "Code review record",
            Self::Configuration => "Configuration",
            Self::Runbook => "Runbook",
            Self::ReleaseNotes => "Release notes",
            Self::Monitoring => "Monitoring",
            Self::Feedback => "Feedback",
            Self::Other => "Other",
        }
    }
}

/// A set of risk tiers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tiers(u8);

impl Tiers {
    /// No tier.
    pub const NONE: Self = Self(0);
    /// Every tier.
    pub const ALL: Self = Self(0b111);

    const fn bit(tier: Tier) -> u8 {
        match tier {
            Tier::Low => 0b001,
            Tier::Medium => 0b010,
            Tier::High => 0b100,
        }
    }

    /// Whether the tier is in the set.
    #[must_use]
    pub const fn contains(self, tier: Tier) -> bool {
        self.0 & Self::bit(tier) != 0
    }

    /// Whether no tier is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set with the tier in it.
    #[must_use]
    pub const fn with(self, tier: Tier) -> Self {
        Self(self.0 | Self::bit(tier))
    }

    /// The tiers that are in both sets.
    #[must_use]
    pub const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The tiers in the set, in rising order.
    pub fn iter(self) -> impl Iterator<Item = Tier> {
        Tier::ALL.iter().copied().filter(move |tier| self.contains(*tier))
    }
}

impl FromIterator<Tier> for Tiers {
    fn from_iter<I: IntoIterator<Item = Tier>>(tiers: I) -> Self {
        tiers.into_iter().fold(Self::NONE, Self::with)
    }
}

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key has 1 to 40 characters: lowercase letters and digits, with single hyphens between them")]
pub struct KeyError;

/// Whether the text is a key: lowercase letters and digits, single hyphens between them, a letter first.
pub(super) fn is_key(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.split('-').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident),*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads a key.
            ///
            /// # Errors
            ///
            /// When the text is not 1 to 40 lowercase letters, digits and single hyphens that starts with a letter.
            pub fn parse(text: &str) -> Result<Self, KeyError> {
                if is_key(text) { Ok(Self(text.to_owned())) } else { Err(KeyError) }
            }

            /// The key as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = KeyError;

            fn from_str(text: &str) -> Result<Self, KeyError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = KeyError;

            fn try_from(text: String) -> Result<Self, KeyError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> Self {
                key.0
            }
        }
    )* };
}

keys! {
    /// Names a phase within its policy, such as `design`.
    PhaseKey,
    /// Names a control within its phase, such as `code-review`.
    ControlKey
}

/// A lifecycle policy: the phases that a feature walks through, in order. Every policy that was read has at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Names the policy over all its versions, such as `sdl`.
    pub key: String,
    /// Names this version, such as `2026.1`.
    pub version: String,
    /// What people call it.
    pub title: String,
    /// What it is for, in a sentence or two.
    pub summary: String,
    /// How it counts time, whom it lets through in an emergency, and what it lets people accept for a while.
    pub terms: Terms,
    /// The frameworks of its own that it maps controls to, besides those that Sluice knows.
    pub frameworks: Vec<Framework>,
    /// The phases in the order in which a feature passes them.
    pub phases: Vec<Phase>,
}

impl Policy {
    /// The phase with this key.
    #[must_use]
    pub fn phase(&self, key: &PhaseKey) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.key == *key)
    }

    /// The phase that a new feature starts in.
    #[must_use]
    pub fn first(&self) -> Option<&Phase> {
        self.phases.first()
    }

    /// The phase after this one; nothing after the last, and nothing for a key that is not in the policy.
    #[must_use]
    pub fn next(&self, key: &PhaseKey) -> Option<&Phase> {
        self.phases.get(self.position(key)? + 1)
    }

    /// Where the phase stands, counted from zero.
    #[must_use]
    pub fn position(&self, key: &PhaseKey) -> Option<usize> {
        self.phases.iter().position(|phase| phase.key == *key)
    }

    /// The phases before this one, in order; none for a key that is not in the policy.
    #[must_use]
    pub fn before(&self, key: &PhaseKey) -> &[Phase] {
        self.position(key).map_or(&[], |position| &self.phases[..position])
    }

    /// The control with this key in the phase with that key.
    #[must_use]
    pub fn control(&self, phase: &PhaseKey, control: &ControlKey) -> Option<&Control> {
        self.phase(phase)?.control(control)
    }
}

/// One phase: what is to be done in it, and the gate at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Names the phase within the policy.
    pub key: PhaseKey,
    /// What people call it.
    pub name: String,
    /// What the phase is for.
    pub purpose: String,
    /// Its checklist, in the order in which people read it.
    pub controls: Vec<Control>,
    /// The gate at its end.
    pub gate: Gate,
}

impl Phase {
    /// The controls that a feature of this tier owes, in order.
    pub fn controls_for(&self, tier: Tier) -> impl Iterator<Item = &Control> {
        self.controls.iter().filter(move |control| control.tiers.contains(tier))
    }

    /// The conditions that a feature of this tier has to meet at the gate, in order.
    pub fn conditions_for(&self, tier: Tier) -> impl Iterator<Item = &Condition> {
        self.gate.conditions.iter().filter(move |condition| condition.applies_to(tier))
    }

    /// The rules about records that a feature of this tier has to satisfy: those of its controls, then those of the
    /// gate's conditions.
    pub fn rules_for(&self, tier: Tier) -> impl Iterator<Item = Rule> {
        let conditions = self.conditions_for(tier).flat_map(|condition| condition.wanted.rules());
        self.controls_for(tier).filter_map(Control::rule).chain(conditions.copied())
    }

    /// The kinds of record whose work is done in this phase, whatever the tier, each once and in the policy's order.
    #[must_use]
    pub fn record_kinds(&self) -> Vec<RecordKind> {
        let mut kinds = Vec::new();
        for kind in self.controls.iter().filter_map(Control::rule).map(Rule::kind) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    }

    /// Whether the gate of this phase looks at the threat model of a feature of this tier: by a condition of its own,
    /// or by a rule about records.
    #[must_use]
    pub fn looks_at_threats(&self, tier: Tier) -> bool {
        self.gate.looks_at_threats(tier) || self.rules_for(tier).any(Rule::reads_threats)
    }

    /// The control with this key.
    #[must_use]
    pub fn control(&self, key: &ControlKey) -> Option<&Control> {
        self.controls.iter().find(|control| control.key == *key)
    }
}

/// An item of a phase's checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Names the control within its phase.
    pub key: ControlKey,
    /// What is to be true when it is done.
    pub title: String,
    /// How to do it, for a person who never did.
    pub guidance: String,
    /// The line of the source document that it comes from, such as "SDL 1.2".
    pub source: String,
    /// The roles that may do it, each once, in the policy's order.
    pub done_by: Vec<Role>,
    /// What proves it.
    pub proof: Proof,
    /// The tiers whose features owe it.
    pub tiers: Tiers,
    /// Whether it has to be met before the feature goes to production, and not only before the gate opens.
    pub before_production: bool,
    /// Whether the team may say, with a reason, that it does not apply.
    pub can_be_not_applicable: bool,
    /// Whether a waiver may let a feature pass without it for a while.
    pub waivable: bool,
    /// The practices of frameworks that it puts into effect.
    pub frameworks: Vec<FrameworkRef>,
}

impl Control {
    /// The rule by which records prove it, where they do.
    #[must_use]
    pub const fn rule(&self) -> Option<Rule> {
        match self.proof {
            Proof::Records { rule, .. } => Some(rule),
            Proof::Statement | Proof::Evidence(_) => None,
        }
    }

    /// How many reviewers each change of a feature of this tier needs, where the control asks for them.
    #[must_use]
    pub fn reviewers(&self, tier: Tier) -> u8 {
        match self.proof {
            Proof::Records { reviewers: Some(reviewers), .. } => reviewers.for_tier(tier),
            _ => 0,
        }
    }
}

codes! {
    /// How a control is proved, as policies write it.
    ProofForm {
        /// By a written note.
        Statement = "statement",
        /// By evidence.
        Evidence = "evidence",
        /// By what is on record.
        Records = "records",
    }
}

/// What proves a control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A written note says what was done.
    Statement,
    /// At least one current piece of evidence, of one of these kinds.
    Evidence(Vec<EvidenceKind>),
    /// What the phases record: a rule says whether it suffices.
    Records {
        /// The rule.
        rule: Rule,
        /// How many reviewers a change needs, by tier, where the rule asks for them.
        reviewers: Option<Quorum>,
    },
}

/// What opens the way to the next phase. That the phase's controls are met is always a condition and is not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// What has to hold besides the controls.
    pub conditions: Vec<Condition>,
    /// Who has to sign, one rule for each role.
    pub sign_offs: Vec<SignOffRule>,
    /// Working days that reviewers have when it is their turn.
    pub review_days: u16,
    /// Working days that the team has for the phase, over all its turns; nothing where the policy sets no limit.
    pub team_days: Option<u16>,
}

impl Gate {
    /// Whether this gate looks at the threat model of a feature of this tier.
    #[must_use]
    pub fn looks_at_threats(&self, tier: Tier) -> bool {
        self.conditions
            .iter()
            .any(|condition| condition.applies_to(tier) && condition.wanted.looks_at_threats())
    }

    /// The rules that ask a feature of this tier for a signature, in order.
    pub fn sign_offs_for(&self, tier: Tier) -> impl Iterator<Item = &SignOffRule> {
        self.sign_offs.iter().filter(move |rule| rule.quorum.for_tier(tier) > 0)
    }
}

/// Who has to sign at a gate: how many distinct people who hold one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOffRule {
    /// The role they sign in.
    pub role: Role,
    /// How many of them, by tier.
    pub quorum: Quorum,
    /// What their signature says, such as "reviewed the design and its threat model".
    pub meaning: String,
}

/// How many distinct people something needs, by tier: signatures, reviewers. Never fewer for a higher tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// For low-risk features.
    pub low: u8,
    /// For medium-risk features.
    pub medium: u8,
    /// For high-risk features.
    pub high: u8,
}

impl Quorum {
    /// How many for this tier.
    #[must_use]
    pub const fn for_tier(self, tier: Tier) -> u8 {
        match tier {
            Tier::Low => self.low,
            Tier::Medium => self.medium,
            Tier::High => self.high,
        }
    }
}
