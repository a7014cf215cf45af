//! A feature as the domain's code moves it: what the service keeps in rows is kept in fields here, and every step is
//! taken by the functions that the service calls.

mod rare;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
    sync::LazyLock,
};

use sluice_domain::{
    access::{Action, Grants, Role, allowed},
    canonical::Digest,
    dossier::{Contributors, Difference, Dossier, Item, ItemKind},
    gate::{
        ControlFact, Decision, EarlierGate, EvidenceFact, Facts, Mark, Passed, SignOffFact, Situation,
        Verdict, WaiverFact, decide,
    },
    ids::PersonId,
    lifecycle::{Attempt, Consent, Cycles, OwedGate, Progress, Refusal, Turn},
    policy::{ControlKey, EvidenceKind, Phase, PhaseKey, Policy, Tier, parse},
    record::RecordFacts,
    waiver::{Waiver, WaiverState},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::reference::{self, Command, Control, PEOPLE, PHASES, Seen, State};

static POLICY: LazyLock<Policy> =
    LazyLock::new(|| parse(&reference::policy()).expect("the policy of the model reads"));

/// What a step that was refused says.
pub(crate) type Told<T = ()> = Result<T, String>;

/// What was done about a control, and how often that changed.
type Said = (ControlFact, i32);

/// How a gate was passed.
#[derive(Clone, Debug)]
enum Gate {
    Opened { cycle: i32, tier: Tier, items: BTreeSet<Item>, done: BTreeSet<ControlKey> },
    Owed(OwedGate),
}

/// Items and their digest, hashed once.
type Hashed = Rc<(BTreeSet<Item>, Digest)>;

#[derive(Debug)]
pub(crate) struct Lived {
    policy: &'static Policy,
    progress: Progress,
    tier: Tier,
    now: OffsetDateTime,
    /// Every attempt that there ever was.
    begun: Vec<(PhaseKey, i32)>,
    controls: BTreeMap<(usize, ControlKey), Said>,
    authors: [BTreeSet<PersonId>; 4],
    reports: i32,
    /// Whether a gate was ever passed, undone since or not.
    was_passed: bool,
    passed: [Option<Gate>; 4],
    standing: Vec<(PhaseKey, i32, SignOffFact)>,
    waivers: Vec<Waiver>,
    /// In which role and when each waiver was approved, by its number.
    approvals: BTreeMap<i32, (Role, OffsetDateTime)>,
    emergency: Option<(PhaseKey, i32, Vec<Consent>)>,
    /// Dossiers that were put together before: hashing is what takes the time here.
    known: RefCell<HashMap<Content, Hashed>>,
}

/// What a dossier depends on: tier, phase, cycle, version of each control, reports and waivers.
type Content = (Tier, usize, i32, Vec<i32>, Vec<i32>, Vec<i32>);

pub(crate) fn person(number: usize) -> PersonId {
    PersonId::new(Uuid::from_u128(number as u128 + 1))
}

fn number(person: PersonId) -> usize {
    usize::try_from(person.uuid().as_u128() - 1).expect("one of the people")
}

pub(crate) fn role(code: &str) -> Role {
    Role::from_code(code).expect("a role")
}

fn roles(by: usize) -> Vec<Role> {
    PEOPLE[by].iter().map(|code| role(code)).collect()
}

fn key(phase: usize) -> PhaseKey {
    PHASES[phase].parse().expect("a key")
}

fn control_key(control: Control) -> ControlKey {
    control.key().parse().expect("a key")
}

fn first_control() -> ControlKey {
    "a".parse().expect("a key")
}

fn index(phase: &PhaseKey) -> usize {
    PHASES.iter().position(|key| *key == phase.as_str()).expect("a phase of the policy")
}

/// What is in another version than the signed one.
fn difference(now: &BTreeSet<Item>, signed: &BTreeSet<Item>) -> Vec<Difference> {
    let other = |then: &Item| {
        let now = now.iter().find(|it| (it.kind, &it.key) == (then.kind, &then.key))?;
        let differs = now.version != then.version;
        let (kind, key) = (then.kind, then.key.clone());
        differs.then_some(Difference { kind, key, then: Some(then.version), now: Some(now.version) })
    };
    signed.iter().filter_map(other).collect()
}

fn told(refusal: Refusal) -> String {
    match refusal {
        Refusal::NotAnApprover => "permission".to_owned(),
        Refusal::Waiver(_) => "waiver".to_owned(),
        other => other.to_string(),
    }
}

impl Lived {
    pub(crate) fn new(tier: Tier, now: OffsetDateTime) -> Self {
        let policy: &'static Policy = &POLICY;
        let progress = Progress::start(policy, now).expect("a first phase");
        Self {
            policy,
            progress,
            tier,
            now,
            begun: vec![(key(0), 1)],
            controls: BTreeMap::new(),
            authors: Default::default(),
            reports: 0,
            was_passed: false,
            passed: Default::default(),
            standing: Vec::new(),
            waivers: Vec::new(),
            approvals: BTreeMap::new(),
            emergency: None,
            known: RefCell::default(),
        }
    }

    fn phase(&self, phase: usize) -> &'static Phase {
        &self.policy.phases[phase]
    }

    fn cycles(&self) -> Cycles {
        self.begun.iter().cloned().collect()
    }

    fn owed(&self) -> Vec<OwedGate> {
        let owed = self.passed.iter().flatten().filter_map(|gate| match gate {
            Gate::Owed(owed) => Some(owed.clone()),
            Gate::Opened { .. } => None,
        });
        owed.collect()
    }

    fn dossier(&self, phase: usize, cycle: i32) -> Rc<(BTreeSet<Item>, Digest)> {
        let of_phase =
            || self.controls.range((phase, first_control())..).take_while(|((of, _), _)| *of == phase);
        let approved = self.waivers.iter().filter(|waiver| waiver.state == WaiverState::Approved);
        let content = (
            self.tier,
            phase,
            cycle,
            of_phase().map(|(_, (_, version))| *version).collect(),
            of_phase().flat_map(|(_, (fact, _))| &fact.evidence).map(|it| it.number).collect(),
            approved.map(|waiver| waiver.number).collect(),
        );
        let put_together = || {
            let dossier = self.put_together(phase, cycle);
            let digest = dossier.digest();
            Rc::new((dossier.items, digest))
        };
        Rc::clone(self.known.borrow_mut().entry(content).or_insert_with(put_together))
    }

    fn put_together(&self, phase: usize, cycle: i32) -> Dossier {
        let item = |kind, key: String, version| Item {
            kind,
            digest: Digest::of(format!("{key} {version}").as_bytes()),
            key,
            version,
        };
        let mut items = BTreeSet::from([item(ItemKind::Scope, "scope".to_owned(), 1)]);
        for ((of, control), (fact, version)) in &self.controls {
            if *of == phase {
                let asked = self.policy.control(&key(phase), control).expect("a control of the phase");
                if asked.tiers.contains(self.tier) {
                    items.insert(item(ItemKind::Control, control.to_string(), *version));
                }
                items.extend(
                    fact.evidence.iter().map(|it| item(ItemKind::Evidence, format!("E-{}", it.number), 1)),
                );
            }
        }
        let approved = self.waivers.iter().filter(|waiver| waiver.state == WaiverState::Approved);
        items.extend(approved.map(|waiver| item(ItemKind::Waiver, format!("W-{}", waiver.number), 2)));
        Dossier {
            feature: "PAY-12".parse().expect("a key"),
            policy: Digest::of(self.policy.version.as_bytes()),
            phase: key(phase),
            cycle,
            tier: self.tier,
            items,
        }
    }

    fn facts(&self, phase: usize, cycle: i32) -> Facts {
        let of_phase = self.controls.iter().filter(|((of, _), _)| *of == phase);
        let approved = self.waivers.iter().filter(|waiver| waiver.state == WaiverState::Approved);
        let mut contributors = self.authors[phase].clone();
        contributors.extend(approved.map(|waiver| waiver.requested_by).chain([person(0)]));
        let of_gate = |(of, at, _): &&(PhaseKey, i32, SignOffFact)| (of, *at) == (&key(phase), cycle);
        Facts {
            tier: self.tier,
            controls: of_phase.map(|((_, control), (fact, _))| (control.clone(), fact.clone())).collect(),
            records: RecordFacts::default(),
            evidence: BTreeSet::new(),
            answered: BTreeSet::new(),
            stale_for: None,
            threats: Vec::new(),
            sign_offs: self.standing.iter().filter(of_gate).map(|(.., fact)| fact.clone()).collect(),
            contributors: Contributors(contributors),
            dossier: self.dossier(phase, cycle).1,
            archived: false,
        }
    }

    fn done(&self, phase: usize) -> BTreeSet<ControlKey> {
        let done =
            |((of, _), (fact, _)): &(&(usize, ControlKey), &Said)| *of == phase && fact.mark == Mark::Done;
        self.controls.iter().filter(done).map(|((_, control), _)| control.clone()).collect()
    }

    fn earlier(&self, phase: usize) -> EarlierGate {
        let gate = self.passed[phase].as_ref().expect("it was passed");
        let (cycle, passed) = match gate {
            Gate::Owed(owed) => (owed.cycle, Passed::Owed { due: owed.due }),
            Gate::Opened { cycle, tier, items, done } => {
                let now = self.done(phase);
                let undone = |it: &Difference| {
                    let said = it.kind == ItemKind::Control && it.then.is_some() && it.now.is_some();
                    said && done.iter().any(|control| control.as_str() == it.key && !now.contains(control))
                };
                let current = self.dossier(phase, *cycle);
                let drift = difference(&current.0, items).into_iter().filter(undone).collect();
                (*cycle, Passed::Opened { tier: *tier, drift })
            }
        };
        EarlierGate { phase: key(phase), facts: self.facts(phase, cycle), passed }
    }

    fn situation(&self, attempt: &Attempt) -> Situation {
        let phase = index(&attempt.phase);
        let approved = self.waivers.iter().filter(|waiver| waiver.state == WaiverState::Approved);
        let waivers = approved.map(|waiver| {
            let (role, approved_at) = self.approvals[&waiver.number];
            let (number, subject, until) = (waiver.number, waiver.subject.clone(), waiver.until);
            WaiverFact { number, subject, until, role, approved_at }
        });
        Situation {
            facts: self.facts(phase, attempt.cycle),
            earlier: (0..phase).map(|phase| self.earlier(phase)).collect(),
            waivers: waivers.collect(),
        }
    }

    fn decision(&self) -> Option<Decision> {
        self.decide_at(&[self.now])?.pop()
    }

    /// What the gate says at each of some instants, if nobody does anything until then.
    pub(crate) fn decide_at(&self, instants: &[OffsetDateTime]) -> Option<Vec<Decision>> {
        let attempt = self.progress.stands_in()?;
        let (phase, situation) = (self.phase(index(&attempt.phase)), self.situation(attempt));
        Some(instants.iter().map(|at| decide(self.policy, phase, &situation, *at)).collect())
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.now
    }

    /// What there is to see.
    pub(crate) fn seen(&self) -> Seen {
        let state = match self.progress {
            Progress::Active(_) => State::Active,
            Progress::Held { .. } => State::Held,
            Progress::Cancelled { .. } => State::Cancelled,
            Progress::Finished { .. } => State::Finished,
        };
        let here = self.progress.stands_in();
        let owed = self.owed();
        let live = |phase: &PhaseKey, cycle: i32| {
            here.is_some_and(|attempt| {
                (&attempt.phase, attempt.cycle) == (phase, cycle)
                    || owed.iter().any(|gate| (&gate.phase, gate.cycle) == (phase, cycle))
            })
        };
        let standing = self.standing.iter().filter(|(phase, cycle, _)| live(phase, *cycle));
        let decision = self.decision().unwrap_or_default();
        Seen {
            state,
            stands: here.map(|attempt| (index(&attempt.phase), attempt.cycle, attempt.turn != Turn::Team)),
            standing: standing
                .map(|(phase, cycle, it)| {
                    let deny = it.verdict == Verdict::Deny;
                    (index(phase), *cycle, number(it.person), it.role.code().to_owned(), deny)
                })
                .collect(),
            owed: owed
                .iter()
                .map(|gate| (index(&gate.phase), gate.cycle, gate.due.unix_timestamp()))
                .collect(),
            blockers: decision.blockers.iter().map(sluice_domain::gate::Blocker::subject).collect(),
        }
    }

    /// Tries a step, and settles what follows from it.
    pub(crate) fn run(&mut self, command: &Command) -> Told {
        self.step(command)?;
        self.settle();
        Ok(())
    }

    fn may(by: usize, action: Action) -> Told {
        let grants = Grants { product: roles(by).into_iter().collect(), ..Grants::default() };
        if allowed(&grants, action) { Ok(()) } else { Err("permission".to_owned()) }
    }

    fn holds(by: usize, any: &[Role]) -> Told {
        if roles(by).iter().any(|role| any.contains(role)) { Ok(()) } else { Err("permission".to_owned()) }
    }

    fn step(&mut self, command: &Command) -> Told {
        match command {
            Command::Wait { hours } => {
                self.now += Duration::hours(*hours);
                let now = self.now;
                if self.progress.stands_in().is_some() {
                    for waiver in &mut self.waivers {
                        waiver.state = waiver.state.at(waiver.until, now);
                    }
                }
                Ok(())
            }
            Command::Mark { .. } | Command::Prove { .. } => self.work(command),
            Command::Hold { .. }
            | Command::Resume { .. }
            | Command::Cancel { .. }
            | Command::Reopen { .. } => self.rest(command),
            Command::Ask { .. } | Command::Decide { .. } | Command::End { .. } => self.waive(command),
            Command::Propose { .. } | Command::Agree { .. } => self.release(command),
            Command::SignOwed { .. } | Command::WithdrawOwed { .. } => self.pay(command),
            Command::Accept { by, phase, role } => self.accept(*by, *phase, role),
            Command::Rate { by, tier } => {
                Self::may(*by, Action::EditFeature)?;
                self.attempt()?;
                let tier = Tier::ALL[*tier];
                if tier < self.tier && self.was_passed {
                    return Err("tier lowered".to_owned());
                }
                self.tier = tier;
                Ok(())
            }
            Command::Request { by } => {
                Self::may(*by, Action::RequestReview)?;
                let attempt = self.attempt()?;
                let decision = self.decision().expect("an attempt");
                let next = attempt.request_review(person(*by), &decision, self.now).map_err(told)?;
                self.progress = Progress::Active(next);
                Ok(())
            }
            Command::Sign { by, role, deny, stale } => self.sign(*by, role, *deny, *stale),
            Command::Withdraw { by } => {
                Self::may(*by, Action::SignGate)?;
                let attempt = self.attempt()?;
                self.withdraw(&attempt.phase, attempt.cycle, *by)
            }
            Command::Return { by } => {
                Self::may(*by, Action::ReturnForChanges)?;
                let attempt = self.attempt()?;
                let facts = self.facts(index(&attempt.phase), attempt.cycle);
                let next = attempt.clone().return_for_changes(self.now).map_err(told)?;
                let phase = self.phase(index(&attempt.phase));
                let seats: Vec<Role> = phase.gate.sign_offs_for(self.tier).map(|rule| rule.role).collect();
                Self::holds(*by, &seats)?;
                attempt.may_return(&facts, person(*by)).map_err(told)?;
                self.begin(next);
                Ok(())
            }
            Command::Back { by, to } => {
                Self::may(*by, Action::MoveBack)?;
                let attempt = self.attempt()?;
                let situation = self.situation(&attempt);
                let moved = attempt
                    .move_back(self.policy, &key(*to), person(*by), &situation, &self.cycles(), self.now)
                    .map_err(told)?;
                for phase in moved.undone {
                    self.passed[index(&phase)] = None;
                }
                self.begin(moved.attempt);
                Ok(())
            }
        }
    }

    fn attempt(&self) -> Told<Attempt> {
        self.progress.attempt().cloned().map_err(told)
    }

    fn begin(&mut self, attempt: Attempt) {
        let gate = (attempt.phase.clone(), attempt.cycle);
        assert!(!self.begun.contains(&gate), "{gate:?} begins twice");
        self.begun.push(gate);
        self.progress = Progress::Active(attempt);
    }

    fn work(&mut self, command: &Command) -> Told {
        let empty = || (ControlFact { mark: Mark::Open, evidence: BTreeSet::new() }, 0);
        match command {
            Command::Mark { by, phase, control, done } => {
                Self::may(*by, Action::DoControl)?;
                self.attempt()?;
                let control = control_key(*control);
                let asked = self.policy.control(&key(*phase), &control).expect("a control of the phase");
                Self::holds(*by, &asked.done_by)?;
                let said = self.controls.entry((*phase, control)).or_insert_with(empty);
                said.0.mark = if *done { Mark::Done } else { Mark::Open };
                said.1 += 1;
                self.authors[*phase].insert(person(*by));
            }
            Command::Prove { by, phase } => {
                Self::may(*by, Action::AddEvidence)?;
                self.attempt()?;
                self.reports += 1;
                let kind = EvidenceKind::TestReport;
                let lifetime = self.policy.terms.evidence_lifetime(kind).expect("it expires");
                let item = EvidenceFact { number: self.reports, kind, until: Some(self.now + lifetime) };
                let said = self.controls.entry((*phase, control_key(Control::Shown))).or_insert_with(empty);
                said.0.evidence.insert(item);
                self.authors[*phase].insert(person(*by));
            }
            other => unreachable!("{other:?} is no work"),
        }
        Ok(())
    }

    fn rest(&mut self, command: &Command) -> Told {
        let (progress, now) = (self.progress.clone(), self.now);
        self.progress = match command {
            Command::Hold { by } => {
                Self::may(*by, Action::HoldFeature)?;
                progress.hold(None, now)
            }
            Command::Resume { by } => {
                Self::may(*by, Action::HoldFeature)?;
                progress.resume(now)
            }
            Command::Cancel { by } => {
                Self::may(*by, Action::CancelFeature)?;
                progress.cancel(now)
            }
            Command::Reopen { by } => {
                Self::may(*by, Action::CancelFeature)?;
                progress.reopen(now)
            }
            other => unreachable!("{other:?} is no rest"),
        }
        .map_err(told)?;
        Ok(())
    }

    fn fact(by: usize, seat: &str, deny: bool, covers: Digest) -> SignOffFact {
        SignOffFact {
            person: person(by),
            name: format!("Person {by}"),
            role: role(seat),
            verdict: if deny { Verdict::Deny } else { Verdict::Approve },
            covers,
            on_behalf_of: None,
        }
    }

    fn sign(&mut self, by: usize, seat: &str, deny: bool, stale: bool) -> Told {
        Self::may(by, Action::SignGate)?;
        Self::holds(by, &[role(seat)])?;
        let attempt = self.attempt()?;
        let situation = self.situation(&attempt);
        let covers = if stale { Digest::of(b"older") } else { situation.facts.dossier };
        let fact = Self::fact(by, seat, deny, covers);
        attempt.sign(self.policy, situation, fact.clone(), &self.cycles(), self.now).map_err(told)?;
        self.standing.push((attempt.phase, attempt.cycle, fact));
        Ok(())
    }

    fn withdraw(&mut self, phase: &PhaseKey, cycle: i32, by: usize) -> Told {
        let before = self.standing.len();
        self.standing.retain(|(of, at, it)| !((of, *at) == (phase, cycle) && it.person == person(by)));
        match before - self.standing.len() {
            0 => Err("nothing".to_owned()),
            1 => Ok(()),
            more => unreachable!("{more} standing sign-offs of one person"),
        }
    }

    /// What ends every step: sign-offs that cover another dossier are voided, what is owed and complete is paid, and a
    /// gate with nothing missing opens.
    fn settle(&mut self) {
        let Progress::Active(attempt) = self.progress.clone() else { return };
        let gates: Vec<(PhaseKey, i32)> = self
            .owed()
            .into_iter()
            .map(|gate| (gate.phase, gate.cycle))
            .chain([(attempt.phase.clone(), attempt.cycle)])
            .collect();
        for (phase, cycle) in gates {
            let dossier = self.dossier(index(&phase), cycle).1;
            self.standing.retain(|(of, at, it)| (of, *at) != (&phase, cycle) || !it.is_voided_by(dossier));
        }
        let decision = self.decision().expect("an attempt");
        for debt in decision.debts.iter().filter(|debt| debt.missing.is_empty()) {
            let phase = index(&debt.phase);
            self.passed[phase] = Some(self.opened(phase, self.tier));
        }
        let decision = self.decision().expect("an attempt");
        if attempt.turn == Turn::Team || !decision.is_open() {
            return;
        }
        let phase = index(&attempt.phase);
        let next =
            attempt.open(self.policy, &decision, &self.cycles(), self.now).expect("nothing is missing");
        assert!(self.passed[phase].is_none(), "{phase} is passed twice");
        self.passed[phase] = Some(self.opened(phase, self.tier));
        self.was_passed = true;
        match next {
            Progress::Active(next) => self.begin(next),
            finished => self.progress = finished,
        }
    }

    fn opened(&self, phase: usize, tier: Tier) -> Gate {
        let cycle = self.cycles().next(&key(phase)) - 1;
        Gate::Opened { cycle, tier, items: self.dossier(phase, cycle).0.clone(), done: self.done(phase) }
    }
}
