//! From rows to sequences and batches.
//!
//! A log's rows become one time-ordered list a user (`coded`), which is divided (`split`);
//! [`mod@feature`] computes what can be told of every event, `task` asks other questions than the
//! next item, and `batch` hands both to a model, also of a history that a person has changed
//! (`edited`). What training sees of a history may be changed anew
//! in each epoch (`augment`). `prepare` goes the whole way from the settings, and what became of a
//! large log is kept for the next time (`cache`).

mod answers;
mod augment;
mod batch;
mod cache;
mod check;
mod coded;
mod edited;
pub mod feature;
mod fingerprint;
mod markov_sampler;
mod moment;
mod own_files;
mod prepare;
mod prepared;
mod returns;
mod sequence;
mod spec;
mod split;
mod split_spec;
mod task;

pub use answers::{ReadAnswer, ReadAnswers, text_fingerprint};
pub use augment::{AugmentSpec, Sampler};
pub use batch::{Histories, PaddedBatch, Query};
pub use check::{check, check_settings};
pub use edited::{EditedEvent, EditorBasis, HistoryEditor};
pub use feature::{
    ColumnFit, Feature, FeatureSpec, FeatureSummary, FeatureValues, features, training_mask, words,
};
pub use markov_sampler::MarkovSampler;
pub use moment::Moment;
pub use prepare::{prepare, read, read_anew};
pub use prepared::{DataShape, Dataset, Prepared};
pub use returns::{RETURNS_FROM, Returned, Returns};
pub use sequence::Sequences;
pub use spec::DataSpec;
pub use split::{EvalCase, Split};
pub use split_spec::SplitSpec;
pub use task::{
    NextNumber, NumberOf, Outcomes, Output, Sample, Scale, TaskKind, TaskSpec, WillAct, check_task,
    number_at, outcomes,
};
