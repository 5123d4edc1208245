//! An entry of the queue: what is to be done, and what became of it.

use serde::{Deserialize, Serialize};

use crate::experiment::Experiment;
use crate::run::RunId;

/// Work of an entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum QueueWork {
    /// One run of an experiment.
    Train(Box<Experiment>),
}

impl QueueWork {
    /// Experiment that is trained.
    #[must_use]
    pub fn experiment(&self) -> &Experiment {
        match self {
            Self::Train(experiment) => experiment,
        }
    }
}

/// State of an entry, as its file says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueueState {
    /// It has not begun.
    Waiting,
    /// A process works on it; or did, where none holds it any more, and then it goes on as a paused
    /// one does.
    Running {
        /// Its run, once that has a folder.
        run: Option<RunId>,
        /// When the process took it, in seconds since 1970-01-01 UTC.
        since_secs: i64,
    },
    /// Its run was left to go on later.
    Paused {
        /// Its run.
        run: RunId,
    },
    /// Its run came to its end.
    Finished {
        /// Its run.
        run: RunId,
    },
    /// It could not be begun, or its run failed.
    Failed {
        /// Its run, where it came so far.
        run: Option<RunId>,
        /// Why, with the cure.
        sentence: String,
    },
    /// A person wants no more of it.
    Cancelled {
        /// Its run, where there is one that was kept.
        run: Option<RunId>,
    },
}

/// An entry of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueEntry {
    /// Number by which people name it; never given twice.
    pub number: u64,
    /// Work to be done.
    pub work: QueueWork,
    /// State of it.
    pub state: QueueState,
    /// Whether a process works on it now: told by its lock, not by the file.
    #[serde(skip)]
    pub is_held: bool,
}

impl QueueEntry {
    /// Run that it has come to.
    #[must_use]
    pub fn run(&self) -> Option<&RunId> {
        match &self.state {
            QueueState::Waiting => None,
            QueueState::Paused { run } | QueueState::Finished { run } => Some(run),
            QueueState::Running { run, .. }
            | QueueState::Failed { run, .. }
            | QueueState::Cancelled { run } => run.as_ref(),
        }
    }

    /// Whether something is left to do, by whoever holds it or comes next.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.state {
            QueueState::Waiting | QueueState::Running { .. } | QueueState::Paused { .. } => true,
            QueueState::Finished { .. }
            | QueueState::Failed { .. }
            | QueueState::Cancelled { .. } => false,
        }
    }

    /// Whether it waits for someone to take it up: nobody has begun it, or it was left.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.is_open() && !self.is_held
    }

    /// State in a word: `waiting`, `running`, `interrupted`, `paused`, `finished`, `failed`,
    /// `cancelled`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.state {
            // Also one that was taken up again before who works on it heard that it was cancelled.
            QueueState::Waiting | QueueState::Running { .. } | QueueState::Paused { .. }
                if self.is_held =>
            {
                "running"
            }
            QueueState::Waiting => "waiting",
            QueueState::Running { .. } => "interrupted",
            QueueState::Paused { .. } => "paused",
            QueueState::Finished { .. } => "finished",
            QueueState::Failed { .. } => "failed",
            QueueState::Cancelled { .. } => "cancelled",
        }
    }
}
