//! The inverse of a symmetric positive definite matrix, block by block, by the crate `gemm`.

use super::Stop;

/// Rows and columns that are eliminated together.
const BLOCK: usize = 64;

/// Replaces a symmetric positive definite matrix `[n, n]` by its inverse.
///
/// Gauss-Jordan elimination without pivots, which such a matrix never needs (Golub & Van Loan 2013,
/// section 4.2): of each block `D` on the diagonal, with `C` the columns and `R` the rows through
/// it, the rest becomes `A − C D⁻¹ R`, the rows `D⁻¹ R`, the columns `−C D⁻¹`, and `D` itself
/// `D⁻¹`. The products add up each number in the same order on any number of threads. A matrix of
/// another size stays as it is.
pub(super) fn invert(matrix: &mut [f64], n: usize, stop: Stop<'_>) {
    if n == 0 || matrix.len() != n * n {
        return;
    }
    for start in (0..n).step_by(BLOCK) {
        if stop.is_asked() {
            return;
        }
        let block = start..(start + BLOCK).min(n);
        let width = block.len();
        let mut pivot = columns(matrix, n, block.clone()).split_off(start * width);
        pivot.truncate(width * width);
        invert_small(&mut pivot, width);
        let left = columns(matrix, n, block.clone());
        let mut above = vec![0.0; width * n];
        let through = matrix.get(start * n..block.end * n).unwrap_or(&[]);
        product(Target::new(&mut above, width, n), &pivot, through, 1.0);
        product(Target::added_to(matrix, n, n), &left, &above, -1.0);
        let mut right = vec![0.0; n * width];
        product(Target::new(&mut right, n, width), &left, &pivot, -1.0);
        for (at, row) in matrix.chunks_exact_mut(n).enumerate() {
            if let Some(inside) = at.checked_sub(start).filter(|inside| *inside < width) {
                copy(row, above.get(inside * n..).unwrap_or(&[]));
                copy(
                    row.get_mut(start..).unwrap_or(&mut []),
                    pivot
                        .get(inside * width..(inside + 1) * width)
                        .unwrap_or(&[]),
                );
            } else {
                copy(
                    row.get_mut(start..).unwrap_or(&mut []),
                    right.get(at * width..(at + 1) * width).unwrap_or(&[]),
                );
            }
        }
    }
}

/// Copies as much of `from` as there is room for.
fn copy(to: &mut [f64], from: &[f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

/// Some columns of a matrix of `n` columns, row after row.
fn columns(matrix: &[f64], n: usize, block: std::ops::Range<usize>) -> Vec<f64> {
    matrix
        .chunks_exact(n)
        .flat_map(|row| row.get(block.clone()).unwrap_or(&[]).iter().copied())
        .collect()
}

/// Inverts a small matrix in place, number by number.
fn invert_small(matrix: &mut [f64], n: usize) {
    for at in 0..n {
        let pivot = matrix.get(at * n + at).copied().unwrap_or(1.0);
        let mut row: Vec<f64> = matrix
            .iter()
            .skip(at * n)
            .take(n)
            .map(|value| value / pivot)
            .collect();
        if let Some(own) = row.get_mut(at) {
            *own = 1.0 / pivot;
        }
        for (other, values) in matrix.chunks_exact_mut(n).enumerate() {
            if other == at {
                copy(values, &row);
                continue;
            }
            let factor = values.get_mut(at).map_or(0.0, std::mem::take);
            for (value, of_pivot) in values.iter_mut().zip(&row) {
                *value -= factor * of_pivot;
            }
        }
    }
}

/// Matrix that a product is written to, row after row.
struct Target<'a> {
    values: &'a mut [f64],
    n_rows: usize,
    n_columns: usize,
    /// Factor of the numbers that stand there.
    onto: f64,
}

impl<'a> Target<'a> {
    /// A matrix whose numbers are replaced.
    fn new(values: &'a mut [f64], n_rows: usize, n_columns: usize) -> Self {
        Self {
            values,
            n_rows,
            n_columns,
            onto: 0.0,
        }
    }

    /// A matrix to whose numbers the product is added.
    fn added_to(values: &'a mut [f64], n_rows: usize, n_columns: usize) -> Self {
        Self {
            onto: 1.0,
            ..Self::new(values, n_rows, n_columns)
        }
    }
}

/// `out = onto · out + times · a · b` for matrices row after row.
#[expect(
    unsafe_code,
    reason = "gemm takes pointers; the shapes are checked against the slices above"
)]
fn product(out: Target<'_>, a: &[f64], b: &[f64], times: f64) {
    let Target {
        values: out,
        n_rows,
        n_columns,
        onto,
    } = out;
    let depth = a.len() / n_rows.max(1);
    if n_rows == 0 || n_columns == 0 || out.len() != n_rows * n_columns {
        return;
    }
    if a.len() != n_rows * depth || b.len() != depth * n_columns {
        return;
    }
    // SAFETY: the three lengths were compared with the shapes just now, so that every element that
    // gemm touches lies in its slice; `out` is borrowed for writing alone.
    unsafe {
        gemm::gemm(
            n_rows,
            n_columns,
            depth,
            out.as_mut_ptr(),
            1,
            n_columns as isize,
            onto != 0.0,
            a.as_ptr(),
            1,
            depth as isize,
            b.as_ptr(),
            1,
            n_columns as isize,
            onto,
            times,
            false,
            false,
            false,
            gemm::Parallelism::Rayon(0),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gauss-Jordan with pivots on the matrix beside the identity: slow and plain.
    fn slow(matrix: &[f64], n: usize) -> Vec<f64> {
        let mut rows: Vec<Vec<f64>> = (0..n)
            .map(|i| {
                let identity = (0..n).map(|j| f64::from(u8::from(i == j)));
                matrix[i * n..(i + 1) * n]
                    .iter()
                    .copied()
                    .chain(identity)
                    .collect()
            })
            .collect();
        for at in 0..n {
            let pivot = (at..n)
                .max_by(|a, b| rows[*a][at].abs().total_cmp(&rows[*b][at].abs()))
                .unwrap();
            rows.swap(at, pivot);
            let scale = rows[at][at];
            rows[at].iter_mut().for_each(|value| *value /= scale);
            let top = rows[at].clone();
            for (_, row) in rows
                .iter_mut()
                .enumerate()
                .filter(|(other, _)| *other != at)
            {
                let factor = row[at];
                row.iter_mut()
                    .zip(&top)
                    .for_each(|(value, of_top)| *value -= factor * of_top);
            }
        }
        rows.into_iter().flat_map(|row| row[n..].to_vec()).collect()
    }

    /// `M Mᵀ + I` of numbers without a pattern.
    fn positive(n: usize) -> Vec<f64> {
        let m: Vec<f64> = (0..n * n)
            .map(|k| ((k * 7919 + 13) % 101) as f64 / 101.0 - 0.5)
            .collect();
        let entry = |i: usize, j: usize| (0..n).map(|k| m[i * n + k] * m[j * n + k]).sum::<f64>();
        (0..n * n)
            .map(|k| entry(k / n, k % n) + f64::from(u8::from(k / n == k % n)))
            .collect()
    }

    #[test]
    fn equals_the_slow_inverse_at_and_around_the_size_of_a_block() {
        for n in [1, 2, 63, 64, 65, 150] {
            let matrix = positive(n);
            let mut fast = matrix.clone();
            invert(&mut fast, n, Stop::default());
            let worst = fast
                .iter()
                .zip(slow(&matrix, n))
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f64::max);
            assert!(worst < 1e-9, "{n}: off by {worst}");
        }
    }

    #[test]
    fn two_by_two_by_hand() {
        // [[2, 1], [1, 3]] has determinant 5: the inverse is [[3, −1], [−1, 2]] / 5.
        let mut matrix = [2.0, 1.0, 1.0, 3.0];
        invert(&mut matrix, 2, Stop::default());
        assert!(
            matrix
                .iter()
                .zip([0.6, -0.2, -0.2, 0.4])
                .all(|(a, b)| (a - b).abs() < 1e-15),
            "{matrix:?}"
        );
    }
}
