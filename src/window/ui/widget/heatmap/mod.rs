//! A matrix as a picture: one texture, hover to read a cell, titles on the axes.
//!
//! The texture is uploaded when its content changes and at no other time: a 200 × 200 map painted
//! as rectangles costs 26–35 ms a frame, as a texture 0.003 ms (measured).

mod arcs;
mod axes;
mod figure;
mod image;
mod scale;
mod sight;

pub use arcs::Arcs;
pub use scale::ColorScale;
pub(crate) use scale::viridis;
pub use sight::MapSight;

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::ui::language::tr;
use crate::ui::widget::figure_menu::{self, NamesData};
use crate::ui::widget::line_chart::tick;
use sight::MapPart;

use egui::{
    Color32, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, TextureOptions, Ui, Vec2,
    WidgetInfo, vec2,
};

/// Numbers in rows, NaN where there is nothing to show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeatmapMatrix<'a> {
    /// The numbers, `[n_rows, n_cols]`.
    pub values: &'a [f32],
    /// Rows.
    pub n_rows: usize,
    /// Columns.
    pub n_cols: usize,
    /// Whether cells above the diagonal mean nothing: a step cannot look at what comes after it.
    pub is_causal: bool,
}

impl HeatmapMatrix<'_> {
    /// The number of a cell; `None` where there is nothing to show.
    #[must_use]
    pub fn value_at(&self, row: usize, col: usize) -> Option<f32> {
        let is_shown = col < self.n_cols && !(self.is_causal && col > row);
        is_shown
            .then(|| self.values.get(row * self.n_cols + col).copied())?
            .filter(|v| !v.is_nan())
    }

    /// The numbers of a row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        self.values
            .get(row * self.n_cols..(row + 1) * self.n_cols)
            .unwrap_or(&[])
    }
}

/// Meaning of the rows, columns and numbers of a heatmap.
pub struct HeatmapLabels<'a> {
    /// Name of the whole map, such as `Attention, layer 1, head 2`.
    pub name: &'a str,
    /// Meaning of a row, such as `looks from`.
    pub row_axis: &'a str,
    /// Meaning of a column, such as `looks at`.
    pub col_axis: &'a str,
    /// Meaning of a number, such as `weight`.
    pub value: &'a str,
    /// Meaning of a cell without a number, such as `not seen yet`.
    pub nothing: &'a str,
    /// Title of a row.
    pub row_title: &'a dyn Fn(usize) -> String,
    /// Title of a column.
    pub col_title: &'a dyn Fn(usize) -> String,
}

/// A cell, row first.
pub type HeatmapCell = (usize, usize);

/// Cells that the pointer is on or has clicked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pointed {
    /// The cell under the pointer.
    pub hovered: Option<HeatmapCell>,
    /// The cell that was clicked in this frame.
    pub clicked: Option<HeatmapCell>,
}

/// One heatmap's texture.
#[derive(Default)]
pub struct Heatmap {
    texture: Option<(u64, egui::TextureHandle)>,
}

impl Heatmap {
    /// Paints the map with axes and titles in the room at hand (at most `size`). `key` says which
    /// numbers these are: the picture is made again only when it changes. `selected` outlines a
    /// row.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        key: u64,
        matrix: &HeatmapMatrix<'_>,
        look: HeatmapStyle<'_>,
    ) -> Pointed {
        self.map(ui, key, matrix, look, Cells::Square(None))
    }

    /// Paints the map as [`Heatmap::ui`] does, or the part of it that is in sight: scrolling comes
    /// nearer, dragging moves, a double click shows the whole. The cells told are of the whole map.
    pub fn near(
        &mut self,
        ui: &mut Ui,
        key: u64,
        matrix: &HeatmapMatrix<'_>,
        look: HeatmapStyle<'_>,
        sight: &mut MapSight,
    ) -> Pointed {
        self.map(ui, key, matrix, look, Cells::Square(Some(sight)))
    }

    /// Paints the map as [`Heatmap::ui`] does, with cells that fill the room: of many rows and few
    /// columns a map of square ones would be a strip. `selected_col` is outlined.
    pub fn filled(
        &mut self,
        ui: &mut Ui,
        key: u64,
        matrix: &HeatmapMatrix<'_>,
        look: HeatmapStyle<'_>,
        selected_col: Option<usize>,
    ) -> Pointed {
        self.map(ui, key, matrix, look, Cells::Filling { selected_col })
    }

    fn map(
        &mut self,
        ui: &mut Ui,
        key: u64,
        matrix: &HeatmapMatrix<'_>,
        look: HeatmapStyle<'_>,
        cells: Cells<'_>,
    ) -> Pointed {
        let room = axes::Room::measure(ui, matrix, look.words);
        let cell = whole_cell(ui, look.size - room.taken(), matrix, &cells);
        let size = vec2(cell.x * matrix.n_cols as f32, cell.y * matrix.n_rows as f32);
        let sense = match &cells {
            Cells::Square(Some(_)) => Sense::click_and_drag(),
            Cells::Square(None) | Cells::Filling { .. } => Sense::click(),
        };
        let (rect, response) = ui.allocate_exact_size(size + room.taken(), sense);
        let place = round_to_pixels(ui, Rect::from_min_size(rect.min + room.before(), size));
        let part = match &cells {
            Cells::Square(Some(sight)) => sight.part(matrix),
            Cells::Square(None) | Cells::Filling { .. } => MapPart::whole(matrix),
        };
        let content = TextureContent {
            key,
            matrix,
            scale: look.scale,
            part,
        };
        self.paint(ui, content, place, &mut Allowance::of_a_frame());
        let (row_title, col_title) = (
            |row: usize| (look.words.row_title)(part.row + row),
            |col: usize| (look.words.col_title)(part.col + col),
        );
        let words = HeatmapLabels {
            row_title: &row_title,
            col_title: &col_title,
            ..*look.words
        };
        let map = PaintedPart {
            place,
            part,
            matrix,
        };
        axes::paint(ui, place, &room, &map.shape(), &words);
        figure_menu::on_pointing(&response, NamesData::Yes, || figure::of_map(matrix, look));
        response.widget_info(|| {
            let text = format!(
                "{}: {} × {}",
                tr(look.words.name),
                matrix.n_rows,
                matrix.n_cols
            );
            WidgetInfo::labeled(Role::Image, true, text)
        });
        outline_rows(ui, &map, look.selected_row);
        if let Cells::Filling { selected_col } = &cells
            && let Some(col) = selected_col.filter(|col| *col < matrix.n_cols)
        {
            outline(ui, map.col_rect(col), 2.0);
        }
        let pointed = point(ui, &response, &map, &words);
        if let Cells::Square(Some(sight)) = cells {
            sight.follow(ui, &response, place, matrix);
        }
        pointed
    }

    /// Paints a small map without axes, `side` wide and high. Hovering shows `hint`. Where no
    /// picture is allowed any more in this frame, the one before stays, and the next frame goes on.
    pub fn thumbnail(
        &mut self,
        ui: &mut Ui,
        key: u64,
        matrix: &HeatmapMatrix<'_>,
        small: Thumbnail<'_>,
        allowance: &mut Allowance,
    ) -> Response {
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(small.side), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, tr(small.name)));
        if ui.is_rect_visible(rect) {
            self.paint(
                ui,
                TextureContent {
                    key,
                    matrix,
                    scale: small.scale,
                    part: MapPart::whole(matrix),
                },
                round_to_pixels(ui, rect),
                allowance,
            );
            if response.hovered() || response.has_focus() {
                outline(ui, rect, 2.0);
            }
        }
        response
            .on_hover_cursor(egui::CursorIcon::PointingHand)
            .on_hover_text(tr(small.hint))
    }

    fn paint(
        &mut self,
        ui: &Ui,
        content: TextureContent<'_>,
        rect: Rect,
        allowance: &mut Allowance,
    ) {
        let TextureContent {
            key,
            matrix,
            scale,
            part,
        } = content;
        if matrix.values.is_empty() || !ui.is_rect_visible(rect) {
            return;
        }
        let pixels = rect.size().max_elem() * ui.ctx().pixels_per_point();
        let most = (pixels.ceil() as usize).clamp(1, image::MOST_CELLS);
        let nothing = nothing_color(ui);
        // Above one pixel a cell the picture does not depend on the size.
        let is_whole = part == MapPart::whole(matrix);
        let most = if !is_whole || matrix.n_rows.max(matrix.n_cols) <= most {
            image::MOST_CELLS
        } else {
            most
        };
        let key = hash((
            key,
            scale.key(),
            matrix.n_rows,
            matrix.n_cols,
            matrix.is_causal,
            most,
            nothing,
        ));
        let fresh = self
            .texture
            .as_ref()
            .is_some_and(|(made_from, _)| *made_from == key);
        if !fresh && !allowance.takes(matrix.values.len()) {
            ui.ctx().request_repaint();
        } else if !fresh {
            let picture = image::picture(matrix, scale, most, nothing);
            if let Some((made_from, texture)) = &mut self.texture {
                texture.set(picture, TextureOptions::NEAREST);
                *made_from = key;
            } else {
                let texture = ui
                    .ctx()
                    .load_texture("heatmap", picture, TextureOptions::NEAREST);
                self.texture = Some((key, texture));
            }
        }
        if let Some((_, texture)) = &self.texture {
            let in_sight = part.in_picture(matrix);
            ui.painter()
                .image(texture.id(), rect, in_sight, Color32::WHITE);
        } else {
            ui.painter().rect_filled(rect, 0.0, nothing);
        }
    }
}

/// Shape of a map's cells.
enum Cells<'a> {
    /// Square ones, perhaps of a part of the map.
    Square(Option<&'a mut MapSight>),
    Filling {
        selected_col: Option<usize>,
    },
}

/// Content that a texture is made from.
#[derive(Clone, Copy)]
struct TextureContent<'a> {
    key: u64,
    matrix: &'a HeatmapMatrix<'a>,
    scale: ColorScale,
    /// Part of the picture that is in sight.
    part: MapPart,
}

/// Number of pictures made in one frame, so that many new maps at once do not hold it up.
#[derive(Debug)]
pub struct Allowance {
    cells: usize,
}

impl Allowance {
    /// Cells that are looked at in one frame: four maps of 200 × 200. A larger map takes a frame of
    /// its own.
    const CELLS: usize = 160_000;

    /// Allowance that a frame begins with.
    #[must_use]
    pub fn of_a_frame() -> Self {
        Self { cells: Self::CELLS }
    }

    /// Whether one more picture of so many cells may be made.
    fn takes(&mut self, cells: usize) -> bool {
        let is_left = self.cells > 0;
        self.cells = self.cells.saturating_sub(cells);
        is_left
    }
}

/// Style of a heatmap.
#[derive(Clone, Copy)]
pub struct HeatmapStyle<'a> {
    /// Meaning of its parts.
    pub words: &'a HeatmapLabels<'a>,
    /// Number to colour.
    pub scale: ColorScale,
    /// Most room that it takes, axes included.
    pub size: Vec2,
    /// A row to be outlined.
    pub selected_row: Option<usize>,
}

/// Style of a small heatmap.
#[derive(Clone, Copy, Debug)]
pub struct Thumbnail<'a> {
    /// Name of the map.
    pub name: &'a str,
    /// Text on hovering it.
    pub hint: &'a str,
    /// Number to colour.
    pub scale: ColorScale,
    /// Width and height.
    pub side: f32,
}

/// The colour of a cell without a number: none of the colour map's.
#[must_use]
pub(super) fn nothing_color(ui: &Ui) -> Color32 {
    let visuals = ui.visuals();
    visuals
        .extreme_bg_color
        .lerp_to_gamma(visuals.text_color(), 0.12)
}

/// Size of a cell: whole screen pixels where there is room for one, less where there is not.
fn whole_cell(ui: &Ui, room: Vec2, matrix: &HeatmapMatrix<'_>, cells: &Cells<'_>) -> Vec2 {
    let most = 28.0;
    let side = room / vec2(matrix.n_cols.max(1) as f32, matrix.n_rows.max(1) as f32);
    let side = match cells {
        Cells::Square(_) => Vec2::splat(side.min_elem()),
        Cells::Filling { .. } => side,
    };
    let whole = |side: f32| {
        let pixels = side.min(most) * ui.ctx().pixels_per_point();
        let whole = if pixels >= 1.0 {
            pixels.floor()
        } else {
            pixels.max(0.01)
        };
        whole / ui.ctx().pixels_per_point()
    };
    vec2(whole(side.x), whole(side.y))
}

fn round_to_pixels(ui: &Ui, rect: Rect) -> Rect {
    let per_point = ui.ctx().pixels_per_point();
    let min = (rect.min.to_vec2() * per_point).round() / per_point;
    Rect::from_min_size(min.to_pos2(), rect.size())
}

/// Part of a matrix where it is painted.
struct PaintedPart<'a> {
    place: Rect,
    part: MapPart,
    matrix: &'a HeatmapMatrix<'a>,
}

impl PaintedPart<'_> {
    /// A matrix of as many rows and columns as are in sight.
    fn shape(&self) -> HeatmapMatrix<'_> {
        HeatmapMatrix {
            n_rows: self.part.n_rows,
            n_cols: self.part.n_cols,
            ..*self.matrix
        }
    }

    /// Place of a row, counted among those in sight.
    fn row_rect(&self, row: usize) -> Rect {
        let height = self.place.height() / self.part.n_rows.max(1) as f32;
        Rect::from_min_size(
            self.place.min + vec2(0.0, height * row as f32),
            vec2(self.place.width(), height),
        )
    }

    /// Place of a column, counted among those in sight.
    fn col_rect(&self, col: usize) -> Rect {
        let width = self.place.width() / self.part.n_cols.max(1) as f32;
        Rect::from_min_size(
            self.place.min + vec2(width * col as f32, 0.0),
            vec2(width, self.place.height()),
        )
    }
}

/// Outlines a row of the matrix, where it is in sight.
fn outline_rows(ui: &Ui, map: &PaintedPart<'_>, row: Option<usize>) {
    let row = row.and_then(|row| row.checked_sub(map.part.row));
    if let Some(row) = row.filter(|row| *row < map.part.n_rows) {
        outline(ui, map.row_rect(row), 2.0);
    }
}

fn outline(ui: &Ui, rect: Rect, width: f32) {
    // Dark under light, so that it shows on every colour of the map.
    ui.painter().rect_stroke(
        rect,
        0.0,
        Stroke::new(width + 1.5, Color32::from_black_alpha(160)),
        StrokeKind::Outside,
    );
    ui.painter().rect_stroke(
        rect,
        0.0,
        Stroke::new(width, Color32::WHITE),
        StrokeKind::Outside,
    );
}

fn point(
    ui: &Ui,
    response: &Response,
    map: &PaintedPart<'_>,
    words: &HeatmapLabels<'_>,
) -> Pointed {
    let Some(pointer) = response.hover_pos() else {
        return Pointed::default();
    };
    let Some((row, col)) = cell_at(pointer, map.place, &map.shape()) else {
        return Pointed::default();
    };
    let clip = map.place.intersect(ui.clip_rect());
    let painter = ui.painter().with_clip_rect(clip);
    let line = Stroke::new(1.0, Color32::from_white_alpha(120));
    painter.rect_stroke(map.row_rect(row), 0.0, line, StrokeKind::Inside);
    painter.rect_stroke(map.col_rect(col), 0.0, line, StrokeKind::Inside);
    let tip = egui::Tooltip::always_open(
        ui.ctx().clone(),
        ui.layer_id(),
        response.id,
        egui::PopupAnchor::Pointer,
    );
    let of_map = (map.part.row + row, map.part.col + col);
    tip.gap(14.0).show(|ui| {
        ui.label(format!("{} {}", tr(words.row_axis), (words.row_title)(row)));
        ui.label(format!("{} {}", tr(words.col_axis), (words.col_title)(col)));
        match map.matrix.value_at(of_map.0, of_map.1) {
            Some(value) => ui.strong(format!("{} {}", tr(words.value), tick(f64::from(value)))),
            None => ui.weak(tr(words.nothing)),
        };
    });
    Pointed {
        hovered: Some(of_map),
        clicked: response.clicked().then_some(of_map),
    }
}

/// The cell under a point of the screen.
fn cell_at(pointer: Pos2, map: Rect, matrix: &HeatmapMatrix<'_>) -> Option<HeatmapCell> {
    if !map.contains(pointer) || matrix.values.is_empty() {
        return None;
    }
    let share = (pointer - map.min) / map.size();
    let row = ((share.y * matrix.n_rows as f32) as usize).min(matrix.n_rows - 1);
    let col = ((share.x * matrix.n_cols as f32) as usize).min(matrix.n_cols - 1);
    Some((row, col))
}

/// One number that stands for all of these.
fn hash(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
