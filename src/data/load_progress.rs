//! Who waits for a log to open: they may stop it, and are told how far it is.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use strum::{EnumCount, VariantArray};

use crate::error::DataError;

/// Stages of the work on a log, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumCount, VariantArray, strum::Display)]
pub enum Stage {
    /// The file's bytes are compared with those of logs that were opened before.
    #[default]
    #[strum(to_string = "Looking whether this log was opened before")]
    Looking,
    /// The file is read, parsed and coded.
    #[strum(to_string = "Reading the log")]
    Reading,
    /// The steps of cleaning.
    #[strum(to_string = "Cleaning")]
    Cleaning,
    /// Events become one time-ordered list a user.
    #[strum(to_string = "Sorting the events of each user")]
    Sorting,
    /// Counts for a person's view of it.
    #[strum(to_string = "Counting, and looking for leaks")]
    Counting,
}

/// Progress of the opening of a log, for whoever waits for it and may stop it.
pub trait LoadProgress: Sync {
    /// Whether the work is to stop; asked many times a second.
    fn is_cancelled(&self) -> bool;

    /// Told how far a stage is, from 0 to 1; `None` where that cannot be known.
    fn reached(&self, _stage: Stage, _share: Option<f32>) {}
}

/// Somebody who only may stop the work.
impl LoadProgress for AtomicBool {
    fn is_cancelled(&self) -> bool {
        self.load(Ordering::Relaxed)
    }
}

/// A log being opened on one thread and watched from another.
#[derive(Debug, Default)]
pub struct Opening {
    is_cancelled: AtomicBool,
    stage: AtomicUsize,
    /// Thousandths; [`UNKNOWN`] where nobody can say.
    share: AtomicU32,
}

const UNKNOWN: u32 = u32::MAX;

impl Opening {
    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Stage of the work, and its share done, from 0 to 1.
    #[must_use]
    pub fn now(&self) -> (Stage, Option<f32>) {
        let stage = Stage::VARIANTS
            .get(self.stage.load(Ordering::Relaxed))
            .copied()
            .unwrap_or_default();
        match self.share.load(Ordering::Relaxed) {
            UNKNOWN => (stage, None),
            thousandths => (stage, Some(thousandths as f32 / 1_000.0)),
        }
    }
}

impl LoadProgress for Opening {
    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    fn reached(&self, stage: Stage, share: Option<f32>) {
        self.stage.store(stage as usize, Ordering::Relaxed);
        let thousandths = share.map_or(UNKNOWN, |share| (1_000.0 * share.clamp(0.0, 1.0)) as u32);
        self.share.store(thousandths, Ordering::Relaxed);
    }
}

/// Fails when the user has stopped the work.
pub(super) fn check_cancelled(progress: &dyn LoadProgress) -> Result<(), DataError> {
    if progress.is_cancelled() {
        Err(DataError::Cancelled)
    } else {
        Ok(())
    }
}

/// Rows between two looks at whether to go on.
const ROWS_BETWEEN_LOOKS: usize = 1 << 14;

/// Checks now and then, for a loop over rows.
pub(super) fn check_cancelled_at(row: usize, progress: &dyn LoadProgress) -> Result<(), DataError> {
    if row.is_multiple_of(ROWS_BETWEEN_LOOKS) {
        check_cancelled(progress)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_tells_how_far_it_is_and_can_be_stopped() {
        let opening = Opening::default();
        assert_eq!(opening.now(), (Stage::Looking, Some(0.0)));
        opening.reached(Stage::Reading, Some(0.25));
        assert_eq!(opening.now(), (Stage::Reading, Some(0.25)));
        opening.reached(Stage::Sorting, None);
        assert_eq!(opening.now(), (Stage::Sorting, None));
        assert!(check_cancelled(&opening).is_ok() && check_cancelled_at(0, &opening).is_ok());
        opening.cancel();
        assert!(matches!(
            check_cancelled(&opening),
            Err(DataError::Cancelled)
        ));
        assert!(matches!(
            check_cancelled_at(ROWS_BETWEEN_LOOKS, &opening),
            Err(DataError::Cancelled)
        ));
        assert!(
            check_cancelled_at(1, &opening).is_ok(),
            "a look at every row would cost more than the row"
        );
    }
}
