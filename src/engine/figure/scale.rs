//! Numbers to places along an axis, and the marks of an axis.

use super::FigureAxis;
use crate::report::words;

/// An axis of a drawing: which numbers it holds, and between which places they lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AxisScale {
    is_log: bool,
    is_whole: bool,
    /// Ends, as they are drawn: of a logarithmic axis their logarithms.
    low: f64,
    high: f64,
    /// Places of the ends in points.
    from: f64,
    to: f64,
}

/// One mark of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AxisMark {
    /// Place in points.
    pub(super) at: f64,
    /// The number as it is written.
    pub(super) text: String,
}

/// Share of the range that is left free at either end where none was chosen.
const MARGIN: f64 = 0.04;

impl AxisScale {
    /// The scale of an axis that is to hold these numbers; what is no number, or on a logarithmic
    /// axis not above 0, changes nothing.
    pub(super) fn holding(axis: &FigureAxis, numbers: impl Iterator<Item = f64>) -> Self {
        let shown = |value: f64| if axis.is_log { value.log10() } else { value };
        let ends = |(low, high): (f64, f64), value: f64| {
            let value = shown(value);
            if value.is_finite() {
                (low.min(value), high.max(value))
            } else {
                (low, high)
            }
        };
        let chosen = axis.range.map(|[low, high]| (shown(low), shown(high)));
        let chosen = chosen.filter(|(low, high)| low.is_finite() && high.is_finite() && low < high);
        let (low, high) = chosen.unwrap_or_else(|| {
            let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), ends);
            widened(axis, low, high)
        });
        Self {
            is_log: axis.is_log,
            is_whole: axis.is_whole,
            low,
            high,
            from: 0.0,
            to: 1.0,
        }
    }

    /// Scale of these numbers between two places in points.
    pub(super) fn between(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
    }

    /// The place of a number; `None` of what has none on this axis.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        let shown = if self.is_log { value.log10() } else { value };
        let share = (shown - self.low) / (self.high - self.low);
        let place = self.from + share * (self.to - self.from);
        (shown.is_finite() && share.is_finite()).then_some(place)
    }

    /// Whether a number lies between the ends.
    pub(super) fn holds(&self, value: f64) -> bool {
        let shown = if self.is_log { value.log10() } else { value };
        (self.low..=self.high).contains(&shown)
    }

    /// Marks at round numbers, some `most` of them.
    pub(super) fn marks(&self, most: usize) -> Vec<AxisMark> {
        let values = if self.is_log {
            self.round_logs(most)
        } else {
            let step = nice_step((self.high - self.low) / most.max(1) as f64);
            let step = if self.is_whole { step.max(1.0) } else { step };
            multiples(self.low, self.high, step)
        };
        let values = values.into_iter().filter(|value| self.holds(*value));
        let marked = values.filter_map(|value| {
            Some(AxisMark {
                at: self.place(value)?,
                text: mark_text(value, self.high - self.low, self.is_log),
            })
        });
        marked.collect()
    }

    fn round_logs(&self, most: usize) -> Vec<f64> {
        let span = self.high - self.low;
        if span < 1.0 {
            let (low, high) = (10_f64.powf(self.low), 10_f64.powf(self.high));
            let round = multiples(low, high, nice_step((high - low) / most.max(1) as f64));
            return round.into_iter().filter(|value| *value > 0.0).collect();
        }
        let factors: &[f64] = if span < 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let every = (span / most.max(1) as f64).ceil().max(1.0);
        let decades = multiples(self.low.floor(), self.high, every);
        let all = decades
            .into_iter()
            .flat_map(|decade| factors.iter().map(move |f| f * 10_f64.powf(decade)));
        all.collect()
    }
}

/// Ends with a little room beyond the numbers; 0 to 1 where there is none.
fn widened(axis: &FigureAxis, low: f64, high: f64) -> (f64, f64) {
    if low > high {
        return if axis.is_log { (-1.0, 0.0) } else { (0.0, 1.0) };
    }
    let low = if axis.from_zero && !axis.is_log {
        low.min(0.0)
    } else {
        low
    };
    let high = if axis.from_zero && !axis.is_log {
        high.max(0.0)
    } else {
        high
    };
    let room = if high > low {
        (high - low) * MARGIN
    } else {
        (high.abs() * 0.1).max(if axis.is_log { 0.1 } else { 1e-9 })
    };
    let is_at_zero = |end: f64| axis.from_zero && !axis.is_log && end == 0.0;
    (
        if is_at_zero(low) { low } else { low - room },
        if is_at_zero(high) && low < 0.0 {
            high
        } else {
            high + room
        },
    )
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `step`.
fn nice_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.abs().max(1e-300).log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|times| times * power >= step * (1.0 - 1e-9));
    times.unwrap_or(10.0) * power
}

fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = (low / step - 1e-9).ceil();
    let n = ((high / step + 1e-9).floor() - first).clamp(-1.0, 200.0) as i64;
    // Repeated steps end up at 1e-17 instead of 0.
    let value = |at: f64| if at == 0.0 { 0.0 } else { at * step };
    (0..=n).map(|i| value(first + i as f64)).collect()
}

/// A mark as it is written: as many digits as tell neighbours apart, and no zeros behind them.
fn mark_text(value: f64, span: f64, is_log: bool) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e7).contains(&size) {
        let text = format!("{value:.2e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{power}", without_zeros(digits)).replace('-', "\u{2212}");
    }
    let per = if is_log { size } else { span.abs() };
    let digits = (2.0 - per.max(1e-12).log10().floor()).clamp(0.0, 8.0) as usize;
    let text = words::decimals(value, digits);
    without_zeros(&text).replace('-', "\u{2212}")
}

fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}
