//! How the answers of a model that ranks items are shown: the rank downwards on a log axis, and
//! the five items that it expected.

use std::fmt::Write as _;

use egui::{Painter, Pos2, Rect, RichText, Sense, Stroke, Ui, Vec2, pos2, vec2};
use egui_extras::{Column, TableRow};

use super::strip::{MarkPlace, StripPlot};
use super::table::{Heading, Headings, bar, cut_off};
use super::{HIT_AT, LEFT_OUT, TimelineData, TimelineFace, paint_mark, part_name, rank_text};
use crate::ui::language::tr;
use crate::ui::{text, theme};
use seqscope_engine::explain::TimelineStep;
use seqscope_engine::run::Part;

/// Ranks that the true items had.
pub(super) struct RankFace<'a> {
    data: &'a TimelineData<'a>,
    /// Powers of ten that the axis reaches down to.
    decades: f32,
}

impl<'a> RankFace<'a> {
    pub(super) fn new(data: &'a TimelineData<'a>) -> Self {
        Self {
            data,
            decades: (data.n_items.max(11) as f32).log10(),
        }
    }

    /// Height of a rank.
    pub(super) fn y(&self, plot: StripPlot, rank: f64) -> f32 {
        plot.below_top((rank.max(1.0).log10() as f32 / self.decades).clamp(0.0, 1.0))
    }
}

impl TimelineFace for RankFace<'_> {
    const NAME: &'static str = "ranks";
    const HEIGHT: f32 = 164.0;

    fn columns(&self) -> [Column; 2] {
        [Column::exact(68.0), Column::exact(74.0)]
    }

    /// The marks and what they mean.
    fn legend(&self, ui: &mut Ui) {
        for (is_hit, words) in [
            (Some(true), "among the first 10"),
            (Some(false), "missed"),
            (None, "no prediction"),
        ] {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(12.0), Sense::hover());
            paint_mark(ui.painter(), ui, rect.center(), is_hit, 4.0);
            ui.label(RichText::new(tr(words)).small());
        }
        if self.data.steps.iter().any(TimelineStep::is_left_out) {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(12.0), Sense::hover());
            let stroke = Stroke::new(1.6, theme::colors(ui).error);
            ui.painter().circle_stroke(rect.center(), 3.2, stroke);
            ui.label(RichText::new(tr("left out: a miss")).small())
                .on_hover_text(tr(LEFT_OUT));
        }
    }

    fn axis(&self, ui: &Ui, plot: StripPlot) {
        let (painter, rect) = (ui.painter(), plot.rect());
        let lowest_hit = pos2(rect.right(), self.y(plot, HIT_AT as f64));
        let good = Rect::from_min_max(rect.min, lowest_hit);
        painter.rect_filled(good, 2.0, theme::colors(ui).good.gamma_multiply(0.10));
        let mut rank = 1_usize;
        while rank <= self.data.n_items.max(10) {
            plot.line(ui, self.y(plot, rank as f64), &text::count(rank));
            rank *= 10;
        }
        let (font, color) = (
            egui::TextStyle::Small.resolve(ui.style()),
            ui.visuals().weak_text_color(),
        );
        let name = painter.layout_no_wrap(tr("rank"), font, color);
        let at = plot.name_place() + vec2(0.0, name.size().x / 2.0);
        painter.add(
            egui::epaint::TextShape::new(at, name, color).with_angle(-std::f32::consts::FRAC_PI_2),
        );
    }

    fn part(&self, step: &TimelineStep) -> Part {
        step.part
    }

    fn mark(&self, ui: &Ui, place: MarkPlace, step: &TimelineStep) {
        let y = match step.rank {
            Some(rank) => self.y(place.plot, rank),
            None => place.plot.below_top(1.0),
        };
        paint_step(ui.painter(), ui, pos2(place.x, y), step, place.radius);
    }

    fn tip(&self, ui: &mut Ui, step: &TimelineStep) {
        let title = self.data.title;
        ui.strong(tr(format!(
            "Event {}: {}",
            step.position + 1,
            title(step.item_idx)
        )));
        ui.label(tr(format!("Part: {}", part_name(step.part))));
        let (Some(rank), Some(probability)) = (step.rank, step.probability) else {
            ui.weak(tr(
                "No prediction: the model needs at least one event before it",
            ));
            return;
        };
        let probability = format!(
            "probability {} over all items",
            text::percent(f64::from(probability))
        );
        if step.is_left_out() {
            ui.label(tr(LEFT_OUT));
            ui.label(tr(format!("Its {probability}")));
        } else {
            ui.label(tr(format!(
                "Rank {} of {}, {probability}",
                rank_text(rank),
                text::count(self.data.n_items)
            )));
        }
        ui.add_space(2.0);
        ui.label(tr("Expected most:"));
        for scored in &step.top {
            let mark = if scored.item_idx == step.item_idx {
                "✔ "
            } else {
                ""
            };
            let probability = text::percent(f64::from(scored.probability));
            ui.label(format!("{mark}{} ({probability})", title(scored.item_idx)));
        }
    }

    fn headings(&self) -> Headings {
        Headings {
            part: Heading {
                title: "Part",
                help: "Which part of the split the event belongs to",
            },
            item: Heading {
                title: "True item",
                help: "What came",
            },
            answers: [
                Heading {
                    title: "Rank",
                    help: "Place of the true item in the model's list before the event; 1 is \
                           best. A seen item that is left out has none",
                },
                Heading {
                    title: "Probability",
                    help: "How likely the model found the true item, over all items",
                },
                Heading {
                    title: "Expected most (first five)",
                    help: "The five items that the model found most likely; the true one is \
                           marked ✔",
                },
            ],
        }
    }

    fn cells(&self, row: &mut TableRow<'_, '_>, step: &TimelineStep) {
        row.col(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
            paint_step(ui.painter(), ui, rect.center(), step, 4.0);
            let rank = ui.label(tr(step.rank.map_or_else(|| "–".to_owned(), rank_text)));
            if step.is_left_out() {
                rank.on_hover_text(tr(LEFT_OUT));
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
            ui.add(cut_off(expected(ui, self.data, step)));
        });
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

/// One line: how many hits in each part.
pub(super) fn summary(steps: &[TimelineStep]) -> String {
    let ranked = steps.iter().filter_map(|s| s.is_hit(HIT_AT));
    let (n, hits) = ranked.fold((0, 0), |(n, hits), hit| (n + 1, hits + usize::from(hit)));
    let mut text = tr(format!("{hits} of {n} events among the first {HIT_AT}"));
    for part in [Part::Valid, Part::Test] {
        // The question of a part is its last event.
        let question = steps.iter().rfind(|step| step.part == part);
        if let Some(rank) = question.and_then(|step| step.rank) {
            let word = if rank.is_finite() { "rank " } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                " · {} {}",
                tr(part_name(part)),
                tr(format!("{word}{}", rank_text(rank)))
            );
        }
    }
    text
}
