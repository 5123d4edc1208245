//! Numbers to pixels: one pixel a cell, pooled by the largest where there are too many cells.

use egui::{Color32, ColorImage};

use super::{ColorScale, HeatmapMatrix};

/// Longest side of a texture in cells. More would cost megabytes a head and show nothing more.
pub(super) const MOST_CELLS: usize = 1024;

/// A matrix with at most `most` rows and columns; each cell holds the strongest number of those it
/// stands for, so that a single strong weight is not lost. NaN only where all are NaN.
pub(super) fn pooled(
    matrix: &HeatmapMatrix<'_>,
    scale: ColorScale,
    most: usize,
) -> (Vec<f32>, usize, usize) {
    let (n_rows, n_cols) = (matrix.n_rows, matrix.n_cols);
    let (row_step, col_step) = (
        n_rows.div_ceil(most.max(1)).max(1),
        n_cols.div_ceil(most.max(1)).max(1),
    );
    let (rows, cols) = (n_rows.div_ceil(row_step), n_cols.div_ceil(col_step));
    let mut out = vec![f32::NAN; rows * cols];
    for (row, values) in matrix.values.chunks_exact(n_cols.max(1)).enumerate() {
        let shown = if matrix.is_causal { row + 1 } else { n_cols };
        for (col, &value) in values.iter().enumerate().take(shown) {
            if let Some(cell) = out.get_mut(row / row_step * cols + col / col_step) {
                *cell = scale.stronger(*cell, value);
            }
        }
    }
    (out, rows, cols)
}

/// The picture of a matrix. NaN gets `nothing`.
pub(super) fn picture(
    matrix: &HeatmapMatrix<'_>,
    scale: ColorScale,
    most: usize,
    nothing: Color32,
) -> ColorImage {
    let (values, n_rows, n_cols) = pooled(matrix, scale, most);
    let mut pixels = Vec::with_capacity(values.len());
    for row in values.chunks_exact(n_cols.max(1)) {
        let top = largest(row);
        pixels.extend(row.iter().map(|&v| {
            if v.is_nan() {
                nothing
            } else {
                scale.color(v, top)
            }
        }));
    }
    ColorImage::new([n_cols, n_rows], pixels)
}

/// The largest number, at least something above 0 so that it can be divided by.
pub(super) fn largest(values: &[f32]) -> f32 {
    values
        .iter()
        .copied()
        .filter(|v| v.is_finite())
        .fold(f32::MIN_POSITIVE, f32::max)
}

#[cfg(test)]
mod tests {
    use super::super::scale::viridis;
    use super::*;

    #[test]
    fn pooling_keeps_the_strongest_cell_and_passes_gaps_over() {
        // 2 × 4 to at most 2 × 2: pairs of columns.
        let values = [0.1, 0.9, f32::NAN, f32::NAN, f32::NAN, 0.2, 0.3, 0.1];
        let matrix = HeatmapMatrix {
            values: &values,
            n_rows: 2,
            n_cols: 4,
            is_causal: false,
        };
        let (out, rows, cols) = pooled(&matrix, ColorScale::OfRow, 2);
        assert_eq!((rows, cols), (2, 2));
        assert_eq!(out[0].to_bits(), 0.9_f32.to_bits());
        assert!(out[1].is_nan());
        assert_eq!(&out[2..], &[0.2, 0.3]);
    }

    #[test]
    fn of_signed_numbers_the_farthest_from_0_stays() {
        let values = [-0.9, 0.3, f32::NAN, -0.1, 0.2, f32::NAN];
        let matrix = HeatmapMatrix {
            values: &values,
            n_rows: 1,
            n_cols: 6,
            is_causal: false,
        };
        let (out, rows, cols) = pooled(&matrix, ColorScale::Signed { most: 1.0 }, 3);
        assert_eq!((rows, cols), (1, 3));
        assert_eq!(out, [-0.9, -0.1, 0.2]);
    }

    #[test]
    fn what_a_step_cannot_see_is_nothing_not_zero() {
        let matrix = HeatmapMatrix {
            values: &[1.0, 0.0, 0.5, 0.5],
            n_rows: 2,
            n_cols: 2,
            is_causal: true,
        };
        let (out, _, _) = pooled(&matrix, ColorScale::OfRow, 8);
        assert!(out[1].is_nan() && out[2].to_bits() == 0.5_f32.to_bits());
    }

    #[test]
    fn each_row_can_have_its_own_scale_and_nothing_has_its_own_color() {
        let values = [0.5, 0.25, f32::NAN, 0.01];
        let matrix = HeatmapMatrix {
            values: &values,
            n_rows: 2,
            n_cols: 2,
            is_causal: false,
        };
        let image = picture(&matrix, ColorScale::OfRow, 8, Color32::RED);
        let brightest = viridis(1.0);
        assert_eq!(
            image.pixels,
            [brightest, viridis(0.5), Color32::RED, brightest]
        );
    }
}
