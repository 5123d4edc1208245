//! Holm's correction for many tests.

/// Corrected p-values, in the order given: reject where one is at most the wanted level, and the
/// chance of any false rejection stays below that level.
///
/// A p-value that is no number stays one, and counts as a test that was made.
///
/// # Source
/// Holm 1979: the i-th smallest of m is multiplied by m - i + 1, none is below the one before it.
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let m = p_values.len();
    let mut order: Vec<usize> = (0..m).collect();
    let p = |at: usize| p_values.get(at).copied().unwrap_or(f64::NAN);
    // What is no number comes last, whichever sign it has: 0 / 0 is negative on some processors.
    order.sort_by(|&a, &b| {
        p(a).is_nan()
            .cmp(&p(b).is_nan())
            .then(p(a).total_cmp(&p(b)))
    });
    let mut corrected = vec![f64::NAN; m];
    let mut before = 0.0_f64;
    for (place, at) in order
        .into_iter()
        .enumerate()
        .filter(|(_, at)| !p(*at).is_nan())
    {
        before = before.max(((m - place) as f64 * p(at)).min(1.0));
        if let Some(corrected) = corrected.get_mut(at) {
            *corrected = before;
        }
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::holm;

    #[test]
    fn a_hand_worked_family() {
        // Sorted .005, .01, .03, .04 times 4, 3, 2, 1: .02, .03, .06, and .04 raised to the .06
        // before it.
        let found = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, wanted) in found.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
        }
        assert_eq!(holm(&[0.7, 0.6]), [1.0, 1.0], "never above 1");
        assert_eq!(holm(&[]), [0.0; 0]);
        for nan in [f64::NAN, -f64::NAN] {
            let with_nan = holm(&[nan, 0.02]);
            assert!(
                with_nan[0].is_nan() && (with_nan[1] - 0.04).abs() < 1e-12,
                "{with_nan:?}"
            );
        }
        assert_eq!(
            holm(&[0.02; 3]),
            [0.06; 3],
            "equal ones are corrected alike"
        );
    }
}
