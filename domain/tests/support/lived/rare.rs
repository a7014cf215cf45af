//! Steps out of the ordinary: an emergency and what it owes, and waivers.

use sluice_domain::{
    access::Action,
    gate::{EarlierGate, Passed},
    lifecycle::{Agreed, Consent, Refusal, may_consent, sign_owed},
    waiver::{Person, Scene, Waiver, WaiverState, approving_role, term, terms},
};
use time::Duration;

use super::{Gate, Lived, Told, index, person, role, roles, told};
use crate::reference::Command;

fn waiver_told<E>(_: E) -> String {
    "waiver".to_owned()
}

impl Lived {
    pub(super) fn pay(&mut self, command: &Command) -> Told {
        match command {
            Command::SignOwed { by, phase, role: seat, deny } => {
                Self::may(*by, Action::SignOwed)?;
                Self::holds(*by, &[role(seat)])?;
                self.attempt()?;
                let Some(Gate::Owed(owed)) = self.passed[*phase].clone() else {
                    return Err("not owed".to_owned());
                };
                let gate = self.earlier(*phase);
                let fact = Self::fact(*by, seat, *deny, gate.facts.dossier);
                sign_owed(self.policy, &gate, fact.clone(), self.now).map_err(told)?;
                self.standing.push((owed.phase, owed.cycle, fact));
                Ok(())
            }
            Command::WithdrawOwed { by, phase } => {
                Self::may(*by, Action::SignOwed)?;
                self.attempt()?;
                let Some(Gate::Owed(owed)) = self.passed[*phase].clone() else {
                    return Err("not owed".to_owned());
                };
                self.withdraw(&owed.phase, owed.cycle, *by)
            }
            other => unreachable!("{other:?} pays nothing"),
        }
    }

    /// Accepts what changed at a gate since it opened.
    pub(super) fn accept(&mut self, by: usize, phase: usize, seat: &str) -> Told {
        Self::may(by, Action::AcceptDrift)?;
        Self::holds(by, &[role(seat)])?;
        self.attempt()?;
        let Some(Gate::Opened { tier, .. }) = self.passed[phase] else { return Err("stale".to_owned()) };
        let EarlierGate { facts, passed, .. } = self.earlier(phase);
        if !matches!(passed, Passed::Opened { drift, .. } if !drift.is_empty()) {
            return Err("stale".to_owned());
        }
        if !self.phase(phase).gate.sign_offs_for(self.tier).any(|rule| rule.role == role(seat)) {
            return Err(told(Refusal::RoleNotAsked));
        }
        if facts.contributors.include(person(by)) {
            return Err(told(Refusal::Contributor));
        }
        self.passed[phase] = Some(self.opened(phase, tier));
        Ok(())
    }

    pub(super) fn release(&mut self, command: &Command) -> Told {
        let (Command::Propose { by } | Command::Agree { by }) = command else {
            unreachable!("{command:?} releases nothing")
        };
        Self::may(*by, Action::ReleaseInEmergency)?;
        let attempt = self.attempt()?;
        let here = (&attempt.phase, attempt.cycle);
        let open = self.emergency.clone().filter(|(phase, cycle, _)| (phase, *cycle) == here);
        let mut consents = match (open, command) {
            (None, Command::Propose { .. }) => Vec::new(),
            (Some((.., consents)), Command::Agree { .. }) => consents,
            _ => return Err("stale".to_owned()),
        };
        let role = may_consent(self.policy, &consents, person(*by), &roles(*by)).map_err(told)?;
        let facts = self.facts(index(&attempt.phase), attempt.cycle);
        attempt.may_release(self.policy, &facts).map_err(told)?;
        consents.push(Consent { person: person(*by), role });
        match Agreed::by(self.policy, &consents) {
            Ok(agreed) => {
                let released =
                    attempt.release(self.policy, &facts, &agreed, &self.cycles(), self.now).map_err(told)?;
                for owed in released.owed {
                    let gate = (owed.phase.clone(), owed.cycle);
                    if !self.begun.contains(&gate) {
                        self.begun.push(gate);
                    }
                    let phase = index(&owed.phase);
                    assert!(self.passed[phase].is_none(), "{phase} is passed twice");
                    self.passed[phase] = Some(Gate::Owed(owed));
                }
                self.begin(released.attempt);
                self.was_passed = true;
                self.emergency = None;
            }
            Err(Refusal::NotAgreed) => {
                self.emergency = Some((attempt.phase.clone(), attempt.cycle, consents));
            }
            Err(refusal) => return Err(told(refusal)),
        }
        Ok(())
    }

    pub(super) fn waive(&mut self, command: &Command) -> Told {
        let attempt = self.attempt();
        let waiver = |number: &usize| self.waivers.get(*number).cloned().ok_or_else(|| "nothing".to_owned());
        match command {
            Command::Ask { by, subject, days } => {
                Self::may(*by, Action::RequestWaiver)?;
                attempt?;
                let decision = self.decision().expect("an attempt");
                let scene =
                    Scene { policy: self.policy, decision: &decision, waivers: &self.waivers, now: self.now };
                scene.may_request(subject, None).map_err(waiver_told)?;
                let calendar = &self.policy.terms.calendar;
                let day = calendar.date(self.now) + Duration::days(*days);
                let terms = terms(self.policy).map_err(waiver_told)?;
                let until = term(terms, calendar, day, self.now).map_err(waiver_told)?;
                let number = i32::try_from(self.waivers.len() + 1).expect("a few");
                self.waivers.push(Waiver {
                    number,
                    subject: subject.clone(),
                    state: WaiverState::Requested,
                    until,
                    requested_by: person(*by),
                });
            }
            Command::Decide { by, waiver: number, approve } => {
                Self::may(*by, Action::ApproveWaiver)?;
                approving_role(self.policy, &roles(*by)).map_err(|_| "permission".to_owned())?;
                let attempt = attempt?;
                let it = waiver(number)?;
                let situation = self.situation(&attempt);
                let decision = self.decision().expect("an attempt");
                let who = Person { id: person(*by), roles: &roles(*by) };
                let role = it.may_decide(self.policy, &situation, &decision, who).map_err(waiver_told)?;
                if *approve {
                    let (policy, now) = (self.policy, self.now);
                    let scene = Scene { policy, decision: &decision, waivers: &self.waivers, now };
                    it.may_approve(&scene).map_err(waiver_told)?;
                    self.approvals.insert(it.number, (role, now));
                }
                self.waivers[*number].state =
                    if *approve { WaiverState::Approved } else { WaiverState::Refused };
            }
            Command::End { by, waiver: number } => {
                if *by != 0 {
                    Self::may(*by, Action::ApproveWaiver)?;
                    approving_role(self.policy, &roles(*by)).map_err(|_| "permission".to_owned())?;
                }
                attempt?;
                waiver(number)?.may_end(self.now).map_err(waiver_told)?;
                self.waivers[*number].state = WaiverState::Ended;
            }
            other => unreachable!("{other:?} is about no waiver"),
        }
        Ok(())
    }
}
