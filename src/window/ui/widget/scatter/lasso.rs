//! Points inside a line that was drawn around them.

/// The points inside a closed line, by the even–odd rule.
pub(super) fn enclosed(line: &[[f32; 2]], points: &[[f32; 2]]) -> Vec<usize> {
    points
        .iter()
        .enumerate()
        .filter(|(_, point)| is_inside(line, **point))
        .map(|(at, _)| at)
        .collect()
}

/// Whether a ray to the right crosses the line an odd number of times.
fn is_inside(line: &[[f32; 2]], [x, y]: [f32; 2]) -> bool {
    let ends = line.iter().skip(1).chain(line.first());
    let crossings = line.iter().zip(ends).filter(|(a, b)| {
        let is_between = (a[1] > y) != (b[1] > y);
        is_between && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::enclosed;

    /// A bent line: the notch in its right side is outside.
    #[test]
    fn a_notch_is_outside() {
        let line = [[0.0, 0.0], [4.0, 0.0], [2.0, 2.0], [4.0, 4.0], [0.0, 4.0]];
        let points = [
            [1.0, 2.0],
            [3.0, 2.0],
            [3.0, 0.5],
            [5.0, 2.0],
            [-1.0, 1.0],
            [f32::NAN, 1.0],
        ];
        assert_eq!(enclosed(&line, &points), [0, 2]);
        assert!(enclosed(&line[..2], &points).is_empty());
    }
}
