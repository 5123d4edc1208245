//! Focus of the keyboard: a ring around whatever has it, wherever that is; and scrolled into sight.

use egui::accesskit::{Action, ActionRequest, TreeId};
use egui::{Context, Event, Id, StrokeKind, Ui};

use super::theme::{self, size};

/// Width of the ring, and room between it and what it surrounds.
const RING: f32 = 2.0;

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

    /// Paints the ring over what is painted already.
    pub(super) fn ring(&mut self, ui: &Ui) {
        let ctx = ui.ctx();
        let focused = ctx.memory(egui::Memory::focused);
        let before = std::mem::replace(&mut self.last, focused);
        let Some(response) = focused.and_then(|id| ctx.read_response(id)) else {
            return;
        };
        let seen = response.interact_rect;
        if focused != before && !seen.expand(1.0).contains_rect(response.rect) {
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
                focus.ring(ui);
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
