//! Tables in, sequences and batches out. The only place that knows polars.
//!
//! Layers, each a folder whose `mod.rs` is its face:
//!
//! | layer | what it is for |
//! |---|---|
//! | `value` | values as people write them: numbers, times, marks for nothing, plain tables |
//! | `log` | from a file to cleaned rows |
//! | [`world`] | synthetic logs, in the place of a file where none is given |
//! | `dataset` | from rows to sequences, their split, features and batches |
//! | `describe` | counts of what came of it |
//!
//! [`prepare()`] goes the whole way under the eyes of a [`LoadProgress`]; [`audit()`] says how far
//! the split can be trusted, and a [`Profile`] counts what came of it.

mod dataset;
mod describe;
mod error;
mod load_progress;
mod log;
mod value;
pub mod world;

pub use dataset::{
    AugmentSpec, DataReport, DataShape, Dataset, EvalCase, ExampleRow, Feature, FeatureSpec,
    FeatureSummary, FeatureValues, FittedOn, Histories, MarkovSampler, Moment, NextNumber,
    NumberOf, Outcomes, Output, PaddedBatch, Prepared, Query, RETURNS_FROM, RefusedKind,
    RefusedRow, Returned, Returns, Sample, Sampler, Scale, Sequences, Split, SplitPart, SplitSpec,
    StepCount, StepEffect, TaskKind, TaskSpec, WillAct, check_task, feature, features, number_at,
    outcomes, training_mask, words,
};
pub use describe::{
    Activity, AuditMark, BehaviourCount, Behaviours, Calendar, Check, ColdGroup, ColdKind,
    DayCount, DayParts, DistanceBin, Finding, FunnelStage, GapBin, GapSpread, Gaps, LeakRow,
    LengthBin, LengthQuantile, Lengths, Period, PeriodCounts, PlaceCell, Places, Popularity,
    Profile, ProfileView, Repeats, StageOrder, TestTies, TopShare, Unseen, Verdict, WEEKDAYS,
    audit, day_text,
};
pub use error::DataError;
pub use load_progress::{LoadProgress, Opening, Stage};
pub use log::{
    Beside, CleanSpec, CleanStep, ColumnKind, DataSource, DataSpec, Encoding, FileFormat, FileSpec,
    FreeColumn, FreeColumnSpec, FreeValues, JoinReport, KEY_VARIABLE, Packing, PseudonymKey,
    PseudonymStamp, Pseudonymiser, Pseudonyms, Role, Roles, SideOf, SideTable, TimeFormat,
    TitleSpec, Vocab, Words, clean, use_key, without_first_refused, without_quoted,
};
pub use value::{Column, NamedMoment, Table};
pub use world::{WorldKind, WorldSpec};

use std::path::Path;

/// The head of a file as it will be read, with what was guessed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// The file with every guess filled in: format, encoding, separator, header, roles, time
    /// format.
    pub file: FileSpec,
    /// Column names.
    pub columns: Vec<String>,
    /// The first rows as text, at most 50; each as long as `columns`.
    pub rows: Vec<Vec<String>>,
    /// Size on disk, of all files together.
    pub n_bytes: u64,
    /// How the file is packed.
    pub packing: Packing,
    /// How many files the path names; the rows are those of the first.
    pub n_files: usize,
    /// Tables of items and users that lie beside the file, as their names say; none of them is read
    /// unless the settings name it.
    pub beside: Vec<Beside>,
    /// Doubts and gaps: no item column found, no time.
    pub problems: Vec<seqscope_base::spec::Problem>,
}

impl Preview {
    /// Whether it has times that are moments. Times that only order are left out, since they may
    /// count each user's own steps.
    #[must_use]
    pub fn has_clock(&self) -> bool {
        self.file.roles.column(Role::Time).is_some()
            && !self
                .file
                .time_format
                .as_ref()
                .is_some_and(TimeFormat::only_orders)
    }
}

/// Reads the head of a file and guesses what was not said.
///
/// # Errors
/// [`DataError`] when the file cannot be read or holds no rows.
pub fn preview(file: &FileSpec) -> Result<Preview, DataError> {
    log::open::preview(file)
}

/// The short name of a log: its file's name without endings, or what a pattern has of letters.
#[must_use]
pub fn name_of(path: &Path) -> String {
    log::source::name_of(path)
}

/// Whether a path is one of the files that a log is read from: it must not be written over.
#[must_use]
pub fn reads(file: &FileSpec, path: &Path) -> bool {
    log::source::reads(file, path)
}

/// All rows of a log that cannot be read, in order, with their reasons: the account of an opened
/// log lists the first ones.
///
/// # Errors
/// [`DataError`] when the log cannot be read or a setting is wrong.
pub fn refused_rows(
    file: &FileSpec,
    progress: &dyn LoadProgress,
) -> Result<Vec<RefusedRow>, DataError> {
    log::open::refused_rows(file, progress)
}

/// Writes them as CSV: file (where the log is several), line, reason; never over a file that is
/// there.
///
/// # Errors
/// As [`refused_rows`], and where the file cannot be written.
pub fn write_refused_rows(
    file: &FileSpec,
    to: &Path,
    progress: &dyn LoadProgress,
) -> Result<usize, DataError> {
    if to.exists() {
        let reason = "there is such a file already; name another one".to_owned();
        return Err(DataError::Unwritable {
            path: to.to_path_buf(),
            reason,
        });
    }
    let rows = refused_rows(file, progress)?;
    let files = rows.iter().any(|row| row.file.is_some()).then(|| {
        let names = rows
            .iter()
            .map(|row| row.file.clone().unwrap_or_default())
            .collect();
        ("file".to_owned(), Column::Text(names))
    });
    let lines = (
        "line".to_owned(),
        Column::Int(rows.iter().map(|row| row.line as i64).collect()),
    );
    let reasons = (
        "reason".to_owned(),
        Column::Text(rows.iter().map(|row| row.reason.clone()).collect()),
    );
    write_csv(
        to,
        &Table {
            columns: files.into_iter().chain([lines, reasons]).collect(),
        },
    )?;
    Ok(rows.len())
}

/// Opens, cleans, codes and splits.
///
/// `progress` may stop the work, and is told how far it is.
///
/// # Errors
/// [`DataError`] when the log cannot be read, a setting is wrong, or a step leaves nothing.
pub fn prepare(
    data: &DataSpec,
    split: SplitSpec,
    progress: &dyn LoadProgress,
) -> Result<Prepared, DataError> {
    dataset::prepare::prepare(data, split, progress)
}

/// Opens, cleans and codes, without asking whether what is left can be split.
///
/// # Errors
/// [`DataError`] when the log cannot be read, a setting is wrong, or a step leaves nothing.
pub fn read(data: &DataSpec, progress: &dyn LoadProgress) -> Result<Dataset, DataError> {
    dataset::prepare::read(data, progress)
}

/// Reads as [`read`] does, from the log itself: no copy of an earlier opening is looked for, and
/// none is kept.
///
/// # Errors
/// As [`read`].
pub fn read_anew(data: &DataSpec, progress: &dyn LoadProgress) -> Result<Dataset, DataError> {
    dataset::prepare::read_anew(data, progress)
}

/// Problems that can be told from the settings alone, without reading the file (a missing file
/// included). Fields are paths under `data` and `split`.
#[must_use]
pub fn check(data: &DataSpec, split: SplitSpec) -> Vec<seqscope_base::spec::Problem> {
    dataset::check::check(data, split)
}

/// Problems of [`check()`] for which no file is looked at: quick enough for every keystroke.
#[must_use]
pub fn check_settings(data: &DataSpec, split: SplitSpec) -> Vec<seqscope_base::spec::Problem> {
    dataset::check::settings(data, split)
}

/// Writes a table as Parquet, atomically (temporary name, then renamed).
///
/// # Errors
/// [`DataError::Unwritable`] when the file cannot be written, [`DataError::Content`] when the
/// columns are no table.
pub fn write_parquet(path: &Path, table: &Table) -> Result<(), DataError> {
    value::table::write_parquet(path, table)
}

/// Reads back what [`write_parquet`] wrote.
///
/// # Errors
/// [`DataError`] when the file cannot be read.
pub fn read_parquet(path: &Path) -> Result<Table, DataError> {
    value::table::read_parquet(path)
}

/// Writes a table as CSV with a header, atomically.
///
/// # Errors
/// [`DataError::Unwritable`] when the file cannot be written, [`DataError::Content`] when the
/// columns are no table.
pub fn write_csv(path: &Path, table: &Table) -> Result<(), DataError> {
    value::table::write_csv(path, table)
}
