//! Takes what background work has sent into the state.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::data_state::CountedLog;
use super::job::{ExplainQuestion, JobAnswer, PickKind, Ticket};
use super::views::{ExplainSubject, Forget};
use super::{Action, App, Loadable, Notice, NoticeId, Page, RunSeries, Tone, TrainingPhase};
use seqscope_base::spec::shown_lines;
use seqscope_data::{DataSpec, Preview, SplitSpec, TitleSpec};
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::{RunId, RunOutcome, Summary};
use seqscope_engine::train::{Ended, Event, EventKind};

/// Sentence about training that was stopped before there was a run.
pub(super) const STOPPED_EARLY: &str = "Stopped before training began.";

/// Notices that are kept; the oldest go first.
const NOTICES_KEPT: usize = 20;

impl App {
    pub(super) fn take(&mut self, answer: JobAnswer) {
        match answer {
            JobAnswer::Devices(devices) => {
                self.devices = devices.into();
                self.check_draft();
            }
            JobAnswer::Runs(ticket, runs) => self.take_runs(ticket, runs),
            JobAnswer::Picked(kind, picked) => self.take_picked(kind, picked),
            JobAnswer::Previewed(ticket, preview) => {
                self.take_preview(ticket, preview);
            }
            JobAnswer::Prepared(ticket, (data, split), prepared) => {
                self.take_prepared(ticket, data, split, prepared);
            }
            JobAnswer::Opened(path, opened) => self.take_opened(&path, opened),
            JobAnswer::Saved(path, Ok(())) => {
                self.tell(Tone::Done, format!("Saved as {}.", path.display()), None);
            }
            JobAnswer::Preparing(ticket, references) if ticket == self.trained_from => {
                if let Some(training) = &mut self.training {
                    training.preparing = Some(references);
                }
            }
            JobAnswer::Train(event) => self.take_event(event),
            JobAnswer::Trained(ticket, returned) if ticket == self.trained_from => {
                self.take_returned(returned);
            }
            // Of a run that ended before the one in work began.
            JobAnswer::Preparing(..) | JobAnswer::Trained(..) => {}
            JobAnswer::Series(run, series) => {
                self.recall(&run, &series);
                self.views.series.insert(run, series.into());
            }
            JobAnswer::Significance(significance) => self.views.significance = significance.into(),
            JobAnswer::RunData(run, data) => {
                self.answered(&ExplainSubject::Data(run.clone()));
                self.views.data.insert(run, data.into());
            }
            JobAnswer::User(key, view) => {
                self.answered(&ExplainSubject::User(key.clone()));
                self.views.take_user(key, view.into());
            }
            JobAnswer::List(ask, made) => {
                self.answered(&ExplainSubject::List(ask.clone()));
                (self.views.list.answered, self.views.list.made) = (Some(ask), made.into());
            }
            JobAnswer::Forecast(ticket, made) => self.data.forecast.take(ticket, made),
            JobAnswer::Deleted(run, Ok(())) => {
                self.drop_run(&run);
                self.refresh_runs();
            }
            JobAnswer::Exported(run, folder, Ok(n_files)) => {
                let sentence = format!("Exported {run}: {n_files} files in {}.", folder.display());
                self.tell(Tone::Done, sentence, None);
            }
            JobAnswer::ProfileExported(path, Ok(())) => {
                self.tell(Tone::Done, format!("Exported {}.", path.display()), None);
            }
            JobAnswer::Saved(_, Err(why))
            | JobAnswer::Deleted(_, Err(why))
            | JobAnswer::Exported(_, _, Err(why))
            | JobAnswer::ProfileExported(_, Err(why)) => self.tell(Tone::Error, why, None),
        }
    }

    /// Once a newly opened log's head is known: one cut in time where its times are of one clock,
    /// leave-one-out where they are not. A person who has begun to work with it keeps what is set.
    ///
    /// Times that only order are left out, since they may count each user's own steps.
    fn split_as_times_allow(&mut self) {
        let Some(preview) = self.data.preview.ready() else {
            return;
        };
        if !std::mem::take(&mut self.split_is_open)
            || self.data.prepared.is_loading()
            || self.is_training()
        {
            return;
        }
        let has_clock = preview.has_clock();
        let split = match self.draft.experiment.split {
            SplitSpec::LeaveOneOut if has_clock => SplitSpec::RECOMMENDED,
            chosen if !has_clock && chosen.needs_times() => SplitSpec::LeaveOneOut,
            chosen => chosen,
        };
        self.draft.experiment.split = split;
        self.check_draft();
    }

    /// Puts a sentence where the person sees it until they dismiss it; the same one only once.
    pub(super) fn tell(&mut self, tone: Tone, sentence: String, cure: Option<(String, Action)>) {
        let sentence = match shown_lines(&sentence) {
            Cow::Borrowed(_) => sentence,
            Cow::Owned(escaped) => escaped,
        };
        self.notices.retain(|notice| notice.sentence != sentence);
        if self.notices.len() >= NOTICES_KEPT {
            self.notices.remove(0);
        }
        self.last_notice += 1;
        self.notices.push(Notice {
            id: NoticeId(self.last_notice),
            tone,
            sentence,
            cure,
        });
    }

    fn answered(&mut self, question: &ExplainSubject) {
        if self.views.asked.as_ref() == Some(question) {
            self.views.asked = None;
        }
    }

    fn take_runs(&mut self, ticket: Ticket, runs: Result<Vec<Summary>, String>) {
        if ticket < self.runs_true_from {
            return;
        }
        self.runs_true_from = ticket;
        if let Ok(runs) = &runs {
            // The oldest first: a run keeps its colour when newer ones come.
            for summary in runs.iter().rev() {
                let next = self.color_of_run.len();
                self.color_of_run.entry(summary.id.clone()).or_insert(next);
            }
            for changed in self.changed_since_listed(runs) {
                self.explainer
                    .ask(&self.jobs, ExplainQuestion::Forget(changed.clone()));
                self.views.run_changed(&changed);
                self.views.forget(&changed, Forget::Failed);
            }
            for gone in self.selected_but_not_in(runs) {
                self.look_away(&gone);
            }
            if self.selection.run.is_none() {
                let usable = runs
                    .iter()
                    .find(|summary| summary.manifest.as_ref().is_some_and(|m| m.epochs > 0));
                self.selection.run = usable.map(|summary| summary.id.clone());
            }
        }
        self.runs = runs.into();
        self.runs_revision += 1;
        if self.page == Page::Compare {
            self.choose_runs_to_compare();
        }
    }

    /// Runs that another program has trained further since they were last listed.
    fn changed_since_listed(&self, runs: &[Summary]) -> Vec<RunId> {
        let listed: BTreeMap<&RunId, &Summary> = self
            .runs
            .ready()
            .into_iter()
            .flatten()
            .map(|summary| (&summary.id, summary))
            .collect();
        let standing = |summary: &Summary| {
            summary
                .manifest
                .as_ref()
                .map(|m| (m.epochs, m.outcome.clone()))
        };
        let before = |summary: &Summary| listed.get(&summary.id).map(|before| standing(before));
        let changed = runs
            .iter()
            .filter(|summary| before(summary).is_some_and(|before| before != standing(summary)));
        changed.map(|summary| summary.id.clone()).collect()
    }

    /// Gives a run that went on the curves of its earlier epochs.
    fn recall(&mut self, run: &RunId, series: &Result<Arc<RunSeries>, String>) {
        if let (Some(training), Ok(series)) = (&mut self.training, series)
            && training.run.as_ref() == Some(run)
        {
            training.recall(&series.curves);
        }
    }

    /// Runs that are looked at and were deleted, here or by another program. The run in work may
    /// be newer than the list.
    fn selected_but_not_in(&self, runs: &[Summary]) -> Vec<RunId> {
        let selection = &self.selection;
        let in_work = self
            .training
            .as_ref()
            .filter(|training| training.is_active())
            .and_then(|t| t.run.as_ref());
        let looked_at = selection
            .run
            .iter()
            .chain(&selection.second_run)
            .chain(&selection.compared);
        looked_at
            .filter(|run| Some(*run) != in_work && runs.iter().all(|summary| summary.id != **run))
            .cloned()
            .collect()
    }

    fn take_picked(&mut self, kind: PickKind, picked: Result<Option<std::path::PathBuf>, String>) {
        match (kind, picked) {
            (PickKind::Data, Ok(Some(path))) => self.apply(Action::OpenData(path)),
            (PickKind::Titles, Ok(Some(path))) => {
                self.apply(Action::SetTitles(Some(TitleSpec {
                    path,
                    ..TitleSpec::default()
                })));
            }
            (PickKind::Experiment, Ok(Some(path))) => self.apply(Action::OpenExperiment(path)),
            (_, Ok(None)) => {}
            (_, Err(why)) => self.tell(Tone::Error, why, None),
        }
    }

    fn take_preview(&mut self, ticket: Ticket, preview: Result<Preview, String>) {
        self.data.take_preview(ticket, preview);
        self.split_as_times_allow();
        self.check_draft();
        if let Loadable::Failed(why) = &self.data.preview {
            let why = why.clone();
            self.tell(
                Tone::Error,
                why,
                Some(("Open another file…".to_owned(), Action::PickData)),
            );
        }
    }

    fn take_opened(&mut self, path: &Path, opened: Result<Box<Experiment>, String>) {
        match opened {
            Ok(experiment) => {
                self.change_draft(|draft| draft.replace(*experiment));
                self.go_to(Page::Model);
                self.tell(Tone::Done, format!("Opened {}.", path.display()), None);
            }
            Err(why) => {
                let cure = Some((
                    "Open another experiment…".to_owned(),
                    Action::PickExperiment,
                ));
                self.tell(Tone::Error, format!("{}: {why}", path.display()), cure);
            }
        }
    }

    fn take_prepared(
        &mut self,
        ticket: Ticket,
        data: DataSpec,
        split: SplitSpec,
        prepared: Result<CountedLog, String>,
    ) {
        if !self.data.take_prepared(ticket, data, split, prepared) {
            return;
        }
        if let (Loadable::Failed(why), false) =
            (&self.data.prepared, self.start_when_prepared.is_some())
        {
            let why = why.clone();
            self.tell(
                Tone::Error,
                why,
                Some(("Show data".to_owned(), Action::GoTo(Page::Data))),
            );
        }
        self.check_draft();
        self.go_on_to_training();
    }

    fn take_event(&mut self, event: Event) {
        let Event { run, kind } = event;
        let has_weights = matches!(kind, EventKind::Checkpointed { .. });
        let has_started = matches!(kind, EventKind::Started { .. });
        let ended = if let EventKind::Ended(ended) = &kind {
            Some(ended.clone())
        } else {
            None
        };
        if let Some(training) = &mut self.training {
            training.fold(&run, kind);
        }
        if has_started {
            if let Some(series) = self.views.series(&run).ready().cloned() {
                self.recall(&run, &Ok(series));
            }
            self.select(Action::SelectRun(run.clone()));
            self.refresh_runs();
        }
        if has_weights || ended.is_some() {
            self.explainer
                .ask(&self.jobs, ExplainQuestion::Forget(run.clone()));
            self.views.run_changed(&run);
            self.views.forget(&run, Forget::Failed);
        }
        if let Some(ended) = ended {
            self.take_end(&run, &ended);
        }
    }

    fn take_end(&mut self, run: &RunId, ended: &Ended) {
        self.commands = None;
        match &ended.outcome {
            None if ended.pause.is_some() => {}
            None => self.drop_run(run),
            Some(RunOutcome::Failed { sentence }) => {
                let cure = Some(("Show settings".to_owned(), Action::GoTo(Page::Model)));
                self.tell(Tone::Error, format!("The run failed. {sentence}"), cure);
            }
            Some(RunOutcome::Finished | RunOutcome::Stopped) => {}
        }
        self.refresh_runs();
    }

    /// The training thread has returned. After an end that was heard nothing is left to do; what
    /// could not start, and a defect outside the run's own guard, is told here.
    fn take_returned(&mut self, returned: Result<(RunId, Ended), String>) {
        self.commands = None;
        match returned {
            Ok((run, ended)) => {
                let heard = self
                    .training
                    .as_ref()
                    .is_some_and(|t| matches!(t.phase, TrainingPhase::Ended(_)));
                if !heard {
                    self.take_event(Event {
                        run,
                        kind: EventKind::Ended(Box::new(ended)),
                    });
                }
            }
            // It was the person's own word, and there is no run yet.
            Err(_)
                if self
                    .training
                    .as_ref()
                    .is_some_and(|t| t.phase == TrainingPhase::Stopping) =>
            {
                self.not_started(STOPPED_EARLY.to_owned());
                self.refresh_runs();
            }
            Err(why) => {
                self.not_started(why.clone());
                let cure = Some(("Show settings".to_owned(), Action::GoTo(Page::Model)));
                self.tell(
                    Tone::Error,
                    format!("Training could not go on. {why}"),
                    cure,
                );
                self.refresh_runs();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::*;
    use crate::app::{AppOptions, FilePicker, ThemeChoice};
    use seqscope_engine::run::{RunStatus, RunStore};

    struct NoDialog;

    impl FilePicker for NoDialog {
        fn pick(&self, _: PickKind) -> Result<Option<PathBuf>, String> {
            Ok(None)
        }
    }

    #[test]
    fn a_list_that_was_read_before_a_run_was_deleted_does_not_bring_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = App::new(AppOptions {
            store: RunStore::at(folder.path()),
            waker: Arc::new(|| ()),
            picker: Arc::new(NoDialog),
            open: None,
            recent: Vec::new(),
            theme: ThemeChoice::Dark,
        });
        let run = RunId("old".to_owned());
        let listed = vec![Summary {
            id: run.clone(),
            status: RunStatus::Interrupted,
            manifest: None,
        }];
        let before = app.runs_asked;
        app.take(JobAnswer::Runs(before, Ok(listed.clone())));
        app.apply(Action::SelectRun(run.clone()));
        app.take(JobAnswer::Runs(before, Ok(Vec::new())));
        assert_eq!(
            app.selection.run, None,
            "what another program deleted is looked at no more"
        );
        app.take(JobAnswer::Runs(before, Ok(listed.clone())));
        assert!(app.summary(&run).is_some());
        app.take(JobAnswer::Deleted(run.clone(), Ok(())));
        app.take(JobAnswer::Runs(app.runs_asked, Ok(Vec::new())));
        app.take(JobAnswer::Runs(before, Ok(listed)));
        assert!(
            app.summary(&run).is_none(),
            "the older answer came later and is dropped"
        );
    }
}
