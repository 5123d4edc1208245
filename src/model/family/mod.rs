//! The model families: one file each, one list of them here.

mod attentive;
mod autoencoder;
mod bags;
mod bert4rec;
mod encoder_decoder;
mod gru;
mod latent;
mod lstm;
mod recurrent;
mod rnn;
mod sequential_vae;
mod size;
mod transformer;
mod vae;
mod words;

pub use autoencoder::AutoencoderSpec;
pub use bert4rec::Bert4RecSpec;
pub use encoder_decoder::EncoderDecoderSpec;
pub use gru::GruSpec;
pub use latent::Annealing;
pub use lstm::LstmSpec;
pub use recurrent::RecurrentOutput;
pub use rnn::RnnSpec;
pub use sequential_vae::SequentialVaeSpec;
pub use size::{SizeSetting, SmallerSizes};
pub use transformer::TransformerSpec;
pub use vae::VaeSpec;

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator as _;

use super::attention::Sizes;
use super::layers::{LayerShape, count_of};
use super::loss::MAX_FLOATS;
use super::network::Network;
use super::outcome::{OutcomeNetwork, StateNetwork};
use super::random::Init;
use super::session::{Session, guarded};
use super::{
    Blueprint, Likelihood, MemoryNeed, ModelError, OpenDevice, OptimizerSpec, Trainable, Workload,
};
use seqscope_base::spec::{Described, Entry, EntryWords, Field, Problem};
use seqscope_data::TaskKind;

/// What a family learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LearntFrom {
    /// The next item, by the loss that the training names.
    Objective,
    /// The next item, by cross-entropy over the catalogue.
    Catalogue,
    /// The bag of a user's items.
    Bag(Likelihood),
}

/// Facts and settings that every family states of itself.
pub trait ModelFamily: Described {
    /// Name as a person reads it.
    fn title(&self) -> &'static str;

    /// One sentence: what it does.
    fn summary(&self) -> &'static str;

    /// Paper, and how we differ.
    fn source(&self) -> &'static str;

    /// The tasks that it can learn.
    fn tasks(&self) -> &'static [TaskKind] {
        &[TaskKind::NextItem]
    }

    /// Whether it can be told the features of events.
    fn takes_features(&self) -> bool {
        false
    }

    /// The layers in the order in which a history goes through them, from the settings alone.
    /// Before the data are prepared a plan has no items, and what they tell stands as a symbol.
    fn layers(&self, plan: &Blueprint) -> Vec<LayerShape>;

    /// Number of learnt numbers, from the settings alone.
    fn n_params(&self, plan: &Blueprint) -> usize {
        count_of(&self.layers(plan)).fixed
    }

    /// Memory that training on the processor takes, from the settings alone: the parameters, and
    /// what is worked on beside them, of which a family that says nothing else is taken to have
    /// copies of its weights.
    fn memory(&self, work: &Workload<'_>) -> MemoryNeed {
        let n_params = self.n_params(work.plan);
        MemoryNeed::of_numbers(n_params, n_params, n_params)
    }

    /// Finds what does not fit among the settings, beside the range of each.
    fn misfits(&self) -> Vec<Problem> {
        Vec::new()
    }

    /// Fewest training events of a user who is trained on: a sequence model learns an event from
    /// the one before it.
    fn fewest_events(&self) -> u32 {
        2
    }

    /// Its settings at each smaller size, unless it says otherwise those of blocks of attention; all
    /// others stay.
    fn smaller_sizes(&self) -> SmallerSizes {
        size::OF_BLOCKS
    }

    /// What its training loss is the mean of, besides what [`ModelFamily::free_nats`] charges.
    fn learns(&self) -> LearntFrom {
        LearntFrom::Objective
    }

    /// Nats that free bits charge for each latent vector, however little it says.
    fn free_nats(&self) -> f64 {
        0.0
    }

    /// Why no attention is drawn where it gives none.
    fn why_no_attention(&self) -> &'static str {
        "This model gives no attention weights."
    }

    /// The setting that makes the model large.
    fn setting_of_size(&self) -> &'static str {
        "d_model"
    }

    /// Finds what does not fit the data or itself. Fields are relative (`d_model`). Ranges of
    /// single settings are included.
    fn check(&self, plan: &Blueprint) -> Vec<Problem> {
        let mut problems = self.problems();
        problems.extend(self.misfits());
        problems.extend(too_large(self.setting_of_size(), self.n_params(plan)));
        problems
    }

    /// Builds the model with initial weights from `seed`.
    ///
    /// # Errors
    /// [`ModelError`] when the settings do not fit or the device fails.
    fn build(
        &self,
        plan: &Blueprint,
        optimizer: OptimizerSpec,
        device: &OpenDevice,
        seed: u64,
    ) -> Result<Box<dyn Trainable>, ModelError>;
}

/// The families, as an experiment file names them: `model: Transformer(d_model: 64)`.
#[derive(
    Clone, Debug, PartialEq, Serialize, Deserialize, strum::EnumIter, strum::EnumDiscriminants,
)]
#[strum_discriminants(
    name(ModelKind),
    derive(
        strum::EnumIter,
        strum::Display,
        strum::IntoStaticStr,
        Hash,
        Serialize,
        Deserialize
    )
)]
pub enum ModelSpec {
    /// Causal Transformer.
    Transformer(TransformerSpec),
    /// Masked bidirectional Transformer.
    Bert4Rec(Bert4RecSpec),
    /// Encoder and decoder.
    EncoderDecoder(EncoderDecoderSpec),
    /// LSTM next-item model.
    Lstm(LstmSpec),
    /// GRU next-item model.
    Gru(GruSpec),
    /// Simple recurrent next-item model.
    Rnn(RnnSpec),
    /// Mult-VAE.
    Vae(VaeSpec),
    /// Plain and denoising autoencoder.
    Autoencoder(AutoencoderSpec),
    /// Sequential VAE.
    SequentialVae(SequentialVaeSpec),
}

impl Default for ModelSpec {
    fn default() -> Self {
        Self::Transformer(TransformerSpec::default())
    }
}

impl Entry for ModelSpec {
    fn name(&self) -> &'static str {
        ModelKind::from(self).into()
    }

    fn words(&self) -> EntryWords {
        let family = self.family();
        EntryWords::new(family.title(), family.summary(), family.source())
    }

    fn path(&self) -> &'static str {
        "model"
    }

    fn settings(&self) -> Vec<Field> {
        self.fields()
    }
}

impl ModelSpec {
    /// The family of a kind with its defaults.
    #[must_use]
    pub fn of_kind(kind: ModelKind) -> Self {
        Self::iter()
            .find(|spec| ModelKind::from(spec) == kind)
            .unwrap_or_default()
    }

    /// The family behind the name.
    #[must_use]
    pub fn family(&self) -> &dyn ModelFamily {
        match self {
            Self::Transformer(spec) => spec,
            Self::Bert4Rec(spec) => spec,
            Self::EncoderDecoder(spec) => spec,
            Self::Lstm(spec) => spec,
            Self::Gru(spec) => spec,
            Self::Rnn(spec) => spec,
            Self::Vae(spec) => spec,
            Self::Autoencoder(spec) => spec,
            Self::SequentialVae(spec) => spec,
        }
    }

    /// The settings behind the name, to be changed.
    pub fn described_mut(&mut self) -> &mut dyn Described {
        match self {
            Self::Transformer(spec) => spec,
            Self::Bert4Rec(spec) => spec,
            Self::EncoderDecoder(spec) => spec,
            Self::Lstm(spec) => spec,
            Self::Gru(spec) => spec,
            Self::Rnn(spec) => spec,
            Self::Vae(spec) => spec,
            Self::Autoencoder(spec) => spec,
            Self::SequentialVae(spec) => spec,
        }
    }

    /// Finds what does not fit the data, the task or itself. Fields are relative to the model.
    #[must_use]
    pub fn check(&self, plan: &Blueprint) -> Vec<Problem> {
        let family = self.family();
        let mut problems = family.check(plan);
        problems.extend(unfit(family, plan));
        problems
    }

    /// Every setting with its present value.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        self.family().fields()
    }
}

/// Fewest events of a user whose items are learnt as a bag.
const FEWEST_OF_A_BAG: u32 = 1;

/// The tasks of a family that has a state after each event.
const EVERY_TASK: [TaskKind; 4] = [
    TaskKind::NextItem,
    TaskKind::NextBehaviour,
    TaskKind::WillAct,
    TaskKind::NextNumber,
];

/// Finds what a plan asks of a family that it cannot do.
fn unfit(family: &dyn ModelFamily, plan: &Blueprint) -> Option<Problem> {
    if !family.tasks().iter().any(|task| plan.output.fits(*task)) {
        let sentence = format!(
            "{} ranks the next item and cannot do this task; choose a Transformer or a recurrent \
             family, or write `task: NextItem`.",
            family.title()
        );
        return Some(Problem::error("", sentence));
    }
    let is_told = family.takes_features() || plan.features.is_empty();
    (!is_told).then(|| {
        let sentence = format!(
            "{} is told of items only, and the features of events are left aside; choose a \
             Transformer or a recurrent family to use them.",
            family.title()
        );
        Problem::warning("", sentence)
    })
}

/// Plan that a model is built for, and the seed of its first weights.
struct ModelStart<'a> {
    plan: &'a Blueprint,
    optimizer: OptimizerSpec,
    device: &'a OpenDevice,
    seed: u64,
}

/// The largest arrays of a network, in numbers, each with the setting that makes it large. They are
/// told before the settings are checked, so a product stops at the largest number there is.
type Largest<'a> = &'a [(&'static str, usize)];

impl ModelStart<'_> {
    /// A network that ranks the next item, ready to be trained.
    fn for_next_item<N: Network + 'static>(
        self,
        family: &dyn ModelFamily,
        largest: Largest<'_>,
        network: impl FnOnce(&mut Init) -> N,
    ) -> Result<Box<dyn Trainable>, ModelError> {
        let mut init = self.init(family, largest)?;
        let network = guarded(|| network(&mut init))?;
        Ok(Box::new(Session::new(
            network,
            self.plan.shape.n_items,
            self.optimizer,
            self.device,
        )))
    }

    /// A network for the next item as it is, for another task with its head, ready to be trained.
    fn for_every_task<N: StateNetwork + 'static>(
        self,
        family: &dyn ModelFamily,
        largest: Largest<'_>,
        network: impl FnOnce(&mut Init) -> N,
    ) -> Result<Box<dyn Trainable>, ModelError> {
        let ModelStart {
            plan,
            optimizer,
            device,
            ..
        } = self;
        if plan.is_next_item() {
            return self.for_next_item(family, largest, network);
        }
        let mut init = self.init(family, largest)?;
        let network = guarded(|| OutcomeNetwork::new(network(&mut init), plan.output, &mut init))?;
        let session = Session::new(network, plan.shape.n_items, optimizer, device);
        Ok(Box::new(session.with_outputs(plan.output.n_outputs())))
    }

    /// Draws weights on the device, when the settings fit.
    fn init(&self, family: &dyn ModelFamily, largest: Largest<'_>) -> Result<Init, ModelError> {
        refuse_errors(&family.check(self.plan))?;
        largest
            .iter()
            .try_for_each(|(field, n)| refuse_large_array(self.device, field, *n))?;
        Ok(Init::new(self.seed, &self.device.device.clone().autodiff()))
    }
}

/// Parameters above which training on an ordinary machine runs out of memory: with gradient and two
/// moments, 500 million take 8 GB.
const MANY_PARAMS: usize = 500_000_000;

/// A warning at `field` for a model of very many parameters.
fn too_large(field: &str, n_params: usize) -> Option<Problem> {
    (n_params > MANY_PARAMS).then(|| {
        let millions = n_params / 1_000_000;
        let gigabytes = n_params.div_ceil(1_000_000_000 / 16);
        Problem::warning(
            field,
            format!(
                "The model has {millions} million parameters and needs about {gigabytes} GB to \
                     train; lower the width, or drop rare items."
            ),
        )
    })
}

/// Memory of attention that burn's layers compute: what they keep of every event and pair of events
/// of a batch, and a few blocks of scores.
fn plain_memory(
    n_params: usize,
    n_layers: usize,
    sizes: &Sizes,
    work: &Workload<'_>,
    len: usize,
) -> MemoryNeed {
    let shape = work.plan.shape;
    let len = len.min(shape.max_len).max(1);
    let [of_event, of_pair] = sizes.kept();
    let n_events = work.n_events(work.n_rows(), len);
    let kept = n_layers * n_events * (of_event + of_pair * len) + n_events * 8 * sizes.d_model;
    let scores = 4 * MAX_FLOATS.min(n_events * shape.n_items);
    let asked = 3 * MAX_FLOATS.min(work.n_asked() * len * (of_pair * len).max(of_event));
    MemoryNeed::of_numbers(
        n_params,
        2 * n_params + kept + scores,
        n_params + asked + work.scores(),
    )
}

/// Stops at the first problem that is an error.
fn refuse_errors(problems: &[Problem]) -> Result<(), ModelError> {
    match problems.iter().find(|problem| problem.is_error()) {
        None => Ok(()),
        Some(problem) => Err(ModelError::Setting {
            field: format!("model.{}", problem.field),
            sentence: problem.sentence(),
        }),
    }
}

/// Stops when an array of so many floats does not fit into one binding of the device.
fn refuse_large_array(device: &OpenDevice, field: &str, n_floats: usize) -> Result<(), ModelError> {
    let n_bytes = n_floats as u64 * 4;
    match device.max_array_bytes {
        Some(limit) if n_bytes > limit => Err(ModelError::Setting {
            field: format!("model.{field}"),
            sentence: format!(
                "the largest table of the model takes {} MB, but {} takes at most {} MB at once; \
                 lower `model.{field}`, drop rare items, or train with `--device cpu`",
                n_bytes >> 20,
                device.info.name,
                limit >> 20
            ),
        }),
        _ => Ok(()),
    }
}
