use crate::calendar::Reading;

/// How a clock stands: “3 days left”, “due today”, “2 days overdue”, “paused with 3 days left”.
#[must_use]
pub fn reading(reading: Reading) -> String {
    match reading {
        Reading::Left { days: count } => format!("{} left", days(count)),
        Reading::DueToday => "due today".into(),
        Reading::Overdue { days: 0 } => "overdue".into(),
        Reading::Overdue { days: count } => format!("{} overdue", days(count)),
        Reading::Paused { left: 0, over: 0 } => "paused".into(),
        Reading::Paused { left, over: 0 } => format!("paused with {} left", days(left)),
        Reading::Paused { over, .. } => format!("paused, {} overdue", days(over)),
    }
}

/// So many days: “1 day”, “3 days”.
#[must_use]
pub fn days(count: u32) -> String {
    if count == 1 { "1 day".into() } else { format!("{count} days") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_read_in_days() {
        for (state, words) in [
            (Reading::Left { days: 3 }, "3 days left"),
            (Reading::Left { days: 1 }, "1 day left"),
            (Reading::DueToday, "due today"),
            (Reading::Overdue { days: 0 }, "overdue"),
            (Reading::Overdue { days: 1 }, "1 day overdue"),
            (Reading::Overdue { days: 2 }, "2 days overdue"),
            (Reading::Paused { left: 0, over: 0 }, "paused"),
            (Reading::Paused { left: 1, over: 0 }, "paused with 1 day left"),
            (Reading::Paused { left: 0, over: 2 }, "paused, 2 days overdue"),
        ] {
            assert_eq!(reading(state), words);
        }
    }
}
