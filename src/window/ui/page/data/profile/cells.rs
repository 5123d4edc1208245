//! Charts of a small grid of cells: the hours of the week, and which behaviour follows which.

use egui::{Align2, Color32, FontId, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::theme::{self, size};
use seqscope_data::{Activity, Behaviours, WEEKDAYS};

/// A grid to paint. Rows and columns are few enough to be painted as rectangles.
struct CellGrid<'a> {
    name: &'a str,
    color: Color32,
    rows: Vec<String>,
    cols: Vec<String>,
    /// Strength of each cell, 0 to 1, row by row.
    shares: Vec<f64>,
    /// Whether cells with room for it say their share.
    says_share: fn(f64) -> Option<String>,
    /// Text on hovering a cell, by row and column.
    hover: &'a dyn Fn(usize, usize) -> String,
}

/// Room for the titles of columns.
const HEAD: f32 = 18.0;
/// Least width of a cell that says its share.
const SPEAKING: f32 = 38.0;

impl CellGrid<'_> {
    fn ui(&self, ui: &mut Ui, height: f32) {
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, tr(self.name)));
        let (colors, font) = (theme::colors(ui), FontId::proportional(size::TEXT_SMALL));
        let painter = ui.painter_at(rect);
        let widest = self
            .rows
            .iter()
            .map(|row| {
                let galley = painter.layout_no_wrap(row.clone(), font.clone(), colors.weak);
                galley.size().x
            })
            .fold(0.0, f32::max);
        let left = (widest + 8.0).min(rect.width() * 0.35);
        let map = Rect::from_min_max(rect.min + vec2(left, HEAD), rect.max);
        let cell = vec2(
            map.width() / self.cols.len().max(1) as f32,
            (map.height() / self.rows.len().max(1) as f32).min(40.0),
        );
        self.paint_titles(ui, rect, map, cell);
        self.paint_cells(ui, rect, map, cell);
        let under = response
            .hover_pos()
            .map(|at| (at - map.min) / cell)
            .filter(|at| at.x >= 0.0 && at.y >= 0.0);
        let under = under.map(|at| (at.y as usize, at.x as usize));
        if let Some((row, col)) =
            under.filter(|&(row, col)| row < self.rows.len() && col < self.cols.len())
        {
            response.on_hover_text((self.hover)(row, col));
        }
    }

    /// Titles of the rows beside the cells at `map`, and of the columns above them.
    fn paint_titles(&self, ui: &Ui, rect: Rect, map: Rect, cell: Vec2) {
        let (weak, font) = (
            theme::colors(ui).weak,
            FontId::proportional(size::TEXT_SMALL),
        );
        let painter = ui.painter_at(rect);
        for (at, title) in self.rows.iter().enumerate() {
            let middle = pos2(rect.left(), map.top() + (at as f32 + 0.5) * cell.y);
            let room = Rect::from_min_max(rect.min, pos2(map.left() - 4.0, rect.bottom()));
            painter.with_clip_rect(room).text(
                middle,
                Align2::LEFT_CENTER,
                title,
                font.clone(),
                weak,
            );
        }
        for (at, title) in self
            .cols
            .iter()
            .enumerate()
            .filter(|(_, title)| !title.is_empty())
        {
            let top = pos2(map.left() + at as f32 * cell.x + 1.0, rect.top());
            // A title without a neighbour may go on above the next cells.
            let n_free = self
                .cols
                .iter()
                .skip(at + 1)
                .take_while(|title| title.is_empty())
                .count();
            let room = Rect::from_min_size(top, vec2(cell.x * (n_free + 1) as f32 - 3.0, HEAD));
            painter
                .with_clip_rect(room)
                .text(top, Align2::LEFT_TOP, title, font.clone(), weak);
        }
    }

    /// The cells at `map`, the strongest share in the full colour.
    fn paint_cells(&self, ui: &Ui, rect: Rect, map: Rect, cell: Vec2) {
        let colors = theme::colors(ui);
        let painter = ui.painter_at(rect);
        let most = self
            .shares
            .iter()
            .copied()
            .filter(|share| share.is_finite())
            .fold(f64::MIN_POSITIVE, f64::max);
        for (at, &share) in self.shares.iter().enumerate() {
            let (row, col) = (at / self.cols.len().max(1), at % self.cols.len().max(1));
            let corner = map.min + vec2(col as f32 * cell.x, row as f32 * cell.y);
            let strength = if share.is_finite() {
                0.05 + 0.95 * (share / most) as f32
            } else {
                0.0
            };
            let here = Rect::from_min_size(corner, cell - vec2(1.0, 1.0));
            painter.rect_filled(here, 1.0, theme::mix(colors.card, self.color, strength));
            if let Some(words) = (self.says_share)(share).filter(|_| cell.x >= SPEAKING) {
                let on = if strength > 0.6 {
                    colors.card
                } else {
                    colors.text
                };
                let font = FontId::proportional(size::TEXT_SMALL);
                painter.text(here.center(), Align2::CENTER_CENTER, words, font, on);
            }
        }
    }
}

pub(super) fn hours_of_week(ui: &mut Ui, activity: &Activity, height: f32) {
    let hours = activity.hours.as_flattened();
    let total: usize = hours.iter().sum();
    let cells = CellGrid {
        name: "Events by weekday and hour",
        color: theme::series_color(ui, 2),
        rows: WEEKDAYS
            .map(|day| tr(day.chars().take(3).collect::<String>()))
            .to_vec(),
        cols: (0..24)
            .map(|hour| {
                if hour % 6 == 0 {
                    format!("{hour:02}:00")
                } else {
                    String::new()
                }
            })
            .collect(),
        shares: hours
            .iter()
            .map(|&n| n as f64 / total.max(1) as f64)
            .collect(),
        says_share: |_| None,
        hover: &|day, hour| {
            let n = activity
                .hours
                .get(day)
                .and_then(|hours| hours.get(hour))
                .copied()
                .unwrap_or(0);
            let name = WEEKDAYS.get(day).copied().unwrap_or_default();
            tr(format!(
                "{name} from {hour:02}:00 UTC: {}",
                text::counted(n, "event")
            ))
        },
    };
    cells.ui(ui, height);
}

pub(super) fn transitions(ui: &mut Ui, behaviours: &Behaviours, height: f32) {
    let names: Vec<String> = behaviours
        .kinds
        .iter()
        .map(|kind| kind.name.clone())
        .collect();
    let n = names.len();
    let row = |from| {
        behaviours
            .row_shares(from)
            .unwrap_or_else(|| vec![f64::NAN; n])
    };
    let name = |at: usize| names.get(at).map(String::as_str).unwrap_or_default();
    let cells = CellGrid {
        name: "Share of each next behaviour",
        color: theme::series_color(ui, 0),
        rows: names.iter().map(|name| format!("{name} →")).collect(),
        cols: names.clone(),
        shares: (0..n).flat_map(row).collect(),
        says_share: |share| share.is_finite().then(|| text::percent(share)),
        hover: &|from, to| {
            let count = behaviours
                .transitions
                .get(from)
                .and_then(|row| row.get(to))
                .copied()
                .unwrap_or(0);
            let of_row = behaviours
                .row_shares(from)
                .and_then(|row| row.get(to).copied())
                .unwrap_or(f64::NAN);
            let percent = text::percent(of_row);
            tr(format!(
                "{} → {}: {}, {percent} of what follows",
                name(from),
                name(to),
                text::counted(count, "step")
            ))
        },
    };
    cells.ui(ui, height);
}
