//! Axes under the points: lines with numbers, names, and the diagonal on which both are equal.

use egui::{Align2, Color32, Painter, Pos2, Rect, Stroke, TextStyle, Ui, pos2};

use super::sight::Sight;
use crate::ui::language::tr;
use crate::ui::theme;

/// Lines across one axis at most.
const MOST_LINES: f32 = 14.0;

/// Axes of two measures of the same kind.
#[derive(Clone, Copy)]
pub(crate) struct ScatterAxes<'a> {
    /// Meaning of the axis across.
    pub(crate) across: &'a str,
    /// Meaning of the axis up.
    pub(crate) up: &'a str,
    /// Words for a place on either axis; `None` where no line belongs there.
    pub(crate) tick: &'a dyn Fn(f32) -> Option<String>,
    /// Words on the side of the diagonal above it, and below it.
    pub(crate) sides: [&'a str; 2],
}

impl ScatterAxes<'_> {
    pub(super) fn paint(&self, ui: &Ui, rect: Rect, sight: &Sight) {
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let colors = theme::colors(ui);
        let (least, most) = (
            sight.in_plane(rect, rect.left_bottom()),
            sight.in_plane(rect, rect.right_top()),
        );
        let line = Stroke::new(1.0, colors.line);
        for at in whole_numbers(least[0], most[0]) {
            if let Some(words) = (self.tick)(at) {
                let x = sight.on_screen(rect, [at, 0.0]).x;
                painter.vline(x, rect.y_range(), line);
                words_at(
                    ui,
                    &painter,
                    pos2(x + 3.0, rect.bottom() - 2.0),
                    Align2::LEFT_BOTTOM,
                    &words,
                );
            }
        }
        for at in whole_numbers(least[1], most[1]) {
            if let Some(words) = (self.tick)(at) {
                let y = sight.on_screen(rect, [0.0, at]).y;
                painter.hline(rect.x_range(), y, line);
                words_at(
                    ui,
                    &painter,
                    pos2(rect.left() + 4.0, y - 1.0),
                    Align2::LEFT_BOTTOM,
                    &words,
                );
            }
        }
        let ends = [least[0].min(least[1]), most[0].max(most[1])];
        let ends = ends.map(|end| sight.on_screen(rect, [end, end]));
        painter.line_segment(ends, Stroke::new(1.5, colors.weak));
        self.names(ui, &painter, rect);
    }

    fn names(&self, ui: &Ui, painter: &Painter, rect: Rect) {
        let across = format!("{} →", tr(self.across));
        words_at(
            ui,
            painter,
            rect.right_bottom() - egui::vec2(6.0, 18.0),
            Align2::RIGHT_BOTTOM,
            &across,
        );
        let up = format!("↑ {}", tr(self.up));
        words_at(
            ui,
            painter,
            rect.left_top() + egui::vec2(6.0, 4.0),
            Align2::LEFT_TOP,
            &up,
        );
        let [above, below] = self.sides.map(tr);
        let middle = rect.center();
        words_at(
            ui,
            painter,
            pos2(middle.x, rect.top() + 4.0),
            Align2::CENTER_TOP,
            &above,
        );
        words_at(
            ui,
            painter,
            pos2(rect.right() - 6.0, middle.y),
            Align2::RIGHT_CENTER,
            &below,
        );
    }
}

fn words_at(ui: &Ui, painter: &Painter, at: Pos2, anchor: Align2, words: &str) {
    let font = TextStyle::Small.resolve(ui.style());
    let color: Color32 = theme::colors(ui).weak;
    painter.text(at, anchor, words, font, color);
}

/// Whole numbers between two, thinned where there are many.
fn whole_numbers(least: f32, most: f32) -> Vec<f32> {
    let every = ((most - least) / MOST_LINES).ceil().max(1.0);
    let first = (least / every).ceil() * every;
    if !(first.is_finite() && most.is_finite()) {
        return Vec::new();
    }
    let numbers = std::iter::successors(Some(first), |at| Some(at + every));
    numbers
        .take(MOST_LINES as usize + 1)
        .take_while(|at| *at <= most)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::whole_numbers;

    #[test]
    fn lines_stand_at_whole_numbers_and_are_not_too_many() {
        assert_eq!(whole_numbers(-0.3, 3.2), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(whole_numbers(0.2, 0.8), [0.0; 0]);
        let many = whole_numbers(-100.0, 100.0);
        assert!(many.len() <= 15 && many.iter().all(|at| at.fract() == 0.0));
        assert!(whole_numbers(f32::NAN, 1.0).is_empty());
        assert!(whole_numbers(0.0, f32::INFINITY).is_empty());
    }
}
