//! The place in an epoch at which a run was left, so that going on equals never having stopped.

use serde::{Deserialize, Serialize};

/// A run that was left at the system's word (a scheduler's SIGTERM, a closed terminal).
///
/// Weights and optimiser after [`Pause::step`] steps of the epoch are beside those of the last
/// whole epoch, which stay until this one is whole too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    /// Epoch in work, from 1.
    pub epoch: usize,
    /// Steps of it that are done; 0 when it had not begun, and then there is no state of its own.
    pub step: usize,
    /// Sums over these steps.
    pub sums: EpochSums,
}

/// Sums over the steps of an epoch so far, which its means are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochSums {
    /// Training loss, over predicted events.
    pub loss: f64,
    /// Norm of the gradient, over steps.
    pub grad_norm: f64,
    /// Kullback–Leibler term, over steps; only of a VAE.
    pub kl: Option<f64>,
    /// Negative log-likelihood of the reconstruction, over predicted events; only of a VAE.
    #[serde(default)]
    pub reconstruction: Option<f64>,
    /// Number of steps.
    pub n_steps: usize,
    /// Number of predicted events.
    pub n_events: usize,
}
