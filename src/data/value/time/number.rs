//! Times that are numbers: seconds and their parts since some day, days of spreadsheets, and those
//! that programs have cut.

use super::MICROS_PER_SEC;
use crate::value::TimeFormat;
use crate::value::cell::trimmed;

/// Number of days between two beginnings of time, in microseconds.
const fn days(n: i64) -> i64 {
    n * 86_400 * MICROS_PER_SEC
}

/// A number as it was read, in microseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) micros: i64,
    /// Whether its size says that it is in another unit than its column.
    pub(super) is_other_unit: bool,
    /// Whether it is written so short that its last figures are lost: `1.70671E+12`.
    pub(super) is_cut: bool,
}

/// Seconds between 1990 and 2043.
const TODAY: std::ops::Range<f64> = 6.3e8..2.3e9;

/// Units in which times since 1970 are counted: how many of them a second has.
const UNITS: [f64; 4] = [1.0, 1e3, 1e6, 1e9];

/// How many units of a format a second has.
fn per_sec(format: &TimeFormat) -> Option<f64> {
    match format {
        TimeFormat::Seconds => Some(1.0),
        TimeFormat::Milliseconds => Some(1e3),
        TimeFormat::Microseconds => Some(1e6),
        TimeFormat::Nanoseconds => Some(1e9),
        _ => None,
    }
}

/// The format of numbers of this size, if it is one of seconds since 1970 or of their parts.
///
/// Numbers of the size of seconds since 1973 are seconds, a thousand times as much milliseconds; a
/// million and a thousand million times as much are micro- and nanoseconds if they lie between 1990
/// and 2043, as ids are often as large.
pub(super) fn of_size(size: f64) -> Option<TimeFormat> {
    match size {
        size if (1e8..1e11).contains(&size) => Some(TimeFormat::Seconds),
        size if (1e11..1e14).contains(&size) => Some(TimeFormat::Milliseconds),
        size if (6.3e14..2.3e15).contains(&size) => Some(TimeFormat::Microseconds),
        // Ticks of .NET between 1997 and 2043 are as large as nanoseconds of the year 1990.
        size if (6.3e17..6.45e17).contains(&size) => Some(TimeFormat::DotNetTicks),
        size if (6.45e17..2.3e18).contains(&size) => Some(TimeFormat::Nanoseconds),
        _ => None,
    }
}

/// Numbers that mean a moment only where the column's name says so; `has_parts` where most have
/// decimals.
pub(super) fn of_size_by_name(size: f64, has_parts: bool) -> Option<TimeFormat> {
    match size {
        // From 1970 to 2064.
        size if has_parts && (25_569.0..60_000.0).contains(&size) => {
            Some(TimeFormat::SpreadsheetDays)
        }
        size if has_parts && (2_440_587.0..2_480_000.0).contains(&size) => {
            Some(TimeFormat::JulianDays)
        }
        size if (1.23e16..1.395e16).contains(&size) => Some(TimeFormat::WebkitMicroseconds),
        size if (1.23e17..1.395e17).contains(&size) => Some(TimeFormat::FileTime),
        _ => None,
    }
}

/// Reads a number in a format of numbers; `None` where it is none, or too large.
pub(super) fn read(text: &str, format: &TimeFormat) -> Option<Number> {
    let text = trimmed(text);
    if let Ok(whole) = text.parse::<i64>() {
        return of_whole(whole, format);
    }
    let text = unquoted(text);
    if let Ok(whole) = text.parse::<i64>() {
        return of_whole(whole, format);
    }
    let number = decimal(text)?;
    let (micros, is_other_unit) = match format {
        TimeFormat::SpreadsheetDays => micros_of_days(number - 25_569.0),
        TimeFormat::JulianDays => micros_of_days(number - 2_440_587.5),
        format => match per_sec(format) {
            Some(own) => {
                let unit = other_unit(number, own);
                (
                    (number * (1e6 / unit.unwrap_or(own))).floor(),
                    unit.is_some(),
                )
            }
            // What has no decimals by its nature.
            None => (of_whole(number as i64, format)?.micros as f64, false),
        },
    };
    // Beyond 2^63 the conversion would saturate, and unlike times become alike.
    (micros.abs() < 9.2e18).then(|| Number {
        micros: micros as i64,
        is_other_unit,
        is_cut: is_cut(text),
    })
}

/// Each of a day's microseconds needs more digits than a float has.
fn micros_of_days(days: f64) -> (f64, bool) {
    ((days * 86_400_000.0).round() * 1e3, false)
}

fn of_whole(whole: i64, format: &TimeFormat) -> Option<Number> {
    // Nearly all times are these, and a log may have millions.
    match format {
        TimeFormat::Seconds if (3_000_000..100_000_000_000).contains(&whole) => {
            return Some(Number {
                micros: whole * 1_000_000,
                ..Number::default()
            });
        }
        TimeFormat::Milliseconds if (3_000_000_000..100_000_000_000_000).contains(&whole) => {
            return Some(Number {
                micros: whole * 1_000,
                ..Number::default()
            });
        }
        _ => {}
    }
    let micros = match format {
        TimeFormat::SpreadsheetDays => whole.checked_sub(25_569)?.checked_mul(days(1))?,
        TimeFormat::JulianDays => whole
            .checked_sub(2_440_587)?
            .checked_mul(days(1))?
            .checked_sub(days(1) / 2)?,
        // Since 1601, 134,774 days before 1970.
        TimeFormat::WebkitMicroseconds => whole.checked_sub(days(134_774))?,
        TimeFormat::FileTime => whole.div_euclid(10).checked_sub(days(134_774))?,
        // Since the year 1, 719,162 days before 1970.
        TimeFormat::DotNetTicks => whole.div_euclid(10).checked_sub(days(719_162))?,
        format => {
            let own = per_sec(format)?;
            let other = other_unit(whole as f64, own);
            let unit = other.unwrap_or(own);
            let micros = if unit > 1e6 {
                whole.div_euclid((unit / 1e6) as i64)
            } else {
                whole.checked_mul((1e6 / unit) as i64)?
            };
            return Some(Number {
                micros,
                is_other_unit: other.is_some(),
                is_cut: false,
            });
        }
    };
    Some(Number {
        micros,
        ..Number::default()
    })
}

/// The unit that a number must be in where in its column's own it lies far from today, and in this
/// one between 1990 and 2043: seconds and milliseconds of two exports that were joined.
fn other_unit(number: f64, own: f64) -> Option<f64> {
    let secs = number / own;
    // What is within some hundreds of years is taken as it is.
    if (3e6..1e11).contains(&secs) || secs <= 0.0 || (number < 6.3e8) {
        return None;
    }
    UNITS
        .into_iter()
        .find(|unit| TODAY.contains(&(number / unit)))
}

/// A number in millionths, whatever it counts; `None` where it is none, or too large.
pub(super) fn in_millionths(text: &str) -> Option<i64> {
    let text = unquoted(text.trim());
    if let Ok(whole) = text.parse::<i64>() {
        return whole.checked_mul(1_000_000);
    }
    let millionths = decimal(text)? * 1e6;
    // Beyond 2^63 the conversion would saturate, and unlike times become alike.
    (millionths.abs() < 9.2e18).then(|| millionths.floor() as i64)
}

/// Whether a cell is a number of any kind.
pub(super) fn is_number(text: &str) -> bool {
    decimal(unquoted(text.trim())).is_some()
}

/// A cell without quotes around it.
pub(super) fn unquoted(text: &str) -> &str {
    text.trim_matches(['\'', '"', '`', '’', '‘', '“', '”'])
        .trim()
}

/// A finite number, also with a decimal comma or with thousands divided by commas.
pub(super) fn decimal(text: &str) -> Option<f64> {
    if !text
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.'))
    {
        return None;
    }
    finite(text).or_else(|| match text.matches(',').count() {
        1 if !text.contains('.') => finite(&text.replace(',', ".")),
        2.. if text.split(',').skip(1).all(|group| {
            group
                .split('.')
                .next()
                .is_some_and(|whole| whole.len() == 3)
        }) =>
        {
            finite(&text.replace(',', ""))
        }
        _ => None,
    })
}

fn finite(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Whether a number in scientific notation has fewer figures than it is long: its last ones are
/// lost.
fn is_cut(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let n_places = mantissa
        .split_once(['.', ','])
        .map_or(0, |(_, places)| places.len());
    exponent
        .parse::<i64>()
        .is_ok_and(|exponent| exponent > n_places as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str, format: &TimeFormat) -> Option<i64> {
        read(text, format).map(|number| number.micros)
    }

    #[test]
    fn one_moment_is_read_from_every_count() {
        // 2024-01-31 12:00:00 UTC.
        let expected = Some(1_706_702_400_000_000);
        for (text, format) in [
            ("1706702400", TimeFormat::Seconds),
            ("'1706702400'", TimeFormat::Seconds),
            ("1706702400.0", TimeFormat::Seconds),
            ("1706702400,0", TimeFormat::Seconds),
            ("1,706,702,400", TimeFormat::Seconds),
            ("1.7067024e9", TimeFormat::Seconds),
            ("1706702400000", TimeFormat::Milliseconds),
            ("1706702400000000", TimeFormat::Microseconds),
            ("1706702400000000000", TimeFormat::Nanoseconds),
            ("45322.5", TimeFormat::SpreadsheetDays),
            ("45322,5", TimeFormat::SpreadsheetDays),
            ("2460341.0", TimeFormat::JulianDays),
            ("2460341", TimeFormat::JulianDays),
            ("13351176000000000", TimeFormat::WebkitMicroseconds),
            ("133511760000000000", TimeFormat::FileTime),
            ("638422992000000000", TimeFormat::DotNetTicks),
        ] {
            assert_eq!(micros(text, &format), expected, "{text} as {format}");
        }
        // The eight places that a spreadsheet writes are a thousandth of a second.
        assert_eq!(
            micros("45322.56255787", &TimeFormat::SpreadsheetDays),
            Some(1_706_707_805_000_000)
        );
        for text in [
            "",
            "x",
            "1,2,3",
            "inf",
            "nan",
            "--1",
            "1 2",
            "9223372036854775807",
        ] {
            assert_eq!(micros(text, &TimeFormat::Seconds), None, "{text}");
        }
    }

    #[test]
    fn a_number_of_another_unit_is_told_by_its_size() {
        for (text, format) in [
            ("1706702400000", TimeFormat::Seconds),
            ("1706702400000000", TimeFormat::Seconds),
            ("1706702400", TimeFormat::Milliseconds),
            ("1706702400.0", TimeFormat::Milliseconds),
            ("1706702400000000000", TimeFormat::Milliseconds),
            ("1706702400000", TimeFormat::Microseconds),
        ] {
            let number = read(text, &format).unwrap();
            assert_eq!(
                (number.micros, number.is_other_unit),
                (1_706_702_400_000_000, true),
                "{text}"
            );
        }
        // Before 1970, far ahead, or small: as its column says.
        for text in [
            "-185452195",
            "0",
            "5",
            "99999999999",
            "253402300799",
            "3000000",
        ] {
            assert!(
                !read(text, &TimeFormat::Seconds).unwrap().is_other_unit,
                "{text}"
            );
        }
    }

    #[test]
    fn cut_numbers_are_told_from_short_ones() {
        let cut = |text: &str| read(text, &TimeFormat::Milliseconds).unwrap().is_cut;
        assert!(cut("1.70671E+12") && cut("1,70671E+12") && cut("1.706707e12") && cut("2E+12"));
        assert!(!cut("1.706707805123e12") && !cut("1706707805123.5"));
    }
}
