//! The first start: three ways in.

use egui::{Button, RichText, Ui, vec2};

use crate::app::{Action, App, is_experiment};
use crate::ui::Actions;
use crate::ui::theme::{self, size};

const CARD: egui::Vec2 = vec2(264.0, 168.0);

pub(super) fn ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.5 - 250.0).max(8.0));
        ui.label(
            RichText::new("What did users do, and what will they do next?")
                .size(26.0)
                .color(theme::colors(ui).strong),
        );
        ui.weak(
            "Open a log of behaviour, train a sequence model on it, and see why it predicts \
                 what it predicts.",
        );
        ui.add_space(size::GAP_LARGE * 1.5);
        let frame = 2.0 * (f32::from(size::PAD) + 1.0);
        let width = (CARD.x + frame) * 3.0 + size::GAP_LARGE * 2.0;
        ui.allocate_ui(vec2(width.min(ui.available_width()), CARD.y), |ui| {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = size::GAP_LARGE;
                cards(ui, app, actions);
            });
        });
        ui.add_space(size::GAP);
        if ui.link("or look at a run that has finished").clicked() {
            actions.push(Action::OpenExample);
        }
        if ui.link("or set up the synthetic world yourself").clicked() {
            actions.push(Action::UseWorld);
        }
        recent(ui, app, actions);
    });
}

fn cards(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let cards = [
        (
            "Try it in 30 seconds",
            "A synthetic world of users whose rules are known, and a small Transformer that learns \
             them while you watch. Needs no file.",
            Action::TryIt,
            "Train now",
        ),
        (
            "Open my data",
            "CSV, TSV, RecBole, Parquet, JSON or SQLite with a user, an item and a time. Columns \
             are guessed; drop a file here, too.",
            Action::PickData,
            "Open a log…",
        ),
        (
            "Open an experiment",
            "A .ron file that says which data, which model and how to train. The same file runs on \
             the command line.",
            Action::PickExperiment,
            "Open a file…",
        ),
    ];
    for (at, (title, words, action, label)) in cards.into_iter().enumerate() {
        theme::card(ui).show(ui, |ui| {
            ui.set_min_size(CARD);
            ui.set_max_size(CARD);
            ui.vertical(|ui| {
                ui.heading(title);
                ui.add_space(size::GAP_SMALL);
                ui.add(egui::Label::new(words).wrap());
                ui.with_layout(egui::Layout::bottom_up(egui::Align::Min), |ui| {
                    let button = if at == 0 {
                        Button::new(RichText::new(label).color(theme::colors(ui).on_accent))
                            .fill(theme::colors(ui).accent)
                    } else {
                        Button::new(label)
                    };
                    card_button(ui, app, action, button, actions);
                });
            });
        });
    }
}

fn card_button(ui: &mut Ui, app: &App, action: Action, button: Button<'_>, actions: &mut Actions) {
    let enabled = app.enabled(&action);
    let size = vec2(120.0, 32.0);
    let add = |ui: &mut Ui| {
        ui.allocate_ui(size, |ui| {
            ui.centered_and_justified(|ui| ui.add_enabled(enabled.is_ok(), button))
                .inner
        })
        .inner
    };
    let response = add(ui);
    if response.clicked() {
        actions.push(action);
    }
    if let Err(reason) = enabled {
        response.on_disabled_hover_text(reason);
    }
}

fn recent(ui: &mut Ui, app: &App, actions: &mut Actions) {
    if app.recent.is_empty() {
        return;
    }
    ui.add_space(size::GAP_LARGE);
    ui.weak("Recent");
    for path in app.recent.iter().take(5) {
        if ui.link(path.display().to_string()).clicked() {
            let action = if is_experiment(path) {
                Action::OpenExperiment
            } else {
                Action::OpenData
            };
            actions.push(action(path.clone()));
        }
    }
}
