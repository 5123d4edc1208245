//! Which column is what: one row a column, with sample values.

use std::path::PathBuf;

use egui::{ComboBox, RichText, Ui};
use strum::IntoEnumIterator;

use super::join::JoinForm;
use super::missing::MissingForm;
use crate::app::{Action, App};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::{Actions, frame};
use seqscope_data::{DataSource, FileSpec, FreeColumnSpec, Preview, Role, TimeFormat, TitleSpec};
use seqscope_engine::experiment::Experiment;

/// Widths of the columns of the role table.
const NAME: f32 = 98.0;
const VALUES: f32 = 112.0;
const ROLE: f32 = 108.0;

/// The choice of a pattern among the formats of times.
const PATTERN: &str = "text of a pattern…";

/// View state of the form.
#[derive(Default)]
pub(super) struct RolesForm {
    titles: String,
    joined: JoinForm,
    missing: MissingForm,
}

impl RolesForm {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        app: &App,
        edited: &mut Experiment,
        actions: &mut Actions,
    ) {
        let DataSource::File(file) = &mut edited.data.source else {
            ui.weak(tr(
                "The synthetic world has users, items, times, behaviours and titles; nothing \
                     is to be chosen.",
            ));
            return;
        };
        let Some(preview) = app.data.shown_preview() else {
            ui.weak(tr(
                "The columns and what they are taken for show here once the head of the file \
                     has been read.",
            ));
            return;
        };
        columns(ui, file, preview);
        ui.add_space(size::GAP);
        time_format(ui, file, preview);
        self.missing.ui(ui, file, preview);
        ui.separator();
        self.titles(ui, app, file, actions);
        self.joined.ui(ui, file, preview);
    }

    fn titles(&mut self, ui: &mut Ui, app: &App, file: &mut FileSpec, actions: &mut Actions) {
        ui.label(RichText::new(tr("Item titles")).strong());
        let mut is_removed = false;
        if let Some(titles) = &mut file.titles {
            ui.horizontal(|ui| {
                ui.add(egui::Label::new(titles.path.display().to_string()).truncate());
                is_removed = ui.small_button(tr("Remove")).clicked();
            });
            column_name(ui, "Id column", &mut titles.item);
            column_name(ui, "Title column", &mut titles.title);
        } else {
            ui.weak(tr(
                "A table with an id and a title for each item; titles then show wherever an id \
                     could stand.",
            ));
            let label = ui.label(tr("Path of a table"));
            ui.horizontal(|ui| {
                let width = ui.available_width() - 76.0;
                let field = ui
                    .add(egui::TextEdit::singleline(&mut self.titles).desired_width(width))
                    .labelled_by(label.id);
                let is_entered =
                    field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
                if is_entered && !self.titles.trim().is_empty() {
                    let path = PathBuf::from(self.titles.trim());
                    actions.push(Action::SetTitles(Some(TitleSpec {
                        path,
                        ..TitleSpec::default()
                    })));
                }
                frame::action_button_as(ui, app, actions, Action::PickTitles, tr("Open…"));
            });
        }
        if is_removed {
            file.titles = None;
        }
    }
}

fn column_name(ui: &mut Ui, label: &str, name: &mut Option<String>) {
    ui.horizontal(|ui| {
        let label = ui.label(tr(label));
        let mut text = name.clone().unwrap_or_default();
        let field = egui::TextEdit::singleline(&mut text)
            .desired_width(150.0)
            .hint_text(tr("guessed"));
        ui.add(field).labelled_by(label.id);
        *name = if text.trim().is_empty() {
            None
        } else {
            Some(text)
        };
    });
}

/// The role table: name, sample values, role. Widths are fixed, so that long words of any script
/// are cut and not the roles.
fn columns(ui: &mut Ui, file: &mut FileSpec, preview: &Preview) {
    let colors = theme::colors(ui);
    ui.horizontal(|ui| {
        for (words, width) in [("Column", NAME), ("Values", VALUES), ("Role", ROLE)] {
            cell(
                ui,
                width,
                RichText::new(tr(words))
                    .size(size::TEXT_SMALL)
                    .color(colors.weak),
            );
        }
    });
    for (at, column) in preview.columns.iter().enumerate() {
        ui.horizontal(|ui| {
            let name =
                cell(ui, NAME, RichText::new(column).color(colors.strong)).on_hover_text(column);
            let samples = samples(preview, at);
            let shown = RichText::new(samples.join(", "))
                .size(size::TEXT_SMALL)
                .color(colors.weak);
            cell(ui, VALUES, shown).on_hover_text(samples.join("\n"));
            ui.label_inputs_by(name.id, |ui| role(ui, at, column, file, preview));
        });
    }
}

/// Words in a cell of that width, cut where they are longer.
fn cell(ui: &mut Ui, width: f32, words: RichText) -> egui::Response {
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let size = egui::vec2(width, ui.spacing().interact_size.y);
    let label = egui::Label::new(words)
        .truncate()
        .selectable(false)
        .sense(egui::Sense::hover());
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_width(width);
        ui.add(label)
    })
    .inner
}

/// The first few distinct values of a column.
fn samples(preview: &Preview, column: usize) -> Vec<&str> {
    let mut samples: Vec<&str> = Vec::new();
    for value in preview.rows.iter().filter_map(|row| row.get(column)) {
        if !samples.contains(&value.as_str()) {
            samples.push(value);
        }
        if samples.len() == 5 {
            break;
        }
    }
    samples
}

fn role(ui: &mut Ui, at: usize, column: &str, file: &mut FileSpec, preview: &Preview) {
    let present = Role::iter().find(|role| preview.file.roles.column(*role) == Some(column));
    let mut chosen = present;
    let is_feature = file
        .free_features
        .iter()
        .any(|feature| feature.column == column);
    let unused = if is_feature { "feature" } else { "not used" };
    let shown = present.map_or_else(|| unused.to_owned(), |role| role.to_string());
    let mut feature_clicked = false;
    ComboBox::from_id_salt(("role", at))
        .selected_text(tr(shown))
        .width(ROLE - 4.0)
        .show_ui(ui, |ui| {
            ui.selectable_value(&mut chosen, None, tr("not used"));
            for role in Role::iter() {
                ui.selectable_value(&mut chosen, Some(role), tr(role.to_string()));
            }
            let hover = "Kept with every event, for features; its kind is guessed";
            feature_clicked = ui
                .selectable_label(is_feature, tr("Feature"))
                .on_hover_text(tr(hover))
                .clicked();
        });
    if feature_clicked {
        file.free_features
            .retain(|feature| feature.column != column);
        if !is_feature {
            file.free_features.push(FreeColumnSpec::named(column));
        }
    }
    if chosen == present {
        return;
    }
    if let Some(role) = present {
        *file.roles.slot_mut(role) = Some(String::new());
    }
    if let Some(role) = chosen {
        *file.roles.slot_mut(role) = Some(column.to_owned());
        if role == Role::Time {
            file.time_format = None;
        }
    }
}

fn time_format(ui: &mut Ui, file: &mut FileSpec, preview: &Preview) {
    if preview.file.roles.column(Role::Time).is_none() {
        ui.weak(tr(
            "No time column: the order of the rows is the order of events.",
        ));
        return;
    }
    ui.horizontal(|ui| {
        let label = ui.label(tr("Times are"));
        let shown = match (&file.time_format, &preview.file.time_format) {
            (Some(TimeFormat::Pattern(_)), _) => PATTERN.to_owned(),
            (Some(format), _) => format.to_string(),
            (None, Some(format)) => format!("{format} (guessed)"),
            (None, None) => "unknown".to_owned(),
        };
        ui.label_inputs_by(label.id, |ui| {
            ComboBox::from_id_salt("time format")
                .selected_text(tr(shown))
                .width(200.0)
                .show_ui(ui, |ui| {
                    ui.selectable_value(&mut file.time_format, None, tr("guess"));
                    for format in TimeFormat::iter() {
                        let words = format.to_string();
                        ui.selectable_value(&mut file.time_format, Some(format), tr(words));
                    }
                    let has_pattern = matches!(file.time_format, Some(TimeFormat::Pattern(_)));
                    if ui.selectable_label(has_pattern, tr(PATTERN)).clicked() && !has_pattern {
                        file.time_format =
                            Some(TimeFormat::Pattern("%Y-%m-%d %H:%M:%S".to_owned()));
                    }
                });
        });
    });
    if let Some(TimeFormat::Pattern(pattern)) = &mut file.time_format {
        ui.horizontal(|ui| {
            let label = ui.label(tr("Pattern"));
            let field = egui::TextEdit::singleline(pattern).desired_width(200.0);
            let hover = "%Y year, %m month, %b its name, %d day, %H:%M:%S clock, %I and %p of \
                         twelve hours, %z zone";
            ui.add(field).labelled_by(label.id).on_hover_text(tr(hover));
        });
    }
}
