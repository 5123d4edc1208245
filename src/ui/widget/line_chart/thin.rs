//! Fewer points for the same picture: of each pixel column the first, lowest, highest and last
//! point. No extreme is lost, which a plain "every tenth point" would do.

/// Lines with more visible points than this are thinned.
pub const MOST_POINTS: usize = 10_000;

/// The points worth drawing between two x, with one neighbour on either side so that the line
/// leaves the picture where it should.
///
/// `points` must be in order of x. Up to [`MOST_POINTS`] visible points are returned as they are;
/// above, at most four a column of `n_columns`. NaN is a gap: a column that has numbers keeps
/// them, a column of nothing but NaN keeps one NaN, so a gap wider than a pixel stays a gap.
#[must_use]
pub fn thin(points: &[[f64; 2]], x_range: (f64, f64), n_columns: usize) -> Vec<[f64; 2]> {
    let start = points.partition_point(|p| p[0] < x_range.0).saturating_sub(1);
    let end = (points.partition_point(|p| p[0] <= x_range.1) + 1).min(points.len());
    let visible = points.get(start..end).unwrap_or(&[]);
    let (Some(first), Some(last)) = (visible.first(), visible.last()) else { return Vec::new() };
    if visible.len() <= MOST_POINTS || n_columns == 0 || first[0] >= last[0] {
        return visible.to_vec();
    }
    let per_x = n_columns as f64 / (last[0] - first[0]);
    let column = |p: &[f64; 2]| (((p[0] - first[0]) * per_x) as usize).min(n_columns - 1);
    let mut out = Vec::with_capacity(n_columns * 4);
    for chunk in visible.chunk_by(|a, b| column(a) == column(b)) {
        push_extremes(chunk, &mut out);
    }
    out
}

/// First, lowest, highest and last number of one column, in their order, without repeats.
fn push_extremes(column: &[[f64; 2]], out: &mut Vec<[f64; 2]>) {
    let numbers = || column.iter().enumerate().filter(|(_, p)| p[1].is_finite());
    let lowest = numbers().min_by(|a, b| a.1[1].total_cmp(&b.1[1]));
    let highest = numbers().max_by(|a, b| a.1[1].total_cmp(&b.1[1]));
    let mut kept: Vec<usize> =
        [numbers().next(), lowest, highest, numbers().next_back()].into_iter().flatten().map(|(at, _)| at).collect();
    kept.sort_unstable();
    kept.dedup();
    if kept.is_empty() {
        out.extend(column.first());
    }
    out.extend(kept.iter().filter_map(|&at| column.get(at)));
}
