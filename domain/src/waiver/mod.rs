//! Waivers: a blocker that the team may live with for a while.
//!
//! Somebody of the team asks, with a reason and a compensating control, until a certain day. Somebody else, of a role
//! that the policy names, approves it. From then on [`crate::gate::decide`] lets the blocker pass, until the very
//! instant at which the waiver ends: then the blocker is back by itself. A renewal is a new request, approved anew.

mod refusal;

use time::{Date, Duration, OffsetDateTime};

pub use refusal::WaiverRefusal;

use crate::{
    access::Role,
    calendar::Calendar,
    codes::codes,
    dossier::Contributors,
    gate::{Blocker, Decision, Situation, WaiverFact},
    ids::PersonId,
    policy::{Policy, Waivers},
};

codes! {
    /// Where a waiver stands.
    WaiverState {
        /// Somebody asked for it; it changes nothing yet.
        Requested = "requested",
        /// It was approved, and holds until its last day is over.
        Approved = "approved",
        /// It was refused.
        Refused = "refused",
        /// Who asked for it took the request back.
        Withdrawn = "withdrawn",
        /// It was ended before its time.
        Ended = "ended",
        /// Its last day is over.
        Lapsed = "lapsed",
    }
}

codes! {
    /// What is decided about a request.
    WaiverVerdict {
        /// What it names may be missing until its last day is over.
        Approve = "approve",
        /// It has to be cleared.
        Refuse = "refuse",
    }
}

impl WaiverState {
    /// Where a waiver stands at an instant: an approved one lapses by itself, whether or not a job has noted it yet.
    #[must_use]
    pub fn at(self, until: OffsetDateTime, now: OffsetDateTime) -> Self {
        if self == Self::Approved && now >= until { Self::Lapsed } else { self }
    }
}

/// A waiver, as far as its next step depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// Number within the feature, as in `W-2`.
    pub number: i32,
    /// The blocker that it names: [`Blocker::subject`].
    pub subject: String,
    /// Where it stands, as it was stored.
    pub state: WaiverState,
    /// Until when it holds; at that instant the blocker is back.
    pub until: OffsetDateTime,
    /// Who asked for it.
    pub requested_by: PersonId,
}

/// Somebody who would take a step.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// Who.
    pub id: PersonId,
    /// The roles that they hold in the product.
    pub roles: &'a [Role],
}

/// What a request is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The policy that the feature follows.
    pub policy: &'a Policy,
    /// The decision about the current gate.
    pub decision: &'a Decision,
    /// The feature's waivers: every one that is asked for, or approved.
    pub waivers: &'a [Waiver],
    /// The instant.
    pub now: OffsetDateTime,
}

/// Why a day is no last day of a waiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// The day is over.
    #[error("the day is over")]
    Over,
    /// The policy allows no waiver for so long.
    #[error("later than {last}")]
    TooLate {
        /// The last day that it allows.
        last: Date,
    },
}

/// The terms under which the policy lets something be waived.
///
/// # Errors
/// [`WaiverRefusal::None`] where it lets nothing be waived.
pub fn terms(policy: &Policy) -> Result<&Waivers, WaiverRefusal> {
    policy.terms.waivers.as_ref().ok_or(WaiverRefusal::None)
}

/// The last day that a waiver asked for now may have.
#[must_use]
pub fn latest(terms: &Waivers, calendar: &Calendar, now: OffsetDateTime) -> Date {
    calendar.date(now).saturating_add(Duration::days(i64::from(terms.max_days)))
}

/// Until when a waiver with this last day holds: until that day is over in the zone of the policy's calendar.
///
/// # Errors
/// When the day is over already, or too far away.
pub fn term(
    terms: &Waivers,
    calendar: &Calendar,
    day: Date,
    now: OffsetDateTime,
) -> Result<OffsetDateTime, TermError> {
    let last = latest(terms, calendar, now);
    if day > last {
        return Err(TermError::TooLate { last });
    }
    let until = calendar.ends(day);
    if until <= now { Err(TermError::Over) } else { Ok(until) }
}

/// The last day of a waiver that holds until then.
#[must_use]
pub fn last_day(until: OffsetDateTime, calendar: &Calendar) -> Date {
    let before = until.checked_sub(Duration::NANOSECOND).unwrap_or(until);
    let day = calendar.date(before);
    // The first waivers end with their day in UTC, whatever zone the policy means.
    if calendar.ends(day) == until { day } else { before.to_offset(time::UtcOffset::UTC).date() }
}

/// Whether the terms allow a waiver that was approved at `at` to hold until then. A last day in the zone of the calendar
/// is counted in days; one in another zone, as after a move to another version of the policy, is held to the longest that
/// so many days can be.
#[must_use]
pub fn fits(terms: &Waivers, calendar: &Calendar, until: OffsetDateTime, at: OffsetDateTime) -> bool {
    let day = calendar.date(until.checked_sub(Duration::NANOSECOND).unwrap_or(until));
    if calendar.ends(day) == until {
        return day <= latest(terms, calendar, at);
    }
    // The day of the approval counts as well, and one of the days may have 25 hours.
    until - at <= Duration::days(i64::from(terms.max_days) + 1) + Duration::HOUR
}

/// Whether a waiver that was approved still counts: the policy in force lets the role approve, and allows so long a term.
#[must_use]
pub fn counts(policy: &Policy, waiver: &WaiverFact) -> bool {
    policy.terms.waivers.as_ref().is_some_and(|terms| {
        terms.approvers.contains(&waiver.role)
            && fits(terms, &policy.terms.calendar, waiver.until, waiver.approved_at)
    })
}

impl Scene<'_> {
    /// The blocker that a request may name. A renewal names the waiver that it prolongs, whose blocker is waived as long
    /// as that one is in force.
    ///
    /// # Errors
    /// The reason why it may not be asked for.
    pub fn may_request(&self, subject: &str, renews: Option<i32>) -> Result<&Blocker, WaiverRefusal> {
        terms(self.policy)?;
        if let Some(number) = renews {
            self.may_renew(number, subject)?;
        }
        let waiting = |waiver: &&Waiver| waiver.state == WaiverState::Requested && waiver.subject == subject;
        if let Some(waiting) = self.waivers.iter().find(waiting) {
            return Err(WaiverRefusal::Asked(waiting.number));
        }
        let waived = self.decision.waived.iter().find(|waived| waived.blocker.subject() == subject);
        match waived {
            Some(waived) if renews.is_some() => return Ok(&waived.blocker),
            Some(waived) => return Err(WaiverRefusal::Waived(waived.waiver.number)),
            None => {}
        }
        let blocker = self.decision.blockers.iter().find(|blocker| blocker.subject() == subject);
        let blocker = blocker.ok_or(WaiverRefusal::NotBlocking)?;
        if self.decision.may_waive(blocker) { Ok(blocker) } else { Err(WaiverRefusal::NeverWaived) }
    }

    fn may_renew(&self, number: i32, subject: &str) -> Result<(), WaiverRefusal> {
        let renewed = self.waivers.iter().find(|waiver| waiver.number == number);
        match renewed {
            Some(waiver) if waiver.is_in_force(self.now) && waiver.subject == subject => Ok(()),
            _ => Err(WaiverRefusal::NotInForce),
        }
    }
}

impl Waiver {
    /// Whether it lets its blocker pass now.
    #[must_use]
    pub fn is_in_force(&self, now: OffsetDateTime) -> bool {
        self.state.at(self.until, now) == WaiverState::Approved
    }

    /// The role in which a person may approve or refuse it: one that the policy names, never who asked for it, never who
    /// contributed to what the gates look at that it would let pass.
    ///
    /// # Errors
    /// The reason why not, the most fundamental first.
    pub fn may_decide(
        &self,
        policy: &Policy,
        situation: &Situation,
        decision: &Decision,
        person: Person<'_>,
    ) -> Result<Role, WaiverRefusal> {
        if self.state != WaiverState::Requested {
            return Err(WaiverRefusal::Decided);
        }
        let role = approving_role(policy, person.roles)?;
        if person.id == self.requested_by {
            return Err(WaiverRefusal::OwnRequest);
        }
        let contributed = |contributors: &Contributors| contributors.include(person.id);
        if contributors(policy, situation, decision, &self.subject).any(contributed) {
            return Err(WaiverRefusal::Contributor);
        }
        Ok(role)
    }

    /// Whether an approval would still bring anything about.
    ///
    /// # Errors
    /// When its last day is over or later than the policy allows, the policy lets it be waived no longer, or it no longer
    /// blocks.
    pub fn may_approve(&self, scene: &Scene<'_>) -> Result<(), WaiverRefusal> {
        let terms = terms(scene.policy)?;
        if scene.now >= self.until {
            return Err(WaiverRefusal::TermOver);
        }
        if !fits(terms, &scene.policy.terms.calendar, self.until, scene.now) {
            return Err(WaiverRefusal::TermTooLong(terms.max_days));
        }
        let waived = scene.decision.waived.iter().any(|waived| waived.blocker.subject() == self.subject);
        let blocks = scene.decision.blockers.iter().find(|blocker| blocker.subject() == self.subject);
        match blocks {
            _ if waived => Ok(()),
            None => Err(WaiverRefusal::NotBlocking),
            Some(blocker) if scene.decision.may_waive(blocker) => Ok(()),
            Some(_) => Err(WaiverRefusal::NeverWaived),
        }
    }

    /// Whether a person may take the request back.
    ///
    /// # Errors
    /// The reason why not.
    pub fn may_withdraw(&self, person: PersonId) -> Result<(), WaiverRefusal> {
        if self.state != WaiverState::Requested {
            Err(WaiverRefusal::Decided)
        } else if person == self.requested_by {
            Ok(())
        } else {
            Err(WaiverRefusal::OthersRequest)
        }
    }

    /// Whether it can be ended before its time. Who may end it is asked elsewhere: an approver, or the feature's owner.
    ///
    /// # Errors
    /// When it is not in force.
    pub fn may_end(&self, now: OffsetDateTime) -> Result<(), WaiverRefusal> {
        if self.is_in_force(now) { Ok(()) } else { Err(WaiverRefusal::NotInForce) }
    }
}

/// The first role of a person that approves waivers under a policy.
///
/// # Errors
/// When the policy has no waivers, or names none of the person's roles.
pub fn approving_role(policy: &Policy, roles: &[Role]) -> Result<Role, WaiverRefusal> {
    let approvers = &terms(policy)?.approvers;
    approvers
        .iter()
        .copied()
        .find(|role| roles.contains(role))
        .ok_or_else(|| WaiverRefusal::NotApprover(approvers.clone()))
}

/// Who contributed to what a waiver of this subject lets pass: the current gate's dossier, and that of the earlier gate
/// which asks for the thing.
fn contributors<'a>(
    policy: &'a Policy,
    situation: &'a Situation,
    decision: &'a Decision,
    subject: &'a str,
) -> impl Iterator<Item = &'a Contributors> {
    let all = decision.blockers.iter().chain(decision.waived.iter().map(|waived| &waived.blocker));
    let gates: Vec<&str> = all
        .filter(|blocker| blocker.subject() == subject)
        .filter_map(|blocker| match blocker {
            Blocker::Earlier { name, .. }
            | Blocker::Drifted { name, .. }
            | Blocker::TierRaised { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let asks = move |phase: &crate::policy::PhaseKey| {
        policy.phase(phase).is_some_and(|phase| gates.contains(&phase.name.as_str()))
    };
    let earlier =
        situation.earlier.iter().filter(move |gate| asks(&gate.phase)).map(|gate| &gate.facts.contributors);
    std::iter::once(&situation.facts.contributors).chain(earlier)
}
