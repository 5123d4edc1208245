//! The learning rate of each step.

use crate::experiment::TrainingSpec;

/// Learning rate of optimiser step `step`, counted from 0 over the whole run.
///
/// It grows in equal parts over the first `warmup_steps` steps and reaches `lr` with the last of
/// them; then it stays. The first step is never idle: with 4 warm-up steps the rates are 1/4, 2/4,
/// 3/4 and 4/4 of `lr`.
///
/// # Source
/// Linear warm-up as in Vaswani et al. 2017, section 5.3, without their decay.
#[must_use]
pub fn lr_at(training: &TrainingSpec, step: usize) -> f64 {
    if step >= training.warmup_steps {
        return training.lr;
    }
    training.lr * (step + 1) as f64 / training.warmup_steps as f64
}
