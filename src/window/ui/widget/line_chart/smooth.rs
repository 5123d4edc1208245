//! Smoothing by an exponential moving average that knows how far apart its points are.

/// Time-weighted, debiased exponential moving average.
///
/// `weight` in 0..1 is what remains of the past after one mean spacing of x; 0 changes nothing.
/// Two corrections to the plain average: the past fades by the distance in x, not by the number of
/// points, so a gap does not drag an old value along; and dividing by the sum of weights keeps the
/// first values from being pulled towards zero (Kingma & Ba 2015, section 3, for the same reason).
/// NaN stays NaN and leaves the average as it is. `points` must be in order of x.
#[must_use]
pub fn smooth(points: &[[f64; 2]], weight: f64) -> Vec<[f64; 2]> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Vec::new();
    };
    let mean_gap = (last[0] - first[0]) / (points.len() - 1).max(1) as f64;
    if weight <= 0.0 || mean_gap <= 0.0 {
        return points.to_vec();
    }
    let weight = weight.min(0.999);
    let (mut sum, mut weights, mut before) = (0.0, 0.0, first[0]);
    // Most gaps are alike, and a power costs more than all else here.
    let (mut last_gap, mut last_fade) = (0.0, 1.0);
    points
        .iter()
        .map(|p| {
            if !p[1].is_finite() {
                return [p[0], f64::NAN];
            }
            let gap: f64 = p[0] - before;
            if gap.to_bits() != f64::to_bits(last_gap) {
                (last_gap, last_fade) = (gap, weight.powf(gap / mean_gap));
            }
            let fade = last_fade;
            before = p[0];
            sum = sum * fade + p[1];
            weights = weights * fade + 1.0;
            [p[0], sum / weights]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::smooth;

    #[test]
    fn the_average_is_debiased_and_fades_with_distance() {
        // One mean gap apart with weight 0.5: (0.5 * 4 + 2) / (0.5 + 1) = 4 / 1.5.
        let even = smooth(&[[0.0, 4.0], [1.0, 2.0]], 0.5);
        assert!(
            (even[0][1] - 4.0).abs() < 1e-12,
            "the first value is not pulled to zero"
        );
        assert!((even[1][1] - 4.0 / 1.5).abs() < 1e-12);
        // Gaps 1, 1, 8 (mean 10/3): after the long gap the old values weigh 0.5^(8/(10/3)) = 0.19.
        let far = smooth(&[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [10.0, 1.0]], 0.5);
        assert!(
            far[3][1] > 0.6,
            "an old value is not dragged over a gap: {}",
            far[3][1]
        );
    }

    #[test]
    fn nan_stays_a_gap_and_does_not_spread() {
        let out = smooth(&[[0.0, 1.0], [1.0, f64::NAN], [2.0, 1.0]], 0.9);
        assert!(out[1][1].is_nan());
        assert!((out[2][1] - 1.0).abs() < 1e-12);
    }
}
