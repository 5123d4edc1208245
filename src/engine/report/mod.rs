//! One report, many faces: tables of typed cells, which the window draws and the command line
//! prints, and which are written as text, JSON, CSV, Markdown and LaTeX.
//!
//! What a table says is put together here, from what the other modules found; how a number is
//! written stands in [`words`] alone, so that no face says it otherwise.

mod agreement;
mod attribution;
mod audit;
mod cell;
mod compared;
mod comparison;
mod contrast;
mod csv;
mod forecast;
mod gallery;
mod groups;
mod item_names;
mod json;
mod latex;
mod layers;
mod lineage_tree;
mod markdown;
mod mean_attention;
mod profile;
mod queue;
mod references;
mod results;
mod rules;
mod runs;
mod settings;
mod slice_users;
mod slices;
mod steps;
mod sweep;
mod tested_runs;
mod text;
mod trust;
mod tuning;
pub mod words;

pub use agreement::{AgreedUsers, agreement_table};
pub use attribution::attribution_tables;
pub use audit::audit_table;
pub use cell::{CellValue, Emphasis, ReportCell, SortKey};
pub use compared::ComparedRuns;
pub use comparison::{by_metric, by_user};
pub use csv::field as csv_field;
pub use forecast::{expected_counts, forecast_errors};
pub use gallery::{GALLERY_USER, GalleryNames, gallery_table};
pub use groups::{group_metrics_table, group_tables};
pub use item_names::ItemNames;
pub use layers::layers_table;
pub use lineage_tree::lineage_table;
pub use mean_attention::heads_tables;
pub use profile::profile_table;
pub use queue::queue_table;
pub use references::against_references_table;
pub use results::{RunResults, reliability_table};
pub use rules::{bigrams_table, tree_tables};
pub use runs::{OLDER_RULE, RunField, STAR, own_metrics_words, runs_table, status_word};
pub use settings::settings_that_differ;
pub use slice_users::{SliceBeside, beside_everyone};
pub use slices::{SlicedRun, by_slice, kept_nothing};
pub use steps::steps_table;
pub use sweep::{best_sentences, importance_table, plan_sentence, state_words, sweep_table};
pub use tested_runs::{protocol, sampled, tested_runs};
pub use trust::{
    TrustedRun, trust_of_differences_table, trust_table, trusted_differences, trusted_runs,
};
pub use tuning::{tuning_table, tuning_words};

use serde::{Deserialize, Serialize};

use crate::run::RunId;

/// A table of a report: columns, rows, and the sentences that must stand beside its figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportTable {
    /// Name by which it is asked for, and of its label: `metrics`.
    pub key: String,
    /// Title; empty where what stands around it says what it is.
    pub title: String,
    /// How the figures were made, told before the rows.
    pub lead: Vec<String>,
    /// The columns; their keys differ.
    pub columns: Vec<ReportColumn>,
    /// The cells of each row, in the order of the columns; those that are left out at the end are
    /// empty.
    pub rows: Vec<Vec<ReportCell>>,
    /// What follows from the figures, told after the rows.
    pub notes: Vec<String>,
}

/// What the cells of a column are, which decides on which side they line up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnKind {
    /// Words, at the left.
    #[default]
    Words,
    /// Numbers, at the right.
    Numbers,
    /// Lower and upper bounds, at the right; two columns where a field holds one number.
    Intervals,
    /// Numbers with how far chance scatters them, at the right; two columns likewise.
    Estimates,
}

/// A column of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportColumn {
    /// Name in files: `gain_interval`.
    pub key: String,
    /// Heading.
    pub title: String,
    /// What the cells are.
    pub kind: ColumnKind,
    /// Meaning of the column, told on pointing at its heading; empty where the heading says it.
    pub help: String,
    /// Whether it says more of the column before it, so that a face with little room may tell it on
    /// pointing there.
    pub is_detail: bool,
    /// Run whose values it holds, where it is one of several that stand side by side.
    pub run: Option<RunId>,
}

/// Forms in which a table is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
pub enum ReportForm {
    /// Columns that line up on a terminal.
    #[default]
    #[strum(to_string = "Text")]
    Text,
    /// One object a table: its columns and its rows by the columns' keys.
    #[strum(to_string = "JSON")]
    Json,
    /// Rows alone, numbers with all their digits.
    #[strum(to_string = "CSV")]
    Csv,
    /// A table as GitHub's dialect has it.
    #[strum(to_string = "Markdown")]
    Markdown,
    /// A `table` that needs the package `booktabs`.
    #[strum(to_string = "LaTeX")]
    Latex,
}

impl ReportTable {
    /// A table without rows.
    pub fn new(
        key: &str,
        title: impl Into<String>,
        columns: impl IntoIterator<Item = ReportColumn>,
    ) -> Self {
        Self {
            key: key.to_owned(),
            title: title.into(),
            columns: columns.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = ReportCell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Writes the table, to its last line's end.
    #[must_use]
    pub fn written(&self, form: ReportForm) -> String {
        match form {
            ReportForm::Text => text::written(self),
            ReportForm::Json => format!("{}\n", json::of_table(self)),
            ReportForm::Csv => csv::written(self),
            ReportForm::Markdown => markdown::written(self),
            ReportForm::Latex => latex::written(self),
        }
    }

    /// The rows under their headings, without the sentences around them, as text.
    #[must_use]
    pub fn rows_as_text(&self) -> String {
        text::rows(self)
    }

    /// Each column with the cell of a row, those that the row leaves out at its end empty.
    pub(crate) fn cells<'a>(
        &'a self,
        row: &'a [ReportCell],
    ) -> impl Iterator<Item = (&'a ReportColumn, Option<&'a ReportCell>)> {
        self.columns
            .iter()
            .enumerate()
            .map(|(at, column)| (column, row.get(at)))
    }
}

impl ReportColumn {
    /// A column of words.
    pub fn words(key: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            title: title.into(),
            ..Self::default()
        }
    }

    /// A column of numbers.
    pub fn numbers(key: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            kind: ColumnKind::Numbers,
            ..Self::words(key, title)
        }
    }

    /// A column of lower and upper bounds.
    pub fn intervals(key: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            kind: ColumnKind::Intervals,
            ..Self::words(key, title)
        }
    }

    /// A column of numbers with how far chance scatters them.
    pub fn estimates(key: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            kind: ColumnKind::Estimates,
            ..Self::words(key, title)
        }
    }

    /// Adds what the column means.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Says that it tells more of the column before it.
    #[must_use]
    pub fn detail(mut self) -> Self {
        self.is_detail = true;
        self
    }

    /// Says whose values it holds.
    #[must_use]
    pub fn of_run(mut self, id: &RunId) -> Self {
        self.run = Some(id.clone());
        self
    }

    /// Whether its cells line up at the right.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.kind != ColumnKind::Words
    }
}

/// Writes several tables one below the other; as JSON they are one list.
#[must_use]
pub fn written(tables: &[ReportTable], form: ReportForm) -> String {
    if form == ReportForm::Json {
        let all: serde_json::Value = tables.iter().map(json::of_table).collect();
        return format!("{all}\n");
    }
    let each: Vec<String> = tables.iter().map(|table| table.written(form)).collect();
    each.join("\n")
}

#[cfg(test)]
mod tests;
