//! Which ids of a log are hidden, and the key that they are hidden with.

use egui::{ComboBox, RichText, TextEdit, Ui};
use strum::IntoEnumIterator;

use crate::app::Action;
use crate::ui::Actions;
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use seqscope_data::{FileSpec, KEY_VARIABLE, PseudonymKey, Pseudonyms};

/// Width of the names of settings, as the form above has them.
const LABELS: f32 = 61.0;

/// View state: the key while it is typed.
#[derive(Default)]
pub(super) struct KeyField {
    /// Taken and wiped when the field is left.
    typed: String,
    /// Whether the key that was typed last is good, and why not.
    told: Option<Result<(), String>>,
}

impl KeyField {
    pub(super) fn ui(&mut self, ui: &mut Ui, file: &mut FileSpec, actions: &mut Actions) {
        let grid = egui::Grid::new("ids")
            .num_columns(2)
            .spacing([size::GAP, 6.0])
            .min_col_width(LABELS);
        let field = grid.show(ui, |ui| {
            let label = ui.label(tr("Ids"));
            ui.label_inputs_by(label.id, |ui| {
                ComboBox::from_id_salt("pseudonyms")
                    .selected_text(tr(file.pseudonyms.to_string()))
                    .show_ui(ui, |ui| {
                        for which in Pseudonyms::iter() {
                            ui.selectable_value(&mut file.pseudonyms, which, tr(which.to_string()));
                        }
                    });
            });
            ui.end_row();
            (!file.pseudonyms.is_off()).then(|| {
                let label = ui.label(tr("Key"));
                let width = (ui.available_width() - size::GAP_SMALL).max(80.0);
                let field = TextEdit::singleline(&mut self.typed)
                    .password(true)
                    .desired_width(width);
                ui.add(field.hint_text(tr(format!("else that of {KEY_VARIABLE}"))))
                    .labelled_by(label.id)
            })
        });
        if let Some(field) = field.inner {
            self.take(ui, &field, actions);
        }
    }

    /// Takes the key when its field is left, and says what became of it.
    fn take(&mut self, ui: &mut Ui, field: &egui::Response, actions: &mut Actions) {
        if field.lost_focus() && !self.typed.trim().is_empty() {
            self.told = Some(match PseudonymKey::from_text(&self.typed) {
                Ok(key) => {
                    actions.push(Action::SetKey(key));
                    Ok(())
                }
                Err(error) => Err(error.to_string()),
            });
            PseudonymKey::wipe(&mut self.typed);
            // The field's own memory of what was typed goes too.
            egui::text_edit::TextEditState::default().store(ui.ctx(), field.id);
        }
        let colors = theme::colors(ui);
        let (words, color) = match &self.told {
            Some(Ok(())) => ("The key is in use, in memory only.", colors.good),
            Some(Err(sentence)) => (sentence.as_str(), colors.error),
            None => (
                "The same key gives the same pseudonyms. It is written nowhere; without one they \
                 change at every start.",
                colors.weak,
            ),
        };
        ui.add(
            egui::Label::new(RichText::new(tr(words)).size(size::TEXT_SMALL).color(color)).wrap(),
        );
    }
}
