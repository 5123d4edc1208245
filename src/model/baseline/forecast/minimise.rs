//! The lowest point of a function of a few numbers, without derivatives (Nelder & Mead 1965).

/// Steps of a number of parameters.
const STEPS_EACH: usize = 300;

/// A point, and the value of the function there; NaN counts as infinitely high.
#[derive(Default)]
struct Corner {
    point: Vec<f64>,
    height: f64,
}

impl Corner {
    fn new(point: Vec<f64>, value: &impl Fn(&[f64]) -> f64) -> Self {
        let height = height(&point, value);
        Self { point, height }
    }
}

fn height(point: &[f64], value: &impl Fn(&[f64]) -> f64) -> f64 {
    Some(value(point))
        .filter(|v| !v.is_nan())
        .unwrap_or(f64::INFINITY)
}

/// The lowest point found from `start`, and its value. NaN counts as infinitely high.
pub(super) fn minimise(start: &[f64], value: impl Fn(&[f64]) -> f64) -> (Vec<f64>, f64) {
    let mut simplex: Vec<Corner> = std::iter::once(None)
        .chain((0..start.len()).map(Some))
        .map(|moved| {
            let mut point = start.to_vec();
            if let Some(number) = moved.and_then(|at| point.get_mut(at)) {
                *number += 0.25;
            }
            Corner::new(point, &value)
        })
        .collect();
    for _ in 0..STEPS_EACH * start.len() {
        simplex.sort_by(|a, b| a.height.total_cmp(&b.height));
        let Some((worst, others)) = simplex.split_last() else {
            break;
        };
        // Of one number there are two points, and the best is the second worst too.
        let (Some(best), Some(second)) = (others.first(), others.last()) else {
            break;
        };
        if worst.height - best.height <= 1e-12 * best.height.abs() {
            break;
        }
        let centre = centre(others, start.len());
        // 1 is the worst point's mirror image, 2 twice as far, −1/2 half-way back.
        let at = |times: f64| {
            let from_worst = centre.iter().zip(&worst.point);
            let point = from_worst.map(|(c, w)| c + times * (c - w)).collect();
            Corner::new(point, &value)
        };
        let mirrored = at(1.0);
        let taken = if mirrored.height < best.height {
            let further = at(2.0);
            Some(if further.height < mirrored.height {
                further
            } else {
                mirrored
            })
        } else if mirrored.height < second.height {
            Some(mirrored)
        } else {
            let nearer = if mirrored.height < worst.height {
                at(0.5)
            } else {
                at(-0.5)
            };
            Some(nearer).filter(|nearer| nearer.height < worst.height.min(mirrored.height))
        };
        replace_or_shrink(&mut simplex, taken, &value);
    }
    simplex.sort_by(|a, b| a.height.total_cmp(&b.height));
    let Corner { point, height } = simplex.into_iter().next().unwrap_or_default();
    (point, height)
}

/// The mean of some points of `n` numbers.
fn centre(corners: &[Corner], n: usize) -> Vec<f64> {
    (0..n)
        .map(|at| {
            let numbers = corners.iter().filter_map(|corner| corner.point.get(at));
            numbers.sum::<f64>() / corners.len() as f64
        })
        .collect()
}

/// Puts the new point in the place of the worst one; without a new point all draw near to the best.
fn replace_or_shrink(
    simplex: &mut [Corner],
    taken: Option<Corner>,
    value: &impl Fn(&[f64]) -> f64,
) {
    if let Some(taken) = taken {
        if let Some(worst) = simplex.last_mut() {
            *worst = taken;
        }
        return;
    }
    if let Some((best, others)) = simplex.split_first_mut() {
        for corner in others {
            corner
                .point
                .iter_mut()
                .zip(&best.point)
                .for_each(|(own, of_best)| *own = f64::midpoint(*own, *of_best));
            corner.height = height(&corner.point, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_bottom_of_a_bent_valley() {
        // Rosenbrock's function, whose lowest point is (1, 1).
        let banana = |p: &[f64]| (1.0 - p[0]).powi(2) + 100.0 * (p[1] - p[0] * p[0]).powi(2);
        let (point, high) = minimise(&[-1.2, 1.0], banana);
        assert!(
            high < 1e-10 && (point[0] - 1.0).abs() < 1e-4,
            "{point:?} {high}"
        );
        assert_eq!(minimise(&[], |_| 3.0), (Vec::new(), 3.0));
    }

    #[test]
    fn finds_the_bottom_for_one_number_and_for_three() {
        let (point, high) = minimise(&[9.0], |p| (p[0] + 2.5).powi(2) + 1.0);
        assert!(
            (point[0] + 2.5).abs() < 1e-5 && (high - 1.0).abs() < 1e-9,
            "{point:?} {high}"
        );
        let bowl = |p: &[f64]| {
            p.iter()
                .zip([1.0, -2.0, 0.5])
                .map(|(p, to)| (p - to).powi(2))
                .sum::<f64>()
                + 1.0
        };
        let (point, _) = minimise(&[0.0; 3], bowl);
        assert!(
            point
                .iter()
                .zip([1.0, -2.0, 0.5])
                .all(|(p, to)| (p - to).abs() < 1e-4),
            "{point:?}"
        );
    }
}
