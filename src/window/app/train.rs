//! Begins, holds and ends runs, and takes in what they tell.

use std::sync::Arc;

use super::job::{TrainingNews, TrainingWork, sentence, start_race, start_training};
use super::loadable::Ticket;
use super::{Action, App, Loadable, Page, Tone, TrainView, Training, TrainingPhase};
use seqscope_data::Prepared;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::{RunId, RunOutcome, RunStatus};
use seqscope_engine::train::{
    Command, Ended, Event, EventKind, Job, RaceSide, SlowMotion, StopMode, race_problems,
};

/// The experiment that *Try it in 30 seconds* trains.
const QUICKSTART: &str = include_str!("../../../experiments/quickstart.ron");

/// Name of that experiment.
pub(super) const QUICKSTART_NAME: &str = "quickstart";

/// Sentence about training that was stopped before there was a run.
pub(super) const STOPPED_EARLY: &str = "Stopped before training began.";

impl App {
    /// Returns what the Train page shows: the run in work, whatever is chosen; else the chosen one.
    #[must_use]
    pub fn train_view(&self) -> TrainView<'_> {
        let chosen = self.selection.run.as_ref();
        let own = self.training.current.as_ref().filter(|training| {
            let is_chosen = chosen.is_none() || training.run.as_ref() == chosen;
            training.is_active() || is_chosen || !self.training.looks_back
        });
        match (own, chosen) {
            (Some(training), _) => TrainView::Run(training),
            (None, None) => TrainView::Nothing,
            (None, Some(run)) => match (
                self.views.series(run),
                self.runs.summary(run).map(|summary| &summary.status),
            ) {
                (Loadable::Ready(series), _) => TrainView::Run(&series.training),
                (Loadable::Failed(why), _) | (Loadable::Idle, Some(RunStatus::Damaged(why))) => {
                    TrainView::Failed(why)
                }
                (Loadable::Loading(_) | Loadable::Idle, _) => TrainView::Loading(run),
            },
        }
    }

    /// Trains the embedded experiment on the synthetic world at once.
    pub(super) fn try_it(&mut self) {
        match Experiment::parse(QUICKSTART) {
            Ok(experiment) => {
                self.change_draft(|draft| draft.replace(experiment));
                self.start();
            }
            Err(error) => self.notices.failed(sentence(error)),
        }
    }

    /// Trains what the draft says; prepares its data first where they are not.
    pub(super) fn start(&mut self) {
        let experiment = self.draft.experiment.clone();
        self.training.begin(Training::starting(&experiment));
        self.page = Page::Train;
        if self.fresh_data().is_some() {
            self.train(experiment);
        } else {
            self.prepare();
            self.training.wait_for_data(experiment);
        }
    }

    /// Trains the last run's settings on the processor, or the draft's where there is no such run.
    pub(super) fn start_on_cpu(&mut self) {
        let current = self.training.current.as_ref();
        let run = current.and_then(|training| training.run.as_ref());
        let summary = run.and_then(|run| self.runs.summary(run));
        let manifest = summary.and_then(|summary| summary.manifest.as_ref());
        let mut next = match manifest {
            Some(manifest) => manifest.experiment_as_asked(),
            None => self.draft.experiment.clone(),
        };
        "cpu".clone_into(&mut next.training.device);
        self.change_draft(|draft| draft.replace(next));
        self.start();
    }

    /// The data are here, or could not be had.
    pub(super) fn go_on_to_training(&mut self) {
        let Some(experiment) = self.training.take_waiting() else {
            return;
        };
        let rival = self.training.take_waiting_rival();
        if let Some(why) = self.data.prepared.failed() {
            self.training.not_started(why.to_owned());
            self.training.rival = None;
            return;
        }
        match rival {
            Some(rival) => self.launch_race(experiment, rival),
            None => self.train(experiment),
        }
    }

    /// Trains the draft and a run's experiment side by side, each in its turn.
    pub(super) fn race(&mut self, run: &RunId) {
        let summary = self.runs.summary(run);
        let Some(manifest) = summary.and_then(|summary| summary.manifest.as_ref()) else {
            return;
        };
        let (first, second) = (
            self.draft.experiment.clone(),
            manifest.experiment_as_asked(),
        );
        let [mut a, mut b] = [&first, &second].map(Training::starting);
        for (training, side) in [(&mut a, RaceSide::A), (&mut b, RaceSide::B)] {
            training.title = format!("{side} · {}", training.title);
        }
        self.training.begin_race([a, b]);
        self.page = Page::Train;
        if self.fresh_data().is_some() {
            self.launch_race(first, second);
        } else {
            self.prepare();
            self.training.wait_for_data(first);
            self.training.race_once_ready(second);
        }
    }

    /// Why the draft cannot race against a run's experiment.
    pub(super) fn can_race(&self, run: &RunId) -> Result<(), String> {
        let summary = self.runs.summary(run);
        let Some(manifest) = summary.and_then(|summary| summary.manifest.as_ref()) else {
            return Err("The manifest of this run cannot be read.".to_owned());
        };
        let problems = race_problems(&self.draft.experiment, &manifest.experiment_as_asked());
        match problems.iter().find(|problem| problem.is_error()) {
            Some(problem) => Err(problem.sentence()),
            None => Ok(()),
        }
    }

    fn launch_race(&mut self, first: Experiment, second: Experiment) {
        for problem in race_problems(&first, &second) {
            self.notices.tell(Tone::Done, problem.sentence(), None);
        }
        let prepared = self.data.fresh(&first.data, first.split).cloned();
        let jobs = [first, second].map(|experiment| Job {
            experiment,
            store: self.runs.store.clone(),
            prepared: prepared.clone(),
            resume: None,
        });
        let (ticket, builder) = (self.training.renew(), self.training.builder.clone());
        let hear = move |app: &mut Self, side, news| app.take_news(ticket, side, news);
        let commands = start_race(&self.jobs, jobs, builder.as_ref(), &hear);
        self.training.listen_to(commands);
    }

    /// Trains an experiment, on the prepared data if they are its own.
    fn train(&mut self, experiment: Experiment) {
        let prepared = self.data.fresh(&experiment.data, experiment.split).cloned();
        self.launch_with(experiment, prepared);
    }

    /// Begins a new run of an experiment, on data that are its own where there are some.
    pub(super) fn launch_with(&mut self, experiment: Experiment, prepared: Option<Arc<Prepared>>) {
        self.launch(TrainingWork::Run(Box::new(Job {
            experiment,
            store: self.runs.store.clone(),
            prepared,
            resume: None,
        })));
    }

    pub(super) fn resume_run(&mut self, run: RunId) {
        let summary = self.runs.summary(&run);
        let Some(manifest) = summary.and_then(|summary| summary.manifest.as_ref()) else {
            return;
        };
        let experiment = manifest.experiment.clone();
        let prepared = self.known_data(&run);
        self.training.begin(Training {
            run: Some(run.clone()),
            ..Training::starting(&experiment)
        });
        self.page = Page::Train;
        self.launch(TrainingWork::Run(Box::new(Job {
            experiment,
            store: self.runs.store.clone(),
            prepared,
            resume: Some(run),
        })));
    }

    /// Starts the training thread.
    pub(super) fn launch(&mut self, work: TrainingWork) {
        self.steer.slow = SlowMotion::Off;
        let ticket = self.training.renew();
        let builder = self.training.builder.clone();
        let is_queued = matches!(work, TrainingWork::Queued(..));
        let commands = start_training(&self.jobs, work, builder, move |app: &mut Self, news| {
            let is_back = matches!(news, TrainingNews::Returned(_));
            app.take_news(ticket, RaceSide::A, news);
            if is_queued && is_back {
                app.queue_returned();
            }
        });
        self.training.listen_to(commands);
    }

    pub(super) fn stop(&mut self, mode: StopMode) {
        if self.training.is_waiting_for_data() {
            self.cancel_prepare();
            return;
        }
        self.training.stopping();
        self.training.command(Command::Stop(mode));
    }

    /// Takes in news of the last start; those of a run that ended before it change nothing.
    fn take_news(&mut self, ticket: Ticket, side: RaceSide, news: TrainingNews) {
        if !self.training.is_launched_as(ticket) {
            return;
        }
        match news {
            TrainingNews::Preparing(references) => {
                if let Some(training) = self.training.of_side(side) {
                    training.preparing = Some(references);
                }
            }
            TrainingNews::Event(event) => self.take_event(side, event),
            TrainingNews::Returned(returned) => self.take_returned(side, returned),
        }
        self.training.look_at_the_last();
    }

    fn take_event(&mut self, side: RaceSide, event: Event) {
        let Event { run, kind } = event;
        let has_weights = matches!(kind, EventKind::Checkpointed { .. });
        let has_started = matches!(kind, EventKind::Started { .. });
        let holds = matches!(
            kind,
            EventKind::Paused | EventKind::Blocked(_) | EventKind::Resumed
        );
        let ended = if let EventKind::Ended(ended) = &kind {
            Some(ended.clone())
        } else {
            None
        };
        if let EventKind::Blocked(why) = &kind {
            let again = Some(("Try again".to_owned(), Action::Resume));
            self.notices.tell(Tone::Error, why.clone(), again);
        }
        if let Some(training) = self.training.of_side(side) {
            training.fold(&run, kind);
        }
        if holds {
            self.training.hold_both(side);
        }
        if has_started {
            if let Some(series) = self.views.series(&run).ready() {
                self.training.recall(&run, &series.curves);
            }
            // Of a race the first is looked at, and the other drawn beside it.
            if side == RaceSide::A {
                self.select_run(&run);
            }
            self.refresh_runs();
        }
        if has_weights || ended.is_some() {
            self.run_changed(&run);
        }
        if let Some(ended) = ended {
            self.take_end(&run, &ended);
        }
    }

    fn take_end(&mut self, run: &RunId, ended: &Ended) {
        self.training.has_ended();
        match &ended.outcome {
            None if ended.pause.is_some() => {}
            None => self.drop_run(run),
            Some(RunOutcome::Failed { sentence }) => {
                self.tell_with_settings(format!("The run failed. {sentence}"));
            }
            Some(RunOutcome::Finished | RunOutcome::Stopped) => {}
        }
        self.refresh_runs();
    }

    /// The training thread has returned. After an end that was heard nothing is left to do; what
    /// could not start, and a defect outside the run's own guard, is told here.
    fn take_returned(&mut self, side: RaceSide, returned: Result<(RunId, Box<Ended>), String>) {
        let Some(training) = self.training.of_side(side) else {
            return;
        };
        match returned {
            Ok((run, ended)) => {
                if !matches!(training.phase, TrainingPhase::Ended(_)) {
                    self.take_event(
                        side,
                        Event {
                            run,
                            kind: EventKind::Ended(ended),
                        },
                    );
                }
                self.training.has_ended();
            }
            // It was the person's own word, and there is no run yet.
            Err(_) if training.phase == TrainingPhase::Stopping => {
                training.phase = TrainingPhase::NotStarted(STOPPED_EARLY.to_owned());
                self.training.has_ended();
                self.refresh_runs();
            }
            Err(why) => {
                training.phase = TrainingPhase::NotStarted(why.clone());
                self.training.has_ended();
                self.tell_with_settings(format!("Training could not go on. {why}"));
                self.refresh_runs();
            }
        }
    }

    /// Tells what went wrong, and what may cure it: the processor, where the sentence says so, or
    /// other settings.
    fn tell_with_settings(&mut self, sentence: String) {
        let (words, action) = if names_the_cpu(&sentence) {
            (Action::StartOnCpu.label(), Action::StartOnCpu)
        } else {
            ("Show settings", Action::GoTo(Page::Model))
        };
        let cure = Some((words.to_owned(), action));
        self.notices.tell(Tone::Error, sentence, cure);
    }
}

/// Whether a sentence gives the processor as its cure, as those of the devices do.
fn names_the_cpu(sentence: &str) -> bool {
    ["`--device cpu`", "choose `cpu`"]
        .iter()
        .any(|words| sentence.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::bare_app;
    use seqscope_engine::train::Preparing;

    #[test]
    fn news_of_an_older_start_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = bare_app(folder.path());
        app.training
            .begin(Training::starting(&Experiment::default()));
        let (older, last) = (app.training.renew(), app.training.renew());
        let why = "It could not start.".to_owned();
        let references = Preparing {
            n_all: 3,
            ..Preparing::default()
        };
        let paused = Event {
            run: RunId("old".to_owned()),
            kind: EventKind::Paused,
        };
        app.take_news(
            older,
            RaceSide::A,
            TrainingNews::Preparing(references.clone()),
        );
        app.take_news(older, RaceSide::A, TrainingNews::Event(paused));
        app.take_news(older, RaceSide::A, TrainingNews::Returned(Err(why.clone())));
        let unchanged = Training::starting(&Experiment::default());
        assert_eq!(app.training.current, Some(unchanged));
        assert!(app.notices.is_empty());
        app.take_news(
            last,
            RaceSide::A,
            TrainingNews::Preparing(references.clone()),
        );
        let heard = app.training.current.as_ref().unwrap();
        assert_eq!(heard.preparing, Some(references));
        app.take_news(last, RaceSide::A, TrainingNews::Returned(Err(why.clone())));
        assert_eq!(app.training.phase(), Some(&TrainingPhase::NotStarted(why)));
    }

    #[test]
    fn what_a_device_refuses_is_cured_by_the_processor_and_anything_else_by_the_settings() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = bare_app(folder.path());
        app.draft.experiment.training.device = "gpu:0".to_owned();
        for (why, wanted) in [
            (
                "the connection to the GPU was lost (gone); start the program again and resume the \
                 run, or train on the CPU with `--device cpu`",
                Action::StartOnCpu,
            ),
            (
                "there is no device `gpu:0`: choose `cpu`, or install the driver of your GPU",
                Action::StartOnCpu,
            ),
            ("the loss is NaN", Action::GoTo(Page::Model)),
        ] {
            app.training
                .begin(Training::starting(&app.draft.experiment));
            app.take_returned(RaceSide::A, Err(why.to_owned()));
            let cure = app.notices.last().and_then(|notice| notice.cure.clone());
            assert_eq!(cure.map(|(_, action)| action), Some(wanted), "{why}");
        }
        app.apply(Action::StartOnCpu);
        assert_eq!(app.draft.experiment.training.device, "cpu");
        assert!(app.training.is_active());
        let again = app.enabled(&Action::StartOnCpu);
        assert!(again.is_err(), "one run at a time");
    }
}
