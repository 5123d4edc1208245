//! Parallel coordinates: an axis beside another for each setting and for the metric, a line for each
//! trial.

use egui::epaint::PathShape;
use egui::{
    Align2, Color32, Pos2, Rect, Role, Sense, Stroke, TextStyle, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::SweepView;
use crate::ui::language::tr;
use crate::ui::theme;
use crate::ui::widget::heatmap::viridis;

/// Most lines that are painted: of more, those that did best.
const MOST_LINES: usize = 400;

/// Room at the sides, above and below for what the axes say.
const SIDE: f32 = 70.0;
const ABOVE: f32 = 24.0;
const BELOW: f32 = 8.0;

/// Farthest that a line may be from the pointer to be pointed at.
const NEAR: f32 = 8.0;

/// A trial on its way to the screen.
struct TrialLine {
    place: usize,
    points: Vec<Pos2>,
    color: Color32,
}

/// Paints the lines; the trial that is pointed at, by its place. `pointed` is that of the last frame,
/// which stands out.
pub(super) fn lines(
    ui: &mut Ui,
    view: &SweepView,
    pointed: Option<usize>,
    height: f32,
) -> Option<usize> {
    let size = vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, tr("Trials across their settings")));
    if !ui.is_rect_visible(rect) {
        return pointed;
    }
    let inner = Rect::from_min_max(rect.min + vec2(SIDE, ABOVE), rect.max - vec2(SIDE, BELOW));
    let trials = lines_of(ui, view, inner);
    for line in &trials {
        ui.painter().add(PathShape::line(
            line.points.clone(),
            Stroke::new(1.2, line.color.gamma_multiply(0.75)),
        ));
    }
    let found = response.hover_pos().and_then(|at| nearest(&trials, at));
    if let Some(line) = found
        .or(pointed)
        .and_then(|at| trials.iter().find(|of| of.place == at))
    {
        let stroke = Stroke::new(3.0, theme::colors(ui).text);
        ui.painter()
            .add(PathShape::line(line.points.clone(), stroke));
    }
    axes(ui, view, inner);
    if let Some(of) = found.and_then(|at| view.state.trials.get(at)) {
        let epochs = view.folder.plan.experiment.training.epochs;
        let score = of.score_until(epochs, view.folder.plan.n_seeds(), view.state.metric);
        let words = tr(format!(
            "Trial {}: {} {}",
            of.trial.number,
            view.axes.last().map_or("", |axis| axis.title.as_str()),
            seqscope_engine::report::words::metric(score)
        ));
        let settings = view.folder.plan.words_of(&of.trial).replace(", ", "\n");
        response.on_hover_text_at_pointer(format!("{words}\n{settings}"));
    }
    found
}

fn x_of(inner: Rect, n_axes: usize, at: usize) -> f32 {
    let share = if n_axes < 2 {
        0.0
    } else {
        at as f32 / (n_axes - 1) as f32
    };
    inner.left() + inner.width() * share
}

fn y_of(inner: Rect, place: f64) -> f32 {
    inner.bottom() - inner.height() * place as f32
}

/// The lines of those trials that have come somewhere, the best last.
fn lines_of(ui: &Ui, view: &SweepView, inner: Rect) -> Vec<TrialLine> {
    let Some(scores) = view.axes.last() else {
        return Vec::new();
    };
    let is_lower_better = view.state.metric.is_better(0.0, 1.0);
    let goodness = |at: usize| {
        let place = scores.places.get(at).copied().unwrap_or(f64::NAN);
        if is_lower_better { 1.0 - place } else { place }
    };
    let mut places: Vec<usize> = (0..view.state.trials.len())
        .filter(|&at| goodness(at).is_finite())
        .collect();
    places.sort_by(|a, b| goodness(*a).total_cmp(&goodness(*b)));
    let n_out = places.len().saturating_sub(MOST_LINES);
    let is_dark = ui.visuals().dark_mode;
    places
        .into_iter()
        .skip(n_out)
        .map(|place| {
            let points = view.axes.iter().enumerate().map(|(at, axis)| {
                let value = axis.places.get(place).copied().unwrap_or(0.0);
                pos2(x_of(inner, view.axes.len(), at), y_of(inner, value))
            });
            // Neither end of the scale vanishes in its background.
            let share = goodness(place) as f32;
            let share = if is_dark {
                0.25 + 0.75 * share
            } else {
                0.85 * (1.0 - share)
            };
            TrialLine {
                place,
                points: points.collect(),
                color: viridis(share),
            }
        })
        .collect()
}

fn axes(ui: &Ui, view: &SweepView, inner: Rect) {
    let colors = theme::colors(ui);
    let small = TextStyle::Small.resolve(ui.style());
    let n = view.axes.len();
    let wide = inner.width() / n.max(2) as f32;
    for (at, axis) in view.axes.iter().enumerate() {
        let x = x_of(inner, n, at);
        ui.painter()
            .vline(x, inner.y_range(), Stroke::new(1.0, colors.text));
        let is_metric = at + 1 == n;
        let mut shown = if is_metric {
            tr(&axis.title)
        } else {
            axis.title.clone()
        };
        // A long path keeps its end, which tells it from others.
        while !is_metric
            && ui
                .painter()
                .layout_no_wrap(shown.clone(), small.clone(), colors.text)
                .size()
                .x
                > wide.max(60.0)
        {
            match shown.trim_start_matches('…').split_once('.') {
                Some((_, rest)) => shown = format!("…{rest}"),
                None => break,
            }
        }
        ui.painter().text(
            pos2(x, inner.top() - 6.0),
            Align2::CENTER_BOTTOM,
            shown,
            small.clone(),
            colors.text,
        );
        for mark in &axis.marks {
            let y = y_of(inner, mark.place);
            ui.painter()
                .hline(x - 3.0..=x + 3.0, y, Stroke::new(1.0, colors.text));
            let (side, align) = if is_metric {
                (6.0, Align2::LEFT_CENTER)
            } else {
                (-6.0, Align2::RIGHT_CENTER)
            };
            let text = ui
                .painter()
                .layout_no_wrap(mark.words.clone(), small.clone(), colors.text);
            let place = align.anchor_size(pos2(x + side, y), text.size());
            // Lines run behind it.
            ui.painter()
                .rect_filled(place, 2.0, colors.card.gamma_multiply(0.8));
            ui.painter().galley(place.min, text, colors.text);
        }
    }
}

/// The trial whose line is nearest to a place, if one is near.
fn nearest(trials: &[TrialLine], at: Pos2) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for line in trials {
        for pair in line.points.windows(2) {
            let [from, to] = [pair[0], pair[1]];
            if at.x < from.x - NEAR || at.x > to.x + NEAR {
                continue;
            }
            let along = ((at.x - from.x) / (to.x - from.x).max(1.0)).clamp(0.0, 1.0);
            let distance = (at - from.lerp(to, along)).length();
            if distance <= NEAR && best.is_none_or(|(_, nearest)| distance <= nearest) {
                best = Some((line.place, distance));
            }
        }
    }
    best.map(|(place, _)| place)
}
