//! What is inside a lasso, looked at and kept as a slice of users.

use egui::{Button, TextEdit, Ui};

use crate::app::{Action, SliceAction};
use crate::ui::Actions;
use crate::ui::language::tr;
use seqscope_engine::run::{NamedSlice, SliceRule};

/// View state: the name that is written.
#[derive(Default)]
pub(super) struct LassoSlice {
    name: String,
}

impl LassoSlice {
    /// Paints the name and the buttons; `rule` is asked for only when one of them is pressed, since it
    /// may list a hundred thousand ids.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        help: &str,
        actions: &mut Actions,
        rule: impl FnOnce() -> SliceRule,
    ) {
        ui.horizontal_wrapped(|ui| {
            let field = TextEdit::singleline(&mut self.name)
                .hint_text(tr("Name"))
                .desired_width(120.0);
            let field = ui.add(field);
            field.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::TextInput, true, tr("Name of the lasso"))
            });
            let name = self.name.trim();
            let keep = ui
                .add_enabled(!name.is_empty(), Button::new(tr("Keep lasso as slice")))
                .on_hover_text(tr(help))
                .on_disabled_hover_text(tr("Write a name beside it first."));
            let look = ui.button(tr("Look at these users")).on_hover_text(tr(help));
            let action = if keep.clicked() {
                SliceAction::Keep(NamedSlice {
                    name: name.to_owned(),
                    rule: rule(),
                })
            } else if look.clicked() {
                SliceAction::Use(rule())
            } else {
                return;
            };
            actions.push(Action::Slices(action));
        });
    }
}
