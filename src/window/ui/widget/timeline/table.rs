//! The table: one row an event, only rows in sight are laid out.

use egui::{Align, Label, Layout, Rect, RichText, Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder, TableRow};

use super::{TimelineData, TimelineFace, part_color, part_name};
use crate::ui::language::tr;
use crate::ui::{text, theme};
use seqscope_engine::explain::TimelineStep;

const ROW: f32 = 20.0;

/// Title of a column, and the help on it.
#[derive(Clone, Copy)]
pub(super) struct Heading {
    pub(super) title: &'static str,
    pub(super) help: &'static str,
}

/// Headings of the columns that differ from one kind of answers to the other.
pub(super) struct Headings {
    pub(super) part: Heading,
    pub(super) item: Heading,
    pub(super) answers: [Heading; 3],
}

/// Paints the table; returns the position that was clicked.
pub(super) fn ui<F: TimelineFace>(
    ui: &mut Ui,
    data: &TimelineData<'_>,
    face: &F,
    selected: Option<usize>,
    bring: bool,
) -> Option<usize> {
    let height = ui.available_height().max(120.0);
    let mut clicked = None;
    let [first, second] = face.columns();
    let mut table = TableBuilder::new(ui)
        .id_salt((F::NAME, "table"))
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
        .column(first)
        .column(second)
        .column(Column::remainder().at_least(70.0).clip(true));
    if let Some(row) = selected.filter(|_| bring).and_then(|p| data.row_of(p)) {
        table = table.scroll_to_row(row, None);
    }
    let Headings {
        part,
        item,
        answers,
    } = face.headings();
    let number = Heading {
        title: "#",
        help: "Position in the user's history",
    };
    let table = table.header(20.0, |mut header| {
        for Heading { title, help } in [number, part, item].into_iter().chain(answers) {
            header.col(|ui| {
                ui.strong(tr(title)).on_hover_text(tr(help));
            });
        }
    });
    table.body(|body| {
        body.rows(ROW, data.steps.len(), |mut row| {
            let Some(step) = data.steps.get(row.index()) else {
                return;
            };
            row.set_selected(selected == Some(step.position));
            cells(&mut row, data, face, step);
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
    face: &impl TimelineFace,
    step: &TimelineStep,
) {
    row.col(|ui| {
        ui.label((step.position + 1).to_string());
    });
    row.col(|ui| {
        let part = face.part(step);
        ui.label(RichText::new(tr(part_name(part))).color(part_color(part, ui)));
    });
    row.col(|ui| {
        ui.add(cut_off((data.title)(step.item_idx)));
    });
    face.cells(row, step);
}

/// A text of which as much is shown as there is room.
pub(super) fn cut_off(text: impl Into<egui::WidgetText>) -> Label {
    Label::new(text).truncate().selectable(false)
}

/// The number with a bar of its length behind it.
pub(crate) fn bar(ui: &mut Ui, probability: f32) {
    let (rect, _) = ui.allocate_exact_size(
        vec2(ui.available_width().max(40.0) - 4.0, ROW - 4.0),
        Sense::hover(),
    );
    let filled = Rect::from_min_size(
        rect.min,
        vec2(rect.width() * probability.clamp(0.0, 1.0), rect.height()),
    );
    ui.painter()
        .rect_filled(filled, 2.0, theme::series_color(ui, 0).gamma_multiply(0.45));
    let font = egui::TextStyle::Body.resolve(ui.style());
    let text = text::percent(f64::from(probability));
    let at = rect.left_center() + vec2(3.0, 0.0);
    ui.painter().text(
        at,
        egui::Align2::LEFT_CENTER,
        text,
        font,
        ui.visuals().text_color(),
    );
}
