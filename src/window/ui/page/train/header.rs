//! Head of a run: what it is, how far it is, and the buttons that steer it.

use std::fmt::Write as _;

use egui::{Align, Layout, ProgressBar, RichText, Ui};

use crate::app::{Action, App, Page, Select, Training, TrainingPhase};
use crate::ui::Actions;
use crate::ui::frame::{action_button, action_button_as};
use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::widget::run_words;
use seqscope_base::spec::Entry;
use seqscope_engine::run::{RunId, RunOutcome};
use seqscope_engine::train::StopMode;
use seqscope_model::DeviceKind;

/// Whether the question before a run is deleted is open.
#[derive(Default)]
pub(super) struct Header {
    asks_to_discard: bool,
}

impl Header {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        training: &Training,
        app: &App,
        actions: &mut Actions,
    ) {
        ui.horizontal(|ui| {
            ui.label(RichText::new(&training.title).heading());
            ui.label(RichText::new(tr(phase_text(training, app))).strong());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                self.buttons(ui, training, app, actions);
            });
        });
        let facts = facts(training);
        if !facts.is_empty() {
            ui.label(facts);
        }
        if training.is_active() {
            ui.add(progress_bar(training));
        }
        if self.asks_to_discard {
            self.question(ui, training, actions);
        }
    }

    /// Right to left: the gravest stands outermost.
    fn buttons(&mut self, ui: &mut Ui, training: &Training, app: &App, actions: &mut Actions) {
        if !training.is_active() {
            if let Some(run) = kept_run(training) {
                let selects = Action::Select(Select::Run(run.clone()));
                if ui.button(tr("Explain this run")).clicked() {
                    actions.extend([selects, Action::GoTo(Page::Explain)]);
                }
            }
            if training.run.is_some() {
                action_button_as(
                    ui,
                    app,
                    actions,
                    Action::GoTo(Page::Compare),
                    tr("Compare runs"),
                );
            }
            let resume = training
                .run
                .as_ref()
                .filter(|_| training.is_saved)
                .map(|run| Action::ResumeRun(run.clone()));
            if let Some(resume) = resume.filter(|resume| app.enabled(resume).is_ok()) {
                action_button(ui, app, actions, resume);
            }
            return;
        }
        let discard = Action::Stop(StopMode::Discard);
        match app.enabled(&discard) {
            Ok(()) => {
                self.asks_to_discard |= ui
                    .button(tr("Stop and discard…"))
                    .on_hover_text(tr("Ends training and deletes the run"))
                    .clicked();
            }
            Err(reason) => {
                ui.add_enabled(false, egui::Button::new(tr("Stop and discard…")))
                    .on_disabled_hover_text(tr(reason));
            }
        }
        action_button(ui, app, actions, Action::Stop(StopMode::Keep));
        if training.phase == TrainingPhase::Paused {
            action_button(ui, app, actions, Action::Resume);
        } else {
            action_button(ui, app, actions, Action::Pause);
        }
    }

    /// Something is about to be destroyed: ask once.
    fn question(&mut self, ui: &Ui, training: &Training, actions: &mut Actions) {
        let shown = egui::Modal::new(egui::Id::unique("discard run")).show(ui.ctx(), |ui| {
            ui.set_max_width(380.0);
            ui.label(RichText::new(tr("Delete this run?")).heading());
            let epochs = training.points.len();
            ui.label(tr(format!(
                "Its {epochs} finished epochs, curves and weights are deleted from disk. This \
                 cannot be undone."
            )));
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                if ui.button(tr("Delete the run")).clicked() {
                    actions.push(Action::Stop(StopMode::Discard));
                    ui.close();
                }
                if ui.button(tr("Keep training")).clicked() {
                    ui.close();
                }
            });
        });
        if shown.should_close() || !training.is_active() {
            self.asks_to_discard = false;
        }
    }
}

/// The run, unless it was discarded: then there is nothing left to look at.
fn kept_run(training: &Training) -> Option<&RunId> {
    let is_discarded = !training.is_saved
        && matches!(&training.phase, TrainingPhase::Ended(ended) if ended.outcome.is_none() && ended.pause.is_none());
    training.run.as_ref().filter(|_| !is_discarded)
}

fn phase_text(training: &Training, app: &App) -> &'static str {
    // A run from its folder may be in work elsewhere, or have been killed.
    let saved = training
        .run
        .as_ref()
        .filter(|_| training.is_saved)
        .and_then(|run| app.runs.summary(run));
    if let Some(summary) = saved {
        return run_words::status(&summary.status);
    }
    match &training.phase {
        TrainingPhase::Starting => "getting ready",
        TrainingPhase::Running => "training",
        TrainingPhase::Paused => "paused",
        TrainingPhase::Stopping => "stopping after this step",
        TrainingPhase::NotStarted(_) => "not started",
        TrainingPhase::Ended(ended) => match &ended.outcome {
            Some(RunOutcome::Finished) => "finished",
            Some(RunOutcome::Stopped) => "stopped and kept",
            Some(RunOutcome::Failed { .. }) => "failed",
            None if ended.pause.is_some() => "paused, to go on later",
            None => "discarded",
        },
    }
}

/// Device, size, time: what does not move.
fn facts(training: &Training) -> String {
    let mut facts = Vec::new();
    if let Some(device) = &training.device {
        let sort = match device.kind {
            DeviceKind::Cpu => "",
            DeviceKind::Gpu => "GPU ",
            DeviceKind::SoftwareGpu => "software GPU ",
        };
        facts.push(tr(format!("on {sort}{} ({})", device.name, device.backend)));
    }
    if let Some(n_params) = training.n_params {
        facts.push(tr(format!("{} parameters", text::count(n_params))));
    }
    if let TrainingPhase::Ended(ended) = &training.phase {
        facts.push(format!(
            "{}{}{}",
            tr(text::counted(ended.epochs, "epoch")),
            tr(" in "),
            tr(text::duration(ended.train_secs))
        ));
        if let Some(best) = ended
            .best_epoch
            .filter(|best| ended.diverged_epoch.is_none_or(|at| *best < at))
        {
            facts.push(tr(format!("best epoch {best}")));
        }
        if let Some(diverged) = ended.diverged_epoch {
            facts.push(tr(format!("diverged in epoch {diverged}")));
        }
    } else if let Some(best) = training.points.iter().rev().find(|p| p.is_best) {
        let (metric, value) = best.valid.primary();
        facts.push(tr(format!(
            "best so far: epoch {}, {} {}",
            best.epoch,
            metric.title(),
            text::optional_metric(value)
        )));
    }
    facts.join(" · ")
}

fn progress_bar(training: &Training) -> ProgressBar {
    let progress = &training.progress;
    let of_epoch = progress.step_in_epoch as f32 / progress.steps_per_epoch.max(1) as f32;
    let share =
        (progress.epoch.saturating_sub(1) as f32 + of_epoch) / training.n_epochs.max(1) as f32;
    if let Some(references) = &training.preparing {
        return ProgressBar::new(references.share())
            .text(tr(references.to_string()))
            .desired_height(20.0);
    }
    if training.phase == TrainingPhase::Starting {
        return ProgressBar::new(0.0)
            .text(tr("Opening data, device and model"))
            .desired_height(20.0);
    }
    if let Some(pass) = progress.sampler {
        let share = pass.epoch.saturating_sub(1) as f32 / pass.n_epochs.max(1) as f32;
        return ProgressBar::new(share.clamp(0.0, 1.0))
            .text(tr(pass.to_string()))
            .desired_height(20.0);
    }
    let mut text = format!(
        "Epoch {} of {} · step {} of {} · {} events/s",
        progress.epoch,
        training.n_epochs,
        text::count(progress.step_in_epoch),
        text::count(progress.steps_per_epoch),
        text::count(progress.events_per_sec.max(0.0) as usize),
    );
    if let Some(left) = progress.secs_left {
        let _ = write!(text, " · at most {} left", text::duration(left));
    }
    ProgressBar::new(share.clamp(0.0, 1.0))
        .text(crate::ui::text::tr_list(&text, " · "))
        .desired_height(20.0)
}
