//! Least squares of a few columns.

/// The weights that bring `rows · weights` nearest to `wanted`, by the normal equations; `None`
/// where columns depend on each other or there are fewer rows than columns.
pub(super) fn least_squares(rows: &[Vec<f64>], wanted: &[f64]) -> Option<Vec<f64>> {
    let n = rows.first().map_or(0, Vec::len);
    if rows.len() < n {
        return None;
    }
    let mut system = vec![vec![0.0; n + 1]; n];
    for (row, target) in rows.iter().zip(wanted) {
        for (line, left) in system.iter_mut().zip(row) {
            for (sum, right) in line.iter_mut().zip(row.iter().chain([target])) {
                *sum += left * right;
            }
        }
    }
    solve(system)
}

/// Absolute value of a number of a system; 0 where it has none.
fn size(system: &[Vec<f64>], line: usize, column: usize) -> f64 {
    system
        .get(line)
        .and_then(|line| line.get(column))
        .map_or(0.0, |value| value.abs())
}

/// Solves a symmetric system whose lines end in the right-hand side, with pivots.
fn solve(mut system: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    const SINGULAR: f64 = 1e-12;
    let n = system.len();
    let scale = system
        .iter()
        .enumerate()
        .filter_map(|(at, line)| line.get(at))
        .fold(0.0_f64, |a, b| a.max(b.abs()));
    for at in 0..n {
        let pivot =
            (at..n).max_by(|a, b| size(&system, *a, at).total_cmp(&size(&system, *b, at)))?;
        system.swap(at, pivot);
        let top = system.get(at)?.clone();
        let &head = top.get(at)?;
        if head.is_nan() || head.abs() <= SINGULAR * scale {
            return None;
        }
        for (_, line) in system
            .iter_mut()
            .enumerate()
            .filter(|(other, _)| *other != at)
        {
            let factor = line.get(at).copied().unwrap_or(0.0) / head;
            line.iter_mut()
                .zip(&top)
                .for_each(|(value, of_top)| *value -= factor * of_top);
        }
    }
    system
        .iter()
        .enumerate()
        .map(|(at, line)| Some(line.get(n)? / line.get(at)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_three_points() {
        // (0, 1), (1, 2), (2, 4): slope 3/2, intercept 5/6.
        let rows = [vec![1.0, 0.0], vec![1.0, 1.0], vec![1.0, 2.0]];
        let weights = least_squares(&rows, &[1.0, 2.0, 4.0]).unwrap();
        assert!(
            (weights[0] - 5.0 / 6.0).abs() < 1e-12 && (weights[1] - 1.5).abs() < 1e-12,
            "{weights:?}"
        );
        assert_eq!(
            least_squares(
                &[vec![1.0, 2.0], vec![2.0, 4.0], vec![0.0, 0.0]],
                &[1.0, 2.0, 3.0]
            ),
            None
        );
        assert_eq!(least_squares(&rows[..1], &[1.0]), None);
    }
}
