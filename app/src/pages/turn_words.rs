//! How much time whoever has the turn has left, in words.

use sluice_domain::words;
use sluice_service::features::FeatureSummary;

use crate::components::time_words::day_words;

/// “2 days left, until 26 Nov”; nothing where no clock runs for the gate.
pub(crate) fn left(summary: &FeatureSummary) -> Option<String> {
    let clock = summary.clock?;
    let reading = words::reading(clock.reading);
    // The day is one of the policy's zone, where it may be tomorrow already.
    let today = summary.calendar.date(summary.now);
    Some(match clock.due {
        Some(due) if due > today => format!("{reading}, until {}", day_words(due)),
        Some(due) if clock.reading.is_overdue() => format!("{reading}, since {}", day_words(due)),
        _ => reading,
    })
}

#[cfg(test)]
mod tests {
    use sluice_domain::{calendar::Reading, turn::Side};
    use sluice_service::turns::TurnClock;
    use time::Duration;

    use super::*;
    use crate::pages::features::sample;

    #[test]
    fn the_clock_is_told_with_its_day() {
        let told = |reading, days: Option<i64>| {
            let mut summary = sample::summary("Pay by link");
            let due = days.map(|days| summary.now.date() + Duration::days(days));
            summary.clock = Some(TurnClock { side: Side::Team, reading, due });
            left(&summary).unwrap()
        };
        assert!(told(Reading::Left { days: 2 }, Some(4)).starts_with("2 days left, until "));
        assert_eq!(told(Reading::DueToday, Some(0)), "due today");
        assert!(told(Reading::Overdue { days: 3 }, Some(-4)).starts_with("3 days overdue, since "));
        assert_eq!(told(Reading::Paused { left: 2, over: 0 }, None), "paused with 2 days left");
        assert_eq!(left(&sample::summary("Pay by link")), None);
    }
}
