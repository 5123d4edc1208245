//! Works off entries: each by one process at a time, from where it was left.

use std::fs;

use super::{QueueEntry, QueueState, QueueWatch, QueueWork, RunQueue};
use crate::run::lock::RunLock;
use crate::run::{RunError, RunId, RunOutcome, RunStatus};

/// Tries for the lock of an entry, 10 ms apart: someone who lists the queue holds it for some
/// microseconds.
const TRIES: usize = 20;

/// An entry that this process works on. Dropped without a word, as by a kill, it is taken up again
/// by whoever comes next.
#[derive(Debug)]
pub struct QueueClaim {
    /// Number of the entry.
    pub number: u64,
    /// Work to be done.
    pub work: QueueWork,
    /// Run that it goes on with.
    pub resume: Option<RunId>,
    queue: RunQueue,
    _lock: RunLock,
}

/// State that an entry was left in which nobody holds.
enum Left {
    /// To be begun, or gone on with from this run.
    Open(Option<RunId>),
    /// Its run has come to an end that nobody wrote down.
    Over(QueueState),
    /// Its run is being written outside the queue.
    Busy,
}

impl RunQueue {
    /// Takes the first entry that waits and that nobody holds; `None` when there is none, or the
    /// queue is paused.
    ///
    /// # Errors
    /// [`RunError`] when the queue or the folder of runs cannot be read or written.
    pub fn claim(&self) -> Result<Option<QueueClaim>, RunError> {
        self.change(|queue| {
            if queue.is_paused {
                return Ok(None);
            }
            let named: Vec<RunId> = (queue.entries.iter())
                .filter_map(|entry| entry.run().cloned())
                .collect();
            for entry in queue.entries.iter_mut().filter(|entry| entry.waits()) {
                let Some(lock) = RunLock::take_file(&self.entry_lock(entry.number), TRIES)? else {
                    continue;
                };
                match self.left(entry, &named)? {
                    Left::Busy => {}
                    Left::Over(state) => entry.state = state,
                    Left::Open(resume) => {
                        entry.state = QueueState::Running {
                            run: resume.clone(),
                            since_secs: jiff::Timestamp::now().as_second(),
                        };
                        return Ok(Some(QueueClaim {
                            number: entry.number,
                            work: entry.work.clone(),
                            resume,
                            queue: self.clone(),
                            _lock: lock,
                        }));
                    }
                }
            }
            Ok(None)
        })
    }

    /// Tells what became of an entry that nobody holds; `named` are the runs of all entries.
    fn left(&self, entry: &QueueEntry, named: &[RunId]) -> Result<Left, RunError> {
        let run = match &entry.state {
            QueueState::Running {
                run: None,
                since_secs,
            } => self.begun_since(&entry.work, *since_secs, named)?,
            QueueState::Running { run, .. } => run.clone(),
            QueueState::Paused { run } => Some(run.clone()),
            QueueState::Waiting
            | QueueState::Finished { .. }
            | QueueState::Failed { .. }
            | QueueState::Cancelled { .. } => None,
        };
        let Some(run) = run else {
            return Ok(Left::Open(None));
        };
        Ok(match self.status_of(&run) {
            None => Left::Open(None),
            Some(RunStatus::Running) => Left::Busy,
            Some(RunStatus::Ended(RunOutcome::Finished)) => {
                Left::Over(QueueState::Finished { run })
            }
            Some(RunStatus::Damaged(sentence)) => Left::Over(QueueState::Failed {
                run: Some(run),
                sentence,
            }),
            Some(
                RunStatus::Paused
                | RunStatus::Interrupted
                | RunStatus::Ended(RunOutcome::Stopped | RunOutcome::Failed { .. }),
            ) => Left::Open(Some(run)),
        })
    }

    /// Status of a run; `None` where it was deleted.
    fn status_of(&self, run: &RunId) -> Option<RunStatus> {
        self.store.status(run).ok()
    }

    /// The run that a killed process had begun for an entry before it wrote down which: one of the
    /// same experiment, younger than the entry's claim, that no entry names and nobody writes.
    /// Without it a kill between the two would leave a run behind, and begin another.
    fn begun_since(
        &self,
        work: &QueueWork,
        since_secs: i64,
        named: &[RunId],
    ) -> Result<Option<RunId>, RunError> {
        let runs = self.store.list()?;
        let left = runs.into_iter().find(|run| {
            let is_left = matches!(run.status, RunStatus::Interrupted | RunStatus::Paused);
            let manifest = run.manifest.as_ref();
            is_left
                && !named.contains(&run.id)
                && manifest.is_some_and(|manifest| {
                    manifest.started_secs >= since_secs
                        && manifest.experiment_as_asked() == *work.experiment()
                })
        });
        Ok(left.map(|run| run.id))
    }
}

impl QueueClaim {
    /// The queue that it is of.
    #[must_use]
    pub fn queue(&self) -> &RunQueue {
        &self.queue
    }

    /// Tells whether the entry is still wanted, as it is worked on.
    #[must_use]
    pub fn watch(&self) -> QueueWatch {
        QueueWatch::new(self.queue.clone(), self.number)
    }

    /// Writes down the run that the entry has come to.
    ///
    /// # Errors
    /// [`RunError`] when the queue cannot be read or written.
    pub fn note_run(&self, run: &RunId) -> Result<(), RunError> {
        self.change(|state| match state {
            QueueState::Running { run: noted, .. } | QueueState::Cancelled { run: noted } => {
                *noted = Some(run.clone());
            }
            QueueState::Paused { run: noted } | QueueState::Finished { run: noted } => {
                noted.clone_from(run);
            }
            QueueState::Waiting => *state = QueueState::Paused { run: run.clone() },
            QueueState::Failed { .. } => {}
        })
    }

    /// Gives the entry back as it was taken: nothing was begun.
    ///
    /// # Errors
    /// [`RunError`] when the queue cannot be read or written.
    pub fn put_back(self) -> Result<(), RunError> {
        let back = match &self.resume {
            Some(run) => QueueState::Paused { run: run.clone() },
            None => QueueState::Waiting,
        };
        self.end(back)
    }

    /// Takes the entry off at a person's word, before there was a run.
    ///
    /// # Errors
    /// [`RunError`] when the queue cannot be read or written.
    pub fn cancelled(self) -> Result<(), RunError> {
        let run = self.resume.clone();
        self.end(QueueState::Cancelled { run })
    }

    /// Writes down why the entry could not be begun.
    ///
    /// # Errors
    /// [`RunError`] when the queue cannot be read or written.
    pub fn failed(self, sentence: String) -> Result<(), RunError> {
        let run = self.resume.clone();
        self.end(QueueState::Failed { run, sentence })
    }

    /// Writes down what became of the entry's run, as the run's folder tells.
    ///
    /// # Errors
    /// [`RunError`] when the queue cannot be read or written.
    pub fn settle(self, run: &RunId) -> Result<(), RunError> {
        let run = run.clone();
        let state = match self.queue.status_of(&run) {
            // It was stopped and discarded.
            None => QueueState::Cancelled { run: None },
            Some(RunStatus::Ended(RunOutcome::Finished)) => QueueState::Finished { run },
            Some(RunStatus::Ended(RunOutcome::Stopped)) => QueueState::Cancelled { run: Some(run) },
            Some(
                RunStatus::Ended(RunOutcome::Failed { sentence }) | RunStatus::Damaged(sentence),
            ) => QueueState::Failed {
                run: Some(run),
                sentence,
            },
            Some(RunStatus::Paused | RunStatus::Interrupted | RunStatus::Running) => {
                QueueState::Paused { run }
            }
        };
        self.end(state)
    }

    /// The last word on the entry from here.
    fn end(self, last: QueueState) -> Result<(), RunError> {
        self.change(|state| *state = after(state, last))?;
        Ok(())
    }

    fn change(&self, change: impl FnOnce(&mut QueueState)) -> Result<(), RunError> {
        self.queue.change(|queue| {
            if let Some(entry) = queue.entries.iter_mut().find(|it| it.number == self.number) {
                change(&mut entry.state);
            }
            Ok(())
        })
    }
}

impl Drop for QueueClaim {
    /// Takes the file of the lock away, under the lock of the queue, without which nobody makes one:
    /// so nobody waits for a file that is gone. One that a kill left behind is taken by the next.
    fn drop(&mut self) {
        let path = self.queue.entry_lock(self.number);
        // A file that stays is in nobody's way.
        let _ = self.queue.change(|_| Ok(fs::remove_file(&path).is_ok()));
    }
}

/// State of an entry once who worked on it has ended as `last` says. One that was cancelled
/// meanwhile stays so, and one that was taken up again waits, unless its run came to its end all the
/// same.
fn after(now: &QueueState, last: QueueState) -> QueueState {
    let run = match &last {
        QueueState::Finished { .. } => return last,
        QueueState::Waiting => None,
        QueueState::Paused { run } => Some(run.clone()),
        QueueState::Running { run, .. }
        | QueueState::Failed { run, .. }
        | QueueState::Cancelled { run } => run.clone(),
    };
    match now {
        QueueState::Running { .. } => last,
        QueueState::Cancelled { .. } => QueueState::Cancelled { run },
        QueueState::Waiting | QueueState::Paused { .. } => match run {
            Some(run) => QueueState::Paused { run },
            None => QueueState::Waiting,
        },
        QueueState::Finished { .. } | QueueState::Failed { .. } => now.clone(),
    }
}
