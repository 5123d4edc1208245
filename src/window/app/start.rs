//! Begins, holds and ends runs, and deletes and exports finished ones.

use std::path::{Path, PathBuf};

use super::job::{ExplainQuestion, JobAnswer, Ticket, sentence, start_training};
use super::receive::STOPPED_EARLY;
use super::views::Forget;
use super::{App, Page, Selection, Tone, Training, TrainingPhase};
use seqscope_base::spec::shown;
use seqscope_data::{self as data, DataSource, PseudonymKey, Pseudonyms};
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::RunId;
use seqscope_engine::train::{Command, Job, StopMode};

/// The experiment that *Try it in 30 seconds* trains.
const QUICKSTART: &str = include_str!("../../../experiments/quickstart.ron");

/// Name of that experiment.
pub(super) const QUICKSTART_NAME: &str = "quickstart";

impl App {
    /// Trains the embedded experiment on the synthetic world at once.
    pub(super) fn try_it(&mut self) {
        match Experiment::parse(QUICKSTART) {
            Ok(experiment) => {
                self.change_draft(|draft| draft.replace(experiment));
                self.start();
            }
            Err(error) => self.tell(Tone::Error, sentence(error), None),
        }
    }

    pub(super) fn prepare(&mut self) {
        self.has_begun = true;
        let experiment = &self.draft.experiment;
        self.data
            .prepare(&experiment.data, experiment.split, &self.jobs);
    }

    pub(super) fn cancel_prepare(&mut self) {
        self.data.cancel();
        if self.start_when_prepared.take().is_some() {
            self.not_started(STOPPED_EARLY.to_owned());
        }
    }

    /// Trains what the draft says; prepares its data first where they are not.
    pub(super) fn start(&mut self) {
        let experiment = self.draft.experiment.clone();
        let title = format!(
            "{} · {}",
            shown(&experiment.name),
            experiment.model.family().title()
        );
        self.looks_back = false;
        self.training = Some(Training::starting(title, experiment.training.epochs));
        self.page = Page::Train;
        if self.fresh_data().is_some() {
            self.train(experiment);
        } else {
            self.prepare();
            self.start_when_prepared = Some(experiment);
        }
    }

    /// The data are here, or could not be had.
    pub(super) fn go_on_to_training(&mut self) {
        let Some(experiment) = self.start_when_prepared.take() else {
            return;
        };
        if let super::Loadable::Failed(why) = &self.data.prepared {
            let why = why.clone();
            self.not_started(why);
        } else {
            self.train(experiment);
        }
    }

    /// Trains an experiment, on the prepared data if they are its own.
    fn train(&mut self, experiment: Experiment) {
        let prepared = self.data.fresh(&experiment.data, experiment.split).cloned();
        self.launch(Job {
            experiment,
            store: self.store.clone(),
            prepared,
            resume: None,
        });
    }

    fn launch(&mut self, job: Job) {
        self.trained_from.0 += 1;
        self.commands = Some(start_training(
            &self.jobs,
            self.trained_from,
            job,
            self.builder.clone(),
        ));
    }

    pub(super) fn resume_run(&mut self, run: RunId) {
        let Some(manifest) = self
            .summary(&run)
            .and_then(|summary| summary.manifest.as_ref())
        else {
            return;
        };
        let experiment = manifest.experiment.clone();
        let title = format!(
            "{} · {}",
            shown(&experiment.name),
            experiment.model.family().title()
        );
        let mut training = Training::starting(title, experiment.training.epochs);
        training.run = Some(run.clone());
        let prepared = self.known_data(&run);
        self.looks_back = false;
        self.training = Some(training);
        self.page = Page::Train;
        self.launch(Job {
            experiment,
            store: self.store.clone(),
            prepared,
            resume: Some(run),
        });
    }

    pub(super) fn command(&mut self, command: Command) {
        if let Some(commands) = &self.commands {
            // A run that has just ended hears nothing any more; its last event is on the way.
            let _ = commands.send(command);
        }
    }

    pub(super) fn stop(&mut self, mode: StopMode) {
        if self.start_when_prepared.is_some() {
            self.cancel_prepare();
            return;
        }
        if let Some(training) = &mut self.training {
            training.phase = TrainingPhase::Stopping;
        }
        self.command(Command::Stop(mode));
    }

    pub(super) fn not_started(&mut self, why: String) {
        if let Some(training) = &mut self.training {
            training.phase = TrainingPhase::NotStarted(why);
        }
        self.commands = None;
    }

    /// The settings of a finished run become the draft.
    pub(super) fn use_experiment_of(&mut self, run: &RunId) {
        let manifest = self
            .summary(run)
            .and_then(|summary| summary.manifest.as_ref());
        if let Some(experiment) = manifest.map(|manifest| manifest.experiment_as_asked()) {
            self.change_draft(|draft| draft.replace(experiment));
            self.go_to(Page::Model);
        }
    }

    pub(super) fn delete_run(&mut self, run: RunId) {
        self.explainer
            .ask(&self.jobs, ExplainQuestion::Forget(run.clone()));
        let (store, deleted) = (self.store.clone(), run.clone());
        self.jobs.start(
            "delete",
            move || store.delete(&run).map_err(sentence),
            move |result| JobAnswer::Deleted(deleted, result),
        );
    }

    pub(super) fn export_run(&mut self, run: RunId, to: PathBuf, hidden: Pseudonyms) {
        let (store, exported, folder) = (self.store.clone(), run.clone(), to.clone());
        self.jobs.start(
            "export",
            move || {
                store
                    .export_hiding(&run, &to, hidden)
                    .map(|files| files.len())
                    .map_err(sentence)
            },
            move |result| JobAnswer::Exported(exported, folder, result),
        );
    }

    /// What was read under another key is read again; what could not be read is tried again.
    pub(super) fn use_key(&mut self, key: PseudonymKey) {
        data::use_key(key);
        if matches!(&self.draft.experiment.data.source, DataSource::File(file) if !file.pseudonyms.is_off())
        {
            self.data.forget();
        }
        let runs = self
            .runs
            .ready()
            .into_iter()
            .flatten()
            .filter(|summary| {
                summary
                    .manifest
                    .as_ref()
                    .is_some_and(|manifest| manifest.data.report.pseudonyms.is_some())
            })
            .map(|summary| summary.id.clone());
        for run in runs.collect::<Vec<_>>() {
            self.views.forget(&run, Forget::All);
        }
    }

    /// A run that is gone is looked at no more.
    pub(super) fn drop_run(&mut self, run: &RunId) {
        // A list that was read before the run went still has it.
        self.runs_true_from = Ticket(self.runs_asked.0 + 1);
        self.look_away(run);
    }

    /// Nothing of this run is selected or kept open any more.
    pub(super) fn look_away(&mut self, run: &RunId) {
        self.views.forget(run, Forget::All);
        self.selection.compared.retain(|other| other != run);
        if self.selection.second_run.as_ref() == Some(run) {
            self.selection.second_run = None;
        }
        if self.selection.run.as_ref() == Some(run) {
            // The epoch, head and event were that run's.
            let Selection {
                run,
                epoch,
                head,
                event,
                ..
            } = &mut self.selection;
            (*run, *epoch, *head, *event) = (None, None, None, None);
        }
    }

    /// Whether the draft reads a file.
    pub(super) fn reads_file(&self) -> bool {
        matches!(self.draft.experiment.data.source, DataSource::File(_))
    }
}

/// Writes an experiment to a file that must not exist yet; makes the folder where it is missing.
pub(super) fn write_new(path: &Path, experiment: &Experiment) -> Result<(), String> {
    use std::io::{ErrorKind, Write};
    let text = experiment.to_text().map_err(sentence)?;
    let refused = |error: &std::io::Error| {
        format!(
            "Cannot write `{}`: {error}; choose a folder that you may write to, on a disk with \
             free space.",
            path.display()
        )
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| refused(&error))?;
    }
    let mut file = std::fs::File::create_new(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            format!(
                "`{}` exists and is not written over; choose another name.",
                path.display()
            )
        }
        _ => refused(&error),
    })?;
    file.write_all(text.as_bytes()).map_err(|error| {
        // Half an experiment would stand in the way of the next try; the first error matters.
        let _ = std::fs::remove_file(path);
        refused(&error)
    })
}
