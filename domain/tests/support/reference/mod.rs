//! The lifecycle once more, in plain numbers and sets: written from what the product promises and from nothing of the
//! code, so that what the code does can be held against it. The tests of the domain and those of the real service, on
//! Postgres, send the same sequences of commands to both.

mod choice;
mod numbers;
mod rules;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use numbers::sequence;

/// The phases of the policy, in order.
pub(crate) const PHASES: [&str; 4] = ["plan", "build", "ship", "run"];
/// The last gate that an emergency goes through.
const RELEASE: usize = 2;
const LAST: usize = 3;
pub(crate) const DAY: i64 = 86_400;
const EVIDENCE_HOLDS: i64 = 3 * DAY;
const OWED_FOR: i64 = 2 * DAY;

/// What people hold in the product; the first one creates the feature.
pub(crate) const PEOPLE: [&[&str]; 9] = [
    &["product-manager"],
    &["developer"],
    &["developer", "security-reviewer"],
    &["security-reviewer"],
    &["security-reviewer"],
    &["release-manager"],
    &["incident-manager"],
    &["stakeholder"],
    &["release-manager"],
];

/// Four phases of the same shape: two statements, one of which nobody may waive, and a report that holds for three days.
pub(crate) fn policy() -> String {
    let mut text = String::from(
        r#"key = "sdl"
version = "model"
title = "The policy of the model"
summary = "Four phases."

[calendar]
working_days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
hours = { from = "00:00", to = "00:00" }

[emergency]
approvers = ["security-reviewer", "release-manager", "incident-manager"]
people = 2
owed_days = 2

[waivers]
approvers = ["security-reviewer", "product-manager"]
max_days = 30

[evidence_days]
test-report = 3
"#,
    );
    for (number, phase) in PHASES.iter().enumerate() {
        let production = if number == RELEASE { "before_production = true\n" } else { "" };
        text.extend([format!(
            r#"
[[phases]]
key = "{phase}"
name = "Phase {phase}"
purpose = "To be passed."
"#
        )]);
        for (key, proof, tiers, waived) in [
            ("said", "proof = \"statement\"", "[\"low\", \"medium\", \"high\"]", ""),
            ("shown", "proof = \"evidence\"\nevidence = [\"test-report\"]", "[\"medium\", \"high\"]", ""),
            ("firm", "proof = \"statement\"", "[\"low\", \"medium\", \"high\"]", "never_waived = true\n"),
        ] {
            text.extend([format!(
                r#"
[[phases.controls]]
key = "{key}"
title = "It is {key}"
guidance = "Do it."
source = "Test"
done_by = ["developer", "release-manager"]
{proof}
tiers = {tiers}
{waived}{production}"#
            )]);
        }
        text.push_str(
            r#"
[phases.gate]
review_days = 2

[[phases.gate.sign_offs]]
role = "security-reviewer"
quorum = { low = 1, medium = 1, high = 2 }
meaning = "reviewed it"

[[phases.gate.sign_offs]]
role = "release-manager"
quorum = { low = 0, medium = 1, high = 1 }
meaning = "can release it"
"#,
        );
    }
    text
}

/// The controls of each phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Control {
    Said,
    Shown,
    Firm,
}

impl Control {
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Shown => "shown",
            Self::Firm => "firm",
        }
    }
}

/// What somebody tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Mark { by: usize, phase: usize, control: Control, done: bool },
    Prove { by: usize, phase: usize },
    Request { by: usize },
    Sign { by: usize, role: &'static str, deny: bool, stale: bool },
    Withdraw { by: usize },
    Return { by: usize },
    Hold { by: usize },
    Resume { by: usize },
    Cancel { by: usize },
    Reopen { by: usize },
    Back { by: usize, to: usize },
    Accept { by: usize, phase: usize, role: &'static str },
    Rate { by: usize, tier: usize },
    Propose { by: usize },
    Agree { by: usize },
    SignOwed { by: usize, phase: usize, role: &'static str, deny: bool },
    WithdrawOwed { by: usize, phase: usize },
    Ask { by: usize, subject: String, days: i64 },
    Decide { by: usize, waiver: usize, approve: bool },
    End { by: usize, waiver: usize },
    Wait { hours: i64 },
}

impl Command {
    /// What it is, without who and where.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Mark { .. } => "mark",
            Self::Prove { .. } => "prove",
            Self::Request { .. } => "request",
            Self::Sign { .. } => "sign",
            Self::Withdraw { .. } => "withdraw",
            Self::Return { .. } => "return",
            Self::Hold { .. } => "hold",
            Self::Resume { .. } => "resume",
            Self::Cancel { .. } => "cancel",
            Self::Reopen { .. } => "reopen",
            Self::Back { .. } => "move back",
            Self::Accept { .. } => "accept drift",
            Self::Rate { .. } => "rate",
            Self::Propose { .. } => "propose emergency",
            Self::Agree { .. } => "agree to emergency",
            Self::SignOwed { .. } => "sign owed",
            Self::WithdrawOwed { .. } => "withdraw owed",
            Self::Ask { .. } => "ask for waiver",
            Self::Decide { .. } => "decide waiver",
            Self::End { .. } => "end waiver",
            Self::Wait { .. } => "wait",
        }
    }
}

/// Whether anything can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Active,
    Held,
    Cancelled,
    Finished,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Passed {
    No,
    /// For which tier, and which statements were made when it was signed.
    Opened(usize, [bool; 2]),
    Owed {
        due: i64,
        cycle: i32,
    },
}

/// A phase with its gate.
#[derive(Clone, Debug)]
struct Gate {
    /// Of each of the two statements: how often it changed, and whether it is made.
    said: [(u32, bool); 2],
    /// Number of each report, and until when it holds.
    shown: BTreeMap<i32, i64>,
    authors: BTreeSet<usize>,
    passed: Passed,
}

/// What a sign-off covers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Print {
    tier: usize,
    said: [u32; 2],
    shown: Vec<i32>,
    waivers: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Signature {
    phase: usize,
    cycle: i32,
    by: usize,
    role: &'static str,
    deny: bool,
    covers: Print,
    ended: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WaiverIs {
    Asked,
    Approved,
    Over,
}

#[derive(Clone, Debug)]
struct Waiver {
    subject: String,
    until: i64,
    by: usize,
    is: WaiverIs,
}

/// What there is to see of a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) state: State,
    /// The phase, the attempt at its gate and whether the reviewers have the turn; none when it is finished.
    pub(crate) stands: Option<(usize, i32, bool)>,
    /// Standing sign-offs of the gate under way and of those that are owed: phase, cycle, who, as what, whether a denial.
    pub(crate) standing: BTreeSet<(usize, i32, usize, String, bool)>,
    /// Gates that are owed, with the cycle and until when.
    pub(crate) owed: BTreeSet<(usize, i32, i64)>,
    /// What blocks, by the name that a waiver would use.
    pub(crate) blockers: BTreeSet<String>,
}

/// What happened in a run, to know that runs are not all the same.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sequences: usize,
    pub(crate) done: BTreeMap<&'static str, usize>,
    pub(crate) refused: BTreeMap<&'static str, usize>,
    pub(crate) reasons: BTreeMap<String, usize>,
    pub(crate) opened: usize,
    pub(crate) passed_owed: usize,
    pub(crate) paid: usize,
    pub(crate) undone: usize,
    pub(crate) voided: usize,
    pub(crate) lapsed: usize,
    pub(crate) drifted: usize,
    pub(crate) finished: usize,
}

impl Tally {
    /// How often each thing happened that runs are to come to: gates opened, owed, paid and closed again, sign-offs voided,
    /// waivers lapsed, drift, features finished.
    pub(crate) const fn happened(&self) -> [usize; 8] {
        [
            self.opened,
            self.passed_owed,
            self.paid,
            self.undone,
            self.voided,
            self.lapsed,
            self.drifted,
            self.finished,
        ]
    }

    /// Adds what happened in another run.
    pub(crate) fn add(&mut self, one: Self) {
        self.sequences += 1;
        for (to, from) in [(&mut self.done, one.done), (&mut self.refused, one.refused)] {
            for (name, count) in from {
                *to.entry(name).or_default() += count;
            }
        }
        for (name, count) in one.reasons {
            *self.reasons.entry(name).or_default() += count;
        }
        self.opened += one.opened;
        self.passed_owed += one.passed_owed;
        self.paid += one.paid;
        self.undone += one.undone;
        self.voided += one.voided;
        self.lapsed += one.lapsed;
        self.drifted += one.drifted;
        self.finished += one.finished;
    }
}

/// Where a feature has to be.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) now: i64,
    tier: usize,
    state: State,
    phase: usize,
    cycle: i32,
    review: bool,
    highest: [i32; 4],
    gates: [Gate; 4],
    signatures: Vec<Signature>,
    waivers: Vec<Waiver>,
    reports: i32,
    /// Whether a gate was ever passed, undone since or not.
    was_passed: bool,
    /// Who agreed to a release, and at which attempt.
    emergency: Option<(usize, i32, BTreeSet<usize>)>,
    pub(crate) tally: Tally,
}

impl Reference {
    pub(crate) fn new(tier: usize, now: i64) -> Self {
        let gate = Gate {
            said: [(0, false); 2],
            shown: BTreeMap::new(),
            authors: BTreeSet::new(),
            passed: Passed::No,
        };
        Self {
            now,
            tier,
            state: State::Active,
            phase: 0,
            cycle: 1,
            review: false,
            highest: [1, 0, 0, 0],
            gates: [gate.clone(), gate.clone(), gate.clone(), gate],
            signatures: Vec::new(),
            waivers: Vec::new(),
            reports: 0,
            was_passed: false,
            emergency: None,
            tally: Tally::default(),
        }
    }

    /// What there has to be to see.
    pub(crate) fn seen(&self) -> Seen {
        let owed: BTreeSet<(usize, i32, i64)> = self.owed().collect();
        let live = |signature: &&Signature| {
            let gate = (signature.phase, signature.cycle);
            signature.ended.is_none()
                && (gate == (self.phase, self.cycle) || owed.iter().any(|owed| gate == (owed.0, owed.1)))
        };
        let finished = self.state == State::Finished;
        let standing = self.signatures.iter().filter(live).filter(|_| !finished);
        Seen {
            state: self.state,
            stands: (!finished).then_some((self.phase, self.cycle, self.review)),
            standing: standing.map(|it| (it.phase, it.cycle, it.by, it.role.to_owned(), it.deny)).collect(),
            blockers: if finished { BTreeSet::new() } else { self.blockers() },
            owed,
        }
    }

    /// How many sign-offs there ever were, by how they ended: nothing that was signed is lost.
    pub(crate) fn signed(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for signature in &self.signatures {
            *counts.entry(signature.ended.unwrap_or("stands")).or_default() += 1;
        }
        counts
    }

    fn owed(&self) -> impl Iterator<Item = (usize, i32, i64)> {
        self.gates.iter().enumerate().filter_map(|(phase, gate)| match gate.passed {
            Passed::Owed { due, cycle } => Some((phase, cycle, due)),
            _ => None,
        })
    }
}
