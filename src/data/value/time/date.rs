//! A moment as people and programs write it, read part by part.
//!
//! What every log of today writes, ISO 8601, is read before this and fast ([`super::iso()`]); the
//! rest is taken apart by what its parts can be: a year has four digits, a month may have a name, a
//! clock has its marks. Where three numbers leave it open which of them is the year, month and day,
//! that is told from the whole column ([`super::order`]).

use jiff::civil::{Date, DateTime, Time};

use super::MICROS_PER_SEC;
use super::clock::{self, ClockTime, TimeStep};
use super::cursor::Cursor;
use super::iso::days_from_civil;
use super::parts::{self, FoundDate};
use super::zone::{self, Zone};

const DAY: i64 = 86_400 * MICROS_PER_SEC;

/// The longest text that is taken for a moment.
const LONGEST: usize = 100;

/// A moment and how finely it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrittenMoment {
    /// Since 1970 in UTC.
    pub(super) micros: i64,
    pub(super) step: TimeStep,
}

/// Which number of a date comes first, where their size does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartOrder {
    Month,
    Day,
    /// A year of two digits, then month and day.
    Year,
}

/// A written moment, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WrittenDate {
    pub(super) date: DateParts,
    pub(super) clock: Option<ClockTime>,
    pub(super) zone: Zone,
}

/// The parts of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateParts {
    /// All is clear.
    Known {
        year: i16,
        month: i8,
        day: i8,
        step: TimeStep,
    },
    /// Three numbers of which the order must be known.
    Open(OpenDate),
}

/// Three numbers in the order of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenDate {
    pub(super) first: i8,
    pub(super) second: i8,
    pub(super) third: i16,
    /// Whether the third one has four digits, and so is a year.
    pub(super) is_year_last: bool,
    /// Whether the first one has two digits, and so may be a year.
    pub(super) may_year_lead: bool,
    /// Mark between them.
    pub(super) mark: char,
}

impl OpenDate {
    /// Year, month and day under an order; `None` where they cannot be.
    fn ordered(&self, order: PartOrder) -> Option<(i16, i8, i8)> {
        let last = if self.is_year_last {
            self.third
        } else {
            century_of(self.third)
        };
        match order {
            PartOrder::Month => Some((last, self.first, self.second)),
            PartOrder::Day => Some((last, self.second, self.first)),
            PartOrder::Year if self.is_year_last || !self.may_year_lead => None,
            PartOrder::Year => Some((
                century_of(i16::from(self.first)),
                self.second,
                i8::try_from(self.third).ok()?,
            )),
        }
    }
}

/// The year that two digits stand for.
fn century_of(year: i16) -> i16 {
    if year < 69 { 2000 + year } else { 1900 + year }
}

impl WrittenDate {
    /// The moment under an order of the parts.
    pub(super) fn moment(&self, order: Option<PartOrder>) -> Option<WrittenMoment> {
        let ((year, month, day), step) = match (&self.date, order) {
            (
                &DateParts::Known {
                    year,
                    month,
                    day,
                    step,
                },
                None,
            ) => ((year, month, day), step),
            (DateParts::Open(open), Some(order)) => (open.ordered(order)?, TimeStep::Day),
            _ => return None,
        };
        let date = Date::new(year, month, day).ok()?;
        let (clock, step) = self
            .clock
            .map_or((0, step), |clock| (clock.micros, clock.step));
        let local = days_since_1970(date).checked_mul(DAY)?.checked_add(clock)?;
        let micros = match &self.zone {
            Zone::Unsaid => local,
            Zone::Offset(east) => local.checked_sub(*east)?,
            Zone::Region(zone) => {
                let time = Time::midnight()
                    .checked_add(jiff::SignedDuration::from_micros(clock.min(DAY - 1)))
                    .ok()?;
                zone.to_timestamp(DateTime::from_parts(date, time))
                    .ok()?
                    .as_microsecond()
            }
        };
        Some(WrittenMoment { micros, step })
    }

    /// Whether a clock is written beside the date.
    pub(super) fn has_clock(&self) -> bool {
        self.clock.is_some_and(|clock| clock.micros != 0)
    }
}

fn days_since_1970(date: Date) -> i64 {
    let (year, month, day) = (
        i64::from(date.year()),
        i64::from(date.month()),
        i64::from(date.day()),
    );
    days_from_civil(year, month, day)
}

/// Takes a text apart; `None` when it is no moment.
pub(super) fn written(text: &str) -> Option<WrittenDate> {
    let text = bare(text);
    if text.len() > LONGEST || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    if let Some(written) = parts::digits_only(text) {
        return Some(written);
    }
    let mut at = Cursor::new(text);
    at.skip_between();
    let mut zone = Zone::Unsaid;
    // `13:30:05 31/01/2024`
    let mut clock = {
        let mut here = at;
        let clock = clock::take(&mut here, &[':']);
        if clock.is_some() {
            zone = zone::take(&mut here).unwrap_or_default();
            here.skip_between();
            at = here;
        }
        clock
    };
    let date = parts::take(&mut at)?;
    if clock.is_none() {
        clock = behind(&mut at)?;
    } else {
        at.skip_between();
    }
    if zone == Zone::Unsaid {
        // Without a clock there is no zone: the dash of `2024-01-31-05` is none.
        zone = if clock.is_some() {
            zone::take(&mut at)?
        } else {
            Zone::Unsaid
        };
    }
    at.skip_between();
    let date = match date {
        FoundDate::Parts(parts) => parts,
        // `Wed Jan 31 13:30:05 UTC 2024`
        FoundDate::NoYear { month, day } => {
            let year = at.digits(4).filter(|year| year.len() == 4)?;
            if zone == Zone::Unsaid {
                zone = zone::take(&mut at)?;
            }
            parts::known(year.value, month, day, TimeStep::Day)?
        }
    };
    at.skip_between();
    at.is_over().then_some(WrittenDate { date, clock, zone })
}

/// A text without blanks, quotes and brackets around it.
pub(super) fn bare(text: &str) -> &str {
    let mut text = text.trim();
    for (open, close) in [
        ('"', '"'),
        ('\'', '\''),
        ('[', ']'),
        ('(', ')'),
        ('<', '>'),
        ('#', '#'),
    ] {
        if let Some(inside) = text
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
        {
            text = inside.trim();
        }
    }
    text
}

/// The clock behind a date; the outer `None` when something else stands there.
#[expect(
    clippy::option_option,
    reason = "a wrong clock is not the same as none"
)]
pub(super) fn behind(at: &mut Cursor<'_>) -> Option<Option<ClockTime>> {
    let mut here = *at;
    here.skip_between();
    // `2024-01-31T13:30`, `31-01-2024:13.30`, `2024-01-31_13-30-05`, `2024-01-31-13.30.05`
    let mark = here.eat_any(&["T", "t", ":", "_", "-", "/"]);
    here.skip_between();
    let before = here;
    if let Some(clock) = clock::take(&mut here, &clock::BEHIND_DATE) {
        *at = here;
        return Some(Some(clock));
    }
    // The hour alone: `2024-01-31 13`, `2024-01-31T13Z`.
    here = before;
    if let Some(hour) = here
        .digits(2)
        .filter(|hour| hour.value < 24 && hour.len() == 2)
        && (here.is_over() || matches!(here.peek(), Some('Z' | '+')))
    {
        *at = here;
        return Some(Some(ClockTime {
            micros: hour.value * 3_600 * MICROS_PER_SEC,
            step: TimeStep::Hour,
        }));
    }
    if mark.is_some() {
        return None;
    }
    at.skip_between();
    Some(None)
}
