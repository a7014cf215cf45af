//! Delegation: a person hands their seat at the gates of a product to somebody else for a while.
//!
//! Who signs for somebody else fills that person's seat, not one more: neither of the two may have contributed, and
//! neither may have signed already. The record carries both names.

use time::{Date, Duration, OffsetDateTime};

use crate::{
    access::{Action, Role},
    calendar::Calendar,
    gate::{EarlierGate, Situation},
    ids::PersonId,
    lifecycle::{Attempt, Refusal, Seats, may_sign_owed},
    policy::Policy,
};

/// The most days for which a seat is handed on at once.
pub const MOST_DAYS: i64 = 90;

/// Whether a role has seats that can be handed on.
#[must_use]
pub fn has_seats(role: Role) -> bool {
    Action::SignGate.product_roles().contains(&role)
}

/// Why a period is none for which a seat can be handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodProblem {
    /// Its first day is over.
    BeginsInThePast,
    /// Its last day is before its first, or over.
    EndsBeforeItBegins,
    /// It is longer than [`MOST_DAYS`]; this is the last day that would do.
    TooLong {
        /// The last day that would do.
        last: Date,
    },
}

/// From when to when a seat is handed on: from the beginning of the first day, or from now where that is today, until the
/// last day is over. Days are those of the calendar's zone.
///
/// # Errors
/// Why these days are no such period.
pub fn period(
    first: Option<Date>,
    last: Date,
    calendar: &Calendar,
    now: OffsetDateTime,
) -> Result<(OffsetDateTime, OffsetDateTime), PeriodProblem> {
    let today = calendar.date(now);
    let first = first.unwrap_or(today);
    if first < today {
        return Err(PeriodProblem::BeginsInThePast);
    }
    if last < first {
        return Err(PeriodProblem::EndsBeforeItBegins);
    }
    let latest = first.checked_add(Duration::days(MOST_DAYS - 1)).unwrap_or(Date::MAX);
    if last > latest {
        return Err(PeriodProblem::TooLong { last: latest });
    }
    Ok((calendar.begins(first).max(now), calendar.ends(last)))
}

/// Whether `delegate` may sign in the seat that `principal` handed to them, a seat of this role.
///
/// # Errors
/// The reason why not, about either of the two.
pub fn may_sign_for(
    attempt: &Attempt,
    policy: &Policy,
    situation: &Situation,
    (principal, delegate): (PersonId, PersonId),
    role: Role,
    now: OffsetDateTime,
) -> Result<Seats, Refusal> {
    attempt.may_sign(policy, situation, principal, &[role], now)?;
    attempt.may_sign(policy, situation, delegate, &[role], now)
}

/// Whether `delegate` may sign an owed gate in the seat that `principal` handed to them, a seat of this role.
///
/// # Errors
/// The reason why not, about either of the two.
pub fn may_sign_owed_for(
    policy: &Policy,
    gate: &EarlierGate,
    (principal, delegate): (PersonId, PersonId),
    role: Role,
    now: OffsetDateTime,
) -> Result<Seats, Refusal> {
    may_sign_owed(policy, gate, principal, &[role], now)?;
    may_sign_owed(policy, gate, delegate, &[role], now)
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-02-03 14:02 UTC);

    #[test]
    fn a_period_is_whole_days_from_now_on_and_ninety_at_most() {
        let utc = Calendar::default();
        let today = period(None, date!(2026 - 02 - 03), &utc, NOW);
        assert_eq!(today, Ok((NOW, datetime!(2026-02-04 0:00 UTC))));
        let later = period(Some(date!(2026 - 02 - 10)), date!(2026 - 02 - 12), &utc, NOW);
        assert_eq!(later, Ok((datetime!(2026-02-10 0:00 UTC), datetime!(2026-02-13 0:00 UTC))));
        let longest = period(None, date!(2026 - 05 - 03), &utc, NOW);
        assert_eq!(longest, Ok((NOW, datetime!(2026-05-04 0:00 UTC))));
        let (from, until) =
            period(Some(date!(2026 - 02 - 04)), date!(2026 - 05 - 04), &utc, NOW).expect("ninety days");
        assert_eq!((until - from).whole_days(), MOST_DAYS);
        let refused = [
            (Some(date!(2026 - 02 - 02)), date!(2026 - 02 - 10), PeriodProblem::BeginsInThePast),
            (Some(date!(2026 - 02 - 10)), date!(2026 - 02 - 09), PeriodProblem::EndsBeforeItBegins),
            (None, date!(2026 - 02 - 02), PeriodProblem::EndsBeforeItBegins),
            (None, date!(2026 - 05 - 04), PeriodProblem::TooLong { last: date!(2026 - 05 - 03) }),
        ];
        for (first, last, problem) in refused {
            assert_eq!(period(first, last, &utc, NOW), Err(problem), "{first:?} to {last}");
        }
    }

    #[test]
    fn its_days_are_those_of_the_zone() {
        let week = [time::Weekday::Monday];
        let (from, to) = (time::macros::time!(9:00), time::macros::time!(17:00));
        let zone = |name| Calendar::new(name, week, from, to, []).expect("a calendar");
        // It is the next day already where the sun rises first.
        let kiritimati = zone("Pacific/Kiritimati");
        let now = datetime!(2026-02-03 14:02 UTC);
        let today = period(None, date!(2026 - 02 - 04), &kiritimati, now);
        assert_eq!(today, Ok((now, datetime!(2026-02-04 10:00 UTC))));
        let over = period(None, date!(2026 - 02 - 03), &kiritimati, now);
        assert_eq!(over, Err(PeriodProblem::EndsBeforeItBegins));
        // Ninety days over the night on which the clocks are set back are an hour longer.
        let (from, until) =
            period(Some(date!(2026 - 08 - 10)), date!(2026 - 11 - 07), &zone("America/New_York"), now)
                .expect("ninety days");
        assert_eq!((from, until), (datetime!(2026-08-10 4:00 UTC), datetime!(2026-11-08 5:00 UTC)));
        assert_eq!(until - from, Duration::days(MOST_DAYS) + Duration::HOUR);
    }

    #[test]
    fn only_roles_that_sign_have_seats() {
        let seats: Vec<Role> = Role::ALL.iter().copied().filter(|role| has_seats(*role)).collect();
        assert_eq!(seats, [Role::SecurityReviewer, Role::ReleaseManager, Role::IncidentManager]);
    }
}
