//! Builds the model that an experiment asks for, on the device that it asks for.

use super::TrainError;
use crate::experiment::{Experiment, TrainingSpec};
use seqscope_base::spec::derive_seed;
use seqscope_model::{Blueprint, DeviceInfo, Layers, OptimizerSpec, Trainable, open_device};

/// A model on its device, with its initial weights.
pub struct Built {
    /// The model.
    pub model: Box<dyn Trainable>,
    /// Device that it is on.
    pub device: DeviceInfo,
}

/// Builds the model of an experiment for data of some size.
pub type BuildModel<'a> = &'a dyn Fn(&Experiment, &Blueprint) -> Result<Built, TrainError>;

/// The model that an experiment asks for, on the device that it asks for.
pub(super) fn build_model(experiment: &Experiment, plan: &Blueprint) -> Result<Built, TrainError> {
    let layers = if experiment.training.fused {
        Layers::Fused
    } else {
        Layers::Plain
    };
    let device = open_device(&experiment.training.device)?.with_layers(layers);
    let (optimizer, seed) = (
        optimizer(&experiment.training),
        derive_seed(experiment.seed, "init", 0),
    );
    let model = experiment
        .model
        .family()
        .build(plan, optimizer, &device, seed)?;
    Ok(Built {
        model,
        device: device.info,
    })
}

/// The optimiser's part of the training settings.
pub(super) fn optimizer(training: &TrainingSpec) -> OptimizerSpec {
    let TrainingSpec {
        beta1,
        beta2,
        epsilon,
        weight_decay,
        l1,
        clip_norm,
        ..
    } = *training;
    OptimizerSpec {
        beta1,
        beta2,
        epsilon,
        weight_decay,
        l1,
        clip_norm,
    }
}
