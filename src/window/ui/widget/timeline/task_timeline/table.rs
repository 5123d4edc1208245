//! Table of the answers after each event, one row an event.

use egui::{Align, Layout, RichText, Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder, TableRow};

use super::super::{TimelineData, paint_mark, part_color, part_name, table};
use super::{Answers, TimelineAnswer};
use seqscope_engine::explain::{TaskAnswers, TimelineStep};

const ROW: f32 = 20.0;

/// The table; returns the position that was clicked.
pub(super) fn rows(
    ui: &mut Ui,
    data: &TimelineData<'_>,
    said: &TaskAnswers,
    selected: Option<usize>,
    bring: bool,
) -> Option<usize> {
    let height = ui.available_height().max(120.0);
    let mut clicked = None;
    let mut table = TableBuilder::new(ui)
        .id_salt("said table")
        .striped(true)
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center))
        .auto_shrink(false)
        .max_scroll_height(height - 26.0)
        .min_scrolled_height(80.0)
        .column(Column::exact(28.0))
        .column(Column::exact(66.0))
        .column(
            Column::initial(124.0)
                .at_least(60.0)
                .clip(true)
                .resizable(true),
        )
        .column(Column::exact(82.0).clip(true))
        .column(Column::exact(90.0))
        .column(Column::remainder().at_least(70.0).clip(true));
    if let Some(row) = selected.filter(|_| bring).and_then(|p| data.row_of(p)) {
        table = table.scroll_to_row(row, None);
    }
    let [first, second] = Answers::of_task(said).columns();
    let headers = [
        ("#", "Position in the user's history"),
        (
            "Part",
            "Which part of the split the question belongs to; of the event where none was asked",
        ),
        (
            "After event",
            "What was done; the question is about what comes after it",
        ),
        (
            "In truth",
            "What came true; a dash where nothing was asked, or where it is held back until the \
             run has ended",
        ),
        first,
        second,
    ];
    let table = table.header(20.0, |mut header| {
        for (name, help) in headers {
            header.col(|ui| {
                ui.strong(name).on_hover_text(help);
            });
        }
    });
    table.body(|body| {
        body.rows(ROW, data.steps.len(), |mut row| {
            let Some(step) = data.steps.get(row.index()) else {
                return;
            };
            row.set_selected(selected == Some(step.position));
            cells(&mut row, data, said, step);
            if row.response().clicked() {
                clicked = Some(step.position);
            }
        });
    });
    clicked
}

fn cells(
    row: &mut TableRow<'_, '_>,
    data: &TimelineData<'_>,
    said: &TaskAnswers,
    step: &TimelineStep,
) {
    let answer = TimelineAnswer::after(said, step);
    row.col(|ui| {
        ui.label((step.position + 1).to_string());
    });
    row.col(|ui| {
        ui.label(RichText::new(part_name(answer.part)).color(part_color(answer.part, ui)));
    });
    row.col(|ui| {
        ui.add(
            egui::Label::new((data.title)(step.item_idx))
                .truncate()
                .selectable(false),
        );
    });
    row.col(|ui| {
        if let Some(is_right) = answer.is_right() {
            let (rect, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
            paint_mark(ui.painter(), ui, rect.center(), Some(is_right), 4.0);
        }
        let words = answer.truth_words().unwrap_or_else(|| "–".to_owned());
        ui.add(egui::Label::new(words).truncate().selectable(false));
    });
    row.col(|ui| match answer.value() {
        Some(value) if answer.answers == Answers::Number => {
            ui.label(answer.number(value));
        }
        Some(value) => table::bar(ui, value as f32),
        None => {
            ui.weak("–");
        }
    });
    row.col(|ui| {
        ui.add(
            egui::Label::new(answer.said_words())
                .truncate()
                .selectable(false),
        );
    });
}
