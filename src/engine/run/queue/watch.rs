//! Whether an entry is still wanted while it is worked on: another program may cancel it, or pause
//! the queue.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use super::{QueueState, RunQueue};

/// Time between two looks at the file.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Age of a file below which it is read although it seems unchanged: some file systems tell times
/// in steps of up to two seconds.
const SURE_AFTER: Duration = Duration::from_secs(3);

/// Looks now and then whether an entry is still wanted.
#[derive(Debug)]
pub struct QueueWatch {
    queue: RunQueue,
    number: u64,
    looked: Option<Instant>,
    seen: Option<SystemTime>,
    is_wanted: bool,
}

impl QueueWatch {
    pub(super) fn new(queue: RunQueue, number: u64) -> Self {
        Self {
            queue,
            number,
            looked: None,
            seen: None,
            is_wanted: true,
        }
    }

    /// Whether the entry shall be worked on: it is not cancelled and the queue is not paused. Looks
    /// at most twice a second; what cannot be read stays wanted.
    pub fn is_wanted(&mut self) -> bool {
        if self.looked.is_none_or(|then| then.elapsed() >= LOOK_EVERY) {
            self.looked = Some(Instant::now());
            self.look();
        }
        self.is_wanted
    }

    fn look(&mut self) {
        let written = fs::metadata(self.queue.path()).and_then(|about| about.modified());
        let Ok(written) = written else { return };
        let is_old = written.elapsed().is_ok_and(|age| age > SURE_AFTER);
        if is_old && self.seen == Some(written) {
            return;
        }
        let Ok(queue) = self.queue.read() else { return };
        self.seen = Some(written);
        let entry = queue.entry(self.number).ok();
        // One that was dropped from the list was cancelled before.
        let is_on = entry.is_some_and(|entry| !matches!(entry.state, QueueState::Cancelled { .. }));
        self.is_wanted = is_on && !queue.is_paused;
    }
}
