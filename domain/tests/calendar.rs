//! Working time: what is taken from a calendar is what was put on it, through holidays, years and changes of the
//! clocks.
#![expect(clippy::expect_used, reason = "a test says what it expected")]

use proptest::{collection::vec, prelude::*, sample::select};
use sluice_domain::calendar::{Calendar, CalendarError, Clock, Reading};
use time::{
    Date, Duration, OffsetDateTime, Time, Weekday,
    macros::{date, datetime, time},
};

const WEEK: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
const EVERY_DAY: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

const ZONES: [&str; 5] =
    ["UTC", "Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];

fn calendar(zone: &str, from: Time, to: Time) -> Calendar {
    Calendar::new(zone, WEEK, from, to, []).expect("a calendar")
}

fn always(zone: &str, from: Time, to: Time) -> Calendar {
    Calendar::new(zone, EVERY_DAY, from, to, []).expect("a calendar")
}

fn hours(hours: i64) -> Duration {
    Duration::hours(hours)
}

fn calendars() -> impl Strategy<Value = Calendar> {
    let day = (2019_i32..2032, 1_u16..=365)
        .prop_map(|(year, day)| Date::from_ordinal_date(year, day).expect("a day"));
    (select(&ZONES[..]), 1_u8..128, 0_i64..23 * 4, 1_i64..=24 * 4, vec(day, 0..60)).prop_map(
        |(zone, week, from, length, holidays)| {
            let days = EVERY_DAY.into_iter().filter(|day| week & (1 << day.number_days_from_monday()) != 0);
            let to = (from + length).min(24 * 4);
            let quarters =
                |count| Time::MIDNIGHT + Duration::minutes(15) * i32::try_from(count).expect("small");
            Calendar::new(zone, days, quarters(from), quarters(to % (24 * 4)), holidays).expect("a calendar")
        },
    )
}

fn instants() -> impl Strategy<Value = OffsetDateTime> {
    let years =
        datetime!(2020-01-01 0:00 UTC).unix_timestamp()..datetime!(2030-01-01 0:00 UTC).unix_timestamp();
    (years, 0..1_000_000_000_i64).prop_map(|(second, nanos)| at(second) + Duration::nanoseconds(nanos))
}

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(second).expect("an instant")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_put_on_is_read_off(calendar in calendars(), start in instants(), seconds in 0_i64..4_000_000) {
        let working = Duration::seconds(seconds);
        let end = calendar.after(start, working);
        prop_assert!(end >= start);
        // A calendar of a quarter of an hour a week comes to its bound of twenty years.
        prop_assume!(end - start < Duration::days(19 * 365));
        prop_assert_eq!(calendar.working_time(start, end), working);
    }

    #[test]
    fn spans_add_up(calendar in calendars(), mut points in vec(instants(), 3)) {
        points.sort();
        let [a, b, c] = points[..] else { unreachable!() };
        let parts = calendar.working_time(a, b) + calendar.working_time(b, c);
        prop_assert_eq!(parts, calendar.working_time(a, c));
        prop_assert!(calendar.working_time(a, c) <= c - a);
        prop_assert_eq!(calendar.working_time(c, a), Duration::ZERO);
    }

    #[test]
    fn more_work_is_done_later(calendar in calendars(), start in instants(), a in 0_i64..900_000, b in 0_i64..900_000) {
        let (less, more) = (Duration::seconds(a.min(b)), Duration::seconds(a.max(b)));
        prop_assert!(calendar.after(start, less) <= calendar.after(start, more));
    }

    #[test]
    fn a_holiday_holds_no_working_time(calendar in calendars(), start in instants()) {
        let day = calendar.date(start);
        let with = Calendar::new(
            calendar.zone(), calendar.days(), calendar.hours().0, calendar.hours().1, [day],
        ).expect("a calendar");
        for hour in 0..30 {
            let instant = start + Duration::hours(hour);
            if with.date(instant) == day {
                prop_assert_eq!(with.working_time(start, instant), Duration::ZERO);
            }
        }
    }

    #[test]
    fn a_reading_only_falls(calendar in calendars(), start in instants(), used in 0_i64..400_000,
            allowance in 0_u16..12, later in vec(0_i64..4_000_000, 2)) {
        let clock = Clock { allowance_days: allowance, used: Duration::seconds(used), running_since: Some(start) };
        let read = |seconds| match clock.reading(&calendar, start + Duration::seconds(seconds)) {
            Reading::Left { days } => i64::from(days),
            Reading::DueToday => 0,
            Reading::Overdue { days } => -1 - i64::from(days),
            Reading::Paused { .. } => i64::MAX,
        };
        prop_assert!(read(later[0].max(later[1])) <= read(later[0].min(later[1])));
    }
}

#[test]
fn what_is_no_calendar_is_refused() {
    let (nine, five) = (time!(9:00), time!(17:00));
    for zone in ["Europe/Helsinky", "", "Mars/Olympus", "../etc/passwd", "Etc/Unknown"] {
        assert_eq!(Calendar::new(zone, WEEK, nine, five, []), Err(CalendarError::UnknownZone), "{zone}");
    }
    assert_eq!(Calendar::new("UTC", [], nine, five, []), Err(CalendarError::NoWorkingDay));
    assert_eq!(Calendar::new("UTC", WEEK, nine, nine, []), Err(CalendarError::EmptyDay));
    assert_eq!(Calendar::new("UTC", WEEK, five, nine, []), Err(CalendarError::EmptyDay));
}

#[test]
fn what_was_said_can_be_read() {
    let holidays = [date!(2026 - 12 - 25), date!(2026 - 12 - 24)];
    let calendar = Calendar::new(
        "europe/helsinki",
        [Weekday::Friday, Weekday::Monday],
        time!(8:00),
        time!(0:00),
        holidays,
    )
    .expect("a calendar");
    assert_eq!(calendar.zone(), "Europe/Helsinki");
    assert_eq!(calendar.days().collect::<Vec<_>>(), [Weekday::Monday, Weekday::Friday]);
    assert_eq!(calendar.hours(), (time!(8:00), time!(0:00)));
    assert_eq!(calendar.holidays().iter().copied().collect::<Vec<_>>(), [holidays[1], holidays[0]]);
    assert!(calendar.is_working_day(date!(2026 - 12 - 28)));
    assert!(!calendar.is_working_day(date!(2026 - 12 - 25)));
    assert!(!calendar.is_working_day(date!(2026 - 12 - 29)));
    assert_eq!(calendar.working_days(3), hours(48));

    let usual = Calendar::default();
    assert_eq!(usual, self::calendar("UTC", time!(9:00), time!(17:00)));
    assert_eq!(usual.zone(), "UTC");
    assert_eq!(usual.working_days(0), Duration::ZERO);
}

#[test]
fn days_and_hours_are_those_of_the_zone() {
    let (nine, five) = (time!(9:00), time!(17:00));
    let helsinki = calendar("Europe/Helsinki", nine, five);
    // Friday, 27 November 2026, 15:00 in Helsinki.
    let friday = datetime!(2026-11-27 13:00 UTC);
    assert_eq!(helsinki.after(friday, hours(2)), datetime!(2026-11-27 15:00 UTC));
    assert_eq!(helsinki.after(friday, hours(3)), datetime!(2026-11-30 8:00 UTC));
    assert_eq!(helsinki.working_time(friday, datetime!(2026-11-30 7:00 UTC)), hours(2));
    assert_eq!(helsinki.date(datetime!(2026-11-27 22:30 UTC)), date!(2026 - 11 - 28));
    assert_eq!(helsinki.opens(date!(2026 - 11 - 28)), datetime!(2026-11-28 7:00 UTC));
    let york = calendar("America/New_York", nine, five);
    assert_eq!(york.working_time(friday, datetime!(2026-11-27 15:00 UTC)), hours(1));
    assert_eq!(york.date(datetime!(2026-11-28 4:30 UTC)), date!(2026 - 11 - 27));
}

/// On 29 March 2026 the clocks of Helsinki go from 03:00 to 04:00, on 25 October 2026 from 04:00 to 03:00.
#[test]
fn an_hour_that_is_skipped_comes_when_it_is_skipped() {
    let (before, after) = (datetime!(2026-03-28 12:00 UTC), datetime!(2026-03-29 12:00 UTC));
    let early = always("Europe/Helsinki", time!(3:30), time!(8:00));
    assert_eq!(early.working_time(before, after), hours(4));
    assert_eq!(early.after(before, hours(1)), datetime!(2026-03-29 2:00 UTC));
    let around = always("Europe/Helsinki", time!(2:00), time!(8:00));
    assert_eq!(around.working_time(before, after), hours(5));
    let inside = always("Europe/Helsinki", time!(3:15), time!(3:45));
    assert_eq!(inside.working_time(before, after), Duration::ZERO);
    let whole = always("Europe/Helsinki", time!(0:00), time!(0:00));
    assert_eq!(
        whole.working_time(datetime!(2026-03-28 22:00 UTC), datetime!(2026-03-29 21:00 UTC)),
        hours(23)
    );
    assert_eq!(whole.working_days(1), hours(24));
}

#[test]
fn an_hour_that_comes_twice_counts_when_it_comes_first() {
    let (before, after) = (datetime!(2026-10-24 12:00 UTC), datetime!(2026-10-25 12:00 UTC));
    let early = always("Europe/Helsinki", time!(3:30), time!(8:00));
    assert_eq!(early.working_time(before, after), Duration::minutes(5 * 60 + 30));
    let until = always("Europe/Helsinki", time!(1:00), time!(3:30));
    assert_eq!(until.working_time(before, after), Duration::minutes(2 * 60 + 30));
    // New York: on 8 March 2026 from 02:00 to 03:00, on 1 November 2026 from 02:00 to 01:00.
    let york = always("America/New_York", time!(0:00), time!(6:00));
    assert_eq!(york.working_time(datetime!(2026-03-08 4:00 UTC), datetime!(2026-03-08 12:00 UTC)), hours(5));
    assert_eq!(york.working_time(datetime!(2026-11-01 3:00 UTC), datetime!(2026-11-01 12:00 UTC)), hours(7));
}

/// Samoa had no 30 December 2011.
#[test]
fn a_day_that_never_was_holds_no_working_time() {
    let apia = always("Pacific/Apia", time!(9:00), time!(17:00));
    let from = datetime!(2011-12-30 3:00 UTC);
    assert_eq!(apia.date(from), date!(2011 - 12 - 29));
    assert_eq!(apia.after(from, Duration::minutes(1)), datetime!(2011-12-30 19:01 UTC));
}

/// Goose Bay set its clocks back at 00:01, so that the evening before came again.
#[test]
fn a_day_that_comes_again_adds_up() {
    let goose = always("America/Goose_Bay", time!(0:00), time!(0:00));
    let (from, to) = (datetime!(2010-11-07 2:30 UTC), datetime!(2010-11-07 3:30 UTC));
    assert_eq!(goose.working_time(from, to), hours(1));
    for minute in 0..60 {
        let between = from + Duration::minutes(minute);
        assert_eq!(goose.working_time(from, between) + goose.working_time(between, to), hours(1));
        assert_eq!(goose.after(from, between - from), between);
    }
}

#[test]
fn nothing_is_looked_at_without_end() {
    let usual = Calendar::default();
    let start = datetime!(2026-01-01 0:00 UTC);
    let long = usual.working_time(start, datetime!(9999-12-31 23:00 UTC));
    assert!(long > usual.working_days(5_000) && long < usual.working_days(5_300), "{long}");
    assert!(usual.after(start, Duration::MAX) < datetime!(2047-01-01 0:00 UTC));
    let dates = std::iter::successors(Some(date!(2025 - 12 - 01)), |day| day.next_day());
    let closed =
        Calendar::new("UTC", WEEK, time!(9:00), time!(17:00), dates.take(8_000)).expect("a calendar");
    assert_eq!(closed.after(start, hours(1)), start);
    for edge in [datetime!(9999-12-31 23:59 UTC), datetime!(-9999-01-01 0:00 UTC)] {
        assert_eq!(usual.working_time(edge, edge), Duration::ZERO);
        assert!(usual.after(edge, hours(1)) >= edge);
        assert_eq!(usual.date(edge), edge.date());
    }
}

fn clock(allowance_days: u16, used: Duration, running_since: Option<OffsetDateTime>) -> Clock {
    Clock { allowance_days, used, running_since }
}

#[test]
fn a_clock_is_read_in_working_days() {
    let usual = Calendar::default();
    // A Monday.
    let since = datetime!(2026-11-23 10:00 UTC);
    let three = clock(3, Duration::ZERO, Some(since));
    assert_eq!(three.due(&usual), Some(datetime!(2026-11-26 10:00 UTC)));
    for (now, reading) in [
        (datetime!(2026-11-22 10:00 UTC), Reading::Left { days: 3 }),
        (since, Reading::Left { days: 3 }),
        (datetime!(2026-11-24 8:00 UTC), Reading::Left { days: 2 }),
        (datetime!(2026-11-25 23:00 UTC), Reading::Left { days: 1 }),
        (datetime!(2026-11-26 9:00 UTC), Reading::DueToday),
        (datetime!(2026-11-26 18:00 UTC), Reading::DueToday),
        (datetime!(2026-11-27 1:00 UTC), Reading::Overdue { days: 1 }),
        (datetime!(2026-11-29 1:00 UTC), Reading::Overdue { days: 1 }),
        (datetime!(2026-11-30 9:00 UTC), Reading::Overdue { days: 2 }),
    ] {
        assert_eq!(three.reading(&usual, now), reading, "{now}");
        assert_eq!(reading.is_overdue(), now.date() > date!(2026 - 11 - 26));
    }
    // Due on a Friday: the weekend is no working day of delay.
    let friday = clock(4, Duration::ZERO, Some(since));
    assert_eq!(friday.reading(&usual, datetime!(2026-11-28 9:00 UTC)), Reading::Overdue { days: 0 });
}

#[test]
fn what_was_used_before_counts() {
    let usual = Calendar::default();
    let since = datetime!(2026-11-23 10:00 UTC);
    let again = clock(3, hours(8), Some(since));
    assert_eq!(again.due(&usual), Some(datetime!(2026-11-25 10:00 UTC)));
    assert_eq!(again.used_until(&usual, datetime!(2026-11-23 12:00 UTC)), hours(10));
    let late = clock(3, hours(5 * 8), Some(since));
    assert_eq!(late.due(&usual), Some(since));
    assert_eq!(late.reading(&usual, since), Reading::Overdue { days: 2 });
    assert_eq!(late.reading(&usual, datetime!(2026-11-24 10:00 UTC)), Reading::Overdue { days: 3 });
}

#[test]
fn no_allowance_is_due_at_once() {
    let usual = Calendar::default();
    let since = datetime!(2026-11-23 10:00 UTC);
    let none = clock(0, Duration::ZERO, Some(since));
    assert_eq!(none.due(&usual), Some(since));
    assert_eq!(none.reading(&usual, since), Reading::DueToday);
    assert_eq!(none.reading(&usual, datetime!(2026-11-24 0:00 UTC)), Reading::Overdue { days: 1 });
    assert_eq!(clock(0, Duration::ZERO, None).reading(&usual, since), Reading::Paused { left: 0, over: 0 });
}

#[test]
fn a_paused_clock_has_no_due_day() {
    let usual = Calendar::default();
    let now = datetime!(2026-11-23 10:00 UTC);
    for (used, left, over) in [
        (Duration::ZERO, 3, 0),
        (hours(1), 3, 0),
        (hours(8), 2, 0),
        (hours(24) - Duration::NANOSECOND, 1, 0),
        (hours(24), 0, 0),
        (hours(31), 0, 0),
        (hours(32), 0, 1),
    ] {
        let paused = clock(3, used, None);
        assert_eq!(paused.due(&usual), None);
        assert_eq!(paused.reading(&usual, now), Reading::Paused { left, over }, "{used}");
        assert_eq!(paused.used_until(&usual, now), used);
    }
}
