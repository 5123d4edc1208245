//! Patterns in strftime's words, `%d/%b/%Y:%H:%M:%S %z`, for times that are written in no usual
//! way.

use jiff::civil::Time;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::date::bare;

/// The moment that a text says under a pattern, in microseconds; without a zone it is UTC.
pub(super) fn read(text: &str, pattern: &str) -> Option<i64> {
    let parsed = strtime::parse(pattern, text.trim())
        .or_else(|_| strtime::parse(pattern, bare(text)))
        .ok()?;
    moment(&parsed).map(Timestamp::as_microsecond)
}

fn moment(parsed: &BrokenDownTime) -> Option<Timestamp> {
    // Seconds since 1970 (`%s`), and dates with a zone, are moments by themselves.
    if let Ok(moment) = parsed.to_timestamp() {
        return Some(moment);
    }
    let date = match parsed.to_date() {
        Ok(date) => date,
        // A month alone begins with its first day.
        Err(_) => jiff::civil::Date::new(parsed.year()?, parsed.month()?, 1).ok()?,
    };
    let local = parsed.to_time().map_or_else(
        |_| date.to_datetime(Time::midnight()),
        |time| date.to_datetime(time),
    );
    let zone = match (parsed.offset(), parsed.iana_time_zone()) {
        (Some(offset), _) => TimeZone::fixed(offset),
        (None, Some(name)) => TimeZone::get(name).ok()?,
        (None, None) => TimeZone::UTC,
    };
    zone.to_timestamp(local).ok()
}

/// Why a pattern reads no moment, if it does not.
pub(crate) fn refused(pattern: &str) -> Option<String> {
    const EXAMPLE: &str = "write one such as `%d/%m/%Y %H:%M:%S` (`%Y` the year, `%m` the month, \
                           `%b` its name, `%d` the day, `%H:%M:%S` the clock, `%I` and `%p` one of \
                           twelve hours, `%z` the zone)";
    let sample: Zoned = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    let Ok(written) = strtime::format(pattern, &sample) else {
        return Some(format!(
            "the pattern `{pattern}` in `data.time_format` is none; {EXAMPLE}."
        ));
    };
    read(&written, pattern)
        .is_none()
        .then(|| format!("the pattern `{pattern}` in `data.time_format` tells no date; {EXAMPLE}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_read_what_they_say() {
        for (text, pattern) in [
            ("31/Jan/2024:13:30:05 +0100", "%d/%b/%Y:%H:%M:%S %z"),
            ("20240131 12:30:05", "%Y%m%d %H:%M:%S"),
            ("31|01|24 12.30.05", "%d|%m|%y %H.%M.%S"),
            ("at 01/31/2024 12:30:05 PM", "at %m/%d/%Y %I:%M:%S %p"),
            ("1706704205", "%s"),
            ("2024-01-31 13:30:05 Europe/Paris", "%Y-%m-%d %H:%M:%S %Q"),
        ] {
            assert_eq!(read(text, pattern), Some(1_706_704_205_000_000), "{text}");
            assert_eq!(refused(pattern), None);
        }
        assert_eq!(read("2024 week", "%Y week"), None);
        assert_eq!(read("01/2024", "%m/%Y"), Some(1_704_067_200_000_000));
        assert!(refused("%Q%%%!").unwrap().contains("is none"));
        assert!(refused("%H:%M").unwrap().contains("tells no date"));
        assert!(refused("day").is_some());
    }
}
