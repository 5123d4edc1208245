//! The form on which a person writes about a run: label, tags, note.

use egui::{Ui, vec2};

use crate::app::{Action, App};
use crate::ui::Actions;
use crate::ui::language::tr;
use crate::ui::theme::size;
use seqscope_engine::run::{AboutChange, AboutRun, RunId, Summary};

/// The form while it is open.
#[derive(Default)]
pub(super) struct AboutForm {
    edited: Option<EditedAbout>,
}

/// What is being written about a run.
struct EditedAbout {
    run: RunId,
    before: AboutRun,
    label: String,
    /// Tags with blanks between them.
    tags: String,
    note: String,
}

impl EditedAbout {
    fn of(summary: &Summary) -> Self {
        let about = summary.about.clone();
        let tags: Vec<&str> = about.tags.iter().map(String::as_str).collect();
        Self {
            run: summary.id.clone(),
            label: about.label.clone(),
            tags: tags.join(" "),
            note: about.note.clone(),
            before: about,
        }
    }

    fn change(&self) -> AboutChange {
        let is_between =
            |letter: char| letter.is_whitespace() || matches!(letter, ',' | '，' | '、');
        let tags: Vec<&str> = (self.tags.split(is_between))
            .filter(|tag| !tag.is_empty())
            .collect();
        let is_kept = |tag: &String| tags.contains(&tag.as_str());
        AboutChange {
            label: Some(self.label.clone()),
            remove_tags: (self.before.tags.iter().filter(|tag| !is_kept(tag)).cloned()).collect(),
            add_tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            note: Some(self.note.clone()),
            ..AboutChange::default()
        }
    }

    /// Why it cannot be written so; empty where it can.
    fn fault(&self) -> String {
        let applied = self.change().applied(&self.before);
        applied
            .err()
            .map_or_else(String::new, |error| error.to_string())
    }
}

impl AboutForm {
    /// Opens the form on a run.
    pub(super) fn open(&mut self, summary: &Summary) {
        self.edited = Some(EditedAbout::of(summary));
    }

    pub(super) fn ui(&mut self, ui: &Ui, app: &App, actions: &mut Actions) {
        let Some(edited) = &mut self.edited else {
            return;
        };
        let mut is_done = app.runs.summary(&edited.run).is_none();
        let shown = egui::Modal::new(egui::Id::unique("about run")).show(ui.ctx(), |ui| {
            ui.set_width(440.0);
            ui.heading(tr("Write about this run"));
            ui.weak(edited.run.to_string());
            ui.add_space(size::GAP);
            field(
                ui,
                "Label",
                "Shown in the place of the experiment's name",
                &mut edited.label,
            );
            field(
                ui,
                "Tags",
                "Words with blanks between them",
                &mut edited.tags,
            );
            ui.label(tr("Note"));
            let note = egui::TextEdit::multiline(&mut edited.note)
                .desired_rows(6)
                .desired_width(f32::INFINITY);
            named(&ui.add(note), "Note");
            let fault = edited.fault();
            if !fault.is_empty() {
                ui.colored_label(crate::ui::theme::colors(ui).error, tr(&fault));
            }
            ui.add_space(size::GAP);
            ui.horizontal(|ui| {
                let save = egui::Button::new(tr("Save")).min_size(vec2(70.0, 0.0));
                if ui.add_enabled(fault.is_empty(), save).clicked() {
                    actions.push(Action::WriteAbout(
                        edited.run.clone(),
                        Box::new(edited.change()),
                    ));
                    is_done = true;
                }
                is_done |= ui.button(tr("Cancel")).clicked();
            });
        });
        if is_done || shown.should_close() {
            self.edited = None;
        }
    }
}

fn field(ui: &mut Ui, name: &'static str, hint: &'static str, text: &mut String) {
    ui.label(tr(name));
    let field = egui::TextEdit::singleline(text)
        .hint_text(tr(hint))
        .desired_width(f32::INFINITY);
    named(&ui.add(field), name);
}

fn named(field: &egui::Response, name: &'static str) {
    field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, tr(name)));
}
