//! Times as logs write them: seconds and their parts, dates, clocks, or numbers that only order.

mod clock;
mod cursor;
mod date;
mod day;
mod format;
mod iso;
mod number;
mod order;
mod parts;
mod pattern;
mod words;
mod zone;

use jiff::Timestamp;

pub use day::day_text;
pub use format::TimeFormat;

pub(crate) use clock::{ClockKind, TimeStep, whole};
pub(crate) use day::{SECS_PER_DAY, date_of_day, day_of_date, day_of_secs};
pub(crate) use order::{OrderReason, StepShares, steps};
pub(crate) use pattern::refused as refused_pattern;

use self::date::{DateParts, PartOrder, WrittenDate, WrittenMoment};
use super::cell::trimmed;

/// Ticks in a second for every format that knows seconds: finer than any log, so that two events
/// of one second keep their order and are no duplicates of each other.
pub(crate) const MICROS_PER_SEC: i64 = 1_000_000;

/// Result of looking at the cells of a column as times.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TimeGuess {
    pub(crate) format: TimeFormat,
    /// How finely most cells are written; of numbers that only order, a second.
    pub(crate) step: TimeStep,
    /// Reason for the order of day and month, where dates leave it open.
    pub(crate) reason: OrderReason,
    /// Whether the column may be ids or codes as well: only a name makes a time of it.
    pub(crate) needs_name: bool,
}

/// How times are written, told from examples (empty ones are passed over); `None` when they are no
/// times.
pub(crate) fn guess<'a>(examples: impl Iterator<Item = &'a str>) -> Option<TimeFormat> {
    look(examples.map(|text| (text, None))).map(|look| look.format)
}

/// Guesses the format, with all that was seen; each example may come with its user.
///
/// Whole dates of eight digits are dates; numbers of the size of seconds since 1970, or of their
/// parts, are those; all other numbers only order.
pub(crate) fn look<'a>(
    examples: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Option<TimeGuess> {
    let examples: Vec<(&str, Option<&str>)> = examples
        .map(|(text, user)| (text.trim(), user))
        .filter(|(text, _)| !text.is_empty())
        .collect();
    // Half is enough to know the format; the rows that do not follow it are refused one by one.
    let is_most = |n: usize| 2 * n > examples.len();
    let texts = examples.iter().map(|(text, _)| *text);
    let mut numbers: Vec<f64> = texts
        .clone()
        .filter_map(|text| number::decimal(number::unquoted(text)))
        .collect();
    let moments: Vec<WrittenMoment> = texts.clone().filter_map(moment).collect();
    if is_most(moments.len()) && moments.len() + 1 >= numbers.len() {
        let step = usual(moments.iter().map(|moment| moment.step));
        return Some(TimeGuess {
            format: TimeFormat::Date,
            step,
            reason: OrderReason::Parts,
            needs_name: step == TimeStep::Month,
        });
    }
    if is_most(numbers.len()) {
        return Some(of_numbers(&mut numbers));
    }
    let written: Vec<(WrittenDate, Option<&str>)> = examples
        .iter()
        .filter_map(|&(text, user)| Some((date::written(text)?, user)))
        .filter(|(written, _)| matches!(written.date, DateParts::Open(_)))
        .collect();
    if is_most(written.len()) {
        return of_open_dates(&written, examples.len());
    }
    let clocks: Vec<TimeStep> = texts
        .filter_map(|text| Some(clock::alone(text)?.step))
        .collect();
    is_most(clocks.len()).then(|| TimeGuess {
        format: TimeFormat::Clock,
        step: usual(clocks.into_iter()),
        reason: OrderReason::Parts,
        needs_name: true,
    })
}

/// Reads the order of day and month from dates that leave it open, each with its user.
fn of_open_dates(written: &[(WrittenDate, Option<&str>)], n_examples: usize) -> Option<TimeGuess> {
    let rows: Vec<order::DatedRow<'_>> = written
        .iter()
        .map(|(written, user)| order::DatedRow {
            written,
            user: *user,
        })
        .collect();
    let (format, reason) = order::of_rows(&rows)?;
    let order = part_order(&format);
    let step = usual(
        written
            .iter()
            .filter_map(|(written, _)| Some(written.moment(order)?.step)),
    );
    let n_short = written
        .iter()
        .filter(|(written, _)| is_short(written))
        .count();
    Some(TimeGuess {
        format,
        step,
        reason,
        needs_name: 2 * n_short > n_examples,
    })
}

/// Whether a date may be something else: `10.12.20` a version, `24-01-31` a code.
fn is_short(written: &WrittenDate) -> bool {
    matches!(written.date, DateParts::Open(open) if !open.is_year_last && open.mark != '/')
        && !written.has_clock()
}

/// Reads the kind of numbers from the size of the middle one.
fn of_numbers(numbers: &mut [f64]) -> TimeGuess {
    let has_parts = 2 * numbers
        .iter()
        .filter(|number| number.fract() != 0.0)
        .count()
        > numbers.len();
    numbers.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let size = numbers
        .get(numbers.len() / 2)
        .copied()
        .unwrap_or_default()
        .abs();
    let since_1970 = number::of_size(size);
    let needs_name = since_1970.is_none();
    let format = since_1970
        .or_else(|| number::of_size_by_name(size, has_parts))
        .unwrap_or(TimeFormat::Order);
    let step = match format {
        TimeFormat::Seconds if !has_parts => TimeStep::Second,
        TimeFormat::Order => TimeStep::Second,
        // Milliseconds that are whole seconds are no finer than these.
        TimeFormat::Milliseconds if numbers.iter().all(|number| number % 1_000.0 == 0.0) => {
            TimeStep::Second
        }
        _ => TimeStep::Fraction,
    };
    TimeGuess {
        format,
        step,
        reason: OrderReason::Parts,
        needs_name,
    }
}

/// The step that most have; the finer one of equally many.
fn usual(steps: impl Iterator<Item = TimeStep>) -> TimeStep {
    let mut counts = std::collections::BTreeMap::<TimeStep, usize>::new();
    steps.for_each(|step| *counts.entry(step).or_default() += 1);
    counts
        .into_iter()
        .rev()
        .max_by_key(|&(_, n)| n)
        .map_or(TimeStep::Second, |(step, _)| step)
}

/// A column as it was read.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ParsedTimes {
    /// Ticks of each time; `None` where it cannot be read.
    pub(crate) ticks: Vec<Option<i64>>,
    pub(crate) per_sec: i64,
    pub(crate) told: TimeRemarks,
}

/// Facts about a column of times that are to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TimeRemarks {
    /// Numbers that were read in another unit than the column's, as their size tells.
    pub(crate) other_units: usize,
    /// Numbers in scientific notation that lack their last figures.
    pub(crate) cut: usize,
    /// Dates that can only be read with day and month the other way round.
    pub(crate) swapped: usize,
}

impl TimeRemarks {
    pub(crate) fn add(&mut self, other: Self) {
        self.other_units += other.other_units;
        self.cut += other.cut;
        self.swapped += other.swapped;
    }
}

/// Reads a whole column.
pub(crate) fn read<'a, I>(column: impl Fn() -> I, format: &TimeFormat) -> ParsedTimes
where
    I: Iterator<Item = &'a str>,
{
    let mut told = TimeRemarks::default();
    let ticks = match format {
        TimeFormat::Order => return in_order(column),
        TimeFormat::Clock => column()
            .map(|text| clock::alone(text.trim()).map(|clock| clock.micros))
            .collect(),
        TimeFormat::Date => column()
            .map(|text| Some(moment(trimmed(text))?.micros))
            .collect(),
        TimeFormat::Pattern(pattern) => column().map(|text| pattern::read(text, pattern)).collect(),
        TimeFormat::MonthFirst | TimeFormat::DayFirst | TimeFormat::YearFirst => {
            let order = part_order(format);
            let other = match order {
                Some(PartOrder::Month) => Some(PartOrder::Day),
                Some(PartOrder::Day) => Some(PartOrder::Month),
                _ => None,
            };
            let read = |text| {
                let written = date::written(text)?;
                let moment = written.moment(order);
                told.swapped += usize::from(
                    moment.is_none() && other.is_some() && written.moment(other).is_some(),
                );
                moment.map(|moment| moment.micros)
            };
            column().map(read).collect()
        }
        TimeFormat::Seconds
        | TimeFormat::Milliseconds
        | TimeFormat::Microseconds
        | TimeFormat::Nanoseconds
        | TimeFormat::SpreadsheetDays
        | TimeFormat::JulianDays
        | TimeFormat::WebkitMicroseconds
        | TimeFormat::FileTime
        | TimeFormat::DotNetTicks => column()
            .map(|text| {
                let number = number::read(text, format)?;
                told.other_units += usize::from(number.is_other_unit);
                told.cut += usize::from(number.is_cut);
                Some(number.micros)
            })
            .collect(),
    };
    ParsedTimes {
        ticks,
        per_sec: MICROS_PER_SEC,
        told,
    }
}

/// Numbers that only order: whole ones as they are, decimals to the sixth place.
fn in_order<'a, I: Iterator<Item = &'a str>>(column: impl Fn() -> I) -> ParsedTimes {
    let told = TimeRemarks::default();
    let whole: Vec<Option<i64>> = column()
        .map(|text| number::unquoted(text.trim()).parse().ok())
        .collect();
    if std::iter::zip(&whole, column())
        .any(|(ticks, text)| ticks.is_none() && number::is_number(text))
    {
        return ParsedTimes {
            ticks: column().map(number::in_millionths).collect(),
            per_sec: MICROS_PER_SEC,
            told,
        };
    }
    ParsedTimes {
        ticks: whole,
        per_sec: 1,
        told,
    }
}

fn part_order(format: &TimeFormat) -> Option<PartOrder> {
    match format {
        TimeFormat::MonthFirst => Some(PartOrder::Month),
        TimeFormat::DayFirst => Some(PartOrder::Day),
        TimeFormat::YearFirst => Some(PartOrder::Year),
        _ => None,
    }
}

/// A moment that needs no order of its parts to be known.
fn moment(text: &str) -> Option<WrittenMoment> {
    iso::read(text)
        .or_else(|| packed(text))
        .or_else(|| date::written(text)?.moment(None))
}

/// A moment within the marks of another language: `{"$date": "2024-01-31T13:30:05Z"}` of `MongoDB`,
/// `/Date(1706707805000)/` of .NET.
fn packed(text: &str) -> Option<WrittenMoment> {
    if let Some(inside) = text
        .strip_prefix("/Date(")
        .or_else(|| text.strip_prefix("\\/Date("))
    {
        let digits = inside.split([')', '+']).next()?;
        let end = digits
            .rfind('-')
            .filter(|at| *at > 0)
            .unwrap_or(digits.len());
        let micros = digits.get(..end)?.parse::<i64>().ok()?.checked_mul(1_000)?;
        return Some(WrittenMoment {
            micros,
            step: TimeStep::Fraction,
        });
    }
    let wrapped = [
        "ISODate(",
        "ISODate (",
        "Timestamp(",
        "datetime(",
        "new Date(",
    ];
    if let Some(inside) = wrapped
        .iter()
        .find_map(|name| text.strip_prefix(name)?.strip_suffix(')'))
    {
        return moment(date::bare(inside)).or_else(|| moment_of_number(inside));
    }
    if !text.starts_with('{') || text.len() > 400 {
        return None;
    }
    let object: serde_json::Value = serde_json::from_str(text).ok()?;
    let mut value = &object;
    for _ in 0..3 {
        let fields = value.as_object()?;
        let names = [
            "$date",
            "$numberLong",
            "value",
            "$timestamp",
            "seconds",
            "_seconds",
            "t",
            "iso",
        ];
        value = names.iter().find_map(|name| fields.get(*name))?;
        match value {
            serde_json::Value::String(text) => {
                return moment(text.trim()).or_else(|| moment_of_number(text.trim()));
            }
            serde_json::Value::Number(number) => return moment_of_number(&number.to_string()),
            _ => {}
        }
    }
    None
}

fn moment_of_number(text: &str) -> Option<WrittenMoment> {
    let format =
        number::of_size(text.parse::<f64>().ok()?.abs()).unwrap_or(TimeFormat::Milliseconds);
    let micros = number::read(text, &format)?.micros;
    Some(WrittenMoment {
        micros,
        step: TimeStep::Fraction,
    })
}

/// The first zone of some dates whose name is used in several places, and where it is taken to be.
pub(crate) fn doubtful_zone<'a>(
    mut cells: impl Iterator<Item = &'a str>,
) -> Option<(&'static str, &'static str)> {
    cells.find_map(|cell| {
        let mut words = cell.split(|c: char| !c.is_alphanumeric());
        words.find_map(|word| words::DOUBTFUL.into_iter().find(|(name, _)| *name == word))
    })
}

/// Share of the examples (empty ones passed over) that can be read in a format.
pub(crate) fn share_readable<'a>(
    examples: impl Iterator<Item = &'a str>,
    format: &TimeFormat,
) -> f64 {
    let examples: Vec<&str> = examples
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .collect();
    let column = read(|| examples.iter().copied(), format);
    column.ticks.iter().flatten().count() as f64 / examples.len().max(1) as f64
}

/// A moment as a person reads it, in UTC.
pub(crate) fn iso(micros: i64) -> String {
    // The calendar ends with the year 9999.
    let far = |_| {
        format!(
            "{} seconds since 1970, thousands of years away",
            micros.div_euclid(MICROS_PER_SEC)
        )
    };
    Timestamp::from_microsecond(micros).map_or_else(far, |moment| moment.to_string())
}

/// A moment in whole seconds since 1970 as [`fn@iso`] writes it.
pub(crate) fn iso_of_secs(secs: i64) -> String {
    iso(secs.saturating_mul(MICROS_PER_SEC))
}

/// A moment as [`iso_of_secs`] writes it; of a log whose times only order, the number.
pub(crate) fn moment_text(secs: i64, has_clock: bool) -> String {
    if has_clock {
        iso_of_secs(secs)
    } else {
        secs.to_string()
    }
}

#[cfg(test)]
mod tests;
