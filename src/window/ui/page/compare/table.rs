//! The table of runs: sortable, with the reason where numbers may not stand side by side.

use egui::{
    Align, Align2, Label, Layout, Response, RichText, ScrollArea, Sense, Stroke, TextStyle, Ui,
    pos2,
};
use egui_extras::{Column as Width, TableBuilder, TableRow};

use super::columns::{Best, SortedList, WorkedOut, width};
use crate::app::{Action, App, Page, Select};
use crate::ui::Actions;
use crate::ui::frame::{action_button, action_button_as};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::run_words;
use seqscope_base::metric::AnswerKind;
use seqscope_engine::report::{CellValue, ReportCell, ReportColumn, RunField, own_metrics_words};
use seqscope_engine::run::{Manifest, Summary, why_not_comparable};

/// Most rows in sight; more scroll.
const ROWS_IN_SIGHT: usize = 7;

/// The order of the table.
pub(super) struct RunsTable {
    by: RunField,
    is_falling: bool,
    worked_out: WorkedOut,
}

impl Default for RunsTable {
    fn default() -> Self {
        Self {
            by: RunField::Started,
            is_falling: true,
            worked_out: WorkedOut::default(),
        }
    }
}

impl RunsTable {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, runs: &[Summary], actions: &mut Actions) {
        let primary = app
            .selection
            .run
            .as_ref()
            .and_then(|run| app.runs.summary(run))
            .and_then(|s| s.manifest.as_deref());
        let of = SortedList {
            revision: app.runs.revision(),
            by: self.by,
            is_falling: self.is_falling,
            primary: app.selection.run.clone(),
        };
        self.worked_out.refresh(&app.runs, runs, primary, of);
        let WorkedOut {
            order,
            columns,
            best,
            kind,
            ..
        } = &self.worked_out;
        let (mut by, mut is_falling) = (self.by, self.is_falling);
        let height = size::ROW * (runs.len().min(ROWS_IN_SIGHT) as f32 + 1.0) + 26.0;
        ScrollArea::horizontal()
            .id_salt("runs table")
            .max_height(height + 12.0)
            .show(ui, |ui| {
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
                    table = table.column(
                        Width::initial(width(*column))
                            .at_least(40.0)
                            .clip(true)
                            .resizable(true),
                    );
                }
                let table = table.header(size::ROW, |header| {
                    if let Some(clicked) = self.header(header, columns) {
                        is_falling = if by == clicked { !is_falling } else { true };
                        by = clicked;
                    }
                });
                table.body(|body| {
                    body.rows(size::ROW, order.len(), |mut row| {
                        let Some(summary) = order.get(row.index()).and_then(|at| runs.get(*at))
                        else {
                            return;
                        };
                        Line {
                            app,
                            summary,
                            primary,
                            best,
                            columns,
                            kind: *kind,
                        }
                        .ui(&mut row, actions);
                    });
                });
            });
        (self.by, self.is_falling) = (by, is_falling);
    }

    /// The column that was clicked.
    fn header(&self, mut header: TableRow<'_, '_>, columns: &[RunField]) -> Option<RunField> {
        let mut clicked = None;
        for (name, help) in [
            ("", "Tick to draw its curves"),
            (
                "A",
                "Left of two, and the run that others are compared with",
            ),
            ("B", "Right of two"),
        ] {
            header.col(|ui| {
                ui.label(RichText::new(name).strong())
                    .on_hover_text(tr(help));
            });
        }
        for &column in columns {
            header.col(|ui| {
                let ReportColumn { title, help, .. } = column.column(self.worked_out.kind);
                let arrow = match (self.by == column, self.is_falling) {
                    (true, true) => " ⏷",
                    (true, false) => " ⏶",
                    (false, _) => "",
                };
                let text = RichText::new(format!("{}{arrow}", tr(title))).strong();
                let label = ui.add(
                    Label::new(text)
                        .sense(Sense::click())
                        .truncate()
                        .selectable(false),
                );
                let label = label
                    .on_hover_text(tr(format!("{help}. Click to sort.")))
                    .on_hover_cursor(egui::CursorIcon::PointingHand);
                if label.clicked() {
                    clicked = Some(column);
                }
            });
        }
        clicked
    }
}

/// One run's line.
#[derive(Clone, Copy)]
struct Line<'a> {
    app: &'a App,
    summary: &'a Summary,
    primary: Option<&'a Manifest>,
    best: &'a Best,
    columns: &'a [RunField],
    /// The kind of answers that the columns are of.
    kind: AnswerKind,
}

impl Line<'_> {
    fn ui(self, row: &mut TableRow<'_, '_>, actions: &mut Actions) {
        let selection = &self.app.selection;
        let id = &self.summary.id;
        let title = run_words::distinct_title(self.summary);
        row.set_selected(selection.run.as_ref() == Some(id));
        row.col(|ui| {
            let mut is_drawn = selection.compared.contains(id);
            let mark = ui
                .checkbox(&mut is_drawn, ())
                .on_hover_text(tr("Draw its curves"));
            mark.widget_info(|| {
                egui::WidgetInfo::selected(
                    egui::Role::CheckBox,
                    true,
                    is_drawn,
                    tr(format!("Draw curves of {title}")),
                )
            });
            if mark.clicked() {
                actions.push(Action::Select(Select::ToggleCompared(id.clone())));
            }
        });
        let is_left = selection.run.as_ref() == Some(id);
        row.col(|ui| {
            if side_button(ui, is_left, &format!("Left: {title}")).clicked() {
                actions.push(Action::Select(Select::Run(id.clone())));
            }
        });
        let is_right = selection.second_run.as_ref() == Some(id);
        row.col(|ui| {
            if side_button(ui, is_right, &format!("Right: {title}")).clicked() {
                actions.push(Action::Select(Select::SecondRun(
                    (!is_right).then(|| id.clone()),
                )));
            }
        });
        let why_not_comparable = self.why_not_comparable();
        for &column in self.columns {
            let (_, response) = row.col(|ui| {
                if column.is_metric() && why_not_comparable.is_some() {
                    hatch(ui);
                }
                self.cell(ui, column, why_not_comparable);
            });
            if let Some(why) = why_not_comparable.filter(|_| column.is_metric()) {
                response.on_hover_text(tr(format!(
                    "Not comparable with run A: {why}{}",
                    self.own_metrics()
                )));
            }
        }
        let response = row.response();
        if response.clicked() {
            actions.push(Action::Select(Select::Run(id.clone())));
        }
        response.context_menu(|ui| self.menu(ui, actions));
    }

    fn why_not_comparable(self) -> Option<&'static str> {
        why_not_comparable(self.primary?, self.summary.manifest.as_ref()?)
    }

    /// What a run of another kind of answers than the columns' has on test, in its own metrics.
    fn own_metrics(self) -> String {
        let manifest = self.summary.manifest.as_deref();
        manifest
            .and_then(|manifest| own_metrics_words(manifest, self.kind))
            .map_or_else(String::new, |words| format!("\nIts own: {words}"))
    }

    fn menu(self, ui: &mut Ui, actions: &mut Actions) {
        let id = &self.summary.id;
        let before = actions.len();
        let explain = Action::Select(Select::Run(id.clone()));
        action_button_as(ui, self.app, actions, explain, tr("Explain"));
        if actions.len() > before {
            actions.push(Action::GoTo(Page::Explain));
        }
        action_button(ui, self.app, actions, Action::UseExperimentOf(id.clone()));
        action_button(ui, self.app, actions, Action::ResumeRun(id.clone()));
        if actions.len() > before {
            ui.close();
        }
    }

    fn cell(self, ui: &mut Ui, field: RunField, why_not_comparable: Option<&str>) {
        let cell = field.cell(self.summary, self.kind);
        match (field, self.summary.manifest.as_deref()) {
            (RunField::Status, manifest) => {
                self.status(ui, why_not_comparable.filter(|_| manifest.is_some()));
            }
            (RunField::Audit, Some(manifest)) => audit(ui, manifest, &cell),
            (RunField::Name, Some(_)) => {
                run_words::dot(ui, theme::run_color(ui, self.app, &self.summary.id));
                plain(ui, cell.words());
            }
            (field, Some(_)) if field.is_metric() => {
                let is_best = self.is_best(field, &cell);
                metric(ui, cell.words(), is_best, why_not_comparable);
            }
            (field, Some(_)) if field.column(self.kind).is_right() => {
                number(ui, cell.words(), false);
            }
            _ => plain(ui, cell.words()),
        }
    }

    /// Whether it is the best test metric of its column.
    fn is_best(self, field: RunField, cell: &ReportCell) -> bool {
        let is_headline = matches!(field, RunField::First | RunField::Second | RunField::Third);
        match (field.metric(self.kind), &cell.value) {
            (Some(metric), CellValue::Metric(value)) if is_headline => {
                self.best.is_best(metric, *value)
            }
            _ => false,
        }
    }

    fn status(self, ui: &mut Ui, why_not_comparable: Option<&str>) {
        let status = run_words::status(&self.summary.status);
        let color = run_words::status_color(ui, &self.summary.status);
        let remarks: Vec<String> = self
            .summary
            .manifest
            .iter()
            .flat_map(|m| m.remarks())
            .map(|remark| remark.sentence())
            .collect();
        let (words, mut hover) = match why_not_comparable {
            None => (RichText::new(tr(status)).color(color), status.to_owned()),
            Some(why) => (
                RichText::new(format!("≠ {}", tr(why))).color(theme::colors(ui).weak),
                format!("{status}; not comparable with run A: {why}"),
            ),
        };
        let response = ui.add(Label::new(words).truncate().selectable(false));
        // The choice of a protocol is told, and is no mark against a run.
        let is_marked = self
            .summary
            .manifest
            .iter()
            .flat_map(|m| m.remarks())
            .any(|p| p.field != "split");
        if is_marked {
            ui.colored_label(theme::colors(ui).warning, "⚠");
            hover.push_str(&format!("\n⚠ {}", remarks.join("\n⚠ ")));
        }
        response.on_hover_text(tr(hover));
    }
}

/// A small round button: which of two.
fn side_button(ui: &mut Ui, is_chosen: bool, name: &str) -> Response {
    let response = ui.radio(is_chosen, ());
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::RadioButton, true, is_chosen, tr(name))
    });
    response
}

/// The audit in a word; on hover what failed.
fn audit(ui: &mut Ui, manifest: &Manifest, cell: &ReportCell) {
    let failed: Vec<&str> = manifest
        .data
        .leaks()
        .map(|leak| leak.sentence.as_str())
        .collect();
    let color = if failed.is_empty() {
        theme::colors(ui).text
    } else {
        theme::colors(ui).warning
    };
    let response = ui.add(
        Label::new(RichText::new(tr(cell.words())).color(color))
            .truncate()
            .selectable(false),
    );
    if !failed.is_empty() {
        response.on_hover_text(tr(failed.join("\n\n")));
    }
}

fn plain(ui: &mut Ui, words: String) {
    ui.add(Label::new(words).truncate().selectable(false));
}

fn number(ui: &mut Ui, words: String, is_best: bool) {
    let words = RichText::new(words).monospace();
    right(
        ui,
        Label::new(if is_best { words.strong() } else { words }).truncate(),
    );
}

fn metric(ui: &mut Ui, words: String, is_best: bool, why_not_comparable: Option<&str>) {
    if why_not_comparable.is_some() {
        right(ui, Label::new(RichText::new(words).monospace().weak()));
    } else {
        let words = if is_best {
            format!("{words} ★")
        } else {
            words
        };
        number(ui, words, is_best);
    }
}

/// A number at the right of its column.
fn right(ui: &mut Ui, label: Label) {
    let layout = Layout::right_to_left(Align::Center);
    ui.with_layout(layout, |ui| ui.add(label.selectable(false)));
}

/// Slanted lines: these numbers may not be compared.
fn hatch(ui: &Ui) {
    let rect = ui.max_rect();
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let stroke = Stroke::new(1.0, theme::colors(ui).line);
    let mut x = rect.left() - rect.height();
    while x < rect.right() {
        painter.line_segment(
            [pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())],
            stroke,
        );
        x += 7.0;
    }
    if rect.width() < 10.0 {
        let font = TextStyle::Small.resolve(ui.style());
        painter.text(
            rect.center(),
            Align2::CENTER_CENTER,
            "≠",
            font,
            theme::colors(ui).weak,
        );
    }
}
