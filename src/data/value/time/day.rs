//! Days counted from 1970-01-01.

use jiff::Span;
use jiff::civil::Date;

/// Seconds in a day.
pub(crate) const SECS_PER_DAY: i64 = 86_400;

/// The day of a moment in seconds since 1970.
pub(crate) fn day_of_secs(secs: i64) -> i64 {
    secs.div_euclid(SECS_PER_DAY)
}

/// A day counted from 1970-01-01, as `2020-02-29`.
#[must_use]
pub fn day_text(day: i64) -> String {
    date_of_day(day).map_or_else(|| "–".to_owned(), |date| date.to_string())
}

/// The date of a day counted from 1970-01-01; `None` beyond the calendar.
pub(crate) fn date_of_day(day: i64) -> Option<Date> {
    Date::new(1970, 1, 1)
        .ok()?
        .checked_add(Span::new().try_days(day).ok()?)
        .ok()
}

/// The day of a date, counted from 1970-01-01.
pub(crate) fn day_of_date(date: Date) -> i64 {
    let Ok(start) = Date::new(1970, 1, 1) else {
        return 0;
    };
    date.since(start)
        .map_or(0, |span| i64::from(span.get_days()))
}
