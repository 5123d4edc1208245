//! What can be done now, and why the rest cannot.

use super::{Action, App, Loadable, Select, TourAction, TourStand, TrainingPhase};
use seqscope_engine::run::{RunId, RunOutcome, RunStatus};

type Allowed = Result<(), String>;

impl App {
    /// Whether the action can be done now; if not, why not.
    ///
    /// # Errors
    /// The reason, as the hover text of a disabled control.
    pub fn enabled(&self, action: &Action) -> Allowed {
        match action {
            Action::TryIt | Action::StartOnCpu => self.nothing_trains(),
            Action::Prepare => self.can_prepare(),
            Action::CancelPrepare => unless(
                !self.data.prepared.is_loading(),
                "Nothing is being prepared.",
            ),
            Action::ExportProfile(view) => self.can_export_profile(*view),
            Action::ExportRefused => self.can_export_refused(),
            Action::PickTitles | Action::SetTitles(_) => unless(
                !self.draft.reads_file(),
                "The synthetic world has titles of its own; open a log first.",
            ),
            Action::Undo => unless(!self.draft.can_undo(), "Nothing has been changed yet."),
            Action::Redo => unless(!self.draft.can_redo(), "Nothing has been taken back."),
            Action::Start => self.can_start(),
            Action::Race(run) => {
                self.can_start()?;
                self.is_listed(run)?;
                self.can_race(run)
            }
            Action::Queue(action) => self.can_queue(action),
            Action::Pause => {
                self.in_phase(&TrainingPhase::Running, "Only a run at work can be paused.")
            }
            Action::Resume => self.in_phase(&TrainingPhase::Paused, "Only a paused run can go on."),
            Action::Stop(_) => self.can_stop(),
            Action::ResumeRun(run) => self.can_resume(run),
            Action::DeleteRun(run) => {
                self.is_listed(run)?;
                unless(
                    self.is_at_work(run),
                    "This run is being trained; stop it first.",
                )
            }
            Action::WriteAbout(run, _) => self.is_listed(run),
            Action::EmptyBin => unless(
                self.runs.bin.ready().is_some_and(Vec::is_empty),
                "The bin is empty.",
            ),
            Action::Revisit(visit) => self.is_listed(&visit.run),
            Action::ExportRun(run, _)
            | Action::ExportHidden(run, _)
            | Action::UseExperimentOf(run)
            | Action::UseNextSeedOf(run) => {
                self.is_listed(run)?;
                let has_manifest = self
                    .runs
                    .summary(run)
                    .is_some_and(|summary| summary.manifest.is_some());
                unless(!has_manifest, "The manifest of this run cannot be read.")
            }
            Action::Select(select) => self.can_select(select),
            Action::Slices(action) => self.can_slices(action),
            Action::Gallery(action) => self.can_gallery(action),
            Action::WhatIf(action) => self.can_what_if(action),
            Action::Arrange(arrange) => self.arrangement.enabled(arrange),
            Action::Tour(action) => self.can_tour(*action),
            Action::Feedback(action) => self.can_say(*action),
            Action::Report(action) => self.can_report(action),
            Action::FineTune(run) => {
                self.nothing_trains()?;
                self.is_listed(run)?;
                self.can_fine_tune(run)
            }
            Action::Steer(action) => self.can_steer(action),
            Action::Transport(transport) => self.can_move(*transport),
            Action::StopRules => unless(
                !self.views.rules().is_searching(),
                "No rules are looked for.",
            ),
            Action::AverageAttention(key) => self.can_average(key),
            Action::GoTo(_)
            | Action::SetTheme(_)
            | Action::SetLanguage(_)
            | Action::OpenExample
            | Action::PickData
            | Action::PickExperiment
            | Action::OpenData(_)
            | Action::OpenExperiment(_)
            | Action::SaveExperiment(_)
            | Action::UseWorld
            | Action::Forecast(_)
            | Action::ChooseModel(_)
            | Action::Edit(_)
            | Action::RefreshRuns
            | Action::RestoreRun(_)
            | Action::ReadBin
            | Action::ShowArchived(_)
            | Action::TestDifferences
            | Action::SetKey(_)
            | Action::Ask(_)
            | Action::FindItems(_)
            | Action::StopQuestion
            | Action::Project(_)
            | Action::StopProjecting
            | Action::FindRules(_)
            | Action::StopAveraging(_)
            | Action::Dismiss(_) => Ok(()),
        }
    }

    fn can_select(&self, select: &Select) -> Allowed {
        match select {
            Select::StepUser(_) => {
                let run = self.selection.run.as_ref();
                let data = run.and_then(|run| self.views.data(run));
                unless(
                    data.is_none(),
                    "The users are known once the data of the run are open.",
                )
            }
            Select::View(view) => {
                let layout = self.arrangement.layout();
                layout.can_choose(*view).map_err(str::to_owned)
            }
            Select::Beside(true) => unless(
                self.selection.second_run.is_none() && self.runs.with_weights().count() < 2,
                "There is no other run to put beside it; train another, or open the example.",
            ),
            Select::StepDisagreement(_) => self.can_step_disagreement(),
            Select::Seeds(side, true) => unless(
                self.agreement.seeds_of(*side).len() < 2,
                "No other seed of this experiment was trained and tested; use its settings with \
                 the next seed.",
            ),
            Select::Run(_)
            | Select::SecondRun(_)
            | Select::AgreeBy(_)
            | Select::Sweep(_)
            | Select::Seeds(_, false)
            | Select::Beside(false)
            | Select::ToggleCompared(_)
            | Select::User(_)
            | Select::Head(_)
            | Select::Event(_)
            | Select::SeedsApart(_)
            | Select::Strip(_) => Ok(()),
        }
    }

    fn can_tour(&self, action: TourAction) -> Allowed {
        let is_away = self.tour.stand() == TourStand::Away;
        match action {
            TourAction::Take => unless(!is_away, "The tour is being taken."),
            TourAction::Skip | TourAction::Leave => unless(is_away, "The tour is not being taken."),
        }
    }

    pub(super) fn nothing_trains(&self) -> Allowed {
        unless(
            self.training.is_active(),
            "A run is being trained; stop it first, or wait for its end.",
        )
    }

    fn can_prepare(&self) -> Allowed {
        unless(
            self.data.prepared.is_loading(),
            "The data are being prepared.",
        )?;
        if !self.draft.reads_file() {
            return Ok(());
        }
        match &self.data.preview {
            Loadable::Failed(why) => Err(why.clone()),
            Loadable::Loading(_) | Loadable::Idle => {
                Err("The head of the file is being read.".to_owned())
            }
            Loadable::Ready(preview) => preview
                .problems
                .iter()
                .find(|p| p.is_error())
                .map_or(Ok(()), |p| Err(p.sentence())),
        }
    }

    fn can_start(&self) -> Allowed {
        self.nothing_trains()?;
        if let Some(problem) = self
            .draft
            .problems
            .iter()
            .find(|problem| problem.is_error())
        {
            return Err(problem.sentence());
        }
        if self.fresh_data().is_some() {
            Ok(())
        } else {
            self.can_prepare()
        }
    }

    fn can_stop(&self) -> Allowed {
        let stoppable = matches!(
            self.training.phase(),
            Some(TrainingPhase::Starting | TrainingPhase::Running | TrainingPhase::Paused)
        );
        unless(!stoppable, "No run is at work.")
    }

    fn can_resume(&self, run: &RunId) -> Allowed {
        self.nothing_trains()?;
        self.is_listed(run)?;
        let Some(summary) = self.runs.summary(run) else {
            return Ok(());
        };
        match &summary.status {
            RunStatus::Damaged(why) => Err(why.clone()),
            RunStatus::Running => Err("Another program is training this run.".to_owned()),
            RunStatus::Paused
            | RunStatus::Interrupted
            | RunStatus::Ended(RunOutcome::Stopped | RunOutcome::Failed { .. }) => Ok(()),
            RunStatus::Ended(RunOutcome::Finished) => {
                Err("This run has ended; extend it, or use its settings for a new one.".to_owned())
            }
        }
    }

    fn is_listed(&self, run: &RunId) -> Allowed {
        unless(
            self.runs.summary(run).is_none(),
            "This run is not in the folder of runs any more.",
        )
    }

    fn is_at_work(&self, run: &RunId) -> bool {
        self.training.is_at_work(run)
    }

    fn in_phase(&self, phase: &TrainingPhase, otherwise: &str) -> Allowed {
        unless(self.training.phase() != Some(phase), otherwise)
    }
}

pub(super) fn unless(hindered: bool, reason: &str) -> Allowed {
    if hindered {
        Err(reason.to_owned())
    } else {
        Ok(())
    }
}
