//! Working time: the days and hours in which clocks run, in the zone they are meant in.
//!
//! Instants are UTC; days and hours are those of the calendar's zone. Clocks there are set forward and back, so
//! a working day is the real time between the moment its opening hour comes and the moment its closing hour
//! does. An hour that the clocks skip comes when they skip it; an hour that comes twice counts when it comes
//! first. Zones are those that come with the program, so that the same version decides alike everywhere.

mod clock;

use std::collections::BTreeSet;

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, Weekday};

pub use clock::{Clock, Reading};

/// No span is looked at beyond so many days (twenty years), so that no date however far makes work without end.
const MOST_DAYS: usize = 20 * 366;

/// Why something is no calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No time zone has this name.
    #[error("no time zone has this name")]
    UnknownZone,
    /// No day of the week is a working day.
    #[error("no day of the week is a working day")]
    NoWorkingDay,
    /// The working day ends before it begins.
    #[error("the working day ends before it begins")]
    EmptyDay,
}

/// Working days, hours, holidays and the zone they are meant in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    zone: TimeZone,
    /// From Monday on.
    days: [bool; 7],
    from: Time,
    to: Time,
    holidays: BTreeSet<Date>,
}

/// UTC, Monday to Friday, 09:00 to 17:00, no holidays.
impl Default for Calendar {
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
            days: [true, true, true, true, true, false, false],
            from: Time::MIDNIGHT + Duration::hours(9),
            to: Time::MIDNIGHT + Duration::hours(17),
            holidays: BTreeSet::new(),
        }
    }
}

impl Calendar {
    /// A calendar of working days, each from one time to another; 00:00 as the end is the midnight after.
    ///
    /// # Errors
    /// A zone that is not in the IANA database, no working day at all, or an end that is not after its beginning.
    pub fn new(
        zone: &str,
        days: impl IntoIterator<Item = Weekday>,
        from: Time,
        to: Time,
        holidays: impl IntoIterator<Item = Date>,
    ) -> Result<Self, CalendarError> {
        let zone = TimeZoneDatabase::bundled().get(zone).map_err(|_| CalendarError::UnknownZone)?;
        if zone.is_unknown() {
            return Err(CalendarError::UnknownZone);
        }
        let mut week = [false; 7];
        for day in days {
            week[usize::from(day.number_days_from_monday())] = true;
        }
        if !week.contains(&true) {
            return Err(CalendarError::NoWorkingDay);
        }
        if to <= from && to != Time::MIDNIGHT {
            return Err(CalendarError::EmptyDay);
        }
        Ok(Self { zone, days: week, from, to, holidays: holidays.into_iter().collect() })
    }

    /// The name of the zone, as the IANA database writes it.
    #[must_use]
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// The working days of the week, from Monday on.
    pub fn days(&self) -> impl Iterator<Item = Weekday> + '_ {
        let week = std::iter::successors(Some(Weekday::Monday), |day| Some(day.next()));
        week.zip(self.days).filter_map(|(day, works)| works.then_some(day))
    }

    /// When a working day begins and when it ends; an end at 00:00 is the midnight after.
    #[must_use]
    pub const fn hours(&self) -> (Time, Time) {
        (self.from, self.to)
    }

    /// The days on which nobody works though the week says so.
    #[must_use]
    pub const fn holidays(&self) -> &BTreeSet<Date> {
        &self.holidays
    }

    /// Whether people work on this day.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> bool {
        self.days[usize::from(date.weekday().number_days_from_monday())] && !self.holidays.contains(&date)
    }

    /// When the working hours of a day begin, be it a working day or not.
    #[must_use]
    pub fn opens(&self, date: Date) -> OffsetDateTime {
        self.instant(date, self.from)
    }

    /// When a day begins: at midnight or, where the clocks skip that, when they skip it.
    #[must_use]
    pub fn begins(&self, date: Date) -> OffsetDateTime {
        self.instant(date, Time::MIDNIGHT)
    }

    /// When a day is over, which is when the next one begins.
    #[must_use]
    pub fn ends(&self, date: Date) -> OffsetDateTime {
        date.next_day().map_or_else(|| self.begins(date), |next| self.begins(next))
    }

    /// The day that it is in the calendar's zone.
    #[must_use]
    pub fn date(&self, instant: OffsetDateTime) -> Date {
        let offset = Timestamp::from_second(instant.unix_timestamp())
            .ok()
            .and_then(|at| time::UtcOffset::from_whole_seconds(self.zone.to_offset(at).seconds()).ok());
        offset
            .and_then(|offset| instant.checked_to_offset(offset))
            .unwrap_or_else(|| instant.to_offset(time::UtcOffset::UTC))
            .date()
    }

    /// Working time between two instants; zero when `to` is before `from`. Of a span of more than twenty years
    /// the first twenty count.
    #[must_use]
    pub fn working_time(&self, from: OffsetDateTime, to: OffsetDateTime) -> Duration {
        if to <= from {
            return Duration::ZERO;
        }
        // Where clocks are set back over midnight, the day before comes again: one day more at the end.
        let last = self.date(to).next_day();
        self.spans(from)
            .take_while(|span| last.is_none_or(|last| span.date <= last))
            .map(|span| (span.to.min(to) - span.from.max(from)).max(Duration::ZERO))
            .sum()
    }

    /// The instant at which so much working time has passed since `start`: `start` itself for none. Where twenty
    /// years do not hold so much, the end of the last working day in them.
    #[must_use]
    pub fn after(&self, start: OffsetDateTime, working: Duration) -> OffsetDateTime {
        let mut missing = working;
        let mut reached = start;
        if missing <= Duration::ZERO {
            return start;
        }
        for span in self.spans(start) {
            let begins = span.from.max(start);
            let length = span.to - begins;
            if length <= Duration::ZERO {
                continue;
            }
            if missing <= length {
                return begins + missing;
            }
            missing -= length;
            reached = span.to;
        }
        reached
    }

    /// How long so many working days are.
    #[must_use]
    pub fn working_days(&self, days: u16) -> Duration {
        self.day() * i32::from(days)
    }

    /// How many working days come after one day and up to another, that one included.
    #[must_use]
    pub fn days_between(&self, after: Date, until: Date) -> u32 {
        let days = std::iter::successors(after.next_day(), |date| date.next_day())
            .take(MOST_DAYS)
            .take_while(|date| *date <= until)
            .filter(|date| self.is_working_day(*date));
        u32::try_from(days.count()).unwrap_or(u32::MAX)
    }

    /// How long one working day is, the clocks being left alone.
    fn day(&self) -> Duration {
        let length = self.to - self.from;
        if length <= Duration::ZERO { length + Duration::DAY } else { length }
    }

    /// The working days from an instant on, with the instants at which they begin and end, in order; none
    /// overlaps another.
    fn spans(&self, from: OffsetDateTime) -> impl Iterator<Item = Span> + '_ {
        let first = self.date(from);
        // Where clocks are set back over midnight, the day before comes again: one day more at the beginning.
        std::iter::successors(Some(first.previous_day().unwrap_or(first)), |date| date.next_day())
            .take(MOST_DAYS)
            .filter(|date| self.is_working_day(*date))
            .map(|date| {
                let closes = if self.to == Time::MIDNIGHT { date.next_day().unwrap_or(date) } else { date };
                Span { date, from: self.instant(date, self.from), to: self.instant(closes, self.to) }
            })
    }

    /// When a time of a day comes in the calendar's zone.
    fn instant(&self, date: Date, time: Time) -> OffsetDateTime {
        let local = PrimitiveDateTime::new(date, time);
        self.resolved(local).unwrap_or_else(|| local.assume_utc())
    }

    fn resolved(&self, local: PrimitiveDateTime) -> Option<OffsetDateTime> {
        let signed = |number: u8| i8::try_from(number).ok();
        let civil = DateTime::new(
            i16::try_from(local.year()).ok()?,
            signed(local.month().into())?,
            signed(local.day())?,
            signed(local.hour())?,
            signed(local.minute())?,
            signed(local.second())?,
            i32::try_from(local.nanosecond()).ok()?,
        )
        .ok()?;
        let found = self.zone.to_ambiguous_timestamp(civil);
        let at = match found.offset() {
            AmbiguousOffset::Gap { .. } => {
                let before = found.earlier().ok()?;
                self.zone.following(before).next()?.timestamp()
            }
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => found.earlier().ok()?,
        };
        OffsetDateTime::from_unix_timestamp_nanos(at.as_nanosecond()).ok()
    }
}

/// A working day.
struct Span {
    date: Date,
    from: OffsetDateTime,
    to: OffsetDateTime,
}
