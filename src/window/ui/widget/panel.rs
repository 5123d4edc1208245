//! Panels: those that stand beside the main part of a view, and the contents of one with nothing to
//! show: why, and what to do about it.

use egui::{Align, Layout, Panel, RichText, Ui};

use crate::app::{App, Loadable};
use crate::ui::language::tr;

/// Width under which what stands beside the main part of a view stands above or below it: half of a
/// window, where two runs share it.
const NARROW: f32 = 640.0;

/// Share of the height that it then has at first, above and below, and the most.
const SHARE_ABOVE: f32 = 0.54;
const SHARE_BELOW: f32 = 0.28;
const MOST_SHARE: f32 = 0.75;

/// Side of the main part on which a panel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PanelSide {
    /// To the left or, in a narrow place, above.
    Before,
    /// To the right or, in a narrow place, below.
    After,
}

/// Widths of a panel where it has room beside the main part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsideWidths {
    /// At first.
    pub(crate) usual: f32,
    /// The least.
    pub(crate) least: f32,
    /// The most.
    pub(crate) most: f32,
}

/// A panel that can be resized beside the main part of a view; in a narrow place above or below it.
pub(crate) fn aside(ui: &Ui, side: PanelSide, name: &str, widths: AsideWidths) -> Panel {
    if ui.available_width() >= NARROW {
        let panel = match side {
            PanelSide::Before => Panel::left(name.to_owned()),
            PanelSide::After => Panel::right(name.to_owned()),
        };
        return panel
            .resizable(true)
            .default_size(widths.usual)
            .size_range(widths.least..=widths.most.max(widths.least));
    }
    let height = ui.available_height();
    // A size of its own: a width says nothing of a height.
    let name = (name.to_owned(), "narrow");
    let (panel, share) = match side {
        PanelSide::Before => (Panel::top(name), SHARE_ABOVE),
        PanelSide::After => (Panel::bottom(name), SHARE_BELOW),
    };
    panel
        .resizable(true)
        .default_size(height * share)
        .size_range(60.0..=(height * MOST_SHARE).max(60.0))
}

/// A heading, a sentence, and room for the buttons that fill the panel; in the middle of it.
pub(crate) fn empty<R>(
    ui: &mut Ui,
    heading: &str,
    sentence: &str,
    buttons: impl FnOnce(&mut Ui) -> R,
) -> R {
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space((ui.available_height() * 0.28).min(180.0));
        ui.label(RichText::new(tr(heading)).heading());
        ui.add_space(6.0);
        ui.scope(|ui| {
            ui.set_max_width(460.0);
            ui.label(tr(sentence));
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
            ui.weak(tr(idle));
        }
    }
    None
}

/// A spinner and what is being done.
pub(crate) fn loading(ui: &mut Ui, what: &str) {
    ui.horizontal(|ui| {
        ui.spinner();
        ui.label(tr(what));
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
            ui.add(bar).on_hover_text(tr(stage.to_string()));
        }
        None => {
            ui.spinner();
        }
    }
    ui.weak(tr(stage.to_string()));
}

/// Shows what went wrong, cure included.
pub(crate) fn failed(ui: &mut Ui, sentence: &str) {
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new("⚠").color(ui.visuals().error_fg_color));
        ui.label(RichText::new(tr(sentence)).color(ui.visuals().error_fg_color));
    });
}
