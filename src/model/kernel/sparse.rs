//! Matrices of which few elements are not 0, times dense ones.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the processor's instructions"
)]

use rayon::prelude::*;

use super::product::rows;
use super::vectorized;

/// A matrix by rows, of whose elements only some are kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SparseRows {
    /// Start of the elements of each row, and at last the end of those of the last one.
    /// `[n_rows + 1]`
    pub(crate) starts: Vec<usize>,
    /// Column and value of each element, row by row.
    pub(crate) elements: Vec<(u32, f32)>,
    /// Number of columns.
    pub(crate) n_columns: usize,
}

/// Rows that a thread takes at a time.
const ROWS: usize = 8;

/// Elements that are added in one pass over a row.
const AT_ONCE: usize = 4;

impl SparseRows {
    /// Number of rows.
    pub(crate) fn n_rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The elements of one row.
    pub(crate) fn row(&self, row: usize) -> &[(u32, f32)] {
        let bounds = self.starts.get(row).zip(self.starts.get(row + 1));
        bounds
            .and_then(|(&start, &end)| self.elements.get(start..end))
            .unwrap_or(&[])
    }

    /// Rows become columns; elements that are 0 are left out. Within a row the columns rise.
    pub(crate) fn transposed(&self) -> Self {
        let mut starts = vec![0; self.n_columns + 1];
        let kept = |row: usize| self.row(row).iter().filter(|(_, value)| *value != 0.0);
        for &(column, _) in (0..self.n_rows()).flat_map(kept) {
            if let Some(n) = starts.get_mut(column as usize + 1) {
                *n += 1;
            }
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut free = starts.clone();
        let mut elements = vec![(0, 0.0); starts.last().copied().unwrap_or(0)];
        for row in 0..self.n_rows() {
            for &(column, value) in kept(row) {
                let Some(place) = free.get_mut(column as usize) else {
                    continue;
                };
                if let Some(element) = elements.get_mut(*place) {
                    *element = (row as u32, value);
                }
                *place += 1;
            }
        }
        Self {
            starts,
            elements,
            n_columns: self.n_rows(),
        }
    }

    /// This matrix times `dense`, on all threads. Elements that are 0 are passed over. Each number
    /// is added up in the order of the elements.
    ///
    /// # Shapes
    /// `dense` `[n_columns, width]`, `out` `[n_rows, width]`; what stands in `out` is overwritten.
    pub(crate) fn product(&self, out: &mut [f32], dense: &[f32], width: usize) {
        out.par_chunks_mut((ROWS * width).max(1))
            .enumerate()
            .for_each(|(at, block)| {
                vectorized(
                    #[inline(always)]
                    || {
                        for (row, sums) in block.chunks_exact_mut(width.max(1)).enumerate() {
                            sums.fill(0.0);
                            add_rows(sums, self.row(at * ROWS + row), dense);
                        }
                    },
                );
            });
    }
}

/// Adds to `sums` the rows of `dense` that the elements name, each times its value.
#[inline(always)]
fn add_rows(sums: &mut [f32], elements: &[(u32, f32)], dense: &[f32]) {
    let width = sums.len();
    let row = |column: u32| rows(dense, column as usize..column as usize + 1, width);
    let mut waiting: [(u32, f32); AT_ONCE] = [(0, 0.0); AT_ONCE];
    let mut n_waiting = 0;
    for &element in elements.iter().filter(|(_, value)| *value != 0.0) {
        waiting[n_waiting] = element;
        n_waiting += 1;
        if n_waiting == AT_ONCE {
            let [first, second, third, fourth] = waiting.map(|(column, _)| row(column));
            let by = waiting.map(|(_, value)| value);
            for ((((sum, a), b), c), d) in sums
                .iter_mut()
                .zip(first)
                .zip(second)
                .zip(third)
                .zip(fourth)
            {
                *sum = d.mul_add(
                    by[3],
                    c.mul_add(by[2], b.mul_add(by[1], a.mul_add(by[0], *sum))),
                );
            }
            n_waiting = 0;
        }
    }
    for &(column, value) in waiting.iter().take(n_waiting) {
        sums.iter_mut()
            .zip(row(column))
            .for_each(|(sum, a)| *sum = a.mul_add(value, *sum));
    }
}

/// Sum of the rows of a matrix, on all threads; each number is added up from the first row to the
/// last.
///
/// # Shapes
/// `values` `[n_rows, out.len()]`; what stands in `out` is overwritten.
pub(crate) fn sum_of_rows(out: &mut [f32], values: &[f32]) {
    const COLUMNS: usize = 512;
    let width = out.len().max(1);
    out.par_chunks_mut(COLUMNS)
        .enumerate()
        .for_each(|(at, sums)| {
            vectorized(
                #[inline(always)]
                || {
                    sums.fill(0.0);
                    for row in values.chunks_exact(width) {
                        let part = row.get(at * COLUMNS..).unwrap_or(&[]);
                        sums.iter_mut()
                            .zip(part)
                            .for_each(|(sum, value)| *sum += value);
                    }
                },
            );
        });
}

/// Changes each row of a matrix, on all threads; what each row gives stands in their order.
pub(crate) fn each_row<R: Send>(
    values: &mut [f32],
    width: usize,
    change: impl Fn(usize, &mut [f32]) -> R + Sync,
) -> Vec<R> {
    values
        .par_chunks_exact_mut(width.max(1))
        .enumerate()
        .map(|(row, values)| change(row, values))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize) -> Vec<f32> {
        (0..n).map(|at| (at as f32 * 0.7).sin()).collect()
    }

    /// Rows of 0, 1, 5 and 2 elements, one of which is 0.
    fn sparse() -> SparseRows {
        let elements = vec![
            (2, 1.5),
            (4, 1.0),
            (0, -2.0),
            (1, 0.5),
            (3, 3.0),
            (2, -1.0),
            (1, 0.0),
            (4, 2.0),
        ];
        SparseRows {
            starts: vec![0, 0, 1, 6, 8],
            elements,
            n_columns: 5,
        }
    }

    #[test]
    fn products_are_those_of_the_dense_matrix() {
        for width in [1, 3, 16, 40] {
            let (sparse, dense) = (sparse(), numbers(5 * width));
            let mut out = vec![7.0; 4 * width];
            sparse.product(&mut out, &dense, width);
            for row in 0..4 {
                for at in 0..width {
                    let terms = sparse
                        .row(row)
                        .iter()
                        .map(|&(column, value)| value * dense[column as usize * width + at]);
                    assert!((out[row * width + at] - terms.sum::<f32>()).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn transposing_keeps_every_element_that_is_not_0() {
        let transposed = sparse().transposed();
        assert_eq!(transposed.starts, [0, 1, 2, 4, 5, 7]);
        assert_eq!(
            transposed.elements,
            [
                (2, -2.0),
                (2, 0.5),
                (1, 1.5),
                (2, -1.0),
                (2, 3.0),
                (2, 1.0),
                (3, 2.0)
            ]
        );
        assert_eq!(transposed.n_columns, 4);
        assert_eq!(SparseRows::default().transposed().n_rows(), 0);
    }

    #[test]
    fn sums_of_rows_are_sums_over_the_rows() {
        let values = numbers(3 * 1030);
        let mut sums = vec![7.0; 1030];
        sum_of_rows(&mut sums, &values);
        for (at, sum) in sums.iter().enumerate() {
            assert!((sum - (values[at] + values[1030 + at] + values[2060 + at])).abs() < 1e-6);
        }
        sum_of_rows(&mut [], &[]);
    }

    #[test]
    fn each_row_is_changed_once_and_answers_in_order() {
        let mut values = vec![1.0; 6];
        let places = each_row(&mut values, 2, |row, values| {
            values.fill(row as f32);
            row
        });
        assert_eq!(
            (places, values),
            (vec![0, 1, 2], vec![0.0, 0.0, 1.0, 1.0, 2.0, 2.0])
        );
    }
}
