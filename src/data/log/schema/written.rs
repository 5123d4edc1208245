//! How the times of the chosen column are written, and what is to be told of them.

use super::time_column::{clock_kind, words};
use super::{Guess, cells, wrong_type};
use crate::log::source::{ColumnType, FileHead};
use crate::log::{FileSpec, Role};
use crate::value::{ClockKind, OrderReason, StepShares, TimeFormat, TimeStep, time};
use seqscope_base::spec::{Problem, Sentence, quotable};

/// Path of the setting.
pub(crate) const TIME_FORMAT: &str = "data.time_format";

/// How the times of a log are read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TimeReading {
    pub(crate) format: TimeFormat,
    /// How the column beside the days writes the time of the day.
    pub(crate) clock: Option<ClockKind>,
}

impl TimeReading {
    /// Copy with day and month the other way round.
    pub(crate) fn swapped(&self) -> Self {
        let format = match self.format {
            TimeFormat::DayFirst => TimeFormat::MonthFirst,
            _ => TimeFormat::DayFirst,
        };
        Self {
            format,
            clock: self.clock,
        }
    }
}

/// Said where a row far down tells that day and month were taken for each other.
pub(crate) fn swapped(timing: &TimeReading) -> Problem {
    let sentence = format!(
        "the first rows do not tell whether their dates have the day or the month first, and later \
         ones do: all are read as {}.",
        timing.format
    );
    Problem::warning(TIME_FORMAT, sentence)
}

/// How the times of a file are read whose roles and format are known.
pub(crate) fn timing(head: &FileHead, file: &FileSpec) -> TimeReading {
    let clock = super::column_of(head, &file.roles, Role::Clock).and_then(|at| {
        clock_kind(
            head.columns.get(at).map_or("", String::as_str),
            cells(head, at),
        )
    });
    TimeReading {
        format: file.time_format.clone().unwrap_or(TimeFormat::Order),
        clock,
    }
}

/// Fills in how times are written; tells what is wrong or doubtful of it.
pub(super) fn time_format(
    head: &FileHead,
    guess: &Guess<'_>,
    file: &mut FileSpec,
    problems: &mut Vec<Problem>,
) {
    let Some(at) = guess.columns[Role::Time as usize] else {
        return;
    };
    let name = quotable(head.columns.get(at).map_or("", String::as_str));
    if let Some(format) = &file.time_format {
        if time::share_readable(cells(head, at), format) < 0.5 {
            problems.push(wrong_type(
                head,
                Role::Time,
                at,
                &format!("times as {format}"),
            ));
        }
    } else {
        let user = guess.columns[Role::User as usize];
        let Some(seen) = look(head, at, user) else {
            problems.push(wrong_type(
                head,
                Role::Time,
                at,
                "times (seconds, milliseconds or dates)",
            ));
            return;
        };
        problems.extend(warning_of_guess(
            head,
            &TimeColumn {
                at,
                user,
                name: &name,
            },
            &seen,
        ));
        if seen.format == TimeFormat::Date
            && let Some((zone, place)) = time::doubtful_zone(cells(head, at))
        {
            let sentence = format!(
                "the zone `{zone}` in the column `{name}` is taken to be that of {place}; write \
                 the distance from UTC in its place, such as +08:00, if it is another."
            );
            problems.push(Problem::warning(TIME_FORMAT, sentence));
        }
        if seen.format == TimeFormat::Clock && runs_through_days(head, at, user) {
            file.roles.time = Some(String::new());
            return;
        }
        file.time_format = Some(seen.format);
    }
    problems.extend(cut_by_floats(head, at, &name));
    if let Some(clock) = guess.columns[Role::Clock as usize]
        && timing(head, file).clock.is_none()
        && file.roles.column(Role::Clock).is_some()
    {
        problems.push(wrong_type(
            head,
            Role::Clock,
            clock,
            "clocks (13:30:05, 1330 or hours)",
        ));
    }
}

/// The time's column.
struct TimeColumn<'a> {
    at: usize,
    user: Option<usize>,
    name: &'a str,
}

/// Looks at the cells, in the light of the name and the users.
fn look(head: &FileHead, at: usize, user: Option<usize>) -> Option<time::TimeGuess> {
    let rows = head.rows.iter().filter_map(|row| {
        let user = user.and_then(|user| row.get(user)).map(String::as_str);
        Some((row.get(at)?.as_str(), user))
    });
    let mut seen = time::look(rows)?;
    // What spans since a beginning are as large as is chance.
    if head.column_type(at) == ColumnType::Duration {
        seen.format = TimeFormat::Order;
    }
    if seen.format == TimeFormat::Order && are_dates_of_a_sheet(head, at) {
        (seen.format, seen.step) = (TimeFormat::SpreadsheetDays, TimeStep::Day);
    }
    Some(seen)
}

/// Whole numbers from 1970 to 2064 in a column that is called a date.
fn are_dates_of_a_sheet(head: &FileHead, at: usize) -> bool {
    let words = words(head.columns.get(at).map_or("", String::as_str));
    let is_date = words
        .iter()
        .any(|word| matches!(word.as_str(), "date" | "datetime" | "日期"));
    let mut filled = cells(head, at).filter(|cell| !cell.is_empty()).peekable();
    is_date
        && filled.peek().is_some()
        && filled.all(|cell| time::whole(cell).is_some_and(|days| (25_569..60_000).contains(&days)))
}

/// Doubt about which of day and month stands first, behind the name of the column; `None` where the
/// dates themselves tell it.
fn order_of_parts(seen: &time::TimeGuess) -> Option<String> {
    let (which, other) = match seen.format {
        TimeFormat::DayFirst => ("day", "MonthFirst"),
        _ => ("month", "DayFirst"),
    };
    let why = match seen.reason {
        OrderReason::Parts => return None,
        OrderReason::Sorted => "the rows are in order of time",
        OrderReason::Close => "they lie within a month",
        OrderReason::Nothing => {
            return Some(format!(
                " are read with the month first, and nothing in the first rows tells; write \
                 DayFirst in `{TIME_FORMAT}` if the day comes first."
            ));
        }
    };
    Some(format!(
        " are read with the {which} first, since only so {why}; write {other} in `{TIME_FORMAT}` if \
         that is not so."
    ))
}

/// Warning about times that were guessed.
fn warning_of_guess(
    head: &FileHead,
    column: &TimeColumn<'_>,
    seen: &time::TimeGuess,
) -> Option<Problem> {
    let (name, at) = (column.name, column.at);
    let mut filled = cells(head, at).filter(|cell| !cell.is_empty());
    let such = filled.next().map_or_else(Sentence::new, |cell| {
        Sentence::from(", such as `").example(cell).words("`,")
    });
    let dates = format!("the dates of the column `{name}`");
    let (before, after) = match (&seen.format, order_of_parts(seen)) {
        (_, Some(order)) => (dates, order),
        (TimeFormat::Clock, _) => (
            format!("the column `{name}` holds a clock without a date"),
            if runs_through_days(head, at, column.user) {
                " and runs through several days: the order of the file is taken; join the date to \
                 it, or name another column in `data.roles.time`."
            } else {
                " so events are ordered within one day only, and those of several days are mixed; \
                 join the date to it, or name another column in `data.roles.time`."
            }
            .to_owned(),
        ),
        (TimeFormat::YearFirst, _) => (
            dates,
            format!(
                " are read with a year of two digits first; write DayFirst or MonthFirst in \
                 `{TIME_FORMAT}` if that is not so."
            ),
        ),
        (
            TimeFormat::SpreadsheetDays
            | TimeFormat::JulianDays
            | TimeFormat::WebkitMicroseconds
            | TimeFormat::FileTime
            | TimeFormat::DotNetTicks,
            _,
        ) => (
            format!("the numbers of the column `{name}`"),
            format!(
                " are read as {}, as their size tells; write Order in `{TIME_FORMAT}` if they only \
                 order the events.",
                seen.format
            ),
        ),
        (TimeFormat::Order, _) if head.column_type(at) == ColumnType::Duration => {
            let sentence = format!(
                "the column `{name}` holds spans of time since a beginning that is not said \
                 (durations): they order the events and are no moments."
            );
            return Some(Problem::warning(TIME_FORMAT, sentence));
        }
        (TimeFormat::Order, _) if are_years(head, at) => (
            format!("the column `{name}` holds years alone"),
            " so the events of one year stay in the order of the file, and are no moments."
                .to_owned(),
        ),
        (_, _) if seen.step == TimeStep::Month => (
            format!("the column `{name}` holds months alone"),
            " so each event is put at the beginning of its month, and the events of one month stay \
             in the order of the file."
                .to_owned(),
        ),
        _ => return None,
    };
    let sentence = Sentence::from(before).aside(such).words(after);
    Some(Problem::warning(TIME_FORMAT, sentence))
}

fn are_years(head: &FileHead, at: usize) -> bool {
    let mut filled = cells(head, at).filter(|cell| !cell.is_empty()).peekable();
    filled.peek().is_some()
        && filled.all(|cell| {
            cell.len() == 4 && time::whole(cell).is_some_and(|year| (1900..=2100).contains(&year))
        })
}

/// Whether clocks go back now and then, and not more often: the rows are in order of time, over
/// several days.
fn runs_through_days(head: &FileHead, at: usize, user: Option<usize>) -> bool {
    // In the file as a whole a day has many rows; within a user it may have a few.
    is_now_and_then(clock_steps(head, at, None), 0.2)
        || is_now_and_then(user.and_then(|user| clock_steps(head, at, Some(user))), 0.3)
}

/// Shares of the steps between clock times that go forward and back.
fn clock_steps(head: &FileHead, at: usize, user: Option<usize>) -> Option<StepShares> {
    let rows = head.rows.iter().filter_map(move |row| {
        let whose = user.map_or(Some(""), |user| row.get(user).map(String::as_str))?;
        Some((whose, ClockKind::Text.micros(row.get(at)?.trim())?))
    });
    time::steps(rows)
}

/// Tells whether some steps go back, but few.
fn is_now_and_then(steps: Option<StepShares>, most: f64) -> bool {
    steps.is_some_and(|steps| steps.back > 0.0 && steps.back < most)
}

/// A warning where times went through 32-bit floats, which keep 24 bits: seconds of today become
/// multiples of 128.
fn cut_by_floats(head: &FileHead, at: usize, name: &str) -> Option<Problem> {
    const FEWEST: usize = 8;
    let numbers: Vec<f64> = cells(head, at)
        .filter_map(|cell| cell.parse().ok())
        .collect();
    let largest = numbers.iter().copied().map(f64::abs).fold(0.0, f64::max);
    if largest < f64::from(1 << 24) || largest > 1e19 {
        return None;
    }
    let step = (largest.log2().floor() - 23.0).exp2();
    let is_typed = head.column_type(at) == ColumnType::Float32;
    let mut distinct: Vec<u64> = numbers.iter().map(|number| number.to_bits()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    // Half of a step where the numbers lie on both sides of a power of two.
    let are_multiples = |of: f64| numbers.iter().all(|number| number % of == 0.0);
    // Whole days are multiples of 128 seconds by nature.
    let is_cut = || {
        distinct.len() >= FEWEST
            && step >= 16.0
            && are_multiples(step / 2.0)
            && !are_multiples(3_600.0)
    };
    if !is_typed && !is_cut() {
        return None;
    }
    let sentence = format!(
        "the times of the column `{name}` are kept as 32-bit floats (float32), which leaves steps \
         of {step}: events within one stay in the order of the file; write the column anew from \
         its source as 64-bit numbers."
    );
    Some(Problem::warning(TIME_FORMAT, sentence))
}
