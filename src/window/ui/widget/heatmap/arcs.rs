//! A square map as arcs: the events stand in a row, and an arc leads from each to those that it looks
//! at, the stronger the plainer.

use egui::epaint::CubicBezierShape;
use egui::{Color32, Pos2, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{ColorScale, HeatmapLabels, HeatmapMatrix, HeatmapStyle, Pointed, axes};
use super::{hash, image};
use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::theme::colors;
use crate::ui::widget::line_chart::tick;

/// Most arcs of all events together: more lie on each other, and cost a frame.
const MOST_ARCS: usize = 300;

/// Share of the strongest below which an event's own arc is not seen.
const FAINTEST: f32 = 0.01;

/// Events listed beside the pointer.
const LISTED: usize = 6;

/// Room above the arcs for what they are.
const LEGEND: f32 = 18.0;

/// Look of one event at another.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Look {
    from: usize,
    to: usize,
    weight: f32,
    /// Strength by the scale, from 0 to 1.
    share: f32,
}

/// Strongest looks of a map, and how many there are.
#[derive(Debug, Default, PartialEq)]
struct Strongest {
    looks: Vec<Look>,
    n_all: usize,
}

/// Arcs of one map, picked once.
#[derive(Default)]
pub struct Arcs {
    picked: Option<(u64, Strongest)>,
}

impl Arcs {
    /// Paints the strongest looks of a square map in the room at hand, or all of the event that is
    /// pointed at or selected. A click answers with that event and the one that it looks at most.
    /// `key` says which numbers these are.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        key: u64,
        matrix: &HeatmapMatrix<'_>,
        look: HeatmapStyle<'_>,
    ) -> Pointed {
        let strongest = self.strongest(hash((key, look.scale.key())), matrix, look.scale);
        let room = axes::Room::measure(ui, matrix, look.words);
        let (rect, response) = ui.allocate_exact_size(look.size, Sense::click());
        let place = Rect::from_min_max(
            rect.min + vec2(8.0, LEGEND),
            rect.max - vec2(8.0, room.taken().y + 4.0),
        );
        response.widget_info(|| {
            let text = format!("{}: {} events", tr(look.words.name), matrix.n_rows);
            WidgetInfo::labeled(Role::Image, true, tr(text))
        });
        if matrix.values.is_empty() || !ui.is_rect_visible(rect) || place.height() < 20.0 {
            return Pointed::default();
        }
        legend(ui, rect, strongest);
        axes::below(ui, place, &room, matrix, look.words);
        let stage = Stage {
            place,
            n: matrix.n_rows,
        };
        let hovered = response.hover_pos().and_then(|at| stage.event_at(at));
        let chosen = hovered.or(look.selected_row.filter(|row| *row < matrix.n_rows));
        let back = if chosen.is_some() { 0.14 } else { 0.75 };
        for look in &strongest.looks {
            stage.paint(ui, look, look.share * back);
        }
        if let Some(row) = chosen {
            for look in looks_of(matrix, look.scale, row) {
                stage.paint(ui, &look, look.share.max(0.12));
            }
            stage.mark(ui, row);
        }
        let Some(row) = hovered else {
            return Pointed::default();
        };
        tell(ui, &response, matrix, look.words, row);
        let cell = (row, most_looked_at(matrix, row));
        Pointed {
            hovered: Some(cell),
            clicked: response.clicked().then_some(cell),
        }
    }

    fn strongest(&mut self, key: u64, matrix: &HeatmapMatrix<'_>, scale: ColorScale) -> &Strongest {
        let fresh = self.picked.take().filter(|(of, _)| *of == key);
        let picked = fresh.map_or_else(|| pick(matrix, scale), |(_, picked)| picked);
        &self.picked.insert((key, picked)).1
    }
}

/// The strongest looks of a map, the strongest last, so that they are painted over the others.
fn pick(matrix: &HeatmapMatrix<'_>, scale: ColorScale) -> Strongest {
    let rows = 0..matrix.n_rows;
    let mut looks: Vec<Look> = rows.flat_map(|row| looks_of(matrix, scale, row)).collect();
    let n_all = looks.len();
    let stronger = |a: &Look, b: &Look| {
        b.share
            .total_cmp(&a.share)
            .then(b.weight.total_cmp(&a.weight))
            .then((a.from, a.to).cmp(&(b.from, b.to)))
    };
    if n_all > MOST_ARCS {
        looks.select_nth_unstable_by(MOST_ARCS - 1, stronger);
        looks.truncate(MOST_ARCS);
    }
    looks.sort_by(|a, b| stronger(b, a));
    Strongest { looks, n_all }
}

/// Looks of one event that can be seen, in order of what is looked at.
fn looks_of(matrix: &HeatmapMatrix<'_>, scale: ColorScale, row: usize) -> Vec<Look> {
    let shown = if matrix.is_causal {
        row + 1
    } else {
        matrix.n_cols
    };
    let values = matrix.row(row);
    let values = values.get(..shown).unwrap_or(values);
    let top = image::largest(values);
    let looks = values.iter().enumerate().map(|(to, &weight)| Look {
        from: row,
        to,
        weight,
        share: scale.share(weight, top).clamp(0.0, 1.0),
    });
    looks.filter(|look| look.share >= FAINTEST).collect()
}

/// The column of the largest number of a row.
fn most_looked_at(matrix: &HeatmapMatrix<'_>, row: usize) -> usize {
    let cells = (0..matrix.n_cols).filter_map(|col| Some((col, matrix.value_at(row, col)?)));
    let most = cells.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
    most.map_or(row, |(col, _)| col)
}

/// Events in a row at the foot of a place.
struct Stage {
    place: Rect,
    n: usize,
}

impl Stage {
    fn width(&self) -> f32 {
        self.place.width() / self.n.max(1) as f32
    }

    fn foot(&self, event: usize) -> Pos2 {
        let x = self.place.left() + (event as f32 + 0.5) * self.width();
        pos2(x, self.place.bottom())
    }

    fn event_at(&self, pointer: Pos2) -> Option<usize> {
        let is_inside = self.place.expand(6.0).contains(pointer);
        let at = ((pointer.x - self.place.left()) / self.width()).floor();
        (is_inside && self.n > 0).then(|| (at.max(0.0) as usize).min(self.n - 1))
    }

    /// One arc of this strength; a look at itself is a dot.
    fn paint(&self, ui: &Ui, look: &Look, strength: f32) {
        let colors = colors(ui);
        let color = if look.to > look.from {
            colors.warning
        } else {
            colors.accent
        };
        let color = color.gamma_multiply(strength.clamp(0.0, 1.0));
        let (from, to) = (self.foot(look.from), self.foot(look.to));
        if look.from == look.to {
            let radius = 1.5 + 2.5 * look.share;
            ui.painter().circle_filled(from, radius, color);
            return;
        }
        let distance = (to.x - from.x).abs() / self.place.width().max(1.0);
        // A curve of this kind rises to three quarters of its handles.
        let rise = self.place.height() * distance.sqrt() / 0.75;
        let stroke = Stroke::new(0.7 + 2.3 * look.share, color);
        let points = [from, from - vec2(0.0, rise), to - vec2(0.0, rise), to];
        let arc = CubicBezierShape::from_points_stroke(points, false, Color32::TRANSPARENT, stroke);
        ui.painter().with_clip_rect(self.place.expand(4.0)).add(arc);
    }

    /// Marks the event whose looks are shown.
    fn mark(&self, ui: &Ui, event: usize) {
        let stroke = Stroke::new(1.5, colors(ui).strong);
        ui.painter().circle_stroke(self.foot(event), 4.5, stroke);
    }
}

/// Says which arcs are painted.
fn legend(ui: &Ui, rect: Rect, strongest: &Strongest) {
    let Some(weakest) = strongest.looks.first() else {
        return;
    };
    let words = if strongest.looks.len() < strongest.n_all {
        format!(
            "The {} strongest of {}, from {} on",
            strongest.looks.len(),
            text::counted(strongest.n_all, "look"),
            tick(f64::from(weakest.weight))
        )
    } else {
        text::counted(strongest.n_all, "look")
    };
    let font = egui::TextStyle::Small.resolve(ui.style());
    let color = ui.visuals().weak_text_color();
    let at = rect.min + vec2(8.0, 2.0);
    ui.painter()
        .text(at, egui::Align2::LEFT_TOP, tr(words), font, color);
}

/// Tells beside the pointer what an event looks at most.
fn tell(
    ui: &Ui,
    response: &Response,
    matrix: &HeatmapMatrix<'_>,
    words: &HeatmapLabels<'_>,
    row: usize,
) {
    let cells = (0..matrix.n_cols).filter_map(|col| Some((col, matrix.value_at(row, col)?)));
    let mut cells: Vec<(usize, f32)> = cells.collect();
    cells.sort_by(|a, b| b.1.total_cmp(&a.1));
    let tip = egui::Tooltip::always_open(
        ui.ctx().clone(),
        ui.layer_id(),
        response.id,
        egui::PopupAnchor::Pointer,
    );
    tip.gap(14.0).show(|ui| {
        ui.strong(format!("{} {}", tr(words.row_axis), (words.row_title)(row)));
        for (col, value) in cells.iter().take(LISTED) {
            ui.label(format!(
                "{}  {}",
                tick(f64::from(*value)),
                (words.col_title)(*col)
            ));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_looks_are_picked_and_what_is_not_seen_yet_is_none() {
        // 40 × 40, causal: event r looks at c with a weight that grows with both.
        let n = 40;
        let values: Vec<f32> = (0..n * n)
            .map(|at| (at / n * n + at % n) as f32 / (n * n) as f32)
            .collect();
        let matrix = HeatmapMatrix {
            values: &values,
            n_rows: n,
            n_cols: n,
            is_causal: true,
        };
        let picked = pick(&matrix, ColorScale::Linear { most: 1.0 });
        // Slowly: all cells on or under the diagonal of at least a hundredth, sorted.
        let mut slow: Vec<(f32, usize, usize)> = (0..n)
            .flat_map(|row| (0..=row).map(move |col| (row, col)))
            .map(|(row, col)| (values[row * n + col], row, col))
            .filter(|cell| cell.0 >= 0.01)
            .collect();
        slow.sort_by(|a, b| b.0.total_cmp(&a.0));
        assert_eq!(picked.n_all, slow.len());
        let ours: Vec<(f32, usize, usize)> = picked
            .looks
            .iter()
            .rev()
            .map(|look| (look.weight, look.from, look.to))
            .collect();
        assert_eq!(ours, slow[..MOST_ARCS]);
        assert_eq!(most_looked_at(&matrix, 7), 7);
    }

    #[test]
    fn a_pointer_finds_the_event_under_it() {
        let stage = Stage {
            place: Rect::from_min_size(pos2(10.0, 20.0), vec2(100.0, 50.0)),
            n: 10,
        };
        assert_eq!(stage.event_at(pos2(10.5, 30.0)), Some(0));
        assert_eq!(stage.event_at(pos2(65.0, 70.0)), Some(5));
        assert_eq!(stage.event_at(pos2(113.0, 70.0)), Some(9));
        assert_eq!(stage.event_at(pos2(65.0, 90.0)), None);
        assert_eq!(stage.foot(0), pos2(15.0, 70.0));
    }
}
