//! The row of names above a chart: a line sample each, click to hide or show.

use std::collections::BTreeSet;

use egui::{Color32, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::ChartData;

/// Length of the line sample before a name.
const SAMPLE: f32 = 18.0;

/// The name under which all reference lines are hidden and shown.
pub(super) const REFERENCES: &str = "references";

/// Shows every name; `hidden` holds those that are not drawn.
pub(super) fn ui(ui: &mut Ui, data: &ChartData, hidden: &mut BTreeSet<String>) {
    for series in &data.series {
        entry(ui, &series.name, series.color, false, hidden);
    }
    // Each reference is named on its own line.
    if !data.references.is_empty() {
        entry(ui, REFERENCES, reference_color(ui), true, hidden);
    }
}

/// The colour of reference lines: they stand back behind the curves.
pub(super) fn reference_color(ui: &Ui) -> Color32 {
    ui.visuals().text_color().gamma_multiply(0.75)
}

fn entry(ui: &mut Ui, name: &str, color: Color32, is_dashed: bool, hidden: &mut BTreeSet<String>) {
    let shown = !hidden.contains(name);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let text_color = if shown {
        ui.visuals().text_color()
    } else {
        ui.visuals().weak_text_color()
    };
    let galley = ui
        .painter()
        .layout_no_wrap(name.to_owned(), font, text_color);
    let size = vec2(SAMPLE + 5.0 + galley.size().x, galley.size().y.max(16.0));
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, shown, name));
    if ui.is_rect_visible(rect) {
        let y = rect.center().y;
        let ends = [pos2(rect.left(), y), pos2(rect.left() + SAMPLE, y)];
        let stroke = Stroke::new(
            2.0,
            if shown {
                color
            } else {
                ui.visuals().weak_text_color().gamma_multiply(0.4)
            },
        );
        if is_dashed {
            ui.painter()
                .extend(Shape::dashed_line(&ends, stroke, 4.0, 3.0));
        } else {
            ui.painter().line_segment(ends, stroke);
        }
        let at = pos2(rect.left() + SAMPLE + 5.0, y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, text_color);
    }
    let response = response.on_hover_text(if shown {
        "Click to hide"
    } else {
        "Click to show"
    });
    if response.clicked() && !hidden.remove(name) {
        hidden.insert(name.to_owned());
    }
}
