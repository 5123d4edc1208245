//! Tables in, sequences and batches out. The only place that knows polars.
//!
//! The way of a log: a file is `source` (read as text or Parquet, refused rows listed) → `schema`
//! (which column is the user, the item, the time) → [`clean`] (an ordered list of counted steps) →
//! `vocab` (ids to dense indices, or to pseudonyms first) → `sequence` (one time-ordered list a
//! user) → `split`. A row is there twice only where all its columns are (`same_rows`). Sessions,
//! places, free columns and joined tables go with the rows (`columns`), and [`mod@feature`]
//! computes what can be told of every event. What training sees of a history may be changed anew in
//! each epoch (`augment`). [`prepare()`] does all of it under the eyes of a [`LoadProgress`], and
//! [`audit()`] says how far the split can be trusted; a [`Profile`] counts what came of it. A large
//! log passes from `source` to `vocab` in pieces (`stream`), and what became of it is kept for the
//! next time (`cache`). A synthetic [`world`] takes the place of a file when none is given.

mod anonymous;
mod audit;
mod augment;
mod batch;
mod cache;
mod calendar;
mod check;
pub mod clean;
mod coding;
mod columns;
mod dataset;
mod error;
mod events;
pub mod feature;
mod fingerprint;
mod flag;
mod grouping;
mod load_progress;
mod log;
mod markov_sampler;
mod missing;
mod moment;
mod named_moment;
mod number;
mod own_files;
mod periods;
mod places;
mod plausible;
mod prepare;
mod profile;
mod pseudonym;
mod returns;
mod same_rows;
mod schema;
mod sequence;
mod source;
mod spec;
mod split;
mod split_spec;
mod stream;
mod table;
mod task;
mod ties;
mod time;
mod titles;
mod vocab;
pub mod world;
mod writings;

pub use audit::{AuditMark, Check, Finding, LeakRow, Verdict, audit};
pub use augment::{AugmentSpec, Sampler};
pub use batch::{Histories, PaddedBatch, Query};
pub use calendar::{Calendar, DayParts};
pub use clean::CleanStep;
pub use columns::{
    Beside, ColumnKind, FreeColumn, FreeColumnSpec, FreeValues, JoinReport, SideOf, SideTable,
    Words,
};
pub use dataset::{
    DataReport, DataShape, Dataset, ExampleRow, FittedOn, Prepared, RefusedKind, RefusedRow,
    StepCount, StepEffect,
};
pub use error::DataError;
pub use feature::{
    Feature, FeatureSpec, FeatureSummary, FeatureValues, features, training_mask, words,
};
pub use load_progress::{LoadProgress, Opening, Stage};
pub use markov_sampler::MarkovSampler;
pub use moment::Moment;
pub use named_moment::NamedMoment;
pub use periods::{Period, PeriodCounts, day_text};
pub use places::{PlaceCell, Places};
pub use profile::{
    Activity, BehaviourCount, Behaviours, ColdGroup, ColdKind, DayCount, DistanceBin, FunnelStage,
    GapBin, GapSpread, Gaps, LengthBin, LengthQuantile, Lengths, Popularity, Profile, ProfileView,
    Repeats, StageOrder, TopShare, Unseen, WEEKDAYS,
};
pub use pseudonym::{
    KEY_VARIABLE, PseudonymKey, PseudonymStamp, Pseudonymiser, Pseudonyms, use_key,
    without_first_refused, without_quoted,
};
pub use returns::{RETURNS_FROM, Returned, Returns};
pub use sequence::Sequences;
pub use spec::{
    CleanSpec, DataSource, DataSpec, Encoding, FileFormat, FileSpec, Packing, Role, Roles,
    TimeFormat, TitleSpec,
};
pub use split::{EvalCase, Split, SplitPart};
pub use split_spec::SplitSpec;
pub use table::{Column, Table};
pub use task::{
    NextNumber, NumberOf, Outcomes, Output, Sample, Scale, TaskKind, TaskSpec, WillAct, check_task,
    number_at, outcomes,
};
pub use ties::TestTies;
pub use vocab::Vocab;
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
    log::preview(file)
}

/// The short name of a log: its file's name without endings, or what a pattern has of letters.
#[must_use]
pub fn name_of(path: &Path) -> String {
    source::name_of(path)
}

/// Whether a path is one of the files that a log is read from: it must not be written over.
#[must_use]
pub fn reads(file: &FileSpec, path: &Path) -> bool {
    source::reads(file, path)
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
    log::refused_rows(file, progress)
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
    prepare::prepare(data, split, progress)
}

/// Opens, cleans and codes, without asking whether what is left can be split.
///
/// # Errors
/// [`DataError`] when the log cannot be read, a setting is wrong, or a step leaves nothing.
pub fn read(data: &DataSpec, progress: &dyn LoadProgress) -> Result<Dataset, DataError> {
    prepare::read(data, progress)
}

/// Reads as [`read`] does, from the log itself: no copy of an earlier opening is looked for, and
/// none is kept.
///
/// # Errors
/// As [`read`].
pub fn read_anew(data: &DataSpec, progress: &dyn LoadProgress) -> Result<Dataset, DataError> {
    prepare::read_anew(data, progress)
}

/// Problems that can be told from the settings alone, without reading the file (a missing file
/// included). Fields are paths under `data` and `split`.
#[must_use]
pub fn check(data: &DataSpec, split: SplitSpec) -> Vec<seqscope_base::spec::Problem> {
    check::check(data, split)
}

/// Problems of [`check()`] for which no file is looked at: quick enough for every keystroke.
#[must_use]
pub fn check_settings(data: &DataSpec, split: SplitSpec) -> Vec<seqscope_base::spec::Problem> {
    check::settings(data, split)
}

/// Writes a table as Parquet, atomically (temporary name, then renamed).
///
/// # Errors
/// [`DataError::Unwritable`] when the file cannot be written, [`DataError::Content`] when the
/// columns are no table.
pub fn write_parquet(path: &Path, table: &Table) -> Result<(), DataError> {
    table::write_parquet(path, table)
}

/// Reads back what [`write_parquet`] wrote.
///
/// # Errors
/// [`DataError`] when the file cannot be read.
pub fn read_parquet(path: &Path) -> Result<Table, DataError> {
    table::read_parquet(path)
}

/// Writes a table as CSV with a header, atomically.
///
/// # Errors
/// [`DataError::Unwritable`] when the file cannot be written, [`DataError::Content`] when the
/// columns are no table.
pub fn write_csv(path: &Path, table: &Table) -> Result<(), DataError> {
    table::write_csv(path, table)
}
