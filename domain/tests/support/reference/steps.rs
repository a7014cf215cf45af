//! What a step that is not refused brings about.

use super::{
    Command, Control, DAY, EVIDENCE_HOLDS, LAST, OWED_FOR, Passed, RELEASE, Reference, Signature, State,
    Waiver, WaiverIs,
};

impl Reference {
    /// Tries a step. It has to be done when this returns no reason; otherwise one of these has to be told.
    pub(crate) fn run(&mut self, command: &Command) -> std::collections::BTreeSet<&'static str> {
        let why = self.refusals(command);
        if why.is_empty() {
            self.apply(command);
            self.settle();
            *self.tally.done.entry(command.name()).or_default() += 1;
        } else {
            *self.tally.refused.entry(command.name()).or_default() += 1;
        }
        why
    }

    fn apply(&mut self, command: &Command) {
        match command {
            Command::Mark { by, phase, control, done } => {
                let gate = &mut self.gates[*phase];
                let said = &mut gate.said[usize::from(*control == Control::Firm)];
                *said = (said.0 + 1, *done);
                gate.authors.insert(*by);
            }
            Command::Prove { by, phase } => {
                self.reports += 1;
                let gate = &mut self.gates[*phase];
                gate.shown.insert(self.reports, self.now + EVIDENCE_HOLDS);
                gate.authors.insert(*by);
            }
            Command::Request { .. } => self.review = true,
            Command::Sign { by, role, deny, .. } => self.sign(self.phase, self.cycle, *by, role, *deny),
            Command::Withdraw { by } => self.end((self.phase, self.cycle), Some(*by), "withdrawn"),
            Command::Return { .. } => {
                self.cycle += 1;
                self.highest[self.phase] = self.cycle;
                self.review = false;
            }
            Command::Hold { .. } => self.state = State::Held,
            Command::Cancel { .. } => self.state = State::Cancelled,
            Command::Resume { .. } | Command::Reopen { .. } => self.state = State::Active,
            Command::Back { to, .. } => {
                self.end((self.phase, self.cycle), None, "voided");
                for gate in &mut self.gates[*to..self.phase] {
                    gate.passed = Passed::No;
                }
                self.tally.undone += self.phase - to;
                self.enter(*to);
            }
            Command::Accept { phase, .. } => {
                if let Passed::Opened(tier, _) = self.gates[*phase].passed {
                    self.pass_signed(*phase, tier);
                }
            }
            Command::Rate { tier, .. } => self.tier = *tier,
            Command::Propose { by } => {
                self.emergency = Some((self.phase, self.cycle, [*by].into()));
            }
            Command::Agree { by } => {
                if let Some((_, _, people)) = &mut self.emergency {
                    people.insert(*by);
                    if people.len() >= 2 {
                        self.release();
                    }
                }
            }
            Command::SignOwed { by, phase, role, deny } => {
                if let Passed::Owed { cycle, .. } = self.gates[*phase].passed {
                    self.sign(*phase, cycle, *by, role, *deny);
                }
            }
            Command::WithdrawOwed { by, phase } => {
                if let Passed::Owed { cycle, .. } = self.gates[*phase].passed {
                    self.end((*phase, cycle), Some(*by), "withdrawn");
                }
            }
            Command::Ask { by, subject, days } => {
                let until = (self.now.div_euclid(DAY) + days + 1) * DAY;
                self.waivers.push(Waiver { subject: subject.clone(), until, by: *by, is: WaiverIs::Asked });
            }
            Command::Decide { waiver, approve, .. } => {
                self.waivers[*waiver].is = if *approve { WaiverIs::Approved } else { WaiverIs::Over };
            }
            Command::End { waiver, .. } => self.waivers[*waiver].is = WaiverIs::Over,
            Command::Wait { hours } => self.pass(*hours),
        }
    }

    fn sign(&mut self, phase: usize, cycle: i32, by: usize, role: &'static str, deny: bool) {
        let covers = self.print(phase);
        self.signatures.push(Signature { phase, cycle, by, role, deny, covers, ended: None });
    }

    fn end(&mut self, gate: (usize, i32), by: Option<usize>, how: &'static str) {
        for it in &mut self.signatures {
            if it.ended.is_none() && (it.phase, it.cycle) == gate && by.is_none_or(|by| it.by == by) {
                it.ended = Some(how);
            }
        }
    }

    /// The next attempt at the gate of a phase, in the team's turn. No number comes twice.
    fn enter(&mut self, phase: usize) {
        self.phase = phase;
        self.highest[phase] += 1;
        self.cycle = self.highest[phase];
        self.review = false;
    }

    /// The emergency path: every gate up to that of the release, one after the other.
    fn release(&mut self) {
        while self.phase <= RELEASE {
            let due = self.now + OWED_FOR;
            self.gates[self.phase].passed = Passed::Owed { due, cycle: self.cycle };
            self.was_passed = true;
            self.tally.passed_owed += 1;
            self.enter(self.phase + 1);
        }
        self.emergency = None;
    }

    fn pass(&mut self, hours: i64) {
        self.now += hours * 3_600;
        if self.state == State::Finished {
            return;
        }
        for waiver in &mut self.waivers {
            if waiver.is == WaiverIs::Approved && self.now >= waiver.until {
                waiver.is = WaiverIs::Over;
                self.tally.lapsed += 1;
            }
        }
    }

    /// From now on, what is said by now is what was signed.
    fn pass_signed(&mut self, phase: usize, tier: usize) {
        let gate = &mut self.gates[phase];
        gate.passed = Passed::Opened(tier, gate.said.map(|(_, made)| made));
        self.was_passed = true;
    }

    /// What follows from every step: sign-offs that cover something else are void, what is owed and complete is paid,
    /// and a gate at which nothing is missing opens.
    fn settle(&mut self) {
        if self.state != State::Active {
            return;
        }
        let owed: Vec<(usize, i32, i64)> = self.owed().collect();
        let gates = owed.iter().map(|(phase, cycle, _)| (*phase, *cycle));
        for gate in gates.chain([(self.phase, self.cycle)]) {
            let print = self.print(gate.0);
            for it in &mut self.signatures {
                let of_gate = it.ended.is_none() && (it.phase, it.cycle) == gate;
                if of_gate && !it.deny && it.covers != print {
                    it.ended = Some("voided");
                    self.tally.voided += 1;
                }
            }
        }
        for (phase, cycle, _) in owed {
            if !self.unpaid(phase, cycle) {
                self.pass_signed(phase, self.tier);
                self.tally.paid += 1;
            }
        }
        let blockers = self.blockers();
        self.tally.drifted += usize::from(blockers.iter().any(|it| it.starts_with("drift:")));
        if self.review && blockers.is_empty() {
            self.pass_signed(self.phase, self.tier);
            self.tally.opened += 1;
            if self.phase == LAST {
                self.state = State::Finished;
                self.tally.finished += 1;
            } else {
                self.enter(self.phase + 1);
            }
        }
    }
}
