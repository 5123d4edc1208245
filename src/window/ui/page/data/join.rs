//! Tables of items and users: which are joined, which lie beside the log, and what did not match.

use std::path::PathBuf;

use egui::{RichText, Ui};
use strum::IntoEnumIterator;

use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::theme::{self, size};
use seqscope_data::{DataReport, FileSpec, FreeColumnSpec, JoinReport, Preview, SideOf, SideTable};

/// View state of the form.
#[derive(Default)]
pub(super) struct JoinForm {
    items: String,
    users: String,
}

impl JoinForm {
    pub(super) fn ui(&mut self, ui: &mut Ui, file: &mut FileSpec, preview: &Preview) {
        for of in SideOf::iter() {
            ui.add_space(size::GAP_SMALL);
            ui.label(RichText::new(tr(format!("Table of {of}"))).strong());
            if file.side_table_mut(of).is_some() {
                named(ui, of, file);
            } else {
                self.offer(ui, of, file, preview);
            }
        }
    }

    /// A field for a path, and a button for each table that lies beside the log.
    fn offer(&mut self, ui: &mut Ui, of: SideOf, file: &mut FileSpec, preview: &Preview) {
        let mut chosen = None;
        for table in preview.beside.iter().filter(|table| table.of == of) {
            let name = table
                .path
                .file_name()
                .unwrap_or_default()
                .display()
                .to_string();
            let hover = format!("{} lies beside the log", table.path.display());
            if ui
                .button(tr(format!("Join {name}")))
                .on_hover_text(tr(hover))
                .clicked()
            {
                chosen = Some(table.path.clone());
            }
        }
        let path = match of {
            SideOf::Items => &mut self.items,
            SideOf::Users => &mut self.users,
        };
        let label = ui.weak(tr(format!(
            "Path of a table with one row for each of the {of}"
        )));
        let field = egui::TextEdit::singleline(path)
            .desired_width(f32::INFINITY)
            .hint_text(tr("a path, then Enter"));
        let field = ui.add(field).labelled_by(label.id);
        if field.lost_focus()
            && ui.input(|input| input.key_pressed(egui::Key::Enter))
            && !path.trim().is_empty()
        {
            chosen = Some(PathBuf::from(path.trim()));
        }
        if let Some(path) = chosen {
            *file.side_table_mut(of) = Some(SideTable {
                path,
                ..SideTable::default()
            });
        }
    }
}

/// The table that is joined, its key and its columns.
fn named(ui: &mut Ui, of: SideOf, file: &mut FileSpec) {
    let slot = file.side_table_mut(of);
    let Some(table) = slot.as_mut() else { return };
    let mut is_removed = false;
    ui.horizontal(|ui| {
        ui.add(egui::Label::new(table.path.display().to_string()).truncate());
        let hover = format!("Leave the table of {of} out");
        is_removed = ui
            .small_button(tr("Remove"))
            .on_hover_text(tr(hover))
            .clicked();
    });
    field(
        ui,
        "Id column",
        "guessed",
        &table.key.clone().unwrap_or_default(),
        |words| {
            table.key = if words.trim().is_empty() {
                None
            } else {
                Some(words.to_owned())
            };
        },
    );
    let columns = table
        .columns
        .iter()
        .map(written)
        .collect::<Vec<_>>()
        .join(", ");
    field(
        ui,
        "Columns",
        "all; or brand, age:numeric",
        &columns,
        |words| {
            let named = words.split(',').filter(|name| !name.trim().is_empty());
            table.columns = named.map(FreeColumnSpec::parse).collect();
        },
    );
    if is_removed {
        *slot = None;
    }
}

/// A column as it is typed.
fn written(column: &FreeColumnSpec) -> String {
    match column.kind {
        Some(kind) => format!("{}:{kind}", column.column),
        None => column.column.clone(),
    }
}

/// A line of text that is taken over when the field is left, so that half a word is no setting.
fn field(ui: &mut Ui, label: &str, hint: &str, text: &str, mut take: impl FnMut(&str)) {
    ui.horizontal(|ui| {
        let label = ui.label(tr(label));
        let id = ui.scope_id().with(("join", label.id));
        let mut draft = ui
            .data(|data| data.get_temp::<String>(id))
            .unwrap_or_else(|| text.to_owned());
        let field = ui.add(
            egui::TextEdit::singleline(&mut draft)
                .desired_width(f32::INFINITY)
                .hint_text(tr(hint)),
        );
        let field = field.labelled_by(label.id);
        if field.has_focus() {
            ui.data_mut(|data| data.insert_temp(id, draft));
        } else if field.lost_focus() {
            ui.data_mut(|data| data.remove_temp::<String>(id));
            if draft != text {
                take(&draft);
            }
        } else {
            ui.data_mut(|data| data.remove_temp::<String>(id));
        }
    });
}

/// Shows what did and did not match, table by table.
pub(super) fn report(ui: &mut Ui, report: &DataReport) {
    for join in &report.joins {
        ui.add_space(size::GAP);
        theme::card(ui).show(ui, |ui| {
            ui.take_available_width();
            ui.heading(tr(format!("Table of {}", join.of)));
            one(ui, join);
        });
    }
}

fn one(ui: &mut Ui, join: &JoinReport) {
    let name = join.path.file_name().unwrap_or_default().display();
    ui.weak(tr(format!(
        "{name}, {}, joined by {} to the log as it was read",
        text::counted(join.rows, "row"),
        join.key
    )));
    for line in lines(join).into_iter().filter(|line| line.n > 0) {
        let ids: Vec<String> = line
            .examples
            .iter()
            .map(|id| text::clipped(id, 24))
            .collect();
        let shown = if ids.is_empty() {
            tr(line.words)
        } else {
            format!("{}{}{}", tr(line.words), tr(": "), ids.join(", "))
        };
        ui.add(egui::Label::new(shown).wrap());
    }
    let columns: Vec<String> = join.columns.iter().map(written).collect();
    ui.add(
        egui::Label::new(
            RichText::new(tr(format!("Columns {}", columns.join(", "))))
                .color(theme::colors(ui).weak),
        )
        .wrap(),
    );
}

/// One count of a join, in words.
struct JoinLine<'a> {
    /// The count; a line of nothing is not shown.
    n: usize,
    words: String,
    examples: &'a [String],
}

impl<'a> JoinLine<'a> {
    fn new(n: usize, words: String, examples: &'a [String]) -> Self {
        Self { n, words, examples }
    }

    /// A line about rows of the table, whose number comes first.
    fn of_rows(n: usize, what: &str, examples: &'a [String]) -> Self {
        Self::new(n, format!("{} {what}", text::counted(n, "row")), examples)
    }
}

fn lines(join: &JoinReport) -> [JoinLine<'_>; 7] {
    let JoinReport {
        of,
        matched,
        without_row,
        ..
    } = join;
    let n_all = text::count(matched + without_row);
    [
        JoinLine::new(
            *matched,
            format!("{} of {n_all} {of} have a row", text::count(*matched)),
            &[],
        ),
        JoinLine::new(
            *without_row,
            format!("{} {of} have none", text::count(*without_row)),
            &join.without_row_examples,
        ),
        JoinLine::of_rows(
            join.rows_without_event,
            "of ids that no event has",
            &join.rows_without_event_examples,
        ),
        JoinLine::of_rows(
            join.rows_repeated,
            "left out, since an earlier row has the id",
            &join.rows_repeated_examples,
        ),
        JoinLine::of_rows(join.rows_without_key, "without an id", &[]),
        JoinLine::of_rows(join.rows_unreadable, "unreadable", &[]),
        JoinLine::new(
            join.empty_columns.len(),
            "columns without any value".to_owned(),
            &join.empty_columns,
        ),
    ]
}
