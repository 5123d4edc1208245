//! Contents of a panel with nothing to show: why, and what to do about it.

use egui::{Align, Layout, RichText, Ui};

use crate::app::{App, Loadable};

/// A heading, a sentence, and room for the buttons that fill the panel; in the middle of it.
pub(crate) fn empty<R>(
    ui: &mut Ui,
    heading: &str,
    sentence: &str,
    buttons: impl FnOnce(&mut Ui) -> R,
) -> R {
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space((ui.available_height() * 0.28).min(180.0));
        ui.label(RichText::new(heading).heading());
        ui.add_space(6.0);
        ui.scope(|ui| {
            ui.set_max_width(460.0);
            ui.label(sentence);
        });
        ui.add_space(12.0);
        buttons(ui)
    })
    .inner
}

/// The thing, when it is here; otherwise paints what is being done or what went wrong.
pub(crate) fn loaded<'a, T>(ui: &mut Ui, loadable: &'a Loadable<T>, idle: &str) -> Option<&'a T> {
    match loadable {
        Loadable::Ready(it) => return Some(it),
        Loadable::Loading(what) => loading(ui, what),
        Loadable::Failed(sentence) => failed(ui, sentence),
        Loadable::Idle => {
            ui.weak(idle);
        }
    }
    None
}

/// A spinner and what is being done.
pub(crate) fn loading(ui: &mut Ui, what: &str) {
    ui.horizontal(|ui| {
        ui.spinner();
        ui.label(what);
    });
}

/// Progress of the opening of a log.
pub(crate) fn opening(ui: &mut Ui, app: &App) {
    let (stage, share) = app.data.opening();
    match share {
        Some(share) => {
            let bar = egui::ProgressBar::new(share)
                .desired_width(160.0)
                .desired_height(ui.spacing().icon_width);
            ui.add(bar).on_hover_text(stage.to_string());
        }
        None => {
            ui.spinner();
        }
    }
    ui.weak(stage.to_string());
}

/// Shows what went wrong, cure included.
pub(crate) fn failed(ui: &mut Ui, sentence: &str) {
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new("⚠").color(ui.visuals().error_fg_color));
        ui.label(RichText::new(sentence).color(ui.visuals().error_fg_color));
    });
}
