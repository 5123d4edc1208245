//! Lag polynomials that stay where they must: stationary, invertible.

/// Coefficients of a stationary AR from partial autocorrelations within (−1, 1): the recursion of
/// Durbin and Levinson (Monahan 1984, equation 1). Each set of the one is one set of the other.
pub(super) fn from_partial(partial: &[f64]) -> Vec<f64> {
    let mut coefficients: Vec<f64> = Vec::with_capacity(partial.len());
    for &r in partial {
        let turned: Vec<f64> = coefficients.iter().rev().copied().collect();
        for (own, other) in coefficients.iter_mut().zip(turned) {
            *own -= r * other;
        }
        coefficients.push(r);
    }
    coefficients
}

/// The partial autocorrelations of an AR; `None` when it is not stationary.
pub(super) fn to_partial(coefficients: &[f64]) -> Option<Vec<f64>> {
    let mut left = coefficients.to_vec();
    let mut partial = Vec::with_capacity(left.len());
    while let Some(r) = left.pop() {
        if r.is_nan() || r.abs() >= 1.0 {
            return None;
        }
        partial.push(r);
        let turned: Vec<f64> = left.iter().rev().copied().collect();
        for (own, other) in left.iter_mut().zip(turned) {
            *own = (*own + r * other) / (1.0 - r * r);
        }
    }
    partial.reverse();
    Some(partial)
}

/// The coefficients themselves where they are stationary with room to spare; else drawn in, lag `i`
/// by `γ^i`, which moves every root outwards by `1 / γ`, until they are.
pub(super) fn stationary(coefficients: &[f64]) -> Vec<f64> {
    const STEP: f64 = 0.99;
    const MOST: f64 = 0.999;
    let mut drawn = coefficients.to_vec();
    // At γ = 0.99^2000 nothing is left of any coefficient that a fit can give.
    for _ in 0..2_000 {
        if to_partial(&drawn).is_some_and(|partial| partial.iter().all(|r| r.abs() < MOST)) {
            return drawn;
        }
        let powers = std::iter::successors(Some(STEP), |power| Some(power * STEP));
        drawn
            .iter_mut()
            .zip(powers)
            .for_each(|(value, power)| *value *= power);
    }
    vec![0.0; coefficients.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_autocorrelations_come_back() {
        let partial = [0.9, -0.5, 0.3, -0.99];
        let back = to_partial(&from_partial(&partial)).unwrap();
        assert!(
            back.iter().zip(partial).all(|(a, b)| (a - b).abs() < 1e-9),
            "{back:?}"
        );
    }

    #[test]
    fn order_two_by_hand() {
        // r = (1/2, 1/4): φ₁ = r₁ (1 − r₂) = 3/8, φ₂ = r₂.
        assert_eq!(from_partial(&[0.5, 0.25]), [0.375, 0.25]);
        // A random walk and worse are not stationary; drawn in they are.
        for explosive in [vec![1.0], vec![1.5], vec![0.6, 0.6], vec![0.0, 0.0, -2.0]] {
            assert_eq!(to_partial(&explosive), None);
            let drawn = stationary(&explosive);
            assert!(
                to_partial(&drawn).is_some() && drawn.iter().any(|value| value.abs() > 0.1),
                "{drawn:?}"
            );
        }
        assert_eq!(stationary(&[0.375, 0.25]), [0.375, 0.25]);
    }
}
