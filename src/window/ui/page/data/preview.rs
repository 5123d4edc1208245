//! The first rows of the file, as they are read.

use egui::{RichText, Ui};
use egui_extras::{Column, TableBuilder};

use crate::app::{Action, App, Loadable};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::panel;
use crate::ui::{Actions, frame, text};
use seqscope_base::spec::shown;
use seqscope_data::{DataSource, Preview, Role};
use strum::IntoEnumIterator;

/// Columns that are painted; a wider table shows the first ones and says so.
const MOST_COLUMNS: usize = 40;

pub(super) fn ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    if matches!(app.draft.experiment.data.source, DataSource::World(_)) {
        let words = "Prepare the synthetic world to see its counts, charts and users, or open a \
                     log of your own.";
        panel::empty(ui, "No file to preview", words, |ui| {
            frame::action_button(ui, app, actions, Action::Prepare);
            frame::action_button(ui, app, actions, Action::PickData);
        });
        return;
    }
    if let Some(preview) = app.data.shown_preview() {
        table(ui, preview);
        return;
    }
    match &app.data.preview {
        Loadable::Failed(why) => panel::empty(ui, "This log cannot be read", why, |ui| {
            frame::action_button(ui, app, actions, Action::PickData);
            frame::action_button(ui, app, actions, Action::UseWorld);
        }),
        _ => {
            ui.spinner();
        }
    }
}

fn table(ui: &mut Ui, preview: &Preview) {
    let n_columns = preview.columns.len().min(MOST_COLUMNS);
    let hidden = preview.columns.len() - n_columns;
    let more = if hidden > 0 {
        tr(format!(
            ", the first {n_columns} of {} columns",
            preview.columns.len()
        ))
    } else {
        String::new()
    };
    ui.weak(format!(
        "{}{more}",
        tr(format!(
            "The first {}",
            text::counted(preview.rows.len(), "row")
        ))
    ));
    let colors = theme::colors(ui);
    theme::card(ui).show(ui, |ui| {
        egui::ScrollArea::horizontal()
            .auto_shrink([false, false])
            .show(ui, |ui| {
                TableBuilder::new(ui)
                    .id_salt("preview")
                    .striped(true)
                    .resizable(true)
                    .vscroll(true)
                    .auto_shrink([false, false])
                    .column(Column::exact(36.0))
                    .columns(Column::initial(120.0).at_least(60.0).clip(true), n_columns)
                    .header(40.0, |mut header| {
                        header.col(|_| {});
                        for column in preview.columns.iter().take(n_columns) {
                            header.col(|ui| head(ui, preview, column));
                        }
                    })
                    .body(|body| {
                        body.rows(size::ROW, preview.rows.len(), |mut row| {
                            let at = row.index();
                            row.col(|ui| {
                                ui.label(
                                    RichText::new((at + 1).to_string())
                                        .size(size::TEXT_SMALL)
                                        .color(colors.weak),
                                );
                            });
                            for value in preview.rows.get(at).into_iter().flatten().take(n_columns)
                            {
                                row.col(|ui| {
                                    ui.add(egui::Label::new(shown(value)).truncate());
                                });
                            }
                        });
                    });
            });
    });
}

/// A column's name, with its role below.
fn head(ui: &mut Ui, preview: &Preview, column: &str) {
    let colors = theme::colors(ui);
    let role = Role::iter().find(|role| preview.file.roles.column(*role) == Some(column));
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add(egui::Label::new(RichText::new(shown(column)).color(colors.strong)).truncate());
        let is_feature = preview
            .file
            .free_features
            .iter()
            .any(|free| free.column == column);
        let (words, color) = match role {
            Some(role) => (role.to_string(), colors.accent),
            None if is_feature => ("feature".to_owned(), colors.accent),
            None => ("not used".to_owned(), colors.weak),
        };
        ui.label(RichText::new(tr(words)).size(size::TEXT_SMALL).color(color));
    });
}
