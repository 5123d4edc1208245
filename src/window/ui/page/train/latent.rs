//! What a model with a latent vector uses of it: a bar for each dimension, the most used first.

use egui::{Align2, Rect, Role, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};

use crate::ui::language::tr;
use crate::ui::{text, theme};
use seqscope_engine::train::LatentUse;

/// Height of the bars.
const HEIGHT: f32 = 46.0;

/// Room for the numbers of the axis.
const GUTTER: f32 = 46.0;

/// Widest bar: few dimensions need not fill the window.
const WIDEST: f32 = 18.0;

/// The sentence and the bars.
pub(in crate::ui::page) fn ui(ui: &mut Ui, used: &LatentUse) {
    ui.label(tr(used.sentence()));
    let report = &used.report;
    let mut dimensions: Vec<(usize, f64, bool)> = report
        .kl
        .iter()
        .zip(report.active())
        .enumerate()
        .map(|(at, (kl, active))| (at, *kl, active))
        .collect();
    dimensions.sort_by(|a, b| b.1.total_cmp(&a.1));
    if dimensions.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| legend(ui, used.epoch));
    let (whole, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    response.widget_info(|| {
        let words = format!(
            "KL of {} dimensions, {} active",
            report.width(),
            report.n_active()
        );
        WidgetInfo::labeled(Role::Image, true, tr(words))
    });
    let most = dimensions
        .first()
        .map_or(0.0, |(_, kl, _)| *kl)
        .max(f64::MIN_POSITIVE);
    let plot = Rect::from_min_max(whole.min + vec2(GUTTER, 0.0), whole.max);
    let width = (plot.width() / dimensions.len() as f32).min(WIDEST);
    let colors = theme::colors(ui);
    axis(ui, plot, most);
    for (place, (_, kl, active)) in dimensions.iter().enumerate() {
        let left = plot.left() + place as f32 * width;
        let height = (plot.height() * (*kl / most) as f32).max(1.0);
        let bar = Rect::from_min_max(
            pos2(left, plot.bottom() - height),
            pos2(left + width.max(1.5) * 0.86, plot.bottom()),
        );
        ui.painter().rect_filled(
            bar,
            0.0,
            if *active {
                theme::series_color(ui, 0)
            } else {
                colors.weak
            },
        );
    }
    let at = response
        .hover_pos()
        .map(|pointer| ((pointer.x - plot.left()) / width).floor());
    let under = at
        .filter(|at| *at >= 0.0)
        .and_then(|at| dimensions.get(at as usize).copied());
    if let Some((at, kl, active)) = under {
        let variance = report.variance.get(at).copied().unwrap_or(f64::NAN);
        let word = if active { "active" } else { "not active" };
        response.on_hover_text_at_pointer(tr(format!(
            "Dimension {}: {} nats, {word}: the variance of its mean over users is {}",
            at + 1,
            text::significant(kl, 3),
            text::significant(variance, 3),
        )));
    }
}

/// The lines of nothing and of the most, with their numbers.
fn axis(ui: &Ui, plot: Rect, most: f64) {
    let colors = theme::colors(ui);
    let painter = ui.painter();
    let font = TextStyle::Small.resolve(ui.style());
    for (y, value) in [(plot.top(), most), (plot.bottom(), 0.0)] {
        painter.hline(plot.x_range(), y, egui::Stroke::new(1.0, colors.line));
        let anchor = if value > 0.0 {
            Align2::RIGHT_TOP
        } else {
            Align2::RIGHT_BOTTOM
        };
        painter.text(
            pos2(plot.left() - 5.0, y),
            anchor,
            text::significant(value, 2),
            font.clone(),
            colors.weak,
        );
    }
}

fn legend(ui: &mut Ui, epoch: usize) {
    ui.weak(tr(format!(
        "Nats of each dimension after epoch {epoch}, the most first"
    )));
    let colors = theme::colors(ui);
    for (color, words) in [
        (theme::series_color(ui, 0), "active"),
        (colors.weak, "not active"),
    ] {
        let (rect, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
        ui.painter().rect_filled(rect, 2.0, color);
        let help = "A dimension is active where its mean varies between users by more than 0.01 \
                    (Burda et al. 2016)";
        ui.weak(tr(words)).on_hover_text(tr(help));
    }
}
