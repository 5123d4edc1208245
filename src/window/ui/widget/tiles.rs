//! Tiles: views that share a room, with edges that are moved and titles that are dragged. Paints a
//! [`Layout`] and says what a person wants changed of it.
//!
//! `egui_tiles` does the like with a tree of its own, which is a widget's state: it could be neither
//! taken back nor changed by an action, and is arranged by the pointer alone.

use egui::{
    Align, Button, CursorIcon, DragAndDrop, EventFilter, Key, Label, Layout as Flow, Pos2, Rect,
    Response, RichText, Role, Sense, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use strum::IntoEnumIterator as _;

use super::room;
use crate::app::{Arrange, ExplainView, Layout, SplitDirection, Tile, TileSide, TileSplit};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};

/// Height of a tile's title.
const TITLE: f32 = 28.0;

/// Width of the buttons beside it.
const BUTTONS: f32 = 116.0;

/// Width of the edge between two tiles.
const EDGE: f32 = 8.0;

/// Share by which a key moves an edge.
const KEY_STEP: f32 = 0.05;

/// Part of a tile, from its edges, in which what is dropped goes to that side.
const SIDE_PART: f32 = 0.28;

/// Least room of a view; with less it is scrolled. The overview stacks its cards where it is narrow.
fn least(view: ExplainView) -> egui::Vec2 {
    match view {
        ExplainView::Overview => vec2(380.0, 260.0),
        ExplainView::WhatIf | ExplainView::Faithfulness | ExplainView::Rules => vec2(720.0, 320.0),
        ExplainView::Gates
        | ExplainView::LatentSpace
        | ExplainView::ItemMap
        | ExplainView::Gallery
        | ExplainView::OverUsers => vec2(560.0, 320.0),
    }
}

/// A view that is being dragged.
#[derive(Clone, Copy)]
struct Dragged(ExplainView);

/// Wishes of a person who used the tiles.
#[derive(Default)]
pub(crate) struct TilesAsked {
    /// Changes to the layout.
    pub(crate) changes: Vec<Arrange>,
    /// The view that is used from now on.
    pub(crate) active: Option<ExplainView>,
}

/// Lets a widget that stands for a view be dragged onto a tile.
pub(crate) fn can_be_dragged(response: &Response, view: ExplainView) {
    response.dnd_set_drag_payload(Dragged(view));
}

/// Paints the views of a layout over the room at hand. A single view has all of it, and no title.
pub(crate) fn tiles(
    ui: &mut Ui,
    layout: &Layout,
    active: ExplainView,
    paint: &mut dyn FnMut(&mut Ui, ExplainView),
) -> TilesAsked {
    let rect = ui.available_rect_before_wrap();
    let mut tiles = Tiles {
        layout,
        active,
        n_splits: 0,
        asked: TilesAsked::default(),
        paint,
    };
    match layout.root() {
        Tile::View(view) => {
            let (name, least) = (view.to_string(), least(*view));
            room::at_least(ui, &name, least, |ui| (tiles.paint)(ui, *view));
            tiles.drop_on(ui, rect, *view);
        }
        Tile::Split(split) => tiles.split(ui, split, rect),
    }
    tiles.asked
}

struct Tiles<'a> {
    layout: &'a Layout,
    active: ExplainView,
    /// Splits painted so far, in the order of the tree.
    n_splits: usize,
    asked: TilesAsked,
    paint: &'a mut dyn FnMut(&mut Ui, ExplainView),
}

impl Tiles<'_> {
    fn tile(&mut self, ui: &mut Ui, tile: &Tile, rect: Rect) {
        match tile {
            Tile::View(view) => self.view(ui, *view, rect),
            Tile::Split(split) => self.split(ui, split, rect),
        }
    }

    fn split(&mut self, ui: &mut Ui, split: &TileSplit, rect: Rect) {
        let number = self.n_splits;
        self.n_splits += 1;
        let [first, edge, second] = parts(split, rect);
        self.tile(ui, &split.first, first);
        self.edge(ui, split, number, edge, rect);
        self.tile(ui, &split.second, second);
    }

    /// One view under its title.
    fn view(&mut self, ui: &mut Ui, view: ExplainView, rect: Rect) {
        let name = view.to_string();
        let (title, rest) = rect.split_top_bottom_at_y(rect.top() + TITLE);
        let was_pressed = ui.input(|input| {
            let pressed = input.pointer.any_pressed();
            pressed
                && input
                    .pointer
                    .interact_pos()
                    .is_some_and(|at| rect.contains(at))
        });
        // What lies over the window is pressed for itself.
        let is_open = egui::Popup::is_any_open(ui.ctx());
        if was_pressed && !is_open && view != self.active {
            self.asked.active = Some(view);
        }
        self.title(ui, view, title);
        room::inside(ui, &name, rest, |ui| {
            room::at_least(ui, &name, least(view), |ui| (self.paint)(ui, view));
        });
        self.drop_on(ui, rect, view);
    }

    fn title(&mut self, ui: &mut Ui, view: ExplainView, rect: Rect) {
        let colors = theme::colors(ui);
        let is_active = view == self.active;
        let line = if is_active {
            colors.accent
        } else {
            colors.line
        };
        ui.painter()
            .hline(rect.x_range(), rect.bottom() - 2.0, (1.5, line));
        let (left, right) = rect.split_left_right_at_x(rect.right() - BUTTONS);
        let mut buttons = row(ui, &format!("buttons of {view}"), right);
        let ui = &mut row(ui, &format!("title of {view}"), left);
        let color = if is_active {
            colors.strong
        } else {
            colors.text
        };
        let words = RichText::new(tr(view.to_string())).strong().color(color);
        let label = Label::new(words).selectable(false).truncate();
        let title = ui.add(label.sense(Sense::click_and_drag()));
        let name = format!("{view} (title)");
        title.widget_info(|| WidgetInfo::selected(Role::Button, true, is_active, tr(&name)));
        can_be_dragged(&title, view);
        let title = title.on_hover_cursor(CursorIcon::Grab);
        if title.clicked() {
            self.asked.active = Some(view);
        }
        let help = view.help();
        title.on_hover_text(tr(format!(
            "{help}. Drag it onto another view to move it there."
        )));
        self.buttons(&mut buttons, view);
    }

    /// Buttons of a view, for a click or a key.
    fn buttons(&mut self, ui: &mut Ui, view: ExplainView) {
        ui.spacing_mut().item_spacing.x = size::GAP_SMALL;
        let menu = ui.menu_button("⏷", |ui| self.places(ui, view));
        let words = format!("Places beside {view}");
        named(menu.response, &words);
        let is_pinned = self.layout.is_pinned(view);
        let pin = ui.add(Button::selectable(is_pinned, "📌"));
        let pin = pin.on_hover_text(tr(
            "Pinned, it stays here when another view is chosen above",
        ));
        let name = format!("Pin {view}");
        pin.widget_info(|| WidgetInfo::selected(Role::Button, true, is_pinned, tr(&name)));
        if pin.clicked() {
            self.asked.changes.push(Arrange::Pin(view));
        }
        let close = ui.add(Button::new("✖"));
        if named(close, &format!("Close {view}")).clicked() {
            self.asked.changes.push(Arrange::Close(view));
        }
    }

    /// Every view that can be put at a side of this one, or in its place.
    fn places(&mut self, ui: &mut Ui, at: ExplainView) {
        for side in TileSide::iter() {
            ui.menu_button(tr(format!("Put {side}")), |ui| {
                for view in others(at) {
                    let why_not = self.layout.has_room_for(view).err();
                    let button = Button::new(tr(view.to_string()));
                    let button = ui.add_enabled(why_not.is_none(), button);
                    let button = button.on_disabled_hover_text(tr(why_not.unwrap_or_default()));
                    if button.clicked() {
                        let side = Some(side);
                        self.asked.changes.push(Arrange::Put { view, at, side });
                    }
                }
            });
        }
        ui.menu_button(tr("Put in its place"), |ui| {
            for view in others(at) {
                if ui.button(tr(view.to_string())).clicked() {
                    let side = None;
                    self.asked.changes.push(Arrange::Put { view, at, side });
                }
            }
        });
    }

    /// The edge between two tiles: dragged, or moved by the arrows while it has the focus.
    fn edge(&mut self, ui: &Ui, split: &TileSplit, number: usize, edge: Rect, whole: Rect) {
        let id = ui.scope_id().with(("edge", number));
        let response = ui.interact(edge, id, Sense::drag());
        let is_beside = split.direction == SplitDirection::Beside;
        let (what, cursor) = if is_beside {
            ("Width", CursorIcon::ResizeHorizontal)
        } else {
            ("Height", CursorIcon::ResizeVertical)
        };
        let name = format!("{what} of {}", last_name(&split.first));
        response.widget_info(|| WidgetInfo::slider(true, f64::from(split.share), tr(&name)));
        let has_focus = response.has_focus();
        let is_held = response.dragged() || response.hovered() || has_focus;
        let colors = theme::colors(ui);
        if is_held {
            let grip = edge.shrink2(if is_beside {
                vec2(EDGE * 0.32, 0.0)
            } else {
                vec2(0.0, EDGE * 0.32)
            });
            ui.painter().rect_filled(grip, 2.0, colors.accent);
        }
        let dragged = response
            .interact_pointer_pos()
            .filter(|_| response.dragged());
        let share = dragged.map(|at| share_at(split.direction, whole, at));
        let by_key = if has_focus { pressed(ui, is_beside) } else { 0 };
        let stepped = (by_key != 0).then_some(split.share + by_key as f32 * KEY_STEP);
        if has_focus {
            let filter = EventFilter {
                horizontal_arrows: is_beside,
                vertical_arrows: !is_beside,
                ..EventFilter::default()
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        }
        response.on_hover_and_drag_cursor(cursor);
        if let Some(share) = share.or(stepped) {
            let split = number;
            self.asked.changes.push(Arrange::Resize { split, share });
        }
    }

    /// Shows where what is dragged would go, and takes it when it is let go.
    fn drop_on(&mut self, ui: &Ui, rect: Rect, at: ExplainView) {
        let Some(dragged) = DragAndDrop::payload::<Dragged>(ui.ctx()) else {
            return;
        };
        let pointer = ui.input(|input| input.pointer.interact_pos());
        let Some(pointer) = pointer.filter(|pointer| rect.contains(*pointer)) else {
            return;
        };
        let view = dragged.0;
        if view == at {
            return;
        }
        let mut side = side_of(rect, pointer);
        if self.layout.has_room_for(view).is_err() {
            side = None;
        }
        let colors = theme::colors(ui);
        let there = side.map_or(rect, |side| half(rect, side));
        let painter = ui.painter();
        painter.rect_filled(there, size::CORNER, colors.accent.gamma_multiply(0.22));
        let stroke = (2.0, colors.accent);
        painter.rect_stroke(there, size::CORNER, stroke, StrokeKind::Inside);
        if ui.input(|input| input.pointer.any_released()) {
            DragAndDrop::clear_payload(ui.ctx());
            self.asked.changes.push(Arrange::Put { view, at, side });
        }
    }
}

/// A row of widgets in a part of the room.
fn row(ui: &mut Ui, name: &str, rect: Rect) -> Ui {
    let flow = Flow::left_to_right(Align::Center);
    let builder = UiBuilder::new().id_salt(name).max_rect(rect);
    let mut row = ui.new_child(builder.layout(flow));
    row.shrink_clip_rect(rect);
    row
}

/// A button with a sign, whose name is what it does.
fn named(button: Response, words: &str) -> Response {
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, tr(words)));
    button.on_hover_text(tr(words))
}

/// Every view but one.
fn others(at: ExplainView) -> impl Iterator<Item = ExplainView> {
    ExplainView::iter().filter(move |view| *view != at)
}

/// Steps of the arrow keys along a split, forwards minus backwards.
fn pressed(ui: &Ui, is_beside: bool) -> i32 {
    let (forwards, backwards) = if is_beside {
        (Key::ArrowRight, Key::ArrowLeft)
    } else {
        (Key::ArrowDown, Key::ArrowUp)
    };
    ui.input(|input| input.num_presses(forwards) as i32 - input.num_presses(backwards) as i32)
}

/// Name of the last view of a tile.
fn last_name(tile: &Tile) -> String {
    match tile {
        Tile::View(view) => view.to_string(),
        Tile::Split(split) => last_name(&split.second),
    }
}

/// Rooms of the first tile, the edge and the second tile.
fn parts(split: &TileSplit, rect: Rect) -> [Rect; 3] {
    match split.direction {
        SplitDirection::Beside => {
            let at = rect.left() + (rect.width() - EDGE) * split.share;
            let (first, rest) = rect.split_left_right_at_x(at);
            let (edge, second) = rest.split_left_right_at_x(at + EDGE);
            [first, edge, second]
        }
        SplitDirection::Below => {
            let at = rect.top() + (rect.height() - EDGE) * split.share;
            let (first, rest) = rect.split_top_bottom_at_y(at);
            let (edge, second) = rest.split_top_bottom_at_y(at + EDGE);
            [first, edge, second]
        }
    }
}

/// Share of the first tile when the edge is at a point.
fn share_at(direction: SplitDirection, whole: Rect, at: Pos2) -> f32 {
    let from = at - whole.min;
    match direction {
        SplitDirection::Beside => (from.x - EDGE / 2.0) / (whole.width() - EDGE).max(1.0),
        SplitDirection::Below => (from.y - EDGE / 2.0) / (whole.height() - EDGE).max(1.0),
    }
}

/// The side of a tile that a point is near; `None` in its middle.
fn side_of(rect: Rect, at: Pos2) -> Option<TileSide> {
    let x = (at.x - rect.left()) / rect.width().max(1.0);
    let y = (at.y - rect.top()) / rect.height().max(1.0);
    let sides = [
        (x, TileSide::Left),
        (1.0 - x, TileSide::Right),
        (y, TileSide::Above),
        (1.0 - y, TileSide::Below),
    ];
    let nearest = sides.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
    nearest
        .filter(|(distance, _)| *distance < SIDE_PART)
        .map(|(_, side)| side)
}

/// The half of a tile at one of its sides.
fn half(rect: Rect, side: TileSide) -> Rect {
    let (center, min, max) = (rect.center(), rect.min, rect.max);
    match side {
        TileSide::Left => Rect::from_min_max(min, pos2(center.x, max.y)),
        TileSide::Right => Rect::from_min_max(pos2(center.x, min.y), max),
        TileSide::Above => Rect::from_min_max(min, pos2(max.x, center.y)),
        TileSide::Below => Rect::from_min_max(pos2(min.x, center.y), max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ReadyLayout;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    /// A layout over 1000 × 600 points, changed as its tiles ask.
    fn harness(layout: Layout) -> Harness<'static, (Layout, Vec<Arrange>)> {
        let builder = Harness::builder().with_size([1000.0, 600.0]);
        builder.allow_missing_glyphs().build_ui_state(
            |ui, (layout, asked)| {
                let active = layout.views()[0];
                let out = tiles(ui, layout, active, &mut |ui, view| {
                    ui.label(format!("contents of {view}"));
                });
                asked.extend(out.changes);
            },
            (layout, Vec::new()),
        )
    }

    fn drag(harness: &mut Harness<'_, (Layout, Vec<Arrange>)>, from: Pos2, to: Pos2) {
        let mut send = |event| {
            harness.input_mut().events.push(event);
            harness.step();
        };
        let button = |pos, pressed| egui::Event::PointerButton {
            pos,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: egui::Modifiers::NONE,
        };
        send(egui::Event::PointerMoved(from));
        send(button(from, true));
        for share in [0.3, 0.7, 1.0] {
            send(egui::Event::PointerMoved(from.lerp(to, share)));
        }
        send(button(to, false));
    }

    #[test]
    fn an_edge_is_dragged_and_moved_by_the_arrows() {
        let mut harness = harness(ReadyLayout::Teacher.layout(None));
        harness.run();
        let edge = harness.get_by_label("Width of Overview").rect();
        drag(&mut harness, edge.center(), pos2(300.0, 300.0));
        let Some(Arrange::Resize { split: 0, share }) = harness.state().1.last() else {
            panic!("{:?}", harness.state().1);
        };
        assert!((share - 0.29).abs() < 0.02, "{share}");
        harness.state_mut().1.clear();
        harness.get_by_label("Width of Overview").focus();
        harness.run();
        harness.key_press(Key::ArrowRight);
        harness.run();
        let asked = &harness.state().1;
        assert!(
            matches!(asked[..], [Arrange::Resize { split: 0, share }] if (share - 0.55).abs() < 1e-6),
            "{asked:?}"
        );
    }

    #[test]
    fn a_title_is_dragged_to_a_side_of_another_view() {
        let mut harness = harness(ReadyLayout::Teacher.layout(None));
        harness.run();
        let title = harness.get_by_label("What if (title)").rect();
        // Near the upper edge of the left tile.
        drag(&mut harness, title.center(), pos2(250.0, 60.0));
        let wanted = Arrange::Put {
            view: ExplainView::WhatIf,
            at: ExplainView::Overview,
            side: Some(TileSide::Above),
        };
        assert_eq!(harness.state().1, [wanted]);
        harness.get_by_label("Close What if").click();
        harness.run();
        assert_eq!(
            harness.state().1.last(),
            Some(&Arrange::Close(ExplainView::WhatIf))
        );
    }

    #[test]
    fn the_middle_of_a_tile_is_no_side_and_each_edge_is_its_own() {
        let rect = Rect::from_min_size(pos2(100.0, 50.0), vec2(200.0, 100.0));
        assert_eq!(side_of(rect, rect.center()), None);
        for (at, side) in [
            (pos2(105.0, 100.0), TileSide::Left),
            (pos2(295.0, 100.0), TileSide::Right),
            (pos2(200.0, 52.0), TileSide::Above),
            (pos2(200.0, 148.0), TileSide::Below),
        ] {
            assert_eq!(side_of(rect, at), Some(side));
            assert!(half(rect, side).contains(at));
        }
    }

    #[test]
    fn a_view_with_too_little_room_is_scrolled_and_a_single_one_has_no_title() {
        let mut harness = harness(Layout::one(ExplainView::Gates));
        harness.run();
        assert!(harness.query_by_label("Close Gates").is_none());
        assert!(harness.query_by_label("contents of Gates").is_some());
        let parts = parts(
            &TileSplit {
                direction: SplitDirection::Beside,
                share: 0.25,
                first: Tile::View(ExplainView::Gates),
                second: Tile::View(ExplainView::Overview),
            },
            Rect::from_min_size(Pos2::ZERO, vec2(408.0, 10.0)),
        );
        // A quarter of the 400 points beside the edge.
        let widths = parts.map(|part| part.width().round() as i32);
        assert_eq!(widths, [100, 8, 300]);
    }
}
