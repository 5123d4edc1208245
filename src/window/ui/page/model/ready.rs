//! What will be trained on what, what stands in the way, and the start.

use std::path::PathBuf;

use egui::{Button, RichText, Ui, vec2};

use crate::app::{Action, App, Loadable, Page, QueueAction};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::{Actions, frame, text};
use seqscope_base::spec::Entry;
use seqscope_data::{DataSource, SplitSpec};
use seqscope_model::count_of;

/// View state of the form that saves the experiment.
#[derive(Default)]
pub(super) struct SaveForm {
    path: String,
    /// The experiment's name that `path` was last made from.
    of: Option<String>,
}

pub(super) fn ui(ui: &mut Ui, app: &App, save_as: &mut SaveForm, actions: &mut Actions) {
    theme::card(ui).show(ui, |ui| {
        ui.take_available_width();
        ui.heading(tr("Data"));
        data(ui, app, actions);
    });
    ui.add_space(size::GAP);
    theme::card(ui).show(ui, |ui| {
        ui.take_available_width();
        ui.heading(tr("Model"));
        model(ui, app);
    });
    ui.add_space(size::GAP);
    theme::card(ui).show(ui, |ui| {
        ui.take_available_width();
        start(ui, app, actions);
    });
    ui.add_space(size::GAP);
    theme::card(ui).show(ui, |ui| {
        ui.take_available_width();
        save_as.ui(ui, app, actions);
    });
}

fn data(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let experiment = &app.draft.experiment;
    let source = source_words(&experiment.data.source);
    ui.add(egui::Label::new(RichText::new(source).color(theme::colors(ui).strong)).truncate());
    ui.label(tr(split_words(experiment.split)));
    if let Some(prepared) = app.fresh_data() {
        let shape = prepared.dataset.shape();
        let sizes = [
            (shape.n_users, "user"),
            (shape.n_items, "item"),
            (shape.n_events, "event"),
        ];
        ui.label(
            sizes
                .map(|(n, noun)| tr(text::counted(n, noun)))
                .join(&tr(", ")),
        );
        return;
    }
    match &app.data.prepared {
        Loadable::Loading(words) => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(tr(words));
            });
        }
        Loadable::Ready(_) => {
            ui.colored_label(
                theme::colors(ui).warning,
                tr("Data settings have changed since the data were prepared; the start prepares them \
                 again."),
            );
        }
        Loadable::Idle | Loadable::Failed(_) => {
            ui.weak(tr(
                "Not prepared yet: the start does it first. Prepared, the sizes that depend on the \
                 data show here.",
            ));
        }
    }
    ui.horizontal(|ui| {
        frame::action_button(ui, app, actions, Action::Prepare);
        frame::action_button_as(ui, app, actions, Action::GoTo(Page::Data), tr("Show data"));
    });
}

fn source_words(source: &DataSource) -> String {
    match source {
        DataSource::World(world) => {
            let kind = tr(world.title()).to_lowercase();
            tr(format!(
                "Synthetic world, {kind}, seed {}",
                world.shared().seed
            ))
        }
        DataSource::File(file) => file
            .path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
    }
}

fn split_words(split: SplitSpec) -> String {
    match split {
        SplitSpec::LeaveOneOut => "Leave-one-out".to_owned(),
        SplitSpec::GlobalTemporal {
            valid_fraction,
            test_fraction,
        } => shares("Global cut", valid_fraction, test_fraction),
        SplitSpec::OwnFiles => "Own train and test files".to_owned(),
        SplitSpec::AtDates {
            validation_from,
            test_from,
        } => {
            format!("Cut at dates: validation from {validation_from}, test from {test_from}")
        }
        SplitSpec::PerUserTemporal {
            valid_fraction,
            test_fraction,
        } => shares("Per user", valid_fraction, test_fraction),
        SplitSpec::RollingWindows {
            n_windows,
            window,
            horizon_fraction,
        } => {
            let share = text::percent(horizon_fraction);
            format!("Window {window} of {n_windows}: {share} valid, {share} test")
        }
    }
}

fn shares(name: &str, valid_fraction: f64, test_fraction: f64) -> String {
    format!(
        "{name} in time: {} valid, {} test",
        text::percent(valid_fraction),
        text::percent(test_fraction)
    )
}

fn model(ui: &mut Ui, app: &App) {
    let experiment = &app.draft.experiment;
    let line = |ui: &mut Ui, name: &str, value: String, hover: &str| {
        ui.horizontal(|ui| {
            ui.weak(tr(name));
            ui.label(RichText::new(value).color(theme::colors(ui).strong));
        })
        .response
        .on_hover_text(tr(hover));
    };
    let count = count_of(&app.draft.layers);
    let hover = if count.known().is_some() {
        "Weights, biases and embeddings"
    } else {
        "Weights, biases and embeddings; what the data tell stands as a symbol until they are \
         prepared"
    };
    line(ui, "Parameters", count.words(text::count), hover);
    if app.draft.n_params.is_none() {
        ui.weak(tr("Memory and steps show here once the data are prepared."));
        return;
    }
    if let Some(memory) = app.draft.memory {
        let [parameters, step, evaluation] =
            [memory.parameters, memory.step, memory.evaluation].map(text::bytes);
        let hover = format!(
            "About {parameters} for weights, gradients and the optimiser's two moments, and on top \
             {step} for a step or {evaluation} for an evaluation, on the processor"
        );
        line(ui, "Memory to train", text::bytes(memory.peak()), &hover);
    }
    if let Some(prepared) = app.fresh_data() {
        let fewest = experiment.model.family().fewest_events();
        let n_train = prepared
            .split
            .train_len
            .iter()
            .filter(|len| **len >= fewest)
            .count();
        let steps = n_train.div_ceil(experiment.training.batch_size.max(1));
        let hover = format!("Users with at least {fewest} training events, over the batch size");
        line(ui, "Steps an epoch", text::count(steps), &hover);
    }
}

fn start(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let colors = theme::colors(ui);
    for problem in &app.draft.problems {
        let (color, icon) = if problem.is_error() {
            (colors.error, "✖")
        } else {
            (colors.warning, "⚠")
        };
        ui.add(
            egui::Label::new(
                RichText::new(format!("{icon} {}", tr(problem.sentence()))).color(color),
            )
            .wrap(),
        )
        .on_hover_text(problem.field.as_str());
    }
    let enabled = app.enabled(&Action::Start);
    let words = RichText::new(tr("Start training")).size(16.0);
    let button = match enabled {
        Ok(()) => Button::new(words.color(colors.on_accent)).fill(colors.accent),
        Err(_) => Button::new(words),
    };
    let button = button.min_size(vec2(ui.available_width(), 38.0));
    let response = ui
        .vertical_centered(|ui| ui.add_enabled(enabled.is_ok(), button))
        .inner;
    let response = response.on_hover_text(tr("Ctrl+Enter"));
    if response.clicked() {
        actions.push(Action::Start);
    }
    ui.add_space(size::GAP_SMALL);
    queue(ui, app, actions);
    if let Err(reason) = enabled {
        response.on_disabled_hover_text(tr(&reason));
        if app.training.is_active() {
            ui.weak(tr(reason));
            frame::action_button_as(
                ui,
                app,
                actions,
                Action::GoTo(Page::Train),
                tr("Show the run"),
            );
        }
    }
}

/// The way into the queue, beside the start.
fn queue(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let action = Action::Queue(QueueAction::Add);
    let enabled = app.enabled(&action);
    let button = Button::new(tr("Queue")).min_size(vec2(ui.available_width(), 26.0));
    let response = ui
        .vertical_centered(|ui| ui.add_enabled(enabled.is_ok(), button))
        .inner;
    let response = match &enabled {
        Ok(()) => response.on_hover_text(tr(
            "Ctrl+Shift+Enter: trained after the entries before it; the queue stands below the list \
             of runs",
        )),
        Err(reason) => response.on_disabled_hover_text(tr(reason)),
    };
    if response.clicked() {
        actions.push(action);
    }
}

impl SaveForm {
    fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        self.follow(&app.draft.experiment.name);
        let label = ui.label(tr("Save as an experiment file"));
        ui.horizontal(|ui| {
            let width = ui.available_width() - 60.0;
            ui.add(egui::TextEdit::singleline(&mut self.path).desired_width(width))
                .labelled_by(label.id);
            if ui
                .button(tr("Save"))
                .on_hover_text(tr("`seqscope train` runs the same file without a window"))
                .clicked()
            {
                actions.push(Action::SaveExperiment(PathBuf::from(self.path.trim())));
            }
        });
    }

    /// The path field follows the experiment's name; between two names it is the person's.
    fn follow(&mut self, name: &str) {
        if self.of.as_deref() != Some(name) {
            self.of = Some(name.to_owned());
            self.path = format!("experiments/{name}.ron");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SaveForm;

    #[test]
    fn the_offered_path_follows_the_name_and_leaves_a_typed_one_alone_meanwhile() {
        let mut form = SaveForm::default();
        form.follow("clicks");
        assert_eq!(form.path, "experiments/clicks.ron");
        form.path = "mine.ron".to_owned();
        form.follow("clicks");
        assert_eq!(form.path, "mine.ron");
        form.follow("orders");
        assert_eq!(form.path, "experiments/orders.ron");
    }
}
