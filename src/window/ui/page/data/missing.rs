//! What stands for nothing in a log, and whether sessions serve where no user stands.

use egui::{ComboBox, RichText, TextEdit, Ui};

use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use seqscope_data::{FileSpec, Preview, Role};

/// View state: the marks while they are typed.
#[derive(Default)]
pub(super) struct MissingForm {
    typed: Option<String>,
}

impl MissingForm {
    pub(super) fn ui(&mut self, ui: &mut Ui, file: &mut FileSpec, preview: &Preview) {
        let help = "NULL, None, NaN, N/A, \\N and empty cells always mean that there is nothing; \
                    further marks, with commas between them, such as NA";
        ui.horizontal(|ui| {
            let label = ui.label(tr("Missing values")).on_hover_text(tr(help));
            let mut text = self
                .typed
                .take()
                .unwrap_or_else(|| file.missing.clone().unwrap_or_default().join(", "));
            let field = TextEdit::singleline(&mut text)
                .desired_width(150.0)
                .hint_text(tr("NULL, NaN and their like"));
            let field = ui.add(field).labelled_by(label.id).on_hover_text(tr(help));
            if field.lost_focus() {
                let marks: Vec<String> = text
                    .split(',')
                    .map(|mark| mark.trim().to_owned())
                    .filter(|mark| !mark.is_empty())
                    .collect();
                file.missing = (!marks.is_empty()).then_some(marks);
            } else if field.has_focus() {
                self.typed = Some(text);
            }
        });
        if preview.file.roles.column(Role::Session).is_none() {
            return;
        }
        ui.horizontal(|ui| {
            let label = ui.label(tr("Without a user"));
            let words = |choice: Option<bool>| match choice {
                None => "by their share",
                Some(true) => "each session is a user",
                Some(false) => "left out",
            };
            ui.label_inputs_by(label.id, |ui| {
                let shown = words(file.sessions_for_users);
                ComboBox::from_id_salt("sessions-for-users")
                    .selected_text(tr(shown))
                    .show_ui(ui, |ui| {
                        for choice in [None, Some(true), Some(false)] {
                            ui.selectable_value(
                                &mut file.sessions_for_users,
                                choice,
                                tr(words(choice)),
                            );
                        }
                    });
            });
        });
        if file.sessions_for_users.is_none() {
            let words = "From one row in twenty on, each session of nobody is a user of its own.";
            ui.label(
                RichText::new(tr(words))
                    .size(size::TEXT_SMALL)
                    .color(theme::colors(ui).weak),
            );
        }
    }
}
