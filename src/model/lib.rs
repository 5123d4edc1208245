//! Neural models. The only place that knows burn: no tensor leaves it, results leave as `f32`.
//!
//! A family is a spec (settings, source, checks), a burn module and two functions, `gradients` and
//! `scores`; [`Trainable`] is what the rest of the program sees of it.
//!
//! Every random number (initial weights, dropout, sampling) is drawn on the host from a named
//! seed, never from the device: results do not depend on what else runs in the process, and a GPU
//! trains on the same numbers as the CPU.
//!
//! [`gan`] is no family: it writes synthetic histories for any of them to train on.
//!
//! Every network is written twice where speed asks for it: with burn's tensors, which run anywhere,
//! and for the processor with the fused layers of `kernel`, which tests hold against the first.

#![warn(clippy::wildcard_enum_match_arm)]

mod attention;
mod attribution;
pub mod baseline;
mod blueprint;
mod device;
mod error;
mod family;
mod features;
pub mod gan;
mod item_vectors;
mod kernel;
mod latent;
mod layers;
mod likelihood;
mod list_feedback;
mod loss;
mod memory;
mod network;
mod optimizer;
mod outcome;
mod packing;
mod questions;
mod random;
mod recurrent;
mod rollout;
mod session;
mod state_tracks;
#[cfg(test)]
mod tests;
mod trainable;
mod value_counts;
mod weights;
mod window;

pub use attention::{Activation, NormPlace, Positions};
pub use attribution::{SlopeAttributions, SlopeQuestion};
pub use blueprint::{Blueprint, FeatureShape, LossKind, Negatives, Objective};
pub use device::{
    DeviceInfo, DeviceKind, Layers, OpenDevice, device_for, device_of, list_devices, open_device,
};
pub use error::ModelError;
pub use family::{
    Annealing, AutoencoderSpec, Bert4RecSpec, EncoderDecoderSpec, GruSpec, LearntFrom, LstmSpec,
    ModelFamily, ModelKind, ModelSpec, RecurrentOutput, RnnSpec, SequentialVaeSpec, SizeSetting,
    SmallerSizes, TransformerSpec, VaeSpec,
};
pub use features::Join;
pub use latent::LatentReport;
pub use layers::{Axis, LayerShape, ParamCount, WeightShape, count_of};
pub use likelihood::Likelihood;
pub use list_feedback::ListFeedback;
pub use memory::{MachineMemory, MemoryNeed, Workload};
pub use questions::{Questions, RankAnswer};
pub use rollout::{Rollout, histories_after};
pub use state_tracks::{HiddenStates, StateEvent, StateTrack, StateTracks};
pub use trainable::{
    AttentionMaps, HeadPlace, HeadTerms, ItemTable, LatentCodes, LatentVectors, OptimizerSpec,
    StepInputs, StepScores, TrainStats, Trainable,
};
pub use value_counts::{Counted, ParamCounts, ValueCounts};
pub use weights::{BrokenWeights, broken_weights};
