//! The queue: experiments that are trained one after the other, kept beside the runs.
//!
//! Its file is written whole, under a lock. Whoever works on an entry holds a lock of the entry's
//! own for as long as it lives ([`QueueClaim`]), so that no two programs train the same one, and
//! one whose process was killed is found and goes on.

mod claim;
mod entry;
mod error;
mod file;
mod watch;

pub use claim::QueueClaim;
pub use entry::{QueueEntry, QueueState, QueueWork};
pub use error::QueueError;
pub use watch::QueueWatch;

use super::{RunError, RunStore};

/// Entries that have ended and are kept; of more the oldest go when others are added.
const ENDED_KEPT: usize = 200;

/// Entries of a queue, in the order in which they are worked off.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// Whether nothing is begun until it goes on, and what is at work is left.
    pub is_paused: bool,
    /// Entries, those that have ended among them.
    pub entries: Vec<QueueEntry>,
    next_number: u64,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            is_paused: false,
            entries: Vec::new(),
            next_number: 1,
        }
    }
}

impl Queue {
    /// Entries that wait for someone to take them up, in order.
    pub fn waiting(&self) -> impl Iterator<Item = &QueueEntry> {
        self.entries.iter().filter(|entry| entry.waits())
    }

    /// An entry by its number.
    ///
    /// # Errors
    /// [`QueueError::Unknown`] when there is none of it.
    pub fn entry(&self, number: u64) -> Result<&QueueEntry, QueueError> {
        let at = self.place(number)?;
        Ok(&self.entries[at])
    }

    fn place(&self, number: u64) -> Result<usize, QueueError> {
        let place = self.entries.iter().position(|it| it.number == number);
        place.ok_or_else(|| QueueError::Unknown {
            number,
            known: self.entries.iter().map(|it| it.number).collect(),
        })
    }

    fn entry_mut(&mut self, number: u64) -> Result<&mut QueueEntry, QueueError> {
        let at = self.place(number)?;
        Ok(&mut self.entries[at])
    }

    fn add(&mut self, work: QueueWork) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        self.entries.push(QueueEntry {
            number,
            work,
            state: QueueState::Waiting,
            is_held: false,
        });
        number
    }

    /// Drops the oldest of the entries that have ended, but for so many.
    fn keep_ended(&mut self, most: usize) {
        let n_ended = self.entries.iter().filter(|it| !it.is_open()).count();
        let mut to_drop = n_ended.saturating_sub(most);
        self.entries.retain(|entry| {
            let goes = !entry.is_open() && to_drop > 0;
            to_drop -= usize::from(goes);
            !goes
        });
    }

    /// Moves an entry to a place among those that wait, from 1.
    fn move_to(&mut self, number: u64, place: usize) -> Result<(), QueueError> {
        let entry = self.entry(number)?;
        if !entry.is_open() {
            return Err(over(entry, "move one that waits"));
        }
        if entry.is_held {
            return Err(QueueError::AtWork { number });
        }
        let n_open = self.waiting().count();
        if !(1..=n_open).contains(&place) {
            return Err(QueueError::Place { place, n_open });
        }
        let from = self.place(number)?;
        let entry = self.entries.remove(from);
        let waiting = self.entries.iter().enumerate();
        let mut places = waiting.filter(|(_, it)| it.waits()).map(|(at, _)| at);
        let at = places.nth(place - 1).unwrap_or(self.entries.len());
        self.entries.insert(at, entry);
        Ok(())
    }

    fn cancel(&mut self, number: u64) -> Result<(), QueueError> {
        let entry = self.entry_mut(number)?;
        if !entry.is_open() {
            let cure = match entry.state {
                QueueState::Cancelled { .. } | QueueState::Failed { .. } => {
                    format!("`seqscope queue retry {number}` takes it up again")
                }
                QueueState::Finished { .. }
                | QueueState::Waiting
                | QueueState::Running { .. }
                | QueueState::Paused { .. } => "there is nothing left to cancel".to_owned(),
            };
            return Err(over(entry, &cure));
        }
        let run = entry.run().cloned();
        entry.state = QueueState::Cancelled { run };
        Ok(())
    }

    /// Takes a cancelled or failed entry up again, at its place; it goes on with its run where there
    /// is one.
    fn retry(&mut self, number: u64) -> Result<(), QueueError> {
        let entry = self.entry_mut(number)?;
        entry.state = match &entry.state {
            QueueState::Failed { run, .. } | QueueState::Cancelled { run } => match run {
                Some(run) => QueueState::Paused { run: run.clone() },
                None => QueueState::Waiting,
            },
            QueueState::Finished { .. } => {
                return Err(over(entry, "add its experiment once more to train it anew"));
            }
            QueueState::Waiting | QueueState::Running { .. } | QueueState::Paused { .. } => {
                return Err(QueueError::NotOver {
                    number,
                    state: entry.word(),
                });
            }
        };
        Ok(())
    }
}

fn over(entry: &QueueEntry, cure: &str) -> QueueError {
    QueueError::Over {
        number: entry.number,
        state: entry.word(),
        cure: cure.to_owned(),
    }
}

/// The queue of a folder of runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunQueue {
    store: RunStore,
}

impl RunStore {
    /// The queue of this folder, which is empty until something is added.
    #[must_use]
    pub fn queue(&self) -> RunQueue {
        RunQueue {
            store: self.clone(),
        }
    }
}

impl RunQueue {
    /// The folder of runs that it is of.
    #[must_use]
    pub fn store(&self) -> &RunStore {
        &self.store
    }

    /// Adds work behind the last entry. Returns the numbers of the new entries.
    ///
    /// # Errors
    /// [`RunError`] when the queue cannot be read or written.
    pub fn add(&self, work: Vec<QueueWork>) -> Result<Vec<u64>, RunError> {
        self.change(|queue| {
            queue.keep_ended(ENDED_KEPT);
            Ok(work.into_iter().map(|work| queue.add(work)).collect())
        })
    }

    /// Moves an entry to a place among those that wait, from 1.
    ///
    /// # Errors
    /// [`RunError`] when there is no such entry or place, it is at work or has ended, or the queue
    /// cannot be read or written.
    pub fn move_to(&self, number: u64, place: usize) -> Result<(), RunError> {
        self.change(|queue| Ok(queue.move_to(number, place)?))
    }

    /// Pauses the queue: nothing is begun, and who works on an entry leaves it in order. Or lets it
    /// go on.
    ///
    /// # Errors
    /// [`RunError`] when the queue cannot be read or written.
    pub fn set_paused(&self, is_paused: bool) -> Result<(), RunError> {
        self.change(|queue| {
            queue.is_paused = is_paused;
            Ok(())
        })
    }

    /// Cancels an entry. Its run, where there is one, is kept and left as a paused one is, its test
    /// split unread.
    ///
    /// # Errors
    /// [`RunError`] when there is no such entry, it has ended, or the queue cannot be read or
    /// written.
    pub fn cancel(&self, number: u64) -> Result<(), RunError> {
        self.change(|queue| Ok(queue.cancel(number)?))
    }

    /// Takes a cancelled or failed entry up again, at its place: from where its run was left, or
    /// from the start where it has none.
    ///
    /// # Errors
    /// [`RunError`] when there is no such entry, it has not ended or is finished, or the queue
    /// cannot be read or written.
    pub fn retry(&self, number: u64) -> Result<(), RunError> {
        self.change(|queue| Ok(queue.retry(number)?))
    }

    /// Drops the entries that have ended from the list; their runs stay.
    ///
    /// # Errors
    /// [`RunError`] when the queue cannot be read or written.
    pub fn clear(&self) -> Result<usize, RunError> {
        self.change(|queue| {
            let before = queue.entries.len();
            queue.keep_ended(0);
            Ok(before - queue.entries.len())
        })
    }
}

#[cfg(test)]
mod tests;
