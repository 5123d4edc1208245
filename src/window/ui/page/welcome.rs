//! The first start: three ways in.

use egui::{Button, RichText, ScrollArea, Ui, vec2};

use crate::app::{Action, App, TourAction, TourStep, Visit, is_experiment, run_name};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::{Actions, tour};
use seqscope_engine::run::Summary;

const CARD: egui::Vec2 = vec2(264.0, 168.0);

pub(super) fn ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let height = ui.available_height();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.vertical_centered(|ui| {
            ui.add_space((height * 0.5 - 250.0).max(8.0));
            ui.label(
                RichText::new(tr("What did users do, and what will they do next?"))
                    .size(26.0)
                    .color(theme::colors(ui).strong),
            );
            ui.weak(tr(
                "Open a log of behaviour, train a sequence model on it, and see why it predicts \
                 what it predicts.",
            ));
            ui.add_space(size::GAP_LARGE * 1.5);
            ways_in(ui, app, actions);
            ui.add_space(size::GAP);
            links(ui, app, actions);
            recent(ui, app, actions);
        });
    });
}

/// The cards beside each other or, in a narrow window, below each other.
fn ways_in(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let frame = 2.0 * (f32::from(size::PAD) + 1.0);
    let width = (CARD.x + frame) * 3.0 + size::GAP_LARGE * 2.0;
    if ui.available_width() < width {
        ui.allocate_ui(vec2(CARD.x + frame, CARD.y), |ui| {
            ui.vertical(|ui| cards(ui, app, actions));
        });
        return;
    }
    ui.allocate_ui(vec2(width, CARD.y), |ui| {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = size::GAP_LARGE;
            cards(ui, app, actions);
        });
    });
}

fn links(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let tour = if app.tour.is_left() {
        "or go on with the tour"
    } else {
        "or take the tour through the window"
    };
    for (words, action) in [
        ("or look at a run that has finished", Action::OpenExample),
        (tour, Action::Tour(TourAction::Take)),
        ("or set up the synthetic world yourself", Action::UseWorld),
    ] {
        if ui.link(tr(words)).clicked() {
            actions.push(action);
        }
    }
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
                ui.heading(tr(title));
                ui.add_space(size::GAP_SMALL);
                ui.add(egui::Label::new(tr(words)).wrap());
                ui.with_layout(egui::Layout::bottom_up(egui::Align::Min), |ui| {
                    let button = if at == 0 {
                        Button::new(RichText::new(tr(label)).color(theme::colors(ui).on_accent))
                            .fill(theme::colors(ui).accent)
                    } else {
                        Button::new(tr(label))
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
    if action == Action::TryIt {
        tour::mark(ui, TourStep::Train, response.rect);
    }
    if response.clicked() {
        actions.push(action);
    }
    if let Err(reason) = enabled {
        response.on_disabled_hover_text(tr(reason));
    }
}

/// Files and runs of late, listed at most.
const LISTED: usize = 5;

fn recent(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let runs = app.visited.runs().iter();
    let runs: Vec<&Summary> = runs.filter_map(|run| app.runs.summary(run)).collect();
    if app.recent.is_empty() && runs.is_empty() {
        return;
    }
    ui.add_space(size::GAP_LARGE);
    ui.weak(tr("Recent"));
    for summary in runs.into_iter().take(LISTED) {
        if ui.link(run_name(summary)).clicked() {
            actions.push(Action::Revisit(Visit {
                run: summary.id.clone(),
                user_id: None,
            }));
        }
    }
    for path in app.recent.iter().take(LISTED) {
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
