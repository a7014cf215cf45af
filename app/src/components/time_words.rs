//! Times in words, with the exact time behind them.

use leptos::prelude::*;
use time::{Date, Month, OffsetDateTime, UtcOffset};

use super::{
    counted,
    feedback::Tone,
    icons::{Icon, IconName},
};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long a span is, in the largest unit that says it well: `5 minutes`, `2 days`, `3 months`.
#[must_use]
pub fn span_words(seconds: i64) -> String {
    let count = |unit: i64| usize::try_from(seconds / unit).unwrap_or_default();
    match seconds {
        ..45 => "less than a minute".to_owned(),
        45..90 => "1 minute".to_owned(),
        90..HOUR => counted(count(MINUTE).max(1), "minute"),
        _ if seconds < DAY => counted(count(HOUR), "hour"),
        _ => days_words(seconds / DAY),
    }
}

/// How long a number of days is: `6 days`, `3 weeks`, `4 months`, `2 years`.
fn days_words(days: i64) -> String {
    let count = |unit: i64| usize::try_from(days / unit).unwrap_or_default();
    match days {
        ..14 => counted(count(1), "day"),
        14..63 => counted(count(7), "week"),
        63..730 => counted(count(30), "month"),
        _ => counted(count(365), "year"),
    }
}

/// A time seen from another: `just now`, `2 hours ago`, `in 3 days`.
#[must_use]
pub fn relative_words(at: OffsetDateTime, now: OffsetDateTime) -> String {
    let seconds = (now - at).whole_seconds();
    match seconds {
        -44..45 => "just now".to_owned(),
        45.. => format!("{} ago", span_words(seconds)),
        _ => format!("in {}", span_words(seconds.saturating_neg())),
    }
}

/// When something is due, seen from a day: `today`, `in 6 weeks`, `2 days overdue`.
#[must_use]
pub fn due_words(date: Date, today: Date) -> String {
    match (date - today).whole_days() {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        days @ 2.. => format!("in {}", days_words(days)),
        days => format!("{} overdue", days_words(days.saturating_neg())),
    }
}

/// `3 Feb 2026`.
#[must_use]
pub fn date_words(date: Date) -> String {
    format!("{} {} {}", date.day(), month_word(date.month()), date.year())
}

/// `3 Feb`, for places where the year goes without saying.
#[must_use]
pub fn day_words(date: Date) -> String {
    format!("{} {}", date.day(), month_word(date.month()))
}

/// `3 Feb 2026, 14:02 UTC`.
#[must_use]
pub fn moment_words(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!("{}, {:02}:{:02} UTC", date_words(at.date()), at.hour(), at.minute())
}

/// A day for machines: `2026-02-03`.
#[must_use]
pub fn iso_date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// A time for machines: `2026-02-03T14:02:59Z`.
#[must_use]
pub fn iso_moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!("{}T{:02}:{:02}:{:02}Z", iso_date(at.date()), at.hour(), at.minute(), at.second())
}

const fn month_word(month: Month) -> &'static str {
    match month {
        Month::January => "Jan",
        Month::February => "Feb",
        Month::March => "Mar",
        Month::April => "Apr",
        Month::May => "May",
        Month::June => "Jun",
        Month::July => "Jul",
        Month::August => "Aug",
        Month::September => "Sep",
        Month::October => "Oct",
        Month::November => "Nov",
        Month::December => "Dec",
    }
}

/// A time, in words seen from now; exact in its title.
#[component]
pub fn Timestamp(
    /// The time.
    at: OffsetDateTime,
    /// Now, as the page's data knows it.
    now: OffsetDateTime,
) -> impl IntoView {
    view! {
        <time datetime=iso_moment(at) title=moment_words(at)>
            {relative_words(at, now)}
        </time>
    }
}

/// A day that something is due: in words, exact in its title, with a sign when it is close or past.
#[component]
pub fn DueDate(
    /// The day.
    date: Date,
    /// Today, as the page's data knows it.
    today: Date,
) -> impl IntoView {
    let (class, icon) = match (date - today).whole_days() {
        ..0 => ("due tone-blocked", Some((IconName::Warning, Tone::Blocked))),
        0..3 => ("due tone-waiting", Some((IconName::Clock, Tone::Waiting))),
        _ => ("due", None),
    };
    view! {
        <span class=class>
            {icon.map(|(name, tone)| view! { <Icon name tone /> })}
            <time datetime=iso_date(date) title=date_words(date)>
                {due_words(date, today)}
            </time>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use time::{
        Duration,
        macros::{date, datetime},
    };

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-02-03 14:02:59 UTC);

    #[test]
    fn times_read_as_people_say_them() {
        let cases = [
            (Duration::ZERO, "just now"),
            (Duration::seconds(-44), "just now"),
            (Duration::seconds(-45), "1 minute ago"),
            (Duration::minutes(-2), "2 minutes ago"),
            (Duration::minutes(-59), "59 minutes ago"),
            (Duration::hours(-1), "1 hour ago"),
            (Duration::hours(-23), "23 hours ago"),
            (Duration::days(-1), "1 day ago"),
            (Duration::days(-13), "13 days ago"),
            (Duration::days(-14), "2 weeks ago"),
            (Duration::days(-90), "3 months ago"),
            (Duration::days(-800), "2 years ago"),
            (Duration::minutes(5), "in 5 minutes"),
            (Duration::days(42), "in 6 weeks"),
        ];
        for (offset, words) in cases {
            assert_eq!(relative_words(NOW + offset, NOW), words);
        }
    }

    #[test]
    fn due_days_read_as_people_say_them() {
        let today = date!(2026 - 02 - 03);
        assert_eq!(due_words(today, today), "today");
        assert_eq!(due_words(date!(2026 - 02 - 04), today), "tomorrow");
        assert_eq!(due_words(date!(2026 - 03 - 17), today), "in 6 weeks");
        assert_eq!(due_words(date!(2026 - 02 - 02), today), "1 day overdue");
        assert_eq!(due_words(date!(2026 - 02 - 01), today), "2 days overdue");
    }

    #[test]
    fn the_exact_time_is_in_utc() {
        let html = view! { <Timestamp at=datetime!(2026-02-03 14:02:59 +2) now=NOW /> }.to_html();
        assert_eq!(
            html,
            "<time datetime=\"2026-02-03T12:02:59Z\" title=\"3 Feb 2026, 12:02 UTC\">2 hours ago</time>"
        );
    }

    #[test]
    fn overdue_is_a_sign_and_a_word_too() {
        let html = view! { <DueDate date=date!(2026-02-01) today=date!(2026-02-03) /> }.to_html();
        assert!(html.contains("#i-warning") && html.contains("2 days overdue"), "{html}");
        let html = view! { <DueDate date=date!(2026-06-01) today=date!(2026-02-03) /> }.to_html();
        assert!(!html.contains("<svg"), "{html}");
    }
}
