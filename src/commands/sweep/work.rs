//! Whoever trains the trials of a sweep in this process: data, references and signals that all of
//! them share.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::super::Streams;
use super::super::progress::{OpeningBar, ProgressLines};
use super::super::signals::Signals;
use seqscope_base::spec::Entry as _;
use seqscope_data::{self as data, DataError, DataSpec, Prepared, SplitSpec};
use seqscope_engine::error::Error;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::report::words;
use seqscope_engine::run::Ownership;
use seqscope_engine::sweep::{
    SweepError, SweepFolder, SweepState, TrialEnd, TrialState, TrialWork,
};
use seqscope_engine::train::{
    Command, Control, Event, Observer, ReferenceShelf, TrainError, fill_shelf,
};

/// Worker on the trials of a sweep.
pub(super) struct Worker<'a> {
    folder: &'a SweepFolder,
    shelf: ReferenceShelf,
    control: TrialControl,
    opened: Option<OpenedData>,
}

/// Data that the last trial was trained on.
struct OpenedData {
    data: DataSpec,
    split: SplitSpec,
    prepared: Arc<Prepared>,
}

/// What is left of a trial after it was worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// Nothing.
    Nothing,
    /// The others of its rung.
    ForOthers,
}

impl<'a> Worker<'a> {
    pub(super) fn new(folder: &'a SweepFolder, signals: Signals) -> Self {
        Self {
            folder,
            shelf: folder.shelf(),
            control: TrialControl {
                signals,
                owner: None,
            },
            opened: None,
        }
    }

    /// Opens the log and fits the references, so that those who train the trials find both.
    pub(super) fn prepare(&mut self, streams: &mut Streams<'_>) -> Result<(), Error> {
        let Some(first) = self.folder.plan.trials.first() else {
            return Ok(());
        };
        let experiment = self.folder.plan.experiment_of(first, 0)?;
        let prepared = self.data_of(&experiment)?;
        let mut watcher = ProgressLines::new(streams.err);
        let filled = fill_shelf(
            &self.shelf,
            &experiment,
            &prepared,
            &mut self.control,
            &mut watcher,
        );
        Ok(filled?)
    }

    /// Trains what is due of a trial, an epoch a line.
    pub(super) fn train_aloud(
        &mut self,
        number: usize,
        state: &mut SweepState,
        streams: &mut Streams<'_>,
    ) -> Result<Waiting, Error> {
        self.own(number)?;
        // Another may have worked on it until this moment.
        *state = SweepState::read_by_owner(self.folder, number)?;
        while let Some(work) = TrialWork::next(self.folder, state.trial(number)?)? {
            let mut watcher = ProgressLines::new(streams.err);
            self.train(&work, &mut watcher)?;
            *state = SweepState::read_by_owner(self.folder, number)?;
        }
        self.control.owner = None;
        let is_done = state.trial(number)?.state.is_done();
        Ok(if is_done {
            Waiting::Nothing
        } else {
            Waiting::ForOthers
        })
    }

    /// Trains what is due of a trial now, a line a run; a trial that another has is passed over.
    pub(super) fn train_quietly(
        &mut self,
        number: usize,
        state: &mut SweepState,
        streams: &mut Streams<'_>,
    ) -> Result<(), Error> {
        match self.own(number) {
            Err(Error::Sweep(SweepError::Busy { .. })) => return Ok(()),
            other => other?,
        }
        state.read_again(self.folder, number)?;
        while let Some(work) = TrialWork::next(self.folder, state.trial(number)?)? {
            let end = self.train(&work, &mut Quiet)?;
            state.read_again(self.folder, number)?;
            let line = self.line_of(&work, &end, state)?;
            writeln!(streams.err, "{line}")?;
        }
        self.control.owner = None;
        Ok(())
    }

    fn own(&mut self, number: usize) -> Result<(), Error> {
        self.control.owner = None;
        self.control.owner = Some(self.folder.own(number)?);
        Ok(())
    }

    fn train(&mut self, work: &TrialWork, observer: &mut dyn Observer) -> Result<TrialEnd, Error> {
        let prepared = self.data_of(&work.experiment)?;
        let trained = work.train(
            self.folder,
            &self.shelf,
            Some(prepared),
            &mut self.control,
            observer,
        );
        let end = match trained.map_err(Error::from) {
            Err(Error::Train(TrainError::Cancelled)) => return Err(self.left()),
            other => other?,
        };
        if end.is_left {
            return Err(self.left());
        }
        Ok(end)
    }

    /// Result of the system's word, or of Ctrl-C.
    fn left(&self) -> Error {
        Error::Paused(format!(
            "paused, all that was trained is kept: `seqscope sweep {} --again` goes on",
            self.folder.name
        ))
    }

    /// The data of a trial; opened again only where the sweep is over settings of the data.
    fn data_of(&mut self, experiment: &Experiment) -> Result<Arc<Prepared>, Error> {
        if let Some(opened) = &self.opened
            && opened.data == experiment.data
            && opened.split == experiment.split
        {
            return Ok(Arc::clone(&opened.prepared));
        }
        let watch = OpeningBar::new(self.control.signals.ends());
        let prepared = match data::prepare(&experiment.data, experiment.split, &watch) {
            Ok(prepared) => Arc::new(prepared),
            Err(DataError::Cancelled) => return Err(self.left()),
            Err(error) => return Err(TrainError::from(error).into()),
        };
        self.opened = Some(OpenedData {
            data: experiment.data.clone(),
            split: experiment.split,
            prepared: Arc::clone(&prepared),
        });
        Ok(prepared)
    }

    fn line_of(
        &self,
        work: &TrialWork,
        end: &TrialEnd,
        state: &SweepState,
    ) -> Result<String, Error> {
        let plan = &self.folder.plan;
        let progress = state.trial(work.trial)?;
        let run = progress.runs.get(work.seed_place);
        let best = run.map_or(f64::NAN, |run| run.best_until(work.until, state.metric));
        let seed = if plan.n_seeds() > 1 {
            format!(", seed {}", work.experiment.seed)
        } else {
            String::new()
        };
        let came = match (end.failure(), &progress.state) {
            (Some(sentence), _) => format!("failed: {sentence}"),
            (None, TrialState::Dropped { rung }) => format!(
                "{} {}, dropped after epoch {rung}",
                state.metric.title(),
                words::metric(best)
            ),
            (None, _) => format!(
                "{} {} after {} epochs, {}",
                state.metric.title(),
                words::metric(best),
                end.ended.epochs,
                words::duration(end.ended.train_secs)
            ),
        };
        Ok(format!(
            "trial {} of {} ({}){seed}: {came}",
            work.trial,
            plan.trials.len(),
            plan.words_of(&progress.trial),
        ))
    }
}

/// Signals, and the hold on the trial that is in work.
struct TrialControl {
    signals: Signals,
    owner: Option<Ownership>,
}

impl TrialControl {
    /// Leaves at once where another took the trial over: whatever is written now would be beside
    /// what that one writes.
    fn leave_if_lost(&self) {
        if self.owner.as_ref().is_none_or(Ownership::beat) {
            return;
        }
        let _ = writeln!(
            std::io::stderr(),
            "error: another process has taken this trial over, for this one was not heard of; it \
             leaves without writing more"
        );
        std::process::exit(1);
    }
}

impl Control for TrialControl {
    fn poll(&mut self) -> Option<Command> {
        self.leave_if_lost();
        self.signals.poll()
    }

    fn wait(&mut self, at_most: Duration) -> Option<Command> {
        self.signals.wait(at_most)
    }

    fn early(&mut self) -> Option<Command> {
        self.leave_if_lost();
        self.signals.early()
    }
}

/// Whoever hears of nothing: the runs keep it all.
struct Quiet;

impl Observer for Quiet {
    fn observe(&mut self, _: &Event) -> Result<(), TrainError> {
        Ok(())
    }
}
