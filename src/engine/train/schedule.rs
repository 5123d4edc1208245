//! The learning rate of each step.

use crate::experiment::{LrDecay, TrainingSpec};

/// Learning rate of optimiser step `step` of `n_steps`, counted from 0 over the whole run.
///
/// It grows in equal parts over the first `warmup_steps` steps and reaches `lr` with the last of
/// them; then it stays, or falls towards 0 as `lr_decay` says. The first step is never idle: with 4
/// warm-up steps the rates are 1/4, 2/4, 3/4 and 4/4 of `lr`. Nor is the last: of n steps after the
/// warm-up, step i has the share that is left before it, 1 − i/n in a straight line or (1 + cos(π
/// i/n))/2. The inverse root of the step knows no end: after w steps of warm-up, step i of the run
/// has √(w/(i + 1)).
///
/// # Source
/// Linear warm-up as in Vaswani et al. 2017, section 5.3; linear decay: Devlin et al. 2019,
/// appendix A.2; inverse root: Vaswani et al. 2017, eq. 3; cosine: Loshchilov & Hutter 2017, eq. 5,
/// with one period that ends at 0 and counts steps, not epochs.
#[must_use]
pub fn lr_at(training: &TrainingSpec, step: usize, n_steps: usize) -> f64 {
    let warmup = training.warmup_steps;
    if step < warmup {
        return training.lr * (step + 1) as f64 / warmup as f64;
    }
    let done = (step - warmup) as f64 / n_steps.saturating_sub(warmup).max(1) as f64;
    let done = done.min(1.0);
    training.lr
        * match training.lr_decay {
            LrDecay::None => 1.0,
            LrDecay::Linear => 1.0 - done,
            LrDecay::InverseRoot => (warmup.max(1) as f64 / (step + 1) as f64).sqrt(),
            LrDecay::Cosine => f64::midpoint(1.0, (std::f64::consts::PI * done).cos()),
        }
}
