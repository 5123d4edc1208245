//! Strip of the answers after each event: one column an event.

use egui::{Align, Align2, Rect, RichText, ScrollArea, Sense, Stroke, Ui, pos2, vec2};

use super::super::{TimelineData, paint_mark, part_color, part_name, pointed, small_text};
use super::{Answers, TimelineAnswer};
use crate::ui::{text, theme};
use seqscope_engine::explain::{TaskAnswers, TimelineStep};
use seqscope_engine::run::Part;

const HEIGHT: f32 = 150.0;
/// Room for the numbers of the axis.
const GUTTER: f32 = 46.0;
/// The band that tells the parts apart.
const BAND: f32 = 5.0;
const NARROWEST: f32 = 9.0;
const WIDEST: f32 = 22.0;

/// The strip: one column an event, what was said upwards.
pub(in crate::ui::widget::timeline) fn strip(
    ui: &mut Ui,
    data: &TimelineData<'_>,
    said: &TaskAnswers,
    selected: Option<usize>,
    bring: bool,
) -> Option<usize> {
    let answers = Answers::of_task(said);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        legend(ui, answers);
    });
    let (whole, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let scale = ValueAxis::new(whole, data, said);
    scale.paint(ui, whole, said);
    let inner = Rect::from_min_max(whole.min + vec2(GUTTER, 0.0), whole.max);
    let width = (inner.width() / data.steps.len().max(1) as f32).clamp(NARROWEST, WIDEST);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(inner).id_salt("said strip"));
    let area = ScrollArea::horizontal()
        .id_salt("said events")
        .auto_shrink(false);
    area.show_viewport(&mut child, |ui, viewport| {
        ui.set_width(width * data.steps.len() as f32);
        ui.set_height(HEIGHT - 12.0);
        let left = ui.min_rect().left();
        if let Some(row) = selected.filter(|_| bring).and_then(|p| data.row_of(p)) {
            let x = left + row as f32 * width;
            ui.scroll_to_rect(
                Rect::from_min_size(pos2(x, whole.top()), vec2(width, 1.0)),
                Some(Align::Center),
            );
        }
        let columns = Columns {
            left,
            width,
            scale,
            whole,
        };
        columns.paint(ui, data, said, selected, viewport);
        columns.point(ui, data, said)
    })
    .inner
}

/// Vertical places of values on the screen: chances from 0 to 1, numbers up to the largest.
#[derive(Clone, Copy)]
struct ValueAxis {
    top: f32,
    bottom: f32,
    lowest: f64,
    highest: f64,
}

impl ValueAxis {
    fn new(whole: Rect, data: &TimelineData<'_>, said: &TaskAnswers) -> Self {
        let (top, bottom) = (whole.top() + 8.0, whole.bottom() - BAND - 32.0);
        if Answers::of_task(said) != Answers::Number {
            return Self {
                top,
                bottom,
                lowest: 0.0,
                highest: 1.0,
            };
        }
        let answers = data
            .steps
            .iter()
            .map(|step| TimelineAnswer::after(said, step));
        let values = answers
            .flat_map(|answer| [answer.value(), answer.truth])
            .flatten()
            .filter(|v| v.is_finite());
        let (lowest, highest) = values.fold((0.0_f64, 0.0_f64), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        Self {
            top,
            bottom,
            lowest,
            highest: if highest > lowest {
                highest
            } else {
                lowest + 1.0
            },
        }
    }

    fn y(self, value: f64) -> f32 {
        let share = ((value - self.lowest) / (self.highest - self.lowest)).clamp(0.0, 1.0);
        egui::lerp(self.bottom..=self.top, share as f32)
    }

    fn paint(self, ui: &Ui, whole: Rect, said: &TaskAnswers) {
        let painter = ui.painter();
        let plot = Rect::from_min_max(
            whole.min + vec2(GUTTER, 0.0),
            pos2(whole.right(), self.bottom + 6.0),
        );
        painter.rect_filled(plot, 2.0, ui.visuals().extreme_bg_color);
        let line = Stroke::new(1.0, ui.visuals().weak_text_color().gamma_multiply(0.3));
        for share in [0.0, 0.5, 1.0] {
            let value = egui::lerp(self.lowest..=self.highest, share);
            let y = self.y(value);
            painter.hline(plot.x_range(), y, line);
            let words = if said.classes.is_empty() {
                text::significant(value, 3)
            } else {
                text::percent(value)
            };
            small_text(
                painter,
                ui,
                pos2(plot.left() - 4.0, y),
                Align2::RIGHT_CENTER,
                &words,
            );
        }
    }
}

/// The columns of the events on the screen.
#[derive(Clone, Copy)]
struct Columns {
    left: f32,
    width: f32,
    scale: ValueAxis,
    whole: Rect,
}

impl Columns {
    fn rect(self, row: usize) -> Rect {
        let left = self.left + row as f32 * self.width;
        Rect::from_min_max(
            pos2(left, self.whole.top()),
            pos2(left + self.width, self.scale.bottom + 6.0 + BAND),
        )
    }

    /// Only columns in sight are painted.
    fn paint(
        self,
        ui: &Ui,
        data: &TimelineData<'_>,
        said: &TaskAnswers,
        selected: Option<usize>,
        viewport: Rect,
    ) {
        let first = (viewport.left() / self.width).floor().max(0.0) as usize;
        let last = (viewport.right() / self.width).ceil().max(0.0) as usize + 1;
        let n = data.steps.len();
        for (row, step) in data
            .steps
            .iter()
            .enumerate()
            .take(last.min(n))
            .skip(first.min(n))
        {
            let (painter, rect) = (ui.painter(), self.rect(row));
            if selected == Some(step.position) {
                painter.rect_filled(
                    rect,
                    2.0,
                    ui.visuals().selection.bg_fill.gamma_multiply(0.5),
                );
            }
            let band = Rect::from_min_max(
                pos2(rect.left() + 0.5, rect.bottom() - BAND),
                rect.max - vec2(0.5, 0.0),
            );
            let answer = TimelineAnswer::after(said, step);
            painter.rect_filled(band, 1.0, part_color(answer.part, ui));
            self.mark(ui, rect, &answer);
            let every = if self.width >= 18.0 { 5 } else { 10 };
            if (step.position + 1).is_multiple_of(every) || step.position == 0 {
                let at = pos2(rect.center().x, rect.bottom() + 1.0);
                small_text(
                    painter,
                    ui,
                    at,
                    Align2::CENTER_TOP,
                    &(step.position + 1).to_string(),
                );
            }
        }
    }

    /// What was said as a mark at its height; of numbers the truth as a ring, with a line between
    /// the two.
    fn mark(self, ui: &Ui, rect: Rect, answer: &TimelineAnswer<'_>) {
        let Some(value) = answer.value() else { return };
        let (x, radius) = (rect.center().x, (self.width / 2.0 - 1.0).min(4.5));
        let at = pos2(x, self.scale.y(value));
        if answer.answers != Answers::Number {
            return paint_mark(ui.painter(), ui, at, answer.is_right(), radius);
        }
        let color = theme::series_color(ui, 0);
        if let Some(truth) = answer.truth {
            let there = pos2(x, self.scale.y(truth));
            ui.painter()
                .line_segment([at, there], Stroke::new(1.0, color.gamma_multiply(0.5)));
            ui.painter().circle_stroke(
                there,
                radius * 0.8,
                Stroke::new(1.4, theme::colors(ui).good),
            );
        }
        ui.painter().circle_filled(at, radius * 0.8, color);
    }

    fn point(self, ui: &Ui, data: &TimelineData<'_>, said: &TaskAnswers) -> Option<usize> {
        pointed(
            ui,
            data,
            self.left,
            self.width,
            |row| self.rect(row),
            |ui, step| tip(ui, data, said, step),
        )
    }
}

/// Shows a tip on the event that is pointed at.
fn tip(ui: &mut Ui, data: &TimelineData<'_>, said: &TaskAnswers, step: &TimelineStep) {
    let answer = TimelineAnswer::after(said, step);
    ui.strong(format!(
        "After event {}: {}",
        step.position + 1,
        (data.title)(step.item_idx)
    ));
    match answer.answers {
        Answers::Number => {
            if let Some(value) = answer.value() {
                ui.label(format!("Said {}", answer.number(value)));
            }
        }
        Answers::Chance | Answers::Classes => {
            ui.label(format!("Said {}", answer.said_words()));
        }
    }
    match answer.truth_words() {
        Some(truth) => ui.label(format!("In truth {truth}")),
        None => ui.weak(NOT_ASKED),
    };
}

/// Words where there is no truth to compare an answer with.
const NOT_ASKED: &str = "Not asked here, or held back until the run has ended";

fn legend_entry(ui: &mut Ui, words: &str, paint: impl FnOnce(&Ui, egui::Pos2)) {
    let (rect, _) = ui.allocate_exact_size(egui::Vec2::splat(12.0), Sense::hover());
    paint(ui, rect.center());
    ui.label(RichText::new(words).small());
}

fn legend(ui: &mut Ui, answers: Answers) {
    match answers {
        Answers::Number => {
            legend_entry(ui, "said", |ui, at| {
                ui.painter()
                    .circle_filled(at, 3.6, theme::series_color(ui, 0));
            });
            legend_entry(ui, "in truth", |ui, at| {
                ui.painter()
                    .circle_stroke(at, 3.6, Stroke::new(1.4, theme::colors(ui).good));
            });
        }
        Answers::Chance | Answers::Classes => {
            legend_entry(ui, "the likeliest came true", |ui, at| {
                paint_mark(ui.painter(), ui, at, Some(true), 4.0);
            });
            legend_entry(ui, "it did not", |ui, at| {
                paint_mark(ui.painter(), ui, at, Some(false), 4.0);
            });
            if answers == Answers::Chance {
                legend_entry(ui, "not asked here", |ui, at| {
                    paint_mark(ui.painter(), ui, at, None, 4.0);
                });
            }
        }
    }
    for part in [Part::Train, Part::Valid, Part::Test] {
        let (rect, _) = ui.allocate_exact_size(vec2(12.0, 6.0), Sense::hover());
        ui.painter().rect_filled(rect, 1.0, part_color(part, ui));
        ui.label(RichText::new(part_name(part)).small());
    }
}
