//! Experiments, as the user writes them: one RON file.

mod check;
mod columns;
mod difference;
mod error;
mod evaluation;
mod features;
mod file;
mod file_settings;
mod fine_tune;
mod memory;
mod named_model;
mod plan;
mod preset;
mod seeds;
mod settings;
mod shuffle;
mod sweep;
mod syntax;

pub use difference::{Difference, differences};
pub use error::ExperimentError;
pub use evaluation::{EvaluationSpec, FilterSeen};
pub(crate) use file::value_text;
pub use fine_tune::FineTuneSpec;
pub use named_model::{NamedModel, PublishedModel};
pub use preset::Preset;
pub use sweep::{SweepMethod, SweepSpec, SweptSetting, SweptValue, SweptValues};

use std::path::Path;

use serde::{Deserialize, Serialize};

use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::Problem;
use seqscope_data::{AugmentSpec, DataSpec, SplitSpec, TaskKind, TaskSpec};
use seqscope_model::gan::GanSpec;
use seqscope_model::{LossKind, ModelSpec, Negatives};

/// Version of the experiment file that this program writes.
pub const VERSION: u32 = 1;

/// One experiment: data, split, model, training, seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Version of the file, [`VERSION`].
    pub version: u32,
    /// Short name; becomes part of the run's folder name.
    pub name: String,
    /// Log to open, and how it is cleaned.
    #[serde(default)]
    pub data: DataSpec,
    /// Split into training, validation and test.
    #[serde(default)]
    pub split: SplitSpec,
    /// Task of the model.
    #[serde(default)]
    pub task: TaskSpec,
    /// Model.
    #[serde(default)]
    pub model: ModelSpec,
    /// Settings of the training.
    #[serde(default)]
    pub training: TrainingSpec,
    /// Settings of the evaluation.
    #[serde(default)]
    pub evaluation: EvaluationSpec,
    /// Run that it begins with, and how it learns from feedback; absent where it begins anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fine_tune: Option<FineTuneSpec>,
    /// Settings that are tried by `seqscope sweep`; absent where one run is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepSpec>,
    /// Seed from which every random choice is derived.
    #[serde(default)]
    pub seed: u64,
}

impl Default for Experiment {
    fn default() -> Self {
        Self {
            version: VERSION,
            name: "experiment".to_owned(),
            data: DataSpec::default(),
            split: SplitSpec::default(),
            task: TaskSpec::default(),
            model: ModelSpec::default(),
            training: TrainingSpec::default(),
            evaluation: EvaluationSpec::default(),
            fine_tune: None,
            sweep: None,
            seed: 0,
        }
    }
}

seqscope_base::spec::choice! {
    /// Course of the learning rate after the warm-up.
    pub enum LrDecay {
        /// It stays.
        #[default]
        None,
        /// Straight line to 0 at the end of the last epoch: Devlin et al. 2019.
        Linear,
        /// One over the root of the step: Vaswani et al. 2017, eq. 3.
        InverseRoot,
        /// Along half a cosine to 0 at the end of the last epoch: Loshchilov & Hutter 2017.
        Cosine,
    }
}

/// Settings of the training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingSpec {
    /// `auto`, `cpu`, `gpu:0` or part of an adapter's name.
    pub device: String,
    /// Most passes over the training data.
    pub epochs: usize,
    /// Users in one step.
    pub batch_size: usize,
    /// Learning rate after warm-up.
    pub lr: f64,
    /// Steps over which the learning rate grows from 0.
    pub warmup_steps: usize,
    /// Course of the learning rate after the warm-up.
    pub lr_decay: LrDecay,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Decoupled L1 penalty.
    pub l1: f64,
    /// Decay of Adam's first moment.
    pub beta1: f64,
    /// Decay of Adam's second moment.
    pub beta2: f64,
    /// Adam's epsilon.
    pub epsilon: f64,
    /// Largest global norm of the gradient; 0 leaves it as it is.
    pub clip_norm: f64,
    /// Epochs without a better validation metric (NDCG@10 for the next item) before training stops;
    /// 0 never stops early.
    pub patience: usize,
    /// Loss of a next-item model.
    pub loss: LossKind,
    /// Items drawn beside the true one, for losses that draw.
    pub n_negatives: usize,
    /// Way in which negatives are drawn.
    pub negatives: Negatives,
    /// Calibration of gBCE.
    pub gbce_t: f64,
    /// Share of the target's weight that is spread over the catalogue.
    pub label_smoothing: f64,
    /// Whether the CPU trains by fused layers instead of burn's.
    pub fused: bool,
    /// Whether weights and gradients are counted by size at the end of each epoch.
    pub histograms: bool,
    /// Changes to training histories, drawn anew in each epoch.
    pub augment: AugmentSpec,
    /// The network that writes synthetic histories.
    pub gan: GanSpec,
}

impl Default for TrainingSpec {
    fn default() -> Self {
        Self {
            device: "auto".to_owned(),
            epochs: 100,
            batch_size: 128,
            lr: 1e-3,
            warmup_steps: 0,
            lr_decay: LrDecay::None,
            weight_decay: 0.0,
            l1: 0.0,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            clip_norm: 5.0,
            patience: 10,
            loss: LossKind::FullSoftmax,
            n_negatives: 256,
            negatives: Negatives::Uniform,
            gbce_t: 0.75,
            label_smoothing: 0.0,
            fused: true,
            histograms: true,
            augment: AugmentSpec::default(),
            gan: GanSpec::default(),
        }
    }
}

seqscope_base::spec::described! { TrainingSpec {
    device: Text, Core, "Device", "", "auto takes a real GPU if there is one, else the CPU; a name \
                                       or gpu:0 takes that one.", "auto";
    epochs: Int { min: 1, max: 100_000 }, Core, "Epochs", "", "Most passes over the training data.", "SASRec \
        recipe with full softmax: up to 100";
    batch_size: Int { min: 1, max: 65_536 }, Core, "Batch size", "users", "Users in one optimiser step.", "Kang & McAuley 2018: 128";
    lr: Float { min: 0.0, max: 10.0 }, Core, "Learning rate", "", "Size of an optimiser step after \
        warm-up.", "Kang & McAuley 2018: 0.001";
    patience: Int { min: 0, max: 100_000 }, Core, "Patience", "epochs", "Epochs without a better \
        validation metric (NDCG@10 for the next item) before training stops; 0 never stops early.", "10 of at most 100";
    loss: Choice(<LossKind as strum::VariantNames>::VARIANTS.to_vec()), Core, "Loss", "", "What a \
        next-item model learns by: the whole catalogue at once (FullSoftmax), or the true item \
        against some drawn ones. A VAE has its likelihood instead.", "full softmax up to 50,000 items";
    n_negatives: Int { min: 1, max: 100_000 }, More, "Negatives", "items", "How many items are \
        drawn beside the true one, by losses that draw.", "gSASRec: 256; SASRec: 1";
    negatives: Choice(<Negatives as strum::VariantNames>::VARIANTS.to_vec()), More, "Draw negatives", "", "Uniform: \
        every item alike. Popularity: by its training events, to the power 3/4.", "Kang & McAuley 2018: Uniform";
    gbce_t: Float { min: 0.0, max: 1.0 }, More, "Calibration of gBCE", "", "How strongly gBCE \
        corrects for drawing only some negatives; 0 is plain BCE.", "Petrov & Macdonald 2023: 0.75";
    label_smoothing: Float { min: 0.0, max: 0.9 }, More, "Label smoothing", "", "Share of the \
        target's weight that is spread over the whole catalogue; only for the full softmax.", "Szegedy et al. 2016: 0.1; none by default";
    warmup_steps: Int { min: 0, max: 10_000_000 }, More, "Warm-up", "steps", "Steps over which the \
        learning rate grows from 0.", "none needed at this size";
    lr_decay: Choice(<LrDecay as strum::VariantNames>::VARIANTS.to_vec()), More, "Decay of the rate", "", "How \
        the learning rate falls after the warm-up: not at all, in a straight line or along a \
        cosine to 0 at the last of all epochs, or with the root of the step. A rate that falls to \
        0 wants as many epochs as are truly trained, and patience to wait for the end.", "Kang & McAuley 2018: none; BERT: Linear; Loshchilov & Hutter 2017: Cosine; Vaswani et al. 2017: InverseRoot";
    weight_decay: Float { min: 0.0, max: 10.0 }, More, "Weight decay", "", "Pull of the weights \
        towards 0 a step, times the learning rate (AdamW).", "Kang & McAuley 2018: none";
    l1: Float { min: 0.0, max: 10.0 }, More, "L1 penalty", "", "How far each weight is drawn \
        towards 0 in a step, times the learning rate; a weight that gets there is exactly 0.", "none, as with weight decay";
    beta1: Float { min: 0.0, max: 0.999_999 }, More, "Adam beta 1", "", "Decay of the running mean \
        of gradients.", "Kingma & Ba 2015: 0.9";
    beta2: Float { min: 0.0, max: 0.999_999_9 }, More, "Adam beta 2", "", "Decay of the running \
        mean of squared gradients.", "Kingma & Ba 2015: 0.999";
    epsilon: Float { min: 1e-12, max: 1.0 }, More, "Adam epsilon", "", "Added to the root of the \
        squared gradients' mean.", "Kingma & Ba 2015: 1e-8";
    clip_norm: Float { min: 0.0, max: 1e6 }, More, "Clip gradient norm", "", "Largest norm of all \
        gradients together; 0 leaves them as they are.", "1–5 for recurrent models";
    fused: Bool, More, "Fused layers", "", "On the CPU, layers whose forward and backward passes \
                                            are written out for it; off takes burn's automatic \
                                            differentiation: the same numbers but for rounding, \
                                            slower.", "on: several times faster";
    histograms: Bool, More, "Histograms", "", "Weights and gradients of each parameter are counted \
        by size at the end of each epoch, for the Train page. It changes no result.", "on: some \
        nanoseconds a weight and epoch";
} }

impl Experiment {
    /// Returns the kind of answer that is asked for, and so by which metrics a run is judged.
    #[must_use]
    pub fn answers(&self) -> AnswerKind {
        match self.task.kind() {
            TaskKind::NextItem => AnswerKind::Ranking,
            TaskKind::NextBehaviour => AnswerKind::Classes,
            TaskKind::WillAct => AnswerKind::Binary,
            TaskKind::NextNumber => AnswerKind::Number,
        }
    }

    /// Reads an experiment file.
    ///
    /// # Errors
    /// [`ExperimentError`] with line, field and cure.
    pub fn open(path: &Path) -> Result<Self, ExperimentError> {
        file::open(path)
    }

    /// Whether a file is an experiment and no log: by its ending, `.ron`, else by how it begins. What
    /// cannot be read is taken for an experiment, which then says why.
    #[must_use]
    pub fn is_file(path: &Path) -> bool {
        file::is_experiment(path)
    }

    /// Parses the text of an experiment file.
    ///
    /// # Errors
    /// [`ExperimentError`] with line, field and cure.
    pub fn parse(text: &str) -> Result<Self, ExperimentError> {
        file::parse(text)
    }

    /// The whole experiment as text, every default written out.
    ///
    /// # Errors
    /// [`ExperimentError`] when a value cannot be written.
    pub fn to_text(&self) -> Result<String, ExperimentError> {
        file::to_text(self)
    }

    /// Sets one setting by its dotted path, such as `model.d_model` or `training.lr`.
    ///
    /// Beside the settings that describe themselves: `name`, `seed`; `preset` (a model and its
    /// training as in its paper, see [`Preset`]); `model` (another family with its defaults; the
    /// same one keeps its settings); `split` (`LeaveOneOut`, `GlobalTemporal` and its sisters, or
    /// as in a file), with the settings of that split under it; `data.path` (takes the place of a
    /// world), `data.source` (`World` goes back to one), `data.kind` (another world with its
    /// defaults), `data.titles.path`, `data.titles.item`, `data.titles.title`, `data.roles.user`
    /// and its sisters, `data.separator`, `data.header`, `data.format`, `data.encoding`,
    /// `data.table`, `data.query`, `data.time_format` (a word, or a pattern such as
    /// `%d/%m/%Y %H:%M`), `data.pseudonyms`, `data.missing`, `data.sessions_for_users`, where
    /// `auto` means "guess" for all but the paths; `data.clean.steps` (a list as in a file) and
    /// `data.clean.steps[2].window_secs` (a setting of a step, counted from 0); `fine_tune` (the run
    /// to begin with, or `none`); `sweep` (as in a file, or `none`). A value that is refused changes
    /// nothing.
    ///
    /// # Errors
    /// [`ExperimentError::Set`] when there is no such setting or the text is no value of its kind.
    pub fn set(&mut self, path: &str, text: &str) -> Result<(), ExperimentError> {
        settings::set(self, path, text)
    }

    /// Every problem that can be told without reading the data: ranges, files that are missing,
    /// settings that do not fit each other. Each at its field.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        check::check(self)
    }

    /// Finds those problems of [`Experiment::check`] that need no look at the disk.
    #[must_use]
    pub fn check_settings(&self) -> Vec<Problem> {
        check::check_settings(self)
    }
}
