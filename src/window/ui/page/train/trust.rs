//! The badge that says what a run's figures may be trusted with, and the buttons that cure what
//! lacks.

use egui::{RichText, Ui};

use crate::app::{Action, App};
use crate::ui::frame::action_button;
use crate::ui::theme::{self, size};
use crate::ui::{Actions, text};
use seqscope_engine::run::{RunId, TrustBadge, TrustCheck, TrustCure, TrustMark};

/// Width of the list of checks.
const WIDTH: f32 = 460.0;

/// The badge of the run that was shown last, made anew when the list of runs changes.
#[derive(Default)]
pub(super) struct Trust {
    made: Option<MadeBadge>,
}

struct MadeBadge {
    run: RunId,
    revision: u64,
    badge: TrustBadge,
}

impl Trust {
    /// Paints the badge of a saved run; nothing of a run at work, whose figures are not final.
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, run: &RunId, actions: &mut Actions) {
        let Some(badge) = self.badge(app, run) else {
            return;
        };
        let mark = badge.mark();
        let words = text::capitalised(&badge.words());
        ui.horizontal(|ui| {
            ui.label(RichText::new("Trust").strong())
                .on_hover_text("What the figures of this run may be trusted with");
            let words = RichText::new(format!("{} {words}", sign(mark))).color(color(ui, mark));
            ui.menu_button(words, |ui| checks(ui, app, run, badge, actions));
        });
    }

    fn badge(&mut self, app: &App, run: &RunId) -> Option<&TrustBadge> {
        let revision = app.runs.revision();
        let is_fresh = self
            .made
            .as_ref()
            .is_some_and(|made| made.run == *run && made.revision == revision);
        if !is_fresh {
            let manifest = app.runs.summary(run)?.manifest.as_ref()?;
            let all = app.runs.ready().map_or(&[][..], Vec::as_slice);
            self.made = Some(MadeBadge {
                run: run.clone(),
                revision,
                badge: TrustBadge::of_run(manifest, all),
            });
        }
        self.made.as_ref().map(|made| &made.badge)
    }
}

fn checks(ui: &mut Ui, app: &App, run: &RunId, badge: &TrustBadge, actions: &mut Actions) {
    ui.set_width(WIDTH);
    egui::ScrollArea::vertical()
        .max_height(ui.ctx().content_rect().height() - 220.0)
        .show(ui, |ui| {
            // What lacks comes first.
            let marks = [TrustMark::Lacks, TrustMark::Say, TrustMark::Held];
            for mark in marks {
                for check in badge.checks.iter().filter(|check| check.mark == mark) {
                    check_ui(ui, app, run, check, actions);
                }
            }
        });
}

fn check_ui(ui: &mut Ui, app: &App, run: &RunId, check: &TrustCheck, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(sign(check.mark)).color(color(ui, check.mark)));
        ui.label(RichText::new(check.topic.to_string()).strong());
    });
    ui.indent(check.topic, |ui| {
        ui.add(egui::Label::new(&check.sentence).wrap());
        if let Some(cure) = check.cure {
            action_button(ui, app, actions, cure_of(cure, run));
        }
    });
    ui.add_space(size::GAP_SMALL);
}

fn cure_of(cure: TrustCure, run: &RunId) -> Action {
    match cure {
        TrustCure::Resume => Action::ResumeRun(run.clone()),
        TrustCure::AnotherSeed => Action::UseNextSeedOf(run.clone()),
        TrustCure::Change => Action::UseExperimentOf(run.clone()),
    }
}

fn sign(mark: TrustMark) -> &'static str {
    match mark {
        TrustMark::Held => "✔",
        TrustMark::Say => "●",
        TrustMark::Lacks => "✖",
    }
}

fn color(ui: &Ui, mark: TrustMark) -> egui::Color32 {
    let colors = theme::colors(ui);
    match mark {
        TrustMark::Held => colors.good,
        TrustMark::Say => colors.warning,
        TrustMark::Lacks => colors.error,
    }
}
