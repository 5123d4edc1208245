//! Choice of the events for training, validation and test.

use egui::{RichText, Ui};

use super::super::form::{SectionForm, problems};
use crate::app::App;
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use seqscope_base::spec::{Described, Entry, Problem};
use seqscope_data::{DataSource, Role, SplitSpec, TimeFormat};
use seqscope_engine::experiment::Experiment;

pub(super) fn ui(ui: &mut Ui, app: &App, edited: &mut Experiment) {
    let has_clock = has_clock(app);
    for offered in SplitSpec::all() {
        let is_chosen = edited.split.name() == offered.name();
        ui.horizontal(|ui| {
            if ui.radio(is_chosen, tr(label(offered))).clicked() && !is_chosen {
                edited.split = first_settings(offered, app);
            }
            if has_clock && offered == SplitSpec::RECOMMENDED {
                ui.label(
                    RichText::new(tr("recommended"))
                        .size(size::TEXT_SMALL)
                        .color(theme::colors(ui).good),
                );
            }
        });
        remark(ui, &offered.summary(), theme::colors(ui).weak);
        if !is_chosen {
            continue;
        }
        if let Some(warning) = edited.split.warning().filter(|_| !is_told(app)) {
            remark(ui, &format!("⚠ {warning}"), theme::colors(ui).warning);
        }
        let defaults = offered.fields();
        SectionForm {
            section: "split",
            defaults,
            draft: &app.draft,
            is_narrow: true,
        }
        .ui(ui, &mut edited.split);
    }
    problems(ui, &app.draft, "split");
    for sentence in app.draft.told_of_seen() {
        ui.add_space(size::GAP_SMALL);
        ui.add(egui::Label::new(RichText::new(tr(sentence)).size(size::TEXT_SMALL)).wrap());
    }
}

/// The settings that a way to split begins with: dates that the log has, where it is open.
fn first_settings(offered: SplitSpec, app: &App) -> SplitSpec {
    let at_dates = || {
        app.fresh_data()
            .and_then(|prepared| SplitSpec::usual_dates(&prepared.dataset))
    };
    if matches!(offered, SplitSpec::AtDates { .. }) {
        at_dates().unwrap_or(offered)
    } else {
        offered
    }
}

fn label(split: SplitSpec) -> &'static str {
    match split {
        SplitSpec::LeaveOneOut => "Leave-one-out",
        SplitSpec::GlobalTemporal { .. } => "Global cut in time",
        SplitSpec::AtDates { .. } => "Cut at named dates",
        SplitSpec::OwnFiles => "Own train and test files",
        SplitSpec::PerUserTemporal { .. } => "Last share of each user",
        SplitSpec::RollingWindows { .. } => "Rolling windows",
    }
}

/// Whether the draft's own problems say it already.
fn is_told(app: &App) -> bool {
    app.draft.problems.iter().any(Problem::is_of_times)
}

/// Whether the log has times that are of one clock for all users.
fn has_clock(app: &App) -> bool {
    match &app.draft.experiment.data.source {
        DataSource::World(_) => true,
        DataSource::File(_) => app.data.shown_preview().is_some_and(|preview| {
            let file = &preview.file;
            file.roles.column(Role::Time).is_some()
                && !file
                    .time_format
                    .as_ref()
                    .is_some_and(TimeFormat::only_orders)
        }),
    }
}

fn remark(ui: &mut Ui, words: &str, color: egui::Color32) {
    ui.horizontal(|ui| {
        ui.add_space(24.0);
        ui.add(
            egui::Label::new(RichText::new(tr(words)).size(size::TEXT_SMALL).color(color)).wrap(),
        );
    });
}
