//! The table of runs: sortable, with the reason where numbers may not stand side by side.

use std::cmp::Ordering;

use egui::{Align, Align2, Label, Layout, Response, RichText, ScrollArea, Sense, Stroke, TextStyle, Ui, pos2};
use egui_extras::{Column as Width, TableBuilder, TableRow};
use strum::IntoEnumIterator as _;

use crate::app::{Action, App, Page};
use crate::baseline::BaselineKind;
use crate::run::{Manifest, RunId, Summary, hindrance};
use crate::ui::frame::{action_button, action_button_as};
use crate::ui::theme::{self, size};
use crate::ui::widget::run_words;
use crate::ui::{Actions, text};

/// Most rows in sight; more scroll.
const ROWS_IN_SIGHT: usize = 7;

/// What a column shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter)]
enum Column {
    Name,
    Family,
    Status,
    Valid,
    TestNdcg,
    TestHr,
    TestMrr,
    Chain,
    Optimum,
    Audit,
    Epochs,
    Time,
    Params,
    Device,
    #[default]
    Started,
}

impl Column {
    /// Header, what it means, width.
    fn words(self) -> (&'static str, &'static str, f32) {
        match self {
            Self::Started => ("Started", "Start of the run, UTC", 112.0),
            Self::Name => ("Run", "Name of the experiment", 116.0),
            Self::Family => ("Model", "Family of the model", 80.0),
            Self::Status => ("Status", "How it stands, and why it may not be compared with run A", 84.0),
            Self::Valid => ("Valid NDCG@10", "Best on validation, and in which epoch", 120.0),
            Self::Epochs => ("Epochs", "Epochs finished", 54.0),
            Self::TestNdcg => ("NDCG@10", "On test, full catalogue, best epoch's weights", 66.0),
            Self::TestHr => ("HR@10", "On test, full catalogue, best epoch's weights", 58.0),
            Self::TestMrr => ("MRR", "On test, full catalogue, best epoch's weights", 58.0),
            Self::Chain => ("Chain", "Test NDCG@10 of the windowed Markov chain: the line to beat", 52.0),
            Self::Optimum => ("Best possible", "NDCG@10 that the rules of the synthetic world allow", 88.0),
            Self::Audit => ("Audit", "Whether data and split leak from test into training", 52.0),
            Self::Device => ("Device", "Where it was trained", 92.0),
            Self::Time => ("Time", "Training time, pauses left out", 94.0),
            Self::Params => ("Parameters", "Learnt numbers", 78.0),
        }
    }

    /// What runs are ordered by: a number, or text; `None` comes last in either direction.
    fn key(self, summary: &Summary) -> Option<Key> {
        let manifest = summary.manifest.as_ref()?;
        let test = manifest.test.as_ref();
        let number = |n: Option<f64>| n.filter(|n| n.is_finite()).map(Key::Number);
        match self {
            Self::Started => number(Some(manifest.started_secs as f64)),
            Self::Name => Some(Key::Text(manifest.experiment.name.to_lowercase())),
            Self::Family => Some(Key::Text(manifest.experiment.model.family().title().to_owned())),
            Self::Status => Some(Key::Text(run_words::status(&summary.status).to_owned())),
            Self::Valid => number(manifest.valid.map(|m| m.ndcg_at_10)),
            Self::Epochs => number(Some(manifest.epochs as f64)),
            Self::TestNdcg => number(test.map(|m| m.ndcg_at_10)),
            Self::TestHr => number(test.map(|m| m.hr_at_10)),
            Self::TestMrr => number(test.map(|m| m.mrr)),
            Self::Chain => number(chain(manifest)),
            Self::Optimum => number(manifest.optimum().map(|best| best.ndcg_at_10)),
            Self::Audit => manifest.data.audit_word().map(|word| Key::Text(word.to_owned())),
            Self::Device => manifest.device.as_ref().map(|d| Key::Text(d.name.to_lowercase())),
            Self::Time => number(Some(manifest.train_secs)),
            Self::Params => number(Some(manifest.n_params as f64)),
        }
    }

    /// The columns of a table: only worlds have rules that are known.
    fn shown(runs: &[Summary]) -> Vec<Self> {
        let has_optimum = runs.iter().any(|run| run.manifest.as_ref().is_some_and(|m| m.optimum().is_some()));
        Self::iter().filter(|column| *column != Self::Optimum || has_optimum).collect()
    }

    /// Whether the number is one that must not be compared across data.
    fn is_metric(self) -> bool {
        matches!(self, Self::Valid | Self::TestNdcg | Self::TestHr | Self::TestMrr | Self::Chain | Self::Optimum)
    }
}

#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Key {
    Number(f64),
    Text(String),
}

fn chain(manifest: &Manifest) -> Option<f64> {
    manifest.references_test.get(&BaselineKind::MarkovWindow).map(|m| m.ndcg_at_10)
}

/// The order of the table.
pub(super) struct RunsTable {
    by: Column,
    is_falling: bool,
    worked_out: WorkedOut,
}

impl Default for RunsTable {
    fn default() -> Self {
        Self { by: Column::Started, is_falling: true, worked_out: WorkedOut::default() }
    }
}

/// What all runs have to be looked at for: kept until they, the order or run A change.
#[derive(Default)]
struct WorkedOut {
    /// Which list, by what, whether falling, beside which run A.
    of: Option<(u64, Column, bool, Option<RunId>)>,
    order: Vec<usize>,
    columns: Vec<Column>,
    best: Best,
}

impl WorkedOut {
    fn refresh(&mut self, runs: &[Summary], primary: Option<&Manifest>, of: (u64, Column, bool, Option<RunId>)) {
        if self.of.as_ref() == Some(&of) {
            return;
        }
        self.order = order(runs, of.1, of.2);
        self.columns = Column::shown(runs);
        self.best = Best::of(runs, primary);
        self.of = Some(of);
    }
}

impl RunsTable {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, runs: &[Summary], actions: &mut Actions) {
        let primary = app.selection.run.as_ref().and_then(|run| app.summary(run)).and_then(|s| s.manifest.as_deref());
        let of = (app.runs_revision(), self.by, self.is_falling, app.selection.run.clone());
        self.worked_out.refresh(runs, primary, of);
        let WorkedOut { order, columns, best, .. } = &self.worked_out;
        let (mut by, mut is_falling) = (self.by, self.is_falling);
        let height = size::ROW * (runs.len().min(ROWS_IN_SIGHT) as f32 + 1.0) + 26.0;
        ScrollArea::horizontal().id_salt("runs table").max_height(height + 12.0).show(ui, |ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let mut table = TableBuilder::new(ui)
                .id_salt("runs")
                .striped(true)
                .sense(Sense::click())
                .cell_layout(Layout::left_to_right(Align::Center))
                .max_scroll_height(height - size::ROW)
                .min_scrolled_height(height - size::ROW)
                .columns(Width::exact(22.0), 1)
                .columns(Width::exact(26.0), 2);
            for column in columns {
                table = table.column(Width::initial(column.words().2).at_least(40.0).clip(true).resizable(true));
            }
            let table = table.header(size::ROW, |header| {
                if let Some(clicked) = self.header(header, columns) {
                    is_falling = if by == clicked { !is_falling } else { true };
                    by = clicked;
                }
            });
            table.body(|body| {
                body.rows(size::ROW, order.len(), |mut row| {
                    let Some(summary) = order.get(row.index()).and_then(|at| runs.get(*at)) else { return };
                    Line { app, summary, primary, best: *best, columns }.ui(&mut row, actions);
                });
            });
        });
        (self.by, self.is_falling) = (by, is_falling);
    }

    /// The column that was clicked.
    fn header(&self, mut header: TableRow<'_, '_>, columns: &[Column]) -> Option<Column> {
        let mut clicked = None;
        for (name, help) in [
            ("", "Tick to draw its curves"),
            ("A", "Left of two, and the run that others are compared with"),
            ("B", "Right of two"),
        ] {
            header.col(|ui| {
                ui.label(RichText::new(name).strong()).on_hover_text(help);
            });
        }
        for &column in columns {
            header.col(|ui| {
                let (name, help, _) = column.words();
                let arrow = match (self.by == column, self.is_falling) {
                    (true, true) => " ⏷",
                    (true, false) => " ⏶",
                    (false, _) => "",
                };
                let text = RichText::new(format!("{name}{arrow}")).strong();
                let label = ui.add(Label::new(text).sense(Sense::click()).truncate().selectable(false));
                let label = label
                    .on_hover_text(format!("{help}. Click to sort."))
                    .on_hover_cursor(egui::CursorIcon::PointingHand);
                if label.clicked() {
                    clicked = Some(column);
                }
            });
        }
        clicked
    }
}

/// Places in `runs` in the order wanted; what has no value comes last in either direction.
fn order(runs: &[Summary], by: Column, is_falling: bool) -> Vec<usize> {
    let mut keyed: Vec<(Option<Key>, usize)> = runs.iter().enumerate().map(|(at, run)| (by.key(run), at)).collect();
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) => {
            let order = a.partial_cmp(b).unwrap_or(Ordering::Equal);
            if is_falling { order.reverse() } else { order }
        }
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    keyed.into_iter().map(|(_, at)| at).collect()
}

/// The best test numbers among the runs that may be compared.
#[derive(Clone, Copy, Default)]
struct Best {
    ndcg: f64,
    hr: f64,
    mrr: f64,
}

impl Best {
    fn of(runs: &[Summary], primary: Option<&Manifest>) -> Self {
        let manifests = runs.iter().filter_map(|s| s.manifest.as_ref());
        let alike = manifests.filter(|m| primary.is_none_or(|p| hindrance(p, m).is_none()));
        alike.filter_map(|m| m.test.as_ref()).fold(Self::default(), |best, m| Self {
            ndcg: best.ndcg.max(m.ndcg_at_10),
            hr: best.hr.max(m.hr_at_10),
            mrr: best.mrr.max(m.mrr),
        })
    }
}

/// One run's line.
#[derive(Clone, Copy)]
struct Line<'a> {
    app: &'a App,
    summary: &'a Summary,
    primary: Option<&'a Manifest>,
    best: Best,
    columns: &'a [Column],
}

impl Line<'_> {
    fn ui(self, row: &mut TableRow<'_, '_>, actions: &mut Actions) {
        let selection = &self.app.selection;
        let id = &self.summary.id;
        let title = run_words::distinct_title(self.summary);
        row.set_selected(selection.run.as_ref() == Some(id));
        row.col(|ui| {
            let mut is_drawn = selection.compared.contains(id);
            let mark = ui.checkbox(&mut is_drawn, ()).on_hover_text("Draw its curves");
            mark.widget_info(|| {
                egui::WidgetInfo::selected(egui::Role::CheckBox, true, is_drawn, format!("Draw curves of {title}"))
            });
            if mark.clicked() {
                actions.push(Action::ToggleCompared(id.clone()));
            }
        });
        let is_left = selection.run.as_ref() == Some(id);
        row.col(|ui| {
            if side_button(ui, is_left, &format!("Left: {title}")).clicked() {
                actions.push(Action::SelectRun(id.clone()));
            }
        });
        let is_right = selection.second_run.as_ref() == Some(id);
        row.col(|ui| {
            if side_button(ui, is_right, &format!("Right: {title}")).clicked() {
                actions.push(Action::SelectSecondRun((!is_right).then(|| id.clone())));
            }
        });
        let hindrance = self.hindrance();
        for &column in self.columns {
            let (_, response) = row.col(|ui| {
                if column.is_metric() && hindrance.is_some() {
                    hatch(ui);
                }
                self.cell(ui, column, hindrance);
            });
            if let Some(why) = hindrance.filter(|_| column.is_metric()) {
                response.on_hover_text(format!("Not comparable with run A: {why}"));
            }
        }
        let response = row.response();
        if response.clicked() {
            actions.push(Action::SelectRun(id.clone()));
        }
        response.context_menu(|ui| self.menu(ui, actions));
    }

    fn hindrance(self) -> Option<&'static str> {
        hindrance(self.primary?, self.summary.manifest.as_ref()?)
    }

    fn menu(self, ui: &mut Ui, actions: &mut Actions) {
        let id = &self.summary.id;
        let before = actions.len();
        let explain = Action::SelectRun(id.clone());
        action_button_as(ui, self.app, actions, explain, "Explain");
        if actions.len() > before {
            actions.push(Action::GoTo(Page::Explain));
        }
        action_button(ui, self.app, actions, Action::UseExperimentOf(id.clone()));
        action_button(ui, self.app, actions, Action::ResumeRun(id.clone()));
        if actions.len() > before {
            ui.close();
        }
    }

    fn cell(self, ui: &mut Ui, column: Column, hindrance: Option<&str>) {
        let Some(manifest) = &self.summary.manifest else {
            match column {
                Column::Name => plain(ui, self.summary.id.to_string()),
                Column::Status => self.status(ui, None),
                _ => {}
            }
            return;
        };
        let test = |of: fn(&crate::metric::RankingMetrics) -> f64| manifest.test.as_ref().map(of);
        match column {
            Column::Started => plain(ui, text::moment(manifest.started_secs)),
            Column::Name => {
                run_words::dot(ui, theme::run_color(ui, self.app, &self.summary.id));
                plain(ui, manifest.experiment.name.clone());
            }
            Column::Family => plain(ui, manifest.experiment.model.family().title().to_owned()),
            Column::Status => self.status(ui, hindrance),
            Column::Valid => plain(ui, best_valid(manifest)),
            Column::Epochs => number(ui, manifest.epochs.to_string(), false),
            Column::TestNdcg => metric(ui, test(|m| m.ndcg_at_10), self.best.ndcg, hindrance),
            Column::TestHr => metric(ui, test(|m| m.hr_at_10), self.best.hr, hindrance),
            Column::TestMrr => metric(ui, test(|m| m.mrr), self.best.mrr, hindrance),
            Column::Chain => metric(ui, chain(manifest), f64::INFINITY, hindrance),
            Column::Optimum => metric(ui, manifest.optimum().map(|best| best.ndcg_at_10), f64::INFINITY, hindrance),
            Column::Audit => audit(ui, manifest),
            Column::Device => plain(ui, manifest.device.as_ref().map(|d| d.name.clone()).unwrap_or_default()),
            Column::Time => number(ui, text::duration(manifest.train_secs), false),
            Column::Params => number(ui, text::count(manifest.n_params), false),
        }
    }

    fn status(self, ui: &mut Ui, hindrance: Option<&str>) {
        let status = run_words::status(&self.summary.status);
        let color = run_words::status_color(ui, &self.summary.status);
        let remarks: Vec<&str> =
            self.summary.manifest.iter().flat_map(|m| m.remarks()).map(|p| p.sentence.as_str()).collect();
        let (words, mut hover) = match hindrance {
            None => (RichText::new(status).color(color), status.to_owned()),
            Some(why) => (
                RichText::new(format!("≠ {why}")).color(theme::colors(ui).weak),
                format!("{status}; not comparable with run A: {why}"),
            ),
        };
        let response = ui.add(Label::new(words).truncate().selectable(false));
        if !remarks.is_empty() {
            ui.colored_label(theme::colors(ui).warning, "⚠");
            hover.push_str(&format!("\n⚠ {}", remarks.join("\n⚠ ")));
        }
        response.on_hover_text(hover);
    }
}

/// A small round button: which of two.
fn side_button(ui: &mut Ui, is_chosen: bool, name: &str) -> Response {
    let response = ui.radio(is_chosen, ());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::RadioButton, true, is_chosen, name));
    response
}

/// The audit in a word; on hover what failed.
fn audit(ui: &mut Ui, manifest: &Manifest) {
    let Some(word) = manifest.data.audit_word() else {
        return plain(ui, "–".to_owned());
    };
    let failed: Vec<&str> = manifest.data.leaks().map(|leak| leak.sentence.as_str()).collect();
    let color = if failed.is_empty() { theme::colors(ui).text } else { theme::colors(ui).warning };
    let response = ui.add(Label::new(RichText::new(word).color(color)).truncate().selectable(false));
    if !failed.is_empty() {
        response.on_hover_text(failed.join("\n\n"));
    }
}

fn best_valid(manifest: &Manifest) -> String {
    match (manifest.valid, manifest.best_epoch) {
        (Some(valid), Some(epoch)) => format!("{} in epoch {epoch}", text::metric(valid.ndcg_at_10)),
        (Some(valid), None) => text::metric(valid.ndcg_at_10),
        (None, _) => "–".to_owned(),
    }
}

fn plain(ui: &mut Ui, words: String) {
    ui.add(Label::new(words).truncate().selectable(false));
}

fn number(ui: &mut Ui, words: String, is_best: bool) {
    let words = RichText::new(words).monospace();
    ui.add(Label::new(if is_best { words.strong() } else { words }).truncate().selectable(false));
}

fn metric(ui: &mut Ui, value: Option<f64>, best: f64, hindrance: Option<&str>) {
    let words = value.map_or_else(|| "–".to_owned(), text::metric);
    if hindrance.is_some() {
        ui.add(Label::new(RichText::new(words).monospace().weak()).selectable(false));
    } else {
        let is_best = value.is_some_and(|v| v >= best);
        number(ui, if is_best { format!("{words} ★") } else { words }, is_best);
    }
}

/// Slanted lines: these numbers may not be compared.
fn hatch(ui: &Ui) {
    let rect = ui.max_rect();
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let stroke = Stroke::new(1.0, theme::colors(ui).line);
    let mut x = rect.left() - rect.height();
    while x < rect.right() {
        painter.line_segment([pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())], stroke);
        x += 7.0;
    }
    if rect.width() < 10.0 {
        let font = TextStyle::Small.resolve(ui.style());
        painter.text(rect.center(), Align2::CENTER_CENTER, "≠", font, theme::colors(ui).weak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::RunStatus;

    #[test]
    fn a_run_without_a_value_comes_last_in_either_direction() {
        let damaged = |name: &str| Summary {
            id: RunId(name.to_owned()),
            status: RunStatus::Damaged(String::new()),
            manifest: None,
        };
        let runs = [damaged("a"), damaged("b")];
        for is_falling in [true, false] {
            assert_eq!(order(&runs, Column::TestNdcg, is_falling), [0, 1], "the order of the list stays");
        }
    }
}
