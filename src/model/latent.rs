//! Use that a model makes of its latent vector.

use super::{LatentCodes, LatentVectors};

/// The latent vectors of some users, dimension by dimension.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LatentReport {
    /// Kullback–Leibler term from N(0, 1) of each dimension, in nats, mean over users.
    pub kl: Vec<f64>,
    /// Variance over users of the mean of each dimension.
    pub variance: Vec<f64>,
}

/// A dimension is active where the variance of its mean over users is larger (Burda et al. 2016,
/// section 5).
const ACTIVE: f64 = 0.01;

/// Share of the dimensions that must be active, or the latent vector is taken to have collapsed:
/// ours.
const FEW: f64 = 0.1;

impl LatentReport {
    /// Worked out from the latent vectors of some users; `None` when there are none.
    #[must_use]
    pub fn from_vectors(vectors: &LatentVectors) -> Option<Self> {
        let LatentVectors {
            mean,
            log_variance,
            width,
        } = vectors;
        let width = *width;
        let n = mean.len().checked_div(width).filter(|n| *n > 0)? as f64;
        let (mut kl, mut sums, mut variance) =
            (vec![0.0; width], vec![0.0; width], vec![0.0; width]);
        for (mean, log_variance) in mean
            .chunks_exact(width)
            .zip(log_variance.chunks_exact(width))
        {
            for (((kl, sum), mean), log_variance) in
                kl.iter_mut().zip(&mut sums).zip(mean).zip(log_variance)
            {
                let (mean, log_variance) = (f64::from(*mean), f64::from(*log_variance));
                // Kingma & Welling 2014, appendix B.
                *kl += 0.5 * (log_variance.exp() + mean * mean - log_variance - 1.0) / n;
                *sum += mean / n;
            }
        }
        for mean in mean.chunks_exact(width) {
            for ((variance, mean), centre) in variance.iter_mut().zip(mean).zip(&sums) {
                *variance += (f64::from(*mean) - centre).powi(2) / n;
            }
        }
        Some(Self { kl, variance })
    }

    /// Length of the latent vector.
    #[must_use]
    pub fn width(&self) -> usize {
        self.kl.len()
    }

    /// Kullback–Leibler term of a user, in nats: the sum over the dimensions.
    #[must_use]
    pub fn total_kl(&self) -> f64 {
        self.kl.iter().sum()
    }

    /// Says of each dimension whether its mean varies between users.
    pub fn active(&self) -> impl Iterator<Item = bool> {
        self.variance.iter().map(|variance| *variance > ACTIVE)
    }

    /// Dimensions whose mean varies between users: variance above 0.01 (Burda et al. 2016).
    #[must_use]
    pub fn n_active(&self) -> usize {
        self.active().filter(|active| *active).count()
    }

    /// Whether the latent vector says nearly nothing of a user: no dimension is active, or less
    /// than a tenth.
    #[must_use]
    pub fn is_collapsed(&self) -> bool {
        Self::are_few(self.n_active(), self.width())
    }

    /// Whether so many active dimensions of so many are too few to say much of a user: none, or
    /// less than a tenth.
    #[must_use]
    pub fn are_few(n_active: usize, width: usize) -> bool {
        n_active == 0 || (n_active as f64) < FEW * width as f64
    }
}

impl LatentVectors {
    /// Vectors that stand in this order of the rows, in the rows' own.
    pub(super) fn in_order(self, rows: &[usize]) -> Self {
        let Self {
            mean,
            log_variance,
            width,
        } = self;
        Self {
            mean: sorted(&mean, width, rows),
            log_variance: sorted(&log_variance, width, rows),
            width,
        }
    }
}

impl LatentCodes {
    /// Vectors that stand in this order of the rows, in the rows' own.
    pub(super) fn in_order(self, rows: &[usize]) -> Self {
        Self {
            values: sorted(&self.values, self.width, rows),
            width: self.width,
        }
    }
}

/// Vectors that stand in this order of the rows, in the rows' own. `[n_rows, width]`
fn sorted(values: &[f32], width: usize, rows: &[usize]) -> Vec<f32> {
    let mut sorted = vec![0.0; values.len()];
    for (&row, vector) in rows.iter().zip(values.chunks_exact(width.max(1))) {
        if let Some(slot) = sorted.get_mut(row * width..(row + 1) * width) {
            slot.copy_from_slice(vector);
        }
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two users, three dimensions: the first tells them apart, the second is the same for both,
    /// the third is the prior.
    #[test]
    fn dimensions_are_reported_by_hand() {
        let vectors = LatentVectors {
            mean: vec![2.0, 1.0, 0.0, -2.0, 1.0, 0.0],
            log_variance: vec![0.0, 0.0, 0.0, 4f32.ln(), 0.0, 0.0],
            width: 3,
        };
        let report = LatentReport::from_vectors(&vectors).unwrap();
        // ½ (1 + 4 − 0 − 1) = 2 and ½ (4 + 4 − 1.3863 − 1) = 2.8069: 2.4034; ½ · 1; 0.
        let wanted = [2.403_426, 0.5, 0.0];
        assert!(
            report
                .kl
                .iter()
                .zip(wanted)
                .all(|(kl, wanted)| (kl - wanted).abs() < 1e-6),
            "{report:?}"
        );
        assert!((report.total_kl() - 2.903_426).abs() < 1e-6);
        assert_eq!(
            (report.variance.clone(), report.n_active(), report.width()),
            (vec![4.0, 0.0, 0.0], 1, 3)
        );
        assert!(!report.is_collapsed());
        let same = LatentReport {
            variance: vec![0.009; 3],
            ..report.clone()
        };
        assert!(same.is_collapsed() && same.n_active() == 0);
        let few = LatentReport {
            kl: vec![0.0; 30],
            variance: [vec![1.0; 2], vec![0.0; 28]].concat(),
        };
        assert!(few.is_collapsed(), "2 of 30");
        assert_eq!(LatentReport::from_vectors(&LatentVectors::default()), None);
    }

    #[test]
    fn vectors_come_back_in_the_order_of_the_rows() {
        let vectors = LatentVectors {
            mean: vec![1.0, 2.0, 3.0, 4.0],
            log_variance: vec![5.0; 4],
            width: 2,
        };
        assert_eq!(vectors.in_order(&[1, 0]).mean, [3.0, 4.0, 1.0, 2.0]);
    }
}
