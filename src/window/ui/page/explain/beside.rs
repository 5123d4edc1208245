//! The page itself: the choice of run and user, and the views of one run, or those of two runs side
//! by side.

use egui::{Layout, RichText, Ui, UiBuilder};

use super::views::LayoutMenu;
use super::{ExplainColumn, PairView, PairViews, Pickers, RunColumn, no_run_chosen, no_runs};
use crate::app::{Action, AgreementMap, App, RunSide, Select};
use crate::ui::language::tr;
use crate::ui::page::run_picker::{self, RunChoice};
use crate::ui::theme::{self, size};
use crate::ui::widget::timeline::HIT_AT;
use crate::ui::widget::{panel, run_words};
use crate::ui::{Actions, text};
use seqscope_base::spec::Entry;
use seqscope_engine::run::{RunId, Summary};

/// View state of the page.
#[derive(Default)]
pub(in crate::ui::page) struct ExplainPage {
    pickers: Pickers,
    layouts: LayoutMenu,
    columns: [ExplainColumn; 2],
    pair: PairViews,
}

impl ExplainPage {
    pub(in crate::ui::page) fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        let Some(runs) = panel::loaded(
            ui,
            app.runs.listed(),
            "The list of runs has not been read yet.",
        ) else {
            return;
        };
        if runs.iter().all(|summary| summary.manifest.is_none()) {
            return no_runs(ui, app, actions);
        }
        self.pickers.ui(ui, app, runs, actions);
        let Some(run) = &app.selection.run else {
            ui.add_space(size::GAP_SMALL);
            let newest = runs.first().map(|summary| summary.id.clone());
            return no_run_chosen(ui, app, newest, actions);
        };
        ui.add_space(size::GAP_SMALL);
        let Some(second) = app.selection.beside() else {
            // Nothing is chosen among the views of a run that has none.
            if app.views.data(run).is_some() {
                self.layouts.strip(ui, app, actions);
            }
            let alone = RunColumn { run, leading: None };
            let [first, _] = &mut self.columns;
            ui.push_id("first", |ui| first.ui(ui, alone, app, actions));
            return;
        };
        self.beside_row(ui, app, runs, actions);
        if self.pair.view() == PairView::SideBySide {
            self.layouts.strip(ui, app, actions);
            self.both(ui, [run, second], app, actions);
        } else {
            ui.add_space(size::GAP_SMALL);
            self.pair.ui(ui, [run, second], app, actions);
        }
    }

    /// The second run, how the two are looked at, and the next user.
    fn beside_row(&mut self, ui: &mut Ui, app: &App, runs: &[Summary], actions: &mut Actions) {
        ui.horizontal_wrapped(|ui| {
            beside_switch(ui, app, actions);
            let choice = RunChoice {
                side: RunSide::B,
                chosen: app.selection.beside(),
            };
            run_picker::ui(ui, app, runs, choice, actions);
            ui.separator();
            self.pair.buttons(ui);
            ui.separator();
            next_disagreement(ui, app, actions);
        });
    }

    /// Paints one view of two runs, each by its own weights and shown epoch.
    fn both(&mut self, ui: &mut Ui, runs: [&RunId; 2], app: &App, actions: &mut Actions) {
        columns(ui, |at, ui| {
            let (Some(run), Some(column)) = (runs.get(at), self.columns.get_mut(at)) else {
                return;
            };
            let of = RunColumn {
                run,
                leading: (at > 0).then_some(runs[0]),
            };
            run_heading(ui, app, run, app.runs.summary(run));
            ui.push_id(["first", "second"][at.min(1)], |ui| {
                column.ui(ui, of, app, actions);
            });
        });
    }
}

/// Paints two columns of the same width, each told its place; neither reaches into the other.
fn columns(ui: &mut Ui, mut paint: impl FnMut(usize, &mut Ui)) {
    let room = ui.available_rect_before_wrap();
    let middle = room.center().x;
    let halves = [
        room.with_max_x(middle - size::GAP),
        room.with_min_x(middle + size::GAP),
    ];
    for (at, half) in halves.into_iter().enumerate() {
        let place = UiBuilder::new()
            .max_rect(half)
            .id_salt(("column", at))
            .layout(Layout::top_down(egui::Align::Min));
        let mut column = ui.new_child(place);
        column.set_clip_rect(half.intersect(ui.clip_rect()));
        paint(at, &mut column);
    }
    ui.allocate_rect(room, egui::Sense::hover());
}

/// The switch that puts a second run beside the first.
pub(super) fn beside_switch(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let mut is_beside = app.selection.beside().is_some();
    let switch = Action::Select(Select::Beside(!is_beside));
    let why_not = app.enabled(&switch).err();
    let words = "Every view twice: of this run and of run B, each at its own epoch under the \
                 playhead";
    let clicked = ui
        .add_enabled_ui(why_not.is_none(), |ui| {
            ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
            ui.checkbox(&mut is_beside, tr("Beside: run B"))
                .on_hover_text(tr(words))
                .on_disabled_hover_text(tr(why_not.as_deref().unwrap_or_default()))
                .clicked()
        })
        .inner;
    if clicked {
        actions.push(switch);
    }
}

/// The button that looks at the user on whom the two runs differ most after the present one.
pub(in crate::ui::page) fn next_disagreement(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let action = Action::Select(Select::StepDisagreement(1));
    let can_be = app.enabled(&action);
    let button = ui.add_enabled(can_be.is_ok(), egui::Button::new(tr("Next disagreement ⏭")));
    let button = match (&can_be, app.agreement.found().ready()) {
        (Ok(()), Some(map)) => button.on_hover_text(tr(format!(
            "{} (Shift+J). {}.\n{}.",
            action.label(),
            app.agreement.by.help(),
            counts_words(map)
        ))),
        (Ok(()), None) => button,
        (Err(why), _) => button.on_disabled_hover_text(tr(why)),
    };
    if button.clicked() {
        actions.push(action);
    }
}

/// How many users either run found, in one line.
pub(in crate::ui::page) fn counts_words(map: &AgreementMap) -> String {
    let (counts, count) = (map.counts, text::count);
    format!(
        "Test item among the first {HIT_AT}, of {}: both {}, only A {}, only B {}, neither {}",
        text::counted(map.found.users.len(), "user"),
        count(counts.both),
        count(counts.only_first),
        count(counts.only_second),
        count(counts.neither),
    )
}

/// Name of a run above its side, with the epoch that it shows and its test figure.
pub(in crate::ui::page) fn run_heading(
    ui: &mut Ui,
    app: &App,
    run: &RunId,
    summary: Option<&Summary>,
) {
    ui.horizontal(|ui| {
        run_words::dot(ui, theme::run_color(ui, app, run));
        let title = summary.map_or_else(|| run.to_string(), run_words::distinct_title);
        ui.add(egui::Label::new(RichText::new(title).strong()).truncate());
        if let Some(shown) = app.selection.shown_epoch(run) {
            let epoch = ui.label(tr(format!("epoch {}", shown.epoch)));
            if let Some(why) = &shown.why {
                epoch.on_hover_text(tr(why));
            }
        }
        if let Some(test) = summary
            .and_then(|s| s.manifest.as_ref())
            .and_then(|m| m.test.as_ref())
        {
            let (metric, value) = test.primary();
            ui.weak(tr(format!(
                "test {} {}",
                metric.title(),
                text::optional_metric(value)
            )));
        }
    });
}
