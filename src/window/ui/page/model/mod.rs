//! What will I train? Families, their settings, how to train, and what stands in the way.

mod layers;
mod ready;

use egui::{Button, RichText, ScrollArea, Ui, vec2};
use strum::IntoEnumIterator;

use super::form::{SectionForm, labelled, problems};
use crate::app::{Action, App, Draft, Loadable, SizePreset, sized_model};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::{Actions, frame, text};
use seqscope_base::spec::{Described, Entry, Field};
use seqscope_data::{AugmentSpec, Sampler, TaskKind};
use seqscope_engine::experiment::{EvaluationSpec, Experiment, Preset, TrainingSpec};
use seqscope_model::gan::GanSpec;
use seqscope_model::{ModelKind, ModelSpec};

/// Width of what stands at the right: readiness and start.
const SIDE: f32 = 312.0;

/// View state of the page.
#[derive(Default)]
pub(super) struct ModelPage {
    save_as: ready::SaveForm,
}

impl ModelPage {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        let mut edited = app.draft.experiment.clone();
        egui::Panel::right("ready")
            .frame(egui::Frame::new().inner_margin(egui::Margin {
                left: size::PAGE_PAD,
                ..egui::Margin::ZERO
            }))
            .exact_size(SIDE)
            .resizable(false)
            .show_separator_line(false)
            .show(ui, |ui| ready::ui(ui, app, &mut self.save_as, actions));
        egui::CentralPanel::no_frame().show(ui, |ui| {
            head(ui, app, &mut edited, actions);
            choices(ui, app, &mut edited, actions);
            problems(ui, &app.draft, "task");
            ui.add_space(size::GAP);
            ScrollArea::vertical()
                .auto_shrink([false, false])
                .show(ui, |ui| sections(ui, app, &mut edited));
        });
        if edited != app.draft.experiment {
            actions.push(Action::Edit(Box::new(edited)));
        }
    }
}

/// Name and undo.
fn head(ui: &mut Ui, app: &App, edited: &mut Experiment, actions: &mut Actions) {
    ui.horizontal(|ui| {
        let name = ui.label(tr("Name"));
        ui.add(egui::TextEdit::singleline(&mut edited.name).desired_width(190.0))
            .labelled_by(name.id)
            .on_hover_text(tr("Becomes part of the run's folder name"));
        ui.separator();
        frame::action_button_as(ui, app, actions, Action::Undo, tr("⟲ Undo"));
        frame::action_button_as(ui, app, actions, Action::Redo, tr("⟳ Redo"));
    });
    problems(ui, &app.draft, "name");
}

/// Width, depth and window of the model at once.
fn sizes(ui: &mut Ui, edited: &mut Experiment) {
    for preset in SizePreset::iter() {
        let model = sized_model(&edited.model, preset);
        let chip_of = Chip::new(model == edited.model, true);
        if chip(ui, &preset.to_string(), chip_of, preset.help()).clicked() {
            edited.model = model;
        }
    }
}

/// Models as in their papers; the one that stands is named.
fn presets(ui: &mut Ui, edited: &mut Experiment) {
    let present = Preset::iter().find(|preset| preset.applied_to(edited) == *edited);
    let shown = present.map_or("choose…", |preset| preset.title());
    let label = ui.label(tr("As in the paper"));
    let list = egui::ComboBox::from_id_salt("preset")
        .selected_text(tr(shown))
        .width(120.0)
        .show_ui(ui, |ui| {
            for preset in Preset::iter() {
                let (title, source, differs) = (preset.title(), preset.source(), preset.differs());
                if ui
                    .selectable_label(present == Some(preset), tr(title))
                    .on_hover_ui(|ui| {
                        ui.set_max_width(420.0);
                        ui.strong(tr(title));
                        ui.label(tr(format!("Source: {source}.")));
                        ui.label(tr(format!("Not as in the paper: {differs}")));
                    })
                    .clicked()
                {
                    *edited = preset.applied_to(edited);
                }
            }
        });
    list.response.labelled_by(label.id).on_hover_text(tr(
        "Sets model and training as in a paper; what that leaves open stays",
    ));
}

/// Choice of what the model is to tell, and of the family that is to tell it.
fn choices(ui: &mut Ui, app: &App, edited: &mut Experiment, actions: &mut Actions) {
    let experiment = &app.draft.experiment;
    chosen_row(ui, "Task", |ui| {
        for kind in TaskKind::iter() {
            let hover = format!("{}\n\n{}.", kind.summary(), kind.source());
            if chip(
                ui,
                kind.title(),
                Chip::new(experiment.task.kind() == kind, true),
                &hover,
            )
            .clicked()
            {
                edited.task = if experiment.task.kind() == kind {
                    experiment.task.clone()
                } else {
                    kind.spec()
                };
            }
        }
    });
    let chosen = ModelKind::from(&experiment.model);
    chosen_row(ui, "Model", |ui| {
        for spec in ModelSpec::iter() {
            let (kind, family) = (ModelKind::from(&spec), spec.family());
            let can = family.tasks().contains(&experiment.task.kind());
            let hover = if can {
                format!("{}\n\n{}.", family.summary(), family.source())
            } else {
                format!(
                    "{} ranks the next item and cannot do this task.",
                    family.title()
                )
            };
            if chip(ui, family.title(), Chip::new(kind == chosen, can), &hover).clicked()
                && kind != chosen
            {
                actions.push(Action::ChooseModel(kind));
            }
        }
    });
    chosen_row(ui, "Size", |ui| {
        sizes(ui, edited);
        ui.separator();
        presets(ui, edited);
    });
    let words = format!(
        "{} {}",
        tr(experiment.task.kind().summary()),
        tr(experiment.model.family().summary())
    );
    ui.add(egui::Label::new(RichText::new(words).color(theme::colors(ui).weak)).wrap());
}

/// A row of choices after a word of fixed width; where it wraps, the next row stands below its
/// first choice.
fn chosen_row(ui: &mut Ui, label: &str, chips: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        ui.allocate_ui_with_layout(vec2(CHOICE_LABEL, CHIP_HEIGHT), layout, |ui| {
            ui.set_min_width(CHOICE_LABEL);
            ui.label(tr(label));
        });
        ui.horizontal_wrapped(chips);
    });
}

/// Width of the word before a row of choices.
const CHOICE_LABEL: f32 = 48.0;

/// State of a choice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chip {
    Chosen,
    Open,
    Closed,
}

impl Chip {
    fn new(is_chosen: bool, can: bool) -> Self {
        match (is_chosen, can) {
            (true, _) => Self::Chosen,
            (false, true) => Self::Open,
            (false, false) => Self::Closed,
        }
    }
}

fn chip(ui: &mut Ui, title: &str, chip: Chip, hover: &str) -> egui::Response {
    let button =
        Button::selectable(chip == Chip::Chosen, tr(title)).min_size(vec2(0.0, CHIP_HEIGHT));
    ui.add_enabled(chip != Chip::Closed, button)
        .on_hover_text(tr(hover))
        .on_disabled_hover_text(tr(hover))
}

/// Height of a choice.
const CHIP_HEIGHT: f32 = 26.0;

fn sections(ui: &mut Ui, app: &App, edited: &mut Experiment) {
    let draft = &app.draft;
    let task = edited.task.kind();
    if !edited.task.fields().is_empty() {
        card(ui, task.title(), task.source(), |ui| {
            section("task", task.spec().fields(), draft).ui(ui, &mut edited.task);
        });
    }
    let family = edited.model.family();
    let (title, source) = (family.title(), family.source());
    card(ui, title, source, |ui| {
        let kind = ModelKind::from(&edited.model);
        let defaults = ModelSpec::iter()
            .find(|spec| ModelKind::from(spec) == kind)
            .map(|spec| spec.fields())
            .unwrap_or_default();
        section("model", defaults, draft).ui(ui, edited.model.described_mut());
        problems(ui, draft, "model");
    });
    card(
        ui,
        "Layers",
        "In the order in which a history goes through them, as the settings stand",
        |ui| layers::ui(ui, app),
    );
    card(
        ui,
        "Training",
        "AdamW with early stopping on validation; the best epoch is kept and tested once",
        |ui| {
            device(ui, app, &mut edited.training);
            section("training", TrainingSpec::default().fields(), draft)
                .ui(ui, &mut WithoutDevice(&mut edited.training));
            seed(ui, draft, &mut edited.seed);
        },
    );
    card(
        ui,
        "Augmentation",
        "Training histories changed anew in each epoch; validation and test never are",
        |ui| augmentation(ui, draft, &mut edited.training),
    );
    card(
        ui,
        "Evaluation",
        "Full ranking over the whole catalogue; ties share the middle of their places",
        |ui| {
            section("evaluation", EvaluationSpec::default().fields(), draft)
                .ui(ui, &mut edited.evaluation);
            for sentence in draft.told_of_seen() {
                ui.add(egui::Label::new(RichText::new(tr(sentence)).size(size::TEXT_SMALL)).wrap());
            }
        },
    );
}

/// A section of the experiment as a form of the page's width.
fn section<'a>(section: &'a str, defaults: Vec<Field>, draft: &'a Draft) -> SectionForm<'a> {
    SectionForm {
        section,
        defaults,
        draft,
        is_narrow: false,
    }
}

fn augmentation(ui: &mut Ui, draft: &Draft, training: &mut TrainingSpec) {
    section("training.augment", AugmentSpec::default().fields(), draft)
        .ui(ui, &mut training.augment);
    let AugmentSpec {
        synthetic, sampler, ..
    } = training.augment;
    if synthetic > 0.0 && sampler != Sampler::Markov {
        section("training.gan", GanSpec::default().fields(), draft).ui(ui, &mut training.gan);
    }
}

fn card(ui: &mut Ui, title: &str, remark: &str, contents: impl FnOnce(&mut Ui)) {
    theme::card(ui).show(ui, |ui| {
        ui.take_available_width();
        ui.heading(tr(title));
        ui.add(
            egui::Label::new(
                RichText::new(tr(remark))
                    .size(size::TEXT_SMALL)
                    .color(theme::colors(ui).weak),
            )
            .wrap(),
        );
        ui.add_space(size::GAP_SMALL);
        contents(ui);
    });
    ui.add_space(size::GAP);
}

/// The device from a list rather than as text.
fn device(ui: &mut Ui, app: &App, training: &mut TrainingSpec) {
    let devices = app.devices.ready().map(Vec::as_slice).unwrap_or_default();
    let known = devices.iter().find(|device| device.key == training.device);
    let shown = match known {
        Some(device) => text::clipped(&device.name, 28),
        None if training.device == "auto" => "auto".to_owned(),
        None => text::clipped(&training.device, 28),
    };
    labelled(
        ui,
        "Device",
        |ui| {
            ui.label(tr(
                "auto takes a real GPU if there is one, else the CPU. A software driver is \
                  offered but never taken by itself.",
            ));
        },
        |ui| {
            egui::ComboBox::from_id_salt("device")
                .selected_text(shown)
                .width(214.0)
                .show_ui(ui, |ui| {
                    ui.selectable_value(
                        &mut training.device,
                        "auto".to_owned(),
                        tr("auto: a GPU if there is one, else the CPU"),
                    );
                    for device in devices {
                        let words =
                            format!("{} · {} · {}", device.key, device.name, device.backend);
                        ui.selectable_value(&mut training.device, device.key.clone(), words);
                    }
                });
        },
        |ui| match &app.devices {
            Loadable::Loading(words) => {
                ui.weak(tr(words));
            }
            Loadable::Failed(why) => {
                ui.colored_label(theme::colors(ui).error, tr(why));
            }
            _ => {}
        },
    );
    problems(ui, &app.draft, "training.device");
}

fn seed(ui: &mut Ui, draft: &Draft, seed: &mut u64) {
    labelled(
        ui,
        "Seed",
        |ui| {
            ui.label(tr(
                "Every random choice is derived from it: the same seed, data and CPU give the \
                  same numbers.",
            ));
        },
        |ui| {
            ui.add_sized(
                vec2(size::NUMBER, ui.spacing().interact_size.y),
                egui::DragValue::new(seed).speed(0.2),
            );
        },
        |_| {},
    );
    problems(ui, draft, "seed");
}

/// The training settings but for the device, which has a list of its own.
struct WithoutDevice<'a>(&'a mut TrainingSpec);

impl Described for WithoutDevice<'_> {
    fn fields(&self) -> Vec<Field> {
        self.0
            .fields()
            .into_iter()
            .filter(|field| field.key != "device")
            .collect()
    }

    fn set(
        &mut self,
        key: &str,
        value: &seqscope_base::spec::Value,
    ) -> Result<(), seqscope_base::spec::SetError> {
        self.0.set(key, value)
    }
}
