//! ISO 8601 at full speed: what nearly every log of dates writes.

use super::MICROS_PER_SEC;
use super::clock::{self, TimeStep};
use super::date::WrittenMoment;

const DAY: i64 = 86_400 * MICROS_PER_SEC;

/// `2024-01-31T13:30:05.123+01:00` and its kin at full speed; `None` for all that must be looked at
/// with more care, wrong ones among it.
pub(super) fn read(text: &str) -> Option<WrittenMoment> {
    let bytes = text.as_bytes();
    let (year, month, day) = (
        two_digits(bytes, 0)? * 100 + two_digits(bytes, 2)?,
        two_digits(bytes, 5)?,
        two_digits(bytes, 8)?,
    );
    let is_date = bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
    if !is_date
        || year == 0
        || !(1..=12).contains(&month)
        || day < 1
        || day > days_in_month(year, month)
    {
        return None;
    }
    let midnight = days_from_civil(year, month, day) * DAY;
    if bytes.len() == 10 {
        return Some(WrittenMoment {
            micros: midnight,
            step: TimeStep::Day,
        });
    }
    if !matches!(bytes.get(10), Some(b' ' | b'T')) || bytes.get(13) != Some(&b':') {
        return None;
    }
    let (hour, minute) = (two_digits(bytes, 11)?, two_digits(bytes, 14)?);
    let (mut at, mut second, mut micros, mut step) = (16, 0, 0, TimeStep::Minute);
    if bytes.get(16) == Some(&b':') {
        (second, at, step) = (two_digits(bytes, 17)?, 19, TimeStep::Second);
        if matches!(bytes.get(19), Some(b'.' | b',')) {
            let digits = bytes
                .get(20..)?
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count();
            micros = clock::millionths(
                text.get(20..20 + digits)
                    .filter(|digits| !digits.is_empty())?,
            );
            (at, step) = (20 + digits, TimeStep::Fraction);
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let east = match bytes.get(at..)? {
        [] | b"Z" | b" UTC" => 0,
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let minutes = match rest.len() {
                2 => two_digits(bytes, at + 1)? * 60,
                4 => two_digits(bytes, at + 1)? * 60 + two_digits(bytes, at + 3)?,
                5 if rest.get(2) == Some(&b':') => {
                    two_digits(bytes, at + 1)? * 60 + two_digits(bytes, at + 4)?
                }
                _ => return None,
            };
            if minutes > 14 * 60 {
                return None;
            }
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let secs = hour * 3_600 + minute * 60 + second - east * 60;
    Some(WrittenMoment {
        micros: midnight + secs * MICROS_PER_SEC + micros,
        step,
    })
}

fn two_digits(bytes: &[u8], at: usize) -> Option<i64> {
    match bytes.get(at..at + 2) {
        Some(&[tens @ b'0'..=b'9', ones @ b'0'..=b'9']) => {
            Some(i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
        }
        _ => None,
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
///
/// # Source
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
pub(super) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}
