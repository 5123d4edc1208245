//! Points in a plane: drag to move, scroll to come nearer, hover to read, click to choose, and a
//! lasso around many.
//!
//! The points are drawn into one picture of as many pixels as the plot has, of many points a part a
//! frame ([`drawing`]); meanwhile the last picture goes where its points are. It is drawn and
//! uploaded when points, colours or the part in sight change and at no other time: a hundred thousand
//! points cost a frame at rest nothing.

mod axes;
mod drawing;
mod figure;
mod grid;
mod lasso;
mod sight;

use std::sync::Arc;

use egui::{
    Color32, CursorIcon, Pos2, Rect, Response, Role, Sense, Shape, Stroke, TextureOptions, Ui,
    Vec2, WidgetInfo,
};

use crate::ui::language::tr;
use crate::ui::theme;
use crate::ui::widget::figure_menu::{self, NamesData};
pub(crate) use axes::ScatterAxes;
use drawing::{Drawing, PictureKey, WORK_A_FRAME};
use grid::PointGrid;
use sight::Sight;

/// Points and what they are.
#[derive(Clone, Copy)]
pub(crate) struct ScatterPoints<'a> {
    /// Name of the plot.
    pub(crate) name: &'a str,
    /// Number that changes with the points.
    pub(crate) revision: u64,
    /// Places; one that is no number is not on the plot.
    pub(crate) points: &'a Arc<[[f32; 2]]>,
    /// Colour of each.
    pub(crate) colors: &'a Arc<[Color32]>,
    /// Number that changes with the colours.
    pub(crate) colors_revision: u64,
    /// Words for a point.
    pub(crate) title: &'a dyn Fn(usize) -> String,
    /// Points that are marked, the last on top.
    pub(crate) marks: &'a [ScatterMark],
}

/// Mark on a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ScatterMark {
    /// Point.
    pub(crate) at: usize,
    /// Colour of its ring.
    pub(crate) color: Color32,
    /// Whether its words stand beside it.
    pub(crate) is_named: bool,
}

/// Tool that a drag is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DragTool {
    /// Moves the points.
    #[default]
    Move,
    /// Draws a line around some.
    Lasso,
}

/// Choice of a tool; `of` are the points, in the plural.
pub(crate) fn drag_tools(ui: &mut Ui, tool: &mut DragTool, of: &str) {
    ui.selectable_value(tool, DragTool::Move, tr("Move"))
        .on_hover_text(tr("Drag to move, scroll to come nearer"));
    ui.selectable_value(tool, DragTool::Lasso, tr("Lasso"))
        .on_hover_text(tr(format!("Draw a line around a set of {of}")));
}

/// What a person pointed at in this frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ScatterPointed {
    /// The point under the pointer.
    pub(crate) hovered: Option<usize>,
    /// The point that was clicked.
    pub(crate) clicked: Option<usize>,
    /// The points inside a lasso that was closed.
    pub(crate) enclosed: Option<Vec<usize>>,
}

/// Farthest that the pointer is from a point that it is on, in points of the screen.
const REACH: f32 = 9.0;

/// View state of one plot.
#[derive(Default)]
pub(crate) struct Scatter {
    sight: Sight,
    /// Picture that is painted.
    shown: Option<ShownPicture>,
    /// Picture that is drawn.
    drawing: Option<Drawing>,
    grid: Option<(u64, PointGrid)>,
    lasso: Vec<Pos2>,
}

/// Picture on the screen.
struct ShownPicture {
    key: PictureKey,
    texture: egui::TextureHandle,
}

impl Scatter {
    /// Shows all points again.
    pub(crate) fn fit(&mut self) {
        self.sight = Sight::default();
    }

    /// Forgets the points: those that come are others, of which the last picture says nothing.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Paints the points in a room of this size.
    pub(crate) fn ui(
        &mut self,
        ui: &mut Ui,
        size: Vec2,
        tool: DragTool,
        shown: ScatterPoints<'_>,
    ) -> ScatterPointed {
        self.painted(ui, size, tool, shown, None)
    }

    /// Paints the points over axes with numbers, as long across as up.
    pub(crate) fn on_axes(
        &mut self,
        ui: &mut Ui,
        size: Vec2,
        tool: DragTool,
        shown: ScatterPoints<'_>,
        axes: ScatterAxes<'_>,
    ) -> ScatterPointed {
        self.painted(ui, size, tool, shown, Some(axes))
    }

    fn painted(
        &mut self,
        ui: &mut Ui,
        size: Vec2,
        tool: DragTool,
        shown: ScatterPoints<'_>,
        axes: Option<ScatterAxes<'_>>,
    ) -> ScatterPointed {
        let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
        let rect = whole_pixels(ui, rect);
        response.widget_info(|| {
            let words = tr(format!("{}: {} points", shown.name, shown.points.len()));
            WidgetInfo::labeled(Role::Image, true, words)
        });
        if !ui.is_rect_visible(rect) || shown.points.is_empty() {
            return ScatterPointed::default();
        }
        self.sight.follow(shown.points, shown.revision);
        self.move_about(ui, rect, &response, tool);
        self.sight.follow(shown.points, shown.revision);
        let colors = theme::colors(ui);
        ui.painter().rect_filled(rect, 4.0, colors.background);
        if let Some(axes) = &axes {
            axes.paint(ui, rect, &self.sight);
        }
        self.picture(ui, rect, shown);
        figure_menu::on_pointing(&response, NamesData::Yes, || figure::of_points(shown));
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let at = |point: usize| {
            let place = shown.points.get(point)?;
            Some(self.sight.on_screen(rect, *place))
        };
        for mark in shown.marks {
            if let Some(at) = at(mark.at) {
                ring(&painter, at, mark.color);
                if mark.is_named {
                    let words = crate::ui::text::clipped(&(shown.title)(mark.at), 32);
                    name_beside(ui, &painter, at, words);
                }
            }
        }
        self.point(ui, rect, &response, tool, shown)
    }

    fn move_about(&mut self, ui: &Ui, rect: Rect, response: &Response, tool: DragTool) {
        if response.double_clicked() {
            self.fit();
            return;
        }
        if tool == DragTool::Move && response.dragged() {
            self.sight.drag(rect, response.drag_delta());
        }
        if let Some(pointer) = response.hover_pos() {
            let (scroll, pinch) = ui.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
            let factor = pinch * (scroll * 0.004).exp();
            if (factor - 1.0).abs() > 1e-4 {
                self.sight.zoom(rect, pointer, factor);
            }
        }
    }

    /// Paints the picture; draws on at the one that is wanted.
    fn picture(&mut self, ui: &Ui, rect: Rect, shown: ScatterPoints<'_>) {
        let per_point = ui.ctx().pixels_per_point();
        let wanted = PictureKey {
            revision: shown.revision,
            colors_revision: shown.colors_revision,
            sight: self.sight,
            pixels: [
                (rect.width() * per_point).round().max(1.0) as usize,
                (rect.height() * per_point).round().max(1.0) as usize,
            ],
            per_point,
        };
        if !self.is_shown(&wanted) {
            let new = || {
                let (points, colors) = (Arc::clone(shown.points), Arc::clone(shown.colors));
                Drawing::new(wanted, points, colors)
            };
            let mut drawing = self.drawing.take().unwrap_or_else(new);
            if drawing.go_on(WORK_A_FRAME) {
                self.show(ui, drawing);
            } else {
                self.drawing = Some(drawing);
            }
        }
        if !self.is_shown(&wanted) {
            ui.ctx().request_repaint();
        }
        if let Some(picture) = &self.shown {
            let room = self
                .sight
                .room_of(rect, &picture.key.sight, picture.key.size());
            let whole = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
            ui.painter()
                .with_clip_rect(rect.intersect(ui.clip_rect()))
                .image(picture.texture.id(), room, whole, Color32::WHITE);
        }
    }

    fn is_shown(&self, wanted: &PictureKey) -> bool {
        self.shown
            .as_ref()
            .is_some_and(|picture| picture.key == *wanted)
    }

    /// Uploads a picture that is drawn.
    fn show(&mut self, ui: &Ui, drawing: Drawing) {
        let key = drawing.key();
        let (image, options) = (drawing.into_image(), TextureOptions::NEAREST);
        if let Some(picture) = &mut self.shown {
            picture.texture.set(image, options);
            picture.key = key;
        } else {
            let texture = ui.ctx().load_texture("scatter", image, options);
            self.shown = Some(ShownPicture { key, texture });
        }
    }

    fn point(
        &mut self,
        ui: &Ui,
        rect: Rect,
        response: &Response,
        tool: DragTool,
        shown: ScatterPoints<'_>,
    ) -> ScatterPointed {
        let mut pointed = ScatterPointed {
            enclosed: self.draw_lasso(ui, rect, response, tool, shown.points),
            ..ScatterPointed::default()
        };
        let Some(pointer) = response.hover_pos().filter(|_| self.lasso.is_empty()) else {
            return pointed;
        };
        if self
            .grid
            .as_ref()
            .is_none_or(|(made, _)| *made != shown.revision)
        {
            self.grid = Some((shown.revision, PointGrid::new(shown.points)));
        }
        let reach = REACH * self.sight.per_point(rect);
        let place = self.sight.in_plane(rect, pointer);
        pointed.hovered = self
            .grid
            .as_ref()
            .and_then(|(_, grid)| grid.nearest(shown.points, place, reach));
        if let Some(at) = pointed.hovered {
            let on_screen = self.sight.on_screen(rect, shown.points[at]);
            ring(ui.painter(), on_screen, theme::colors(ui).strong);
            if response.clicked() {
                pointed.clicked = Some(at);
            }
            response
                .clone()
                .on_hover_cursor(CursorIcon::PointingHand)
                .on_hover_text_at_pointer((shown.title)(at));
        }
        pointed
    }

    /// The line as it is drawn; the points inside once it is closed.
    fn draw_lasso(
        &mut self,
        ui: &Ui,
        rect: Rect,
        response: &Response,
        tool: DragTool,
        points: &[[f32; 2]],
    ) -> Option<Vec<usize>> {
        if tool != DragTool::Lasso {
            self.lasso.clear();
            return None;
        }
        if response.dragged()
            && let Some(pointer) = response.interact_pointer_pos()
            && self
                .lasso
                .last()
                .is_none_or(|last| last.distance(pointer) > 2.0)
        {
            // A drag is one only some way from where it began.
            if self.lasso.is_empty() {
                self.lasso
                    .extend(ui.input(|input| input.pointer.press_origin()));
            }
            self.lasso.push(pointer);
        }
        if response.drag_stopped() {
            let line: Vec<[f32; 2]> = std::mem::take(&mut self.lasso)
                .into_iter()
                .map(|pos| self.sight.in_plane(rect, pos))
                .collect();
            return (line.len() > 2).then(|| lasso::enclosed(&line, points));
        }
        let stroke = Stroke::new(1.5, theme::colors(ui).accent);
        ui.painter().add(Shape::line(self.lasso.clone(), stroke));
        None
    }
}

/// Words beside a point, on a ground of their own: points may lie under them.
fn name_beside(ui: &Ui, painter: &egui::Painter, at: Pos2, words: String) {
    let colors = theme::colors(ui);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let galley = painter.layout_no_wrap(words, font, colors.strong);
    let place = at + egui::vec2(11.0, -galley.size().y / 2.0);
    let ground = Rect::from_min_size(place, galley.size()).expand(2.0);
    painter.rect_filled(ground, 3.0, colors.card.gamma_multiply(0.85));
    painter.galley(place, galley, colors.strong);
}

/// A ring that shows on every colour.
fn ring(painter: &egui::Painter, at: Pos2, color: Color32) {
    painter.circle_stroke(at, 6.0, Stroke::new(3.5, Color32::from_black_alpha(150)));
    painter.circle_stroke(at, 6.0, Stroke::new(2.0, color));
}

fn whole_pixels(ui: &Ui, rect: Rect) -> Rect {
    let per_point = ui.ctx().pixels_per_point();
    let whole = |v: Vec2| (v * per_point).round() / per_point;
    Rect::from_min_size(whole(rect.min.to_vec2()).to_pos2(), whole(rect.size()))
}

#[cfg(test)]
mod tests;
