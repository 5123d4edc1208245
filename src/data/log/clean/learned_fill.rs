//! Missing numbers filled with what a denoising autoencoder makes of the row's other columns.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::change::{LogChange, StepOutcome};
use super::denoiser::{CORRUPTION, Denoiser, DenoiserRow, N_EPOCHS, N_HIDDEN};
use super::view::{LogView, deviation, mean};
use crate::log::FreeValues;
use seqscope_base::spec::derive_seed;

/// Most rows that are learnt from, spread evenly over the log: more tell nothing new of a few
/// columns.
const MOST_ROWS: usize = 20_000;

/// A numeric column: the value, or a free one.
struct NumericColumn<'a> {
    /// Which free column of the log; `None` for the value.
    free: Option<usize>,
    numbers: &'a [f32],
    /// Mean and deviation of the known training numbers; 1 in place of a deviation of 0.
    scale: [f64; 2],
}

impl NumericColumn<'_> {
    fn standardised(&self, row: usize) -> f64 {
        let [centre, deviation] = self.scale;
        self.numbers
            .get(row)
            .map_or(f64::NAN, |number| (f64::from(*number) - centre) / deviation)
    }
}

/// Every missing number of the value and of the free numeric columns, from the row's other numbers;
/// `None` when no value may be learnt from. A free column of which nothing is known stays as it is.
pub(super) fn filled_by_denoiser(log: &LogView<'_>) -> Option<StepOutcome> {
    let columns = columns(log);
    columns.iter().find(|column| column.free.is_none())?;
    let rows = training_rows(log, &columns);
    let mut generator = ChaCha8Rng::seed_from_u64(derive_seed(0, "denoiser", 0));
    let denoiser = Denoiser::fitted(&rows, columns.len(), &mut || generator.random::<f64>());

    let mut numbers: Vec<Vec<f32>> = columns
        .iter()
        .map(|column| column.numbers.to_vec())
        .collect();
    for row in 0..log.len() {
        if columns.iter().all(|column| {
            column
                .numbers
                .get(row)
                .is_none_or(|number| !number.is_nan())
        }) {
            continue;
        }
        let wanted: Vec<f64> = columns
            .iter()
            .map(|column| column.standardised(row))
            .collect();
        let shown = wanted.iter().map(|number| !number.is_nan()).collect();
        let restored = denoiser.restored(&DenoiserRow { wanted, shown });
        for ((numbers, column), restored) in numbers.iter_mut().zip(&columns).zip(restored) {
            if let Some(number) = numbers.get_mut(row).filter(|number| number.is_nan()) {
                let [centre, deviation] = column.scale;
                *number = (centre + deviation * restored) as f32;
            }
        }
    }
    let note = format!(
        "{} numeric columns, learnt from {} rows with a quarter hidden: {N_HIDDEN} units, \
         {N_EPOCHS} epochs",
        columns.len(),
        rows.len(),
    );
    debug_assert!((CORRUPTION - 0.25).abs() < 1e-12, "the note says a quarter");
    let mut outcome = StepOutcome::from(change(&columns, numbers)).with_note(note);
    if columns.len() == 1 {
        let sentence = "the value is the only numeric column, so an autoencoder knows no more of a \
                        missing one than their mean; name other numeric columns in \
                        `data.source.columns`, or fill with Mean.";
        outcome.warnings.push(("fill", sentence.to_owned()));
    }
    Some(outcome)
}

/// The numeric columns of which something may be learnt.
fn columns<'a>(log: &LogView<'a>) -> Vec<NumericColumn<'a>> {
    let free = log
        .events
        .extra
        .free
        .iter()
        .enumerate()
        .filter_map(|(at, column)| match &column.values {
            FreeValues::Numeric(numbers) => Some((Some(at), numbers.as_slice())),
            FreeValues::Category(_) | FreeValues::Text(_) | FreeValues::Embedding { .. } => None,
        });
    let all = std::iter::once((None, log.values())).chain(free);
    all.filter_map(|(free, numbers)| scaled(log, free, numbers))
        .collect()
}

fn scaled<'a>(
    log: &LogView<'a>,
    free: Option<usize>,
    numbers: &'a [f32],
) -> Option<NumericColumn<'a>> {
    let known = numbers
        .iter()
        .enumerate()
        .filter(|(row, number)| number.is_finite() && log.is_training(*row));
    let mut known: Vec<f64> = known.map(|(_, number)| f64::from(*number)).collect();
    // The sums are then the same in whatever order the rows come.
    known.sort_unstable_by(f64::total_cmp);
    let deviation = deviation(&known);
    let scale = [mean(&known), if deviation > 0.0 { deviation } else { 1.0 }];
    (!known.is_empty()).then_some(NumericColumn {
        free,
        numbers,
        scale,
    })
}

/// Rows that may be learnt from and of which something is known, smallest first, so that what is
/// learnt does not depend on the order of the log.
fn training_rows(log: &LogView<'_>, columns: &[NumericColumn<'_>]) -> Vec<Vec<f64>> {
    let of_row = |row: usize| -> Vec<f64> {
        columns
            .iter()
            .map(|column| finite_or_nan(column.standardised(row)))
            .collect()
    };
    let rows = (0..log.len())
        .filter(|row| log.is_training(*row))
        .map(of_row);
    let mut rows: Vec<Vec<f64>> = rows
        .filter(|row| row.iter().any(|number| !number.is_nan()))
        .collect();
    rows.sort_unstable_by(|a, b| {
        let by_column = a.iter().zip(b).map(|(a, b)| a.total_cmp(b));
        by_column.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    let n = rows.len();
    if n > MOST_ROWS {
        return (0..MOST_ROWS)
            .filter_map(|at| rows.get(at * n / MOST_ROWS).cloned())
            .collect();
    }
    rows
}

/// Turns what is infinite, which no standardised column knows, into NaN.
fn finite_or_nan(number: f64) -> f64 {
    if number.is_finite() { number } else { f64::NAN }
}

fn change(columns: &[NumericColumn<'_>], numbers: Vec<Vec<f32>>) -> LogChange {
    let (mut value, mut free) = (Vec::new(), Vec::new());
    for (column, numbers) in columns.iter().zip(numbers) {
        match column.free {
            None => value = numbers,
            Some(at) => free.push((at, numbers)),
        }
    }
    if free.is_empty() {
        LogChange::Values(value)
    } else {
        LogChange::Numbers { value, free }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::events::Events;
    use crate::log::{FreeColumn, Vocab};

    /// Even numbers between −1 and 1, always the same.
    fn noise(at: usize) -> f64 {
        (at as f64 * 12.9898).sin() * 43_758.545 % 1.0
    }

    /// A log in which the value is 3 times the price less half the weight, with a little noise;
    /// what stands in `gaps` is missing in it.
    fn log(gaps: &[usize]) -> (Events, Vec<f32>) {
        let mut events = Events::with_times();
        let _ = events.users.intern("u");
        let _ = events.items.intern("i");
        let n = 400;
        let price: Vec<f32> = (0..n).map(|at| (10.0 + 4.0 * noise(at)) as f32).collect();
        let weight: Vec<f32> = (0..n)
            .map(|at| (50.0 + 20.0 * noise(at + 5000)) as f32)
            .collect();
        let exact: Vec<f32> = price
            .iter()
            .zip(&weight)
            .enumerate()
            .map(|(at, (price, weight))| 3.0 * price - 0.5 * weight + noise(at + 9000) as f32)
            .collect();
        (0..n).for_each(|at| events.push(0, 0, at as i64));
        let missing = |at: usize| gaps.contains(&at);
        events.value = Some(
            exact
                .iter()
                .enumerate()
                .map(|(at, v)| if missing(at) { f32::NAN } else { *v })
                .collect(),
        );
        let column = |name: &str, numbers| FreeColumn {
            name: name.to_owned(),
            values: FreeValues::Numeric(numbers),
        };
        events.extra.free = vec![column("price", price), column("weight", weight)];
        (events, exact)
    }

    fn filled(events: &Events, train_before: Option<i64>) -> Vec<f32> {
        let view = LogView {
            events,
            train_before,
            only_orders: false,
        };
        match filled_by_denoiser(&view).unwrap().change {
            LogChange::Numbers { value, .. } | LogChange::Values(value) => value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn columns_that_tell_of_each_other_are_filled_better_than_with_the_mean() {
        let gaps: Vec<usize> = (0..400).filter(|at| at % 7 == 3).collect();
        let (events, exact) = log(&gaps);
        let filled = filled(&events, None);
        let known = LogView::of_events(&events).training_values();
        let error = |guess: &dyn Fn(usize) -> f64| -> f64 {
            gaps.iter()
                .map(|&at| (guess(at) - f64::from(exact[at])).powi(2))
                .sum::<f64>()
                / gaps.len() as f64
        };
        let (by_mean, by_denoiser) = (error(&|_| mean(&known)), error(&|at| f64::from(filled[at])));
        // The noise alone has a variance of a third; that of the values is about a hundred.
        assert!(by_denoiser < 0.1 * by_mean, "{by_denoiser} and {by_mean}");
        let untouched = (0..400).filter(|at| !gaps.contains(at));
        assert!(
            untouched
                .into_iter()
                .all(|at| filled[at].to_bits() == exact[at].to_bits())
        );
    }

    #[test]
    fn what_comes_after_the_cut_is_not_learnt_from() {
        let (events, _) = log(&[3, 10, 350]);
        let before = filled(&events, Some(300));
        let mut later = events.clone();
        for at in 300..400 {
            if let Some(value) = later
                .value
                .as_mut()
                .unwrap()
                .get_mut(at)
                .filter(|value| !value.is_nan())
            {
                *value = 1e6;
            }
        }
        let after = filled(&later, Some(300));
        assert_eq!(before[..300], after[..300]);
        assert_eq!(before[350].to_bits(), after[350].to_bits());
        assert_ne!(
            before[3].to_bits(),
            filled(&later, None)[3].to_bits(),
            "without a cut it is"
        );
    }

    #[test]
    fn the_order_of_the_rows_changes_nothing() {
        let (events, _) = log(&[3, 10, 350]);
        let mut turned = events.clone();
        turned.reorder(&(0..400).rev().collect::<Vec<_>>());
        let mut back = filled(&turned, None);
        back.reverse();
        assert_eq!(back, filled(&events, None));
    }

    #[test]
    fn free_columns_are_filled_too_and_those_without_a_number_are_left() {
        let (mut events, _) = log(&[3]);
        let [price, weight] = events.extra.free.as_mut_slice() else {
            panic!("two columns")
        };
        let FreeValues::Numeric(numbers) = &mut price.values else {
            panic!("numbers")
        };
        let exact = std::mem::replace(&mut numbers[8], f32::NAN);
        weight.values = FreeValues::Numeric(vec![f32::NAN; 400]);
        let outcome = filled_by_denoiser(&LogView::of_events(&events)).unwrap();
        assert!(
            outcome
                .note
                .starts_with("2 numeric columns, learnt from 400 rows"),
            "{}",
            outcome.note
        );
        let touched: Vec<usize> = outcome.change.touched(&events).collect();
        assert_eq!(touched, [3, 8]);
        let told = outcome.change.examples(&events, false);
        assert_eq!(
            (told[0].before.as_str(), told[1].before.as_str()),
            ("missing", "price: missing")
        );
        outcome.change.apply(&mut events);
        let FreeValues::Numeric(numbers) = &events.extra.free[0].values else {
            panic!("numbers")
        };
        assert!(
            numbers[8].is_finite() && (numbers[8] - exact).abs() < 4.0,
            "{} and {exact}",
            numbers[8]
        );
        assert!(events.extra.free[1].values.is_all_missing());
    }

    #[test]
    fn a_value_that_stands_alone_is_filled_with_about_its_mean_and_a_warning() {
        let mut events = Events {
            value: Some(vec![1.0, 3.0, f32::NAN, 5.0]),
            ..Events::with_times()
        };
        events.users = Vocab::default();
        (0..4).for_each(|at| events.push(0, 0, at));
        let outcome = filled_by_denoiser(&LogView::of_events(&events)).unwrap();
        assert!(
            outcome
                .warnings
                .iter()
                .any(|(key, sentence)| *key == "fill" && sentence.contains("only numeric"))
        );
        let LogChange::Values(value) = outcome.change else {
            panic!("values")
        };
        assert!((value[2] - 3.0).abs() < 1.0, "{value:?}");
        events.value = Some(vec![f32::NAN; 4]);
        assert!(filled_by_denoiser(&LogView::of_events(&events)).is_none());
    }
}
