//! Focus of the keyboard: a ring around whatever has it, wherever that is; and scrolled into sight.

use egui::accesskit::{Action, ActionRequest, TreeId};
use egui::{Context, Event, Id, Key, Rect, StrokeKind, Ui};

use super::theme::{self, size};

/// Width of the ring, and room between it and what it surrounds.
const RING: f32 = 2.0;

/// Keys that go through a list.
const ARROWS: [Key; 4] = [
    Key::ArrowUp,
    Key::ArrowDown,
    Key::ArrowLeft,
    Key::ArrowRight,
];

fn page() -> Id {
    Id::unique("room of the page")
}

/// Notes the room of the page in this frame.
pub(super) fn note_page(ui: &Ui) {
    let rect = ui.max_rect();
    ui.ctx().data_mut(|data| data.insert_temp(page(), rect));
}

/// Whether a place is on the page, and not in what stands around it.
fn is_on_page(ctx: &Context, place: Rect) -> bool {
    let room: Option<Rect> = ctx.data(|data| data.get_temp(page()));
    room.is_none_or(|room| room.x_range().contains(place.center().x))
}

/// State of the focus.
#[derive(Default)]
pub(super) struct Focus {
    last: Option<Id>,
    /// The widget that has got the focus out of sight.
    hidden: Option<Id>,
}

impl Focus {
    /// Scrolls to what has got the focus out of sight; before anything is painted.
    pub(super) fn scroll(&mut self, ctx: &Context) {
        let Some(id) = self.hidden.take() else {
            return;
        };
        // As a screen reader asks for it: the areas around the widget know how.
        let request = ActionRequest {
            action: Action::ScrollIntoView,
            target_tree: TreeId::ROOT,
            target_node: id.accesskit_id(),
            data: None,
        };
        let event = Event::AccessKitActionRequest(request);
        ctx.input_mut(|input| input.events.push(event));
    }

    /// Paints the ring over what is painted already. Arrows scroll to what is out of sight
    /// everywhere; Tab does so on a page that is a form, and leaves a list after its rows in sight:
    /// it may have thousands.
    pub(super) fn ring(&mut self, ui: &Ui, is_form: bool) {
        let ctx = ui.ctx();
        let focused = ctx.memory(egui::Memory::focused);
        let before = std::mem::replace(&mut self.last, focused);
        let Some(response) = focused.and_then(|id| ctx.read_response(id)) else {
            return;
        };
        let seen = response.interact_rect;
        let by_arrow = ctx.input(|input| ARROWS.iter().any(|key| input.key_pressed(*key)));
        let may_scroll = by_arrow || (is_form && is_on_page(ctx, response.rect));
        let is_hidden = !seen.expand(1.0).contains_rect(response.rect);
        if focused != before && is_hidden && may_scroll {
            self.hidden = focused;
            ctx.request_repaint();
        }
        if seen.is_positive() {
            let painter = ctx.layer_painter(response.layer_id);
            let stroke = (RING, theme::colors(ui).accent);
            painter.rect_stroke(seen.expand(RING), size::CORNER, stroke, StrokeKind::Outside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    /// Forty buttons in a list that shows a few of them.
    #[test]
    fn what_gets_the_focus_out_of_sight_is_scrolled_into_it() {
        let builder = Harness::builder().with_size([200.0, 160.0]);
        let mut harness = builder.build_ui_state(
            |ui, focus: &mut Focus| {
                focus.scroll(ui.ctx());
                egui::ScrollArea::vertical().show(ui, |ui| {
                    for at in 0..40 {
                        let _ = ui.button(format!("button {at}"));
                    }
                });
                focus.ring(ui, true);
            },
            Focus::default(),
        );
        harness.run();
        for _ in 0..30 {
            harness.key_press(egui::Key::Tab);
            harness.run();
        }
        let focused = harness.get_by_label("button 29");
        assert!(focused.is_focused());
        let place = focused.rect();
        assert!(place.top() >= 0.0 && place.bottom() <= 160.0, "{place:?}");
    }
}
