//! Room for contents that need some: where there is less, they are scrolled and not cut off.

use egui::{Rect, ScrollArea, Sense, Ui, UiBuilder, Vec2};

/// Gives the contents the room at hand or, where that is less than `least`, their least size with
/// bars to scroll by.
pub(crate) fn at_least(ui: &mut Ui, name: &str, least: Vec2, contents: impl FnOnce(&mut Ui)) {
    let room = ui.available_size();
    // Half a point is a matter of rounding.
    if room.x + 0.5 >= least.x && room.y + 0.5 >= least.y {
        return contents(ui);
    }
    ScrollArea::both()
        .id_salt(name)
        .auto_shrink(false)
        .show(ui, |ui| {
            let (rect, _) = ui.allocate_exact_size(room.max(least), Sense::hover());
            inside(ui, name, rect, contents);
        });
}

/// Paints contents into a part of the room, and nothing outside it.
pub(crate) fn inside(ui: &mut Ui, name: &str, rect: Rect, contents: impl FnOnce(&mut Ui)) {
    let mut inner = ui.new_child(UiBuilder::new().id_salt(("room", name)).max_rect(rect));
    inner.shrink_clip_rect(rect.expand(1.0));
    contents(&mut inner);
}
