//! The story's time. It is told in working days before today, so that it ends where it is loaded.

use time::{Date, Duration, OffsetDateTime};

/// A moment of the story.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    days: u8,
    hour: u8,
    minute: u8,
}

/// So many working days before today, at this time (UTC).
///
/// On day 0 the time is told as if it were 17:00 now, so that nothing happens in the future whenever the story is
/// loaded; that day begins at 15:00, or just after midnight it would overlap with day 1.
pub(super) const fn at(days: u8, hour: u8, minute: u8) -> At {
    At { days, hour, minute }
}

impl At {
    /// Sorts moments: those of an earlier day first.
    pub(super) const fn order(self) -> (u8, u8, u8) {
        (u8::MAX - self.days, self.hour, self.minute)
    }

    /// The instant, as seen from now.
    pub(super) fn instant(self, now: OffsetDateTime) -> OffsetDateTime {
        let time = Duration::minutes(i64::from(self.hour) * 60 + i64::from(self.minute));
        // People do not act on the full minute.
        let seconds = Duration::seconds((i64::from(self.hour) * 17 + i64::from(self.minute) * 23) % 60);
        if self.days == 0 {
            return now - (Duration::hours(17) - time);
        }
        let mut day = now.date();
        let mut left = self.days;
        while left > 0 {
            day -= Duration::DAY;
            if is_working_day(day) {
                left -= 1;
            }
        }
        day.midnight().assume_utc() + time + seconds
    }
}

fn is_working_day(day: Date) -> bool {
    day.weekday().number_days_from_monday() < 5
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_weekend_is_no_working_day() {
        let monday = datetime!(2026-11-23 09:00 UTC);
        assert_eq!(at(1, 8, 0).instant(monday).date(), datetime!(2026-11-20 00:00 UTC).date());
        assert_eq!(at(6, 8, 0).instant(monday).date(), datetime!(2026-11-13 00:00 UTC).date());
        let sunday = datetime!(2026-11-22 23:59 UTC);
        assert_eq!(at(1, 8, 0).instant(sunday).date(), datetime!(2026-11-20 00:00 UTC).date());
    }

    #[test]
    fn today_follows_yesterday_and_is_not_in_the_future() {
        for now in [datetime!(2026-11-24 00:00 UTC), datetime!(2026-11-24 12:00 UTC)] {
            assert!(at(0, 15, 0).instant(now) > at(1, 18, 0).instant(now));
            assert!(at(0, 16, 59).instant(now) < now);
        }
    }
}
