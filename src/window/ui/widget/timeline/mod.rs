//! One user's history as a model saw it: each event with the rank and probability that the model
//! gave it before it came. As a painted strip, and as a table with the five items it expected.

mod strip;
mod table;
mod task_timeline;

use std::fmt::Write as _;

use egui::{Align2, Color32, Painter, Pos2, Rect, Sense, Stroke, Ui, Vec2, vec2};

use crate::ui::{text, theme};
use seqscope_engine::explain::{TaskAnswers, TimelineStep, UserView};
use seqscope_engine::run::Part;

/// A hit is a true item among the first so many.
pub const HIT_AT: usize = 10;

/// Contents of a timeline.
#[derive(Clone, Copy)]
pub struct TimelineData<'a> {
    /// The events, oldest first.
    pub steps: &'a [TimelineStep],
    /// Number of items that can be ranked: the bottom of the rank axis.
    pub n_items: usize,
    /// Answers of the model, where it ranks no items.
    pub said: Option<&'a TaskAnswers>,
    /// Title of an item.
    pub title: &'a dyn Fn(u32) -> String,
}

impl TimelineData<'_> {
    /// Row in `steps` of the event at a position of the history.
    fn row_of(&self, position: usize) -> Option<usize> {
        self.steps
            .binary_search_by_key(&position, |s| s.position)
            .ok()
    }
}

/// A timeline's view state.
#[derive(Debug, Default)]
pub struct Timeline {
    /// The event that was last brought into sight, so that the person can scroll away from it.
    in_sight: Option<usize>,
}

impl Timeline {
    /// Paints strip and table into the room at hand. `selected` is a position in the history;
    /// returns the position that was clicked in this frame.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        data: &TimelineData<'_>,
        selected: Option<usize>,
    ) -> Option<usize> {
        let moved = selected != self.in_sight;
        self.in_sight = selected;
        if let Some(said) = data.said {
            return task_timeline::ui(ui, data, said, selected, moved);
        }
        let from_strip = strip::ui(ui, data, selected, moved);
        ui.add_space(4.0);
        let from_table = table::ui(ui, data, selected, moved && from_strip.is_none());
        from_strip.or(from_table)
    }

    /// Paints the strip alone.
    pub fn strip(
        &mut self,
        ui: &mut Ui,
        data: &TimelineData<'_>,
        selected: Option<usize>,
    ) -> Option<usize> {
        let moved = selected != self.in_sight;
        self.in_sight = selected;
        if let Some(said) = data.said {
            return task_timeline::strip(ui, data, said, selected, moved);
        }
        strip::ui(ui, data, selected, moved)
    }
}

/// One line: how many hits in each part, or how often what was said came true.
#[must_use]
pub fn summary(view: &UserView) -> String {
    match &view.said {
        Some(said) => task_timeline::summary(&view.timeline, said),
        None => hits(&view.timeline),
    }
}

fn hits(steps: &[TimelineStep]) -> String {
    let ranked = steps.iter().filter_map(|s| s.is_hit(HIT_AT));
    let (n, hits) = ranked.fold((0, 0), |(n, hits), hit| (n + 1, hits + usize::from(hit)));
    // The question of a part is its last event.
    let of = |part| steps.iter().rfind(|s| s.part == part).and_then(|s| s.rank);
    let mut text = format!("{hits} of {n} events among the first {HIT_AT}");
    for (part, name) in [(Part::Valid, "validation"), (Part::Test, "test")] {
        if let Some(rank) = of(part) {
            let word = if rank.is_finite() { "rank " } else { "" };
            let _ = write!(text, " · {name} {word}{}", rank_text(rank));
        }
    }
    text
}

/// The name of a part as a person reads it.
#[must_use]
pub fn part_name(part: Part) -> &'static str {
    match part {
        Part::Train => "training",
        Part::Valid => "validation",
        Part::Test => "test",
    }
}

/// The colour of a part.
#[must_use]
pub fn part_color(part: Part, ui: &Ui) -> Color32 {
    match part {
        Part::Train => theme::series_color(ui, 0),
        Part::Valid => theme::series_color(ui, 1),
        Part::Test => theme::series_color(ui, 3),
    }
}

/// A hit is a filled dot, a miss a cross, an event without a prediction a dash: shape says the
/// same as colour.
fn paint_mark(painter: &Painter, ui: &Ui, at: Pos2, is_hit: Option<bool>, radius: f32) {
    match is_hit {
        Some(true) => {
            painter.circle_filled(at, radius, theme::colors(ui).good);
        }
        Some(false) => {
            let stroke = Stroke::new(1.6, theme::colors(ui).error);
            let arm = radius * 0.8;
            painter.line_segment([at - Vec2::splat(arm), at + Vec2::splat(arm)], stroke);
            painter.line_segment([at + vec2(-arm, arm), at + vec2(arm, -arm)], stroke);
        }
        None => {
            let stroke = Stroke::new(1.6, ui.visuals().weak_text_color());
            painter.line_segment([at - vec2(radius, 0.0), at + vec2(radius, 0.0)], stroke);
        }
    }
}

/// The mark of a step of a model that ranks items.
fn paint_step(painter: &Painter, ui: &Ui, at: Pos2, step: &TimelineStep, radius: f32) {
    if step.is_left_out() {
        // Neither hit nor missed by the model: a ring, where a hit has a dot.
        painter.circle_stroke(at, radius * 0.8, Stroke::new(1.6, theme::colors(ui).error));
    } else {
        paint_mark(painter, ui, at, step.is_hit(HIT_AT), radius);
    }
}

/// Why a step has no rank although the model was asked.
pub(crate) const LEFT_OUT: &str =
    "Left out of the ranking, since the user already had it: counts as a miss";

/// A mid-rank: `7`, or `7.5` where items tie; a miss has none.
pub(crate) fn rank_text(rank: f64) -> String {
    if rank.is_infinite() {
        "left out".to_owned()
    } else if rank.fract() == 0.0 {
        text::count(rank as usize)
    } else {
        format!("{rank:.1}")
    }
}

/// The marks and what they mean, in one row.
fn legend(ui: &mut Ui, has_left_out: bool) {
    let mut entry = |is_hit, text: &str| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(12.0), egui::Sense::hover());
        paint_mark(ui.painter(), ui, rect.center(), is_hit, 4.0);
        ui.label(egui::RichText::new(text).small());
    };
    entry(Some(true), "among the first 10");
    entry(Some(false), "missed");
    entry(None, "no prediction");
    if has_left_out {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(12.0), egui::Sense::hover());
        ui.painter().circle_stroke(
            rect.center(),
            3.2,
            Stroke::new(1.6, theme::colors(ui).error),
        );
        ui.label(egui::RichText::new("left out: a miss").small())
            .on_hover_text(LEFT_OUT);
    }
    for part in [Part::Train, Part::Valid, Part::Test] {
        let (rect, _) = ui.allocate_exact_size(vec2(12.0, 6.0), egui::Sense::hover());
        ui.painter().rect_filled(rect, 1.0, part_color(part, ui));
        ui.label(egui::RichText::new(part_name(part)).small());
    }
}

/// Shows a tip on the event that is pointed at.
fn tip(ui: &mut Ui, data: &TimelineData<'_>, step: &TimelineStep) {
    ui.strong(format!(
        "Event {}: {}",
        step.position + 1,
        (data.title)(step.item_idx)
    ));
    ui.label(format!("Part: {}", part_name(step.part)));
    let (Some(rank), Some(probability)) = (step.rank, step.probability) else {
        ui.weak("No prediction: the model needs at least one event before it");
        return;
    };
    let probability = format!(
        "probability {} over all items",
        text::percent(f64::from(probability))
    );
    if step.is_left_out() {
        ui.label(LEFT_OUT);
        ui.label(format!("Its {probability}"));
    } else {
        ui.label(format!(
            "Rank {} of {}, {probability}",
            rank_text(rank),
            text::count(data.n_items)
        ));
    }
    ui.add_space(2.0);
    ui.label("Expected most:");
    for scored in &step.top {
        let mark = if scored.item_idx == step.item_idx {
            "✔ "
        } else {
            ""
        };
        let probability = text::percent(f64::from(scored.probability));
        ui.label(format!(
            "{mark}{} ({probability})",
            (data.title)(scored.item_idx)
        ));
    }
}

/// Small text in the corner of a painted part.
fn small_text(painter: &Painter, ui: &Ui, at: Pos2, anchor: Align2, text: &str) {
    let font = egui::TextStyle::Small.resolve(ui.style());
    painter.text(at, anchor, text, font, ui.visuals().weak_text_color());
}

/// Outlines the event that is pointed at in a strip, with a tip beside the pointer. `left` is where
/// the first column begins, `width` is that of each column, `rect` that of a row. Returns the
/// position that was clicked.
fn pointed(
    ui: &Ui,
    data: &TimelineData<'_>,
    left: f32,
    width: f32,
    rect: impl Fn(usize) -> Rect,
    tip: impl FnOnce(&mut Ui, &TimelineStep),
) -> Option<usize> {
    let all = Rect::from_min_max(rect(0).min, rect(data.steps.len().saturating_sub(1)).max);
    let response = ui.interact(all, ui.scope_id().with("columns"), Sense::click());
    response.widget_info(|| {
        let text = format!("Timeline of {} events", data.steps.len());
        egui::WidgetInfo::labeled(egui::Role::Image, true, text)
    });
    let pointer = response.hover_pos()?;
    let row = ((pointer.x - left) / width).floor().max(0.0) as usize;
    let step = data.steps.get(row)?;
    let edge = Stroke::new(1.0, part_color(step.part, ui));
    ui.painter()
        .rect_stroke(rect(row), 2.0, edge, egui::StrokeKind::Inside);
    let popup = egui::Tooltip::always_open(
        ui.ctx().clone(),
        ui.layer_id(),
        response.id,
        egui::PopupAnchor::Pointer,
    );
    popup
        .gap(14.0)
        .accessible_name(part_name(step.part))
        .show(|ui| tip(ui, step));
    response.clicked().then_some(step.position)
}
