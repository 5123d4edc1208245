//! Reads the folder of runs, writes about runs, deletes, brings back and exports them.

use std::path::PathBuf;

use super::job::sentence;
use super::loadable::Ticket;
use super::views::Forget;
use super::{Action, App, Loadable, Page, Select, Tone};
use seqscope_data::Pseudonyms;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::report::words::{bytes, counted};
use seqscope_engine::run::{AboutChange, RunId, Summary, next_seed};

impl App {
    /// Reads the folder of runs again; the present list stays until the new one is here.
    pub(super) fn refresh_runs(&mut self) {
        let reading = self.runs.begin_reading();
        let ticket = reading.ticket;
        self.jobs.start(
            "runs",
            move || reading.read(),
            move |app, runs| app.take_runs(ticket, runs),
        );
    }

    fn take_runs(&mut self, ticket: Ticket, runs: Result<Vec<Summary>, String>) {
        let Some(changed) = self.runs.take(ticket, runs) else {
            return;
        };
        for run in &changed {
            self.run_changed(run);
        }
        for gone in self.selected_but_gone() {
            self.look_away(&gone);
        }
        if self.selection.run.is_none() {
            let newest = self.runs.with_weights().next();
            self.selection.run = newest.map(|summary| summary.id.clone());
        }
        if self.page == Page::Compare {
            self.choose_runs_to_compare();
        }
    }

    /// Runs that are looked at and were deleted, here or by another program. The run in work may
    /// be newer than the list.
    fn selected_but_gone(&self) -> Vec<RunId> {
        if self.runs.ready().is_none() {
            return Vec::new();
        }
        let in_work = self.training.run_at_work();
        let gone = self
            .selection
            .runs()
            .filter(|run| Some(*run) != in_work && self.runs.summary(run).is_none());
        gone.cloned().collect()
    }

    /// The weights of a run have changed on disk: what was made from them is old now.
    pub(super) fn run_changed(&mut self, run: &RunId) {
        self.explainer.forget(run.clone());
        self.long_explainer.forget(run.clone());
        self.views.run_changed(run);
        self.views.forget(run, Forget::Failed);
    }

    /// Puts the example among the runs, and explains it.
    pub(super) fn open_example(&mut self) {
        let store = self.runs.store.clone();
        self.has_begun = true;
        self.jobs.start(
            "example",
            move || store.add_example().map_err(sentence),
            |app, added| match added {
                Ok(run) => {
                    app.refresh_runs();
                    app.select(Select::Run(run));
                    app.go_to(Page::Explain);
                }
                Err(why) => app.notices.failed(why),
            },
        );
    }

    /// The settings of a finished run become the draft.
    pub(super) fn use_experiment_of(&mut self, run: &RunId) {
        let summary = self.runs.summary(run);
        let manifest = summary.and_then(|summary| summary.manifest.as_ref());
        if let Some(experiment) = manifest.map(|manifest| manifest.experiment_as_asked()) {
            self.change_draft(|draft| draft.replace(experiment));
            self.go_to(Page::Model);
        }
    }

    /// Takes its settings, with the seed after the largest of all runs that differ from it in
    /// nothing else.
    pub(super) fn use_next_seed_of(&mut self, run: &RunId) {
        let all = self.runs.ready().map_or(&[][..], Vec::as_slice);
        let summary = self.runs.summary(run);
        let manifest = summary.and_then(|summary| summary.manifest.as_ref());
        let Some(manifest) = manifest else { return };
        let seed = next_seed(manifest, all);
        let experiment = Experiment {
            seed,
            ..manifest.experiment_as_asked()
        };
        self.change_draft(|draft| draft.replace(experiment));
        self.go_to(Page::Model);
    }

    pub(super) fn delete_run(&mut self, run: RunId) {
        self.explainer.forget(run.clone());
        self.long_explainer.forget(run.clone());
        let (store, deleted) = (self.runs.store.clone(), run.clone());
        self.jobs.start(
            "delete",
            move || store.put_into_bin(&run).map_err(sentence),
            move |app, result| app.take_deleted(&deleted, result),
        );
    }

    /// Takes in under which name a run lies in the bin.
    fn take_deleted(&mut self, run: &RunId, deleted: Result<String, String>) {
        match deleted {
            Ok(name) => {
                self.drop_run(run);
                self.refresh_runs();
                let undo = Some(("Undo".to_owned(), Action::RestoreRun(name)));
                let done = format!("Run {run} is in the bin.");
                self.notices.tell(Tone::Done, done, undo);
                self.read_bin_again();
            }
            Err(why) => {
                let again = Action::RefreshRuns;
                let cure = Some((again.label().to_owned(), again));
                self.notices.tell(Tone::Error, why, cure);
            }
        }
    }

    /// Takes a run out of the bin, and looks at it.
    pub(super) fn restore_run(&mut self, name: String) {
        let store = self.runs.store.clone();
        self.jobs.start(
            "restore",
            move || store.restore_from_bin(&name).map_err(sentence),
            |app, restored| match restored {
                Ok(run) => {
                    app.refresh_runs();
                    app.select(Select::Run(run));
                    app.read_bin_again();
                }
                Err(why) => app.notices.failed(why),
            },
        );
    }

    pub(super) fn read_bin(&mut self) {
        if self.runs.bin.ready().is_none() {
            self.runs.bin = Loadable::Loading("Reading the bin".to_owned());
        }
        let store = self.runs.store.clone();
        self.jobs.start(
            "bin",
            move || store.binned().map_err(sentence),
            |app, binned| app.runs.bin = binned.into(),
        );
    }

    /// Reads the bin where somebody has looked into it.
    fn read_bin_again(&mut self) {
        if !matches!(self.runs.bin, Loadable::Idle) {
            self.read_bin();
        }
    }

    pub(super) fn empty_bin(&mut self) {
        let store = self.runs.store.clone();
        self.jobs.start(
            "empty bin",
            move || store.empty_bin().map_err(sentence),
            |app, gone| {
                match gone {
                    Ok(gone) => {
                        let size = gone.iter().map(|run| run.bytes).sum();
                        app.notices.done(format!(
                            "Deleted for good: {}, {}.",
                            counted(gone.len(), "run"),
                            bytes(size)
                        ));
                    }
                    Err(why) => app.notices.failed(why),
                }
                app.read_bin();
            },
        );
    }

    /// Writes about a run, in its folder; the list then says so.
    pub(super) fn write_about(&mut self, run: RunId, change: AboutChange) {
        let store = self.runs.store.clone();
        self.jobs.start(
            "about",
            move || store.change_about(&run, &change).map_err(sentence),
            |app, written| match written {
                Ok(_) => app.refresh_runs(),
                Err(why) => app.notices.failed(why),
            },
        );
    }

    pub(super) fn export_run(&mut self, run: RunId, to: PathBuf, hidden: Pseudonyms) {
        let (store, exported, folder) = (self.runs.store.clone(), run.clone(), to.clone());
        self.jobs.start(
            "export",
            move || {
                store
                    .export_hiding(&run, &to, hidden)
                    .map(|files| files.len())
                    .map_err(sentence)
            },
            move |app, files| match files {
                Ok(n_files) => app.notices.done(format!(
                    "Exported {exported}: {n_files} files in {}.",
                    folder.display()
                )),
                Err(why) => app.notices.failed(why),
            },
        );
    }

    /// A run that is gone is looked at no more.
    pub(super) fn drop_run(&mut self, run: &RunId) {
        self.runs.doubt();
        self.look_away(run);
    }

    /// Nothing of this run is selected or kept open any more.
    fn look_away(&mut self, run: &RunId) {
        self.views.forget(run, Forget::All);
        self.selection.look_away(run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::bare_app;
    use seqscope_engine::run::RunStatus;

    #[test]
    fn a_list_that_was_read_before_a_run_was_deleted_does_not_bring_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = bare_app(folder.path());
        let run = RunId("old".to_owned());
        let listed = vec![Summary {
            id: run.clone(),
            status: RunStatus::Interrupted,
            manifest: None,
            about: seqscope_engine::run::AboutRun::default(),
        }];
        let before = app.runs.begin_reading().ticket;
        app.take_runs(before, Ok(listed.clone()));
        app.apply(Action::Select(Select::Run(run.clone())));
        app.take_runs(before, Ok(Vec::new()));
        assert_eq!(
            app.selection.run, None,
            "what another program deleted is looked at no more"
        );
        app.take_runs(before, Ok(listed.clone()));
        assert!(app.runs.summary(&run).is_some());
        app.take_deleted(&run, Ok("old".to_owned()));
        let after = app.runs.begin_reading().ticket;
        app.take_runs(after, Ok(Vec::new()));
        app.take_runs(before, Ok(listed));
        assert!(
            app.runs.summary(&run).is_none(),
            "the older answer came later and is dropped"
        );
    }
}
