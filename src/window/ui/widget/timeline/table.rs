//! The table: one row an event, only rows in sight are laid out.

use egui::{Align, Layout, Rect, RichText, Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder, TableRow};

use super::{LEFT_OUT, TimelineData, paint_step, part_color, part_name, rank_text};
use crate::ui::{text, theme};
use seqscope_engine::explain::TimelineStep;

const ROW: f32 = 20.0;
const HEADERS: [(&str, &str); 6] = [
    ("#", "Position in the user's history"),
    ("Part", "Which part of the split the event belongs to"),
    ("True item", "What came"),
    (
        "Rank",
        "Place of the true item in the model's list before the event; 1 is best. A seen item that \
         is left out has none",
    ),
    (
        "Probability",
        "How likely the model found the true item, over all items",
    ),
    (
        "Expected most (first five)",
        "The five items that the model found most likely; the true one is marked ✔",
    ),
];

pub(super) fn ui(
    ui: &mut Ui,
    data: &TimelineData<'_>,
    selected: Option<usize>,
    bring: bool,
) -> Option<usize> {
    let height = ui.available_height().max(120.0);
    let mut clicked = None;
    let mut table = TableBuilder::new(ui)
        .id_salt("timeline table")
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
        .column(Column::exact(68.0))
        .column(Column::exact(74.0))
        .column(Column::remainder().at_least(70.0).clip(true));
    if let Some(row) = selected.filter(|_| bring).and_then(|p| data.row_of(p)) {
        table = table.scroll_to_row(row, None);
    }
    let table = table.header(20.0, |mut header| {
        for (name, help) in HEADERS {
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
            cells(&mut row, data, step);
            if row.response().clicked() {
                clicked = Some(step.position);
            }
        });
    });
    clicked
}

fn cells(row: &mut TableRow<'_, '_>, data: &TimelineData<'_>, step: &TimelineStep) {
    row.col(|ui| {
        ui.label((step.position + 1).to_string());
    });
    row.col(|ui| {
        ui.label(RichText::new(part_name(step.part)).color(part_color(step.part, ui)));
    });
    row.col(|ui| {
        let title = (data.title)(step.item_idx);
        ui.add(egui::Label::new(title).truncate().selectable(false));
    });
    row.col(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
        paint_step(ui.painter(), ui, rect.center(), step, 4.0);
        let rank = ui.label(step.rank.map_or_else(|| "–".to_owned(), rank_text));
        if step.is_left_out() {
            rank.on_hover_text(LEFT_OUT);
        }
    });
    row.col(|ui| {
        if let Some(probability) = step.probability {
            bar(ui, probability);
        } else {
            ui.weak("–");
        }
    });
    row.col(|ui| {
        ui.add(
            egui::Label::new(expected(ui, data, step))
                .truncate()
                .selectable(false),
        );
    });
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

/// The five items expected most, the true one marked by sign, weight and colour.
fn expected(ui: &Ui, data: &TimelineData<'_>, step: &TimelineStep) -> egui::text::LayoutJob {
    let mut job = egui::text::LayoutJob::default();
    let font = egui::TextStyle::Body.resolve(ui.style());
    let plain = egui::TextFormat::simple(font.clone(), ui.visuals().text_color());
    let hit = egui::TextFormat::simple(font, theme::colors(ui).good);
    for (at, scored) in step.top.iter().enumerate() {
        if at > 0 {
            job.append(" · ", 0.0, plain.clone());
        }
        let title = (data.title)(scored.item_idx);
        if scored.item_idx == step.item_idx {
            job.append(&format!("✔ {title}"), 0.0, hit.clone());
        } else {
            job.append(&title, 0.0, plain.clone());
        }
    }
    job
}
