//! Times as logs write them: seconds and their parts, dates, or numbers that only order.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::TimeFormat;
use super::coding::trimmed;

/// Ticks in a second for every format that knows seconds: finer than any log, so that two events
/// of one second keep their order and are no duplicates of each other.
pub(super) const MICROS_PER_SEC: i64 = 1_000_000;

/// How times are written, told from examples (empty ones are passed over); `None` when they are no
/// times.
///
/// Whole dates of eight digits are dates; numbers of the size of seconds since 1973 are seconds, a
/// thousand times as much milliseconds; a million and a thousand million times as much are micro- and
/// nanoseconds if they lie between 1990 and 2043, as ids are often as large; all other numbers only
/// order.
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
    let year_last: Vec<YearLast<'_>> = examples.iter().filter_map(|text| YearLast::new(text)).collect();
    if share(year_last.len()) > 0.5 {
        return Some(part_order(&year_last).0);
    }
    if share(numbers.len()) <= 0.5 {
        return None;
    }
    numbers.sort_by(f64::total_cmp);
    Some(match numbers[numbers.len() / 2] {
        size if (1e8..1e11).contains(&size) => TimeFormat::Seconds,
        size if (1e11..1e14).contains(&size) => TimeFormat::Milliseconds,
        size if (6.3e14..2.3e15).contains(&size) => TimeFormat::Microseconds,
        size if (6.3e17..2.3e18).contains(&size) => TimeFormat::Nanoseconds,
        _ => TimeFormat::Order,
    })
}

/// An example of dates from which it cannot be told whether the month or the day comes first.
pub(super) fn ambiguous<'a>(examples: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let examples: Vec<&str> = examples.filter(|text| YearLast::new(text).is_some()).collect();
    let dates: Vec<YearLast<'_>> = examples.iter().filter_map(|text| YearLast::new(text)).collect();
    let is_open = !dates.is_empty() && !part_order(&dates).1;
    examples.first().copied().filter(|_| is_open)
}

/// Reads a whole column: ticks of each time (`None` where it cannot be read), and ticks per second.
pub(super) fn read<'a, I>(column: impl Fn() -> I, format: TimeFormat) -> (Vec<Option<i64>>, i64)
where
    I: Iterator<Item = &'a str>,
{
    let micros = |of: fn(&str) -> Option<i64>| (column().map(|text| of(trimmed(text))).collect(), MICROS_PER_SEC);
    match format {
        TimeFormat::Seconds => micros(|text| scaled(text, MICROS_PER_SEC)),
        TimeFormat::Milliseconds => micros(|text| scaled(text, 1_000)),
        TimeFormat::Microseconds => micros(|text| scaled(text, 1)),
        TimeFormat::Nanoseconds => micros(nanos),
        TimeFormat::Date => micros(date_micros),
        TimeFormat::MonthFirst => micros(|text| year_last_micros(text, TimeFormat::MonthFirst)),
        TimeFormat::DayFirst => micros(|text| year_last_micros(text, TimeFormat::DayFirst)),
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
    // The calendar ends with the year 9999.
    let far = |_| format!("{} seconds since 1970, thousands of years away", micros.div_euclid(MICROS_PER_SEC));
    Timestamp::from_microsecond(micros).map_or_else(far, |moment| moment.to_string())
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// A number in units of `ticks`; `None` where it is none, or too large.
fn scaled(text: &str, ticks: i64) -> Option<i64> {
    let text = trimmed(text);
    if let Ok(whole) = text.parse::<i64>() {
        return whole.checked_mul(ticks);
    }
    let number = number(text)? * ticks as f64;
    // Beyond 2^63 the conversion would saturate, and unlike times become alike.
    (number.abs() < 9.2e18).then(|| number.floor() as i64)
}

/// Nanoseconds in microseconds, rounded down.
fn nanos(text: &str) -> Option<i64> {
    match text.parse::<i64>() {
        Ok(whole) => Some(whole.div_euclid(1_000)),
        Err(_) => number(text).map(|number| number / 1e3).filter(|n| n.abs() < 9.2e18).map(|n| n.floor() as i64),
    }
}

/// A date in one of the ways that logs write it, in microseconds; without a zone it is UTC.
fn date_micros(text: &str) -> Option<i64> {
    let (text, offset) = zone(text);
    civil_micros(text)?.checked_sub(offset)
}

/// Divides the zone from a date with a clock: its distance from UTC in microseconds.
fn zone(text: &str) -> (&str, i64) {
    if let Some(utc) = text.strip_suffix("UTC").or_else(|| text.strip_suffix("GMT")).or_else(|| text.strip_suffix('Z'))
    {
        return (utc.trim_end(), 0);
    }
    let Some(at) = text.rfind(['+', '-']) else { return (text, 0) };
    let (before, sign_and_rest) = text.split_at(at);
    let digits = sign_and_rest.get(1..).unwrap_or_default().replace(':', "");
    let is_zone = before.contains(':') && matches!(digits.len(), 2 | 4) && digits.bytes().all(|b| b.is_ascii_digit());
    let part = |range| digits.get(range).and_then(|part: &str| part.parse::<i64>().ok()).unwrap_or(0);
    let minutes = part(0..2) * 60 + part(2..4);
    // No place on Earth is further from UTC than 14 hours.
    if !is_zone || minutes > 14 * 60 {
        return (text, 0);
    }
    let micros = minutes * 60 * MICROS_PER_SEC;
    (before.trim_end(), if sign_and_rest.starts_with('-') { -micros } else { micros })
}

/// A date without a zone, in microseconds.
fn civil_micros(text: &str) -> Option<i64> {
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
        // As in Foursquare's and Twitter's logs: `Tue Apr 03 18:00:09 +0000 2012`; the zone is in it.
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

/// A date whose year comes last, `1/31/2024 12:30`, in its parts.
struct YearLast<'a> {
    first: i8,
    second: i8,
    year: i16,
    /// What stands between the parts.
    mark: char,
    /// What stands behind the date.
    clock: &'a str,
}

impl<'a> YearLast<'a> {
    fn new(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (date, clock) = text.split_once([' ', 'T']).unwrap_or((text, ""));
        let mark = date.chars().find(|c| matches!(c, '/' | '-' | '.'))?;
        let mut parts = date.split(mark);
        let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
        let is_number =
            |text: &str, lens: &[usize]| lens.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        // Two digits of a year are written between strokes only: `10.12.20` may be a version.
        let year_lens: &[usize] = if mark == '/' { &[2, 4] } else { &[4] };
        if parts.next().is_some()
            || !is_number(first, &[1, 2])
            || !is_number(second, &[1, 2])
            || !is_number(year, year_lens)
        {
            return None;
        }
        let year = match year.parse::<i16>().ok()? {
            short @ 0..69 if year.len() == 2 => 2000 + short,
            short if year.len() == 2 => 1900 + short,
            year => year,
        };
        Some(Self { first: first.parse().ok()?, second: second.parse().ok()?, year, mark, clock: clock.trim() })
            .filter(|date| (1..=31).contains(&date.first) && (1..=31).contains(&date.second))
    }

    /// Midnight and what the clock adds, in microseconds.
    fn micros(&self, order: TimeFormat) -> Option<i64> {
        let (month, day) =
            if order == TimeFormat::DayFirst { (self.second, self.first) } else { (self.first, self.second) };
        let midnight = Date::new(self.year, month, day).ok()?.to_datetime(Time::midnight());
        let midnight = midnight.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond();
        let (clock, offset) = zone(self.clock);
        midnight.checked_add(clock_micros(clock)?)?.checked_sub(offset)
    }
}

/// Which part comes first, and whether that is sure: a part above 12 is a day. Dots are written
/// where the day comes first; else the month is taken to.
fn part_order(dates: &[YearLast<'_>]) -> (TimeFormat, bool) {
    let n_day_first = dates.iter().filter(|date| date.first > 12).count();
    let n_month_first = dates.iter().filter(|date| date.second > 12).count();
    let has_dots = dates.iter().all(|date| date.mark == '.');
    match n_day_first.cmp(&n_month_first) {
        std::cmp::Ordering::Greater => (TimeFormat::DayFirst, true),
        std::cmp::Ordering::Less => (TimeFormat::MonthFirst, true),
        std::cmp::Ordering::Equal if has_dots => (TimeFormat::DayFirst, true),
        std::cmp::Ordering::Equal => (TimeFormat::MonthFirst, n_day_first > 0),
    }
}

fn year_last_micros(text: &str, order: TimeFormat) -> Option<i64> {
    YearLast::new(text)?.micros(order)
}

/// `12:30`, `12:30:05.25`, `1:30 PM` in microseconds since midnight; nothing is midnight.
fn clock_micros(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.is_empty() {
        return Some(0);
    }
    let upper = text.to_ascii_uppercase();
    let half = upper.strip_suffix("AM").map(|rest| (rest, 0)).or(upper.strip_suffix("PM").map(|rest| (rest, 12)));
    let (digits, afternoon) = half.map_or((upper.as_str(), None), |(rest, hours)| (rest.trim_end(), Some(hours)));
    let mut parts = digits.split(':');
    let whole = |text: Option<&str>, most: i64| text?.parse::<i64>().ok().filter(|n| (0..=most).contains(n));
    let (hour, minute) = (whole(parts.next(), 23)?, whole(parts.next(), 59)?);
    let seconds = parts.next().map_or(Some(0.0), |text| text.parse::<f64>().ok())?;
    if parts.next().is_some() || !(0.0..61.0).contains(&seconds) {
        return None;
    }
    let hour = match afternoon {
        Some(hours) if (1..=12).contains(&hour) => hour % 12 + hours,
        Some(_) => return None,
        None => hour,
    };
    Some((hour * 3_600 + minute * 60) * MICROS_PER_SEC + (seconds * 1e6).round() as i64)
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
        assert_eq!(of("1511929781000000"), Some(TimeFormat::Microseconds));
        assert_eq!(of("1511929781000000000"), Some(TimeFormat::Nanoseconds));
        // An id of that length is none.
        assert_eq!(of("76561198000000000"), Some(TimeFormat::Order));
        assert_eq!(of("19970101"), Some(TimeFormat::Date));
        assert_eq!(of("2024-01-31T12:30:00+0200"), Some(TimeFormat::Date));
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
            "2024-01-31 13:30:00+01:00",
            "2024-01-31 13:30:00 +0100",
            "2024-01-31 07:00:00.000-0530",
            "2024/01/31 13:30:00+01",
            "2024-01-31 12:30Z",
            "20240131123000",
            "202401311230",
            "Wed Jan 31 12:30:00 +0000 2024",
        ] {
            assert_eq!(date_micros(text), Some(1_706_704_200_000_000), "{text}");
        }
        for text in ["2024-01-31", "2024/01/31", "20240131", "2024-1-31"] {
            assert_eq!(date_micros(text), Some(1_706_659_200_000_000), "{text}");
        }
        for (text, order) in [
            ("1/31/2024 12:30", TimeFormat::MonthFirst),
            ("01/31/24 12:30:00 PM", TimeFormat::MonthFirst),
            ("31/1/2024 12:30:00.0", TimeFormat::DayFirst),
            ("31.01.2024 13:30 +01:00", TimeFormat::DayFirst),
            ("31-01-2024T12:30:00Z", TimeFormat::DayFirst),
        ] {
            assert_eq!(year_last_micros(text, order), Some(1_706_704_200_000_000), "{text}");
        }
        for text in ["31/1/2024", "13/1/2024 25:00", "1/2/2024 1:00 PM AM", "1/2/3/2024", "0/1/2024"] {
            assert_eq!(year_last_micros(text, TimeFormat::MonthFirst), None, "{text}");
        }
        assert_eq!(clock_micros("12:00 AM"), Some(0));
        assert_eq!(clock_micros("1:00:01.5 pm"), Some(46_801_500_000));
        assert_eq!(date_micros("2024-02-31"), None);
        assert_eq!(date_micros("20241301"), None);
    }

    #[test]
    fn the_part_above_twelve_is_the_day() {
        let of = |texts: &[&str]| guess(texts.iter().copied());
        let open = |texts: &[&'static str]| ambiguous(texts.iter().copied());
        assert_eq!(of(&["1/2/2024", "1/31/2024"]), Some(TimeFormat::MonthFirst));
        assert_eq!(of(&["1/2/2024", "31/1/2024"]), Some(TimeFormat::DayFirst));
        assert_eq!(of(&["1.2.2024", "3.4.2024"]), Some(TimeFormat::DayFirst));
        assert_eq!(of(&["1/2/2024", "3/4/2024"]), Some(TimeFormat::MonthFirst));
        assert_eq!(open(&["1/2/2024", "3/4/2024"]), Some("1/2/2024"));
        assert_eq!(open(&["1/2/2024", "3/14/2024"]), None);
        assert_eq!(open(&["1.2.2024"]), None);
        assert_eq!(open(&["2024-01-02"]), None);
    }

    #[test]
    fn far_times_are_told_and_do_not_overflow() {
        let (ticks, _) =
            read(|| ["1099511627776", "9223372036854775807", "-1099511627776"].into_iter(), TimeFormat::Seconds);
        assert_eq!(ticks, [Some(1_099_511_627_776_000_000), None, Some(-1_099_511_627_776_000_000)]);
        assert_eq!(iso(1_099_511_627_776_000_000), "1099511627776 seconds since 1970, thousands of years away");
        let (ticks, _) = read(|| ["1511929781000000999", "-1"].into_iter(), TimeFormat::Nanoseconds);
        assert_eq!(ticks, [Some(1_511_929_781_000_000), Some(-1)]);
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
