//! Grid marks: whole numbers for epochs and steps, decades for a log axis. `egui_plot` has no log
//! axis, so log10 is drawn and labelled with its own marks.

use egui_plot::{GridInput, GridMark};

use crate::ui::text;

/// Distance between two labelled marks that reads well, in units of egui's smallest grid step
/// (8 points): numbers side by side need 80 points, one above another 32.
const STEPS_ACROSS: f64 = 10.0;
const STEPS_DOWN: f64 = 4.0;

/// The smallest of 1, 2, 5 times a power of ten that is at least `step`.
fn nice_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.abs().max(1e-300).log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|t| t * power >= step * (1.0 - 1e-9));
    times.unwrap_or(10.0) * power
}

fn multiples(low: f64, high: f64, step: f64) -> impl Iterator<Item = f64> {
    let first = (low / step).ceil();
    let n = ((high / step).floor() - first).clamp(-1.0, 200.0) as i64;
    (0..=n).map(move |i| (first + i as f64) * step)
}

/// Marks at whole numbers only: there is no epoch 2.5.
pub(crate) fn whole_marks(input: &GridInput) -> Vec<GridMark> {
    let step = nice_step((input.base_step_size * STEPS_ACROSS).max(1.0));
    let marks = multiples(input.bounds.0, input.bounds.1, step);
    marks
        .map(|value| GridMark {
            value,
            step_size: step,
        })
        .collect()
}

/// Marks of a plain upright axis.
pub(crate) fn plain_marks(input: &GridInput) -> Vec<GridMark> {
    let step = nice_step(input.base_step_size * STEPS_DOWN);
    multiples(input.bounds.0, input.bounds.1, step)
        .map(|value| GridMark {
            value,
            step_size: step,
        })
        .collect()
}

/// Marks of an axis that shows log10: whole decades and, when few are in sight, round numbers
/// between them.
pub(crate) fn log_marks(input: &GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    let span = high - low;
    if !(span.is_finite() && span > 0.0) || low < -300.0 || high > 300.0 {
        return Vec::new();
    }
    let values: Vec<f64> = if span < 1.0 {
        let (bottom, top) = (10_f64.powf(low), 10_f64.powf(high));
        multiples(bottom, top, nice_step((top - bottom) / 6.0))
            .filter(|v| *v > 0.0)
            .collect()
    } else {
        let factors: &[f64] = if span < 3.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let every = nice_step(span / 10.0).max(1.0);
        let decades = multiples(low.floor(), high, every);
        decades
            .flat_map(|d| factors.iter().map(move |f| f * 10_f64.powf(d)))
            .collect()
    };
    let step_size = input.base_step_size * STEPS_ACROSS;
    values
        .iter()
        .map(|v| v.log10())
        .filter(|v| *v >= low && *v <= high)
        .map(|value| GridMark { value, step_size })
        .collect()
}

/// Four significant digits without trailing zeros: `0.001`, `5`, `12.5`.
pub(crate) fn tick(value: f64) -> String {
    let text = text::significant(value, 4);
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{}e{exponent}", without_zeros(mantissa)),
        None => without_zeros(&text).to_owned(),
    }
}

fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}

/// Text of a mark on a log axis.
pub(crate) fn log_text(mark: f64) -> String {
    tick(10_f64.powf(mark))
}

/// Text of a mark on a plain axis.
pub(super) fn plain_text(mark: f64) -> String {
    // A grid computed by repeated steps ends up at 1e-17 instead of 0.
    tick(if mark.abs() < 1e-12 { 0.0 } else { mark })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(marks: &[GridMark], text: impl Fn(f64) -> String) -> Vec<String> {
        marks.iter().map(|m| text(m.value)).collect()
    }

    #[test]
    fn a_log_axis_shows_round_numbers_at_every_zoom() {
        let marks = |low: f64, high: f64| {
            log_marks(&GridInput {
                bounds: (low.log10(), high.log10()),
                base_step_size: 0.01,
            })
        };
        assert_eq!(
            shown(&marks(0.9, 120.0), log_text),
            ["1", "2", "5", "10", "20", "50", "100"]
        );
        assert_eq!(shown(&marks(4.1, 6.3), log_text), ["4.5", "5", "5.5", "6"]);
        assert!(marks(1e-200, 1e200).len() < 50);
        assert!(
            log_marks(&GridInput {
                bounds: (f64::NAN, 1.0),
                base_step_size: 0.1
            })
            .is_empty()
        );
    }

    #[test]
    fn there_is_no_epoch_two_and_a_half() {
        let marks = whole_marks(&GridInput {
            bounds: (0.8, 4.2),
            base_step_size: 0.05,
        });
        assert_eq!(shown(&marks, plain_text), ["1", "2", "3", "4"]);
    }
}
