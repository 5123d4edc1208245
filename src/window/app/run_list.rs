//! The runs of one folder: read again now and then.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::loadable::{Loadable, Ticket};
use seqscope_engine::run::{BinnedRun, RunId, RunMemory, RunStatus, RunStore, Summary};

/// Time between two readings of the list of runs while another process trains one of them.
pub const FOREIGN_RUNS_EVERY: Duration = Duration::from_secs(3);

/// Every run of the folder, newest first.
pub struct RunList {
    /// Folder of runs.
    pub store: RunStore,
    listed: Loadable<Vec<Summary>>,
    read: Instant,
    /// Manifests that were read before.
    known: RunMemory,
    /// The last reading of the folder, and the oldest whose answer is still true: not older than
    /// the list shown, nor than the deletion of a run.
    asked: Ticket,
    true_from: Ticket,
    revision: u64,
    /// Deleted runs, once somebody has looked into the bin.
    pub bin: Loadable<Vec<BinnedRun>>,
    shows_archived: bool,
}

/// Reading of the folder of runs.
pub(super) struct ListReading {
    pub(super) ticket: Ticket,
    store: RunStore,
    known: RunMemory,
}

impl ListReading {
    /// Reads the manifests that have changed since they were read last.
    pub(super) fn read(&self) -> Result<Vec<Summary>, String> {
        let listed = self.store.list_again(&self.known);
        listed.map_err(super::job::sentence)
    }
}

impl RunList {
    /// The list of a folder that has not been read yet.
    pub(super) fn of_folder(store: RunStore) -> Self {
        Self {
            store,
            listed: Loadable::Idle,
            read: Instant::now(),
            known: RunMemory::default(),
            asked: Ticket::default(),
            true_from: Ticket::default(),
            revision: 0,
            bin: Loadable::Idle,
            shows_archived: false,
        }
    }

    /// Whether runs that were put away are listed too.
    #[must_use]
    pub fn shows_archived(&self) -> bool {
        self.shows_archived
    }

    pub(super) fn show_archived(&mut self, shows: bool) {
        self.shows_archived = shows;
        // Whoever keeps an order or a choice of the list makes it anew.
        self.revision += 1;
    }

    /// Whether a run stands in lists: it was not put away, or those that were are shown too.
    #[must_use]
    pub fn is_shown(&self, summary: &Summary) -> bool {
        self.shows_archived || !summary.about.archived
    }

    /// The list, or how far it is.
    #[must_use]
    pub fn listed(&self) -> &Loadable<Vec<Summary>> {
        &self.listed
    }

    /// The list, when it is here.
    #[must_use]
    pub fn ready(&self) -> Option<&Vec<Summary>> {
        self.listed.ready()
    }

    /// One line of the list.
    #[must_use]
    pub fn summary(&self, run: &RunId) -> Option<&Summary> {
        self.ready()?.iter().find(|summary| summary.id == *run)
    }

    /// Runs that have come to their first weights, newest first.
    pub(super) fn with_weights(&self) -> impl Iterator<Item = &Summary> {
        let runs = self.ready().into_iter().flatten();
        runs.filter(|summary| summary.manifest.as_ref().is_some_and(|m| m.epochs > 0))
    }

    /// Runs whose data have pseudonyms in the place of ids.
    pub(super) fn with_pseudonyms(&self) -> Vec<RunId> {
        let runs = self.ready().into_iter().flatten();
        let hidden = runs.filter(|summary| {
            let manifest = summary.manifest.as_ref();
            manifest.is_some_and(|manifest| manifest.data.report.pseudonyms.is_some())
        });
        hidden.map(|summary| summary.id.clone()).collect()
    }

    /// Grows whenever the list is another one than before.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether a process trains one of the runs, but for the run `own`: its line in the list
    /// changes although nothing is heard of it here.
    pub(super) fn are_trained_beside(&self, own: Option<&RunId>) -> bool {
        self.ready().is_some_and(|runs| {
            runs.iter()
                .any(|summary| summary.status == RunStatus::Running && own != Some(&summary.id))
        })
    }

    /// Whether the last reading is so old that another process may have done something since.
    pub(super) fn is_old(&self) -> bool {
        self.read.elapsed() > FOREIGN_RUNS_EVERY
    }

    /// Begins to read the folder again; the present list stays until the new one is here.
    pub(super) fn begin_reading(&mut self) -> ListReading {
        if self.ready().is_none() {
            self.listed = Loadable::Loading(format!("Reading {}", self.store.root.display()));
        }
        self.read = Instant::now();
        ListReading {
            ticket: self.asked.renew(),
            store: self.store.clone(),
            known: self.known.clone(),
        }
    }

    /// Takes in what was read. Returns the runs that another program has trained further since they
    /// were last listed; `None` for an answer that is no longer true, which changes nothing.
    pub(super) fn take(
        &mut self,
        ticket: Ticket,
        runs: Result<Vec<Summary>, String>,
    ) -> Option<Vec<RunId>> {
        if ticket < self.true_from {
            return None;
        }
        self.true_from = ticket;
        let mut changed = Vec::new();
        if let Ok(runs) = &runs {
            changed = self.changed_since_listed(runs);
        }
        self.listed = runs.into();
        self.revision += 1;
        Some(changed)
    }

    /// A list that was read before a run went still has it, and is not true any more.
    pub(super) fn doubt(&mut self) {
        self.true_from = self.asked.next();
    }

    fn changed_since_listed(&self, runs: &[Summary]) -> Vec<RunId> {
        let listed: BTreeMap<&RunId, &Summary> = self
            .ready()
            .into_iter()
            .flatten()
            .map(|summary| (&summary.id, summary))
            .collect();
        let changed = runs.iter().filter(|summary| {
            listed
                .get(&summary.id)
                .is_some_and(|before| !is_as_far(before, summary))
        });
        changed.map(|summary| summary.id.clone()).collect()
    }
}

/// Whether a run has come no further, nor ended, from one reading to the other.
fn is_as_far(before: &Summary, now: &Summary) -> bool {
    let (before, now) = (before.manifest.as_ref(), now.manifest.as_ref());
    match (before, now) {
        (Some(before), Some(now)) => (before.epochs, &before.outcome) == (now.epochs, &now.outcome),
        (before, now) => before.is_none() && now.is_none(),
    }
}
