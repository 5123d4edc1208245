//! The list of runs at the left: what they are, how they did, which are looked at.

use egui::{RichText, ScrollArea, Sense, Ui, vec2};

use super::about_form::AboutForm;
use super::bin_list::BinList;
use crate::app::{Action, App, Loadable, Select, TrainingPhase};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::run_words;
use crate::ui::{Actions, text};
use seqscope_base::metric::Metrics;
use seqscope_base::spec::Entry;
use seqscope_engine::run::{AboutChange, Manifest, RunOutcome, RunStatus, Summary};

/// View state of the rail.
#[derive(Default)]
pub(super) struct Rail {
    about: AboutForm,
    bin: BinList,
    /// Whether ids are replaced in what is exported.
    hides_ids: bool,
    /// Words that a person typed to find runs.
    wanted: String,
    found: RunFilter,
}

/// Runs whose title or folder has the words that were typed.
#[derive(Default)]
struct RunFilter {
    /// Revision of the list and the words: looked through again when either changes. What is put
    /// away counts for the revision.
    of: Option<(u64, String)>,
    places: Vec<usize>,
}

impl RunFilter {
    fn refresh(&mut self, app: &App, runs: &[Summary], typed: &str) {
        let revision = app.runs.revision();
        if self
            .of
            .as_ref()
            .is_some_and(|(seen, words)| *seen == revision && words == typed)
        {
            return;
        }
        let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
        self.places = runs
            .iter()
            .enumerate()
            .filter(|(_, summary)| app.runs.is_shown(summary) && has_all(summary, &words))
            .map(|(at, _)| at)
            .collect();
        self.of = Some((revision, typed.to_owned()));
    }
}

/// Whether title, tags and folder of a run have all of the words, which are in small letters.
fn has_all(summary: &Summary, words: &[String]) -> bool {
    let mut text = format!("{} {}", run_words::title(summary), summary.id);
    for tag in &summary.about.tags {
        text.extend([" ", tag]);
    }
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word.as_str()))
}

/// With fewer runs than this all are in sight, and none needs to be looked for.
const MANY: usize = 12;

impl Rail {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        ui.take_available_width();
        ui.horizontal(|ui| {
            ui.label(RichText::new(tr("Runs")).strong());
            if let Loadable::Ready(runs) = app.runs.listed() {
                ui.weak(text::count(runs.len()));
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    self.list_menu(ui, app, runs, actions);
                });
            }
        });
        match app.runs.listed() {
            Loadable::Ready(runs) if runs.is_empty() => {
                ui.weak(tr(
                    "Every training run is kept here, with its curves, weights and results. \
                         There is none yet.",
                ));
                ui.add_space(size::GAP);
                super::action_button(ui, app, actions, Action::TryIt);
            }
            Loadable::Ready(runs) => self.list(ui, app, runs, actions),
            Loadable::Failed(why) => {
                ui.colored_label(theme::colors(ui).error, tr(why));
                super::action_button(ui, app, actions, Action::RefreshRuns);
            }
            Loadable::Loading(_) | Loadable::Idle => {
                ui.spinner();
            }
        }
        self.about.ui(ui, app, actions);
        self.bin.ui(ui, app, actions);
    }

    /// What concerns the list as a whole.
    fn list_menu(&mut self, ui: &mut Ui, app: &App, runs: &[Summary], actions: &mut Actions) {
        let menu = ui.menu_button("⋯", |ui| {
            let n_archived = runs.iter().filter(|run| run.about.archived).count();
            let mut shows = app.runs.shows_archived();
            let words = tr(format!("Show {n_archived} that were put away"));
            if ui.checkbox(&mut shows, words).changed() {
                actions.push(Action::ShowArchived(shows));
            }
            if ui.button(tr("Deleted runs…")).clicked() {
                self.bin.open(actions);
                ui.close();
            }
        });
        (menu.response).widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Button, true, tr("List of runs"))
        });
    }

    fn list(&mut self, ui: &mut Ui, app: &App, runs: &[Summary], actions: &mut Actions) {
        let row = 46.0;
        if runs.len() >= MANY {
            let field = egui::TextEdit::singleline(&mut self.wanted)
                .hint_text(tr("Find runs"))
                .desired_width(f32::INFINITY);
            let field = ui
                .add(field)
                .on_hover_text(tr("Words of a run's name, tags, model or folder"));
            field.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::TextInput, true, tr("Find runs"))
            });
        } else {
            self.wanted.clear();
        }
        self.found.refresh(app, runs, &self.wanted);
        if self.found.places.is_empty() {
            ui.weak(tr(
                "No run has these words in its name, tags, model or folder.",
            ));
        }
        let places = std::mem::take(&mut self.found.places);
        ScrollArea::vertical()
            .auto_shrink([false, false])
            .show_rows(ui, row, places.len(), |ui, shown| {
                for summary in places
                    .get(shown)
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|at| runs.get(*at))
                {
                    self.row(ui, app, summary, row, actions);
                }
            });
        self.found.places = places;
    }

    fn row(
        &mut self,
        ui: &mut Ui,
        app: &App,
        summary: &Summary,
        height: f32,
        actions: &mut Actions,
    ) {
        let colors = theme::colors(ui);
        let is_selected = app.selection.run.as_ref() == Some(&summary.id);
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
        let name = run_words::title(summary);
        response.widget_info(|| {
            egui::WidgetInfo::selected(
                egui::Role::Button,
                true,
                is_selected,
                tr(format!("Run {name}")),
            )
        });
        let fill = match (is_selected, response.hovered()) {
            (true, _) => theme::mix(colors.bar, colors.accent, 0.28),
            (false, true) => theme::mix(colors.bar, colors.text, 0.08),
            (false, false) => egui::Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(rect, size::CORNER, fill);
        let mut inside =
            ui.new_child(egui::UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 4.0))));
        Self::cells(&mut inside, app, summary, &name, actions);
        if response.clicked() {
            actions.push(Action::Select(Select::Run(summary.id.clone())));
        }
        let response = response.on_hover_ui(|ui| hover(ui, summary));
        // What is ticked in the menu leaves it open; what is asked for closes it.
        egui::Popup::menu(&response)
            .open_memory(menu_is_asked(ui, &response))
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| self.menu(ui, app, summary, actions));
    }

    fn cells(ui: &mut Ui, app: &App, summary: &Summary, name: &str, actions: &mut Actions) {
        let colors = theme::colors(ui);
        ui.spacing_mut().item_spacing = vec2(6.0, 1.0);
        ui.horizontal(|ui| {
            let mut is_compared = app.selection.compared.contains(&summary.id);
            let mark = ui
                .checkbox(&mut is_compared, ())
                .on_hover_text(tr("Draw its curves on Compare"));
            mark.widget_info(|| {
                egui::WidgetInfo::selected(
                    egui::Role::CheckBox,
                    true,
                    is_compared,
                    tr(format!("Compare {name}")),
                )
            });
            if mark.clicked() {
                actions.push(Action::Select(Select::ToggleCompared(summary.id.clone())));
            }
            ui.vertical(|ui| {
                ui.spacing_mut().interact_size.y = 16.0;
                ui.horizontal(|ui| {
                    run_words::dot(ui, theme::run_color(ui, app, &summary.id));
                    ui.add(
                        egui::Label::new(RichText::new(name).color(colors.strong))
                            .truncate()
                            .selectable(false),
                    );
                });
                let (words, color) = state(ui, app, summary);
                let line = RichText::new(words).size(size::TEXT_SMALL).color(color);
                ui.add(egui::Label::new(line).truncate().selectable(false));
            });
        });
    }

    fn menu(&mut self, ui: &mut Ui, app: &App, summary: &Summary, actions: &mut Actions) {
        let run = &summary.id;
        for action in [
            Action::Select(Select::Run(run.clone())),
            Action::Select(Select::SecondRun(Some(run.clone()))),
            Action::UseExperimentOf(run.clone()),
            Action::ResumeRun(run.clone()),
            Action::Race(run.clone()),
        ] {
            let before = actions.len();
            super::action_button(ui, app, actions, action);
            if actions.len() > before {
                ui.close();
            }
        }
        let folder = app.runs.store.free_export_folder(run);
        let export = if self.hides_ids {
            Action::ExportHidden(run.clone(), folder)
        } else {
            Action::ExportRun(run.clone(), folder)
        };
        let before = actions.len();
        super::action_button(ui, app, actions, export);
        if actions.len() > before {
            ui.close();
        }
        let hides = ui.checkbox(&mut self.hides_ids, tr("with pseudonyms"));
        hides.on_hover_text(tr(
            "Ids of users and items are replaced in what is exported, under the key in use.",
        ));
        ui.separator();
        self.write_about(ui, summary, actions);
        ui.separator();
        let before = actions.len();
        super::action_button(ui, app, actions, Action::DeleteRun(run.clone()));
        if actions.len() > before {
            ui.close();
        }
    }

    /// What a person may write about a run.
    fn write_about(&mut self, ui: &mut Ui, summary: &Summary, actions: &mut Actions) {
        if ui.button(tr("Label, tags and note…")).clicked() {
            self.about.open(summary);
            ui.close();
        }
        let (starred, archived) = (summary.about.starred, summary.about.archived);
        let star = if starred {
            "Take the star away"
        } else {
            "Mark with a star"
        };
        let archive = if archived {
            "Take back into the list"
        } else {
            "Put away"
        };
        let marks = [
            (
                star,
                AboutChange {
                    starred: Some(!starred),
                    ..AboutChange::default()
                },
            ),
            (
                archive,
                AboutChange {
                    archived: Some(!archived),
                    ..AboutChange::default()
                },
            ),
        ];
        for (words, change) in marks {
            if ui.button(tr(words)).clicked() {
                actions.push(Action::WriteAbout(summary.id.clone(), Box::new(change)));
                ui.close();
            }
        }
    }
}

/// Whether the menu of a row is opened, by the other button or by the key that menus have, or closed.
fn menu_is_asked(ui: &Ui, row: &egui::Response) -> Option<egui::SetOpenCommand> {
    let has_focus = row.has_focus();
    let by_key = ui.input(|input| input.modifiers.shift && input.key_pressed(egui::Key::F10));
    if row.secondary_clicked() || (has_focus && by_key) {
        Some(true.into())
    } else {
        row.clicked().then_some(false.into())
    }
}

/// The second line: how the run stands, and its NDCG@10.
fn state(ui: &Ui, app: &App, summary: &Summary) -> (String, egui::Color32) {
    let colors = theme::colors(ui);
    let score = summary.manifest.as_deref().and_then(score);
    let with = |words: &str| {
        score.as_ref().map_or_else(
            || tr(words),
            |(score, part)| format!("{} · {score} {}", tr(words), tr(*part)),
        )
    };
    let whole = || {
        score.as_ref().map_or_else(
            || tr("finished"),
            |(score, part)| format!("{score} {}", tr(*part)),
        )
    };
    let is_paused =
        app.training.current.as_ref().is_some_and(|t| {
            t.phase == TrainingPhase::Paused && t.run.as_ref() == Some(&summary.id)
        });
    match &summary.status {
        RunStatus::Paused => (with("⏸ paused"), colors.accent),
        RunStatus::Running if is_paused => (with("⏸ paused"), colors.accent),
        RunStatus::Running => (with("▶ training"), colors.accent),
        RunStatus::Interrupted => (with("⏸ interrupted"), colors.warning),
        RunStatus::Ended(RunOutcome::Finished) => (whole(), colors.weak),
        RunStatus::Ended(RunOutcome::Stopped) => (with("⏹ stopped"), colors.weak),
        RunStatus::Ended(RunOutcome::Failed { .. }) => (with("✖ failed"), colors.error),
        RunStatus::Damaged(_) => (tr("✖ damaged"), colors.error),
    }
}

/// The primary metric on the test, else the best on validation; and which of the two it is.
fn score(manifest: &Manifest) -> Option<(String, &'static str)> {
    let words = |metrics: &Metrics| {
        let (metric, value) = metrics.primary();
        format!("{} {}", tr(metric.title()), text::optional_metric(value))
    };
    let test = manifest.test.as_ref().map(|m| (words(m), "test"));
    test.or_else(|| manifest.valid.as_ref().map(|m| (words(m), "valid")))
}

fn hover(ui: &mut Ui, summary: &Summary) {
    ui.label(RichText::new(summary.id.to_string()).strong());
    let about = &summary.about;
    if let (Some(_), Some(manifest)) = (about.label(), &summary.manifest) {
        ui.label(tr(format!("Experiment: {}", manifest.experiment.name)));
    }
    if !about.tags.is_empty() {
        let tags: Vec<&str> = about.tags.iter().map(String::as_str).collect();
        ui.label(tr(format!("Tags: {}", tags.join(", "))));
    }
    if !about.note.is_empty() {
        ui.label(RichText::new(&about.note).italics());
    }
    if let Some(fault) = &about.fault {
        ui.colored_label(theme::colors(ui).warning, tr(fault));
    }
    if let RunStatus::Damaged(why) = &summary.status {
        ui.label(tr(why));
    }
    let Some(manifest) = &summary.manifest else {
        return;
    };
    ui.label(tr(format!(
        "Data: {}, {}",
        manifest.data.name,
        text::counted(manifest.data.shape.n_users, "user")
    )));
    ui.label(tr(format!(
        "Started {} UTC",
        text::moment(manifest.started_secs)
    )));
    ui.label(format!(
        "{}{}{}",
        tr(text::counted(manifest.epochs, "epoch")),
        tr(", "),
        tr(text::duration(manifest.train_secs))
    ));
    if let Some(device) = &manifest.device {
        ui.label(tr(format!("On {}", device.name)));
    }
    if let Some(RunOutcome::Failed { sentence }) = &manifest.outcome {
        ui.label(tr(sentence));
    }
}
