//! Onset of over-fitting, read off the losses of the epochs.

use super::EpochRecord;

/// Epochs for which the validation loss must have stayed above its best before it is called
/// over-fitting: one or two are noise.
const JUDGED_AFTER: usize = 3;

/// Over-fitting: the training loss still falls, the validation loss has turned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overfitting {
    /// Epoch of the lowest validation loss, from 1; of equal ones the last.
    pub since: usize,
    /// Validation loss of that epoch.
    pub best_loss: f64,
    /// Validation loss of the last epoch.
    pub last_loss: f64,
}

impl Overfitting {
    /// Looks for it in all epochs so far, in their order; `None` where the validation loss is at
    /// its best, has been above it for fewer than three epochs, or where the training loss has
    /// risen too: such a run diverges. Epochs whose validation loss is no number are passed over.
    #[must_use]
    pub fn of_epochs(epochs: &[EpochRecord]) -> Option<Self> {
        // From the end, so that of equal losses the last one counts: until then nothing got worse.
        let numbers = epochs.iter().rev().filter(|e| e.valid_loss.is_finite());
        let best = numbers.min_by(|a, b| a.valid_loss.total_cmp(&b.valid_loss))?;
        let last = epochs.last()?;
        let is_judged = last.epoch.saturating_sub(best.epoch) >= JUDGED_AFTER;
        let has_turned = last.valid_loss > best.valid_loss && last.train_loss < best.train_loss;
        (is_judged && has_turned).then_some(Self {
            since: best.epoch,
            best_loss: best.valid_loss,
            last_loss: last.valid_loss,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(losses: &[[f64; 2]]) -> Vec<EpochRecord> {
        let record = |(at, [train_loss, valid_loss]): (usize, &[f64; 2])| EpochRecord {
            epoch: at + 1,
            train_loss: *train_loss,
            valid_loss: *valid_loss,
            ..EpochRecord::default()
        };
        losses.iter().enumerate().map(record).collect()
    }

    #[test]
    fn it_begins_at_the_last_of_the_lowest_validation_losses() {
        let losses = [
            [5.0, 4.0],
            [4.5, 3.0],
            [4.0, 3.0],
            [3.5, 3.2],
            [3.0, 3.1],
            [2.5, 3.5],
        ];
        // Three epochs after epoch 3 and no sooner.
        assert_eq!(Overfitting::of_epochs(&epochs(&losses[..5])), None);
        let found = Overfitting::of_epochs(&epochs(&losses)).unwrap();
        assert_eq!(
            (found.since, found.best_loss, found.last_loss),
            (3, 3.0, 3.5)
        );
    }

    #[test]
    fn a_run_that_rises_on_both_sides_or_has_no_numbers_does_not_overfit() {
        let rising: Vec<[f64; 2]> = (0..8).map(|at| [f64::from(at), f64::from(at)]).collect();
        assert_eq!(Overfitting::of_epochs(&epochs(&rising)), None);
        assert_eq!(Overfitting::of_epochs(&epochs(&[[1.0, f64::NAN]; 6])), None);
        assert_eq!(Overfitting::of_epochs(&[]), None);
    }
}
