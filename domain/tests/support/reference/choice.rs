//! What to try next: mostly what brings the feature on, and often enough what somebody should not be able to do.

use super::{Command, Control, PEOPLE, PHASES, Passed, Reference, State, Waiver, WaiverIs, rules::SEATS};

const ROLES: [&str; 4] = ["security-reviewer", "release-manager", "developer", "product-manager"];

/// One of a few.
fn pick<T: Copy>(from: &[T], number: u16) -> T {
    from[usize::from(number) % from.len()]
}

impl Reference {
    /// The command that four numbers stand for, here and now.
    pub(crate) fn choose(&self, [kind, one, two, three]: [u16; 4]) -> Command {
        let anybody = usize::from(one) % PEOPLE.len();
        // Mostly somebody of a role that may, now and then anybody.
        let one_of = |able: &[usize]| if three % 8 == 1 { anybody } else { pick(able, one) };
        let (reviewer, releaser) = (one_of(&[2, 3, 4, 5, 8]), one_of(&[2, 3, 4, 5, 6, 8]));
        let (manager, developer) = (one_of(&[0]), one_of(&[1, 1, 2, 5]));
        let phase = usize::from(two) % (self.phase + 1);
        let role = if three % 5 == 0 { pick(&ROLES, two) } else { Self::seat_of(reviewer, two) };
        let deny = three % 4 == 0;
        match kind % 100 {
            0..=41 => self.advance(one, two),
            42..=43 if self.drifted().next().is_none() && three % 4 != 2 => self.advance(one, two),
            42..=43 => {
                let by = one_of(&[3, 4, 8, 2, 5]);
                let role = if three % 5 == 0 { role } else { Self::seat_of(by, two) };
                Command::Accept { by, phase: self.drifted().next().unwrap_or(phase), role }
            }
            44..=47 => self.unsettle(developer, phase, two),
            48..=49 if self.tier > 0 => Command::Prove { by: one_of(&[1, 2, 5]), phase },
            50..=52 => Command::Request { by: one_of(&[0, 1, 2, 5]) },
            53..=56 => Command::Sign { by: reviewer, role, deny, stale: three % 7 == 0 },
            57..=58 => Command::Withdraw { by: self.standing_of(two).unwrap_or(reviewer) },
            59 => Command::Return { by: reviewer },
            60 => Command::Hold { by: manager },
            61 => Command::Cancel { by: manager },
            62 => Command::Resume { by: manager },
            63 => Command::Reopen { by: manager },
            64 => Command::Back { by: one_of(&[0, 3, 5]), to: usize::from(two) % PHASES.len() },
            65..=67 => Command::Propose { by: releaser },
            68..=72 if self.agreed().is_none() && three % 4 != 2 => Command::Propose { by: releaser },
            68..=72 => Command::Agree { by: releaser },
            73..=76 => Command::SignOwed { by: reviewer, phase: self.owed_phase(two), role, deny },
            77..=78 => {
                let phase = self.owed_phase(two);
                Command::WithdrawOwed { by: self.signer_of_owed(phase).unwrap_or(reviewer), phase }
            }
            79..=89 => {
                // Mostly what comes next: the request, or the decision about it.
                let is_asked = self.waivers.iter().any(|waiver| waiver.is == WaiverIs::Asked);
                if is_asked == (three % 4 == 2) {
                    let (subject, days) = (self.subject(two), i64::from(three % 3));
                    Command::Ask { by: developer, subject, days }
                } else {
                    let (by, waiver) = (one_of(&[3, 4, 0, 3, 4]), self.waiver_that_is(WaiverIs::Asked, two));
                    Command::Decide { by, waiver, approve: two % 8 != 0 }
                }
            }
            90..=91 => {
                let waiver = self.waiver_that_is(WaiverIs::Approved, two);
                Command::End { by: one_of(&[0, 3, 4]), waiver }
            }
            // Another tier than it has.
            92 => Command::Rate { by: manager, tier: (self.tier + 1 + usize::from(two) % 2) % 3 },
            _ => Command::Wait { hours: 1 + i64::from(three % 30) },
        }
    }

    /// A seat that somebody can take, if they can take any.
    fn seat_of(by: usize, number: u16) -> &'static str {
        let seats: Vec<&'static str> = SEATS.into_iter().filter(|seat| PEOPLE[by].contains(seat)).collect();
        if seats.is_empty() { pick(&SEATS, number) } else { pick(&seats, number) }
    }

    fn signer_of_owed(&self, phase: usize) -> Option<usize> {
        match self.gates[phase].passed {
            Passed::Owed { cycle, .. } => self.of_gate(phase, cycle).next().map(|it| it.by),
            _ => None,
        }
    }

    /// What somebody does who wants the feature to get on, and may do it.
    fn advance(&self, one: u16, two: u16) -> Command {
        match self.state {
            State::Held => return Command::Resume { by: 0 },
            State::Cancelled => return Command::Reopen { by: 0 },
            State::Finished => return Command::Wait { hours: 1 },
            State::Active => {}
        }
        if let Some(command) = self.concede(one).filter(|_| two % 3 == 1) {
            return command;
        }
        // Mostly the developer; now and then somebody who will want to sign as well.
        let by = pick(&[1, 1, 1, 1, 1, 2, 5], one);
        let owed = self.owed().next();
        if let Some((phase, cycle, _)) = owed.filter(|_| two.is_multiple_of(2)) {
            if let Some(control) = self.open(phase).first() {
                return Self::clear(by, phase, *control);
            }
            if let Some(veto) = self.vetoes(phase, cycle).next() {
                return Command::WithdrawOwed { by: veto.by, phase };
            }
            if let Some((role, by)) = self.signer(phase, cycle, one) {
                return Command::SignOwed { by, phase, role, deny: false };
            }
        }
        if let Some(to) = self.outgrown().next() {
            return Command::Back { by: 0, to };
        }
        let earlier =
            (0..=self.phase).filter(|phase| !matches!(self.gates[*phase].passed, Passed::Owed { .. }));
        let blocked =
            earlier.flat_map(|phase| self.open(phase).into_iter().map(move |control| (phase, control)));
        let mut blocked = blocked.filter(|(phase, control)| {
            !self.is_waived(&format!("control:{}/{}", PHASES[*phase], control.key()))
        });
        if let Some((phase, control)) = blocked.next() {
            return Self::clear(by, phase, control);
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

    /// What lets something pass that is not as it should be: the approval of a waiver, or of what changed since.
    fn concede(&self, number: u16) -> Option<Command> {
        let things = self.things();
        let waits = |waiver: &Waiver| waiver.is == WaiverIs::Asked && things.contains(&waiver.subject);
        if let Some(waiver) = self.waivers.iter().position(waits) {
            return Some(Command::Decide { by: pick(&[3, 4], number), waiver, approve: true });
        }
        let phase = self.drifted().next()?;
        Some(Command::Accept { by: pick(&[3, 4], number), phase, role: "security-reviewer" })
    }

    fn clear(by: usize, phase: usize, control: Control) -> Command {
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

    /// Something that blocks, or might; mostly what may be waived.
    fn subject(&self, number: u16) -> String {
        let mut things: Vec<String> = self.things().into_iter().collect();
        if !number.is_multiple_of(4) {
            things.retain(|subject| !subject.ends_with("/firm") && !self.is_waived(subject));
        }
        if things.is_empty() {
            return format!("control:{}/said", PHASES[self.phase]);
        }
        things[usize::from(number) % things.len()].clone()
    }

    /// Mostly the latest waiver of this kind; else one of the last few, or one that is not there while there is none.
    fn waiver_that_is(&self, is: WaiverIs, number: u16) -> usize {
        let found = self.waivers.iter().rposition(|waiver| waiver.is == is);
        let behind = usize::from(number) % 2;
        let any = self.waivers.len().saturating_sub(1 + behind);
        found.filter(|_| number % 4 != 3).unwrap_or(any)
    }
}
