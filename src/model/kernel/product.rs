//! Products of matrices over slices, by the crate `gemm`, which looks at run time for what the
//! processor can do. The one place of `model` with unsafe code: `gemm` takes pointers.

use std::ops::Range;

/// A matrix in a slice: element (i, j) stands at `i * row_stride + j * column_stride`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MatrixView<'a> {
    values: &'a [f32],
    n_rows: usize,
    n_columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> MatrixView<'a> {
    /// `[n_rows, n_columns]`, row after row.
    ///
    /// # Panics
    /// When the slice is too short.
    pub(crate) fn new(values: &'a [f32], n_rows: usize, n_columns: usize) -> Self {
        Self::with_stride(values, n_rows, n_columns, n_columns)
    }

    /// `[n_rows, n_columns]`, whose rows begin `row_stride` apart.
    ///
    /// # Panics
    /// When the slice is too short.
    pub(crate) fn with_stride(
        values: &'a [f32],
        n_rows: usize,
        n_columns: usize,
        row_stride: usize,
    ) -> Self {
        assert!(
            fits(values.len(), n_rows, n_columns, row_stride),
            "a matrix larger than its slice"
        );
        Self {
            values,
            n_rows,
            n_columns,
            row_stride,
            column_stride: 1,
        }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(super) fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Rows become columns.
    pub(crate) fn transposed(self) -> Self {
        Self {
            n_rows: self.n_columns,
            n_columns: self.n_rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// A matrix to be written, row after row, whose rows begin `row_stride` apart.
#[derive(Debug)]
pub(crate) struct MatrixMut<'a> {
    values: &'a mut [f32],
    n_rows: usize,
    n_columns: usize,
    row_stride: usize,
}

impl<'a> MatrixMut<'a> {
    /// `[n_rows, n_columns]`, row after row.
    ///
    /// # Panics
    /// When the slice is too short.
    pub(crate) fn new(values: &'a mut [f32], n_rows: usize, n_columns: usize) -> Self {
        Self::with_stride(values, n_rows, n_columns, n_columns)
    }

    /// `[n_rows, n_columns]`, whose rows begin `row_stride` apart.
    ///
    /// # Panics
    /// When the slice is too short.
    pub(crate) fn with_stride(
        values: &'a mut [f32],
        n_rows: usize,
        n_columns: usize,
        row_stride: usize,
    ) -> Self {
        assert!(
            fits(values.len(), n_rows, n_columns, row_stride),
            "a matrix larger than its slice"
        );
        assert!(n_rows <= 1 || n_columns <= row_stride, "rows that overlap");
        Self {
            values,
            n_rows,
            n_columns,
            row_stride,
        }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }
}

/// Whether the last element of the last row lies in a slice of `n`.
fn fits(n: usize, n_rows: usize, n_columns: usize, row_stride: usize) -> bool {
    let end = || (n_rows - 1).checked_mul(row_stride)?.checked_add(n_columns);
    n_rows == 0 || n_columns == 0 || end().is_some_and(|end| end <= n)
}

/// Treatment of the numbers that stand where a product goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Onto {
    /// They are overwritten.
    Nothing,
    /// The product is added to them.
    Itself,
}

/// `out` = `a` · `b`, or `out` + `a` · `b`, on the calling thread.
///
/// # Panics
/// When the shapes do not fit.
pub(crate) fn product(out: MatrixMut<'_>, onto: Onto, a: MatrixView<'_>, b: MatrixView<'_>) {
    run(out, onto, a, b, gemm::Parallelism::None);
}

/// Computes [`product`] on all threads. Each number is added up in the same order as on one.
///
/// # Panics
/// When the shapes do not fit.
pub(crate) fn product_on_threads(
    out: MatrixMut<'_>,
    onto: Onto,
    a: MatrixView<'_>,
    b: MatrixView<'_>,
) {
    run(out, onto, a, b, gemm::Parallelism::Rayon(0));
}

#[expect(
    unsafe_code,
    reason = "gemm takes pointers; the shapes are checked against the slices above"
)]
fn run(
    out: MatrixMut<'_>,
    onto: Onto,
    a: MatrixView<'_>,
    b: MatrixView<'_>,
    threads: gemm::Parallelism,
) {
    let MatrixMut {
        values,
        n_rows,
        n_columns,
        row_stride,
    } = out;
    assert!(
        a.n_columns == b.n_rows,
        "{} columns against {} rows",
        a.n_columns,
        b.n_rows
    );
    assert!(
        (n_rows, n_columns) == (a.n_rows, b.n_columns),
        "a product of another shape"
    );
    if n_rows == 0 || n_columns == 0 {
        return;
    }
    let add = onto == Onto::Itself;
    // SAFETY: `fits` was asserted of each of the three when it was made, so that every element that
    // gemm touches lies in its slice, and strides are no longer than a slice can be; `out` is
    // borrowed for writing alone, and its rows do not overlap.
    unsafe {
        gemm::gemm(
            n_rows,
            n_columns,
            a.n_columns,
            values.as_mut_ptr(),
            1,
            row_stride as isize,
            add,
            a.values.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            threads,
        );
    }
}

/// The part of `values` that holds these rows of `width` numbers each.
pub(crate) fn rows(values: &[f32], rows: Range<usize>, width: usize) -> &[f32] {
    values
        .get(rows.start * width..rows.end * width)
        .unwrap_or(&[])
}

/// Returns [`rows`] to be written.
pub(crate) fn rows_mut(values: &mut [f32], rows: Range<usize>, width: usize) -> &mut [f32] {
    values
        .get_mut(rows.start * width..rows.end * width)
        .unwrap_or(&mut [])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, factor: f32) -> Vec<f32> {
        (0..n).map(|at| (at as f32 * factor).sin()).collect()
    }

    /// Σ a(i, k) b(k, j), one after the other.
    fn obvious(a: MatrixView<'_>, b: MatrixView<'_>) -> Vec<f32> {
        let at = |m: &MatrixView<'_>, i: usize, j: usize| {
            m.values[i * m.row_stride + j * m.column_stride]
        };
        let cell = |i, j| (0..a.n_columns).map(|k| at(&a, i, k) * at(&b, k, j)).sum();
        (0..a.n_rows)
            .flat_map(|i| {
                (0..b.n_columns)
                    .map(move |j| cell(i, j))
                    .collect::<Vec<f32>>()
            })
            .collect()
    }

    #[test]
    fn products_are_sums_over_the_inner_side() {
        let (a, b) = (numbers(7 * 12, 0.7), numbers(9 * 12, 0.3));
        // Rows 12 apart of which 5 are taken; and the other side transposed.
        let left = MatrixView::with_stride(&a, 7, 5, 12);
        let right = MatrixView::with_stride(&b, 9, 5, 12).transposed();
        let expected = obvious(left, right);
        let mut out = vec![3.0; 7 * 9];
        product(MatrixMut::new(&mut out, 7, 9), Onto::Nothing, left, right);
        assert!(out.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5));
        product_on_threads(MatrixMut::new(&mut out, 7, 9), Onto::Itself, left, right);
        assert!(
            out.iter()
                .zip(&expected)
                .all(|(a, b)| (a - 2.0 * b).abs() < 1e-5)
        );
        // Without an inner side a product is 0.
        product(
            MatrixMut::new(&mut out, 7, 9),
            Onto::Nothing,
            MatrixView::new(&[], 7, 0),
            MatrixView::new(&[], 0, 9),
        );
        assert_eq!(out, vec![0.0; 63]);
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let (a, b) = (numbers(300 * 170, 0.7), numbers(170 * 500, 0.3));
        let (left, right) = (MatrixView::new(&a, 300, 170), MatrixView::new(&b, 170, 500));
        let mut one = vec![0.0; 300 * 500];
        product(
            MatrixMut::new(&mut one, 300, 500),
            Onto::Nothing,
            left,
            right,
        );
        for n_threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(n_threads)
                .build()
                .unwrap();
            let mut many = vec![0.0; 300 * 500];
            pool.install(|| {
                product_on_threads(
                    MatrixMut::new(&mut many, 300, 500),
                    Onto::Nothing,
                    left,
                    right,
                );
            });
            assert!(
                one.iter()
                    .zip(&many)
                    .all(|(a, b)| a.to_bits() == b.to_bits()),
                "{n_threads} threads"
            );
        }
    }

    #[test]
    fn no_size_wraps_around() {
        assert!(fits(10, 2, 3, 7) && !fits(9, 2, 3, 7));
        assert!(!fits(100, 3, 4, usize::MAX / 2 + 1) && !fits(100, 2, usize::MAX, 1));
    }

    #[test]
    #[should_panic(expected = "larger than its slice")]
    fn a_matrix_never_reaches_over_its_slice() {
        MatrixView::with_stride(&[0.0; 16], 2, 5, 12);
    }
}
