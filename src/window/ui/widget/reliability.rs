//! The reliability diagram: what was said against how often it came true, with the numbers of
//! answers.

use egui::{Align2, Pos2, Rect, Role, Sense, Stroke, TextStyle, Ui, WidgetInfo, pos2, vec2};

use crate::ui::language::tr;
use crate::ui::{text, theme};
use seqscope_base::metric::{Reliability, ReliabilityBin};

/// Room for the numbers beside and below.
const GUTTER: [f32; 2] = [36.0, 30.0];

/// Largest and smallest radius of a bin's point.
const RADIUS: [f32; 2] = [2.5, 6.5];

/// Paints it into a place of this size.
pub(crate) fn ui(ui: &mut Ui, table: &Reliability, size: egui::Vec2) {
    let (whole, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| {
        let words = format!(
            "Reliability of {} answers, ECE {}",
            table.n_answers(),
            text::metric(table.ece())
        );
        WidgetInfo::labeled(Role::Image, true, tr(words))
    });
    let plot = Rect::from_min_max(
        whole.min + vec2(GUTTER[0], 6.0),
        whole.max - vec2(8.0, GUTTER[1]),
    );
    if plot.width() < 20.0 || plot.height() < 20.0 {
        return;
    }
    axes(ui, whole, plot);
    let most = table.filled().map(|(_, bin)| bin.n).max().unwrap_or(1) as f32;
    let at = |bin: &ReliabilityBin| -> Pos2 {
        let across = egui::lerp(plot.x_range(), bin.confidence.clamp(0.0, 1.0) as f32);
        pos2(
            across,
            egui::lerp(
                plot.bottom()..=plot.top(),
                bin.frequency.clamp(0.0, 1.0) as f32,
            ),
        )
    };
    let color = theme::series_color(ui, 0);
    let points: Vec<Pos2> = table.filled().map(|(_, bin)| at(bin)).collect();
    ui.painter()
        .line(points, Stroke::new(1.2, color.gamma_multiply(0.6)));
    for (_, bin) in table.filled() {
        // The area tells the number of answers.
        let radius = egui::lerp(RADIUS[0]..=RADIUS[1], (bin.n as f32 / most).sqrt());
        ui.painter().circle_filled(at(bin), radius, color);
    }
    let Some(pointer) = response.hover_pos() else {
        return;
    };
    let near = table.filled().min_by(|a, b| {
        at(a.1)
            .distance(pointer)
            .total_cmp(&at(b.1).distance(pointer))
    });
    if let Some((place, bin)) = near {
        let (from, to) = Reliability::bounds(place);
        response.on_hover_text_at_pointer(tr(format!(
            "Said {} to {}: {}, {} on average; {} came true",
            text::percent(from),
            text::percent(to),
            text::counted(bin.n, "answer"),
            text::percent(bin.confidence),
            text::percent(bin.frequency),
        )));
    }
}

/// The frame, the diagonal where what is said is what happens, and what the axes are.
fn axes(ui: &Ui, whole: Rect, plot: Rect) {
    let colors = theme::colors(ui);
    let painter = ui.painter();
    painter.rect_filled(plot, 2.0, ui.visuals().extreme_bg_color);
    let diagonal = [plot.left_bottom(), plot.right_top()];
    painter.add(egui::Shape::dashed_line(
        &diagonal,
        Stroke::new(1.0, colors.weak),
        4.0,
        4.0,
    ));
    let font = TextStyle::Small.resolve(ui.style());
    for (share, words) in [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")] {
        let y = egui::lerp(plot.bottom()..=plot.top(), share);
        let x = egui::lerp(plot.x_range(), share);
        painter.hline(plot.x_range(), y, Stroke::new(1.0, colors.line));
        painter.text(
            pos2(plot.left() - 4.0, y),
            Align2::RIGHT_CENTER,
            words,
            font.clone(),
            colors.weak,
        );
        let anchor = if share > 0.9 {
            Align2::RIGHT_TOP
        } else {
            Align2::CENTER_TOP
        };
        painter.text(
            pos2(x, plot.bottom() + 2.0),
            anchor,
            words,
            font.clone(),
            colors.weak,
        );
    }
    let below = pos2(plot.center().x, whole.bottom());
    painter.text(
        below,
        Align2::CENTER_BOTTOM,
        tr("said, against how often it came true"),
        font,
        colors.weak,
    );
}
