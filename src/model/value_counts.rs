//! Counts of weights and gradients by their size, parameter by parameter.

use burn::module::{ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::prelude::*;

use super::ModelError;
use super::weights::{ModulePath, NameInFiles, read};

/// Exponents of 2 between which there are bins, for either sign.
const EXPONENTS: [i32; 2] = [-30, 6];

/// Bins of one sign: two an octave.
const BINS_A_SIGN: usize = 2 * (EXPONENTS[1] - EXPONENTS[0]) as usize;

/// Bits of an f32 below its exponent and the highest bit of its fraction.
const LOWER_BITS: u32 = 22;

/// Those bits of the smallest number that is not around 0, and of infinity.
const FIRST_LEVEL: u32 = 2 * (EXPONENTS[0] + 127) as u32;
const INFINITE: u32 = 0x7f80_0000;

/// Counts of some numbers by their size.
///
/// # Bins
/// Two an octave for either sign, at 2ᵉ and 1.5 · 2ᵉ, from 2⁻³⁰ (9.3e-10) to 2⁶ (64): weights and
/// gradients spread over many powers of ten, and even steps would put nearly all of them in one
/// bin. What is smaller, 0 itself among it, is in one bin, what is larger in the first or last. A
/// bin holds its end nearer to 0. `TensorBoard`'s histograms have such steps too, ours are wider (7.3
/// bins an octave there) and always the same, so that epochs and runs can be added and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueCounts {
    /// Numbers in each bin, from the most negative to the most positive. `[N_BINS]`
    pub bins: Vec<u64>,
    /// Numbers that are NaN.
    pub n_nan: u64,
    /// Numbers that are infinite.
    pub n_infinite: u64,
}

impl Default for ValueCounts {
    fn default() -> Self {
        Self {
            bins: vec![0; Self::N_BINS],
            n_nan: 0,
            n_infinite: 0,
        }
    }
}

impl ValueCounts {
    /// Number of bins.
    pub const N_BINS: usize = 2 * BINS_A_SIGN + 3;

    /// Place of the bin around 0.
    pub const AROUND_ZERO: usize = BINS_A_SIGN + 1;

    /// Counts of some numbers.
    #[must_use]
    pub fn of_values(values: &[f32]) -> Self {
        let mut counts = Self::default();
        for value in values {
            match bin_of(*value).and_then(|bin| counts.bins.get_mut(bin)) {
                Some(count) => *count += 1,
                None if value.is_nan() => counts.n_nan += 1,
                None => counts.n_infinite += 1,
            }
        }
        counts
    }

    /// Adds the counts of others.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.bins.iter_mut().zip(&other.bins) {
            *count += more;
        }
        self.n_nan += other.n_nan;
        self.n_infinite += other.n_infinite;
    }

    /// How many numbers were counted, those that are none among them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.bins.iter().sum::<u64>() + self.n_nan + self.n_infinite
    }

    /// The ends of a bin, the smaller first; infinite at the outer ends of all.
    #[must_use]
    pub fn ends(bin: usize) -> [f64; 2] {
        let end = |level: usize| match level {
            0 => 0.0,
            level if level > BINS_A_SIGN + 1 => f64::INFINITY,
            level => {
                let half_octaves = level as i32 - 1;
                let octave = 2_f64.powi(EXPONENTS[0] + half_octaves / 2);
                octave * if half_octaves % 2 == 0 { 1.0 } else { 1.5 }
            }
        };
        match bin.checked_sub(ValueCounts::AROUND_ZERO) {
            Some(0) => [-end(1), end(1)],
            Some(level) => [end(level), end(level + 1)],
            None => {
                let level = ValueCounts::AROUND_ZERO - bin;
                [-end(level + 1), -end(level)]
            }
        }
    }
}

/// The bin of a number; `None` of what is none, and of what is infinite.
fn bin_of(value: f32) -> Option<usize> {
    let bits = value.to_bits();
    let size = bits & 0x7fff_ffff;
    if size >= INFINITE {
        return None;
    }
    // Exponent and highest bit of the fraction count the half octaves.
    let level = (size >> LOWER_BITS).saturating_sub(FIRST_LEVEL - 1) as usize;
    let level = level.min(BINS_A_SIGN + 1);
    Some(if value.is_sign_negative() {
        ValueCounts::AROUND_ZERO - level
    } else {
        ValueCounts::AROUND_ZERO + level
    })
}

/// Numbers that were counted.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumIter,
    strum::Display,
    strum::EnumString,
)]
#[strum(serialize_all = "lowercase")]
pub enum Counted {
    /// The weights as they are.
    #[default]
    Weights,
    /// The gradient of one step, before it is clipped.
    Gradients,
}

/// Counts of one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamCounts {
    /// Name of the parameter, as in the files of weights.
    pub name: String,
    /// Numbers that were counted.
    pub counted: Counted,
    /// The counts.
    pub counts: ValueCounts,
}

/// Counts every weight of a module, in the order of its parameters.
pub(super) fn of_weights<M: Module>(
    module: &M,
    name: NameInFiles,
) -> Result<Vec<ParamCounts>, ModelError> {
    let counter = Counter::new(name, None);
    counter.over(module)
}

/// Counts the gradients of a module; of a parameter that has none in this step there are none.
pub(super) fn of_gradients<M: Module>(
    module: &M,
    gradients: &GradientsParams,
    name: NameInFiles,
) -> Result<Vec<ParamCounts>, ModelError> {
    let counter = Counter::new(name, Some(gradients));
    counter.over(module)
}

/// Counts the gradients of each parameter, or the weights where there are none.
struct Counter<'a> {
    path: ModulePath,
    gradients: Option<&'a GradientsParams>,
    found: Vec<ParamCounts>,
    failed: Option<ModelError>,
}

impl<'a> Counter<'a> {
    fn new(name: NameInFiles, gradients: Option<&'a GradientsParams>) -> Self {
        Self {
            path: ModulePath::new(name),
            gradients,
            found: Vec::new(),
            failed: None,
        }
    }

    fn over<M: Module>(mut self, module: &M) -> Result<Vec<ParamCounts>, ModelError> {
        module.visit(&mut self);
        self.failed.map_or(Ok(self.found), Err)
    }
}

impl ModuleVisitor for Counter<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (counted, tensor) = match self.gradients {
            Some(gradients) => match gradients.get::<D>(param.id) {
                Some(gradient) => (Counted::Gradients, gradient),
                None => return,
            },
            None => (Counted::Weights, param.val().without_autodiff()),
        };
        match read(tensor) {
            Ok(values) => self.found.push(ParamCounts {
                name: self.path.name(),
                counted,
                counts: ValueCounts::of_values(&values),
            }),
            Err(error) => self.failed = Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_in_the_bin_between_whose_ends_it_lies() {
        let sizes = [
            0.0,
            1e-45,
            5e-10,
            9.313_226e-10,
            9.4e-10,
            1.0e-3,
            0.5,
            0.749_999_9,
            0.75,
            1.0,
            1.5,
            63.999_99,
            64.0,
            3e38,
        ];
        // Around each end and at random places, for either sign.
        let ends = (0..ValueCounts::N_BINS).flat_map(ValueCounts::ends);
        let near = ends.filter(|end| end.is_finite()).flat_map(|end| {
            let bits = (end as f32).to_bits();
            [bits, bits.wrapping_add(1), bits.wrapping_sub(1)].map(f32::from_bits)
        });
        let random = (0..20_000_u32).map(|at| f32::from_bits(at.wrapping_mul(2_654_435_761)));
        let mut n_looked_at = 0;
        for size in sizes.into_iter().chain(near).chain(random) {
            for value in [size, -size] {
                let Some(bin) = bin_of(value) else {
                    assert!(!value.is_finite(), "{value}");
                    continue;
                };
                n_looked_at += 1;
                // Slowly: the bin whose end nearer to 0 is not above it, and whose other end is.
                let size = f64::from(value.abs());
                let wanted = (0..ValueCounts::N_BINS).find(|bin| {
                    let [low, high] = ValueCounts::ends(*bin);
                    if low < 0.0 && high > 0.0 {
                        size < high
                    } else if low >= 0.0 {
                        value > 0.0 && low <= size && size < high
                    } else {
                        value < 0.0 && -high <= size && size < -low
                    }
                });
                assert_eq!(Some(bin), wanted, "{value}");
            }
        }
        assert!(n_looked_at > 35_000, "{n_looked_at}");
    }

    fn ends(bin: usize) -> [u64; 2] {
        ValueCounts::ends(bin).map(f64::to_bits)
    }

    #[test]
    fn what_is_no_number_is_counted_apart_and_counts_add_up() {
        let values = [
            1.0,
            f32::NAN,
            -0.0,
            f32::INFINITY,
            f32::NEG_INFINITY,
            -2.5,
            1e-20,
        ];
        let mut counts = ValueCounts::of_values(&values);
        assert_eq!((counts.n_nan, counts.n_infinite, counts.total()), (1, 2, 7));
        assert_eq!(counts.bins[ValueCounts::AROUND_ZERO], 2, "−0 and 1e-20");
        assert_eq!(
            ends(ValueCounts::AROUND_ZERO + 61),
            [1.0, 1.5].map(f64::to_bits)
        );
        assert_eq!(counts.bins[ValueCounts::AROUND_ZERO + 61], 1);
        assert_eq!(
            ends(ValueCounts::AROUND_ZERO - 63),
            [-3.0, -2.0].map(f64::to_bits)
        );
        assert_eq!(counts.bins[ValueCounts::AROUND_ZERO - 63], 1);
        counts.add(&ValueCounts::of_values(&[1.25, f32::NAN]));
        assert_eq!(
            (counts.bins[ValueCounts::AROUND_ZERO + 61], counts.n_nan),
            (2, 2)
        );
        assert_eq!(ends(0), [f64::NEG_INFINITY, -64.0].map(f64::to_bits));
        let last = ValueCounts::N_BINS - 1;
        assert_eq!(ends(last), [64.0, f64::INFINITY].map(f64::to_bits));
    }
}
