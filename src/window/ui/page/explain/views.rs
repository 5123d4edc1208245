//! The strip of ways in which one user is looked at.

use egui::{Button, Ui};
use strum::IntoEnumIterator as _;

use crate::app::{Action, ExplainView, Select};
use crate::ui::Actions;
use crate::ui::theme::size;
use seqscope_model::ModelKind;

/// Paints the strip; the view to be shown, which is the first of all where the run's model lacks
/// what was chosen.
pub(super) fn strip(
    ui: &mut Ui,
    chosen: ExplainView,
    kind: Option<ModelKind>,
    actions: &mut Actions,
) -> ExplainView {
    let lacks = |view: ExplainView| kind.and_then(|kind| view.why_not(kind));
    let shown = if lacks(chosen).is_none() {
        chosen
    } else {
        ExplainView::default()
    };
    // A strip of one is no choice.
    if ExplainView::iter().len() < 2 {
        return shown;
    }
    ui.horizontal_wrapped(|ui| {
        for view in ExplainView::iter() {
            let why_not = lacks(view);
            let button = Button::selectable(view == shown, view.to_string());
            let button = ui.add_enabled(why_not.is_none(), button);
            let button = match why_not {
                Some(why_not) => button.on_disabled_hover_text(why_not),
                None => button.on_hover_text(view.help()),
            };
            if button.clicked() {
                actions.push(Action::Select(Select::View(view)));
            }
        }
    });
    ui.add_space(size::GAP_SMALL);
    shown
}
