//! What blocks a gate, and why a step is refused.

use std::collections::BTreeSet;

use sluice_domain::canonical::Digest;

use super::{
    Command, Control, Gate, LAST, PEOPLE, PHASES, Passed, Print, RELEASE, Reference, Signature, State,
    Waiver, WaiverIs,
};

/// How many people of a role have to sign.
pub(super) fn quorum(role: &str, tier: usize) -> usize {
    match role {
        "security-reviewer" => [1, 1, 2][tier],
        "release-manager" => [0, 1, 1][tier],
        _ => 0,
    }
}

pub(super) const SEATS: [&str; 2] = ["security-reviewer", "release-manager"];

pub(super) fn holds(by: usize, roles: &[&str]) -> bool {
    PEOPLE[by].iter().any(|role| roles.contains(role))
}

/// The name of what a higher tier asks of a gate that was signed for a lower one.
fn raised(phase: usize, tier: usize) -> String {
    format!("tier:{}/{}", PHASES[phase], ["low", "medium", "high"][tier])
}

/// Whether it is the team's to clear, or a waiver's.
fn is_team_s(blocker: &str) -> bool {
    blocker.starts_with("control:") || blocker.starts_with("tier:")
}

impl Reference {
    pub(super) fn print(&self, phase: usize) -> Print {
        let gate = &self.gates[phase];
        let approved = |(_, waiver): &(usize, &Waiver)| waiver.is == WaiverIs::Approved;
        Print {
            tier: self.tier,
            said: [gate.said[0].0, gate.said[1].0],
            shown: gate.shown.keys().copied().collect(),
            waivers: self.waivers.iter().enumerate().filter(approved).map(|(number, _)| number).collect(),
        }
    }

    /// Who wrote any of what the gate of a phase looks at: the scope is the creator's.
    pub(super) fn contributors(&self, phase: usize) -> BTreeSet<usize> {
        let approved = self.waivers.iter().filter(|waiver| waiver.is == WaiverIs::Approved);
        let others = self.gates[phase].authors.iter().copied().chain(approved.map(|waiver| waiver.by));
        others.chain([0]).collect()
    }

    pub(super) fn of_gate(&self, phase: usize, cycle: i32) -> impl Iterator<Item = &Signature> {
        let gate = (phase, cycle);
        self.signatures.iter().filter(move |it| it.ended.is_none() && (it.phase, it.cycle) == gate)
    }

    /// Roles of which people are missing at a gate.
    pub(super) fn missing(&self, phase: usize, cycle: i32) -> Vec<&'static str> {
        let (print, contributors) = (self.print(phase), self.contributors(phase));
        let people = |role: &str| {
            let counts = self.of_gate(phase, cycle).filter(|it| {
                it.role == role && !it.deny && it.covers == print && !contributors.contains(&it.by)
            });
            counts.map(|it| it.by).collect::<BTreeSet<usize>>().len()
        };
        SEATS.into_iter().filter(|role| people(role) < quorum(role, self.tier)).collect()
    }

    pub(super) fn vetoes(&self, phase: usize, cycle: i32) -> impl Iterator<Item = &Signature> {
        self.of_gate(phase, cycle).filter(|it| it.deny)
    }

    /// Controls of a phase that are not done.
    pub(super) fn open(&self, phase: usize) -> Vec<Control> {
        let gate = &self.gates[phase];
        let shown = self.tier == 0 || gate.shown.values().any(|until| self.now < *until);
        let done =
            [(gate.said[0].1, Control::Said), (shown, Control::Shown), (gate.said[1].1, Control::Firm)];
        done.into_iter().filter(|(done, _)| !done).map(|(_, control)| control).collect()
    }

    pub(super) fn is_waived(&self, subject: &str) -> bool {
        let lets = |it: &Waiver| it.is == WaiverIs::Approved && it.subject == subject && self.now < it.until;
        !subject.ends_with("/firm") && self.waivers.iter().any(lets)
    }

    /// What the team or a waiver can clear.
    pub(super) fn things(&self) -> BTreeSet<String> {
        let mut things = BTreeSet::new();
        for (number, gate) in self.gates.iter().enumerate().take(self.phase + 1) {
            if matches!(gate.passed, Passed::Owed { .. }) {
                continue;
            }
            let open = self.open(number);
            things.extend(open.iter().map(|control| format!("control:{}/{}", PHASES[number], control.key())));
        }
        things.extend(self.drifted().map(|phase| self.drift(phase)));
        things.extend(self.outgrown().map(|phase| raised(phase, self.tier)));
        things
    }

    /// Phases of which something was signed that is no longer said.
    pub(super) fn drifted(&self) -> impl Iterator<Item = usize> {
        self.gates.iter().enumerate().filter_map(|(phase, gate)| {
            let Passed::Opened(_, signed) = &gate.passed else { return None };
            let changed = signed.iter().zip(&gate.said).any(|(signed, (_, made))| *signed && !made);
            changed.then_some(phase)
        })
    }

    /// Phases whose gates were signed for a lower tier: each of them asks more of every higher one.
    pub(super) fn outgrown(&self) -> impl Iterator<Item = usize> {
        let less = |gate: &Gate| matches!(gate.passed, Passed::Opened(tier, _) if tier < self.tier);
        self.gates.iter().enumerate().filter(move |(_, gate)| less(gate)).map(|(phase, _)| phase)
    }

    /// What a waiver of the drift at a phase names: the statements that were taken back, as they are by now.
    fn drift(&self, phase: usize) -> String {
        let gate = &self.gates[phase];
        let Passed::Opened(_, signed) = &gate.passed else {
            unreachable!("what did not open does not drift")
        };
        let names = [Control::Said, Control::Firm].map(Control::key);
        let mut items: Vec<String> = Vec::new();
        for ((name, signed), (version, made)) in names.iter().zip(signed).zip(&gate.said) {
            if *signed && !made {
                items.push(format!("[\"control\",\"{name}\",{version}]"));
            }
        }
        items.sort();
        let mark: String =
            Digest::of(format!("[{}]", items.join(",")).as_bytes()).to_string().chars().take(16).collect();
        format!("drift:{}/{mark}", PHASES[phase])
    }

    pub(super) fn blockers(&self) -> BTreeSet<String> {
        let mut blockers: BTreeSet<String> =
            self.things().into_iter().filter(|subject| !self.is_waived(subject)).collect();
        for (phase, cycle, due) in self.owed() {
            if self.unpaid(phase, cycle) && (self.now >= due || self.phase == LAST) {
                blockers.insert(format!("owed:{}", PHASES[phase]));
            }
        }
        let (phase, cycle) = (self.phase, self.cycle);
        blockers.extend(self.vetoes(phase, cycle).map(|it| format!("veto:{}/Person {}", it.role, it.by)));
        blockers.extend(self.missing(phase, cycle).iter().map(|role| format!("sign-off:{role}")));
        blockers
    }

    /// Waivers do not pay: what is owed is done in full.
    pub(super) fn unpaid(&self, phase: usize, cycle: i32) -> bool {
        !self.open(phase).is_empty()
            || self.vetoes(phase, cycle).next().is_some()
            || !self.missing(phase, cycle).is_empty()
    }

    /// Why something is refused: every reason that holds, so the one that is told has to be among them. None when it has
    /// to be done.
    #[expect(clippy::too_many_lines, reason = "one arm a command")]
    pub(crate) fn refusals(&self, command: &Command) -> BTreeSet<&'static str> {
        let mut why = BTreeSet::new();
        let mut when = |holds: bool, reason| {
            if holds {
                why.insert(reason);
            }
        };
        let rests = match command {
            Command::Resume { .. } | Command::Reopen { .. } | Command::Wait { .. } => None,
            Command::Cancel { .. } if self.state == State::Held => None,
            _ => match self.state {
                State::Active => None,
                State::Held => Some("on hold"),
                State::Cancelled => Some("cancelled"),
                State::Finished => Some("finished"),
            },
        };
        if let Some(reason) = rests {
            when(true, reason);
        }
        let active = rests.is_none();
        match command {
            Command::Wait { .. } => {}
            Command::Mark { by, .. } => when(!holds(*by, &["developer", "release-manager"]), "permission"),
            Command::Prove { by, .. } => when(
                !holds(*by, &["product-manager", "developer", "release-manager", "incident-manager"]),
                "permission",
            ),
            Command::Request { by } => {
                when(!holds(*by, &["product-manager", "developer", "release-manager"]), "permission");
                when(self.review, "already in review");
                when(self.blockers().iter().any(|it| is_team_s(it)), "blocked");
            }
            Command::Sign { by, role, deny, stale } => {
                when(!holds(*by, &[role]) || !SEATS.contains(role), "permission");
                when(!self.review, "not in review");
                when(*stale, "dossier changed");
                for reason in self.no_seat(*by, role, *deny, self.phase, self.cycle) {
                    when(true, reason);
                }
            }
            Command::Withdraw { by } => {
                when(!holds(*by, &SEATS), "permission");
                when(!self.of_gate(self.phase, self.cycle).any(|it| it.by == *by), "nothing");
            }
            Command::Return { by } => {
                let seats: Vec<&str> = SEATS.into_iter().filter(|role| quorum(role, self.tier) > 0).collect();
                when(!holds(*by, &seats), "permission");
                when(!self.review, "not in review");
                when(self.contributors(self.phase).contains(by), "contributor");
                when(self.is_denied_by_others(*by), "denied by somebody else");
            }
            Command::Hold { by } | Command::Cancel { by } => {
                when(!holds(*by, &["product-manager"]), "permission");
            }
            Command::Resume { by } => {
                when(!holds(*by, &["product-manager"]), "permission");
                when(self.state == State::Active, "not on hold");
                when(self.state == State::Cancelled, "cancelled");
                when(self.state == State::Finished, "finished");
            }
            Command::Reopen { by } => {
                when(!holds(*by, &["product-manager"]), "permission");
                when(matches!(self.state, State::Active | State::Held), "not cancelled");
                when(self.state == State::Finished, "finished");
            }
            Command::Back { by, to } => {
                when(!holds(*by, &["product-manager", "security-reviewer", "release-manager"]), "permission");
                when(*to >= self.phase, "not an earlier phase");
                when(self.owed().any(|(phase, ..)| phase >= *to), "owed");
                when(self.is_denied_by_others(*by), "denied by somebody else");
            }
            Command::Accept { by, phase, role } => {
                when(!holds(*by, &[role]) || !SEATS.contains(role), "permission");
                when(self.drifted().all(|drifted| drifted != *phase), "stale");
                when(quorum(role, self.tier) == 0, "role not asked for");
                when(self.contributors(*phase).contains(by), "contributor");
            }
            Command::Rate { by, tier } => {
                when(!holds(*by, &["product-manager"]), "permission");
                when(*tier < self.tier && self.was_passed, "tier lowered");
            }
            Command::Propose { by } | Command::Agree { by } => {
                let agreed = self.agreed();
                let approvers = ["security-reviewer", "release-manager", "incident-manager"];
                when(!holds(*by, &approvers), "permission");
                when(self.phase > RELEASE, "nothing to skip");
                when(self.vetoes(self.phase, self.cycle).next().is_some(), "denied");
                let proposed = agreed.is_some();
                when(matches!(command, Command::Propose { .. }) && proposed, "stale");
                when(matches!(command, Command::Agree { .. }) && !proposed, "stale");
                when(agreed.is_some_and(|people| people.contains(by)), "already agreed");
            }
            Command::SignOwed { by, phase, role, deny } => {
                when(!holds(*by, &[role]) || !SEATS.contains(role), "permission");
                match self.gates[*phase].passed {
                    Passed::Owed { cycle, .. } => {
                        when(!deny && !self.open(*phase).is_empty(), "blocked");
                        for reason in self.no_seat(*by, role, *deny, *phase, cycle) {
                            when(true, reason);
                        }
                    }
                    _ => when(true, "not owed"),
                }
            }
            Command::WithdrawOwed { by, phase } => {
                when(!holds(*by, &SEATS), "permission");
                match self.gates[*phase].passed {
                    Passed::Owed { cycle, .. } => {
                        when(!self.of_gate(*phase, cycle).any(|it| it.by == *by), "nothing");
                    }
                    _ => when(true, "not owed"),
                }
            }
            Command::Ask { by, subject, .. } => {
                let team = ["product-manager", "developer", "release-manager", "incident-manager"];
                when(!holds(*by, &team), "permission");
                let waits = |it: &Waiver| it.is == WaiverIs::Asked && it.subject == *subject;
                let blocks = active && self.things().contains(subject);
                let refused = self.waivers.iter().any(waits) || self.is_waived(subject) || !blocks;
                when(refused || subject.ends_with("/firm"), "waiver");
            }
            Command::Decide { by, waiver, approve } => {
                when(!holds(*by, &["security-reviewer", "product-manager"]), "permission");
                if let Some(it) = self.waivers.get(*waiver) {
                    let blocks = active && self.things().contains(&it.subject);
                    when(it.is != WaiverIs::Asked || it.by == *by, "waiver");
                    when(self.has_part(*by, &it.subject), "waiver");
                    when(*approve && (self.now >= it.until || !blocks), "waiver");
                } else {
                    when(true, "nothing");
                }
            }
            Command::End { by, waiver } => {
                when(!holds(*by, &["security-reviewer", "product-manager"]), "permission");
                match self.waivers.get(*waiver) {
                    Some(it) => when(it.is != WaiverIs::Approved || self.now >= it.until, "waiver"),
                    None => when(true, "nothing"),
                }
            }
        }
        why
    }

    pub(super) fn no_seat(
        &self,
        by: usize,
        role: &str,
        deny: bool,
        phase: usize,
        cycle: i32,
    ) -> Vec<&'static str> {
        let reasons = [
            (quorum(role, self.tier) == 0, "role not asked for"),
            (self.contributors(phase).contains(&by), "contributor"),
            (self.of_gate(phase, cycle).any(|it| it.by == by), "already signed"),
            (!deny && !self.missing(phase, cycle).contains(&role), "seats filled"),
        ];
        reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect()
    }

    pub(super) fn is_denied_by_others(&self, by: usize) -> bool {
        self.vetoes(self.phase, self.cycle).any(|it| it.by != by)
    }

    /// Who agreed to a release of the attempt under way.
    pub(super) fn agreed(&self) -> Option<&BTreeSet<usize>> {
        let here = (self.phase, self.cycle);
        self.emergency.as_ref().filter(|it| (it.0, it.1) == here).map(|it| &it.2)
    }

    /// Whether somebody wrote any of what a waiver lets pass: of the current gate, or of the earlier one that it names.
    pub(super) fn has_part(&self, by: usize, subject: &str) -> bool {
        let named = |phase: usize| {
            subject.starts_with(&format!("control:{}/", PHASES[phase]))
                || subject.starts_with(&format!("drift:{}/", PHASES[phase]))
                || subject == raised(phase, self.tier)
        };
        let found = self.state == State::Active && self.things().contains(subject);
        (0..=self.phase)
            .filter(|phase| *phase == self.phase || (found && named(*phase)))
            .any(|phase| self.contributors(phase).contains(&by))
    }
}
