//! Questions that take long: whoever asked sees how far the answer is, and may end it.

use std::cell::Cell;

use seqscope_model::ModelError;

/// Reasons why a question to a model has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// Whoever asked has ended it.
    #[error("stopped before the answer was there; ask again")]
    Stopped,
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Onlooker of a question: it is told the share that is done, from 0 to 1, and says whether to go on.
pub type GoesOn<'a> = &'a dyn Fn(f32) -> bool;

/// Work of a question of which some is done.
pub(super) struct Watched<'a> {
    goes_on: GoesOn<'a>,
    whole: usize,
    done: Cell<usize>,
}

impl<'a> Watched<'a> {
    /// Work of so many pieces.
    pub(super) fn new(whole: usize, goes_on: GoesOn<'a>) -> Self {
        Self {
            goes_on,
            whole,
            done: Cell::new(0),
        }
    }

    /// So many pieces more are done.
    ///
    /// # Errors
    /// [`QuestionError::Stopped`] where nobody wants to know any more.
    pub(super) fn did(&self, pieces: usize) -> Result<(), QuestionError> {
        self.done.set(self.done.get() + pieces);
        let share = self.done.get() as f32 / self.whole.max(1) as f32;
        if (self.goes_on)(share.min(1.0)) {
            Ok(())
        } else {
            Err(QuestionError::Stopped)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn the_share_that_is_done_grows_until_it_is_stopped() {
        let told = RefCell::new(Vec::new());
        let goes_on = |share: f32| {
            told.borrow_mut().push(share);
            share < 0.5
        };
        let watched = Watched::new(8, &goes_on);
        assert!(watched.did(2).is_ok());
        assert!(matches!(watched.did(3), Err(QuestionError::Stopped)));
        assert!(watched.did(9).is_err());
        assert_eq!(*told.borrow(), [0.25, 0.625, 1.0]);
    }
}
