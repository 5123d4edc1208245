//! Source of the events: a synthetic world or a file, and how the file is read.

use std::path::PathBuf;

use egui::{Button, ComboBox, Ui};
use strum::IntoEnumIterator;

use super::pseudonyms::KeyField;
use super::world;
use crate::app::{Action, App, is_experiment};
use crate::ui::language::tr;
use crate::ui::theme::size;
use crate::ui::{Actions, frame, text};
use seqscope_data::{DataSource, Encoding, FileFormat, FileSpec, Packing, Preview, SplitSpec};
use seqscope_engine::experiment::Experiment;

/// Separators that are offered; others can be written in the experiment file.
const SEPARATORS: [(&str, &str); 6] = [
    (",", "comma"),
    ("\t", "tab"),
    (";", "semicolon"),
    ("|", "bar"),
    (" ", "space"),
    ("::", "double colon"),
];

/// View state of the form.
#[derive(Default)]
pub(super) struct SourceForm {
    path: String,
    /// The path that `path` was last taken from.
    of: PathBuf,
    /// Table and query of a database while they are typed.
    table: String,
    query: String,
    /// Condition on the rows that are taken, while it is typed.
    only_where: String,
    /// Paths of the files of validation and test, while they are typed.
    parts: [String; 2],
    key: KeyField,
}

impl SourceForm {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        app: &App,
        edited: &mut Experiment,
        actions: &mut Actions,
    ) {
        self.follow(edited);
        let is_world = matches!(edited.data.source, DataSource::World(_));
        ui.horizontal(|ui| {
            if ui
                .add(Button::selectable(is_world, tr("Synthetic world")))
                .clicked()
                && !is_world
            {
                actions.push(Action::UseWorld);
            }
            if ui.add(Button::selectable(!is_world, tr("File"))).clicked() && is_world {
                actions.push(Action::PickData);
            }
        });
        ui.add_space(size::GAP_SMALL);
        self.open(ui, app, actions);
        ui.separator();
        match &mut edited.data.source {
            DataSource::World(world) => world::ui(ui, app, world),
            DataSource::File(file) => {
                file_form(ui, app, file);
                self.rows(ui, app, file);
                let is_by_files = edited.split == SplitSpec::OwnFiles;
                if is_by_files {
                    self.parts(ui, app, file);
                }
                self.database(ui, app, file);
                self.key.ui(ui, file, actions);
            }
        }
    }

    /// The path field shows the file in use until the person types another.
    fn follow(&mut self, edited: &Experiment) {
        if let DataSource::File(file) = &edited.data.source
            && self.of != file.path
        {
            self.of.clone_from(&file.path);
            self.path = file.path.display().to_string();
        }
    }

    /// Table and query of a database; taken when a field is left, not at every letter.
    fn database(&mut self, ui: &mut Ui, app: &App, file: &mut FileSpec) {
        let format = file.format.or(app
            .data
            .shown_preview()
            .and_then(|preview| preview.file.format));
        let is_database =
            format == Some(FileFormat::Sqlite) || file.table.is_some() || file.query.is_some();
        if !is_database {
            return;
        }
        let guessed = app
            .data
            .shown_preview()
            .and_then(|preview| preview.file.table.clone())
            .unwrap_or_default();
        let before = (file.table.clone(), file.query.clone());
        let instead = tr("SELECT … in place of a table");
        for (words, hint, typed, said) in [
            ("Table", guessed.as_str(), &mut self.table, &mut file.table),
            ("Query", instead.as_str(), &mut self.query, &mut file.query),
        ] {
            let label = ui.label(tr(words));
            let edit = egui::TextEdit::singleline(typed)
                .desired_width(f32::INFINITY)
                .hint_text(hint);
            let field = ui.add(edit).labelled_by(label.id);
            if field.lost_focus() {
                *said = Some(typed.trim().to_owned()).filter(|text| !text.is_empty());
            } else if !field.has_focus() {
                *typed = said.clone().unwrap_or_default();
            }
        }
        if before != (file.table.clone(), file.query.clone()) {
            // Other columns come of it: their roles and the times are guessed again.
            file.roles = seqscope_data::Roles::default();
            file.time_format = None;
        }
    }

    /// The files of validation and test; taken when a field is left.
    fn parts(&mut self, ui: &mut Ui, app: &App, file: &mut FileSpec) {
        let said = [&mut file.valid_path, &mut file.test_path];
        let words = [
            (
                "Validation file",
                "none: each user's last training event",
                "data.valid_path",
            ),
            (
                "Test file",
                "a file like the first, whose events are the test",
                "data.test_path",
            ),
        ];
        for ((typed, said), (words, hint, path)) in self.parts.iter_mut().zip(said).zip(words) {
            let label = ui.label(tr(words));
            let edit = egui::TextEdit::singleline(typed)
                .desired_width(f32::INFINITY)
                .hint_text(tr(hint));
            let field = ui.add(edit).labelled_by(label.id);
            if field.lost_focus() {
                *said =
                    Some(PathBuf::from(typed.trim())).filter(|path| !path.as_os_str().is_empty());
            } else if !field.has_focus() {
                *typed = said
                    .as_ref()
                    .map(|path| path.display().to_string())
                    .unwrap_or_default();
            }
            super::super::form::problems(ui, &app.draft, path);
        }
    }

    /// Which rows are events; taken when the field is left, not at every letter.
    fn rows(&mut self, ui: &mut Ui, app: &App, file: &mut FileSpec) {
        let label = ui.label(tr("Only rows where"));
        let edit = egui::TextEdit::singleline(&mut self.only_where).desired_width(f32::INFINITY);
        let field = ui
            .add(edit.hint_text(tr("all rows; or a column and its value, click = 1")))
            .labelled_by(label.id);
        if field.lost_focus() {
            let typed = self.only_where.trim().to_owned();
            // What was emptied on purpose is not proposed again.
            file.only_where = (!typed.is_empty() || file.only_where.is_some()).then_some(typed);
        } else if !field.has_focus() {
            self.only_where = file.only_where.clone().unwrap_or_default();
        }
        super::super::form::problems(ui, &app.draft, "data.only_where");
    }

    fn open(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        let label = ui.label(tr("Path of a log"));
        ui.horizontal(|ui| {
            let width = ui.available_width() - 76.0;
            let field = egui::TextEdit::singleline(&mut self.path)
                .desired_width(width)
                .hint_text(tr("or drop a file here; logs/*.csv for several"));
            let field = ui
                .add(field)
                .labelled_by(label.id)
                .on_hover_text(&self.path);
            let is_entered =
                field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            if is_entered && !self.path.trim().is_empty() {
                actions.push(Action::OpenData(PathBuf::from(self.path.trim())));
            }
            frame::action_button_as(ui, app, actions, Action::PickData, tr("Open…"));
        });
        let logs: Vec<&PathBuf> = app
            .recent
            .iter()
            .filter(|path| !is_experiment(path))
            .collect();
        if !logs.is_empty() {
            ui.menu_button(tr("Recent ⏷"), |ui| {
                for path in logs {
                    if ui.button(path.display().to_string()).clicked() {
                        actions.push(Action::OpenData(path.clone()));
                        ui.close();
                    }
                }
            });
        }
    }
}

/// How the file is read: what was guessed is shown, and can be said otherwise.
fn file_form(ui: &mut Ui, app: &App, file: &mut FileSpec) {
    let Some(preview) = app.data.shown_preview() else {
        if let crate::app::Loadable::Loading(words) = &app.data.preview {
            ui.spinner();
            ui.label(tr(words));
        }
        return;
    };
    ui.horizontal(|ui| {
        let packing = match preview.packing {
            Packing::None => String::new(),
            packing => format!(" ({packing})"),
        };
        let files = if preview.n_files > 1 {
            format!("{}, ", text::counted(preview.n_files, "file"))
        } else {
            String::new()
        };
        let columns = text::counted(preview.columns.len(), "column");
        ui.label(crate::ui::text::tr_list(
            &format!(
                "{files}{}{packing}, {columns}",
                text::bytes(preview.n_bytes)
            ),
            ", ",
        ));
        if app.data.preview.is_loading() {
            ui.spinner();
        }
    });
    let before = FileSpec {
        roles: seqscope_data::Roles::default(),
        time_format: None,
        ..file.clone()
    };
    egui::Grid::new("reading")
        .num_columns(2)
        .spacing([size::GAP, 6.0])
        .show(ui, |ui| {
            format(ui, file, preview);
            if preview.file.encoding.is_some() {
                encoding(ui, file, preview);
            }
            if preview.file.format.unwrap_or(FileFormat::Text) == FileFormat::Text {
                separator(ui, file, preview);
                header(ui, file, preview);
            }
        });
    let now = FileSpec {
        roles: seqscope_data::Roles::default(),
        time_format: None,
        ..file.clone()
    };
    if before != now {
        // Other columns come of it: their roles and the times are guessed again.
        *file = now;
    }
}

/// Words beside a setting that may have been guessed.
fn guessed(is_said: bool, words: &str) -> String {
    if is_said {
        words.to_owned()
    } else {
        format!("{words} (guessed)")
    }
}

/// Setting of the reading that may be left to the guess.
struct Guessable<'a, T> {
    label: &'static str,
    said: &'a mut Option<T>,
    /// What the file is read by, in words; in others where there is nothing.
    found: Option<String>,
    otherwise: &'static str,
    /// What can be said, with its words.
    choices: Vec<(T, String)>,
}

impl<T: PartialEq> Guessable<'_, T> {
    fn ui(self, ui: &mut Ui) {
        let Self {
            label,
            said,
            found,
            otherwise,
            choices,
        } = self;
        let name = ui.label(tr(label));
        let shown = found.map_or_else(
            || otherwise.to_owned(),
            |words| guessed(said.is_some(), &words),
        );
        ui.label_inputs_by(name.id, |ui| {
            ComboBox::from_id_salt(label)
                .selected_text(tr(shown))
                .show_ui(ui, |ui| {
                    ui.selectable_value(said, None, tr("guess"));
                    for (choice, words) in choices {
                        ui.selectable_value(said, Some(choice), tr(words));
                    }
                });
        });
        ui.end_row();
    }
}

/// Every value of a list, with its name.
fn named<T: IntoEnumIterator + ToString>() -> Vec<(T, String)> {
    let all = T::iter();
    all.map(|value| {
        let name = value.to_string();
        (value, name)
    })
    .collect()
}

fn format(ui: &mut Ui, file: &mut FileSpec, preview: &Preview) {
    let setting = Guessable {
        label: "Format",
        said: &mut file.format,
        found: preview.file.format.map(|format| format.to_string()),
        otherwise: "unknown",
        choices: named::<FileFormat>(),
    };
    setting.ui(ui);
}

fn encoding(ui: &mut Ui, file: &mut FileSpec, preview: &Preview) {
    let setting = Guessable {
        label: "Encoding",
        said: &mut file.encoding,
        found: preview.file.encoding.map(|encoding| encoding.to_string()),
        otherwise: "unknown",
        choices: named::<Encoding>(),
    };
    setting.ui(ui);
}

fn separator(ui: &mut Ui, file: &mut FileSpec, preview: &Preview) {
    let setting = Guessable {
        label: "Separator",
        said: &mut file.separator,
        found: preview.file.separator.as_deref().map(separator_name),
        otherwise: "none",
        choices: SEPARATORS
            .map(|(separator, name)| (separator.to_owned(), name.to_owned()))
            .into(),
    };
    setting.ui(ui);
}

fn separator_name(separator: &str) -> String {
    let known = SEPARATORS.iter().find(|(known, _)| *known == separator);
    known.map_or_else(
        || format!("`{separator}`"),
        |(_, words)| (*words).to_owned(),
    )
}

fn header(ui: &mut Ui, file: &mut FileSpec, preview: &Preview) {
    let setting = Guessable {
        label: "First line",
        said: &mut file.header,
        found: preview.file.header.map(|is| header_words(is).to_owned()),
        otherwise: "unknown",
        choices: [true, false]
            .map(|is_header| (is_header, header_words(is_header).to_owned()))
            .into(),
    };
    setting.ui(ui);
}

fn header_words(is_header: bool) -> &'static str {
    if is_header {
        "names the columns"
    } else {
        "is a row"
    }
}
