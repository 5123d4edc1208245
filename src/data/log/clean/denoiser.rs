//! A small denoising autoencoder over the numeric columns of a log (Vincent et al. 2008), by which
//! missing values are filled with what the row's other columns tell.
//!
//! It stands here on plain slices: the cleaning of data knows nothing of the models that are
//! trained on them.

use std::ops::Range;

/// Units of its one hidden layer.
pub(super) const N_HIDDEN: usize = 32;

/// Passes over the rows that it learns from.
pub(super) const N_EPOCHS: usize = 60;

/// Share of a row's known numbers that are hidden from it while it learns: a quarter, as the
/// masking noise of Vincent et al. 2008 ranges from a tenth to two fifths.
pub(super) const CORRUPTION: f64 = 0.25;

/// Rows of a step.
const BATCH: usize = 64;

/// Adam (Kingma & Ba 2015) with its usual decays, and a step of this size.
const LR: f64 = 0.01;
const BETA: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-8;

/// Numbers and marks (1 where the number is seen, else 0, and the number 0 too) → tanh units →
/// numbers. Columns are standardised by whoever calls.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Denoiser {
    n_columns: usize,
    n_hidden: usize,
    /// One behind the other: weights in `[2 * n_columns, n_hidden]`, their biases `[n_hidden]`,
    /// weights out `[n_hidden, n_columns]`, their biases `[n_columns]`.
    weights: Vec<f64>,
}

/// A row to learn from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DenoiserRow {
    /// Values that are to be restored; NaN where nothing is known.
    pub(super) wanted: Vec<f64>,
    /// Whether each number is shown.
    pub(super) shown: Vec<bool>,
}

/// Adam's running moments.
struct Adam {
    first: Vec<f64>,
    second: Vec<f64>,
    n_steps: i32,
}

impl Denoiser {
    /// Learns to restore rows, each with NaN where a number is missing. `uniform` draws from 0 to
    /// 1.
    ///
    /// Initial weights are after Glorot & Bengio 2010, eq. 16. The loss is the mean square error of
    /// all known numbers, of those that are shown as of those that are hidden.
    pub(super) fn fitted(
        rows: &[Vec<f64>],
        n_columns: usize,
        uniform: &mut dyn FnMut() -> f64,
    ) -> Self {
        let mut denoiser = Self::new(n_columns, N_HIDDEN, uniform);
        let mut adam = Adam::new(denoiser.weights.len());
        let mut order: Vec<usize> = (0..rows.len()).collect();
        for _ in 0..N_EPOCHS {
            for at in (1..order.len()).rev() {
                order.swap(at, ((uniform() * (at + 1) as f64) as usize).min(at));
            }
            for block in order.chunks(BATCH) {
                let batch: Vec<DenoiserRow> = block
                    .iter()
                    .filter_map(|&row| rows.get(row))
                    .map(|row| corrupted(row, uniform))
                    .collect();
                let (_, gradient) = denoiser.gradient(&batch);
                adam.step(&mut denoiser.weights, &gradient);
            }
        }
        denoiser
    }

    fn new(n_columns: usize, n_hidden: usize, uniform: &mut dyn FnMut() -> f64) -> Self {
        let mut denoiser = Self {
            n_columns,
            n_hidden,
            weights: Vec::new(),
        };
        denoiser.weights = vec![0.0; denoiser.places()[3].end];
        for (place, fans) in [(0, 2 * n_columns + n_hidden), (2, n_hidden + n_columns)] {
            let bound = (6.0 / fans.max(1) as f64).sqrt();
            let range = denoiser.places()[place].clone();
            let drawn = denoiser.weights.get_mut(range).unwrap_or_default();
            for weight in drawn {
                *weight = bound * (2.0 * uniform() - 1.0);
            }
        }
        denoiser
    }

    /// Ranges of the incoming weights, their biases, the outgoing weights and their biases.
    fn places(&self) -> [Range<usize>; 4] {
        let mut start = 0;
        [
            2 * self.n_columns * self.n_hidden,
            self.n_hidden,
            self.n_hidden * self.n_columns,
            self.n_columns,
        ]
        .map(|n| {
            let place = start..start + n;
            start = place.end;
            place
        })
    }

    fn part(&self, at: usize) -> &[f64] {
        self.places()
            .get(at)
            .and_then(|place| self.weights.get(place.clone()))
            .unwrap_or(&[])
    }

    /// Estimates every number of a row, shown or not.
    pub(super) fn restored(&self, row: &DenoiserRow) -> Vec<f64> {
        self.output(&self.hidden(&inputs(row)))
    }

    /// `[n_hidden]`
    fn hidden(&self, inputs: &[f64]) -> Vec<f64> {
        let mut sums = self.part(1).to_vec();
        add_product(&mut sums, inputs, self.part(0));
        for sum in &mut sums {
            *sum = sum.tanh();
        }
        sums
    }

    /// `[n_columns]`
    fn output(&self, hidden: &[f64]) -> Vec<f64> {
        let mut told = self.part(3).to_vec();
        add_product(&mut told, hidden, self.part(2));
        told
    }

    /// Mean square error of the known numbers, and its gradient in the order of the weights.
    fn gradient(&self, rows: &[DenoiserRow]) -> (f64, Vec<f64>) {
        let mut gradient = vec![0.0; self.weights.len()];
        let n_known = rows
            .iter()
            .flat_map(|row| &row.wanted)
            .filter(|wanted| !wanted.is_nan())
            .count()
            .max(1) as f64;
        let mut loss = 0.0;
        let [w_in, b_in, w_out, b_out] = self.places();
        for row in rows {
            let inputs = inputs(row);
            let hidden = self.hidden(&inputs);
            let mut d_told = self.output(&hidden);
            for (d, wanted) in d_told.iter_mut().zip(&row.wanted) {
                let error = if wanted.is_nan() { 0.0 } else { *d - wanted };
                loss += error * error / n_known;
                *d = 2.0 * error / n_known;
            }
            let back = self
                .part(2)
                .chunks_exact(self.n_columns.max(1))
                .map(|weights| dot(weights, &d_told));
            let d_hidden: Vec<f64> = back
                .zip(&hidden)
                .map(|(d, hidden)| d * (1.0 - hidden * hidden))
                .collect();
            add_outer(&mut gradient, w_in.clone(), &inputs, &d_hidden);
            add_outer(&mut gradient, b_in.clone(), &[1.0], &d_hidden);
            add_outer(&mut gradient, w_out.clone(), &hidden, &d_told);
            add_outer(&mut gradient, b_out.clone(), &[1.0], &d_told);
        }
        (loss, gradient)
    }
}

/// A row of which some known numbers are hidden.
fn corrupted(wanted: &[f64], uniform: &mut dyn FnMut() -> f64) -> DenoiserRow {
    let shown = wanted
        .iter()
        .map(|value| uniform() >= CORRUPTION && !value.is_nan())
        .collect();
    DenoiserRow {
        wanted: wanted.to_vec(),
        shown,
    }
}

/// Numbers and marks. `[2 * n_columns]`
fn inputs(row: &DenoiserRow) -> Vec<f64> {
    let numbers = row
        .wanted
        .iter()
        .zip(&row.shown)
        .map(|(value, shown)| if *shown { *value } else { 0.0 });
    numbers
        .chain(row.shown.iter().map(|shown| f64::from(u8::from(*shown))))
        .collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Adds `x` · `weights`, `[n]` times `[n, sums.len()]`.
fn add_product(sums: &mut [f64], x: &[f64], weights: &[f64]) {
    for (x, weights) in x.iter().zip(weights.chunks_exact(sums.len().max(1))) {
        sums.iter_mut()
            .zip(weights)
            .for_each(|(sum, weight)| *sum += x * weight);
    }
}

/// Adds the outer product of `x` and `d` onto a part of the gradient.
fn add_outer(gradient: &mut [f64], part: Range<usize>, x: &[f64], d: &[f64]) {
    let rows = gradient
        .get_mut(part)
        .unwrap_or_default()
        .chunks_exact_mut(d.len().max(1));
    for (x, row) in x.iter().zip(rows) {
        row.iter_mut().zip(d).for_each(|(sum, d)| *sum += x * d);
    }
}

impl Adam {
    fn new(n: usize) -> Self {
        Self {
            first: vec![0.0; n],
            second: vec![0.0; n],
            n_steps: 0,
        }
    }

    fn step(&mut self, weights: &mut [f64], gradient: &[f64]) {
        self.n_steps += 1;
        let [of_first, of_second] = BETA.map(|beta| 1.0 - beta.powi(self.n_steps));
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((weight, gradient), (first, second)) in weights.iter_mut().zip(gradient).zip(moments) {
            *first = BETA[0] * *first + (1.0 - BETA[0]) * gradient;
            *second = BETA[1] * *second + (1.0 - BETA[1]) * gradient * gradient;
            *weight -= LR * (*first / of_first) / ((*second / of_second).sqrt() + EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(value: &serde_json::Value) -> Vec<f64> {
        let number = |value: &serde_json::Value| value.as_f64().unwrap_or(f64::NAN);
        value.as_array().unwrap().iter().map(number).collect()
    }

    fn assert_near(ours: &[f64], theirs: &[f64]) {
        assert_eq!(ours.len(), theirs.len());
        let largest = theirs
            .iter()
            .fold(0.0_f64, |largest, value| largest.max(value.abs()));
        assert!(
            ours.iter()
                .zip(theirs)
                .all(|(a, b)| (a - b).abs() <= 1e-9 * largest),
            "{ours:?}\n{theirs:?}"
        );
    }

    /// `tests/gold/clean/denoiser.py` made the numbers.
    #[test]
    fn steps_are_pytorchs() {
        let gold: serde_json::Value =
            serde_json::from_str(include_str!("../../../../tests/gold/clean/denoiser.json"))
                .unwrap();
        let (n_columns, n_hidden) = (
            gold["n_columns"].as_u64().unwrap(),
            gold["n_hidden"].as_u64().unwrap(),
        );
        let mut denoiser = Denoiser {
            n_columns: n_columns as usize,
            n_hidden: n_hidden as usize,
            weights: numbers(&gold["weights"]),
        };
        let shown =
            |value: &serde_json::Value| numbers(value).iter().map(|mark| *mark > 0.5).collect();
        let rows = gold["wanted"]
            .as_array()
            .unwrap()
            .iter()
            .zip(gold["shown"].as_array().unwrap());
        let rows: Vec<DenoiserRow> = rows
            .map(|(wanted, marks)| DenoiserRow {
                wanted: numbers(wanted),
                shown: shown(marks),
            })
            .collect();
        let mut adam = Adam::new(denoiser.weights.len());
        for step in gold["steps"].as_array().unwrap() {
            let told: Vec<f64> = rows.iter().flat_map(|row| denoiser.restored(row)).collect();
            assert_near(&told, &numbers(&step["restored"]));
            let (loss, gradient) = denoiser.gradient(&rows);
            assert_near(&[loss], &[step["loss"].as_f64().unwrap()]);
            assert_near(&gradient, &numbers(&step["gradient"]));
            adam.step(&mut denoiser.weights, &gradient);
            assert_near(&denoiser.weights, &numbers(&step["after"]));
        }
    }
}
