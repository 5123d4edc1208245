//! One user's events with the ranks that two models gave the true items: both marks in one column,
//! and a sign where they differ.

use std::collections::BTreeMap;

use egui::{Color32, Rect, RichText, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};
use egui_extras::{Column, TableRow};

use super::ranks::RankFace;
use super::strip::{MarkPlace, StripPlot};
use super::table::{Heading, Headings, cut_off};
use super::{HIT_AT, Timeline, TimelineData, TimelineFace, part_name, rank_text, strip_and_table};
use crate::ui::language::tr;
use crate::ui::{text, theme};
use seqscope_engine::explain::{TimelineStep, timelines_differ};
use seqscope_engine::run::Part;

/// Answers of another model about the events of a timeline.
#[derive(Clone, Copy)]
pub struct OtherTimeline<'a> {
    /// Its events, oldest first.
    pub steps: &'a [TimelineStep],
    /// Positions in both histories of the events that are the same, in order.
    pub aligned: &'a [[usize; 2]],
    /// Colours of the model of the timeline, and of the other.
    pub colors: [Color32; 2],
}

impl Timeline {
    /// Paints strip and table of both models into the room at hand, over the events of the first;
    /// returns the position that was clicked in this frame.
    pub fn both(
        &mut self,
        ui: &mut Ui,
        data: &TimelineData<'_>,
        other: OtherTimeline<'_>,
        selected: Option<usize>,
    ) -> Option<usize> {
        let moved = selected != self.in_sight;
        self.in_sight = selected;
        strip_and_table(ui, data, &BothFace::new(data, other), selected, moved)
    }
}

/// Ranks of both models.
struct BothFace<'a> {
    ranks: RankFace<'a>,
    title: &'a dyn Fn(u32) -> String,
    n_items: usize,
    /// Step of the other model at each position of the first history.
    others: BTreeMap<usize, &'a TimelineStep>,
    colors: [Color32; 2],
}

impl<'a> BothFace<'a> {
    fn new(data: &'a TimelineData<'a>, other: OtherTimeline<'a>) -> Self {
        let step_at = |position: usize| {
            let at = other
                .steps
                .binary_search_by_key(&position, |step| step.position);
            other.steps.get(at.ok()?)
        };
        let pairs = other.aligned.iter();
        Self {
            ranks: RankFace::new(data),
            title: data.title,
            n_items: data.n_items,
            others: pairs
                .filter_map(|pair| Some((pair[0], step_at(pair[1])?)))
                .collect(),
            colors: other.colors,
        }
    }

    fn differs(&self, step: &TimelineStep) -> bool {
        let other = self.others.get(&step.position);
        other.is_some_and(|other| timelines_differ(step, other))
    }

    /// Both steps of an event, the first model's first.
    fn steps<'s>(&'s self, step: &'s TimelineStep) -> [Option<&'s TimelineStep>; 2] {
        [Some(step), self.others.get(&step.position).copied()]
    }
}

/// The first model's mark is a dot, the other's a square: shape says the same as colour.
fn paint_rank(ui: &Ui, place: egui::Pos2, at: usize, color: Color32, radius: f32) {
    let square = Rect::from_center_size(place, Vec2::splat(radius * 1.8));
    match at {
        0 => ui.painter().circle_filled(place, radius, color),
        _ => ui.painter().rect_stroke(
            square,
            0.0,
            Stroke::new(1.6, color),
            egui::StrokeKind::Inside,
        ),
    };
}

/// A triangle that points down to a column in which the two differ.
fn paint_difference(ui: &Ui, tip: egui::Pos2) {
    let color = theme::colors(ui).warning;
    let corners = vec![tip, tip - vec2(4.0, 6.0), tip - vec2(-4.0, 6.0)];
    ui.painter()
        .add(Shape::convex_polygon(corners, color, Stroke::NONE));
}

impl TimelineFace for BothFace<'_> {
    const NAME: &'static str = "both";
    const HEIGHT: f32 = 176.0;

    fn columns(&self) -> [Column; 2] {
        [Column::exact(72.0), Column::exact(72.0)]
    }

    fn legend(&self, ui: &mut Ui) {
        for (at, name) in ["A", "B"].into_iter().enumerate() {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(12.0), Sense::hover());
            paint_rank(ui, rect.center(), at, self.colors[at], 4.0);
            ui.label(RichText::new(tr(format!("rank by {name}"))).small());
        }
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(12.0), Sense::hover());
        paint_difference(ui, rect.center() + vec2(0.0, 3.0));
        ui.label(RichText::new(tr("they differ")).small()).on_hover_text(tr(format!(
            "One has the true item among the first {HIT_AT} and the other has not, or their ranks \
             are apart by a factor of two"
        )));
    }

    fn axis(&self, ui: &Ui, plot: StripPlot) {
        self.ranks.axis(ui, plot);
    }

    fn part(&self, step: &TimelineStep) -> Part {
        step.part
    }

    fn mark(&self, ui: &Ui, place: MarkPlace, step: &TimelineStep) {
        let heights = self.steps(step).map(|step| {
            let rank = step.and_then(|step| step.rank)?;
            Some(self.ranks.y(place.plot, rank))
        });
        if let [Some(first), Some(second)] = heights {
            let line = Stroke::new(1.0, ui.visuals().weak_text_color());
            ui.painter()
                .vline(place.x, first.min(second)..=first.max(second), line);
        }
        for (at, height) in heights.into_iter().enumerate() {
            if let Some(y) = height {
                paint_rank(ui, pos2(place.x, y), at, self.colors[at], place.radius);
            }
        }
        if self.differs(step) {
            paint_difference(ui, pos2(place.x, place.plot.rect().top() + 7.0));
        }
    }

    fn tip(&self, ui: &mut Ui, step: &TimelineStep) {
        ui.strong(tr(format!(
            "Event {}: {}",
            step.position + 1,
            (self.title)(step.item_idx)
        )));
        ui.label(tr(format!("Part: {}", part_name(step.part))));
        for (name, step) in ["A", "B"].into_iter().zip(self.steps(step)) {
            let Some(step) = step else {
                ui.weak(tr(format!("{name}: its window does not reach this event")));
                continue;
            };
            let (Some(rank), Some(probability)) = (step.rank, step.probability) else {
                ui.weak(tr(format!("{name}: no prediction")));
                continue;
            };
            ui.label(tr(format!(
                "{name}: rank {} of {}, probability {} over all items",
                rank_text(rank),
                text::count(self.n_items),
                text::percent(f64::from(probability))
            )));
        }
        if self.differs(step) {
            ui.label(RichText::new(tr("They differ")).color(theme::colors(ui).warning));
        }
    }

    fn headings(&self) -> Headings {
        Headings {
            part: Heading {
                title: "Part",
                help: "Which part of the split the event belongs to, in run A",
            },
            item: Heading {
                title: "True item",
                help: "What came",
            },
            answers: [
                Heading {
                    title: "Rank A",
                    help: "Place of the true item in the list of run A before the event",
                },
                Heading {
                    title: "Rank B",
                    help: "Place of the true item in the list of run B before the event",
                },
                Heading {
                    title: "Probability A, B",
                    help: "How likely each found the true item, over all items; marked where the \
                           two differ",
                },
            ],
        }
    }

    fn cells(&self, row: &mut TableRow<'_, '_>, step: &TimelineStep) {
        let steps = self.steps(step);
        for (at, step) in steps.into_iter().enumerate() {
            row.col(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
                let rank = step.and_then(|step| step.rank);
                if rank.is_some() {
                    paint_rank(ui, rect.center(), at, self.colors[at], 4.0);
                }
                ui.label(tr(rank.map_or_else(|| "–".to_owned(), rank_text)));
            });
        }
        let differs = self.differs(step);
        row.col(|ui| {
            let words = steps.map(|step| {
                let probability = step.and_then(|step| step.probability);
                probability.map_or_else(|| "–".to_owned(), |p| text::percent(f64::from(p)))
            });
            if differs {
                let mark = RichText::new(tr("▼ differ")).color(theme::colors(ui).warning);
                ui.label(mark);
            }
            ui.add(cut_off(words.join(", ")));
        });
    }
}
