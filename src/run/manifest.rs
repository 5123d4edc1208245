//! What was run, on what, where, and how it ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::RunId;
use crate::baseline::BaselineKind;
use crate::data::{DataReport, DataShape};
use crate::experiment::Experiment;
use crate::metric::RankingMetrics;
use crate::model::DeviceInfo;
use crate::spec::Problem;

/// Metrics of every reference on one part.
pub type References = BTreeMap<BaselineKind, RankingMetrics>;

/// Which data a run saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataStamp {
    /// Short name.
    pub name: String,
    /// Hash of the cleaned sequences.
    pub fingerprint: String,
    /// Hash of the split.
    pub split_fingerprint: String,
    /// Sizes.
    pub shape: DataShape,
    /// The account of reading and cleaning.
    pub report: DataReport,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// Trained to its end, early stopping included.
    Finished,
    /// Stopped by the user, who kept the best weights so far.
    Stopped,
    /// Could not go on.
    Failed {
        /// Why and what to do.
        sentence: String,
    },
}

/// The manifest, written at the start and again at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this file.
    pub version: u32,
    /// The run's name.
    pub id: RunId,
    /// Version of the program.
    pub program: String,
    /// The experiment as run: all defaults written out.
    pub experiment: Experiment,
    /// Which data.
    pub data: DataStamp,
    /// Which device.
    pub device: Option<DeviceInfo>,
    /// Number of learnt numbers.
    pub n_params: usize,
    /// Start, in seconds since 1970-01-01 UTC.
    pub started_secs: i64,
    /// Training time, pauses left out, in seconds.
    pub train_secs: f64,
    /// Epochs finished.
    pub epochs: usize,
    /// Epoch with the best validation NDCG@10, from 1.
    pub best_epoch: Option<usize>,
    /// Validation metrics of the best epoch.
    pub valid: Option<RankingMetrics>,
    /// Test metrics of the best epoch's weights; read once, after selection.
    pub test: Option<RankingMetrics>,
    /// References on validation.
    pub references_valid: References,
    /// References on test.
    pub references_test: References,
    /// Warnings of the run: skipped rows, CPU instead of GPU, below the windowed Markov chain.
    pub problems: Vec<Problem>,
    /// How it ended; absent while it runs and when it was killed.
    pub outcome: Option<Outcome>,
}

/// Whether a listed run can be used.
#[derive(Clone, Debug, PartialEq)]
pub enum RunStatus {
    /// A process is writing it now.
    Running,
    /// No outcome and no process: killed or cut off. Can be resumed.
    Interrupted,
    /// It ended.
    Ended(Outcome),
    /// The manifest cannot be read.
    Damaged(String),
}

/// One line in the list of runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The run's name.
    pub id: RunId,
    /// Whether it can be used.
    pub status: RunStatus,
    /// Its manifest, unless damaged.
    pub manifest: Option<Manifest>,
}
