//! The lowest point of a function of a few numbers, without derivatives (Nelder & Mead 1965).

/// Steps of a number of parameters.
const STEPS_EACH: usize = 300;

/// The lowest point found from `start`, and its value. NaN counts as infinitely high.
pub(super) fn minimise(start: &[f64], value: impl Fn(&[f64]) -> f64) -> (Vec<f64>, f64) {
    let height = |point: &[f64]| {
        Some(value(point))
            .filter(|v| !v.is_nan())
            .unwrap_or(f64::INFINITY)
    };
    let corner = |moved: Option<usize>| {
        let mut point = start.to_vec();
        if let Some(number) = moved.and_then(|at| point.get_mut(at)) {
            *number += 0.25;
        }
        let high = height(&point);
        (point, high)
    };
    let mut simplex: Vec<(Vec<f64>, f64)> = std::iter::once(None)
        .chain((0..start.len()).map(Some))
        .map(corner)
        .collect();
    for _ in 0..STEPS_EACH * start.len() {
        simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
        let Some(((worst, worst_high), others)) = simplex.split_last() else {
            break;
        };
        // Of one number there are two points, and the best is the second worst too.
        let (Some((_, best)), Some((_, second))) = (others.first(), others.last()) else {
            break;
        };
        let (best, second, worst_high) = (*best, *second, *worst_high);
        if worst_high - best <= 1e-12 * best.abs() {
            break;
        }
        let centre: Vec<f64> = (0..start.len())
            .map(|at| {
                others
                    .iter()
                    .filter_map(|(point, _)| point.get(at))
                    .sum::<f64>()
                    / others.len() as f64
            })
            .collect();
        // 1 is the worst point's mirror image, 2 twice as far, −1/2 half-way back.
        let at = |times: f64| -> (Vec<f64>, f64) {
            let point: Vec<f64> = centre
                .iter()
                .zip(worst)
                .map(|(c, w)| c + times * (c - w))
                .collect();
            let high = height(&point);
            (point, high)
        };
        let mirrored = at(1.0);
        let taken = if mirrored.1 < best {
            let further = at(2.0);
            Some(if further.1 < mirrored.1 {
                further
            } else {
                mirrored
            })
        } else if mirrored.1 < second {
            Some(mirrored)
        } else {
            let nearer = if mirrored.1 < worst_high {
                at(0.5)
            } else {
                at(-0.5)
            };
            Some(nearer).filter(|nearer| nearer.1 < worst_high.min(mirrored.1))
        };
        replace_or_shrink(&mut simplex, taken, &height);
    }
    simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
    simplex.into_iter().next().unwrap_or_default()
}

/// Puts the new point in the place of the worst one; without a new point all draw near to the best.
fn replace_or_shrink(
    simplex: &mut [(Vec<f64>, f64)],
    taken: Option<(Vec<f64>, f64)>,
    height: &impl Fn(&[f64]) -> f64,
) {
    if let Some(taken) = taken {
        if let Some(worst) = simplex.last_mut() {
            *worst = taken;
        }
        return;
    }
    if let Some(((best, _), others)) = simplex.split_first_mut() {
        for (point, high) in others {
            point
                .iter_mut()
                .zip(best.iter())
                .for_each(|(own, of_best)| *own = f64::midpoint(*own, *of_best));
            *high = height(point);
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
