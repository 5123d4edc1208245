//! The date within a text: which of its numbers and names is the year, the month and the day.

use jiff::civil::{Date, ISOWeekDate};

use super::MICROS_PER_SEC;
use super::clock::{self, ClockTime, TimeStep};
use super::cursor::{Cursor, Digits};
use super::date::{self, DateParts, OpenDate, WrittenDate};
use super::words;
use super::zone::{self, Zone};

/// A date, of which the year may stand at the end of the text.
pub(super) enum FoundDate {
    Parts(DateParts),
    NoYear { month: i8, day: i8 },
}

pub(super) fn known(year: i64, month: i8, day: i8, step: TimeStep) -> Option<DateParts> {
    Some(DateParts::Known {
        year: i16::try_from(year).ok()?,
        month,
        day,
        step,
    })
}

fn small(digits: Digits<'_>) -> Option<i8> {
    i8::try_from(digits.value).ok()
}

/// Takes a date.
pub(super) fn take(at: &mut Cursor<'_>) -> Option<FoundDate> {
    if let Some(month) = at.word_that(words::month) {
        return named_first(at, month);
    }
    let first = at.digits(4)?;
    match first.len() {
        4 => year_first(at, first.value).map(FoundDate::Parts),
        1 | 2 => number_first(at, first),
        _ => None,
    }
}

/// Marks and blanks between the parts of a date; a dot may be followed by a blank
/// (`31. Januar 2024`).
fn skip_mark(at: &mut Cursor<'_>) {
    at.skip_blanks();
    at.eat_any(&["-", "/", ".", ","]);
    at.skip_between();
}

/// `January 31, 2024`, `Jan-31-2024`, `January 2024`, `Jan 31 13:30:05 2024`
fn named_first(at: &mut Cursor<'_>, month: i8) -> Option<FoundDate> {
    skip_mark(at);
    let is_short_year = at.eat_any(&["'", "’"]).is_some();
    let number = at.digits(4)?;
    if number.len() == 4 {
        return known(number.value, month, 1, TimeStep::Month).map(FoundDate::Parts);
    }
    if is_short_year {
        return known(century(number)?, month, 1, TimeStep::Month).map(FoundDate::Parts);
    }
    let day = small(number)?;
    ordinal(at);
    let before = *at;
    let mark = {
        let mut here = before;
        here.skip_blanks();
        here.eat_any(&["-", "/", ",", "'"]).is_some()
    };
    skip_mark(at);
    at.eat_any(&["'", "’"]);
    let mut here = *at;
    match here
        .digits(4)
        .filter(|digits| digits.len() == 4 || (digits.len() == 2 && mark))
        .filter(|_| !starts_clock(*at))
    {
        Some(year) => {
            *at = here;
            known(century(year)?, month, day, TimeStep::Day).map(FoundDate::Parts)
        }
        None => {
            *at = before;
            Some(FoundDate::NoYear { month, day })
        }
    }
}

/// Whether a clock is next, so that its hour is no year of two digits.
fn starts_clock(at: Cursor<'_>) -> bool {
    let mut here = at;
    here.digits(2).is_some() && here.peek() == Some(':')
}

/// A year of two or four digits.
fn century(year: Digits<'_>) -> Option<i64> {
    match (year.len(), year.value) {
        (4, year) => Some(year),
        (2, year) if year < 69 => Some(2000 + year),
        (2, year) => Some(1900 + year),
        _ => None,
    }
}

/// `31st`, `31.`, `31º`
fn ordinal(at: &mut Cursor<'_>) {
    let mut here = *at;
    if here.word_that(ordinal_ending).is_some() || here.eat('º') {
        *at = here;
    }
}

/// Knows the ending of an ordinal number.
fn ordinal_ending(word: &str) -> Option<()> {
    matches!(word, "st" | "nd" | "rd" | "th" | "er" | "º" | "ª").then_some(())
}

/// `2024-01-31`, `2024/1/31`, `2024 Jan 31`, `2024年1月31日`, `2024-01`, `2024-W05-3`
fn year_first(at: &mut Cursor<'_>, year: i64) -> Option<DateParts> {
    if at.eat_any(&["年", "년"]).is_some() {
        at.skip_blanks();
        let month = small(at.digits(2)?)?;
        at.eat_any(&["月", "월"])?;
        at.skip_blanks();
        let mut here = *at;
        let Some(day) = here.digits(2) else {
            return known(year, month, 1, TimeStep::Month);
        };
        here.eat_any(&["日", "일"]);
        *at = here;
        return known(year, month, small(day)?, TimeStep::Day);
    }
    let mark = at
        .peek()
        .filter(|mark| matches!(mark, '-' | '/' | '.' | ' '));
    skip_mark(at);
    if at.eat('W') {
        let week = small(at.digits(2)?)?;
        let mut here = *at;
        let day = (here.eat('-')).then(|| here.digits(1)).flatten();
        if day.is_some() {
            *at = here;
        }
        let weekday =
            jiff::civil::Weekday::from_monday_one_offset(day.map_or(Some(1), small)?).ok()?;
        let date = ISOWeekDate::new(i16::try_from(year).ok()?, week, weekday)
            .ok()?
            .date();
        return known(
            i64::from(date.year()),
            date.month(),
            date.day(),
            if day.is_some() {
                TimeStep::Day
            } else {
                TimeStep::Month
            },
        );
    }
    let named = at.word_that(words::month);
    let month = match named {
        Some(month) => month,
        None => {
            mark?;
            small(at.digits(2)?)?
        }
    };
    let mut here = *at;
    let same = match mark {
        Some(mark @ ('-' | '/' | '.')) => here.eat(mark) || (here.skip_blanks() && named.is_some()),
        _ => here.skip_blanks() || here.eat_any(&["-", "/", ","]).is_some(),
    };
    here.skip_blanks();
    match here.digits(2).filter(|_| same || named.is_some()) {
        Some(day) if !starts_clock(*at) => {
            *at = here;
            ordinal(at);
            known(year, month, small(day)?, TimeStep::Day)
        }
        // `2024.05` and `2024 05` may be other numbers.
        _ if named.is_some() || matches!(mark, Some('-' | '/')) => {
            known(year, month, 1, TimeStep::Month)
        }
        _ => None,
    }
}

/// `31 January 2024`, `31-Jan-24`, `31JAN2024`, `31/1/2024`, `24-01-31`, `01/2024`
fn number_first(at: &mut Cursor<'_>, first: Digits<'_>) -> Option<FoundDate> {
    if at.eat_any(&["年", "년"]).is_some() {
        let mut here = Cursor::new(at.rest());
        here.skip_blanks();
        let month = small(here.digits(2)?)?;
        here.eat_any(&["月", "월"])?;
        here.skip_blanks();
        let day = small(here.digits(2)?)?;
        here.eat_any(&["日", "일"]);
        *at = here;
        return known(century(first)?, month, day, TimeStep::Day).map(FoundDate::Parts);
    }
    let number = small(first)?;
    ordinal(at);
    let mark = at
        .peek()
        .filter(|mark| matches!(mark, '-' | '/' | '.' | ' '));
    skip_mark(at);
    if let Some(month) = at.word_that(words::month) {
        return day_and_name(at, number, month);
    }
    let mark = mark?;
    let second = at.digits(4)?;
    if second.len() == 4 {
        // `01/2024`; `1.2024` is a number.
        let is_month = matches!(mark, '/' | '-') && (1..=12).contains(&number);
        return is_month
            .then(|| known(second.value, number, 1, TimeStep::Month))
            .flatten()
            .map(FoundDate::Parts);
    }
    let mut here = *at;
    if !here.eat(mark) {
        return None;
    }
    here.skip_blanks();
    let third = here
        .digits(4)
        .filter(|third| matches!(third.len(), 2 | 4))?;
    let is_year_last = third.len() == 4;
    // `24-01-31`, never `24 01 31` nor `1.2.24 `: too little for a date.
    if !is_year_last && (mark == ' ' || (first.len() == 1 && mark == '.' && second.len() == 1)) {
        return None;
    }
    *at = here;
    let open = OpenDate {
        first: number,
        second: small(second)?,
        third: i16::try_from(third.value).ok()?,
        is_year_last,
        may_year_lead: first.len() == 2 && !is_year_last,
        mark,
    };
    Some(FoundDate::Parts(DateParts::Open(open)))
}

/// Reads what stands behind `31 January`: the year, or the clock and then the year.
fn day_and_name(at: &mut Cursor<'_>, day: i8, month: i8) -> Option<FoundDate> {
    let before = *at;
    skip_mark(at);
    at.eat_any(&["'", "’"]);
    let mut here = *at;
    match here
        .digits(4)
        .filter(|year| matches!(year.len(), 2 | 4))
        .filter(|_| !starts_clock(*at))
    {
        Some(year) => {
            *at = here;
            known(century(year)?, month, day, TimeStep::Day).map(FoundDate::Parts)
        }
        None => {
            *at = before;
            Some(FoundDate::NoYear { month, day })
        }
    }
}

/// `YYYYMMDD`, with a clock of four or six digits behind it or not.
pub(super) fn digits_only(text: &str) -> Option<WrittenDate> {
    let mut at = Cursor::new(text);
    let digits = at.digits(18)?;
    if !matches!(digits.len(), 8 | 12 | 14 | 17) {
        return None;
    }
    // Other years are numbers of another kind.
    let year = whole_number(digits.text, 0..4).filter(|year| (1900..=2100).contains(year))?;
    let (month, day) = (
        i8::try_from(whole_number(digits.text, 4..6)?).ok()?,
        i8::try_from(whole_number(digits.text, 6..8)?).ok()?,
    );
    Date::new(year as i16, month, day).ok()?;
    let mut written = WrittenDate {
        date: known(year, month, day, TimeStep::Day)?,
        clock: None,
        zone: Zone::Unsaid,
    };
    if digits.len() > 8 {
        written.clock = Some(clock_of_digits(digits.text.get(8..)?)?);
    } else if !at.is_over() {
        // `20240131T133005Z`, `20240131-133005`
        let mut here = at;
        let is_clock = here.eat_any(&["T", "t", "-", "_", " "]).is_some();
        match here
            .digits(6)
            .filter(|digits| is_clock && matches!(digits.len(), 4 | 6))
        {
            Some(digits) => {
                written.clock = Some(clock_of_digits(digits.text)?);
                at = here;
            }
            None => written.clock = date::behind(&mut at)?,
        }
    }
    if let Some(clock) = &mut written.clock
        && clock.step >= TimeStep::Second
        && at.eat_any(&[".", ","]).is_some()
    {
        clock.micros += clock::millionths(at.digits(18)?.text);
        clock.step = TimeStep::Fraction;
    }
    written.zone = if written.clock.is_some() {
        zone::take(&mut at)?
    } else {
        Zone::Unsaid
    };
    at.is_over().then_some(written)
}

/// `HHMM` or `HHMMSS`, with the digits of a fraction behind it or not.
fn clock_of_digits(digits: &str) -> Option<ClockTime> {
    let (hour, minute) = (whole_number(digits, 0..2)?, whole_number(digits, 2..4)?);
    let (second, step) = if digits.len() >= 6 {
        (whole_number(digits, 4..6)?, TimeStep::Second)
    } else {
        (0, TimeStep::Minute)
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = digits.get(6..).filter(|digits| !digits.is_empty());
    let step = if fraction.is_some() {
        TimeStep::Fraction
    } else {
        step
    };
    let secs = hour * 3_600 + minute * 60 + second;
    Some(ClockTime {
        micros: secs * MICROS_PER_SEC + fraction.map_or(0, clock::millionths),
        step,
    })
}

/// The number that some of the digits write.
fn whole_number(digits: &str, range: std::ops::Range<usize>) -> Option<i64> {
    digits.get(range)?.parse().ok()
}
