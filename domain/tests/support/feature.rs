//! A feature beside a model of it: the same commands go to the lifecycle under test and to plain numbers that say where
//! the feature has to be.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::TestCaseResult,
};
use sluice_domain::{
    access::Role,
    canonical::Digest,
    dossier::{Contributors, Dossier, Item, ItemKind},
    gate::{ControlFact, Decision, Facts, Mark, SignOffFact, Situation, ThreatFact, Verdict},
    lifecycle::{Attempt, Cycles, Progress, Refusal, Seats, Signed, Turn},
    policy::{ControlKey, EvidenceKind, Phase, Policy, Terms, Tier},
    record::RecordFacts,
    threat::{Question, Severity, ThreatStatus},
};
use time::{Duration, OffsetDateTime};

use crate::support::{
    built_in, decide, flawed, item, needed, person, proved, reason,
    records::{flaws, put, whole},
    sign_off, small_phase, unmet,
};

/// Policies to try: small ones of every shape that the reader lets through, and the built-in one.
pub(crate) fn policies() -> impl Strategy<Value = Policy> {
    let small = vec(small_phase(), 1..=3).prop_map(|phases| Policy {
        key: "small".into(),
        version: "1".into(),
        title: "Small policy".into(),
        summary: "One to three phases.".into(),
        terms: Terms::default(),
        frameworks: Vec::new(),
        phases: (0..)
            .zip(phases)
            .map(|(n, phase)| Phase {
                key: format!("phase-{n}").parse().expect("a key"),
                name: format!("Phase {n}"),
                ..phase
            })
            .collect(),
    });
    // What fails is shrunk towards the first.
    prop_oneof![2 => small, 1 => Just(built_in().clone())]
}

/// The people who may edit; some of them are reviewers too.
const EDITORS: std::ops::Range<u8> = 0..4;
/// The people who may sign.
const REVIEWERS: std::ops::Range<u8> = 2..10;

/// What somebody tries.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// The team does all that is left to do.
    Finish(u8),
    Mark(u8, Index, Mark),
    Prove(u8, Index),
    Answer(u8, Question, bool),
    /// Something on record is spoilt, or put right.
    Record(u8, Index, bool),
    Threat(u8, ThreatFact),
    Retier(u8, Tier),
    RequestReview(u8),
    /// The seat is one of the gate's or, without an index, any; the dossier shown is the current one or an older one.
    Sign {
        by: u8,
        seat: Result<Index, Role>,
        verdict: Verdict,
        shown: Shown,
    },
    /// Somebody who can signs in a free seat, if there is one.
    SignWell(Index),
    /// One of those who signed takes the sign-off back.
    Withdraw(Index),
    Return,
    OpenByHand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Current,
    Older,
}

pub(crate) fn command() -> impl Strategy<Value = Command> {
    let index = any::<Index>;
    let threat = (1..=3, select(Severity::ALL), select(ThreatStatus::ALL))
        .prop_map(|(number, severity, status)| ThreatFact { number, severity, status });
    let seat = prop_oneof![4 => index().prop_map(Ok), 1 => select(Role::ALL).prop_map(Err)];
    let verdict = prop_oneof![5 => Just(Verdict::Approve), 1 => Just(Verdict::Deny)];
    let shown = prop_oneof![7 => Just(Shown::Current), 1 => Just(Shown::Older)];
    prop_oneof![
        8 => EDITORS.prop_map(Command::Finish),
        1 => (EDITORS, index(), select(Mark::ALL)).prop_map(|(by, control, mark)| Command::Mark(by, control, mark)),
        1 => (EDITORS, index()).prop_map(|(by, control)| Command::Prove(by, control)),
        1 => (EDITORS, select(Question::ALL), any::<bool>()).prop_map(|(by, q, yes)| Command::Answer(by, q, yes)),
        1 => (EDITORS, index(), any::<bool>()).prop_map(|(by, flaw, good)| Command::Record(by, flaw, good)),
        1 => (EDITORS, threat).prop_map(|(by, threat)| Command::Threat(by, threat)),
        1 => (EDITORS, select(Tier::ALL)).prop_map(|(by, tier)| Command::Retier(by, tier)),
        8 => EDITORS.prop_map(Command::RequestReview),
        12 => (REVIEWERS, seat, verdict, shown)
            .prop_map(|(by, seat, verdict, shown)| Command::Sign { by, seat, verdict, shown }),
        16 => index().prop_map(Command::SignWell),
        4 => index().prop_map(Command::Withdraw),
        1 => Just(Command::Return),
        3 => Just(Command::OpenByHand),
    ]
}

/// The first flaw of each group is that nothing is there.
fn nothing_on_record() -> RecordFacts {
    let mut empty = Vec::new();
    for flaw in flaws() {
        if empty.last().is_none_or(|other: &&crate::support::records::Flaw| other.group != flaw.group) {
            empty.push(flaw);
        }
    }
    flawed(&empty)
}

/// Where the feature has to be, kept as plain numbers.
#[derive(Clone, Copy, Debug)]
struct Expected {
    phase: usize,
    returns: i32,
    in_review: Option<u8>,
    since: OffsetDateTime,
}

/// What happened in a run, to know that runs are not all the same.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) refusals: BTreeSet<&'static str>,
    pub(crate) opened_by_withdrawal: u32,
    pub(crate) returns: u32,
    pub(crate) voided: u32,
    pub(crate) finished: u32,
}

/// A feature with everything that is known of it, and beside it where the model says it is.
pub(crate) struct World {
    policy: Policy,
    progress: Progress,
    expected: Expected,
    /// Phases in the order in which they were entered.
    entered: Vec<String>,
    now: OffsetDateTime,
    tier: Tier,
    /// Grows with each edit; the dossier commits to it.
    revision: i32,
    controls: BTreeMap<ControlKey, ControlFact>,
    records: RecordFacts,
    answered: BTreeSet<Question>,
    threats: BTreeMap<i32, ThreatFact>,
    standing: Vec<SignOffFact>,
    contributors: Contributors,
    pub(crate) tally: Tally,
}

impl World {
    pub(crate) fn new(policy: Policy, tier: Tier) -> Self {
        let now = OffsetDateTime::UNIX_EPOCH;
        let progress = Progress::start(&policy, now).expect("a policy has a phase");
        let mut world = Self {
            progress,
            expected: Expected { phase: 0, returns: 0, in_review: None, since: now },
            entered: vec![policy.phases[0].key.to_string()],
            now,
            tier,
            revision: 1,
            controls: BTreeMap::new(),
            records: nothing_on_record(),
            answered: BTreeSet::new(),
            threats: BTreeMap::new(),
            standing: Vec::new(),
            contributors: Contributors::default(),
            tally: Tally::default(),
            policy,
        };
        world.contributors.0.insert(person(0));
        world
    }

    /// The phase that the model is in.
    fn phase(&self) -> Phase {
        self.policy.phases[self.expected.phase].clone()
    }

    fn dossier(&self) -> Digest {
        let scope = Item {
            kind: ItemKind::Scope,
            key: "PAY-12".into(),
            version: self.revision,
            digest: Digest::of(&self.revision.to_be_bytes()),
        };
        let dossier = Dossier {
            feature: "PAY-12".parse().expect("a key"),
            policy: Digest::of(self.policy.version.as_bytes()),
            phase: self.phase().key,
            cycle: self.expected.returns + 1,
            tier: self.tier,
            items: BTreeSet::from([scope]),
        };
        dossier.digest()
    }

    fn facts(&self) -> Facts {
        Facts {
            tier: self.tier,
            controls: self.controls.clone(),
            records: self.records.clone(),
            evidence: EvidenceKind::ALL.iter().map(|kind| item(*kind, 0)).collect(),
            answered: self.answered.clone(),
            stale_for: None,
            threats: self.threats.values().cloned().collect(),
            sign_offs: self.standing.clone(),
            contributors: self.contributors.clone(),
            dossier: self.dossier(),
            archived: true,
        }
    }

    fn unmet(&self) -> BTreeSet<String> {
        unmet(&self.phase(), &self.facts())
    }

    fn decision(&self) -> Decision {
        decide(&self.phase(), &self.facts())
    }

    fn refused(&mut self, refusal: &Refusal) {
        self.tally.refusals.insert(match refusal {
            Refusal::Finished => "finished",
            Refusal::NotCurrentPhase => "not current phase",
            Refusal::AlreadyInReview => "already in review",
            Refusal::NotInReview => "not in review",
            Refusal::Blocked(_) => "blocked",
            Refusal::Contributor => "contributor",
            Refusal::RoleNotAsked => "role not asked",
            Refusal::SeatsFilled(_) => "seats filled",
            Refusal::AlreadySigned => "already signed",
            Refusal::DossierChanged => "dossier changed",
            Refusal::DeniedByOther => "denied by other",
            _ => "of another step",
        });
    }

    pub(crate) fn run(&mut self, command: &Command) -> TestCaseResult {
        self.now += Duration::minutes(1);
        let attempt = match self.progress.attempt() {
            Ok(attempt) => attempt.clone(),
            Err(refusal) => {
                prop_assert_eq!(&refusal, &Refusal::Finished);
                self.refused(&refusal);
                return self.check();
            }
        };
        match command {
            Command::RequestReview(by) => self.request_review(attempt, *by)?,
            Command::Sign { by, seat, verdict, shown } => {
                let role = match seat {
                    Ok(index) => index.get(&self.phase().gate.sign_offs).role,
                    Err(role) => *role,
                };
                let covers = if *shown == Shown::Current { self.dossier() } else { Digest::of(b"older") };
                self.sign(&attempt, sign_off(*by, role, *verdict, covers), *by)?;
            }
            Command::SignWell(index) => {
                let free: Vec<Role> = self
                    .phase()
                    .gate
                    .sign_offs
                    .iter()
                    .map(|rule| rule.role)
                    .filter(|role| {
                        self.unmet()
                            .iter()
                            .any(|line| line.starts_with(&format!("sign-off {} ", role.code())))
                    })
                    .collect();
                let facts = self.facts();
                let able = |by: &u8| {
                    let id = person(*by);
                    !facts.contributors.include(id) && facts.sign_offs.iter().all(|fact| fact.person != id)
                };
                let able: Vec<u8> = REVIEWERS.filter(able).collect();
                if !free.is_empty() && !able.is_empty() {
                    let (by, role) = (*index.get(&able), *index.get(&free));
                    self.sign(&attempt, sign_off(by, role, Verdict::Approve, self.dossier()), by)?;
                }
            }
            Command::Withdraw(index) => {
                if self.standing.is_empty() {
                    return self.check();
                }
                let withdrawn = self.standing.remove(index.index(self.standing.len()));
                let again = self.standing.iter().any(|sign_off| sign_off.person == withdrawn.person);
                prop_assert!(!again, "one standing sign-off a person");
                let opened = self.settle(&attempt)?;
                prop_assert!(
                    !opened || withdrawn.verdict == Verdict::Deny,
                    "only a withdrawn denial opens a gate"
                );
                self.tally.opened_by_withdrawal += u32::from(opened);
            }
            Command::Return => match attempt.return_for_changes(self.now) {
                Ok(next) => {
                    prop_assert!(self.expected.in_review.is_some());
                    self.progress = Progress::Active(next);
                    self.expected.returns += 1;
                    self.expected.in_review = None;
                    self.expected.since = self.now;
                    self.tally.returns += 1;
                    // Sign-offs belong to their cycle.
                    self.standing.clear();
                }
                Err(refusal) => {
                    prop_assert_eq!(&refusal, &Refusal::NotInReview);
                    prop_assert!(self.expected.in_review.is_none());
                    self.refused(&refusal);
                }
            },
            Command::OpenByHand => {
                let refusal = attempt
                    .open(&self.policy, &self.decision(), &Cycles::default(), self.now)
                    .expect_err("the gate is closed");
                match &refusal {
                    Refusal::Blocked(blockers) => {
                        prop_assert!(self.expected.in_review.is_some());
                        prop_assert_eq!(blockers.iter().map(reason).collect::<BTreeSet<_>>(), self.unmet());
                    }
                    other => {
                        prop_assert_eq!(other, &Refusal::NotInReview);
                        prop_assert!(self.expected.in_review.is_none());
                    }
                }
                self.refused(&refusal);
            }
            edit => {
                let by = self.edit(edit);
                self.contributors.0.insert(person(by));
                self.revision += 1;
                let opened = self.settle(&attempt)?;
                prop_assert!(!opened, "an edit changes the dossier, so it opens nothing");
            }
        }
        self.check()
    }

    /// Applies an edit and says whose it was.
    fn edit(&mut self, command: &Command) -> u8 {
        let phase = self.phase();
        match command {
            Command::Finish(by) => {
                self.controls =
                    phase.controls.iter().map(|control| (control.key.clone(), proved(control))).collect();
                self.records = whole();
                self.answered = Question::ALL.iter().copied().collect();
                for threat in self.threats.values_mut() {
                    threat.status = ThreatStatus::Verified;
                }
                *by
            }
            Command::Mark(by, control, mark) => {
                let key = control.get(&phase.controls).key.clone();
                let open = || ControlFact { mark: Mark::Open, evidence: BTreeSet::new() };
                self.controls.entry(key).or_insert_with(open).mark = *mark;
                *by
            }
            Command::Prove(by, control) => {
                let control = control.get(&phase.controls);
                self.controls.insert(control.key.clone(), proved(control));
                *by
            }
            Command::Answer(by, question, yes) => {
                if *yes {
                    self.answered.insert(*question);
                } else {
                    self.answered.remove(question);
                }
                *by
            }
            Command::Record(by, flaw, good) => {
                let flaw = flaw.get(flaws());
                let part = if *good { whole() } else { flaw.facts() };
                put(&mut self.records, flaw.group, &part);
                *by
            }
            Command::Threat(by, threat) => {
                self.threats.insert(threat.number, threat.clone());
                *by
            }
            Command::Retier(by, tier) => {
                self.tier = *tier;
                *by
            }
            other => unreachable!("{other:?} is no edit"),
        }
    }

    fn request_review(&mut self, attempt: Attempt, by: u8) -> TestCaseResult {
        let team = |line: &String| !line.starts_with("sign-off ") && !line.starts_with("denial ");
        let open: BTreeSet<String> = self.unmet().into_iter().filter(team).collect();
        let asked = attempt.request_review(person(by), &self.decision(), self.now);
        match asked {
            Ok(next) => {
                prop_assert!(self.expected.in_review.is_none() && open.is_empty());
                self.progress = Progress::Active(next);
                self.expected.in_review = Some(by);
                self.expected.since = self.now;
            }
            Err(refusal) => {
                match &refusal {
                    Refusal::Blocked(blockers) => {
                        prop_assert!(self.expected.in_review.is_none());
                        prop_assert!(!blockers.is_empty());
                        prop_assert_eq!(blockers.iter().map(reason).collect::<BTreeSet<_>>(), open);
                    }
                    other => {
                        prop_assert_eq!(other, &Refusal::AlreadyInReview);
                        prop_assert!(self.expected.in_review.is_some());
                    }
                }
                self.refused(&refusal);
            }
        }
        Ok(())
    }

    /// The refusal that a sign-off has to meet: the first reason that holds, in the documented order.
    fn refusal_due(&self, fact: &SignOffFact, by: u8) -> Option<Refusal> {
        let missing = format!("sign-off {} ", fact.role.code());
        let phase = self.phase();
        let asked =
            phase.gate.sign_offs.iter().any(|rule| rule.role == fact.role && needed(rule, self.tier) > 0);
        let seat_free = self.unmet().iter().any(|line| line.starts_with(&missing));
        let reasons = [
            (self.expected.in_review.is_none(), Refusal::NotInReview),
            (!asked, Refusal::RoleNotAsked),
            (self.contributors.0.contains(&person(by)), Refusal::Contributor),
            (self.standing.iter().any(|other| other.person == person(by)), Refusal::AlreadySigned),
            (fact.verdict == Verdict::Approve && !seat_free, Refusal::SeatsFilled(fact.role)),
            (fact.covers != self.dossier(), Refusal::DossierChanged),
        ];
        reasons.into_iter().find_map(|(holds, refusal)| holds.then_some(refusal))
    }

    fn sign(&mut self, attempt: &Attempt, fact: SignOffFact, by: u8) -> TestCaseResult {
        let due = self.refusal_due(&fact, by);
        let situation: Situation = self.facts().into();
        let may = attempt.may_sign(&self.policy, &situation, fact.person, &[fact.role], self.now);
        let signed = match attempt.sign(&self.policy, situation, fact.clone(), &Cycles::default(), self.now) {
            Ok(signed) => signed,
            Err(refusal) => {
                prop_assert_eq!(Some(&refusal), due.as_ref());
                match &refusal {
                    // These two depend on what is signed, not on who signs.
                    Refusal::SeatsFilled(_) => {
                        prop_assert_eq!(may, Ok(Seats { held: vec![fact.role], free: Vec::new() }));
                    }
                    Refusal::DossierChanged => prop_assert!(may.is_ok()),
                    other => prop_assert_eq!(may.as_ref(), Err(other)),
                }
                self.refused(&refusal);
                return Ok(());
            }
        };
        prop_assert_eq!(due, None);
        prop_assert!(may.is_ok());
        let verdict = fact.verdict;
        self.standing.push(fact);
        let open = self.unmet();
        match &signed {
            Signed::Stands(decision) => {
                prop_assert!(!open.is_empty(), "nothing is missing and the gate stays closed");
                prop_assert_eq!(decision.blockers.iter().map(reason).collect::<BTreeSet<_>>(), open);
                prop_assert!(!self.settle(attempt)?);
            }
            Signed::Opens(progress) => {
                prop_assert_eq!(verdict, Verdict::Approve);
                prop_assert!(open.is_empty(), "the gate opened without {open:?}");
                prop_assert!(self.settle(attempt)?, "what opens at the sign-off opens for the decision, too");
                prop_assert_eq!(progress, &self.progress);
            }
        }
        Ok(())
    }

    /// What ends every write: sign-offs that cover another dossier are voided, and a gate with nothing missing opens.
    fn settle(&mut self, attempt: &Attempt) -> Result<bool, TestCaseError> {
        let (before, dossier) = (self.standing.len(), self.dossier());
        self.standing.retain(|sign_off| !sign_off.is_voided_by(dossier));
        self.tally.voided += u32::try_from(before - self.standing.len()).expect("a few");
        let decision = self.decision();
        prop_assert_eq!(decision.blockers.iter().map(reason).collect::<BTreeSet<_>>(), self.unmet());
        if !decision.is_open() || attempt.turn == Turn::Team {
            return Ok(false);
        }
        self.progress =
            attempt.open(&self.policy, &decision, &Cycles::default(), self.now).expect("nothing is missing");
        self.expected =
            Expected { phase: self.expected.phase + 1, returns: 0, in_review: None, since: self.now };
        if let Progress::Active(next) = &self.progress {
            self.entered.push(next.phase.to_string());
        }
        self.controls.clear();
        self.standing.clear();
        self.contributors = Contributors(BTreeSet::from([person(0)]));
        Ok(true)
    }

    /// The feature is where the model says, and came there phase by phase.
    pub(crate) fn check(&mut self) -> TestCaseResult {
        let order: Vec<String> = self.policy.phases.iter().map(|phase| phase.key.to_string()).collect();
        prop_assert!(order.starts_with(&self.entered), "{:?} is no beginning of {order:?}", self.entered);
        let Expected { phase, returns, in_review, since } = self.expected;
        let expected = if phase == order.len() {
            prop_assert_eq!(&self.entered, &order, "finished without having been everywhere");
            self.tally.finished = 1;
            Progress::Finished { at: since }
        } else {
            prop_assert_eq!(self.entered.len(), phase + 1);
            let turn = in_review.map_or(Turn::Team, |by| Turn::Reviewers { requested_by: person(by) });
            Progress::Active(Attempt { phase: self.phase().key, cycle: returns + 1, turn, since })
        };
        prop_assert_eq!(&self.progress, &expected);
        Ok(())
    }
}
