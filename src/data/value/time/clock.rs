//! Clocks: `13:30:05.25`, `1:30 PM`, `13.30`, `13h30`, `下午1:30`, and numbers that are one.

use super::MICROS_PER_SEC;
use super::cursor::Cursor;
use super::words;

const HOUR: i64 = 3_600 * MICROS_PER_SEC;
const MINUTE: i64 = 60 * MICROS_PER_SEC;

/// How finely moments are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TimeStep {
    /// Parts of a second.
    Fraction,
    Second,
    Minute,
    Hour,
    Day,
    Month,
}

/// A clock as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClockTime {
    /// Since midnight.
    pub(super) micros: i64,
    pub(super) step: TimeStep,
}

/// Halves of the day that stand before a clock.
const HALVES: [&str; 9] = [
    "上午", "下午", "午前", "午後", "오전", "오후", "凌晨", "早上", "晚上",
];

/// Takes a clock, with the half of the day before or behind it; between its numbers stands one of
/// `marks`.
pub(super) fn take(at: &mut Cursor<'_>, marks: &[char]) -> Option<ClockTime> {
    let mut here = *at;
    let mut half = here.eat_any(&HALVES).and_then(words::half_of_day);
    if half.is_some() {
        here.skip_blanks();
    }
    let hour = here.digits(2)?.value;
    let mark = clock_mark(&mut here, marks);
    let (mut step, mut micros) = (TimeStep::Hour, 0);
    if let Some(mark) = mark {
        match here.digits(2) {
            // `1.2.3` is no clock.
            Some(minute)
                if minute.value < 60 && (minute.len() == 2 || mark == Mark::Between(':')) =>
            {
                (step, micros) = (TimeStep::Minute, minute.value * MINUTE);
            }
            // `13h`, `13时`
            None if !matches!(mark, Mark::Between(_)) => {}
            _ => return None,
        }
        if step == TimeStep::Minute && (eat_again(&mut here, mark)) {
            let second = here.digits(2)?.value;
            if second > 60 {
                return None;
            }
            (step, micros) = (TimeStep::Second, micros + second * MICROS_PER_SEC);
            if let Some(fraction) = fraction(&mut here) {
                (step, micros) = (TimeStep::Fraction, micros + fraction);
            }
            here.eat_any(&["秒", "초", "s"]);
        }
    }
    half = half.or_else(|| half_behind(&mut here));
    // A number alone is no clock.
    if mark.is_none() && half.is_none() {
        return None;
    }
    let hour = match half {
        // Some write `13:30 PM`: the clock of 24 hours and the half of the day beside it.
        Some(12) if (12..24).contains(&hour) => hour,
        Some(0) if hour == 0 => 0,
        Some(hours) if (1..=12).contains(&hour) => hour % 12 + hours,
        None if hour < 24 || (hour == 24 && micros == 0) => hour,
        _ => return None,
    };
    *at = here;
    Some(ClockTime {
        micros: hour * HOUR + micros,
        step,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// A mark between two numbers.
    Between(char),
    /// A word behind the hour.
    Hours,
}

/// Marks that may stand between the numbers of a clock that stands alone, and of one behind a date.
const ALONE: [char; 3] = [':', '.', '：'];
pub(super) const BEHIND_DATE: [char; 4] = [':', '.', '：', '-'];

fn clock_mark(here: &mut Cursor<'_>, marks: &[char]) -> Option<Mark> {
    if here
        .eat_any(&["时", "時", "点", "點", "시", "h", "H"])
        .is_some()
    {
        here.skip_blanks();
        return Some(Mark::Hours);
    }
    let mark = here.peek().filter(|mark| marks.contains(mark))?;
    let mut after = *here;
    (after.eat(mark) && after.peek().is_some_and(|c| c.is_ascii_digit())).then(|| {
        *here = after;
        Mark::Between(mark)
    })
}

fn eat_again(here: &mut Cursor<'_>, mark: Mark) -> bool {
    match mark {
        Mark::Between(mark) => {
            let mut after = *here;
            let is_next = after.eat(mark) && after.peek().is_some_and(|c| c.is_ascii_digit());
            if is_next {
                *here = after;
            }
            is_next
        }
        Mark::Hours => {
            let is_marked = here.eat_any(&["分", "분", "m", "min", ":"]).is_some();
            here.skip_blanks();
            is_marked && here.peek().is_some_and(|c| c.is_ascii_digit())
        }
    }
}

/// A part of a second, to the millionth; SQL Server writes `13:30:05:123`.
fn fraction(here: &mut Cursor<'_>) -> Option<i64> {
    let mut after = *here;
    let mark = after.eat_any(&[".", ",", ":"])?;
    let text = after.digits(18)?.text;
    if mark == ":" && text.len() != 3 {
        return None;
    }
    *here = after;
    Some(millionths(text))
}

/// The digits behind a point, cut after the sixth.
pub(super) fn millionths(digits: &str) -> i64 {
    let places = (0..6).map(|at| {
        digits
            .as_bytes()
            .get(at)
            .map_or(0, |digit| i64::from(digit.wrapping_sub(b'0')))
    });
    places.fold(0, |sum, digit| 10 * sum + digit)
}

/// `PM`, `p.m.`, `下午` behind a clock.
fn half_behind(here: &mut Cursor<'_>) -> Option<i64> {
    let mut after = *here;
    after.skip_blanks();
    let word = after.word()?;
    let mut hours = words::half_of_day(word);
    if hours.is_some() && word.len() == 1 && after.eat('.') {
        // `p.m.`, `p. m.`
        after.skip_blanks();
        if !after.word().is_some_and(|m| m.eq_ignore_ascii_case("m")) {
            hours = None;
        }
    }
    after.eat('.');
    if hours.is_some() {
        *here = after;
    }
    hours
}

/// A text that is a clock and nothing else.
pub(super) fn alone(text: &str) -> Option<ClockTime> {
    // `13.30` is a number as well, and more often one.
    if text.parse::<f64>().is_ok() {
        return None;
    }
    let mut at = Cursor::new(text);
    at.skip_blanks();
    let clock = take(&mut at, &ALONE)?;
    at.skip_between();
    at.is_over().then_some(clock)
}

/// How a column that stands beside the days writes the time of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockKind {
    /// `13:30:05`
    Text,
    /// 1330 is half past one, 5 is five past midnight.
    Hhmm,
    /// 133005
    Hhmmss,
    /// Hours from 0 to 23 alone.
    Hour,
}

impl ClockKind {
    /// Microseconds since midnight.
    pub(crate) fn micros(self, text: &str) -> Option<i64> {
        if self == Self::Text {
            return alone(text).map(|clock| clock.micros);
        }
        let number = whole(text)?;
        let (hour, minute, second) = match self {
            Self::Hour => (number, 0, 0),
            Self::Hhmm => (number / 100, number % 100, 0),
            Self::Hhmmss => (number / 10_000, number / 100 % 100, number % 100),
            Self::Text => return None,
        };
        let is_clock = hour < 24 && minute < 60 && second < 60;
        is_clock.then(|| hour * HOUR + minute * MINUTE + second * MICROS_PER_SEC)
    }
}

/// A whole number of at least 0; `1330.0` is one.
pub(crate) fn whole(text: &str) -> Option<i64> {
    let text = text.strip_suffix(".0").unwrap_or(text);
    text.parse::<i64>().ok().filter(|number| *number >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_clock_is_read_however_it_is_written() {
        // Half past one and five seconds in the afternoon.
        for text in [
            "13:30:05",
            "1:30:05 PM",
            "01:30:05pm",
            "1:30:05 p.m.",
            "1:30:05 p. m.",
            "1:30:05\u{202f}PM",
            "13.30.05",
            "下午1:30:05",
            "13h30m05s",
            "13时30分05秒",
            "13:30:05 PM",
            "1:30:05P",
            "13:30:05 Uhr",
            "오후 1:30:05",
        ] {
            assert_eq!(
                alone(text).map(|clock| clock.micros),
                Some(48_605 * MICROS_PER_SEC),
                "{text}"
            );
        }
        for (text, micros) in [
            ("12:00 AM", 0),
            ("12 PM", 12 * HOUR),
            ("1:00:01.5 pm", 46_801_500_000),
            ("1:00:01,25", 3_601_250_000),
            ("13:30:05:123", 48_605_123_000),
            ("24:00", 24 * HOUR),
            ("9h", 9 * HOUR),
        ] {
            assert_eq!(
                alone(text).map(|clock| clock.micros),
                Some(micros),
                "{text}"
            );
        }
        for text in [
            "",
            "13",
            "25:00",
            "13:60",
            "13:30:61",
            "13 AM",
            "0:30 PM x",
            "13:",
            "1:2:3:4:5",
            "1330",
            "24:01",
        ] {
            assert_eq!(alone(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_clocks_of_their_kind() {
        let read = |kind: ClockKind, text| kind.micros(text).map(|micros| micros / MICROS_PER_SEC);
        assert_eq!(read(ClockKind::Hhmm, "1330"), Some(48_600));
        assert_eq!(read(ClockKind::Hhmm, "5"), Some(300));
        assert_eq!(read(ClockKind::Hhmm, "1360"), None);
        assert_eq!(read(ClockKind::Hhmmss, "93005"), Some(9 * 3_600 + 1_805));
        assert_eq!(read(ClockKind::Hour, "23"), Some(82_800));
        assert_eq!(read(ClockKind::Hour, "13.0"), Some(46_800));
        assert_eq!(read(ClockKind::Hour, "24"), None);
    }
}
