//! Estimates of the parameters of ARIMA, and of how often the counts are differenced.

use super::arima::Parameters;
use super::linear::least_squares;
use super::minimise::minimise;
use super::polynomial::{from_partial, stationary, to_partial};

/// Most differences.
const MOST_DIFFERENCES: usize = 2;

/// The 5 % point of the KPSS statistic for a level (Kwiatkowski et al. 1992, table 1).
const KPSS_5: f64 = 0.463;

/// The differences of neighbours, `times` over; `times` numbers shorter.
pub(super) fn differenced(counts: &[f64], times: usize) -> Vec<f64> {
    let step =
        |pair: &[f64]| pair.last().copied().unwrap_or(0.0) - pair.first().copied().unwrap_or(0.0);
    (0..times).fold(counts.to_vec(), |row, _| row.windows(2).map(step).collect())
}

/// Returns the number of differences after which the KPSS test no longer rejects a level at 5 %.
pub(super) fn differences(counts: &[f64]) -> usize {
    (0..MOST_DIFFERENCES)
        .find(|&d| kpss(&differenced(counts, d)) <= KPSS_5)
        .unwrap_or(MOST_DIFFERENCES)
}

/// The KPSS statistic of a level, with Bartlett weights over `3 √n / 13` lags; 0 where nothing
/// varies.
fn kpss(row: &[f64]) -> f64 {
    let n = row.len() as f64;
    let mean = row.iter().sum::<f64>() / n.max(1.0);
    let off: Vec<f64> = row.iter().map(|value| value - mean).collect();
    let lags = (3.0 * n.sqrt() / 13.0) as usize;
    let weighted =
        |lag: usize| 2.0 * (1.0 - lag as f64 / (lags + 1) as f64) * covariance(&off, lag);
    let variance = covariance(&off, 0) + (1..=lags).map(weighted).sum::<f64>();
    let mut sum = 0.0;
    let squares: f64 = off
        .iter()
        .map(|value| {
            sum += value;
            sum * sum
        })
        .sum();
    if variance > 0.0 {
        squares / (n * n * variance)
    } else {
        0.0
    }
}

/// Mean product of numbers that are `lag` places apart.
fn covariance(row: &[f64], lag: usize) -> f64 {
    row.iter()
        .skip(lag)
        .zip(row)
        .map(|(a, b)| a * b)
        .sum::<f64>()
        / row.len() as f64
}

/// AR by least squares on the lags and a constant, which is the conditional sum of squares in
/// closed form; drawn in where it is not stationary, and the level then that of what is left.
pub(super) fn autoregression(row: &[f64], p: usize, has_level: bool) -> Option<Parameters> {
    let centre = if has_level {
        row.iter().sum::<f64>() / row.len().max(1) as f64
    } else {
        0.0
    };
    let off: Vec<f64> = row.iter().map(|value| value - centre).collect();
    let rows: Vec<Vec<f64>> = off
        .windows(p + 1)
        .map(|window| {
            let before = window.split_last().map_or(&[][..], |(_, before)| before);
            has_level
                .then_some(1.0)
                .into_iter()
                .chain(before.iter().rev().copied())
                .collect()
        })
        .collect();
    let wanted = off.get(p..)?;
    if rows.is_empty() {
        return None;
    }
    let mut weights = least_squares(&rows, wanted)?;
    let constant = if has_level { weights.remove(0) } else { 0.0 };
    let ar = stationary(&weights);
    let is_drawn_in = ar != weights;
    let left = 1.0 - ar.iter().sum::<f64>();
    let level = match (has_level, is_drawn_in) {
        (false, _) => 0.0,
        (true, false) => centre + constant / left,
        (true, true) => {
            let errors = off.windows(p + 1).map(|window| {
                let (now, before) = window
                    .split_last()
                    .map_or((0.0, &[][..]), |(now, before)| (*now, before));
                now - ar
                    .iter()
                    .zip(before.iter().rev())
                    .map(|(weight, value)| weight * value)
                    .sum::<f64>()
            });
            centre + errors.sum::<f64>() / rows.len() as f64 / left
        }
    };
    Some(Parameters {
        level,
        ar,
        ma: Vec::new(),
    })
}

/// ARMA by the least conditional sum of squares, over parameters of which each is stationary and
/// invertible: hyperbolic tangents of partial autocorrelations (Monahan 1984). Sought from the
/// two-step regression of Hannan & Rissanen 1982, and from nothing.
pub(super) fn arma(row: &[f64], p: usize, q: usize, has_level: bool) -> Option<Parameters> {
    if row.len() < 2 * (p + q + 1) + 2 {
        return None;
    }
    let mean = if has_level {
        row.iter().sum::<f64>() / row.len() as f64
    } else {
        0.0
    };
    let spread =
        (row.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / row.len() as f64).sqrt();
    let parameters_at = |point: &[f64]| {
        let (ar, rest) = point.split_at(p.min(point.len()));
        let (ma, level) = rest.split_at(q.min(rest.len()));
        Parameters {
            level: mean + spread * level.first().copied().unwrap_or(0.0),
            ar: from_partial(&curbed(ar)),
            ma: from_partial(&curbed(ma))
                .into_iter()
                .map(|value| -value)
                .collect(),
        }
    };
    let cost = |point: &[f64]| {
        let errors = parameters_at(point).errors(row, p.max(q));
        errors.iter().map(|e| e * e).sum::<f64>()
    };
    let n_free = p + q + usize::from(has_level);
    let starts = [
        Some(vec![0.0; n_free]),
        hannan_rissanen(row, p, q, has_level),
    ];
    let found = starts
        .into_iter()
        .flatten()
        .map(|start| minimise(&start, cost));
    let (best, _) = found
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|(_, high)| high.is_finite())?;
    Some(parameters_at(&best))
}

/// Partial autocorrelations, below 1 in size, of numbers without bounds.
fn curbed(free: &[f64]) -> Vec<f64> {
    free.iter().map(|z| z.tanh()).collect()
}

/// A start: the errors of a long AR take the place of the unknown ones.
fn hannan_rissanen(row: &[f64], p: usize, q: usize, has_level: bool) -> Option<Vec<f64>> {
    let long = (p.max(q) + 2).min(row.len() / 4);
    let first = autoregression(row, long, has_level)?;
    let errors = first.errors(row, long);
    let off: Vec<f64> = row
        .iter()
        .skip(long)
        .map(|value| value - first.level)
        .collect();
    let reach = p.max(q);
    let rows = (reach..off.len())
        .map(|at| {
            let values = (1..=p).map(|lag| off.get(at - lag).copied());
            values
                .chain((1..=q).map(|lag| errors.get(at - lag).copied()))
                .collect::<Option<Vec<f64>>>()
        })
        .collect::<Option<Vec<_>>>()?;
    let weights = least_squares(&rows, off.get(reach..)?)?;
    let (ar, ma) = weights.split_at(p);
    let turned: Vec<f64> = ma.iter().map(|value| -value).collect();
    Some(
        uncurbed(ar)?
            .into_iter()
            .chain(uncurbed(&turned)?)
            .chain(has_level.then_some(0.0))
            .collect(),
    )
}

/// Numbers without bounds of which [`curbed`] makes the partial autocorrelations of coefficients.
fn uncurbed(coefficients: &[f64]) -> Option<Vec<f64>> {
    let partial = to_partial(&stationary(coefficients))?;
    Some(
        partial
            .into_iter()
            .map(|r| r.clamp(-0.99, 0.99).atanh())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_by_hand_and_as_many_as_the_trend_asks() {
        assert_eq!(differenced(&[1.0, 4.0, 9.0, 16.0], 1), [3.0, 5.0, 7.0]);
        assert_eq!(differenced(&[1.0, 4.0, 9.0, 16.0], 2), [2.0, 2.0]);
        let wave = |t: usize| ((t * 37 + 11) % 17) as f64;
        let (flat, line): (Vec<f64>, Vec<f64>) = (0..120)
            .map(|t| (wave(t), 5.0 * t as f64 + wave(t)))
            .unzip();
        let square: Vec<f64> = (0..120).map(|t| (t * t) as f64 + wave(t)).collect();
        assert_eq!(
            (differences(&flat), differences(&line), differences(&square)),
            (0, 1, 2)
        );
        assert_eq!(differences(&[3.0; 20]), 0);
    }

    #[test]
    fn kpss_by_hand() {
        // 1 −1 1 −1: no lag at n = 4, variance 1, partial sums 1 0 1 0, so 2 / (16 · 1).
        assert!((kpss(&[1.0, -1.0, 1.0, -1.0]) - 0.125).abs() < 1e-15);
    }
}
