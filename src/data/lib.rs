//! Tables in, sequences and batches out. The only place that knows polars.
//!
//! Layers, each a folder whose `mod.rs` is its face; none imports what stands below it here
//! (`tests/architecture`):
//!
//! | layer | what it is for |
//! |---|---|
//! | `value` | values as people write them: cells, numbers, times, marks for nothing |
//! | [`world`] | synthetic logs, known by their rules alone |
//! | `log` | from a file, or a world in its place, to cleaned rows |
//! | `dataset` | from rows to sequences, their split, features and batches |
//! | `describe` | counts of what came of it |
//!
//! Below them lie the errors, a [`LoadProgress`] and the [`checksum`](fn@checksum) of files. The settings of each layer lie in it; a
//! [`DataSpec`] joins them where `dataset` needs them all. For the same reason a log that was opened
//! is kept by `dataset`, with its sequences, and the parts of a split are named by `log`: a file may
//! be one.
//!
//! [`prepare()`] goes the whole way; [`audit()`] says how far the split can be trusted, and a
//! [`Profile`] counts what came of it.

mod checksum;
mod dataset;
mod describe;
mod error;
mod load_progress;
mod log;
mod value;
pub mod world;

pub use checksum::{checksum, file_checksum};
pub use dataset::{
    AugmentSpec, ColumnFit, DataShape, DataSpec, Dataset, EditedEvent, EditorBasis, EvalCase,
    Feature, FeatureSpec, FeatureSummary, FeatureValues, Histories, HistoryEditor, MarkovSampler,
    Moment, NextNumber, NumberOf, Outcomes, Output, PaddedBatch, Prepared, Query, RETURNS_FROM,
    ReadAnswer, ReadAnswers, Returned, Returns, Sample, Sampler, Scale, Sequences, Split,
    SplitSpec, TaskKind, TaskSpec, WillAct, check, check_settings, check_task, feature, features,
    number_at, outcomes, prepare, read, read_anew, text_fingerprint, training_mask, words,
};
pub use describe::{
    Activity, AuditMark, BehaviourCount, Behaviours, Calendar, Check, ColdGroup, ColdKind,
    DayCount, DayParts, DistanceBin, Finding, FunnelStage, GapBin, GapSpread, Gaps, LeakRow,
    LengthBin, LengthQuantile, Lengths, Period, PeriodCounts, PlaceCell, Places, Popularity,
    Profile, ProfileView, Repeats, StageOrder, TestTies, TopShare, Unseen, Verdict, WEEKDAYS,
    audit,
};
pub use error::DataError;
pub use load_progress::{LoadProgress, Opening, Stage};
pub use log::{
    Beside, CleanSpec, CleanStep, Column, ColumnKind, DataReport, DataSource, Encoding, ExampleRow,
    FileFormat, FileSpec, FittedOn, FreeColumn, FreeColumnSpec, FreeValues, JoinReport,
    KEY_VARIABLE, Packing, Preview, PseudonymKey, PseudonymStamp, Pseudonymiser, Pseudonyms,
    RefusedKind, RefusedRow, Role, Roles, SideOf, SideTable, SplitPart, StepCount, StepEffect,
    Table, TitleSpec, Vocab, Words, clean, name_of, preview, read_parquet, reads, refused_rows,
    use_key, write_csv, write_parquet, write_refused_rows,
};
pub use value::{NamedMoment, TimeFormat, day_text};
pub use world::{SharedSettings, WorldKind, WorldSpec};
