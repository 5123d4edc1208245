//! How the answers of a model that ranks no items are shown: what was said upwards, and in words.

use egui::{Pos2, RichText, Sense, Stroke, Ui, Vec2, pos2, vec2};
use egui_extras::{Column, TableRow};

use super::super::strip::{MarkPlace, StripPlot};
use super::super::table::{Heading, Headings, bar, cut_off};
use super::super::{TimelineData, TimelineFace, paint_mark};
use super::{SaidKind, TimelineAnswer};
use crate::ui::language::tr;
use crate::ui::{text, theme};
use seqscope_engine::explain::{TaskAnswers, TimelineStep};
use seqscope_engine::run::Part;

/// Words where there is no truth to compare an answer with.
const NOT_ASKED: &str = "Not asked here, or held back until the run has ended";

/// Answers of a task: chances from 0 to 1, or numbers up to the largest.
pub(in crate::ui::widget::timeline) struct AnswerFace<'a> {
    data: &'a TimelineData<'a>,
    said: &'a TaskAnswers,
    answers: SaidKind,
    lowest: f64,
    highest: f64,
}

impl<'a> AnswerFace<'a> {
    pub(in crate::ui::widget::timeline) fn new(
        data: &'a TimelineData<'a>,
        said: &'a TaskAnswers,
    ) -> Self {
        let answers = SaidKind::of_task(said);
        let (lowest, highest) = match answers {
            SaidKind::Chance | SaidKind::Classes => (0.0, 1.0),
            SaidKind::Number => number_range(data, said),
        };
        Self {
            data,
            said,
            answers,
            lowest,
            highest,
        }
    }

    fn answer(&self, step: &TimelineStep) -> TimelineAnswer<'a> {
        TimelineAnswer::after(self.said, step)
    }

    fn y(&self, plot: StripPlot, value: f64) -> f32 {
        let share = ((value - self.lowest) / (self.highest - self.lowest)).clamp(0.0, 1.0);
        plot.above_bottom(share as f32)
    }
}

/// Range of all numbers that were said or came true, 0 among them.
fn number_range(data: &TimelineData<'_>, said: &TaskAnswers) -> (f64, f64) {
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
    let highest = if highest > lowest {
        highest
    } else {
        lowest + 1.0
    };
    (lowest, highest)
}

impl TimelineFace for AnswerFace<'_> {
    const NAME: &'static str = "answers";
    const HEIGHT: f32 = 150.0;

    fn columns(&self) -> [Column; 2] {
        [Column::exact(82.0).clip(true), Column::exact(90.0)]
    }

    fn legend(&self, ui: &mut Ui) {
        match self.answers {
            SaidKind::Number => {
                legend_entry(ui, "said", |ui, at| {
                    ui.painter()
                        .circle_filled(at, 3.6, theme::series_color(ui, 0));
                });
                legend_entry(ui, "in truth", |ui, at| {
                    ui.painter()
                        .circle_stroke(at, 3.6, Stroke::new(1.4, theme::colors(ui).good));
                });
            }
            SaidKind::Chance | SaidKind::Classes => {
                legend_entry(ui, "the likeliest came true", |ui, at| {
                    paint_mark(ui.painter(), ui, at, Some(true), 4.0);
                });
                legend_entry(ui, "it did not", |ui, at| {
                    paint_mark(ui.painter(), ui, at, Some(false), 4.0);
                });
                if self.answers == SaidKind::Chance {
                    legend_entry(ui, "not asked here", |ui, at| {
                        paint_mark(ui.painter(), ui, at, None, 4.0);
                    });
                }
            }
        }
    }

    fn axis(&self, ui: &Ui, plot: StripPlot) {
        for share in [0.0, 0.5, 1.0] {
            let value = egui::lerp(self.lowest..=self.highest, share);
            let words = if self.said.classes.is_empty() {
                text::significant(value, 3)
            } else {
                text::percent(value)
            };
            plot.line(ui, self.y(plot, value), &words);
        }
    }

    fn part(&self, step: &TimelineStep) -> Part {
        self.answer(step).part
    }

    /// What was said as a mark at its height; of numbers the truth as a ring, with a line between
    /// the two.
    fn mark(&self, ui: &Ui, place: MarkPlace, step: &TimelineStep) {
        let answer = self.answer(step);
        let Some(value) = answer.value() else { return };
        let MarkPlace { plot, x, radius } = place;
        let at = pos2(x, self.y(plot, value));
        if answer.answers != SaidKind::Number {
            return paint_mark(ui.painter(), ui, at, answer.is_right(), radius);
        }
        let color = theme::series_color(ui, 0);
        if let Some(truth) = answer.truth {
            let there = pos2(x, self.y(plot, truth));
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

    fn tip(&self, ui: &mut Ui, step: &TimelineStep) {
        let answer = self.answer(step);
        ui.strong(tr(format!(
            "After event {}: {}",
            step.position + 1,
            (self.data.title)(step.item_idx)
        )));
        match answer.answers {
            SaidKind::Number => {
                if let Some(value) = answer.value() {
                    ui.label(tr(format!("Said {}", answer.number(value))));
                }
            }
            SaidKind::Chance | SaidKind::Classes => {
                ui.label(tr(format!("Said {}", answer.said_words())));
            }
        }
        match answer.truth_words() {
            Some(truth) => ui.label(tr(format!("In truth {truth}"))),
            None => ui.weak(tr(NOT_ASKED)),
        };
    }

    fn headings(&self) -> Headings {
        let [first, second] = self.answers.headings();
        Headings {
            part: Heading {
                title: "Part",
                help: "Which part of the split the question belongs to; of the event where none \
                       was asked",
            },
            item: Heading {
                title: "After event",
                help: "What was done; the question is about what comes after it",
            },
            answers: [
                Heading {
                    title: "In truth",
                    help: "What came true; a dash where nothing was asked, or where it is held \
                           back until the run has ended",
                },
                first,
                second,
            ],
        }
    }

    fn cells(&self, row: &mut TableRow<'_, '_>, step: &TimelineStep) {
        let answer = self.answer(step);
        row.col(|ui| {
            if let Some(is_right) = answer.is_right() {
                let (rect, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
                paint_mark(ui.painter(), ui, rect.center(), Some(is_right), 4.0);
            }
            ui.add(cut_off(
                answer.truth_words().unwrap_or_else(|| "–".to_owned()),
            ));
        });
        row.col(|ui| match answer.value() {
            Some(value) if answer.answers == SaidKind::Number => {
                ui.label(answer.number(value));
            }
            Some(value) => bar(ui, value as f32),
            None => {
                ui.weak("–");
            }
        });
        row.col(|ui| {
            ui.add(cut_off(answer.said_words()));
        });
    }
}

fn legend_entry(ui: &mut Ui, words: &str, paint: impl FnOnce(&Ui, Pos2)) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(12.0), Sense::hover());
    paint(ui, rect.center());
    ui.label(RichText::new(tr(words)).small());
}
