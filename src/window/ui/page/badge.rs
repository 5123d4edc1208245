//! A badge of trust: its mark and words, and in its menu the checks with the buttons that cure what
//! lacks.

use egui::{RichText, Ui};

use crate::app::{Action, App};
use crate::ui::frame::action_button;
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::{Actions, text};
use seqscope_engine::run::{RunId, TrustBadge, TrustCheck, TrustCure, TrustMark};

/// Width of the list of checks.
const WIDTH: f32 = 460.0;

/// Paints the badge.
pub(super) fn menu(ui: &mut Ui, app: &App, badge: &TrustBadge, actions: &mut Actions) {
    let mark = badge.mark();
    let words = text::capitalised(&tr(badge.words()));
    let words = RichText::new(format!("{} {words}", sign(mark))).color(color(ui, mark));
    ui.menu_button(words, |ui| checks(ui, app, badge, actions));
}

fn checks(ui: &mut Ui, app: &App, badge: &TrustBadge, actions: &mut Actions) {
    ui.set_width(WIDTH);
    egui::ScrollArea::vertical()
        .max_height(ui.ctx().content_rect().height() - 220.0)
        .show(ui, |ui| {
            // What lacks comes first.
            let marks = [TrustMark::Lacks, TrustMark::Say, TrustMark::Held];
            for mark in marks {
                for check in badge.checks.iter().filter(|check| check.mark == mark) {
                    check_ui(ui, app, check, actions);
                }
            }
        });
}

fn check_ui(ui: &mut Ui, app: &App, check: &TrustCheck, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(sign(check.mark)).color(color(ui, check.mark)));
        ui.label(RichText::new(tr(check.topic.to_string())).strong());
    });
    ui.indent(check.topic, |ui| {
        ui.add(egui::Label::new(tr(&check.sentence)).wrap());
        if let (Some(cure), Some(run)) = (check.cure, &check.run) {
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
