use sluice_domain::policy::Policy;
use time::{Date, Duration, OffsetDateTime, Weekday};

/// When a review is due that began then: the policy gives the reviewers of each phase some working days.
pub(super) fn review_due(policy: &Policy, phase: &str, since: OffsetDateTime) -> Date {
    let days = policy
        .phases
        .iter()
        .find(|candidate| candidate.key.as_str() == phase)
        .map_or(0, |phase| phase.gate.review_days);
    after_working_days(since.date(), days)
}

/// The day that lies this many working days (Monday to Friday) after another.
fn after_working_days(day: Date, days: u16) -> Date {
    let mut day = day;
    let mut left = days;
    while left > 0 {
        day = day.saturating_add(Duration::DAY);
        if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    day
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::after_working_days;

    #[test]
    fn weekends_do_not_count() {
        // 6 November 2026 is a Friday.
        assert_eq!(after_working_days(date!(2026 - 11 - 06), 1), date!(2026 - 11 - 09));
        assert_eq!(after_working_days(date!(2026 - 11 - 06), 5), date!(2026 - 11 - 13));
        assert_eq!(after_working_days(date!(2026 - 11 - 06), 0), date!(2026 - 11 - 06));
    }
}
