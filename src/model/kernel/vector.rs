//! Functions of one number, written so that the compiler can take many numbers at once.
//!
//! The standard library's are called one number at a time. These have no branch and no table; their
//! errors are stated and tested.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the processor's instructions"
)]

/// Runs `work` compiled for the widest instructions that this processor has, which is asked at run
/// time.
///
/// Write `vectorized(#[inline(always)] || …)`: only what is inlined is compiled so, and a closure
/// that the compiler leaves a function of its own runs many times slower.
#[inline]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// eˣ to a relative error of 2⁻²²; 0 below −87.3, e⁸⁷ above 87; NaN stays NaN.
///
/// # Source
/// Cephes `expf` (Moshier 1992): x = n ln 2 + r, a polynomial in r, and n into the exponent.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two parts, of which the first is exact in few bits.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Comparisons keep NaN; `max` and `min` would not.
    let x = if x > 87.0 { 87.0 } else { x };
    let small = x < -87.3;
    let x = if small { -87.3 } else { x };
    // 1.5 · 2²³: adding it rounds to a whole number.
    let magic = 12_582_912.0;
    let shifted = x.mul_add(LOG2_E, magic);
    let n = shifted - magic;
    let r = n.mul_add(-LN2_HIGH, x);
    let r = n.mul_add(-LN2_LOW, r);
    let mut p = 1.987_569_1e-4_f32;
    p = p.mul_add(r, 1.398_2e-3);
    p = p.mul_add(r, 8.333_452e-3);
    p = p.mul_add(r, 4.166_579_6e-2);
    p = p.mul_add(r, 0.166_666_66);
    p = p.mul_add(r, 0.5);
    let p = p.mul_add(r * r, r) + 1.0;
    // The lowest bits of the shifted number are n; moved up by 23 they are added to the exponent.
    let power = f32::from_bits(shifted.to_bits().wrapping_shl(23).wrapping_add(0x3f80_0000));
    if small { 0.0 } else { p * power }
}

/// 1 / (1 + e⁻ˣ) to an absolute error of 2⁻²²; NaN stays NaN.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Hyperbolic tangent to a relative error of 2⁻²⁰; NaN stays NaN.
///
/// # Source
/// Cephes `tanhf` (Moshier 1992): a polynomial near 0, 1 − 2 / (e²ˣ + 1) elsewhere.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let square = x * x;
    let mut p = -5.704_988_7e-3_f32;
    p = p.mul_add(square, 2.063_908_8e-2);
    p = p.mul_add(square, -5.373_971_6e-2);
    p = p.mul_add(square, 1.333_144_2e-1);
    p = p.mul_add(square, -0.333_332_8);
    let near = p.mul_add(square * x, x);
    let size = x.abs();
    let far = 1.0 - 2.0 / (exp(2.0 * size) + 1.0);
    if size < 0.625 { near } else { far.copysign(x) }
}

/// Numbers that are worked on at once: the widest registers hold 16.
const LANES: usize = 16;

/// Lets `f` make new numbers, at each place of slices of equal length, of those in `written` and
/// those in `read`.
///
/// The numbers are copied out and back some at a time: of several slices that are changed in one
/// loop, the compiler would have to suspect that they overlap, and take one number after the other.
#[inline(always)]
pub(super) fn in_place<const M: usize, const N: usize>(
    written: &mut [&mut [f32]; M],
    read: [&[f32]; N],
    f: impl Fn([f32; M], [f32; N]) -> [f32; M] + Copy,
) {
    let n = written.first().map_or(0, |values| values.len());
    let whole = n - n % LANES;
    for start in (0..whole).step_by(LANES) {
        let (mut values, mut others) = ([[0.0; LANES]; M], [[0.0; LANES]; N]);
        for m in 0..M {
            values[m].copy_from_slice(&written[m][start..start + LANES]);
        }
        for n in 0..N {
            others[n].copy_from_slice(&read[n][start..start + LANES]);
        }
        let made = lanes(&values, &others, f);
        for m in 0..M {
            written[m][start..start + LANES].copy_from_slice(&made[m]);
        }
    }
    if whole < n {
        let (mut values, mut others) = ([[0.0; LANES]; M], [[0.0; LANES]; N]);
        for m in 0..M {
            values[m][..n - whole].copy_from_slice(&written[m][whole..]);
        }
        for at in 0..N {
            others[at][..n - whole].copy_from_slice(&read[at][whole..n]);
        }
        let made = lanes(&values, &others, f);
        for m in 0..M {
            written[m][whole..].copy_from_slice(&made[m][..n - whole]);
        }
    }
}

/// `f` of each lane.
#[inline(always)]
fn lanes<const M: usize, const N: usize>(
    values: &[[f32; LANES]; M],
    others: &[[f32; LANES]; N],
    f: impl Fn([f32; M], [f32; N]) -> [f32; M] + Copy,
) -> [[f32; LANES]; M] {
    let mut made = [[0.0; LANES]; M];
    for lane in 0..LANES {
        let (mut of_values, mut of_others) = ([0.0; M], [0.0; N]);
        for m in 0..M {
            of_values[m] = values[m][lane];
        }
        for n in 0..N {
            of_others[n] = others[n][lane];
        }
        let of_lane = f(of_values, of_others);
        for m in 0..M {
            made[m][lane] = of_lane[m];
        }
    }
    made
}

/// Sum, in 16 lanes that are added up at the end: fast, and the same on every processor.
#[inline(always)]
pub(crate) fn sum(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<16>();
    let mut lanes = [0.0_f32; 16];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// Σ a b, in lanes as [`sum`].
#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let mut lanes = [0.0_f32; 16];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane = a.mul_add(*b, *lane);
        }
    }
    lanes.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

/// Largest of some numbers; −∞ of none. NaN is passed over.
#[inline(always)]
pub(crate) fn largest(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<16>();
    let mut lanes = [f32::NEG_INFINITY; 16];
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = if value > *lane { value } else { *lane };
        }
    }
    lanes
        .iter()
        .chain(rest)
        .copied()
        .fold(f32::NEG_INFINITY, f32::max)
}

/// Makes scores s to exp(s − largest), and returns the largest and the sum of what they have
/// become.
#[inline(always)]
pub(crate) fn exponentials(scores: &mut [f32]) -> (f32, f32) {
    let largest = largest(scores);
    for score in scores.iter_mut() {
        *score = exp(*score - largest);
    }
    (largest, sum(scores))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_hundredth(from: i32, to: i32) -> impl Iterator<Item = f32> {
        (from * 100..=to * 100).map(|at| at as f32 / 100.0)
    }

    #[test]
    fn functions_are_those_of_the_standard_library() {
        for x in every_hundredth(-87, 87) {
            let (ours, exact) = (
                vectorized(
                    #[inline(always)]
                    || exp(x),
                ),
                f64::from(x).exp(),
            );
            assert!(
                (f64::from(ours) / exact - 1.0).abs() < 2.4e-7,
                "exp({x}) = {ours}, not {exact}"
            );
            let exact = 1.0 / (1.0 + (-f64::from(x)).exp());
            assert!(
                (f64::from(vectorized(
                    #[inline(always)]
                    || sigmoid(x)
                )) - exact)
                    .abs()
                    < 2.4e-7,
                "sigmoid({x})"
            );
            let (ours, exact) = (
                f64::from(vectorized(
                    #[inline(always)]
                    || tanh(x),
                )),
                f64::from(x).tanh(),
            );
            assert!(
                (ours - exact).abs() <= 1e-6 * exact.abs(),
                "tanh({x}) = {ours}, not {exact}"
            );
        }
    }

    #[test]
    fn extremes_have_their_limits_and_nan_stays_nan() {
        assert_eq!(
            (exp(-1e4), exp(f32::NEG_INFINITY), exp(0.0)),
            (0.0, 0.0, 1.0)
        );
        assert!(exp(1e9).is_finite());
        assert_eq!((tanh(50.0), tanh(-1e9), tanh(0.0)), (1.0, -1.0, 0.0));
        assert!((sigmoid(100.0) - 1.0).abs() < 1e-7 && sigmoid(-100.0) < 1e-37);
        assert!(exp(f32::NAN).is_nan() && tanh(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan());
    }

    #[test]
    fn sums_and_maxima_take_every_number() {
        for n in [0, 1, 15, 16, 17, 40] {
            let values: Vec<f32> = (0..n).map(|at| at as f32 - 7.0).collect();
            assert!((sum(&values) - values.iter().sum::<f32>()).abs() < 1e-3);
            let squares: f32 = values.iter().map(|v| v * v).sum();
            assert!((dot(&values, &values) - squares).abs() < 1e-2);
            let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            assert_eq!(largest(&values).to_bits(), most.to_bits());
        }
    }
}
