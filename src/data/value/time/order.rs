//! Whether the day, the month or a year of two digits comes first, told from a whole column.

use super::MICROS_PER_SEC;
use super::date::{DateParts, OpenDate, PartOrder, WrittenDate};
use crate::value::TimeFormat;

/// Reason for the order of the parts of dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderReason {
    /// A part that can only be a day or a year, or the mark between the parts.
    Parts,
    /// Only so the rows are in order of time.
    Sorted,
    /// Only so they lie close together, and not at one day of many months.
    Close,
    /// Nothing: the month is taken to come first.
    Nothing,
}

/// A row of the sample.
pub(super) struct DatedRow<'a> {
    pub(super) written: &'a WrittenDate,
    /// User of the row, where that is known.
    pub(super) user: Option<&'a str>,
}

/// The order of the parts in the rows that leave it open, and what told it; `None` without such
/// rows.
pub(super) fn of_rows(rows: &[DatedRow<'_>]) -> Option<(TimeFormat, OrderReason)> {
    let dates: Vec<OpenDate> = rows.iter().filter_map(|row| open(row.written)).collect();
    if dates.is_empty() {
        return None;
    }
    let (day, month) = (n_read(rows, PartOrder::Day), n_read(rows, PartOrder::Month));
    let year = if dates.iter().all(|date| date.may_year_lead) {
        n_read(rows, PartOrder::Year)
    } else {
        0
    };
    // A year of two digits leads where the last numbers could not all be years as well as these.
    if year > 0 && year >= day.max(month) && year_leads(rows, &dates, day.max(month) < year) {
        return Some((TimeFormat::YearFirst, OrderReason::Parts));
    }
    let has_dots = dates.iter().all(|date| date.mark == '.');
    let n_day_first = dates.iter().filter(|date| date.first > 12).count();
    let n_month_first = dates.iter().filter(|date| date.second > 12).count();
    Some(match n_day_first.cmp(&n_month_first) {
        std::cmp::Ordering::Greater => (TimeFormat::DayFirst, OrderReason::Parts),
        std::cmp::Ordering::Less => (TimeFormat::MonthFirst, OrderReason::Parts),
        std::cmp::Ordering::Equal if has_dots => (TimeFormat::DayFirst, OrderReason::Parts),
        std::cmp::Ordering::Equal if n_day_first > 0 => {
            (TimeFormat::MonthFirst, OrderReason::Parts)
        }
        std::cmp::Ordering::Equal => {
            by_evidence(rows).unwrap_or((TimeFormat::MonthFirst, OrderReason::Nothing))
        }
    })
}

/// Counts the dates that can be read in an order.
fn n_read(rows: &[DatedRow<'_>], order: PartOrder) -> usize {
    rows.iter()
        .filter(|row| row.written.moment(Some(order)).is_some())
        .count()
}

fn open(written: &WrittenDate) -> Option<OpenDate> {
    match written.date {
        DateParts::Open(open) => Some(open),
        DateParts::Known { .. } => None,
    }
}

/// Whether the first number is the year: the rows cannot be read otherwise, or then they span fewer
/// years.
fn year_leads(rows: &[DatedRow<'_>], dates: &[OpenDate], is_only: bool) -> bool {
    if is_only {
        return true;
    }
    // Dots and strokes stand where the year comes last; a dash is as in ISO 8601.
    let has_dashes = dates.iter().all(|date| date.mark == '-');
    let own = span(rows, PartOrder::Year);
    let others = [PartOrder::Day, PartOrder::Month].map(|order| span(rows, order));
    let least = others.into_iter().min().unwrap_or(i64::MAX);
    if has_dashes {
        own <= least
    } else {
        own.saturating_mul(4) < least
    }
}

fn span(rows: &[DatedRow<'_>], order: PartOrder) -> i64 {
    let moments = rows
        .iter()
        .filter_map(|row| row.written.moment(Some(order)))
        .map(|moment| moment.micros);
    match (moments.clone().min(), moments.max()) {
        (Some(first), Some(last)) => last - first,
        _ => i64::MAX,
    }
}

/// Evidence of the rows together on dates that could be read both ways.
fn by_evidence(rows: &[DatedRow<'_>]) -> Option<(TimeFormat, OrderReason)> {
    const FEWEST: usize = 8;
    let orders = [
        (PartOrder::Day, TimeFormat::DayFirst),
        (PartOrder::Month, TimeFormat::MonthFirst),
    ];
    if rows.len() < FEWEST {
        return None;
    }
    let disorder = orders.clone().map(|(order, _)| disorder(rows, order));
    for (at, (_, format)) in orders.iter().enumerate() {
        if disorder[at] == 0.0 && disorder[1 - at] > 0.0
            || disorder[at] < 0.02 && disorder[1 - at] > 0.1
        {
            return Some((format.clone(), OrderReason::Sorted));
        }
    }
    // A few days of a month are likelier than one day of many months, where clocks show that the
    // rows are no monthly figures.
    let n_clocks = rows.iter().filter(|row| row.written.has_clock()).count();
    let spans = orders.clone().map(|(order, _)| span(rows, order));
    for (at, (_, format)) in orders.into_iter().enumerate() {
        let month = 31 * 86_400 * MICROS_PER_SEC;
        if 2 * n_clocks > rows.len()
            && spans[at] < month
            && spans[1 - at] / 4 > spans[at]
            && spans[1 - at] > month
        {
            return Some((format, OrderReason::Close));
        }
    }
    None
}

/// Share of steps against the direction of time, in the file or within users, whichever is less.
fn disorder(rows: &[DatedRow<'_>], order: PartOrder) -> f64 {
    let moments = || {
        rows.iter()
            .filter_map(move |row| Some((row.user, row.written.moment(Some(order))?.micros)))
    };
    let in_file = steps(moments().map(|(_, micros)| ("", micros)));
    let in_users = steps(moments().filter_map(|(user, micros)| Some((user?, micros))));
    in_file
        .into_iter()
        .chain(in_users)
        .map(|steps| steps.forward.min(steps.back))
        .fold(1.0, f64::min)
}

/// Shares of steps forward and back in time, from each row to the next of the same user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct StepShares {
    pub(crate) forward: f64,
    pub(crate) back: f64,
}

/// The steps of rows in their order; `None` without any.
pub(crate) fn steps<'a>(rows: impl Iterator<Item = (&'a str, i64)>) -> Option<StepShares> {
    let mut last = std::collections::HashMap::<&str, i64>::new();
    let (mut n_forward, mut n_back, mut n) = (0_usize, 0_usize, 0_usize);
    for (user, micros) in rows {
        if let Some(before) = last.insert(user, micros) {
            n += 1;
            n_forward += usize::from(micros > before);
            n_back += usize::from(micros < before);
        }
    }
    let share = |count: usize| count as f64 / n as f64;
    (n > 0).then(|| StepShares {
        forward: share(n_forward),
        back: share(n_back),
    })
}
