//! One piece of work on a trial: a run of it, trained to the epochs that are due.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use super::{SweepError, SweepFolder, TrialProgress, TrialRuns, TrialState};
use crate::experiment::Experiment;
use crate::run::{RunId, RunOutcome};
use crate::train::{
    Command, Control, Ended, Event, EventKind, Job, Observer, OfSweep, Preparing, ReferenceShelf,
    TrainError, run_of_sweep,
};
use seqscope_data::Prepared;

/// A run of a trial that is to be trained.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialWork {
    /// Number of the trial.
    pub trial: usize,
    /// Place among its seeds, from 0.
    pub seed_place: usize,
    /// What is trained.
    pub experiment: Experiment,
    /// Epochs that it trains to; a rung may lie before the end.
    pub until: usize,
    /// The run to go on with; `None` begins one.
    pub resume: Option<RunId>,
}

/// End of a piece of work.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialEnd {
    /// The run.
    pub id: RunId,
    /// How it ended.
    pub ended: Ended,
    /// Whether it was left before it had come as far as it was to.
    pub is_left: bool,
}

impl TrialWork {
    /// The first run of a trial that is due; `None` where none is.
    ///
    /// # Errors
    /// [`SweepError`] when a value cannot be set.
    pub fn next(
        folder: &SweepFolder,
        progress: &TrialProgress,
    ) -> Result<Option<Self>, SweepError> {
        let TrialState::Due { until, .. } = progress.state else {
            return Ok(None);
        };
        let n_seeds = folder.plan.n_seeds();
        let is_due =
            |place: &usize| (progress.runs.get(*place)).is_none_or(|run| !run.has_reached(until));
        let Some(seed_place) = (0..n_seeds).find(is_due) else {
            return Ok(None);
        };
        Ok(Some(Self {
            trial: progress.trial.number,
            seed_place,
            experiment: folder.plan.experiment_of(&progress.trial, seed_place)?,
            until,
            resume: progress.runs.get(seed_place).map(|run| run.id.clone()),
        }))
    }

    /// Trains it, on data that are open already where there are such.
    ///
    /// A rung before the end is a pause: the run goes on later to the same numbers as if it had never
    /// stopped, and its course of the learning rate is that of the whole training.
    ///
    /// # Errors
    /// [`SweepError`] when it cannot start, or its name cannot be written down.
    pub fn train(
        &self,
        folder: &SweepFolder,
        shelf: &ReferenceShelf,
        prepared: Option<Arc<Prepared>>,
        control: &mut dyn Control,
        observer: &mut dyn Observer,
    ) -> Result<TrialEnd, SweepError> {
        let mut runs = folder.runs_of(self.trial)?;
        if self.resume.is_none() {
            runs.n_begun = self.seed_place + 1;
            folder.keep_runs(self.trial, &runs)?;
        }
        let job = Job {
            experiment: self.experiment.clone(),
            store: folder.store.clone(),
            prepared,
            resume: self.resume.clone(),
        };
        let is_reached = Cell::new(false);
        let mut watcher = RungWatcher {
            work: self,
            folder,
            runs,
            is_reached: &is_reached,
            failed: None,
            observer,
        };
        let mut control = RungControl {
            is_reached: &is_reached,
            is_told: false,
            control,
        };
        let of_sweep = OfSweep {
            mark: Some(folder.mark(self.trial, self.seed_place)),
            shelf,
        };
        let (id, ended) = run_of_sweep(job, &of_sweep, &mut control, &mut watcher)?;
        if let Some(error) = watcher.failed {
            return Err(error);
        }
        Ok(TrialEnd {
            is_left: ended.pause.is_some() && ended.epochs < self.until,
            id,
            ended,
        })
    }
}

/// Listener that writes down the name of a run as it begins, and sees when it has come to its rung.
struct RungWatcher<'a> {
    work: &'a TrialWork,
    folder: &'a SweepFolder,
    runs: TrialRuns,
    is_reached: &'a Cell<bool>,
    failed: Option<SweepError>,
    observer: &'a mut dyn Observer,
}

impl RungWatcher<'_> {
    fn begun(&mut self, id: &RunId) {
        let place = self.work.seed_place;
        match self.runs.runs.get_mut(place) {
            Some(known) => *known = id.clone(),
            None => self.runs.runs.push(id.clone()),
        }
        if let Err(error) = self.folder.keep_runs(self.work.trial, &self.runs) {
            // It is left, so that nothing is trained that is not known.
            self.is_reached.set(true);
            self.failed = Some(error);
        }
    }
}

impl Observer for RungWatcher<'_> {
    fn observe(&mut self, event: &Event) -> Result<(), TrainError> {
        match &event.kind {
            EventKind::Started { .. } if self.work.resume.is_none() => self.begun(&event.run),
            EventKind::Checkpointed { epoch }
                if *epoch >= self.work.until
                    && self.work.until < self.work.experiment.training.epochs =>
            {
                self.is_reached.set(true);
            }
            _ => {}
        }
        self.observer.observe(event)
    }

    fn preparing(&mut self, references: &Preparing) {
        self.observer.preparing(references);
    }
}

/// Commands from outside, and the pause at a rung.
struct RungControl<'a> {
    is_reached: &'a Cell<bool>,
    is_told: bool,
    control: &'a mut dyn Control,
}

impl Control for RungControl<'_> {
    fn poll(&mut self) -> Option<Command> {
        if self.is_reached.get() && !self.is_told {
            self.is_told = true;
            return Some(Command::Pause);
        }
        self.control.poll()
    }

    fn wait(&mut self, at_most: Duration) -> Option<Command> {
        self.control.wait(at_most)
    }

    fn early(&mut self) -> Option<Command> {
        self.control.early()
    }
}

impl TrialEnd {
    /// Why the run failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        match &self.ended.outcome {
            Some(RunOutcome::Failed { sentence }) => Some(sentence),
            Some(RunOutcome::Finished | RunOutcome::Stopped) | None => None,
        }
    }
}
