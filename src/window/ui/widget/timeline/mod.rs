//! One user's history as a model saw it: each event with the rank and probability that the model
//! gave it before it came. As a painted strip, and as a table with the five items it expected.

mod both;
mod ranks;
mod strip;
mod table;
mod task_timeline;

use egui::{Color32, Painter, Pos2, Stroke, Ui, Vec2, vec2};
use egui_extras::{Column, TableRow};

pub use both::OtherTimeline;
use ranks::RankFace;
use strip::{MarkPlace, StripPlot};
use table::Headings;
use task_timeline::AnswerFace;

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
        match data.said {
            Some(said) => {
                let face = AnswerFace::new(data, said);
                strip_and_table(ui, data, &face, selected, moved)
            }
            None => strip_and_table(ui, data, &RankFace::new(data), selected, moved),
        }
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
        match data.said {
            Some(said) => strip::ui(ui, data, &AnswerFace::new(data, said), selected, moved),
            None => strip::ui(ui, data, &RankFace::new(data), selected, moved),
        }
    }
}

/// How strip and table show the answers of one kind of task.
trait TimelineFace {
    /// Word by which the strips and tables of the kinds are told apart.
    const NAME: &'static str;
    /// Height of the strip.
    const HEIGHT: f32;

    /// The marks and what they mean, within one row.
    fn legend(&self, ui: &mut Ui);

    /// Paints the axis of the strip.
    fn axis(&self, ui: &Ui, plot: StripPlot);

    /// Part of the split that an event counts to.
    fn part(&self, step: &TimelineStep) -> Part;

    /// Paints the mark of an event in the strip.
    fn mark(&self, ui: &Ui, place: MarkPlace, step: &TimelineStep);

    /// Shows a tip on the event that is pointed at.
    fn tip(&self, ui: &mut Ui, step: &TimelineStep);

    /// The first two of the three last columns of the table; the last takes what room is left.
    fn columns(&self) -> [Column; 2];

    /// Headings of the table.
    fn headings(&self) -> Headings;

    /// The three last cells of an event's row.
    fn cells(&self, row: &mut TableRow<'_, '_>, step: &TimelineStep);
}

fn strip_and_table(
    ui: &mut Ui,
    data: &TimelineData<'_>,
    face: &impl TimelineFace,
    selected: Option<usize>,
    bring: bool,
) -> Option<usize> {
    let from_strip = strip::ui(ui, data, face, selected, bring);
    ui.add_space(4.0);
    let from_table = table::ui(ui, data, face, selected, bring && from_strip.is_none());
    from_strip.or(from_table)
}

/// One line: how many hits in each part, or how often what was said came true.
#[must_use]
pub fn summary(view: &UserView) -> String {
    match &view.said {
        Some(said) => task_timeline::summary(&view.timeline, said),
        None => ranks::summary(&view.timeline),
    }
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
