//! Times as logs write them: seconds, milliseconds, dates, or numbers that only order.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::TimeFormat;

/// Ticks in a second for every format that knows seconds: finer than any log, so that two events
/// of one second keep their order and are no duplicates of each other.
pub(super) const MICROS_PER_SEC: i64 = 1_000_000;

/// How times are written, told from examples (empty ones are passed over); `None` when they are no
/// times.
///
/// Whole dates of eight digits are dates; numbers of the size of seconds since 1973 are seconds, a
/// thousand times as much milliseconds; all other numbers only order.
pub(super) fn guess<'a>(examples: impl Iterator<Item = &'a str>) -> Option<TimeFormat> {
    let examples: Vec<&str> = examples.map(str::trim).filter(|text| !text.is_empty()).collect();
    let share = |n: usize| n as f64 / examples.len().max(1) as f64;
    let mut numbers: Vec<f64> = examples.iter().filter_map(|text| number(text)).map(f64::abs).collect();
    let n_dates = examples.iter().filter(|text| date_micros(text).is_some()).count();
    if examples.is_empty() {
        return None;
    }
    // Half is enough to know the format; the rows that do not follow it are refused one by one.
    if share(n_dates) > 0.5 && n_dates + 1 >= numbers.len() {
        return Some(TimeFormat::Date);
    }
    if share(numbers.len()) <= 0.5 {
        return None;
    }
    numbers.sort_by(f64::total_cmp);
    Some(match numbers[numbers.len() / 2] {
        size if (1e8..1e11).contains(&size) => TimeFormat::Seconds,
        size if (1e11..1e14).contains(&size) => TimeFormat::Milliseconds,
        _ => TimeFormat::Order,
    })
}

/// Reads a whole column: ticks of each time (`None` where it cannot be read), and ticks per second.
pub(super) fn read<'a, I>(column: impl Fn() -> I, format: TimeFormat) -> (Vec<Option<i64>>, i64)
where
    I: Iterator<Item = &'a str>,
{
    match format {
        TimeFormat::Seconds => (column().map(|text| scaled(text, MICROS_PER_SEC)).collect(), MICROS_PER_SEC),
        TimeFormat::Milliseconds => (column().map(|text| scaled(text, 1_000)).collect(), MICROS_PER_SEC),
        TimeFormat::Date => (column().map(|text| date_micros(text.trim())).collect(), MICROS_PER_SEC),
        TimeFormat::Order => {
            let whole: Vec<Option<i64>> = column().map(|text| text.trim().parse().ok()).collect();
            // Decimals order too; they are kept to the sixth place.
            if std::iter::zip(&whole, column()).any(|(ticks, text)| ticks.is_none() && number(text.trim()).is_some()) {
                return (column().map(|text| scaled(text, MICROS_PER_SEC)).collect(), MICROS_PER_SEC);
            }
            (whole, 1)
        }
    }
}

/// Share of the examples (empty ones passed over) that can be read in a format.
pub(super) fn share_readable<'a>(examples: impl Iterator<Item = &'a str>, format: TimeFormat) -> f64 {
    let examples: Vec<&str> = examples.map(str::trim).filter(|text| !text.is_empty()).collect();
    let (ticks, _) = read(|| examples.iter().copied(), format);
    ticks.iter().flatten().count() as f64 / examples.len().max(1) as f64
}

/// A moment as a person reads it, in UTC.
pub(super) fn iso(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |moment| moment.to_string())
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// A number in units of `ticks`; `None` where it is none, or too large.
fn scaled(text: &str, ticks: i64) -> Option<i64> {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return whole.checked_mul(ticks);
    }
    let number = number(text)? * ticks as f64;
    // Beyond 2^63 the conversion would saturate, and unlike times become alike.
    (number.abs() < 9.2e18).then(|| number.floor() as i64)
}

/// A date in one of the ways that logs write it, in microseconds; without a zone it is UTC.
fn date_micros(text: &str) -> Option<i64> {
    let text = text.strip_suffix(" UTC").or_else(|| text.strip_suffix(" GMT")).unwrap_or(text);
    let bytes = text.as_bytes();
    let moment = if bytes.iter().all(u8::is_ascii_digit) {
        digits(text)?
    } else if bytes.get(4) == Some(&b'-') {
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Some(moment.as_microsecond());
        }
        text.parse::<DateTime>().ok().or_else(|| any_of(text, &["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"]))?
    } else if matches!(bytes.get(4), Some(b'/' | b'.')) {
        let dashed: String =
            text.char_indices().map(|(at, c)| if at < 8 && (c == '/' || c == '.') { '-' } else { c }).collect();
        any_of(&dashed, &["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d"])?
    } else if text.contains('年') {
        any_of(text, &["%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日"])?
    } else {
        // As in Foursquare's and Twitter's logs: `Tue Apr 03 18:00:09 +0000 2012`.
        let moment = Timestamp::strptime("%a %b %d %H:%M:%S %z %Y", text).ok()?;
        return Some(moment.as_microsecond());
    };
    moment.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_microsecond())
}

/// `YYYYMMDD`, with `HHMM` or `HHMMSS` after it or not. Years outside 1900–2100 are numbers of
/// another kind.
fn digits(text: &str) -> Option<DateTime> {
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<i16>().ok());
    let small = |range| part(range).and_then(|number| i8::try_from(number).ok());
    if !matches!(text.len(), 8 | 12 | 14) {
        return None;
    }
    let year = part(0..4).filter(|year| (1900..=2100).contains(year))?;
    let date = Date::new(year, small(4..6)?, small(6..8)?).ok()?;
    let time = match text.len() {
        8 => Time::midnight(),
        12 => Time::new(small(8..10)?, small(10..12)?, 0, 0).ok()?,
        _ => Time::new(small(8..10)?, small(10..12)?, small(12..14)?, 0).ok()?,
    };
    Some(date.to_datetime(time))
}

fn any_of(text: &str, formats: &[&str]) -> Option<DateTime> {
    formats.iter().find_map(|format| {
        let parsed = jiff::fmt::strtime::parse(format, text).ok()?;
        let date = parsed.to_date().ok()?;
        Some(parsed.to_datetime().unwrap_or_else(|_| date.to_datetime(Time::midnight())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_apart() {
        let of = |text: &str| guess([text].into_iter());
        assert_eq!(of("881250949"), Some(TimeFormat::Seconds));
        assert_eq!(of("881250949.0"), Some(TimeFormat::Seconds));
        assert_eq!(of("1511929781000"), Some(TimeFormat::Milliseconds));
        assert_eq!(of("19970101"), Some(TimeFormat::Date));
        assert_eq!(of("5743"), Some(TimeFormat::Order));
        assert_eq!(of("-3.5"), Some(TimeFormat::Order));
        assert_eq!(of("Toy Story"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn every_way_of_writing_one_moment_is_that_moment() {
        // 2024-01-31 12:30:00 UTC is 1706704200.
        for text in [
            "2024-01-31T12:30:00Z",
            "2024-01-31T13:30:00+01:00",
            "2024-01-31T12:30:00.000",
            "2024-01-31 12:30:00",
            "2024-01-31 12:30:00 UTC",
            "2024-01-31 12:30",
            "2024/01/31 12:30:00",
            "2024/1/31 12:30",
            "2024.01.31 12:30:00",
            "2024年1月31日 12:30",
            "20240131123000",
            "202401311230",
            "Wed Jan 31 12:30:00 +0000 2024",
        ] {
            assert_eq!(date_micros(text), Some(1_706_704_200_000_000), "{text}");
        }
        for text in ["2024-01-31", "2024/01/31", "20240131", "2024-1-31"] {
            assert_eq!(date_micros(text), Some(1_706_659_200_000_000), "{text}");
        }
        assert_eq!(date_micros("2024-02-31"), None);
        assert_eq!(date_micros("20241301"), None);
    }

    #[test]
    fn fractions_of_a_second_keep_their_order() {
        let (ticks, per_sec) = read(|| ["10.25", "10.75", "x", "-1"].into_iter(), TimeFormat::Seconds);
        assert_eq!(per_sec, 1_000_000);
        assert_eq!(ticks, [Some(10_250_000), Some(10_750_000), None, Some(-1_000_000)]);
        let (ticks, per_sec) = read(|| ["3", "99999999999999999"].into_iter(), TimeFormat::Order);
        assert_eq!((ticks, per_sec), (vec![Some(3), Some(99_999_999_999_999_999)], 1));
    }
}
