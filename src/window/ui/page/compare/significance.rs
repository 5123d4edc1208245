//! How sure the differences are: intervals, paired tests, effect sizes, seeds, trials, references;
//! and the slices of each run.

use std::ops::RangeInclusive;
use std::sync::Arc;

use egui::{Color32, ScrollArea, Sense, Stroke, Ui, pos2, vec2};

use super::run_names::RunNames;
use crate::app::{Action, App, Loadable, Significance};
use crate::ui::language::tr;
use crate::ui::page::badge;
use crate::ui::widget::report::{self, CellPainter, CellPlace};
use crate::ui::widget::run_words;
use crate::ui::{Actions, text, theme};
use seqscope_base::metric::statistics::Interval;
use seqscope_engine::report::{CellValue, ReportColumn, ReportTable, words};
use seqscope_engine::run::{Comparison, RunId};

/// Width of a painted interval.
const LINE: f32 = 150.0;

/// Intervals and tests of the chosen runs.
pub(super) fn how_sure(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let Some(significance) = ready(ui, app, actions) else {
        return;
    };
    let (found, tables) = (&significance.comparison, &significance.tables);
    ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        ui.weak(tr(
            "The first is run A: the others are compared with it, user by user.",
        ));
        ties(ui, app, found);
        trust(ui, app, significance, actions);
        above_optimum(ui, app, found);
        let intervals = IntervalLines {
            names: RunNames { app },
            found,
            range: range(found.runs.iter().filter_map(|run| run.interval)),
        };
        if let Some(table) = &tables.beside {
            let lines = SliceLines::of(app, found, table);
            section(ui, &table.title, table, &lines);
        }
        for table in &tables.groups {
            section(ui, &table.title, table, &RunNames { app });
        }
        if !tables.groups.is_empty() {
            ui.add_space(theme::size::GAP);
            ui.weak(tr(
                "Below, each run by itself against run A, seeds of one model among them: to be looked \
                 at, while the groups above are what to report.",
            ));
        }
        let title = tables.by_user.title.as_str();
        section(ui, title, &tables.by_user, &intervals);
        let names = RunNames { app };
        if let Some(table) = &tables.by_metric {
            section(ui, &table.title, table, &names);
        }
        let beside = "Run A against its references";
        match &tables.references {
            Some(table) => section(ui, beside, table, &names),
            None => {
                ui.strong(tr(beside));
                ui.weak(tr(
                    "It keeps no answers of its references by user. A run that is trained anew \
                     does; for this one there is `seqscope compare RUN --references=refit`.",
                ));
            }
        }
    });
}

/// What the difference of each run from the first may be trusted with, and the menu that copies it.
fn trust(ui: &mut Ui, app: &App, significance: &Significance, actions: &mut Actions) {
    let Some(table) = &significance.tables.trust else {
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.strong(tr("Trust of the difference")).on_hover_text(tr(
            "What stands in the way of calling one of two runs better",
        ));
        for other in &significance.trusted_differences {
            let summary = app.runs.summary(&other.id);
            ui.label(summary.map_or_else(|| other.id.0.clone(), run_words::distinct_title));
            badge::menu(ui, app, &other.badge, actions);
        }
        report::copy_menu(ui, table);
    });
}

/// A table under its title, with its sentences and the menu that copies it.
fn section(ui: &mut Ui, title: &str, table: &ReportTable, painter: &dyn CellPainter) {
    ui.add_space(theme::size::GAP);
    ui.horizontal(|ui| {
        ui.strong(tr(title));
        report::copy_menu(ui, table);
    });
    for sentence in &table.lead {
        ui.weak(text::capitalised(&tr(sentence)));
    }
    ui.scope(|ui| report::rows(ui, &table.key, table, painter));
    for sentence in &table.notes {
        ui.label(tr(sentence));
    }
}

/// How many test targets the order of equal times decides in each run, once where all are alike.
fn ties(ui: &mut Ui, app: &App, found: &Comparison) {
    let manifests = found
        .runs
        .iter()
        .filter_map(|run| app.runs.summary(&run.id)?.manifest.as_deref());
    let mut sentences: Vec<String> = manifests
        .filter_map(|manifest| Some(manifest.data.test_ties?.sentence()))
        .collect();
    sentences.sort();
    sentences.dedup();
    for sentence in sentences {
        ui.weak(tr(sentence));
    }
}

/// Runs above a world's best possible score: that is an expectation.
fn above_optimum(ui: &mut Ui, app: &App, found: &Comparison) {
    for summary in found
        .runs
        .iter()
        .filter_map(|run| app.runs.summary(&run.id))
    {
        let manifest = summary.manifest.as_deref();
        let above =
            manifest.and_then(|manifest| manifest.optimum()?.above(manifest.test.as_ref()?));
        if let Some(sentence) = above {
            ui.label(format!(
                "{}: {}",
                run_words::distinct_title(summary),
                tr(sentence)
            ));
        }
    }
}

/// The slices of the chosen runs, one beside another.
pub(super) fn by_slice(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let Some(significance) = ready(ui, app, actions) else {
        return;
    };
    let Some(table) = &significance.tables.by_slice else {
        ui.weak(tr(
            "These runs kept nothing to divide their test results by; runs that are trained \
                 anew do.",
        ));
        return;
    };
    ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        ui.weak(tr(
            "Some of the users at a time, with the 95 % interval on hover.",
        ));
        section(ui, &table.title, table, &RunNames { app });
    });
}

/// The comparison, asked for where it is not that of the runs chosen.
fn ready<'a>(ui: &mut Ui, app: &'a App, actions: &mut Actions) -> Option<&'a Arc<Significance>> {
    if app.significance_is_due() {
        actions.push(Action::TestDifferences);
    }
    match app.significance() {
        Loadable::Ready(significance) => return Some(significance),
        Loadable::Failed(why) => {
            ui.colored_label(ui.visuals().error_fg_color, tr(why));
        }
        Loadable::Loading(what) => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(tr(what));
            });
        }
        Loadable::Idle => {
            ui.weak(tr(
                "Choose run A and tick others in the table; they are compared with it here, \
                     user by user.",
            ));
        }
    }
    None
}

/// Names of runs, and the runs' own intervals as lines on a scale that all share.
struct IntervalLines<'a> {
    names: RunNames<'a>,
    found: &'a Comparison,
    range: RangeInclusive<f64>,
}

/// Names of runs, and the intervals of a slice and of everyone on one scale.
struct SliceLines<'a> {
    names: RunNames<'a>,
    found: &'a Comparison,
    table: &'a ReportTable,
    range: RangeInclusive<f64>,
}

impl<'a> SliceLines<'a> {
    fn of(app: &'a App, found: &'a Comparison, table: &'a ReportTable) -> Self {
        let cells = table.rows.iter().flatten();
        let intervals = cells.filter_map(|cell| match cell.value {
            CellValue::Interval(interval) => Some(interval),
            _ => None,
        });
        Self {
            names: RunNames { app },
            found,
            table,
            range: range(intervals),
        }
    }

    /// Value in the column before this one.
    fn value(&self, place: CellPlace<'_>) -> Option<f64> {
        let mut columns = self.table.columns.iter();
        let at = columns.position(|column| column.key == place.column.key)?;
        let row = self.table.rows.get(place.row)?;
        match row.get(at.checked_sub(1)?)?.value {
            CellValue::Metric(value) => Some(value),
            _ => None,
        }
    }
}

impl CellPainter for SliceLines<'_> {
    fn run(&self, ui: &mut Ui, id: &RunId) {
        self.names.run(ui, id);
    }

    fn run_words(&self, id: &RunId) -> (String, f32) {
        self.names.run_words(id)
    }

    fn width(&self, column: &ReportColumn) -> Option<f32> {
        column.key.ends_with(INTERVAL).then_some(LINE)
    }

    fn cell(&self, ui: &mut Ui, place: CellPlace<'_>) -> bool {
        let CellValue::Interval(interval) = place.cell.value else {
            return false;
        };
        let Some(value) = self.value(place) else {
            return false;
        };
        let run = self.found.runs.get(place.row);
        let is_everyone = place.column.key == "everyone_interval";
        let color = match run.filter(|_| !is_everyone) {
            Some(run) => theme::run_color(ui, self.names.app, &run.id),
            None => theme::colors(ui).weak,
        };
        line(ui, value, interval, &self.range, color);
        true
    }
}

/// Key of the column that is painted.
const INTERVAL: &str = "interval";

impl CellPainter for IntervalLines<'_> {
    fn run(&self, ui: &mut Ui, id: &RunId) {
        self.names.run(ui, id);
    }

    fn run_words(&self, id: &RunId) -> (String, f32) {
        self.names.run_words(id)
    }

    fn width(&self, column: &ReportColumn) -> Option<f32> {
        (column.key == INTERVAL).then_some(LINE)
    }

    fn cell(&self, ui: &mut Ui, place: CellPlace<'_>) -> bool {
        let value = self.found.runs.get(place.row).and_then(|run| {
            let color = match run.against_first {
                Some(Err(_)) => theme::colors(ui).weak,
                Some(Ok(_)) | None => theme::run_color(ui, self.names.app, &run.id),
            };
            Some((run.value?, color))
        });
        match (&place.cell.value, value) {
            (CellValue::Interval(interval), Some((value, color)))
                if place.column.key == INTERVAL =>
            {
                line(ui, value, *interval, &self.range, color);
                true
            }
            _ => false,
        }
    }
}

/// An interval as a line with a dot at the value.
fn line(ui: &mut Ui, value: f64, interval: Interval, range: &RangeInclusive<f64>, color: Color32) {
    let (rect, response) = ui.allocate_exact_size(vec2(LINE, 16.0), Sense::hover());
    let width = range.end() - range.start();
    let x = |value: f64| {
        rect.left() + 4.0 + ((value - range.start()) / width) as f32 * (rect.width() - 8.0)
    };
    let y = rect.center().y;
    let painter = ui.painter();
    painter.line_segment(
        [pos2(x(interval.low), y), pos2(x(interval.high), y)],
        Stroke::new(2.0, color),
    );
    for end in [interval.low, interval.high] {
        painter.line_segment(
            [pos2(x(end), y - 4.0), pos2(x(end), y + 4.0)],
            Stroke::new(1.0, color),
        );
    }
    painter.circle_filled(pos2(x(value), y), 3.5, color);
    response.on_hover_text(words::interval(interval));
}

/// The scale that holds all intervals; never of no width.
fn range(intervals: impl Iterator<Item = Interval>) -> RangeInclusive<f64> {
    let (low, high) = intervals.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| {
        (low.min(it.low), high.max(it.high))
    });
    if low < high {
        low..=high
    } else {
        low - 0.5..=low + 0.5
    }
}
