//! The way in which vectors become places on a map, and how far that is.

use egui::Ui;
use strum::IntoEnumIterator as _;

use crate::app::{Action, App, Loadable, ProjectionKey};
use crate::ui::frame::action_button_as;
use crate::ui::language::tr;
use crate::ui::widget::panel;
use crate::ui::{Actions, text};
use seqscope_engine::explain::{ProjectedMap, ProjectionMethod};

/// Choice of a way, `None` for principal components; whether it has changed.
pub(super) fn methods(ui: &mut Ui, method: &mut Option<ProjectionMethod>) -> bool {
    let pca = ui
        .selectable_value(method, None, tr("PCA"))
        .on_hover_text(tr("The two directions in which the vectors vary most"));
    let mut has_changed = pca.changed();
    for offered in ProjectionMethod::iter() {
        let button = ui.selectable_value(method, Some(offered), tr(offered.to_string()));
        has_changed |= button.on_hover_text(tr(offered.help())).changed();
    }
    has_changed
}

/// Button that starts or stops the work, and how far it is.
pub(super) fn progress(ui: &mut Ui, key: &ProjectionKey, app: &App, actions: &mut Actions) {
    let projection = app.views.projection();
    let map = projection.map(key);
    ui.horizontal_wrapped(|ui| match projection.state(key) {
        Loadable::Loading(what) => {
            action_button_as(ui, app, actions, Action::StopProjecting, tr("Stop"));
            ui.spinner();
            match map {
                Some(map) => ui.label(tr(format!("Step {} of {}", map.step, map.n_steps))),
                None => ui.label(tr(what)),
            };
        }
        Loadable::Idle | Loadable::Ready(()) | Loadable::Failed(_) => {
            let action = Action::Project(key.clone());
            action_button_as(ui, app, actions, action, tr(key.label()));
            match map {
                Some(map) => ui.weak(tr(format!("{} of {} steps", map.step, map.n_steps))),
                None => ui.weak(tr("The map is shown as it comes about, and can be stopped")),
            };
            if let Some(why) = projection.state(key).failed() {
                panel::failed(ui, why);
            }
        }
    });
}

/// What is to be known of such a map: how many of the points are on it, and how far it can be trusted.
pub(super) fn words(map: &ProjectedMap, of: &str) -> Vec<String> {
    let placed = (map.n_placed < map.points.len()).then(|| {
        format!(
            "{} of {} {of} have a place, drawn by the run's seed",
            text::count(map.n_placed),
            text::count(map.points.len())
        )
    });
    let trust = map.trust.map(|trust| {
        format!(
            "trustworthiness {} (PCA {}) over {} neighbours",
            text::significant(trust.map, 3),
            text::significant(trust.plane, 3),
            trust.n_neighbors
        )
    });
    placed.into_iter().chain(trust).collect()
}

/// Said on hover of those words.
pub(super) const TRUST_HELP: &str = "Trustworthiness is 1 where every neighbour on the map is a neighbour among the vectors \
     too, and falls as others come between (Venna & Kaski 2001)";
