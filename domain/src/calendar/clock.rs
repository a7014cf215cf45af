use time::{Duration, OffsetDateTime};

use super::Calendar;

/// A clock of one side's turn: an allowance in working days, what was used before, and since when it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// How many working days the side has.
    pub allowance_days: u16,
    /// Working time that earlier runs used.
    pub used: Duration,
    /// Since when it runs; a clock without is paused.
    pub running_since: Option<OffsetDateTime>,
}

/// How a clock stands, in working days of its calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It is due on a later day.
    Left {
        /// Working days after today until the day on which it is due, that one included.
        days: u32,
    },
    /// It is due on this very day.
    DueToday,
    /// It was due on an earlier day.
    Overdue {
        /// Working days since; none before the next one has begun.
        days: u32,
    },
    /// It does not run: the turn is away.
    Paused {
        /// Working days left when it runs again, begun ones counted whole.
        left: u32,
        /// Whole working days that it was overdue already.
        over: u32,
    },
}

impl Reading {
    /// Whether the day on which it was due is over.
    #[must_use]
    pub const fn is_overdue(self) -> bool {
        matches!(self, Self::Overdue { .. })
    }
}

impl Clock {
    /// When the allowance ends, the clock running on from where it is; nothing while it is paused. An allowance
    /// that was used up before ends as the clock begins to run.
    #[must_use]
    pub fn due(&self, calendar: &Calendar) -> Option<OffsetDateTime> {
        self.running_since.map(|since| calendar.after(since, self.left(calendar)))
    }

    /// Working time used until now.
    #[must_use]
    pub fn used_until(&self, calendar: &Calendar, now: OffsetDateTime) -> Duration {
        self.used + self.running_since.map_or(Duration::ZERO, |since| calendar.working_time(since, now))
    }

    /// How the clock stands now.
    #[must_use]
    pub fn reading(&self, calendar: &Calendar, now: OffsetDateTime) -> Reading {
        let left = self.left(calendar);
        let (Some(since), Some(due)) = (self.running_since, self.due(calendar)) else {
            return Reading::Paused {
                left: whole_days(left + calendar.working_days(1) - Duration::NANOSECOND, calendar),
                over: whole_days(-left, calendar),
            };
        };
        let today = calendar.date(now.max(since));
        let due = calendar.date(due);
        if left < Duration::ZERO {
            let since_then = calendar.days_between(due, today);
            return Reading::Overdue { days: whole_days(-left, calendar).saturating_add(since_then) };
        }
        if today > due {
            return Reading::Overdue { days: calendar.days_between(due, today) };
        }
        if today == due {
            return Reading::DueToday;
        }
        Reading::Left { days: calendar.days_between(today, due) }
    }

    /// What the runs before have left of the allowance; below zero when they used more.
    fn left(&self, calendar: &Calendar) -> Duration {
        calendar.working_days(self.allowance_days) - self.used
    }
}

/// The whole working days in so much working time; none in less than nothing.
fn whole_days(time: Duration, calendar: &Calendar) -> u32 {
    let day = calendar.working_days(1).whole_nanoseconds().max(1);
    u32::try_from((time.whole_nanoseconds() / day).max(0)).unwrap_or(u32::MAX)
}
