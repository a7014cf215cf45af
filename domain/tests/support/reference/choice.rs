//! What to try next: mostly what brings the feature on, and often enough what somebody should not be able to do.

use super::{Command, Control, PEOPLE, PHASES, Passed, Reference, State, rules::SEATS};

const ROLES: [&str; 4] = ["security-reviewer", "release-manager", "developer", "product-manager"];

/// One of a few.
fn pick<T: Copy>(from: &[T], number: u16) -> T {
    from[usize::from(number) % from.len()]
}

impl Reference {
    /// The command that four numbers stand for, here and now.
    pub(crate) fn choose(&self, [kind, one, two, three]: [u16; 4]) -> Command {
        let by = usize::from(one) % PEOPLE.len();
        let phase = usize::from(two) % (self.phase + 1);
        let role = pick(&SEATS, two);
        let deny = three % 4 == 0;
        match kind % 100 {
            0..=54 => self.advance(one, two),
            55..=58 => self.unsettle(by, phase, two),
            59..=60 if self.has_reports() => Command::Prove { by, phase },
            61..=63 => Command::Request { by },
            64..=66 => {
                let role = if three % 5 == 0 { pick(&ROLES, two) } else { role };
                Command::Sign { by, role, deny, stale: three % 7 == 0 }
            }
            67..=68 => Command::Withdraw { by: self.standing_of(two).unwrap_or(by) },
            69..=70 => Command::Return { by },
            71 => Command::Hold { by: if two % 2 == 0 { 0 } else { by } },
            72 => Command::Cancel { by: if two % 2 == 0 { 0 } else { by } },
            73 => Command::Resume { by },
            74 => Command::Reopen { by },
            75 => Command::Back { by, to: usize::from(two) % PHASES.len() },
            76..=77 => Command::Propose { by },
            78..=80 => Command::Agree { by },
            81..=83 => Command::SignOwed { by, phase: self.owed_phase(two), role, deny },
            84 => Command::WithdrawOwed { by, phase: self.owed_phase(two) },
            85..=89 => Command::Ask { by, subject: self.subject(two), days: i64::from(three % 3) },
            90..=92 => {
                let waiver = self.latest_waiver(two);
                Command::Decide { by, waiver, approve: three % 4 != 0 }
            }
            93 => Command::End { by, waiver: self.latest_waiver(two) },
            _ => Command::Wait { hours: 1 + i64::from(three % 30) },
        }
    }

    fn has_reports(&self) -> bool {
        self.tier > 0
    }

    /// What somebody does who wants the feature to get on, and may do it.
    fn advance(&self, one: u16, two: u16) -> Command {
        match self.state {
            State::Held => return Command::Resume { by: 0 },
            State::Cancelled => return Command::Reopen { by: 0 },
            State::Finished => return Command::Wait { hours: 1 },
            State::Active => {}
        }
        // Mostly the developer; now and then somebody who will want to sign as well.
        let by = pick(&[1, 1, 1, 1, 1, 2, 5], one);
        let owed = self.owed().next();
        if let Some((phase, cycle, _)) = owed.filter(|_| two % 2 == 0) {
            if let Some(control) = self.open(phase).first() {
                return self.clear(by, phase, *control);
            }
            if let Some(veto) = self.vetoes(phase, cycle).next() {
                return Command::WithdrawOwed { by: veto.by, phase };
            }
            if let Some((role, by)) = self.signer(phase, cycle, one) {
                return Command::SignOwed { by, phase, role, deny: false };
            }
        }
        let earlier =
            (0..=self.phase).filter(|phase| !matches!(self.gates[*phase].passed, Passed::Owed { .. }));
        let blocked =
            earlier.flat_map(|phase| self.open(phase).into_iter().map(move |control| (phase, control)));
        let mut blocked = blocked.filter(|(phase, control)| {
            !self.is_waived(&format!("control:{}/{}", PHASES[*phase], control.key()))
        });
        if let Some((phase, control)) = blocked.next() {
            return self.clear(by, phase, control);
        }
        if !self.review {
            return Command::Request { by: 1 };
        }
        if let Some(veto) = self.vetoes(self.phase, self.cycle).next() {
            return Command::Withdraw { by: veto.by };
        }
        match self.signer(self.phase, self.cycle, one) {
            Some((role, by)) => Command::Sign { by, role, deny: false, stale: false },
            None => Command::Wait { hours: 1 },
        }
    }

    fn clear(&self, by: usize, phase: usize, control: Control) -> Command {
        match control {
            Control::Shown => Command::Prove { by, phase },
            _ => Command::Mark { by, phase, control, done: true },
        }
    }

    /// Says of a control what was not said of it so far.
    fn unsettle(&self, by: usize, phase: usize, number: u16) -> Command {
        let control = pick(&[Control::Said, Control::Firm], number);
        let said = self.gates[phase].said[usize::from(control == Control::Firm)];
        Command::Mark { by, phase, control, done: !said.1 }
    }

    /// A seat that is free, and somebody who may take it.
    fn signer(&self, phase: usize, cycle: i32, number: u16) -> Option<(&'static str, usize)> {
        let role = *self.missing(phase, cycle).first()?;
        let contributors = self.contributors(phase);
        let able: Vec<usize> = (0..PEOPLE.len())
            .filter(|by| PEOPLE[*by].contains(&role) && !contributors.contains(by))
            .filter(|by| !self.of_gate(phase, cycle).any(|it| it.by == *by))
            .collect();
        (!able.is_empty()).then(|| (role, pick(&able, number)))
    }

    fn standing_of(&self, number: u16) -> Option<usize> {
        let signers: Vec<usize> = self.of_gate(self.phase, self.cycle).map(|it| it.by).collect();
        (!signers.is_empty()).then(|| pick(&signers, number))
    }

    /// A gate that is owed, if there is one.
    fn owed_phase(&self, number: u16) -> usize {
        let owed: Vec<usize> = self.owed().map(|(phase, ..)| phase).collect();
        if owed.is_empty() { usize::from(number) % PHASES.len() } else { pick(&owed, number) }
    }

    /// Something that blocks, or might.
    fn subject(&self, number: u16) -> String {
        let things: Vec<String> = self.things().into_iter().collect();
        if things.is_empty() {
            return format!("control:{}/said", PHASES[self.phase]);
        }
        things[usize::from(number) % things.len()].clone()
    }

    /// One of the last few waivers; one that is not there while there is none.
    fn latest_waiver(&self, number: u16) -> usize {
        let behind = usize::from(number) % 2;
        self.waivers.len().saturating_sub(1 + behind)
    }
}
