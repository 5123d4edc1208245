//! Watches over a run that is made ready: its references, several beside each other, and
//! whether anybody asks for the end.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Command, Control, Observer, Preparing, TrainError};
use seqscope_model::baseline::{ReferenceKind, Stop, beside, watched};

/// Onlooker who is told how far the work is, and who may end it.
#[derive(Default)]
pub(super) struct Onlooker<'a> {
    people: Option<(&'a mut dyn Control, &'a mut dyn Observer)>,
    told: Preparing,
}

/// Work on each reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReferenceStep {
    Fit,
    Judge,
}

impl<'a> Onlooker<'a> {
    pub(super) fn by(control: &'a mut dyn Control, observer: &'a mut dyn Observer) -> Self {
        Self {
            people: Some((control, observer)),
            told: Preparing::default(),
        }
    }

    /// Nobody looks, so nobody can end it.
    pub(super) fn nobody() -> Self {
        Self::default()
    }

    /// Does something to each of some references, several beside each other; the results are in
    /// their order, and the same on any number of threads.
    ///
    /// # Errors
    /// [`TrainError::Cancelled`] when the end was asked for.
    pub(super) fn each<K: Sync, T: Send>(
        &mut self,
        step: ReferenceStep,
        all: &[K],
        named: impl Fn(&K) -> ReferenceKind + Send + Sync,
        work: impl Fn(&K, Stop<'_>) -> T + Send + Sync,
    ) -> Result<Vec<T>, TrainError> {
        let (is_ended, n_done, in_work) = (
            AtomicBool::new(false),
            AtomicUsize::new(0),
            Mutex::new(Vec::new()),
        );
        let names = || in_work.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = Preparing {
            in_work: Vec::new(),
            n_done: 0,
            n_all: all.len(),
            is_judged: step == ReferenceStep::Judge,
        };
        // Told before the work begins: on a small log it may be over before anyone looks.
        self.tell(begun.clone());
        let made = watched(
            || {
                beside(all, |key| {
                    names().push(named(key));
                    let made = work(key, Stop::when(&is_ended));
                    names().retain(|kind| *kind != named(key));
                    n_done.fetch_add(1, Ordering::Relaxed);
                    made
                })
            },
            &mut || {
                let mut in_work = names().clone();
                in_work.sort_unstable();
                let n_done = n_done.load(Ordering::Relaxed);
                self.tell(Preparing {
                    in_work,
                    n_done,
                    ..begun
                });
                if self.is_end_asked_for() {
                    is_ended.store(true, Ordering::Relaxed);
                }
            },
        );
        made.filter(|_| !is_ended.into_inner())
            .ok_or(TrainError::Cancelled)
    }

    /// Passes on what is news.
    fn tell(&mut self, now: Preparing) {
        if let Some((_, observer)) = &mut self.people
            && now != self.told
        {
            observer.preparing(&now);
            self.told = now;
        }
    }

    fn is_end_asked_for(&mut self) -> bool {
        let Some((control, _)) = &mut self.people else {
            return false;
        };
        std::iter::from_fn(|| control.early())
            .any(|command| matches!(command, Command::Stop(_) | Command::Pause))
    }
}
